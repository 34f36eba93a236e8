# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: kept connections to one Flexi server, and what turns a request into a Reply or a FlexiError.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import base64
import random
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Callable
from urllib.parse import quote, urlencode, urljoin, urlsplit

from .. import _errors
from .._errors import FlexiError
from .._secrets import longest_first
from .pace import Pace
from .pool import PROBLEMS, Pool
from .problems import Trouble, trouble_of
from .reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse

    from typing_extensions import Self

JSON = "application/json"
HTML = "text/html"

LONGEST_PAUSE = 30.0
"""Seconds between two tries, also the most that ``Retry-After`` can ask for."""
_FIRST_PAUSE = 0.5

_OVERLOADED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_ANSWER_LOST = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""A proxy did not get the server's answer: the server may have acted."""


@dataclass(frozen=True)
class Connection:
    """Everything that decides how the server is reached; times in seconds."""

    url: str
    """The server's root, checked, without a slash at its end."""
    auth_method: str = "basic"
    username: str = ""
    password: str = field(default="", repr=False)
    otp: str = field(default="", repr=False)
    session_id: str = field(default="", repr=False)
    client_cert: tuple[str, str] | None = None
    """The files of the certificate and of its key."""
    verify: bool | str = True
    """Whether to check the server's certificate, or the file or directory of the authorities to check it with."""
    use_proxies: bool = True
    timeout: float = 60.0
    retries: int = 3
    deadline: float | None = None
    concurrency: int = 1

    @property
    def secrets(self) -> set[str]:
        """What is in nobody's output."""
        basic = self.basic_credentials if self.username and self.password else ""
        return {self.password, self.otp, self.session_id, basic} - {""}

    @property
    def basic_credentials(self) -> str:
        """What HTTP Basic sends; as UTF-8, since Czech logins do not fit into Latin-1."""
        both = f"{self.username}:{self.password}".encode("utf-8", "surrogatepass")
        return base64.b64encode(both).decode("ascii")


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests need not wait for either."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True)
class Request:
    """What is asked; ``path`` is percent-encoded and below the server's root."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=lambda: {"Accept": JSON}, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)


class Client:
    """Asks one Flexi server, with HTTP Basic or a client certificate, and tries again what may be tried again.

    Any number of threads may use it; there are never more connections than ``concurrency``.
    """

    def __init__(self, connection: Connection, clock: Clock | None = None) -> None:
        """Open nothing yet; the deadline starts to run here."""
        self.connection = connection
        self.retried: dict[str, str] = {}
        """The paths that took more than one try, each with the reason of the last one."""
        self._clock = clock or Clock()
        self._ends_at = None if connection.deadline is None else self._clock.now() + connection.deadline
        self._pace = Pace()
        self._is_refused = False
        """Whether the server has refused the credentials: then nothing is tried again with them."""
        self._pool = Pool(
            connection.url,
            size=connection.concurrency,
            verify=connection.verify,
            client_cert=connection.client_cert,
            use_proxies=connection.use_proxies,
        )
        self._secrets = longest_first(connection.secrets)
        self._headers = {"User-Agent": "abra.flexi (Ansible)"}
        self._otp: dict[str, str] = {}
        if connection.username:
            self._headers["Authorization"] = f"Basic {connection.basic_credentials}"
            # A user with two-factor login has to send the code with every Basic call.
            self._otp = {"otp": connection.otp} if connection.otp else {}

    def __enter__(self) -> Self:
        """Return the client, which closes its connections at the end of the block."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close the connections."""
        self._pool.close()

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON) -> Reply:
        """Read ``path``; raise FlexiError where no answer came."""
        return self._ask(Request("GET", path, query or {}, {"Accept": accept}))

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Post without a body; raise FlexiError where no answer came.

        Only for what may be done twice: a request whose answer was lost is sent again.
        """
        return self._ask(Request("POST", path, query or {}))

    def is_there(self) -> bool:
        """Ask once whether the server is at work at all."""
        try:
            self._wait_for_a_turn()
            outcome = self._try(Request("GET", "/status.json"))
        except FlexiError:  # the deadline has passed
            return False
        return isinstance(outcome, Reply) and outcome.status not in _ANSWER_LOST | _OVERLOADED

    def _ask(self, request: Request) -> Reply:
        attempt = 0
        answer_lost = False
        self._wait_for_a_turn()
        while True:
            attempt += 1
            outcome = self._try(request)
            trouble = outcome if isinstance(outcome, Trouble) else _trouble_in(outcome)
            pause = self._pause_after(attempt, outcome)
            if attempt > self.connection.retries or not self._may_repeat(request, trouble):
                break
            answer_lost = answer_lost or trouble.maybe_done
            self.retried[request.path] = trouble.reason
            if self._ends_at is not None and self._clock.now() + pause >= self._ends_at:
                raise self._deadline_passed(f" The last try: {trouble.reason}.", attempt)
            if not _says_overloaded(outcome):
                self._clock.sleep(pause)
            self._wait_for_a_turn()
            if self._is_refused:
                break
        if isinstance(outcome, Trouble):
            raise self._no_answer(outcome, attempt, answer_lost=answer_lost or outcome.maybe_done)
        return outcome if attempt == 1 else replace(outcome, attempts=attempt, answer_lost=answer_lost)

    def _may_repeat(self, _request: Request, trouble: Trouble) -> bool:
        return trouble.again

    def _try(self, request: Request) -> Reply | Trouble:
        query = urlencode({**request.query, **self._otp}, quote_via=quote)
        headers = {**self._headers, **request.headers}
        body = None
        if request.form is not None:
            body = urlencode(request.form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        target = f"{request.path}{'?' if query else ''}{query}"
        timeout = self._time_left()
        try:
            response, content = self._pool.ask(request.method, target, headers, body, timeout)
        except PROBLEMS as problem:
            return trouble_of(problem, self._secrets)
        reply = self._reply(request, response, content)
        self._is_refused = self._is_refused or reply.status == HTTPStatus.UNAUTHORIZED
        return reply

    def _reply(self, request: Request, response: HTTPResponse, content: bytes) -> Reply:
        header = response.headers.get
        return Reply(
            status=response.status,
            text=content.decode("utf-8", "replace"),
            content_type=header("Content-Type", "").lower(),
            location=self._seen_from_here(request.path, header("Location", "")),
            has_flexi_cookie=any("lang=" in cookie for cookie in response.headers.get_all("Set-Cookie", ())),
            retry_after=_seconds(header("Retry-After", "")),
            secrets=self._secrets,
        )

    def _seen_from_here(self, path: str, location: str) -> str:
        """Return where a redirect from ``path`` leads to: a path if to the same server, else the whole address."""
        if not location:
            return ""
        try:
            there = urlsplit(urljoin(f"{self.connection.url}{path}", location))
            here = urlsplit(self.connection.url)
            is_here = (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
        except ValueError:
            return location
        return there._replace(scheme="", netloc="").geturl() if is_here else there.geturl()

    def _time_left(self) -> float:
        if self._ends_at is None:
            return self.connection.timeout
        left = self._ends_at - self._clock.now()
        if left <= 0:
            raise self._deadline_passed()
        return min(left, self.connection.timeout)

    def _pause_after(self, attempt: int, outcome: Reply | Trouble) -> float:
        """Return the seconds to wait before trying again; an overloaded server makes all threads wait for a turn."""
        asked_for = outcome.retry_after if isinstance(outcome, Reply) else 0.0
        growing = _FIRST_PAUSE * 2.0 ** (attempt - 1) * (0.5 + self._clock.jitter() / 2)
        pause = min(max(growing, asked_for), LONGEST_PAUSE)
        if _says_overloaded(outcome):
            self._pace.overloaded(self._clock.now(), pause)
        elif isinstance(outcome, Reply):
            self._pace.answered()
        return pause

    def _wait_for_a_turn(self) -> None:
        now = self._clock.now()
        turn = self._pace.turn(now)
        if self._ends_at is not None and turn >= self._ends_at:
            raise self._deadline_passed()
        if turn > now:
            self._clock.sleep(turn - now)

    def _deadline_passed(self, last_try: str = "", attempts: int = 0) -> FlexiError:
        message = f"The deadline of {self.connection.deadline:g} seconds has passed.{last_try}"
        return FlexiError(_errors.DEADLINE, message, "Run the task again, or give it more time.", attempts=attempts)

    def _no_answer(self, trouble: Trouble, attempts: int, *, answer_lost: bool) -> FlexiError:
        tries = f" in {attempts} tries" if attempts > 1 else ""
        perhaps = " The request may have been carried out all the same." if answer_lost else ""
        if self._ends_at is not None and self._clock.now() >= self._ends_at:
            return self._deadline_passed(f" The last try: {trouble.reason}.{perhaps}", attempts)
        message = f"No answer from {self.connection.url}{tries}: {trouble.reason}.{perhaps}"
        return FlexiError(trouble.code, message, _HINTS[trouble.code], attempts=attempts)


_HINTS = {
    _errors.INVALID_OPTION: "Check url: it is the root of a Flexi server, such as https://flexi.example.com:5434.",
    _errors.TLS: "The certificate must be valid for this host name; give the authority that signed it as ca_path.",
    _errors.PROXY: "Check the proxy in the environment (HTTPS_PROXY), or list the server in NO_PROXY.",
    _errors.UNREACHABLE: "Check url, port and firewall, that Flexi is running, and whether it wants a client_cert.",
    _errors.TIMEOUT: "Flexi is slow after a start: try again later, or with a longer timeout.",
    _errors.BROKEN_REPLY: "Check that url and port are those of a Flexi server, and what lies between here and there.",
}


def _says_overloaded(outcome: Reply | Trouble) -> bool:
    return isinstance(outcome, Reply) and outcome.status in _OVERLOADED


def _trouble_in(reply: Reply) -> Trouble:
    return Trouble(
        code="",
        reason=f"the server answered {reply.status}",
        again=reply.status in _OVERLOADED | _ANSWER_LOST,
        maybe_done=reply.status in _ANSWER_LOST,
    )


def _seconds(retry_after: str) -> float:
    """Read the header ``Retry-After``: a number of seconds or a date; 0 where it is neither."""
    if not retry_after:
        return 0.0
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after) - datetime.now(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return until.total_seconds()
