# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each finding says what is so of a server that is not the emulator, and each says another word of another server."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._check.findings import ENTRIES
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context
from ansible_collections.abra.flexi.plugins.module_utils._tasks.server_check import SERVER_CHECK
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.checked import seen
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.other_flexi import (
    NOT_LOGGED_IN,
    RIGHTS,
    Answer,
    OtherFlexi,
    as_documented,
    page,
    redirect,
    said,
    slowly,
    with_header,
    without_cookie,
)
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRIED = {"try_user": "zkouska", "try_password": "fake-zkouska"}
LOGOUT = "POST /status/user/zkouska/logout"
ALONE = f"^admin {LOGOUT}$"

USUAL: dict[str, str | None] = {
    "answer": "yes",
    "response_time": "less than a second",
    "tls_version": "none",
    "certificate": None,
    "certificate_days": None,
    "clock": "within 10 seconds",
    "in_between": "nothing that shows itself",
    "flexi": "yes",
    "status_login": "yes",
    "unauthorised": "401",
    "redirect_address": "a path",
    "version": "a number",
    "running": "yes",
    "status_values": "strings",
    "status_counts": "users and sessions",
    "lang_cookie": "all of them",
    "charset": "utf-8",
    "charset_in": None,
    "compression": "no",
    "credentials": "yes",
    "otp_codes": None,
    "rights": "both",
    "user_page": "as many as are counted",
    "user_page_form": "one for each login",
    "user_page_json": "no",
    "users_list": "all users",
    "users_shape": "users.user",
    "users_limit": "all",
    "user_fields": "all",
    "user_values": "strings",
    "logins_case": "yes",
    "login_characters": "the usual ones",
    "page_size": "20",
    "row_count": "if asked to",
    "companies": "all companies",
    "companies_limit": "all, of no more than a page",
    "company_record": None,
    "company_users": "all of them",
    "company_users_shape": "winstrom.uzivatel",
    "company_users_limit": "all, of no more than a page",
    "company_roles": "with code: before it",
    "single_record": "in a list",
    "empty_list": "as a list",
    "json_login": "a session",
    "login_refusal": "200",
    "session_counted": "yes",
    "company_without_context": "404",
    "company_logout": "success",
    "session_after_company": "yes",
    "logout": "success",
    "success_body": "the envelope in JSON",
    "success_mark": "the envelope and the cookie",
    "ended_session": "a redirect to remote-logout",
    "not_logged_in": "404",
    "not_logged_in_body": "the envelope in JSON",
    "not_logged_in_code": NOT_LOGGED_IN,
    "flag": "yes",
    "context_without_session": "404",
    "unknown_login": "the same answer",
    "flag_unknown_login": "yes",
    "unknown_company": "the same answer",
    "flag_unknown_company": "yes",
    "login_case": "yes",
    "slash": "yes",
    "json_suffix": "yes",
    "xml_suffix": "yes",
    "own_session_end": "yes",
    "self_logout": "yes",
    "logout_cookie": "yes",
}

Change = Callable[[OtherFlexi], Any]


def instead(pattern: str, answer: Answer) -> Change:
    return lambda flexi: flexi.instead(pattern, answer)


def bent(pattern: str, how: Callable[[Answer], Answer]) -> Change:
    return lambda flexi: flexi.bend(pattern, how)


def to(answer: Answer) -> Callable[[Answer], Answer]:
    """Put this in place of an answer, after its effect."""
    return lambda _answer: answer


def in_body(old: str, new: str) -> Callable[[Answer], Answer]:
    """Write a body in another way."""

    def change(answer: Answer) -> Answer:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        assert old in text
        return replace(answer, body=text.replace(old, new))

    return change


def told(**status: Any) -> Change:
    return lambda flexi: flexi.status.update(status)


def cut(path: str, how: Callable[[list[Any], int, int], list[Any]]) -> Change:
    return lambda flexi: flexi.cuts.update({path: how})


def users(change: Callable[[dict[str, Any]], Any]) -> Change:
    return lambda flexi: change(flexi.world.users)


def everywhere(change: Callable[[dict[str, Any]], Any]) -> Change:
    return users(lambda known: [change(user) for user in known.values()])


def both(*changes: Change) -> Change:
    return lambda flexi: [change(flexi) for change in changes]


def that_ends(*logins: str) -> Callable[[OtherFlexi, str], None]:
    """Let requests of a pattern end sessions besides."""

    def change(flexi: OtherFlexi, pattern: str) -> None:
        def end(answer: Answer) -> Answer:
            for login in logins:
                flexi.end(login)
            return answer

        flexi.bend(pattern, end)

    return change


