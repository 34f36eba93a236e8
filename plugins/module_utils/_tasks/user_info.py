# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of flexi_user_info."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import _errors
from .._errors import FlexiError, invalid_option
from .._flexi.companies import read_companies, unknown_company
from .._flexi.roles import nobodys_roles, roles_there_are, told, with_roles
from .._flexi.server import read_server
from .._flexi.users import User, is_alone, read_company_users, read_users
from .operation import Context, Operation
from .options import client_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._wire.client import Wire

_USER_TYPES = ["NORMAL", "REST_API", "READ_ONLY"]


def _tell(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    _check(params)
    with client_for(params, context.secrets, check_mode=context.check_mode) as client:
        read_server(client)
        users = _read(client, params)
    if is_alone(client.auth, (user.username for user in users)):
        context.warn("The list of users contains nobody else, perhaps because this user may not see the others.")
    found = _filtered(users, params)
    nobodys = nobodys_roles(users, params["roles"] or ())
    if nobodys:
        context.warn(nobodys)
    there_are = f" {roles_there_are(users)}" if params["roles"] and not found else ""
    return {
        "changed": False,
        "msg": f"{len(found)} of {len(users)} users.{there_are}",
        "acting_user": client.auth.user or None,
        "in_session": client.auth.in_session,
        "users": [user.as_dict() for user in found],
    }


def _check(params: Mapping[str, Any]) -> None:
    """Raise FlexiError for conditions that could mean everybody, or nobody."""
    for name in ("company", "roles", "user_types"):
        if params[name] is not None and not params[name]:
            raise invalid_option(f"{name} is empty, which could mean any or none.", "Leave it out.")
    if params["roles"] and not params["company"]:
        raise invalid_option("Users have roles within a company, but company is not set.", "Set company.")


def _read(client: Wire, params: Mapping[str, Any]) -> list[User]:
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
        found = with_roles(found, params["roles"])
    if params["user_types"] is not None:
        found = [user for user in found if told(user, "user_type") in params["user_types"]]
    if params["blocked"] is not None:
        found = [user for user in found if told(user, "blocked") == params["blocked"]]
    return found


USER_INFO = Operation(
    options={
        "company": {"type": "str"},
        "roles": {"type": "list", "elements": "str"},
        "user_types": {"type": "list", "elements": "str", "choices": _USER_TYPES},
        "blocked": {"type": "bool"},
    },
    do=_tell,
)
