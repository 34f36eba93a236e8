# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Working in a session: one login for a run, a new one where it expired, and only the own session ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.server import is_flexi
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import run
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import client_for as module_client_for
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import (
    Auth,
    BasicAuth,
    Credentials,
    GivenSession,
    LoginSession,
)
from ansible_collections.abra.flexi.plugins.module_utils._wire.client import Client
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import Request
from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import Pool
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils._wire.support import all_are_closed
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import named
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    USUAL,
    Access,
    FakeClock,
    Run,
    asked,
    check_report,
    client_for,
    connection_to,
    crowd,
    lives,
    log_out,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import Send
    from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import Answer

LOGIN = "POST /login-logout/login.json"
LOGOUT = "GET /login-logout/logout"
STATUS = "GET /status.json"


def by_session(emulator: Emulator, **changes: Any) -> Access:
    return connection_to(emulator, auth_method="session", **changes)


def client_that_hides(emulator: Emulator, hide: Callable[[str], None]) -> Client:
    access = by_session(emulator)
    return Client(access.connection, LoginSession(access.username, access.password, hide=hide))


def logins(emulator: Emulator) -> int:
    return asked(emulator).count(LOGIN)


# Logging in


def test_a_run_logs_in_first_and_out_last(emulator: Emulator) -> None:
    log_out(by_session(emulator), ["novak"])
    assert asked(emulator) == [LOGIN, STATUS, "POST /status/user/novak/logout", LOGOUT]


def test_the_login_is_a_form(emulator: Emulator) -> None:
    log_out(by_session(emulator), ["novak"])
    headers = emulator.requests[0].headers
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Accept"] == "application/json"
    assert emulator.requests[0].query == ""


@pytest.mark.parametrize(
    ("username", "password"),
    [("Žaneta Ř/ezníčková", "fake-žaneta"), ("jan.novak@firma.cz", "fake-jan"), ("a&b=c", "p&q=%+ ů")],
)
def test_credentials_arrive_as_they_are(emulator: Emulator, username: str, password: str) -> None:
    emulator.reset(state={"users": [{"username": username, "password": password, "sessions": 1}]})
    assert log_out(by_session(emulator, username=username, password=password), [username]).code is None


@pytest.mark.parametrize(("otp", "code"), [("123456", None), ("000000", "auth_failed"), ("", "auth_failed")])
def test_the_code_goes_into_the_form(emulator: Emulator, otp: str, code: str | None) -> None:
    emulator.set_variants(otp_codes="once")
    done = log_out(by_session(emulator, username="dvoufaktor", password="fake-dvoufaktor", otp=otp), ["novak"])
    assert done.code == code
    assert [each.query for each in emulator.requests if each.query] == []


def test_the_token_is_in_the_header_only(emulator: Emulator) -> None:
    hidden: list[str] = []
    with client_that_hides(emulator, hidden.append) as client:
        run(client, named(["novak"]), USUAL, check_mode=False)
    token = hidden[0]
    first, *rest = emulator.requests
    assert "X-authSessionId" not in first.headers
    for each in rest:
        assert each.headers.pop("X-authSessionId") == token
        others = {name: value for name, value in each.headers.items() if name != "X-authSessionId"}
        assert token not in str(others) + each.path + each.query
        assert "Authorization" not in each.headers
        assert "Cookie" not in each.headers


def test_every_secret_of_the_login_is_hidden(emulator: Emulator) -> None:
    answer = {"success": True, "authSessionId": "fake-1", "refreshToken": "fake-2", "csrfToken": "fake-3"}
    emulator.add_fault(action="wrong_json", body=answer, code=200, match={"path": "login.json"})
    hidden: list[str] = []
    with client_that_hides(emulator, hidden.append) as client, pytest.raises(FlexiError):
        client.get("/status.json")
    assert hidden == ["fake-1", "fake-2", "fake-3"]


@pytest.mark.parametrize("concurrency", [1, 8])
def test_one_login_is_enough_for_all(emulator: Emulator, concurrency: int) -> None:
    users = crowd(emulator, 60)
    done = log_out(by_session(emulator, concurrency=concurrency), users)
    assert done.summary["counts"]["logged_out"] == 60
    assert logins(emulator) == 1


