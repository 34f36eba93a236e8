# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for people: on one line, and with the name that was perhaps meant."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

READABLE_LENGTH = 200
_LONGEST_LIST = 1000
_COMPARED = 50
_ALIKE = 0.7
_BETWEEN_NAMES = re.compile(r"[\s;,|\"'`()\[\]{}<>:/\\+&=*#]+")


def readable(text: str, length: int = READABLE_LENGTH) -> str:
    """Return ``text`` on one line, cut to ``length`` characters, with control characters made visible."""
    line = " ".join(text[: length * 20].split())
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
    return _cut(visible, length)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def shown(name: str) -> str:
    """Return a name for a sentence; in quotes where it would not show which blanks it has."""
    name = name[: READABLE_LENGTH * 20]
    return readable(name) if _has_plain_blanks(name) else _cut(repr(name), READABLE_LENGTH)


def quoted(name: str) -> str:
    """Return a name in quotes, with all its blanks."""
    return repr(readable(name)) if _has_plain_blanks(name) else shown(name)


def _has_plain_blanks(name: str) -> bool:
    return name == " ".join(name.split())


def some_of(names: Sequence[str], most: int = 5) -> str:
    """Return the first names for a sentence, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{_cut(', '.join(map(shown, names[:most])), _LONGEST_LIST)}{more}"


def without(names: Iterable[str], text: str) -> str:
    """Return ``text`` without the names that are words in it, in upper or lower case."""
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text, flags=re.IGNORECASE)
    return text


def composed(name: str) -> str:
    """Return ``name`` with each accent in one character with its letter, whichever way it was written."""
    return unicodedata.normalize("NFC", name)


def folded(name: str) -> str:
    """Return ``name`` as it compares where upper and lower case, and the way accents are composed, do not matter."""
    return composed(composed(name).casefold())


def bare(name: str) -> str:
    """Return ``name`` in lower case and without accents, as those write it who cannot type them."""
    letters = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def did_you_mean(wanted: str, close: Sequence[str]) -> str:
    """Return the question whether one of these names was meant, with a space before it, or nothing without any."""
    if not close:
        return ""
    looks_the_same = close[0] != wanted and composed(close[0]) == composed(wanted)
    difference = ", which looks the same, but whose accents are encoded differently" if looks_the_same else ""
    return f" Did you mean {_cut(' or '.join(map(shown, close)), READABLE_LENGTH)}{difference}?"


class Names:
    """Names among which to look for the one that was perhaps meant, quickly where there are thousands too."""

    def __init__(self, names: Iterable[str], written: Mapping[str, str] | None = None) -> None:
        """``written`` has what stands for a name in an answer, where that is not the name."""
        self._written: dict[str, list[str]] = {}
        for name in sorted(names):
            self._written.setdefault(bare(name), []).append((written or {}).get(name, name))
        self._alone = {_before_at(name): written for name, written in self._written.items()} | self._written
        """What stands alone for a name: it, or what an e-mail address has before the at sign."""
        self._with_pair: dict[str, list[str]] = {}
        for name in self._written:
            for pair in _pairs(name):
                self._with_pair.setdefault(pair, []).append(name)

    def meant_by(self, wanted: str) -> list[str]:
        """Return those that ``wanted`` is made of, or else those that resemble it or a part, the most alike first."""
        name = bare(wanted)
        parts = [name] if name in self._alone else [part for part in _BETWEEN_NAMES.split(name) if part]
        alone = [self._alone.get(part) or self._alone.get(_before_at(part), []) for part in parts]
        found = [each for each in alone if each] or [self._alike(name) or [*chain(*map(self._alike, parts))]]
        return list(dict.fromkeys(chain(*found)))

    def question(self, wanted: str) -> str:
        """Return the question whether one of them was meant, with a space before it, or nothing."""
        return did_you_mean(wanted, self.meant_by(wanted))

    def _alike(self, name: str) -> list[str]:
        shared = Counter(each for pair in _pairs(name) for each in self._with_pair.get(pair, ()))
        # To compare letter by letter takes long, so only those are compared that have most in common.
        likely = [each for each, _count in shared.most_common(_COMPARED)]
        close = get_close_matches(name, likely, n=3, cutoff=_ALIKE)
        return [written for each in close for written in self._written[each]]


def _before_at(name: str) -> str:
    return name.partition("@")[0] or name


def _pairs(name: str) -> set[str]:
    framed = f"^{name}$"
    return {framed[at : at + 2] for at in range(len(framed) - 1)}
