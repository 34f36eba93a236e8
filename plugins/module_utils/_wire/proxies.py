# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy that the environment names for a server."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .. import _errors
from .._errors import FlexiError
from .._secrets import basic_credentials, secrets_in_address

# Whoever makes a client says so if it is missing.
with suppress(ImportError):
    from requests.utils import get_environ_proxies, select_proxy
    from urllib3 import PoolManager, ProxyManager
    from urllib3.exceptions import HTTPError
    from urllib3.util import parse_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from urllib.parse import SplitResult

_SCHEMES = ("http", "https")
_SOCKS = ("socks4", "socks4a", "socks5", "socks5h")
CREDENTIALS_HINT = (
    "Check the user and the password in the address of the proxy in the environment (HTTPS_PROXY, HTTP_PROXY or "
    "ALL_PROXY). They were tried once."
)
HINT = "Check the proxy in the environment (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY), or list the server in NO_PROXY."


def proxy_secrets() -> Iterator[str]:
    """Yield what may be secret in the addresses of proxies in the environment."""
    for name, address in os.environ.items():
        if name.lower().endswith("_proxy") and "@" in address:
            yield from secrets_in_address(address)
            user_info = address.rpartition("@")[0].rpartition("//")[2]
            login, _colon, password = user_info.partition(":")
            yield basic_credentials(unquote(login), unquote(password))


def proxy_for(url: str) -> str:
    """Return the address of the proxy for a server, empty where there is none; raise FlexiError if it is not one."""
    address: str = select_proxy(url, get_environ_proxies(url)) or ""
    if not address:
        return ""
    address = address if "//" in address else f"http://{address}"
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise _invalid("is not an address") from None
    if parts.scheme not in _SCHEMES + _SOCKS:
        raise _invalid(f"begins with {parts.scheme}://, which is not a supported kind of proxy")
    if not host:
        raise _invalid("has no host name")
    if any(character.isspace() or not character.isprintable() for character in address):
        raise _invalid("contains whitespace or an unprintable character")
    if not is_usable(_without_user(parts)):
        raise _invalid("has an invalid host name")
    return address


def is_usable(address: str) -> bool:
    """Whether the host in an address without credentials is one that can be looked up."""
    try:
        (parse_url(address).host or "").encode("idna")
    except (HTTPError, ValueError):
        return False
    return True


def manager_for(
    proxy: str, context: ssl.SSLContext | None, proxy_context: Callable[[], ssl.SSLContext], **options: Any
) -> Any:
    """Return the manager of urllib3 that connects through ``proxy``, or directly where that is empty."""
    if not proxy:
        return PoolManager(ssl_context=context, **options)
    parts = urlsplit(proxy)
    if parts.scheme in _SOCKS:
        return _socks_manager(parts, ssl_context=context, **options)
    headers = {}
    if parts.username is not None:
        credentials = basic_credentials(unquote(parts.username), unquote(parts.password or ""))
        headers["Proxy-Authorization"] = f"Basic {credentials}"
    to_proxy = proxy_context() if parts.scheme == "https" else None
    return ProxyManager(
        _without_user(parts),
        proxy_headers=headers,
        # Without a tunnel, urllib3 1.26 uses this one for the proxy.
        ssl_context=context or to_proxy,
        proxy_ssl_context=to_proxy,
        **options,
    )


def _socks_manager(parts: SplitResult, **options: Any) -> Any:
    try:
        with warnings.catch_warnings():
            # It also warns, on stderr.
            warnings.simplefilter("ignore")
            from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - fails without PySocks, needed by few
    except ImportError:
        raise FlexiError(
            _errors.PROXY,
            f"The proxy in the environment is a {parts.scheme} proxy, which needs the Python library PySocks.",
            "Install it where the module runs: python -m pip install 'requests[socks]'.",
        ) from None
    if parts.username:
        options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    return SOCKSProxyManager(_without_user(parts), **options)


def _without_user(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _invalid(why: str) -> FlexiError:
    return FlexiError(_errors.PROXY, f"The address of the proxy in the environment {why}.", HINT)
