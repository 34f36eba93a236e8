# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging users out: the order of the requests, and what stops a run. Without a network."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.server import Server
from ansible_collections.abra.flexi.plugins.module_utils._logout.report import Report
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Batch, Target, Whom
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import (
    NOT_THERE,
    STATUS,
    FakeFlexi,
    again,
    logout_path,
    named,
    statuses,
    user_list,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NOVAK = Target("novak")
ADMIN = Target("admin")

NO_COMPANY = json.dumps({"winstrom": {"success": "false", "message@messageCode": "firmaNeexistuje"}})
NO_RIGHT = json.dumps({"winstrom": {"success": "false", "message": "K této akci nemáte přístup."}})
PAGE = "<!DOCTYPE html><html><head><title>Not Flexi</title></head></html>"
GO = "404 page not found\n"

# A run.

TIMED_OUT = FlexiError("timeout", "No answer in time.", attempts=4)


def test_without_targets_nothing_is_asked() -> None:
    client = FakeFlexi()
    assert run(client, named([]), Policy(), check_mode=False) == Report()
    assert (client.got, client.posted) == ([], [])


def test_each_target_costs_one_request_beside_the_first() -> None:
    client = FakeFlexi()
    run(client, named(["novak", "franta"]), Policy(), check_mode=False)
    assert client.got == ["/status.json"]
    assert sorted(client.posted) == [logout_path("franta"), logout_path("novak")]


def test_the_companies_are_read_once_for_all_targets() -> None:
    client = FakeFlexi()
    run(client, named(["novak", "franta"], ["demo", "a_1"]), Policy(), check_mode=False)
    # The second one is for what comes after the last company.
    assert client.got == ["/status.json", "/c.json", "/c.json"]
    assert sorted(client.posted) == sorted(
        f"{logout_path(user)}?company={company}" for user in ("novak", "franta") for company in ("demo", "a_1")
    )


@pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
@pytest.mark.parametrize(
    ("answers", "code"),
    [
        pytest.param({"/status.json": Reply(404, GO)}, "not_flexi", id="not-flexi"),
        pytest.param({"/status.json": Reply(401)}, "auth_failed", id="refused"),
        pytest.param({"/status.json": TIMED_OUT}, "timeout", id="no-answer"),
        pytest.param({"/c.json": Reply(401)}, "auth_failed", id="refused-at-the-companies"),
        pytest.param({"/c.json": Reply(200, '{"companies": {"company": []}}')}, "unknown_company", id="no-companies"),
        pytest.param(
            {"/c.json": Reply(200, '{"companies": {"company": {"dbNazev": "a"}}}')}, "unknown_company", id="another"
        ),
    ],
)
def test_what_fails_at_the_start_fails_everybody_before_a_post(
    answers: dict[str, Reply | FlexiError], code: str, *, check_mode: bool
) -> None:
    client = FakeFlexi(answers)
    report = run(client, named(["novak", "franta"], ["demo"]), Policy(), check_mode=check_mode)
    assert report.stopped_by is not None
    assert report.stopped_by.code == code
    assert [(result.target.user, result.status, result.attempts) for result in report.results] == [
        ("novak", "failed", 0),
        ("franta", "failed", 0),
    ]
    assert client.posted == []


@pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
def test_what_the_client_has_noticed_is_a_warning(*, check_mode: bool) -> None:
    client = FakeFlexi()
    client.noticed = ["The server limited the rate of requests.", "/x was requested more than once."]
    report = run(client, named(["novak"]), Policy(unknown_users="ignore"), check_mode=check_mode)
    assert report.warnings == client.noticed


def test_what_the_client_has_noticed_before_a_stop_is_a_warning_too() -> None:
    client = FakeFlexi({"/status.json": TIMED_OUT})
    client.noticed = ["/status.json was requested more than once."]
    assert run(client, named(["novak"]), Policy(), check_mode=False).warnings == client.noticed


def test_what_the_server_says_of_itself_is_reported() -> None:
    assert run(FakeFlexi(), named(["novak"]), Policy(), check_mode=False).server == Server(
        "2026.5.2", logged_in_users=1, sessions=1
    )


@pytest.mark.parametrize("ignore_not_found", [True, False])
def test_whether_not_logged_in_is_ignored_reaches_the_judgement(*, ignore_not_found: bool) -> None:
    client = FakeFlexi({logout_path("novak"): Reply(404)})
    report = run(client, named(["novak"]), Policy(ignore_not_found=ignore_not_found), check_mode=False)
    assert statuses(report) == {"novak": "not_logged_in" if ignore_not_found else "failed"}


def test_not_being_logged_in_is_no_failure_where_nothing_else_is_said() -> None:
    client = FakeFlexi({logout_path("novak"): Reply(404)})
    assert statuses(run(client, named(["novak"]), Policy(), check_mode=False)) == {"novak": "not_logged_in"}


def test_flexis_cookie_at_the_start_reaches_the_judgement() -> None:
    answers = {"/status.json": Reply(200, STATUS, has_flexi_cookie=True), logout_path("novak"): Reply(200)}
    assert statuses(run(FakeFlexi(answers), named(["novak"]), Policy(), check_mode=False)) == {"novak": "failed"}


@pytest.mark.parametrize(
    ("companies", "status", "posts"),
    [
        pytest.param(Reply(200, '{"companies": {"company": {"dbNazev": "demo"}}}'), "not_logged_in", 2, id="known"),
        pytest.param(Reply(403), "failed", 1, id="unreadable"),
    ],
)
def test_whether_the_companies_were_looked_up_reaches_the_judgement(companies: Reply, status: str, posts: int) -> None:
    client = FakeFlexi({"/c.json": companies, f"{logout_path('novak')}?company=demo": Reply(404, NOT_THERE.text)})
    report = run(client, named(["novak"], ["demo"]), Policy(), check_mode=False)
    assert (statuses(report), len(client.posted)) == ({"novak in demo": status}, posts)


# What stops a run, and what does not.

FIVE = ["a", "b", "c", "d", "e"]


FOR_EVERYBODY = [
    pytest.param(Reply(401), id="auth_failed"),
    pytest.param(Reply(302, location="/login-logout/login.html"), id="auth_failed-redirect"),
    pytest.param(Reply(302, location="/login-logout/remote-logout"), id="session_expired"),
    pytest.param(FlexiError("tls", "No."), id="tls"),
    pytest.param(FlexiError("deadline", "Too late."), id="deadline"),
    pytest.param(FlexiError("stopped", "Stopped."), id="stopped"),
]
FOR_ONE_OR_EVERYBODY = [
    pytest.param(Reply(402), id="not_licensed"),
    pytest.param(Reply(403), id="forbidden"),
    pytest.param(Reply(403, PAGE), id="forbidden-by-a-firewall"),
    pytest.param(Reply(400, PAGE), id="not_flexi-400"),
    pytest.param(Reply(414, PAGE), id="not_flexi-414"),
    pytest.param(Reply(418, PAGE), id="not_flexi-418"),
    pytest.param(Reply(302, location="https://other.example.com/"), id="redirected"),
    pytest.param(Reply(503), id="unavailable"),
    *(
        pytest.param(FlexiError(code, "No answer.", attempts=4), id=code)
        for code in ("proxy", "unreachable", "timeout", "broken_reply")
    ),
]
FOR_ONE = [
    pytest.param(Reply(405), id="405"),
    pytest.param(Reply(406), id="406"),
    pytest.param(Reply(500), id="500"),
    pytest.param(Reply(200, NOT_THERE.text), id="200-that-denies-success"),
    pytest.param(Reply(404, GO), id="404-of-a-stranger"),
    # Others may leave another company.
    pytest.param(Reply(404, NO_COMPANY), id="unknown_company"),
]
CONCURRENCY = pytest.mark.parametrize("concurrency", [1, 4, 64])


@CONCURRENCY
@pytest.mark.parametrize("answer", FOR_EVERYBODY)
def test_what_is_bound_to_meet_everybody_stops_the_run_after_one_request(
    answer: Reply | FlexiError, concurrency: int, request: pytest.FixtureRequest
) -> None:
    client = FakeFlexi({logout_path("a"): answer}, concurrency=concurrency)
    report = run(client, named(FIVE), Policy(), check_mode=False)
    assert client.posted == [logout_path("a")]
    assert set(statuses(report).values()) == {"failed"}
    assert report.stopped_by is not None
    assert report.stopped_by.code in request.node.callspec.id
    assert client.probes == 0


@CONCURRENCY
@pytest.mark.parametrize("answer", FOR_ONE_OR_EVERYBODY)
def test_what_might_meet_everybody_is_the_failure_of_one_where_the_server_is_there(
    answer: Reply | FlexiError, concurrency: int
) -> None:
    client = FakeFlexi({logout_path("a"): answer}, concurrency=concurrency)
    report = run(client, named(FIVE), Policy(), check_mode=False)
    assert list(statuses(report).values()) == ["failed"] + ["logged_out"] * 4
    assert (report.stopped_by, client.probes) == (None, 1)


@CONCURRENCY
@pytest.mark.parametrize("answer", FOR_ONE_OR_EVERYBODY)
def test_what_might_meet_everybody_stops_the_run_where_the_server_is_gone(
    answer: Reply | FlexiError, concurrency: int, request: pytest.FixtureRequest
) -> None:
    client = FakeFlexi({logout_path("a"): answer}, concurrency=concurrency, probe=Reply(502))
    report = run(client, named(FIVE), Policy(), check_mode=False)
    assert set(statuses(report).values()) == {"failed"}
    assert report.stopped_by is not None
    assert report.stopped_by.code in request.node.callspec.id
    assert (client.posted, client.probes) == ([logout_path("a")], 1)


def test_idle_users_of_a_company_that_cannot_be_looked_up_do_not_stop_the_others() -> None:
    users = ["a", "b", "c", "d", "novak"]
    answers = {f"{logout_path(user)}?company=demo": NOT_THERE for user in users[:-1]}
    report = run(FakeFlexi({"/c.json": Reply(403), **answers}), named(users, ["demo"]), Policy(), check_mode=False)
    assert statuses(report) == {**{f"{user} in demo": "failed" for user in users[:-1]}, "novak in demo": "logged_out"}


@CONCURRENCY
@pytest.mark.parametrize("answer", FOR_ONE_OR_EVERYBODY)
def test_what_meets_three_in_a_row_stops_the_run(
    answer: Reply | FlexiError, concurrency: int, request: pytest.FixtureRequest
) -> None:
    client = FakeFlexi({logout_path(user): answer for user in FIVE}, concurrency=concurrency)
    report = run(client, named(FIVE), Policy(), check_mode=False)
    assert set(statuses(report).values()) == {"failed"}
    assert report.stopped_by is not None
    assert report.stopped_by.code in request.node.callspec.id
    # Nobody has proved the credentials, so they go out one after the other.
    assert (client.posted, client.probes) == ([logout_path(user) for user in "abc"], 1)


def test_a_company_that_the_server_does_not_know_is_asked_for_once_and_keeps_nobody_from_leaving_another() -> None:
    answers = {f"{logout_path(user)}?company=gone": Reply(404, NO_COMPANY, attempts=1) for user in FIVE}
    client = FakeFlexi({"/c.json": Reply(403), **answers})
    whom = Whom(Batch(tuple(FIVE), ("gone",)), (Batch(("novak",), ("demo",)),))
    report = run(client, whom, Policy(), check_mode=False)
    assert client.posted == [f"{logout_path('a')}?company=gone", f"{logout_path('novak')}?company=demo"]
    assert statuses(report) == {**{f"{user} in gone": "failed" for user in FIVE}, "novak in demo": "logged_out"}
    assert [each.attempts for each in report.results] == [1, 0, 0, 0, 0, 1]
    assert {each.problem.code for each in report.results if each.problem} == {"unknown_company"}
    assert report.results[4].message.startswith(
        "Logging out user 'e in gone' was not requested: the server has already"
    )
    assert [each.http_status for each in report.results] == [404, None, None, None, None, 200]


@CONCURRENCY
@pytest.mark.parametrize("answer", FOR_ONE_OR_EVERYBODY)
def test_one_user_in_several_companies_is_one_user(answer: Reply | FlexiError, concurrency: int) -> None:
    companies = ["c1", "c2", "c3", "c4"]
    answers = {f"{logout_path('a')}?company={company}": answer for company in companies}
    listed = json.dumps({"companies": {"company": [{"dbNazev": company} for company in companies]}})
    client = FakeFlexi({"/c.json": Reply(200, listed), **answers}, concurrency=concurrency)
    report = run(client, named(["a", "b", "c"], companies), Policy(), check_mode=False)
    assert [status == "failed" for status in statuses(report).values()] == [True] * 4 + [False] * 8
    assert report.stopped_by is None


@pytest.mark.parametrize("answer", FOR_ONE_OR_EVERYBODY)
@pytest.mark.parametrize("between", [Reply(200), NOT_THERE], ids=["logged-out", "not-logged-in"])
@pytest.mark.parametrize("ignore_not_found", [True, False])
def test_what_meets_every_third_stops_nothing(
    answer: Reply | FlexiError, between: Reply, *, ignore_not_found: bool
) -> None:
    users = [f"user{number}" for number in range(9)]
    answers = {logout_path(user): between if number % 3 == 2 else answer for number, user in enumerate(users)}
    policy = Policy(ignore_not_found=ignore_not_found, unknown_users="ignore")
    client = FakeFlexi(answers, concurrency=1)
    report = run(client, named(users), policy, check_mode=False)
    assert [result.attempts > 0 for result in report.results] == [True] * 9
    # The first of each row is a reason to look.
    assert (report.stopped_by, client.probes) == (None, 3)


@CONCURRENCY
@pytest.mark.parametrize("answer", FOR_ONE)
def test_the_failure_of_one_user_does_not_stop_the_others(answer: Reply, concurrency: int) -> None:
    answers = {address: answer for user in FIVE for address in (logout_path(user), again(logout_path(user)))}
    del answers[logout_path("e")]
    client = FakeFlexi({**answers, "/u.json": user_list("admin", *FIVE)}, concurrency=concurrency)
    report = run(client, named(FIVE), Policy(), check_mode=False)
    assert list(statuses(report).values()) == ["failed"] * 4 + ["logged_out"]
    assert (report.stopped_by, client.probes) == (None, 0)


def test_a_failure_of_another_kind_in_between_does_not_begin_a_new_row() -> None:
    answers = {logout_path(user): Reply(500) if user in "bd" else Reply(403) for user in "abcde"}
    report = run(FakeFlexi(answers, concurrency=1), named([*FIVE, "f"]), Policy(), check_mode=False)
    assert report.stopped_by is not None
    assert report.results[-1].attempts == 0


def test_a_stop_in_the_middle_keeps_what_was_done() -> None:
    client = FakeFlexi({logout_path("c"): Reply(403)}, concurrency=1, probe=Reply(502))
    report = run(client, named(FIVE), Policy(), check_mode=False)
    assert list(statuses(report).values()) == ["logged_out", "logged_out", "failed", "failed", "failed"]
    assert client.posted == [logout_path("a"), logout_path("b"), logout_path("c")]


def test_who_was_skipped_is_told_so() -> None:
    report = run(FakeFlexi({logout_path("a"): Reply(401)}), named(["a", "b"]), Policy(), check_mode=False)
    message = "Skipped, because the run was stopped early. Logging out user 'a' failed: the server answered 401."
    assert report.results[1].as_dict() == {
        "user": "b",
        "company": None,
        "status": "failed",
        "http_status": None,
        "message": message,
        "attempts": 0,
        "prediction": None,
        "user_known": None,
        "verified": None,
        "certain": True,
    }


def test_not_being_logged_in_does_not_stop_the_others_where_it_is_a_failure() -> None:
    client = FakeFlexi({logout_path("a"): Reply(404)})
    report = run(client, named(["a", "b"]), Policy(ignore_not_found=False), check_mode=False)
    assert statuses(report) == {"a": "failed", "b": "logged_out"}


def test_the_result_of_a_failure_has_its_status_its_tries_and_its_hint() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500, NO_RIGHT, attempts=3)})
    (result, _other) = run(client, named(["a", "b"]), Policy(), check_mode=False).results
    assert (result.http_status, result.attempts) == (500, 3)
    assert result.message.endswith("see Flexi's log.")


