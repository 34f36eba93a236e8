# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at once the answers are there: do the users exist, and are they really logged out. Only reads.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from .. import _errors
from .._errors import FlexiError
from .._flexi.server import Seen, read_logged_in, read_server
from .._flexi.users import read_users, similar
from .._wire.reply import readable
from .targets import (
    EXACT,
    FAILED,
    LOGGED_IN_AGAIN,
    LOGGED_OUT,
    NOT_LOGGED_IN,
    UNKNOWN_USER,
    WOULD_LOG_OUT,
    Result,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._wire.client import Client

_HINTS = 20
"""Logins for which it is said who was perhaps meant; to look through thousands of users takes a while."""

IGNORE = "ignore"
WARN = "warn"
FAIL = "fail"


def find_unknown(
    client: Client, results: Sequence[Result], unknown_users: str, *, is_logged_in: bool = True
) -> tuple[list[Result], list[str]]:
    """Return the results with what the list of users says of the logins that are in doubt, and the warnings.

    It is asked for once, and only where somebody is in doubt: a mistyped login is "not logged in", too. Raise
    FlexiError where it is the first to refuse the credentials, which is unless ``is_logged_in``.
    """
    acting = client.connection.username
    in_doubt = [result for result in results if result.target.user != acting and _is_in_doubt(result)]
    if unknown_users == IGNORE or not in_doubt:
        return list(results), []
    try:
        listed = frozenset(user.username for user in read_users(client))
    except FlexiError as problem:
        if not is_logged_in and problem.code in {_errors.AUTH_FAILED, _errors.SESSION_EXPIRED}:
            raise
        return list(results), [f"Whether all these users exist is not known. {problem.message}"]
    missing = _missing(acting, results, listed)
    if missing:
        return list(results), [f"Whether all these users exist is not known: the list of users lacks {missing}."]
    perhaps = Seen(listed)
    # Whoever may be logged in may be the user of the same letters: the real run asks.
    in_doubt = [
        result for result in in_doubt if result.status != WOULD_LOG_OUT or not _in_other_letters(result, perhaps)
    ]
    unknown = [user for user in dict.fromkeys(result.target.user for result in in_doubt) if user not in listed]
    hints = {user: similar(user, listed) for user in unknown[:_HINTS]}
    found = {
        result.target: _looked_up(result, listed, hints.get(result.target.user, ""), unknown_users)
        for result in in_doubt
    }
    looked_up = [found.get(result.target, result) for result in results]
    return looked_up, _warning_of_unknown(looked_up) if unknown_users == WARN else []


def _in_other_letters(result: Result, listed: Seen) -> bool:
    return result.target.user not in listed and listed.perhaps(result.target.user)


def _is_in_doubt(result: Result) -> bool:
    if result.prediction:
        return result.status != WOULD_LOG_OUT or result.prediction != EXACT
    return result.http_status == HTTPStatus.NOT_FOUND and (
        result.status != FAILED or (result.problem is not None and result.problem.code == _errors.NOT_LOGGED_IN)
    )


def _missing(acting: str, results: Sequence[Result], listed: frozenset[str]) -> str:
    """Name what shows that the list is not complete, as where the server leaves out what the reader may not see.

    Whether upper and lower case matter in a login is not documented. The name of a server authorization is no user's.
    """
    folded = {login.casefold() for login in listed}
    # A single one may be whoever asks, where their name is not given.
    if len(folded - {acting.casefold()}) <= (not acting):
        return "everybody else"
    proven = [
        result.target.user
        for result in results
        if (result.status == LOGGED_OUT and result.http_status != HTTPStatus.NOT_FOUND)
        or (result.status == WOULD_LOG_OUT and result.prediction == EXACT and result.target.user != acting)
    ]
    return next((readable(login) for login in proven if login.casefold() not in folded), "")


def _looked_up(result: Result, listed: frozenset[str], hint: str, unknown_users: str) -> Result:
    if result.target.user in listed:
        return replace(result, user_known=True)
    user = readable(result.target.user)
    problem = FlexiError(
        _errors.UNKNOWN_USER,
        f"There is no user {user!r} on this server.{hint}",
        "Give the login exactly as Flexi has it.",
        http_status=result.http_status,
        attempts=result.attempts,
    )
    return replace(
        result,
        status=UNKNOWN_USER,
        message=problem.message,
        user_known=False,
        changed=False,
        problem=problem if unknown_users == FAIL or result.problem else None,
    )


_NAMED = 5


def _warning_of_unknown(results: Sequence[Result]) -> list[str]:
    unknown = list(dict.fromkeys(result.message for result in results if result.status == UNKNOWN_USER))
    more = f" And {len(unknown) - _NAMED} more like that." if len(unknown) > _NAMED else ""
    return [f"{' '.join(unknown[:_NAMED])}{more}"] if unknown else []


def verify(client: Client, results: Sequence[Result], logged_in_again: str) -> tuple[list[Result], list[str]]:
    """Return the results with what the server shows of those who were logged out, and the warnings.

    Raise FlexiError where it does not show it and ``logged_in_again`` is fail.
    """
    if not any(_can_be_seen(client, result) for result in results):
        return list(results), []
    try:
        seen = read_logged_in(client, read_server(client))
        logins, why_not = seen.logins, seen.reason
    except FlexiError as problem:
        logins, why_not = None, problem.message
    if logins is None:
        message = f"Whether the users stay logged out could not be verified. {why_not}"
        if logged_in_again == FAIL:
            raise FlexiError(_errors.NOT_VERIFIED, message, "See in Flexi itself who is logged in.")
        return list(results), [message]
    seen_now = Seen(logins)
    verified = [
        _verified(result, seen_now, logged_in_again) if _can_be_seen(client, result) else result for result in results
    ]
    again = [readable(result.target.user) for result in verified if result.status == LOGGED_IN_AGAIN]
    more = f" and {len(again) - _NAMED} more" if len(again) > _NAMED else ""
    warnings = [f"Logged in again, or still: {', '.join(again[:_NAMED])}{more}."] if again else []
    return verified, warnings if logged_in_again == WARN else []


def _can_be_seen(client: Client, result: Result) -> bool:
    """Tell whether a session is what would show: not of a context, nor of whoever does the logging out."""
    is_done = result.status in {LOGGED_OUT, NOT_LOGGED_IN}
    return is_done and result.target.company is None and result.target.user != client.connection.username


def _verified(result: Result, seen: Seen, logged_in_again: str) -> Result:
    if result.target.user not in seen:
        # Whether upper and lower case matter is not known, so the other one may be the same user.
        return replace(result, verified=None if seen.perhaps(result.target.user) else True)
    problem = FlexiError(
        _errors.LOGGED_IN_AGAIN,
        f"The {result.target} is logged in again, or still.",
        "Run the task again, block the user in Flexi, or find out which program logs in.",
        http_status=result.http_status,
        attempts=result.attempts,
    )
    return replace(
        result,
        status=LOGGED_IN_AGAIN,
        message=f"{result.message} But then the user was seen to be logged in.",
        verified=False,
        problem=problem if logged_in_again == FAIL else None,
    )
