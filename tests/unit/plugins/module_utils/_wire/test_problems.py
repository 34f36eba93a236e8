# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the exceptions of the network stack mean, as urllib3 and Python nest them."""

from __future__ import annotations

import socket
import ssl
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from typing import Any

import pytest
from urllib3 import exceptions

from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._wire.problems import Problem, problem_of

ADDRESS = "/status/user/novak/logout?otp=123456"
POOL: Any = None
BAD_CERTIFICATE = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
BAD_CERTIFICATE.verify_message = "Hostname mismatch, certificate is not valid for '127.0.0.1'."
REFUSED = ConnectionRefusedError(111, "Connection refused")
DNS_AWAY = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def _no_connection(cause: OSError) -> Exception:
    problem = exceptions.NewConnectionError(POOL, f"Failed to establish a new connection: {cause}")
    problem.__cause__ = cause
    return problem


def _socks_failed() -> Exception:
    kind = type("ProxyConnectionError", (OSError,), {"__module__": "socks"})
    return _no_connection(kind("Error connecting to SOCKS5 proxy"))


def _socks_refused(kind: str, message: str) -> Exception:
    return _no_connection(type(kind, (OSError,), {"__module__": "socks"})(message))


def _slow_handshake() -> Exception:
    problem: Exception = exceptions.ReadTimeoutError(POOL, ADDRESS, "Read timed out.")
    problem.__context__ = TimeoutError("_ssl.c:983: The handshake operation timed out")
    return problem


def _tls(reason: str) -> Exception:
    failure = ssl.SSLError(1, f"[SSL: {reason}] it failed (_ssl.c:1006)")
    failure.reason = reason
    return exceptions.SSLError(failure)


def _certificate(code: int, message: str) -> Exception:
    failure = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    failure.reason, failure.verify_code, failure.verify_message = "CERTIFICATE_VERIFY_FAILED", code, message
    return exceptions.SSLError(failure)


@pytest.mark.parametrize("was_sent", [True, False])
@pytest.mark.parametrize(
    ("raised", "code", "again"),
    [
        pytest.param(_no_connection(REFUSED), "unreachable", True, id="connection-refused"),
        pytest.param(
            _no_connection(socket.gaierror(-2, "Name or service not known")), "unreachable", False, id="name-not-known"
        ),
        pytest.param(_no_connection(DNS_AWAY), "unreachable", True, id="DNS-away"),
        pytest.param(exceptions.ProxyError("Unable to connect", DNS_AWAY), "proxy", True, id="name-of-the-proxy"),
        pytest.param(
            exceptions.ConnectTimeoutError(POOL, "timed out"), "timeout", True, id="connection-not-taken-in-time"
        ),
        pytest.param(
            exceptions.ReadTimeoutError(POOL, ADDRESS, "Read timed out."), "timeout", True, id="no-answer-in-time"
        ),
        pytest.param(TimeoutError(), "timeout", True, id="body-trickles"),
        pytest.param(socket.timeout(), "timeout", True, id="body-trickles-on-Python-3.9"),
        pytest.param(
            exceptions.ProtocolError("aborted", RemoteDisconnected("closed")),
            "unreachable",
            True,
            id="closed-without-an-answer",
        ),
        pytest.param(
            exceptions.ProtocolError("aborted", ConnectionResetError(104, "reset")), "unreachable", True, id="reset"
        ),
        pytest.param(exceptions.SSLError(BAD_CERTIFICATE), "tls", False, id="bad-certificate"),
        pytest.param(_tls("WRONG_VERSION_NUMBER"), "tls", False, id="not-TLS"),
        pytest.param(exceptions.SSLError(ssl.SSLEOFError(8, "EOF")), "unreachable", True, id="TLS-broken-off"),
        pytest.param(exceptions.SSLError(ssl.SSLZeroReturnError(6, "closed")), "unreachable", True, id="TLS-closed"),
        pytest.param(_slow_handshake(), "timeout", True, id="handshake-not-in-time"),
        pytest.param(
            exceptions.SSLError(TimeoutError("The handshake operation timed out")),
            "timeout",
            True,
            id="handshake-not-in-time-otherwise",
        ),
        pytest.param(exceptions.ProxyError("Unable to connect", REFUSED), "proxy", True, id="proxy-not-there"),
        pytest.param(
            exceptions.ProxyError("Unable to connect", OSError("Tunnel connection failed: 503 Busy")),
            "proxy",
            True,
            id="proxy-busy",
        ),
        pytest.param(
            exceptions.ProxyError("Unable to connect", OSError("Tunnel connection failed: 407 Login")),
            "proxy",
            False,
            id="proxy-refuses",
        ),
        pytest.param(
            exceptions.ProxyError("Unable to connect", ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]")),
            "proxy",
            True,
            id="proxy-without-TLS",
        ),
        pytest.param(_socks_failed(), "proxy", True, id="SOCKS-proxy-not-there"),
        pytest.param(
            _socks_refused("SOCKS5AuthError", "SOCKS5 authentication failed"), "proxy", False, id="SOCKS5-refuses-login"
        ),
        pytest.param(_socks_refused("SOCKS5Error", "0x04: Host unreachable"), "proxy", True, id="SOCKS5-host-away"),
        pytest.param(_socks_refused("SOCKS4Error", "0x5D: Request rejected"), "proxy", False, id="SOCKS4-refuses-user"),
        pytest.param(_socks_refused("SOCKS4Error", "0x5B: Request rejected"), "proxy", True, id="SOCKS4-refuses"),
        pytest.param(IncompleteRead(b"half", 100), "broken_reply", True, id="body-cut"),
        pytest.param(
            exceptions.ProtocolError("Connection broken", exceptions.HTTPError("Response ended prematurely")),
            "broken_reply",
            True,
            id="chunks-cut",
        ),
        pytest.param(
            exceptions.ProtocolError("Connection broken", IncompleteRead(b"", 5)),
            "broken_reply",
            True,
            id="body-cut-in-urllib3",
        ),
        pytest.param(exceptions.DecodeError("not gzip"), "broken_reply", True, id="not-what-it-says-it-is-packed-with"),
        pytest.param(BadStatusLine("nonsense"), "broken_reply", True, id="not-HTTP"),
        pytest.param(HTTPException("only interim replies arrived"), "broken_reply", True, id="no-final-reply"),
        pytest.param(exceptions.LocationParseError("a b"), "invalid_option", False, id="address-of-urllib3"),
        pytest.param(UnicodeError("label empty or too long"), "invalid_option", False, id="host-name-that-cannot-be"),
        pytest.param(ValueError("bad header"), "broken_reply", True, id="anything-else"),
    ],
)
def test_which_failure_it_is_and_whether_to_try_again(
    raised: BaseException, code: str, *, again: bool, was_sent: bool
) -> None:
    problem = problem_of(raised, was_sent=was_sent)
    assert (problem.code, problem.again, problem.maybe_done) == (code, again, was_sent)


