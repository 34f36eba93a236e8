# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role for hosts that are Flexi servers: nobody can log in to them, and each has an address of its own."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.tests.emulator import Emulator

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run

HOST = "one.flexi.invalid"
ROLE = """
- hosts: all
  gather_facts: false
  {keywords}
  roles:
    - role: abra.flexi.user_logout
      user_logout_users: [novak]
      user_logout_retries: 0
"""


def play(ansible: Ansible, *options: str, host: str = HOST, keywords: str = "", **environment: str) -> Run:
    """Run the role for one host."""
    (ansible.folder / "inventory.ini").write_text(f"{host}\n", encoding="utf-8")
    (ansible.folder / "play.yml").write_text(ROLE.format(keywords=keywords), encoding="utf-8")
    return ansible.run("ansible-playbook", "-i", "inventory.ini", "play.yml", *options, **environment)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (HOST, f"https://{HOST}:5434"),
        (f"first ansible_host={HOST}", f"https://{HOST}:5434"),
        (f"{HOST} user_logout_url='https://{{{{ ansible_host | default(inventory_hostname) }}}}'", f"https://{HOST}: "),
        ("first ansible_host=::ffff:0.0.0.0.invalid", "https://[::ffff:0.0.0.0.invalid]:5434"),
    ],
)
def test_the_host_is_the_address_where_nothing_else_gives_one(ansible: Ansible, host: str, address: str) -> None:
    for environment in ({}, {"ABRAFLEXI_URL": ""}):
        ansible.environment.pop("ABRAFLEXI_URL", None)
        done = play(ansible, host=host, **environment)

        assert done.status != 0
        assert address in done.output


@pytest.mark.parametrize("become", ["", "become: true"])
def test_the_environment_of_the_controller_goes_before_the_host(ansible: Ansible, flexi: Emulator, become: str) -> None:
    done = play(ansible, keywords=become)

    assert done.status == 0, done.output
    assert not flexi.state.is_logged_in("novak")


@pytest.mark.parametrize(
    "keywords",
    [
        "module_defaults: {{group/abra.flexi.flexi: {{url: '{url}'}}}}",
        "environment: {{ABRAFLEXI_URL: '{url}'}}",
        "vars: {{user_logout_url: '{url}'}}",
    ],
)
def test_the_play_goes_before_the_host(ansible: Ansible, flexi: Emulator, keywords: str) -> None:
    del ansible.environment["ABRAFLEXI_URL"]
    done = play(ansible, keywords=keywords.format(url=flexi.https))

    assert done.status == 0, done.output
    assert not flexi.state.is_logged_in("novak")


def test_the_host_is_the_address_for_the_role_only(ansible: Ansible, flexi: Emulator) -> None:
    del ansible.environment["ABRAFLEXI_URL"]
    afterwards = "tasks: [{abra.flexi.flexi_session_info: , delegate_to: localhost}]"
    done = play(ansible, keywords=f"vars: {{user_logout_url: '{flexi.https}'}}\n  {afterwards}")

    assert not flexi.state.is_logged_in("novak")
    assert done.status != 0
    assert "missing required arguments: url" in " ".join(done.output.split())


def test_a_server_that_fails_does_not_stop_the_others_and_what_is_handed_on_adds_up(
    ansible: Ansible, flexi: Emulator
) -> None:
    del ansible.environment["ABRAFLEXI_URL"]
    with Emulator() as other:
        ansible.environment["ABRAFLEXI_CA_PATH"] = ""
        servers = {"one": flexi.https, "two.example": other.https, HOST: f"https://{HOST}"}
        inventory = "".join(f"{name} user_logout_url={url}\n" for name, url in servers.items())
        done = play(
            ansible,
            *(
                "-e",
                json.dumps(
                    {
                        "user_logout_set_stats": True,
                        "user_logout_set_stats_results": True,
                        "user_logout_validate_certs": False,
                    }
                ),
            ),
            host=inventory,
            ANSIBLE_SHOW_CUSTOM_STATS="yes",
            ANSIBLE_STDOUT_CALLBACK="ansible.builtin.default",
        )

        assert done.status != 0
        assert not flexi.state.is_logged_in("novak")
        assert not other.state.is_logged_in("novak")
    stats = json.loads(done.output[done.output.rindex("RUN: ") + len("RUN: ") :])
    assert (stats["user_logout_result_logged_out"], stats["user_logout_result_failed"]) == (2, 1)
    assert sorted(result["host"] for result in stats["user_logout_results"]) == sorted(servers)
    assert stats["user_logout_result_counts_of_two_example"]["logged_out"] == 1
    assert stats["user_logout_result_counts_of_one_flexi_invalid"]["failed"] == 1


@pytest.mark.parametrize("keywords", ["", "async: 60\npoll: 1"], ids=["at once", "async"])
def test_the_environment_of_the_controller_reaches_a_module_on_another_host(
    ansible: Ansible, flexi: Emulator, keywords: str
) -> None:
    ansible.live_elsewhere()
    ansible.keywords = keywords
    interpreter = interpreter_without_the_environment(ansible)
    there = {"ansible_connection": "elsewhere", "ansible_python_interpreter": interpreter}
    done = ansible.play("- abra.flexi.flexi_user_logout:\n    users: novak", "-e", json.dumps(there))

    assert done.status == 0, done.output
    assert not flexi.state.is_logged_in("novak")


def interpreter_without_the_environment(ansible: Ansible) -> str:
    """Return a Python that sees none of the collection's variables, as one on another host."""
    script = ansible.folder / "python"
    unset = " ".join(f"-u {name}" for name in ansible.environment if name.startswith("ABRAFLEXI_"))
    script.write_text(f'#!/bin/sh\nexec env {unset} "{sys.executable}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return str(script)
