# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging users out: the order of the requests, and what each answer means. No HTTP and no Ansible in here.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from .. import _errors
from .._errors import FlexiError
from .._flexi.companies import check_companies
from .._flexi.server import Server, read_logged_in, read_server
from .afterwards import WARN, find_unknown, verify
from .prediction import predict
from .report import Report
from .targets import (
    LOGGED_OUT,
    NOT_LOGGED_IN,
    Result,
    Target,
    failed,
    not_logged_in,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._wire.client import Client
    from .._wire.reply import Reply


@dataclass(frozen=True)
class Policy:
    """What counts as a failure, and what is looked at besides the answers."""

    ignore_not_found: bool = True
    unknown_users: str = WARN
    verify: bool = False
    logged_in_again: str = WARN


def run(client: Client, targets: Sequence[Target], policy: Policy, *, check_mode: bool) -> Report:
    """Log the targets out, or in check mode only tell what would happen. Never raises FlexiError: the report has it."""
    report = Report()
    if not targets:
        return report
    try:
        report.server = read_server(client)
        not_looked_up = check_companies(client, (target.company for target in targets if target.company))
        report.warnings += not_looked_up
        if check_mode:
            logged_in = read_logged_in(client, report.server)
            results = predict(
                client.connection,
                targets,
                logged_in.logins,
                ignore_not_found=policy.ignore_not_found,
                companies_exist=not not_looked_up,
            )
            report.results, warnings = find_unknown(
                client, results, policy.unknown_users, is_logged_in=logged_in.proves_login
            )
            report.warnings += warnings
        else:
            _Logouts(client, report, policy).run(targets)
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
    raise not_logged_in(target, http_status=HTTPStatus.NOT_FOUND.value, attempts=reply.attempts)


class _Logouts:
    """The logouts of one run, by as many threads as the client may have connections."""

    def __init__(self, client: Client, report: Report, policy: Policy) -> None:
        self._client = client
        self._report = report
        self._policy = policy

    def run(self, targets: Sequence[Target]) -> None:
        """Put the results into the report, in the order of ``targets``.

        Whoever does the logging out leaves last, after all that is still to be read, or the rest would be refused.
        """
        others = self._log_out_all([target for target in targets if not self._is_acting(target)])
        not_verified = None
        if not self._report.stopped_by:
            others, not_verified = self._look_again(others)
        results = {result.target: result for result in others}
        results.update((target, self._log_out(target)) for target in targets if self._is_acting(target))
        self._report.results = [results[target] for target in targets]
        self._report.stopped_by = self._report.stopped_by or not_verified

    def _is_acting(self, target: Target) -> bool:
        # In other letters too, since case may not matter to Flexi.
        return target.user.casefold() == self._client.connection.username.casefold()

    def _log_out_all(self, targets: Sequence[Target]) -> list[Result]:
        """Until an answer has proved the credentials, one request goes out at a time.

        Several bad ones at once would get an account locked.
        """
        left = deque(targets)
        results: dict[Target, Result] = {}
        proved = False
        while left and not proved:
            target = left.popleft()
            results[target] = self._log_out(target)
            problem = results[target].problem
            proved = problem is None or problem.code == _errors.NOT_LOGGED_IN
        concurrency = self._client.connection.concurrency
        # A future for each thread: one for each target would take a quarter as long as its request.
        with ThreadPoolExecutor(concurrency) as threads:
            futures = [threads.submit(self._log_out_from, left) for _number in range(min(concurrency, len(left)))]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                # Whatever interrupts one thread ends the others.
                left.clear()
        for future in futures:
            results.update(future.result())
        return [results[target] for target in targets]

    def _log_out_from(self, left: deque[Target]) -> dict[Target, Result]:
        """Log out what is ``left``, together with other threads that do the same."""
        results: dict[Target, Result] = {}
        while True:
            try:
                target = left.popleft()
            except IndexError:
                return results
            results[target] = self._log_out(target)

    def _look_again(self, results: list[Result]) -> tuple[list[Result], FlexiError | None]:
        policy = self._policy
        results, warnings = find_unknown(self._client, results, policy.unknown_users)
        self._report.warnings += warnings
        if not policy.verify:
            return results, None
        try:
            results, warnings = verify(self._client, results, policy.logged_in_again)
        except FlexiError as problem:
            return results, problem
        self._report.warnings += warnings
        return results, None

    def _log_out(self, target: Target) -> Result:
        if self._report.stopped_by:
            return _not_asked(target, self._report.stopped_by)
        try:
            reply = self._client.post(target.path, target.query)
            result = judge(target, reply, self._report.server, ignore_not_found=self._policy.ignore_not_found)
        except FlexiError as problem:
            if problem.code in _errors.FOR_EVERYBODY or (
                problem.code in _errors.PERHAPS_FOR_EVERYBODY
                # Once the run has stopped, nothing is sent any more.
                and not (self._report.stopped_by or self._client.is_there())
            ):
                self._report.stopped_by = self._report.stopped_by or problem
            result = failed(target, problem)
        if self._is_acting(target):
            result = replace(result, message=f"{result.message} This is the acting user, who was asked for last.")
        return result


def _says_done(reply: Reply) -> bool:
    if reply.status == HTTPStatus.SEE_OTHER:
        return reply.redirect_path.partition(";")[0].rstrip("/").endswith("/status/user")
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


def _result(target: Target, reply: Reply, status: str, message: str) -> Result:
    return Result(
        target, status, message, http_status=reply.status, attempts=reply.attempts, changed=status == LOGGED_OUT
    )


def _not_asked(target: Target, problem: FlexiError) -> Result:
    return failed(target, FlexiError(problem.code, f"Not asked for: the run had to stop. {problem.message}"))
