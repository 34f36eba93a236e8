# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad day: each fault at each place of a run, and what is reported then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Optional

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy
from ansible_collections.abra.flexi.tests.emulator.faults import ACTIONS
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    FakeClock,
    asked,
    check_report,
    connection_to,
    crowd,
    lives,
    log_out,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

USERS = ["novak", "bezprav", "franta", "jan.novak@firma.cz"]
GOES_ON = None
ODD_JSON: list[Any] = [[], "null", 42, '"text"', {}, {"status": []}, {"winstrom": []}, "[" * 100_000, '{"a":' * 50_000]
Code = Optional[str]


class Row(NamedTuple):
    """A fault, and the failure's code where it strikes the start, the companies, the page, and a logout.

    Without the list of companies, an idle user's 404 is a failure, so that some fail.
    """

    fault: dict[str, Any]
    start: Code
    companies: Code
    page: Code
    logout: Code


def everywhere(failure: Code, action: str, **options: Any) -> Row:
    return Row({"action": action, **options}, failure, failure, failure, failure)


def status(code: int, start: Code, logout: Code, companies: Code = "partial", page: Code = GOES_ON) -> Row:
    return Row({"action": "status", "code": code}, start, companies, page, logout)


TABLE = [
    everywhere("unreachable", "drop_before"),
    everywhere("unreachable", "drop_after"),
    everywhere("unreachable", "reset_before"),
    everywhere("unreachable", "reset_after"),
    everywhere("timeout", "hang"),
    everywhere("timeout", "hang", act=True),
    everywhere(GOES_ON, "slow", seconds=0.01),
    everywhere(GOES_ON, "drip", bytes=64, seconds=0.001),
    everywhere("broken_reply", "garbage"),
    everywhere("broken_reply", "garbage", body="HTTP/1.1 abc\r\n\r\n"),
    everywhere("broken_reply", "truncate"),
    everywhere("broken_reply", "chunk_truncate"),
    everywhere(GOES_ON, "expire_session"),
    everywhere(GOES_ON, "interim"),
    everywhere(GOES_ON, "interim", code=102, count=3),
    everywhere("broken_reply", "interim", count=100, seconds=0),
    everywhere(GOES_ON, "close_after"),
    status(400, "not_flexi", "not_flexi"),
    status(401, "auth_failed", "auth_failed", "auth_failed", "auth_failed"),
    status(402, "not_licensed", "not_licensed"),
    status(403, "forbidden", "forbidden"),
    status(404, "not_flexi", "not_flexi"),
    status(405, "not_flexi", "not_flexi"),
    status(406, "not_flexi", "not_flexi"),
    status(429, "unavailable", "unavailable"),
    status(500, "server_error", "server_error"),
    status(502, "unavailable", "unavailable"),
    status(503, "unavailable", "unavailable"),
    status(504, "unavailable", "unavailable"),
    status(200, "not_flexi", "not_flexi", "not_flexi"),
    Row({"action": "status_after"}, "unavailable", "partial", GOES_ON, "unavailable"),
    Row({"action": "status_after", "code": 500}, "server_error", "partial", GOES_ON, "server_error"),
    Row({"action": "redirect"}, "auth_failed", "auth_failed", GOES_ON, "auth_failed"),
    Row({"action": "redirect", "location": "https://other.invalid/"}, "redirected", "partial", GOES_ON, "redirected"),
    Row({"action": "huge_html", "megabytes": 10}, "not_flexi", "not_flexi", GOES_ON, "not_flexi"),
    Row({"action": "huge_html", "megabytes": 10, "code": 404}, "not_flexi", "partial", GOES_ON, "not_flexi"),
    Row({"action": "bad_utf8"}, "not_flexi", "partial", GOES_ON, "unexpected_reply"),
    Row({"action": "wrong_length"}, "not_flexi", "partial", GOES_ON, "unexpected_reply"),
    Row({"action": "wrong_json"}, "not_flexi", "partial", GOES_ON, "unexpected_reply"),
]


