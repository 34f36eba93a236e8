# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks, called by their names from an installed build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
    from ansible_collections.abra.flexi.tests.emulator import Emulator

USERS: dict[str, Any] = {"user_logout_users": ["novak", "franta", "nobody"]}


def test_it_is_the_installed_build(ansible: Ansible) -> None:
    where = ansible.run("ansible-doc", "-F", "abra.flexi").output

    assert f"{Path('build', 'installed', 'ansible_collections', 'abra', 'flexi', 'plugins')}" in where


def test_check_mode_then_real_then_again(ansible: Ansible, flexi: Emulator) -> None:
    before = flexi.state.as_dict()
    check = ansible.run("ansible-playbook", "abra.flexi.logout_users", "-e", json.dumps(USERS), "--check", "--diff")

    assert check.status == 0
    assert "changed=1" in check.output
    assert "-novak: logged in" in check.output
    assert "+novak: not logged in" in check.output
    assert {request.method for request in flexi.requests} == {"GET"}
    assert flexi.state.as_dict() == before

    real = ansible.run("ansible-playbook", "abra.flexi.logout_users", "-e", json.dumps(USERS))

    assert real.status == 0
    assert "2 logged out, 1 unknown user (nobody)" in real.output
    assert not flexi.state.is_logged_in("novak")
    assert not flexi.state.is_logged_in("franta")
    assert flexi.state.is_logged_in("jan.novak@firma.cz")

    again = ansible.run("ansible-playbook", "abra.flexi.logout_users", "-e", json.dumps(USERS))

    assert again.status == 0
    assert "changed=0" in again.output
    assert "2 not logged in, 1 unknown user (nobody)" in again.output


@pytest.mark.parametrize("playbook", ["logout_users", "rollout_example"])
@pytest.mark.parametrize("hosts", [None, "", " ", [], ",", "!flexi1", "flexi9"], ids=str)
def test_hosts_that_are_left_out_are_this_machine_and_none_are_refused(
    ansible: Ansible, flexi: Emulator, playbook: str, hosts: Any
) -> None:
    given = USERS | {"user_logout_hosts": hosts, "rollout_file": str(ansible.folder / "rights.csv")}
    if playbook == "logout_users":
        del given["rollout_file"]
    done = ansible.run("ansible-playbook", f"abra.flexi.{playbook}", "-e", json.dumps(given))

    is_refused = hosts not in (None, "", " ")
    assert (done.status != 0, flexi.state.is_logged_in("novak")) == (is_refused, is_refused), done.output
    says = "user_logout_hosts has flexi9, which" if hosts == "flexi9" else "user_logout_hosts is empty"
    assert (says in " ".join(done.output.split())) is is_refused
    assert not (is_refused and (ansible.folder / "rights.csv").exists())


@pytest.mark.parametrize("playbook", ["logout_users", "rollout_example", "check_server"])
def test_extra_variables_of_which_ansible_would_drop_a_part_are_refused(
    ansible: Ansible, flexi: Emulator, playbook: str
) -> None:
    done = ansible.run("ansible-playbook", f"abra.flexi.{playbook}", "-e", "user_logout_users=novak, franta")

    assert done.status != 0
    assert "text that belongs to none of them" in " ".join(done.output.split())
    assert not flexi.requests


@pytest.mark.parametrize("playbook", ["logout_users", "rollout_example"])
def test_a_backslash_that_ansible_reads_as_the_end_of_a_line_logs_nobody_out(
    ansible: Ansible, flexi: Emulator, playbook: str
) -> None:
    done = ansible.run("ansible-playbook", f"abra.flexi.{playbook}", "-e", r"user_logout_users=AD\novak")

    assert done.status != 0
    assert "The extra variable user_logout_users has a backslash" in " ".join(done.output.split())
    assert not flexi.requests


@pytest.mark.parametrize("name", ["companies", "flexi_user_logout_exclude_users"])
@pytest.mark.parametrize("playbook", ["logout_users", "rollout_example"])
def test_an_extra_variable_that_nothing_reads_is_refused(
    ansible: Ansible, flexi: Emulator, playbook: str, name: str
) -> None:
    given = json.dumps(USERS | {"rollout_file": str(ansible.folder / "rights.csv"), name: ["demo"]})
    done = ansible.run("ansible-playbook", f"abra.flexi.{playbook}", "-e", given)

    assert done.status != 0
    assert "These extra variables are not used here" in " ".join(done.output.split())
    assert not flexi.requests
    assert not (ansible.folder / "rights.csv").exists()


def test_where_nothing_notifies_the_handler_the_inventory_does_not_make_it_wait(
    ansible: Ansible, flexi: Emulator
) -> None:
    inventory = {"all": {"hosts": {"localhost": {"ansible_connection": "local", "user_logout_mode": "handler"}}}}
    (ansible.folder / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    command = ("ansible-playbook", "-i", "inventory.json", "abra.flexi.logout_users", "-e", json.dumps(USERS))
    typed = ansible.run(*command, "-e", "user_logout_mode=handler")

    assert typed.status == 0
    assert "Users are logged out only if the handler is notified." in " ".join(typed.output.split())
    assert not flexi.requests

    done = ansible.run(*command)

    assert done.status == 0
    assert not flexi.state.is_logged_in("novak")


def test_the_example_of_a_rollout_logs_out_only_after_a_change(ansible: Ansible, flexi: Emulator) -> None:
    command = [
        *("ansible-playbook", "abra.flexi.rollout_example", "-e", json.dumps(USERS)),
        *("-e", f"rollout_file={ansible.folder / 'rights.csv'}"),
    ]
    first = ansible.run(*command)

    assert first.status == 0
    assert not flexi.state.is_logged_in("novak")

    flexi.state.log_in("novak")
    flexi.clear_requests()
    second = ansible.run(*command)

    assert second.status == 0
    assert flexi.state.is_logged_in("novak")
    assert not flexi.requests


def test_a_failure_ends_the_playbook_with_one_sentence(ansible: Ansible, flexi: Emulator) -> None:
    run = ansible.run(
        *("ansible-playbook", "abra.flexi.logout_users", "-e", json.dumps(USERS)), ABRAFLEXI_PASSWORD="fake-wrong"
    )

    assert run.status == 2
    assert "Traceback" not in run.output
    assert "the server answered 401: Je potřebná autorizace." in run.output
    assert [request.status for request in flexi.requests] == [401]


def test_refused_credentials_are_tried_once_for_all_lists(ansible: Ansible, flexi: Emulator) -> None:
    lists = {"user_logout_lists": [{"users": ["franta"]}, {"users": ["novak"], "companies": ["demo"]}]}
    variables = json.dumps(USERS | lists)
    done = ansible.run("ansible-playbook", "abra.flexi.logout_users", "-e", variables, ABRAFLEXI_PASSWORD="fake-wrong")

    assert done.status != 0
    assert "the server answered 401: Je potřebná autorizace." in done.output
    # Whether /status.json wants a login is not documented, so it is not counted.
    assert [request.path for request in flexi.requests if "status.json" not in request.path] in (
        [],
        ["/status/user/novak/logout"],
    )