# A session that expires


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("locations", ["relative", "absolute"])
def test_a_session_that_expires_is_renewed_once(emulator: Emulator, concurrency: int, locations: str) -> None:
    users = crowd(emulator, 60, locations=locations)
    emulator.add_fault(action="expire_session", match={"path": "/logout$", "method": "POST"}, when={"nth": 20})
    done = log_out(by_session(emulator, concurrency=concurrency), users)
    assert done.code is None
    assert done.summary["counts"]["logged_out"] == 60
    assert logins(emulator) == 2
    check_report(emulator, done, users)


def test_a_session_may_expire_more_than_once(emulator: Emulator) -> None:
    users = crowd(emulator, 9)
    emulator.add_fault(action="expire_session", match={"path": "/logout$", "method": "POST"}, when={"nth": [3, 6, 9]})
    assert log_out(by_session(emulator), users).summary["counts"]["logged_out"] == 9
    assert logins(emulator) == 4


def test_a_renewed_session_counts_as_a_try(emulator: Emulator) -> None:
    emulator.add_fault(action="expire_session", match={"login": "novak"}, times=1)
    [result] = log_out(by_session(emulator), ["novak"]).summary["results"]
    assert (result["status"], result["attempts"]) == ("logged_out", 2)


def test_a_lost_answer_is_not_forgotten_over_an_expired_session(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="drop_after", match={"login": "novak"}, times=1)
    emulator.add_fault(action="expire_session", match={"login": "novak"}, times=1)
    [result] = log_out(by_session(emulator), ["novak"], clock=clock).summary["results"]
    # The fourth is the second question, since the third was answered with 404.
    assert (result["status"], result["http_status"], result["attempts"]) == ("logged_out", 404, 4)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_server_that_forgets_every_session_gets_no_storm_of_logins(emulator: Emulator, concurrency: int) -> None:
    users = crowd(emulator, 100)
    emulator.add_fault(action="expire_session", match={"path": "^/status/user"})
    done = log_out(by_session(emulator, concurrency=concurrency), users)
    assert done.code == "session_expired"
    assert logins(emulator) == 2
    assert len(emulator.requests) < 30
    check_report(emulator, done, users)


def test_a_renewed_session_that_is_not_known_is_not_renewed_again(emulator: Emulator) -> None:
    with client_for(by_session(emulator)) as client:
        client.get("/status.json")
        emulator.add_fault(action="expire_session")
        with pytest.raises(FlexiError) as failure:
            client.get("/status.json")
    assert (failure.value.code, failure.value.http_status, failure.value.attempts) == ("session_expired", 302, 1)
    assert logins(emulator) == 2


def test_a_session_that_is_never_known_is_not_renewed(emulator: Emulator) -> None:
    emulator.add_fault(action="expire_session")
    done = log_out(by_session(emulator), ["novak"])
    assert done.code == "session_expired"
    assert "did not recognize it" in done.message
    assert logins(emulator) == 1


# A login that is refused, or not answered


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("status", ["401", "200", "403"])
def test_a_refused_login_is_tried_once(emulator: Emulator, status: str, concurrency: int) -> None:
    users = crowd(emulator, 100, login_refusal_status=status)
    done = log_out(by_session(emulator, password="wrong", concurrency=concurrency), users)
    assert done.code == "auth_failed"
    assert done.summary["failure"]["http_status"] == int(status)
    assert "Neplatné jméno nebo heslo." in done.message
    assert asked(emulator) == [LOGIN]


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize(
    "fault",
    [{"action": "wrong_json", "body": {"success": False}, "code": 401}, {"action": "drop_before"}],
    ids=["refused", "not-answered"],
)
def test_a_login_that_is_refused_in_the_middle_is_tried_once_by_all_threads(
    emulator: Emulator, fault: dict[str, Any], concurrency: int
) -> None:
    users = crowd(emulator, 40)
    emulator.add_fault(fault, match={"path": "login.json"}, when={"nth": list(range(2, 99))})
    emulator.add_fault(action="expire_session", match={"path": "/logout$", "method": "POST"}, when={"nth": 10})
    done = log_out(by_session(emulator, concurrency=concurrency), users)
    assert done.code in {"auth_failed", "unreachable"}
    assert logins(emulator) == 2
    check_report(emulator, done, users)


