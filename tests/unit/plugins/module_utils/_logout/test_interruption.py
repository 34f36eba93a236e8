# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is ended from outside, as by the timeout of a task or by Ctrl-C: at once, and with what was done."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._logout import sending
from ansible_collections.abra.flexi.plugins.module_utils._logout.report import summarise
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import (
    FakeFlexi,
    logout_path,
    named,
    statuses,
)
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    USUAL,
    Run,
    check_report,
    client_for,
    connection_to,
    crowd,
    log_out,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from ansible_collections.abra.flexi.plugins.module_utils._logout.report import Report
    from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
    from ansible_collections.abra.flexi.tests.emulator import Emulator

SOON = 0.3
AT_THE_LATEST = 5.0
"""Seconds from the interruption until everything is over; the client itself would wait for a minute."""
USERS = ["novak", "franta", "jan.novak@firma.cz", "bezprav", "nowak", "a b", "admin"]


class InterruptionError(BaseException):
    """What a signal raises in the main thread; no Exception, as in Ansible."""


class Interruption:
    """Raises InterruptionError in the main thread after so many seconds, unless the block ends before.

    Where the emulator has faults, one of them must have struck by then: how long that takes is up to the machine.
    """

    def __init__(self, emulator: Emulator, seconds: float = SOON) -> None:
        """Wait for nothing yet."""
        self.raised = time.monotonic()
        self._emulator = emulator
        self._seconds = seconds

    def __enter__(self) -> Self:
        """Begin to wait."""
        self._before = signal.signal(signal.SIGALRM, self._interrupt)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, SOON)
        return self

    def __exit__(self, *_exc: object) -> None:
        """Wait no longer."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _interrupt(self, *_signal: object) -> None:
        faults = self._emulator.faults()
        if faults and not any(fault["hits"] for fault in faults):
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.raised = time.monotonic()
        raise InterruptionError


def check_that_it_is_over(emulator: Emulator, threads: set[threading.Thread]) -> None:
    """Assert that no thread is left but these, and that no request comes in any more."""
    for thread in set(threading.enumerate()) - threads:
        if thread.ident is None:
            # It was about to be started when the signal came: Python counts it for ever, and cannot join it.
            continue
        thread.join(AT_THE_LATEST)
        assert not thread.is_alive()
    # What was cut off may have come in.
    time.sleep(SOON)
    requests = len(emulator.requests)
    time.sleep(SOON)
    assert len(emulator.requests) == requests


class Phase(NamedTuple):
    """Where the server hangs, and how many of the users have been logged out, or tried, by then."""

    where: dict[str, Any]
    done: int
    options: dict[str, Any] = {}  # noqa: RUF012 - nobody writes to it
    check_mode: bool = False
    companies: tuple[str, ...] | None = None
    policy: Policy = USUAL


LOGOUTS_AFTER_THE_FIRST = {"match": {"path": "/logout$"}, "when": {"nth": list(range(2, 99))}}
PHASES = {
    "preflight": Phase({"match": {"path": "^/status.json$"}}, 0),
    "login": Phase({"match": {"path": "login.json$"}}, 0, {"auth_method": "session"}),
    "companies": Phase({"match": {"path": "^/c.json$"}}, 0, companies=("demo",)),
    "page-in-check-mode": Phase({"match": {"path": "^/status/user$"}}, 0, check_mode=True),
    "users-in-check-mode": Phase({"match": {"path": "^/u.json$"}}, 0, check_mode=True),
    "first-logout": Phase({"match": {"login": "novak"}}, 0),
    "threads": Phase(LOGOUTS_AFTER_THE_FIRST, 1),
    "threads-in-a-session": Phase(LOGOUTS_AFTER_THE_FIRST, 1, {"auth_method": "session"}),
    "threads-without-TLS": Phase(LOGOUTS_AFTER_THE_FIRST, 1, {"scheme": "http"}),
    "one-thread": Phase(LOGOUTS_AFTER_THE_FIRST, 1, {"concurrency": 1}),
    "unknown-users": Phase({"match": {"path": "^/u.json$"}}, 6),
    "verification": Phase({"match": {"path": "^/status/user$"}}, 6, policy=Policy(verify=True)),
    "acting-user": Phase({"match": {"login": "admin"}}, 6),
}


@pytest.mark.parametrize("phase", PHASES.values(), ids=PHASES)
def test_a_server_that_hangs_does_not_keep_anybody_waiting(emulator: Emulator, phase: Phase) -> None:
    emulator.add_fault({"action": "hang", **phase.where})
    options = dict(phase.options)
    access = connection_to(emulator, url=getattr(emulator, options.pop("scheme", "https")), timeout=60.0, **options)
    threads = set(threading.enumerate())
    with client_for(access) as client, Interruption(emulator) as interruption:
        report = run(client, named(USERS, phase.companies), phase.policy, check_mode=phase.check_mode)
        with pytest.raises(FlexiError) as stopped:
            client.get("/status.json")
    assert time.monotonic() - interruption.raised < AT_THE_LATEST
    assert isinstance(report.interrupted_by, InterruptionError)
    assert report.stopped_by is not None
    assert (report.stopped_by.code, stopped.value.code) == ("stopped", "stopped")
    check_that_it_is_over(emulator, threads)
    done = [result.status != "failed" for result in report.results]
    assert done == [number < phase.done for number in range(len(USERS))]
    # Who is said to have been skipped was skipped indeed.
    reached = {each.path for each in emulator.requests if each.method == "POST"}
    tried = [result.attempts > 0 for result in report.results]
    assert tried == [result.target.path in reached for result in report.results]
    for result in report.results:
        if result.target.path in reached and result.status == "failed":
            assert result.message.startswith("The task was stopped from outside. The request may have been carried out")
    if phase.companies is None:
        check_report(emulator, Run(report, summarise(report), client), USERS)


PAUSES = {
    "retries": {"action": "status", "code": 502},
    "rate-limit": {"action": "status", "code": 429, "headers": {"Retry-After": "30"}},
}


@pytest.mark.parametrize("answer", PAUSES.values(), ids=PAUSES)
@pytest.mark.parametrize("first", [1, 2], ids=["alone", "together"])
def test_nobody_is_kept_waiting_for_the_next_try(emulator: Emulator, answer: dict[str, Any], first: int) -> None:
    # It would be sent again for more than a minute.
    emulator.add_fault(answer, match={"path": "/logout$"}, when={"nth": list(range(first, 99))})
    threads = set(threading.enumerate())
    with client_for(connection_to(emulator, retries=20)) as client, Interruption(emulator) as interruption:
        report = run(client, named(USERS), USUAL, check_mode=False)
    assert time.monotonic() - interruption.raised < AT_THE_LATEST
    assert isinstance(report.interrupted_by, InterruptionError)
    assert [result.status for result in report.results] == ["logged_out"] * (first - 1) + ["failed"] * (8 - first)
    check_that_it_is_over(emulator, threads)


def test_the_probe_is_interrupted_too(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=403, match={"login": "novak"})
    emulator.add_fault(action="hang", match={"path": "^/status.json$"}, when={"nth": 2})
    with client_for(connection_to(emulator)) as client, Interruption(emulator):
        report = run(client, named(USERS), USUAL, check_mode=False)
    assert isinstance(report.interrupted_by, InterruptionError)
    assert set(statuses(report).values()) == {"failed"}


@pytest.mark.parametrize("moment", [0.04 * number for number in range(1, 9)])
def test_at_any_moment_it_is_over_at_once(emulator: Emulator, moment: float) -> None:
    users = crowd(emulator, 40, delay=0.02)
    threads = set(threading.enumerate())
    # It may come after the last request as well.
    with suppress(InterruptionError), Interruption(emulator, moment) as interruption:
        done = log_out(connection_to(emulator, concurrency=4), users)
        check_report(emulator, done, users)
    assert time.monotonic() - interruption.raised < AT_THE_LATEST
    check_that_it_is_over(emulator, threads)


def test_a_signal_while_the_threads_are_being_started_ends_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def start_one(thread: threading.Thread) -> None:
        if started:
            raise InterruptionError
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_one)
    client = FakeFlexi(concurrency=3)
    report = run(client, named(list("abcdefgh")), USUAL, check_mode=False)
    monkeypatch.undo()
    assert isinstance(report.interrupted_by, InterruptionError)
    # It has said that it ends, and does so at once.
    started[0].join(AT_THE_LATEST)
    assert (client.is_stopped, started[0].is_alive()) == (True, False)
    assert statuses(report)["a"] == "logged_out"
    assert len(report.results) == 8


def test_what_was_done_and_who_was_skipped_stand_in_the_results(emulator: Emulator) -> None:
    emulator.reset(state={"users": [ADMIN, *({"username": user, "sessions": 1} for user in "abc")]})
    emulator.add_fault(action="hang", match={"login": "b"})
    with client_for(connection_to(emulator, concurrency=1)) as client, Interruption(emulator):
        report = run(client, named(list("abc")), USUAL, check_mode=False)
    summary = summarise(report)
    assert (summary["failure"]["code"], summary["changed"]) == ("stopped", True)
    assert summary["msg"] == "The task was stopped from outside. Run the task again. (1 logged out, 2 failed)"
    a, b, c = summary["results"]
    assert (a["status"], b["attempts"], c["attempts"]) == ("logged_out", 1, 0)
    assert b["message"].startswith("The task was stopped from outside. The request may have been carried out")
    assert c["message"].startswith("Skipped, because the run was stopped early.")


class Unanswered(FakeFlexi):
    """A client whose logouts, but for the first, are under way until it is stopped, or longer."""

    def __init__(self, *, hangs: bool) -> None:
        """Hang as in a connect, which nothing can cut off, or get the answers that were on their way."""
        super().__init__(concurrency=3)
        self.over = threading.Event()
        self.threads: set[threading.Thread] = set()
        self._hangs = hangs

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Answer a POST."""
        if path != logout_path("a"):
            self.threads.add(threading.current_thread())
            assert self.over.wait(4 * AT_THE_LATEST)
        return super().post(path, query)

    def stop(self) -> None:
        """Note that it was stopped."""
        super().stop()
        if not self._hangs:
            threading.Timer(SOON / 3, self.over.set).start()