def packed(answer: Answer) -> Answer:
    text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    return with_header("Content-Encoding", "gzip")(replace(answer, body=gzip.compress(text.encode())))


def paged(records: list[Any], _limit: int, start: int) -> list[Any]:
    return records[start : start + 20]


def all_of_it(records: list[Any], _limit: int, _start: int) -> list[Any]:
    return records


def literally(records: list[Any], limit: int, start: int) -> list[Any]:
    return records[start:][:limit]


HTML = page("Přístup odepřen")
COMPANY = r"\?company=alfa$"
NOWHERE = said(404, "Uživatel není přihlášen.")

# For each finding, a server of which it says something else.
OTHERS: list[tuple[str, str, Change]] = [
    ("answer", "a redirect elsewhere", instead(".", redirect("https://flexi.example.com/"))),
    ("response_time", "1 to 5 seconds", bent("nobody GET /status.json", slowly(1.1))),
    ("clock", "more than a minute", bent("nobody GET", with_header("Date", "Mon, 02 Nov 2026 08:00:00 GMT"))),
    ("in_between", "nginx", bent("nobody GET", with_header("Server", "nginx/1.24.0"))),
    ("flexi", "no, a web page", instead(".", HTML)),
    ("flexi", "no, another server", instead(".", Answer(200, {"status": "UP"}))),
    ("flexi", "no, 404", instead(".", page("Not Found", 404))),
    ("flexi", "no, 403", instead(".", page("Forbidden", 403))),
    ("flexi", "no, 5xx", instead(".", page("Bad Gateway", 502))),
    (
        "status_login",
        "no",
        lambda flexi: flexi.instead("nobody GET /status.json", Answer(200, {"status": dict(flexi.status)})),
    ),
    ("unauthorised", "a redirect to the login", instead("^nobody GET", redirect("/login-logout/login.html"))),
    ("unauthorised", "401, a web page", instead("^nobody GET", page("Log in", 401))),
    (
        "redirect_address",
        "an address with http and no port",
        instead("^nobody GET /c.json", redirect("http://localhost/login-logout/remote-logout")),
    ),
    ("version", "a text", told(version="sestavení Petra Nováka")),
    ("running", "no", instead("status-check", page("Down", 503))),
    ("status_values", "numbers", bent("admin GET .*status.json", in_body('"loggedUser": "1"', '"loggedUser": 1'))),
    ("status_counts", "users only", bent("admin GET .*status.json", in_body('"sessions"', '"other"'))),
    ("lang_cookie", "none", bent(".", without_cookie)),
    ("lang_cookie", "that of /status.json only", bent("GET /[uc].json", without_cookie)),
    (
        "charset",
        "windows-1250",
        bent("GET /status", lambda answer: replace(answer, kind=f"{answer.kind};charset=windows-1250")),
    ),
    (
        "charset_in",
        "nowhere",
        bent(
            "admin GET /status.json",
            lambda answer: replace(answer, kind=f"{answer.kind};charset=iso-8859-2"),
        ),
    ),
    ("compression", "gzip", bent("admin GET /status.json", packed)),
    ("credentials", "refused", lambda flexi: flexi.world.users.pop("admin")),
    (
        "rights",
        "not both",
        users(lambda known: known["admin"].update(permissions={"manageAll": True, "licenseMgmt": False})),
    ),
    ("user_page", "404, a web page", bent("/status/user", to(page("Nic", 404)))),
    ("user_page", "fewer than are counted", bent("/status/user", to(page("Přihlášení uživatelé")))),
    (
        "user_page_form",
        "several for a login",
        bent("/status/user", in_body("/></", '/><form action="/status/user/novak/logout"/></')),
    ),
    ("user_page_json", "yes", bent("/status/user$", to(Answer(200, [{"username": "novak"}])))),
    ("users_list", "403", instead("GET /u.json", said(403, "K této akci nemáte přístup."))),
    (
        "users_list",
        "only the acting user",
        bent("GET /u.json", to(Answer(200, {"users": {"user": {"username": "admin"}}}))),
    ),
    ("users_shape", "winstrom.user", bent("GET /u.json", in_body('{"users": {', '{"winstrom": {'))),
    ("users_shape", "something else", bent("GET /u.json", in_body('{"users": {', '{"novak": {'))),
    ("users_limit", "a page", cut("/u.json", paged)),
    ("users_limit", "no records", cut("/u.json", literally)),
    ("users_limit", "the same whatever is asked for", cut("/u.json", all_of_it)),
    ("user_fields", "no dates", everywhere(lambda user: user.pop("lastLoginDate"))),
    ("user_values", "booleans", everywhere(lambda user: user.update(blocked=False))),
    ("logins_case", "no", users(lambda known: known.update(Velky={"username": "Velky"}))),
    ("login_characters", "others", users(lambda known: known.update({"žofie": {"username": "žofie"}}))),
    ("login_characters", "a slash, too", users(lambda known: known.update({"a/b": {"username": "a/b"}}))),
    (
        "page_size",
        "50",
        both(
            users(lambda known: known.update({f"x{n}": {"username": f"x{n}"} for n in range(60)})),
            cut("/u.json", lambda all_, limit, start: as_documented(all_, 50 if limit == 20 else limit, start)),
        ),
    ),
    (
        "row_count",
        "always",
        bent(
            "uzivatel.json",
            lambda answer: replace(answer, body={"winstrom": {"@rowCount": "3", **answer.body["winstrom"]}}),
        ),
    ),
    ("companies", "403", instead("GET /c.json", said(403, "K této akci nemáte přístup."))),
    ("companies", "nobody", lambda flexi: flexi.world.members.clear()),
    ("companies_limit", "no records", cut("/c.json", literally)),
    ("company_record", "in a list", lambda flexi: [flexi.world.members.pop(name) for name in ("beta", "gama")]),
    (
        "company_record",
        "by itself",
        bent("GET /c.json", to(Answer(200, {"companies": {"company": {"dbNazev": "alfa"}}}))),
    ),
    ("company_users", "404", instead("uzivatel.json", said(404, "Není licence.", "licence"))),
    ("company_users", "some of them", instead("beta/uzivatel.json", said(403, "K této akci nemáte přístup."))),
    (
        "company_users_shape",
        "uzivatel",
        bent("uzivatel.json", lambda answer: replace(answer, body={"uzivatel": answer.body["winstrom"]["uzivatel"]})),
    ),
    ("company_users_limit", "the same whatever is asked for", cut("uzivatel.json", all_of_it)),
    ("company_roles", "without code: before it", bent("alfa/uzivatel", in_body("code:", ""))),
    ("company_roles", "not at all", bent("alfa/uzivatel", in_body('"role"', '"jine"'))),
    (
        "single_record",
        "by itself",
        bent("beta/uzivatel", to(Answer(200, {"winstrom": {"uzivatel": {"kod": "novak"}}}))),
    ),
    ("empty_list", "as empty text", bent("gama/uzivatel", in_body("[]", '""'))),
    # With the throw-away user
    ("json_login", "refused", instead("login.json", Answer(401, {"success": False}))),
    ("login_refusal", "another answer", instead("login.json", page("Neplatné jméno", 400))),
    ("session_counted", "no", bent("admin GET .*status.json", in_body('"sessions"', '"sessions": "1", "other"'))),
    ("company_without_context", "success", bent(f"{LOGOUT}{COMPANY.replace('$', '')}", to(said(200)))),
    ("company_logout", "another answer", bent(f"{LOGOUT}{COMPANY.replace('$', '')}", to(said(500)))),
    ("session_after_company", "no", lambda flexi: that_ends("zkouska")(flexi, f"{LOGOUT}{COMPANY}")),
    ("logout", "403", instead(f"admin {LOGOUT}", said(403, "K této akci nemáte přístup."))),
    ("logout", "success, but the session lives on", instead(f"admin {LOGOUT}", said(200))),
    ("logout", "200 without a mark of Flexi", bent(ALONE, to(Answer(200, {"ok": 1}, headers=())))),
    ("logout", "404", bent(ALONE, to(NOWHERE))),
    (
        "success_body",
        "no body",
        bent(ALONE, lambda answer: replace(answer, body=b"") if answer.status == 200 else answer),
    ),
    (
        "success_body",
        "none, but a redirect to /status/user",
        bent(ALONE, lambda answer: redirect("/status/user", 303) if answer.status == 200 else answer),
    ),
    (
        "success_mark",
        "the cookie",
        bent(ALONE, lambda answer: replace(answer, body="Odhlášen") if answer.status == 200 else answer),
    ),
    ("ended_session", "401", bent("nobody GET /c.json", to(said(401)))),
    ("not_logged_in", "success", bent(f"{LOGOUT}", lambda answer: said(200) if answer.status == 404 else answer)),
    (
        "not_logged_in_body",
        "a web page",
        bent(LOGOUT, lambda answer: page("Nenalezeno", 404) if answer.status == 404 else answer),
    ),
    (
        "not_logged_in_code",
        "adresaNeplatnaUrl",
        bent(LOGOUT, lambda answer: said(404, "Není.", "adresaNeplatnaUrl") if answer.status == 404 else answer),
    ),
    ("flag", "no", bent(rf"{LOGOUT}\?ignore", to(NOWHERE))),
    ("context_without_session", "success", bent(ALONE, lambda answer: said(200) if answer.status == 404 else answer)),
    ("unknown_login", "an answer of its own", bent("/user/check-", to(said(404, "Není.", "uzivatelNeexistuje")))),
    ("flag_unknown_login", "no", bent("/user/check-[^/]+/logout.ignore", to(NOWHERE))),
    ("unknown_company", "firmaNeexistuje", bent("company=check_", to(said(404, "Není.", "firmaNeexistuje")))),
    ("flag_unknown_company", "no", bent("company=check_[^&]+&ignore", to(NOWHERE))),
    ("login_case", "no", lambda flexi: that_ends("zkouska")(flexi, "/user/ZKOUSKA/")),
    ("slash", "no", instead("%2F", page("Bad Request", 400))),
    ("json_suffix", "no", bent("logout.json", to(NOWHERE))),
    ("xml_suffix", "no", bent("logout.xml", to(said(200)))),
    ("own_session_end", "no", instead("GET /login-logout/logout", redirect("/"))),
    ("self_logout", "no", bent(f"zkouska {LOGOUT}", to(said(403)))),
    ("logout_cookie", "no", bent(LOGOUT, without_cookie)),
]
# What needs TLS, or a second factor, is further down.
BESIDES = {"tls_version", "certificate", "certificate_days", "otp_codes"}


