# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With no_log, nothing is shown that a task says: no login, and no word of a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.tests.operations import CALLS

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
    from ansible_collections.abra.flexi.tests.emulator import Emulator

RIGHTS = {"manageAll": True, "licenseMgmt": True}
LOGINS = ["telling.one", "telling.two"]
TASKS: dict[str, dict[str, Any]] = {name: {f"abra.flexi.{name}": options} for name, options in CALLS.items()}
TASKS["flexi_user_logout"] = {"abra.flexi.flexi_user_logout": {"users": "{{ logins }}"}}
TASKS["elsewhere"] = {**TASKS["flexi_user_logout"], "vars": {"ansible_connection": "elsewhere"}}
TASKS["loop"] = {"abra.flexi.flexi_user_logout": {"users": "{{ [item] }}"}, "loop": "{{ logins }}"}
TASKS["role"] = {
    "ansible.builtin.import_role": {"name": "abra.flexi.user_logout"},
    "vars": {"user_logout_users": "{{ logins }}"},
}


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("how", [[], ["-vvvv"], ["--check", "--diff", "-vvvv"]], ids=["quiet", "talkative", "check"])
@pytest.mark.parametrize("fails", [False, True], ids=["well", "failed"])
def test_nothing_is_shown(
    ansible: Ansible, flexi: Emulator, task: dict[str, Any], how: list[str], *, fails: bool
) -> None:
    flexi.reset(
        state={
            "users": [
                {
                    "username": "admin",
                    "password": "fake-admin",
                    "permissions": {"manageAll": True, "licenseMgmt": True},
                },
                *({"username": login, "password": "fake", "sessions": 1} for login in LOGINS),
            ]
        }
    )
    if fails:
        flexi.add_fault(action="status", code=500, message="telling words", match={})
    ansible.live_elsewhere()
    (ansible.folder / "logins.yml").write_text(json.dumps({"logins": LOGINS}), encoding="utf-8")
    written = json.dumps({**task, "no_log": True, "ignore_errors": True})
    run = ansible.play(f"- {written}", "-e", "@logins.yml", *how)

    assert ("ignored=1" in run.output) == fails, run.output
    shown = [line for line in run.output.splitlines() if "telling" in line]
    assert shown == []
