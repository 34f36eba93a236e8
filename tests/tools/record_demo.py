# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the demo as a picture of a terminal, docs/demo.svg, for the README.

Tasks that only prepare others are left out, and what differs from run to run, such as the port, is made the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from string import Template
from xml.sax.saxutils import escape

from ansible_collections.abra.flexi.tests import emulator

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "demo.svg"

SIZE, LINE, MARGIN = 13, 17, 16
WIDTH_OF_A_CHARACTER = 0.605 * SIZE

# It has a background of its own, so that it can be read on light and on dark pages.
SVG = Template("""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width" height="$height" role="img">
<title>What make demo prints, shortened</title>
<style>
text { font: ${size}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d0d7de; white-space: pre }
.heading, .command { font-weight: bold; fill: #ffffff }
.title { fill: #79c0ff }
.changed { fill: #e3b341 }
.good { fill: #56d364 }
.gone { fill: #ff7b72 }
</style>
<rect width="100%" height="100%" rx="8" fill="#161b22"/>
<text xml:space="preserve">
$lines
</text>
</svg>
""")

COLOURS = {
    "heading": r"== ",
    "command": r"\$ ",
    "title": r"TASK |PLAY ",
    "changed": r"changed: |localhost : .*changed=[1-9]|   the session .* has ended",
    "good": r"ok: |localhost ?: |\+|   the session .* works",
    "gone": r"-",
}


def run_demo() -> str:
    """Return what the demo prints."""
    package = Path(emulator.__file__).parents[5]
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/demo/demo.py")],
        env={**os.environ, "PYTHONPATH": str(package)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def shortened(output: str) -> list[str]:
    """Return the lines that show something, the same ones for every run."""
    output = re.sub(r"localhost:\d+", "localhost:5434", output)
    kept: list[str] = []
    # Each part begins with a heading, a command, or the name of a play or task.
    for part in re.split(r"^(?===|\$|PLAY|TASK)", output, flags=re.MULTILINE):
        lines = [line.rstrip() for line in part.splitlines() if line.strip()]
        if not lines or lines[0].startswith("PLAY [") or _prepares_only(lines):
            continue
        kept += ["", *lines] if lines[0].startswith("==") else lines
    return [re.sub(" +", " ", line) if line.startswith("localhost ") else line for line in kept[1:]]


def _prepares_only(lines: list[str]) -> bool:
    title, *rest = lines
    return title.startswith("TASK ") and all(re.match(r"(ok: \[localhost\]|included: .*)$", line) for line in rest)


def picture(lines: list[str]) -> str:
    """Return the lines as SVG."""
    spans = [
        f'<tspan x="{MARGIN}" y="{MARGIN + LINE * number - 4}"{_colour(line)}>{escape(line)}</tspan>'
        for number, line in enumerate(lines, start=1)
        if line
    ]
    width = round(max(map(len, lines)) * WIDTH_OF_A_CHARACTER) + 2 * MARGIN
    height = LINE * len(lines) + 2 * MARGIN
    return SVG.substitute(width=width, height=height, size=SIZE, lines="\n".join(spans))


def _colour(line: str) -> str:
    found = (name for name, pattern in COLOURS.items() if re.match(pattern, line))
    name = next(found, None)
    return f' class="{name}"' if name else ""


if __name__ == "__main__":
    PICTURE.write_text(picture(shortened(run_demo())), encoding="utf-8")
