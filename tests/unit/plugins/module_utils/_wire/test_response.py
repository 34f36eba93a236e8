# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a response may take as a whole; that it is honoured on the wire is for the tests of the client."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._wire import timed_response
from ansible_collections.abra.flexi.plugins.module_utils._wire.timed_response import TimedResponse


@pytest.mark.parametrize(("now", "is_late"), [(1010.0, True), (1009.0, False)], ids=["late", "in-time"])
def test_what_is_there_too_late_is_not_read(monkeypatch: pytest.MonkeyPatch, now: float, *, is_late: bool) -> None:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(timed_response, "time", SimpleNamespace(monotonic=lambda: clock.now))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10.0)
        response = TimedResponse(ours, method="GET")
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        response.begin()
        clock.now = now
        theirs.sendall(b"done")
        if is_late:
            with pytest.raises(TimeoutError):
                response.read()
        else:
            assert (response.read(), ours.gettimeout()) == (b"done", 1.0)
        response.close()
