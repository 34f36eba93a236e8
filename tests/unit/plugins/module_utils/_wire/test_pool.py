# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How connections are kept and cut off, and how far a request came; what is said over them: test_client.py."""

from __future__ import annotations

import gzip
import importlib
import io
import socket
import ssl
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._wire import pool as pool_module
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import Connection
from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import NoAnswerError, Pool
from ansible_collections.abra.flexi.plugins.module_utils._wire.response import FinalResponse
from ansible_collections.abra.flexi.tests.emulator.certificates import Authority
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils._wire.support import (
    PROXY_VARIABLES,
    read_head,
    serving,
    silent,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ansible_collections.abra.flexi.tests.emulator import Emulator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SOON = 1.0
"""Seconds within which a request that is cut off has to end; each would otherwise take LONG."""
LONG = 30.0


def pool_of(emulator: Emulator, size: int = 1, scheme: str = "https") -> Pool:
    url = getattr(emulator, scheme)
    return Pool(Connection(url, concurrency=size, verify=emulator.ca_path, use_proxies=False))


def ask(pool: Pool, method: str = "GET", timeout: float = 10.0) -> tuple[int, bytes]:
    answer = pool.ask(method, "/status.json", {}, None, timeout=timeout)
    return answer.status, answer.body


def test_requests_is_there() -> None:
    assert pool_module.HAS_REQUESTS


def test_without_requests_everything_can_still_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    package = pool_module.__name__.rpartition(".")[0]
    # Or it would be the one that is imported here from then on.
    monkeypatch.setattr(sys.modules[package.rpartition(".")[0]], "_wire", sys.modules[package])
    for name in [each for each in sys.modules if each.startswith(package) or each.partition(".")[0] == "urllib3"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("requests", "requests.utils", "urllib3", "urllib3.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    without = importlib.import_module(pool_module.__name__)
    assert (without.HAS_REQUESTS, without.PROBLEMS) == (False, ())
    assert importlib.import_module(f"{package}.client").Client


def test_a_kept_connection_gets_the_timeout_of_each_request(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts = []

    class Response(FinalResponse):
        def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
            timeouts.append(sock.gettimeout())
            super().__init__(sock, *args, **options)

    monkeypatch.setattr(pool_module, "FinalResponse", Response)
    pool = pool_of(emulator)
    wanted = [10.0, 10.0, 7.0, 9.0]
    for timeout in wanted:
        ask(pool, timeout=timeout)
    pool.close()
    assert timeouts == wanted
    assert emulator.connections()["accepted"] == 1


def test_more_threads_than_connections_wait_for_one(emulator: Emulator) -> None:
    emulator.set_delay(0.05)
    pool = pool_of(emulator, 2)
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(ask, pool) for _number in range(8)]
    pool.close()
    # Nobody gave a password.
    assert {answer.result()[0] for answer in answers} == {401}
    assert emulator.connections()["accepted"] == 2


# How far a request came


def _refuses(_connection: socket.socket) -> None:
    """Close at once."""


def _closes_after_the_head(connection: socket.socket) -> None:
    read_head(connection)


def _answers_half(connection: socket.socket) -> None:
    read_head(connection)
    connection.sendall(OK[:-1])


def _answers_nonsense(connection: socket.socket) -> None:
    read_head(connection)
    connection.sendall(b"nonsense\r\n\r\n")


@pytest.mark.parametrize("serve", [_closes_after_the_head, _answers_half, _answers_nonsense])
def test_a_request_that_was_sent_whole_may_have_been_carried_out(serve: Any) -> None:
    with serving(serve) as port:
        assert not_answered(Connection(f"http://127.0.0.1:{port}")).was_sent


def _answers(*lines: str) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall("\r\n".join(lines).encode())

    return serve


@pytest.mark.parametrize(
    "lines",
    [
        ("HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked", "", "2", "ok", "0", "", ""),
        ("HTTP/1.1 200 OK", "Transfer-Encoding: gzip", "Content-Length: 2", "", "ok"),
        ("HTTP/1.1 200 OK", "", ""),
        ("HTTP/1.0 200 OK", "Connection: close", "", ""),
        ("HTTP/1.0 200 OK", "Content-Length: abc", "", ""),
        ("HTTP/1.0 200 OK", "Content-Length: ", "", ""),
        ("HTTP/1.0 200 OK", "Content-Length: -1", "", ""),
    ],
)
def test_a_body_that_is_wrapped_or_may_have_broken_off_is_no_answer(lines: tuple[str, ...]) -> None:
    with serving(_answers(*lines)) as port:
        assert not_answered(Connection(f"http://127.0.0.1:{port}")).was_sent


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("HTTP/1.1 200 OK", "Content-Length: 0", "", ""), (200, b"")),
        (("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "0", "", ""), (200, b"")),
        (("HTTP/1.1 200 OK", "", "ok"), (200, b"ok")),
        (("HTTP/1.1 303 See Other", "Location: /status/user", "", ""), (303, b"")),
    ],
)
def test_a_body_that_has_an_end_or_matters_to_nobody_is_an_answer(lines: Any, expected: tuple[int, bytes]) -> None:
    with serving(_answers(*lines)) as port:
        pool = Pool(Connection(f"http://127.0.0.1:{port}"))
        assert ask(pool, "POST") == expected
        pool.close()


def not_answered(connection: Connection, timeout: float = 10.0) -> NoAnswerError:
    pool = Pool(connection)
    with pytest.raises(NoAnswerError) as failure:
        ask(pool, "POST", timeout)
    pool.close()
    return failure.value


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not not_answered(Connection(f"http://127.0.0.1:{port}")).was_sent


@pytest.mark.parametrize("serve", [_refuses, silent, _answers_nonsense])
def test_where_there_was_no_tls_nothing_was_sent(serve: Any) -> None:
    with serving(serve) as port:
        connection = Connection(f"https://127.0.0.1:{port}", verify=False, use_proxies=False)
        assert not not_answered(connection, timeout=0.3).was_sent


EMPTY = gzip.compress(b"")


@pytest.mark.parametrize("length", range(len(EMPTY) + 1))
def test_what_is_packed_and_breaks_off_is_not_nothing(length: int) -> None:
    def serve(connection: socket.socket) -> None:
        read_head(connection)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode() + EMPTY[:length])

    with serving(serve) as port:
        connection = Connection(f"http://127.0.0.1:{port}")
        if length in {0, len(EMPTY)}:
            pool = Pool(connection)
            assert ask(pool, "POST") == (200, b"")
            pool.close()
        else:
            assert not_answered(connection).was_sent


# How long all of it may take


def late(connection: Connection) -> NoAnswerError:
    pool = Pool(connection)
    with pytest.raises(NoAnswerError) as failure:
        pool.ask("POST", "/status.json", {}, None, timeout=LONG, time_left=0.3)
    pool.close()
    return failure.value


def test_a_name_with_many_addresses_that_do_not_answer_is_left_when_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ExitStack() as sockets:
        listening = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listening.getsockname()
        # Nobody accepts these, so there is no room for another one, and what comes is dropped.
        for _number in range(3):
            waiting = sockets.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(address)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 20
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
        began = time.monotonic()
        failure = late(Connection(f"http://flexi.example.com:{address[1]}", use_proxies=False))
    # Each would get the whole 0.3 seconds.
    assert time.monotonic() - began < 3
    assert not failure.was_sent


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_silent_is_left_when_the_time_is_over(scheme: str) -> None:
    began = time.monotonic()
    with serving(silent) as port:
        failure = late(Connection(f"{scheme}://127.0.0.1:{port}", verify=False, use_proxies=False))
    assert time.monotonic() - began < LONG / 2
    assert failure.was_sent is (scheme == "http")


def test_a_slow_answer_that_comes_in_time_is_one(emulator: Emulator) -> None:
    emulator.reset(delay=1.2)
    pool = Pool(Connection(emulator.http, use_proxies=False))
    assert pool.ask("GET", "/status.json", {}, None, timeout=LONG, time_left=LONG).status == 401
    pool.close()


def test_small_requests_are_sent_at_once(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[tuple[Any, ...]] = []
    monkeypatch.setattr(socket.socket, "setsockopt", lambda _sock, *option: options.append(option))
    pool = Pool(Connection(emulator.http, use_proxies=False))
    pool.ask("GET", "/status.json", {}, None, timeout=LONG)
    pool.close()
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in options


def test_nothing_is_sent_once_the_time_is_over(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    handshake = ssl.SSLSocket.do_handshake

    def slow(sock: ssl.SSLSocket, *args: Any) -> None:
        handshake(sock, *args)
        time.sleep(0.4)

    monkeypatch.setattr(ssl.SSLSocket, "do_handshake", slow)
    failure = late(Connection(emulator.https, verify=emulator.ca_path, use_proxies=False))
    assert not failure.was_sent
    assert emulator.requests == []


@pytest.mark.parametrize("problem", [BrokenPipeError(32, "Broken pipe"), ConnectionResetError(104, "Reset by peer")])
def test_a_request_whose_sending_failed_was_not_sent(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, problem: OSError
) -> None:
    pool = pool_of(emulator)
    assert ask(pool)[0] == 401

    def broken(*_args: Any) -> None:
        raise problem

    monkeypatch.setattr(ssl.SSLSocket, "sendall", broken)
    with pytest.raises(NoAnswerError) as failure:
        ask(pool, "POST", timeout=0.3)
    pool.close()
    assert not failure.value.was_sent
    assert len(emulator.requests) == 1


# A server that sends more than was asked for


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize("offset", [0, io.DEFAULT_BUFFER_SIZE], ids=["at-once", "behind-what-is-read-at-once"])
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
def test_what_was_not_asked_for_is_never_the_answer_to_the_next_request(
    tmp_path: Path, offset: int, *, tls: bool
) -> None:
    asked: list[bytes] = []

    def twice(connection: socket.socket) -> None:
        while head := read_head(connection):
            asked.append(head)
            connection.sendall(answer(b"%d" % len(asked)).ljust(offset) + answer(b"other"))

    authority = Authority(tmp_path)
    with serving(twice, authority.server_context() if tls else None) as port:
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        pool = Pool(Connection(url, verify=str(authority.ca_path), use_proxies=False))
        bodies = [answer_or_problem(pool) for _number in range(5)]
        pool.close()
    assert [body for body in bodies if body] == [b"%d" % number for number in range(1, len(asked) + 1)]
    assert len(asked) >= 3


def answer_or_problem(pool: Pool) -> bytes:
    try:
        return ask(pool)[1]
    except NoAnswerError as failure:
        return b"sent all the same" if failure.was_sent else b""


# Cutting off


def cut_soon(pool: Pool, threads: int = 1, *, wait: Callable[[], object]) -> list[NoAnswerError]:
    """Cut the pool off while so many threads ask, and return how each of them ended."""
    ended: list[NoAnswerError] = []

    def asking() -> None:
        with pytest.raises(NoAnswerError) as failure:
            ask(pool, "POST", LONG)
        ended.append(failure.value)

    running = [threading.Thread(target=asking, daemon=True) for _number in range(threads)]
    for thread in running:
        thread.start()
    wait()
    begin = time.monotonic()
    pool.cut()
    for thread in running:
        thread.join(LONG)
    assert time.monotonic() - begin < SOON
    assert len(ended) == threads
    return ended


def arrived(emulator: Emulator, number: int) -> Callable[[], object]:
    def wait() -> None:
        for _try in range(1000):
            if len(emulator.requests) >= number:
                return
            time.sleep(0.01)

    return wait


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("size", [1, 4])
def test_requests_that_wait_for_an_answer_end_when_they_are_cut_off(emulator: Emulator, scheme: str, size: int) -> None:
    emulator.add_fault(action="hang")
    pool = pool_of(emulator, size, scheme)
    ended = cut_soon(pool, size, wait=arrived(emulator, size))
    assert {each.was_sent for each in ended} == {True}
    pool.close()


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_requests_on_kept_connections_end_when_they_are_cut_off(emulator: Emulator, scheme: str) -> None:
    pool = pool_of(emulator, scheme=scheme)
    assert ask(pool)[0] == 401
    emulator.add_fault(action="hang")
    [ended] = cut_soon(pool, wait=arrived(emulator, 2))
    assert ended.was_sent
    pool.close()


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_an_answer_that_trickles_in_ends_when_it_is_cut_off(emulator: Emulator, scheme: str) -> None:
    emulator.add_fault(action="drip", seconds=0.2)
    pool = pool_of(emulator, scheme=scheme)
    [ended] = cut_soon(pool, wait=arrived(emulator, 1))
    assert ended.was_sent
    pool.close()


def taken_by(serve: Any) -> tuple[Any, Callable[[], object]]:
    """Return a way to serve, and one to wait until something came."""
    came = threading.Event()

    def noticing(connection: socket.socket) -> None:
        if connection.recv(65536):
            came.set()
            serve(connection)

    return noticing, lambda: came.wait(10)


def test_a_handshake_that_gets_no_answer_ends_when_it_is_cut_off() -> None:
    serve, wait = taken_by(silent)
    with serving(serve) as port:
        pool = Pool(Connection(f"https://127.0.0.1:{port}", verify=False, use_proxies=False))
        [ended] = cut_soon(pool, wait=wait)
        pool.close()
    assert not ended.was_sent


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_proxy_that_does_not_answer_ends_when_it_is_cut_off(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    serve, wait = taken_by(silent)
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with serving(serve) as port:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
        pool = Pool(Connection(f"{scheme}://flexi.invalid", verify=False))
        [ended] = cut_soon(pool, wait=wait)
        pool.close()
    assert ended.was_sent is (scheme == "http")


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_after_it_was_cut_off_nothing_is_asked_any_more(emulator: Emulator, scheme: str) -> None:
    pool = pool_of(emulator, scheme=scheme)
    pool.cut()
    for _try in range(2):
        with pytest.raises(NoAnswerError) as failure:
            ask(pool, "POST")
        assert not failure.value.was_sent
    pool.close()
    assert emulator.requests == []


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_connection_that_was_being_made_while_it_was_cut_off_is_not_used(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    pool = pool_of(emulator, scheme=scheme)
    connect, made = socket.socket.connect, []

    def slowly(sock: socket.socket, address: Any) -> None:
        connect(sock, address)
        made.append(sock)
        pool.cut()

    monkeypatch.setattr(socket.socket, "connect", slowly)
    with pytest.raises(NoAnswerError) as failure:
        ask(pool, "POST")
    pool.close()
    assert len(made) == 1
    assert not failure.value.was_sent
    assert emulator.requests == []


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_idle_connections_are_cut_off_too(emulator: Emulator, scheme: str) -> None:
    pool = pool_of(emulator, scheme=scheme)
    assert ask(pool)[0] == 401
    pool.cut()
    with pytest.raises(NoAnswerError):
        ask(pool, "POST")
    pool.close()
    assert len(emulator.requests) == 1


def test_to_cut_off_twice_or_after_the_end_does_no_harm(emulator: Emulator) -> None:
    pool = pool_of(emulator)
    assert ask(pool)[0] == 401
    pool.cut()
    pool.cut()
    pool.close()
    pool.cut()
