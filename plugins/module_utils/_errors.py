# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as one sentence for people and one stable code for programs."""

from __future__ import annotations

from typing import Final, Literal

Code = Literal[
    "invalid_option",
    "missing_library",
    "auth_failed",
    "session_expired",
    "forbidden",
    "not_licensed",
    "not_flexi",
    "redirected",
    "unknown_company",
    "not_logged_in",
    "unknown_user",
    "logged_in_again",
    "not_verified",
    "list_unreadable",
    "tls",
    "proxy",
    "unreachable",
    "timeout",
    "unavailable",
    "deadline",
    "stopped",
    "broken_reply",
    "server_error",
    "unexpected_reply",
    "partial",
]
"""A stable code, for programs."""

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
STOPPED: Final = "stopped"
BROKEN_REPLY: Final = "broken_reply"
SERVER_ERROR: Final = "server_error"
UNEXPECTED_REPLY: Final = "unexpected_reply"
PARTIAL: Final = "partial"

FOR_EVERYBODY: Final[frozenset[Code]] = frozenset({AUTH_FAILED, SESSION_EXPIRED, TLS, DEADLINE, STOPPED})
"""What meets every further user too, so that a run stops at it."""

PERHAPS_FOR_EVERYBODY: Final[frozenset[Code]] = frozenset(
    {
        FORBIDDEN,
        NOT_LICENSED,
        NOT_FLEXI,
        REDIRECTED,
        PROXY,
        UNREACHABLE,
        TIMEOUT,
        BROKEN_REPLY,
        UNAVAILABLE,
    }
)
"""What may meet one user or everybody: a run stops at it if the server is no Flexi any more, or if it goes on."""

WHICH_CREDENTIALS: Final = "Check username, password and, with two-factor login, otp."
CHECK_CREDENTIALS: Final = f"{WHICH_CREDENTIALS} They were tried once, so that no account is locked."

MAYBE_DONE: Final = " The request may have been carried out all the same."


class FlexiError(Exception):
    """One thing that went wrong.

    ``message`` says what was asked and what came of it, ``hint`` what to do about it; both are whole sentences.
    ``code`` is one of the constants above, ``http_status`` the server's status where it gave one, ``attempts`` how
    many requests were spent on it.
    """

    def __init__(
        self, code: Code, message: str, hint: str = "", *, http_status: int | None = None, attempts: int = 0
    ) -> None:
        """Keep the parts; ``str()`` gives message and hint."""
        super().__init__(f"{message} {hint}".strip())
        self.code = code
        self.message = message
        self.hint = hint
        self.http_status = http_status
        self.attempts = attempts

    def but(self, *, code: Code | None = None, message: str = "", hint: str = "") -> FlexiError:
        """Return the same with another code, message or hint, for whoever knows more about it."""
        return FlexiError(
            code or self.code,
            message or self.message,
            hint or self.hint,
            http_status=self.http_status,
            attempts=self.attempts,
        )

    def as_failure(self) -> dict[str, object]:
        """Return the module's return value ``failure``."""
        return {"code": self.code, "http_status": self.http_status, "message": self.message, "hint": self.hint}


def invalid_option(message: str, hint: str = "") -> FlexiError:
    """Return the failure of options that cannot be meant so, or cannot be used."""
    return FlexiError(INVALID_OPTION, message, hint)


def stopped(*, attempts: int = 0, maybe_done: bool = False) -> FlexiError:
    """Return the failure of what was cut off from outside; ``maybe_done`` is whether the server may have acted."""
    message = f"The task was stopped from outside.{MAYBE_DONE if maybe_done else ''}"
    return FlexiError(STOPPED, message, "Run the task again.", attempts=attempts)
