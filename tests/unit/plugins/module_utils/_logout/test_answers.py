# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Flexi's answers to a logout mean: the decision table. Without a network."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.server import Server
from ansible_collections.abra.flexi.plugins.module_utils._logout import answers
from ansible_collections.abra.flexi.plugins.module_utils._logout.answers import MARKS, Logouts, says_done
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Target
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import Connection
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi, again, logout_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible_collections.abra.flexi.plugins.module_utils._logout.results import Result

NOVAK = Target("novak")
IN_DEMO = Target("novak", "demo")
PATH = logout_path("novak")


def envelope(**fields: str) -> str:
    """Return Flexi's envelope."""
    return json.dumps({"winstrom": {"@version": "1.0", **fields}})


def refusal(message: str, code: str = "") -> str:
    """Return Flexi's envelope of an error, with a code where there is one."""
    return envelope(success="false", message=message, **({"message@messageCode": code} if code else {}))


DONE = envelope(success="true")
DONE_XML = "<winstrom version='1.0'><success>true</success></winstrom>"
IDLE = refusal("Uživatel není přihlášen.")
IDLE_WITH_A_CODE = refusal("Uživatel není přihlášen.", "uzivatelNeniPrihlasen")
IDLE_XML = "<winstrom version='1.0'><success>false</success><message>Není.</message></winstrom>"
NO_ADDRESS = refusal("Adresa není platná.", "adresaNeplatnaUrl")
NO_COMPANY = refusal("Firma neexistuje.", "firmaNeexistuje")
NO_RIGHT = refusal("K této akci nemáte přístup.")
STATUS = json.dumps({"status": {"version": "1"}})
PAGE = "<!DOCTYPE html><html><head><title>ABRA Flexi</title></head></html>"
LOGIN_FORM = "<!DOCTYPE html><html><body><form action='/login-logout/login.html'></form></body></html>"
HAPROXY = '{"error": "maintenance"}'
KONG = '{"message":"no Route matched with those values"}'
GO = "404 page not found\n"

WITH_COOKIE = Server("2026.5.2", sets_flexi_cookie=True)
WITHOUT_COOKIE = Server("2026.5.2", sets_flexi_cookie=False)
SERVERS = pytest.mark.parametrize(
    "server", [WITH_COOKIE, WITHOUT_COOKIE], ids=["server-with-cookie", "server-without-cookie"]
)
COOKIE = pytest.mark.parametrize("has_cookie", [True, False], ids=["cookie", "no-cookie"])
IGNORE = pytest.mark.parametrize("ignore_not_found", [True, False], ids=["ignored", "not-ignored"])


def log_out(
    client: FakeFlexi, server: Server = WITHOUT_COOKIE, target: Target = NOVAK, *, ignore_not_found: bool = True
) -> Result:
    """Log one target out."""
    return Logouts(client, server, ignore_not_found=ignore_not_found, companies_exist=True).log_out(target)


def problem_of(client: FakeFlexi, server: Server = WITHOUT_COOKIE, target: Target = NOVAK) -> FlexiError:
    """Return what a logout fails with."""
    with pytest.raises(FlexiError) as problem:
        log_out(client, server, target)
    return problem.value


# What a 200 or a redirect says


ALWAYS_DONE = [
    pytest.param(Reply(200, DONE, "application/json"), id="envelope"),
    pytest.param(Reply(200, DONE), id="envelope-without-content-type"),
    pytest.param(Reply(200, envelope(), "application/json"), id="envelope-that-does-not-mention-success"),
    pytest.param(Reply(200, envelope(message="Odhlášen, již není přihlášen.")), id="envelope-with-a-message"),
    pytest.param(Reply(200, envelope(success="true", authenticated="false")), id="envelope-of-who-has-left"),
    pytest.param(Reply(200, envelope(success="true", message="Nelze.")), id="envelope-whose-success-decides"),
    pytest.param(Reply(200, DONE_XML, "application/xml"), id="XML"),
    pytest.param(Reply(200, f"<?xml version='1.0'?>\n{DONE_XML}"), id="XML-with-a-declaration"),
    pytest.param(Reply(303, own_path="/status/user"), id="303-to-the-list"),
    pytest.param(Reply(303, own_path="/status/user/"), id="303-to-the-list-with-a-slash"),
    pytest.param(Reply(303, own_path="/status/user;jsessionid=1"), id="303-with-a-session-id"),
    pytest.param(Reply(303, PAGE, "text/html", own_path="/status/user"), id="303-with-a-page"),
]


