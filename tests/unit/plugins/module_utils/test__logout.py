# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging users out: the plan, the decision table, check mode, what stops a run, and the report. Without a network."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.abra.flexi.plugins.module_utils._client import JSON, Client, Connection
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._logout import (
    STATUSES,
    Report,
    Result,
    Target,
    diff,
    judge,
    plan,
    run,
    summarise,
)
from ansible_collections.abra.flexi.plugins.module_utils._reply import READABLE_LENGTH, Reply
from ansible_collections.abra.flexi.plugins.module_utils._server import Server

if TYPE_CHECKING:
    from collections.abc import Mapping

NOVAK = Target("novak")
FRANTA = Target("franta")
ADMIN = Target("admin")
ZANETA = "Žaneta Ř/ezníčková"

# The plan.


@pytest.mark.parametrize(
    ("users", "companies", "targets"),
    [
        pytest.param([], None, [], id="nobody"),
        pytest.param([], ["demo"], [], id="nobody-in-a-company"),
        pytest.param(["novak"], None, [NOVAK], id="one"),
        pytest.param(["novak", "franta"], None, [NOVAK, FRANTA], id="in-the-order-asked-for"),
        pytest.param(["franta", "novak", "franta"], None, [FRANTA, NOVAK], id="doubled-user-once"),
        pytest.param(["novak", "Novak"], None, [NOVAK, Target("Novak")], id="case-makes-another-user"),
        pytest.param(["novak"], ["demo", "demo"], [Target("novak", "demo")], id="doubled-company-once"),
        pytest.param(
            ["novak", "franta"],
            ["b", "a"],
            [Target("novak", "b"), Target("novak", "a"), Target("franta", "b"), Target("franta", "a")],
            id="each-user-in-each-company",
        ),
    ],
)
def test_the_plan_has_each_target_once_in_order(
    users: list[str], companies: list[str] | None, targets: list[Target]
) -> None:
    assert plan(users, companies) == targets


@pytest.mark.parametrize(
    ("login", "path"),
    [
        pytest.param("novak", "/status/user/novak/logout", id="plain"),
        pytest.param("a b", "/status/user/a%20b/logout", id="blank"),
        pytest.param("jan.novak@firma.cz", "/status/user/jan.novak%40firma.cz/logout", id="e-mail-address"),
        pytest.param(
            ZANETA, "/status/user/%C5%BDaneta%20%C5%98%2Fezn%C3%AD%C4%8Dkov%C3%A1/logout", id="umlauts-and-a-slash"
        ),
        pytest.param("../admin", "/status/user/..%2Fadmin/logout", id="way-up"),
        pytest.param("...", "/status/user/.../logout", id="three-dots"),
        pytest.param("100%", "/status/user/100%25/logout", id="percent"),
        pytest.param("a?b#c;d+e", "/status/user/a%3Fb%23c%3Bd%2Be/logout", id="reserved-characters"),
        pytest.param("a%2Fb", "/status/user/a%252Fb/logout", id="already-encoded"),
    ],
)
def test_a_login_is_one_encoded_segment_of_the_address(login: str, path: str) -> None:
    (target,) = plan([login], None)
    assert (target.path, target.query) == (path, {})


@settings(deadline=None, database=None)
@given(st.text(alphabet=st.characters(blacklist_categories=("C", "Z")), min_size=3))
def test_any_login_comes_back_from_its_address(login: str) -> None:
    _empty, status, user, segment, logout = plan([login], None)[0].path.split("/")
    assert (status, user, unquote(segment, errors="strict"), logout) == ("status", "user", login, "logout")


def test_a_company_is_asked_for_in_the_query() -> None:
    assert Target("novak", "demo").query == {"company": "demo"}


