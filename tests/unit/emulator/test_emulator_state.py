# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users to begin with, those who are added, and those who log in again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.tests.emulator import selection
from ansible_collections.abra.flexi.tests.unit.emulator.support import ADMIN, JSON, Client, basic, control, received

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator


# Users to begin with


def test_generated_users(emulator: Emulator) -> None:
    crowd = [
        {"prefix": "ucetni", "count": 3, "sessions": 2, "roles": {"demo": "UCETNI"}, "contexts": ["demo"]},
        {"prefix": "sklad", "count": 2, "roles": {"demo": "SKLADNIK", "prazdna": ["SKLADNIK", "UCETNI"]}},
        {"prefix": "pryc", "count": 12000, "blocked": True, "userType": "READ_ONLY", "email": "x@example.com"},
    ]
    emulator.reset({"users": [ADMIN], "generate_users": crowd})
    users = emulator.state.users
    assert list(users)[:4] == ["admin", "ucetni0001", "ucetni0002", "ucetni0003"]
    assert len(users) == 12006
    assert emulator.state.counts() == (3, 6)
    assert emulator.state.contexts_of("ucetni0002") == ["demo"]
    assert users["sklad0002"].roles == {"demo": ("SKLADNIK",), "prazdna": ("SKLADNIK", "UCETNI")}
    last = users["pryc12000"]
    assert (last.blocked, last.user_type, last.email, last.roles) == (True, "READ_ONLY", "x@example.com", None)


def test_users_are_added(client: Client, emulator: Emulator) -> None:
    emulator.add_fault(action="status", match={"path": "^/neni"})
    client.get("/status.json", "admin")
    sessions = emulator.state.sessions_of("novak")
    assert emulator.state.add_users([{"username": "novy", "sessions": 1}], {"count": 4999, "sessions": 1}) == 5000
    assert emulator.state.counts() == (5004, 5005)
    # Nothing else begins anew.
    assert (emulator.state.sessions_of("novak"), len(emulator.requests), len(emulator.faults())) == (sessions, 1, 1)
    assert client.get("/u.json", headers=basic("user0001", "generated-password")).status == 403


@pytest.mark.parametrize(
    ("users", "generated"),
    [
        ([{"username": "novak"}], None),
        ([{"username": "x"}, {"username": "x"}], None),
        ([{"username": "user0001"}], {"count": 1}),
        ([{"username": "x", "contexts": ["neni"]}], None),
        ([{"username": "x", "colour": "red"}], None),
        ([{"password": "x"}], None),
        ([], {"count": 1, "username": "x"}),
        ([], [{"count": 1, "colour": "red"}]),
        ([{"username": "x", "logs_in_again": {"often": 3}}], None),
    ],
)
def test_wrong_users_are_refused(emulator: Emulator, users: list[dict[str, Any]], generated: Any) -> None:
    before = emulator.state.as_dict()
    with pytest.raises(ValueError, match=r"unknown in|there already|is wrong"):
        emulator.state.add_users(users, generated)
    assert emulator.state.as_dict() == before


def test_selection(emulator: Emulator) -> None:
    emulator.reset(selection())
    state = emulator.state.as_dict()
    users = state["users"]
    assert {"novak", "novakova", "nowak", "Novak"} <= users.keys()
    assert users["novakova"]["roles"] == {"demo": ("UCETNI",), "demo_2025": ("CTENAR",)}
    assert (users["blokovana"]["blocked"], users["api"]["userType"]) == (True, "REST_API")
    assert state["counts"] == {"loggedUser": 9, "sessions": 10}
    assert {each["nazev"] for each in state["companies"]} & {each["dbNazev"] for each in state["companies"]} == {
        "archiv"
    }


def test_control_adds_users(emulator: Emulator) -> None:
    body = {"users": [{"username": "novy"}], "generate_users": {"count": 2, "sessions": 1}}
    assert control(emulator, "POST", "/users", body) == {"added": 3}
    assert "there already" in control(emulator, "POST", "/users", body)["error"]
    assert "error" in control(emulator, "POST", "/users", {"user": "novy"})
    assert emulator.state.counts() == (6, 7)


