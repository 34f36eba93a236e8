# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment: what its image would be built of. ``make image`` builds a real one."""

from __future__ import annotations

import ast
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible

ROOT = Path(__file__).parents[2]
INSTALLED = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"])


def requirements(lines: list[str]) -> dict[str, Requirement]:
    """Return requirements by their names."""
    parsed = [Requirement(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]
    return {requirement.name: requirement for requirement in parsed}


TESTED = requirements((ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines())


@pytest.fixture
def context(ansible: Ansible) -> Path:
    """Have ansible-builder write all that it would build the image of."""
    run = ansible.run(
        *("ansible-builder", "create", "--file", str(ROOT / "execution-environment.yml"), "--context", "context"),
        *("--output-filename", "Containerfile"),
    )
    assert run.status == 0, run.output
    return ansible.folder / "context"


def test_users_can_choose_the_base_image(context: Path) -> None:
    steps = (context / "Containerfile").read_text(encoding="utf-8")

    (default,) = re.findall(r'^ARG EE_BASE_IMAGE="(.+)"$', steps, re.MULTILINE)
    assert re.fullmatch(r"[a-z]+:\d+", default), "the name of an image without a registry"
    assert "\nFROM $EE_BASE_IMAGE AS base\n" in steps
    assert steps.index("ARG EE_BASE_IMAGE=") < steps.index("FROM ")


def test_it_has_ansible_in_versions_that_are_tested(context: Path) -> None:
    steps = (context / "Containerfile").read_text(encoding="utf-8")
    (arguments,) = re.findall(r'^ARG ANSIBLE_INSTALL_REFS="(.+)"$', steps, re.MULTILINE)
    # The shell splits them at spaces, since they are not quoted where pip gets them.
    packages = requirements(arguments.split())

    assert "pip install --no-cache-dir $ANSIBLE_INSTALL_REFS\n" in steps
    assert packages == {name: TESTED[name] for name in ("ansible-core", "ansible-runner")}


def test_it_has_the_collection(context: Path) -> None:
    content = yaml.safe_load((context / "_build/requirements.yml").read_text(encoding="utf-8"))
    described = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))

    assert content == {"collections": [{"name": f"{described['namespace']}.{described['name']}"}]}
    assert "ansible-galaxy collection install" in (context / "Containerfile").read_text(encoding="utf-8")


def test_the_installed_collection_says_what_it_needs(ansible: Ansible) -> None:
    run = ansible.run("ansible-builder", "introspect", str(INSTALLED))
    needed = yaml.safe_load(run.output)

    assert run.status == 0, run.output
    assert [line.partition("#")[2].strip() for line in needed["python"]] == ["from collection abra.flexi"]
    assert requirements(needed["python"]) == {"requests": TESTED["requests"]}
    assert not needed["system"]


def imported(source: Path) -> set[str]:
    """Return the names of the packages that a file imports."""
    nodes = list(ast.walk(ast.parse(source.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in names}


def test_that_is_all_that_the_plugins_import() -> None:
    collection = INSTALLED / "ansible_collections/abra/flexi"
    packages = set().union(*map(imported, collection.glob("plugins/**/*.py")))
    elsewhere = set().union(*map(imported, collection.glob("plugins/module*/**/*.py")))
    declared = requirements((collection / "meta/ee-requirements.txt").read_text(encoding="utf-8").splitlines())
    # urllib3 comes with requests, Jinja with ansible-core, if not to hosts; typing_extensions is for type checkers.
    packages -= sys.stdlib_module_names | {"ansible", "ansible_collections", "jinja2", "typing_extensions", "urllib3"}

    assert packages == set(declared)
    assert "requests" in elsewhere
    assert "jinja2" not in elsewhere
