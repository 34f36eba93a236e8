# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated server, in a process of its own, and a look into it before and after each run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import urlsplit

from .processes import cpu_of, environment

if TYPE_CHECKING:
    from typing_extensions import Self

    from .samples import Sample

ROOT = Path(__file__).parents[2]
USERNAME = "admin"
PASSWORD = "fake-admin"
PREFIX = "user"


class Server:
    """Starts the emulator; a context manager."""

    def __init__(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.emulator", "--no-log", "--stop-with", str(os.getpid())],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
        )
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise RuntimeError("The emulator does not start.")
        address = json.loads(line)
        self.url, self.ca_path = str(address["https"]), str(address["ca_path"])
        self._control = urlsplit(address["control"]).netloc

    def __enter__(self) -> Self:
        """Return the server, which stops at the end of the block."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()

    def measure(
        self, users: int, contender: Callable[[list[str]], Sample], *, delay_ms: int = 0, idle: bool = False
    ) -> Sample:
        """Log so many users in, let the contender log them out, and return what that took.

        Raise RuntimeError unless all of them are logged out then, or, with an idle contender, none.
        """
        logins = self.prepare(users, delay_ms)
        busy = cpu_of(self._process.pid)
        sample = contender(logins)
        busy = cpu_of(self._process.pid) - busy
        left = self.still_logged_in(logins)
        if left != (users if idle else 0):
            raise RuntimeError(f"{left} of {users} users are still logged in.")
        return self._with_counts(sample, busy)

    def prepare(self, users: int, delay_ms: int) -> list[str]:
        """Start anew with so many users, each with a session; return their logins."""
        generated = {"prefix": PREFIX, "count": users, "sessions": 1}
        state = self._ask("POST", "/reset", {"state": {"generate_users": generated}, "delay": delay_ms / 1000})
        logins = [name for name, user in state["users"].items() if name.startswith(PREFIX) and user["sessions"]]
        if len(logins) != users:
            raise RuntimeError(f"{len(logins)} instead of {users} users are logged in.")
        return logins

    def still_logged_in(self, logins: list[str]) -> int:
        """Return how many of these users have a session."""
        users = self._ask("GET", "/state")["users"]
        return sum(bool(users[login]["sessions"]) for login in logins)

    def _with_counts(self, sample: Sample, busy: float) -> Sample:
        counts = self._ask("GET", "/connections")
        return replace(sample, connections=counts["accepted"], handshakes=counts["tls"], server_cpu=busy)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = HTTPConnection(self._control, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            content = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"The emulator answers {method} {path} with {answer.status}: {content}")
        return content
