# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret in anything that Ansible prints, at any verbosity, whatever happens."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
    from ansible_collections.abra.flexi.tests.emulator import Emulator

PASSWORD = "fake pass/wörd+1"
OTP = "918273"
TASK = """
- abra.flexi.flexi_user_logout:
    username: {username}
    password: "{{{{ secret }}}}"
    otp: "{{{{ code | default(omit) }}}}"
    auth_method: {auth_method}
    session_id: "{{{{ session | default(omit) }}}}"
    users: [novak, admin]
    retries: 0
  diff: true
"""


def forms(secret: str, username: str = "admin") -> set[str]:
    """Return how a secret may show: as it is, URL-encoded, and as base64 of itself and of a Basic header."""
    plain = (secret, f"{username}:{secret}")
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)} | {
        base64.b64encode(text.encode()).decode() for text in plain
    }


@pytest.fixture
def server(flexi: Emulator) -> Emulator:
    """Give the server users with a telling password."""
    flexi.reset(
        state={
            "users": [
                {"username": "admin", "password": PASSWORD, "permissions": {"manageAll": True, "licenseMgmt": True}},
                {
                    "username": "careful",
                    "password": PASSWORD,
                    "otp": OTP,
                    "permissions": {"manageAll": True, "licenseMgmt": True},
                },
                {"username": "novak", "password": "fake-novak", "sessions": 1},
            ],
            "server_auth": {"username": "server", "password": PASSWORD},
        }
    )
    return flexi


@pytest.fixture(params=["action plugin", "module"])
def talkative(request: pytest.FixtureRequest, ansible: Ansible) -> Ansible:
    """Return Ansible at its most talkative, through each of the two entrances; async always takes the module."""
    if request.param == "module":
        ansible.keywords = "async: 60\npoll: 1"
    return ansible


def play(ansible: Ansible, task: str = TASK, *options: str, **parts: str) -> str:
    """Run a task as talkative as it gets, and return all that is printed."""
    secrets = ansible.folder / "secrets.yml"
    values = {"secret": PASSWORD} | {name: parts.pop(name) for name in ("secret", "code", "session") if name in parts}
    secrets.write_text("".join(f"{name}: '{value}'\n" for name, value in values.items()), encoding="utf-8")
    filled = task.format(**{"username": "admin", "auth_method": "basic", **parts})
    return ansible.play(filled, "-e", "@secrets.yml", "-vvvvv", *options).output


@pytest.mark.parametrize("username", ["admin", "server"])
@pytest.mark.parametrize("action", ["none", "status", "redirect", "drop_before"])
def test_password(talkative: Ansible, server: Emulator, username: str, action: str) -> None:
    basic = base64.b64encode(f"{username}:{PASSWORD}".encode()).decode()
    options: dict[str, dict[str, Any]] = {
        "status": {"code": 500, "message": f"You sent {PASSWORD} as {basic}."},
        "redirect": {"location": f"https://{username}:{quote(PASSWORD, safe='')}@elsewhere.invalid/{basic}"},
    }
    if action != "none":
        server.add_fault(action=action, match={"method": "POST"}, **options.get(action, {}))
    printed = play(talkative, username=username)

    assert "flexi_user_logout" in printed
    assert [form for form in forms(PASSWORD, username) if form in printed] == []


def test_one_time_code(talkative: Ansible, server: Emulator) -> None:
    printed = play(talkative, username="careful", code=OTP)

    assert not server.state.is_logged_in("novak")
    assert OTP not in printed


def test_session_that_the_module_obtains(talkative: Ansible, server: Emulator) -> None:
    printed = play(talkative, auth_method="session")

    obtained = {request.headers.get("X-authSessionId", "") for request in server.requests} - {""}
    assert obtained
    assert [token for token in obtained if any(form in printed for form in forms(token))] == []


def test_session_that_the_server_repeats(talkative: Ansible, server: Emulator) -> None:
    [session] = server.state.log_in("admin")
    server.add_fault(action="status", code=500, message=f"session {session} is odd", match={"method": "POST"})
    printed = play(talkative, session=session)

    assert "is odd" in printed
    assert [form for form in forms(session) if form in printed] == []


def test_credentials_in_the_address(talkative: Ansible, server: Emulator) -> None:
    task = """
- abra.flexi.flexi_user_logout:
    url: "https://admin:{{{{ secret }}}}@flexi.example.com"
    users: novak
"""
    # The environment's password is for its own address alone, and would be refused here for that reason.
    talkative.environment |= {"ABRAFLEXI_URL": "", "ABRAFLEXI_PASSWORD": ""}
    printed = play(talkative, task, secret="fake-in-the-address")

    assert "contains a login or password" in printed
    assert "fake-in-the-address" not in printed
    assert not server.requests


