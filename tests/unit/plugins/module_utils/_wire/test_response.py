# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a response may take as a whole, and which of several is the final one; the rest: test_client.py."""

from __future__ import annotations

import socket
from http.client import HTTPException
from types import SimpleNamespace

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._wire import response as response_module
from ansible_collections.abra.flexi.plugins.module_utils._wire.response import FinalResponse

DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


@pytest.mark.parametrize(("now", "is_late"), [(1010.0, True), (1009.0, False)], ids=["late", "in-time"])
def test_what_is_there_too_late_is_not_read(monkeypatch: pytest.MonkeyPatch, now: float, *, is_late: bool) -> None:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(response_module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10.0)
        response = FinalResponse(ours, method="GET")
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        response.begin()
        clock.now = now
        theirs.sendall(b"done")
        if is_late:
            with pytest.raises(socket.timeout):
                response.read()
        else:
            assert (response.read(), ours.gettimeout()) == (b"done", 1.0)
        response.close()


@pytest.mark.parametrize(
    ("sent", "status", "body"),
    [
        pytest.param(DONE, 200, b"done", id="none"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + DONE, 200, b"done", id="100"),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n" + DONE, 200, b"done", id="102"),
        pytest.param(EARLY + DONE, 200, b"done", id="103"),
        pytest.param(EARLY * 19 + DONE, 200, b"done", id="many"),
        pytest.param(EARLY + b"HTTP/1.1 100 Continue\r\n\r\n" + EARLY + DONE, 200, b"done", id="mixed"),
        pytest.param(EARLY + b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", id="before-no-content"),
        pytest.param(
            EARLY + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n",
            200,
            b"done",
            id="before-chunks",
        ),
    ],
)
def test_interim_replies_are_read_away(sent: bytes, status: int, body: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10.0)
        theirs.sendall(sent)
        response = FinalResponse(ours, method="GET")
        response.begin()
        assert (response.status, response.read()) == (status, body)
        assert "Link" not in response.headers
        response.close()


HEAD = b"HTTP/1.1 200 OK\r\nSet-Cookie: lang=cs\r\n\r\n"


@pytest.mark.parametrize("before", [b"", EARLY], ids=["alone", "after-an-interim-reply"])
@pytest.mark.parametrize("length", range(1, len(HEAD)))
def test_a_head_that_breaks_off_is_no_answer(length: int, before: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10.0)
        theirs.sendall(before + HEAD[:length])
        theirs.shutdown(socket.SHUT_WR)
        response = FinalResponse(ours, method="POST")
        with pytest.raises(HTTPException):
            response.begin()
        response.close()


def test_another_protocol_is_no_answer() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10.0)
        theirs.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + DONE)
        response = FinalResponse(ours, method="GET")
        with pytest.raises(HTTPException, match="another protocol"):
            response.begin()
        response.close()


@pytest.mark.parametrize(("status", "closes"), [(204, True), (304, True), (200, False), (404, False)])
def test_a_connection_is_not_kept_after_an_answer_that_may_have_no_body(status: int, *, closes: bool) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10.0)
        theirs.sendall(f"HTTP/1.1 {status} Any\r\nContent-Length: 0\r\n\r\n".encode())
        response = FinalResponse(ours, method="GET")
        response.begin()
        assert response.will_close is closes
        response.close()


def test_interim_replies_without_end_are_no_answer() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10.0)
        theirs.sendall(EARLY * 100)
        response = FinalResponse(ours, method="GET")
        with pytest.raises(HTTPException, match="only interim replies"):
            response.begin()
        response.close()
