# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that have to be there in time as a whole, and that are the final ones.

By itself a socket's timeout is that of each read, so an answer that trickles in byte by byte would never end; and by
itself ``http.client`` takes an interim reply such as 103 for the answer, so that every later one on that connection
would belong to another request.
"""

from __future__ import annotations

import io
import socket
import time
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any

_MOST_INTERIM_REPLIES = 20


class FinalResponse(HTTPResponse):
    """A response that raises TimeoutError where it takes longer than the socket's timeout."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        """Begin to count."""
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type] # nothing else of it is used

    def begin(self) -> None:
        """Read the status and the headers of the final response."""
        file = self.fp
        self.fp = _WholeLines(file)  # type: ignore[assignment] # nothing else of it is used until they are read
        try:
            self._read_interim_replies()
        finally:
            # Where what came is no HTTP, it is closed already.
            self.fp = self.fp and file

    def _read_interim_replies(self) -> None:
        for _number in range(_MOST_INTERIM_REPLIES):
            super().begin()
            if self.status == HTTPStatus.SWITCHING_PROTOCOLS:
                # Nobody asked for another protocol, and what follows would be taken for the next answer.
                raise HTTPException("the server wants to switch to another protocol")
            if self.status // 100 != 1:
                # A body that comes all the same would be taken for the next answer, too.
                self.will_close = self.will_close or self.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
                return
            # With headers there, the inherited method would not read any more.
            self.headers = self.msg = None  # type: ignore[assignment] # as at the beginning
        raise HTTPException("only interim replies arrived")


class _WholeLines:
    """The lines of a status and of headers; ``http.client`` takes the end of the connection for their end."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self._has_begun = False
        self.close = file.close

    def readline(self, limit: int) -> bytes:
        line = self._file.readline(limit)
        is_whole = line.endswith(b"\n") or len(line) == limit
        if not is_whole and (line or self._has_begun):
            raise HTTPException("it broke off in its headers")
        self._has_begun = True
        return line


class _TimedSocket:
    """The part of a socket by which a response is read."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # A file, not the socket, so that the socket stays open until both are closed.
        self._file = sock.makefile("rb", buffering=0)
        self._ends_at = time.monotonic() + (sock.gettimeout() or 0.0)
        self._is_first = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._is_first:
            # The socket has its timeout still; to set it is a system call, for which other threads take over.
            self._is_first = False
            return self._file.readinto(buffer)
        left = self._ends_at - time.monotonic()
        if left <= 0:
            # Up to Python 3.9, urllib3 knows only this one.
            raise socket.timeout
        self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
