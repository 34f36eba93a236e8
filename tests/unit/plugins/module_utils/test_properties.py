# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random users, companies, variants and faults: what the report says is what the server has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.abra.flexi.plugins.module_utils._connection import client_for as module_client_for
from ansible_collections.abra.flexi.plugins.module_utils._logout import plan, run, summarise
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    ENDED,
    FakeClock,
    Run,
    check_report,
    connection_to,
    log_out,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.plugins.module_utils._client import Connection
    from ansible_collections.abra.flexi.tests.emulator import Emulator

LOGINS = [
    "novak",
    "Žaneta Ř/ezníčková",
    "jan.novak@firma.cz",
    "a b",
    "50%",
    "%2F",
    "a+b",
    "x?y#z",
    "<b>&amp;\"'",
    "..a",
    "logout",
    "a;b=c",
    "🙂",
    "\u0160vejk\u0301",
]
UNKNOWN = ["nobody", "Novak", "..%2e"]
COMPANIES = ["demo", "test_firma", "prazdna"]
# With these, the 404 of an idle user cannot be told from that of a stranger, and is a failure.
UNCLEAR = {"html", "text"}
PLACES = ["", "^/status.json$", "/logout$", "^/status/user$", "^/c.json$", "^/login-logout/"]
ACTIONS: list[dict[str, Any]] = [
    {"action": "drop_before"},
    {"action": "drop_after"},
    {"action": "reset_before"},
    {"action": "reset_after"},
    {"action": "garbage"},
    {"action": "truncate"},
    {"action": "chunk_truncate"},
    {"action": "wrong_length"},
    {"action": "bad_utf8"},
    {"action": "wrong_json"},
    {"action": "expire_session"},
    {"action": "redirect"},
    {"action": "huge_html", "megabytes": 0.1},
    {"action": "status_after"},
    {"action": "status_after", "code": 500},
    *({"action": "status", "code": code} for code in (401, 403, 404, 429, 500, 502, 503, 504)),
]
SETTINGS = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
Companies = Optional[list[str]]


@dataclass(frozen=True)
class Day:
    """One example: who is there, who is to leave, and what goes wrong."""

    users: list[dict[str, Any]]
    asked_for: list[str]
    companies: Companies
    variants: dict[str, str]
    connection: dict[str, Any]
    ignore_not_found: bool = True
    faults: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, emulator: Emulator) -> None:
        """Put the server into the state that the example starts from."""
        emulator.reset(state={"users": self.users}, variants=self.variants)

    def connect(self, emulator: Emulator) -> Connection:
        """Return the connection of the example."""
        options = dict(self.connection)
        return connection_to(emulator, url=getattr(emulator, options.pop("scheme")), **options)


def faults() -> st.SearchStrategy[list[dict[str, Any]]]:
    when: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.just({}),
        st.fixed_dictionaries({"every": st.integers(1, 4)}),
        st.fixed_dictionaries({"nth": st.lists(st.integers(1, 12), min_size=1, max_size=4)}),
        st.fixed_dictionaries({"probability": st.sampled_from([0.1, 0.5]), "seed": st.integers(0, 99)}),
    )
    extras = {"when": when, "match": st.fixed_dictionaries({"path": st.sampled_from(PLACES)})}
    rule = st.builds(
        lambda action, rest, times: {**action, **rest, **({"times": times} if times else {})},
        st.sampled_from(ACTIONS),
        st.fixed_dictionaries(extras),
        st.integers(0, 5),
    )
    return st.lists(rule, max_size=4)


def users(sessions: list[int], contexts: list[list[str]]) -> list[dict[str, Any]]:
    given_to = zip(LOGINS, sessions, contexts)
    return [ADMIN, *({"username": login, "sessions": many, "contexts": some} for login, many, some in given_to)]


def for_each_login(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=len(LOGINS), max_size=len(LOGINS))