@pytest.mark.parametrize("reply", ALWAYS_DONE)
@SERVERS
@COOKIE
def test_flexis_own_yes_counts_with_and_without_a_cookie(reply: Reply, server: Server, *, has_cookie: bool) -> None:
    assert says_done(replace(reply, has_flexi_cookie=has_cookie), server, "")


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("", ""),
        (" \r\n", ""),
        ("", "text/html"),
        ("OK", "text/plain"),
        ("Uživatel byl odhlášen", "text/plain"),
        ("User novak: logout done", ""),
        ("Ok", "application/json"),
        ("TRUE", "text/xml"),
        ("{}", ""),
        ('{"success": true}', ""),
        ('{"success": true, "message": "no other sessions; none failed"}', ""),
        ('{"message": "Done", "status": "200", "errors": null, "ok": true}', ""),
        ("<done failed='0'>novak</done>", ""),
        ('{"code": 200, "title": "Odhlášeno", "detail": null}', ""),
        ("<done code='200'><status>200</status><code>OK</code><title>Odhlášeno</title></done>", ""),
        ("<user><login>novak</login><loggedIn>false</loggedIn></user>", ""),
        ('{"user": "novak", "loggedIn": "false", "client": "unknown"}', ""),
        ("<result><ok/></result>", ""),
        ('{"ok": ["novak"], "message": null}', ""),
        ("Bez chyby", ""),
        ("Uživatel novak is no longer logged in", ""),
        ("OK (no other sessions)", ""),
        ("Odhlášeno (0 chyb)", ""),
        # Whoever logs themself out.
        ("Byl jste odhlášen. Přihlaste se znovu.", ""),
    ],
)
def test_with_flexis_cookie_any_other_yes_counts_too(text: str, content_type: str) -> None:
    assert says_done(Reply(200, text, content_type, has_flexi_cookie=True), WITH_COOKIE, "")
    assert not says_done(Reply(200, text, content_type), WITH_COOKIE, "")


@pytest.mark.parametrize("login", ["error", "no-reply@firma.cz", "ko", "není", "failed.x"])
@pytest.mark.parametrize(
    "text", ["OK: {}", "Uživatel {} byl odhlášen", '{{"message": "{} odhlášen"}}', "<message>{}</message>"]
)
def test_a_login_that_is_repeated_denies_nothing(login: str, text: str) -> None:
    client = FakeFlexi({Target(login).path: Reply(200, text.format(login), has_flexi_cookie=True)})
    assert log_out(client, WITH_COOKIE, target=Target(login)).status == "logged_out"


@pytest.mark.parametrize("text", ["", " \r\n", "ok", "OK", " Ok\n"])
@COOKIE
def test_without_a_cookie_to_go_by_nothing_and_the_word_ok_count(text: str, *, has_cookie: bool) -> None:
    assert says_done(Reply(200, text, has_flexi_cookie=has_cookie), WITHOUT_COOKIE, "")


@pytest.mark.parametrize("text", ["{}", '{"success": true}', '"ok"', "[]", "okay", "please log in", "0", KONG])
@COOKIE
def test_without_a_cookie_to_go_by_nothing_else_counts(text: str, *, has_cookie: bool) -> None:
    assert not says_done(Reply(200, text, has_flexi_cookie=has_cookie), WITHOUT_COOKIE, "")


