# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role finds out by itself whom to log out: compared with the server's state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.tests.emulator import Emulator, selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run


@pytest.fixture
def flexi() -> Iterator[Emulator]:
    """Start a server with many kinds of users."""
    with Emulator(state=selection()) as server:
        yield server


def log_out(ansible: Ansible, *options: str, **variables: Any) -> Run:
    """Run the role, and leave its result in a file."""
    (ansible.folder / "vars.json").write_text(json.dumps(variables), encoding="utf-8")
    return ansible.play(
        """
- name: Log out
  ansible.builtin.include_role:
    name: abra.flexi.user_logout
- name: Write the result down
  ansible.builtin.copy:
    content: "{{ user_logout_result | to_json }}"
    dest: "{{ playbook_dir }}/result.json"
    mode: "0600"
  check_mode: false
""",
        *("-e", "@vars.json", *options),
    )


def result(ansible: Ansible) -> dict[str, Any]:
    """Return the result that the role has left."""
    read: dict[str, Any] = json.loads((ansible.folder / "result.json").read_text(encoding="utf-8"))
    return read


def logged_in(server: Emulator) -> set[str]:
    """Return who has a session."""
    return {name for name, user in server.state.as_dict()["users"].items() if user["sessions"]}


def members(server: Emulator, company: str, *roles: str) -> set[str]:
    """Return who has one of the roles in the company."""
    users = server.state.as_dict()["users"].items()
    return {name for name, user in users if set(roles) & set((user["roles"] or {}).get(company, ()))}


def test_everyone_with_a_role_but_one(ansible: Ansible, flexi: Emulator) -> None:
    accountants = members(flexi, "demo", "UCETNI")
    chief = min(accountants & logged_in(flexi))
    wanted = accountants - {chief, "admin"}
    before = logged_in(flexi)
    variables = {
        "user_logout_users_in_companies": ["demo"],
        "user_logout_users_with_roles": ["UCETNI"],
        "user_logout_exclude_users": [chief],
    }
    state = flexi.state.as_dict()
    check = log_out(ansible, "--check", **variables)

    assert check.status == 0, check.output
    would = {each["user"] for each in result(ansible)["results"] if each["status"] == "would_log_out"}
    assert would == wanted & before
    assert {request.method for request in flexi.requests} == {"GET"}
    assert {name: user["sessions"] for name, user in flexi.state.as_dict()["users"].items()} == {
        name: user["sessions"] for name, user in state["users"].items()
    }

    real = log_out(ansible, **variables)

    assert real.status == 0, real.output
    assert wanted & before
    assert logged_in(flexi) == before - wanted
    assert set(result(ansible)["selected"][0]["users"]) == wanted
    assert result(ansible)["excluded"] == [chief]
    assert result(ansible)["selected"][0]["from"] == "company demo, roles UCETNI"
    asked = {request.path.split("/")[3] for request in flexi.requests if request.method == "POST"}
    assert len(asked) == len(wanted)


def test_everyone_who_is_logged_in_but_the_acting_user(ansible: Ansible, flexi: Emulator) -> None:
    before = logged_in(flexi)
    done = log_out(ansible, user_logout_users_logged_in=True, user_logout_exclude_users="novak")

    assert done.status == 0, done.output
    assert logged_in(flexi) == before & {"novak", "admin"}


@pytest.mark.parametrize("variants", [{"user_page": "missing"}, {"user_page": "stale"}, {"counts": "sessions_only"}])
def test_it_does_not_guess_who_is_logged_in(ansible: Ansible, flexi: Emulator, variants: dict[str, str]) -> None:
    flexi.set_variants(**variants)
    before = logged_in(flexi)
    done = log_out(ansible, user_logout_users_logged_in=True)

    assert done.status != 0
    assert "nobody was logged out" in done.output
    assert logged_in(flexi) == before


