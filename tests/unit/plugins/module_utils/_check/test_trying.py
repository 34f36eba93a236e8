# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried with a throw-away user, who it may be, and what is left behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._check.findings import ENTRIES
from ansible_collections.abra.flexi.plugins.module_utils._check.trying import Trial
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.checked import (
    THROW_AWAY,
    TRIED,
    check,
    seen,
    world,
)
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import ADMIN, PASSWORD

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

BY_TRYING = [code for code, entry in ENTRIES.items() if entry.is_tried]
LIMIT = 40


@pytest.fixture
def flexi(emulator: Emulator) -> Emulator:
    """Return a server with a throw-away user and others who are logged in."""
    emulator.state.add_users([THROW_AWAY])
    return emulator


def others(emulator: Emulator) -> dict[str, Any]:
    """Return what is there of all but those who may be affected."""
    users = emulator.state.as_dict()["users"]
    return {login: user for login, user in users.items() if login not in {"admin", TRIED["try_user"]}}


def written(emulator: Emulator) -> list[str]:
    return [request.path for request in emulator.requests if request.method != "GET"]


def test_everything_is_found(flexi: Emulator) -> None:
    result = check(flexi, **TRIED)

    assert [code for code in BY_TRYING if seen(result)[code] is None] == []
    assert [each["code"] for each in result["findings"] if each["code"] in BY_TRYING and not each["fits"]] == []
    assert (result["works"], result["tried"], result["changed"]) == (True, True, True)
    assert len(result["steps"]) == 14


def test_nobody_else_is_affected_and_nothing_is_left(flexi: Emulator) -> None:
    before = others(flexi)

    check(flexi, **TRIED)

    assert others(flexi) == before
    assert flexi.state.sessions_of("zkouska") == []
    assert flexi.state.contexts_of("zkouska") == []
    named = {path.split("/")[3].lower() for path in written(flexi) if path.startswith("/status/user/")}
    assert {name for name in named if not name.startswith("check-")} == {"zkouska"}


def test_it_takes_no_more_than_so_many_requests(flexi: Emulator) -> None:
    flexi.set_variants(login_case="ignored")
    check(flexi, retries=5)
    reading = len(flexi.requests)
    flexi.clear_requests()

    check(flexi, retries=5, **TRIED)

    assert 30 < len(flexi.requests) - reading <= LIMIT


def test_check_mode_says_what_it_would_try(flexi: Emulator) -> None:
    result = check(flexi, check_mode=True, **TRIED)

    assert written(flexi) == []
    assert (result["tried"], result["changed"]) == (False, True)
    assert result["steps"][0] == "Log in a user who does not exist"
    assert [code for code in BY_TRYING if seen(result)[code] is not None] == []


def test_without_a_user_nothing_is_tried(flexi: Emulator) -> None:
    result = check(flexi)

    assert (result["tried"], result["changed"], result["steps"]) == (False, False, [])
    assert written(flexi) == []


# Whom it refuses

MANAGER = {"username": "sef", "password": "x", "permissions": {"manageAll": True, "licenseMgmt": False}}
REFUSED = {
    "oneself": ({"try_user": "Admin"}, "is the user who checks"),
    "somebody who is logged in": ({"try_user": "novak"}, "is logged in"),
    "somebody who is logged in, in other letters": ({"try_user": "NOVAK"}, "is logged in"),
    "a manager": ({"try_user": "sef"}, "has the right manageAll"),
    "nobody": ({"try_user": "nikdo"}, "has no user try_user"),
    "nobody in these letters": ({"try_user": "Zkouska"}, "has no user try_user"),
    "one of two": ({"try_user": "dvojnik"}, "only in upper and lower case"),
    "what cannot be sent": ({"try_user": ".."}, "cannot be sent"),
}