NOT_TLS = "This port does not speak TLS: check the port, or begin url with http."


@pytest.mark.parametrize(
    ("raised", "hint"),
    [
        pytest.param(_tls("WRONG_VERSION_NUMBER"), NOT_TLS, id="plain-port"),
        pytest.param(_tls("HTTP_REQUEST"), NOT_TLS, id="plain-port-that-says-so"),
        pytest.param(_tls("RECORD_LAYER_FAILURE"), NOT_TLS, id="plain-port-to-OpenSSL-3.2"),
        pytest.param(_tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "set client_cert and client_key", id="wants-one"),
        pytest.param(_tls("SSLV3_ALERT_HANDSHAKE_FAILURE"), "set client_cert and client_key", id="perhaps-wants-one"),
        pytest.param(_tls("TLSV1_ALERT_PROTOCOL_VERSION"), "TLS 1.2", id="old-TLS"),
        pytest.param(_tls("UNSUPPORTED_PROTOCOL"), "TLS 1.2", id="old-TLS-as-this-side-sees-it"),
        pytest.param(_tls("SSLV3_ALERT_BAD_CERTIFICATE"), "does not accept this client_cert", id="bad-client"),
        pytest.param(_tls("SSLV3_ALERT_CERTIFICATE_EXPIRED"), "client_cert has expired", id="expired-client"),
        pytest.param(_tls("TLSV1_ALERT_UNKNOWN_CA"), "signed this client_cert", id="client-of-another-authority"),
        pytest.param(_tls("TLSV1_UNRECOGNIZED_NAME"), "no certificate for the host name in url", id="unknown-name"),
        pytest.param(_tls("TLSV1_ALERT_ACCESS_DENIED"), "refuses this client", id="access-denied"),
        pytest.param(_tls("TLSV1_ALERT_INTERNAL_ERROR"), "The server itself failed", id="internal-error"),
        pytest.param(_tls("SOMETHING_NEW"), "see the log of the server", id="anything-else"),
        pytest.param(exceptions.SSLError("it failed"), "ca_path", id="anything-else-of-certificates"),
        pytest.param(_certificate(10, "certificate has expired"), "clocks", id="expired"),
        pytest.param(_certificate(9, "certificate is not yet valid"), "clocks", id="not-yet-valid"),
        pytest.param(_certificate(18, "self-signed certificate"), "openssl s_client", id="self-signed"),
        pytest.param(_certificate(20, "unable to get local issuer certificate"), "ca_path", id="unknown-authority"),
        pytest.param(_certificate(62, "Hostname mismatch"), "host name", id="another-host"),
        pytest.param(_certificate(64, "IP address mismatch"), "not an IP address", id="another-IP-address"),
        pytest.param(_certificate(85, "Missing Authority Key Identifier"), "Python 3.13", id="no-authority-key-id"),
        pytest.param(_certificate(86, "Missing Subject Key Identifier"), "Python 3.13", id="no-subject-key-id"),
    ],
)
def test_the_hint_is_for_the_cause(raised: BaseException, hint: str) -> None:
    problem = problem_of(raised, was_sent=False)
    assert problem.code == "tls"
    assert hint in problem.hint
    # It would not help.
    assert ("ca_path" in problem.hint) is (hint in {"ca_path", "openssl s_client"})


