# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against a real server: what it sends, what it tries again, when it waits, and what it keeps open."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.server import is_flexi
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import connection_from
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import Auth
from ansible_collections.abra.flexi.plugins.module_utils._wire.client import LONGEST_PAUSE, PATIENCE, Client, Clock
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import Connection, Request
from ansible_collections.abra.flexi.plugins.module_utils._wire.pace import FIRST_GAP
from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import NoAnswerError, Pool
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils._wire.support import all_are_closed
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    PASSWORD,
    FakeClock,
    asked,
    check_report,
    client_for,
    connection_to,
    crowd,
    lives,
    log_out,
    options,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import Access

PASSING: list[dict[str, Any]] = [
    {"action": "drop_before"},
    {"action": "drop_after"},
    {"action": "reset_before"},
    {"action": "reset_after"},
    {"action": "hang"},
    {"action": "garbage"},
    {"action": "truncate"},
    {"action": "chunk_truncate"},
    {"action": "status", "code": 429},
    {"action": "status", "code": 502},
    {"action": "status", "code": 503},
    {"action": "status", "code": 504},
    {"action": "status_after", "code": 502},
    {"action": "status_after", "code": 504},
]
FINAL = [301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 500, 501]


def name_of(fault: dict[str, Any]) -> str:
    return "-".join(str(value) for value in fault.values())


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def timeout_for(fault: dict[str, Any]) -> float:
    return 0.1 if fault["action"] == "hang" else 10.0


# What is tried again


@pytest.mark.parametrize(("method", "scheme"), [("GET", "https"), ("POST", "http")])
@pytest.mark.parametrize("fault", PASSING, ids=name_of)
def test_what_passes_is_tried_again(
    emulator: Emulator, clock: FakeClock, fault: dict[str, Any], method: str, scheme: str
) -> None:
    emulator.add_fault(fault, times=2)
    connection = connection_to(emulator, url=getattr(emulator, scheme), retries=2, timeout=timeout_for(fault))
    path = "/status.json" if method == "GET" else "/login-logout/session-keep-alive.js"
    with client_for(connection, clock) as client:
        reply = client.get(path) if method == "GET" else client.post(path)
    assert reply.attempts == 3
    assert reply.answer_lost is (fault.get("code") not in {429, 503})
    assert len(emulator.requests) == 3
    [notice] = client.notices()
    limited = fault.get("code") in {429, 503}
    assert ("limited the rate" if limited else f"{path} was requested more than once") in notice


@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault.get("code") != 429], ids=name_of)
def test_what_does_not_pass_is_tried_as_often_as_asked(
    emulator: Emulator, clock: FakeClock, fault: dict[str, Any]
) -> None:
    emulator.add_fault(fault)
    done = log_out(connection_to(emulator, retries=2, timeout=timeout_for(fault)), ["novak"], clock=clock)
    assert done.code in {"unreachable", "timeout", "broken_reply", "unavailable"}
    assert asked(emulator) == ["GET /status.json"] * 3
    assert len(clock.pauses) == 2


@pytest.mark.parametrize("status", FINAL)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_final_answer_is_not_asked_for_again(emulator: Emulator, clock: FakeClock, method: str, status: int) -> None:
    emulator.add_fault(action="status", code=status, headers={"Retry-After": "1", "Location": "/status.json"})
    with client_for(connection_to(emulator), clock) as client:
        reply = client.get("/status.json") if method == "GET" else client.post("/status/user/novak/logout")
    assert (reply.status, reply.attempts) == (status, 1)
    assert len(emulator.requests) == 1
    assert clock.pauses == []
    assert client.notices() == []


@pytest.mark.parametrize(("retries", "tries"), [(0, ": "), (1, " in 2 tries: "), (2, " in 3 tries: ")])
def test_a_refused_connection_is_tried_again(clock: FakeClock, emulator: Emulator, retries: int, tries: str) -> None:
    connection = connection_to(emulator, url=f"http://127.0.0.1:{closed_port()}", retries=retries)
    with client_for(connection, clock) as client, pytest.raises(FlexiError) as failure:
        client.get("/status.json")
    assert (failure.value.code, failure.value.attempts) == ("unreachable", retries + 1)
    assert failure.value.message.startswith(f"No answer from {connection.url}{tries}")
    assert "carried out" not in failure.value.message
    assert len(clock.pauses) == retries


def test_an_answer_that_was_lost_once_is_lost_whatever_the_last_try_says(
    emulator: Emulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = iter([(ConnectionResetError("Reset."), True), (socket.gaierror("Gone."), False)])
    monkeypatch.setattr(Pool, "ask", lambda *_args, **_times: no_answer(*next(problems)))
    with client_for(connection_to(emulator), clock) as client, pytest.raises(FlexiError) as failure:
        client.post("/status/user/novak/logout")
    assert (failure.value.code, failure.value.attempts) == ("unreachable", 2)
    assert failure.value.message.endswith(" The request may have been carried out all the same.")


def no_answer(problem: Exception, was_sent: bool) -> None:  # noqa: FBT001 - as in a table
    raise NoAnswerError(problem, was_sent=was_sent)


@pytest.mark.parametrize(("code", "attempts"), [(socket.EAI_NONAME, 1), (socket.EAI_AGAIN, 4)])
def test_a_host_is_looked_for_again_only_while_dns_is_away(
    clock: FakeClock, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, code: int, attempts: int
) -> None:
    def unresolved(*_args: object, **_options: object) -> None:
        raise socket.gaierror(code, "It cannot be resolved.")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    connection = connection_to(emulator, url="https://flexi.invalid:5434", retries=3)
    with client_for(connection, clock) as client, pytest.raises(FlexiError) as failure:
        client.get("/status.json")
    assert (failure.value.code, failure.value.attempts) == ("unreachable", attempts)
    assert len(clock.pauses) == attempts - 1


def test_without_retries_there_is_one_try(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="status", code=503)
    with client_for(connection_to(emulator, retries=0), clock) as client:
        assert client.get("/status.json").status == 503
    assert len(emulator.requests) == 1


def test_refused_credentials_do_not_stand_in_the_way_of_the_next_request(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=401, times=1)
    with client_for(connection_to(emulator)) as client:
        replies = [client.get("/status.json") for _request in range(2)]
    assert [(reply.status, reply.attempts) for reply in replies] == [(401, 1), (200, 1)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (502, "/status/user/novak/logout was requested more than once: the server answered 502."),
        (503, "The server limited the rate of requests: it answered 503 2 times, so the run took longer."),
        (429, "The server limited the rate of requests: it answered 429 2 times, so the run took longer."),
    ],
)
def test_a_retry_is_a_warning_and_counted(emulator: Emulator, clock: FakeClock, code: int, words: str) -> None:
    emulator.add_fault(action="status", code=code, match={"login": "novak"}, times=2)
    done = log_out(connection_to(emulator), ["novak", "franta"], clock=clock)
    assert [each["attempts"] for each in done.summary["results"]] == [3, 1]
    assert done.report.warnings[-1] == words


