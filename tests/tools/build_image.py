# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the execution environment with podman, and run the playbook inside it against an emulated server.

It is built from execution-environment.yml, but with this build of the collection instead of a published one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.abra.flexi.tests.emulator import Emulator

ROOT = Path(__file__).parents[2]
IMAGE = "localhost/abra-flexi-ee:latest"
DEBIAN_IMAGE = "localhost/abra-flexi-debian:latest"
DEBIAN_PACKAGES = "ca-certificates,python3,python3-pip"
AUTHORITIES = Path("etc/ssl/certs/ca-certificates.crt")


def main() -> None:
    """Build the image and try it out."""
    arguments = parsed_arguments()
    needed = {"podman", "debootstrap"} if arguments.debian else {"podman"}
    missing = sorted(program for program in needed if not shutil.which(program))
    if missing:
        print(f"Skipped: no image was built, since {' and '.join(missing)} is missing (Debian package of that name).")
        return
    with tempfile.TemporaryDirectory(prefix="flexi-image-") as folder:
        if arguments.debian:
            import_debian(Path(folder) / "debian")
        build(Path(folder), definition(arguments))
        try_out(Path(folder))
    print(f"The image {IMAGE} works.")


def parsed_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-image", help="another one than in execution-environment.yml")
    parser.add_argument(
        "--debian", action="store_true", help="make the base image with debootstrap, where no registry can be reached"
    )
    return parser.parse_args()


def run(*command: str, **environment: str) -> str:
    """Run a command, show what it prints and return it; stop where it fails."""
    print("$", *command, flush=True)
    with subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, encoding="utf-8") as process:
        lines = []
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        sys.exit(f"It failed with status {process.returncode}.")
    return "".join(lines)


def import_debian(tree: Path) -> None:
    """Make a base image of Debian packages; it trusts whom this machine trusts."""
    run("debootstrap", "--variant=minbase", f"--include={DEBIAN_PACKAGES}", "stable", str(tree))
    shutil.copyfile("/" / AUTHORITIES, tree / AUTHORITIES)
    archive = tree.with_suffix(".tar")
    run("tar", "--create", "--file", str(archive), "--directory", str(tree), ".")
    run("podman", "import", "--quiet", str(archive), DEBIAN_IMAGE)


def definition(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the project's definition with its own build in it, and the base image asked for."""
    wanted: dict[str, Any] = yaml.safe_load((ROOT / "execution-environment.yml").read_text(encoding="utf-8"))
    (build_of_collection,) = (ROOT / "build/dist").glob("*.tar.gz")
    wanted["additional_build_files"] = [{"src": str(build_of_collection), "dest": "dist"}]
    wanted["dependencies"]["galaxy"]["collections"] = [{"name": f"dist/{build_of_collection.name}", "type": "file"}]
    if arguments.base_image:
        wanted["images"]["base_image"]["name"] = arguments.base_image
    if arguments.debian:
        wanted["images"]["base_image"]["name"] = DEBIAN_IMAGE
        del wanted["dependencies"]["python_interpreter"]
        # Debian's Python has no ensurepip.
        wanted["options"] = {"package_manager_path": "/usr/bin/apt-get", "skip_pip_install": True}
    return wanted


def build(folder: Path, wanted: dict[str, Any]) -> None:
    """Build the image."""
    (folder / "ee.yml").write_text(yaml.safe_dump(wanted), encoding="utf-8")
    run(
        *("ansible-builder", "build", "--verbosity", "3", "--container-runtime", "podman", "--tag", IMAGE),
        *("--file", str(folder / "ee.yml"), "--context", str(folder / "context")),
        *("--extra-build-cli-args", "--network host"),
    )


def try_out(folder: Path) -> None:
    """Run the playbook in the image, with nothing but the connection from outside."""
    with Emulator(directory=str(folder / "server")) as server:
        printed = run(
            *("podman", "run", "--rm", "--network", "host", "--volume", f"{server.ca_path}:/tmp/ca.pem:ro,z"),
            *("--env", "ABRAFLEXI_URL", "--env", "ABRAFLEXI_LOGIN", "--env", "ABRAFLEXI_PASSWORD"),
            *("--env", "ABRAFLEXI_CA_PATH", IMAGE),
            *("ansible-playbook", "abra.flexi.logout_users"),
            *("-e", json.dumps({"user_logout_users": ["novak", "nobody"]})),
            ABRAFLEXI_URL=server.https,
            ABRAFLEXI_LOGIN="admin",
            ABRAFLEXI_PASSWORD="fake-admin",
            ABRAFLEXI_CA_PATH="/tmp/ca.pem",
        )
        if server.state.is_logged_in("novak") or "1 logged out, 1 not logged in" not in printed:
            sys.exit("The playbook in the image did not log novak out.")


if __name__ == "__main__":
    main()
