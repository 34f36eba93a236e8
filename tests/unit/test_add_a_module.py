# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module is in all places that "Add a module" in CONTRIBUTING names; the name of a failed test names the place."""

from __future__ import annotations

from importlib import import_module
from typing import Callable

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context
from ansible_collections.abra.flexi.plugins.plugin_utils._action import FlexiAction
from ansible_collections.abra.flexi.tests.operations import CALLS, MODULES, ROOT, Module

PLUGINS = "ansible_collections.abra.flexi.plugins"
NO_SERVER = {"url": "http://127.0.0.1:1", "username": "admin", "password": "fake-admin", "retries": 0}


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def short(module: Module) -> str:
    return module.name.removeprefix("flexi_")


def has_operation(module: Module) -> bool:
    """Whether the operation is where its name says."""
    operations = import_module(f"{PLUGINS}.module_utils._tasks.{short(module)}")
    return getattr(operations, short(module).upper(), None) is module.operation


def refers_to_all_others(module: Module) -> bool:
    referred = {each.get("module") for each in module.documentation.get("seealso", ())}
    return {f"abra.flexi.{other.name}" for other in MODULES if other is not module} <= referred


def has_action(module: Module) -> bool:
    """Whether its action plugin does the same operation."""
    action = import_module(f"{PLUGINS}.action.{module.name}").ActionModule
    return issubclass(action, FlexiAction) and action.operation is module.operation


def is_in_group(module: Module) -> bool:
    return module.name in yaml.safe_load(text("meta/runtime.yml"))["action_groups"]["flexi"]


def can_be_called(module: Module) -> bool:
    """Whether what the tests of all modules give it is enough, so that nothing but a server is missing."""
    given = {**NO_SERVER, **CALLS[module.name]}
    validation = ArgumentSpecValidator(module.operation.argument_spec).validate(given)
    if validation.error_messages:
        return False
    context = Context(check_mode=False, diff_mode=False, secrets=Secrets(), warn=lambda _warning: None)
    result = module.operation.perform(validation.validated_parameters, context)
    return "failure" not in result or result["failure"]["code"] != _errors.INVALID_OPTION


def is_file(path: str) -> Callable[[Module], bool]:
    return lambda module: (ROOT / path.replace("EXAMPLE", short(module))).is_file()


PLACES: dict[str, Callable[[Module], bool]] = {
    "plugins/module_utils/_tasks/EXAMPLE.py": has_operation,
    "plugins/modules/flexi_EXAMPLE.py": lambda module: "version_added" in module.documentation,
    "seealso": refers_to_all_others,
    "plugins/action/flexi_EXAMPLE.py": has_action,
    "meta/runtime.yml": is_in_group,
    "README.md": lambda module: f"\n| module `abra.flexi.{module.name}` | " in text("README.md"),
    "docs/docsite/rst/guide_rights.rst": lambda module: module.name in text("docs/docsite/rst/guide_rights.rst"),
    "tests/operations.py": can_be_called,
} | {
    path: is_file(path)
    for path in (
        "tests/unit/plugins/module_utils/_tasks/test_EXAMPLE.py",
        "tests/unit/plugins/modules/test_flexi_EXAMPLE.py",
        "tests/integration/targets/flexi_EXAMPLE/tasks/main.yml",
    )
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
def test_a_module_is_in(place: str, module: Module) -> None:
    where = place.replace("EXAMPLE", short(module))

    assert PLACES[place](module), f'{module.name} is not in {where}, or not as "Add a module" in CONTRIBUTING.md says.'


@pytest.mark.parametrize("place", PLACES)
def test_contributing_names(place: str) -> None:
    section = text("CONTRIBUTING.md").partition("\n## Add a module\n")[2].partition("\n## ")[0]

    assert f"`{place}`" in section
