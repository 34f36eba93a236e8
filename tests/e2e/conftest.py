# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users have it: built, installed, and run by Ansible's own commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.tests.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

ONE_AFTER_THE_OTHER = {
    "test_awx_setup": "awx",
    "test_eda": "rulebook",
    "test_eda_changes": "rulebook changes",
    "test_eda_source": "seconds",
    "test_ending": "seconds",
}
"""Files whose tests share a server that is started for all of them, or count seconds, by what they share."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests from running at the same time, where several run at once."""
    for item in items if config.pluginmanager.hasplugin("xdist") else ():
        group = ONE_AFTER_THE_OTHER.get(item.path.stem)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


@dataclass(frozen=True)
class Run:
    """What a command printed, and how it ended."""

    status: int
    output: str

    @property
    def text(self) -> str:
        """What it printed, on one line and as JSON means it."""
        return " ".join(self.output.replace('\\"', '"').split())

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of all tasks, from Ansible's JSON callback."""
        plays = json.loads(self.output[self.output.index("{") :])["plays"]
        return [host for play in plays for task in play["tasks"] for host in task["hosts"].values()]


class Ansible:
    """Runs Ansible's commands in a folder of their own, with the connection to a server in the environment."""

    def __init__(self, folder: Path) -> None:
        """Start with nothing of the caller's settings but the path of the collection."""
        self.folder = folder
        self.keywords = ""
        """Keywords of the last task that ``play`` runs."""
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ABRAFLEXI_", "ANSIBLE_"))
        }
        self.environment |= {
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "no",
            "ANSIBLE_LOCALHOST_WARNING": "no",
        }

    def connect(self, server: Emulator) -> None:
        """Set the environment variables of the connection."""
        self.environment |= {
            "ABRAFLEXI_URL": server.https,
            "ABRAFLEXI_LOGIN": "admin",
            "ABRAFLEXI_PASSWORD": "fake-admin",
            "ABRAFLEXI_CA_PATH": server.ca_path,
        }

    def live_elsewhere(self) -> None:
        """Let there be the connection ``elsewhere``: to this machine, as to another host."""
        plugins = self.folder / "connection_plugins"
        plugins.mkdir()
        shutil.copy(ROOT / "tests/e2e/elsewhere.py", plugins)
        self.environment["ANSIBLE_CONNECTION_PLUGINS"] = str(plugins)

    def run(self, *command: str, **environment: str) -> Run:
        """Run a command to its end."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Run(done.returncode, done.stdout)

    def play(self, tasks: str, *options: str, **environment: str) -> Run:
        """Run tasks, given as YAML, on localhost."""
        keywords = "".join(f"  {keyword}\n" for keyword in self.keywords.splitlines())
        lines = "".join(f"    {line}\n" for line in f"{tasks.strip()}\n{keywords}".splitlines())
        playbook = self.folder / "play.yml"
        playbook.write_text(f"- hosts: localhost\n  gather_facts: false\n  tasks:\n{lines}", encoding="utf-8")
        return self.run("ansible-playbook", "play.yml", *options, **environment)


@pytest.fixture
def flexi() -> Iterator[Emulator]:
    """Start an emulated server."""
    with Emulator() as server:
        yield server


@pytest.fixture
def ansible(tmp_path: Path, flexi: Emulator) -> Ansible:
    """Return Ansible, connected to the emulated server."""
    commands = Ansible(tmp_path)
    commands.connect(flexi)
    return commands
