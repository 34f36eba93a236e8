# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of flexi_user_info.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import _errors
from .._errors import FlexiError
from .._flexi.companies import read_companies, unknown_company
from .._flexi.server import read_server
from .._flexi.users import User, read_company_users, read_users, role_code
from .._text import readable
from .operation import Context, Operation
from .options import client_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._wire.client import Client

_USER_TYPES = ["NORMAL", "REST_API", "READ_ONLY"]


def _tell(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    _check(params)
    with client_for(params, context.secrets, check_mode=context.check_mode) as client:
        read_server(client)
        users = _read(client, params)
    others = {user.username for user in users} - {params["username"]}
    # A single one may be whoever asks, where their name is not given.
    if len(others) <= (not params["username"]):
        context.warn("The list of users has nobody else in it, which may be all that this user may see.")
    found = _filtered(users, params)
    nobodys = _nobodys_roles(users, params)
    if nobodys:
        context.warn(f"Nobody there has the role {nobodys}.{_roles_there_are(users, params)}")
    return {
        "changed": False,
        "msg": f"{len(found)} of {len(users)} users.{_roles_there_are(users, params) if not found else ''}",
        "acting_user": client.auth.user or None,
        "in_session": client.auth.in_session,
        "users": [user.as_dict() for user in found],
    }


def _check(params: Mapping[str, Any]) -> None:
    """Raise FlexiError for conditions that could mean everybody, or nobody."""
    for name in ("company", "roles", "user_types"):
        if params[name] is not None and not params[name]:
            raise FlexiError(_errors.INVALID_OPTION, f"{name} is empty, which could mean any or none.", "Leave it out.")
    if params["roles"] and not params["company"]:
        raise FlexiError(_errors.INVALID_OPTION, "Users have roles in a company, and none is given.", "Give company.")


def _read(client: Client, params: Mapping[str, Any]) -> list[User]:
    if not params["company"]:
        return read_users(client)
    try:
        members = read_company_users(client, params["company"])
    except FlexiError as problem:
        known = read_companies(client) if problem.code == _errors.UNKNOWN_COMPANY else None
        if not known:
            raise
        raise unknown_company(params["company"], known) from None
    if params["user_types"] is None and params["blocked"] is None:
        return members
    # The list of a company has neither.
    everybody = {user.username: user for user in read_users(client)}
    return [_joined(member, everybody.get(member.username)) for member in members]


def _joined(member: User, user: User | None) -> User:
    return replace(user, company=member.company, roles=member.roles) if user else member


def _filtered(users: Sequence[User], params: Mapping[str, Any]) -> list[User]:
    found = list(users)
    if params["roles"]:
        if users and not any(_told(user, "roles") for user in users):
            raise FlexiError(_errors.LIST_UNREADABLE, "The server does not tell any user's roles.", "Name the users.")
        wanted = {role_code(role).casefold() for role in params["roles"]}
        found = [user for user in found if wanted & {role.casefold() for role in _told(user, "roles")}]
    if params["user_types"] is not None:
        found = [user for user in found if _told(user, "user_type") in params["user_types"]]
    if params["blocked"] is not None:
        found = [user for user in found if _told(user, "blocked") == params["blocked"]]
    return found


def _told(user: User, field: str) -> Any:
    """Return a field of a user; raise FlexiError where the server does not tell it: leaving them out is a guess."""
    value = getattr(user, field)
    if value is None:
        message = f"The server does not tell the {field} of user {readable(user.username)!r}."
        raise FlexiError(_errors.LIST_UNREADABLE, message, "Do not filter by it, or name the users.")
    return value


def _nobodys_roles(users: Sequence[User], params: Mapping[str, Any]) -> str:
    """Name the roles that were asked for and that nobody has: they may be mistyped."""
    there = {role.casefold() for user in users for role in user.roles or ()}
    nobodys = [role for role in params["roles"] or () if role_code(role).casefold() not in there]
    return readable(" or ".join(nobodys))


def _roles_there_are(users: Sequence[User], params: Mapping[str, Any]) -> str:
    roles = sorted({role for user in users for role in user.roles or ()})
    return f" The roles there are: {readable(', '.join(roles)) or 'none'}." if params["roles"] else ""


USER_INFO = Operation(
    options={
        "company": {"type": "str"},
        "roles": {"type": "list", "elements": "str"},
        "user_types": {"type": "list", "elements": "str", "choices": _USER_TYPES},
        "blocked": {"type": "bool"},
    },
    do=_tell,
)
