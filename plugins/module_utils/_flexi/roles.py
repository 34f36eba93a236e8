# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which users have which roles in a company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _errors
from .._errors import FlexiError
from .._text import folded, readable
from .users import role_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .users import User


def with_roles(users: Sequence[User], roles: Sequence[str]) -> list[User]:
    """Return the users who have one of these roles; raise FlexiError where the server does not tell somebody's."""
    if users and not any(told(user, "roles") for user in users):
        raise FlexiError(_errors.LIST_UNREADABLE, "The server does not show any user's roles.", "Name the users.")
    wanted = {folded(role_code(role)) for role in roles}
    return [user for user in users if wanted & {folded(role) for role in told(user, "roles")}]


def told(user: User, field: str) -> Any:
    """Return a field of a user; raise FlexiError where the server does not tell it: leaving them out is a guess."""
    value = getattr(user, field)
    if value is None:
        message = f"The server does not show the field {field} of user {readable(user.username)!r}."
        raise FlexiError(_errors.LIST_UNREADABLE, message, "Do not filter by it, or name the users.")
    return value


def nobodys_roles(users: Sequence[User], roles: Sequence[str]) -> str:
    """Return a sentence about those of the roles that nobody has, since they may be mistyped, or nothing."""
    there = {folded(role) for user in users for role in user.roles or ()}
    nobodys = [role for role in roles if folded(role_code(role)) not in there]
    return f"Nobody there has the role {readable(' or '.join(nobodys))}. {roles_there_are(users)}" if nobodys else ""


def roles_there_are(users: Sequence[User]) -> str:
    """Return a sentence that names the roles that somebody has."""
    roles = sorted({role for user in users for role in user.roles or ()})
    return f"The roles there are: {readable(', '.join(roles)) or 'none'}."
