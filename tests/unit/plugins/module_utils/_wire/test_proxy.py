# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of the environment: a real one in this process, which remembers every byte that it sees in clear."""

from __future__ import annotations

import base64
import select
import socket
import socketserver
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import connection_from
from ansible_collections.abra.flexi.tests.emulator.certificates import Authority
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    PASSWORD,
    Access,
    FakeClock,
    Run,
    check_report,
    log_out,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.emulator import Emulator

NAMES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


class Proxy(socketserver.ThreadingTCPServer):
    """A proxy that opens tunnels, or refuses to; ``seen`` is what it was sent before the tunnel and through it."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.refusal = ""
        self.heads: list[bytes] = []
        self.tunnelled = bytearray()
        self.tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection."""
        taken, address = super().get_request()
        return self.tls.wrap_socket(taken, server_side=True) if self.tls else taken, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients may leave at any time."""

    @property
    def url(self) -> str:
        """What the environment says."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Tunnel(socketserver.BaseRequestHandler):
    """One connection to the proxy."""

    server: Proxy

    def handle(self) -> None:
        """Take the head of a request, and open the tunnel or answer something else."""
        head = bytearray()
        while b"\r\n\r\n" not in head:
            received = self.request.recv(65536)
            if not received:
                return
            head += received
        self.server.heads.append(bytes(head))
        method, target, _rest = bytes(head).split(b" ", 2)
        if self.server.refusal:
            self.request.sendall(f"HTTP/1.1 {self.server.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
        elif method == b"CONNECT":
            host, _colon, port = target.decode().rpartition(":")
            with socket.create_connection((host, int(port)), 10) as upstream:
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.relay(upstream)
        else:
            self.request.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def relay(self, upstream: socket.socket) -> None:
        """Pass on what comes from either side until one of them has had enough."""
        ends = {self.request: upstream, upstream: self.request}
        while True:
            for end in select.select(list(ends), [], [], 10)[0]:
                data = end.recv(65536)
                while isinstance(end, ssl.SSLSocket) and end.pending():
                    data += end.recv(65536)
                if not data:
                    return
                if end is self.request:
                    self.server.tunnelled += data
                ends[end].sendall(data)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Return a proxy that the environment names for https and for http."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with Proxy() as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", running.url)
        monkeypatch.setenv("HTTP_PROXY", running.url)
        yield running
        running.shutdown()


def connect(emulator: Emulator, clock: FakeClock | None = None, **changes: Any) -> Run:
    wanted = options(**{"url": emulator.https, "ca_path": emulator.ca_path, "timeout": 10.0, "retries": 2, **changes})
    method = wanted.pop("auth_method")
    return log_out(Access(connection_from(wanted), auth_method=method), ["novak"], clock=clock)


def test_https_goes_through_the_proxy(emulator: Emulator, proxy: Proxy) -> None:
    assert connect(emulator).statuses == {"novak": "logged_out"}
    authority = emulator.https.rpartition("/")[2]
    [head] = proxy.heads
    assert head.startswith(f"CONNECT {authority} HTTP/1.".encode())
    assert proxy.tunnelled


@pytest.mark.parametrize("auth_method", ["basic", "session"])
def test_the_proxy_does_not_see_the_credentials(emulator: Emulator, proxy: Proxy, auth_method: str) -> None:
    assert connect(emulator, auth_method=auth_method).code is None
    seen = b"".join(proxy.heads) + bytes(proxy.tunnelled)
    assert base64.b64encode(b"admin:" + PASSWORD.encode()) not in seen
    assert PASSWORD.encode() not in seen
    assert b"uthorization" not in seen
    assert b"/status" not in seen


def test_the_certificate_is_checked_through_the_proxy(emulator: Emulator, proxy: Proxy, clock: FakeClock) -> None:
    done = connect(emulator, clock, url=emulator.https.replace("localhost", "127.0.0.1"), ca_path=None)
    assert done.code == "tls"
    assert len(proxy.heads) == 1
    assert emulator.requests == []


