# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is never logged out, however they are named or selected. Only reads."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .. import _errors
from .._errors import FlexiError, invalid_option
from .._flexi.users import User
from .._text import Names, bare, composed, did_you_mean, folded, quoted, some_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from .._flexi.users import ListOfUsers

_ABBREVIATIONS = re.compile(r"\b(?:\w+\.)+(?=[\s,]|$)")
"""Such as titles, and first names of which there is a letter."""


def excluded_among(users: Iterable[str], excluded: Iterable[str], listed: Collection[str]) -> set[str]:
    """Return those of ``users`` who are ``excluded``; ``listed`` are logins that the server itself has shown.

    Whether upper and lower case matter to Flexi is not known, and blanks can hardly be told from each other in options.
    So a login that differs only in these is excluded too, unless the server has shown both, which are two users then.
    """
    shown = {composed(login) for login in listed}
    exact = {composed(login) for login in excluded}
    alone = {_loosely(login) for login in exact - shown}
    shared = {_loosely(login) for login in exact & shown}

    def is_excluded(login: str) -> bool:
        same, alike = composed(login), _loosely(login)
        return same in exact or alike in alone or (alike in shared and same not in shown)

    return {login for login in users if is_excluded(login)}


def _loosely(login: str) -> str:
    return folded(" ".join(login.split()))


def check_exclusions(
    excluded: Sequence[str], users: Sequence[str], shown: Iterable[User], everybody: ListOfUsers
) -> list[str]:
    """Return a warning about logins that exclude none of ``users``; raise FlexiError where one seems to be mistyped.

    Whoever exists on the server is no mistake. ``shown`` are users whom the server has shown already; the list of users
    is read only where a login excludes nobody.
    """
    there = {_loosely(user) for user in users}
    idle = [login for login in dict.fromkeys(excluded) if _loosely(login) not in there]
    if not idle:
        return []
    known = [*shown, *_known(everybody)]
    logins = {_loosely(user.username) for user in known}
    idle = [login for login in idle if _loosely(login) not in logins]
    people = _People([*map(User, users), *(user for user in known if _loosely(user.username) in there)])
    for login in idle:
        meant = did_you_mean(login, people.meant_by(login)).strip()
        if meant:
            raise invalid_option(
                f"exclude_users contains {quoted(login)}, which matches none of the users to be logged out, but "
                "looks like one of them. Nobody was logged out.",
                f"{meant} Write each login exactly as Flexi has it.",
            )
    return [f"exclude_users contains logins that match nobody: {some_of(idle)}."] if idle else []


def _known(everybody: ListOfUsers) -> list[User]:
    try:
        return everybody.users()
    except FlexiError as problem:
        if problem.code in _errors.FOR_EVERYBODY:
            raise
        return []


class _People:
    """Users, among whom to look for those who were perhaps meant by what is no login."""

    def __init__(self, users: Iterable[User]) -> None:
        """Take these; the same user may be there several times, as different lists show them."""
        self._called: dict[str, set[str]] = {}
        self._with_word: dict[str, set[str]] = {}
        for user in users:
            for name in _names(user):
                for spelled in (bare(name), " ".join(_words(name))):
                    self._called.setdefault(spelled, set()).add(user.username)
            for word in _words(f"{user.username} {user.given_name or ''} {user.family_name or ''}"):
                self._with_word.setdefault(word, set()).add(user.username)
        self._longest = max((len(name.split()) for name in self._called), default=0)
        self._names = Names(self._called)

    def meant_by(self, excluded: str) -> list[str]:
        """Return the logins of those whom it names among other words, by wildcards, in part, or almost."""
        return (
            self._logins(_runs(_words(excluded), self._longest))
            or self._logins(_matching(excluded, self._called))
            or self._with_all(_words(_ABBREVIATIONS.sub(" ", excluded)))
            or self._logins(self._names.meant_by(excluded))
        )

    def _logins(self, names: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(login for name in names for login in sorted(self._called.get(name, ()))))

    def _with_all(self, words: Sequence[str]) -> list[str]:
        having = [self._with_word.get(word, set()) for word in words]
        return sorted(set.intersection(*having)) if having else []


def _names(user: User) -> set[str]:
    """Return what the user may be called."""
    addresses = [user.username, user.email or ""]
    given, family = user.given_name or "", user.family_name or ""
    full = [f"{given} {family}", f"{family} {given}"] if given and family else []
    return {name for name in (*addresses, *(each.partition("@")[0] for each in addresses), *full) if _words(name)}


def _words(text: str) -> list[str]:
    """Return the words in a text; numbers without the zeros before them, which spreadsheets drop."""
    words = re.findall(r"[^\W_]+", bare(text))
    return [(word.lstrip("0") or "0") if word.isdigit() else word for word in words]


def _runs(words: Sequence[str], longest: int) -> Iterator[str]:
    """Return the words that stand together, each and in rows of as many as the longest name has."""
    rows = ((begin, begin + length) for begin in range(len(words)) for length in range(1, longest + 1))
    return (" ".join(words[begin:end]) for begin, end in rows)


def _matching(pattern: str, names: Iterable[str]) -> Iterator[str]:
    """Return the names that a pattern with wildcards matches, in whichever language of patterns it is."""
    glob = bare(pattern).strip("^$/").replace(".*", "*").replace("%", "*")
    return (name for name in names if fnmatchcase(name, glob)) if set("*?") & set(glob) else iter(())
