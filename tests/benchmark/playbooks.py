# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole playbooks: how users are logged out with Ansible, with and without the collection."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

from .cases import ACTION, BASE, HANDLER, MODULE, NOTHING, ROLE, URI, Fleet
from .collection import installed_in
from .processes import environment, run
from .samples import Sample
from .server import PASSWORD, USERNAME, Server

if TYPE_CHECKING:
    from pathlib import Path

COLLECTION = "ansible_collections/abra/flexi"

NOTHING_MODULE = """\
from ansible.module_utils.basic import AnsibleModule

AnsibleModule(argument_spec={}).exit_json()
"""
NOTHING_ACTION = """\
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        return super().run(tmp, task_vars)
"""


class Playbooks:
    """Writes the playbooks into a folder, and runs them against one server."""

    def __init__(self, server: Server, folder: Path) -> None:
        """Lay out the folder."""
        self._server = server
        self._folder = folder
        self._collections = {ACTION: installed_in(), MODULE: folder / "alone"}
        _copy_without_action_plugin(installed_in() / COLLECTION, folder / "alone" / COLLECTION)
        _write(folder / "ansible.cfg", "[defaults]\n")
        _write(folder / "library/do_nothing.py", NOTHING_MODULE)
        _write(folder / "action_plugins/do_nothing_here.py", NOTHING_ACTION)

    def on_localhost(self, contender: str, logins: list[str]) -> Sample:
        """Log the users out with one task, or with a loop over one."""
        task = {
            BASE: {"ansible.builtin.meta": "noop"},
            NOTHING: {"do_nothing": {}},
            URI: self._uri(logins),
        }.get(contender) or self._flexi_user_logout()
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
        _write(self._folder / "vars.json", json.dumps({"users": logins}))
        return self._run(contender, play, "-e", "@vars.json")

    def on_fleet(self, contender: str, fleet: Fleet, logins: list[str]) -> Sample:
        """Log the users out, so many on each host."""
        task = {
            BASE: {"ansible.builtin.meta": "noop"},
            NOTHING: {"do_nothing_here": {}},
        }.get(contender) or self._flexi_user_logout()
        hosts = {
            f"flexi{number:04}": {"users": logins[number * fleet.users : (number + 1) * fleet.users]}
            for number in range(fleet.hosts)
        }
        common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        _write(self._folder / "hosts.json", json.dumps({"all": {"hosts": hosts, "vars": common}}))
        play: dict[str, Any] = {"hosts": "all", "gather_facts": False, "tasks": [task]}
        if contender in {ROLE, HANDLER}:
            rollout = {"do_nothing_here": {}, "changed_when": True, "notify": "Log out Flexi users"}
            play |= {
                "roles": ["abra.flexi.user_logout"],
                "vars": {f"user_logout_{name}": value for name, value in self._options().items()},
                "tasks": [rollout] if contender == HANDLER else [],
            }
            play["vars"] |= {"user_logout_mode": "handler"} if contender == HANDLER else {}
        return self._run(contender, play, "-i", "hosts.json", "--forks", str(fleet.forks))

    def _run(self, contender: str, play: dict[str, Any], *options: str) -> Sample:
        _write(self._folder / "play.yml", json.dumps([play]))
        variables = environment(
            ANSIBLE_COLLECTIONS_PATH=str(self._collections.get(contender, self._collections[ACTION])),
            ANSIBLE_HOME=str(self._folder / "home"),
            ANSIBLE_INVENTORY_UNPARSED_WARNING="no",
            ANSIBLE_LOCALHOST_WARNING="no",
        )
        done = run(["ansible-playbook", "play.yml", *options], self._folder, variables)
        return Sample(seconds=done.seconds, cpu=done.cpu)

    def _flexi_user_logout(self) -> dict[str, Any]:
        return {"abra.flexi.flexi_user_logout": self._options()}

    def _options(self) -> dict[str, Any]:
        return {
            "url": self._server.url,
            "username": USERNAME,
            "password": PASSWORD,
            "ca_path": self._server.ca_path,
            "users": "{{ users }}",
        }

    def _uri(self, logins: list[str]) -> dict[str, Any]:
        login = "{{ item | urlencode }}" if len(logins) > 1 else logins[0]
        options = {
            "url": f"{self._server.url}/status/user/{login}/logout",
            "method": "POST",
            "headers": {"Accept": "application/json"},
            "url_username": USERNAME,
            "url_password": PASSWORD,
            "force_basic_auth": True,
            "status_code": [200, 404],
            "ca_path": self._server.ca_path,
        }
        loop = {"loop": "{{ users }}"} if len(logins) > 1 else {}
        return {"ansible.builtin.uri": options, **loop}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy_without_action_plugin(source: Path, target: Path) -> None:
    shutil.copytree(source / "meta", target / "meta")
    ignored = shutil.ignore_patterns("action", "__pycache__")
    shutil.copytree(source / "plugins", target / "plugins", ignore=ignored)
