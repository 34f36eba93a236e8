# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server tells about itself: that it is a Flexi, and who is logged in. Only reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .. import _errors
from .._errors import FlexiError
from .._text import folded, readable
from .._wire.connection import HTML, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._wire.client import Wire
    from .._wire.reply import Reply

LOGOUT_ADDRESS = re.compile(r"/status/user/([^/\s\"'<>?#]+)/logout\b")

STATUS = "/status.json"
USER_PAGE = "/status/user"
COMPANIES = "/c.json"
_FIELDS = frozenset(
    {
        "licenseName",
        "licenseVariant",
        "appServerRunning",
        "javaVersion",
        "operatingSystem",
        "loggedUser",
        "sessions",
    }
)
_ENOUGH_FIELDS = 2
_LONGEST_COUNT = 10
"""Digits; more are not a count of users."""


@dataclass(frozen=True)
class Server:
    """What ``/status.json`` says; None is what the server does not tell."""

    version: str | None = None
    license_name: str | None = None
    license_variant: str | None = None
    operating_system: str | None = None
    java_version: str | None = None
    logged_in_users: int | None = None
    sessions: int | None = None
    sets_flexi_cookie: bool = False


@dataclass(frozen=True)
class LoggedIn:
    """Who has a session."""

    logins: frozenset[str] | None
    """All of them and nobody else, or None where the server does not tell for certain."""
    reason: str = ""
    """Why it does not, as a sentence."""
    proves_login: bool = False
    """Whether it shows that the server took the credentials."""


class Seen:
    """Logins that were seen. Whether upper and lower case matter to the logout is not documented."""

    def __init__(self, logins: Iterable[str]) -> None:
        """Take these."""
        self._logins = frozenset(logins)
        self._folded = frozenset(folded(login) for login in self._logins)

    def __contains__(self, login: str) -> bool:
        """Tell whether this very login was seen."""
        return login in self._logins

    def perhaps(self, login: str) -> bool:
        """Tell whether it was, if case, and how accents are composed, do not matter."""
        return folded(login) in self._folded


def read_server(client: Wire) -> Server:
    """Ask for ``/status.json``, and raise FlexiError unless a Flexi answers."""
    return server_in(client.get(STATUS))


def is_flexi(client: Wire) -> bool:
    """Ask once, without trying again, whether a Flexi answers."""
    try:
        reply = client.ask_once(Request("GET", STATUS))
        # A server that only limits the rate of requests says nothing about itself.
        return reply.is_overloaded or bool(server_in(reply))
    except FlexiError:
        return False


def server_in(reply: Reply) -> Server:
    """Return what an answer of ``/status.json`` says; raise FlexiError unless it is one of a Flexi."""
    body = reply.json
    status = body.get("status") if isinstance(body, Mapping) else None
    if reply.status == HTTPStatus.OK and isinstance(status, Mapping) and _is_of_flexi(status):
        return Server(
            version=_text(status["version"]),
            license_name=_text(status.get("licenseName")),
            license_variant=_text(status.get("licenseVariant")),
            operating_system=_text(status.get("operatingSystem")),
            java_version=_text(status.get("javaVersion")),
            logged_in_users=_count(status.get("loggedUser")),
            sessions=_count(status.get("sessions")),
            sets_flexi_cookie=reply.has_flexi_cookie,
        )
    if reply.status == HTTPStatus.FORBIDDEN and reply.envelope:
        # Flexi's own refusal: whoever may not see the status may still be allowed to log themself out.
        return Server(sets_flexi_cookie=reply.has_flexi_cookie)
    raise _not_flexi(reply)


def _is_of_flexi(status: Mapping[str, object]) -> bool:
    """Whether these are the fields of a Flexi [D], since other servers have a status with a version too."""
    return bool(status.get("version")) and len(_FIELDS & set(status)) >= _ENOUGH_FIELDS


def read_logged_in(client: Wire, server: Server) -> LoggedIn:
    """Return who has a session.

    The page ``/status/user`` is documented, its content is not. So the logins in it count only where there are as many
    as the server says. It is asked for even where nobody is logged in, since this is what proves the credentials.
    Raise FlexiError where the server refuses them.
    """
    page = client.get(USER_PAGE, {"auth": "http"}, accept=HTML)
    seen = logged_in_on(page, server)
    if seen.proves_login or not page.leads_to_login:
        return seen
    # Some server may show its form in place of this page to everybody, but not in place of data.
    data = client.get(COMPANIES, {"limit": "1"})
    if data.status == HTTPStatus.UNAUTHORIZED or data.leads_to_login:
        raise data.error("Reading who is logged in").but(code=_errors.AUTH_FAILED, hint=_errors.WHICH_CREDENTIALS)
    return seen


def logged_in_on(reply: Reply, server: Server) -> LoggedIn:
    """Return who has a session, as the page ``/status/user`` shows it; raise FlexiError where the login is refused."""
    if reply.status == HTTPStatus.UNAUTHORIZED or reply.session_expired:
        raise reply.error("Reading who is logged in")
    logins = frozenset(unquote(login) for login in LOGOUT_ADDRESS.findall(unescape(reply.text)))
    # A page without anybody on it may be the form for the login.
    proves_login = reply.status == HTTPStatus.FORBIDDEN or (reply.status == HTTPStatus.OK and bool(logins))
    if server.sessions == 0 and not server.logged_in_users:
        return LoggedIn(frozenset(), proves_login=proves_login)
    return replace(_believed(reply, logins, server), proves_login=proves_login)


def _believed(reply: Reply, logins: frozenset[str], server: Server) -> LoggedIn:
    """Return the logins of the page if the counts agree with them."""
    if reply.status != HTTPStatus.OK:
        return LoggedIn(None, f"The server answers {reply.status} to /status/user, which shows who is logged in.")
    if server.logged_in_users is None:
        return LoggedIn(None, "/status.json does not say how many users are logged in.")
    if any(set("{}$") & set(login) for login in logins):
        return LoggedIn(None, "The page /status/user has addresses with placeholders, so it may not show everybody.")
    if len(logins) != server.logged_in_users:
        return LoggedIn(
            None,
            f"The page /status/user shows {len(logins)} users, but /status.json says {server.logged_in_users}.",
        )
    if server.sessions and not logins:
        return LoggedIn(
            None, f"/status.json says that nobody is logged in, but that {server.sessions} sessions are open."
        )
    return LoggedIn(logins)


def _text(value: object) -> str | None:
    return readable(str(value)) if value else None


def _count(value: object) -> int | None:
    """Read a count that may be a string."""
    digits = str(value)
    return int(digits) if digits.isdecimal() and len(digits) < _LONGEST_COUNT else None


def _not_flexi(reply: Reply) -> FlexiError:
    error = reply.error("Reading /status.json")
    if reply.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
        return error
    return error.but(
        code=_errors.NOT_FLEXI,
        message=f"This is not a Flexi server: {error.message}",
        hint="Set url to the root of a Flexi server, such as https://flexi.example.com:5434.",
    )
