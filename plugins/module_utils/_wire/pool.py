# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The persistent connections to one server, by the public interface of ``urllib3``."""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakSet

from .body import UnreadableError, unpacked
from .proxies import manager_for, proxy_for
from .response import FinalResponse
from .tls import tls_context

try:
    from requests import RequestException
    from urllib3.exceptions import HTTPError
except ImportError:
    HAS_REQUESTS = False
    PROBLEMS: tuple[type[BaseException], ...] = ()
else:
    HAS_REQUESTS = True
    PROBLEMS = (RequestException, HTTPError, HTTPException, OSError, ValueError)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .connection import Connection

_BLOCK = 65_536
_LONGEST_LIST = 64 * 1024 * 1024
_LONGEST_ANSWER = 256 * 1024
"""Bytes that are read at once, of a body, and of the body of an answer to a POST; what is more is dropped."""


class Answer(NamedTuple):
    """What came back, with the body unpacked."""

    status: int
    headers: Any
    """As ``urllib3`` gives them: ``get`` and ``getlist``."""
    body: bytes
    is_whole: bool
    """Whether ``body`` is all of it."""


class NoAnswerError(Exception):
    """One of PROBLEMS, which is the cause of this."""

    def __init__(self, problem: BaseException, *, was_sent: bool) -> None:
        """``was_sent`` is whether the server may have got the whole request, and so may have acted."""
        super().__init__(problem)
        self.problem = problem
        self.was_sent = was_sent


class Pool:
    """Never more connections than ``connection.concurrency``, for any number of threads."""

    def __init__(self, connection: Connection) -> None:
        """Open nothing yet; raise FlexiError for a certificate, key or proxy that cannot be used."""
        proxy = proxy_for(connection.url) if connection.use_proxies else ""
        self._phase = _Phase()
        self._sockets = _Sockets(self._phase)
        is_tls = connection.url.startswith("https:")

        def context(client_cert: tuple[str, str] | None) -> ssl.SSLContext:
            made = tls_context(connection.verify, client_cert)
            made.sslsocket_class = self._sockets.class_of_tls
            return made

        # All connections have the same context: to load the authorities takes longer than a request. The client's
        # certificate is for the server, not for a proxy.
        manager = manager_for(
            proxy,
            context(connection.client_cert) if is_tls else None,
            lambda: context(None),
            maxsize=connection.concurrency,
            block=True,
        )
        classes = manager.pool_classes_by_scheme.items()
        manager.pool_classes_by_scheme = {scheme: self._watched(kind, connection.verify) for scheme, kind in classes}
        self._connections = manager.connection_from_url(connection.url)
        # Without a tunnel, a proxy is told the whole address with each request.
        is_forwarded = proxy.startswith("http") and not is_tls
        self._root = connection.url if is_forwarded else urlsplit(connection.url).path

    def ask(  # noqa: PLR0913 - it is one request
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: str | None,
        *,
        timeout: float,
        time_left: float = math.inf,
    ) -> Answer:
        """Send one request, once, and return the answer.

        ``target`` is the path below the server's root, with its query. ``timeout`` is in seconds, for each step of
        connecting and again for the whole answer; ``time_left`` for all together. Raise NoAnswerError.
        """
        self._phase.begin(timeout, time_left)
        try:
            # It hands all on to urlopen, a name for which Ansible's own checks mean another function.
            response = self._connections.request_encode_url(
                method,
                self._root + target,
                body=body,
                headers=dict(headers),
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=min(timeout, time_left),
                preload_content=False,
                decode_content=False,
                # Without it, urllib3 1.26 takes a body that broke off for the whole of it.
                enforce_content_length=True,
            )
            content, is_whole = _read(response, _LONGEST_LIST if method == "GET" else _LONGEST_ANSWER)
        except PROBLEMS as problem:
            raise NoAnswerError(problem, was_sent=self._phase.was_sent) from problem
        return Answer(response.status, response.headers, content, is_whole)

    def cut(self) -> None:
        """Cut off the requests under way, for good: each ends with NoAnswerError, in its own thread."""
        self._sockets.cut()

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _watched(self, kind: Any, verify: bool | str) -> Any:  # noqa: FBT001 - as in requests
        """Return the class of pools of urllib3 ``kind`` whose connections this pool can watch and cut off."""
        phase, sockets = self._phase, self._sockets

        class Connection(kind.ConnectionCls):  # type: ignore[misc] # it is known at run time only
            response_class = FinalResponse
            socket_options: Any

            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                self.socket_options = _UntilTheTimeIsOver(self.socket_options or (), phase)

            def connect(self) -> None:
                sockets.add(self)
                super().connect()
                if verify is False:
                    # Or a warning would go to stderr with each request.
                    self.is_verified = True
                # One that was being made while the others were cut off.
                sockets.add(self)

            def request(self, *args: Any, **kwargs: Any) -> None:
                if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
                    raise ConnectionAbortedError("the server sent more than was asked for")
                phase.seconds()
                super().request(*args, **kwargs)
                phase.was_sent = True

            def getresponse(self, *args: Any, **kwargs: Any) -> Any:
                # From here, urllib3 2 sets it on the socket. What 1.26 has set there is only made shorter, since each
                # time is a system call, for which other threads take over.
                self.timeout = phase.seconds()
                if self.timeout < self.sock.gettimeout():
                    self.sock.settimeout(self.timeout)
                return super().getresponse(*args, **kwargs)

        return type("Pool", (kind,), {"ConnectionCls": Connection})


