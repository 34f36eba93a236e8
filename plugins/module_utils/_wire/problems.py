# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an exception of the network stack means: which failure it is, what to do, and may the request be sent again."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import BadStatusLine, IncompleteRead
from typing import TYPE_CHECKING

from .. import _errors
from .._text import readable
from .body import UnreadableError
from .proxies import CREDENTIALS_HINT as CHECK_PROXY_CREDENTIALS
from .proxies import HINT as CHECK_PROXY

if TYPE_CHECKING:
    from collections.abc import Callable

# Whoever makes a client says so if it is missing; without it there is no request either.
with suppress(ImportError):
    from urllib3 import exceptions


_REFUSES_TUNNEL = "Tunnel connection failed: {}"


@dataclass(frozen=True)
class Problem:
    """Why a request brought no usable answer."""

    code: _errors.Code
    reason: str
    """Continues a sentence; ``{}`` takes the innermost cause."""
    hint: str = ""
    again: bool = False
    """Whether another try may help."""
    maybe_done: bool = False
    """Whether the server may have acted although no answer came."""


def problem_of(raised: BaseException, *, was_sent: bool, hide: Callable[[str], str] = str) -> Problem:
    """Return what ``raised`` means; ``hide`` masks the secrets in what it may quote.

    ``was_sent`` says whether the server may have got the whole request.
    """
    causes = _causes(raised)
    cause = _in_words(_innermost(causes), hide)
    problem = (
        _of_socks(causes)
        or _of_tls(causes)
        or _of_names(causes)
        or next(meant for kinds, meant in _kinds() if any(isinstance(e, kinds) for e in causes))
    )
    if _REFUSES_TUNNEL.format(407) in cause:
        problem = replace(problem, hint=CHECK_PROXY_CREDENTIALS)
    return replace(
        problem,
        reason=problem.reason.format(cause),
        # A proxy that refuses the tunnel refuses it again; http.client gives its status in words only.
        again=problem.again and _REFUSES_TUNNEL.format(4) not in cause,
        maybe_done=was_sent,
    )


_BUSY = "Flexi is slow after a start: try again later, or with a longer timeout."
_NOT_THERE = "Check url, port and firewall, and that Flexi is running."
_NOT_FLEXI = "Check that url and port are those of a Flexi server, and check the proxies and firewalls in between."
_BROKE_OFF = f"{_NOT_THERE} A port that speaks TLS needs https in url, and one that wants a certificate, client_cert."


_PROXY = Problem(_errors.PROXY, "the connection through the proxy failed ({})", CHECK_PROXY, again=True)


def _kinds() -> tuple[tuple[tuple[type[BaseException], ...], Problem], ...]:
    """Return the kinds of exceptions, the more telling ones first."""
    return (
        (
            (exceptions.LocationValueError, UnicodeError),
            Problem(
                _errors.INVALID_OPTION,
                "the address cannot be used ({})",
                "Check url: it is the root of a Flexi server, such as https://flexi.example.com:5434.",
            ),
        ),
        ((exceptions.ProxyError,), _PROXY),
        # In urllib3 1 it is a kind of ConnectTimeoutError.
        (
            (exceptions.NewConnectionError,),
            Problem(_errors.UNREACHABLE, "cannot connect to the server ({})", _NOT_THERE, again=True),
        ),
        (
            (exceptions.ConnectTimeoutError,),
            Problem(_errors.TIMEOUT, "connecting to the server timed out", _NOT_THERE, again=True),
        ),
        (
            # Up to Python 3.9 they are two.
            (TimeoutError, socket.timeout, exceptions.TimeoutError),
            Problem(_errors.TIMEOUT, "the server did not answer in time", _BUSY, again=True),
        ),
        ((UnreadableError,), Problem(_errors.BROKEN_REPLY, "the reply cannot be read ({})", _NOT_FLEXI)),
        ((IncompleteRead,), Problem(_errors.BROKEN_REPLY, "the reply broke off ({})", _NOT_FLEXI, again=True)),
        ((ConnectionError,), Problem(_errors.UNREACHABLE, "the connection broke off ({})", _BROKE_OFF, again=True)),
        (
            (BadStatusLine,),
            Problem(
                _errors.BROKEN_REPLY,
                "the reply is not HTTP",
                f"{_NOT_FLEXI} A port that speaks TLS needs https in url.",
                again=True,
            ),
        ),
        ((BaseException,), Problem(_errors.BROKEN_REPLY, "the reply cannot be read ({})", _NOT_FLEXI, again=True)),
    )


_WANTS_CERTIFICATE = "The server requires a client certificate: set client_cert and client_key."
_OLD_TLS = "The server has no TLS newer than 1.1, which is not safe: let it offer TLS 1.2, or update it."
_STRICT = (
    "From Python 3.13 on, certificates must have this extension: have the certificate reissued with it, or run the "
    "task with an older Python."
)
_TRUST = "The certificate must be valid for this host name; give the authority that signed it as ca_path."
_REFUSED = "Check url and port, and see the log of the server, or that of the proxy in front of it."
_SELF_SIGNED = (
    "A fresh Flexi has a certificate that it signed itself: get it with 'openssl s_client -connect HOST:PORT "
    "</dev/null | openssl x509', compare it with the server's own, and give the file as ca_path."
)
_CLOCK = "Have the certificate renewed, and check the clocks of both machines."

