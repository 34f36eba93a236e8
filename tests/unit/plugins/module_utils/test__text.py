# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for people."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.abra.flexi.plugins.module_utils._text import (
    READABLE_LENGTH,
    Names,
    folded,
    quoted,
    readable,
    shown,
    some_of,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("  one\r\n two\tthree ", "one two three", id="blanks-and-lines"),
        pytest.param("a\x1b[31mb\x07", "a\\x1b[31mb\\x07", id="terminal-codes"),
        pytest.param("a\u202eb\u2066c", "a\\u202eb\\u2066c", id="bidirectional-marks"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="invisible-characters"),
        pytest.param("a\udc80", "a\\udc80", id="lone-surrogate"),
        pytest.param("Žaneta 🙂", "Žaneta 🙂", id="other-languages-stay"),
        pytest.param("x" * READABLE_LENGTH, "x" * READABLE_LENGTH, id="just-short-enough"),
        pytest.param("x" * (READABLE_LENGTH + 1), "x" * (READABLE_LENGTH - 1) + "…", id="just-too-long"),
        pytest.param("x" * (READABLE_LENGTH - 2) + " yz", "x" * (READABLE_LENGTH - 2) + "…", id="cut-after-a-word"),
        pytest.param("", "", id="empty"),
    ],
)
def test_readable_is_one_short_printable_line(text: str, line: str) -> None:
    assert readable(text) == line


@pytest.mark.parametrize(
    ("name", "as_shown", "in_quotes"),
    [
        ("novak", "novak", "'novak'"),
        ("jan novak", "jan novak", "'jan novak'"),
        ("jan  novak", "'jan  novak'", "'jan  novak'"),
        ("novak ", "'novak '", "'novak '"),
        ("a\tb", "'a\\tb'", "'a\\tb'"),
        ("", "", "''"),
    ],
)
def test_all_blanks_of_a_name_show(name: str, as_shown: str, in_quotes: str) -> None:
    assert (shown(name), quoted(name)) == (as_shown, in_quotes)


def test_readable_takes_another_length() -> None:
    assert readable("abcdef", 4) == "abc…"


@settings(deadline=None, database=None)
@given(st.text(alphabet=st.characters(blacklist_categories=()), max_size=400))
def test_readable_is_short_and_printable_whatever_comes(text: str) -> None:
    line = readable(text)
    assert line.isprintable()
    assert len(line) <= READABLE_LENGTH


@pytest.mark.parametrize("character", ["a", "\x00", " ", "\n"], ids=["letters", "nulls", "blanks", "lines"])
def test_ten_megabytes_are_readable_at_once(character: str) -> None:
    begin = time.process_time()
    assert len(readable(character * 10_000_000)) <= READABLE_LENGTH
    assert time.process_time() - begin < 0.5


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param("Novak", "novak", True, id="case"),
        pytest.param("ŽANETA", "žaneta", True, id="case-of-accented-letters"),
        pytest.param("žaneta", unicodedata.normalize("NFD", "žaneta"), True, id="composed-or-not"),
        pytest.param("Žaneta", unicodedata.normalize("NFD", "ŽANETA"), True, id="both"),
        pytest.param("straße", "STRASSE", True, id="a-letter-that-becomes-two"),
        pytest.param("žaneta", "zaneta", False, id="accents-matter"),
        pytest.param("novak", "novak ", False, id="blanks-matter"),
    ],
)
def test_names_compare_without_case_and_composition(one: str, other: str, *, is_same: bool) -> None:
    assert (folded(one) == folded(other)) is is_same


NAMES = ["novak", "franta", "jan.novak@firma.cz", "žaneta"]