@pytest.mark.parametrize(("count", "end"), [(3, "answered 502."), (4, "goes for 1 more."), (7, "goes for 4 more.")])
def test_few_retries_are_named_and_the_others_counted(
    emulator: Emulator, clock: FakeClock, count: int, end: str
) -> None:
    paths = [f"/c/firma_{number}.json" for number in range(count)]
    emulator.add_fault(action="status", code=502, when={"nth": list(range(1, 2 * len(paths), 2))})
    with client_for(connection_to(emulator), clock) as client:
        for path in paths:
            assert client.get(path).attempts == 2
    [notice] = client.notices()
    assert [path for path in paths if path in notice] == paths[:3]
    assert notice.endswith(end)


# The pauses between tries


@pytest.mark.parametrize(
    ("jitter", "pauses"),
    [
        (0.0, [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]),
        (1.0, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]),
    ],
)
@pytest.mark.parametrize("action", ["drop_before", "status"])
def test_pauses_grow_up_to_a_limit(emulator: Emulator, action: str, jitter: float, pauses: list[float]) -> None:
    clock = FakeClock(jitter=jitter, time=0.25)
    emulator.add_fault(action=action)
    log_out(connection_to(emulator, retries=8), ["novak"], clock=clock)
    assert clock.pauses == pauses


def test_pauses_of_the_module_itself_are_not_all_the_same(emulator: Emulator, clock: FakeClock) -> None:
    seen = {pause_after(emulator, clock, "drop_before") for _try in range(5)}
    assert len(seen) > 1
    assert all(0.25 <= pause <= 0.5 for pause in seen)


