# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the TLS of a server shows, on a connection of its own on which nothing is sent."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .._wire.proxies import proxy_for
from .._wire.tls import tls_context

if TYPE_CHECKING:
    from .._wire.connection import Connection

_BY_CODE = {
    2: "an unknown authority",
    9: "expired",  # or not yet valid
    10: "expired",
    18: "the server itself",
    19: "an unknown authority",
    20: "an unknown authority",
    21: "an unknown authority",
    62: "another host name",
    64: "another host name",
}
"""By the code of OpenSSL for what is wrong with a certificate (x509_vfy.h)."""
_VERSIONS = {"TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}
_DAY = 86400
_MONTH, _WEEK = 30, 7


def look_at_tls(connection: Connection) -> dict[str, str]:
    """Return what is seen of version and certificate; nothing of what a proxy, or no connection, hides."""
    address = urlsplit(connection.url)
    if address.scheme != "https":
        return {"tls_version": "none"}
    if connection.use_proxies and proxy_for(connection.url):
        return {}
    context = tls_context(connection.verify, None)
    # urllib3 1.26 compares the name of the host by itself, and so leaves that out of its contexts.
    context.check_hostname = connection.verify is not False
    host = address.hostname or ""
    try:
        plain = socket.create_connection((host, address.port or 443), connection.timeout)
        with plain, context.wrap_socket(plain, server_hostname=host) as secured:
            return _version(secured) | _certificate(connection, secured.getpeercert() or {})
    except ssl.SSLCertVerificationError as problem:
        return {"certificate": _BY_CODE.get(problem.verify_code, "not valid")}
    except (OSError, ValueError):
        # Why there is no connection is found by the request that follows.
        return {}


def _version(secured: ssl.SSLSocket) -> dict[str, str]:
    return {"tls_version": _VERSIONS[secured.version() or ""]}


def _certificate(connection: Connection, certificate: dict[str, Any]) -> dict[str, str]:
    if connection.verify is False:
        return {"certificate": "not checked"}
    days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / _DAY
    left = "more than 30 days" if days > _MONTH else "8 to 30 days" if days > _WEEK else "7 days or less"
    signer = "an authority of ca_path" if isinstance(connection.verify, str) else "an authority that is trusted"
    return {"certificate": signer, "certificate_days": left}
