# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How connections are kept; what is said over them, and through proxies, is for the tests of the client."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ansible_collections.abra.flexi.plugins.module_utils._wire import pool as pool_module
from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import Pool
from ansible_collections.abra.flexi.plugins.module_utils._wire.timed_response import TimedResponse

if TYPE_CHECKING:
    import socket

    import pytest

    from ansible_collections.abra.flexi.tests.emulator import Emulator


def pool_of(emulator: Emulator, size: int) -> Pool:
    return Pool(emulator.https, size=size, verify=emulator.ca_path, client_cert=None, use_proxies=False)


def test_requests_is_there() -> None:
    assert pool_module.HAS_REQUESTS


def test_a_kept_connection_gets_the_timeout_of_each_request(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts = []

    class Response(TimedResponse):
        def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
            timeouts.append(sock.gettimeout())
            super().__init__(sock, *args, **options)

    monkeypatch.setattr(pool_module, "TimedResponse", Response)
    pool = pool_of(emulator, 1)
    wanted = [10.0, 10.0, 7.0, 9.0]
    for timeout in wanted:
        pool.ask("GET", "/status.json", {}, None, timeout)
    pool.close()
    assert timeouts == wanted
    assert emulator.connections()["accepted"] == 1


def test_more_threads_than_connections_wait_for_one(emulator: Emulator) -> None:
    emulator.set_delay(0.05)
    pool = pool_of(emulator, 2)
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(pool.ask, "GET", "/status.json", {}, None, 10.0) for _number in range(8)]
    pool.close()
    # Nobody gave a password.
    assert {answer.result()[0].status for answer in answers} == {401}
    assert emulator.connections()["accepted"] == 2
