# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of findings: whole, and with nothing in it that contradicts itself."""

from __future__ import annotations

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._check.findings import (
    ENTRIES,
    ODD_CODE,
    OTHER_STATUS,
    PAGE,
    Entry,
    Finding,
    findings,
    status_words,
)

EACH = pytest.mark.parametrize(("code", "entry"), list(ENTRIES.items()), ids=list(ENTRIES))


@EACH
def test_an_entry_is_whole(code: str, entry: Entry) -> None:
    assert code.isidentifier()
    assert code.islower()
    assert entry.question.endswith("?")
    assert entry.assumed[-1] in ".@"
    assert entry.depends
    assert entry.fits or entry.form


@EACH
def test_a_word_has_one_meaning(code: str, entry: Entry) -> None:
    words = [*entry.fits, *entry.differs, *entry.matters]

    assert len(words) == len(set(words)), code
    assert [word for word in words if not word or len(word) > 60] == []


@EACH
def test_what_differs_has_a_hint(code: str, entry: Entry) -> None:
    assert all({**entry.differs, **entry.matters}.values()), code


def test_a_check_fails_only_for_what_matters() -> None:
    assert [code for code, entry in ENTRIES.items() if entry.failure and not entry.matters] == []


def test_what_fits_differs_matters_or_was_not_seen() -> None:
    def judged(code: str, word: str | None) -> tuple[bool | None, bool, str]:
        finding = Finding(code, ENTRIES[code], word).as_dict()
        return finding["fits"], finding["matters"], finding["hint"]

    assert judged("lang_cookie", "all of them") == (True, False, "")
    assert judged("lang_cookie", None) == (None, False, "")
    fits, matters, hint = judged("lang_cookie", "none")
    assert (fits, matters) == (False, False)
    assert hint.startswith("An empty body")
    fits, matters, hint = judged("rights", "not both")
    assert (fits, matters) == (False, True)
    assert "manageAll" in hint


def test_a_code_of_flexi_is_shown_as_it_is() -> None:
    entry = ENTRIES["not_logged_in_code"]

    assert entry.judged("uzivatelNeniPrihlasen") is True
    assert entry.judged(ODD_CODE) is False


def test_nothing_else_gets_into_a_report() -> None:
    with pytest.raises(ValueError, match="not in the table"):
        Finding("lang_cookie", ENTRIES["lang_cookie"], "novak").as_dict()
    with pytest.raises(ValueError, match="not in the table"):
        ENTRIES["not_logged_in_code"].judged("Petr Novák")


def test_findings_are_always_all_of_them() -> None:
    assert [finding.code for finding in findings({})] == list(ENTRIES)


def test_a_status_has_words() -> None:
    assert status_words(403, is_page=False) == "403"
    assert status_words(500, is_page=True) == f"500, {PAGE}"
    assert status_words(418, is_page=True) == OTHER_STATUS
