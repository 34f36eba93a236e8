# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Flexi's answers to a logout mean."""

from __future__ import annotations

import threading
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Callable, NamedTuple
from urllib.parse import urlsplit

from .. import _errors
from .._errors import FlexiError
from .._flexi.server import USER_PAGE
from .._text import without
from .._wire.reply import UNKNOWN_ADDRESS, UNKNOWN_COMPANY
from .results import LOGGED_OUT, NOT_LOGGED_IN, Result, Status, failed, not_logged_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from .._flexi.server import Server
    from .._wire.client import Wire
    from .._wire.reply import Reply
    from .targets import Target


_LONGEST_WAIT = 5.0
"""Seconds for which somebody else's second question is waited for."""

_IDLE = ("není přihlášen", "není přihlášena", "nebyl přihlášen", "nebyla přihlášena", "nepřihlášen", "not logged in")
"""What a yes to the second question may repeat."""
_IDLE_NOW = ("již není přihlášen", "již není přihlášena", "už není přihlášen", "už není přihlášena")
"""What Flexi may say of a user whom it has logged out."""


class Mark(NamedTuple):
    """Something that only Flexi's own answer has."""

    what: str
    """As the guide "What is unverified" has it."""
    shows: Callable[[Reply, Server], bool]


MARKS = (
    Mark("The `winstrom` envelope, as JSON or XML", lambda reply, _server: bool(reply.envelope)),
    Mark(
        "The cookie `lang`, where `/status.json` of this server has it",
        lambda reply, server: server.sets_flexi_cookie and reply.has_flexi_cookie,
    ),
    Mark(
        "No body at all, where `/status.json` of this server has no cookie `lang`",
        lambda reply, server: not (server.sets_flexi_cookie or reply.text.strip()),
    ),
    Mark(
        "The word `ok`, where `/status.json` of this server has no cookie `lang`",
        lambda reply, server: not server.sets_flexi_cookie and reply.text.strip().lower() == "ok",
    ),
)
"""Any one of these, and nothing else, makes a 200 Flexi's; never a page, a broken body, or one that denies success."""


def says_done(
    reply: Reply, server: Server, root: str, names: Collection[str] = (), *, may_be_idle: bool = False
) -> bool:
    """Whether Flexi says that a logout is done.

    ``root`` is the path of the server's root; ``names`` are those that it may repeat, of which none denies anything.
    With ``may_be_idle``, its envelope may say in any words that there was nothing to do.
    """
    if reply.says_failure:
        return False
    if reply.status == HTTPStatus.SEE_OTHER and "error" not in reply.location.partition("?")[2]:
        return reply.redirect_path.partition(";")[0].rstrip("/") in {USER_PAGE, f"{root}{USER_PAGE}"}
    if reply.status != HTTPStatus.OK or not reply.is_understood or reply.is_status:
        return False
    if not (may_be_idle and reply.envelope) and reply.denies_in_words([*names, *_IDLE_NOW]):
        return False
    if isinstance(reply.json, list) and not all(isinstance(each, dict) for each in reply.json):
        return False
    return any(mark.shows(reply, server) for mark in MARKS)