_NAME_UNKNOWN = (
    "The server has no certificate for the host name in url: use a name that it knows, or have it added there."
)
_TLS_HINTS = {
    "WRONG_VERSION_NUMBER": "This port does not speak TLS: check the port, or begin url with http.",
    "HTTP_REQUEST": "This port does not speak TLS: check the port, or begin url with http.",
    "PACKET_LENGTH_TOO_LONG": "This port does not speak TLS: check the port, or begin url with http.",
    "RECORD_LAYER_FAILURE": "This port does not speak TLS: check the port, or begin url with http.",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTS_CERTIFICATE,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        f"The server and the client have no TLS version or cipher in common. Perhaps: {_WANTS_CERTIFICATE}"
    ),
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD_TLS,
    "UNSUPPORTED_PROTOCOL": _OLD_TLS,
    "SSLV3_ALERT_BAD_CERTIFICATE": "The server does not accept this client_cert.",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "The server does not accept this client_cert.",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "The server says that this client_cert has expired.",
    "TLSV1_ALERT_UNKNOWN_CA": "The server does not know the authority that signed this client_cert.",
    "TLSV1_UNRECOGNIZED_NAME": _NAME_UNKNOWN,
    "TLSV1_ALERT_UNRECOGNIZED_NAME": _NAME_UNKNOWN,
    "TLSV1_ALERT_ACCESS_DENIED": f"The server refuses this client. Perhaps: {_WANTS_CERTIFICATE}",
    "TLSV1_ALERT_INTERNAL_ERROR": "The server itself failed: see its log, or that of the proxy in front of it.",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": "The server wants stronger ciphers than the client has: see its settings.",
    "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": "This port does not speak HTTP/1.1: check the port.",
}
"""By the reason that OpenSSL gives."""

_CERTIFICATE_HINTS = {
    9: _CLOCK,  # not yet valid
    10: _CLOCK,  # expired
    18: _SELF_SIGNED,
    62: "Use the host name that the certificate is for in url.",
    64: "Use the host name that the certificate is for in url, not an IP address.",
    85: _STRICT,  # no authority key identifier
    86: _STRICT,  # no subject key identifier
}
"""By the code of OpenSSL for what is wrong with the server's certificate (x509_vfy.h)."""


_REFUSED_BY_SOCKS4 = ("0x5c", "0x5d", "0x5C", "0x5D")
"""Its codes for a user whom it does not know."""


def _of_socks(causes: list[BaseException]) -> Problem | None:
    """Return what a failure of a SOCKS proxy means, or None where it is none; few have PySocks installed."""
    failures = [each for each in causes if any(kind.__module__ == "socks" for kind in type(each).__mro__)]
    if any(type(each).__name__ == "SOCKS5AuthError" or str(each).startswith(_REFUSED_BY_SOCKS4) for each in failures):
        return replace(_PROXY, hint=CHECK_PROXY_CREDENTIALS, again=False)
    return _PROXY if failures else None


def _of_tls(causes: list[BaseException]) -> Problem | None:
    """Return what a failure of TLS means, or None where it is none."""
    if any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for cause in causes):
        return Problem(_errors.UNREACHABLE, "the server broke off the TLS connection", _BROKE_OFF, again=True)
    if any(isinstance(cause, exceptions.ProxyError) for cause in causes):
        return None
    failures = [cause for cause in causes if isinstance(cause, (ssl.SSLError, exceptions.SSLError))]
    timed_out = any(isinstance(cause, (TimeoutError, socket.timeout)) for cause in causes)
    if not failures or timed_out:
        return None
    failure = failures[-1]
    code, reason = getattr(failure, "verify_code", 0), getattr(failure, "reason", "") or ""
    is_of_certificate = isinstance(failure, ssl.SSLCertVerificationError) or not isinstance(failure, ssl.SSLError)
    hint = _CERTIFICATE_HINTS.get(code) or _TLS_HINTS.get(str(reason), _TRUST if is_of_certificate else _REFUSED)
    return Problem(_errors.TLS, "there is no trusted TLS connection ({})", hint)


def _of_names(causes: list[BaseException]) -> Problem | None:
    """Return what it means that a host name cannot be resolved, or None where it is not that."""
    if any(isinstance(cause, exceptions.ProxyError) for cause in causes):
        return None
    failures = [cause for cause in causes if isinstance(cause, socket.gaierror)]
    if not failures:
        return None
    # DNS does not say so of a name that it does not know.
    is_dns_away = failures[-1].errno == socket.EAI_AGAIN
    hint = "Check that this machine reaches its DNS server." if is_dns_away else "Check the host name in url."
    return Problem(_errors.UNREACHABLE, "the host name cannot be resolved ({})", hint, again=is_dns_away)


def _causes(raised: BaseException) -> list[BaseException]:
    """Return ``raised`` and what lies behind it, the innermost last; urllib3 hides it in three ways."""
    causes = [raised]
    for each in causes:
        # What urllib3 1.26 suppresses is that it tried an argument of Python 2 first.
        context = None if each.__suppress_context__ else each.__context__
        behind = (each.__cause__, context, getattr(each, "reason", None), *each.args)
        causes += [inner for inner in behind if isinstance(inner, BaseException) and inner not in causes]
    return causes


def _innermost(causes: list[BaseException]) -> BaseException:
    return [each for each in causes if not any(isinstance(inner, BaseException) for inner in each.args)][-1]


def _in_words(cause: BaseException, hide: Callable[[str], str]) -> str:
    """Name a cause without the address that urllib3 puts into its own, since it may hold a code."""
    words = getattr(cause, "verify_message", "") or getattr(cause, "strerror", "") or getattr(cause, "reason", "")
    return readable(hide(str(words or cause)) or type(cause).__name__)