NEVER_DONE = [
    pytest.param(Reply(200, HAPROXY, "application/json"), id="error-of-haproxy"),
    pytest.param(Reply(200, '{"errors": [{"message": "x"}]}'), id="errors"),
    pytest.param(
        Reply(200, '{"winstrom": {"success": "true", "errors": [{"message": "x"}]}}'), id="envelope-of-errors"
    ),
    pytest.param(Reply(200, '{"success": 0}'), id="success-0"),
    pytest.param(Reply(200, '{"success": false}'), id="bare-denial"),
    pytest.param(Reply(200, IDLE), id="denial"),
    pytest.param(Reply(200, IDLE_XML, "application/xml"), id="denial-in-XML"),
    pytest.param(Reply(200, NO_COMPANY), id="no-such-company"),
    pytest.param(Reply(200, STATUS), id="what-status-answers"),
    pytest.param(Reply(200, '{"winstrom": {"success": "true"}, "status": {}}'), id="envelope-and-status"),
    pytest.param(Reply(200, PAGE, "text/html"), id="page"),
    pytest.param(Reply(200, PAGE), id="page-without-content-type"),
    pytest.param(Reply(200, "OK", "text/html"), id="text-as-a-page"),
    pytest.param(Reply(200, DONE, "text/html"), id="envelope-as-a-page"),
    *(pytest.param(Reply(status, DONE), id=str(status)) for status in (102, 201, 202, 203, 204, 206, 304, 400, 500)),
    pytest.param(Reply(303), id="303-to-nowhere"),
    pytest.param(Reply(303, own_path="/"), id="303-elsewhere"),
    pytest.param(Reply(303, own_path="/status/users"), id="303-to-another-list"),
    pytest.param(Reply(303, own_path="/sso/login/status/user"), id="303-to-a-login-with-the-same-end"),
    pytest.param(Reply(303, own_path="/flexi/status/user"), id="303-below-a-prefix-that-is-not-ours"),
    pytest.param(Reply(303, own_path="status/user"), id="303-without-a-root"),
    pytest.param(Reply(303, location="https://other.example.com/status/user"), id="303-to-another-host"),
    pytest.param(Reply(303, DONE, own_path="/login-logout/login.html"), id="303-to-the-login"),
    pytest.param(Reply(303, IDLE, own_path="/status/user"), id="303-with-a-denial"),
    pytest.param(Reply(303, location="/status/user?error=1", own_path="/status/user"), id="303-with-an-error"),
    pytest.param(Reply(200, '{"status": 403, "title": "Forbidden"}', "application/problem+json"), id="problem-json"),
    pytest.param(Reply(200, "false"), id="bare-false"),
    pytest.param(Reply(200, '"error"'), id="bare-error"),
    pytest.param(Reply(200, '"Nelze odhl'), id="broken-text"),
    *(
        pytest.param(Reply(200, text), id=f"word-{text}")
        for text in (
            "False.",
            "(null)",
            "No",
            "not ok",
            "Error 500",
            "FAIL",
            "Access denied by policy",
            "Nepřihlášen",
            "Odhlášení nelze",
            "Nepodar\u030cilo se odhlásit uživatele novak.",
            "Cannot log out user novak",
            "Couldn\u2019t log out",
            "Uživatel nebyl odhlášen",
            "Odhlášení selhalo",
            "Přístup odepřen",
            "Session expired",
            "Login required",
            "Při odhlašování došlo k chybě.",
            "Nastaly chyby",
            "No permission to log out this user",
            "No such user",
            "NOT_FOUND",
            "User not found",
            "java.lang.NullPointerException",
            "Nemáte oprávnění odhlásit uživatele.",
            "Uživatel novak neodhlášen",
            "Nedostatečná oprávnění",
            "Služba je nedostupná",
            "Insufficient rights",
            "Odhlaseni se nepodarilo",
            "null",
            '{"message": "Access denied"}',
            '{"status": "failed"}',
            '{"status": "500"}',
            '{"result": {"message": "ACCESS_DENIED"}}',
            '{"ok": false}',
            '{"status": false}',
            '{"novak": {"loggedOut": false}}',
            '[{"message": "denied"}]',
            "<message>Access denied</message>",
            "<a><message>Access <b>denied</b></message></a>",
            "<a message='Access denied'/>",
            "<response status='error'/>",
            "<result>false</result>",
            '{"code": 403}',
            '{"code": "403", "title": "Refusal"}',
            '{"title": "Forbidden"}',
            '{"error_description": "Token expired"}',
            '{"detail": {"reason": "You are not allowed"}}',
            "<problem><status> 403 </status></problem>",
            "<a code='500'/>",
            "<problem><title>Forbidden</title></problem>",
            "<problem><detail>You are <b>not</b> allowed</detail></problem>",
            envelope(status="403"),
            envelope(code="500"),
            *(
                envelope(**{"message@messageCode": code})
                for code in ("authRequired", "firmaNeexistuje", "adresaNeplatnaUrl")
            ),
            "<winstrom><message messageCode='authRequired'>?</message></winstrom>",
        )
    ),
    pytest.param(Reply(200, "[false]"), id="list-of-false"),
    pytest.param(Reply(200, "[[], null]"), id="list-with-null"),
    *(
        pytest.param(Reply(200, text, kind), id=f"{text}-as-{kind}")
        for text in ("False", '"Nelze odhl', 'rror":"x"}', "Error: not logged out", "404 Not Found")
        for kind in ("application/json", "text/xml;charset=utf-8")
    ),
    *(pytest.param(Reply(status, own_path="/status/user"), id=f"{status}-to-the-list") for status in (301, 302, 307)),
]


@pytest.mark.parametrize("reply", NEVER_DONE)
@SERVERS
@COOKIE
def test_what_never_counts(reply: Reply, server: Server, *, has_cookie: bool) -> None:
    assert not says_done(replace(reply, has_flexi_cookie=has_cookie), server, "")


@pytest.mark.parametrize(
    "message",
    [
        "Je potřebná autorizace.",
        "K této akci nemáte přístup.",
        "Authorization required",
        "Chybí oprávnění",
        "Je vyžadováno přihlášení",
        "Je nutné se přihlásit",
        "Authentication needed",
        "Uživatel není přihlášen",
    ],
)
@COOKIE
def test_an_envelope_that_does_not_mention_success_may_deny_it_in_words(message: str, *, has_cookie: bool) -> None:
    for text in (envelope(message=message), f"<winstrom><message>{message}</message></winstrom>"):
        assert not says_done(Reply(200, text, has_flexi_cookie=has_cookie), WITH_COOKIE, "")