@pytest.mark.parametrize(("options", "words"), list(REFUSED.values()), ids=list(REFUSED))
@pytest.mark.parametrize("check_mode", [False, True])
def test_whom_it_refuses(flexi: Emulator, options: dict[str, str], words: str, *, check_mode: bool) -> None:
    flexi.state.add_users([MANAGER, {"username": "dvojnik"}, {"username": "Dvojnik"}])
    before = flexi.state.as_dict()["counts"]

    result = check(flexi, check_mode=check_mode, **{**TRIED, **options})

    assert result["failure"]["code"] == "invalid_option"
    assert words in result["msg"]
    assert (result["tried"], result["steps"]) == (False, [])
    assert written(flexi) == []
    assert flexi.state.as_dict()["counts"] == before


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        ({"users_list": "forbidden"}, "cannot be read in full"),
        ({"users_list": "own"}, "has no user try_user"),
        ({"user_fields": "bare"}, "does not show which rights"),
    ],
)
def test_a_user_of_whom_too_little_is_known(flexi: Emulator, variants: dict[str, str], words: str) -> None:
    flexi.set_variants(**variants)

    result = check(flexi, **TRIED)

    assert words in result["msg"]
    # What was read is told all the same.
    assert result["works"] is True
    assert seen(result)["flexi"] == "yes"
    assert written(flexi) == []


def test_a_user_on_a_page_that_is_not_believed(flexi: Emulator) -> None:
    flexi.set_variants(user_page="more")

    result = check(flexi, try_user="novak", try_password="fake-novak")

    assert seen(result)["user_page"] == "more than are counted"
    assert "try_user is logged in" in result["msg"]
    assert written(flexi) == []


def test_who_checks_is_not_known(flexi: Emulator) -> None:
    [session] = flexi.state.log_in("admin")

    result = check(flexi, username=None, password=None, session_id=session, **TRIED)

    assert "may be try_user" in result["msg"]
    assert written(flexi) == []


@pytest.mark.parametrize(
    ("missing", "name"), [({"try_user": None}, "try_user"), ({"try_password": ""}, "try_password")]
)
def test_half_a_user(flexi: Emulator, missing: dict[str, Any], name: str) -> None:
    result = check(flexi, **{**TRIED, **missing})

    assert result["msg"].startswith(f"{name} is missing.")
    assert flexi.requests == []


def test_nothing_is_tried_with_what_is_no_flexi(flexi: Emulator) -> None:
    flexi.add_fault(action="status", code=404)

    result = check(flexi, **TRIED)

    assert written(flexi) == []
    assert result["failure"]["code"] == "not_flexi"


# What goes wrong


def test_a_wrong_password_is_tried_once_for_each_login(flexi: Emulator) -> None:
    result = check(flexi, **{**TRIED, "try_password": "wrong-password"})

    assert seen(result)["json_login"] == "refused"
    assert seen(result)["logout"] is None
    # What needs no session is found all the same.
    assert seen(result)["unknown_login"] == "the same answer"
    assert result["works"] is True


def test_an_account_is_not_locked_by_a_wrong_password(emulator: Emulator) -> None:
    emulator.reset(state=world() | {"server": {"lock_after": 3}})

    check(emulator, **{**TRIED, "try_password": "wrong-password"})

    assert emulator.state.as_dict()["users"]["zkouska"]["blocked"] is False


@pytest.mark.parametrize("path", ["login.json", "/logout$", "/c/demo.json", "/login-logout/logout", "logout.xml"])
@pytest.mark.parametrize("action", ["drop_before", "status"])
def test_what_fails_does_not_stop_the_rest(flexi: Emulator, path: str, action: str) -> None:
    before = others(flexi)
    fault: dict[str, Any] = {"code": 500} if action == "status" else {}
    flexi.add_fault(action=action, match={"path": path}, **fault)

    result = check(flexi, **TRIED)

    assert len(flexi.requests) <= 13 + LIMIT
    assert others(flexi) == before
    assert [code for code in BY_TRYING if seen(result)[code] is not None]


