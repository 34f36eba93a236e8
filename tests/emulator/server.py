# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network side: listeners, connections, and a request's way to its answer."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .answers import redirect, rendered
from .call import Call, basic_credentials, decoded_pieces
from .coding import coded
from .faults import Faults, Rule
from .flexi import Flexi, is_of_changes
from .hooks import HookSender
from .request_log import LoggedRequest, RequestLog
from .wire import DO, Exchange, Reply

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from .state import State

LOGIN_PIECES = 4
REGISTERING = {"PUT", "POST"}
KEPT_ALIVE = 3600.0
BACKLOG = 1024
Numbers = dict[web.RequestHandler, int]


class Connections(web.Server):
    """aiohttp's low-level server; this one numbers and counts its connections."""

    def __init__(self, *arguments: Any, log: RequestLog, numbers: Numbers, **keywords: Any) -> None:
        """As aiohttp's, with a log to count in and the numbers to keep."""
        super().__init__(*arguments, **keywords)
        self._log = log
        self._numbers = numbers

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Count it; with TLS the handshake is over by now."""
        super().connection_made(handler, transport)
        tls = transport.get_extra_info("ssl_object")
        number = self._log.connected(tls=tls is not None, resumed=bool(tls and tls.session_reused))
        self._numbers[handler] = number

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """Count it out."""
        super().connection_lost(handler, exc)
        if self._numbers.pop(handler, 0):
            self._log.disconnected()


class FlexiServer:
    """The emulated server with its state, its faults and its log."""

    def __init__(self, state: State, variants: dict[str, str], *, log: RequestLog) -> None:
        """Nothing listens yet."""
        self.state, self.variants, self.log = state, variants, log
        self.faults = Faults()
        self.delay = 0.0
        self.flexi = Flexi(state, variants)
        self.sender = HookSender(state, variants)
        self.https_port = 0
        # Of the connections that are open
        self._numbers: Numbers = {}
        self._released = asyncio.Event()
        self._servers: list[asyncio.AbstractServer] = []
        self._opened: list[tuple[web.Server, ssl.SSLContext | None, int]] = []

    async def listen(self, handler: Any, tls: ssl.SSLContext | None = None) -> int:
        """Listen on a free port of the loopback addresses; the port."""
        server = Connections(handler, log=self.log, numbers=self._numbers, **_settings())
        return await self._listen(server, tls)

    async def listen_apart(self, handler: Any) -> int:
        """Like `listen`, but the connections are not counted as Flexi's."""
        return await self._listen(web.Server(handler, **_settings()), None)

    async def listen_again(self) -> None:
        """Listen on the same ports as before `close`."""
        opened, self._opened, self._servers = self._opened, [], []
        for server, tls, port in opened:
            await self._listen(server, tls, port)

    async def _listen(self, server: web.Server, tls: ssl.SSLContext | None, port: int = 0) -> int:
        loop = asyncio.get_running_loop()
        first = await loop.create_server(server, "127.0.0.1", port, ssl=tls, backlog=BACKLOG)
        port = int(first.sockets[0].getsockname()[1])
        self._servers.append(first)
        self._opened.append((server, tls, port))
        # "localhost" may mean ::1; where there is no IPv6, it cannot.
        with suppress(OSError):
            second = await loop.create_server(server, "::1", port, ssl=tls, backlog=BACKLOG)
            self._servers.append(second)
        return port

    def release(self) -> None:
        """End the faults that wait. Only from the loop's own thread."""
        self._released.set()
        self._released = asyncio.Event()

    async def close(self) -> None:
        """Stop listening, and drop every connection."""
        self.release()
        for server in self._servers:
            server.close()
        for connections, _tls, _port in self._opened:
            for handler in connections.connections:
                if handler.transport is not None:
                    handler.transport.abort()
        # One turn of the loop, so that the connections hear of it.
        await asyncio.sleep(0)

    # One request

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to one of the Flexi ports."""
        transport = request.transport
        if transport is None:
            raise asyncio.CancelledError
        body = await request.read() if request.body_exists else b""
        logged = LoggedRequest(request.method, request.raw_path, request.headers)
        logged.connection, logged.time = self._numbers.get(request.protocol, 0), time.time()
        logged.tls = transport.get_extra_info("ssl_object") is not None
        self.log.add(logged)
        try:
            return await self._exchange(request, transport, body, logged)
        finally:
            self.log.finish()

    async def _exchange(
        self,
        request: web.BaseRequest,
        transport: asyncio.Transport,
        body: bytes,
        logged: LoggedRequest,
    ) -> web.StreamResponse:
        # Later the client may have left, and nothing is known of it any more.
        certificate = logged.tls and bool(transport.get_extra_info("peercert"))
        if self.delay:
            await asyncio.sleep(self.delay)
        if not logged.tls and self.variants["force_https"] == "redirect":
            return self._to_https(request, logged)
        base = f"{'https' if logged.tls else 'http'}://{request.headers.get('Host', 'localhost')}"
        call = Call(request.method, request.raw_path, request.headers, body, base)
        call.certificate = certificate
        if call.method in REGISTERING and is_of_changes(decoded_pieces(call.path.partition(".")[0]) or ("",)):
            # Without the state's lock: the receiver may ask something itself.
            call.hook_answers = await self.sender.test(call)
        rule = self._rule(call) if self.faults else None
        if rule is None:
            answer = self.flexi.answer(call)
            logged.status, logged.user = answer.status, call.who.name if call.who else ""
            alive = request.keep_alive
            bare = request.method == "HEAD"
            return Reply(rendered(answer, keep_alive=alive, without_body=bare), keep_alive=alive)
        return await self._fail(rule, request, transport, call, logged)

    async def _fail(
        self,
        rule: Rule,
        request: web.BaseRequest,
        transport: asyncio.Transport,
        call: Call,
        logged: LoggedRequest,
    ) -> web.StreamResponse:
        exchange = Exchange(
            transport,
            keep_alive=request.keep_alive,
            without_body=request.method == "HEAD",
            released=self._released,
            act=lambda: self.flexi.answer(call),
            expire=lambda: self._end_sessions_of(call),
            coded=lambda answer: coded(answer, self.variants),
        )
        try:
            return await DO[rule.action](exchange, rule.options)
        finally:
            logged.status, logged.user = exchange.status, call.who.name if call.who else ""

    def _rule(self, call: Call) -> Rule | None:
        pieces = decoded_pieces(call.path) or ()
        login = pieces[2] if len(pieces) == LOGIN_PIECES and pieces[0] == "status" else ""
        return self.faults.strike(call.method, call.path, self._asker(call), login)

    def _asker(self, call: Call) -> str:
        """Who says to be asking, checked or not."""
        basic = basic_credentials(call.headers.get("Authorization", ""))
        if basic:
            return basic[0]
        session = self.state.session(call.session_id) if call.session_id else None
        return session.user.username if session else ""

    def _end_sessions_of(self, call: Call) -> None:
        if call.session_id:
            self.state.end_session(call.session_id)

    def _to_https(self, request: web.BaseRequest, logged: LoggedRequest) -> web.StreamResponse:
        host = request.headers.get("Host", "localhost").rpartition(":")[0] or "localhost"
        answer = redirect(302, f"https://{host}:{self.https_port}{request.raw_path}")
        logged.status = answer.status
        alive = request.keep_alive
        return Reply(rendered(answer, keep_alive=alive), keep_alive=alive)


def _settings() -> Mapping[str, Any]:
    return {"access_log": None, "keepalive_timeout": KEPT_ALIVE}
