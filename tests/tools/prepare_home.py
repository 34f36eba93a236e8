# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepare a home folder for the tools, in which ``ansible-test --venv`` needs nothing but a package index.

By itself it downloads a ``get-pip`` script from a server of its own, has ``ssh-keygen`` make a key, loses the
environment variables that configure pip, and trusts every ``pythonX.Y`` on the search path, even one that does not
start. pip and git are to go by the user's settings in there, too. Ansible is told of it, since it asks the system where
a user's home is.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from ansible_test._internal.core_ci import SshKey
from ansible_test._internal.host_configs import NativePythonConfig
from ansible_test._internal.python_requirements import get_venv_packages
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PYTHONS = [f"3.{minor}" for minor in range(9, 16)]

# What pip heeds though it is not pip's own.
PIP_FALLBACKS = {
    "cert": ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"],
    "proxy": ["https_proxy", "HTTPS_PROXY"],
}

GET_PIP = '''\
"""Install packages with the pip wheel beside this file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name("{wheel}")))

from pip._internal.cli.main import main

OPTIONS_OF_GET_PIP = {{"--no-setuptools", "--no-wheel"}}

sys.exit(main(["install", *(word for word in sys.argv[1:] if word not in OPTIONS_OF_GET_PIP)]))
'''


def wanted_pip_versions() -> set[str]:
    """Return the versions of pip that the installed ansible-test starts its virtual environments with."""
    return {get_venv_packages(NativePythonConfig(version=python))["pip"] for python in PYTHONS}


def seed_get_pip(cache: Path, version: str) -> None:
    """Put a script, and the wheel it runs, where ansible-test looks before it downloads."""
    cache.mkdir(parents=True, exist_ok=True)
    if not list(cache.glob(f"pip-{version}-*.whl")):
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*download, "--dest", str(cache), f"pip=={version}"], check=True)
    (wheel,) = cache.glob(f"pip-{version}-*.whl")
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    script.write_text(GET_PIP.format(wheel=wheel.name), encoding="utf-8")


def make_ssh_key(folder: Path) -> None:
    """Make the key pair that ansible-test wants to have, though there is no other machine here to use it for."""
    private, public = folder / SshKey.KEY_NAME, folder / SshKey.PUB_NAME
    if private.exists() and public.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b"\n")


def pip_settings() -> configparser.RawConfigParser:
    """Return pip's configuration as it is here, less the chatter: files, then the environment, which wins."""
    listing = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, stdout=subprocess.PIPE)
    entries = re.findall(r"^(\S+)\.([^.=\s]+)=(.+)$", listing.stdout.decode(), re.MULTILINE)
    settings = configparser.RawConfigParser()
    settings["global"] = {"quiet": "2"}
    for name, variables in PIP_FALLBACKS.items():
        value = next(filter(None, map(os.environ.get, variables)), None)
        if value:
            settings.set("global", name, value)
    for section, name, value in sorted(entries, key=lambda entry: entry[0] == ":env:"):
        where = "global" if section == ":env:" else section
        if not settings.has_section(where):
            settings.add_section(where)
        settings.set(where, name, ast.literal_eval(value))
    return settings


def write_pip_settings(file: Path) -> None:
    """Write pip's configuration to a file that only its owner may read: it may hold passwords."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8") as stream:
        pip_settings().write(stream)


def write_ansible_settings(home: Path) -> None:
    """Write Ansible's configuration."""
    lines = ("[defaults]", f"async_dir = {home}/.ansible_async", f"remote_tmp = {home}/.ansible/tmp")
    (home / ".ansible.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")


def include_git_settings(file: Path) -> None:
    """Write git's configuration: that of the user, wherever it is; git overlooks files that are not there."""
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    file.unlink(missing_ok=True)
    for path in (folder / "git/config", Path.home() / ".gitconfig"):
        subprocess.run(["git", "config", "--file", str(file), "--add", "include.path", str(path)], check=True)


def real_interpreter(python: str) -> str | None:
    """Return the path of an interpreter that starts; version managers keep stand-ins that do not."""
    candidates = [shutil.which(f"python{python}", path=folder) for folder in os.get_exec_path()]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += map(str, pyenv.glob(f"versions/{python}.*/bin/python"))
    for candidate in filter(None, candidates):
        question = [candidate, "-c", "import sys; print(sys._base_executable)"]
        answer = subprocess.run(question, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if answer.returncode == 0:
            return answer.stdout.decode().strip()
    return None


def link_interpreters(folder: Path) -> None:
    """Fill a folder, to be the first on the search path, with links to the interpreters that start."""
    folder.mkdir(parents=True, exist_ok=True)
    for python in PYTHONS:
        link = folder / f"python{python}"
        link.unlink(missing_ok=True)
        interpreter = real_interpreter(python)
        if interpreter:
            link.symlink_to(interpreter)


def main(home: Path) -> None:
    """Prepare the home folder."""
    for version in wanted_pip_versions():
        seed_get_pip(home / ".ansible/test/cache", version)
    make_ssh_key(home / ".ansible/test")
    write_ansible_settings(home)
    include_git_settings(home / ".gitconfig")
    write_pip_settings(home / ".config/pip/pip.conf")
    link_interpreters(home / "bin")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