@pytest.mark.parametrize(
    ("login", "says"),
    [
        pytest.param("", "the login '', which cannot be one", id="empty"),
        pytest.param(".", "the login '.', which cannot be one", id="dot"),
        pytest.param("..", "the login '..', which cannot be one", id="dots"),
        pytest.param(" novak", "with blanks around it", id="blank-before"),
        pytest.param("novak ", "with blanks around it", id="blank-after"),
        pytest.param(" ", "with blanks around it", id="only-a-blank"),
        pytest.param("novak\n", "with blanks around it", id="line-break-after"),
        pytest.param("novak\nfranta", "a line break or another unprintable character", id="line-break"),
        pytest.param("novak\r\nX-Header: 1", "unprintable character", id="header"),
        pytest.param("novak\tfranta", "unprintable character", id="tab"),
        pytest.param("novak\x00", "unprintable character", id="null"),
        pytest.param("novak\x1b[31m", "unprintable character", id="terminal-code"),
        pytest.param("no\ud800vak", "unprintable character", id="lone-surrogate"),
        pytest.param("no\udc80vak", "unprintable character", id="lone-surrogate-of-a-bad-byte"),
        pytest.param("no\u202evak", "unprintable character", id="bidirectional-mark"),
        pytest.param("no\u200bvak", "unprintable character", id="invisible-blank"),
        pytest.param("no\u00a0vak", "unprintable character", id="hard-blank"),
    ],
)
def test_a_login_that_cannot_be_meant_is_refused(login: str, says: str) -> None:
    with pytest.raises(FlexiError) as problem:
        plan(["franta", login], None)
    assert problem.value.code == "invalid_option"
    assert says in problem.value.message
    assert problem.value.message.isprintable()


@pytest.mark.parametrize(
    "company",
    ["", " ", "Nejlepší firma a.s.", "Demo", "demo ", "demo\n", "de-mo", "de/mo", "demo,demo2", "démo", "٣", "."],
)
def test_a_company_that_is_no_database_name_is_refused(company: str) -> None:
    with pytest.raises(FlexiError) as problem:
        plan(["novak"], ["demo", company])
    assert problem.value.code == "invalid_option"
    assert problem.value.message == f"companies has {company.strip()!r}, which is not the database name of a company."
    assert "dbNazev" in problem.value.hint


def test_a_company_is_checked_where_there_are_no_users_too() -> None:
    with pytest.raises(FlexiError, match="not the database name"):
        plan([], ["Demo"])


def test_an_empty_list_of_companies_is_refused() -> None:
    with pytest.raises(FlexiError, match="no company or every company") as problem:
        plan(["novak"], [])
    assert problem.value.code == "invalid_option"


# The decision table.

NOT_THERE = json.dumps({"winstrom": {"@version": "1.0", "success": "false", "message": "Uživatel není přihlášen."}})
NOT_THERE_XML = "<winstrom version='1.0'><success>false</success><message>Není.</message></winstrom>"
NO_COMPANY = json.dumps({"winstrom": {"success": "false", "message@messageCode": "firmaNeexistuje"}})
NO_RIGHT = json.dumps({"winstrom": {"success": "false", "message": "K této akci nemáte přístup."}})
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
    ],
)
@pytest.mark.parametrize("server", SERVERS)
@IGNORE
def test_logged_out(reply: Reply, server: Server, *, ignore_not_found: bool) -> None:
    result = judge(NOVAK, reply, server, ignore_not_found=ignore_not_found)
    assert (result.status, result.http_status) == ("logged_out", reply.status)