@pytest.mark.parametrize("path", ["/status/user", "/flexi/status/user", "/flexi/status/user/"])
def test_below_a_prefix_flexi_may_know_it_or_not(path: str) -> None:
    assert says_done(Reply(303, own_path=path), WITHOUT_COOKIE, "/flexi")
    client = FakeFlexi({PATH: Reply(303, own_path=path)})
    client.connection = Connection("https://example.com/flexi")
    assert log_out(client).status == "logged_out"


MARKED = {
    "The `winstrom` envelope, as JSON or XML": (WITH_COOKIE, Reply(200, DONE)),
    "The cookie `lang`, where `/status.json` of this server has it": (
        WITH_COOKIE,
        Reply(200, "{}", has_flexi_cookie=True),
    ),
    "No body at all, where `/status.json` of this server has no cookie `lang`": (WITHOUT_COOKIE, Reply(200)),
    "The word `ok`, where `/status.json` of this server has no cookie `lang`": (WITHOUT_COOKIE, Reply(200, "ok")),
}


def test_each_mark_is_enough_by_itself() -> None:
    shown = {
        what: [mark.what for mark in MARKS if mark.shows(reply, server)] for what, (server, reply) in MARKED.items()
    }
    assert shown == {mark.what: [mark.what] for mark in MARKS}


# Logged out


@pytest.mark.parametrize("reply", ALWAYS_DONE)
@IGNORE
def test_logged_out(reply: Reply, *, ignore_not_found: bool) -> None:
    client = FakeFlexi({PATH: replace(reply, attempts=2)})
    result = log_out(client, ignore_not_found=ignore_not_found)
    assert (result.status, result.http_status, result.attempts) == ("logged_out", reply.status, 2)
    assert (result.changed, result.certain, result.in_doubt, result.problem) == (True, True, False, None)
    assert client.posted == [PATH]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        pytest.param(NOVAK, "Logged out of every company; all sessions ended.", id="out-of-everything"),
        pytest.param(IN_DEMO, "The context of company demo is dropped; sessions stay.", id="out-of-one"),
    ],
)
def test_the_message_of_a_logout(target: Target, message: str) -> None:
    assert log_out(FakeFlexi(), target=target).message == message


# 404, and the second question

OF_AN_IDLE_USER = [
    pytest.param(Reply(404, IDLE), id="envelope-without-code"),
    pytest.param(Reply(404, IDLE_WITH_A_CODE), id="envelope"),
    pytest.param(Reply(404, NO_ADDRESS), id="envelope-unknown-address"),
    pytest.param(Reply(404, IDLE_XML, "application/xml"), id="XML"),
    pytest.param(Reply(404), id="empty"),
    pytest.param(Reply(404, " \r\n"), id="blanks"),
    pytest.param(Reply(404, "Není přihlášen."), id="text"),
    pytest.param(Reply(404, "{}"), id="JSON"),
    pytest.param(Reply(404, '{"error":"not found"}', "application/json"), id="JSON-of-an-error"),
    pytest.param(Reply(404, PAGE, "text/html"), id="page"),
    pytest.param(Reply(404, PAGE), id="page-without-content-type"),
]
OF_A_STRANGER = [
    pytest.param(Reply(404, KONG), id="JSON-of-Kong"),
    pytest.param(Reply(404, GO), id="text-of-a-Go-proxy"),
    *OF_AN_IDLE_USER,
]
BOTH_TIMES = Reply(404, IDLE)


@pytest.mark.parametrize("reply", OF_AN_IDLE_USER)
@SERVERS
@COOKIE
def test_a_404_that_the_flag_turns_into_200_is_not_logged_in(reply: Reply, server: Server, *, has_cookie: bool) -> None:
    client = FakeFlexi({PATH: replace(reply, has_flexi_cookie=has_cookie), again(PATH): Reply(200, DONE)})
    result = log_out(client, server)
    assert (result.status, result.http_status, result.attempts) == ("not_logged_in", 404, 2)
    assert (result.changed, result.certain, result.in_doubt, result.problem) == (False, True, True, None)
    assert client.posted == [PATH, again(PATH)]


@pytest.mark.parametrize("reply", OF_AN_IDLE_USER)
def test_it_is_a_failure_where_it_is_not_to_be_ignored(reply: Reply) -> None:
    result = log_out(FakeFlexi({PATH: replace(reply, attempts=3)}), ignore_not_found=False)
    assert (result.status, result.http_status, result.attempts, result.in_doubt) == ("failed", 404, 4, True)
    assert result.problem is not None
    assert (result.problem.code, result.changed) == ("not_logged_in", False)
    assert "ignore_not_found is false" in result.problem.hint


