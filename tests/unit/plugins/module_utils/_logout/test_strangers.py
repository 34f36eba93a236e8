# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are not Flexi's never count, and those of Flexi do, in whatever shape they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    FakeClock,
    asked,
    check_report,
    connection_to,
    crowd,
    log_out,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

JSON = "application/json"
ENVELOPES = {"envelope", "envelope_without_code", "envelope_unknown_address", "xml"}
COOKIES = pytest.mark.parametrize("lang_cookie", KNOWN["lang_cookie"])
CONCURRENCY = 8


def half_idle(active: int, idle: int) -> dict[str, Any]:
    """Return a state in which only some of the users are logged in."""
    groups = [("a", active, 1), ("i", idle, 0)]
    return {
        "users": [
            ADMIN,
            *(
                {"username": f"{letter}{number:02}", "sessions": sessions}
                for letter, count, sessions in groups
                for number in range(count)
            ),
        ]
    }


# Flexi's own


@COOKIES
@pytest.mark.parametrize("not_found", KNOWN["not_found"])
def test_of_fifty_users_forty_are_idle(emulator: Emulator, not_found: str, lang_cookie: str) -> None:
    emulator.reset(state=half_idle(10, 40), variants={"not_found": not_found, "lang_cookie": lang_cookie})
    users = [f"a{number:02}" for number in range(10)] + [f"i{number:02}" for number in range(40)]
    done = log_out(connection_to(emulator, concurrency=CONCURRENCY), users[::-1], policy=Policy(unknown_users="warn"))
    assert done.statuses == {user: "logged_out" if user[0] == "a" else "not_logged_in" for user in users}
    assert (done.code, done.report.warnings) == (None, [])
    posts = len(asked(emulator, "logout"))
    assert posts <= (58 if not_found in ENVELOPES else 90)
    assert sum(each["attempts"] for each in done.summary["results"]) == posts
    check_report(emulator, done, users[::-1])


@pytest.mark.parametrize("not_found", KNOWN["not_found"])
@pytest.mark.parametrize("ignore_not_found", [True, False])
def test_where_it_is_a_failure_the_others_go_on_too(
    emulator: Emulator, not_found: str, *, ignore_not_found: bool
) -> None:
    emulator.reset(state=half_idle(3, 12), variants={"not_found": not_found})
    users = [*(f"i{number:02}" for number in range(12)), "a00", "a01", "a02"]
    policy = Policy(ignore_not_found=ignore_not_found)
    done = log_out(connection_to(emulator, concurrency=4), users, policy=policy)
    idle = "not_logged_in" if ignore_not_found else "failed"
    assert done.statuses == {user: idle if user[0] == "i" else "logged_out" for user in users}


@pytest.mark.parametrize("not_found", KNOWN["not_found"])
@pytest.mark.parametrize("hides", KNOWN["flag_hides_unknown_login"])
def test_an_unknown_user_is_one_whatever_flexi_says_of_them(emulator: Emulator, not_found: str, hides: str) -> None:
    emulator.set_variants(not_found=not_found, flag_hides_unknown_login=hides)
    done = log_out(connection_to(emulator), ["bezprav", "nowak", "novak"])
    assert done.statuses == {"bezprav": "not_logged_in", "nowak": "unknown_user", "novak": "logged_out"}


@COOKIES
@pytest.mark.parametrize("body", KNOWN["success_body"])
@pytest.mark.parametrize("compression", KNOWN["compression"])
def test_a_yes_in_every_shape(emulator: Emulator, body: str, compression: str, lang_cookie: str) -> None:
    emulator.set_variants(success_body=body, lang_cookie=lang_cookie, compression=compression)
    done = log_out(connection_to(emulator), ["novak"])
    # A bare yes without the cookie that the server is known to set may be that of a proxy.
    is_marked = body in {"json", "xml"} or lang_cookie in {"yes", "no"}
    assert done.statuses == {"novak": "logged_out" if is_marked else "failed"}
    assert done.summary["changed"] is is_marked


# Somebody else's


NOBODYS_200: list[dict[str, Any]] = [
    {"content_type": JSON, "body": {"error": "maintenance"}},
    {"content_type": JSON, "body": {"errors": [{"message": "x"}]}},
    {"content_type": JSON, "body": {"success": 0}},
    {"content_type": JSON, "body": {"success": True}},
    {"content_type": JSON, "body": {"status": {"version": "1"}}},
    {"content_type": JSON, "body": {}},
    {"content_type": JSON, "body": []},
    {"content_type": "text/plain", "body": "please log in"},
    {"content_type": "text/plain", "body": "ok"},
    {"content_type": "text/plain", "body": ""},
    {"content_type": "text/html", "body": "<html><body>Maintenance</body></html>"},
    {"content_type": "text/html", "body": "<h1>Maintenance</h1>"},
]
NOBODYS_404: list[dict[str, Any]] = [
    {"content_type": JSON, "body": {"winstrom": {"success": "false", "message@messageCode": "adresaNeplatnaUrl"}}},
    {"content_type": JSON, "body": {"winstrom": {"success": "false", "message": "Ne."}}},
    {"content_type": "application/xml", "body": "<winstrom><success>false</success></winstrom>"},
    {"content_type": JSON, "body": {"message": "no Route matched with those values"}},
    {"content_type": JSON, "body": {}},
    {"content_type": "text/plain", "body": "404 page not found"},
    {"content_type": "text/plain", "body": ""},
    {"content_type": "text/html", "body": "<html><h1>404</h1></html>"},
]
STRANGERS: list[dict[str, Any]] = [
    *({"code": 200, **answer} for answer in NOBODYS_200),
    *({"code": 404, **answer} for answer in NOBODYS_404),
    {"code": 303, "headers": {"Location": "/sso/login/status/user"}, "body": ""},
    {"code": 303, "headers": {"Location": "https://other.invalid/status/user"}, "body": ""},
]
EACH_STRANGER = pytest.mark.parametrize("answer", STRANGERS, ids=lambda answer: f"{answer['code']}-{answer['body']}")


