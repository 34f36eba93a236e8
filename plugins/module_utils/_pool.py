# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kept connections to one server: ``requests`` sets them up, ``urllib3`` sends over them.

A ``requests.Session`` would do more for each request, none of which may be done here (cookies, redirects, ~/.netrc),
and take half as long again. Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import ssl
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible_collections.abra.flexi.plugins.module_utils._timed_response import TimedResponse

try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
    from urllib3 import disable_warnings
    from urllib3.exceptions import HTTPError, InsecureRequestWarning
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
        self._connections: Any = None
        self._root = ""

    def send(self, method: str, target: str, headers: Mapping[str, str], body: str | None, timeout: float) -> Any:
        """Send one request, once, and return the response of urllib3, whose body is still to be read.

        ``target`` is the path below ``url``, with its query. ``timeout`` is in seconds, for connecting and again for
        the whole response. Raise one of PROBLEMS.
        """
        if self._connections is None:
            self._set_up()
        # As request() does, but that makes a copy of the headers first.
        return self._connections.request_encode_url(
            method,
            self._root + target,
            body=body,
            headers=headers,
            timeout=timeout,
            retries=False,
            redirect=False,
            # What a proxy for plain http is asked for is on another host than the proxy.
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )

    def close(self) -> None:
        """Close the connections."""
        if self._connections is not None:
            self._connections.close()

    def _set_up(self) -> None:
        if self._verify is False:
            disable_warnings(InsecureRequestWarning)
        adapter = _Adapter(_tls_context(self._verify, self._client_cert), self._size)
        # Also where it is not needed: it refuses an address that cannot be used.
        request = requests.Request("GET", self._url).prepare()
        connections: Any
        if hasattr(adapter, "get_connection_with_tls_context"):
            connections = adapter.get_connection_with_tls_context(request, bool(self._verify), self._proxies)
        else:  # before requests 2.32
            connections = adapter.get_connection(self._url, self._proxies)
        address = urlsplit(self._url)
        # A proxy for plain http is told the whole address.
        self._root = self._url if connections.proxy and address.scheme == "http" else address.path
        connections.ConnectionCls = type("Connection", (connections.ConnectionCls,), {"response_class": TimedResponse})
        self._connections = connections


class _Adapter(HTTPAdapter):
    """Gives all connections the same TLS context: to load the authorities takes longer than a request."""

    def __init__(self, context: ssl.SSLContext, size: int) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=size, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)


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
