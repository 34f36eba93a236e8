# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variant is found by the check, and the emulator that is made from a report has the same report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.emulator.__main__ import main
from ansible_collections.abra.flexi.tests.emulator.like import like
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN, defaults
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.checked import THROW_AWAY, TRIED, check, told, world
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# To see these, a web hook would have to be registered, and stay.
NOT_ASKED = ("hooks", "hook_codes", "hook_limit")
VALUES = [(name, value) for name, values in KNOWN.items() if name not in NOT_ASKED for value in values[1:]]
IDS = [f"{name}={value}" for name, value in VALUES]
# What a variant shows only with another one, in a state of its own, or to somebody else.
BESIDES = {"charset_in": {"charset": "windows-1250"}}
STATES: dict[str, dict[str, Any]] = {"company_list": world(companies=1)}
OPTIONS: dict[str, dict[str, Any]] = {
    "otp_codes": {"username": "dvoufaktor", "password": "fake-dvoufaktor", "otp": "123456"}
}
LIKE_OPTIONS = {"otp_codes": {"otp": "123456"}}


def checked(emulator: Emulator, name: str, **variants: str) -> dict[str, Any]:
    """Return the result of a check of a server in which a variant of this name shows."""
    emulator.reset(
        state={} if name in OPTIONS else STATES.get(name, world()), variants={**BESIDES.get(name, {}), **variants}
    )
    if name == "force_https":
        return check(emulator, url=emulator.http)
    return check(emulator, **OPTIONS.get(name, TRIED))


@pytest.fixture(scope="session")
def usual(running_emulator: Emulator) -> Callable[[str], dict[str, Any]]:
    """Return the result of a check of a server in which a variant of this name would show, but for the variant."""
    apart = {*BESIDES, *STATES, *OPTIONS, "force_https"}
    found: dict[str, dict[str, Any]] = {}

    def of(name: str) -> dict[str, Any]:
        kind = name if name in apart else ""
        if kind not in found:
            found[kind] = checked(running_emulator, name)
        return found[kind]

    return of


@pytest.mark.parametrize(("name", "value"), VALUES, ids=IDS)
def test_a_variant_is_found_and_a_server_like_it_has_the_same_report(
    emulator: Emulator, usual: Callable[[str], dict[str, Any]], name: str, value: str
) -> None:
    first = checked(emulator, name, **{name: value})
    assert told(first) != told(usual(name))

    likeness = like(json.loads(json.dumps(first["report"])))
    emulator.reset(state=likeness.state, variants=likeness.variants)
    changes: dict[str, Any] = LIKE_OPTIONS.get(name, TRIED)
    changes = {"url": emulator.http} if name == "force_https" else changes

    assert told(check(emulator, **changes)) == told(first)


@pytest.mark.parametrize(
    "state",
    [
        {},
        world(),
        {"users": [ADMIN, THROW_AWAY]},
        world(users=0, companies=2),
        world(users=0, companies=1),
        world(users=200, companies=3),
        {**world(), "server": {"version": "snapshot", "not_logged_in_code": "nikdoTamNeni"}},
    ],
    ids=["seed", "usual", "two", "few", "one company", "many", "another server"],
)
def test_the_same_report_of_other_servers(emulator: Emulator, state: dict[str, Any]) -> None:
    emulator.reset(state=state)
    if "users" not in state:
        emulator.state.add_users([THROW_AWAY])
    first = check(emulator, **TRIED)
    likeness = like(first["report"])
    emulator.reset(state=likeness.state, variants=likeness.variants)

    assert told(check(emulator, **TRIED)) == told(first)


def test_the_same_report_by_reading_only(emulator: Emulator) -> None:
    first = check(emulator)
    likeness = like(first["report"])
    emulator.reset(state=likeness.state, variants=likeness.variants)

    assert told(check(emulator)) == told(first)


@pytest.mark.parametrize("kind", ["by_itself", "self_signed", "expired", "wrong_host"])
def test_the_same_certificate(kind: str) -> None:
    with Emulator(certificate=kind) as emulator:
        first = check(emulator)
    likeness = like(first["report"])

    assert likeness.certificate == kind
    with Emulator(likeness.state, likeness.variants, certificate=likeness.certificate) as emulator:
        assert told(check(emulator)) == told(first)


def test_nothing_that_was_not_seen_is_varied(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=404)

    assert {**defaults(), **like(check(emulator)["report"]).variants} == defaults()


@pytest.mark.parametrize("report", [{}, {"format": 2}], ids=["no report", "another format"])
def test_what_is_no_report(report: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no report of flexi_server_check"):
        like(report)


def test_the_command_line_refuses_what_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")

    assert main(["--like", str(tmp_path / "report.json")]) == 2
    assert "no report of flexi_server_check" in capsys.readouterr().err


def test_the_command_line_takes_a_report(
    emulator: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.set_variants(success_body="empty")
    emulator.state.add_users([THROW_AWAY])
    report = check(emulator, **TRIED)["report"]
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")

    assert main(["--like", str(tmp_path / "report.json"), "--stop-after", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["https"]
