# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of flexi_server_check: one shape, one sentence, and nobody's name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._check.findings import ENTRIES
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context
from ansible_collections.abra.flexi.plugins.module_utils._tasks.server_check import SERVER_CHECK
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.checked import THROW_AWAY, TRIED, check, world
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import ADMIN, options

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

KEYS = {
    "changed", "findings", "msg", "report", "report_markdown", "server", "steps", "summary", "table", "tried", "works"
}  # fmt: skip
# Each of these is somewhere in the state, and must be nowhere in a report.
NAMES = {
    "licensee": "Zlý & synové s.r.o.",
    "variant": "Jan Tajný",
    "system": "Tajny-OS",
    "java": "tajna java",
    "version": "tajna.verze",
    "company": "tajna_firma",
    "title": "Tajná firma <b>s.r.o.</b>",
    "login": "jan.tajny@firma.cz",
    "odd login": 'zl\u00fd|"login"/\u202e',
    "given": "Bohdana",
    "family": "Tajemná",
    "mail": "bohdana@tajna.example",
    "role": "TAJNAROLE",
    "code": "tajnyKod",
    "host": "localhost",
}


def hostile() -> dict[str, Any]:
    """Return a state in which every name is one to be kept secret."""
    people = {"givenName": NAMES["given"], "familyName": NAMES["family"], "email": NAMES["mail"]}
    roles = {NAMES["company"]: NAMES["role"]}
    return {
        "server": {
            "version": NAMES["version"],
            "licenseName": NAMES["licensee"],
            "licenseVariant": NAMES["variant"],
            "operatingSystem": NAMES["system"],
            "javaVersion": NAMES["java"],
            "not_logged_in_code": NAMES["code"],
        },
        "companies": [{"dbNazev": NAMES["company"], "nazev": NAMES["title"]}],
        "users": [
            ADMIN,
            {**THROW_AWAY, **people},
            {"username": NAMES["code"]},
            {"username": NAMES["login"], "sessions": 1, "contexts": [NAMES["company"]], "roles": roles, **people},
            {"username": NAMES["odd login"], "sessions": 2, "roles": roles, **people},
        ],
    }


@pytest.mark.parametrize("unreadable", ["none", "users_list", "company_list", "company_users", "user_page"])
def test_no_name_gets_into_a_report(emulator: Emulator, unreadable: str) -> None:
    variants = {"user_page": "more"} if unreadable == "user_page" else {unreadable: "missing_html"}
    emulator.reset(state=hostile(), variants={} if unreadable == "none" else variants)

    result = check(emulator, **TRIED)

    for shown in (
        json.dumps(result["report"], ensure_ascii=False),
        result["report_markdown"],
        "\n".join(result["table"]),
    ):
        assert [name for name in (*NAMES.values(), "fake-admin", "fake-zkouska") if name in shown] == []
    assert result["server"]["license_variant"] == result["server"]["operating_system"] == "another"
    assert result["server"]["version"] is result["server"]["java_version"] is None


def test_the_host_is_in_it_if_asked_for(emulator: Emulator) -> None:
    result = check(emulator, report_host=True)

    assert result["report"]["host"] == "localhost"
    assert "* host: localhost" in result["report_markdown"]


def test_one_shape_whatever_happens(emulator: Emulator) -> None:
    results = [check(emulator), check(emulator, url="no address"), check(emulator, password="wrong-password")]
    assert results[1]["summary"] == "Nothing was checked."

    assert [set(result) - {"failure"} for result in results] == [KEYS] * 3
    for result in results:
        assert [each["code"] for each in result["findings"]] == list(ENTRIES)
        assert {tuple(each) for each in result["findings"]} == {
            ("code", "question", "assumed", "seen", "fits", "matters", "hint")
        }
        assert set(result["report"]) == {"format", "server", "works", "summary", "tried", "findings"}
    assert ["failure" in result for result in results] == [False, True, True]
    assert [result["works"] for result in results] == [True, False, False]