@pytest.mark.parametrize("whom", [{"users_logged_in": True}, {"users_in_companies": "demo"}])
def test_a_session_of_nobody_knows_whom_is_not_ended(ansible: Ansible, flexi: Emulator, whom: dict[str, Any]) -> None:
    [token] = flexi.state.log_in("admin")
    before = logged_in(flexi)
    selected = {f"user_logout_{name}": value for name, value in whom.items()}
    del ansible.environment["ABRAFLEXI_LOGIN"]
    done = log_out(ansible, user_logout_session_id=token, **selected)

    assert done.status != 0
    assert "Set username together with session_id." in " ".join(done.output.split())
    assert logged_in(flexi) == before


@pytest.mark.parametrize("number", [500, 501])
def test_more_than_a_mistake_can_be(ansible: Ansible, flexi: Emulator, number: int) -> None:
    flexi.state.add_users([], [{"prefix": "many", "count": number, "sessions": 1, "roles": {"demo": "MANY"}}])
    done = log_out(ansible, user_logout_users_in_companies="demo", user_logout_users_with_roles="many")
    left = len([name for name in logged_in(flexi) if name.startswith("many")])

    assert (done.status, left) == ((0, 0) if number == 500 else (2, number)), done.output
    assert ("more than max_selected allows" in done.output) == (number != 500)


def test_nobody_selected_is_ok_and_says_so(ansible: Ansible, flexi: Emulator) -> None:
    before = logged_in(flexi)
    done = log_out(ansible, user_logout_users_in_companies="demo", user_logout_users_with_roles="NOBODY")

    assert done.status == 0, done.output
    assert result(ansible)["msg"] == "Nobody to log out."
    assert logged_in(flexi) == before


@pytest.mark.parametrize("how", ["forbidden", "missing", "html", "broken", "strange", "own"])
def test_a_list_that_cannot_be_read_logs_nobody_out(ansible: Ansible, flexi: Emulator, how: str) -> None:
    flexi.set_variants(company_users=how)
    before = logged_in(flexi)
    done = log_out(ansible, user_logout_users_in_companies="demo")

    assert logged_in(flexi) == before
    if how == "own":
        assert "may be because this user may not see them" in " ".join(done.output.split())
    else:
        assert done.status != 0


def test_a_display_name_is_answered_with_the_database_name(ansible: Ansible, flexi: Emulator) -> None:
    titles = {each["dbNazev"]: each["nazev"] for each in flexi.state.as_dict()["companies"]}
    done = log_out(ansible, user_logout_users_in_companies=[titles["demo"]])

    assert done.status != 0
    assert "Its database name is demo." in done.output


def test_named_users_selected_users_and_lists_go_together(ansible: Ansible, flexi: Emulator) -> None:
    accountants = members(flexi, "demo", "UCETNI")
    before = logged_in(flexi)
    others = sorted(before - accountants - {"admin"})[:2]
    done = log_out(
        ansible,
        user_logout_users=others[:1],
        user_logout_lists=[{"users": others[1:]}],
        user_logout_users_in_companies="demo",
        user_logout_users_with_roles="code:UCETNI",
    )

    assert done.status == 0, done.output
    assert logged_in(flexi) == before - accountants - set(others)


def test_who_is_excluded_in_other_letters_stays_logged_in(ansible: Ansible, flexi: Emulator) -> None:
    before = logged_in(flexi)
    excluded = min(members(flexi, "demo", "UCETNI") & before)
    done = log_out(
        ansible,
        user_logout_users=[excluded],
        user_logout_users_in_companies="demo",
        user_logout_users_with_roles="UCETNI",
        user_logout_exclude_users=excluded.upper(),
    )

    assert done.status == 0, done.output
    assert excluded in logged_in(flexi)
    assert logged_in(flexi) < before


def test_whoever_does_the_logging_out_is_left_out_in_other_letters_too(ansible: Ansible, flexi: Emulator) -> None:
    log_out(ansible, user_logout_users_in_companies="demo", user_logout_username="ADMIN")

    assert "/status/user/admin/logout" not in [request.path for request in flexi.requests]
