# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling who is logged in: exactly, or not at all and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._tasks.session_info import SESSION_INFO
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import ADMIN, asked, perform

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

BOTH_MODES = pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
LOGGED_IN = sorted(["novak", "franta", "jan.novak@firma.cz", "Žaneta Ř/ezníčková"])


@BOTH_MODES
def test_what_it_tells(emulator: Emulator, *, check_mode: bool) -> None:
    done = perform(SESSION_INFO, emulator, check_mode=check_mode)
    assert done.result == {
        "changed": False,
        "msg": "Flexi 2026.5.2, 4 users logged in.",
        "server": {
            "version": "2026.5.2",
            "license_name": "Nejlepší firma a.s.",
            "license_variant": "Premium",
            "operating_system": "Linux",
            "java_version": "21.0.4",
        },
        "logged_in_users": 4,
        "sessions": 5,
        "exact": True,
        "reason": None,
        "users": LOGGED_IN,
        "acting_user": "admin",
        "in_session": False,
    }
    assert done.warnings == []
    assert asked(emulator) == ["GET /status.json", "GET /status/user"]


@pytest.mark.parametrize("user_page", KNOWN["user_page"])
@pytest.mark.parametrize("counts", KNOWN["counts"])
@pytest.mark.parametrize("values", KNOWN["status_values"])
@pytest.mark.parametrize("who", ["some", "nobody"])
def test_each_combination_of_page_and_counts(
    emulator: Emulator, user_page: str, counts: str, values: str, who: str
) -> None:
    variants = {"user_page": user_page, "counts": counts, "status_values": values}
    emulator.reset(state={} if who == "some" else {"users": [ADMIN]}, variants=variants)
    logged_in = sorted(emulator.state.logged_in())
    users, sessions = emulator.state.counts()
    result = perform(SESSION_INFO, emulator).result
    assert result["logged_in_users"] == (users if counts in {"yes", "users_only"} else None)
    assert result["sessions"] == (sessions if counts in {"yes", "sessions_only"} else None)
    # A page without anybody on it is right where nobody is counted.
    agrees = {"yes", "contexts", "twice", "entities"} | ({"bare"} if not logged_in else set())
    no_sessions = who == "nobody" and counts in {"yes", "sessions_only"}
    is_known = no_sessions or (user_page in agrees and counts in {"yes", "users_only"})
    assert (result["exact"], result["users"]) == (is_known, logged_in if is_known else None)
    assert (result["reason"] is None) is is_known
    assert result["msg"].endswith("users logged in." if is_known else str(result["reason"]))


def test_the_message_where_nothing_is_told(emulator: Emulator) -> None:
    emulator.set_variants(counts="missing")
    assert perform(SESSION_INFO, emulator).result["msg"] == (
        "Flexi 2026.5.2, an unknown number of users logged in. /status.json does not say how many users are logged in."
    )


def test_a_user_who_may_not_see_the_status_is_told_what_is_not_known(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=403, message="K této akci nemáte přístup.", match={"path": "status"})
    result = perform(SESSION_INFO, emulator).result
    assert result["msg"].startswith("Flexi of unknown version, an unknown number of users logged in. ")
    assert set(result["server"].values()) == {None}
    unknown = {name for name in ("logged_in_users", "sessions", "users") if result[name] is None}
    assert (len(unknown), result["exact"]) == (3, False)


def test_nobody_is_logged_in(emulator: Emulator) -> None:
    emulator.reset(state={"users": [ADMIN]})
    result = perform(SESSION_INFO, emulator).result
    assert (result["logged_in_users"], result["sessions"], result["users"]) == (0, 0, [])
    assert result["msg"] == "Flexi 2026.5.2, 0 users logged in."


def test_it_changes_nothing(emulator: Emulator) -> None:
    before = emulator.state.as_dict()
    perform(SESSION_INFO, emulator)
    assert emulator.state.as_dict() == before


def test_in_a_session_the_own_one_is_told_and_ended(emulator: Emulator) -> None:
    result = perform(SESSION_INFO, emulator, auth_method="session").result
    assert result["users"] == sorted([*LOGGED_IN, "admin"])
    assert result["acting_user"] == "admin"
    assert sorted(emulator.state.logged_in()) == LOGGED_IN


def test_in_check_mode_no_session_is_made(emulator: Emulator) -> None:
    result = perform(SESSION_INFO, emulator, auth_method="session", check_mode=True).result
    assert result["users"] == LOGGED_IN
    assert {each.method for each in emulator.requests} == {"GET"}


@pytest.mark.parametrize("username", ["", None])
def test_who_acts_is_null_where_it_is_not_told(emulator: Emulator, username: str | None) -> None:
    [token] = emulator.state.log_in("admin")
    options: dict[str, Any] = {"session_id": token, "username": username, "password": None}
    result = perform(SESSION_INFO, emulator, auth_method="session", **options).result
    assert (result["acting_user"], result["in_session"]) == (None, True)
    assert "admin" in result["users"]
    assert emulator.state.sessions_of("admin") == [token]


@pytest.mark.parametrize(
    ("options", "code", "requests"),
    [
        pytest.param({"password": "wrong"}, "auth_failed", 1, id="refused"),
        pytest.param({"url": "flexi.example.com"}, "invalid_option", 0, id="no-address"),
        pytest.param({"username": "", "password": ""}, "invalid_option", 0, id="nobody"),
    ],
)
def test_a_failure_has_the_keys_of_every_module(
    emulator: Emulator, options: dict[str, Any], code: str, requests: int
) -> None:
    done = perform(SESSION_INFO, emulator, **options)
    assert (done.code, done.result["changed"]) == (code, False)
    assert set(done.result) == {"changed", "msg", "failure"}
    assert done.result["msg"].startswith(done.result["failure"]["message"])
    assert len(emulator.requests) == requests


def test_a_server_that_is_no_flexi_is_a_failure(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=200, content_type="text/html", body="<html>Hello</html>")
    assert perform(SESSION_INFO, emulator).code == "not_flexi"
