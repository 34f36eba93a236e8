# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the guides of the documentation site, run as they stand there but for address and password."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
import yaml

from ansible_collections.abra.flexi.tests.e2e.test_examples import play

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
    from ansible_collections.abra.flexi.tests.emulator import Emulator

DOCSITE = Path(__file__).parents[2] / "docs" / "docsite"
GUIDES = {path.stem for path in (DOCSITE / "rst").iterdir()}


def guide(name: str) -> str:
    """Return the text of a guide."""
    return (DOCSITE / "rst" / f"{name}.rst").read_text(encoding="utf-8")


def examples(name: str, language: str = "yaml+jinja") -> list[str]:
    """Return the code of a guide that is in a language."""
    block = rf"^( *)\.\. code-block:: {re.escape(language)}\n\n((?:\1   .*\n|\n)+)"
    return [dedent(code) for _indentation, code in re.findall(block, guide(name), re.MULTILINE)]


def commands(name: str, program: str) -> list[str]:
    """Return the commands of a guide that begin so, each once."""
    lines = "".join(examples(name, "console")).splitlines()
    return list(dict.fromkeys(line.removeprefix("$ ") for line in lines if line.startswith(f"$ {program} ")))


OF_FLEXI = ("guide_quick_start", "guide_install", "guide_rights", "guide_check_mode", "guide_unverified")
PLAYS = [(name, example) for name in OF_FLEXI for example in examples(name)]
COMMANDS = {
    command for name in OF_FLEXI for program in ("ansible", "ansible-playbook") for command in commands(name, program)
}


@pytest.mark.parametrize("example", [text for _name, text in PLAYS], ids=[name for name, _text in PLAYS])
def test_play(ansible: Ansible, flexi: Emulator, example: str) -> None:
    example = example.replace("{{ vault_flexi_password_of_novak }}", "fake-novak")

    run = play(ansible, flexi, yaml.safe_load(example))

    assert run.status == 0, run.output
    assert flexi.requests


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_command(ansible: Ansible, flexi: Emulator, command: str) -> None:
    run = ansible.run("bash", "-c", command)

    assert run.status == 0, run.output
    assert flexi.requests


def test_the_site_has_every_guide() -> None:
    index = yaml.safe_load((DOCSITE / "extra-docs.yml").read_text(encoding="utf-8"))
    listed = [name for section in index["sections"] for name in section["toctree"]]

    assert sorted(listed) == sorted(GUIDES)


@pytest.mark.parametrize("name", ["guide_after_a_rollout", "guide_when_rights_change"])
def test_the_picture_is_there(name: str) -> None:
    [path] = re.findall(r"^\.\. image:: (.*)$", guide(name), re.MULTILINE)

    assert (DOCSITE / "rst" / path).resolve().is_file()