def named(row: Row) -> str:
    return "-".join(str(value) for value in row.fault.values())[:40]


def patience(row: Row) -> float:
    """Return the timeout: short where it is going to be needed."""
    return 0.1 if row.fault["action"] == "hang" else 10.0


def test_the_table_has_every_fault() -> None:
    assert {row.fault["action"] for row in TABLE} == set(ACTIONS)


# Each fault at each place


@pytest.mark.parametrize("row", TABLE, ids=named)
def test_at_the_start(emulator: Emulator, clock: FakeClock, row: Row) -> None:
    emulator.add_fault(row.fault, match={"path": "^/status.json$"})
    done = log_out(connection_to(emulator, retries=1, timeout=patience(row)), USERS, clock=clock)
    assert done.code == row.start
    assert ("POST" in "".join(asked(emulator))) == (row.start is GOES_ON)
    check_report(emulator, done, USERS)


@pytest.mark.parametrize("row", TABLE, ids=named)
def test_at_the_list_of_companies(emulator: Emulator, clock: FakeClock, row: Row) -> None:
    emulator.add_fault(row.fault, match={"path": "^/c.json$"})
    done = log_out(connection_to(emulator, retries=1, timeout=patience(row)), USERS, ["demo"], clock=clock)
    assert done.code == row.companies
    assert ("POST" in "".join(asked(emulator))) == (row.companies in {GOES_ON, "partial"})
    if row.companies == "partial":
        assert done.summary["counts"]["not_logged_in"] == 0
        assert [each.query for each in emulator.requests if "ignore-not-found" in each.query] == []
    assert len(emulator.state.sessions_of("novak")) == 2
    check_report(emulator, done, USERS, ["demo"])


@pytest.mark.parametrize("row", TABLE, ids=named)
def test_at_the_page_in_check_mode(emulator: Emulator, clock: FakeClock, row: Row) -> None:
    before = emulator.state.as_dict()
    emulator.add_fault(row.fault, match={"path": "^/status/user$"})
    connection = connection_to(emulator, retries=1, timeout=patience(row))
    done = log_out(connection, USERS, clock=clock, check_mode=True)
    assert done.code == row.page
    assert {each.method for each in emulator.requests} == {"GET"}
    assert emulator.state.as_dict() == before
    check_report(emulator, done, USERS)


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("row", TABLE, ids=named)
def test_at_a_logout(emulator: Emulator, clock: FakeClock, row: Row, place: int) -> None:
    emulator.add_fault(row.fault, match={"login": USERS[place], "method": "POST"})
    done = log_out(connection_to(emulator, retries=1, timeout=patience(row)), USERS, clock=clock)
    result = done.summary["results"][place]
    if row.logout is GOES_ON:
        assert done.code is None
        assert result["status"] == "logged_out"
    else:
        assert result["status"] == "failed"
        problem = done.report.results[place].problem
        assert problem is not None
        assert problem.code == row.logout
        assert done.code in {row.logout, "partial"}
    assert [each["status"] for each in done.summary["results"][:place]] == ["logged_out", "not_logged_in"][:place]
    check_report(emulator, done, USERS)


