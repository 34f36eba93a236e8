# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging users out: the plan, what each answer means, and the report. No HTTP and no Ansible in here.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._reply import Reply, readable
from ansible_collections.abra.flexi.plugins.module_utils._server import (
    Server,
    read_companies,
    read_logged_in,
    read_server,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.abra.flexi.plugins.module_utils._client import Client

LOGGED_OUT = "logged_out"
NOT_LOGGED_IN = "not_logged_in"
WOULD_LOG_OUT = "would_log_out"
FAILED = "failed"
STATUSES = (LOGGED_OUT, NOT_LOGGED_IN, WOULD_LOG_OUT, FAILED)

EXACT = "exact"
ASSUMED = "assumed"


@dataclass(frozen=True)
class Target:
    """One logout: a user out of everything, or out of one company."""

    user: str
    company: str | None = None

    @property
    def path(self) -> str:
        """The address of the logout service (vendor article 4784105), with the login as one path segment."""
        return f"/status/user/{quote(self.user, safe='')}/logout"

    @property
    def query(self) -> dict[str, str]:
        """What limits the logout to the company's context."""
        return {} if self.company is None else {"company": self.company}

    @property
    def label(self) -> str:
        """A short name, for a diff."""
        return self.user if self.company is None else f"{self.user} in {self.company}"

    def __str__(self) -> str:
        """Name the target in a sentence."""
        return f"user {readable(self.label)!r}"


@dataclass(frozen=True)
class Result:
    """What became of one target."""

    target: Target
    status: str
    message: str
    http_status: int | None = None
    attempts: int = 0
    prediction: str | None = None
    """In check mode, whether the status is ``exact`` or ``assumed``."""
    problem: FlexiError | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return one entry of the module's ``results``."""
        return {
            "user": self.target.user,
            "company": self.target.company,
            "status": self.status,
            "http_status": self.http_status,
            "message": self.message,
            "attempts": self.attempts,
            "prediction": self.prediction,
        }


@dataclass
class Report:
    """What a run did, and what stopped it before its end."""

    results: list[Result] = field(default_factory=list)
    server: Server = field(default_factory=Server)
    stopped_by: FlexiError | None = None
    warnings: list[str] = field(default_factory=list)


def plan(users: Sequence[str], companies: Sequence[str] | None) -> list[Target]:
    """Return what to log out, each target once, in the order asked for.

    Without ``companies`` a user leaves all of them. Raise FlexiError for a login or company that cannot be meant.
    """
    if companies is not None and not companies:
        raise FlexiError(
            _errors.INVALID_OPTION,
            "companies is an empty list, which could mean no company or every company.",
            "Leave companies out to log the users out of everything.",
        )
    for user in users:
        _check_login(user)
    for company in companies or ():
        _check_company(company)
    return list(dict.fromkeys(Target(user, company) for user in users for company in companies or (None,)))


def run(client: Client, targets: Sequence[Target], *, ignore_not_found: bool, check_mode: bool) -> Report:
    """Log the targets out, or in check mode only tell what would happen. Never raises FlexiError: the report has it."""
    report = Report()
    if not targets:
        return report
    try:
        report.server = read_server(client)
        report.warnings += _check_companies_exist(client, targets)
        if check_mode:
            report.results += _predict(client, targets, report.server, ignore_not_found=ignore_not_found)
        else:
            logouts = _Logouts(client, report.server, ignore_not_found=ignore_not_found)
            report.results += logouts.run(targets)
            report.stopped_by = logouts.stopped_by
    except FlexiError as problem:
        report.stopped_by = problem
        report.results = [_not_asked(target, problem) for target in targets]
    report.warnings += [f"{path} was asked more than once: {reason}." for path, reason in client.retried.items()]
    return report


def judge(target: Target, reply: Reply, server: Server, *, ignore_not_found: bool) -> Result:
    """Return what the answer to a logout means; raise FlexiError where it is a failure.

    Flexi's flag ``ignore-not-found`` is not sent: with it, 200 would no longer tell whether anybody was logged in.
    """
    if _says_done(reply):
        return _result(target, reply, LOGGED_OUT, _done(target))
    if not _says_not_logged_in(reply, server):
        raise reply.error(f"Logging out {target}")
    if reply.answer_lost:
        lost = "An earlier try got no answer and seems to have done it: Flexi now says that the user is not logged in."
        return _result(target, reply, LOGGED_OUT, lost)
    if ignore_not_found:
        said = f" Flexi says: {reply.said}" if reply.said else ""
        return _result(target, reply, NOT_LOGGED_IN, f"Was not logged in; a cached context is dropped anyway.{said}")
    raise _not_logged_in(target, http_status=HTTPStatus.NOT_FOUND.value, attempts=reply.attempts)


def summarise(report: Report) -> dict[str, Any]:
    """Return the module's return values; ``failure`` is among them only where something failed."""
    counts = Counter(result.status for result in report.results)
    tally = ", ".join(f"{counts[status]} {status.replace('_', ' ')}" for status in STATUSES if counts[status])
    summary: dict[str, Any] = {
        "changed": counts[LOGGED_OUT] + counts[WOULD_LOG_OUT] > 0,
        "msg": tally or "Nobody to log out.",
        "counts": {status: counts[status] for status in STATUSES},
        "results": [result.as_dict() for result in report.results],
        "server": {"version": report.server.version},
    }
    failure = report.stopped_by or _failure(report.results)
    if failure:
        summary |= {"msg": f"{failure} ({tally})" if tally else str(failure), "failure": failure.as_failure()}
    return summary


def diff(report: Report) -> dict[str, dict[str, str]]:
    """Return the state of each target before and after, as far as it is known."""
    before, after = {}, {}
    for result in report.results:
        open_, closed = _STATES if result.target.company is None else _STATES_OF_A_CONTEXT
        was = {FAILED: "unknown", NOT_LOGGED_IN: closed}.get(result.status, open_)
        before[result.target.label] = was
        after[result.target.label] = closed if was == open_ else was
    return {"before": before, "after": after}


_STATES = ("logged in", "not logged in")
_STATES_OF_A_CONTEXT = ("context cached", "no context cached")


def _check_login(user: str) -> None:
    if not user or user in {".", ".."}:
        problem = f"users has the login {user!r}, which cannot be one."
    elif user != user.strip():
        problem = f"users has the login {user!r}, with blanks around it."
    elif not all(character == " " or character.isprintable() for character in user):
        problem = f"users has the login {readable(user)!r}, with a line break or another unprintable character in it."
    else:
        return
    raise FlexiError(_errors.INVALID_OPTION, problem, "Give each login as an item of its own, exactly as Flexi has it.")


def _check_company(company: str) -> None:
    if not re.fullmatch("[a-z0-9_]+", company):
        raise FlexiError(
            _errors.INVALID_OPTION,
            f"companies has {readable(company)!r}, which is not the database name of a company.",
            "Give its dbNazev, of lower-case letters, digits and _: the part after /c/ in the company's address.",
        )


def _check_companies_exist(client: Client, targets: Sequence[Target]) -> list[str]:
    """Raise FlexiError for an unknown company: Flexi's 404 for it might look like that of an idle user."""
    wanted = list(dict.fromkeys(target.company for target in targets if target.company))
    if not wanted:
        return []
    known = read_companies(client)
    if known is None:
        names = ", ".join(wanted)
        return [f"The server's companies cannot be read, so it is not known whether it has these: {names}."]
    for company in wanted:
        if company not in known:
            raise FlexiError(
                _errors.UNKNOWN_COMPANY,
                f"There is no company {company!r} on this server, or this user may not see it.",
                f"Its companies are: {readable(', '.join(sorted(known)) or 'none')}.",
            )
    return []


class _Logouts:
    """The logouts of one run, by as many threads as the client may have connections."""

    def __init__(self, client: Client, server: Server, *, ignore_not_found: bool) -> None:
        self.stopped_by: FlexiError | None = None
        self._client = client
        self._server = server
        self._ignore_not_found = ignore_not_found

    def run(self, targets: Sequence[Target]) -> list[Result]:
        """Return the results in the order of ``targets``.

        Until an answer has proved the credentials, one request goes out at a time, since bad ones must not be tried by
        several at once. Whoever does the logging out leaves last, or the rest would be refused.
        """
        acting = self._client.connection.username
        others = deque(target for target in targets if target.user != acting)
        results: dict[Target, Result] = {}
        proved = False
        while others and not proved:
            target = others.popleft()
            results[target] = self._log_out(target)
            proved = results[target].problem is None
        with ThreadPoolExecutor(self._client.connection.concurrency) as threads:
            results.update(zip(others, threads.map(self._log_out, others)))
        results.update((target, self._log_out(target)) for target in targets if target.user == acting)
        return [results[target] for target in targets]

    def _log_out(self, target: Target) -> Result:
        if self.stopped_by:
            return _not_asked(target, self.stopped_by)
        try:
            reply = self._client.post(target.path, target.query)
            result = judge(target, reply, self._server, ignore_not_found=self._ignore_not_found)
        except FlexiError as problem:
            if problem.code in _errors.FOR_EVERYBODY or (
                problem.code in _errors.PERHAPS_FOR_EVERYBODY and not self._client.is_there()
            ):
                self.stopped_by = self.stopped_by or problem
            result = _failed(target, problem)
        if target.user == self._client.connection.username:
            result = replace(result, message=f"{result.message} This is the acting user, who was asked for last.")
        return result


def _predict(client: Client, targets: Sequence[Target], server: Server, *, ignore_not_found: bool) -> list[Result]:
    logged_in = read_logged_in(client, server)
    connection = client.connection
    if logged_in is not None and connection.auth_method == "session" and not connection.session_id:
        # The real run logs in, so that whoever does the logging out has a session by then.
        logged_in |= {connection.username}
    return [_prediction(target, logged_in, ignore_not_found=ignore_not_found) for target in targets]


def _prediction(target: Target, logged_in: frozenset[str] | None, *, ignore_not_found: bool) -> Result:
    if logged_in is None:
        return Result(target, WOULD_LOG_OUT, "Who is logged in cannot be seen.", prediction=ASSUMED)
    if target.user in logged_in:
        # A session shows, a cached context does not, and without one Flexi may say 404.
        prediction = EXACT if target.company is None else ASSUMED
        return Result(target, WOULD_LOG_OUT, "Is logged in.", prediction=prediction)
    if ignore_not_found:
        return Result(target, NOT_LOGGED_IN, "Is not logged in.", prediction=EXACT)
    return _failed(target, _not_logged_in(target), EXACT)


def _says_done(reply: Reply) -> bool:
    if reply.status == HTTPStatus.SEE_OTHER:
        return reply.redirect_path.rstrip("/").endswith("/status/user")
    return reply.status == HTTPStatus.OK and not reply.is_html and not reply.says_failure


def _says_not_logged_in(reply: Reply, server: Server) -> bool:
    """Tell Flexi's own 404 from that of a proxy, whose page must not pass for "is not logged in"."""
    if reply.status != HTTPStatus.NOT_FOUND or reply.is_html or reply.message_code == "firmaNeexistuje":
        return False
    if reply.envelope:
        return True
    # The body is documented for no 404 of this service, so fall back on Flexi's mark, or on no body at all.
    return reply.has_flexi_cookie if server.sets_flexi_cookie else not reply.text.strip()


def _done(target: Target) -> str:
    if target.company is None:
        return "Logged out of every company; all sessions ended."
    return f"The context of company {target.company} is dropped; sessions stay."


def _not_logged_in(target: Target, http_status: int | None = None, attempts: int = 0) -> FlexiError:
    return FlexiError(
        _errors.NOT_LOGGED_IN,
        f"The {target} is not logged in.",
        "This is a failure since ignore_not_found is false.",
        http_status=http_status,
        attempts=attempts,
    )


def _result(target: Target, reply: Reply, status: str, message: str) -> Result:
    return Result(target, status, message, http_status=reply.status, attempts=reply.attempts)


def _not_asked(target: Target, problem: FlexiError) -> Result:
    return Result(target, FAILED, f"Not asked for: the run had to stop. {problem.message}", problem=problem)


def _failed(target: Target, problem: FlexiError, prediction: str | None = None) -> Result:
    return Result(target, FAILED, str(problem), problem.http_status, problem.attempts, prediction, problem)


def _failure(results: Sequence[Result]) -> FlexiError | None:
    """Return the one failure that stands for those of single users."""
    problems = [result.problem for result in results if result.problem]
    if not problems:
        return None
    if len(problems) == len(results) and len({problem.code for problem in problems}) == 1:
        return problems[0]
    message = f"{len(problems)} of {len(results)} logouts failed, the first one: {problems[0].message}"
    return FlexiError(_errors.PARTIAL, message, "See results for each user.")
