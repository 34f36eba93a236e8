# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of logouts did, and the task's return values made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import _errors
from .._errors import FlexiError
from .._flexi.server import Server
from .._text import some_of
from .results import (
    FAILED,
    LOGGED_IN_AGAIN,
    LOGGED_OUT,
    NOT_LOGGED_IN,
    STATUSES,
    UNKNOWN_USER,
    WOULD_LOG_OUT,
    Result,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .selection import Selected


@dataclass(frozen=True)
class Report:
    """What a run did, and what stopped it before its end."""

    results: list[Result] = field(default_factory=list)
    selected: list[Selected] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    """Who was named or selected, and left out since ``exclude_users`` has them."""
    server: Server = field(default_factory=Server)
    stopped_by: FlexiError | None = None
    interrupted_by: BaseException | None = None
    """What ended the run from outside: the task's timeout, or Ctrl-C."""
    warnings: list[str] = field(default_factory=list)


def summarise(report: Report) -> dict[str, Any]:
    """Return the module's return values; ``failure`` is among them only where something failed."""
    counts = Counter(result.status for result in report.results)
    tally = _tally(report)
    summary: dict[str, Any] = {
        "changed": any(result.changed for result in report.results),
        "msg": tally if report.results else f"Nobody to log out{f', {tally}' if tally else ''}.",
        "counts": {status: counts[status] for status in STATUSES},
        "results": [result.as_dict() for result in report.results],
        "selected": [selected.as_dict() for selected in report.selected],
        "excluded": report.excluded,
        "server": {"version": report.server.version},
    }
    failure = report.stopped_by or _failure(report.results)
    if failure:
        summary |= {"msg": f"{failure} ({tally})" if tally else str(failure), "failure": failure.as_failure()}
    return summary


def diff(report: Report) -> dict[str, str]:
    """Return the state of each target before and after, a line each, as far as it is known."""
    before, after = [], []
    for result in report.results:
        open_, closed = _STATES if result.target.company is None else _STATES_OF_A_CONTEXT
        was = {FAILED: "unknown", NOT_LOGGED_IN: closed, UNKNOWN_USER: closed}.get(result.status, open_)
        will_be = closed if was == open_ else was
        if result.status == LOGGED_IN_AGAIN:
            was, will_be = open_ if result.changed else closed, open_
        before.append(f"{result.target.label}: {was}\n")
        after.append(f"{result.target.label}: {will_be}\n")
    return {"before": "".join(before), "after": "".join(after)}


_IN_WORDS = {
    LOGGED_OUT: "logged out",
    NOT_LOGGED_IN: "not logged in",
    LOGGED_IN_AGAIN: "logged in again",
    WOULD_LOG_OUT: "would be logged out",
    FAILED: "failed",
}


def _tally(report: Report) -> str:
    """Return the counts in words."""
    of_status = {status: [each for each in report.results if each.status == status] for status in STATUSES}
    words = [_in_words(status, results) for status, results in of_status.items() if results]
    uncertain = sum(not result.certain for result in report.results)
    words += [f"{uncertain} of these not certain"] if uncertain else []
    words += [f"{len(report.excluded)} excluded"] if report.excluded else []
    return ", ".join(words)


def _in_words(status: Status, results: Sequence[Result]) -> str:
    """Return how many have a status, and which logins do not exist, since a job that succeeds may show nothing else."""
    if status != UNKNOWN_USER:
        return f"{len(results)} {_IN_WORDS[status]}"
    users = list(dict.fromkeys(result.target.user for result in results))
    return f"{len(users)} unknown {'user' if len(users) == 1 else 'users'} ({some_of(users)})"


_STATES = ("logged in", "not logged in")
_STATES_OF_A_CONTEXT = ("context cached", "no context cached")


def _failure(results: Sequence[Result]) -> FlexiError | None:
    """Return the one failure that stands for those of single users."""
    problems = [result.problem for result in results if result.problem]
    if not problems:
        return None
    if len(problems) == len(results) and len({problem.code for problem in problems}) == 1:
        return problems[0]
    message = f"{len(problems)} of {len(results)} logouts failed, the first one: {problems[0].message}"
    return FlexiError(_errors.PARTIAL, message, "See results for each user.")