class Logouts:
    """Logs targets out, one at a time for each thread, and returns what became of each."""

    def __init__(self, client: Wire, server: Server, *, ignore_not_found: bool, companies_exist: bool) -> None:
        """``companies_exist`` is whether the companies of all targets were looked up and found."""
        self._client = client
        self._server = server
        self._root = urlsplit(client.connection.url).path
        self._ignore_not_found = ignore_not_found
        self._companies_exist = companies_exist
        self._lock = threading.Lock()
        self._idle_answers: set[str] = set()
        self._unknown_companies: dict[str, Reply] = {}

    def log_out(self, target: Target) -> Result:
        """Log a target out. Raise FlexiError where the server gave no answer that tells what became of it.

        Flexi's flag ``ignore-not-found`` is not sent at first: with it, 200 would no longer tell whether anybody was
        logged in. Sent after a 404, it tells Flexi's "is not logged in" from every other 404.
        """
        if target.company is not None and target.company in self._unknown_companies:
            raise _not_requested(target, self._unknown_companies[target.company])
        reply = self._client.post(target.path, target.query)
        if self._is_done(target, reply):
            return _result(target, reply, logged_out=True, message=_done(target))
        if target.company is not None and reply.message_code == UNKNOWN_COMPANY:
            self._unknown_companies[target.company] = reply
        if reply.status != HTTPStatus.NOT_FOUND or reply.message_code == UNKNOWN_COMPANY:
            raise _problem(target, reply)
        if target.company is not None and not self._companies_exist:
            return failed(target, _unclear_company(target, reply))
        confirmed, reply = self._looked_into(target, reply)
        return self._idle(target, reply) if confirmed else _not_found(target, reply)

    def _is_done(self, target: Target, reply: Reply, *, may_be_idle: bool = False) -> bool:
        names = (target.user, target.company or "", *(_IDLE if may_be_idle else ()))
        return says_done(reply, self._server, self._root, names, may_be_idle=may_be_idle)

    def _looked_into(self, target: Target, reply: Reply) -> tuple[bool, Reply]:
        """Return whether a 404 means "not logged in", and the 404 with what it took to know."""
        if not reply.envelope or target.may_change_on_its_way:
            return self._asked_again(target, reply)
        # One asks for all who get the same answer; the others wait, though not for one that hangs, and need not ask.
        answer = reply.message_code or without([target.user], reply.said)
        is_mine = self._lock.acquire(timeout=_LONGEST_WAIT)
        try:
            if answer in self._idle_answers:
                return True, reply
            is_idle, asked = self._asked_again(target, reply)
            if is_idle:
                self._idle_answers.add(answer)
            return is_idle, asked
        finally:
            if is_mine:
                self._lock.release()

    def _asked_again(self, target: Target, reply: Reply) -> tuple[bool, Reply]:
        again = self._client.post(target.path, {**target.query, "ignore-not-found": "true"})
        attempts, answer_lost = reply.attempts + again.attempts, reply.answer_lost or again.answer_lost
        if self._is_done(target, again, may_be_idle=True):
            return True, replace(reply, attempts=attempts)
        again = replace(again, attempts=attempts, answer_lost=answer_lost)
        if again.status != HTTPStatus.NOT_FOUND or again.message_code == UNKNOWN_COMPANY:
            raise _problem(target, again)
        return False, again

    def _idle(self, target: Target, reply: Reply) -> Result:
        if reply.answer_lost:
            lost = "An earlier try got no answer and seems to have done it: the user is not logged in now."
            return replace(_result(target, reply, logged_out=True, message=lost), certain=False, in_doubt=True)
        if not self._ignore_not_found:
            return failed(target, not_logged_in(target, http_status=reply.status, attempts=reply.attempts))
        said = f" Flexi says: {reply.said.rstrip('.')}." if reply.said and not reply.is_html else ""
        message = f"Was not logged in; a cached context is dropped anyway.{said}"
        return replace(_result(target, reply, logged_out=False, message=message), in_doubt=True)


def _problem(target: Target, reply: Reply) -> FlexiError:
    problem = reply.error(f"Logging out {target}")
    if not reply.is_login_form:
        return problem
    # With it, Flexi refuses credentials, so it would come for everybody else too.
    return problem.but(code=_errors.AUTH_FAILED, hint=_errors.CHECK_CREDENTIALS)


def _not_requested(target: Target, reply: Reply) -> FlexiError:
    """Return why a target is not asked for: ``reply`` is what the server has said of its company before."""
    problem = reply.error(f"Logging out {target}")
    message = f"Logging out {target} was not requested: the server has already said that it has no such company."
    return FlexiError(problem.code, message, problem.hint)


def _not_found(target: Target, reply: Reply) -> Result:
    """Return the result of a 404 that does not mean "not logged in"; whether the login exists is to be looked up."""
    if reply.message_code == UNKNOWN_ADDRESS:
        hint = "Flexi does not know this address: look at how the proxies in between change it, or check url."
    else:
        hint = "Flexi's logout does not answer like this, not even with ignore-not-found: check url and the proxies."
    return replace(failed(target, reply.error(f"Logging out {target}").but(hint=hint)), in_doubt=True)


def _unclear_company(target: Target, reply: Reply) -> FlexiError:
    hint = "It may mean that the user is not logged in, or that there is no such company: let this user read /c.json."
    return reply.error(f"Logging out {target}").but(hint=hint)


def _done(target: Target) -> str:
    if target.company is None:
        return "Logged out of every company; all sessions ended."
    return f"The context of company {target.company} is dropped; sessions stay."


def _result(target: Target, reply: Reply, *, logged_out: bool, message: str) -> Result:
    status: Status = LOGGED_OUT if logged_out else NOT_LOGGED_IN
    return Result(target, status, message, http_status=reply.status, attempts=reply.attempts, changed=logged_out)
