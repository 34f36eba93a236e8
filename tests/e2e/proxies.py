# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real proxies in front of a server: each a child process on a free loopback port, with files of its own."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import pytest
import trustme

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

PATIENCE = 30.0
LOOPBACK = "127.0.0.1"

NGINX = """
daemon off;
{user}
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    default_type text/html;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_redirect off;
    limit_req_zone $binary_remote_addr zone=slow:1m rate=10r/s;
    upstream flexi {{
        server {backend};
        keepalive 16;
    }}
    server {{
        listen {address}{tls};
{rules}
    }}
}}
"""
HAPROXY = """
global
    maxconn 256
defaults
    mode http
    retries 0
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend entrance
    bind {address}
{rules}
    default_backend flexi
backend flexi
    server flexi {backend}
"""


class Proxy(ABC):
    """A proxy; as a context manager, it is stopped at the end."""

    PROGRAM: ClassVar[str]
    PACKAGE: ClassVar[str]
    RELOAD: ClassVar[signal.Signals]
    PASS: ClassVar[str]
    """The rules that pass everything on."""

    def __init__(self, folder: Path, backend: str) -> None:
        """Prepare a folder and a port; skip the test if the program is not installed."""
        self.program = _installed(self.PROGRAM, self.PACKAGE)
        self.folder = folder
        self.folder.mkdir()
        self.backend = urlsplit(backend).netloc
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Return the proxy, which is not started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def start(self, rules: str) -> None:
        """Start it with these rules, and return when it listens."""
        self.configuration.write_text(self.configured(rules), encoding="utf-8")
        self.start_again()

    def start_again(self) -> None:
        """Start it with the rules that it had."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_it_listens(self._process)

    def reload(self) -> None:
        """Have it read its rules again, as after a change of them."""
        if self._process is not None:
            self._process.send_signal(self.RELOAD)

    def stop(self) -> None:
        """Stop it at once, whatever is under way."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def stop_and_start(self, away: float = 0.0) -> None:
        """Stop it, and start it again so many seconds later."""
        self.stop()
        time.sleep(away)
        self.start_again()

    @property
    def configuration(self) -> Path:
        """The file of its rules."""
        return self.folder / f"{self.PROGRAM}.conf"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "error.log"

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{LOOPBACK}:{self.port}"

    @abstractmethod
    def configured(self, rules: str) -> str:
        """Return the whole configuration."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return what starts it in the foreground."""

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + PATIENCE
        while not accepts_connections(self.port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{self.PROGRAM} did not start: {self.log.read_text(encoding='utf-8')}")
            time.sleep(0.01)


class Nginx(Proxy):
    """nginx; rules are directives of its ``server``, and ``http://flexi`` is the backend."""

    PROGRAM = "nginx"
    PACKAGE = "nginx-light"
    RELOAD = signal.SIGHUP
    PASS = "location / { proxy_pass http://flexi; }"

    tls = ""

    def use_tls(self) -> Path:
        """Take TLS connections only; return the file with the authority to trust."""
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(self.folder / "server.pem"))
        authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))
        self.tls = " ssl;\n        ssl_certificate server.pem;\n        ssl_certificate_key server.pem"
        self.url = f"https://localhost:{self.port}"
        return self.folder / "ca.pem"

    def configured(self, rules: str) -> str:
        """Return the whole configuration."""
        # Workers of root would otherwise be those of a user who cannot read what is in the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        return NGINX.format(user=user, backend=self.backend, address=self.address, tls=self.tls, rules=rules)

    def command(self) -> list[str]:
        """Return what starts it in the foreground."""
        return [self.program, "-p", str(self.folder), "-c", str(self.configuration)]


class Haproxy(Proxy):
    """haproxy; rules are lines of its ``frontend``."""

    PROGRAM = "haproxy"
    PACKAGE = "haproxy"
    RELOAD = signal.SIGUSR2
    PASS = ""

    def configured(self, rules: str) -> str:
        """Return the whole configuration."""
        return HAPROXY.format(backend=self.backend, address=self.address, rules=rules)

    def command(self) -> list[str]:
        """Return what starts it in the foreground, as a master that can reload."""
        return [self.program, "-W", "-f", str(self.configuration)]


def free_port() -> int:
    """Return a port that nobody listens on, and that is not given to others who want just any."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port


def accepts_connections(port: int) -> bool:
    """Tell whether somebody listens on a port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=PATIENCE).close()
    except OSError:
        return False
    return True


def _installed(program: str, package: str) -> str:
    # The folder of such programs is not in everybody's path.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
    found = shutil.which(program, path=path)
    if found is None:
        pytest.skip(f"{program} is not installed (Debian package {package})")
    return found
