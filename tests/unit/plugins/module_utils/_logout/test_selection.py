# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is selected, left out and refused: compared with what the server was asked for and whom it logged out."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._flexi.server import Server
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._logout.selection import select
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Batch, Selection, Whom
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_logout import USER_LOGOUT
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import Auth, GivenSession
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import (
    Answer,
    FakeFlexi,
    counts,
    logout_path,
    page,
    statuses,
    user_list,
)
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import ADMIN, Done, asked, lives, perform

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

BOTH_MODES = pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
STATE: dict[str, Any] = {
    "companies": [{"dbNazev": "demo", "nazev": "Demo"}, {"dbNazev": "firma", "nazev": "Firma"}],
    "users": [
        {**ADMIN, "roles": {"demo": "ADMIN"}},
        {"username": "hlavni.ucetni", "sessions": 1, "contexts": ["demo"], "roles": {"demo": "UCETNI"}},
        {"username": "novak", "sessions": 1, "contexts": ["demo", "firma"], "roles": {"demo": "UCETNI", "firma": "X"}},
        {"username": "null", "sessions": 1, "contexts": ["demo"], "roles": {"demo": ["SKLADNIK", "UCETNI"]}},
        {"username": "skladnik", "sessions": 1, "contexts": ["demo"], "roles": {"demo": "SKLADNIK"}},
        {"username": "karel", "sessions": 1, "contexts": ["firma"], "roles": {"firma": "UCETNI"}},
    ],
}


def log_out(flexi: Emulator, *, check_mode: bool = False, **given: Any) -> Done:
    """Do what the module does, with these options."""
    flexi.reset(state=STATE)
    return perform(USER_LOGOUT, flexi, check_mode=check_mode, **given)


def users_of(done: Done) -> list[str]:
    """Return who is among the results."""
    return [each["user"] for each in done.result["results"]]


def contexts(flexi: Emulator, company: str) -> set[str]:
    """Return who has a context of a company."""
    return {name for name, user in flexi.state.as_dict()["users"].items() if company in user["contexts"]}


@BOTH_MODES
def test_everyone_with_a_role_but_one_in_one_company(emulator: Emulator, *, check_mode: bool) -> None:
    four_lines = {
        "users_in_companies": "demo",
        "users_with_roles": "UCETNI",
        "exclude_users": "hlavni.ucetni",
        "companies": "demo",
    }
    done = log_out(emulator, check_mode=check_mode, **four_lines)
    assert users_of(done) == ["novak", "null"]
    assert done.result["selected"] == [{"from": "company demo, roles UCETNI", "users": ["novak", "null"]}]
    assert done.result["excluded"] == ["hlavni.ucetni"]
    assert done.result["msg"] == f"2 {'would be logged out' if check_mode else 'logged out'}, 1 excluded"
    assert {"novak", "null"} & contexts(emulator, "demo") == ({"novak", "null"} if check_mode else set())
    assert {"hlavni.ucetni", "skladnik"} <= contexts(emulator, "demo")
    assert "novak" in contexts(emulator, "firma")
    assert all(lives(emulator, name) for name in ("novak", "null", "hlavni.ucetni"))


SELECTIONS = [
    pytest.param({"users_in_companies": ["demo"]}, ["hlavni.ucetni", "novak", "null", "skladnik"], id="a-company"),
    pytest.param(
        {"users_in_companies": ["demo", "firma"], "users_with_roles": ["ucetni", "code:X"]},
        ["hlavni.ucetni", "novak", "null", "karel"],
        id="roles-in-two-companies",
    ),
    pytest.param(
        {"users_logged_in": True}, ["hlavni.ucetni", "karel", "novak", "null", "skladnik"], id="who-is-logged-in"
    ),
    pytest.param(
        {"users": ["karel"], "users_in_companies": ["demo"], "exclude_users": ["novak", "SKLADNIK"]},
        ["karel", "hlavni.ucetni", "null"],
        id="named-and-selected-but-excluded",
    ),
    pytest.param(
        {"users": ["novak"], "lists": [{"users": "karel,novak"}, {"users": ["null"]}], "exclude_users": "karel"},
        ["novak", "null"],
        id="excluded-from-a-list",
    ),
    pytest.param({"users": ["admin"], "users_in_companies": ["firma"]}, ["admin", "novak", "karel"], id="acting-named"),
    pytest.param({"users": [], "exclude_users": ["xyz"]}, [], id="nobody"),
]