@pytest.mark.parametrize(
    ("wanted", "question"),
    [
        pytest.param("novk", " Did you mean novak?", id="a-letter-is-missing"),
        pytest.param("NOVAK", " Did you mean novak?", id="upper-case"),
        pytest.param(
            unicodedata.normalize("NFD", "žaneta"),
            " Did you mean žaneta, which looks the same, but whose accents are encoded differently?",
            id="composed-otherwise",
        ),
        pytest.param(
            unicodedata.normalize("NFD", "ŽANETA"), " Did you mean žaneta?", id="upper-case-composed-otherwise"
        ),
        pytest.param("nobody.like.that", "", id="nothing-close"),
        pytest.param("", "", id="empty"),
        pytest.param("novak; Franta", " Did you mean novak or franta?", id="several-in-one"),
        pytest.param("novak novak|xyz", " Did you mean novak?", id="one-of-several"),
        pytest.param("['novak'", " Did you mean novak?", id="in-quotes-and-brackets"),
        pytest.param("code:novak", " Did you mean novak?", id="with-a-word-before-it"),
        pytest.param("FIRMA\\nowak", " Did you mean novak?", id="a-part-is-mistyped"),
        pytest.param("login=Zaneta", " Did you mean žaneta?", id="a-part-lacks-an-accent"),
        pytest.param("ŽanetA", " Did you mean žaneta?", id="accented-in-upper-case"),
        pytest.param("novak@firma.cz", " Did you mean novak?", id="an-address-for-a-login"),
        pytest.param("JAN.NOVAK", " Did you mean jan.novak@firma.cz?", id="a-login-for-an-address"),
        pytest.param("jan.novak@firma.com", " Did you mean jan.novak@firma.cz?", id="another-address"),
        pytest.param("somebody@firma.cz", "", id="only-the-end-of-an-address"),
        pytest.param("@firma.cz", "", id="nothing-before-the-at-sign"),
        pytest.param("x;y", "", id="nobody-in-several"),
    ],
)
def test_the_name_that_was_perhaps_meant(wanted: str, question: str) -> None:
    assert Names(NAMES).question(wanted) == question


@pytest.mark.parametrize("name", [" novak", "novak ", "no  vak", "no\tvak", "no\u00a0vak"])
def test_a_suggestion_shows_its_blanks(name: str) -> None:
    assert Names([name]).question("novak") == f" Did you mean {name!r}?"


def test_names_that_differ_in_accents_may_both_have_been_meant() -> None:
    assert Names(["malý", "maly", "franta"]).meant_by("MALÝ!") == ["maly", "malý"]


def test_a_name_with_blanks_and_signs_is_found_as_a_whole() -> None:
    assert Names(["a b/c", "a"]).meant_by("A B/C") == ["a b/c"]


def test_several_names_may_have_been_meant_but_not_too_many() -> None:
    assert Names(f"user{number}" for number in range(9)).question("user").count(" or ") == 2


def test_a_name_is_suggested_as_it_is_written() -> None:
    assert (
        Names(["users", "companies"], {"users": "user_logout_users"}).question("user")
        == " Did you mean user_logout_users?"
    )


def test_one_suggestion_is_made_once() -> None:
    written = {"session_id": "session_id", "session_ids": "session_id"}
    assert Names(written, written).question("session_i") == " Did you mean session_id?"


def test_a_suggestion_is_readable() -> None:
    assert Names(["novak\x1b"]).question("novak") == " Did you mean novak\\x1b?"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, ""), (1, "u0"), (5, "u0, u1, u2, u3, u4"), (6, "u0, u1, u2, u3, u4 and 1 more")],
)
def test_of_many_names_some_are_said(count: int, said: str) -> None:
    assert some_of([f"u{number}" for number in range(count)]) == said


def test_how_many_names_are_said_may_be_given() -> None:
    assert some_of(["a\x1b", "b", "c", "d", "e"], 2) == "a\\x1b, b and 3 more"


def test_among_thousands_the_name_that_was_meant_is_found() -> None:
    names = Names(f"user{number:05}.{'abcdefg'[number % 7] * 3}" for number in range(5000))
    assert names.meant_by("user04321.cc")[0] == "user04321.ccc"
    assert names.question("something.else") == ""
