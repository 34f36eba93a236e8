# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain curl: the same logouts on kept connections, with the same parallelism and nothing around them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING

from .processes import environment, run
from .samples import Sample
from .server import PASSWORD, USERNAME, Server

if TYPE_CHECKING:
    from pathlib import Path

STARTS = 15


class Curl:
    """Runs curl against one server, in a folder of its own."""

    def __init__(self, server: Server, folder: Path) -> None:
        """See what starting curl takes, since no clock of the other contenders has their start in it."""
        self._server = server
        self._folder = folder
        nothing = ["curl", "-q", "--silent", "file:///dev/null"]
        self._start = median(run(nothing, folder, environment()).seconds for _number in range(STARTS))

    def log_out(self, logins: list[str], concurrency: int) -> Sample:
        """Log the users out with one curl."""
        command = self._command(logins, concurrency, "curl")
        done = run(command, self._folder, environment())
        return Sample(seconds=max(done.seconds - self._start, 0.0001), cpu=done.cpu)

    def log_out_together(self, shares: list[list[str]], concurrency: int, at_once: int) -> Sample:
        """Log the users out with one curl for each share, so many of them at once."""
        commands = [self._command(share, concurrency, f"curl{number}") for number, share in enumerate(shares)]
        began = time.perf_counter()
        with ThreadPoolExecutor(at_once) as threads:
            done = list(threads.map(lambda command: run(command, self._folder, environment()), commands))
        seconds = time.perf_counter() - began
        return Sample(seconds=seconds, cpu=sum(each.cpu for each in done))

    def _command(self, logins: list[str], concurrency: int, name: str) -> list[str]:
        """Write down what to ask for, and return the command that does."""
        config = self._folder / f"{name}.config"
        settings = [
            f'user = "{USERNAME}:{PASSWORD}"',
            f'cacert = "{self._server.ca_path}"',
            'header = "Accept: application/json"',
            # A POST without a body
            'data = ""',
            *(f'url = "{self._server.url}/status/user/{login}/logout"' for login in logins),
        ]
        config.write_text("\n".join(settings), encoding="utf-8")
        parallel = ["--parallel", "--parallel-max", str(concurrency)] if concurrency > 1 else []
        return ["curl", "-q", "--silent", "--noproxy", "*", "--http1.1", *parallel, "--config", str(config)]
