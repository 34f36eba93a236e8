# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell variables that were meant to be read from those of somebody else."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from ansible_collections.abra.flexi.plugins.module_utils._text import Names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_ALIKE = 0.9
_LONGER = 2
_NEARLY = 0.8
_LOGOUT = re.compile(r"log_?o(?:ut|ff)")
"""The ways to write that word, of which this collection knows one."""
_OF_THE_COLLECTION = re.compile(r"abra_?(?:flexi_)?|flexi_")
"""What the name of a module, or of the collection, begins with, but no variable."""
LIMITS = ("companies", "company", "exclude_users", "users_with_roles", "max_selected")
"""How the options end that limit who is logged out, or from what: passed over, they would let more be."""


def _is_nearly(word: str, other: str) -> bool:
    return SequenceMatcher(None, word, other).ratio() >= _NEARLY


class Spelling:
    """How the names of variables are spelt: a prefix, and then one of several words."""

    def __init__(self, prefix: str, words: Collection[str]) -> None:
        """Take the words that there are."""
        self._prefix = prefix
        self._words = frozenset(words)
        # With the prefix, all would be alike.
        self._names = Names(self._words, {word: prefix + word for word in self._words})
        self._bare_prefix = prefix.replace("_", "")
        third = len(prefix) // 3
        self._parts = (prefix[:third], prefix[third:-third], prefix[-third:])

    def unknown(self, names: Iterable[object]) -> dict[str, str]:
        """Return the names of which no variable is read, but was meant to be, with the word that each has.

        Those that begin with an underscore are somebody's own.
        """
        found = ((name, self._word_in(name)) for name in names if isinstance(name, str))
        known = {self._prefix + word for word in self._words}
        return {name: word for name, word in found if word is not None and name not in known}

    def question(self, word: str) -> str:
        """Return the question whether a name was meant, with a space before it, or nothing."""
        return self._names.question(word)

    def _word_in(self, name: str) -> str | None:
        """Return what follows the prefix, or what was meant to be that, or None where nothing was."""
        if name.startswith(self._prefix):
            return name[len(self._prefix) :]
        if name.startswith("_"):
            return None
        spelt = name.lower().replace("-", "_")
        if spelt.startswith(self._prefix):
            return spelt[len(self._prefix) :]
        of_collection = _OF_THE_COLLECTION.match(spelt)
        if of_collection and spelt.startswith(self._prefix, of_collection.end()):
            word = spelt[of_collection.end() + len(self._prefix) :]
            return word if any(_is_nearly(word, each) for each in self._words if each.endswith(LIMITS)) else None
        spelt = _LOGOUT.sub("logout", spelt)
        # Most names of a play have nothing in common with the prefix, and to compare letter by letter takes long.
        if not any(part in spelt for part in self._parts):
            return None
        ends = sorted(len(spelt) - len(word) for word in self._words if spelt.endswith(word))
        ends += [found.end() for found in re.finditer("_", spelt)]
        words = (spelt[at:] for at in ends if self._is_meant(spelt[:at]))
        return next((word for word in words if self._names.meant_by(word)), None)

    def _is_meant(self, beginning: str) -> bool:
        is_as_long = abs(len(beginning) - len(self._prefix)) <= _LONGER
        return is_as_long and SequenceMatcher(None, beginning.replace("_", ""), self._bare_prefix).ratio() >= _ALIKE
