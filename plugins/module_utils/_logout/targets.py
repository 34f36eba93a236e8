# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to log out of what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from .._text import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 254
_NO_SEGMENTS = frozenset({"", ".", ".."})
_ENDS_OR_DECODES = re.compile(";|%[0-9a-fA-F]{2}")


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
        """Whether a proxy that decodes it hands on another address."""
        return any(character in self.user for character in "/\\?#%")

    @property
    def label(self) -> str:
        """A short name, for a diff."""
        return self.user if self.company is None else f"{self.user} in {self.company}"

    def __str__(self) -> str:
        """Name the target in a sentence."""
        return f"user {readable(self.label)!r}"


@dataclass(frozen=True)
class Batch:
    """Users who are to leave the same companies."""

    users: tuple[str, ...]
    companies: tuple[str, ...] | None = None
    """Where they leave; None is everything, and ends their sessions."""

    @property
    def targets(self) -> list[Target]:
        """Each of them out of each company."""
        return [Target(user, company) for user in self.users for company in self.companies or (None,)]


@dataclass(frozen=True)
class Selection:
    """Whom else to log out, to be looked up on the server."""

    in_companies: tuple[str, ...] = ()
    with_roles: tuple[str, ...] = ()
    """Of the users in the companies only those with one of these roles; empty is all of them."""
    logged_in: bool = False
    """Whether to log out everybody who is logged in."""
    at_most: int = 500

    def __bool__(self) -> bool:
        """Whether anything is to be looked up."""
        return bool(self.in_companies) or self.logged_in


@dataclass(frozen=True)
class Whom:
    """Whom a task wants to be logged out, and of what."""

    named: Batch = Batch(())
    lists: tuple[Batch, ...] = ()
    selection: Selection = Selection()
    """Those who are selected leave the companies of ``named``."""
    excluded: tuple[str, ...] = ()

    @property
    def companies(self) -> list[str]:
        """All companies that the server must have."""
        left = [company for batch in (self.named, *self.lists) for company in batch.companies or ()]
        return [*left, *self.selection.in_companies]

    def targets(self, selected: Sequence[str] = ()) -> list[Target]:
        """Return what to log out, each target once: those who are named, those who are selected, and the lists."""
        batches = (self.named, Batch(tuple(selected), self.named.companies), *self.lists)
        return list(dict.fromkeys(target for batch in batches for target in batch.targets))


def login_fault(login: str) -> str:
    """Return what is wrong with a login that cannot be one, or cannot be sent; nothing where it can."""
    fault = spelling_fault(login)
    if not fault and _may_be_somebody_else(login):
        return f"the login {readable(login)!r}, which cannot be sent as a part of an address"
    return fault


def spelling_fault(login: str) -> str:
    """Return what is wrong with a login that cannot be one; nothing where it can."""
    if not login.strip():
        return "an empty login"
    if login != login.strip():
        return f"the login {login[:_LONGEST]!r}, which has leading or trailing whitespace"
    if not all(character == " " or character.isprintable() for character in login):
        return f"the login {login[:_LONGEST]!r}, with a line break or another unprintable character in it"
    return ""


def _may_be_somebody_else(login: str) -> bool:
    """Whether proxies that decode %2F and the like can make the address of somebody else of it.

    They may decode once more what looks encoded, resolve or drop a segment of dots or without anything in it, or end
    the path at the segment ``logout``; and for many servers, a segment ends at a semicolon.
    """
    first, *others = [re.split("[?#]", each)[0] or each for each in re.split(r"[/\\]", login)]
    is_other_path = _NO_SEGMENTS & {first, *others} or any(each.partition(".")[0] == "logout" for each in others)
    return bool(is_other_path or _ENDS_OR_DECODES.search(login))
