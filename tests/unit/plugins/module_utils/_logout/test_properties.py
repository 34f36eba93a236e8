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

from ansible_collections.abra.flexi.plugins.module_utils._logout.report import summarise
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_info import USER_INFO
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import BasicAuth
from ansible_collections.abra.flexi.plugins.module_utils._wire.client import Client
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import named
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    ENDED,
    USUAL,
    FakeClock,
    Run,
    check_report,
    connection_to,
    log_out,
    perform,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from ansible_collections.abra.flexi.tests.emulator import Emulator
    from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import Access

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
PLACES = ["", "^/status.json$", "/logout$", "^/status/user$", "^/c.json$", "^/u.json$", "^/login-logout/"]
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
    {"action": "interim", "seconds": 0},
    {"action": "close_after"},
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
    policy: Policy = USUAL
    faults: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, emulator: Emulator, returning: Collection[str] = ()) -> None:
        """Put the server into the state that the example starts from; who is ``returning`` logs in again."""
        emulator.reset(state={"users": self.users}, variants=self.variants)
        for login in returning:
            emulator.state.logs_in_again(login)

    def connect(self, emulator: Emulator) -> Access:
        """Return where to and as whom the example connects."""
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
# Most values of these leave little to see, so the usual one comes as often as all others together.
OFTEN_USUAL = {"company_list", "company_users", "user_page", "users_limit", "users_list"}
VARIANTS = st.fixed_dictionaries(
    {
        name: st.sampled_from(values[:1] * (len(values) if name in OFTEN_USUAL else 1) + values[1:])
        for name, values in KNOWN.items()
    }
)
CONNECTIONS = st.fixed_dictionaries(
    {
        "scheme": st.sampled_from(["http", "https"]),
        "auth_method": st.sampled_from(["basic", "session"]),
        "concurrency": st.integers(1, 8),
        "retries": st.integers(0, 3),
    }
)
POLICIES = st.builds(
    Policy,
    ignore_not_found=st.booleans(),
    unknown_users=st.sampled_from(["warn", "fail", "ignore"]),
    verify=st.booleans(),
    logged_in_again=st.sampled_from(["warn", "fail"]),
)
DAYS = st.builds(Day, USERS, ASKED_FOR, SOME_COMPANIES, VARIANTS, CONNECTIONS, POLICIES, faults())


def certain(day: Day) -> bool:
    """Whether a yes of the server can be told from that of a stranger, or it is a failure that nothing foretells."""
    bare_yes = day.variants["success_body"] in {"empty", "text"}
    return not (bare_yes and day.variants["lang_cookie"] in {"status_only", "never_on_logout"})


def predict(emulator: Emulator, day: Day) -> Run:
    """Do what the module does in check mode, without waiting."""
    access = day.connect(emulator)
    if access.auth_method == "session":
        auth = BasicAuth(access.username, access.password, makes_session=True)
    else:
        auth = BasicAuth(access.username, access.password)
    with Client(access.connection, auth, secrets=Secrets({access.password}), clock=FakeClock().clock) as client:
        report = run(client, named(day.asked_for, day.companies), day.policy, check_mode=True)
    return Run(report, summarise(report), client)