NOT_LOGGED_IN = [
    pytest.param(Reply(404, NOT_THERE), WITHOUT_COOKIE, id="envelope"),
    pytest.param(Reply(404, NOT_THERE, has_flexi_cookie=True), WITH_COOKIE, id="envelope-and-cookie"),
    pytest.param(Reply(404, NOT_THERE), WITH_COOKIE, id="envelope-without-the-cookie-seen-before"),
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


def test_a_login_of_any_length_does_not_make_the_message_long() -> None:
    assert len(str(Target("x" * 10_000))) < READABLE_LENGTH + 10


# A run.

STATUS = json.dumps({"status": {"version": "2026.5.2", "loggedUser": 1, "sessions": 1}})
COMPANIES = json.dumps({"companies": {"company": [{"dbNazev": "demo", "nazev": "Demo"}, {"dbNazev": "a_1"}]}})
TIMED_OUT = FlexiError("timeout", "No answer in time.", attempts=4)


class Flexi(Client):
    """A client whose server answers by path, and otherwise that it runs and has logged the user out."""

    def __init__(
        self,
        answers: Mapping[str, Reply | FlexiError] | None = None,
        *,
        acting: str = "admin",
        concurrency: int = 4,
        is_up: bool = True,
    ) -> None:
        """Open nothing."""
        self.connection = Connection("https://flexi.example.com", username=acting, concurrency=concurrency)
        self.retried: dict[str, str] = {}
        self.got: list[str] = []
        self.posted: list[str] = []
        self.probes = 0
        self._is_up = is_up
        self._answers = {"/status.json": Reply(200, STATUS), "/c.json": Reply(200, COMPANIES), **(answers or {})}

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON) -> Reply:
        """Answer a GET."""
        del query, accept
        self.got.append(path)
        return self._answer(path)

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Answer a POST."""
        address = "?company=".join([path, *(query or {}).values()])
        self.posted.append(address)
        return self._answer(address)

    def is_there(self) -> bool:
        """Say whether the server answers at all."""
        self.probes += 1
        return self._is_up

    def _answer(self, address: str) -> Reply:
        answer = self._answers.get(address, Reply(200))
        if isinstance(answer, FlexiError):
            raise answer
        return answer


def _logout(user: str) -> str:
    return f"/status/user/{user}/logout"


def _statuses(report: Report) -> dict[str, str]:
    return {result.target.label: result.status for result in report.results}


def test_without_targets_nothing_is_asked() -> None:
    client = Flexi()
    assert run(client, [], ignore_not_found=True, check_mode=False) == Report()
    assert (client.got, client.posted) == ([], [])


def test_each_target_costs_one_request_beside_the_first() -> None:
    client = Flexi()
    run(client, plan(["novak", "franta"], None), ignore_not_found=True, check_mode=False)
    assert client.got == ["/status.json"]
    assert sorted(client.posted) == [_logout("franta"), _logout("novak")]


def test_the_companies_are_read_once_for_all_targets() -> None:
    client = Flexi()
    run(client, plan(["novak", "franta"], ["demo", "a_1"]), ignore_not_found=True, check_mode=False)
    assert client.got == ["/status.json", "/c.json"]
    assert sorted(client.posted) == sorted(
        f"{_logout(user)}?company={company}" for user in ("novak", "franta") for company in ("demo", "a_1")
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
    client = Flexi(answers)
    report = run(client, plan(["novak", "franta"], ["demo"]), ignore_not_found=True, check_mode=check_mode)
    assert report.stopped_by is not None
    assert report.stopped_by.code == code
    assert [(result.target.user, result.status, result.attempts) for result in report.results] == [
        ("novak", "failed", 0),
        ("franta", "failed", 0),
    ]
    assert client.posted == []


def test_an_unknown_company_is_named_with_those_there_are() -> None:
    report = run(Flexi(), plan(["novak"], ["demo", "nowhere"]), ignore_not_found=True, check_mode=False)
    assert report.stopped_by is not None
    assert "no company 'nowhere'" in report.stopped_by.message
    assert report.stopped_by.hint == "Its companies are: a_1, demo."


def test_companies_that_cannot_be_read_are_a_warning() -> None:
    client = Flexi({"/c.json": Reply(403)})
    report = run(client, plan(["novak"], ["demo", "a_1"]), ignore_not_found=True, check_mode=False)
    assert report.warnings == [
        "The server's companies cannot be read, so it is not known whether it has these: demo, a_1."
    ]
    assert _statuses(report) == {"novak in demo": "logged_out", "novak in a_1": "logged_out"}


@pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
def test_each_path_that_was_asked_again_is_a_warning(*, check_mode: bool) -> None:
    client = Flexi()
    client.retried = {"/status.json": "the server answered 503", "/x": "the connection broke off"}
    report = run(client, [NOVAK], ignore_not_found=True, check_mode=check_mode)
    assert report.warnings == [
        "/status.json was asked more than once: the server answered 503.",
        "/x was asked more than once: the connection broke off.",
    ]


def test_retries_before_a_stop_are_warnings_too() -> None:
    client = Flexi({"/status.json": TIMED_OUT})
    client.retried = {"/status.json": "the server did not answer in time"}
    assert len(run(client, [NOVAK], ignore_not_found=True, check_mode=False).warnings) == 1


def test_what_the_server_says_of_itself_is_reported() -> None:
    assert run(Flexi(), [NOVAK], ignore_not_found=True, check_mode=False).server == Server("2026.5.2", 1, 1)


@pytest.mark.parametrize("ignore_not_found", [True, False])
def test_whether_not_logged_in_is_ignored_reaches_the_judgement(*, ignore_not_found: bool) -> None:
    client = Flexi({_logout("novak"): Reply(404)})
    report = run(client, [NOVAK], ignore_not_found=ignore_not_found, check_mode=False)
    assert _statuses(report) == {"novak": "not_logged_in" if ignore_not_found else "failed"}


def test_flexis_cookie_at_the_start_reaches_the_judgement() -> None:
    answers = {"/status.json": Reply(200, STATUS, has_flexi_cookie=True), _logout("novak"): Reply(404)}
    assert _statuses(run(Flexi(answers), [NOVAK], ignore_not_found=True, check_mode=False)) == {"novak": "failed"}


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
    client = Flexi({_logout("a"): answer}, concurrency=concurrency)
    report = run(client, plan(FIVE, None), ignore_not_found=True, check_mode=False)
    assert client.posted == [_logout("a")]
    assert set(_statuses(report).values()) == {"failed"}
    assert report.stopped_by is not None
    assert report.stopped_by.code in request.node.callspec.id
    assert client.probes == 0


def test_a_stop_in_the_middle_keeps_what_was_done() -> None:
    client = Flexi({_logout("c"): Reply(403)}, concurrency=1)
    report = run(client, plan(FIVE, None), ignore_not_found=True, check_mode=False)
    assert list(_statuses(report).values()) == ["logged_out", "logged_out", "failed", "failed", "failed"]
    assert client.posted == [_logout("a"), _logout("b"), _logout("c")]


def test_who_was_not_asked_for_any_more_is_told_so() -> None:
    report = run(Flexi({_logout("a"): Reply(403)}), plan(["a", "b"], None), ignore_not_found=True, check_mode=False)
    message = "Not asked for: the run had to stop. Logging out user 'a' failed: the server answered 403."
    assert report.results[1].as_dict() == {
        "user": "b",
        "company": None,
        "status": "failed",
        "http_status": None,
        "message": message,
        "attempts": 0,
        "prediction": None,
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
    client = Flexi({_logout("a"): answer})
    report = run(client, plan(FIVE, None), ignore_not_found=True, check_mode=False)
    assert list(_statuses(report).values()) == ["failed"] + ["logged_out"] * 4
    assert (report.stopped_by, client.probes) == (None, 0)


@pytest.mark.parametrize("code", ["timeout", "unreachable", "broken_reply", "unavailable"])
def test_no_answer_for_one_user_does_not_stop_the_others_where_the_server_is_there(code: str) -> None:
    client = Flexi({_logout("a"): FlexiError(code, "No answer.", attempts=4)}, is_up=True)
    report = run(client, plan(FIVE, None), ignore_not_found=True, check_mode=False)
    assert list(_statuses(report).values()) == ["failed"] + ["logged_out"] * 4
    assert (report.stopped_by, client.probes) == (None, 1)


@pytest.mark.parametrize("code", ["timeout", "unreachable", "broken_reply", "unavailable"])
def test_no_answer_stops_the_run_where_the_server_is_gone(code: str) -> None:
    client = Flexi({_logout("a"): FlexiError(code, "No answer.", attempts=4)}, is_up=False)
    report = run(client, plan(FIVE, None), ignore_not_found=True, check_mode=False)
    assert set(_statuses(report).values()) == {"failed"}
    assert report.stopped_by is not None
    assert (report.stopped_by.code, client.posted, client.probes) == (code, [_logout("a")], 1)


def test_not_being_logged_in_does_not_stop_the_others_where_it_is_a_failure() -> None:
    client = Flexi({_logout("a"): Reply(404)})
    report = run(client, plan(["a", "b"], None), ignore_not_found=False, check_mode=False)
    assert _statuses(report) == {"a": "failed", "b": "logged_out"}


def test_the_result_of_a_failure_has_its_status_its_tries_and_its_hint() -> None:
    client = Flexi({_logout("a"): Reply(500, NO_RIGHT, attempts=3)})
    (result, _other) = run(client, plan(["a", "b"], None), ignore_not_found=True, check_mode=False).results
    assert (result.http_status, result.attempts) == (500, 3)
    assert result.message.endswith("look into its log.")


class Watched(Flexi):
    """A client whose server takes a while for one address, and notes who else comes in meanwhile."""

    def __init__(self, slow: str, *, concurrency: int) -> None:
        """Open nothing."""
        super().__init__(concurrency=concurrency)
        self.meanwhile: list[str] = []
        self._slow = slow
        self._slow_is_under_way = False
        self._somebody_came = threading.Event()

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Answer a POST."""
        if self._slow_is_under_way:
            self.meanwhile.append(path)
            self._somebody_came.set()
        if path == self._slow:
            self._slow_is_under_way = True
            self._somebody_came.wait(0.05)
            self._slow_is_under_way = False
        return super().post(path, query)


