# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Czech pages say in their own words what the English ones say, with the same commands, options and codes."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import Any

import pytest
import yaml

from ansible_collections.abra.flexi.tests.operations import ROOT

RST = ROOT / "docs" / "docsite" / "rst"
README = (ROOT / "README.md", ROOT / "README.cs.md")
GUIDES = {path.stem: (RST / path.name.replace("_cs.rst", ".rst"), path) for path in sorted(RST.glob("*_cs.rst"))}
PAGES = {"README": README, **GUIDES}
EACH_PAGE = pytest.mark.parametrize("page", PAGES)
IN_MARKDOWN = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
IN_RST = re.compile(r"^(?P<margin> *)\.\. code-block:: (\S+)\n\n((?:(?P=margin)   .*\n|\n)+)", re.MULTILINE)


def blocks(text: str) -> list[tuple[str, Any]]:
    """Return the language and the content of all code, without what is for people to read."""
    found = IN_MARKDOWN.findall(text) or [block[1:] for block in IN_RST.findall(text)]
    return [(language, content(language, dedent(code).strip())) for language, code in found]


def content(language: str, code: str) -> Any:
    """Return code without the names of plays and tasks, and without text in XML."""
    if language.startswith("yaml"):
        return unnamed(yaml.safe_load(code))
    return re.findall(r"<[^>]+>", code) if language == "xml" else code


def unnamed(value: Any) -> Any:
    """Return a playbook without the names in it."""
    if isinstance(value, dict):
        return {key: unnamed(inner) for key, inner in value.items() if key != "name"}
    return [unnamed(inner) for inner in value] if isinstance(value, list) else value


def literals(text: str) -> set[str]:
    """Return what is set as code within sentences: options, variables, codes, commands, addresses."""
    marks = "``" if text.startswith(".. ") else "`"
    return {" ".join(literal.split()) for literal in re.findall(rf"(?<!`){marks}([^`]+){marks}(?!`)", prose(text))}


def prose(text: str) -> str:
    """Return a page without its blocks of code."""
    return IN_RST.sub("", IN_MARKDOWN.sub("", text))


@EACH_PAGE
def test_the_code_is_the_same(page: str) -> None:
    english, czech = (blocks(path.read_text(encoding="utf-8")) for path in PAGES[page])

    if page == "README":
        # That for Galaxy and for developers is in English only.
        assert [block for block in czech if block not in english] == []
        assert [block for block in english if block not in czech] == []
    else:
        assert czech == english


@EACH_PAGE
def test_options_variables_and_codes_are_the_same(page: str) -> None:
    english, czech = (literals(path.read_text(encoding="utf-8")) for path in PAGES[page])

    assert czech == english


@pytest.mark.parametrize("page", GUIDES)
def test_the_tables_have_the_same_rows(page: str) -> None:
    def rows(text: str) -> list[int]:
        tables = re.findall(r"^   \* - .+?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
        return [table.count("\n   * - ") for table in tables]

    english, czech = (rows(path.read_text(encoding="utf-8")) for path in PAGES[page])

    assert czech == english


@pytest.mark.parametrize("page", GUIDES)
def test_the_guides_refer_to_each_other(page: str) -> None:
    english, czech = PAGES[page]
    label = "ansible_collections.abra.flexi.docsite"

    assert f"<{label}.{czech.stem}>" in english.read_text(encoding="utf-8")
    assert f"<{label}.{english.stem}>" in czech.read_text(encoding="utf-8")


def test_the_readmes_refer_to_each_other() -> None:
    english, czech = (path.read_text(encoding="utf-8") for path in README)

    assert "(README.cs.md)" in english.partition("\n## ")[0]
    assert "(README.md)" in czech.partition("\n## ")[0]


def test_the_czech_guides_are_those_that_an_administrator_needs_first() -> None:
    assert set(GUIDES) == {
        "guide_quick_start_cs",
        "guide_after_a_rollout_cs",
        "guide_rights_cs",
        "guide_troubleshooting_cs",
    }


@EACH_PAGE
def test_czech_quotation_marks(page: str) -> None:
    _english, czech = PAGES[page]
    words = re.sub(r"``.*?``|`[^`]*`", "", prose(czech.read_text(encoding="utf-8")))

    assert '"' not in words
    assert words.count("»") == words.count("«")
