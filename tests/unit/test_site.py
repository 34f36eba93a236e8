# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site: where it is, what its reference pages say, and what is checked when it is built."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.abra.flexi.plugins.module_utils._tasks.environment import ALLOWED_HOSTS
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import connection_argument_spec
from ansible_collections.abra.flexi.tests.operations import MODULES, ROOT
from ansible_collections.abra.flexi.tests.tools import check_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RST = ROOT / "docs" / "docsite" / "rst"
GALAXY: dict[str, Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
SITE: str = GALAXY["documentation"]
PLAYBOOKS = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").glob("*.yml")}
EDA = ROOT / "extensions" / "eda"
NONE = {"required", "none", "no report", "nobody", "a sample", "that of the environment"}
"""What stands where there is no default that could be compared."""


def page(name: str) -> str:
    return (RST / f"{name}.rst").read_text(encoding="utf-8")


def section(name: str, title: str) -> str:
    """Return the text of a section of a page."""
    return page(name).partition(f"\n{title}\n{'-' * len(title)}\n")[2].partition("\n.. _")[0]


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of all tables in a text, but for the headings."""
    for table in re.findall(r"^   \* - .+?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL):
        for row in table[len("   * - ") :].split("\n   * - ")[1:]:
            yield [" ".join(cell.split()) for cell in row.split("\n     -")]


def defaults(text: str) -> dict[str, str | None]:
    """Return what the tables in a text give as defaults, in their last column."""
    found = {row[0].strip("`"): row[-1] for row in rows(text)}
    return {name: None if said in NONE else said.strip("`") for name, said in found.items()}


def documentation(path: Path) -> Any:
    """Return the DOCUMENTATION of a plugin that may not be imported here."""
    assigned = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    (value,) = (node.value for node in assigned if ast.unparse(node.targets[0]) == "DOCUMENTATION")
    return yaml.safe_load(ast.literal_eval(value))


SOURCE: dict[str, Any] = documentation(EDA / "plugins" / "event_source" / "flexi_changes.py")["options"]
OF_THE_WEBHOOK = dict(
    re.findall(
        r"\{\{ (ABRAFLEXI_WEBHOOK_\w+)(?: \| default\('?([\w.]+)'?, true\))?",
        (EDA / "rulebooks" / "logout_after_rollout.yml").read_text(encoding="utf-8"),
    )
)


# Where it is


def test_the_address_follows_from_that_of_the_repository() -> None:
    owner, name = GALAXY["repository"].removeprefix("https://github.com/").split("/")

    assert f"https://{owner}.github.io/{name}/" == SITE


def test_no_page_leads_to_the_source_of_another() -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in ROOT.rglob("*.md") if "output" not in path.parts}

    assert [str(path) for path, text in pages.items() if re.search(r"\]\([^)]*docsite/rst/", text)] == []


@pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
def test_see_also_leads_somewhere_in_ansible_doc_too(module: Any) -> None:
    referred = [each for each in module.documentation.get("seealso", ()) if "module" not in each]

    assert [each for each in referred if not each.get("link", "").startswith("https://")] == []


# What the reference says


def test_every_playbook_and_rulebook_has_its_section() -> None:
    playbooks = re.findall(r"^(\w+)\n-+$", page("reference_playbooks"), re.MULTILINE)
    events = re.findall(r"^([\w ]+ \w+_\w+)\n-+$", page("reference_events"), re.MULTILINE)
    kinds = {"Rulebook": "rulebooks", "Event source": "plugins/event_source", "Event filter": "plugins/event_filter"}

    there = [
        f"{kind} {path.stem}" for kind, folder in kinds.items() for path in (EDA / folder).iterdir() if path.is_file()
    ]
    assert sorted(playbooks) == sorted(PLAYBOOKS)
    assert sorted(events) == sorted(there)


@pytest.mark.parametrize("name", sorted(PLAYBOOKS))
def test_the_variables_of_a_playbook(name: str) -> None:
    text = PLAYBOOKS[name]
    read = {each for each in re.findall(r"\b(?:check_server|rollout)_[a-z]\w*\b", text) if each != name}
    read |= set(re.findall(r"\.(\w+_hosts)\b", text))
    read -= {"rollout_example", "check_server_file", "check_server_result"}
    of_hosts = dict(re.findall(r"\.(\w+_hosts) \| default\('(\w+)'\)", text))

    documented = defaults(section("reference_playbooks", name))

    assert set(documented) == read
    assert {each: documented[each] for each in of_hosts} == of_hosts


def test_the_default_of_a_report_with_the_hosts_name() -> None:
    options = next(module for module in MODULES if module.name == "flexi_server_check").documentation["options"]

    documented = defaults(section("reference_playbooks", "check_server"))["check_server_report_host"]

    assert yaml.safe_load(str(documented)) is options["report_host"]["default"]


def test_the_variables_of_the_webhook() -> None:
    documented = defaults(section("reference_events", "Rulebook logout_after_rollout"))

    assert documented == {name: default or None for name, default in OF_THE_WEBHOOK.items()}


def test_the_options_of_the_event_source() -> None:
    text = section("reference_events", "Event source flexi_changes")
    options = [row for row in rows(text) if row[0].strip("`") in SOURCE]

    assert {row[0].strip("`"): row[1] for row in options} == {
        name: f":envvar:`ABRAFLEXI_HOOK_{name.upper()}`" for name in SOURCE
    }
    said = defaults(text)
    assert {name: said[name] for name in SOURCE} == {
        name: str(option["default"]) if "default" in option else None for name, option in SOURCE.items()
    }
    required = {row[0].strip("`") for row in options if row[-1] == "required"}
    assert required == {name for name, option in SOURCE.items() if option.get("required")}


@pytest.mark.parametrize(
    ("title", "file"),
    [
        ("Event source flexi_changes", "event_source/flexi_changes.py"),
        ("Event filter logout_request", "event_filter/logout_request.py"),
    ],
)
def test_the_keys_of_an_event(title: str, file: str) -> None:
    code = (EDA / "plugins" / file).read_text(encoding="utf-8")
    keys = set(re.findall(r'^(?: +|.*return \{)"(user_logout_\w+|may_be_merged|refused)":', code, re.MULTILINE))
    keys |= set(re.findall(r'"(may_be_merged)":', code))

    documented = {row[0].strip("`") for row in rows(section("reference_events", title))}

    assert documented - set(SOURCE) == keys


def test_the_environment_variables() -> None:
    options = [
        (variable, name)
        for name, spec in connection_argument_spec().items()
        for variable in spec.get("fallback", (None, ()))[1]
    ]
    hook = (ROOT / "docs" / "hooks" / "post-deploy.sh").read_text(encoding="utf-8")
    options += [(f"ABRAFLEXI_HOOK_{name.upper()}", name) for name in SOURCE]
    others = {ALLOWED_HOSTS, *OF_THE_WEBHOOK, *re.findall(r"\$\{(ABRAFLEXI_\w+)", hook)}

    text = page("reference_environment")
    documented = re.findall(r"^\.\. envvar:: (\w+)$", text, re.MULTILINE)

    assert sorted(documented) == sorted([*dict(options), *others])
    assert set(re.findall(r"^\.\. envvar:: (\w+)\n\n   ``(\w+)``:", text, re.MULTILINE)) == set(options)
    config = yaml.safe_load((RST.parent / "config.yml").read_text(encoding="utf-8"))
    assert config["envvar_directives"] == sorted(documented)


def test_the_environment_variables_with_a_default() -> None:
    said = dict(
        re.findall(r"envvar:: (\w+)\n\n   .*?The default is ``([^`]+)``", page("reference_environment"), re.MULTILINE)
    )

    hook = (ROOT / "docs" / "hooks" / "post-deploy.sh").read_text(encoding="utf-8")
    wanted = {name: default for name, default in OF_THE_WEBHOOK.items() if default}
    assert said == {**wanted, **dict(re.findall(r"\$\{(ABRAFLEXI_\w+):-([^}]+)\}", hook))}


# Ansible's own markup


def texts_with_markup() -> Iterator[tuple[str, str]]:
    """Yield where documentation with markup is, and each of its texts."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            for each in value.values() if isinstance(value, dict) else value:
                yield from texts(each)

    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        for text in texts(yaml.safe_load(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(ROOT)), text
    for path in (ROOT / "plugins").rglob("*.py"):
        for found in re.findall(
            r'^ *(?:DOCUMENTATION|RETURN) = r"""(.*?)"""', path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            for text in texts(yaml.safe_load(found)):
                yield str(path.relative_to(ROOT)), text


def cut_short(text: str) -> list[str]:
    """Return the markup that ends before it should: at a bracket that belongs to what it holds."""
    plain = re.findall(r"\b[BCI]\([^()]*\([^)]*\)", text)
    # These may have a bracket that ends nothing, with a backslash before it.
    semantic = re.findall(r"\b(?:[EOPV]|RV)\(((?:[^\\)]|\\.)*)\)", text)
    return plain + [each for each in semantic if each.count("(") != each.count("\\)")]


def test_no_bracket_ends_markup_too_early() -> None:
    texts = list(texts_with_markup())

    assert texts
    assert [(where, found) for where, text in texts for found in cut_short(text)] == []


def test_what_ends_too_early_is_found() -> None:
    assert cut_short("It is C(f(x) }}:5434), the host.") == ["C(f(x)"]
    assert cut_short("It is V(f(x)).") == ["f(x"]
    assert cut_short(r"It is V(f(x\)) or O(url) and C(requests) (of the user).") == []


# What is checked when it is built

FAULTS = {
    '<a href="b.html">': "index.html: b.html leads to no page",
    '<a href="a/b.html#nothing">': "index.html: a/b.html#nothing leads to no place on its page",
    f'<a href="{SITE}c.html">': "index.html: c.html leads to no page",
    '<img src="picture.svg">': "index.html: picture.svg leads to no page",
    '<script src="https://example.com/x.js"></script>': "index.html: a browser would load https://example.com/x.js",
    "see :ref:`there`": "index.html: shows '`'",
    "an ``option``": "index.html: shows '`'",
    "the text C(code) is": "index.html: shows 'C(code)'",
    "**bold**": "index.html: shows '**'",
    ".. note:: look": "index.html: shows '.. note::'",
    '<span class="problematic">x</span>': "index.html: shows 'what Sphinx calls problematic'",
}
FINE = """
<html><head><link rel="canonical" href="https://example.com/"></head><body><p id="top">
<a href="#top">a</a> <a href="a/b.html#here">b</a> <a href="https://example.com/x">c</a>
<a href="mailto:a@example.com">d</a>
<code>C(code) and `x`</code> Rights (of the user) and A (B).</p></body></html>
"""


def build(folder: Path, index: str) -> Path:
    (folder / "a").mkdir()
    (folder / "index.html").write_text(index, encoding="utf-8")
    (folder / "a" / "b.html").write_text('<p id="here"><a href="../index.html">up</a></p>', encoding="utf-8")
    return folder


def project(folder: Path, text: str) -> Path:
    (folder / "galaxy.yml").write_text(f"documentation: {SITE}\n", encoding="utf-8")
    (folder / "README.md").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("site", "project"):
        (tmp_path / name).mkdir()
    return tmp_path / "site", tmp_path / "project"


def test_a_site_without_a_fault(folders: tuple[Path, Path]) -> None:
    links = f"[the site]({SITE}), [a page]({SITE}a/b.html#here)."

    assert check_site.main(build(folders[0], FINE), project(folders[1], links)) == []


@pytest.mark.parametrize("html", FAULTS)
def test_a_fault_on_a_page(folders: tuple[Path, Path], html: str) -> None:
    found = check_site.main(build(folders[0], FINE.replace("</p>", f"{html}</p>")), project(folders[1], ""))

    assert FAULTS[html] in found


def test_a_fault_on_a_page_in_a_folder(folders: tuple[Path, Path]) -> None:
    site = build(folders[0], FINE)
    (site / "a" / "b.html").write_text('<p id="here"><a href="index.html">up</a></p>', encoding="utf-8")

    assert check_site.main(site, project(folders[1], "")) == ["a/b.html: index.html leads to no page"]


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        (f"{SITE}a/c.html", "a/c.html leads to no page"),
        (f"{SITE}a/b.html#nothing", "a/b.html#nothing leads to no place on its page"),
        (SITE.replace("/ansible-", "/ansibel-"), f" is outside of {SITE}"),
    ],
)
def test_a_fault_of_a_file(folders: tuple[Path, Path], link: str, fault: str) -> None:
    [found] = check_site.main(build(folders[0], FINE), project(folders[1], f"See [this]({link})."))

    assert found.startswith(str(folders[1] / "README.md"))
    assert found.endswith(fault)


def test_a_site_that_is_not_there(folders: tuple[Path, Path]) -> None:
    assert check_site.main(folders[0], project(folders[1], "")) == [f"There is no site in {folders[0]}."]


# What is published


def publish(folder: Path, *tags: str) -> Path:
    """Run .ci/site in a repository with these tags, whose make writes into each page what it was made of."""
    source, programs, target = (folder / name for name in ("source", "programs", "site"))
    (source / ".ci").mkdir(parents=True)
    shutil.copy2(ROOT / ".ci" / "site", source / ".ci" / "site")
    programs.mkdir()
    make = programs / "make"
    make.write_text(
        '#!/bin/sh\n[ "$1" != -C ] || cd "$2"\nmkdir -p build/docs/build/html\n'
        "git describe --always --dirty > build/docs/build/html/index.html\n",
        encoding="utf-8",
    )
    make.chmod(0o755)
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    (source / ".gitignore").write_text("/build/\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", source], check=True)
    for tag in [*tags, "latest"]:
        (source / "text").write_text(tag, encoding="utf-8")
        subprocess.run(["git", "-C", source, "add", "--all"], check=True)
        subprocess.run(["git", "-C", source, *who, "commit", "--quiet", "--message", tag], check=True)
        subprocess.run(["git", "-C", source, *who, "tag", "--annotate", "--message", tag, tag], check=True)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    subprocess.run([source / ".ci" / "site", target], check=True, env={**os.environ, "PATH": path})
    left = subprocess.run(["git", "-C", source, "worktree", "list"], check=True, stdout=subprocess.PIPE).stdout
    assert len(left.splitlines()) == 1
    return target


def test_the_newest_release_is_published_with_main_beside_it(tmp_path: Path) -> None:
    site = publish(tmp_path, "0.2.0", "0.10.0", "0.9.0", "1.0.0-rc1")

    assert (site / "index.html").read_text(encoding="utf-8") == "0.10.0\n"
    assert (site / "main" / "index.html").read_text(encoding="utf-8") == "latest\n"


def test_before_the_first_release_main_is_published(tmp_path: Path) -> None:
    site = publish(tmp_path)

    assert (site / "index.html").read_text(encoding="utf-8") == "latest\n"
    assert (site / "main" / "index.html").read_text(encoding="utf-8") == "latest\n"
