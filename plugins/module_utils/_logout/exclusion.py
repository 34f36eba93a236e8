# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is never logged out, however they are named or selected. Only reads.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _errors
from .._errors import FlexiError
from .._text import Names, composed, folded, readable, some_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .._flexi.users import ListOfUsers


def excluded_among(users: Iterable[str], excluded: Iterable[str], listed: Collection[str]) -> set[str]:
    """Return those of ``users`` who are ``excluded``; ``listed`` are logins that the server itself has shown.

    Whether upper and lower case matter to Flexi is not known. So a login in other letters is excluded too, unless the
    server has shown both, which are two users then.
    """
    shown = {composed(login) for login in listed}
    exact = {composed(login) for login in excluded}
    alone = {folded(login) for login in exact - shown}
    shared = {folded(login) for login in exact & shown}

    def is_excluded(login: str) -> bool:
        same, alike = composed(login), folded(login)
        return same in exact or alike in alone or (alike in shared and same not in shown)

    return {login for login in users if is_excluded(login)}


def check_exclusions(excluded: Sequence[str], users: Sequence[str], everybody: ListOfUsers) -> list[str]:
    """Return a warning about logins that exclude none of ``users``; raise FlexiError where one seems to be mistyped.

    Whoever exists on the server is no mistake. The list of users is read only where a login excludes nobody.
    """
    there = {folded(user) for user in users}
    idle = [login for login in dict.fromkeys(excluded) if folded(login) not in there]
    if not idle:
        return []
    known = _known(everybody)
    idle = [login for login in idle if login not in known]
    names = Names(users)
    for login in idle:
        meant = names.question(login).strip()
        if meant:
            raise FlexiError(
                _errors.INVALID_OPTION,
                f"exclude_users contains {readable(login)!r}, which matches none of the users to be logged out, but "
                "looks like one of them. Nobody was logged out.",
                f"{meant} Write each login exactly as Flexi has it.",
            )
    return [f"exclude_users contains logins that match nobody: {some_of(idle)}."] if idle else []


def _known(everybody: ListOfUsers) -> frozenset[str]:
    try:
        return everybody.logins()
    except FlexiError as problem:
        if problem.code in _errors.FOR_EVERYBODY:
            raise
        return frozenset()
