# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether those exist whom a run could not find. Only reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .. import _errors
from .._errors import FlexiError
from .._flexi.server import Seen
from .._flexi.users import is_alone
from .._text import Names, quoted, readable
from .results import EXACT, LOGGED_OUT, UNKNOWN_USER, WOULD_LOG_OUT, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._flexi.users import ListOfUsers
    from .._wire.auth import Auth

_NAMED = 5

IGNORE = "ignore"
WARN = "warn"
FAIL = "fail"


def find_unknown(  # noqa: PLR0913 - what is known, and what counts as a failure
    everybody: ListOfUsers,
    auth: Auth,
    results: Sequence[Result],
    unknown_users: str,
    *,
    ignore_not_found: bool,
    is_logged_in: bool,
) -> tuple[list[Result], list[str]]:
    """Return the results with what the list of users says of the logins that are in doubt, and the warnings.

    It is asked for only where somebody is in doubt: a mistyped login is "not logged in", too, and so a failure unless
    ``ignore_not_found``. Raise FlexiError where it is the first to refuse the credentials, which is unless
    ``is_logged_in``.
    """
    in_doubt = [result for result in results if result.target.user != auth.user and _is_in_doubt(result)]
    if unknown_users == IGNORE:
        in_doubt = [result for result in in_doubt if _is_refused(result)]
    if not in_doubt:
        return list(results), []
    try:
        listed = everybody.logins()
    except FlexiError as problem:
        if not is_logged_in and problem.code in {_errors.AUTH_FAILED, _errors.SESSION_EXPIRED}:
            raise
        return list(results), [f"It is not known whether all these users exist. {problem.message}"]
    seen = Seen(listed)
    missing = _missing(auth, results, listed, seen)
    if missing:
        return list(results), [f"It is not known whether all these users exist: the list of users lacks {missing}."]
    sentences = _sentences(in_doubt, listed)
    fails = unknown_users == FAIL or not ignore_not_found
    found = {
        result.target: _looked_up(result, seen, sentences.get(result.target.user, ""), fails=fails)
        for result in in_doubt
    }
    looked_up = [found.get(result.target, result) for result in results]
    return looked_up, _warnings(sentences) if unknown_users == WARN else []


def _is_in_doubt(result: Result) -> bool:
    if result.prediction and (result.status != WOULD_LOG_OUT or result.prediction != EXACT):
        return True
    # Flexi stores logins in lower case, so another one is probably mistyped, whatever becomes of it.
    return result.in_doubt or (result.target.user != result.target.user.lower() and _is_done(result))


def _is_done(result: Result) -> bool:
    return result.status in {LOGGED_OUT, WOULD_LOG_OUT}


def _is_refused(result: Result) -> bool:
    """Whether the server answers 404 for whatever reason, but not that the user is not logged in."""
    return result.problem is not None and result.problem.code != _errors.NOT_LOGGED_IN


def _missing(auth: Auth, results: Sequence[Result], listed: frozenset[str], seen: Seen) -> str:
    """Name what shows that the list is not complete, as where the server leaves out what the reader may not see.

    The name of a server authorization is no user's.
    """
    if is_alone(auth, listed):
        return "everybody else"
    proven = [
        result.target.user
        for result in results
        if (result.status == LOGGED_OUT and not result.in_doubt)
        or (result.status == WOULD_LOG_OUT and result.prediction == EXACT and result.target.user != auth.user)
    ]
    return next((readable(login) for login in proven if not seen.perhaps(login)), "")


def _sentences(in_doubt: Sequence[Result], listed: frozenset[str]) -> dict[str, str]:
    """Return a sentence for each login that does not exist."""
    unknown = [user for user in dict.fromkeys(result.target.user for result in in_doubt) if user not in listed]
    names = Names(listed if unknown else ())
    return {user: f"There is no user {quoted(user)} on this server.{names.question(user)}" for user in unknown}


def _looked_up(result: Result, listed: Seen, sentence: str, *, fails: bool) -> Result:
    if not sentence:
        return replace(result, user_known=True)
    if _is_done(result) and result.certain and listed.perhaps(result.target.user):
        # Somebody was logged out, or would be: the user of the same letters.
        return result
    problem = FlexiError(
        _errors.UNKNOWN_USER,
        sentence,
        "Write the login exactly as Flexi has it.",
        http_status=result.http_status,
    )
    return replace(
        result,
        status=UNKNOWN_USER,
        message=problem.message,
        user_known=False,
        certain=True,
        changed=False,
        problem=problem if fails else None,
    )


def _warnings(sentences: dict[str, str]) -> list[str]:
    unknown = list(dict.fromkeys(sentences.values()))
    more = f" And {len(unknown) - _NAMED} more like that." if len(unknown) > _NAMED else ""
    return [f"{' '.join(unknown[:_NAMED])}{more}"] if unknown else []