@pytest.mark.parametrize(
    ("raised", "hint"),
    [
        pytest.param(_no_connection(REFUSED), "firewall", id="connection-refused"),
        pytest.param(_no_connection(socket.gaierror(-2, "Name not known")), "host name in url", id="name-not-known"),
        pytest.param(_no_connection(DNS_AWAY), "DNS server", id="DNS-away"),
        pytest.param(BadStatusLine("\x15\x03\x03"), "TLS needs https in url", id="TLS-where-HTTP-was-expected"),
        pytest.param(ConnectionResetError(104, "reset"), "TLS needs https in url", id="reset"),
        pytest.param(exceptions.SSLError(ssl.SSLEOFError(8, "EOF")), "client_cert", id="TLS-broken-off"),
        pytest.param(TimeoutError(), "longer timeout", id="slow"),
        pytest.param(exceptions.ProxyError("No", REFUSED), "NO_PROXY", id="proxy"),
        pytest.param(exceptions.LocationParseError("a b"), "root of a Flexi server", id="address"),
    ],
)
def test_every_problem_says_what_to_do(raised: BaseException, hint: str) -> None:
    assert hint in problem_of(raised, was_sent=False).hint


def test_secrets_in_a_cause_are_hidden_before_it_is_cut() -> None:
    raised = OSError("x" * 195 + "fake-secret")
    problem = problem_of(raised, was_sent=False, hide=Secrets(["fake-secret"]).hide)
    assert "x" * 195 in problem.reason
    assert "fake" not in problem.reason


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        pytest.param(
            exceptions.SSLError(BAD_CERTIFICATE),
            "there is no trusted TLS connection (Hostname mismatch, certificate is not valid for '127.0.0.1'.)",
            id="what-is-wrong-with-the-certificate",
        ),
        pytest.param(
            exceptions.ProtocolError("aborted", ConnectionResetError(104, "Reset by peer")),
            "the connection broke off (Reset by peer)",
            id="without-the-error-number",
        ),
        pytest.param(ValueError(), "the reply cannot be read (ValueError)", id="the-type-where-nothing-is-said"),
        pytest.param(ValueError("a\nb\x1b{}"), "the reply cannot be read (a b\\x1b{})", id="made-readable"),
    ],
)
def test_the_reason_names_the_innermost_cause(problem: BaseException, reason: str) -> None:
    assert problem_of(problem, was_sent=True).reason == reason


@pytest.mark.parametrize(
    "problem",
    [
        _no_connection(REFUSED),
        exceptions.ConnectTimeoutError(POOL, "timed out"),
        exceptions.ReadTimeoutError(POOL, ADDRESS, "Read timed out."),
        exceptions.SSLError(BAD_CERTIFICATE),
        exceptions.ProxyError("Unable to connect to proxy", REFUSED),
        exceptions.MaxRetryError(POOL, ADDRESS, exceptions.ResponseError("too many")),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_the_address_with_its_one_time_code_is_never_in_the_reason(problem: BaseException) -> None:
    assert "123456" not in problem_of(problem, was_sent=True).reason


def test_causes_in_a_circle_come_to_an_end() -> None:
    one, other = ConnectionResetError(104, "Reset by peer"), OSError("inner")
    one.__cause__, other.__cause__ = other, one
    assert problem_of(one, was_sent=True).code == "unreachable"


def test_what_an_exception_suppresses_is_no_cause() -> None:
    suppressed = ConnectionResetError(104, "Reset by peer")
    suppressed.__context__, suppressed.__suppress_context__ = TypeError("unexpected keyword argument"), True
    assert problem_of(suppressed, was_sent=True).reason == "the connection broke off (Reset by peer)"


def test_a_problem_is_not_tried_again_unless_it_says_so() -> None:
    problem = Problem("tls", "no")
    assert (problem.again, problem.maybe_done) == (False, False)