def test_the_first_logout_goes_out_alone() -> None:
    client = Watched(_logout("a"), concurrency=8)
    run(client, plan(FIVE, None), ignore_not_found=True, check_mode=False)
    assert client.meanwhile == []
    assert client.posted[0] == _logout("a")


def test_the_other_logouts_go_out_together() -> None:
    client = Watched(_logout("b"), concurrency=8)
    run(client, plan(FIVE, None), ignore_not_found=True, check_mode=False)
    assert client.meanwhile


def test_with_a_concurrency_of_one_they_go_out_in_order() -> None:
    client = Flexi(concurrency=1)
    run(client, plan(FIVE, None), ignore_not_found=True, check_mode=False)
    assert client.posted == [_logout(user) for user in FIVE]


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("users", [["admin", "a", "b"], ["a", "admin", "b"], ["a", "b", "admin"]], ids=" ".join)
def test_who_does_the_logging_out_leaves_last(users: list[str], concurrency: int) -> None:
    client = Flexi(concurrency=concurrency)
    run(client, plan(users, None), ignore_not_found=True, check_mode=False)
    assert client.posted[2] == _logout("admin")


def test_who_does_the_logging_out_leaves_last_of_all_companies() -> None:
    client = Flexi(concurrency=1)
    run(client, plan(["admin", "a"], ["demo", "a_1"]), ignore_not_found=True, check_mode=False)
    assert [address.partition("?")[0] for address in client.posted] == [_logout("a")] * 2 + [_logout("admin")] * 2


