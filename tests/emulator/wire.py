# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is put on the wire: an answer in one write, or one of the ways in which it fails."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import struct
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable

from aiohttp import web

from .answers import JSON, TYPES, XML, Answer, Headers, error, head, interim, redirect, rendered

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

# RST instead of FIN when the socket is closed.
LINGER_OFF = struct.pack("ii", 1, 0)
POLL = 0.2
GARBAGE = b"\x00\x01\x02 this is not HTTP \xff\xfe\r\n\r\n"


class Reply(web.StreamResponse):
    """Bytes that are already complete, so that aiohttp need not put them together."""

    def __init__(self, data: bytes, *, keep_alive: bool) -> None:
        """Send `data` as it is."""
        super().__init__()
        self._data, self._stays = data, keep_alive

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open."""
        return self._stays

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send all of it in one write."""
        transport = request.transport
        if transport is None:
            raise ConnectionResetError
        transport.write(self._data)
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything is sent already."""


class Broken(web.StreamResponse):
    """No answer: the connection is over."""

    async def prepare(self, _request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Tell aiohttp to give the connection up."""
        raise ConnectionResetError


@dataclass
class Exchange:
    """One request with what is needed to answer it, well or badly."""

    transport: asyncio.Transport
    keep_alive: bool
    without_body: bool
    # Set when waiting faults must end.
    released: asyncio.Event
    # Let the request take effect, and give the true answer.
    act: Callable[[], Answer]
    # End the session that the request uses.
    expire: Callable[[], None]
    # Write an answer that a fault makes up as the variants want it.
    coded: Callable[[Answer], Answer]
    # The request log's field
    status: int = 0

    def reply(self, answer: Answer) -> web.StreamResponse:
        """Send an answer properly."""
        self.status = answer.status
        data = rendered(answer, keep_alive=self.keep_alive, without_body=self.without_body)
        return Reply(data, keep_alive=self.keep_alive)

    def send_and_close(self, data: bytes) -> web.StreamResponse:
        """Send these bytes and close the connection."""
        self.transport.write(data)
        self.transport.close()
        return Broken()

    def drop(self, *, reset: bool = False) -> web.StreamResponse:
        """Close at once, without an answer."""
        # A connection that the client has closed has none.
        raw = self.transport.get_extra_info("socket") if reset and not self.transport.is_closing() else None
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_OFF)
        self.transport.abort()
        return Broken()

    async def wait(self, seconds: float | None) -> bool:
        """Wait, but not longer than the client or the emulator. True: the whole time."""
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        while not self.released.is_set() and not self.transport.is_closing():
            left = POLL if end is None else min(POLL, end - loop.time())
            if left <= 0:
                return True
            try:
                await asyncio.wait_for(self.released.wait(), left)
            except asyncio.TimeoutError:
                continue
        return False


Options = Mapping[str, Any]
Action = Callable[[Exchange, Options], Awaitable[web.StreamResponse]]


def _act(exchange: Exchange, options: Options, *, default: bool) -> Answer:
    """Return the true answer, or, when the request is not to take effect, something in its place."""
    if options.get("act", default):
        return exchange.act()
    return error(JSON, 200, "")


async def _drop_before(exchange: Exchange, _options: Options) -> web.StreamResponse:
    return exchange.drop()


async def _drop_after(exchange: Exchange, _options: Options) -> web.StreamResponse:
    exchange.act()
    return exchange.drop()


async def _reset_before(exchange: Exchange, _options: Options) -> web.StreamResponse:
    return exchange.drop(reset=True)


async def _reset_after(exchange: Exchange, _options: Options) -> web.StreamResponse:
    exchange.act()
    return exchange.drop(reset=True)


async def _hang(exchange: Exchange, options: Options) -> web.StreamResponse:
    _act(exchange, options, default=False)
    await exchange.wait(None)
    return exchange.drop()


async def _slow(exchange: Exchange, options: Options) -> web.StreamResponse:
    answer = exchange.act()
    await exchange.wait(float(options.get("seconds", 1)))
    return exchange.reply(answer)


async def _drip(exchange: Exchange, options: Options) -> web.StreamResponse:
    answer = exchange.act()
    exchange.status = answer.status
    data = rendered(answer, keep_alive=False, without_body=exchange.without_body)
    size, pause = int(options.get("bytes", 1)), float(options.get("seconds", 0.05))
    for start in range(0, len(data), size):
        exchange.transport.write(data[start : start + size])
        if not await exchange.wait(pause):
            return exchange.drop()
    return exchange.send_and_close(b"")


async def _interim(exchange: Exchange, options: Options) -> web.StreamResponse:
    answer = _act(exchange, options, default=True)
    data = interim(int(options.get("code", 103)), _headers(options))
    count, pause = int(options.get("count", 1)), float(options.get("seconds", 0.05))
    for number in itertools.count(1):
        exchange.transport.write(data)
        if number == count:
            return exchange.reply(answer)
        if not await exchange.wait(pause):
            break
    return exchange.drop()


