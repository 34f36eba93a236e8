# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire to one Flexi server: turns a request into a Reply or a FlexiError."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Callable, Protocol
from urllib.parse import quote, urlencode, urljoin, urlsplit

from .. import _errors
from .._errors import FlexiError, stopped
from .._secrets import Secrets
from .connection import JSON, Request
from .pace import Pace
from .pool import NoAnswerError, Pool
from .problems import Problem, problem_of
from .reply import Reply, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from .auth import Auth, Credentials
    from .connection import Connection
    from .pool import Answer

LONGEST_PAUSE = 30.0
"""Seconds between two tries, also the most that ``Retry-After`` can ask for."""
FIRST_PAUSE = 0.5
PATIENCE = 60.0
"""Seconds without any progress after which a server that limits its rate counts as one that does not answer."""
_MANY = 5
"""So many answers to others, while nobody else is refused, hint that a refusal is not for the rate of requests."""
_SURE = 3
"""So many refusals of that kind in a row show it."""
_LAST_SECONDS = 5.0
_NAMED = 3

_ANSWER_LOST = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""A proxy did not get the server's answer: the server may have acted."""


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests need not wait for either."""

    now: Callable[[], float] = time.monotonic
    wait: Callable[[threading.Event, float], object] = threading.Event.wait
    """Waits so many seconds, or until the event is set."""
    jitter: Callable[[], float] = random.random


class Wire(Protocol):
    """What the wings above need of a client; see there."""

    connection: Connection
    auth: Auth

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON) -> Reply:
        """Read ``path``."""

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Post without a body."""

    def ask_once(self, request: Request) -> Reply:
        """Send a request without trying again."""

    def stop(self) -> None:
        """Let no request begin any more."""

    def notices(self) -> list[str]:
        """Return what is worth a warning."""