@pytest.mark.parametrize("first", OF_A_STRANGER)
@pytest.mark.parametrize("second", OF_A_STRANGER)
@SERVERS
@IGNORE
def test_404_both_times_is_a_failure_until_the_login_is_looked_up(
    first: Reply, second: Reply, server: Server, *, ignore_not_found: bool
) -> None:
    client = FakeFlexi({PATH: first, again(PATH): second})
    result = log_out(client, server, ignore_not_found=ignore_not_found)
    assert (result.status, result.http_status, result.attempts) == ("failed", 404, 2)
    assert (result.changed, result.in_doubt) == (False, True)
    assert result.problem is not None
    assert result.problem.code == "not_flexi"


@pytest.mark.parametrize(
    ("second", "hint"),
    [
        pytest.param(Reply(404, NO_ADDRESS), "Flexi does not know this address: look at how the proxies", id="address"),
        pytest.param(
            Reply(404, GO), "Flexi's logout does not answer like this, not even with ignore-not-found", id="stranger"
        ),
        pytest.param(BOTH_TIMES, "Flexi's logout does not answer like this, not even with ignore", id="envelope"),
        pytest.param(Reply(404, IDLE_WITH_A_CODE), "Flexi's logout does not answer like this", id="another-code"),
    ],
)
def test_the_hint_of_404_both_times(second: Reply, hint: str) -> None:
    result = log_out(FakeFlexi({PATH: Reply(404, IDLE), again(PATH): second}))
    assert result.problem is not None
    assert result.problem.hint.startswith(hint)
    assert result.message == str(result.problem)


NOT_200_TO_THE_FLAG = [
    pytest.param(reply.values[0], id=str(reply.id))
    for reply in NEVER_DONE
    if isinstance(reply.values[0], Reply) and reply.id not in {"no-such-company", "word-Nepřihlášen"}
]


@pytest.mark.parametrize("second", NOT_200_TO_THE_FLAG)
@SERVERS
def test_any_other_answer_to_the_second_question_is_a_failure(second: Reply, server: Server) -> None:
    client = FakeFlexi({PATH: Reply(404, IDLE, attempts=2), again(PATH): second})
    problem = problem_of(client, server)
    assert (problem.http_status, problem.attempts) == (second.status, 3)
    assert client.posted == [PATH, again(PATH)]


@pytest.mark.parametrize(
    "text",
    [
        "Uživatel není přihlášen.",
        "User novak is not logged in",
        "Nepřihlášen",
        '{"message": "Uživatel novak nebyl přihlášen."}',
        "<message>Uživatelka není přihlášena</message>",
        envelope(message="Uživatel novak není právě přihlášený."),
        envelope(message="Relace nenalezena.", **{"message@messageCode": "formZaznamNenalezen"}),
        "<winstrom><message>No session found</message></winstrom>",
    ],
)
def test_a_yes_to_the_second_question_may_say_that_the_user_is_idle(text: str) -> None:
    said = Reply(200, text, has_flexi_cookie=True)
    assert log_out(FakeFlexi({PATH: Reply(404, IDLE), again(PATH): said}), WITH_COOKIE).status == "not_logged_in"
    with pytest.raises(FlexiError):
        log_out(FakeFlexi({PATH: said}), WITH_COOKIE)


def test_no_answer_to_the_second_question_is_a_failure() -> None:
    gone = FlexiError("timeout", "No answer in time.", attempts=4)
    assert problem_of(FakeFlexi({PATH: Reply(404), again(PATH): gone})) is gone


# How often the second question is asked


@pytest.mark.parametrize(
    ("replies", "asked"),
    [
        pytest.param([IDLE_WITH_A_CODE] * 4, 1, id="one-code"),
        pytest.param([IDLE] * 4, 1, id="no-code"),
        pytest.param([NO_ADDRESS] * 4, 1, id="unknown-address"),
        pytest.param([IDLE_XML, IDLE, IDLE_XML, IDLE], 2, id="other-words-without-a-code"),
        pytest.param([refusal(f"User USER{n} (user{n}) is idle.") for n in range(4)], 1, id="the-same-of-each"),
        pytest.param([refusal(f"Error {n}.") for n in range(4)], 4, id="other-words-each-time"),
        pytest.param([refusal(str(n), "idle") for n in range(4)], 1, id="other-words-with-one-code"),
        pytest.param([IDLE, IDLE_WITH_A_CODE, NO_ADDRESS, IDLE], 3, id="several-codes"),
        pytest.param([GO] * 4, 4, id="text"),
        pytest.param([PAGE] * 4, 4, id="page"),
        pytest.param([""] * 4, 4, id="nothing"),
        pytest.param(["{}", IDLE, "{}", IDLE], 3, id="some-of-each"),
    ],
)
def test_it_is_asked_once_for_each_code_of_an_envelope_and_else_always(replies: list[str], asked: int) -> None:
    targets = [Target(f"user{number}") for number in range(len(replies))]
    client = FakeFlexi({target.path: Reply(404, text) for target, text in zip(targets, replies)})
    logouts = Logouts(client, WITHOUT_COOKIE, ignore_not_found=True, companies_exist=True)
    results = [logouts.log_out(target) for target in targets]
    assert {result.status for result in results} == {"not_logged_in"}
    assert len(client.posted) == len(targets) + asked
    assert sum(result.attempts for result in results) == len(client.posted)