@pytest.fixture
def other() -> Iterator[OtherFlexi]:
    """Start the other stand-in."""
    with OtherFlexi() as flexi:
        yield flexi


def check(flexi: OtherFlexi, *, check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    """Return the result of a check by its administrator, with a throw-away user."""
    context = Context(check_mode=check_mode, diff_mode=False, secrets=Secrets(), warn=lambda _warning: None)
    given = {"url": flexi.url, "report_host": False, "retries": 5, **TRIED, **changes}
    return SERVER_CHECK.perform(options(**given), context)


def test_each_finding_says_what_is_so(other: OtherFlexi) -> None:
    result = check(other)

    assert seen(result) == USUAL
    assert (result["works"], result["tried"]) == (True, True)
    assert [each["code"] for each in result["findings"] if each["fits"] is False] == ["tls_version"]


def test_each_finding_has_another_word_for_another_server() -> None:
    assert list(USUAL) == list(ENTRIES)
    assert {code for code, _word, _change in OTHERS} == set(ENTRIES) - BESIDES


@pytest.mark.parametrize(
    ("code", "word", "change"), OTHERS, ids=[f"{code}={word}".replace(" ", "_") for code, word, _change in OTHERS]
)
def test_a_server_that_is_otherwise(other: OtherFlexi, code: str, word: str, change: Change) -> None:
    change(other)
    before = others_of(other)

    result = check(other)

    assert seen(result)[code] == word != USUAL[code]
    assert others_of(other) == before
    assert "zkouska" not in other.world.sessions.values()
    check_nobody_is_named(other, result)


def others_of(flexi: OtherFlexi) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """Return what there is of those who must not notice."""
    involved = {"admin", "zkouska"}
    sessions = {session: login for session, login in flexi.world.sessions.items() if login not in involved}
    return sessions, {each for each in flexi.world.contexts if each[0] not in involved}


def check_nobody_is_named(flexi: OtherFlexi, result: dict[str, Any]) -> None:
    told = json.dumps(result["report"], ensure_ascii=False) + result["report_markdown"] + "\n".join(result["table"])
    logins = set(flexi.world.users) - {"admin", "zkouska"}
    names = {*logins, *flexi.world.members, "Novák", "Firma s.r.o.", "localhost", "fake-", "session-1", "csrf-1"}
    assert [name for name in names if name in told] == []


def test_reading_is_short_and_leaves_nothing_but_contexts_of_the_reader(other: OtherFlexi) -> None:
    sessions = dict(other.world.sessions)
    check(other, try_user=None, try_password=None)

    assert {asked.method for asked in other.asked} == {"GET"}
    assert len(other.asked) <= 12 + len(other.world.members)
    assert other.world.sessions == sessions
    assert {login for login, _company in other.world.contexts} <= {"novak", "admin"}


def test_trying_is_short(other: OtherFlexi) -> None:
    check(other, try_user=None, try_password=None)
    reading = len(other.asked)
    other.asked.clear()
    check(other)

    assert len(other.asked) - reading <= 40
    written = [asked for asked in other.asked if asked.method != "GET"]
    assert {asked.steps[0] for asked in written} == {"status", "login-logout"}
    named = {asked.steps[2] for asked in written if asked.steps[0] == "status"}
    assert {name for name in named if not name.startswith("check-")} == {"zkouska", "ZKOUSKA"}


def test_check_mode_only_reads(other: OtherFlexi) -> None:
    result = check(other, check_mode=True)

    assert {asked.method for asked in other.asked} == {"GET"}
    assert (len(result["steps"]), result["tried"]) == (14, False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda flexi: flexi.world.sessions.update(x="zkouska"), "is logged in"),
        (lambda flexi: flexi.world.users["zkouska"].update(permissions=RIGHTS), "has the right manageAll"),
    ],
    ids=["logged in", "manager"],
)
def test_whom_it_does_not_try(other: OtherFlexi, change: Change, words: str) -> None:
    change(other)

    result = check(other)

    assert words in result["msg"]
    assert result["works"] is True
    assert {asked.method for asked in other.asked} == {"GET"}