@BOTH_MODES
@pytest.mark.parametrize(("given", "users"), SELECTIONS)
def test_who_is_meant(emulator: Emulator, given: dict[str, Any], users: list[str], *, check_mode: bool) -> None:
    done = log_out(emulator, check_mode=check_mode, **given)
    assert users_of(done) == users
    assert "failure" not in done.result
    gone = {name for name in emulator.state.as_dict()["users"] if not lives(emulator, name)} - {"admin"}
    assert gone == (set() if check_mode else set(users) - {"admin"})


@BOTH_MODES
def test_each_list_leaves_its_own_companies(emulator: Emulator, *, check_mode: bool) -> None:
    lists = [{"users": ["karel"], "companies": ["firma"]}, {"users": ["skladnik"]}]
    done = log_out(emulator, check_mode=check_mode, users=["novak"], companies=["demo"], lists=lists)
    assert [(each["user"], each["company"]) for each in done.result["results"]] == [
        ("novak", "demo"),
        ("karel", "firma"),
        ("skladnik", None),
    ]
    assert asked(emulator, "/status.json") == ["GET /status.json"]
    # The second one is for what comes after the last company.
    assert asked(emulator, "/c.json") == ["GET /c.json"] * 2


REFUSED = [
    pytest.param({"users_in_companies": ["demo"], "max_selected": 3}, "4 users are selected", id="too-many"),
    pytest.param({"users_logged_in": True, "max_selected": 0}, "5 users are selected", id="none-allowed"),
    pytest.param({"users_in_companies": ["dmo"]}, "There is no company 'dmo'", id="company"),
    pytest.param(
        {"users_in_companies": ["demo"], "exclude_users": ["nowak"]}, "exclude_users contains 'nowak'", id="exclusion"
    ),
    pytest.param(
        {"users": ["novak"], "exclude_users": ["novak "]}, "exclude_users contains the login 'novak '", id="blank"
    ),
    pytest.param(
        {"users": ["novak"], "exclude_users": ["x/../novak"]}, "exclude_users contains 'x/../novak'", id="dots"
    ),
    pytest.param({"lists": [{"users": ["novak"], "companies": ["dmo"]}]}, "There is no company 'dmo'", id="of-a-list"),
    pytest.param({}, "Nothing says whom to log out", id="nothing"),
]


@BOTH_MODES
@pytest.mark.parametrize(("given", "says"), REFUSED)
def test_what_could_be_a_mistake_logs_nobody_out(
    emulator: Emulator, given: dict[str, Any], says: str, *, check_mode: bool
) -> None:
    done = log_out(emulator, check_mode=check_mode, **given)
    assert says in done.result["failure"]["message"]
    assert not done.result["changed"]
    assert {request.method for request in emulator.requests} <= {"GET"}


def test_named_users_do_not_count_as_selected(emulator: Emulator) -> None:
    done = log_out(emulator, users=["karel", "skladnik"], users_in_companies=["firma"], max_selected=2)
    assert done.result["counts"]["logged_out"] == 3


@pytest.mark.parametrize(("named", "most"), [([], 4), (["novak"], 3), (["novak", "null"], 2), (["karel"], 4)])
def test_selected_users_who_are_named_anyway_do_not_count(emulator: Emulator, named: list[str], most: int) -> None:
    given: dict[str, Any] = {"users": named, "users_in_companies": ["demo"]}
    refused = log_out(emulator, **given, max_selected=most - 1)
    assert refused.result["failure"]["message"].startswith(f"{most} users are selected, more than max_selected")
    done = log_out(emulator, **given, max_selected=most)
    assert "failure" not in done.result


def test_a_role_that_nobody_has_is_a_warning(emulator: Emulator) -> None:
    done = log_out(emulator, users_in_companies=["demo"], users_with_roles=["UCETNI", "UCTENI"])
    assert users_of(done) == ["hlavni.ucetni", "novak", "null"]
    assert done.warnings == ["Nobody there has the role UCTENI. The roles there are: ADMIN, SKLADNIK, UCETNI."]


def members(*logins: str, role: str = "") -> Reply:
    """Return the list of a company's users."""
    records = [{"kod": login, **({"role": role} if role else {})} for login in logins]
    return Reply(200, json.dumps({"winstrom": {"uzivatel": records}}))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_way_in_which_the_accents_of_a_role_are_composed_does_not_matter(form: Any) -> None:
    role = unicodedata.normalize(form, "ÚČETNÍ")
    for wanted in ("ÚČETNÍ", "účetní", unicodedata.normalize("NFD", "ÚČETNÍ"), unicodedata.normalize("NFC", "ÚČETNÍ")):
        client = FakeFlexi({"/c/demo/uzivatel.json": [members("novak", "eva", role=role), members()] * 2})
        found, _shown, warnings = select(client, Server(), Selection(("demo",), (wanted,)))
        assert ([each.users for each in found], warnings) == ([("novak", "eva")], [])


