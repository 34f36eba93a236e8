# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What workflows and pages about the project say has to be so."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / ".github/pull_request_template.md"]
EACH_WORKFLOW = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
EACH_PAGE = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)

PERMISSIONS: dict[tuple[str, str], dict[str, str]] = {
    ("release", "galaxy"): {},
    ("release", "github"): {"actions": "write", "contents": "write"},
    ("site", "publish"): {"id-token": "write", "pages": "write"},
}
"""Of the jobs that need other ones than to read the repository."""

ASKED_FOR_BY_CERTIFICATION = [
    "Description",
    "Requirements",
    "Installation",
    "Use Cases",
    "Testing",
    "Contributing",
    "Support",
    "Release Notes and Roadmap",
    "Related Information",
    "License Information",
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def targets_of_make() -> set[str]:
    return set(re.findall(r"^([a-z][a-z0-9-]*):(?!=)", read("Makefile"), re.MULTILINE))


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def releases() -> list[tuple[str, set[str], str]]:
    """Return the core, its Pythons and that of the plugins of each release that ``make test-all`` runs."""
    calls = [
        node
        for node in ast.walk(ast.parse(read("tests/tools/matrix.py")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Release"
    ]
    found = []
    for call in calls:
        core, pythons = (ast.literal_eval(argument) for argument in call.args)
        named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        found.append((core, set(pythons), named.get("plugin_python", "")))
    return found


@EACH_WORKFLOW
def test_the_targets_that_a_workflow_makes(path: Path) -> None:
    made = set(re.findall(r"\bmake ([a-z0-9-]+)", path.read_text(encoding="utf-8")))

    assert made
    assert made - targets_of_make() == set()


@EACH_PAGE
def test_the_targets_that_a_page_names(path: Path) -> None:
    named = set(re.findall(r"(?:`|^\$ )make ([a-z0-9-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))

    assert named - targets_of_make() == set()


@EACH_WORKFLOW
def test_a_workflow_may_do_no_more_than_it_has_to(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {}
    for name, job in jobs(path).items():
        assert job["permissions"] == PERMISSIONS.get((path.stem, name), {"contents": "read"})


@EACH_WORKFLOW
def test_a_workflow_names_the_major_version_of_an_action(path: Path) -> None:
    steps = [step for job in jobs(path).values() for step in job["steps"]]

    for step in steps:
        assert "run" in step or re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])


def test_a_job_that_makes_something_keeps_no_credentials() -> None:
    checkouts = [
        step
        for path in WORKFLOWS
        for job in jobs(path).values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_release_has_the_site_published() -> None:
    steps = jobs(ROOT / ".github/workflows/release.yml")["github"]["steps"]
    site = yaml.safe_load(read(".github/workflows/site.yml"))

    assert steps[-1]["run"] == "gh workflow run site.yml --ref main"
    assert set(site["on"]) == {"push", "workflow_dispatch"}
    assert site["on"]["push"]["branches"] == ["main"]
    assert [step["run"] for step in site["jobs"]["build"]["steps"] if "run" in step] == [".ci/site site"]
    assert "make docs\n" in read(".ci/site")


def test_the_hooks_of_a_commit_fetch_nothing_and_use_the_tools_of_make() -> None:
    repositories = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    tools = set(re.findall(r"^([a-z-]+) >=", read("requirements-dev.txt"), re.MULTILINE))

    assert [repository["repo"] for repository in repositories] == ["local"]
    for hook in repositories[0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].split()[0].removeprefix(".venv/bin/") in tools


def test_clean_removes_what_git_ignores() -> None:
    ignored = {line.strip("/") for line in read(".gitignore").splitlines() if line and not line.startswith("#")}
    recipe = read("Makefile").partition("\nclean:")[2]

    # Of these, make writes the first in __pycache__, and the second in build.
    assert {name for name in ignored if name not in recipe} == {"*.py[co]", "*.tar.gz"}


def test_what_must_not_be_skipped_is_installed_before() -> None:
    for path in WORKFLOWS:
        for job in jobs(path).values():
            runs = [step.get("run", "") for step in job["steps"]]
            if {"make test", "make test-all"}.intersection(runs):
                assert "sudo .ci/install" in runs


def test_the_nightly_run_has_every_python() -> None:
    steps = jobs(ROOT / ".github/workflows/nightly.yml")["test_all"]["steps"]
    (there,) = (set(step["with"]["python-version"].split()) for step in steps if "setup-python" in step.get("uses", ""))

    wanted = {python for _core, pythons, plugin in releases() for python in {*pythons, plugin} if python}
    assert there == wanted


def test_the_support_matrix_is_what_is_tested() -> None:
    rows = re.findall(r"^\| (2\.\d+) \| ([0-9., ]+) \|$", read("README.md"), re.MULTILINE)
    tested: dict[str, set[str]] = {}
    for core, pythons, _plugin in releases():
        tested[core] = tested.get(core, set()) | pythons

    assert [core for core, _pythons in rows] == sorted(tested)
    assert {core: set(pythons.split(", ")) for core, pythons in rows} == tested


def test_the_oldest_supported_release_is_the_one_that_is_required() -> None:
    oldest = min(core for core, _pythons, _plugin in releases())

    assert yaml.safe_load(read("meta/runtime.yml"))["requires_ansible"] == f">={oldest}.0"
    assert f"ansible-core {oldest} or newer" in read("README.md")


def test_the_readme_has_the_headings_that_are_asked_for() -> None:
    headings = re.findall(r"^## (.*)$", read("README.md"), re.MULTILINE)

    assert [heading for heading in headings if heading in ASKED_FOR_BY_CERTIFICATION] == ASKED_FOR_BY_CERTIFICATION
    assert "Communication" in headings


def test_the_readme_can_be_read_in_five_minutes() -> None:
    assert len(read("README.md").split()) <= 1100


def test_the_readme_shows_check_mode_and_the_certificate_on_its_first_screen() -> None:
    first = "\n".join(read("README.md").splitlines()[:45])

    assert "--check" in first
    assert "openssl s_client" in first
    assert first.count("ca_path: ") == 1


def test_no_page_puts_a_password_on_a_command_line() -> None:
    for path in [*PAGES, *(ROOT / "docs/docsite/rst").glob("*.rst"), *(ROOT / "roles").glob("*/README.md")]:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^ *[$#] .*(?:PASSWORD|TOKEN|password)=(?!\$\().*$", text, re.MULTILINE) == [], path.name


@EACH_PAGE
def test_a_page_refers_to_files_that_are_there(path: Path) -> None:
    links = re.findall(r"\]\((?!https://)([^)#]*)(?:#([^)]*))?\)", path.read_text(encoding="utf-8"))

    for name, anchor in links:
        target = path.parent / name if name else path
        assert target.exists(), name
        if anchor and target.suffix == ".md":
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}
