# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written in two places has to say the same in both."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ansible_collections.abra.flexi.plugins.doc_fragments._connection import ModuleDocFragment
from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._logout.answers import MARKS
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import connection_argument_spec
from ansible_collections.abra.flexi.plugins.modules import flexi_user_logout
from ansible_collections.abra.flexi.tests.operations import MODULES, ROOT, Module

EACH_MODULE = pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
FAILURE_CODES = {
    value
    for name, value in vars(_errors).items()
    if name.isupper() and isinstance(value, str) and value == name.lower()
}
FRAGMENT: dict[str, Any] = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)
CONNECTION_OPTIONS: dict[str, Any] = FRAGMENT["options"]
MODULE_OPTIONS: dict[str, Any] = yaml.safe_load(flexi_user_logout.DOCUMENTATION)["options"]
ROLE = ROOT / "roles" / "user_logout"
ROLE_OPTIONS: dict[str, Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))[
    "argument_specs"
]["main"]["options"]
ROLE_VARIABLES: dict[str, Any] = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))
ROLE_ONLY = {
    "delegate_to",
    "exclude",
    "lists",
    "max",
    "mode",
    "of_companies",
    "of_logged_in",
    "of_roles",
    "set_stats",
}


def essence(option: dict[str, Any]) -> dict[str, Any]:
    """Return what the documentation and the argument spec of an option both say."""
    said = {key: option.get(key) for key in ("type", "elements", "choices", "default", "required", "aliases")}
    return said | {"type": said["type"] or "str", "required": bool(said["required"])}


@EACH_MODULE
def test_the_documented_options_are_those_that_are_taken(module: Module) -> None:
    own: dict[str, Any] = module.documentation.get("options", {})

    documented = {name: essence(option) for name, option in (CONNECTION_OPTIONS | own).items()}

    assert documented == {name: essence(option) for name, option in module.operation.argument_spec.items()}
    assert module.documentation["extends_documentation_fragment"] == ["abra.flexi._connection"]


@EACH_MODULE
def test_no_option_of_a_module_hides_one_of_the_connection(module: Module) -> None:
    assert set(module.operation.options) & set(connection_argument_spec()) == set()


@EACH_MODULE
def test_the_documented_attributes(module: Module) -> None:
    support = {name: attribute["support"] for name, attribute in module.documentation["attributes"].items()}

    writes = module.code is flexi_user_logout
    assert support.pop("diff_mode") == ("full" if writes else "N/A")
    assert support.pop("check_mode") == "full"
    assert set(support) == {"idempotent"}


@EACH_MODULE
def test_a_module_is_documented_under_its_own_name(module: Module) -> None:
    assert module.documentation["module"] == module.name
    assert f"abra.flexi.{module.name}" in module.examples[0]


def test_failure_codes_of_the_module() -> None:
    documented = yaml.safe_load(flexi_user_logout.RETURN)["failure"]["contains"]["code"]["description"][1]

    assert set(re.findall(r"V\((\w+)\)", documented)) == FAILURE_CODES


@EACH_MODULE
def test_a_failure_has_the_same_keys_in_every_module(module: Module) -> None:
    documented = module.returned["failure"]["contains"]

    assert set(documented) == set(_errors.FlexiError("tls", "No.").as_failure())
    assert documented["code"]["sample"] in FAILURE_CODES
    if module.code is not flexi_user_logout:
        assert "M(abra.flexi.flexi_user_logout)" in documented["code"]["description"]


def test_failure_codes_in_the_troubleshooting_guide() -> None:
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_troubleshooting.rst").read_text(encoding="utf-8")

    assert set(re.findall(r"^   \* - ``(\w+)``$", guide, re.MULTILINE)) == FAILURE_CODES


def test_the_marks_of_flexi_in_the_guide() -> None:
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_unverified.rst").read_text(encoding="utf-8")
    section = guide.partition("What counts as Flexi's answer")[2].partition("Who is logged in")[0]

    marks = re.findall(r"^   \* - (.+)$", section, re.MULTILINE)

    assert [mark.replace("``", "`") for mark in marks] == ["mark", *(mark.what for mark in MARKS)]


def test_the_role_has_every_option_of_the_module() -> None:
    names = {name.removeprefix("user_logout_") for name in ROLE_OPTIONS}

    assert names == set(CONNECTION_OPTIONS) | set(MODULE_OPTIONS) | ROLE_ONLY


def test_the_role_hands_every_option_to_the_module() -> None:
    task = yaml.safe_load((ROLE / "tasks" / "log_out_list.yml").read_text(encoding="utf-8"))[0]
    others = ROLE_VARIABLES["__user_logout_other_options"]

    assert set(task["abra.flexi.flexi_user_logout"]) | set(others) == set(MODULE_OPTIONS)


def test_the_role_hands_every_connection_option_to_each_module() -> None:
    assert set(ROLE_VARIABLES["__user_logout_connection_options"]) == set(CONNECTION_OPTIONS)


def test_the_role_has_the_types_of_the_module() -> None:
    for name, option in CONNECTION_OPTIONS.items():
        of_role = ROLE_OPTIONS[f"user_logout_{name}"]

        assert (name, of_role["type"], of_role.get("choices")) == (name, option["type"], option.get("choices"))


def test_the_role_has_the_types_of_the_other_options() -> None:
    for name in ROLE_VARIABLES["__user_logout_other_options"]:
        of_role, option = ROLE_OPTIONS[f"user_logout_{name}"], MODULE_OPTIONS[name]

        assert (name, of_role["type"], of_role.get("choices")) == (name, option["type"], option.get("choices"))


def test_the_role_has_the_defaults_that_it_documents() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))

    assert defaults == {name: option["default"] for name, option in ROLE_OPTIONS.items() if "default" in option}


def test_the_page_of_the_role_names_every_variable() -> None:
    page = (ROLE / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"`(user_logout_\w+)`", page)) - {"user_logout_result"} == set(ROLE_OPTIONS)


def test_the_action_group_of_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))

    assert runtime["action_groups"] == {"flexi": [module.name for module in MODULES]}
    assert FRAGMENT["attributes"]["action_group"]["membership"] == ["abra.flexi.flexi"]


def test_the_readme_names_playbooks_and_roles() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    content = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    content |= {path.name for path in (ROOT / "roles").iterdir()}

    assert {name for name in content if f"`abra.flexi.{name}`" not in readme} == set()


def test_every_decision_is_in_the_index_and_has_all_parts() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md") if path.name != "README.md"}

    assert set(re.findall(r"\(([\w-]+\.md)\)", index)) == set(pages)
    parts = ("**Decided:**", "**Why", "**What it costs", "**Look again**")
    assert [(name, part) for name, text in pages.items() for part in parts if part not in text] == []
    titles = [text.partition("\n# ")[2].partition("\n")[0] for text in pages.values()]
    assert [title for title in titles if f"[{title}](" not in index] == []