def test_a_code_that_the_flag_does_not_turn_into_200_is_not_remembered() -> None:
    targets = [Target(user) for user in "abc"]
    client = FakeFlexi({path: BOTH_TIMES for target in targets for path in (target.path, again(target.path))})
    logouts = Logouts(client, WITHOUT_COOKIE, ignore_not_found=True, companies_exist=True)
    assert {logouts.log_out(target).status for target in targets} == {"failed"}
    assert len(client.posted) == 6


def test_a_second_question_that_hangs_holds_nobody_up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_LONGEST_WAIT", 0.01)
    hanging, going_on = threading.Event(), threading.Event()

    class Client(FakeFlexi):
        def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
            if path == logout_path("a") and query:
                hanging.set()
                assert going_on.wait(10)
            return super().post(path, query)

    targets = [Target(user) for user in "abc"]
    paths = [target.path for target in targets]
    client = Client({**dict.fromkeys(paths, Reply(404, IDLE)), **{again(path): Reply(200, DONE) for path in paths}})
    logouts = Logouts(client, WITHOUT_COOKIE, ignore_not_found=True, companies_exist=True)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(logouts.log_out, targets[0])
        assert hanging.wait(10)
        assert [logouts.log_out(target).status for target in targets[1:]] == ["not_logged_in"] * 2
        going_on.set()
        assert first.result(10).status == "not_logged_in"
    assert len(client.posted) == 5


def test_a_page_teaches_nothing_about_envelopes() -> None:
    client = FakeFlexi({logout_path("a"): Reply(404), PATH: BOTH_TIMES, again(PATH): BOTH_TIMES})
    logouts = Logouts(client, WITHOUT_COOKIE, ignore_not_found=True, companies_exist=True)
    assert [logouts.log_out(target).status for target in (Target("a"), NOVAK)] == ["not_logged_in", "failed"]


def test_for_a_login_with_a_slash_it_is_asked_always() -> None:
    """Behind a proxy that decodes %2F, Flexi says of another address what it says of idle users."""
    slashed = Target("a/b")
    answers = {PATH: Reply(404, NO_ADDRESS), slashed.path: Reply(404, NO_ADDRESS)}
    for second, status in ((Reply(404, NO_ADDRESS), "failed"), (Reply(200, DONE), "not_logged_in")):
        client = FakeFlexi({**answers, again(slashed.path): second})
        logouts = Logouts(client, WITHOUT_COOKIE, ignore_not_found=True, companies_exist=True)
        assert [logouts.log_out(target).status for target in (NOVAK, slashed)] == ["not_logged_in", status]
        assert client.posted == [PATH, again(PATH), slashed.path, again(slashed.path)]


# Companies


@pytest.mark.parametrize("first", [Reply(404, NO_COMPANY), Reply(200, NO_COMPANY)], ids=["404", "200"])
def test_a_company_that_is_not_there_is_a_failure_without_a_second_question(first: Reply) -> None:
    client = FakeFlexi({f"{PATH}?company=demo": first})
    assert problem_of(client, target=IN_DEMO).code == "unknown_company"
    assert len(client.posted) == 1


@pytest.mark.parametrize("first", OF_AN_IDLE_USER)
def test_a_company_that_is_not_there_may_show_at_the_second_question(first: Reply) -> None:
    address = f"{PATH}?company=demo"
    problem = problem_of(FakeFlexi({address: first, again(address): Reply(404, NO_COMPANY)}), target=IN_DEMO)
    assert (problem.code, problem.attempts) == ("unknown_company", 2)


def test_the_second_question_is_about_the_same_company() -> None:
    address = f"{PATH}?company=demo"
    client = FakeFlexi({address: Reply(404)})
    assert log_out(client, target=IN_DEMO).status == "not_logged_in"
    assert client.posted == [address, f"{address}&ignore-not-found"]


