# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell variables that were meant to be read from those of somebody else."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Callable

from ansible import context
from ansible.module_utils.common.text.converters import to_text
from ansible.parsing.splitter import parse_kv, split_args

from ansible_collections.abra.flexi.plugins.module_utils._text import Names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_ALIKE = 0.9
_LONGER = 2
_LOGOUT = re.compile(r"log_?o(?:ut|ff)")
"""The ways to write that word, of which this collection knows one."""
_OF_THE_COLLECTION = re.compile(r"(?:abra_?)?flexi_")
"""What the name of a module, or of the collection, begins with, but no variable."""
LIMITS = ("companies", "company", "exclude_users", "users_with_roles", "max_selected")
"""How the options end that limit who is logged out, or from what: passed over, they would let more be."""
_NO_PAIRS = ("@", "{", "[")
"""How an option for extra variables begins that is a file or YAML."""
UNPARSED = "_raw_params"
"""Where Ansible puts text in extra variables that has no name before it."""
_WORD = re.compile(r"\w+")
_OF_EVERYBODY = {"hostvars", "vars", "groups"}
"""Variables of Ansible that have all others in them."""
_JINJA = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_BACKSLASH = r"\\"
_DECODED = re.compile(r"\\(?:[abfnrtv]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]+\})")
"""What Ansible reads as one other character in NAME=VALUE, such as the beginning of the second part of AD\\novak."""


def unparsed(variables: Mapping[str, Any]) -> str:
    """Return a sentence about text in extra variables that became no variable, or nothing where all did."""
    # Of several options, only the last one's is kept.
    of_each = [parse_kv(text).get(UNPARSED, "") for text in _pairs_of_the_command_line()]
    if not any(str(text).strip() for text in (variables.get(UNPARSED, ""), *of_each)):
        return ""
    return (
        "The extra variables (-e) contain text that belongs to none of them. Write NAME=VALUE without blanks around "
        'the equals sign and in the value, or JSON, such as -e \'{"NAME": ["VALUE", "VALUE"]}\'.'
    )


def misread(is_ours: Callable[[str], bool]) -> str:
    """Return a sentence about an extra variable of ours that Ansible has made another text of, or nothing."""
    ours = [name for text in _pairs_of_the_command_line() for name in decoded(text) if is_ours(name)]
    if not ours:
        return ""
    return (
        f"The extra variable {ours[0]} has a backslash that Ansible reads together with what follows it, such as \\n "
        f'as the end of a line. Write it in JSON, with each backslash doubled: -e \'{{"{ours[0]}": "AD\\\\novak"}}\'.'
    )


def decoded(pairs: str) -> list[str]:
    """Return the names in ``NAME=VALUE`` pairs of whose values Ansible reads a part as one other character."""
    found = (pair.partition("=") for pair in ([] if pairs.startswith(_NO_PAIRS) else split_args(pairs)))
    # What Jinja makes of a backslash is meant.
    return [name for name, _equals, value in found if _DECODED.search(_JINJA.sub("", value).replace(_BACKSLASH, ""))]


def names_read(written: Iterable[Any], variables: Mapping[str, Any]) -> set[str]:
    """Return the names of the variables that templates read, be it by way of other variables."""
    names: set[str] = set()
    left = list(written)
    while left:
        text = str(left.pop())
        words = set(_WORD.findall(text)) if "{{" in text or "{%" in text else set()
        new = (words & variables.keys()) - names - _OF_EVERYBODY
        names |= new
        left += [variables[name] for name in new]
    return names


def _pairs_of_the_command_line() -> list[str]:
    given: Iterable[Any] = context.CLIARGS.get("extra_vars", ())
    return [text for text in map(to_text, given) if not text.startswith(_NO_PAIRS)]


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
            meant = self._names.meant_by(word)
            return word if any(each.endswith(LIMITS) for each in meant) else None
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
