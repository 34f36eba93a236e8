# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Working in a session made by JSON login, as ``auth_method: session`` and ``session_id`` ask for.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from .. import _errors
from .._errors import FlexiError
from .._secrets import longest_first
from .client import Client, Clock, Connection, Request

if TYPE_CHECKING:
    from .problems import Trouble
    from .reply import Reply

_LOGIN = "/login-logout/login.json"
_LOGOUT = "/login-logout/logout"
_LAST_SECONDS = 5.0


class SessionClient(Client):
    """A client that logs in before its first request, again where the session has expired, and out at its end.

    A session that was handed in is used as it is: neither renewed nor ended.
    """

    def __init__(self, connection: Connection, hide: Callable[[str], None], clock: Clock | None = None) -> None:
        """Open nothing yet; ``hide`` is called with every secret that the server hands out."""
        super().__init__(connection, clock)
        self._headers.pop("Authorization", None)
        self._otp = {}
        self._hide = hide
        self._lock = threading.Lock()
        self._token = connection.session_id
        self._token_has_worked = False

    def __exit__(self, *exc: object) -> None:
        """End the own session, and only this one, if it was made here."""
        if self._token and not self.connection.session_id:
            # Best effort, also where the deadline has passed, and not for long.
            self._ends_at = self._clock.now() + _LAST_SECONDS
            self._try(self._with_token(Request("GET", _LOGOUT), self._token))
        super().__exit__(*exc)

    def _ask(self, request: Request) -> Reply:
        token = self._valid_token(expired="")
        reply = super()._ask(self._with_token(request, token))
        if reply.session_expired and not self.connection.session_id:
            renewed = super()._ask(self._with_token(request, self._valid_token(expired=token)))
            reply = replace(
                renewed,
                attempts=reply.attempts + renewed.attempts,
                answer_lost=reply.answer_lost or renewed.answer_lost,
            )
        self._token_has_worked = self._token_has_worked or not reply.session_expired
        return reply

    def _may_repeat(self, request: Request, trouble: Trouble) -> bool:
        # Nobody knows whether the credentials of a login without an answer are good, and bad ones are not tried twice.
        return super()._may_repeat(request, trouble) and not (request.path == _LOGIN and trouble.maybe_done)

    def _with_token(self, request: Request, token: str) -> Request:
        if not (token.isascii() and token.isprintable()) or token != token.strip():
            # The exception that it would cause on the way quotes it.
            raise FlexiError(
                _errors.INVALID_OPTION, "The session id has characters in it that cannot be sent.", "Check session_id."
            )
        return replace(request, headers={**request.headers, "X-authSessionId": token})

    def _valid_token(self, expired: str) -> str:
        """Return a token that is not ``expired``; whichever thread comes first logs in for all."""
        with self._lock:
            if self._token == expired:
                if expired and not self._token_has_worked:
                    raise FlexiError(
                        _errors.SESSION_EXPIRED,
                        "Flexi made a session at login and did not know it at the next request.",
                        "Check what lies between here and the server, or use auth_method basic.",
                    )
                self._token = self._log_in()
                self._token_has_worked = False
            return self._token

    def _log_in(self) -> str:
        connection = self.connection
        form = {"username": connection.username, "password": connection.password}
        if connection.otp:
            form["otp"] = connection.otp
        reply = super()._ask(Request("POST", _LOGIN, form=form))
        answer = reply.json if isinstance(reply.json, Mapping) else {}
        for name in ("authSessionId", "refreshToken", "csrfToken"):
            if answer.get(name):
                self._hide(str(answer[name]))
                self._secrets += longest_first([str(answer[name])])
        if answer.get("authSessionId") and answer.get("success") is not False:
            return str(answer["authSessionId"])
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