class Client:
    """Asks one Flexi server, and tries again what may be tried again.

    Any number of threads may use it; there are never more connections than ``connection.concurrency``.
    """

    def __init__(
        self, connection: Connection, auth: Auth, *, secrets: Secrets | None = None, clock: Clock | None = None
    ) -> None:
        """Open nothing yet; the deadline starts to run here. ``secrets`` are masked in what the server says."""
        self.connection = connection
        self.auth = auth
        self._secrets = secrets or Secrets()
        self._clock = clock or Clock()
        self._ends_at = None if connection.deadline is None else self._clock.now() + connection.deadline
        self._pace = Pace(self._clock.now())
        self._stopped = threading.Event()
        self._is_refused = False
        """Whether the server has refused the credentials: then nothing is tried again with them."""
        self._repeated: dict[str, str] = {}
        self._limited: Counter[int] = Counter()
        self._pool = Pool(connection)

    def __enter__(self) -> Self:
        """Return the client, which closes its connections at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exc: object) -> None:
        """End an own session, and close the connections."""
        if kind and not issubclass(kind, Exception):
            self.stop()
        # Best effort, also where the deadline has passed, and not for long.
        self._ends_at = self._clock.now() + _LAST_SECONDS
        try:
            with suppress(FlexiError):
                self.auth.leave(partial(self._send, retries=0))
        finally:
            self._pool.close()

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON) -> Reply:
        """Read ``path``; raise FlexiError where no answer came."""
        return self._ask(Request("GET", path, query or {}, {"Accept": accept}))

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Post without a body; raise FlexiError where no answer came.

        Only for what may be done twice: a request whose answer was lost is sent again.
        """
        return self._ask(Request("POST", path, query or {}))

    def ask_once(self, request: Request) -> Reply:
        """Send a request without trying again; raise FlexiError where no answer came."""
        return self._ask(replace(request, is_probe=True))

    def acting_as(self, auth: Auth) -> Client:
        """Return a client of the same server, until the same deadline, that authenticates in another way."""
        other = Client(self.connection, auth, secrets=self._secrets, clock=self._clock)
        other._ends_at = self._ends_at
        return other

    def stop(self) -> None:
        """Let no request begin any more, and cut off those under way; each ends with FlexiError."""
        self._stopped.set()
        self._pool.cut()

    def notices(self) -> list[str]:
        """Return what is worth a warning: what was slow, and what was sent more than once."""
        notices = []
        if self._limited:
            number, statuses = sum(self._limited.values()), " and ".join(map(str, sorted(self._limited)))
            times = "once" if number == 1 else f"{number} times"
            notices.append(
                f"The server limited the rate of requests: it answered {statuses} {times}, so the run took longer."
            )
        named = [f"{path} was requested more than once: {reason}." for path, reason in self._repeated.items()]
        more = f" The same goes for {len(named) - _NAMED} more." if len(named) > _NAMED else ""
        return notices + ([" ".join(named[:_NAMED]) + more] if named else [])

    def _ask(self, request: Request) -> Reply:
        used = self.auth.credentials(self._send)
        reply = self._send(request, used)
        fresh = self.auth.renewed(reply, used, self._send)
        if fresh is None:
            return reply
        again = self._send(request, fresh)
        self.auth.renewed(again, fresh, self._send)
        attempts, answer_lost = reply.attempts + again.attempts, reply.answer_lost or again.answer_lost
        return replace(again, attempts=attempts, answer_lost=answer_lost)

    def _send(self, request: Request, credentials: Credentials, *, retries: int | None = None) -> Reply:
        """Send a request until there is an answer, as often as is allowed."""
        allowed = self.connection.retries if retries is None else retries
        tries = _Tries(0 if request.is_probe else allowed, self._pace)
        self._wait_for_a_turn()
        while True:
            outcome = self._try(request, credentials)
            problem = outcome if isinstance(outcome, Problem) else _problem_in(outcome)
            tries.count(request, outcome, self._clock.now())
            pause = self._pause_after(request, tries, outcome)
            if not tries.again(request, problem):
                break
            if self._ends_at is not None and self._clock.now() + pause >= self._ends_at:
                raise self._deadline_passed(f" The last try: {problem.reason}.", tries.attempts)
            self._note(request, outcome, problem)
            if tries.is_alone or not _says_overloaded(outcome):
                self._clock.wait(self._stopped, pause)
            self._wait_for_a_turn()
            if self._is_refused:
                break
        if isinstance(outcome, Problem):
            raise self._no_answer(request, outcome, tries)
        return replace(outcome, attempts=tries.attempts, answer_lost=tries.answer_lost)

    def _try(self, request: Request, credentials: Credentials) -> Reply | Problem:
        query = urlencode({**request.query, **credentials.query}, quote_via=quote)
        headers = {"User-Agent": "abra.flexi (Ansible)", **credentials.headers, **request.headers}
        body = None
        if request.form is not None:
            body = urlencode(request.form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif request.method == "POST":
            headers["Content-Length"] = "0"
        target = f"{request.path}{'?' if query else ''}{query}"
        timeout, left = self.connection.timeout, self._time_left()
        try:
            answer = self._pool.ask(request.method, target, headers, body, timeout=timeout, time_left=left)
        except NoAnswerError as raised:
            if self._stopped.is_set():
                may_act = raised.was_sent and request.method != "GET"
                raise stopped(attempts=int(raised.was_sent), maybe_done=may_act) from None
            return problem_of(raised.problem, was_sent=raised.was_sent, hide=self._secrets.hide)
        reply = self._reply(request, answer)
        self._is_refused = self._is_refused or reply.status == HTTPStatus.UNAUTHORIZED
        return reply

    def _reply(self, request: Request, answer: Answer) -> Reply:
        header = answer.headers.get
        content_type = header("Content-Type", "").lower()
        location, own_path = self._seen_from_here(request.path, header("Location", ""))
        return Reply(
            status=answer.status,
            text=decoded(answer.body, content_type),
            is_whole=answer.is_whole,
            content_type=content_type,
            location=location,
            own_path=own_path,
            has_flexi_cookie=any(
                cookie.partition("=")[0].strip() == "lang" for cookie in answer.headers.getlist("Set-Cookie")
            ),
            retry_after=_seconds(header("Retry-After", "")),
            headers=answer.headers,
            secrets=self._secrets,
        )

    def _seen_from_here(self, path: str, location: str) -> tuple[str, str]:
        """Return where a redirect from ``path`` leads to: the address, and its path if on the same host, else "".

        Behind a proxy that does TLS, Flexi believes itself to be at plain ``http`` and without a port.
        """
        if not location:
            return "", ""
        try:
            there = urlsplit(urljoin(f"{self.connection.url}{path}", location))
            here = urlsplit(self.connection.url)
            is_same = (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
        except ValueError:
            return location, ""
        shown = there._replace(scheme="", netloc="") if is_same else there
        return shown.geturl(), there.path if here.hostname == there.hostname else ""

    def _time_left(self) -> float:
        left = math.inf if self._ends_at is None else self._ends_at - self._clock.now()
        if left <= 0:
            raise self._deadline_passed()
        return left

    def _pause_after(self, request: Request, tries: _Tries, outcome: Reply | Problem) -> float:
        """Return the seconds to wait before trying again; an overloaded server makes all threads wait for a turn."""
        asked_for = (outcome.retry_after or 0.0) if isinstance(outcome, Reply) else 0.0
        now, jitter = self._clock.now(), 0.5 + self._clock.jitter() / 2
        if _says_overloaded(outcome) and not tries.is_alone:
            growing = FIRST_PAUSE * 2.0**self._pace.strain * jitter
            pause = min(max(growing, asked_for), LONGEST_PAUSE)
            self._pace.overloaded(now, pause)
            return pause
        # That a probe gets through is no progress for those who do not.
        if isinstance(outcome, Reply) and not (request.is_probe or tries.is_alone or outcome.status in _ANSWER_LOST):
            self._pace.has_answered()
        growing = FIRST_PAUSE * 2.0 ** (tries.attempts - 1) * jitter
        return min(max(growing, asked_for), LONGEST_PAUSE)

    def _wait_for_a_turn(self) -> None:
        now = self._clock.now()
        turn = self._pace.turn(now)
        if self._ends_at is not None and turn >= self._ends_at:
            raise self._deadline_passed()
        if turn > now:
            self._clock.wait(self._stopped, turn - now)
        if self._stopped.is_set():
            raise stopped()

    def _note(self, request: Request, outcome: Reply | Problem, problem: Problem) -> None:
        if isinstance(outcome, Reply) and _says_overloaded(outcome):
            self._limited[outcome.status] += 1
        else:
            self._repeated[request.path] = problem.reason

    def _deadline_passed(self, last_try: str = "", attempts: int = 0) -> FlexiError:
        message = f"The deadline of {self.connection.deadline or 0:g} seconds has passed.{last_try}"
        return FlexiError(_errors.DEADLINE, message, "Run the task again, or give it more time.", attempts=attempts)

    def _no_answer(self, request: Request, problem: Problem, tries: _Tries) -> FlexiError:
        in_tries = f" in {tries.attempts} tries" if tries.attempts > 1 else ""
        perhaps = _errors.MAYBE_DONE if request.method != "GET" and (tries.answer_lost or problem.maybe_done) else ""
        if self._ends_at is not None and self._clock.now() >= self._ends_at:
            return self._deadline_passed(f" The last try: {problem.reason}.{perhaps}", tries.attempts)
        message = f"No answer from {self.connection.url}{in_tries}: {problem.reason}.{perhaps}"
        return FlexiError(problem.code, message, problem.hint, attempts=tries.attempts)


class _Tries:
    """How often one request was sent, and whether it may be sent again."""

    def __init__(self, allowed: int, pace: Pace) -> None:
        self.attempts = 0
        self.answer_lost = False
        self._alone = 0
        """How often in a row it was refused while others got through, of whom nobody was."""
        self._allowed = allowed
        self._spent = 0
        self._pace = pace
        self._answered = pace.answered
        """By everybody, up to the last try."""
        self._refused = 0
        self._others: tuple[int, int] | None = None
        """How often others had been refused, and everybody answered, when one of them last was."""

    def count(self, request: Request, outcome: Reply | Problem, now: float) -> None:
        """Count a try.

        Where the server limits its rate, a try costs nothing as long as somebody gets through.
        """
        self.attempts += 1
        self._spent += 1
        if request.is_probe or not isinstance(outcome, Reply) or not outcome.is_overloaded:
            self._alone = 0
            return
        answered, others_refused = self._pace.answered, self._pace.refused - self._refused
        if self._others is None or self._others[0] != others_refused:
            self._others = others_refused, answered
        self._alone = self._alone + 1 if answered - self._others[1] >= _MANY else 0
        if self._alone:
            self._spent = self._alone if self._alone > _SURE else 0
        elif answered != self._answered:
            self._spent = 0
        elif outcome.limits_rate:
            is_over = self._pace.strain and now - self._pace.limited_since >= PATIENCE
            self._spent = self._allowed + 1 if is_over else self._spent - 1
        self._refused += not self._alone
        self._answered = answered

    @property
    def is_alone(self) -> bool:
        """Whether it is refused for now while others get through, of whom nobody is."""
        return self._alone > 0

    def again(self, request: Request, problem: Problem) -> bool:
        """Whether it may be sent once more."""
        if not problem.again or self._spent > self._allowed:
            return False
        if problem.maybe_done and not request.may_be_done_twice:
            return False
        self.answer_lost = self.answer_lost or problem.maybe_done
        return True


def _says_overloaded(outcome: Reply | Problem) -> bool:
    return isinstance(outcome, Reply) and outcome.is_overloaded


def _problem_in(reply: Reply) -> Problem:
    return Problem(
        code=_errors.UNAVAILABLE,
        reason=f"the server answered {reply.status}",
        again=reply.is_overloaded or reply.status in _ANSWER_LOST,
        maybe_done=reply.status in _ANSWER_LOST,
    )


def _seconds(retry_after: str) -> float | None:
    """Read the header ``Retry-After``: a number of seconds or a date; None where it is neither."""
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after) - datetime.now(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None
    return until.total_seconds()