def test_a_proxy_wants_its_own_credentials_only(
    emulator: Emulator, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//proxy-user:fake-proxy@"))
    assert connect(emulator).code is None
    assert base64.b64encode(b"proxy-user:fake-proxy") in proxy.heads[0]
    assert {each.headers.get("Proxy-Authorization") for each in emulator.requests} == {None}


@pytest.mark.parametrize("no_proxy", ["localhost", "*", "example.com,localhost"])
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_no_proxy_is_heeded(
    emulator: Emulator, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str, no_proxy: str
) -> None:
    monkeypatch.setenv(name, no_proxy)
    assert connect(emulator).code is None
    assert proxy.heads == []


def test_no_proxy_of_another_host_does_not_matter(
    emulator: Emulator, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    assert connect(emulator).code is None
    assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    ("refusal", "tries"),
    [
        ("407 Proxy Authentication Required", 1),
        ("403 Forbidden", 1),
        ("404 Not Found", 1),
        ("502 Bad Gateway", 3),
        ("503 Service Unavailable", 3),
        ("504 Gateway Timeout", 3),
    ],
)
def test_a_proxy_that_refuses_is_named(
    emulator: Emulator, proxy: Proxy, clock: FakeClock, refusal: str, tries: int
) -> None:
    proxy.refusal = refusal
    done = connect(emulator, clock)
    assert done.code == "proxy"
    assert refusal in done.message
    assert "may have been carried out" not in done.message
    assert "NO_PROXY" in done.summary["failure"]["hint"]
    assert len(proxy.heads) == tries
    assert emulator.requests == []
    check_report(emulator, done, ["novak"])


def test_a_proxy_that_is_down_is_named(
    emulator: Emulator, proxy: Proxy, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        down = f"http://proxy-user:fake-proxy@127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setenv("HTTPS_PROXY", down)
    done = connect(emulator, clock)
    assert done.code == "proxy"
    assert len(clock.pauses) == 2
    assert "fake-proxy" not in str(done.summary) + str(done.report.warnings)
    assert proxy.heads == []
    check_report(emulator, done, ["novak"])


@pytest.mark.parametrize("url", ["http://", "http://[", "nonsense://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_meant_is_one_clear_sentence(
    emulator: Emulator, proxy: Proxy, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    done = connect(emulator, clock)
    assert done.code in {"proxy", "invalid_option", "broken_reply"}
    assert emulator.requests == []
    assert proxy.heads == []
    check_report(emulator, done, ["novak"])


@pytest.mark.parametrize("allow_plain_http", [False, True])
def test_plain_http_to_this_machine_goes_past_the_proxy(
    emulator: Emulator,
    proxy: Proxy,
    allow_plain_http: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert connect(emulator, url=emulator.http, allow_plain_http=allow_plain_http).code is None
    assert proxy.heads == []


def test_plain_http_to_another_machine_goes_through_the_proxy(
    emulator: Emulator, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//proxy-user:fake-proxy@"))
    connect(emulator, url="http://flexi.invalid:5434", allow_plain_http=True)
    assert proxy.heads[0].startswith(b"GET http://flexi.invalid:5434/status.json HTTP/1.1")
    assert b"Host: flexi.invalid:5434" in proxy.heads[0]
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"proxy-user:fake-proxy") in proxy.heads[0]


@pytest.mark.parametrize("allow_plain_http", [False, True], ids=["https", "http"])
def test_a_proxy_can_be_talked_to_over_tls(
    emulator: Emulator,
    proxy: Proxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    allow_plain_http: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    authority = Authority(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(Path(emulator.ca_path).read_bytes() + authority.ca_path.read_bytes())
    proxy.tls = authority.server_context()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http:", "https:"))
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("http:", "https:"))
    url = "http://flexi.invalid:5434" if allow_plain_http else emulator.https
    done = connect(emulator, url=url, ca_path=str(both), allow_plain_http=allow_plain_http)
    assert proxy.heads, done.message
    head = proxy.heads[-1]
    if allow_plain_http:
        assert head.startswith(b"GET http://flexi.invalid:5434/status.json HTTP/1.1")
    else:
        assert done.statuses == {"novak": "logged_out"}
        assert head.startswith(b"CONNECT localhost:")
