# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as one sentence for people and one stable code for programs.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from typing import Final

INVALID_OPTION: Final = "invalid_option"
MISSING_LIBRARY: Final = "missing_library"
AUTH_FAILED: Final = "auth_failed"
SESSION_EXPIRED: Final = "session_expired"
FORBIDDEN: Final = "forbidden"
NOT_LICENSED: Final = "not_licensed"
NOT_FLEXI: Final = "not_flexi"
REDIRECTED: Final = "redirected"
UNKNOWN_COMPANY: Final = "unknown_company"
NOT_LOGGED_IN: Final = "not_logged_in"
UNKNOWN_USER: Final = "unknown_user"
LOGGED_IN_AGAIN: Final = "logged_in_again"
NOT_VERIFIED: Final = "not_verified"
LIST_UNREADABLE: Final = "list_unreadable"
TLS: Final = "tls"
PROXY: Final = "proxy"
UNREACHABLE: Final = "unreachable"
TIMEOUT: Final = "timeout"
UNAVAILABLE: Final = "unavailable"
DEADLINE: Final = "deadline"
BROKEN_REPLY: Final = "broken_reply"
SERVER_ERROR: Final = "server_error"
UNEXPECTED_REPLY: Final = "unexpected_reply"
PARTIAL: Final = "partial"

FOR_EVERYBODY: Final = frozenset(
    {
        AUTH_FAILED,
        SESSION_EXPIRED,
        FORBIDDEN,
        NOT_LICENSED,
        NOT_FLEXI,
        REDIRECTED,
        UNKNOWN_COMPANY,
        TLS,
        PROXY,
        DEADLINE,
    }
)
"""What would meet every further user too, so that a run stops at it."""

PERHAPS_FOR_EVERYBODY: Final = frozenset({UNREACHABLE, TIMEOUT, BROKEN_REPLY, UNAVAILABLE})
"""What may meet one user or everybody, so that a run stops at it if the server is not at work at all any more."""

CHECK_CREDENTIALS: Final = (
    "Check username, password and, with two-factor login, otp. They were tried once, so that no account is locked."
)


class FlexiError(Exception):
    """One thing that went wrong.

    ``message`` says what was asked and what came of it, ``hint`` what to do about it; both are whole sentences.
    ``code`` is one of the constants above, ``http_status`` the server's status where it gave one, ``attempts`` how
    many requests were spent on it.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", *, http_status: int | None = None, attempts: int = 0
    ) -> None:
        """Keep the parts; ``str()`` gives message and hint."""
        super().__init__(f"{message} {hint}".strip())
        self.code = code
        self.message = message
        self.hint = hint
        self.http_status = http_status
        self.attempts = attempts

    def as_failure(self) -> dict[str, object]:
        """Return the module's return value ``failure``."""
        return {"code": self.code, "http_status": self.http_status, "message": self.message, "hint": self.hint}
