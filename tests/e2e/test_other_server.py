# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment's credentials go only where the environment lets them, whatever the variables of a job name.

In AWX, whoever may execute can put a node with set_stats before a logout: artifacts become extra variables.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.operations import CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run

MODULE = "- abra.flexi.{}:\n    url: '{{{{ user_logout_url }}}}'"
TASKS = {
    **{
        name: json.dumps([{f"abra.flexi.{name}": {"url": "{{ user_logout_url }}", **options}}])
        for name, options in CALLS.items()
    },
    "async": MODULE.format("flexi_user_logout") + "\n    users: novak\n  async: 60\n  poll: 1",
    "elsewhere": MODULE.format("flexi_session_info") + "\n  vars: {ansible_connection: elsewhere}",
    "module_defaults": (
        "- abra.flexi.flexi_session_info:\n  module_defaults: {group/abra.flexi.flexi: {url: '{{ user_logout_url }}'}}"
    ),
    "role": "- ansible.builtin.import_role:\n    name: abra.flexi.user_logout",
    "selection": (
        "- ansible.builtin.import_role:\n    name: abra.flexi.user_logout\n"
        "  vars: {user_logout_users: [], user_logout_users_logged_in: true}"
    ),
}
CREDENTIALS = {
    "password": {},
    "session": {"ABRAFLEXI_PASSWORD": "", "ABRAFLEXI_LOGIN": "", "ABRAFLEXI_SESSION_ID": "fake-session-id"},
    "session of another client": {
        "ABRAFLEXI_PASSWORD": "",
        "ABRAFLEXI_LOGIN": "",
        "ABRAFLEXI_AUTHSESSID": "fake-session-id",
    },
}
REFUSED = "The environment sets both the address of a server and its"


@pytest.fixture
def other() -> Iterator[Emulator]:
    """Start the server of somebody who wants the password."""
    with Emulator() as server:
        yield server


def play(ansible: Ansible, task: str, url: str, **environment: str) -> Run:
    """Run a task with an extra variable that names a server."""
    ansible.live_elsewhere()
    variables = {"user_logout_url": url, "user_logout_users": ["novak"], "user_logout_retries": 0}
    environment = {"ABRAFLEXI_RETRIES": "0", "ABRAFLEXI_CA_PATH": "", "ABRAFLEXI_VALIDATE_CERTS": "no", **environment}
    return ansible.play(task, "-vvvv", "-e", json.dumps(variables), **environment)


def check_refused(run: Run, message: str, *servers: Emulator) -> None:
    """Check that the task failed with a sentence, and nothing was sent."""
    assert run.status != 0
    assert message in run.output
    assert "Traceback" not in run.output
    secrets = {"fake-admin", "fake-session-id", base64.b64encode(b"admin:fake-admin").decode()}
    assert [secret for secret in secrets if secret in run.output] == []
    assert [server.connections()["accepted"] for server in servers] == [0] * len(servers)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_another_address(ansible: Ansible, flexi: Emulator, other: Emulator, task: str) -> None:
    check_refused(play(ansible, task, other.https), REFUSED, flexi, other)


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
def test_every_kind_of_credentials(
    ansible: Ansible, flexi: Emulator, other: Emulator, credentials: dict[str, str]
) -> None:
    check_refused(play(ansible, TASKS["role"], other.https, **credentials), REFUSED, flexi, other)


@pytest.mark.parametrize("task", ["flexi_user_logout", "async", "role"])
def test_the_same_address(ansible: Ansible, flexi: Emulator, task: str) -> None:
    run = play(ansible, TASKS[task], f"{flexi.https}/")

    assert run.status == 0, run.output
    assert not flexi.state.is_logged_in("novak")


@pytest.mark.parametrize("task", ["flexi_user_logout", "async", "elsewhere", "role"])
@pytest.mark.parametrize("allowed", ["flexi.example.com", "*.example.com, 127.0.0.1", "*.localhost"])
def test_a_host_that_is_not_allowed(
    ansible: Ansible, flexi: Emulator, other: Emulator, task: str, allowed: str
) -> None:
    run = play(ansible, TASKS[task], other.https, ABRAFLEXI_URL="", ABRAFLEXI_ALLOWED_HOSTS=allowed)

    check_refused(run, "The password of the environment may not be sent to 'localhost'.", flexi, other)


@pytest.mark.parametrize("task", ["flexi_user_logout", "async", "role"])
@pytest.mark.parametrize("allowed", ["localhost", "*.example.com,LOCALHOST"])
def test_a_host_that_is_allowed(ansible: Ansible, other: Emulator, task: str, allowed: str) -> None:
    run = play(ansible, TASKS[task], other.https, ABRAFLEXI_URL="", ABRAFLEXI_ALLOWED_HOSTS=allowed)

    assert run.status == 0, run.output
    assert not other.state.is_logged_in("novak")


def test_a_list_of_hosts_that_is_none(ansible: Ansible, flexi: Emulator, other: Emulator) -> None:
    allowed = {"ABRAFLEXI_URL": "", "ABRAFLEXI_ALLOWED_HOSTS": "https://localhost"}

    check_refused(play(ansible, TASKS["role"], other.https, **allowed), "which is not a host name", flexi, other)


def test_credentials_of_ones_own_go_anywhere(ansible: Ansible, flexi: Emulator, other: Emulator) -> None:
    task = MODULE.format("flexi_user_logout") + "\n    users: novak\n    username: novak\n    password: fake-novak"
    run = play(ansible, task, other.https, ABRAFLEXI_ALLOWED_HOSTS="flexi.example.com")

    assert run.status == 0, run.output
    assert not other.state.is_logged_in("novak")
    assert {request.headers["Authorization"] for request in other.requests} == {"Basic novak"}
    assert not flexi.requests
