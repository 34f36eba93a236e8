# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator in this process: a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, final

from . import variants as variant_table
from .certificates import Authority
from .control import Control
from .request_log import LoggedRequest, RequestLog
from .server import FlexiServer
from .state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from .hooks import Sent

Content = Optional[Mapping[str, Any]]
STOP_DELAY = 0.05
PATIENCE = 30.0


@final
class Emulator:
    """An ABRA Flexi server for tests; a context manager. Safe to use from many threads."""

    def __init__(  # noqa: PLR0913 - all but the first two are rarely used
        self,
        state: Content = None,
        variants: Content = None,
        *,
        directory: str | None = None,
        certificate: str = "good",
        client_ca: bool = False,
        delay: float = 0.0,
        log: bool = True,
    ) -> None:
        """`state` and `variants` are also what `reset()` without arguments goes back to."""
        self._start_state: Content = state
        self._start_variants = self._wanted(state, variants)
        self._start_delay = delay
        self._certificate, self._client_ca = certificate, client_ca
        self.state = State(state)
        self.variants: dict[str, str] = {**variant_table.defaults(), **self._start_variants}
        self.log = RequestLog(enabled=log)
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="flexi-")
        self.directory = Path(directory or (self._temporary.name if self._temporary else "."))
        self.https = self.http = self.control = self.ca_path = ""
        self._ready, self._stopped = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: FlexiServer | None = None
        self._stop: asyncio.Event | None = None
        self._authority: Authority | None = None

    # Start and stop

    def __enter__(self) -> Emulator:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> Emulator:
        """Start, and return when it listens."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._authority = Authority(self.directory)
        self.ca_path = str(self._authority.ca_path)
        if self._client_ca:
            self.client_pair()
        self._thread = threading.Thread(target=self._run, name="flexi-emulator", daemon=True)
        self._thread.start()
        self._ready.wait(PATIENCE)
        if not self.control:
            self.stop()
            raise self._failure or RuntimeError("the emulator did not start")
        return self

    def stop(self) -> None:
        """Stop at once, whatever is under way."""
        self.stop_soon(0)
        if self._thread is not None:
            self._thread.join(PATIENCE)
            self._thread = None
        if self._temporary is not None:
            self._temporary.cleanup()

    def stop_soon(self, delay: float = STOP_DELAY) -> None:
        """Stop a moment later, so that an answer can still be given."""
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(loop.call_later, delay, stop.set)

    def wait(self, seconds: float) -> bool:
        """Wait until it has stopped, at most so long; whether it has."""
        return self._stopped.wait(seconds)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be out of reach for a while, at the same ports afterwards; what is in the state stays."""
        server, loop = self._running(), self._loop
        if loop is None:
            raise RuntimeError("the emulator has not been started")
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(PATIENCE)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(server.listen_again(), loop).result(PATIENCE)

    # What a test reads

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests to the Flexi ports so far, oldest first."""
        return self.log.as_list()

    def requests_by_path(self) -> dict[str, int]:
        """How often each was asked: `{"GET /u.json": 1}`, whatever the query."""
        return self.log.by_path()

    def connections(self) -> dict[str, int]:
        """How many connections, handshakes, and how many at once."""
        return self.log.connections()

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults in force, with how often each has hit."""
        return self._running().faults.as_list()

    @property
    def notifications(self) -> list[Sent]:
        """What was sent to web hooks so far, oldest first; an empty body is the test of a registration."""
        return list(self._running().sender.sent)

    def client_pair(self) -> tuple[str, str]:
        """Paths of a client certificate and of its key."""
        if self._authority is None:
            raise RuntimeError("the emulator has not been started")
        certificate, key = self._authority.client_pair()
        return str(certificate), str(key)

    def address(self) -> dict[str, Any]:
        """Return what the command line prints."""
        return {
            "https": self.https,
            "http": self.http,
            "control": self.control,
            "ca_path": self.ca_path,
            "pid": os.getpid(),
        }

    # What a test changes

    def reset(self, state: Content = None, variants: Content = None, *, delay: float | None = None) -> None:
        """Start anew: without arguments as at the start. Faults and the log are cleared."""
        given = self._start_state if state is None else state
        wanted = self._start_variants
        if variants is not None or state is not None:
            wanted = {**wanted, **self._wanted(state, variants)}
        with self.state.lock:
            self.state.load(given)
            # The same dictionary: the endpoints look into it at each request.
            self.variants.update({**variant_table.defaults(), **wanted})
        self.clear_faults()
        self.log.clear()
        self._running().sender.forget()
        self._running().delay = self._start_delay if delay is None else float(delay)

    def set_variants(self, **variants: Any) -> None:
        """Change some variants and leave the others."""
        checked = variant_table.checked(variants)
        with self.state.lock:
            self.variants.update(checked)

    def set_delay(self, seconds: float) -> None:
        """Wait so long before each answer, as a distant server would."""
        self._running().delay = seconds

    def add_fault(self, rule: Content = None, **options: Any) -> int:
        """Add a fault, as a mapping or as keywords (`action="hang", times=1`); its number."""
        return self._running().faults.add({**(rule or {}), **options})

    def clear_faults(self) -> None:
        """Drop every fault, and let go those who are kept waiting by one."""
        server, loop = self._running(), self._loop
        had = bool(server.faults)
        server.faults.clear()
        if had and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(server.release)

    def repeat_notifications(self) -> None:
        """Send the latest notification of each web hook again."""
        server, loop = self._running(), self._loop
        if loop is not None:
            asyncio.run_coroutine_threadsafe(server.sender.repeat(), loop).result(PATIENCE)

    def clear_requests(self) -> None:
        """Forget the requests and the counts of connections."""
        self.log.clear()

    # Inside

    @staticmethod
    def _wanted(state: Content, variants: Content) -> dict[str, str]:
        """Return the variants of the state file, and over them those given."""
        inside = variant_table.checked((state or {}).get("variants"))
        return {**inside, **variant_table.checked(variants)}

    def _running(self) -> FlexiServer:
        if self._server is None:
            raise RuntimeError("the emulator has not been started")
        return self._server

    def _run(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._serve())
            _cancel_all(loop)
        except (OSError, ValueError) as error:
            self._failure = error
        finally:
            loop.close()
            self._stopped.set()
            self._ready.set()

    async def _serve(self) -> None:
        stop = self._stop = asyncio.Event()
        server = FlexiServer(self.state, self.variants, log=self.log)
        server.delay = self._start_delay
        await self._listen(server)
        self._server = server
        self._ready.set()
        sending = asyncio.create_task(server.sender.run())
        await stop.wait()
        sending.cancel()
        await server.close()

    async def _listen(self, server: FlexiServer) -> None:
        if self._authority is None:
            raise RuntimeError("the emulator has not been started")
        tls = self._authority.server_context(self._certificate, client_ca=self._client_ca)
        server.https_port = await server.listen(server.handle, tls)
        self.https = f"https://localhost:{server.https_port}"
        self.http = f"http://127.0.0.1:{await server.listen(server.handle)}"
        self.control = f"http://127.0.0.1:{await server.listen_apart(Control(self).handle)}"


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    """End the requests under way."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