def test_role(ansible: Ansible, server: Emulator) -> None:
    task = """
- ansible.builtin.include_role:
    name: abra.flexi.user_logout
  vars:
    user_logout_password: "{{{{ secret }}}}"
    user_logout_users: [novak, admin]
"""
    printed = play(ansible, task, "--diff")

    assert not server.state.is_logged_in("novak")
    assert [form for form in forms(PASSWORD) if form in printed] == []


def test_role_that_is_called_wrongly(ansible: Ansible, server: Emulator) -> None:
    task = """
- ansible.builtin.import_role:
    name: abra.flexi.user_logout
  vars:
    user_logout_password: "{{{{ secret }}}}"
    user_logout_otp: "{{{{ code }}}}"
    user_logout_mode: sometimes
"""
    printed = play(ansible, task, code=OTP)

    assert "sometimes" in printed
    assert [form for form in forms(PASSWORD) | {OTP} if form in printed] == []
    assert not server.requests


def test_the_environments_password_is_no_argument_that_callbacks_see(talkative: Ansible, server: Emulator) -> None:
    talkative.environment |= {
        "ABRAFLEXI_PASSWORD": PASSWORD,
        "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "yes",
        # It shows a task's arguments only when the task is done.
        "ANSIBLE_STRATEGY": "free",
    }
    printed = talkative.play("- abra.flexi.flexi_user_logout:\n    users: novak", "-vvvvv").output

    assert not server.state.is_logged_in("novak")
    assert "users=novak" in printed
    assert [form for form in forms(PASSWORD) if form in printed] == []


@pytest.mark.parametrize(("where", "is_sent"), [("local", False), ("elsewhere", True)])
def test_the_environments_password_is_no_argument_on_this_machine(
    ansible: Ansible, server: Emulator, where: str, *, is_sent: bool
) -> None:
    """On another host it has to be one, and is found in what Ansible shows with ANSIBLE_DEBUG."""
    ansible.live_elsewhere()
    ansible.environment |= {
        "ABRAFLEXI_PASSWORD": PASSWORD,
        "ANSIBLE_KEEP_REMOTE_FILES": "yes",
        "ANSIBLE_DEBUG": "yes",
        "ANSIBLE_HOME": str(ansible.folder / "home"),
        "ANSIBLE_REMOTE_TEMP": str(ansible.folder / "remote"),
        "ANSIBLE_ASYNC_DIR": str(ansible.folder / "async"),
    }
    ansible.keywords = "async: 60\npoll: 1"
    run = ansible.play(
        "- abra.flexi.flexi_user_logout:\n    users: novak", "-e", f"ansible_connection={where}", "-vvvvv"
    )

    assert run.status == 0, run.output
    assert not server.state.is_logged_in("novak")
    files = {str(file): file.read_text(encoding="utf-8", errors="replace") for file in all_files(ansible.folder)}
    assert any("AnsiballZ" in name for name in files)
    escaped = json.dumps(PASSWORD)[1:-1]
    shown = [name for name, text in {**files, "output": run.output}.items() if PASSWORD in text or escaped in text]
    assert bool(shown) == is_sent


def all_files(folder: Path) -> list[Path]:
    """Return what Ansible kept."""
    return [file for file in folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize("keywords", ["become: true", "become: true\nasync: 60\npoll: 1"])
def test_become(ansible: Ansible, server: Emulator, keywords: str) -> None:
    if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("there is no sudo without a password (Debian package sudo)")
    ansible.environment["ABRAFLEXI_PASSWORD"] = PASSWORD
    ansible.keywords = keywords
    run = ansible.play("- abra.flexi.flexi_user_logout:\n    users: novak", "-vvvvv")

    assert run.status == 0, run.output
    assert not server.state.is_logged_in("novak")
    assert [form for form in forms(PASSWORD) if form in run.output] == []


@pytest.mark.parametrize("length", [120, 165, 180])
def test_half_a_secret_is_not_left_where_the_servers_words_are_cut(
    talkative: Ansible, server: Emulator, length: int
) -> None:
    basic = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    server.add_fault(action="status", code=500, message=f"{'x' * length} {basic} {PASSWORD}", match={"method": "POST"})
    printed = play(talkative)

    assert "x" * length in printed
    assert basic[:6] not in printed
    assert PASSWORD[:6] not in printed
