# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `python -m tests.emulator` from the root of the collection."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from .certificates import KINDS
from .emulator import Emulator
from .like import Likeness, like
from .variants import from_arguments

PAUSE = 0.25


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.emulator", description=__doc__)
    parser.add_argument("--state", type=Path, help="YAML file; what it leaves out: the seed's")
    parser.add_argument(
        "--like", type=Path, metavar="FILE", help="JSON report of flexi_server_check: answer like that server"
    )
    parser.add_argument("--directory", help="for ca.pem; default: temporary, removed at the end")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--ready-file", type=Path, help="gets the line that is printed")
    parser.add_argument("--stop-after", type=float, default=3600.0, metavar="SECONDS")
    parser.add_argument("--stop-with", type=int, metavar="PID", help="stop when it is gone")
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS", help="per answer")
    parser.add_argument("--certificate", choices=KINDS, help="the server's; default: good")
    parser.add_argument("--client-ca", action="store_true", help="want a client certificate")
    parser.add_argument("--no-log", action="store_true", help="keep no log of the requests")
    return parser.parse_args(given)


def _emulator(arguments: argparse.Namespace) -> Emulator:
    likeness = Likeness({}, {}, "good")
    if arguments.like:
        likeness = like(json.loads(arguments.like.read_text(encoding="utf-8")))
    state: dict[str, Any] = dict(likeness.state)
    if arguments.state:
        state |= yaml.safe_load(arguments.state.read_text(encoding="utf-8")) or {}
    return Emulator(
        state,
        {**likeness.variants, **from_arguments(arguments.variant)},
        directory=arguments.directory,
        certificate=arguments.certificate or likeness.certificate,
        client_ca=arguments.client_ca,
        delay=arguments.delay,
        log=not arguments.no_log,
    )


def _announce(emulator: Emulator, ready_file: Path | None) -> None:
    line = json.dumps(emulator.address())
    if ready_file:
        # Under another name first: who waits for the file must never read half of it.
        part = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
        part.write_text(line + "\n", encoding="utf-8")
        part.replace(ready_file)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _watch(emulator: Emulator, stop_after: float, stop_with: int | None) -> None:
    """Return when it is time to stop."""
    end = time.monotonic() + stop_after
    while not emulator.wait(max(0.0, min(PAUSE, end - time.monotonic()))):
        if time.monotonic() >= end or (stop_with and not _alive(stop_with)):
            return


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(given: list[str] | None = None) -> int:
    """Run until something stops it."""
    arguments = _arguments(given)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        emulator = _emulator(arguments)
    except (ValueError, OSError, yaml.YAMLError) as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 2
    try:
        with emulator:
            _announce(emulator, arguments.ready_file)
            _watch(emulator, arguments.stop_after, arguments.stop_with)
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
