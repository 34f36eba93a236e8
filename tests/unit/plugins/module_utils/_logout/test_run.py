# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging users out: the decision table, the order of the requests, and what stops a run. Without a network."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.server import Server
from ansible_collections.abra.flexi.plugins.module_utils._logout.report import Report
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, judge, run
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Target, plan
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import (
    STATUS,
    FakeFlexi,
    logout_path,
    statuses,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NOVAK = Target("novak")
ADMIN = Target("admin")

# The decision table.

NOT_THERE = json.dumps({"winstrom": {"@version": "1.0", "success": "false", "message": "Uživatel není přihlášen."}})
NOT_THERE_XML = "<winstrom version='1.0'><success>false</success><message>Není.</message></winstrom>"
NO_COMPANY = json.dumps({"winstrom": {"success": "false", "message@messageCode": "firmaNeexistuje"}})
NO_RIGHT = json.dumps({"winstrom": {"success": "false", "message": "K této akci nemáte přístup."}})
NO_SESSION = json.dumps({"winstrom": {"success": "false", "message@messageCode": "relaceNeexistuje"}})
DONE = json.dumps({"winstrom": {"@version": "1.0", "success": "true"}})
DONE_XML = "<winstrom version='1.0'><success>true</success></winstrom>"
PAGE = "<!DOCTYPE html><html><head><title>ABRA Flexi</title></head></html>"
KONG = '{"message":"no Route matched with those values"}'
GO = "404 page not found\n"

WITH_COOKIE = Server("2026.5.2", sets_flexi_cookie=True)
WITHOUT_COOKIE = Server("2026.5.2", sets_flexi_cookie=False)
SERVERS = [pytest.param(WITH_COOKIE, id="with-cookie"), pytest.param(WITHOUT_COOKIE, id="without-cookie")]
IGNORE = pytest.mark.parametrize("ignore_not_found", [True, False], ids=["ignored", "not-ignored"])


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(200), id="200-empty"),
        pytest.param(Reply(200, DONE, "application/json"), id="200-envelope"),
        pytest.param(Reply(200, "{}"), id="200-JSON-without-an-envelope"),
        pytest.param(Reply(200, '{"success": true}'), id="200-bare-success"),
        pytest.param(Reply(200, DONE_XML, "application/xml"), id="200-XML"),
        pytest.param(Reply(200, "OK", "text/plain"), id="200-text"),
        pytest.param(Reply(200, "", "text/html"), id="200-empty-with-content-type-of-a-page"),
        pytest.param(Reply(303, location="/status/user"), id="303-to-the-list"),
        pytest.param(Reply(303, location="/status/user/"), id="303-to-the-list-with-a-slash"),
        pytest.param(Reply(303, location="/flexi/status/user"), id="303-to-the-list-below-a-prefix"),
        pytest.param(Reply(303, PAGE, "text/html", "/status/user"), id="303-with-a-page"),
        pytest.param(Reply(303, location="/status/user;jsessionid=1"), id="303-with-a-session-id"),
    ],
)
@pytest.mark.parametrize("server", SERVERS)
@IGNORE
def test_logged_out(reply: Reply, server: Server, *, ignore_not_found: bool) -> None:
    result = judge(NOVAK, reply, server, ignore_not_found=ignore_not_found)
    assert (result.status, result.http_status, result.changed) == ("logged_out", reply.status, True)


NOT_LOGGED_IN = [
    pytest.param(Reply(404, NOT_THERE), WITHOUT_COOKIE, id="envelope"),
    pytest.param(Reply(404, NOT_THERE, has_flexi_cookie=True), WITH_COOKIE, id="envelope-and-cookie"),
    pytest.param(Reply(404, NOT_THERE), WITH_COOKIE, id="envelope-without-the-cookie-seen-before"),
    pytest.param(Reply(404, NO_SESSION), WITHOUT_COOKIE, id="envelope-with-another-code-than-that-of-a-company"),
    pytest.param(Reply(404, NOT_THERE_XML, "application/xml"), WITHOUT_COOKIE, id="XML"),
    pytest.param(Reply(404), WITHOUT_COOKIE, id="empty-where-no-cookie-was-seen"),
    pytest.param(Reply(404, " \r\n"), WITHOUT_COOKIE, id="blanks-where-no-cookie-was-seen"),
    pytest.param(Reply(404, "", "text/html"), WITHOUT_COOKIE, id="empty-with-content-type-of-a-page"),
    pytest.param(Reply(404, has_flexi_cookie=True), WITH_COOKIE, id="empty-with-cookie"),
    pytest.param(Reply(404, "Není přihlášen.", has_flexi_cookie=True), WITH_COOKIE, id="text-with-cookie"),
    pytest.param(Reply(404, "{}", has_flexi_cookie=True), WITH_COOKIE, id="other-JSON-with-cookie"),
]