# Users who log in again


def test_logs_in_again(client: Client, emulator: Emulator) -> None:
    emulator.state.logs_in_again("novak")
    old = emulator.state.sessions_of("novak")
    for _time in range(3):
        assert client.logout("novak").status == 200
        assert len(emulator.state.sessions_of("novak")) == 1
        assert set(old).isdisjoint(emulator.state.sessions_of("novak"))
        assert emulator.state.contexts_of("novak") == ["demo", "test_firma"]
        assert emulator.state.counts()[0] == 4
    assert client.get("/status.json", headers={"X-authSessionId": old[0]}).status == 302
    emulator.state.logs_in_again("novak", how=False)
    assert [client.logout("novak").status for _time in range(2)] == [200, 404]
    assert client.logout("franta").status == 200
    assert emulator.state.counts() == (2, 2)


def test_logs_in_again_a_number_of_times(client: Client, emulator: Emulator) -> None:
    control(emulator, "POST", "/logs-in-again", {"user": "franta", "how": 2})
    assert [client.logout("franta").status for _time in range(4)] == [200, 200, 200, 404]
    assert "error" in control(emulator, "POST", "/logs-in-again", {"user": "nikdo"})
    assert "error" in control(emulator, "POST", "/logs-in-again", {"user": "novak", "how": {"often": 1}})


def test_logs_in_again_a_moment_later(client: Client, emulator: Emulator) -> None:
    again = {"times": 1, "after": 0.2, "sessions": 3}
    emulator.reset({"users": [ADMIN, {"username": "novak", "sessions": 1, "logs_in_again": again}]})
    assert client.logout("novak").status == 200
    assert emulator.state.counts() == (0, 0)
    assert client.get("/status.json", "admin").json["status"]["loggedUser"] == 0
    time.sleep(0.25)
    assert client.get("/status.json", "admin").json["status"]["loggedUser"] == 1
    assert emulator.state.counts() == (1, 3)
    assert [client.logout("novak").status for _time in range(2)] == [200, 404]
    assert emulator.state.counts() == (0, 0)


def test_who_does_not_log_in_again(client: Client, emulator: Emulator) -> None:
    # No session was ended, or the user cannot log in.
    for login in ("a b", "novak", "franta"):
        emulator.state.logs_in_again(login)
    emulator.state.users["franta"].blocked = True
    assert [client.logout(login).status for login in ("a b", "franta")] == [404, 200]
    assert client.logout("novak", "?company=demo").status == 200
    assert emulator.state.sessions_of("a b") == emulator.state.sessions_of("franta") == []
    assert emulator.state.contexts_of("novak") == ["test_firma"]
    emulator.reset()
    assert [client.logout("novak").status for _time in range(2)] == [200, 404]


def test_still_logged_in_after_a_success(client: Client, emulator: Emulator) -> None:
    match = {"login": "novak", "path": "/logout$"}
    emulator.add_fault(action="status", code=200, content_type="application/json", body="{}", match=match)
    assert client.logout("novak").status == client.logout("franta").status == 200
    assert emulator.state.is_logged_in("novak")
    assert not emulator.state.is_logged_in("franta")


def test_reset_forgets_who_was_to_come_back(client: Client, emulator: Emulator) -> None:
    emulator.state.logs_in_again("novak", {"after": 0.05})
    assert client.logout("novak").status == 200
    emulator.reset({"users": [ADMIN]})
    time.sleep(0.1)
    assert emulator.state.counts() == (0, 0)


# What was asked


def test_requests_by_path(client: Client, emulator: Emulator) -> None:
    connection = client.connection()
    for path in ("/u.json?limit=0", "/c.json", "/u.json"):
        connection.request("GET", path, headers={**JSON, **basic("admin")})
        assert received(connection).status == 200
    connection.close()
    client.logout("novak")
    counts = {"GET /u.json": 2, "GET /c.json": 1, "POST /status/user/novak/logout": 1}
    assert emulator.requests_by_path() == counts
    assert control(emulator, "GET", "/requests/by-path") == counts
    emulator.clear_requests()
    assert emulator.requests_by_path() == {}