class _Phase(threading.local):
    """How far the request of this thread has come."""

    def begin(self, timeout: float, time_left: float) -> None:
        self.was_sent = False
        self._timeout = timeout
        self._ends_at = time.monotonic() + time_left

    def seconds(self) -> float:
        """Return how long the next step may take; raise TimeoutError where the time for the request is over."""
        left = min(self._timeout, self._ends_at - time.monotonic())
        if left <= 0:
            # Up to Python 3.9, urllib3 knows only this one.
            raise socket.timeout
        return left


class _UntilTheTimeIsOver:
    """The options of a socket; raises TimeoutError instead where the time for the request is over.

    A host name may have many addresses, and urllib3 tries them with the whole timeout each, but sets these before.
    """

    def __init__(self, options: Iterable[Any], phase: _Phase) -> None:
        self._options = tuple(options)
        self._phase = phase

    def __iter__(self) -> Iterator[Any]:
        self._phase.seconds()
        return iter(self._options)


class _Sockets:
    """What is open, so that another thread can cut it off."""

    def __init__(self, phase: _Phase) -> None:
        self._lock = threading.Lock()
        self._is_cut = False
        self._open: WeakSet[Any] = WeakSet()
        sockets = self

        class Socket(ssl.SSLSocket):
            def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as inherited
                # The connection gets this socket only when the handshake is over.
                sockets.add(self)
                self.settimeout(phase.seconds())
                super().do_handshake(block)

        self.class_of_tls = Socket

    def add(self, each: Any) -> None:
        """Watch a socket, or a connection of urllib3; raise OSError where everything is cut off already."""
        with self._lock:
            self._open.add(each)
            is_cut = self._is_cut
        if is_cut:
            each.close()
            raise ConnectionAbortedError("it was cut off")

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            opened = list(self._open)
        for each in opened:
            sock = each if isinstance(each, socket.socket) else each.sock
            if isinstance(sock, socket.socket):
                with suppress(OSError):
                    # Not that of SSLSocket, which first drops its TLS: another thread could then write in clear.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _read(response: Any, longest: int) -> tuple[bytes, bool]:
    """Return a body, and whether it is all of it; raise one of PROBLEMS where it cannot be read."""
    body = bytearray()
    encoding = response.headers.get("Content-Encoding", "")
    try:
        _check_framing(response)
        while len(body) <= longest:
            block = response.read(_BLOCK)
            if not block:
                if not body and response.status == HTTPStatus.OK and not _has_an_end(response):
                    raise IncompleteRead(b"")
                # Only of a connection whose response was read to its end can another request follow.
                return unpacked(bytes(body), encoding, longest)
            body += block
        response.close()
        return b"" if encoding else bytes(body[:longest]), False
    except UnreadableError:
        # Of an error, the status tells enough.
        if response.status < HTTPStatus.BAD_REQUEST:
            raise
        return b"", False
    finally:
        response.release_conn()


def _check_framing(response: Any) -> None:
    """Refuse a body that is wrapped in what nobody would unwrap."""
    encodings = response.headers.get("Transfer-Encoding", "").lower().replace(",", " ").split()
    if not {*encodings} <= {"chunked", "identity"}:
        response.close()
        raise UnreadableError("its Transfer-Encoding is unknown")


def _has_an_end(response: Any) -> bool:
    """Whether a response says itself where its body ends; else nothing may be what broke off before its first byte."""
    return bool(response.chunked) or response.length_remaining is not None
