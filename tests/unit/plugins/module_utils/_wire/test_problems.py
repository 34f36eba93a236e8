# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the exceptions of the network stack mean, as urllib3 and Python nest them."""

from __future__ import annotations

import socket
import ssl
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any

import pytest

requests = pytest.importorskip("requests")

from urllib3 import exceptions  # noqa: E402 - it comes with requests

from ansible_collections.abra.flexi.plugins.module_utils._wire.problems import Trouble, trouble_of  # noqa: E402

ADDRESS = "/status/user/novak/logout?otp=123456"
POOL: Any = None
BAD_CERTIFICATE = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
BAD_CERTIFICATE.verify_message = "Hostname mismatch, certificate is not valid for '127.0.0.1'."
REFUSED = ConnectionRefusedError(111, "Connection refused")


def _no_connection(cause: OSError) -> Exception:
    problem = exceptions.NewConnectionError(POOL, f"Failed to establish a new connection: {cause}")
    problem.__cause__ = cause
    return problem


def _slow_handshake() -> Exception:
    problem: Exception = exceptions.ReadTimeoutError(POOL, ADDRESS, "Read timed out.")
    problem.__context__ = TimeoutError("_ssl.c:983: The handshake operation timed out")
    return problem


@pytest.mark.parametrize(
    ("problem", "code", "again", "maybe_done"),
    [
        pytest.param(
            _no_connection(REFUSED),
            "unreachable",
            True,
            False,
            id="connection-refused",
        ),
        pytest.param(
            _no_connection(socket.gaierror(-2, "Name or service not known")),
            "unreachable",
            False,
            False,
            id="name-not-known",
        ),
        pytest.param(
            exceptions.ConnectTimeoutError(POOL, "timed out"),
            "timeout",
            True,
            False,
            id="connection-not-taken-in-time",
        ),
        pytest.param(
            exceptions.ReadTimeoutError(POOL, ADDRESS, "Read timed out."),
            "timeout",
            True,
            True,
            id="no-answer-in-time",
        ),
        pytest.param(TimeoutError(), "timeout", True, True, id="body-trickles"),
        pytest.param(
            exceptions.ProtocolError("aborted", RemoteDisconnected("closed")),
            "unreachable",
            True,
            True,
            id="closed-without-an-answer",
        ),
        pytest.param(
            exceptions.ProtocolError("aborted", ConnectionResetError(104, "reset")),
            "unreachable",
            True,
            True,
            id="reset",
        ),
        pytest.param(exceptions.SSLError(BAD_CERTIFICATE), "tls", False, False, id="bad-certificate"),
        pytest.param(
            exceptions.SSLError(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]")),
            "tls",
            False,
            False,
            id="not-TLS",
        ),
        pytest.param(
            exceptions.SSLError(ssl.SSLEOFError(8, "EOF occurred")),
            "unreachable",
            True,
            True,
            id="TLS-broken-off",
        ),
        pytest.param(
            exceptions.SSLError(ssl.SSLZeroReturnError(6, "closed")),
            "unreachable",
            True,
            True,
            id="TLS-closed",
        ),
        pytest.param(
            _slow_handshake(),
            "timeout",
            True,
            False,
            id="handshake-not-in-time",
        ),
        pytest.param(
            exceptions.ProxyError("Unable to connect to proxy", REFUSED),
            "proxy",
            True,
            False,
            id="proxy-not-there",
        ),
        pytest.param(
            exceptions.ProxyError("Unable to connect", OSError("Tunnel connection failed: 503 Busy")),
            "proxy",
            True,
            False,
            id="proxy-busy",
        ),
        pytest.param(
            exceptions.ProxyError("Unable to connect", OSError("Tunnel connection failed: 407 Login")),
            "proxy",
            False,
            False,
            id="proxy-refuses",
        ),
        pytest.param(IncompleteRead(b"half", 100), "broken_reply", True, True, id="body-cut"),
        pytest.param(
            exceptions.ProtocolError("Connection broken", exceptions.HTTPError("Response ended prematurely")),
            "broken_reply",
            True,
            True,
            id="chunks-cut",
        ),
        pytest.param(
            exceptions.ProtocolError("Connection broken", IncompleteRead(b"", 5)),
            "broken_reply",
            True,
            True,
            id="body-cut-in-urllib3",
        ),
        pytest.param(
            requests.exceptions.InvalidURL("no host"), "invalid_option", False, False, id="address-of-requests"
        ),
        pytest.param(exceptions.LocationParseError("a b"), "invalid_option", False, False, id="address-of-urllib3"),
        pytest.param(
            UnicodeError("label empty or too long"), "invalid_option", False, False, id="host-name-that-cannot-be"
        ),
        pytest.param(ValueError("bad header"), "broken_reply", True, True, id="anything-else"),
    ],
)
def test_which_failure_it_is_and_whether_to_try_again(
    problem: BaseException, code: str, *, again: bool, maybe_done: bool
) -> None:
    trouble = trouble_of(problem)
    assert (trouble.code, trouble.again, trouble.maybe_done) == (code, again, maybe_done)


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
    assert trouble_of(problem).reason == reason


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
    assert "123456" not in trouble_of(problem).reason


def test_causes_in_a_circle_come_to_an_end() -> None:
    one, other = ConnectionResetError(104, "Reset by peer"), OSError("inner")
    one.__cause__, other.__cause__ = other, one
    assert trouble_of(one).code == "unreachable"


def test_trouble_is_not_tried_again_unless_it_says_so() -> None:
    trouble = Trouble("tls", "no")
    assert (trouble.again, trouble.maybe_done) == (False, False)