@pytest.mark.parametrize("auth_method", ["basic", "session"])
@pytest.mark.parametrize("row", [row for row in TABLE if row.logout], ids=named)
def test_only_refused_credentials_of_one_user_stop_the_run(
    emulator: Emulator, clock: FakeClock, row: Row, auth_method: str
) -> None:
    emulator.add_fault(row.fault, match={"login": "novak"})
    access = connection_to(emulator, retries=0, timeout=patience(row), auth_method=auth_method)
    done = log_out(access, USERS, clock=clock)
    stops = row.logout == "auth_failed"
    assert done.statuses["franta"] == ("failed" if stops else "logged_out")
    assert lives(emulator, "franta") == stops
    assert done.code == (row.logout if stops else "partial")


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("row", [row for row in TABLE if row.logout and row.fault["action"] != "wrong_json"], ids=named)
def test_what_meets_every_user_is_not_tried_with_everybody(
    emulator: Emulator, clock: FakeClock, row: Row, concurrency: int
) -> None:
    users = crowd(emulator, 60)
    emulator.add_fault(row.fault, match={"path": "/logout$"})
    access = connection_to(emulator, retries=0, timeout=patience(row), concurrency=concurrency)
    done = log_out(access, users, clock=clock)
    assert done.summary["counts"]["failed"] == 60
    tried = [each for each in done.summary["results"] if each["attempts"]]
    if row.fault.get("code") in {404, 500} or row.logout == "unexpected_reply":
        # That is said of each user, and the server is asked twice at the most.
        assert len(asked(emulator, "logout")) <= 120
    else:
        assert (done.code, len(tried)) == (row.logout, 1 if row.logout == "auth_failed" else 3)


def test_a_dead_request_does_not_turn_retries_off(emulator: Emulator, clock: FakeClock) -> None:
    """The look at the server carries the session, or its refusal would count as refused credentials."""
    emulator.add_fault(action="status", code=502, match={"login": "novak"})
    emulator.add_fault(action="status", code=502, match={"login": "franta"}, times=2)
    done = log_out(connection_to(emulator, retries=3, auth_method="session"), ["novak", "franta"], clock=clock)
    assert done.statuses == {"novak": "failed", "franta": "logged_out"}
    assert [each["attempts"] for each in done.summary["results"]] == [4, 3]
    assert [each.status for each in emulator.requests if each.status == 401] == []


@pytest.mark.parametrize(
    ("action", "code"), [("drop_before", "unreachable"), ("garbage", "broken_reply"), ("hang", "timeout")]
)
def test_a_server_that_is_gone_is_not_asked_for_everybody(
    emulator: Emulator, clock: FakeClock, action: str, code: str
) -> None:
    users = crowd(emulator, 100)
    # It answers at the start and to the first two, and then to nobody.
    emulator.add_fault(action=action, when={"nth": list(range(4, 400))})
    done = log_out(connection_to(emulator, retries=1, timeout=0.1 if action == "hang" else 10), users, clock=clock)
    assert done.code == code
    assert {status: count for status, count in done.summary["counts"].items() if count} == {
        "logged_out": 2,
        "failed": 98,
    }
    assert len(emulator.requests) == 3 + 2 + 1
    check_report(emulator, done, users)


# Answers that got lost


LOST: list[dict[str, Any]] = [
    {"action": "drop_after"},
    {"action": "reset_after"},
    {"action": "truncate"},
    {"action": "chunk_truncate"},
    {"action": "garbage", "act": True},
    {"action": "hang", "act": True},
    {"action": "status_after", "code": 502},
    {"action": "status_after", "code": 504},
]
NOT_TAKEN: list[dict[str, Any]] = [{"action": "status", "code": 429}, {"action": "status", "code": 503}]


def fault_name(fault: dict[str, Any]) -> str:
    return "-".join(str(value) for value in fault.values())


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("ignore_not_found", [True, False])
@pytest.mark.parametrize("fault", LOST, ids=fault_name)
def test_a_logout_whose_answer_got_lost_is_done(
    emulator: Emulator,
    clock: FakeClock,
    fault: dict[str, Any],
    ignore_not_found: bool,  # noqa: FBT001 - a parameter of the test
    scheme: str,
) -> None:
    emulator.add_fault(fault, match={"login": "novak"}, times=1)
    timeout = 0.1 if fault["action"] == "hang" else 10.0
    connection = connection_to(emulator, url=getattr(emulator, scheme), timeout=timeout)
    done = log_out(connection, ["novak"], clock=clock, policy=Policy(ignore_not_found=ignore_not_found))
    [result] = done.summary["results"]
    assert (result["status"], result["http_status"], result["attempts"]) == ("logged_out", 404, 3)
    assert "earlier try got no answer" in result["message"]
    assert (result["certain"], done.summary["changed"]) == (False, True)
    assert done.summary["msg"] == "1 logged out, 1 of these not certain"
    assert asked(emulator, "logout") == ["POST /status/user/novak/logout"] * 3


