# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of the environment: a real one in this process, which remembers every byte that it sees in clear."""

from __future__ import annotations

import base64
import os
import select
import socket
import socketserver
import ssl
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import connection_from
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import Connection
from ansible_collections.abra.flexi.plugins.module_utils._wire.proxies import proxy_secrets
from ansible_collections.abra.flexi.tests.emulator.certificates import Authority
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils._wire.support import PROXY_VARIABLES, serving
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    PASSWORD,
    Access,
    FakeClock,
    Run,
    check_report,
    client_for,
    log_out,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.emulator import Emulator


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
    for name in PROXY_VARIABLES:
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
    # Where it knows the server, but not the user, another path to the server is no help.
    assert ("NO_PROXY" in done.summary["failure"]["hint"]) != refusal.startswith("407")
    assert ("password" in done.summary["failure"]["hint"]) == refusal.startswith("407")
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


@pytest.mark.parametrize(
    ("address", "why"),
    [
        pytest.param("http://", "has no host name", id="nothing"),
        pytest.param("http://user:fake-proxy@", "has no host name", id="without-a-host"),
        pytest.param("user:fake-proxy@", "has no host name", id="without-a-scheme-and-a-host"),
        pytest.param("http://user:fake-proxy@[", "is not an address", id="half-an-IPv6-address"),
        pytest.param("http://user:fake-proxy@127.0.0.1:port", "is not an address", id="port-in-letters"),
        pytest.param("http://user:fake-proxy@127.0.0.1:99999", "is not an address", id="port-out-of-range"),
        pytest.param("http://user:fake/proxy@127.0.0.1:1", "is not an address", id="slash-in-the-password"),
        pytest.param("ftp://user:fake-proxy@127.0.0.1:1", "begins with ftp://", id="another-scheme"),
        pytest.param("socks9://user:fake-proxy@127.0.0.1:1", "begins with socks9://", id="another-SOCKS"),
        pytest.param("http://user:fake-proxy@127.0.0.1 :1", "contains whitespace", id="blank-in-it"),
        pytest.param("http://user:fake proxy@127.0.0.1:1", "contains whitespace", id="blank-in-the-password"),
        pytest.param("http://user:fake-proxy@p..q:1", "invalid host name", id="label-that-is-empty"),
        pytest.param("http://user:fake-proxy@žž😀:1", "invalid host name", id="character-that-no-name-has"),
        pytest.param(f"http://user:fake-proxy@{'p' * 64}.cz:1", "invalid host name", id="label-that-is-too-long"),
        pytest.param("http://user:fake\u200bproxy@127.0.0.1:1", "unprintable", id="invisible-character"),
    ],
)
@pytest.mark.usefixtures("proxy")
def test_an_address_of_a_proxy_that_is_none_is_said_to_be_that(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, address: str, why: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(FlexiError) as failure:
        connect(emulator)
    assert failure.value.code == "proxy"
    assert why in failure.value.message
    assert "fake" not in str(failure.value)
    assert "HTTPS_PROXY" in failure.value.hint
    assert emulator.requests == []


@pytest.mark.parametrize(
    ("environment", "secrets"),
    [
        pytest.param(
            {"HTTPS_PROXY": "http://user:fake-1@host"}, {"user:fake-1", "fake-1", "dXNlcjpmYWtlLTE="}, id="one"
        ),
        pytest.param({"all_proxy": "socks5://user:fake-2@host"}, {"fake-2"}, id="in-lower-case"),
        pytest.param({"HTTP_PROXY": "user:fake%2D3@host"}, {"fake%2D3", "fake-3", "dXNlcjpmYWtlLTM="}, id="encoded"),
        pytest.param({"HTTP_PROXY": "http://user:fake@4@["}, {"fake@4"}, id="malformed"),
        pytest.param({"HTTP_PROXY": "http://host:3128", "NO_PROXY": "localhost"}, set(), id="none"),
        pytest.param({"HOME": "http://user:fake-5@host"}, set(), id="something-else"),
    ],
)
def test_the_secrets_of_proxies_are_known(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], secrets: set[str]
) -> None:
    monkeypatch.setattr(os, "environ", environment)
    found = {each for each in proxy_secrets() if each}
    assert found >= secrets
    assert bool(found) is bool(secrets)


