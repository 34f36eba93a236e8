# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests with every release of ansible-core that is supported, on the Pythons that are there.

Each release gets a copy of the project of its own, in which it runs the same targets of make. The last lines say what
was run, what failed, and what could not be run. Arguments are the releases to run, all by default.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from .prepare_home import real_interpreter
from .prerequisites import OLDEST
from .stage import main as copy_project


@dataclass(frozen=True)
class Release:
    """One release of ansible-core."""

    core: str
    pythons: tuple[str, ...]
    """Those that its controller runs on, the one to take first."""
    targets: tuple[str, ...] = ("sanity", "unit", "e2e", "integration")
    left_out: dict[str, str] = field(default_factory=dict)
    """Targets that cannot be run, each with the reason."""
    plugin_python: str = ""
    """Another Python, for the plugins only."""

    @property
    def name(self) -> str:
        """What it is called, also where two have the same core."""
        return f"{self.core}-plugins-{self.plugin_python}" if self.plugin_python else self.core

    @property
    def usable_pythons(self) -> list[str]:
        """Those that the tools run on, too."""
        return [python for python in self.pythons if tuple(map(int, python.split("."))) >= OLDEST]


RELEASES = (
    Release("2.16", ("3.12", "3.11", "3.10")),
    Release("2.17", ("3.12", "3.11", "3.10")),
    Release("2.18", ("3.12", "3.11", "3.13")),
    Release("2.19", ("3.11", "3.12", "3.13")),
    Release("2.20", ("3.12", "3.13", "3.14")),
    Release("2.21", ("3.13", "3.12", "3.14")),
    Release(
        "2.22",
        ("3.13", "3.14"),
        targets=("unit", "e2e", "integration"),
        left_out={"sanity": "its pylint needs something that is in no package index"},
    ),
    Release("2.19", ("3.11", "3.12", "3.13"), targets=("unit", "integration"), plugin_python="3.9"),
)


def interpreter_for(release: Release) -> tuple[str, str] | None:
    """Return the version and the path of the first Python that is there, if the plugins' is there too."""
    if release.plugin_python and not real_interpreter(release.plugin_python):
        return None
    for version in release.usable_pythons:
        path = real_interpreter(version)
        if path:
            return version, path
    return None


def run(release: Release, folder: Path, python: str, log: Path) -> dict[str, bool]:
    """Run the targets, and return whether each went well."""
    copy_project(folder)
    # Beside the project's own list, which tests compare with other files.
    requirements = folder / "build" / "requirements.txt"
    requirements.parent.mkdir(exist_ok=True)
    lines = (folder / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    # Also a release candidate, where there is no release yet.
    wanted = [f"ansible-core ~= {release.core}.0rc1" if line.startswith("ansible-core ") else line for line in lines]
    requirements.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    outcome = {}
    for target in release.targets:
        started = time.monotonic()
        # ARGS would else be those of the make that runs this; the coverage is reported once, in `make test`.
        settings = [f"PYTHON={python}", f"PLUGIN_PYTHON={release.plugin_python}", "ARGS=", "COVERAGE="]
        settings.append(f"REQUIREMENTS={requirements.relative_to(folder)}")
        command = ["make", "-C", str(folder), target, *settings]
        with log.open("ab") as stream:
            done = subprocess.run(command, check=False, stdout=stream, stderr=stream)
        outcome[target] = done.returncode == 0
        say(f"  {target}: {'passed' if outcome[target] else f'FAILED, see {log}'} ({time.monotonic() - started:.0f} s)")
    return outcome


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def main(wanted: list[str]) -> int:
    """Run it all, and return the exit status."""
    ran, failed, missing = [], [], []
    for release in RELEASES:
        if wanted and release.name not in wanted:
            continue
        found = interpreter_for(release)
        if not found:
            wants = f"{release.plugin_python} and " if release.plugin_python else ""
            wants += f"one of {', '.join(release.usable_pythons)}"
            missing.append(f"ansible-core {release.name}: no Python {wants} here")
            continue
        version, path = found
        say(f"ansible-core {release.name} on Python {version}")
        folder = Path("build/matrix", release.name).resolve()
        outcome = run(release, folder, path, folder.parent / f"{release.name}.log")
        ran.append(f"ansible-core {release.name} on Python {version}: {', '.join(outcome)}")
        failed += [f"ansible-core {release.name}: {target}" for target, passed in outcome.items() if not passed]
        missing += [f"ansible-core {release.name}: {target}, since {why}" for target, why in release.left_out.items()]
    for title, lines in (("Run", ran), ("Not run", missing), ("FAILED", failed)):
        for line in lines:
            say(f"{title}: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
