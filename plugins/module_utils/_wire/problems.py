# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an exception of the network stack means: which failure it is, and may the request be sent again.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, replace
from http.client import IncompleteRead
from typing import TYPE_CHECKING

from .. import _errors
from .._secrets import without
from .reply import readable

if TYPE_CHECKING:
    from collections.abc import Iterable

try:
    from requests.exceptions import InvalidURL
    from urllib3 import exceptions
except ImportError:
    pass  # The client says it; without requests there is no request either.


@dataclass(frozen=True)
class Trouble:
    """Why a request brought no usable answer."""

    code: str
    reason: str
    """Continues a sentence; for exceptions, ``{}`` takes the innermost cause."""
    again: bool = False
    """Whether another try may help."""
    maybe_done: bool = False
    """Whether the server may have acted although no answer came."""


def trouble_of(problem: BaseException, secrets: Iterable[str] = ()) -> Trouble:
    """Return what ``problem``, raised while a request was under way, means; it may quote what was sent or received."""
    causes = _causes(problem)
    cause = _in_words(_innermost(causes), secrets)
    trouble = next(meant for kinds, meant in _meanings() if any(isinstance(each, kinds) for each in causes))
    return replace(
        trouble,
        reason=trouble.reason.format(cause),
        again=trouble.again and "Tunnel connection failed: 4" not in cause,
        maybe_done=trouble.maybe_done and "handshake" not in cause,
    )


def _meanings() -> tuple[tuple[tuple[type[BaseException], ...], Trouble], ...]:
    """Return the kinds of exceptions, the more telling ones first."""
    return (
        (
            (InvalidURL, exceptions.LocationValueError, UnicodeError),
            Trouble(_errors.INVALID_OPTION, "the address cannot be used ({})"),
        ),
        ((exceptions.ProxyError,), Trouble(_errors.PROXY, "the proxy did not let it through ({})", again=True)),
        ((socket.gaierror,), Trouble(_errors.UNREACHABLE, "the host name cannot be resolved ({})")),
        # In urllib3 1 it is a kind of ConnectTimeoutError.
        (
            (exceptions.NewConnectionError,),
            Trouble(_errors.UNREACHABLE, "the server takes no connection ({})", again=True),
        ),
        (
            (exceptions.ConnectTimeoutError,),
            Trouble(_errors.TIMEOUT, "the server did not take the connection in time", again=True),
        ),
        (
            (ssl.SSLEOFError, ssl.SSLZeroReturnError),
            Trouble(_errors.UNREACHABLE, "the server broke off the TLS connection", again=True, maybe_done=True),
        ),
        ((ssl.SSLError, exceptions.SSLError), Trouble(_errors.TLS, "there is no trusted TLS connection ({})")),
        (
            # Up to Python 3.9 they are two.
            (TimeoutError, socket.timeout, exceptions.TimeoutError),
            Trouble(_errors.TIMEOUT, "the server did not answer in time", again=True, maybe_done=True),
        ),
        (
            (IncompleteRead,),
            Trouble(_errors.BROKEN_REPLY, "the reply broke off ({})", again=True, maybe_done=True),
        ),
        (
            (ConnectionError,),
            Trouble(_errors.UNREACHABLE, "the connection broke off ({})", again=True, maybe_done=True),
        ),
        (
            (BaseException,),
            Trouble(_errors.BROKEN_REPLY, "the reply cannot be read ({})", again=True, maybe_done=True),
        ),
    )


def _causes(problem: BaseException) -> list[BaseException]:
    """Return ``problem`` and what lies behind it, the innermost last; urllib3 hides it in three ways."""
    causes = [problem]
    for each in causes:
        behind = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        causes += [inner for inner in behind if isinstance(inner, BaseException) and inner not in causes]
    return causes


def _innermost(causes: list[BaseException]) -> BaseException:
    return [each for each in causes if not any(isinstance(inner, BaseException) for inner in each.args)][-1]


def _in_words(cause: BaseException, secrets: Iterable[str]) -> str:
    """Name a cause without the address that urllib3 puts into its own, since it may hold a code."""
    words = getattr(cause, "verify_message", "") or getattr(cause, "strerror", "") or getattr(cause, "reason", "")
    return readable(without(secrets, str(words or cause)) or type(cause).__name__)