@pytest.mark.parametrize("fault", NOT_TAKEN, ids=fault_name)
def test_a_request_that_was_not_taken_leaves_no_doubt(
    emulator: Emulator, clock: FakeClock, fault: dict[str, Any]
) -> None:
    emulator.add_fault(fault, match={"path": "logout"}, when={"nth": [1, 3]})
    done = log_out(connection_to(emulator), ["novak", "bezprav"], clock=clock)
    assert done.statuses == {"novak": "logged_out", "bezprav": "not_logged_in"}
    assert done.summary["results"][0]["http_status"] == 200


def test_a_lost_answer_is_remembered_over_a_later_overload(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="drop_after", match={"login": "novak"}, times=1)
    emulator.add_fault(action="status", code=503, match={"login": "novak"}, times=1)
    [result] = log_out(connection_to(emulator), ["novak"], clock=clock).summary["results"]
    assert (result["status"], result["attempts"], result["certain"]) == ("logged_out", 4, False)


def test_a_refused_connection_loses_no_answer(emulator: Emulator, clock: FakeClock) -> None:
    done = log_out(connection_to(emulator, url="http://127.0.0.1:9", retries=0), ["novak"], clock=clock)
    assert done.code in {"unreachable", "timeout"}
    assert "may have been carried out" not in done.message


def test_a_lost_answer_is_told_where_nothing_came_later_either(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="drop_after", match={"login": "novak"})
    done = log_out(connection_to(emulator), ["novak"], clock=clock)
    assert not lives(emulator, "novak")
    assert "may have been carried out" in done.summary["results"][0]["message"]


def test_a_lost_answer_is_told_where_there_was_only_one_try(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="drop_after", match={"login": "novak"})
    done = log_out(connection_to(emulator, retries=0), ["novak"], clock=clock)
    assert "may have been carried out" in done.message


def test_a_lost_answer_is_told_where_a_refusal_came_later(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="drop_after", match={"login": "novak"}, times=1)
    emulator.add_fault(action="status", code=500, match={"login": "novak"})
    done = log_out(connection_to(emulator), ["novak"], clock=clock)
    assert done.code == "server_error"
    assert "may have been carried out" in done.message


# Answers that only look like those of Flexi


@pytest.mark.parametrize(
    "answer",
    [
        {"content_type": "text/plain", "body": "no such page"},
        {"content_type": "application/json", "body": "{}"},
        {"content_type": "application/json", "body": ""},
        {"content_type": "text/html", "body": "<html><h1>404</h1></html>"},
    ],
    ids=lambda answer: answer["body"],
)
def test_a_404_of_a_stranger_is_a_failure(emulator: Emulator, answer: dict[str, str]) -> None:
    emulator.add_fault({"action": "status", "code": 404, **answer}, match={"login": "franta"})
    done = log_out(connection_to(emulator), USERS)
    assert done.statuses["franta"] == "failed"
    check_report(emulator, done, USERS)


@pytest.mark.parametrize(
    ("location", "status"),
    [
        ("/status/user", "logged_out"),
        ("{https}/status/user", "logged_out"),
        ("https://other.invalid/status/user", "failed"),
        ("//other.invalid/status/user", "failed"),
        ("/login-logout/login.html", "failed"),
    ],
)
def test_a_redirect_to_the_page_of_users_means_done(emulator: Emulator, location: str, status: str) -> None:
    headers = {"Location": location.format(https=emulator.https)}
    emulator.add_fault(action="status_after", code=303, headers=headers, body="", match={"login": "novak"})
    assert log_out(connection_to(emulator), ["novak"]).statuses == {"novak": status}


# Shapes of JSON