def test_who_does_the_logging_out_waits_for_the_others() -> None:
    client = Watched(_logout("b"), concurrency=8)
    run(client, plan(["admin", "a", "b"], None), ignore_not_found=True, check_mode=False)
    assert client.meanwhile == []


@pytest.mark.parametrize("answer", [Reply(200), Reply(500)], ids=["logged-out", "failed"])
def test_only_the_result_of_who_does_the_logging_out_says_that_they_were_last(answer: Reply) -> None:
    client = Flexi({_logout("admin"): answer})
    report = run(client, plan(["admin", "a"], None), ignore_not_found=True, check_mode=False)
    said_so = [result.message.endswith("the acting user, who was asked for last.") for result in report.results]
    assert said_so == [True, False]


def test_who_does_the_logging_out_can_be_the_only_one() -> None:
    report = run(Flexi(), [ADMIN], ignore_not_found=True, check_mode=False)
    assert _statuses(report) == {"admin": "logged_out"}


@pytest.mark.parametrize("acting", ["admin", ""], ids=["named", "unknown"])
def test_the_results_are_in_the_order_asked_for(acting: str) -> None:
    targets = plan(["admin", "e", "a", "c", "b", "d"], ["demo", "a_1"])
    client = Flexi(acting=acting, concurrency=8)
    assert [
        result.target for result in run(client, targets, ignore_not_found=True, check_mode=False).results
    ] == targets


# Check mode.


def _page(*users: str) -> Reply:
    return Reply(200, "<html>" + "".join(f"<form action='{_logout(user)}'>" for user in users), "text/html")


def _counts(users: object, sessions: object) -> Reply:
    return Reply(200, json.dumps({"status": {"version": "2026.5.2", "loggedUser": users, "sessions": sessions}}))


