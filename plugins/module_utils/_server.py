# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server tells about itself: that it is a Flexi, who is logged in, and which companies it has. Only reads.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._client import HTML, Client
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._reply import readable

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.plugins.module_utils._reply import Reply

_LOGOUT_ADDRESS = re.compile(r"/status/user/([^/\s\"'<>?#]+)/logout\b")

_LONGEST_COUNT = 10
"""Digits; more are not a count of users."""


@dataclass(frozen=True)
class Server:
    """What ``/status.json`` says; a count is None where the server does not give it."""

    version: str | None = None
    logged_in_users: int | None = None
    sessions: int | None = None
    sets_flexi_cookie: bool = False


def read_server(client: Client) -> Server:
    """Ask for ``/status.json``, and raise FlexiError unless a Flexi answers."""
    reply = client.get("/status.json")
    body = reply.json
    status = body.get("status") if isinstance(body, Mapping) else None
    if reply.status == HTTPStatus.OK and isinstance(status, Mapping) and status.get("version"):
        return Server(
            version=readable(str(status["version"])),
            logged_in_users=_count(status.get("loggedUser")),
            sessions=_count(status.get("sessions")),
            sets_flexi_cookie=reply.has_flexi_cookie,
        )
    if reply.status == HTTPStatus.FORBIDDEN and reply.envelope:
        # Flexi's own refusal: whoever may not see the status may still be allowed to log themself out.
        return Server(sets_flexi_cookie=reply.has_flexi_cookie)
    raise _not_flexi(reply)


def read_logged_in(client: Client, server: Server) -> frozenset[str] | None:
    """Return exactly the logins that have a session, or None where the server does not tell for certain.

    The page ``/status/user`` is documented, its content is not. So the logins in it count only where there are as many
    as the server says. It is asked for even where nobody is logged in, since this is what proves the credentials.
    """
    reply = client.get("/status/user", {"auth": "http"}, accept=HTML)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise reply.error("Reading who is logged in")
    if server.sessions == 0 and not server.logged_in_users:
        return frozenset()
    logins = frozenset(unquote(login) for login in _LOGOUT_ADDRESS.findall(unescape(reply.text)))
    return logins if reply.status == HTTPStatus.OK and len(logins) == server.logged_in_users else None


def read_companies(client: Client) -> dict[str, str] | None:
    """Return every company's ``dbNazev`` with the name that people see, or None where the list cannot be read."""
    reply = client.get("/c.json", {"limit": "0"})
    if reply.wants_login:
        raise reply.error("Reading the companies")
    body = reply.json if reply.status == HTTPStatus.OK else None
    root = body.get("companies") if isinstance(body, Mapping) else None
    listed = root.get("company") if isinstance(root, Mapping) else None
    companies = [listed] if isinstance(listed, Mapping) else listed
    if not isinstance(companies, list):
        return None
    return {
        str(each["dbNazev"]): str(each.get("nazev", ""))
        for each in companies
        if isinstance(each, Mapping) and "dbNazev" in each
    }


def _count(value: object) -> int | None:
    """Read a count that may be a string."""
    digits = str(value)
    return int(digits) if digits.isdecimal() and len(digits) < _LONGEST_COUNT else None


def _not_flexi(reply: Reply) -> FlexiError:
    error = reply.error("Reading /status.json")
    if reply.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
        return error
    return FlexiError(
        _errors.NOT_FLEXI,
        f"This is not a Flexi server: {error.message}",
        "Set url to the root of a Flexi server, such as https://flexi.example.com:5434.",
        http_status=reply.status,
        attempts=reply.attempts,
    )
