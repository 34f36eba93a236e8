# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written in two places has to say the same in both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.abra.flexi.plugins.doc_fragments._connection import ModuleDocFragment
from ansible_collections.abra.flexi.plugins.lookup.literal_extra_vars import MARKS as MARKS_OF_TEMPLATES
from ansible_collections.abra.flexi.plugins.lookup.literal_extra_vars import texts
from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._check.findings import DOCUMENTED, ENTRIES
from ansible_collections.abra.flexi.plugins.module_utils._logout.answers import MARKS
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import connection_argument_spec
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_logout import USER_LOGOUT
from ansible_collections.abra.flexi.plugins.modules import flexi_user_logout
from ansible_collections.abra.flexi.tests.operations import MODULES, ROOT, Module

if TYPE_CHECKING:
    from pathlib import Path

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
SPECS = sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))
ROLE_OPTIONS: dict[str, Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))[
    "argument_specs"
]["log_out"]["options"]
ROLE_TASKS = [
    task
    for file in ("tasks/log_out.yml", "handlers/main.yml")
    for task in yaml.safe_load((ROLE / file).read_text(encoding="utf-8"))
]
OF_THE_PLAYBOOKS = {"hosts"}


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


def rows(guide: str, heading: str) -> list[list[str]]:
    """Return the cells of the tables of a guide whose first row begins with this heading."""
    text = (ROOT / "docs" / "docsite" / "rst" / f"{guide}.rst").read_text(encoding="utf-8")
    tables = re.findall(r"^   \* - .+?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    cells = [[row.split("\n     - ") for row in table.strip()[len("* - ") :].split("\n   * - ")] for table in tables]
    return [row for table in cells if table[0][0] == heading for row in table[1:]]


def test_what_is_not_documented_stands_in_the_guide_with_the_code_of_its_finding() -> None:
    found_by = [(code, row[1]) for row in rows("guide_unverified", "what") for code in re.findall(r"``(\w+)``", row[3])]

    unverified = {code: entry.known_from for code, entry in ENTRIES.items() if entry.known_from != DOCUMENTED}
    assert sorted(code for code, _known_from in found_by) == sorted(unverified)
    assert [code for code, known_from in found_by if unverified[code] not in known_from] == []


def test_the_guide_to_the_check_names_every_finding() -> None:
    reading, trying = ([code for code, entry in ENTRIES.items() if entry.is_tried is tried] for tried in (False, True))

    described = [(f"``{code}``", ENTRIES[code].question, ENTRIES[code].depends) for code in [*reading, *trying]]
    assert [tuple(row) for row in rows("guide_check_your_server", "code")] == described


def test_the_guide_to_the_check_names_the_variables_of_the_playbook() -> None:
    playbook = (ROOT / "playbooks" / "check_server.yml").read_text(encoding="utf-8")
    named = {name for row in rows("guide_check_your_server", "variable") for name in re.findall(r"``(\w+)``", row[0])}

    assert named == set(re.findall(r"\bcheck_server_\w+", playbook)) - {"check_server_result", "check_server_file"}


def test_the_role_has_every_option_of_the_module_as_it_is_there() -> None:
    options = CONNECTION_OPTIONS | MODULE_OPTIONS
    del options["from_variables"]
    # Variables have no other names, and the role makes an address where none is given.
    wanted = {name: essence(option) | {"aliases": None, "required": False} for name, option in options.items()}

    assert {name: essence(ROLE_OPTIONS[f"user_logout_{name}"]) for name in wanted} == wanted
    assert set(ROLE_OPTIONS["user_logout_lists"]["options"]) == set(MODULE_OPTIONS["lists"]["suboptions"])


def test_the_role_hides_what_the_module_hides() -> None:
    spec = USER_LOGOUT.argument_spec
    hidden = {f"user_logout_{name}" for name, option in spec.items() if option.get("no_log")}

    assert {name for name, option in ROLE_OPTIONS.items() if option.get("no_log")} == hidden


@pytest.mark.parametrize("path", SPECS, ids=[path.parts[-3] for path in SPECS])
def test_nothing_in_the_arguments_of_a_role_is_a_template_since_ansible_would_evaluate_it(path: Path) -> None:
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values()
    # Examples are only shown.
    written = [text for entry in entries for text in texts({**entry, "examples": None})]

    assert written
    assert [text for text in written if any(mark in text for mark in MARKS_OF_TEMPLATES)] == []


def test_every_other_variable_of_the_role_is_its_own() -> None:
    options = {f"user_logout_{name}" for name in CONNECTION_OPTIONS | MODULE_OPTIONS}
    own = set(ROLE_OPTIONS) - options
    handed_on = [task["abra.flexi.flexi_user_logout"]["from_variables"] for task in ROLE_TASKS]
    at_work = [each for each in handed_on if "report" not in each]
    excepted = [{f"user_logout_{name}" for name in each["except"]} for each in at_work]
    settings = [{name for name in each["settings"].values() if not name.startswith("_")} for each in at_work]
    of_playbooks = [set(each["except_extra_vars"]) for each in at_work]

    assert [a | b for a, b in zip(excepted, settings)] == [own] * 2
    assert of_playbooks == [OF_THE_PLAYBOOKS] * 2


def test_the_role_has_the_defaults_that_it_documents() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    options = {f"user_logout_{name}" for name in CONNECTION_OPTIONS | MODULE_OPTIONS}

    documented = {name: option["default"] for name, option in ROLE_OPTIONS.items() if name not in options}
    assert {name: value for name, value in defaults.items() if not name.startswith("_")} == documented


def test_the_page_of_the_role_names_every_variable() -> None:
    page = (ROLE / "README.md").read_text(encoding="utf-8")

    named = {name for name in re.findall(r"`(user_logout_\w+)`", page) if not name.startswith("user_logout_result")}

    assert named == set(ROLE_OPTIONS)


def test_the_action_group_of_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))

    assert runtime["action_groups"] == {"flexi": [module.name for module in MODULES]}
    assert FRAGMENT["attributes"]["action_group"]["membership"] == ["abra.flexi.flexi"]


