# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked, and over which connections. Cheap to write, put into words when read."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from .call import basic_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT = 200_000


class LoggedRequest:
    """One request that came in."""

    __slots__ = ("_headers", "connection", "in_flight", "method", "n", "path", "query", "status",
                 "time", "tls", "user")  # fmt: skip

    def __init__(self, method: str, target: str, headers: Mapping[str, str]) -> None:
        """Note what was asked; the rest is filled in later."""
        self.method, self._headers = method, headers
        # As they were sent, not decoded.
        self.path, _mark, self.query = target.partition("?")
        self.n = self.connection = self.in_flight = 0
        # 0: no answer was given.
        self.status = 0
        self.user, self.tls, self.time = "", False, 0.0

    @property
    def headers(self) -> dict[str, str]:
        """The headers; of the credentials only the user's name."""
        shown = dict(self._headers)
        for name, value in self._headers.items():
            if name.lower() == "authorization":
                basic = basic_credentials(value)
                shown[name] = f"Basic {basic[0]}" if basic else value.partition(" ")[0]
        return shown

    def as_dict(self) -> dict[str, Any]:
        """For the control API."""
        names = [name for name in self.__slots__ if name != "_headers"]
        return {**{name: getattr(self, name) for name in names}, "headers": self.headers}


class RequestLog:
    """The latest requests, and counts of connections. Safe to use from any thread."""

    def __init__(self, *, enabled: bool = True) -> None:
        """Keep no requests when `enabled` is False; the counts are always kept."""
        self.enabled = enabled
        self._lock = threading.Lock()
        self._requests: deque[LoggedRequest] = deque(maxlen=KEPT)
        self._connections: dict[str, int] = {}
        # Never begins anew, so that a connection keeps its number.
        self._numbers = 0
        self.clear()

    def clear(self) -> None:
        """Forget all; connections that are open stay counted as open."""
        with self._lock:
            self._requests.clear()
            self.requests = 0
            self.in_flight, self.in_flight_most = 0, 0
            now = self._connections.get("open", 0)
            self._connections = {"accepted": 0, "tls": 0, "tls_resumed": 0, "open": now,
                                 "most_at_once": now}  # fmt: skip

    def add(self, request: LoggedRequest) -> None:
        """Note that a request has begun."""
        with self._lock:
            self.requests += 1
            self.in_flight += 1
            self.in_flight_most = max(self.in_flight_most, self.in_flight)
            request.n, request.in_flight = self.requests, self.in_flight
            if self.enabled:
                self._requests.append(request)

    def finish(self) -> None:
        """Note that a request has ended."""
        with self._lock:
            # Requests that began before the log was cleared end here as well.
            self.in_flight = max(0, self.in_flight - 1)

    def connected(self, *, tls: bool, resumed: bool) -> int:
        """Count a connection that was accepted and, with TLS, shook hands; return its number."""
        with self._lock:
            counts = self._connections
            self._numbers += 1
            counts["accepted"] += 1
            counts["tls"] += tls
            counts["tls_resumed"] += resumed
            counts["open"] += 1
            counts["most_at_once"] = max(counts["most_at_once"], counts["open"])
            return self._numbers

    def disconnected(self) -> None:
        """Count a connection out."""
        with self._lock:
            self._connections["open"] -= 1

    def as_list(self) -> list[LoggedRequest]:
        """Return the requests so far, oldest first."""
        with self._lock:
            return list(self._requests)

    def by_path(self) -> dict[str, int]:
        """Return how often each method and path was asked, whatever the query."""
        return dict(Counter(f"{request.method} {request.path}" for request in self.as_list()))

    def connections(self) -> dict[str, int]:
        """Return counts of connections and requests."""
        with self._lock:
            return {**self._connections, "requests": self.requests,
                    "requests_at_once": self.in_flight_most}  # fmt: skip