@pytest.mark.parametrize(
    ("variants", "end"),
    [
        ({}, " findings as assumed."),
        ({"lang_cookie": "no"}, ", 1 differs, none of them matters."),
        ({"lang_cookie": "no", "user_page": "missing"}, ", 2 differ, none of them matters."),
        ({"users_list": "missing"}, ", 1 differs, 1 of them matters."),
        ({"users_list": "missing", "company_list": "missing"}, ", 2 differ, 2 of them matter."),
    ],
)
def test_the_sentence(emulator: Emulator, variants: dict[str, str], end: str) -> None:
    state = world()
    state["users"] = state["users"][:3]
    emulator.reset(state=state, variants=variants)

    result = check(emulator)

    assert result["summary"].startswith("Works: ")
    assert result["summary"].endswith(end)
    assert result["msg"] == result["summary"]
    # As many as the sentence says are looked at.
    fits = [each["fits"] for each in result["findings"] if each["fits"] is not None]
    assert f"{fits.count(True)} of {len(fits)} findings as assumed" in result["summary"]


def test_the_sentence_where_it_does_not_work(emulator: Emulator) -> None:
    result = check(emulator, password="wrong-password")

    assert result["summary"].startswith("Does not work: ")
    assert result["msg"].startswith(result["summary"])
    assert "Check username, password" in result["msg"]


def test_the_table_has_a_line_for_each_finding_and_the_hints(emulator: Emulator) -> None:
    emulator.set_variants(lang_cookie="no", users_list="missing")

    table = check(emulator)["table"]

    assert max(map(len, table)) <= 68
    assert "differs   lang_cookie              none" in table
    assert "          An empty body and the word ok count as an answer of Flexi," in table
    signs = [line.split()[0] for line in table if line and not line.startswith(" ")]
    assert signs == sorted(signs, key=["ok", "not", "differs", "MATTERS"].index)
    # Where it is in sight: what matters is the last of it.
    assert [line.split()[1] for line in table if line.startswith("MATTERS")] == ["users_list"]
    told = " ".join(" ".join(table).split())
    assert [code for code, entry in ENTRIES.items() if (code not in told) is not entry.is_tried] == []
    assert f"not tried {sum(entry.is_tried for entry in ENTRIES.values())} more" in told


def test_the_markdown_is_a_table(emulator: Emulator) -> None:
    result = check(emulator)

    lines = result["report_markdown"].splitlines()
    assert lines[0] == "# Check of a Flexi server"
    assert "Checked by reading only." in lines
    assert "* version: 2026.5.2" in lines
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) == len(ENTRIES)
    assert {line.count("|") for line in rows} == {6}


def test_a_table_of_what_was_tried_has_no_more_to_try(emulator: Emulator) -> None:
    emulator.reset(state=world())

    told = " ".join(check(emulator, **TRIED)["table"])

    assert [code for code in ENTRIES if code not in told] == []
    assert "not tried" not in told


def test_it_says_what_it_is_doing(emulator: Emulator) -> None:
    emulator.state.add_users([THROW_AWAY])
    said: list[object] = []
    context = Context(
        check_mode=False, diff_mode=False, secrets=Secrets(), warn=lambda _warning: None, tell=said.append
    )
    params = options(url=emulator.https, ca_path=emulator.ca_path, report_host=False, **TRIED)

    result = SERVER_CHECK.perform(params, context)

    trying = [f"Trying: {step}" for step in result["steps"]]
    assert [each for each in said if str(each).startswith("Trying")] == trying
    assert said[0] == "Looking at the address, without credentials"


def test_check_mode_says_what_it_would_do(emulator: Emulator) -> None:
    emulator.state.add_users([THROW_AWAY])
    said: list[object] = []
    context = Context(check_mode=True, diff_mode=False, secrets=Secrets(), warn=lambda _warning: None, tell=said.append)
    params = options(url=emulator.https, ca_path=emulator.ca_path, report_host=False, **TRIED)

    result = SERVER_CHECK.perform(params, context)

    assert said[-len(result["steps"]) :] == [f"Would try: {step}" for step in result["steps"]]


def test_the_report_is_json(emulator: Emulator) -> None:
    report = check(emulator)["report"]

    assert json.loads(json.dumps(report)) == report
