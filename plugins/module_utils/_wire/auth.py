# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to authenticate. Each says what goes along with a request; none sends anything but its own login and logout."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable

from .. import _errors
from .._errors import FlexiError, invalid_option
from .._secrets import basic_credentials
from .._text import folded
from .connection import Request

if TYPE_CHECKING:
    from .reply import Reply

LOGIN = "/login-logout/login.json"
OWN_LOGOUT = "/login-logout/logout"
SECRETS_OF_A_LOGIN = ("authSessionId", "refreshToken", "csrfToken")
"""Keys of its answer."""


@dataclass(frozen=True)
class Credentials:
    """What proves with one request who asks."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


NONE = Credentials()
Send = Callable[[Request, Credentials], "Reply"]
"""Sends a request as it is, with retries, and returns the reply or raises FlexiError."""


class Auth:
    """Nothing but what the connection has, such as a client certificate."""

    user = ""
    """The login of the acting user; empty where it is not known."""
    in_session = False
    """Whether requests belong to a session."""
    makes_session = False
    """Whether the acting user is logged in by it, or will be in the real run; they have a session by then."""
    _credentials = NONE

    def is_acting(self, login: str) -> bool:
        """Whether this may be the acting user's login, whose upper and lower case may not matter to Flexi."""
        return folded(login) == folded(self.user)

    def credentials(self, send: Send) -> Credentials:  # noqa: ARG002 - it is there for those who log in
        """Return what to send with the next request; raise FlexiError where there is no way to get it."""
        return self._credentials

    def renewed(self, reply: Reply, used: Credentials, send: Send) -> Credentials | None:  # noqa: ARG002 - as above
        """Return other credentials if it is for those ``used`` that the server gave this ``reply``, else None."""
        return None

    def leave(self, send: Send) -> None:
        """End what was begun, as far as that is possible."""


class BasicAuth(Auth):
    """HTTP Basic, with every request and before being asked [D]."""

    def __init__(self, user: str, password: str, otp: str = "", *, makes_session: bool = False) -> None:
        """Send ``otp``, a one-time code, with every request, as a user with two-factor login has to.

        ``makes_session`` is for check mode, where this stands for a login that the real run does.
        """
        self.user = user
        self.in_session = self.makes_session = makes_session
        headers = {"Authorization": f"Basic {basic_credentials(user, password)}"}
        self._credentials = Credentials(headers, {"otp": otp} if otp else {})


class GivenSession(Auth):
    """A session that exists already: used as it is, neither renewed nor ended."""

    in_session = True

    def __init__(self, session_id: str, user: str = "") -> None:
        """``user`` is whose session it is, where that is known."""
        self.user = user
        self._credentials = _of_session(session_id, "session_id")


class LoginSession(Auth):
    """JSON login before the first request, again where the session has expired, and out at the end."""

    in_session = True
    makes_session = True

    def __init__(self, user: str, password: str, otp: str = "", *, hide: Callable[[str], None]) -> None:
        """``hide`` is called with every secret that the server hands out."""
        self.user = user
        self._form = {"username": user, "password": password, **({"otp": otp} if otp else {})}
        self._hide = hide
        self._lock = threading.Lock()
        self._session = NONE
        self._refusal: FlexiError | None = None
        self._has_worked = False

    def credentials(self, send: Send) -> Credentials:
        """Return those of the session; whichever thread comes first logs in for all."""
        with self._lock:
            if self._session is NONE:
                self._session = self._log_in(send)
            return self._session

    def renewed(self, reply: Reply, used: Credentials, send: Send) -> Credentials | None:
        """Log in again where the session has expired; raise FlexiError if it never worked."""
        if not reply.session_expired:
            self._has_worked = True
            return None
        with self._lock:
            if self._session is used:
                if not self._has_worked:
                    raise FlexiError(
                        _errors.SESSION_EXPIRED,
                        "Flexi created a session at login, but did not recognize it at the next request.",
                        "Check the proxies and load balancers in front of the server, or use auth_method basic.",
                        http_status=reply.status,
                        attempts=reply.attempts,
                    )
                self._session = self._log_in(send)
                self._has_worked = False
            return self._session

    def leave(self, send: Send) -> None:
        """End the own session, and only this one."""
        if self._session is not NONE:
            send(Request("GET", OWN_LOGOUT), self._session)

    def _log_in(self, send: Send) -> Credentials:
        """Log in, unless that has failed before: bad credentials are not tried twice, not by another thread either."""
        if self._refusal:
            raise self._refusal
        try:
            return self._session_from(send)
        except FlexiError as refusal:
            self._refusal = refusal
            raise

    def _session_from(self, send: Send) -> Credentials:
        # Nobody knows whether the credentials of a login without an answer are good.
        reply = send(Request("POST", LOGIN, form=self._form, may_be_done_twice=False), NONE)
        answer = reply.json if isinstance(reply.json, Mapping) else {}
        for name in SECRETS_OF_A_LOGIN:
            if answer.get(name):
                self._hide(str(answer[name]))
        session_id = answer.get("authSessionId")
        if session_id and isinstance(session_id, str) and not reply.says_failure:
            return _of_session(session_id, "Flexi's answer to the login")
        if "success" not in answer:
            raise reply.error("Logging in")
        errors = answer.get("errors")
        reason = reply.readable(str(errors.get("reason", ""))).rstrip(".") if isinstance(errors, Mapping) else ""
        raise FlexiError(
            _errors.AUTH_FAILED,
            f"Flexi refused the login{': ' + reason if reason else ''}.",
            _errors.CHECK_CREDENTIALS,
            http_status=reply.status,
            attempts=reply.attempts,
        )


def _of_session(session_id: str, where: str) -> Credentials:
    """Return what a session id is sent as; raise FlexiError where it cannot be sent, without quoting it."""
    if not (session_id.isascii() and session_id.isprintable()) or session_id != session_id.strip():
        message = f"The session id in {where} contains characters that cannot be sent."
        raise invalid_option(message, "Use a session id exactly as Flexi issued it, or log in again.")
    return Credentials({"X-authSessionId": session_id})