@pytest.mark.parametrize("first", OF_AN_IDLE_USER)
@IGNORE
def test_the_second_question_is_never_asked_where_the_company_was_not_looked_up(
    first: Reply, *, ignore_not_found: bool
) -> None:
    client = FakeFlexi({f"{PATH}?company=demo": replace(first, attempts=2)})
    logouts = Logouts(client, WITHOUT_COOKIE, ignore_not_found=ignore_not_found, companies_exist=False)
    result = logouts.log_out(IN_DEMO)
    assert (result.status, result.http_status, result.attempts, len(client.posted)) == ("failed", 404, 2, 1)
    assert result.problem is not None
    assert result.problem.hint.endswith("let this user read /c.json.")


def test_without_a_company_it_does_not_matter_that_none_was_looked_up() -> None:
    logouts = Logouts(FakeFlexi({PATH: Reply(404)}), WITHOUT_COOKIE, ignore_not_found=True, companies_exist=False)
    assert logouts.log_out(NOVAK).status == "not_logged_in"


# Lost answers


@pytest.mark.parametrize("reply", OF_AN_IDLE_USER)
@IGNORE
def test_after_a_lost_answer_not_logged_in_is_logged_out_and_not_certain(
    reply: Reply, *, ignore_not_found: bool
) -> None:
    client = FakeFlexi({PATH: replace(reply, answer_lost=True, attempts=2)})
    result = log_out(client, ignore_not_found=ignore_not_found)
    assert (result.status, result.http_status, result.attempts) == ("logged_out", 404, 3)
    assert (result.changed, result.certain, result.in_doubt, result.problem) == (True, False, True, None)
    assert "An earlier try got no answer" in result.message


@pytest.mark.parametrize("reply", OF_A_STRANGER)
def test_after_a_lost_answer_404_both_times_is_a_failure_that_says_so(reply: Reply) -> None:
    result = log_out(FakeFlexi({PATH: replace(reply, answer_lost=True), again(PATH): BOTH_TIMES}))
    assert (result.status, result.certain) == ("failed", True)
    assert "may have been carried out" in result.message


@pytest.mark.parametrize("lost", ["first", "second"])
def test_after_a_lost_answer_any_other_answer_is_a_failure_that_says_so(lost: str) -> None:
    first, second = (Reply(status, answer_lost=which == lost) for status, which in ((404, "first"), (500, "second")))
    problem = problem_of(FakeFlexi({PATH: first, again(PATH): second}))
    assert problem.code == "server_error"
    assert "may have been carried out" in problem.message


def test_an_answer_that_was_lost_at_the_second_question_only_leaves_no_doubt() -> None:
    client = FakeFlexi({PATH: Reply(404), again(PATH): Reply(200, answer_lost=True, attempts=2)})
    result = log_out(client)
    assert (result.status, result.certain, result.attempts) == ("not_logged_in", True, 3)


def test_a_yes_after_a_lost_answer_is_certain() -> None:
    result = log_out(FakeFlexi({PATH: Reply(200, DONE, answer_lost=True, attempts=2)}))
    assert (result.status, result.certain) == ("logged_out", True)


