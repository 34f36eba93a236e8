# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log users out as a task does, without Ansible around it; run as a program by ``collection.py``.

It takes the options as a line of JSON, says that it is ready, begins at the next line, and prints what that took.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_logout import USER_LOGOUT


def main() -> None:
    """Do what standard input asks for."""
    defaults = {name: spec.get("default") for name, spec in USER_LOGOUT.argument_spec.items()}
    options = {**defaults, **json.loads(sys.stdin.readline())}
    _say("ready")
    sys.stdin.readline()
    memory, cpu, began = _peak_memory(), _cpu(), time.perf_counter()
    context = Context(check_mode=False, diff_mode=False, secrets=Secrets(), warn=_ignore)
    result = USER_LOGOUT.perform(options, context)
    seconds = time.perf_counter() - began
    _say(
        {
            "seconds": seconds,
            "cpu": _cpu() - cpu,
            "memory": _peak_memory() - memory,
            "msg": result["msg"],
            "logged_out": result["counts"]["logged_out"],
        }
    )


def _say(content: Any) -> None:
    print(json.dumps(content), flush=True)


def _ignore(_text: str) -> None:
    pass


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _peak_memory() -> float:
    """Return MiB; not ``ru_maxrss``, which Linux hands down from the process that started this one."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("There is no VmHWM in /proc/self/status.")


if __name__ == "__main__":
    main()
