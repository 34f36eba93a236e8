# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is logged out when, by how many threads, and what is known of it at any moment."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Callable

from .. import _errors
from .._errors import FlexiError, stopped
from .results import Result, failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._wire.client import Wire
    from .answers import Logouts
    from .brake import Brake
    from .targets import Target

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
_SECONDS_TO_END = 0.5
_SECONDS_BETWEEN_NEWS = 10.0


Tell = Callable[[str], None]
"""Is called from time to time while a run lasts, with how far it is."""


class Sending:
    """The logouts of one run: one after the other at first, then side by side."""

    def __init__(self, client: Wire, logouts: Logouts, brake: Brake, tell: Tell) -> None:
        """``tell`` is called every ten seconds."""
        self.results: dict[Target, Result] = {}
        """What is known, also while threads are at it."""
        self._client = client
        self._logouts = logouts
        self._brake = brake
        self._tell = tell

    def log_out(self, target: Target) -> Result:
        """Log one target out, and return what became of it, which is among the results then."""
        self.results[target] = result = self._outcome(target)
        return result

    def _outcome(self, target: Target) -> Result:
        if self._brake.stopped_by:
            return skipped(target, self._brake.stopped_by)
        # What is known where the run is interrupted before there is more.
        self.results[target] = failed(target, stopped(attempts=1, maybe_done=True))
        try:
            result = self._logouts.log_out(target)
        except FlexiError as problem:
            self._brake.met(problem, target.user)
            return failed(target, problem)
        if _is_answered(result):
            self._brake.release()
        return result

    def log_out_all(self, targets: Sequence[Target]) -> None:
        """Log the targets out; what became of each is among the results then.

        Until an answer has proved the credentials, one request goes out at a time: several bad ones at once would get
        an account locked.
        """
        left = deque(targets)
        proved = False
        while left and not proved:
            proved = _is_answered(self.log_out(left.popleft()))
        self._log_out_together(left, len(self.results) + len(left))

    def _log_out_together(self, left: deque[Target], total: int) -> None:
        ended: SimpleQueue[Exception | None] = SimpleQueue()
        # Daemons: Python must not wait for one that hangs in a connect, which nothing can cut off.
        threads = [
            threading.Thread(target=self._log_out_from, args=(left, ended), daemon=True)
            for _number in range(min(self._client.connection.concurrency, len(left)))
        ]
        faults: list[Exception | None] = []
        try:
            with _signals_for_this_thread():
                for thread in threads:
                    thread.start()
            # Up to Python 3.12, to interrupt Thread.join makes the thread look as if it had ended.
            while len(faults) < len(threads):
                try:
                    faults.append(ended.get(timeout=_SECONDS_BETWEEN_NEWS))
                except Empty:
                    self._tell(self._progress(total))
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

    def _log_out_from(self, left: deque[Target], ended: SimpleQueue[Exception | None]) -> None:
        """Log out what is ``left``, together with other threads that do the same."""
        fault = None
        try:
            while True:
                try:
                    target = left.popleft()
                except IndexError:
                    return
                self.log_out(target)
        except Exception as raised:  # noqa: BLE001 - a fault in here is raised where it can be seen, in the main thread
            left.clear()
            fault = raised
        finally:
            ended.put(fault)

    def _progress(self, total: int) -> str:
        results = list(self.results.values())
        # Of those that are under way it is not known yet.
        done = [result for result in results if not (result.problem and result.problem.code == _errors.STOPPED)]
        return f"{len(done)} of {total} done, {sum(result.problem is not None for result in done)} failed"


@contextmanager
def _signals_for_this_thread() -> Iterator[None]:
    """Let no thread that is started get a signal: this one would sleep on, and not know that the task is to end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _is_answered(result: Result) -> bool:
    """Whether the server has taken the credentials, and said what it is to say of a user."""
    return result.problem is None or result.problem.code == _errors.NOT_LOGGED_IN


def skipped(target: Target, problem: FlexiError | None) -> Result:
    """Return the result of a target that was not asked for, because of this problem."""
    code, message = (problem.code, problem.message) if problem else (_errors.STOPPED, "")
    return failed(target, FlexiError(code, f"Skipped, because the run was stopped early. {message}".strip()))
