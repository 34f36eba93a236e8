# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting programs, and what they cost."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What would let the settings of whoever runs this decide, or send requests elsewhere.
FOREIGN_PREFIXES = ("ABRAFLEXI_", "ANSIBLE_", "PYTHONPATH")
FOREIGN_ENDS = ("_PROXY", "CA_BUNDLE")


@dataclass(frozen=True)
class Finished:
    """A program that has ended well."""

    seconds: float
    cpu: float
    output: str


def environment(**more: str) -> dict[str, str]:
    """Return the environment for programs, without settings of Ansible, of the collection and of proxies."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(FOREIGN_PREFIXES) and not name.upper().endswith(FOREIGN_ENDS)
    }
    return {**kept, **more}


def run(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Finished:
    """Run a program to its end; raise RuntimeError with its output where it fails."""
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        output = process.stdout.read().decode("utf-8", "replace") if process.stdout else ""
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{output[-4000:]}")
    return Finished(seconds, usage.ru_utime + usage.ru_stime, output)


def cpu_of(pid: int) -> float:
    """Return the seconds of the processor that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