@EACH_STRANGER
@pytest.mark.parametrize("concurrency", [1, CONCURRENCY])
def test_who_answers_every_logout_instead_of_flexi_has_logged_nobody_out(
    emulator: Emulator, answer: dict[str, Any], concurrency: int
) -> None:
    users = crowd(emulator, 20)
    emulator.add_fault({"action": "status", **answer}, match={"path": "/logout$"})
    done = log_out(connection_to(emulator, concurrency=concurrency), users)
    assert set(done.statuses.values()) == {"failed"}
    assert (done.summary["changed"], done.code is None) == (False, False)
    assert len(asked(emulator, "logout")) <= 2 * len(users)
    check_report(emulator, done, users)


@pytest.mark.parametrize(
    "answer",
    [each for each in STRANGERS if each["code"] != 404],
    ids=lambda answer: f"{answer['code']}-{answer['body']}",
)
def test_who_answers_some_logouts_has_not_logged_these_users_out(emulator: Emulator, answer: dict[str, Any]) -> None:
    users = crowd(emulator, 20)
    emulator.add_fault({"action": "status", **answer}, match={"path": "/logout$"}, when={"nth": [3, 4, 5, 11]})
    done = log_out(connection_to(emulator, concurrency=CONCURRENCY), users)
    check_report(emulator, done, users)
    for each in done.summary["results"]:
        assert (each["status"] == "logged_out") is not emulator.state.is_logged_in(each["user"])


@EACH_STRANGER
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("companies", [None, ["demo"]])
def test_who_answers_everything_is_no_flexi(
    emulator: Emulator, answer: dict[str, Any], companies: list[str] | None, *, check_mode: bool
) -> None:
    users = crowd(emulator, 20)
    emulator.add_fault({"action": "status", **answer})
    done = log_out(connection_to(emulator), users, companies, check_mode=check_mode)
    assert set(done.statuses.values()) == {"failed"}
    assert (done.code in {"not_flexi", "redirected"}, done.summary["changed"]) == (True, False)
    assert asked(emulator) == ["GET /status.json"]


@pytest.mark.parametrize("status", [{"version": "1"}, {"version": "1", "uptime": 5}, {"name": "x", "sessions": 1}])
def test_a_status_of_something_else_to_everything_is_no_flexi(emulator: Emulator, status: dict[str, Any]) -> None:
    emulator.add_fault(action="status", code=200, content_type=JSON, body={"status": status})
    assert log_out(connection_to(emulator), ["novak"]).code == "not_flexi"


def test_a_status_of_flexi_to_everything_logs_nobody_out(emulator: Emulator) -> None:
    """As from a cache that takes every address for the same."""
    status = {"version": "2026.5.2", "licenseName": "x", "loggedUser": 1, "sessions": 1}
    emulator.add_fault(action="status", code=200, content_type=JSON, body={"status": status})
    done = log_out(connection_to(emulator), ["novak", "franta"])
    assert (set(done.statuses.values()), done.summary["changed"]) == ({"failed"}, False)


@pytest.mark.parametrize("locations", KNOWN["locations"])
def test_a_redirect_to_the_page_of_users_is_a_yes_with_and_without_a_proxy_that_does_tls(
    emulator: Emulator, locations: str
) -> None:
    base = {"relative": "", "absolute": emulator.https, "http": "http://localhost"}[locations]
    emulator.add_fault(
        action="status_after", code=303, headers={"Location": f"{base}/status/user"}, body="", match={"login": "novak"}
    )
    assert log_out(connection_to(emulator), ["novak"]).statuses == {"novak": "logged_out"}


# A server that limits its rate


@pytest.mark.parametrize("code", [429, 503])
def test_a_server_that_limits_its_rate_costs_nobody_a_try(emulator: Emulator, clock: FakeClock, code: int) -> None:
    users = crowd(emulator, 60)
    limit = {"action": "status", "code": code, "headers": {"Retry-After": "1"}}
    # Without a try to spend, the first of these would be the end of one user.
    emulator.add_fault(limit, match={"path": "/logout$"}, when={"probability": 0.3, "seed": 7})
    done = log_out(connection_to(emulator, concurrency=4, retries=0), users, clock=clock)
    assert (done.code, done.summary["counts"]["logged_out"]) == (None, 60)
    [warning] = done.report.warnings
    assert warning.startswith(f"The server limited the rate of requests: it answered {code} ")
    check_report(emulator, done, users)