def test_an_address_of_a_proxy_may_lack_its_scheme(
    emulator: Emulator, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", ""))
    assert connect(emulator).code is None
    assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    ("user_info", "credentials"),
    [
        ("user:fake-proxy@", "user:fake-proxy"),
        ("user@", "user:"),
        ("us%C5%BE:fake%40proxy@", "usž:fake@proxy"),
        (":fake-proxy@", ":fake-proxy"),
    ],
)
def test_credentials_of_a_proxy_are_decoded(
    emulator: Emulator, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, user_info: str, credentials: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", f"//{user_info}"))
    assert connect(emulator).code is None
    expected = b"Proxy-Authorization: Basic " + base64.b64encode(credentials.encode())
    assert expected.lower() in proxy.heads[0].lower()


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


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_proxy_whose_certificate_is_not_trusted_is_named(
    emulator: Emulator, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    proxy.tls = Authority(tmp_path).server_context()
    monkeypatch.setenv("ALL_PROXY", proxy.url.replace("http:", "https:"))
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.delenv("HTTP_PROXY")
    url = emulator.https if scheme == "https" else "http://flexi.invalid:5434"
    done = connect(emulator, FakeClock(), url=url, allow_plain_http=True)
    # urllib3 1.26 does not say whose certificate it is.
    assert done.code == ("tls" if version("urllib3").startswith("1.") else "proxy")
    assert emulator.requests == []
    assert proxy.heads == []


def test_requests_through_two_layers_of_tls_are_cut_off(
    emulator: Emulator, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(Path(emulator.ca_path).read_bytes() + authority.ca_path.read_bytes())
    proxy.tls = authority.server_context()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http:", "https:"))
    emulator.add_fault(action="hang")
    access = Access(Connection(emulator.https, verify=str(both), timeout=30))
    with client_for(access) as client, ThreadPoolExecutor(1) as threads:
        running = threads.submit(client.post, "/status/user/novak/logout")
        while not emulator.requests:
            time.sleep(0.01)
        begin = time.monotonic()
        client.stop()
        failure = running.exception(10)
        assert time.monotonic() - begin < 2
    assert getattr(failure, "code", None) == "stopped"


# SOCKS


@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5", "socks5h"])
@pytest.mark.usefixtures("proxy")
def test_a_socks_proxy_without_its_library_is_named(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://user:fake-proxy@127.0.0.1:1")
    monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
    monkeypatch.setitem(sys.modules, "socks", None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(FlexiError) as failure:
            connect(emulator)
    assert failure.value.code == "proxy"
    assert "PySocks" in failure.value.message
    assert "pip install" in failure.value.hint
    assert "fake" not in str(failure.value)


@pytest.mark.parametrize(
    ("user_info", "login"),
    [
        ("", {}),
        ("user:fake%40proxy@", {"username": "user", "password": "fake@proxy"}),
        ("user@", {"username": "user", "password": ""}),
    ],
)
@pytest.mark.usefixtures("proxy")
def test_a_socks_proxy_gets_no_more_than_it_takes(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, user_info: str, login: dict[str, str]
) -> None:
    given: list[tuple[str, dict[str, Any]]] = []

    class Manager(urllib3.PoolManager):
        """Stands for that of PySocks: it connects directly."""

        def __init__(self, address: str, username: str | None = None, password: str | None = None, **more: Any) -> None:
            given.append((address, {} if username is None else {"username": username, "password": password}))
            super().__init__(**more)

    monkeypatch.setitem(sys.modules, "urllib3.contrib.socks", SimpleNamespace(SOCKSProxyManager=Manager))
    monkeypatch.setenv("HTTPS_PROXY", f"socks5h://{user_info}127.0.0.1:1080")
    assert connect(emulator).statuses == {"novak": "logged_out"}
    assert given == [("socks5h://127.0.0.1:1080", login)]


def exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        received = connection.recv(length - len(data))
        if not received:
            raise ConnectionError("the client has left")
        data += received
    return data


@pytest.mark.parametrize("status", [0, 5], ids=["lets-through", "refuses"])
@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.usefixtures("proxy")
def test_a_real_socks_proxy(
    emulator: Emulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, scheme: str, status: int
) -> None:
    pytest.importorskip("socks", reason="needs PySocks")
    asked_for: list[bytes] = []

    def socks(connection: socket.socket) -> None:
        exactly(connection, exactly(connection, 2)[1])
        connection.sendall(b"\x05\x02")
        _version, length = exactly(connection, 2)
        login = exactly(connection, length) + b":"
        asked_for.append(login + exactly(connection, exactly(connection, 1)[0]))
        connection.sendall(b"\x01\x00")
        _version, _command, _reserved, _by_name, length = exactly(connection, 5)
        host, port = exactly(connection, length), int.from_bytes(exactly(connection, 2), "big")
        asked_for.append(host)
        connection.sendall(bytes([5, status, 0, 1, 127, 0, 0, 1, 0, 0]))
        if not status:
            with socket.create_connection(("localhost", port), 10) as upstream:
                relay(connection, upstream)

    with serving(socks) as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://user:fake%40proxy@127.0.0.1:{port}")
        monkeypatch.delenv("HTTPS_PROXY")
        monkeypatch.delenv("HTTP_PROXY")
        url = getattr(emulator, scheme).replace("127.0.0.1", "localhost")
        access = Access(Connection(url, verify=emulator.ca_path, retries=1, timeout=10))
        done = log_out(access, ["novak"], clock=clock)
    assert asked_for[:2] == [b"user:fake@proxy", b"localhost"]
    assert done.code == ("proxy" if status else None)
    assert "fake" not in str(done.summary)


def relay(one: socket.socket, other: socket.socket) -> None:
    """Pass on what comes from either side until one of them has had enough."""
    ends = {one: other, other: one}
    while True:
        for end in select.select(list(ends), [], [], 10)[0]:
            data = end.recv(65536)
            if not data:
                return
            ends[end].sendall(data)