@pytest.mark.parametrize(("reply", "server"), NOT_LOGGED_IN)
def test_flexis_404_is_not_logged_in(reply: Reply, server: Server) -> None:
    result = judge(NOVAK, reply, server, ignore_not_found=True)
    assert (result.status, result.http_status, result.problem) == ("not_logged_in", 404, None)
    assert not result.changed


def test_flexis_404_after_tries_that_were_answered_is_not_logged_in() -> None:
    result = judge(NOVAK, Reply(404, NOT_THERE, attempts=3, answer_lost=False), WITHOUT_COOKIE, ignore_not_found=True)
    assert (result.status, result.attempts) == ("not_logged_in", 3)


@pytest.mark.parametrize(("reply", "server"), NOT_LOGGED_IN)
def test_flexis_404_is_a_failure_where_it_is_not_to_be_ignored(reply: Reply, server: Server) -> None:
    with pytest.raises(FlexiError) as problem:
        judge(NOVAK, reply, server, ignore_not_found=False)
    assert (problem.value.code, problem.value.http_status, problem.value.attempts) == ("not_logged_in", 404, 1)
    assert "ignore_not_found is false" in problem.value.hint


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(404, NOT_THERE, answer_lost=True, attempts=2), id="envelope"),
        pytest.param(Reply(404, attempts=2, answer_lost=True), id="empty"),
    ],
)
@IGNORE
def test_flexis_404_after_a_lost_answer_is_logged_out_and_says_so(reply: Reply, *, ignore_not_found: bool) -> None:
    result = judge(NOVAK, reply, WITHOUT_COOKIE, ignore_not_found=ignore_not_found)
    assert (result.status, result.http_status, result.attempts) == ("logged_out", 404, 2)
    assert "An earlier try got no answer" in result.message


