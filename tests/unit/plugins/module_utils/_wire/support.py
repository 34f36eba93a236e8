# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the wire share: servers that are simpler, and more odd, than the emulator."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.emulator import Emulator

Serve = Callable[[socket.socket], None]
PROXY_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


@contextmanager
def serving(serve: Serve, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Hand each connection to ``serve``, in a thread of its own, and yield the port on 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, serve, tls), daemon=True).start()
        yield int(listener.getsockname()[1])
        with suppress(OSError):
            # Closing it does not wake the thread.
            listener.shutdown(socket.SHUT_RDWR)


def all_are_closed(emulator: Emulator) -> bool:
    """Wait until no connection is open; whether that came to pass."""
    for _try in range(500):
        if emulator.connections()["open"] == 0:
            return True
        time.sleep(0.01)
    return False


def silent(connection: socket.socket) -> None:
    """Read whatever comes, and never answer."""
    while connection.recv(65536):
        pass


def read_head(connection: socket.socket) -> bytes:
    """Return a request's head, empty where the client has left."""
    head = bytearray()
    while b"\r\n\r\n" not in head:
        received = connection.recv(65536)
        if not received:
            return b""
        head += received
    return bytes(head)


def _accept(listener: socket.socket, serve: Serve, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            taken, _address = listener.accept()
            threading.Thread(target=_serve, args=(taken, serve, tls), daemon=True).start()


def _serve(taken: socket.socket, serve: Serve, tls: ssl.SSLContext | None) -> None:
    # The client may leave at any time.
    with suppress(OSError), taken, tls.wrap_socket(taken, server_side=True) if tls else taken as connection:
        serve(connection)
