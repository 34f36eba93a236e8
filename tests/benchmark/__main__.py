# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line; see guide_speed.rst in docs/docsite/rst."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from . import page
from .cases import FULL, QUICK
from .claims import Claim, claims
from .contest import Contest
from .processes import environment, run
from .server import Server
from .tables import claims_table, inside_table, playbook_table, server_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .samples import Row


def main(given: list[str] | None = None) -> None:
    """Measure, and write down what came of it."""
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers, to try it out; no page is changed")
    parser.add_argument("--output", type=Path, help="folder for the results; default: docs, build if quick")
    arguments = parser.parse_args(given)
    cases = QUICK if arguments.quick else FULL
    output = arguments.output or Path("build" if arguments.quick else "docs")
    began = time.monotonic()
    with Server() as server, tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        rows = Contest(server, Path(folder), _say).run(cases)
    verdicts = claims(rows)
    _print(rows, verdicts)
    plot = output / "images" / "benchmark.png"
    plot.parent.mkdir(parents=True, exist_ok=True)
    _write_json(output / "benchmark.json", rows, verdicts)
    # Not before: nothing that it loads is to weigh on what was measured.
    from .plot import draw  # noqa: PLC0415

    draw(rows, cases.fleet, plot)
    if not arguments.quick:
        page.update(Path("docs/docsite/rst/guide_speed.rst"), rows, cases.fleet, _machine())
    _say(f"\n{plot} and {output / 'benchmark.json'} are written; it took {time.monotonic() - began:.0f} s.")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _print(rows: Sequence[Row], verdicts: Sequence[Claim]) -> None:
    for text in (server_table(rows), inside_table(rows), playbook_table(rows), claims_table(verdicts)):
        _say(f"\n{text}")


def _write_json(path: Path, rows: Sequence[Row], verdicts: Sequence[Claim]) -> None:
    content = {
        "machine": _machine(),
        "claims": [claim.as_dict() for claim in verdicts],
        "measured": [row.as_dict() for row in rows],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _machine() -> str:
    """Return its kind, and the versions of what is compared."""
    curl = run(["curl", "--version"], Path(), environment()).output.split()[1]
    programs = f"Python {platform.python_version()}, ansible-core {version('ansible-core')}"
    libraries = f"requests {version('requests')}, curl {curl}"
    return f"{os.cpu_count()} cores ({platform.system()}, {platform.machine()}) with {programs}, {libraries}"


if __name__ == "__main__":
    main()
