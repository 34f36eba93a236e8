# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written in two places has to say the same in both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.abra.flexi.plugins.doc_fragments._connection import ModuleDocFragment
from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.modules import flexi_user_logout

ROOT = Path(__file__).parents[2]
FAILURE_CODES = {
    value
    for name, value in vars(_errors).items()
    if name.isupper() and isinstance(value, str) and value == name.lower()
}
CONNECTION_OPTIONS: dict[str, Any] = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
MODULE_OPTIONS: dict[str, Any] = yaml.safe_load(flexi_user_logout.DOCUMENTATION)["options"]
ROLE = ROOT / "roles" / "user_logout"
ROLE_OPTIONS: dict[str, Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))[
    "argument_specs"
]["main"]["options"]
ROLE_ONLY = {"delegate_to", "lists", "mode", "set_stats"}


def test_failure_codes_of_the_module() -> None:
    documented = yaml.safe_load(flexi_user_logout.RETURN)["failure"]["contains"]["code"]["description"][1]

    assert set(re.findall(r"V\((\w+)\)", documented)) == FAILURE_CODES


def test_failure_codes_in_the_troubleshooting_guide() -> None:
    guide = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE)) == FAILURE_CODES


def test_the_role_has_every_option_of_the_module() -> None:
    names = {name.removeprefix("user_logout_") for name in ROLE_OPTIONS}

    assert names == set(CONNECTION_OPTIONS) | set(MODULE_OPTIONS) | ROLE_ONLY


def test_the_role_hands_every_option_to_the_module() -> None:
    task = yaml.safe_load((ROLE / "tasks" / "log_out_list.yml").read_text(encoding="utf-8"))[0]
    given = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))["__user_logout_options"]

    assert set(task["abra.flexi.flexi_user_logout"]) | set(given) == set(CONNECTION_OPTIONS) | set(MODULE_OPTIONS)


def test_the_role_has_the_types_of_the_module() -> None:
    for name, option in CONNECTION_OPTIONS.items():
        of_role = ROLE_OPTIONS[f"user_logout_{name}"]

        assert (name, of_role["type"], of_role.get("choices")) == (name, option["type"], option.get("choices"))


def test_the_role_has_the_defaults_that_it_documents() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))

    assert defaults == {name: option["default"] for name, option in ROLE_OPTIONS.items() if "default" in option}


def test_the_page_of_the_role_names_every_variable() -> None:
    page = (ROLE / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"`(user_logout_\w+)`", page)) - {"user_logout_result"} == set(ROLE_OPTIONS)


def test_the_action_group_has_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}

    assert set(runtime["action_groups"]["flexi"]) == modules


def test_the_readme_names_all_content() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    content = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    content |= {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    content |= {path.name for path in (ROOT / "roles").iterdir()}

    assert {name for name in content if f"`abra.flexi.{name}`" not in readme} == set()
