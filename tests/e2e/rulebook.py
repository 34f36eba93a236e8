# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rulebook of an installed build, run by ansible-rulebook, which needs Java."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest

from ansible_collections.abra.flexi.tests.e2e.proxies import free_port

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

JAVA = 17
NEEDED = f"ansible-rulebook needs version {JAVA} (Debian package default-jre-headless)"


class Rulebook:
    """A running ansible-rulebook."""

    def __init__(self, name: str, folder: Path, server: Emulator, *options: str, **environment: str) -> None:
        """Start it, with the connection to a server in the environment."""
        self.folder, self.server = folder, server
        self.port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ABRAFLEXI_", "ANSIBLE_"))},
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "ABRAFLEXI_URL": server.https,
            "ABRAFLEXI_LOGIN": "admin",
            "ABRAFLEXI_PASSWORD": "fake-admin",
            "ABRAFLEXI_CA_PATH": server.ca_path,
            **{name: value.format(port=self.port) for name, value in environment.items()},
        }
        (folder / "inventory.yml").write_text(
            "all: {hosts: {localhost: {ansible_connection: local}}}", encoding="utf-8"
        )
        with (folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                ["ansible-rulebook", "--rulebook", f"abra.flexi.{name}", "--inventory", "inventory.yml", *options],
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """All that it has printed."""
        return (self.folder / "output").read_text(encoding="utf-8")

    @property
    def runs(self) -> int:
        """How many playbooks have come to their end."""
        return self.output.count("PLAY RECAP")

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, as long as the process lives."""
        deadline = time.monotonic() + 120
        while not condition():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def listens(self, host: str = "127.0.0.1") -> bool:
        """Whether it takes connections at an address of this machine."""
        with socket.socket() as connection:
            return connection.connect_ex((host, self.port)) == 0

    def everybody(self) -> set[int]:
        """Return the processes that it has begun, however far down, and its own: what systemd has in a unit."""
        mark = f"TMPDIR={self.folder}\0".encode()
        found = set()
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in path.read_bytes() + b"\0":
                    found.add(int(path.parent.name))
        return found

    def secrets_on_disk(self, *secrets: str) -> list[str]:
        """Return the files below its folder in which one of the secrets stands."""
        found = []
        for path in self.folder.rglob("*"):
            with suppress(OSError):
                if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets):
                    found.append(str(path.relative_to(self.folder)))
        return found

    def stop(self, *, whole_unit: bool = False) -> float:
        """Ask it to end, wait until it has, and return how long that took. With the whole unit as systemd does it."""
        began = time.monotonic()
        # The main process first: told last, it would take the end of one playbook for a reason to begin the next.
        self.process.terminate()
        told = {self.process.pid}
        while whole_unit and (others := self.everybody() - told):
            for pid in others:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            told |= others
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
        return time.monotonic() - began


def longest(seconds: float) -> float:
    """Return a bound of time: more where there is more to do than processors."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def skip_without_java() -> None:
    """Skip where ansible-rulebook cannot be run, and say why."""
    if reason := what_is_missing():
        pytest.skip(reason)


def what_is_missing() -> str | None:
    """Return why ansible-rulebook cannot be run here."""
    if not shutil.which("ansible-rulebook"):
        return "ansible-rulebook is not installed"
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(Path(home, "bin", "java") if home else "java")
    if not java:
        return f"Java is not installed; {NEEDED}"
    said = subprocess.run([java, "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    version = re.search(r'version "(\d+)', said.stdout)
    if not version or int(version[1]) < JAVA:
        return f"Java is too old; {NEEDED}"
    return None