@pytest.mark.parametrize(
    ("number", "missing"),
    [(3, ["unknown_company", "flag_unknown_company"]), (6, ["not_logged_in", "flag", "unknown_login"])],
    ids=["that of no company", "that of who is not logged in"],
)
def test_an_answer_to_compare_with_is_missing(flexi: Emulator, number: int, missing: list[str]) -> None:
    match = {"path": "/status/user/zkouska/logout$", "user": "admin"}
    flexi.add_fault(action="drop_before", match=match, when={"nth": number})

    found = seen(check(flexi, **TRIED))

    assert [code for code in missing if found[code] is not None] == []
    assert found["logout"] == "success"


def test_a_logout_that_is_forbidden(flexi: Emulator) -> None:
    flexi.add_fault(action="status", code=403, match={"path": "/logout", "user": "admin"})

    result = check(flexi, **TRIED)

    assert seen(result)["logout"] == "403"
    assert result["failure"]["code"] == "forbidden"
    assert flexi.state.sessions_of("zkouska") == []


def test_a_logout_without_effect(flexi: Emulator) -> None:
    body = {"winstrom": {"@version": "1.0", "success": "true"}}
    flexi.add_fault(
        action="status",
        code=200,
        content_type="application/json",
        body=body,
        match={"path": "/logout", "user": "admin"},
    )

    result = check(flexi, **TRIED)

    assert seen(result)["logout"] == "success, but the session lives on"
    assert seen(result)["not_logged_in"] == "success"
    assert result["failure"]["code"] == "unexpected_reply"
    assert flexi.state.sessions_of("zkouska") == []


@pytest.mark.parametrize(
    ("code", "word"), [(404, "404"), (500, "another answer"), (200, "200 without a mark of Flexi")]
)
def test_a_logout_that_says_something_else(flexi: Emulator, code: int, word: str) -> None:
    flexi.add_fault(
        action="status_after",
        code=code,
        content_type="application/json",
        body='{"novak": 1}',
        headers={"Set-Cookie": []},
        match={"path": "/status/user/zkouska/logout$", "user": "admin"},
    )
    flexi.set_variants(lang_cookie="never_on_logout")

    result = check(flexi, **TRIED)

    assert seen(result)["logout"] == word
    assert result["works"] is False
    assert "novak" not in json.dumps(result["report"])


def test_a_redirect_to_the_page_counts(flexi: Emulator) -> None:
    flexi.add_fault(
        action="status_after", code=303, headers={"Location": "/status/user"}, body="",
        match={"path": "/status/user/zkouska/logout$", "user": "admin"},
    )  # fmt: skip

    found = seen(check(flexi, **TRIED))

    assert (found["logout"], found["success_mark"]) == ("success", "the redirect")
    assert found["success_body"] == "none, but a redirect to /status/user"


@pytest.mark.parametrize(
    ("variants", "mark"),
    [
        ({"success_body": "empty", "lang_cookie": "no"}, "no body"),
        ({"success_body": "text", "lang_cookie": "no"}, "the word ok"),
        ({"success_body": "text"}, "the cookie"),
        ({"lang_cookie": "no"}, "the envelope"),
        ({}, "the envelope and the cookie"),
        ({"success_body": "empty", "lang_cookie": "never_on_logout"}, "none"),
    ],
)
def test_each_mark(flexi: Emulator, variants: dict[str, str], mark: str) -> None:
    flexi.set_variants(**variants)

    result = check(flexi, **TRIED)

    assert seen(result)["success_mark"] == mark
    assert result["works"] is (mark != "none")


@pytest.mark.parametrize("code", ["uzivatelNeniPrihlasen", "isSomebody"])
def test_a_code_that_is_a_login_is_not_shown(flexi: Emulator, code: str) -> None:
    flexi.state.add_users([{"username": code.lower()}])
    flexi.state.server.not_logged_in_code = code

    result = check(flexi, **TRIED)

    assert seen(result)["not_logged_in_code"] == "a code of an unusual form"
    assert code not in json.dumps(result["report"])


def test_a_session_is_not_counted(flexi: Emulator) -> None:
    status = {"version": "1.2", "licenseName": "x", "javaVersion": "1", "loggedUser": 4, "sessions": 5}
    flexi.add_fault(
        action="status", code=200, content_type="application/json", body={"status": status},
        match={"path": "status.json", "user": "admin"},
    )  # fmt: skip

    assert seen(check(flexi, **TRIED))["session_counted"] == "no"


