# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether those who were logged out stay logged out. Only reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import _errors
from .._errors import FlexiError
from .._flexi.server import Seen, read_logged_in, read_server
from .._text import some_of
from .results import LOGGED_IN_AGAIN, LOGGED_OUT, NOT_LOGGED_IN, Result
from .unknown_users import FAIL, WARN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._wire.client import Wire


def verify(client: Wire, results: Sequence[Result], logged_in_again: str) -> tuple[list[Result], list[str]]:
    """Return the results with what the server shows of those who were logged out, and the warnings.

    Raise FlexiError where it does not show it and ``logged_in_again`` is fail.
    """
    if not any(_can_be_seen(result) for result in results):
        return list(results), []
    try:
        seen = read_logged_in(client, read_server(client))
        logins, why_not = seen.logins, seen.reason
    except FlexiError as problem:
        logins, why_not = None, problem.message
    if logins is None:
        message = f"Could not verify that the users stay logged out. {why_not}"
        if logged_in_again == FAIL:
            raise FlexiError(_errors.NOT_VERIFIED, message, "See in Flexi itself who is logged in.")
        return list(results), [message]
    seen_now = Seen(logins)
    verified = [_verified(result, seen_now, logged_in_again) if _can_be_seen(result) else result for result in results]
    again = [result.target.user for result in verified if result.status == LOGGED_IN_AGAIN]
    warnings = [f"Still logged in, or logged in again: {some_of(again)}."] if again else []
    return verified, warnings if logged_in_again == WARN else []


def _can_be_seen(result: Result) -> bool:
    """Tell whether a session is what would show, not a context."""
    is_done = result.status in {LOGGED_OUT, NOT_LOGGED_IN}
    return is_done and result.target.company is None


def _verified(result: Result, seen: Seen, logged_in_again: str) -> Result:
    if result.target.user not in seen:
        # Whether upper and lower case matter is not known, so the other one may be the same user.
        return replace(result, verified=None if seen.perhaps(result.target.user) else True)
    problem = FlexiError(
        _errors.LOGGED_IN_AGAIN,
        f"The {result.target} is still logged in, or has logged in again.",
        "Run the task again, block the user in Flexi, or find out which program logs in.",
        http_status=result.http_status,
    )
    return replace(
        result,
        status=LOGGED_IN_AGAIN,
        message=f"{result.message} Afterwards, the server showed the user as logged in.",
        verified=False,
        problem=problem if logged_in_again == FAIL else None,
    )