@pytest.mark.parametrize("body", ODD_JSON, ids=lambda body: str(body)[:20])
@pytest.mark.parametrize("code", [200, 403, 404])
def test_a_status_of_another_shape_is_not_that_of_flexi(emulator: Emulator, code: int, body: Any) -> None:
    emulator.add_fault(action="wrong_json", body=body, code=code, match={"path": "status.json"})
    done = log_out(connection_to(emulator), USERS)
    assert done.code == ("forbidden" if code == 403 else "not_flexi")
    assert asked(emulator) == ["GET /status.json"]
    check_report(emulator, done, USERS)


OF_FLEXI = {"version": "2026.5.2", "licenseName": "Firma s.r.o.", "javaVersion": "21"}


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"loggedUser": None, "sessions": None},
        {"loggedUser": -1, "sessions": -1},
        {"loggedUser": [], "sessions": {}},
        {"loggedUser": True, "sessions": False},
        {"loggedUser": "many", "sessions": "x"},
        {"loggedUser": 0.0, "sessions": 0.5},
        {"loggedUser": "²", "sessions": "²"},
    ],
    ids=str,
)
def test_counts_of_another_shape_prove_nothing(emulator: Emulator, counts: dict[str, Any]) -> None:
    body = {"status": {**OF_FLEXI, **counts}}
    emulator.add_fault(action="wrong_json", body=body, match={"path": "status.json"})
    done = log_out(connection_to(emulator), ["novak"], check_mode=True)
    assert done.statuses == {"novak": "would_log_out"}
    assert done.summary["results"][0]["prediction"] == "assumed"


def test_an_absurd_count_is_no_traceback(emulator: Emulator) -> None:
    body = {"status": {**OF_FLEXI, "loggedUser": "9" * 5000}}
    emulator.add_fault(action="wrong_json", body=body, match={"path": "status.json"})
    assert log_out(connection_to(emulator), ["novak"]).code is None


COMPANIES: list[Any] = [
    *ODD_JSON,
    {"companies": None},
    {"companies": []},
    {"companies": {"company": None}},
    {"companies": {"company": "demo"}},
]


@pytest.mark.parametrize("body", COMPANIES, ids=lambda body: str(body)[:40])
def test_companies_of_another_shape_are_a_warning(emulator: Emulator, body: Any) -> None:
    emulator.add_fault(action="wrong_json", body=body, code=200, match={"path": "c.json"})
    done = log_out(connection_to(emulator), ["novak"], ["demo"])
    assert done.code is None
    assert "demo" in done.report.warnings[0]


@pytest.mark.parametrize("companies", [[], [None], [[]], [{}], [{"dbNazev": None}], [{"dbNazev": ["demo"]}]], ids=str)
def test_a_list_without_the_company_is_a_failure(emulator: Emulator, companies: list[Any]) -> None:
    body = {"companies": {"company": companies}}
    emulator.add_fault(action="wrong_json", body=body, code=200, match={"path": "c.json"})
    done = log_out(connection_to(emulator), ["novak"], ["demo"])
    assert done.code == "unknown_company"
    check_report(emulator, done, ["novak"], ["demo"])


@pytest.mark.parametrize("body", ODD_JSON, ids=lambda body: str(body)[:20])
@pytest.mark.parametrize("code", [200, 500, 404])
def test_a_logout_answered_in_another_shape(emulator: Emulator, code: int, body: Any) -> None:
    emulator.add_fault(action="wrong_json", body=body, code=code, match={"login": "novak"})
    done = log_out(connection_to(emulator), USERS)
    check_report(emulator, done, USERS)
    if code == 500:
        assert done.statuses["novak"] == "failed"


@pytest.mark.parametrize(
    "message", ["a\u0000b\u001b[31mred", "dva\r\nřádky", "\u202egnp", "\ud800", "ž" * 100_000, [1], {"a": "b\n"}, 5]
)
def test_the_servers_own_words_are_made_readable(emulator: Emulator, message: Any) -> None:
    body = {"winstrom": {"success": "false", "message": message}}
    emulator.add_fault(action="wrong_json", body=body, code=500, match={"login": "novak"})
    done = log_out(connection_to(emulator), ["novak"])
    assert done.code == "server_error"
    check_report(emulator, done, ["novak"])