@pytest.mark.parametrize(
    ("reply", "server", "code"),
    [
        pytest.param(Reply(404, NO_COMPANY), WITHOUT_COOKIE, "unknown_company", id="no-such-company"),
        pytest.param(
            Reply(404, NO_COMPANY, has_flexi_cookie=True), WITH_COOKIE, "unknown_company", id="no-such-company-cookie"
        ),
        pytest.param(Reply(404), WITH_COOKIE, "not_flexi", id="empty-without-the-cookie-seen-before"),
        pytest.param(Reply(404, GO), WITHOUT_COOKIE, "not_flexi", id="text-of-a-Go-proxy"),
        pytest.param(Reply(404, GO), WITH_COOKIE, "not_flexi", id="text-of-a-Go-proxy-without-the-cookie"),
        pytest.param(Reply(404, KONG), WITHOUT_COOKIE, "not_flexi", id="JSON-of-Kong"),
        pytest.param(Reply(404, KONG), WITH_COOKIE, "not_flexi", id="JSON-of-Kong-without-the-cookie"),
        pytest.param(Reply(404, KONG, has_flexi_cookie=True), WITHOUT_COOKIE, "not_flexi", id="a-cookie-never-seen"),
        pytest.param(Reply(404, PAGE, "text/html"), WITHOUT_COOKIE, "not_flexi", id="page"),
        pytest.param(Reply(404, PAGE), WITHOUT_COOKIE, "not_flexi", id="page-without-content-type"),
        pytest.param(Reply(404, PAGE, has_flexi_cookie=True), WITH_COOKIE, "not_flexi", id="page-with-cookie"),
        pytest.param(Reply(404, "Nic", "text/html"), WITHOUT_COOKIE, "not_flexi", id="text-as-a-page"),
    ],
)
@pytest.mark.parametrize("answer_lost", [False, True], ids=["first-try", "after-a-lost-answer"])
@IGNORE
def test_any_other_404_is_a_failure(
    reply: Reply, server: Server, code: str, *, answer_lost: bool, ignore_not_found: bool
) -> None:
    reply = Reply(404, reply.text, reply.content_type, "", reply.has_flexi_cookie, answer_lost=answer_lost)
    with pytest.raises(FlexiError) as problem:
        judge(NOVAK, reply, server, ignore_not_found=ignore_not_found)
    assert (problem.value.code, problem.value.http_status) == (code, 404)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(Reply(200, PAGE, "text/html"), "not_flexi", id="200-page"),
        pytest.param(Reply(200, PAGE), "not_flexi", id="200-page-without-content-type"),
        pytest.param(Reply(200, "OK", "text/html"), "not_flexi", id="200-text-as-a-page"),
        pytest.param(Reply(200, NOT_THERE), "unexpected_reply", id="200-that-denies-success"),
        pytest.param(Reply(200, NOT_THERE_XML), "unexpected_reply", id="200-that-denies-success-in-XML"),
        pytest.param(Reply(200, '{"success": false}'), "unexpected_reply", id="200-that-denies-success-barely"),
        pytest.param(Reply(200, NO_COMPANY), "unknown_company", id="200-no-such-company"),
        pytest.param(Reply(102), "unexpected_reply", id="102"),
        pytest.param(Reply(201), "unexpected_reply", id="201"),
        pytest.param(Reply(204), "unexpected_reply", id="204"),
        pytest.param(Reply(303), "redirected", id="303-to-nowhere"),
        pytest.param(Reply(303, location="/"), "redirected", id="303-elsewhere"),
        pytest.param(Reply(303, location="/status/users"), "redirected", id="303-to-another-list"),
        pytest.param(Reply(303, location="status/user"), "redirected", id="303-without-a-root"),
        pytest.param(
            Reply(303, location="https://other.example.com/status/user"), "redirected", id="303-to-another-host"
        ),
        pytest.param(Reply(303, location="/login-logout/login.html"), "auth_failed", id="303-to-the-login"),
        pytest.param(Reply(302, location="/status/user"), "redirected", id="302-to-the-list"),
        pytest.param(Reply(307, location="/status/user"), "redirected", id="307-to-the-list"),
        pytest.param(Reply(302, location="/login-logout/login.html"), "auth_failed", id="302-to-the-login"),
        pytest.param(Reply(302, location="/login-logout/remote-logout"), "session_expired", id="302-to-remote-logout"),
        pytest.param(Reply(301, location="https://flexi.example.com/"), "redirected", id="301"),
        pytest.param(Reply(400), "unexpected_reply", id="400"),
        pytest.param(Reply(401, NO_RIGHT), "auth_failed", id="401"),
        pytest.param(Reply(402), "not_licensed", id="402"),
        pytest.param(Reply(403, NO_RIGHT), "forbidden", id="403"),
        pytest.param(Reply(405), "unexpected_reply", id="405"),
        pytest.param(Reply(406), "unexpected_reply", id="406"),
        pytest.param(Reply(409), "unexpected_reply", id="409"),
        pytest.param(Reply(410), "unexpected_reply", id="410"),
        pytest.param(Reply(411), "unexpected_reply", id="411"),
        pytest.param(Reply(429), "unavailable", id="429"),
        pytest.param(Reply(500, NO_RIGHT), "server_error", id="500"),
        pytest.param(Reply(502, PAGE), "unavailable", id="502"),
        pytest.param(Reply(503), "unavailable", id="503"),
        pytest.param(Reply(504), "unavailable", id="504"),
    ],
)
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("answer_lost", [False, True], ids=["first-try", "after-a-lost-answer"])
def test_anything_else_is_a_failure(reply: Reply, code: str, server: Server, *, answer_lost: bool) -> None:
    reply = Reply(reply.status, reply.text, reply.content_type, reply.location, answer_lost=answer_lost)
    with pytest.raises(FlexiError) as problem:
        judge(NOVAK, reply, server, ignore_not_found=True)
    assert (problem.value.code, problem.value.http_status) == (code, reply.status)


@pytest.mark.parametrize(
    ("target", "reply", "message"),
    [
        pytest.param(NOVAK, Reply(200), "Logged out of every company; all sessions ended.", id="out-of-everything"),
        pytest.param(
            Target("novak", "demo"),
            Reply(200),
            "The context of company demo is dropped; sessions stay.",
            id="out-of-one",
        ),
        pytest.param(NOVAK, Reply(404), "Was not logged in; a cached context is dropped anyway.", id="not-logged-in"),
        pytest.param(
            NOVAK,
            Reply(404, NOT_THERE),
            "Was not logged in; a cached context is dropped anyway. Flexi says: Uživatel není přihlášen.",
            id="with-what-flexi-says",
        ),
    ],
)
def test_the_message_of_a_result(target: Target, reply: Reply, message: str) -> None:
    assert judge(target, reply, WITHOUT_COOKIE, ignore_not_found=True).message == message


