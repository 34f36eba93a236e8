# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first and the last thing that make does: it looks for what it needs, and reports what it skipped."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.abra.flexi.tests.tools import prerequisites, skipped

ROOT = Path(__file__).parents[2]

REPORT = """\
<testsuites><testsuite>
<testcase classname="tests.e2e.test_one" name="test_passes"/>
<testcase classname="tests.e2e.test_one" name="test_expected"><skipped type="pytest.xfail" message="known"/></testcase>
{more}
</testsuite></testsuites>
"""
SKIPPED = '<testcase classname="tests.e2e.test_{name}"><skipped type="pytest.skip" message="{reason}"/></testcase>'


def test_the_oldest_python_is_good_enough() -> None:
    assert prerequisites.trouble_with_python("python3", prerequisites.OLDEST) == ""


def test_an_older_python_is_named() -> None:
    said = prerequisites.trouble_with_python("/opt/python3", (3, 10))

    assert said.startswith("Python 3.11 or newer is needed, and /opt/python3 is Python 3.10: ")
    assert "\n" not in said


@pytest.mark.parametrize("lacking", ["venv", "ensurepip"])
def test_without_virtual_environments_the_package_is_named(monkeypatch: pytest.MonkeyPatch, lacking: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == lacking else name)

    said = prerequisites.trouble_with_python("python3", (3, 11))

    assert said == "python3 cannot make virtual environments: install the Debian package python3.11-venv."


def test_a_folder_with_a_blank_is_refused() -> None:
    assert prerequisites.trouble_with_folder("/home/novak/flexi") == ""
    assert prerequisites.trouble_with_folder("/home/jan novak").endswith("move this clone, which is in /home/jan novak")


def test_a_missing_git_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    assert prerequisites.trouble_with_git(".") == "git is missing: install the Debian package git."


def test_a_folder_that_is_no_clone_is_refused(tmp_path: Path) -> None:
    said = prerequisites.trouble_with_git(str(tmp_path))

    assert said.startswith("This has to be a clone that git can read, but: fatal: not a git repository")


def test_a_clone_will_do(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)

    assert prerequisites.trouble_with_git(str(tmp_path)) == ""


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(SystemExit, match=r"\APython 3.11 or newer .*\ngit is missing: .*\Z"):
        prerequisites.main("python3")


def test_even_old_pythons_understand_the_check() -> None:
    ast.parse((ROOT / "tests/tools/prerequisites.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_the_oldest_python_is_the_one_in_the_documentation() -> None:
    oldest = ".".join(map(str, prerequisites.OLDEST))

    for name in ("README.md", "CONTRIBUTING.md", "Makefile", "requirements-dev.txt"):
        assert f"Python {oldest} or newer" in (ROOT / name).read_text(encoding="utf-8")


def report(folder: Path, *more: str) -> Path:
    path = folder / "report.xml"
    path.write_text(REPORT.format(more="\n".join(more)), encoding="utf-8")
    return path


@pytest.mark.parametrize("ci", ["", "true"])
def test_nothing_was_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str
) -> None:
    monkeypatch.setenv("CI", ci)

    assert skipped.main([report(tmp_path)]) == 0
    assert capsys.readouterr().out == "Nothing was skipped.\n"


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_what_was_skipped_is_counted_by_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, status: int
) -> None:
    monkeypatch.setenv("CI", ci)
    reason = "Java is not installed (Debian package java)"
    java = SKIPPED.format(name="java", reason=reason)
    other = SKIPPED.format(name="windows", reason="this is not Windows")

    assert skipped.main([report(tmp_path, java, other, java)]) == status
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == [
        f"Skipped: 2 of tests.e2e.test_java: {reason}",
        "Skipped: 1 of tests.e2e.test_windows: this is not Windows",
    ]
    assert len(printed) == 2 + status


def test_pythons_that_the_sanity_tests_lack_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lacking = 'Skipping sanity test "{}" on Python 3.9 because it could not be found.'
    reasons = [lacking.format("compile"), lacking.format("import"), "No tests applicable."]
    tests = [f'<testcase classname="sanity" name="x"><skipped>{reason}</skipped></testcase>' for reason in reasons]

    assert skipped.main([report(tmp_path, *tests)]) == 0
    assert capsys.readouterr().out == "Skipped: 2 of sanity: Python 3.9 is not installed\n"


def test_in_ci_only_what_a_package_would_bring_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    assert skipped.main([report(tmp_path, SKIPPED.format(name="windows", reason="this is not Windows"))]) == 0


def test_what_tests_skip_for_want_of_a_package_is_installed_in_ci() -> None:
    installed = set(re.findall(r"\[[\w-]+\]=([\w.-]+)", (ROOT / ".ci/install").read_text(encoding="utf-8")))
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/e2e").glob("*.py")))
    named = set(re.findall(r"\(Debian package ([\w.-]+)\)", sources))

    assert named
    assert named <= installed