def pause_after(emulator: Emulator, clock: FakeClock, action: str) -> float:
    emulator.add_fault(action=action, times=1)
    # But for the time it takes, all of this is the module's own.
    with Client(connection_to(emulator).connection, Auth(), clock=replace(clock.clock, jitter=Clock.jitter)) as client:
        client.get("/status.json")
    return clock.pauses[-1]


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "span"),
    [
        (" 7 ", (7, 7)),
        ("29", (29, 29)),
        ("31", (LONGEST_PAUSE, LONGEST_PAUSE)),
        ("9" * 400, (LONGEST_PAUSE, LONGEST_PAUSE)),
        ("-5", (0.5, 0.5)),
        ("1.5", (0.5, 0.5)),
        ("soon", (0.5, 0.5)),
        ("", (0.5, 0.5)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", (0.5, 0.5)),
        ("Wed, 21 Oct 2015 07:28:00 -0000", (0.5, 0.5)),
        ("Wed, 99 Oct 2015 07:28:00 GMT", (0.5, 0.5)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", (LONGEST_PAUSE, LONGEST_PAUSE)),
        ("in 20 seconds", (15, 20)),
    ],
)
def test_retry_after_is_heeded_within_reason(
    emulator: Emulator, clock: FakeClock, retry_after: str, span: tuple[float, float]
) -> None:
    header = in_seconds(20) if retry_after == "in 20 seconds" else retry_after
    [pause] = pauses_after(emulator, clock, 503, header)
    assert span[0] <= pause <= span[1]


def pauses_after(emulator: Emulator, clock: FakeClock, status: int, retry_after: str) -> list[float]:
    emulator.add_fault(action="status", code=status, headers={"Retry-After": retry_after}, times=1)
    with client_for(connection_to(emulator), clock) as client:
        assert client.get("/status.json").status == 200
    return clock.pauses


@pytest.mark.parametrize("status", [429, 502, 503])
@pytest.mark.parametrize(("retry_after", "pause"), [("7", 7), ("0", 0.5), ("86400", LONGEST_PAUSE)])
def test_each_status_has_its_retry_after_heeded(
    emulator: Emulator, clock: FakeClock, status: int, retry_after: str, pause: float
) -> None:
    assert pauses_after(emulator, clock, status, retry_after) == [pause]


def test_an_absurd_time_zone_in_retry_after_is_no_traceback(emulator: Emulator, clock: FakeClock) -> None:
    header = "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"
    emulator.add_fault(action="status", code=503, headers={"Retry-After": header}, times=1)
    assert log_out(connection_to(emulator), ["novak"], clock=clock).code is None


@dataclass
class HeldClock(FakeClock):
    """A clock whose sleepers wait until the test wakes them."""

    asleep: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    wake: threading.Event = field(default_factory=threading.Event)

    def sleep(self, seconds: float) -> None:
        """Wait for the test."""
        self.pauses.append(seconds)
        self.asleep.release()
        assert self.wake.wait(10)


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_server_is_left_alone_by_every_thread(emulator: Emulator, status: int) -> None:
    clock = HeldClock()
    emulator.add_fault(action="status", code=status, headers={"Retry-After": "20"}, times=1)
    with client_for(connection_to(emulator, concurrency=2), clock) as client, ThreadPoolExecutor(2) as threads:
        first = threads.submit(client.get, "/status.json")
        assert clock.asleep.acquire(timeout=10)
        second = threads.submit(client.get, "/status.json")
        assert clock.asleep.acquire(timeout=10)
        while_asleep = len(emulator.requests)
        clock.time += 20
        clock.wake.set()
        assert first.result().status == second.result().status == 200
    assert while_asleep == 1
    assert clock.pauses == pytest.approx([20, 20 + FIRST_GAP])


def test_other_troubles_make_only_their_own_thread_wait(emulator: Emulator) -> None:
    clock = HeldClock()
    emulator.add_fault(action="drop_before", times=1)
    with client_for(connection_to(emulator, concurrency=2), clock) as client, ThreadPoolExecutor(2) as threads:
        first = threads.submit(client.get, "/status.json")
        assert clock.asleep.acquire(timeout=10)
        assert threads.submit(client.get, "/status.json").result(timeout=10).status == 200
        clock.wake.set()
        assert first.result().attempts == 2


# The deadline


@pytest.mark.parametrize("deadline", [35, 40])
def test_a_deadline_that_passes_while_trying_again_ends_the_run(
    emulator: Emulator, clock: FakeClock, deadline: int
) -> None:
    emulator.add_fault(action="status", code=503, headers={"Retry-After": "10"})
    done = log_out(connection_to(emulator, retries=50, deadline=deadline), ["novak"], clock=clock)
    assert done.code == "deadline"
    assert f"{deadline} seconds" in done.message
    assert "503" in done.message
    assert clock.pauses == [10, 10, 10]
    assert len(emulator.requests) == 4


def test_what_was_done_before_the_deadline_is_reported(emulator: Emulator, clock: FakeClock) -> None:
    overload = {"action": "status", "code": 503, "headers": {"Retry-After": "30"}}
    emulator.add_fault(overload, match={"login": "franta"})
    users = ["novak", "franta", "jan.novak@firma.cz"]
    done = log_out(connection_to(emulator, deadline=20), users, clock=clock)
    assert done.code == "deadline"
    assert done.statuses == {"novak": "logged_out", "franta": "failed", "jan.novak@firma.cz": "failed"}
    assert [each["attempts"] for each in done.summary["results"]] == [1, 1, 0]
    assert "Skipped, because the run was stopped early." in done.summary["results"][2]["message"]
    assert "/status/user/jan.novak%40firma.cz/logout" not in "".join(asked(emulator))
    check_report(emulator, done, users)


def test_nothing_is_asked_after_the_deadline(emulator: Emulator, clock: FakeClock) -> None:
    with client_for(connection_to(emulator, deadline=5), clock) as client:
        clock.time += 5
        with pytest.raises(FlexiError) as failure:
            client.get("/status.json")
    assert (failure.value.code, failure.value.attempts) == ("deadline", 0)
    assert "last try" not in failure.value.message
    assert emulator.requests == []


def test_nothing_is_asked_after_a_wait_that_took_longer_than_asked_for(emulator: Emulator) -> None:
    class SleepyClock(FakeClock):
        """Wakes up late, as on a laptop that was closed."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds + 60)

    emulator.add_fault(action="status", code=503, times=1)
    client = client_for(connection_to(emulator, deadline=5), SleepyClock())
    with client, pytest.raises(FlexiError) as failure:
        client.get("/status.json")
    assert (failure.value.code, failure.value.attempts) == ("deadline", 0)
    assert asked(emulator) == ["GET /status.json"]


@pytest.mark.parametrize("late", [0, 1])
def test_nothing_is_asked_where_the_deadline_passes_at_the_last_moment(emulator: Emulator, late: int) -> None:
    # Of its beginning, of the pace, of its turn, and of what is left.
    seen = itertools.chain([1000.0, 1000.0, 1004.0], itertools.repeat(1005.0 + late))
    clock = Clock(now=lambda: next(seen))
    with (
        Client(connection_to(emulator, deadline=5).connection, Auth(), clock=clock) as client,
        pytest.raises(FlexiError) as failure,
    ):
        client.get("/status.json")
    assert (failure.value.code, failure.value.attempts) == ("deadline", 0)
    assert emulator.requests == []


@pytest.mark.parametrize("deadline", [15, 20])
def test_nobody_waits_for_a_turn_that_comes_too_late(emulator: Emulator, clock: FakeClock, deadline: int) -> None:
    emulator.add_fault(action="status", code=503, headers={"Retry-After": "20"})
    with client_for(connection_to(emulator, deadline=deadline, retries=0), clock) as client:
        failures = []
        for _request in range(2):
            with pytest.raises(FlexiError) as failure:
                client.get("/status.json")
            failures.append((failure.value.code, failure.value.attempts))
    assert failures == [("deadline", 1), ("deadline", 0)]
    assert len(emulator.requests) == 1
    assert clock.pauses == []


def test_a_try_gets_the_time_that_is_left(
    emulator: Emulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def take_all_of_it(*_args: Any, timeout: float, time_left: float) -> None:
        given.append((timeout, time_left))
        clock.time += min(timeout, time_left)
        raise NoAnswerError(TimeoutError(), was_sent=True)

    monkeypatch.setattr(Pool, "ask", take_all_of_it)
    codes = []
    with client_for(connection_to(emulator, timeout=10, deadline=13, retries=0), clock) as client:
        for _request in range(2):
            with pytest.raises(FlexiError) as failure:
                client.get("/status.json")
            codes.append(failure.value.code)
    assert given == [(10, 13), (10, 3)]
    assert codes == ["timeout", "deadline"]
    assert "The last try: the server did not answer in time" in failure.value.message


def test_without_a_deadline_time_does_not_matter(emulator: Emulator, clock: FakeClock) -> None:
    with client_for(connection_to(emulator, deadline=None), clock) as client:
        clock.time += 10**9
        assert client.get("/status.json").status == 200


@pytest.mark.parametrize("where", ["status.json", "novak/logout"])
def test_a_server_that_hangs_does_not_outlast_the_deadline(emulator: Emulator, where: str) -> None:
    emulator.add_fault(action="hang", match={"path": where})
    started = time.monotonic()
    done = log_out(connection_to(emulator, timeout=60, deadline=0.3), ["novak", "franta"])
    assert time.monotonic() - started < 5
    assert done.code == "deadline"
    check_report(emulator, done, ["novak", "franta"])


def test_what_was_done_is_reported_though_the_last_try_ran_into_the_deadline(emulator: Emulator) -> None:
    emulator.add_fault(action="hang", match={"login": "franta"})
    done = log_out(connection_to(emulator, retries=0, deadline=0.3), ["novak", "franta"])
    assert done.statuses == {"novak": "logged_out", "franta": "failed"}
    assert done.code == "deadline"


@pytest.mark.parametrize("where", ["status.json", "novak/logout"])
def test_a_server_that_hangs_does_not_outlast_the_timeout(emulator: Emulator, clock: FakeClock, where: str) -> None:
    emulator.add_fault(action="hang", match={"path": where})
    started = time.monotonic()
    done = log_out(connection_to(emulator, timeout=0.1, retries=1), ["novak"], clock=clock)
    assert time.monotonic() - started < 5
    assert done.code == "timeout"


def test_a_body_that_trickles_in_does_not_outlast_the_timeout(emulator: Emulator) -> None:
    crowd(emulator, 1000)
    emulator.add_fault(action="drip", bytes=1000, seconds=0.05)
    started = time.monotonic()
    with client_for(connection_to(emulator, timeout=0.3, retries=0)) as client, pytest.raises(FlexiError) as failure:
        client.get("/status/user", accept="text/html")
    assert failure.value.code == "timeout"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("where", ["status.json", "novak/logout"])
@pytest.mark.parametrize("address", ["https", "http"])
def test_headers_that_trickle_in_do_not_outlast_the_timeout(emulator: Emulator, address: str, where: str) -> None:
    emulator.add_fault(action="drip", bytes=1, seconds=0.05, match={"path": where})
    done = log_out(connection_to(emulator, url=getattr(emulator, address), timeout=0.3, retries=0), ["novak"])
    assert done.code == "timeout"


def test_headers_that_trickle_in_do_not_outlast_the_deadline(emulator: Emulator) -> None:
    emulator.add_fault(action="drip", bytes=1, seconds=0.05)
    done = log_out(connection_to(emulator, deadline=0.3), ["novak"])
    assert done.code == "deadline"


def test_each_answer_on_a_kept_connection_has_its_own_time(emulator: Emulator) -> None:
    emulator.add_fault(action="slow", seconds=0.8)
    with client_for(connection_to(emulator, timeout=1.5, retries=0)) as client:
        statuses = [client.get("/status.json").status for _number in range(2)]
    assert statuses == [200, 200]
    assert emulator.connections()["accepted"] == 1


# Long answers


def test_a_long_list_is_read_to_its_end(emulator: Emulator) -> None:
    users = crowd(emulator, 3000)
    with client_for(connection_to(emulator)) as client:
        page = client.get("/status/user", accept="text/html").text
    assert len(page) > 300_000
    assert users[-1] in page
    assert page.rstrip().endswith("</html>")


def test_a_long_answer_to_a_post_is_not_read_to_its_end(emulator: Emulator) -> None:
    emulator.add_fault(action="huge_html", megabytes=10)
    with client_for(connection_to(emulator)) as client:
        reply = client.post("/status/user/novak/logout")
        assert client.get("/status.json").attempts == 1
    assert not reply.is_whole
    assert 0 < len(reply.text) < 1_000_000
    assert reply.attempts == 1


@pytest.mark.parametrize(("length", "is_whole"), [(200_000, True), (256 * 1024, True), (256 * 1024 + 1, False)])
def test_an_answer_to_a_post_is_read_to_its_end_where_it_is_not_too_long(
    emulator: Emulator,
    length: int,
    is_whole: bool,  # noqa: FBT001 - as in a table
) -> None:
    emulator.add_fault(action="status", code=200, body="x" * length)
    with client_for(connection_to(emulator)) as client:
        reply = client.post("/status/user/novak/logout")
    assert (len(reply.text), reply.is_whole) == (min(length, 256 * 1024), is_whole)


# Connections


def test_what_is_not_said_of_a_connection_is_as_the_options_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    url = "https://flexi.example.com:5434"
    one_at_a_time = replace(connection_from(options(url=url)), concurrency=1)
    assert Connection(url) == one_at_a_time


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("auth_method", ["basic", "session"])
def test_each_worker_keeps_one_connection(emulator: Emulator, auth_method: str, concurrency: int) -> None:
    users = crowd(emulator, 50)
    done = log_out(connection_to(emulator, auth_method=auth_method, concurrency=concurrency), users)
    assert done.summary["counts"]["logged_out"] == 50
    connections = emulator.connections()
    assert connections["accepted"] <= concurrency
    assert connections["tls"] == connections["accepted"]
    assert connections["requests_at_once"] <= concurrency


def test_with_concurrency_requests_overlap(emulator: Emulator) -> None:
    users = crowd(emulator, 40, delay=0.02)
    log_out(connection_to(emulator, concurrency=4), users)
    assert emulator.connections()["requests_at_once"] == 4


def test_a_connection_closed_while_idle_costs_no_retry(clock: FakeClock) -> None:
    answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    # By plain HTTP, where the server knows when the connection is closed for good; and one that nobody else uses.
    with Emulator() as emulator, client_for(connection_to(emulator, url=emulator.http), clock) as client:
        emulator.add_fault(action="garbage", body=answer, times=1)
        assert client.get("/status.json").text == "{}"
        assert all_are_closed(emulator)
        reply = client.post("/status/user/novak/logout")
        assert emulator.connections()["accepted"] == 2
    assert (reply.status, reply.attempts, reply.answer_lost) == (200, 1, False)
    assert client.notices() == []


def test_connections_are_closed_at_the_end() -> None:
    with Emulator() as emulator:
        with client_for(connection_to(emulator)) as client:
            client.get("/status.json")
        assert client.notices() == []
        assert all_are_closed(emulator)


# What is sent


def test_each_request_says_who_asks_and_what_for(emulator: Emulator) -> None:
    log_out(connection_to(emulator), ["novak"])
    for each in emulator.requests:
        assert each.headers["Authorization"] == "Basic admin"
        assert each.headers["Accept"] == "application/json"
        assert each.headers["Accept-Encoding"] == "identity"
        assert each.query == ""
    assert [each.headers.get("Content-Length") for each in emulator.requests] == [None, "0"]


def test_credentials_are_sent_as_utf_8(emulator: Emulator) -> None:
    connection = connection_to(emulator, username="Žaneta Ř/ezníčková", password="fake-žaneta")
    assert log_out(connection, ["Žaneta Ř/ezníčková"]).code is None


def test_with_two_factor_login_every_basic_request_has_the_code(emulator: Emulator) -> None:
    connection = connection_to(emulator, username="dvoufaktor", password="fake-dvoufaktor", otp="123456")
    assert log_out(connection, ["novak"], ["demo"]).code is None
    assert [each.query for each in emulator.requests] == [
        "otp=123456",
        "limit=0&otp=123456",
        "start=3&limit=20&otp=123456",
        "company=demo&otp=123456",
    ]


def test_a_code_is_not_quoted_in_errors(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="drop_before")
    connection = connection_to(emulator, username="dvoufaktor", password="fake-dvoufaktor", otp="123456")
    done = log_out(connection, ["novak"], clock=clock)
    assert done.code == "unreachable"
    assert "123456" not in str(done.summary) + str(done.report.warnings)


def test_secrets_are_not_in_the_representation_of_a_request() -> None:
    request = Request("POST", "/x", headers={"X-authSessionId": "fake-token"}, form={"password": PASSWORD})
    assert "fake-" not in repr(request)


def test_no_cookie_is_ever_sent_back(emulator: Emulator) -> None:
    log_out(connection_to(emulator), ["novak", "franta", "bezprav"])
    assert {each.headers.get("Cookie") for each in emulator.requests} == {None}


def test_no_cookie_is_kept(emulator: Emulator) -> None:
    headers = {"Set-Cookie": "authSessionId=from-elsewhere; Path=/; Domain=localhost"}
    emulator.add_fault(action="status", code=200, headers=headers, body="{}", content_type="application/json", times=2)
    with client_for(connection_to(emulator)) as client:
        for _request in range(3):
            client.get("/status.json")
    assert [each.headers.get("Cookie") for each in emulator.requests] == [None] * 3


@pytest.mark.parametrize("username", ["admin", ""])
def test_netrc_is_ignored(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, username: str) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine localhost login other password fake-other\ndefault login other password fake-other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with client_for(connection_to(emulator, username=username)) as client:
        client.get("/status.json")
    assert emulator.requests[0].headers.get("Authorization") == ("Basic admin" if username else None)


# Redirects


@pytest.mark.parametrize(
    ("where", "code"), [("status.json", 302), *(("logout", code) for code in (301, 302, 303, 307, 308))]
)
def test_no_redirect_is_followed_to_another_server(emulator: Emulator, where: str, code: int) -> None:
    with Emulator() as other:
        location = other.https + "/status/user/elsewhere"
        emulator.add_fault(action="redirect", code=code, location=location, match={"path": where})
        done = log_out(connection_to(emulator), ["novak"])
        assert other.requests == []
        assert other.connections()["accepted"] == 0
    assert done.code == "redirected"
    assert done.summary["failure"]["http_status"] == code
    assert location in done.message
    assert len(asked(emulator, where)) == 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_on_the_same_server(emulator: Emulator, code: int) -> None:
    emulator.add_fault(action="redirect", code=code, location="/elsewhere")
    done = log_out(connection_to(emulator), ["novak"])
    assert done.code == "redirected"
    assert asked(emulator) == ["GET /status.json"]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        pytest.param("/status/user", None, id="relative"),
        pytest.param("{https}/status/user", None, id="absolute"),
        pytest.param("{http}/status/user", "redirected", id="another-name-of-the-same-machine"),
        pytest.param("http://localhost/status/user", None, id="as-Flexi-sees-itself-behind-a-proxy"),
        pytest.param("http://localhost:8080/status/user", None, id="another-port"),
        pytest.param("https://LOCALHOST/status/user", None, id="in-upper-case"),
        pytest.param("//localhost/status/user?x=1", None, id="without-a-scheme"),
        pytest.param("https://0.example.com/status/user", "redirected", id="another-host"),
        pytest.param("https://z.example.com/status/user", "redirected", id="another-host-still"),
        pytest.param("https://sso.localhost/status/user", "redirected", id="a-name-below"),
        pytest.param("/sso/login/status/user", "redirected", id="a-path-that-only-ends-alike"),
        pytest.param("/status/user/", None, id="with-a-slash-at-its-end"),
        pytest.param("/status/userx", "redirected", id="a-path-that-only-begins-alike"),
    ],
)
def test_a_redirect_to_the_list_of_the_same_server_only_is_a_success(
    emulator: Emulator, location: str, code: str | None
) -> None:
    there = location.format(https=emulator.https, http=emulator.http)
    emulator.add_fault(action="redirect", code=303, location=there, match={"path": "logout"})
    done = log_out(connection_to(emulator), ["novak"])
    assert done.code == code
    assert done.statuses == {"novak": "failed" if code else "logged_out"}


@pytest.mark.parametrize(
    "location",
    ["", "http://[", "//", "http://\x01", ":::", "javascript:alert(1)", "/ř\u2028", "https://a:b:c/", "x" * 20_000],
    ids=lambda location: location[:20] or "empty",
)
@pytest.mark.parametrize("where", ["status.json", "logout"])
def test_a_broken_location_is_one_clear_sentence(emulator: Emulator, where: str, location: str) -> None:
    emulator.add_fault(action="redirect", location=location, match={"path": where})
    done = log_out(connection_to(emulator), ["novak"])
    assert done.code == "redirected"
    check_report(emulator, done, ["novak"])


@pytest.mark.parametrize("location", ["../../user", "/status/user", "{url}/status/user"])
def test_a_redirect_to_the_list_of_users_may_be_relative(emulator: Emulator, location: str) -> None:
    there = location.format(url=emulator.https)
    emulator.add_fault(action="redirect", code=303, location=there, match={"path": "novak/logout"})
    assert log_out(connection_to(emulator), ["novak"]).statuses == {"novak": "logged_out"}


def test_a_session_id_in_a_location_is_not_quoted(emulator: Emulator) -> None:
    location = "https://user:fake-secret@other.example.com/x?authSessionId=fake-token"
    emulator.add_fault(action="redirect", location=location)
    done = log_out(connection_to(emulator), ["novak"])
    assert "https://other.example.com/x" in done.message
    assert "fake-" not in done.message


# Addresses


def test_a_server_below_a_path_is_asked_there(emulator: Emulator) -> None:
    with client_for(connection_to(emulator, url=emulator.https + "/flexi")) as client:
        client.get("/status.json")
    assert asked(emulator) == ["GET /flexi/status.json"]


def test_an_address_that_cannot_be_used_is_one_clear_sentence(emulator: Emulator, clock: FakeClock) -> None:
    done = log_out(connection_to(emulator, url="https://*.invalid"), ["novak"], clock=clock)
    assert done.code == "unreachable"
    assert clock.pauses == []
    check_report(emulator, done, ["novak"])


def test_ask_once_asks_once(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="drop_before")
    with client_for(connection_to(emulator), clock) as client:
        assert not is_flexi(client)
        emulator.clear_faults()
        assert is_flexi(client)
    assert len(emulator.requests) == 2
    assert clock.pauses == []


def test_past_the_deadline_nothing_is_asked_once_either(emulator: Emulator, clock: FakeClock) -> None:
    with client_for(connection_to(emulator, deadline=5), clock) as client:
        clock.time += 6
        assert not is_flexi(client)
    assert emulator.requests == []


@pytest.mark.parametrize("code", [500, 401, 502, 503, 504])
def test_ask_once_takes_whatever_comes(emulator: Emulator, clock: FakeClock, code: int) -> None:
    emulator.add_fault(action="status", code=code)
    with client_for(connection_to(emulator), clock) as client:
        assert client.ask_once(Request("GET", "/status.json")).status == code
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("code", [429, 503])
def test_a_probe_takes_a_rate_limit_for_no_answer_at_all(emulator: Emulator, clock: FakeClock, code: int) -> None:
    emulator.add_fault(action="status", code=code, headers={"Retry-After": "1"})
    with client_for(connection_to(emulator), clock) as client:
        assert is_flexi(client)
    assert len(emulator.requests) == 1


def test_a_probe_goes_with_a_new_session_where_the_old_one_has_expired(emulator: Emulator) -> None:
    with client_for(connection_to(emulator, auth_method="session")) as client:
        client.get("/status.json")
        emulator.add_fault(action="expire_session", times=1, match={"path": "^/status.json$"})
        assert is_flexi(client)


def test_the_password_does_not_leave_in_clear(emulator: Emulator) -> None:
    log_out(connection_to(emulator), ["novak"])
    assert all(each.tls for each in emulator.requests)
    assert all(PASSWORD not in each.path + each.query for each in emulator.requests)


def test_credentials_that_were_refused_meanwhile_are_not_tried_again(emulator: Emulator) -> None:
    clock = HeldClock()
    emulator.add_fault(action="status", code=502, times=1)
    with client_for(connection_to(emulator, concurrency=2), clock) as client, ThreadPoolExecutor(2) as threads:
        first = threads.submit(client.get, "/status.json")
        assert clock.asleep.acquire(timeout=10)
        emulator.add_fault(action="status", code=401)
        assert threads.submit(client.get, "/status.json").result(timeout=10).status == 401
        clock.wake.set()
        assert (first.result().status, first.result().attempts) == (502, 1)
    assert len(emulator.requests) == 2


# Interim replies


INTERIM: list[dict[str, Any]] = [
    {"code": 103},
    {"code": 103, "count": 5, "headers": {"Link": "</style.css>; rel=preload"}},
    {"code": 102},
    {"code": 100},
    {"code": 199},
]


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("fault", INTERIM, ids=name_of)
def test_interim_replies_are_no_answers(emulator: Emulator, fault: dict[str, Any], scheme: str) -> None:
    emulator.add_fault(fault, action="interim", seconds=0)
    paths = ["/status.json", "/c.json", "/nowhere", "/status.json"]
    with client_for(connection_to(emulator, url=getattr(emulator, scheme), retries=0)) as client:
        replies = [client.get(path) for path in paths]
    assert [reply.status for reply in replies] == [200, 200, 404, 200]
    assert [reply.is_status for reply in replies] == [True, False, False, True]
    assert emulator.connections()["accepted"] == 1


@pytest.mark.parametrize("concurrency", [1, 4])
def test_every_request_gets_its_own_answer(emulator: Emulator, concurrency: int) -> None:
    idle = [f"idle{number:02}" for number in range(20)]
    users = crowd(emulator, 20)
    emulator.add_fault(action="interim", code=103, count=2, seconds=0, when={"every": 3})
    asked_for = [each for pair in zip(users, idle) for each in pair]
    access = connection_to(emulator, concurrency=concurrency)
    with client_for(access) as client, ThreadPoolExecutor(concurrency) as threads:
        replies = list(threads.map(client.post, [f"/status/user/{user}/logout" for user in asked_for]))
    assert [reply.status for reply in replies] == [200, 404] * 20
    assert [user for user in users if lives(emulator, user)] == []


def test_interim_replies_without_end_are_no_answer_either(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="interim", code=103, count=0, seconds=0.001)
    with client_for(connection_to(emulator, retries=1), clock) as client, pytest.raises(FlexiError) as failure:
        client.post("/status/user/novak/logout")
    assert (failure.value.code, failure.value.attempts) == ("broken_reply", 2)
    assert "only interim replies" in failure.value.message


def test_interim_replies_do_not_prolong_the_timeout(emulator: Emulator) -> None:
    emulator.add_fault(action="interim", code=103, count=0, seconds=0.1)
    begin = time.monotonic()
    with client_for(connection_to(emulator, retries=0, timeout=0.3)) as client, pytest.raises(FlexiError) as failure:
        client.get("/status.json")
    assert time.monotonic() - begin < 5
    assert failure.value.code == "timeout"


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_rest_of_an_answer_that_is_longer_than_it_says_is_not_the_next_answer(
    emulator: Emulator, clock: FakeClock, scheme: str
) -> None:
    emulator.add_fault(action="wrong_length", when={"every": 2})
    with client_for(connection_to(emulator, url=getattr(emulator, scheme)), clock) as client:
        replies = [client.get(path) for path in ["/c.json", "/status.json", "/c.json", "/status.json", "/u.json"]]
    keys = [next(iter(reply.json)) if reply.json else None for reply in replies]
    assert keys == ["companies", None, "companies", None, "users"]


def test_an_answer_that_comes_too_late_is_not_the_next_answer(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="slow", seconds=0.6, times=1)
    with client_for(connection_to(emulator, timeout=0.4), clock) as client:
        late = client.get("/c.json")
        time.sleep(0.4)
        assert (next(iter(late.json)), late.attempts) == ("companies", 2)
        assert client.get("/status.json").is_status


# Charsets and compression


@pytest.mark.parametrize("compression", ["no", "gzip", "deflate"])
@pytest.mark.parametrize(
    ("charset", "charset_in"),
    [("utf-8", "header"), ("windows-1250", "header"), ("windows-1250", "declaration"), ("iso-8859-2", "declaration")],
)
@pytest.mark.parametrize("kind", ["application/json", "application/xml"])
def test_a_body_is_unpacked_and_decoded(
    emulator: Emulator, kind: str, charset: str, charset_in: str, compression: str
) -> None:
    emulator.set_variants(charset=charset, charset_in=charset_in, compression=compression)
    message = "K této akci nemáte přístup, žluťoučký koni."
    emulator.add_fault(action="status", code=403, message=message, content_type=kind, match={"path": "novak"})
    with client_for(connection_to(emulator)) as client:
        assert client.get("/status.json").is_status
        refusal = client.post("/status/user/novak/logout")
        users = client.get("/u.json", {"limit": "0"})
    assert refusal.said == message
    assert "Žaneta Ř/ezníčková" in str(users.json)


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_a_refusal_that_is_packed_is_read(emulator: Emulator, compression: str) -> None:
    emulator.set_variants(compression=compression)
    body = {"winstrom": {"success": "false", "message": "Ne."}}
    emulator.add_fault(action="status", code=200, body=body, content_type="application/json", match={"path": "logout"})
    done = log_out(connection_to(emulator), ["novak"])
    assert done.statuses == {"novak": "failed"}
    assert "Ne." in done.summary["results"][0]["message"]


def test_a_body_that_is_not_packed_as_it_says_is_no_answer_and_not_asked_for_again(
    emulator: Emulator, clock: FakeClock
) -> None:
    emulator.add_fault(action="status", code=200, body="{}", headers={"Content-Encoding": "gzip"})
    done = log_out(connection_to(emulator, retries=1), ["novak"], clock=clock)
    assert done.code == "broken_reply"
    assert asked(emulator) == ["GET /status.json"]


@pytest.mark.parametrize("encoding", ["gzip", "br"])
@pytest.mark.parametrize(("status", "attempts"), [(502, 2), (503, 2), (404, 1), (401, 1), (400, 1)])
def test_the_status_of_an_error_counts_whatever_its_body_is_packed_in(
    emulator: Emulator, clock: FakeClock, status: int, attempts: int, encoding: str
) -> None:
    emulator.add_fault(action="status", code=status, body="down", headers={"Content-Encoding": encoding}, times=1)
    with client_for(connection_to(emulator, retries=1), clock) as client:
        reply = client.get("/status.json")
    assert (reply.attempts, reply.status, reply.is_whole) == (attempts, 200 if attempts == 2 else status, attempts == 2)


def test_an_unpacked_answer_to_a_post_is_not_read_without_end(emulator: Emulator) -> None:
    emulator.set_variants(compression="gzip")
    emulator.add_fault(action="status", code=200, body=" " * 10_000_000, content_type="text/plain")
    with client_for(connection_to(emulator)) as client:
        assert len(client.post("/status/user/novak/logout").text) < 1_000_000
        assert client.get("/status.json").attempts == 1


# What may have been carried out


def test_a_kept_connection_that_had_died_costs_no_doubt(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="close_after", times=1)
    with client_for(connection_to(emulator, url=emulator.http), clock) as client:
        assert client.get("/status.json").status == 200
        assert all_are_closed(emulator)
        reply = client.post("/status/user/novak/logout")
    assert (reply.status, reply.attempts, reply.answer_lost) == (200, 1, False)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_request_on_a_connection_that_dies_just_then_may_have_been_carried_out(
    emulator: Emulator, clock: FakeClock, scheme: str
) -> None:
    emulator.add_fault(action="close_after", seconds=0.5, times=1)
    with client_for(connection_to(emulator, url=getattr(emulator, scheme)), clock) as client:
        assert client.get("/status.json").status == 200
        # It is sent before the server closes, and lost.
        reply = client.post("/status/user/novak/logout")
    assert (reply.status, reply.attempts, reply.answer_lost) == (200, 2, True)


PERHAPS = "The request may have been carried out all the same."


@pytest.mark.parametrize(
    ("fault", "method", "perhaps"),
    [
        pytest.param({"action": "drop_after"}, "POST", True, id="lost-answer"),
        pytest.param({"action": "hang"}, "POST", True, id="no-answer"),
        pytest.param({"action": "garbage"}, "POST", True, id="not-HTTP"),
        pytest.param({"action": "truncate"}, "POST", True, id="half-an-answer"),
        pytest.param({"action": "drop_after"}, "GET", False, id="lost-answer-to-a-GET"),
        pytest.param({"action": "hang"}, "GET", False, id="no-answer-to-a-GET"),
    ],
)
def test_only_a_post_that_was_sent_may_have_been_carried_out(
    emulator: Emulator, fault: dict[str, Any], method: str, *, perhaps: bool
) -> None:
    emulator.add_fault(fault)
    access = connection_to(emulator, timeout=timeout_for(fault), retries=0)
    assert (PERHAPS in said_without_an_answer(access, method)) is perhaps


@pytest.mark.parametrize("url", ["https://127.0.0.1:{http}", "http://127.0.0.1:{https}", "http://127.0.0.1:{closed}"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_did_not_get_there_was_not_carried_out(emulator: Emulator, url: str, method: str) -> None:
    ports = {"http": emulator.http.rpartition(":")[2], "https": emulator.https.rpartition(":")[2]}
    access = connection_to(emulator, url=url.format(**ports, closed=closed_port()), retries=0)
    # What is sent in clear to the port of TLS was sent all the same.
    expected = method == "POST" and url == "http://127.0.0.1:{https}"
    assert (PERHAPS in said_without_an_answer(access, method)) is expected


def said_without_an_answer(access: Access, method: str) -> str:
    with client_for(access) as client, pytest.raises(FlexiError) as failure:
        client.get("/status.json") if method == "GET" else client.post("/status/user/novak/logout")
    return failure.value.message


def test_a_request_that_never_reached_the_server_lost_no_answer(
    emulator: Emulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Pool.ask
    problems = [BrokenPipeError(32, "Broken pipe")]

    def once_broken(pool: Pool, *args: Any, **times: Any) -> Any:
        if problems:
            raise NoAnswerError(problems.pop(), was_sent=False)
        return ask(pool, *args, **times)

    monkeypatch.setattr(Pool, "ask", once_broken)
    with client_for(connection_to(emulator), clock) as client:
        reply = client.post("/status/user/novak/logout")
    assert (reply.status, reply.attempts, reply.answer_lost) == (200, 2, False)


@pytest.mark.parametrize(
    ("cookies", "has"),
    [
        (["lang=cs;Version=1"], True),
        (["x=1", "lang=cs"], True),
        ([" lang =cs"], True),
        (["language=cs"], False),
        (["x=lang"], False),
        (["authSessionId=1"], False),
        (["session=1; lang=cs"], False),
        ([], False),
    ],
)
def test_flexis_cookie_is_known_by_its_name(emulator: Emulator, cookies: list[str], has: bool) -> None:  # noqa: FBT001 - as in a table
    head = "".join(f"Set-Cookie: {cookie}\r\n" for cookie in cookies)
    emulator.add_fault(action="garbage", body=f"HTTP/1.1 200 OK\r\n{head}Content-Length: 2\r\n\r\n{{}}")
    with client_for(connection_to(emulator)) as client:
        assert client.get("/status.json").has_flexi_cookie is has


# A server that limits its rate


LIMITS: list[dict[str, Any]] = [{"code": 429}, {"code": 503, "headers": {"Retry-After": "1"}}]


@pytest.mark.parametrize("fault", LIMITS, ids=name_of)
def test_a_rate_limit_costs_no_try(emulator: Emulator, clock: FakeClock, fault: dict[str, Any]) -> None:
    emulator.add_fault(fault, action="status", times=5)
    with client_for(connection_to(emulator, retries=0), clock) as client:
        reply = client.post("/status/user/novak/logout")
    assert (reply.status, reply.attempts, reply.answer_lost) == (200, 6, False)
    assert client.notices() == [
        f"The server limited the rate of requests: it answered {fault['code']} 5 times, so the run took longer."
    ]


@pytest.mark.parametrize(
    ("statuses", "attempts"),
    [
        ([502, 429, 502, 429], 7),
        ([429, 429, 429], 8),
        ([429, 429, 502, 502], 7),
    ],
)
def test_a_rate_limit_leaves_the_other_tries_as_they_are(
    emulator: Emulator, clock: FakeClock, statuses: list[int], attempts: int
) -> None:
    for code in statuses:
        emulator.add_fault(action="status", code=code, times=1)
    emulator.add_fault(action="status", code=502)
    with client_for(connection_to(emulator, retries=4), clock) as client:
        reply = client.get("/status.json")
    assert (reply.status, reply.attempts) == (502, attempts)
    assert client.notices()[0].count(f"429 {statuses.count(429)} times") == 1


def test_one_rate_limit_is_said_in_the_singular(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="status", code=429, times=1)
    with client_for(connection_to(emulator), clock) as client:
        client.get("/status.json")
    assert "it answered 429 once" in client.notices()[0]


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("fault", LIMITS, ids=name_of)
def test_a_rate_limit_that_lets_nobody_through_comes_to_an_end(
    emulator: Emulator, clock: FakeClock, fault: dict[str, Any], retries: int
) -> None:
    # With so early a beginning, only the difference can be a minute.
    clock.time = 7.0
    emulator.add_fault(fault, action="status")
    with client_for(connection_to(emulator, retries=retries), clock) as client:
        reply = client.get("/status.json")
    assert reply.status == fault["code"]
    assert PATIENCE <= sum(clock.pauses) <= PATIENCE + LONGEST_PAUSE


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("fault", [*LIMITS, {"code": 429, "headers": {"Retry-After": "3600"}}], ids=str)
def test_a_rate_limit_that_lets_no_logout_through_comes_to_an_end_for_all_together(
    emulator: Emulator, clock: FakeClock, fault: dict[str, Any], concurrency: int
) -> None:
    users = crowd(emulator, 60)
    emulator.add_fault(fault, action="status", match={"path": "/logout"})
    done = log_out(connection_to(emulator, concurrency=concurrency), users, clock=clock)
    assert done.code == "unavailable"
    # Others wait for their turn once more, and then give up at once.
    assert sum(clock.pauses) <= concurrency * (PATIENCE + 3 * LONGEST_PAUSE)
    assert len(emulator.requests) < 200


@pytest.mark.parametrize("fault", LIMITS, ids=str)
def test_the_minute_begins_with_the_first_refusal(emulator: Emulator, clock: FakeClock, fault: dict[str, Any]) -> None:
    emulator.add_fault(fault, action="status", times=2)
    with client_for(connection_to(emulator, retries=0), clock) as client:
        clock.time += 10 * PATIENCE
        assert client.get("/status.json").attempts == 3


def test_what_the_deadline_forbids_to_send_again_was_not_requested_more_than_once(
    emulator: Emulator, clock: FakeClock
) -> None:
    emulator.add_fault(action="status", code=502)
    client = client_for(connection_to(emulator, deadline=0.1), clock)
    with client, pytest.raises(FlexiError, match="deadline"):
        client.get("/status.json")
    assert client.notices() == []


def test_an_overload_without_a_limit_ends_after_the_retries(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="status", code=503)
    with client_for(connection_to(emulator, retries=2), clock) as client:
        assert client.get("/status.json").status == 503
    assert len(emulator.requests) == 3


def test_what_a_proxy_says_of_a_server_that_is_down_is_no_progress(emulator: Emulator, clock: FakeClock) -> None:
    for code in (503, 502) * 5:
        emulator.add_fault(action="status", code=code, times=1)
    with client_for(connection_to(emulator, retries=2), clock) as client:
        assert client.get("/status.json").attempts == 3


def test_an_overload_is_waited_for_while_others_get_through(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="status", code=503, match={"path": "/c.json"}, times=6)
    client = client_for(connection_to(emulator, retries=1), clock)
    wait = clock.sleep

    def while_others_ask(seconds: float) -> None:
        wait(seconds)
        if len(clock.pauses) % 2 and clock.pauses[-1] >= 0.25:
            clock.sleep = wait  # type: ignore[method-assign] # not again from within
            assert client.get("/status.json").status == 200
            clock.sleep = while_others_ask  # type: ignore[method-assign] # as before

    clock.sleep = while_others_ask  # type: ignore[method-assign] # it stands for another thread
    with client:
        assert client.get("/c.json").attempts == 7


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("fault", LIMITS, ids=name_of)
def test_a_server_that_limits_its_rate_makes_the_run_slow_and_everybody_is_done(
    emulator: Emulator, clock: FakeClock, fault: dict[str, Any], concurrency: int
) -> None:
    users = crowd(emulator, 60)
    emulator.add_fault(fault, action="status", when={"every": 2})
    done = log_out(connection_to(emulator, concurrency=concurrency, retries=0), users, clock=clock)
    assert done.summary["counts"]["logged_out"] == 60
    assert len(done.report.warnings) == 1
    assert len(clock.pauses) > 30


@pytest.mark.parametrize("fault", [*LIMITS, {"code": 503}, {"code": 429, "headers": {"Retry-After": "10"}}])
def test_a_single_user_who_is_always_refused_fails_alone_and_keeps_nobody_waiting(
    emulator: Emulator, clock: FakeClock, fault: dict[str, Any]
) -> None:
    users = crowd(emulator, 40)
    emulator.add_fault(fault, action="status", match={"path": f"/{users[3]}/logout"})
    done = log_out(connection_to(emulator, concurrency=4), users, clock=clock)
    assert done.statuses == {user: "failed" if user == users[3] else "logged_out" for user in users}
    assert len(asked(emulator, f"/{users[3]}/logout")) <= 16
    check_report(emulator, done, users)


def while_it_waits(clock: FakeClock, client: Client, others: int) -> list[bool]:
    """Let so many others ask whenever somebody waits for long; return whether they had to wait, as it comes."""
    wait, waited = clock.sleep, list[bool]()

    def while_others_ask(seconds: float) -> None:
        wait(seconds)
        if seconds > 2:
            clock.sleep = wait  # type: ignore[method-assign] # not again from within
            before = len(clock.pauses)
            for _number in range(others):
                client.get("/status.json")
            waited.append(len(clock.pauses) > before)
            clock.sleep = while_others_ask  # type: ignore[method-assign] # as before

    clock.sleep = while_others_ask  # type: ignore[method-assign] # it stands for another thread
    return waited


LIMITED = {"action": "status", "code": 429, "headers": {"Retry-After": "9"}, "match": {"path": "/c.json"}}
BROKEN = {"action": "status", "code": 502, "headers": {"Retry-After": "9"}, "match": {"path": "/c.json"}}


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("before", [0, 7])
@pytest.mark.parametrize("others", [4, 5, 9])
def test_a_refusal_of_one_address_makes_others_wait_until_it_shows(
    emulator: Emulator, clock: FakeClock, retries: int, before: int, others: int
) -> None:
    attempts = 6 if others == 4 else 5
    emulator.add_fault(LIMITED)
    emulator.add_fault(action="status", code=429, match={"path": "/status.json"}, times=1 if before else 0)
    client = client_for(connection_to(emulator, retries=retries), clock)
    for _number in range(before):
        client.get("/status.json")
    waited = while_it_waits(clock, client, others)
    with client:
        assert (client.get("/c.json").status, len(waited)) == (429, attempts - 1)
    assert [pause for pause in clock.pauses if pause > 1] == [9.0] * (attempts - 1)


def test_a_refusal_counts_as_one_of_many_while_others_are_refused_too(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(LIMITED, times=9)
    emulator.add_fault(action="status", code=429, match={"path": "/status.json"}, when={"every": 7})
    client = client_for(connection_to(emulator, retries=2), clock)
    while_it_waits(clock, client, others=6)
    with client:
        assert client.get("/c.json").attempts == 10


@pytest.mark.parametrize(
    ("faults", "others", "attempts"),
    [
        # After one refusal among others, and after one alone, there are as many tries as ever.
        ([LIMITED, LIMITED, BROKEN, BROKEN, BROKEN], 1, 5),
        ([LIMITED, LIMITED, BROKEN, BROKEN, BROKEN], 5, 5),
        # To be refused alone begins anew.
        ([LIMITED, LIMITED, BROKEN, LIMITED, LIMITED, LIMITED, LIMITED], 5, 7),
    ],
)
def test_what_else_happens_to_an_address_that_is_refused_counts_for_itself(
    emulator: Emulator, clock: FakeClock, faults: list[dict[str, Any]], others: int, attempts: int
) -> None:
    for fault in faults:
        emulator.add_fault(fault, times=1)
    emulator.add_fault(faults[-1])
    client = client_for(connection_to(emulator, retries=2), clock)
    while_it_waits(clock, client, others)
    with client:
        reply = client.get("/c.json")
    assert (reply.status, reply.attempts) == (faults[-1]["code"], attempts)


# Stopping


def test_nothing_is_asked_after_it_was_stopped(emulator: Emulator) -> None:
    with client_for(connection_to(emulator)) as client:
        client.get("/status.json")
        client.stop()
        for ask in (client.get, client.post, lambda path: client.ask_once(Request("GET", path))):
            with pytest.raises(FlexiError) as failure:
                ask("/status.json")
            assert (failure.value.code, failure.value.attempts) == ("stopped", 0)
            assert PERHAPS not in failure.value.message
    assert len(emulator.requests) == 1


@pytest.mark.parametrize(("method", "perhaps"), [("GET", False), ("POST", True)])
def test_requests_under_way_are_cut_off(emulator: Emulator, method: str, perhaps: bool) -> None:  # noqa: FBT001 - as in a table
    emulator.add_fault(action="hang")
    with client_for(connection_to(emulator, concurrency=4)) as client, ThreadPoolExecutor(4) as threads:
        ask = client.get if method == "GET" else client.post
        running = [threads.submit(ask, "/status/user/novak/logout") for _number in range(4)]
        while len(emulator.requests) < 4:
            time.sleep(0.01)
        begin = time.monotonic()
        client.stop()
        failures = [each.exception(10) for each in running]
        assert time.monotonic() - begin < 2
    assert {getattr(each, "code", None) for each in failures} == {"stopped"}
    assert {PERHAPS in str(each) for each in failures} == {perhaps}
    assert {getattr(each, "attempts", None) for each in failures} == {1}
    assert len(emulator.requests) == 4


@pytest.mark.parametrize("fault", [{"action": "status", "code": 503}, {"action": "drop_before"}], ids=name_of)
def test_whoever_waits_to_try_again_is_woken(emulator: Emulator, fault: dict[str, Any]) -> None:
    emulator.add_fault(fault)
    with client_for(connection_to(emulator, retries=100)) as client, ThreadPoolExecutor(1) as threads:
        running = threads.submit(client.post, "/status/user/novak/logout")
        while len(emulator.requests) < 2:
            time.sleep(0.01)
        begin = time.monotonic()
        client.stop()
        failure = running.exception(10)
        assert time.monotonic() - begin < 2
    assert getattr(failure, "code", None) == "stopped"
    number = len(emulator.requests)
    time.sleep(0.1)
    assert len(emulator.requests) == number


@pytest.mark.parametrize(
    ("kind", "is_stopped"), [(KeyboardInterrupt, True), (SystemExit, True), (RuntimeError, False), (FlexiError, False)]
)
def test_an_interrupted_task_is_stopped(emulator: Emulator, kind: type[BaseException], *, is_stopped: bool) -> None:
    client = client_for(connection_to(emulator))
    with pytest.raises(kind), client:
        raise kind("timeout", "No.")
    with pytest.raises(FlexiError) as failure:
        client.ask_once(Request("GET", "/status.json"))
    assert (failure.value.code == "stopped") is is_stopped