# Credentials


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("status_auth", ["required", "none"])
@pytest.mark.parametrize("refusal", ["401", "redirect", "login_page"])
def test_a_wrong_password_is_tried_once(
    emulator: Emulator,
    concurrency: int,
    check_mode: bool,  # noqa: FBT001 - a parameter of the test
    status_auth: str,
    refusal: str,
) -> None:
    users = crowd(emulator, 1000, status_auth=status_auth, json_unauthorised=refusal)
    done = log_out(connection_to(emulator, password="wrong", concurrency=concurrency), users, check_mode=check_mode)
    assert done.code in ({"not_flexi"} if refusal == "login_page" else set()) | {"auth_failed"}
    assert done.summary["counts"]["failed"] == 1000
    assert len(emulator.requests) == (1 if status_auth == "required" else 2)
    assert emulator.state.counts() == (1000, 1000)


def test_a_wrong_password_is_tried_once_though_the_first_logout_got_no_answer(
    emulator: Emulator, clock: FakeClock
) -> None:
    users = crowd(emulator, 50, delay=0.02, status_auth="none")
    emulator.add_fault(action="drop_before", match={"path": "logout"}, times=4)
    log_out(connection_to(emulator, password="wrong", concurrency=8), users, clock=clock)
    assert [each.status for each in emulator.requests].count(401) == 1


@pytest.mark.parametrize("refusal", ["redirect", "login_page"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_wrong_password_is_tried_once_with_companies(
    emulator: Emulator,
    check_mode: bool,  # noqa: FBT001 - a parameter of the test
    refusal: str,
) -> None:
    emulator.set_variants(status_auth="none", json_unauthorised=refusal)
    log_out(connection_to(emulator, password="wrong"), ["novak"], ["demo"], check_mode=check_mode)
    assert asked(emulator) == ["GET /status.json", "GET /c.json"]


# A thousand users


FAULTS_OF_A_BAD_DAY = ["drop_before", "drop_after", "reset_after", "garbage", "truncate", "status", "status_after"]


@pytest.mark.parametrize(("auth_method", "seed"), [("basic", 1), ("session", 2)])
def test_a_thousand_users_with_a_fault_on_every_tenth_request(
    emulator: Emulator, clock: FakeClock, auth_method: str, seed: int
) -> None:
    users = crowd(emulator, 1000)
    for number, action in enumerate(FAULTS_OF_A_BAD_DAY):
        chance = {"probability": 0.1 / len(FAULTS_OF_A_BAD_DAY), "seed": 100 * seed + number}
        emulator.add_fault(action=action, when=chance, match={"path": "^/status"})
    # That one request fails nine times in a row is out of the question.
    connection = connection_to(emulator, auth_method=auth_method, concurrency=4, retries=8)
    done = log_out(connection, users, clock=clock)
    assert done.code is None
    assert done.summary["counts"]["logged_out"] == 1000
    assert emulator.state.counts() == (0, 0)
    assert sum(fault["hits"] for fault in emulator.faults()) > 70
    assert sum(each["attempts"] for each in done.summary["results"]) <= len(emulator.requests) - 1
    check_report(emulator, done, users)


def test_a_server_that_goes_into_maintenance_ends_the_run(emulator: Emulator, clock: FakeClock) -> None:
    users = crowd(emulator, 30)
    emulator.add_fault(action="status", code=503, when={"nth": list(range(4, 200))})
    done = log_out(connection_to(emulator, concurrency=1), users, clock=clock)
    assert done.code == "unavailable"
    assert list(done.statuses.values()) == ["logged_out"] * 2 + ["failed"] * 28
    # A 503 says nothing of the server behind it, so that it takes three in a row, and one look.
    assert len(emulator.requests) == 1 + 2 + 3 * 4 + 1