@pytest.mark.parametrize(
    ("target", "name"),
    [
        pytest.param(NOVAK, "user 'novak'", id="user"),
        pytest.param(Target("novak", "demo"), "user 'novak in demo'", id="user-in-a-company"),
    ],
)
def test_a_failure_names_its_target_and_what_the_server_said(target: Target, name: str) -> None:
    with pytest.raises(FlexiError) as problem:
        judge(target, Reply(500, NO_RIGHT), WITHOUT_COOKIE, ignore_not_found=True)
    said = "the server answered 500: K této akci nemáte přístup."
    assert problem.value.message == f"Logging out {name} failed: {said}"


# A run.

TIMED_OUT = FlexiError("timeout", "No answer in time.", attempts=4)


def test_without_targets_nothing_is_asked() -> None:
    client = FakeFlexi()
    assert run(client, [], Policy(), check_mode=False) == Report()
    assert (client.got, client.posted) == ([], [])


def test_each_target_costs_one_request_beside_the_first() -> None:
    client = FakeFlexi()
    run(client, plan(["novak", "franta"], None), Policy(), check_mode=False)
    assert client.got == ["/status.json"]
    assert sorted(client.posted) == [logout_path("franta"), logout_path("novak")]


def test_the_companies_are_read_once_for_all_targets() -> None:
    client = FakeFlexi()
    run(client, plan(["novak", "franta"], ["demo", "a_1"]), Policy(), check_mode=False)
    assert client.got == ["/status.json", "/c.json"]
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
    report = run(client, plan(["novak", "franta"], ["demo"]), Policy(), check_mode=check_mode)
    assert report.stopped_by is not None
    assert report.stopped_by.code == code
    assert [(result.target.user, result.status, result.attempts) for result in report.results] == [
        ("novak", "failed", 0),
        ("franta", "failed", 0),
    ]
    assert client.posted == []


@pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
def test_each_path_that_was_asked_again_is_a_warning(*, check_mode: bool) -> None:
    client = FakeFlexi()
    client.retried = {"/status.json": "the server answered 503", "/x": "the connection broke off"}
    report = run(client, [NOVAK], Policy(unknown_users="ignore"), check_mode=check_mode)
    assert report.warnings == [
        "/status.json was asked more than once: the server answered 503.",
        "/x was asked more than once: the connection broke off.",
    ]


def test_retries_before_a_stop_are_warnings_too() -> None:
    client = FakeFlexi({"/status.json": TIMED_OUT})
    client.retried = {"/status.json": "the server did not answer in time"}
    assert len(run(client, [NOVAK], Policy(), check_mode=False).warnings) == 1


def test_what_the_server_says_of_itself_is_reported() -> None:
    assert run(FakeFlexi(), [NOVAK], Policy(), check_mode=False).server == Server(
        "2026.5.2", logged_in_users=1, sessions=1
    )


@pytest.mark.parametrize("ignore_not_found", [True, False])
def test_whether_not_logged_in_is_ignored_reaches_the_judgement(*, ignore_not_found: bool) -> None:
    client = FakeFlexi({logout_path("novak"): Reply(404)})
    report = run(client, [NOVAK], Policy(ignore_not_found=ignore_not_found), check_mode=False)
    assert statuses(report) == {"novak": "not_logged_in" if ignore_not_found else "failed"}


def test_not_being_logged_in_is_no_failure_where_nothing_else_is_said() -> None:
    client = FakeFlexi({logout_path("novak"): Reply(404)})
    assert statuses(run(client, [NOVAK], Policy(), check_mode=False)) == {"novak": "not_logged_in"}


def test_flexis_cookie_at_the_start_reaches_the_judgement() -> None:
    answers = {"/status.json": Reply(200, STATUS, has_flexi_cookie=True), logout_path("novak"): Reply(404)}
    assert statuses(run(FakeFlexi(answers), [NOVAK], Policy(), check_mode=False)) == {"novak": "failed"}


# What stops a run, and what does not.