def test_the_readme_names_playbooks_and_roles() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    content = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    content |= {path.name for path in (ROOT / "roles").iterdir()}

    assert {name for name in content if f"`abra.flexi.{name}`" not in readme} == set()


@EACH_MODULE
def test_what_a_module_refers_to_can_be_opened(module: Module) -> None:
    # ansible-doc makes a link into Ansible's own documentation of a "ref", where these pages are not.
    guides = {path.stem for path in (ROOT / "docs" / "docsite" / "rst").glob("*.rst")}
    entries = [*module.documentation["seealso"], *FRAGMENT["seealso"]]
    pages = [found for entry in entries for found in re.findall(r"/docsite/(\w+)\.html$", entry.get("link", ""))]

    assert [entry for entry in entries if "ref" in entry] == []
    assert pages
    assert set(pages) <= guides


def test_no_markup_ends_at_a_bracket_within_it() -> None:
    markup = re.compile(r"\b(?:C|V|O|RV|E)\([^)\\\n]*\([^)\\\n]*\)")
    sources = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "roles").glob("*/meta/argument_specs.yml")]

    assert [found for path in sources for found in markup.findall(path.read_text(encoding="utf-8"))] == []


def test_every_decision_is_in_the_index_and_has_all_parts() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md") if path.name != "README.md"}

    assert set(re.findall(r"\(([\w-]+\.md)\)", index)) == set(pages)
    parts = ("**Decided:**", "**Why", "**What it costs", "**Look again**")
    assert [(name, part) for name, text in pages.items() for part in parts if part not in text] == []
    titles = [text.partition("\n# ")[2].partition("\n")[0] for text in pages.values()]
    assert [title for title in titles if f"[{title}](" not in index] == []


def own_files(pattern: str) -> list[Path]:
    """Return the files of the project, without what tests write into its folder."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob(pattern))
    return [path for path in found if path.parts[:2] != ("tests", "output")]


def test_what_contributors_are_told_to_change_is_there() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = set(re.findall(r"`([\w./-]+\.(?:py|yml|md))`", told))
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins").rglob("*.py"))
    constants = set(re.findall(r"`(_?[A-Z][A-Z_]{2,})`", told))

    assert {"_tasks/whom.py", "run.py"} <= files
    assert {"WHOM", "_POLICY", "LIMITS", "FOR_EVERYBODY"} <= constants
    # What a contributor adds has one of these in its name.
    free = re.compile("EXAMPLE|SOMETHING")
    there = [f"/{path}" for path in own_files("*")]
    assert [name for name in files if not (free.search(name) or any(path.endswith(f"/{name}") for path in there))] == []
    assert [name for name in constants - {"EXAMPLE"} if not re.search(rf"^{name}\b.* = ", code, re.MULTILINE)] == []


def test_a_check_is_switched_off_only_with_a_reason() -> None:
    bare = re.compile(r"^(?!\s*# ).*\n.*# (?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[\w, -]+\])?)$", re.MULTILINE)
    found = {path: bare.findall((ROOT / path).read_text(encoding="utf-8")) for path in own_files("*.py")}
    assert len(found) > 200
    assert {path: lines for path, lines in found.items() if lines} == {}