@pytest.mark.parametrize(
    ("status", "page", "novak", "franta"),
    [
        pytest.param(
            _counts(0, 0), Reply(404), ("not_logged_in", "exact"), ("not_logged_in", "exact"), id="no-sessions"
        ),
        pytest.param(
            _counts("0", "0"), Reply(404), ("not_logged_in", "exact"), ("not_logged_in", "exact"), id="as-strings"
        ),
        pytest.param(
            _counts(1, 2), _page("novak"), ("would_log_out", "exact"), ("not_logged_in", "exact"), id="page-agrees"
        ),
        pytest.param(
            _counts("1", "2"),
            _page("novak"),
            ("would_log_out", "exact"),
            ("not_logged_in", "exact"),
            id="with-a-string",
        ),
        pytest.param(
            _counts(2, 2), _page("novak"), ("would_log_out", "assumed"), ("would_log_out", "assumed"), id="disagrees"
        ),
        pytest.param(
            _counts(None, None),
            _page("novak"),
            ("would_log_out", "assumed"),
            ("would_log_out", "assumed"),
            id="no-counts",
        ),
        pytest.param(
            _counts(1, 1), Reply(403), ("would_log_out", "assumed"), ("would_log_out", "assumed"), id="page-forbidden"
        ),
        pytest.param(
            _counts(1, 1), Reply(404), ("would_log_out", "assumed"), ("would_log_out", "assumed"), id="no-page"
        ),
        pytest.param(
            _counts(1, 1),
            Reply(302, location="https://other.example.com/"),
            ("would_log_out", "assumed"),
            ("would_log_out", "assumed"),
            id="page-redirects",
        ),
    ],
)
def test_check_mode_predicts_from_what_it_can_see(
    status: Reply, page: Reply, novak: tuple[str, str], franta: tuple[str, str]
) -> None:
    client = Flexi({"/status.json": status, "/status/user": page})
    report = run(client, [NOVAK, FRANTA], ignore_not_found=True, check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [novak, franta]
    assert (client.got, client.posted) == (["/status.json", "/status/user"], [])


def test_check_mode_assumes_that_a_user_who_is_logged_in_has_a_context_of_the_company() -> None:
    client = Flexi({"/status/user": _page("novak")})
    report = run(client, plan(["novak", "franta"], ["demo"]), ignore_not_found=True, check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [
        ("would_log_out", "assumed"),
        ("not_logged_in", "exact"),
    ]


def test_check_mode_predicts_the_failure_of_who_is_not_logged_in() -> None:
    client = Flexi({"/status/user": _page("novak")})
    report = run(client, [NOVAK, FRANTA], ignore_not_found=False, check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [
        ("would_log_out", "exact"),
        ("failed", "exact"),
    ]
    assert summarise(report)["failure"]["code"] == "partial"


def test_check_mode_fails_for_everybody_where_the_page_refuses_the_login() -> None:
    report = run(Flexi({"/status/user": Reply(401)}), [NOVAK, FRANTA], ignore_not_found=True, check_mode=True)
    assert report.stopped_by is not None
    assert report.stopped_by.code == "auth_failed"
    assert set(_statuses(report).values()) == {"failed"}


def test_check_mode_tries_nothing_and_waits_for_no_status() -> None:
    report = run(Flexi({"/status/user": _page("novak")}), [NOVAK], ignore_not_found=True, check_mode=True)
    assert [(result.http_status, result.attempts) for result in report.results] == [(None, 0)]


@pytest.mark.parametrize("login", ["jan.novak@firma.cz", "a b", "a&b", ZANETA])
def test_check_mode_finds_any_login_in_the_page_as_real_runs_ask_for_it(login: str) -> None:
    page = Reply(200, f'<html><form action="{Target(login).path}">', "text/html")
    report = run(Flexi({"/status/user": page}), [Target(login)], ignore_not_found=True, check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [("would_log_out", "exact")]


# The report.

NOT_THERE_ERROR = FlexiError("not_logged_in", "The user is not logged in.", "This is a failure.", http_status=404)
BROKEN = FlexiError("server_error", "Logging out failed.", "Look into the log.", http_status=500)
REFUSED = FlexiError("auth_failed", "Refused.", "Check the password.", http_status=401)


def _result(status: str, problem: FlexiError | None = None, user: str = "novak") -> Result:
    return Result(Target(user), status, "It was so.", problem=problem)


@pytest.mark.parametrize(
    ("statuses", "changed", "msg"),
    [
        pytest.param([], False, "Nobody to log out.", id="nobody"),
        pytest.param(["logged_out"], True, "1 logged out", id="logged-out"),
        pytest.param(["not_logged_in", "not_logged_in"], False, "2 not logged in", id="not-logged-in"),
        pytest.param(["would_log_out"], True, "1 would log out", id="would-log-out"),
        pytest.param(
            ["not_logged_in", "logged_out", "logged_out"], True, "2 logged out, 1 not logged in", id="some-of-each"
        ),
    ],
)
def test_the_summary_of_a_success(statuses: list[str], msg: str, *, changed: bool) -> None:
    summary = summarise(Report([_result(status) for status in statuses], Server("2026.5.2")))
    assert (summary["changed"], summary["msg"], summary["server"]) == (changed, msg, {"version": "2026.5.2"})
    assert "failure" not in summary


@given(st.lists(st.sampled_from(STATUSES)))
@settings(deadline=None, database=None)
def test_the_counts_name_every_status_and_add_up(statuses: list[str]) -> None:
    counts = summarise(Report([_result(status) for status in statuses]))["counts"]
    assert counts == {status: statuses.count(status) for status in STATUSES}
    assert sum(counts.values()) == len(statuses)


@pytest.mark.parametrize(
    ("report", "code", "msg"),
    [
        pytest.param(
            Report(stopped_by=REFUSED), "auth_failed", "Refused. Check the password.", id="stopped-before-any-result"
        ),
        pytest.param(
            Report([_result("logged_out"), _result("failed", REFUSED)], stopped_by=REFUSED),
            "auth_failed",
            "Refused. Check the password. (1 logged out, 1 failed)",
            id="stopped-in-the-middle",
        ),
        pytest.param(
            Report([_result("failed", BROKEN)]),
            "server_error",
            "Logging out failed. Look into the log. (1 failed)",
            id="the-only-one",
        ),
        pytest.param(
            Report([_result("failed", BROKEN), _result("failed", BROKEN)]),
            "server_error",
            "Logging out failed. Look into the log. (2 failed)",
            id="all-for-one-reason",
        ),
        pytest.param(
            Report([_result("failed", BROKEN), _result("failed", NOT_THERE_ERROR)]),
            "partial",
            "2 of 2 logouts failed, the first one: Logging out failed. See results for each user. (2 failed)",
            id="all-for-several-reasons",
        ),
        pytest.param(
            Report([_result("logged_out"), _result("failed", BROKEN), _result("not_logged_in")]),
            "partial",
            "1 of 3 logouts failed, the first one: Logging out failed. See results for each user."
            " (1 logged out, 1 not logged in, 1 failed)",
            id="one-of-several",
        ),
    ],
)
def test_the_summary_of_a_failure(report: Report, code: str, msg: str) -> None:
    summary = summarise(report)
    assert (summary["failure"]["code"], summary["msg"]) == (code, msg)


def test_a_summary_of_a_failure_still_says_what_has_changed() -> None:
    assert summarise(Report([_result("logged_out"), _result("failed", BROKEN)]))["changed"] is True


def test_the_keys_of_a_result() -> None:
    result = Result(Target("novak", "demo"), "logged_out", "Done.", 200, 2)
    assert result.as_dict() == {
        "user": "novak",
        "company": "demo",
        "status": "logged_out",
        "http_status": 200,
        "message": "Done.",
        "attempts": 2,
        "prediction": None,
    }


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        pytest.param("logged_out", "logged in", "not logged in", id="logged-out"),
        pytest.param("would_log_out", "logged in", "not logged in", id="would-log-out"),
        pytest.param("not_logged_in", "not logged in", "not logged in", id="not-logged-in"),
        pytest.param("failed", "unknown", "unknown", id="failed"),
    ],
)
def test_the_diff_of_each_status(status: str, before: str, after: str) -> None:
    assert diff(Report([_result(status)])) == {"before": {"novak": before}, "after": {"novak": after}}


def test_the_diff_names_each_user_and_company() -> None:
    results = [Result(target, "logged_out", "Done.") for target in plan(["novak", "franta"], ["demo", "a_1"])]
    users = ["novak in demo", "novak in a_1", "franta in demo", "franta in a_1"]
    assert list(diff(Report(results))["before"]) == users


def test_the_diff_of_nothing() -> None:
    assert diff(Report()) == {"before": {}, "after": {}}


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        ("logged_out", "context cached", "no context cached"),
        ("would_log_out", "context cached", "no context cached"),
        ("not_logged_in", "no context cached", "no context cached"),
        ("failed", "unknown", "unknown"),
    ],
)
def test_the_diff_of_a_company_tells_of_the_context_since_sessions_stay(status: str, before: str, after: str) -> None:
    label = "novak in demo"
    report = Report([Result(Target("novak", "demo"), status, "Done.")])
    assert diff(report) == {"before": {label: before}, "after": {label: after}}