FIVE = ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("concurrency", [1, 4, 64])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Reply(401), id="auth_failed"),
        pytest.param(Reply(402), id="not_licensed"),
        pytest.param(Reply(403), id="forbidden"),
        pytest.param(Reply(404, GO), id="not_flexi"),
        pytest.param(Reply(404, NO_COMPANY), id="unknown_company"),
        pytest.param(Reply(302, location="https://other.example.com/"), id="redirected"),
        pytest.param(Reply(302, location="/login-logout/remote-logout"), id="session_expired"),
        pytest.param(FlexiError("tls", "No."), id="tls"),
        pytest.param(FlexiError("proxy", "No."), id="proxy"),
        pytest.param(FlexiError("deadline", "Too late."), id="deadline"),
    ],
)
def test_what_would_fail_for_everybody_stops_the_run_after_one_request(
    answer: Reply | FlexiError, concurrency: int, request: pytest.FixtureRequest
) -> None:
    client = FakeFlexi({logout_path("a"): answer}, concurrency=concurrency)
    report = run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert client.posted == [logout_path("a")]
    assert set(statuses(report).values()) == {"failed"}
    assert report.stopped_by is not None
    assert report.stopped_by.code in request.node.callspec.id
    assert client.probes == 0


def test_a_stop_in_the_middle_keeps_what_was_done() -> None:
    client = FakeFlexi({logout_path("c"): Reply(403)}, concurrency=1)
    report = run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert list(statuses(report).values()) == ["logged_out", "logged_out", "failed", "failed", "failed"]
    assert client.posted == [logout_path("a"), logout_path("b"), logout_path("c")]


def test_who_was_not_asked_for_any_more_is_told_so() -> None:
    report = run(FakeFlexi({logout_path("a"): Reply(403)}), plan(["a", "b"], None), Policy(), check_mode=False)
    message = "Not asked for: the run had to stop. Logging out user 'a' failed: the server answered 403."
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
    }


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Reply(405), id="405"),
        pytest.param(Reply(406), id="406"),
        pytest.param(Reply(500), id="500"),
        pytest.param(Reply(200, NOT_THERE), id="200-that-denies-success"),
    ],
)
def test_the_failure_of_one_user_does_not_stop_the_others(answer: Reply) -> None:
    client = FakeFlexi({logout_path("a"): answer})
    report = run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert list(statuses(report).values()) == ["failed"] + ["logged_out"] * 4
    assert (report.stopped_by, client.probes) == (None, 0)


@pytest.mark.parametrize("code", ["timeout", "unreachable", "broken_reply", "unavailable"])
def test_no_answer_for_one_user_does_not_stop_the_others_where_the_server_is_there(code: str) -> None:
    client = FakeFlexi({logout_path("a"): FlexiError(code, "No answer.", attempts=4)}, is_up=True)
    report = run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert list(statuses(report).values()) == ["failed"] + ["logged_out"] * 4
    assert (report.stopped_by, client.probes) == (None, 1)


@pytest.mark.parametrize("code", ["timeout", "unreachable", "broken_reply", "unavailable"])
def test_no_answer_stops_the_run_where_the_server_is_gone(code: str) -> None:
    client = FakeFlexi({logout_path("a"): FlexiError(code, "No answer.", attempts=4)}, is_up=False)
    report = run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert set(statuses(report).values()) == {"failed"}
    assert report.stopped_by is not None
    assert (report.stopped_by.code, client.posted, client.probes) == (code, [logout_path("a")], 1)


def test_not_being_logged_in_does_not_stop_the_others_where_it_is_a_failure() -> None:
    client = FakeFlexi({logout_path("a"): Reply(404)})
    report = run(client, plan(["a", "b"], None), Policy(ignore_not_found=False), check_mode=False)
    assert statuses(report) == {"a": "failed", "b": "logged_out"}


def test_the_result_of_a_failure_has_its_status_its_tries_and_its_hint() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500, NO_RIGHT, attempts=3)})
    (result, _other) = run(client, plan(["a", "b"], None), Policy(), check_mode=False).results
    assert (result.http_status, result.attempts) == (500, 3)
    assert result.message.endswith("look into its log.")


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
    run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert client.meanwhile == []
    assert client.posted[0] == logout_path("a")


def test_the_other_logouts_go_out_together() -> None:
    client = Watched(logout_path("b"), takes_at_most=10)
    run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert client.meanwhile


@pytest.mark.parametrize("answer", [FlexiError("broken_reply", "No."), Reply(500)], ids=["no-answer", "500"])
def test_after_a_failure_the_next_logout_goes_out_alone_too(answer: Reply | FlexiError) -> None:
    client = Watched(logout_path("b"), answers={logout_path("a"): answer})
    run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert client.meanwhile == []
    assert client.posted[:2] == [logout_path("a"), logout_path("b")]


