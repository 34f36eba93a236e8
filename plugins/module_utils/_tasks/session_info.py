# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of flexi_session_info."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._flexi.server import LoggedIn, Server, read_logged_in, read_server
from .operation import Context, Operation
from .options import client_for

if TYPE_CHECKING:
    from collections.abc import Mapping


def _tell(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    with client_for(params, context.secrets, check_mode=context.check_mode) as client:
        server = read_server(client)
        result = _result(server, read_logged_in(client, server))
    return result | {"acting_user": client.auth.user or None, "in_session": client.auth.in_session}


def _result(server: Server, logged_in: LoggedIn) -> dict[str, Any]:
    logins = logged_in.logins
    count = "an unknown number of" if server.logged_in_users is None else server.logged_in_users
    return {
        "changed": False,
        "msg": f"Flexi {server.version or 'of unknown version'}, {count} users logged in. {logged_in.reason}".strip(),
        "server": {
            "version": server.version,
            "license_name": server.license_name,
            "license_variant": server.license_variant,
            "operating_system": server.operating_system,
            "java_version": server.java_version,
        },
        "logged_in_users": server.logged_in_users,
        "sessions": server.sessions,
        "exact": logins is not None,
        "reason": logged_in.reason or None,
        "users": None if logins is None else sorted(logins),
    }


SESSION_INFO = Operation(options={}, do=_tell)
