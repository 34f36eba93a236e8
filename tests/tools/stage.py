# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the collection's files to a folder whose path Ansible's tools accept.

They find a collection only in ``ansible_collections/NAMESPACE/NAME``, which a git checkout seldom is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints."""
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, stdout=subprocess.PIPE).stdout.decode()


def project_files(source: Path) -> list[Path]:
    """Return every file that git tracks, or would track, and that is there, as paths relative to the source."""
    names = git(source, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    return [Path(name) for name in names if name and (source / name).is_file()]


def main(target: Path) -> None:
    """Make the target hold exactly the files of the project in the current folder."""
    source = Path.cwd()
    target.mkdir(parents=True, exist_ok=True)
    # Tools that ask git for the list of files would otherwise ask the repository around it, which ignores the copy.
    git(target, "init", "--quiet")
    # ansible-test keeps virtual environments there.
    git(target, "clean", "-ffdxq", "--exclude=/tests/output/")
    for name in project_files(source):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name, follow_symlinks=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