async def _close_after(exchange: Exchange, options: Options) -> web.StreamResponse:
    answer = exchange.act()
    exchange.status = answer.status
    exchange.transport.write(rendered(answer, keep_alive=True, without_body=exchange.without_body))
    # What comes in the meantime is never looked at.
    await exchange.wait(float(options.get("seconds", 0)))
    return exchange.send_and_close(b"")


def _each_header(options: Options) -> Iterator[tuple[str, str]]:
    for name, value in (options.get("headers") or {}).items():
        # A list is a header that comes several times, such as Set-Cookie.
        for each in value if isinstance(value, list) else [value]:
            yield str(name), str(each)


def _headers(options: Options) -> Headers:
    return tuple(_each_header(options))


def _made_up(options: Options) -> Answer:
    """Return the answer that a rule describes."""
    code, headers = int(options.get("code", 503)), _headers(options)
    if "message" in options:
        kind = str(options.get("content_type", TYPES[JSON]))
        envelope = error(XML if "xml" in kind else JSON, code, str(options["message"]), headers=headers)
        return replace(envelope, content_type=kind)
    body = options.get("body", f"<html><body><h1>{code}</h1></body></html>")
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(code, str(options.get("content_type", "text/html")), text.encode(), headers)


async def _status(exchange: Exchange, options: Options) -> web.StreamResponse:
    return exchange.reply(exchange.coded(_made_up(options)))


async def _status_after(exchange: Exchange, options: Options) -> web.StreamResponse:
    exchange.act()
    return exchange.reply(exchange.coded(_made_up({"code": 504, **options})))


async def _garbage(exchange: Exchange, options: Options) -> web.StreamResponse:
    _act(exchange, options, default=False)
    body = options.get("body")
    return exchange.send_and_close(str(body).encode("latin-1") if body else GARBAGE)


async def _truncate(exchange: Exchange, options: Options) -> web.StreamResponse:
    answer = _act(exchange, options, default=True)
    exchange.status = answer.status
    start = head(answer, len(answer.body) + 1000, keep_alive=exchange.keep_alive)
    return exchange.send_and_close(start + answer.body)


async def _chunk_truncate(exchange: Exchange, options: Options) -> web.StreamResponse:
    answer = _act(exchange, options, default=True)
    exchange.status = answer.status
    start = head(answer, None, keep_alive=exchange.keep_alive)
    # The chunk promises more than comes, and the last chunk never comes.
    return exchange.send_and_close(start + b"%x\r\n" % (len(answer.body) + 64) + answer.body)


async def _wrong_length(exchange: Exchange, options: Options) -> web.StreamResponse:
    answer = _act(exchange, options, default=True)
    exchange.status = answer.status
    body = answer.body or b"{}"
    # The connection stays open: the rest of the body runs into the next answer.
    start = head(answer, len(body) // 2, keep_alive=exchange.keep_alive)
    return Reply(start + body, keep_alive=exchange.keep_alive)


async def _huge_html(exchange: Exchange, options: Options) -> web.StreamResponse:
    _act(exchange, options, default=False)
    size = int(float(options.get("megabytes", 16)) * 1024 * 1024)
    body = b"<html><body>" + b"<p>error</p>\n" * (size // 13) + b"</body></html>"
    return exchange.reply(Answer(int(options.get("code", 200)), "text/html", body))


async def _bad_utf8(exchange: Exchange, options: Options) -> web.StreamResponse:
    status = _act(exchange, options, default=True).status
    body = b'{"winstrom":{"@version":"1.0","success":"false","message":"\xc5\xff\xfe\xed"}}'
    return exchange.reply(Answer(status, TYPES[JSON], body))


async def _wrong_json(exchange: Exchange, options: Options) -> web.StreamResponse:
    status = _act(exchange, options, default=True).status
    wrong = options.get("body", {"winstrom": ["unexpected", {"message": 42}]})
    body = wrong if isinstance(wrong, str) else json.dumps(wrong)
    return exchange.reply(Answer(int(options.get("code", status)), TYPES[JSON], body.encode()))


async def _redirect(exchange: Exchange, options: Options) -> web.StreamResponse:
    _act(exchange, options, default=False)
    location = str(options.get("location", "/login-logout/login.html"))
    return exchange.reply(redirect(int(options.get("code", 302)), location))


async def _expire_session(exchange: Exchange, _options: Options) -> web.StreamResponse:
    exchange.expire()
    return exchange.reply(exchange.act())


DO: dict[str, Action] = {
    "drop_before": _drop_before,
    "drop_after": _drop_after,
    "reset_before": _reset_before,
    "reset_after": _reset_after,
    "hang": _hang,
    "slow": _slow,
    "drip": _drip,
    "interim": _interim,
    "close_after": _close_after,
    "status": _status,
    "status_after": _status_after,
    "garbage": _garbage,
    "truncate": _truncate,
    "chunk_truncate": _chunk_truncate,
    "wrong_length": _wrong_length,
    "huge_html": _huge_html,
    "bad_utf8": _bad_utf8,
    "wrong_json": _wrong_json,
    "redirect": _redirect,
    "expire_session": _expire_session,
}