class Watched(FakeFlexi):
    """A client whose server takes a while for one address, and notes who else comes in meanwhile."""

    def __init__(
        self, slow: str, *, answers: Mapping[str, Reply | FlexiError] | None = None, takes_at_most: float = 0.05
    ) -> None:
        """Open nothing. It takes so many seconds where nobody else comes in."""
        super().__init__(answers, concurrency=8)
        self.meanwhile: list[str] = []
        self._slow = slow
        self._takes_at_most = takes_at_most
        self._slow_is_under_way = False
        self._somebody_came = threading.Event()

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Answer a POST."""
        if self._slow_is_under_way:
            self.meanwhile.append(path)
            self._somebody_came.set()
        if path == self._slow:
            self._slow_is_under_way = True
            self._somebody_came.wait(self._takes_at_most)
            self._slow_is_under_way = False
        return super().post(path, query)


def test_the_first_logout_goes_out_alone() -> None:
    client = Watched(logout_path("a"))
    run(client, named(FIVE), Policy(), check_mode=False)
    assert client.meanwhile == []
    assert client.posted[0] == logout_path("a")


def test_the_other_logouts_go_out_together() -> None:
    client = Watched(logout_path("b"), takes_at_most=10)
    run(client, named(FIVE), Policy(), check_mode=False)
    assert client.meanwhile


@pytest.mark.parametrize("answer", [FlexiError("broken_reply", "No."), Reply(500)], ids=["no-answer", "500"])
def test_after_a_failure_the_next_logout_goes_out_alone_too(answer: Reply | FlexiError) -> None:
    client = Watched(logout_path("b"), answers={logout_path("a"): answer})
    run(client, named(FIVE), Policy(), check_mode=False)
    assert client.meanwhile == []
    assert client.posted[:2] == [logout_path("a"), logout_path("b")]


def test_after_a_failure_one_that_works_is_enough_for_the_others_to_go_out_together() -> None:
    client = Watched(logout_path("c"), answers={logout_path("a"): Reply(500)}, takes_at_most=10)
    run(client, named(FIVE), Policy(), check_mode=False)
    assert client.meanwhile


def test_with_a_concurrency_of_one_they_go_out_in_order() -> None:
    client = FakeFlexi(concurrency=1)
    run(client, named(FIVE), Policy(), check_mode=False)
    assert client.posted == [logout_path(user) for user in FIVE]


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("users", [["admin", "a", "b"], ["a", "admin", "b"], ["a", "b", "admin"]], ids=" ".join)
def test_who_does_the_logging_out_leaves_last(users: list[str], concurrency: int) -> None:
    client = FakeFlexi(concurrency=concurrency)
    run(client, named(users), Policy(), check_mode=False)
    assert client.posted[2] == logout_path("admin")


def test_who_does_the_logging_out_leaves_last_of_all_companies() -> None:
    client = FakeFlexi(concurrency=1)
    run(client, named(["admin", "a"], ["demo", "a_1"]), Policy(), check_mode=False)
    assert [address.partition("?")[0] for address in client.posted] == [logout_path("a")] * 2 + [
        logout_path("admin")
    ] * 2


EVERYTHING_AND_ONE = Whom(Batch(("b", "a", "c")), (Batch(("a", "b"), ("demo", "a_1")),))


@CONCURRENCY
def test_who_leaves_everything_leaves_the_companies_before(concurrency: int) -> None:
    client = FakeFlexi(concurrency=concurrency)
    report = run(client, EVERYTHING_AND_ONE, Policy(), check_mode=False)
    contexts = [f"{logout_path(user)}?company={company}" for user in "ab" for company in ("demo", "a_1")]
    assert sorted(client.posted[:4]) == sorted(contexts)
    assert sorted(client.posted[4:]) == [logout_path(user) for user in "abc"]
    assert [result.target for result in report.results] == EVERYTHING_AND_ONE.targets()


def test_a_context_in_other_letters_is_dropped_before_everything() -> None:
    client = FakeFlexi(concurrency=1)
    run(client, Whom(Batch(("novak", "x")), (Batch(("Novak",), ("demo",)),)), Policy(), check_mode=False)
    assert client.posted == [f"{logout_path('Novak')}?company=demo", logout_path("novak"), logout_path("x")]


def test_everything_waits_for_the_companies_that_are_left() -> None:
    client = Watched(logout_path("b"))
    run(client, Whom(Batch(("a", "b")), (Batch(("a", "b"), ("demo",)),)), Policy(), check_mode=False)
    assert client.posted[:2] == [f"{logout_path(user)}?company=demo" for user in "ab"]


def test_the_acting_user_leaves_everything_last_and_once() -> None:
    client = FakeFlexi({"/u.json": user_list("admin", "a")}, concurrency=1)
    whom = Whom(Batch(("admin", "Admin", "a")), (Batch(("admin", "Admin"), ("demo",)),))
    report = run(client, whom, Policy(), check_mode=False)
    assert client.posted == [logout_path("a"), f"{logout_path('admin')}?company=demo", logout_path("admin")]
    assert statuses(report) == {
        "admin": "logged_out",
        "Admin": "unknown_user",
        "a": "logged_out",
        "admin in demo": "logged_out",
        "Admin in demo": "unknown_user",
    }


def test_unknown_users_are_named_in_the_order_in_which_they_were_asked_for() -> None:
    answers = {logout_path(user): NOT_THERE for user in ("Admin", "ghost")}
    client = FakeFlexi({**answers, "/u.json": user_list("admin", "eva")})
    reports = [run(client, named(["Admin", "ghost"]), Policy(), check_mode=check_mode) for check_mode in (True, False)]
    assert reports[0].warnings == reports[1].warnings
    assert reports[0].warnings[0].index("Admin") < reports[0].warnings[0].index("ghost")


def test_where_it_is_not_known_who_exists_the_acting_users_own_login_is_the_last() -> None:
    client = FakeFlexi({"/u.json": Reply(403)}, concurrency=1)
    run(client, named(["admin", "Admin"]), Policy(), check_mode=False)
    assert client.posted == [logout_path("Admin"), logout_path("admin")]


def test_who_does_the_logging_out_waits_for_the_others() -> None:
    client = Watched(logout_path("b"))
    run(client, named(["admin", "a", "b"]), Policy(), check_mode=False)
    assert client.meanwhile == []


@pytest.mark.parametrize("answer", [Reply(200), Reply(500)], ids=["logged-out", "failed"])
def test_only_the_result_of_who_does_the_logging_out_says_that_they_were_last(answer: Reply) -> None:
    client = FakeFlexi({logout_path("admin"): answer})
    report = run(client, named(["a", "admin", "novak"]), Policy(), check_mode=False)
    said_so = [result.message.endswith("the acting user, who is logged out last.") for result in report.results]
    assert said_so == [False, True, False]


def test_who_does_the_logging_out_is_known_by_the_letters_of_the_login() -> None:
    # Python keeps equal literals as one object, which the logins of a connection and of a target are not.
    client = FakeFlexi(acting="Admin".lower(), concurrency=1)
    report = run(client, named(["admin", "a"]), Policy(), check_mode=False)
    assert client.posted == [logout_path("a"), logout_path("admin")]
    assert "This is the acting user" in report.results[0].message


def test_who_does_the_logging_out_may_be_excluded_though_nobody_has_named_them() -> None:
    whom = replace(named(["a"]), excluded=("admin",))
    assert run(FakeFlexi({"/u.json": Reply(403)}), whom, Policy(), check_mode=False).warnings == []


def test_what_was_done_is_kept_where_looking_again_fails() -> None:
    client = FakeFlexi({"/status/user": Reply(403)})
    report = run(client, named(["novak"]), Policy(verify=True, logged_in_again="fail"), check_mode=False)
    assert statuses(report) == {"novak": "logged_out"}
    assert report.stopped_by is not None
    assert report.stopped_by.code == "not_verified"


def test_who_does_the_logging_out_can_be_the_only_one() -> None:
    report = run(FakeFlexi(), named(["admin"]), Policy(), check_mode=False)
    assert statuses(report) == {"admin": "logged_out"}


@pytest.mark.parametrize("acting", ["admin", ""], ids=["named", "unknown"])
def test_the_results_are_in_the_order_asked_for(acting: str) -> None:
    whom = named(["admin", "e", "a", "c", "b", "d"], ["demo", "a_1"])
    client = FakeFlexi(acting=acting, concurrency=8)
    assert [result.target for result in run(client, whom, Policy(), check_mode=False).results] == whom.targets()


@pytest.mark.parametrize("first", ["a", "b"], ids=["alone", "together"])
def test_what_nobody_expects_in_one_thread_ends_the_others(first: str) -> None:
    broken = Target(first).path

    class Broken(FakeFlexi):
        def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
            reply = super().post(path, query)
            if path == broken:
                raise RuntimeError("Nobody expects that.")
            return reply

    client = Broken(concurrency=2)
    with pytest.raises(RuntimeError, match="Nobody expects that"):
        run(client, named(["a", "b", *(f"user{number}" for number in range(50_000))], None), Policy(), check_mode=False)
    assert len(client.posted) < 50_000


def test_somebody_who_is_not_logged_in_proves_the_credentials_also_where_that_is_a_failure() -> None:
    """Else a thousand who are not logged in would be asked for one after the other."""
    together, paths = threading.Barrier(2, timeout=10), [Target(user).path for user in "abc"]

    class Waits(FakeFlexi):
        def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
            if path != paths[0]:
                together.wait()
            return super().post(path, query)

    client = Waits(dict.fromkeys(paths, NOT_THERE), concurrency=2)
    policy = Policy(ignore_not_found=False, unknown_users="ignore")
    assert set(statuses(run(client, named(list("abc")), policy, check_mode=False)).values()) == {"failed"}