NOT_REPEATED: list[dict[str, Any]] = [
    {"action": "drop_before"},
    {"action": "drop_after"},
    {"action": "reset_after"},
    {"action": "truncate"},
    {"action": "chunk_truncate"},
    {"action": "garbage"},
    {"action": "hang"},
    {"action": "status_after", "code": 502},
    {"action": "status_after", "code": 504},
]


@pytest.mark.parametrize("fault", NOT_REPEATED, ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_login_without_an_answer_is_not_repeated(emulator: Emulator, clock: FakeClock, fault: dict[str, Any]) -> None:
    emulator.add_fault(fault, match={"path": "login.json"})
    timeout = 0.2 if fault["action"] == "hang" else 10.0
    done = log_out(by_session(emulator, timeout=timeout), ["novak"], clock=clock)
    assert done.code in {"unreachable", "broken_reply", "timeout", "unavailable"}
    assert asked(emulator) == [LOGIN]
    check_report(emulator, done, ["novak"])


@pytest.mark.parametrize("code", [429, 503])
def test_a_login_that_an_overloaded_server_did_not_take_is_repeated(
    emulator: Emulator, clock: FakeClock, code: int
) -> None:
    emulator.add_fault(action="status", code=code, match={"path": "login.json"}, times=1)
    assert log_out(by_session(emulator), ["novak"], clock=clock).code is None
    assert logins(emulator) == 2


DEEP = "[" * 100_000 + "]" * 100_000
SHAPES: list[Any] = [
    [],
    "null",
    42,
    '"text"',
    {},
    DEEP,
    {"success": True},
    {"success": True, "authSessionId": None},
    {"success": True, "authSessionId": ""},
    {"success": False},
    {"success": False, "authSessionId": "fake-token"},
    {"success": False, "errors": None},
    {"success": False, "errors": ["x"]},
    {"success": False, "errors": {"reason": {"a": [1]}}},
    {"success": False, "errors": {"reason": "a\u0000b\x1b[31m\u2028" + "ž" * 10_000}},
    {"authSessionId": {"a": 1}},
    {"authSessionId": 5},
    {"success": "false", "authSessionId": "fake-token"},
    {"success": True, "authSessionId": True},
    {"success": True, "authSessionId": ["fake-token"]},
    "<html><title>Přihlášení</title></html>",
    "",
]


@pytest.mark.parametrize("body", SHAPES, ids=lambda body: str(body)[:40] or "empty")
@pytest.mark.parametrize("status", [200, 401])
def test_a_login_answered_in_another_shape_is_one_clear_failure(emulator: Emulator, status: int, body: Any) -> None:
    emulator.add_fault(action="wrong_json", body=body, code=status, match={"path": "login.json"})
    done = log_out(by_session(emulator), ["novak"])
    assert done.code in {"auth_failed", "not_flexi", "unexpected_reply", "session_expired"}
    assert logins(emulator) == 1
    assert lives(emulator, "novak")
    check_report(emulator, done, ["novak"])


@pytest.mark.parametrize("success", [False, "false", 0])
def test_a_token_that_comes_with_a_refusal_is_not_used(emulator: Emulator, success: object) -> None:
    body = {"success": success, "authSessionId": "fake-token"}
    emulator.add_fault(action="wrong_json", body=body, code=200, match={"path": "login.json"})
    assert log_out(by_session(emulator), ["novak"]).code == "auth_failed"
    assert asked(emulator) == [LOGIN]


@pytest.mark.parametrize(
    ("action", "options"), [("bad_utf8", {}), ("huge_html", {"megabytes": 10}), ("redirect", {"location": "/x"})]
)
def test_a_login_answered_with_something_else_is_one_clear_failure(
    emulator: Emulator, action: str, options: dict[str, Any]
) -> None:
    emulator.add_fault(action=action, **options, match={"path": "login.json"})
    done = log_out(by_session(emulator), ["novak"])
    assert done.code in {"not_flexi", "unexpected_reply", "redirected"}
    assert logins(emulator) == 1
    check_report(emulator, done, ["novak"])


# A session that was handed in


def handed_in(emulator: Emulator, **changes: Any) -> tuple[str, Run]:
    [token] = emulator.state.log_in("admin")
    return token, log_out(by_session(emulator, session_id=token, **changes), ["novak"])


def test_a_given_session_is_used_and_left_alone(emulator: Emulator) -> None:
    token, done = handed_in(emulator)
    assert done.code is None
    assert asked(emulator) == [STATUS, "POST /status/user/novak/logout"]
    assert token in emulator.state.sessions_of("admin")


def test_a_given_session_is_left_alone_after_a_failure(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=500, match={"path": "logout"})
    token, done = handed_in(emulator)
    assert done.code == "server_error"
    assert token in emulator.state.sessions_of("admin")
    assert asked(emulator, "login-logout") == []


@pytest.mark.parametrize("username", ["admin", ""])
@pytest.mark.parametrize("where", ["/status.json", "novak/logout"])
def test_a_given_session_is_not_renewed(emulator: Emulator, where: str, username: str) -> None:
    emulator.add_fault(action="expire_session", match={"path": where})
    _token, done = handed_in(emulator, username=username)
    assert done.code == "session_expired"
    assert "session_id" in done.summary["failure"]["hint"]
    assert logins(emulator) == 0


def test_an_unknown_given_session_is_refused_once(emulator: Emulator) -> None:
    done = log_out(by_session(emulator, session_id="fake-token"), ["novak"])
    assert done.code == "session_expired"
    assert asked(emulator) == [STATUS]
    assert "fake-token" not in json.dumps(done.summary)


ODD = [
    "fake-token\n",
    "fake-\r\ntoken: x",
    " fake-token",
    "fake-token\t",
    "fake-\x00",
    "fake-žeton",
    "fake-\u2028",
    "\x7ffake-",
]


@pytest.mark.parametrize("token", ODD)
def test_a_session_id_that_cannot_be_sent_is_refused_without_quoting_it(token: str) -> None:
    with pytest.raises(FlexiError) as failure:
        GivenSession(token)
    assert failure.value.code == "invalid_option"
    assert "session_id" in failure.value.message
    assert "fake-" not in str(failure.value)


@pytest.mark.parametrize("token", [each for each in ODD if "\n" not in each])
def test_a_session_id_of_the_server_that_cannot_be_sent_fails_without_quoting_it(
    emulator: Emulator, clock: FakeClock, token: str
) -> None:
    answer = {"success": True, "authSessionId": token}
    emulator.add_fault(action="wrong_json", body=answer, code=200, match={"path": "login.json"})
    done = log_out(by_session(emulator), ["novak"], clock=clock)
    assert done.code == "invalid_option"
    assert "answer to the login" in done.message
    assert "fake-" not in json.dumps(done.summary)
    assert [each["status"] for each in done.summary["results"]] == ["failed"]
    assert asked(emulator) == [LOGIN]
    check_report(emulator, done, ["novak"])


def test_connections_are_closed_though_the_server_handed_out_an_odd_session_id() -> None:
    with Emulator() as emulator:
        answer = {"success": True, "authSessionId": "fake-\ttoken"}
        emulator.add_fault(action="wrong_json", body=answer, code=200, match={"path": "login.json"})
        with pytest.raises(FlexiError), client_for(by_session(emulator)) as client:
            client.get("/status.json")
        assert all_are_closed(emulator)


def test_connections_are_closed_though_leaving_fails_in_a_way_that_nobody_thought_of() -> None:
    class Strange(Auth):
        def leave(self, send: Send) -> None:
            del send
            raise ZeroDivisionError

    with Emulator() as emulator:
        with pytest.raises(ZeroDivisionError), Client(connection_to(emulator).connection, Strange()) as client:
            client.get("/status.json")
        assert all_are_closed(emulator)


# The end


def test_only_the_own_session_is_ended(emulator: Emulator) -> None:
    [other] = emulator.state.log_in("admin")
    log_out(by_session(emulator), ["novak"])
    assert emulator.state.sessions_of("admin") == [other]


@pytest.mark.parametrize("code", [403, 500])
@pytest.mark.parametrize("where", ["/status.json", "novak/logout"])
def test_the_own_session_is_ended_after_a_failure(emulator: Emulator, where: str, code: int) -> None:
    emulator.add_fault(action="status", code=code, match={"path": where})
    assert log_out(by_session(emulator), ["novak"]).code is not None
    assert emulator.state.sessions_of("admin") == []


def test_an_interrupted_task_does_not_wait_for_the_end_of_its_session(emulator: Emulator) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(emulator, KeyboardInterrupt)
    # It has to end at once.
    assert asked(emulator) == [LOGIN, STATUS]


def test_the_own_session_is_ended_after_an_exception(emulator: Emulator) -> None:
    with pytest.raises(ZeroDivisionError):
        interrupted(emulator, ZeroDivisionError)
    assert asked(emulator) == [LOGIN, STATUS, LOGOUT]
    assert emulator.state.sessions_of("admin") == []


def test_after_it_was_stopped_nothing_is_sent_not_even_to_leave(emulator: Emulator) -> None:
    with client_for(by_session(emulator)) as client:
        client.get("/status.json")
        client.stop()
        with pytest.raises(FlexiError) as failure:
            client.get("/status.json")
    assert failure.value.code == "stopped"
    assert asked(emulator) == [LOGIN, STATUS]


def test_the_own_session_is_ended_within_five_seconds_whatever_the_deadline_is(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    ask, left = Pool.ask, list[float]()

    def asked_within(pool: Pool, *request: Any, timeout: float, time_left: float) -> Answer:
        left.append(time_left)
        return ask(pool, *request, timeout=timeout, time_left=timeout)

    monkeypatch.setattr(Pool, "ask", asked_within)
    for deadline in (None, 2, 100):
        with client_for(by_session(emulator, deadline=deadline), clock) as client:
            client.get("/status.json")
            clock.time += 3
        assert left[-1] == 5
    assert asked(emulator)[-1] == LOGOUT


def test_a_question_asked_once_goes_with_the_session(emulator: Emulator) -> None:
    with client_for(by_session(emulator)) as client:
        assert is_flexi(client)
        assert client.get("/status.json").status == 200
        assert client.ask_once(Request("GET", "/c.json")).status == 200
    assert asked(emulator) == [LOGIN, STATUS, STATUS, "GET /c.json", LOGOUT]
    assert {"X-authSessionId" in each.headers for each in emulator.requests[1:]} == {True}


def test_one_dead_request_does_not_turn_retries_off(emulator: Emulator, clock: FakeClock) -> None:
    users = ["novak", "franta", "jan.novak@firma.cz"]
    emulator.add_fault(action="drop_before", match={"login": "novak"})
    emulator.add_fault(action="status", code=502, match={"login": "franta"}, times=1)
    done = log_out(by_session(emulator), users, clock=clock)
    assert done.statuses == {"novak": "failed", "franta": "logged_out", "jan.novak@firma.cz": "logged_out"}
    assert logins(emulator) == 1


def test_credentials_are_not_in_the_representation_of_what_holds_them() -> None:
    auth = GivenSession("fake-token", "admin")
    assert "fake-" not in repr(auth.credentials(lambda _request, _credentials: Reply(200)))
    assert "fake-" not in repr(Credentials({"Authorization": "fake-1"}, {"otp": "fake-2"}))


@pytest.mark.parametrize(
    ("auth", "user", "in_session", "makes_session", "headers", "query"),
    [
        pytest.param(Auth(), "", False, False, {}, {}, id="nothing"),
        pytest.param(
            BasicAuth("admin", "fake"),
            "admin",
            False,
            False,
            {"Authorization": "Basic YWRtaW46ZmFrZQ=="},
            {},
            id="basic",
        ),
        pytest.param(
            BasicAuth("admin", "fake", "123", makes_session=True),
            "admin",
            True,
            True,
            {"Authorization": "Basic YWRtaW46ZmFrZQ=="},
            {"otp": "123"},
            id="basic-for-check-mode",
        ),
        pytest.param(GivenSession("fake", "admin"), "admin", True, False, {"X-authSessionId": "fake"}, {}, id="given"),
    ],
)
def test_what_goes_along_with_every_request(  # noqa: PLR0913 - the columns of a table
    auth: Auth,
    user: str,
    headers: dict[str, str],
    query: dict[str, str],
    *,
    in_session: bool,
    makes_session: bool,
) -> None:
    def never(_request: Request, _credentials: Credentials) -> Reply:
        raise AssertionError("nothing is to be sent")

    credentials = auth.credentials(never)
    assert (credentials.headers, credentials.query) == (headers, query)
    assert (auth.user, auth.in_session, auth.makes_session) == (user, in_session, makes_session)
    expired = Reply(302, location="/login-logout/remote-logout", own_path="/login-logout/remote-logout")
    assert auth.renewed(expired, credentials, never) is None
    auth.leave(never)


def interrupted(emulator: Emulator, kind: type[BaseException]) -> None:
    with client_for(by_session(emulator)) as client:
        client.get("/status.json")
        raise kind


def test_the_own_session_is_ended_after_the_deadline(emulator: Emulator, clock: FakeClock) -> None:
    with client_for(by_session(emulator, deadline=5), clock) as client:
        client.get("/status.json")
        clock.time += 10
    assert emulator.state.sessions_of("admin") == []


@pytest.mark.parametrize("action", ["drop_before", "reset_after", "status", "garbage", "truncate", "redirect", "hang"])
def test_ending_the_session_is_best_effort(emulator: Emulator, clock: FakeClock, action: str) -> None:
    emulator.add_fault(action=action, match={"path": "login-logout/logout"})
    done = log_out(by_session(emulator, timeout=0.5), ["novak"], clock=clock)
    assert done.code is None
    assert done.report.warnings == []
    assert asked(emulator).count(LOGOUT) == 1
    assert clock.pauses == []


def test_without_a_request_there_is_no_login_and_nothing_to_end(emulator: Emulator) -> None:
    log_out(by_session(emulator), [])
    assert emulator.requests == []


def test_the_acting_user_is_logged_out_last(emulator: Emulator) -> None:
    users = ["admin", "novak", "franta"]
    done = log_out(by_session(emulator, concurrency=4), users)
    assert done.statuses == dict.fromkeys(users, "logged_out")
    assert asked(emulator, "/status/user/")[-1] == "POST /status/user/admin/logout"
    assert logins(emulator) == 1


def test_the_acting_user_is_logged_out_last_in_other_letters_too(emulator: Emulator) -> None:
    log_out(by_session(emulator), ["Admin", "novak"])
    assert asked(emulator, "/status/user/")[-1] == "POST /status/user/Admin/logout"


# Check mode


def module_options(emulator: Emulator, **changes: Any) -> dict[str, Any]:
    return options(url=emulator.https, ca_path=emulator.ca_path, auth_method="session", **changes)


@pytest.mark.parametrize("otp", ["", "123456"])
def test_check_mode_reads_without_a_session(emulator: Emulator, otp: str) -> None:
    username = "dvoufaktor" if otp else "admin"
    wanted = module_options(emulator, username=username, password=f"fake-{username}", otp=otp)
    with module_client_for(wanted, Secrets(), check_mode=True) as client:
        report = run(client, named(["novak", "bezprav"], ["demo"]), USUAL, check_mode=True)
    assert report.stopped_by is None
    assert {each.method for each in emulator.requests} == {"GET"}
    assert asked(emulator, "login-logout") == []
    assert emulator.state.sessions_of(username) == []


def test_check_mode_reads_with_a_given_session(emulator: Emulator) -> None:
    [token] = emulator.state.log_in("admin")
    wanted = module_options(emulator, session_id=token, username="", password="")
    with module_client_for(wanted, Secrets(), check_mode=True) as client:
        report = run(client, named(["novak"]), USUAL, check_mode=True)
    assert [result.status for result in report.results] == ["would_log_out"]
    assert {each.method for each in emulator.requests} == {"GET"}
    assert emulator.state.sessions_of("admin") == [token]


def test_check_mode_knows_of_the_session_that_the_real_run_makes(emulator: Emulator) -> None:
    with module_client_for(module_options(emulator), Secrets(), check_mode=True) as client:
        [predicted] = run(client, named(["admin"]), USUAL, check_mode=True).results
    real = log_out(by_session(emulator), ["admin"]).statuses["admin"]
    assert (predicted.status, predicted.prediction) == ("would_log_out", "exact")
    assert real == "logged_out"


def test_the_token_is_not_in_the_representation_of_a_request(emulator: Emulator) -> None:
    request = Request("GET", "/", headers={"X-authSessionId": "fake-token"}, form={"password": "fake-password"})
    assert "fake-" not in repr(request)
    assert emulator.requests == []