CONTEXTS: list[list[str]] = [[], ["demo"], ["test_firma"], ["demo", "prazdna"]]
USERS = st.builds(users, for_each_login(st.integers(0, 2)), for_each_login(st.sampled_from(CONTEXTS)))
ASKED_FOR = st.lists(st.sampled_from([*LOGINS, *UNKNOWN, "admin"]), max_size=12)
SOME_COMPANIES = st.one_of(
    st.none(),
    st.lists(st.sampled_from(COMPANIES), min_size=1, max_size=3),
    st.just(["demo", "neexistuje"]),
)
VARIANTS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in KNOWN.items()})
CONNECTIONS = st.fixed_dictionaries(
    {
        "scheme": st.sampled_from(["http", "https"]),
        "auth_method": st.sampled_from(["basic", "session"]),
        "concurrency": st.integers(1, 8),
        "retries": st.integers(0, 3),
    }
)
DAYS = st.builds(Day, USERS, ASKED_FOR, SOME_COMPANIES, VARIANTS, CONNECTIONS, st.booleans(), faults())


def certain(day: Day) -> bool:
    return day.variants["not_found"] not in UNCLEAR


def predict(emulator: Emulator, day: Day) -> Run:
    """Do what the module does in check mode."""
    with module_client_for(day.connect(emulator), lambda _secret: None, check_mode=True) as client:
        targets = plan(day.asked_for, day.companies)
        report = run(client, targets, ignore_not_found=day.ignore_not_found, check_mode=True)
    return Run(report, summarise(report), client)


def log_out_all(emulator: Emulator, day: Day) -> Run:
    return log_out(
        day.connect(emulator),
        day.asked_for,
        day.companies,
        clock=FakeClock(),
        ignore_not_found=day.ignore_not_found,
    )


def reached(emulator: Emulator) -> set[tuple[str, str]]:
    """Return the path and the query of each logout that the server was asked for."""
    return {(each.path, each.query) for each in emulator.requests if each.method == "POST"}


@given(day=DAYS)
@SETTINGS
def test_the_report_agrees_with_the_server(running_emulator: Emulator, day: Day) -> None:
    day.begin(running_emulator)
    # With companies sessions live on, and those of others do in any case.
    staying = LOGINS if day.companies else [login for login in LOGINS if login not in day.asked_for]
    before = {login: running_emulator.state.sessions_of(login) for login in staying}
    for fault in day.faults:
        running_emulator.add_fault(fault)
    done = log_out_all(running_emulator, day)
    check_report(running_emulator, done, day.asked_for, day.companies)
    assert {login: running_emulator.state.sessions_of(login) for login in staying} == before
    came_in = reached(running_emulator)
    for each in done.summary["results"]:
        query = f"company={each['company']}" if each["company"] else ""
        was_reached = (f"/status/user/{quote(each['user'], safe='')}/logout", query) in came_in
        assert each["status"] in {"logged_out", "not_logged_in", "failed"}
        assert was_reached or each["status"] == "failed"
        if each["company"] and each["status"] in ENDED:
            assert each["company"] not in running_emulator.state.contexts_of(each["user"])
    assert done.summary["changed"] == any(each["status"] == "logged_out" for each in done.summary["results"])
    assert ("failure" in done.summary) == (done.summary["counts"]["failed"] > 0)


@given(day=DAYS)
@SETTINGS
def test_check_mode_changes_nothing(running_emulator: Emulator, day: Day) -> None:
    day.begin(running_emulator)
    before = running_emulator.state.as_dict()
    for fault in day.faults:
        running_emulator.add_fault(fault)
    connection = day.connect(running_emulator)
    with module_client_for(connection, lambda _secret: None, check_mode=True) as client:
        object.__setattr__(client, "_clock", FakeClock().clock)
        targets = plan(day.asked_for, day.companies)
        report = run(client, targets, ignore_not_found=day.ignore_not_found, check_mode=True)
    assert {each.method for each in running_emulator.requests} <= {"GET"}
    assert running_emulator.state.as_dict() == before
    check_report(running_emulator, Run(report, summarise(report), client), day.asked_for, day.companies)
    assert {result.status for result in report.results} <= {"would_log_out", "not_logged_in", "failed"}


@given(day=DAYS.filter(certain))
@SETTINGS
def test_what_is_predicted_as_exact_happens(running_emulator: Emulator, day: Day) -> None:
    day.begin(running_emulator)
    predicted = predict(running_emulator, day)
    done = log_out_all(running_emulator, day)
    for foretold, happened in zip(predicted.summary["results"], done.summary["results"]):
        if foretold["prediction"] == "exact":
            expected = {"would_log_out": "logged_out"}.get(foretold["status"], foretold["status"])
            assert happened["status"] == expected