def test_after_a_failure_one_that_works_is_enough_for_the_others_to_go_out_together() -> None:
    client = Watched(logout_path("c"), answers={logout_path("a"): Reply(500)}, takes_at_most=10)
    run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert client.meanwhile


def test_with_a_concurrency_of_one_they_go_out_in_order() -> None:
    client = FakeFlexi(concurrency=1)
    run(client, plan(FIVE, None), Policy(), check_mode=False)
    assert client.posted == [logout_path(user) for user in FIVE]


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("users", [["admin", "a", "b"], ["a", "admin", "b"], ["a", "b", "admin"]], ids=" ".join)
def test_who_does_the_logging_out_leaves_last(users: list[str], concurrency: int) -> None:
    client = FakeFlexi(concurrency=concurrency)
    run(client, plan(users, None), Policy(), check_mode=False)
    assert client.posted[2] == logout_path("admin")


def test_who_does_the_logging_out_leaves_last_of_all_companies() -> None:
    client = FakeFlexi(concurrency=1)
    run(client, plan(["admin", "a"], ["demo", "a_1"]), Policy(), check_mode=False)
    assert [address.partition("?")[0] for address in client.posted] == [logout_path("a")] * 2 + [
        logout_path("admin")
    ] * 2


def test_who_does_the_logging_out_waits_for_the_others() -> None:
    client = Watched(logout_path("b"))
    run(client, plan(["admin", "a", "b"], None), Policy(), check_mode=False)
    assert client.meanwhile == []


@pytest.mark.parametrize("answer", [Reply(200), Reply(500)], ids=["logged-out", "failed"])
def test_only_the_result_of_who_does_the_logging_out_says_that_they_were_last(answer: Reply) -> None:
    client = FakeFlexi({logout_path("admin"): answer})
    report = run(client, plan(["a", "admin", "novak"], None), Policy(), check_mode=False)
    said_so = [result.message.endswith("the acting user, who was asked for last.") for result in report.results]
    assert said_so == [False, True, False]


def test_who_does_the_logging_out_is_known_by_the_letters_of_the_login() -> None:
    # Python keeps equal literals as one object, which the logins of a connection and of a target are not.
    client = FakeFlexi(acting="Admin".lower(), concurrency=1)
    report = run(client, plan(["admin", "a"], None), Policy(), check_mode=False)
    assert client.posted == [logout_path("a"), logout_path("admin")]
    assert "This is the acting user" in report.results[0].message


def test_what_was_done_is_kept_where_looking_again_fails() -> None:
    client = FakeFlexi({"/status/user": Reply(403)})
    report = run(client, [NOVAK], Policy(verify=True, logged_in_again="fail"), check_mode=False)
    assert statuses(report) == {"novak": "logged_out"}
    assert report.stopped_by is not None
    assert report.stopped_by.code == "not_verified"


def test_who_does_the_logging_out_can_be_the_only_one() -> None:
    report = run(FakeFlexi(), [ADMIN], Policy(), check_mode=False)
    assert statuses(report) == {"admin": "logged_out"}


@pytest.mark.parametrize("acting", ["admin", ""], ids=["named", "unknown"])
def test_the_results_are_in_the_order_asked_for(acting: str) -> None:
    targets = plan(["admin", "e", "a", "c", "b", "d"], ["demo", "a_1"])
    client = FakeFlexi(acting=acting, concurrency=8)
    assert [result.target for result in run(client, targets, Policy(), check_mode=False).results] == targets


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
        run(client, plan(["a", "b", *(f"user{number}" for number in range(50_000))], None), Policy(), check_mode=False)
    assert len(client.posted) < 50_000


def test_somebody_who_is_not_logged_in_proves_the_credentials_also_where_that_is_a_failure() -> None:
    """Else a thousand who are not logged in would be asked for one after the other."""
    together, paths = threading.Barrier(2, timeout=10), [Target(user).path for user in "abc"]

    class Waits(FakeFlexi):
        def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
            if path != paths[0]:
                together.wait()
            return super().post(path, query)

    client = Waits(dict.fromkeys(paths, Reply(404, NOT_THERE)), concurrency=2)
    policy = Policy(ignore_not_found=False, unknown_users="ignore")
    assert set(statuses(run(client, plan(list("abc"), None), policy, check_mode=False)).values()) == {"failed"}
