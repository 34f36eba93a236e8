# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kept connections to one server: ``requests`` and ``urllib3`` make and keep them, ``http.client`` talks over them.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import ssl
import threading
from http.client import HTTPConnection, HTTPException, IncompleteRead
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .timed_response import TimedResponse

try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
    from urllib3.exceptions import HTTPError, ProxyError, SSLError
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    HAS_REQUESTS = False
    HTTPAdapter = object  # type: ignore[assignment,misc] # nothing is asked for without requests
    PROBLEMS: tuple[type[BaseException], ...] = ()
else:
    HAS_REQUESTS = True
    PROBLEMS = (HTTPError, HTTPException, OSError, ValueError)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse

_BLOCK = 64 * 1024
_LONGEST_LIST = 64 * 1024 * 1024
_LONGEST_ANSWER = 256 * 1024
"""Bytes that are read at once, of a body, and of the body of an answer to a POST; what is more is dropped."""


class Pool:
    """Never more than ``size`` connections to the server at ``url``, for any number of threads."""

    def __init__(
        self, url: str, *, size: int, verify: bool | str, client_cert: tuple[str, str] | None, use_proxies: bool
    ) -> None:
        """Open nothing yet. ``verify`` may be the file or directory of the authorities to verify with."""
        self._url = url
        self._size = size
        self._verify = verify
        self._client_cert = client_cert
        self._proxies = get_environ_proxies(url) if use_proxies else {}
        self._lock = threading.Lock()
        self._connections: Any = None
        self._root = ""
        self._proxy_headers: Mapping[str, str] = {}

    def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: str | None, timeout: float
    ) -> tuple[HTTPResponse, bytes]:
        """Send one request, once, and return the response and its body.

        ``target`` is the path below ``url``, with its query. ``timeout`` is in seconds, for connecting and again for
        the whole response. Raise one of PROBLEMS.
        """
        with self._lock:
            self._connections = self._connections or self._set_up()
        request = (method, self._root + target, body, {**headers, **self._proxy_headers})
        answer: tuple[HTTPResponse, bytes] = self._connections.exchange(request, timeout)
        return answer

    def close(self) -> None:
        """Close the connections."""
        if self._connections is not None:
            self._connections.close()

    def _set_up(self) -> Any:
        adapter = _Adapter(self._size, verify=self._verify, client_cert=self._client_cert)
        # Also where it is not needed: it refuses an address that cannot be used.
        request = requests.Request("GET", self._url).prepare()
        connections: Any
        if hasattr(adapter, "get_connection_with_tls_context"):
            connections = adapter.get_connection_with_tls_context(request, bool(self._verify), self._proxies)
        else:  # before requests 2.32
            connections = adapter.get_connection(self._url, self._proxies)
        address = urlsplit(self._url)
        self._root = address.path
        if connections.proxy and address.scheme == "http":
            # There is no tunnel: the proxy is told the whole address, and all else that is for it, with each request.
            self._root, self._proxy_headers = self._url, connections.proxy_headers
        return connections


class _Exchange:
    """What the pools of ``urllib3`` can do besides: their own way to send a request takes most of its time.

    It is about redirects, retries, decompression and streams, none of which is wanted here.
    """

    def exchange(
        self: Any, request: tuple[str, str, str | None, Mapping[str, str]], timeout: float
    ) -> tuple[HTTPResponse, bytes]:
        """Send what ``http.client`` calls a request over the next free connection, and return the response."""
        connection = self._get_conn()
        is_at_its_end = False
        try:
            if connection.sock is None:
                connection.timeout = timeout
                self._connect(connection, is_tunnel=request[1].startswith("/"))
            elif connection.sock.gettimeout() != timeout:
                connection.sock.settimeout(timeout)
            # The methods of urllib3 by the same names take twice as long.
            HTTPConnection.request(connection, *request)
            response = HTTPConnection.getresponse(connection)
            body = _body(response, _LONGEST_LIST if request[0] == "GET" else _LONGEST_ANSWER)
            is_at_its_end = response.isclosed()
            return response, body
        finally:
            if not is_at_its_end:
                connection.close()
            self._put_conn(connection)

    def _connect(self: Any, connection: Any, *, is_tunnel: bool) -> None:
        try:
            if self.proxy and is_tunnel:
                self._prepare_proxy(connection)
            else:
                connection.connect()
        except (HTTPError, HTTPException, OSError) as problem:
            # urllib3 1 does not know: there, a failure of TLS counts as one of the server.
            is_past_the_proxy = getattr(connection, "has_connected_to_proxy", isinstance(problem, ssl.SSLError))
            if self.proxy and not is_past_the_proxy:
                raise ProxyError("There is no way through the proxy.", problem) from problem
            raise
        except ValueError as problem:
            # urllib3 1 compares the names in the certificate by itself.
            raise SSLError(problem) from problem


def _body(response: HTTPResponse, longest: int) -> bytes:
    body = bytearray()
    while len(body) <= longest and not response.isclosed():
        block = response.read(_BLOCK)
        if not block and response.length:
            raise IncompleteRead(bytes(body), response.length)
        body += block
    return bytes(body)


class _Adapter(HTTPAdapter):
    """Gives all connections the same TLS context: to load the authorities takes longer than a request."""

    def __init__(self, size: int, *, verify: bool | str, client_cert: tuple[str, str] | None) -> None:
        self._verify = verify
        self._context = _tls_context(verify, client_cert)
        super().__init__(pool_maxsize=size, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        _extend(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        # The client's certificate is for the server only.
        contexts = {"ssl_context": self._context, "proxy_ssl_context": _tls_context(self._verify, None)}
        return _extend(super().proxy_manager_for(proxy, **contexts, **kwargs))


def _extend(manager: Any) -> Any:
    """Let the pools that ``manager`` will make have an ``exchange``, and bound the time of responses."""
    classes = manager.pool_classes_by_scheme.items()
    manager.pool_classes_by_scheme = {scheme: _extended(pool) for scheme, pool in classes}
    return manager


def _extended(pool: Any) -> Any:
    connection = type("Connection", (pool.ConnectionCls,), {"response_class": TimedResponse})
    return type("Pool", (_Exchange, pool), {"ConnectionCls": connection})


def _tls_context(authorities: bool | str, client_cert: tuple[str, str] | None) -> ssl.SSLContext:  # noqa: FBT001 - as in requests
    context = create_urllib3_context()
    if authorities is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        path = Path(DEFAULT_CA_BUNDLE_PATH if authorities is True else authorities)
        context.load_verify_locations(**{"capath" if path.is_dir() else "cafile": str(path)})
    if client_cert:
        context.load_cert_chain(*client_cert, password=_no_password)
    return context


def _no_password() -> str:
    """Fail where Python would ask for the password at the terminal."""
    raise ssl.SSLError(0, "client_key is encrypted, and there is no option for its password")