@pytest.mark.parametrize("login", ["12345", "ß", "a:b"])
def test_logins_that_cannot_do_everything(emulator: Emulator, login: str) -> None:
    emulator.reset(state={"users": [ADMIN, {"username": login, "password": "fake-zkouska"}, {"username": "x"}]})

    result = check(emulator, try_user=login, try_password="fake-zkouska")

    assert (seen(result)["login_case"] is None) is (login != "a:b")
    assert (seen(result)["context_without_session"] is None) is (login == "a:b")
    assert seen(result)["logout"] == "success"


def test_a_company_that_the_user_may_not_enter(flexi: Emulator) -> None:
    flexi.add_fault(action="status", code=403, match={"path": "/c/demo.json", "user": "zkouska"})

    assert seen(check(flexi, **TRIED))["context_without_session"] is None


def test_a_user_who_sees_no_company(flexi: Emulator) -> None:
    flexi.state.add_users([{"username": "bez", "password": "x", "roles": {"jina": "A"}}])

    found = seen(check(flexi, try_user="bez", try_password="x"))

    assert (found["company_logout"], found["logout"]) == (None, "success")


def test_a_deadline_ends_it(flexi: Emulator) -> None:
    flexi.add_fault(action="slow", seconds=2, match={"path": "/logout$"})

    result = check(flexi, deadline=1.5, **TRIED)

    assert result["failure"]["code"] == "deadline"
    assert seen(result)["flexi"] == "yes"
    assert seen(result)["json_login"] == "a session"
    assert flexi.state.sessions_of("zkouska") == []


def test_an_interruption_leaves_nothing_behind(flexi: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trial, "_log_out", interrupt)

    with pytest.raises(KeyboardInterrupt):
        check(flexi, **TRIED)

    assert "/login-logout/login.json" in written(flexi)
    assert flexi.state.sessions_of("zkouska") == []


def interrupt(_trial: Trial) -> None:
    raise KeyboardInterrupt


def test_nothing_is_left_where_nobody_may_log_anybody_out(flexi: Emulator) -> None:
    flexi.add_fault(action="status", code=403, match={"path": "/status/user/", "method": "POST"})

    result = check(flexi, **TRIED)

    assert (seen(result)["logout"], seen(result)["self_logout"]) == ("403", "no")
    assert flexi.state.sessions_of("zkouska") == []


BY_ITS_LIFE = ["session_after_company", "login_case", "logout", "ended_session", "own_session_end", "self_logout"]


@pytest.mark.parametrize("how", ["missing", "error", "unauthorised", "redirect", "html"])
def test_a_server_that_does_not_show_whether_a_session_lives(flexi: Emulator, how: str) -> None:
    flexi.set_variants(company_list=how)

    result = check(flexi, **TRIED)

    assert [code for code in BY_ITS_LIFE if seen(result)[code] is not None] == []
    assert seen(result)["not_logged_in"] == "404"
    assert flexi.state.sessions_of("zkouska") == []


def test_a_server_that_is_overloaded_says_nothing_of_a_session(flexi: Emulator) -> None:
    match = {"path": "^/c.json$", "user": "zkouska"}
    flexi.add_fault(action="status", code=503, match=match, when={"nth": [2]})

    found = seen(check(flexi, **TRIED))

    assert (found["session_after_company"], found["login_case"], found["logout"]) == (None, "yes", "success")


def test_no_secret_is_in_what_is_returned(flexi: Emulator) -> None:
    tokens: set[str] = set()
    make = flexi.state.log_in

    def watched(login: str, count: int = 1) -> list[str]:
        made = make(login, count)
        tokens.update(made)
        return made

    flexi.state.log_in = watched  # type: ignore[method-assign] # to see what comes
    try:
        result = check(flexi, **TRIED)
    finally:
        del flexi.state.log_in

    shown = json.dumps(result)
    assert tokens
    assert [secret for secret in {PASSWORD, TRIED["try_password"], *tokens} if secret in shown] == []
