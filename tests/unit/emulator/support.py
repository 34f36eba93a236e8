# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the emulator share: a client as raw as needed."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
import ssl
import threading
import urllib.parse
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible_collections.abra.flexi.tests.emulator import Emulator

JSON = {"Accept": "application/json"}
ZANETA = "Žaneta Ř/ezníčková"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DECOMPRESS: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}
DECLARED = re.compile(rb'<\?xml [^>]*encoding="([^"]+)"')
ADMIN = {
    "username": "admin",
    "password": "fake-admin",
    "permissions": {"manageAll": True, "licenseMgmt": True},
}


class Got(NamedTuple):
    """An answer."""

    status: int
    headers: http.client.HTTPMessage
    text: str
    # As it came
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def message(self) -> str:
        """The message in the envelope."""
        assert self.json["winstrom"]["success"] == "false"
        return str(self.json["winstrom"]["message"])


def basic(user: str, password: str | None = None) -> dict[str, str]:
    """HTTP Basic for one of the seed's users."""
    known = {
        "Žaneta Ř/ezníčková": "fake-žaneta",
        "a b": "fake-a-b",
        "jan.novak@firma.cz": "fake-jan",
    }
    text = f"{user}:{password or known.get(user, 'fake-' + user)}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


class Client:
    """Asks the emulator as raw as needed."""

    def __init__(self, emulator: Emulator) -> None:
        """Ask this one."""
        self.emulator = emulator

    def connection(self, *, tls: bool = False) -> http.client.HTTPConnection:
        """Return a new connection."""
        address = urllib.parse.urlsplit(self.emulator.https if tls else self.emulator.http)
        if not tls:
            return http.client.HTTPConnection(str(address.hostname), address.port, timeout=5)
        context = ssl.create_default_context(cafile=self.emulator.ca_path)
        return http.client.HTTPSConnection(str(address.hostname), address.port, timeout=5, context=context)

    def ask(  # noqa: PLR0913 - all but the first three are named
        self,
        method: str,
        path: str,
        user: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        body: str = "",
        tls: bool = False,
    ) -> Got:
        """One request on a connection of its own."""
        connection = self.connection(tls=tls)
        sent = {**JSON, **(basic(user) if user else {}), **(headers or {})}
        try:
            connection.request(method, path, body.encode() or None, sent)
            return received(connection)
        finally:
            connection.close()

    def get(self, path: str, user: str = "", **more: Any) -> Got:
        """GET."""
        return self.ask("GET", path, user, **more)

    def logout(self, login: str, query: str = "", user: str = "admin", **more: Any) -> Got:
        """Log somebody out."""
        address = f"/status/user/{urllib.parse.quote(login, safe='')}/logout{query}"
        return self.ask("POST", address, user, **more)

    def login(self, user: str, password: str, **form: str) -> Got:
        """Return the JSON login."""
        fields = urllib.parse.urlencode({"username": user, "password": password, **form})
        return self.ask("POST", "/login-logout/login.json", headers=FORM, body=fields)


def received(connection: http.client.HTTPConnection) -> Got:
    """Read the answer."""
    response = connection.getresponse()
    body = response.read()
    plain = DECOMPRESS[response.headers["Content-Encoding"]](body)
    declared = DECLARED.match(plain)
    charset = response.headers.get_content_charset() or (declared[1].decode() if declared else "utf-8")
    return Got(response.status, response.headers, plain.decode(charset), body)


def control(emulator: Emulator, method: str, path: str, body: Any = None) -> Any:
    """Ask the control port."""
    address = urllib.parse.urlsplit(emulator.control)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=5)
    connection.request(method, path, None if body is None else json.dumps(body))
    result = json.loads(connection.getresponse().read())
    connection.close()
    return result


@final
class Receiver(ThreadingHTTPServer):
    """Takes notifications of web hooks."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.got: list[tuple[str, bytes]] = []
        self.base = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever)

    def __enter__(self) -> Receiver:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def bodies(self) -> list[bytes]:
        """Return what was sent but for tests of the address."""
        return [body for _key, body in self.got if body]


class Handler(BaseHTTPRequestHandler):
    """Answers as the receiver says."""

    server: Receiver

    def do_POST(self) -> None:
        """Take a notification."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers.get("X-FB-Hook-SecKey", ""), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
