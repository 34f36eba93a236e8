# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: whom to log out in which order, what ends it early, and what is looked at afterwards. No HTTP in here.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from .. import _errors
from .._errors import FlexiError, stopped
from .._flexi.companies import check_companies
from .._flexi.server import is_flexi, read_logged_in, read_server
from .._text import folded
from .answers import Logouts
from .prediction import predict
from .report import Report
from .results import NOT_LOGGED_IN, UNKNOWN_USER, Result, failed
from .unknown_users import WARN, find_unknown
from .verification import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._wire.client import Client
    from .targets import Target

_IN_A_ROW = 3
_SECONDS_TO_END = 0.5


@dataclass(frozen=True)
class Policy:
    """What counts as a failure, and what is looked at besides the answers."""

    ignore_not_found: bool = True
    unknown_users: str = WARN
    verify: bool = False
    logged_in_again: str = WARN


def run(client: Client, targets: Sequence[Target], policy: Policy, *, check_mode: bool) -> Report:
    """Log the targets out, or in check mode only tell what would happen.

    Never raises FlexiError, and nothing where it is interrupted from outside: the report has it.
    """
    report = Report()
    if not targets:
        return report
    run_ = _Run(client, policy, report)
    try:
        if check_mode:
            run_.predict(targets)
        else:
            run_.log_out(targets)
    except FlexiError as problem:
        report.stopped_by = problem
    except BaseException as interruption:
        # A signal: the task's timeout, or Ctrl-C.
        if isinstance(interruption, Exception):
            raise
        client.stop()
        report.interrupted_by = interruption
        report.stopped_by = stopped()
    report.results = [run_.results.get(target) or _skipped(target, report.stopped_by) for target in targets]
    report.warnings += client.notices()
    return report