# Everything else


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(Reply(200, PAGE, "text/html"), "not_flexi", id="200-page"),
        pytest.param(Reply(200, "OK", "text/html"), "not_flexi", id="200-text-as-a-page"),
        pytest.param(Reply(200, LOGIN_FORM, "text/html"), "auth_failed", id="200-login-form"),
        pytest.param(
            Reply(200, "<html><a href='/login-logout/logout'>Odhlásit</a></html>", "text/html"),
            "not_flexi",
            id="200-page-with-a-link-for-logging-out",
        ),
        pytest.param(Reply(500, LOGIN_FORM, "text/html"), "server_error", id="500-with-the-login-form"),
        pytest.param(Reply(200, '{"message": "/login-logout/"}'), "unexpected_reply", id="200-JSON-naming-the-form"),
        pytest.param(Reply(200, IDLE), "unexpected_reply", id="200-that-denies-success"),
        pytest.param(Reply(200, IDLE_XML), "unexpected_reply", id="200-that-denies-success-in-XML"),
        pytest.param(Reply(200, HAPROXY), "unexpected_reply", id="200-of-haproxy"),
        pytest.param(Reply(200, NO_COMPANY), "unknown_company", id="200-no-such-company"),
        pytest.param(Reply(102), "unexpected_reply", id="102"),
        pytest.param(Reply(201), "unexpected_reply", id="201"),
        pytest.param(Reply(204), "unexpected_reply", id="204"),
        pytest.param(Reply(303), "redirected", id="303-to-nowhere"),
        pytest.param(Reply(303, location="/", own_path="/"), "redirected", id="303-elsewhere"),
        pytest.param(
            Reply(303, location="https://other.example.com/status/user"), "redirected", id="303-to-another-host"
        ),
        pytest.param(Reply(303, location="/login-logout/login.html"), "auth_failed", id="303-to-the-login"),
        pytest.param(Reply(302, own_path="/status/user"), "redirected", id="302-to-the-list"),
        pytest.param(Reply(307, own_path="/status/user"), "redirected", id="307-to-the-list"),
        pytest.param(Reply(302, location="/login-logout/login.html"), "auth_failed", id="302-to-the-login"),
        pytest.param(Reply(302, location="/login-logout/remote-logout"), "session_expired", id="302-to-remote-logout"),
        pytest.param(Reply(301, location="https://flexi.example.com/"), "redirected", id="301"),
        pytest.param(Reply(400), "unexpected_reply", id="400"),
        pytest.param(Reply(401, NO_RIGHT), "auth_failed", id="401"),
        pytest.param(Reply(402), "not_licensed", id="402"),
        pytest.param(Reply(403, NO_RIGHT), "forbidden", id="403"),
        pytest.param(Reply(403, PAGE), "forbidden", id="403-page"),
        pytest.param(Reply(405), "unexpected_reply", id="405"),
        pytest.param(Reply(406), "unexpected_reply", id="406"),
        pytest.param(Reply(409), "unexpected_reply", id="409"),
        pytest.param(Reply(410), "unexpected_reply", id="410"),
        pytest.param(Reply(411), "unexpected_reply", id="411"),
        pytest.param(Reply(414, PAGE), "not_flexi", id="414-page"),
        pytest.param(Reply(429), "unavailable", id="429"),
        pytest.param(Reply(500, NO_RIGHT), "server_error", id="500"),
        pytest.param(Reply(502, PAGE), "unavailable", id="502"),
        pytest.param(Reply(503), "unavailable", id="503"),
        pytest.param(Reply(504), "unavailable", id="504"),
    ],
)
@SERVERS
@pytest.mark.parametrize("answer_lost", [False, True], ids=["first-try", "after-a-lost-answer"])
def test_anything_else_is_a_failure_without_a_second_question(
    reply: Reply, code: str, server: Server, *, answer_lost: bool
) -> None:
    client = FakeFlexi({PATH: replace(reply, answer_lost=answer_lost)})
    problem = problem_of(client, server)
    assert (problem.code, problem.http_status, client.posted) == (code, reply.status, [PATH])
    assert ("may have been carried out" in problem.message) is answer_lost


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        pytest.param(Reply(404), "Was not logged in; a cached context is dropped anyway.", id="nothing"),
        pytest.param(
            Reply(404, IDLE),
            "Was not logged in; a cached context is dropped anyway. Flexi says: Uživatel není přihlášen.",
            id="with-what-flexi-says",
        ),
        pytest.param(Reply(404, PAGE), "Was not logged in; a cached context is dropped anyway.", id="page"),
    ],
)
def test_the_message_of_who_is_not_logged_in(reply: Reply, message: str) -> None:
    assert log_out(FakeFlexi({PATH: reply})).message == message


@pytest.mark.parametrize(("target", "name"), [(NOVAK, "user 'novak'"), (IN_DEMO, "user 'novak in demo'")])
def test_a_failure_names_its_target_and_what_the_server_said(target: Target, name: str) -> None:
    address = PATH if target.company is None else f"{PATH}?company={target.company}"
    problem = problem_of(FakeFlexi({address: Reply(500, NO_RIGHT)}), target=target)
    said = "the server answered 500: K této akci nemáte přístup."
    assert problem.message == f"Logging out {name} failed: {said}"


@pytest.mark.parametrize("code", ["nepristupne", "blokovano", ""])
def test_a_company_that_the_server_does_not_know_is_asked_for_once(code: str) -> None:
    paths = {name: f"{PATH}?company={name}" for name in ("gone", "odd", "demo")}
    client = FakeFlexi({paths["gone"]: Reply(404, NO_COMPANY), paths["odd"]: Reply(403, refusal("Ne.", code))})
    logouts = Logouts(client, WITHOUT_COOKIE, ignore_not_found=True, companies_exist=True)
    problems = []
    for company in ("gone", "gone", "odd", "odd"):
        with pytest.raises(FlexiError) as caught:
            logouts.log_out(Target("novak", company))
        problems.append((caught.value.code, caught.value.http_status))
    assert problems == [("unknown_company", 404), ("unknown_company", None), ("forbidden", 403), ("forbidden", 403)]
    assert logouts.log_out(Target("novak", "demo")).status == "logged_out"
    assert client.posted == [paths["gone"], paths["odd"], paths["odd"], paths["demo"]]