IN_DEMO = Whom(selection=Selection(in_companies=("demo",)))
MEMBERS = "/c/demo/uzivatel.json"


@BOTH_MODES
def test_who_cannot_be_sent_fails_alone(*, check_mode: bool) -> None:
    answers: dict[str, Answer | list[Answer]] = {
        MEMBERS: [members("admin", " novak", "../eva", "karel"), members()],
        "/status/user": page("karel"),
    }
    client = FakeFlexi(answers)
    report = run(client, IN_DEMO, Policy(), check_mode=check_mode)
    done = "would_log_out" if check_mode else "logged_out"
    assert statuses(report) == {" novak": "failed", "../eva": "failed", "karel": done}
    assert report.results[0].problem is not None
    assert report.results[0].problem.code == "invalid_option"
    assert "leading or trailing whitespace" in report.results[0].message
    assert client.posted == ([] if check_mode else [logout_path("karel")])


@pytest.mark.parametrize("left", [["admin"], []])
def test_where_nobody_else_shows_there_is_a_warning(left: list[str]) -> None:
    client = FakeFlexi({MEMBERS: [members(*left), members()]})
    report = run(client, IN_DEMO, Policy(), check_mode=False)
    assert report.results == []
    assert report.warnings == [
        "No other users of company demo are shown, which may be because this user may not see them."
    ]


@pytest.mark.parametrize("auth", [Auth(), GivenSession("x", "admin")], ids=["certificate", "named-session"])
def test_who_acts_is_left_out_where_that_is_known(auth: Auth) -> None:
    client = FakeFlexi({MEMBERS: [members("Admin", "novak"), members()]})
    client.auth = auth
    report = run(client, IN_DEMO, Policy(), check_mode=False)
    assert list(statuses(report)) == (["novak"] if auth.user else ["Admin", "novak"])


def test_a_session_of_nobody_knows_whom_is_refused() -> None:
    client = FakeFlexi()
    client.auth = GivenSession("x")
    report = run(client, Whom(Batch(("novak",)), selection=Selection(logged_in=True)), Policy(), check_mode=False)
    assert report.stopped_by is not None
    assert report.stopped_by.message.startswith("It is not known whose session this is")
    assert statuses(report) == {"novak": "failed"}
    assert client.posted == []


@BOTH_MODES
def test_who_is_logged_in_is_not_guessed(*, check_mode: bool) -> None:
    client = FakeFlexi({"/status.json": counts(2, 2), "/status/user": page("novak")})
    report = run(client, Whom(selection=Selection(logged_in=True)), Policy(), check_mode=check_mode)
    assert report.stopped_by is not None
    assert report.stopped_by.code == "list_unreadable"
    assert client.posted == []


def test_a_list_of_a_company_that_cannot_be_read_logs_out_nobody() -> None:
    client = FakeFlexi({MEMBERS: Reply(403)})
    whom = Whom(Batch(("novak",)), selection=Selection(in_companies=("demo",)))
    report = run(client, whom, Policy(), check_mode=False)
    assert statuses(report) == {"novak": "failed"}
    assert client.posted == []


def test_the_list_of_users_is_read_once_for_exclusions_and_unknown_users() -> None:
    answers: dict[str, Answer | list[Answer]] = {
        "/u.json": [user_list("admin", "eva"), user_list()],
        logout_path("nvak"): Reply(404),
    }
    client = FakeFlexi(answers)
    report = run(client, Whom(Batch(("nvak",)), excluded=("xyz",)), Policy(), check_mode=False)
    assert statuses(report) == {"nvak": "unknown_user"}
    # The second one is for what comes after the last user.
    assert client.got.count("/u.json") == 2


def test_thousands_of_users_and_exclusions_are_told_apart() -> None:
    everybody = [f"{number * 7919 % 100_000:05}{number:04}" for number in range(5000)]
    client = FakeFlexi({MEMBERS: [members(*everybody), members()], "/status/user": page(everybody[0])})
    whom = Whom(selection=Selection(in_companies=("demo",), at_most=5000), excluded=tuple(everybody[::2]))
    report = run(client, whom, Policy(unknown_users="ignore"), check_mode=True)
    assert [result.target.user for result in report.results] == everybody[1::2]
    assert report.excluded == everybody[::2]
