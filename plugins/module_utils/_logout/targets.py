# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to log out of what. No HTTP and no Ansible in here.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from .. import _errors
from .._errors import FlexiError
from .._text import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 254
_NO_SEGMENTS = frozenset({"", ".", ".."})


@dataclass(frozen=True)
class Target:
    """One logout: a user out of everything, or out of one company."""

    user: str
    company: str | None = None

    @property
    def path(self) -> str:
        """The address of the logout service (vendor article 4784105), with the login as one path segment."""
        return f"/status/user/{quote(self.user, safe='')}/logout"

    @property
    def query(self) -> dict[str, str]:
        """What limits the logout to the company's context."""
        return {} if self.company is None else {"company": self.company}

    @property
    def may_change_on_its_way(self) -> bool:
        """Whether a proxy that decodes it, or a server for which ``;`` ends a part of it, sees another address."""
        return any(character in self.user for character in "/\\;")

    @property
    def label(self) -> str:
        """A short name, for a diff."""
        return self.user if self.company is None else f"{self.user} in {self.company}"

    def __str__(self) -> str:
        """Name the target in a sentence."""
        return f"user {readable(self.label)!r}"


def plan(users: Sequence[str], companies: Sequence[str] | None) -> list[Target]:
    """Return what to log out, each target once, in the order asked for.

    Without ``companies`` a user leaves all of them. Raise FlexiError for a login or company that cannot be meant.
    """
    if companies is not None and not companies:
        raise FlexiError(
            _errors.INVALID_OPTION,
            "companies is an empty list, which could mean no company or every company.",
            "Leave companies out to log the users out of everything.",
        )
    for user in users:
        _check_login(user)
    for company in companies or ():
        if not company.strip() or not company.isprintable():
            problem = f"companies has {readable(company)!r}, which is not the database name of a company."
            raise FlexiError(_errors.INVALID_OPTION, problem, "Give the dbNazev of each company.")
    return list(dict.fromkeys(Target(user, company) for user in users for company in companies or (None,)))


def _check_login(user: str) -> None:
    if user != user.strip():
        problem = f"users has the login {user!r}, which has leading or trailing whitespace."
    elif _NO_SEGMENTS & {each.partition(";")[0] or each for each in re.split(r"[/\\]", user)}:
        # A proxy that decodes %2F, and resolves such segments or drops them, makes the address of somebody else of it.
        problem = f"users has the login {readable(user)!r}, which cannot be sent as a part of an address."
    elif not all(character == " " or character.isprintable() for character in user):
        problem = f"users has the login {user[:_LONGEST]!r}, with a line break or another unprintable character in it."
    else:
        return
    raise FlexiError(_errors.INVALID_OPTION, problem, "Give each login as an item of its own, exactly as Flexi has it.")
