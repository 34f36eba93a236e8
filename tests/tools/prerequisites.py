# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for what no package index has, before make installs anything; print what is missing, and fail.

Too old a Python has to get as far as the sentence about it, so nothing here needs more than Python 3.6.
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)


def trouble_with_python(python: str, version: "tuple[int, ...]") -> str:
    """Return what is wrong with the Python that runs this, or nothing."""
    found, oldest = (".".join(map(str, each[:2])) for each in (version, OLDEST))
    if version < OLDEST:
        return (
            f"Python {oldest} or newer is needed, and {python} is Python {found}: install a newer one"
            f" (Debian package python3), and name it if need be, as in: make PYTHON=python{oldest} test"
        )
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        return f"{python} cannot make virtual environments: install the Debian package python{found}-venv."
    return ""


def trouble_with_folder(folder: str) -> str:
    """Return why the tools cannot be installed in a folder, or nothing."""
    if len(folder.split()) > 1:
        return f"Ansible starts no Python from a path with a blank: move this clone, which is in {folder}"
    return ""


def trouble_with_git(folder: str) -> str:
    """Return why git does not list the files of a folder, or nothing."""
    if not shutil.which("git"):
        return "git is missing: install the Debian package git."
    question = ["git", "-C", folder, "rev-parse", "--git-dir"]
    answer = subprocess.run(question, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if answer.returncode:
        return f"This has to be a clone that git can read, but: {answer.stdout.decode().strip()}"
    return ""


def main(python: str) -> None:
    """Stop with a sentence for each thing that is missing."""
    folder = str(Path.cwd())
    troubles = [
        trouble_with_python(python, sys.version_info[:2]),
        trouble_with_folder(folder),
        trouble_with_git(folder),
    ]
    if any(troubles):
        sys.exit("\n".join(filter(None, troubles)))


if __name__ == "__main__":
    main(sys.argv[1])