def run_interrupted(client: FakeFlexi, monkeypatch: pytest.MonkeyPatch) -> Report:
    def interrupt(_progress: str) -> None:
        raise InterruptionError

    monkeypatch.setattr(sending, "_SECONDS_BETWEEN_NEWS", SOON)
    return run(client, named(list("abcdef")), Policy(), check_mode=False, tell=interrupt)


def test_what_threads_learn_while_they_end_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    report = run_interrupted(Unanswered(hangs=False), monkeypatch)
    assert isinstance(report.interrupted_by, InterruptionError)
    assert statuses(report) == dict.fromkeys("abcd", "logged_out") | dict.fromkeys("ef", "failed")


def test_a_thread_that_does_not_end_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    client, begun = Unanswered(hangs=True), time.monotonic()
    try:
        report = run_interrupted(client, monkeypatch)
        assert time.monotonic() - begun < AT_THE_LATEST
        # Python does not wait for them at its end, either.
        assert [thread.is_alive() and thread.daemon for thread in client.threads] == [True] * 3
        assert [result.attempts for result in report.results] == [1, 1, 1, 1, 0, 0]
        assert all("may have been carried out" in result.message for result in report.results[1:4])
    finally:
        client.over.set()


class Masks(FakeFlexi):
    """A client that notes which signals the thread that asks does not get."""

    def __init__(self) -> None:
        """Note nothing yet."""
        super().__init__(concurrency=3)
        self.blocked: dict[int, set[Any]] = {}

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Answer a POST."""
        self.blocked[threading.get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        return super().post(path, query)


def test_only_the_main_thread_gets_the_signals_that_end_a_run() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    client = Masks()
    run(client, named(["novak", *(f"user{number}" for number in range(50))]), Policy(), check_mode=False)
    main = client.blocked.pop(threading.get_ident())
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == main == before
    assert client.blocked
    assert all(blocked >= {signal.SIGINT, signal.SIGTERM, signal.SIGALRM} for blocked in client.blocked.values())