class _Run:
    def __init__(self, client: Client, policy: Policy, report: Report) -> None:
        self.results: dict[Target, Result] = {}
        self._client = client
        self._policy = policy
        self._report = report
        self._brake = _Brake(client)

    def predict(self, targets: Sequence[Target]) -> None:
        """Tell what would happen."""
        companies_exist = self._look_at_the_server(targets)
        logged_in = read_logged_in(self._client, self._report.server)
        results = predict(
            self._client.auth,
            targets,
            logged_in.logins,
            ignore_not_found=self._policy.ignore_not_found,
            companies_exist=companies_exist,
        )
        results = self._find_unknown(results, is_logged_in=logged_in.proves_login)
        self.results.update((result.target, result) for result in results)

    def log_out(self, targets: Sequence[Target]) -> None:
        """Log the targets out.

        The acting user leaves last, after all that is still to be read, or the rest would be refused.
        """
        companies_exist = self._look_at_the_server(targets)
        logouts = Logouts(
            self._client,
            self._report.server,
            ignore_not_found=self._policy.ignore_not_found,
            companies_exist=companies_exist,
        )
        # In other letters too, since case may not matter to Flexi.
        own = folded(self._client.auth.user)
        acting = [target for target in targets if folded(target.user) == own]
        others = [target for target in targets if target not in acting]
        self._log_out_all(logouts, others)
        not_verified, unknown = None, {}
        if not self._brake.stopped_by:
            unknown = self._look_up(others, acting)
            not_verified = self._verify(others)
        for target in acting:
            result = self._log_out(logouts, target)
            if target in unknown and result.in_doubt:
                result = replace(unknown[target], http_status=result.http_status, attempts=result.attempts)
            message = f"{result.message} This is the acting user, who is logged out last."
            self.results[target] = replace(result, message=message)
        self._report.stopped_by = self._brake.stopped_by or not_verified

    def _look_at_the_server(self, targets: Sequence[Target]) -> bool:
        """Return whether the companies of the targets were looked up; raise FlexiError where one does not exist."""
        self._report.server = read_server(self._client)
        not_looked_up = check_companies(self._client, (target.company for target in targets if target.company))
        self._report.warnings += not_looked_up
        return not not_looked_up

    def _log_out_all(self, logouts: Logouts, targets: Sequence[Target]) -> None:
        """Until an answer has proved the credentials, one request goes out at a time.

        Several bad ones at once would get an account locked.
        """
        left = deque(targets)
        proved = False
        while left and not proved:
            target = left.popleft()
            self.results[target] = result = self._log_out(logouts, target)
            proved = result.problem is None or result.problem.code == _errors.NOT_LOGGED_IN
        self._log_out_together(logouts, left)

    def _log_out_together(self, logouts: Logouts, left: deque[Target]) -> None:
        ended: SimpleQueue[Exception | None] = SimpleQueue()
        # Daemons: Python must not wait for one that hangs in a connect, which nothing can cut off.
        threads = [
            threading.Thread(target=self._log_out_from, args=(logouts, left, ended), daemon=True)
            for _number in range(min(self._client.connection.concurrency, len(left)))
        ]
        faults: list[Exception | None] = []
        try:
            for thread in threads:
                thread.start()
            # Up to Python 3.12, to interrupt Thread.join makes the thread look as if it had ended.
            faults.extend(ended.get() for _thread in threads)
        except BaseException:
            left.clear()
            self._client.stop()
            ends_at = time.monotonic() + _SECONDS_TO_END
            with suppress(Empty):
                while len(faults) < sum(thread.ident is not None for thread in threads):
                    faults.append(ended.get(timeout=max(0.0, ends_at - time.monotonic())))
            raise
        for fault in filter(None, faults):
            raise fault

    def _log_out_from(self, logouts: Logouts, left: deque[Target], ended: SimpleQueue[Exception | None]) -> None:
        """Log out what is ``left``, together with other threads that do the same."""
        fault = None
        try:
            while True:
                try:
                    target = left.popleft()
                except IndexError:
                    return
                self.results[target] = self._log_out(logouts, target)
        except Exception as raised:  # noqa: BLE001 - a fault in here is raised where it can be seen, in the main thread
            left.clear()
            fault = raised
        finally:
            ended.put(fault)

    def _log_out(self, logouts: Logouts, target: Target) -> Result:
        if self._brake.stopped_by:
            return _skipped(target, self._brake.stopped_by)
        # What is known where the run is interrupted before there is more.
        self.results[target] = failed(target, stopped(attempts=1, maybe_done=True))
        try:
            result = logouts.log_out(target)
        except FlexiError as problem:
            self._brake.met(problem)
            return failed(target, problem)
        if result.problem is None or result.problem.code == _errors.NOT_LOGGED_IN:
            self._brake.release()
        return result

    def _look_up(self, targets: Sequence[Target], acting: Sequence[Target]) -> dict[Target, Result]:
        """Look for unknown users; return the acting ones, in other letters: after their logout nothing can be read."""
        in_other_letters = [
            Result(target, NOT_LOGGED_IN, "", in_doubt=True)
            for target in acting
            if target.user != self._client.auth.user
        ]
        found = self._find_unknown([*(self.results[target] for target in targets), *in_other_letters])
        self.results.update((result.target, result) for result in found[: len(targets)])
        return {result.target: result for result in found[len(targets) :] if result.status == UNKNOWN_USER}

    def _verify(self, targets: Sequence[Target]) -> FlexiError | None:
        """Look whether somebody is still logged in; return why that could not be verified."""
        if not self._policy.verify:
            return None
        results = [self.results[target] for target in targets]
        try:
            results, warnings = verify(self._client, results, self._policy.logged_in_again)
        except FlexiError as not_verified:
            return not_verified
        self._report.warnings += warnings
        self.results.update((result.target, result) for result in results)
        return None

    def _find_unknown(self, results: Sequence[Result], *, is_logged_in: bool = True) -> list[Result]:
        found, warnings = find_unknown(
            self._client,
            results,
            self._policy.unknown_users,
            ignore_not_found=self._policy.ignore_not_found,
            is_logged_in=is_logged_in,
        )
        self._report.warnings += warnings
        return found


class _Brake:
    """Stops a run at what meets everybody. Any number of threads may use it."""

    def __init__(self, client: Client) -> None:
        self.stopped_by: FlexiError | None = None
        self._client = client
        self._lock = threading.Lock()
        self._in_a_row = 0

    def release(self) -> None:
        """Note that somebody was answered properly."""
        self._in_a_row = 0

    def met(self, problem: FlexiError) -> None:
        """Decide whether a failure is that of one user."""
        if problem.code in _errors.FOR_EVERYBODY:
            self.stopped_by = self.stopped_by or problem
        elif problem.code in _errors.PERHAPS_FOR_EVERYBODY:
            with self._lock:
                self._in_a_row += 1
                # Once the run has stopped, nothing is sent any more.
                if self.stopped_by is None and (self._in_a_row >= _IN_A_ROW or self._is_down()):
                    self.stopped_by = problem

    def _is_down(self) -> bool:
        return self._in_a_row == 1 and not is_flexi(self._client)


def _skipped(target: Target, problem: FlexiError | None) -> Result:
    code, message = (problem.code, problem.message) if problem else (_errors.STOPPED, "")
    return failed(target, FlexiError(code, f"Skipped, because the run was stopped early. {message}".strip()))