def log_out_all(emulator: Emulator, day: Day) -> Run:
    return log_out(
        day.connect(emulator),
        day.asked_for,
        day.companies,
        clock=FakeClock(),
        policy=day.policy,
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
        assert each["status"] in {"logged_out", "not_logged_in", "unknown_user", "failed"}
        assert was_reached or each["status"] == "failed"
        assert each["user_known"] in {None, each["user"] in running_emulator.state.users}
        assert each["verified"] in {None, True}
        if each["company"] and each["status"] in ENDED:
            assert each["company"] not in running_emulator.state.contexts_of(each["user"])
    assert done.summary["changed"] == any(each["status"] == "logged_out" for each in done.summary["results"])
    assert ("failure" in done.summary) == (
        done.summary["counts"]["failed"] > 0
        or done.code == "not_verified"
        or any(each.problem is not None for each in done.report.results if each.status == "unknown_user")
    )


@given(day=DAYS)
@SETTINGS
def test_check_mode_changes_nothing(running_emulator: Emulator, day: Day) -> None:
    day.begin(running_emulator)
    before = running_emulator.state.as_dict()
    for fault in day.faults:
        running_emulator.add_fault(fault)
    done = predict(running_emulator, day)
    assert {each.method for each in running_emulator.requests} <= {"GET"}
    assert running_emulator.state.as_dict() == before
    check_report(running_emulator, done, day.asked_for, day.companies)
    assert set(done.statuses.values()) <= {"would_log_out", "not_logged_in", "unknown_user", "failed"}


@given(day=DAYS.filter(certain))
@SETTINGS
def test_what_is_predicted_as_exact_happens(running_emulator: Emulator, day: Day) -> None:
    day.begin(running_emulator)
    predicted = predict(running_emulator, day)
    done = log_out_all(running_emulator, day)
    for foretold, happened in zip(predicted.summary["results"], done.summary["results"]):
        # Of a login that was not looked up, and does not exist, Flexi may say something else than "not logged in".
        is_known = foretold["user_known"] is not None or foretold["user"] in [user["username"] for user in day.users]
        if foretold["prediction"] == "exact" and is_known:
            expected = {"would_log_out": "logged_out"}.get(foretold["status"], foretold["status"])
            assert happened["status"] == expected


@given(day=DAYS, returning=st.sets(st.sampled_from(LOGINS)))
@SETTINGS
def test_what_is_found_out_afterwards_is_true(running_emulator: Emulator, day: Day, returning: set[str]) -> None:
    day.begin(running_emulator, returning)
    for fault in day.faults:
        running_emulator.add_fault(fault)
    done = log_out_all(running_emulator, day)
    running_emulator.clear_faults()
    for each in done.summary["results"]:
        login, is_back = each["user"], running_emulator.state.is_logged_in(each["user"])
        exists = login in running_emulator.state.users
        assert each["user_known"] in {None, exists}
        assert each["verified"] in {None, not is_back}
        assert (each["status"] == "unknown_user") == (each["user_known"] is False)
        assert (each["status"] == "logged_in_again") == (each["verified"] is False)
        if each["status"] in ENDED and not day.companies:
            assert not is_back or (login in returning and each["verified"] is None)
    problems = {each.status: each.problem is not None for each in done.report.results}
    if day.policy.ignore_not_found:
        assert problems.get("unknown_user") in {None, day.policy.unknown_users == "fail"}
    assert problems.get("logged_in_again") in {None, day.policy.logged_in_again == "fail"}


@given(day=DAYS, returning=st.sets(st.sampled_from(LOGINS)))
@SETTINGS
def test_looking_afterwards_costs_four_requests_at_most(
    running_emulator: Emulator, day: Day, returning: set[str]
) -> None:
    day.begin(running_emulator, returning)
    done = log_out_all(running_emulator, day)
    by_path = running_emulator.requests_by_path()
    # It is asked once for what comes after the last record.
    assert by_path.get("GET /u.json", 0) <= 2
    assert by_path.get("GET /status/user", 0) <= day.policy.verify
    assert by_path.get("GET /status.json", 0) <= 1 + day.policy.verify
    assert by_path.get("GET /c.json", 0) <= 2 * bool(day.companies)
    assert len(done.report.warnings) <= 3


ROLES = ["UCETNI", "SKLADNIK", "api"]
MEMBERS = st.dictionaries(st.sampled_from(["demo", "test_firma"]), st.lists(st.sampled_from(ROLES), unique=True))
PEOPLE = st.dictionaries(
    st.sampled_from([*LOGINS, *UNKNOWN]),
    st.fixed_dictionaries(
        {
            "userType": st.sampled_from(["NORMAL", "REST_API", "READ_ONLY"]),
            "blocked": st.booleans(),
            "roles": MEMBERS,
        }
    ),
)
CONDITIONS = st.fixed_dictionaries(
    {
        "company": st.sampled_from([None, "demo", "test_firma", "prazdna"]),
        "roles": st.one_of(st.none(), st.lists(st.sampled_from([*ROLES, "ucetni", "code:API", "x"]), min_size=1)),
        "user_types": st.one_of(st.none(), st.lists(st.sampled_from(["NORMAL", "REST_API"]), min_size=1)),
        "blocked": st.one_of(st.none(), st.booleans()),
    }
).filter(lambda options: options["company"] or not options["roles"])


def meets(person: dict[str, Any], conditions: dict[str, Any]) -> bool:
    """Whether somebody meets all conditions, according to the state."""
    has = person["roles"].get(conditions["company"])
    wanted = {role.replace("code:", "").upper() for role in conditions["roles"] or ()}
    return (
        (conditions["company"] is None or has is not None)
        and (not wanted or bool(wanted & {role.upper() for role in has or ()}))
        and (conditions["user_types"] is None or person["userType"] in conditions["user_types"])
        and conditions["blocked"] in {None, person["blocked"]}
    )


@given(people=PEOPLE, conditions=CONDITIONS, variants=VARIANTS)
@SETTINGS
def test_only_who_meets_all_conditions_is_found(
    running_emulator: Emulator, people: dict[str, Any], conditions: dict[str, Any], variants: dict[str, str]
) -> None:
    users = [ADMIN, *({"username": login, **person} for login, person in people.items())]
    running_emulator.reset(state={"users": users}, variants=variants)
    everybody = {"admin": {"userType": "NORMAL", "blocked": False, "roles": {}}, **people}
    expected = {login for login, person in everybody.items() if meets(person, conditions)}
    done = perform(USER_INFO, running_emulator, **conditions)
    if done.code is None:
        # Who sees nobody else is told that there may be more.
        assert set(done.logins) == expected or (done.warnings and set(done.logins) <= expected)
    else:
        usual = ("users_list", "company_users", "users_limit", "user_fields", "empty_list")
        assert done.code in {"list_unreadable", "auth_failed", "forbidden", "server_error", "not_flexi"}
        assert conditions["roles"] or any(variants[name] != KNOWN[name][0] for name in usual)
