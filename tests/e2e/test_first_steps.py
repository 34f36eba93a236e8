# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first steps by the text alone, at a Flexi that has signed its own certificate as a fresh one does.

Only the installation is left out, since the build is installed already.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
from ansible_collections.abra.flexi.tests.e2e.test_guides import guide
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.operations import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSTALLATION = [
    "python3 -m venv flexi && . flexi/bin/activate",
    "pip install ansible-core requests",
    "ansible-galaxy collection install abra.flexi",
]
IN_MARKDOWN = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
IN_RST = re.compile(r"^\.\. code-block:: console\n\n((?:   .*\n|\n)+)", re.MULTILINE)


class Newcomer:
    """Somebody who types what a page says, at an empty machine."""

    def __init__(self, folder: Path, server: Emulator) -> None:
        """Begin in an empty home folder, without any setting."""
        self.ansible, self.server = Ansible(folder), server
        self.ansible.environment["HOME"] = str(folder)
        (folder / "password").write_text("fake-admin\n", encoding="utf-8")

    def type(self, commands: list[str]) -> str:
        """Type commands in one shell, and the password where it is asked for; return what is printed."""
        lines = "\n".join(["set -euo pipefail", "exec < password", *commands])
        run = self.ansible.run("bash", "-c", self.meant(lines))
        assert run.status == 0, run.output
        return run.output

    def meant(self, text: str) -> str:
        """Return a text with the address of the server that there is."""
        return text.replace("flexi.example.com:5434", self.server.https.removeprefix("https://"))


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """Return somebody who has a fresh Flexi and its password."""
    with Emulator(certificate="by_itself") as server:
        yield Newcomer(tmp_path, server)


def commands(blocks: list[str]) -> list[str]:
    """Return the commands in blocks of code, without those that install."""
    typed = re.findall(r"^\$ (.*)$", "\n".join(dedent(block) for block in blocks), re.MULTILINE)
    assert typed[:3] == INSTALLATION
    return typed[3:]


@pytest.mark.parametrize("page", ["README.md", "README.cs.md"])
def test_the_first_screen(newcomer: Newcomer, page: str) -> None:
    first = (ROOT / page).read_text(encoding="utf-8").partition("\n## ")[0]
    (playbook,) = re.findall(r"^```yaml\n(.*?)^```", first, re.MULTILINE | re.DOTALL)
    (newcomer.ansible.folder / "logout.yml").write_text(newcomer.meant(playbook), encoding="utf-8")
    *looking, doing = commands(IN_MARKDOWN.findall(first))
    before = newcomer.server.state.logged_in()

    newcomer.type(looking)
    assert newcomer.server.state.logged_in() == before
    assert {request.method for request in newcomer.server.requests} == {"GET"}

    newcomer.type([*looking, doing])
    assert newcomer.server.state.logged_in() == ["franta", "Žaneta Ř/ezníčková"]


@pytest.mark.parametrize("name", ["guide_quick_start", "guide_quick_start_cs"])
def test_the_quick_start(newcomer: Newcomer, name: str) -> None:
    printed = newcomer.type(commands(IN_RST.findall(guide(name))))

    assert "Works: " in printed
    assert "1 logged out" in printed
    assert not newcomer.server.state.is_logged_in("novak")
    assert newcomer.server.state.is_logged_in("franta")


@pytest.mark.parametrize("name", ["guide_quick_start", "guide_quick_start_cs"])
def test_the_server_to_try_it_on(tmp_path: Path, name: str) -> None:
    text = guide(name)
    (command,) = re.findall(r"``\.venv/bin/python (-m tests\.emulator [^`]+)``", text)
    login, password = re.findall(r"``(admin|fake-admin)``", text)
    ansible = Ansible(tmp_path)
    ansible.environment |= {"ABRAFLEXI_LOGIN": login, "ABRAFLEXI_PASSWORD": password}

    with subprocess.Popen(
        [sys.executable, *shlex.split(command)], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        try:
            assert server.stdout
            address = json.loads(server.stdout.readline())["https"]
            fetch = next(line for line in commands(IN_RST.findall(text)) if line.startswith("openssl s_client"))
            where = {
                "HOME": str(tmp_path),
                "ABRAFLEXI_URL": address,
                "ABRAFLEXI_CA_PATH": str(tmp_path / "flexi-ca.pem"),
            }
            fetched = ansible.run(
                "bash", "-c", fetch.replace("flexi.example.com:5434", address[len("https://") :]), **where
            )
            seen = ansible.run("ansible", "localhost", "-m", "abra.flexi.flexi_session_info", **where)
        finally:
            server.terminate()

    assert fetched.status == 0, fetched.output
    assert seen.status == 0, seen.output
    assert '"novak"' in seen.output


@pytest.mark.parametrize("page", ["README.md", "README.cs.md"])
def test_the_check_of_a_server(newcomer: Newcomer, page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    *_first, fetching = [line for line in commands(IN_MARKDOWN.findall(text)) if line.startswith("openssl s_client")]
    (checking,) = [block for block in IN_MARKDOWN.findall(text) if "abra.flexi.check_server" in block]
    password = "read -rs ABRAFLEXI_PASSWORD && export ABRAFLEXI_PASSWORD"

    printed = newcomer.type([fetching, password, *re.findall(r"^\$ (.*)$", checking, re.MULTILINE)])

    assert "Works: " in printed
    assert {request.method for request in newcomer.server.requests} == {"GET"}
