# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is selected, as the server shows them. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import _errors
from .._errors import FlexiError, invalid_option
from .._flexi.roles import nobodys_roles, with_roles
from .._flexi.server import read_logged_in
from .._flexi.users import is_alone, read_company_users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._flexi.server import Server
    from .._flexi.users import User
    from .._wire.client import Wire
    from .targets import Selection


@dataclass(frozen=True)
class Selected:
    """Users who were found together."""

    source: str
    """Where, in words."""
    users: tuple[str, ...]

    def but(self, left_out: set[str]) -> Selected:
        """Return the same without some of them."""
        return Selected(self.source, tuple(user for user in self.users if user not in left_out))

    def as_dict(self) -> dict[str, Any]:
        """Return one entry of the module's ``selected``."""
        return {"from": self.source, "users": list(self.users)}


def select(client: Wire, server: Server, selection: Selection) -> tuple[list[Selected], list[User], list[str]]:
    """Return whom a selection finds, but for the acting user, all users who were read for that, and the warnings.

    Raise FlexiError where it cannot be known who they all are.
    """
    if client.auth.in_session and not client.auth.user:
        raise invalid_option(
            "It is not known whose session this is, so its user could not be left out. Nobody was logged out.",
            "Set username together with session_id.",
        )
    members = {company: read_company_users(client, company) for company in selection.in_companies}
    found = [_from_company(company, users, selection.with_roles) for company, users in members.items()]
    if selection.logged_in:
        found.append(Selected("users who are logged in", _logged_in(client, server)))
    everybody = [user for users in members.values() for user in users]
    unknown_roles = nobodys_roles(everybody, selection.with_roles)
    acting = {user for each in found for user in each.users if client.auth.is_acting(user)}
    warnings = [
        f"No other users of company {company} are shown, which may be because this user may not see them."
        for company, users in members.items()
        if is_alone(client.auth, (user.username for user in users))
    ]
    return [each.but(acting) for each in found], everybody, [*([unknown_roles] if unknown_roles else []), *warnings]


def _from_company(company: str, users: Sequence[User], roles: Sequence[str]) -> Selected:
    chosen = with_roles(users, roles) if roles else users
    source = f"company {company}, roles {', '.join(roles)}" if roles else f"company {company}"
    return Selected(source, tuple(dict.fromkeys(user.username for user in chosen)))


def _logged_in(client: Wire, server: Server) -> tuple[str, ...]:
    logged_in = read_logged_in(client, server)
    if logged_in.logins is None:
        raise FlexiError(
            _errors.LIST_UNREADABLE,
            f"It is not known for certain who is logged in, so nobody was logged out. {logged_in.reason}",
            "Name the users, or select those of a company.",
        )
    return tuple(sorted(logged_in.logins))