@pytest.mark.parametrize(("is_once", "word"), [(False, "more than one"), (True, "only one")])
def test_one_time_codes(other: OtherFlexi, word: str, *, is_once: bool) -> None:
    codes: list[str] = []

    def taken(answer: Answer) -> Answer:
        codes.append("used")
        return said(401, "Kód neplatí.", "authRequired") if is_once and len(codes) > 1 else answer

    other.bend("otp=123456", taken)

    result = check(other, try_user=None, try_password=None, otp="123456")

    assert seen(result)["otp_codes"] == word
    assert result["works"] is not is_once


# TLS


def certificate(folder: Path, *, days: int = 400, name: str = "localhost") -> str:
    """Make a certificate that has signed itself, as a fresh Flexi has one; the key is in the same file."""
    path = folder / "server.pem"
    kind = ["-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, "-days", str(days), "-keyout", str(path), "-out", str(folder / "ca.pem")],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text(encoding="ascii") + (folder / "ca.pem").read_text(encoding="ascii"))
    return str(path)


def test_a_fresh_server_gets_no_request_at_all(tmp_path: Path) -> None:
    with OtherFlexi(certificate(tmp_path)) as fresh:
        result = check(fresh)

        assert fresh.asked == []
    assert (seen(result)["certificate"], seen(result)["credentials"]) == ("the server itself", "not sent")
    assert (result["works"], result["failure"]["code"]) == (False, "tls")
    command = f"openssl s_client -connect {fresh.url.partition('//')[2]} </dev/null"
    for words in ("A fresh Flexi has such a certificate", command, "as ca_path", "The password was not sent"):
        assert words in result["msg"]
    check_nobody_is_named(fresh, result)


@pytest.mark.parametrize(("days", "word"), [(400, "more than 30 days"), (20, "8 to 30 days"), (3, "7 days or less")])
def test_a_certificate_that_is_trusted(tmp_path: Path, days: int, word: str) -> None:
    with OtherFlexi(certificate(tmp_path, days=days)) as fresh:
        found = seen(check(fresh, ca_path=str(tmp_path / "ca.pem")))

    assert (found["certificate"], found["certificate_days"]) == ("an authority of ca_path", word)
    assert found["tls_version"] in {"TLS 1.2", "TLS 1.3"}


def test_a_certificate_of_another_host(tmp_path: Path) -> None:
    with OtherFlexi(certificate(tmp_path, name="jiny.example.com")) as fresh:
        result = check(fresh, ca_path=str(tmp_path / "ca.pem"))

        assert fresh.asked == []
    assert seen(result)["certificate"] == "another host name"


# What is no web server


@pytest.mark.parametrize(
    ("greeting", "word", "code"),
    [
        (b"", "no answer in time", "timeout"),
        (b"220 mail.example.com ESMTP\r\n", "no HTTP", "broken_reply"),
    ],
    ids=["one that hangs", "one for mail"],
)
def test_a_server_that_speaks_something_else(greeting: bytes, word: str, code: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            with suppress(OSError):
                while True:
                    held.append(listener.accept()[0])
                    held[-1].sendall(greeting)

        held: list[socket.socket] = []
        threading.Thread(target=greet, daemon=True).start()
        url = f"http://localhost:{listener.getsockname()[1]}"
        result = SERVER_CHECK.perform(
            options(url=url, timeout=1, try_user=None, try_password=None, report_host=False),
            Context(check_mode=False, diff_mode=False, secrets=Secrets(), warn=lambda _warning: None),
        )
    for each in held:
        each.close()

    assert (seen(result)["answer"], result["failure"]["code"]) == (word, code)
    assert "mail.example.com" not in json.dumps(result["report"])
