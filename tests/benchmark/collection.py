# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as it is installed: where it is, and what its own code takes inside a task."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from .processes import environment
from .samples import Sample
from .server import PASSWORD, USERNAME, Server

INSIDE = Path(__file__).with_name("inside.py")


def installed_in() -> Path:
    """Return the folder around ``ansible_collections`` in which Ansible finds the collection."""
    for folder in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":"):
        if folder and (Path(folder) / "ansible_collections/abra/flexi/plugins").is_dir():
            return Path(folder).absolute()
    raise RuntimeError("The collection is not in ANSIBLE_COLLECTIONS_PATH; make bench sees to that.")


def log_out(server: Server, logins: list[str], concurrency: int) -> Sample:
    """Log the users out with the code of the collection, in a process that has imported all before."""
    options = {
        "url": server.url,
        "username": USERNAME,
        "password": PASSWORD,
        "ca_path": server.ca_path,
        "concurrency": concurrency,
        "users": logins,
    }
    with subprocess.Popen(
        [sys.executable, str(INSIDE)],
        env=environment(PYTHONPATH=str(installed_in())),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("There are no pipes.")
        _tell(process.stdin, json.dumps(options))
        _heard(process.stdout)
        _tell(process.stdin, "go")
        result = _heard(process.stdout)
    if result["logged_out"] != len(logins):
        raise RuntimeError(f"The collection says: {result['msg']}")
    return Sample(seconds=result["seconds"], cpu=result["cpu"], memory=result["memory"])


def _tell(stream: IO[str], line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _heard(stream: IO[str]) -> Any:
    line = stream.readline()
    if not line:
        raise RuntimeError(f"{INSIDE.name} has ended.")
    return json.loads(line)
