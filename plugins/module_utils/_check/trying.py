# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server does with a throw-away user who is logged in and out: at most 40 requests.

Apart from this user, and a company that they may enter, the logins and the company that it names do not exist.
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import quote, urlsplit

from .. import _errors
from .._errors import FlexiError
from .._flexi.companies import companies_in
from .._flexi.server import COMPANIES, STATUS, server_in
from .._flexi.server import Seen as Names
from .._logout.answers import MARKS, says_done
from .._logout.targets import Target, login_fault
from .._text import folded
from .._wire.auth import LOGIN, OWN_LOGOUT, SECRETS_OF_A_LOGIN, Auth, BasicAuth, GivenSession
from .._wire.client import Client
from .._wire.connection import Request
from .._wire.reply import UNKNOWN_COMPANY
from . import findings, replies

if TYPE_CHECKING:
    from .._secrets import Secrets
    from .._wire.reply import Reply
    from .reading import Seen

_FLAG = {"ignore-not-found": "true"}
_LAST_SECONDS = 5.0
"""In which nothing is left behind, also after the deadline."""


@dataclass(frozen=True)
class ThrowAway:
    """The throw-away user."""

    login: str
    password: str


class _NotTriedError(Exception):
    """What a step needs is not there, since another one failed."""


def fault_of(user: ThrowAway, client: Client, seen: Seen) -> FlexiError | None:
    """Return why this user must not be logged in and out, or None where they may."""
    fault = login_fault(user.login)
    if fault:
        return _refused(f"try_user is {fault}.")
    if client.auth.is_acting(user.login):
        return _refused("try_user is the user who checks.")
    if not client.auth.user:
        return _refused(
            "The acting user is not known, and may be try_user.", "Set username together with the other credentials."
        )
    if Names(seen.logged_in).perhaps(user.login):
        return _refused("try_user is logged in.", "Let them log out first, or choose another user.")
    if seen.users is None:
        return _refused(
            "The list of users cannot be read in full, so it is not known which rights try_user has.",
            "Check with a login that may read it.",
        )
    return _fault_of_record(user, seen)


def _fault_of_record(user: ThrowAway, seen: Seen) -> FlexiError | None:
    alike = [each for each in seen.users or () if folded(each.username) == folded(user.login)]
    if not any(each.username == user.login for each in alike):
        return _refused("Flexi has no user try_user.", "Write the login exactly as Flexi has it.")
    if len(alike) > 1:
        return _refused(
            "Another user's login differs from try_user only in upper and lower case.", "Choose another one."
        )
    permissions = alike[0].permissions
    if permissions is None or "manageAll" not in permissions:
        return _refused("The list of users does not show which rights try_user has.")
    if permissions["manageAll"]:
        return _refused("try_user has the right manageAll.", "Choose a user without rights.")
    return None


def _refused(
    message: str, hint: str = "Create a user without rights for this, and remove them afterwards."
) -> FlexiError:
    return FlexiError(_errors.INVALID_OPTION, f"{message} Nobody was logged in or out.", hint)


class Trial:
    """Logs one user in and out, and notes what the server does."""

    def __init__(
        self, client: Client, user: ThrowAway, seen: Seen, *, secrets: Secrets, tell: Callable[[str], None]
    ) -> None:
        """Act as the client does, and as the user."""
        self._client = client
        self._user = user
        self._seen = seen
        self._secrets = secrets
        self._tell = tell
        self._root = urlsplit(client.connection.url).path
        self._stack = ExitStack()
        self._session: Client | None = None
        self._is_refused = False
        """Whether the password is wrong: it is not sent again, or the account may be locked."""
        self._company = ""
        """One that the user may enter."""
        self._alive = 0
        """The status that shows that the session lives; 0 where none does."""
        self._idle: Reply | None = None
        """The answer for somebody who is not logged in."""
        self._at_no_company: Reply | None = None
        tag = chance.token_hex(6)
        self._nobody, self._no_company = f"check-{tag}", f"check_{tag}"
        self._path = Target(user.login).path

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """Return all that is done, in this order, each with the words for it."""
        return [
            ("Log in a user who does not exist", self._log_in_nobody),
            ("Log try_user in, and check whether the session is counted", self._log_in_and_count),
            ("Log try_user out of a company without a context there", self._leave_without_context),
            ("Log try_user out of a company, and check whether the session lives", self._leave_company),
            ("Log try_user out of a company that does not exist, with and without the flag", self._leave_no_company),
            ("Log try_user out under the login in different case", self._other_letters),
            ("Log try_user out of everything, and check whether the session lives", self._log_out),
            ("Log try_user out once more, with and without the flag", self._log_out_again),
            ("Drop a context of try_user that has no session", self._drop_context),
            ("Log out a login that does not exist, with and without the flag", self._unknown_login),
            ("Log out a login with a slash that does not exist", self._slash),
            ("Ask for JSON and XML by the end of the address", self._suffixes),
            ("Let try_user end its own session", self._end_own_session),
            ("Let try_user log out by the logout service", self._log_out_oneself),
        ]

    def run(self) -> None:
        """Try all of them; what fails does not stop the rest, unless it would meet that, too."""
        with self._stack:
            try:
                for words, step in self.steps():
                    if not self._seen.problem:
                        self._tell(f"Trying: {words}")
                        self._try(step)
            finally:
                self._leave_nothing()

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except _NotTriedError:
            # Its findings say that nothing was seen.
            return
        except FlexiError as problem:
            if problem.code in _errors.FOR_EVERYBODY:
                self._seen.problem = problem

    # The steps

    def _log_in_nobody(self) -> None:
        reply = self._send_login(self._nobody, chance.token_urlsafe(12))
        answer = reply.json if isinstance(reply.json, Mapping) else {}
        is_usual = answer.get("success") is False and reply.status in {200, 401, 403}
        self._note("login_refusal", str(reply.status) if is_usual else findings.OTHER_ANSWER)

    def _log_in_and_count(self) -> None:
        before = self._count()
        self._as_user()
        after = self._count()
        if before is not None and after is not None:
            # Others may have come meanwhile.
            self._note("session_counted", findings.YES if after > before else findings.NO)

    def _leave_without_context(self) -> None:
        reply = self._as_user().ask_once(Request("GET", COMPANIES, {"limit": "0"}))
        if self._is_list(reply):
            self._alive = reply.status
            self._company = next(iter(companies_in(reply) or ()), "")
        if not self._company:
            raise _NotTriedError
        self._note("company_without_context", self._answer(self._post(self._path, {"company": self._company})))

    def _leave_company(self) -> None:
        if not self._company:
            raise _NotTriedError
        self._as_user().ask_once(Request("GET", f"/c/{quote(self._company, safe='')}.json"))
        self._note("company_logout", self._answer(self._post(self._path, {"company": self._company})))
        self._note("session_after_company", findings.YES if self._lives() else findings.NO)

    def _leave_no_company(self) -> None:
        reply = self._post(self._path, {"company": self._no_company})
        flagged = self._post(self._path, {"company": self._no_company, **_FLAG})
        self._note("flag_unknown_company", findings.YES if self._is_done(flagged) else findings.NO)
        self._at_no_company = reply

    def _other_letters(self) -> None:
        other = self._user.login.swapcase()
        if other == self._user.login or len(folded(other)) != len(self._user.login):
            raise _NotTriedError
        self._as_user()
        self._post(Target(other).path)
        self._note("login_case", findings.YES if self._lives() else findings.NO)

    def _log_out(self) -> None:
        self._as_user()
        reply = self._post(self._path)
        after, lives = self._asked_for_life()
        self._note("logout", self._logout_word(reply, lives=lives))
        if not lives:
            self._note("ended_session", findings.ENDED if after.session_expired else replies.unauthorised(after))
            self._seen.note("redirect_address", replies.redirect_address(after, self._client.connection.url))
        if self._is_done(reply) or (reply.status == HTTPStatus.OK and not lives):
            self._note_success(reply)

    def _log_out_again(self) -> None:
        reply = self._idle = self._post(self._path)
        flagged = self._post(self._path, _FLAG)
        self._note("not_logged_in", self._answer(reply))
        if reply.status == HTTPStatus.NOT_FOUND:
            self._note("not_logged_in_body", replies.body_of(reply))
            self._note("not_logged_in_code", self._harmless(replies.code_of(reply)))
            self._note("flag", findings.YES if self._is_done(flagged) else findings.NO)
            self._compare_company()

    def _drop_context(self) -> None:
        # HTTP Basic cannot carry a colon.
        if not self._company or ":" in self._user.login:
            raise _NotTriedError
        with self._client.acting_as(BasicAuth(self._user.login, self._user.password)) as basic:
            there = basic.ask_once(Request("GET", f"/c/{quote(self._company, safe='')}.json"))
        if there.status != HTTPStatus.OK or there.wants_login:
            raise _NotTriedError
        self._note("context_without_session", self._answer(self._post(self._path)))

    def _unknown_login(self) -> None:
        path = Target(self._nobody).path
        reply, flagged = self._post(path), self._post(path, _FLAG)
        self._note("unknown_login", self._compared(reply))
        self._note("flag_unknown_login", findings.YES if self._is_done(flagged) else findings.NO)

    def _slash(self) -> None:
        plain, slashed = (self._post(Target(login).path) for login in (self._nobody, f"{self._nobody}/x"))
        self._note("slash", findings.YES if _alike(plain, slashed) else findings.NO)

    def _suffixes(self) -> None:
        as_json, as_xml = (self._post(f"{self._path}{suffix}", _FLAG) for suffix in (".json", ".xml"))
        self._note("json_suffix", findings.YES if self._is_done(as_json) else findings.NO)
        if not self._is_done(as_xml) or as_xml.text.strip():
            self._note("xml_suffix", findings.YES if replies.body_of(as_xml) == findings.ENVELOPE_XML else findings.NO)

    def _end_own_session(self) -> None:
        self._as_user().ask_once(Request("GET", OWN_LOGOUT))
        self._note("own_session_end", findings.NO if self._lives() else findings.YES)

    def _log_out_oneself(self) -> None:
        reply = self._as_user().ask_once(Request("POST", self._path))
        is_out = not self._lives()
        self._note("self_logout", findings.YES if self._is_done(reply) and is_out else findings.NO)

    def _leave_nothing(self) -> None:
        soon = replace(self._client.connection, deadline=_LAST_SECONDS)
        with Client(soon, self._client.auth, secrets=self._secrets) as client:
            if self._session is not None:
                # Where the acting user may not log others out, this still ends it.
                with client.acting_as(self._session.auth) as session, suppress(FlexiError):
                    session.ask_once(Request("GET", OWN_LOGOUT))
            with suppress(FlexiError):
                client.ask_once(Request("POST", self._path, _FLAG))

    # What the steps are made of

    def _note(self, code: str, word: str) -> None:
        self._seen.note(code, word)

    def _post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Send a logout as the acting user."""
        return self._client.ask_once(Request("POST", path, query or {}))

    def _send_login(self, login: str, password: str) -> Reply:
        form = {"username": login, "password": password}
        with self._client.acting_as(Auth()) as anybody:
            return anybody.ask_once(Request("POST", LOGIN, form=form, may_be_done_twice=False))

    def _count(self) -> int | None:
        return server_in(self._client.ask_once(Request("GET", STATUS))).sessions

    def _as_user(self) -> Client:
        """Return a client with a session of the user, who is logged in if there is none."""
        if self._session is None:
            self._session = self._log_in()
        return self._session

    def _log_in(self) -> Client:
        if self._is_refused:
            raise _NotTriedError
        reply = self._send_login(self._user.login, self._user.password)
        answer: Mapping[str, Any] = reply.json if isinstance(reply.json, Mapping) else {}
        self._secrets.add(*(str(answer.get(each) or "") for each in SECRETS_OF_A_LOGIN))
        if not answer.get("authSessionId") or answer.get("success") is False:
            self._is_refused = True
            self._note("json_login", "refused" if "success" in answer else replies.refusal(reply))
            raise _NotTriedError
        self._note("json_login", "a session")
        session = GivenSession(str(answer["authSessionId"]), self._user.login)
        return self._stack.enter_context(self._client.acting_as(session))

    def _is_list(self, reply: Reply) -> bool:
        return reply.status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN} and not (reply.is_html or reply.wants_login)

    def _asked_for_life(self) -> tuple[Reply, bool]:
        """Return what the session of the user gets, and whether it still works; one that does not is forgotten."""
        reply = self._as_user().ask_once(Request("GET", COMPANIES))
        if not self._alive or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.is_overloaded:
            raise _NotTriedError
        lives = reply.status == self._alive and self._is_list(reply)
        if not lives:
            self._session = None
        return reply, lives

    def _lives(self) -> bool:
        return self._asked_for_life()[1]

    def _is_done(self, reply: Reply) -> bool:
        return says_done(reply, self._seen.server, self._root, (self._user.login,))

    def _answer(self, reply: Reply) -> str:
        if self._is_done(reply):
            return findings.DONE
        return findings.NOT_FOUND if reply.status == HTTPStatus.NOT_FOUND else findings.OTHER_ANSWER

    def _logout_word(self, reply: Reply, *, lives: bool) -> str:
        if reply.status == HTTPStatus.FORBIDDEN:
            return "403"
        if self._is_done(reply):
            return "success, but the session lives on" if lives else findings.DONE
        is_silent = reply.status == HTTPStatus.OK and not lives
        return "200 without a mark of Flexi" if is_silent else self._answer(reply)

    def _note_success(self, reply: Reply) -> None:
        if reply.status == HTTPStatus.SEE_OTHER:
            self._note("success_body", "none, but a redirect to /status/user")
            self._note("success_mark", "the redirect")
        else:
            shown: tuple[bool, ...] = tuple(mark.shows(reply, self._seen.server) for mark in MARKS)
            self._note("success_body", replies.body_of(reply))
            self._note("success_mark", _MARKS.get(shown, "none"))
        has = reply.has_flexi_cookie
        word = (
            findings.YES if has else "no, as /status.json" if not self._seen.server.sets_flexi_cookie else findings.NO
        )
        self._note("logout_cookie", word)

    def _harmless(self, code: str) -> str:
        """Return a code unless it is somebody's login."""
        known = {folded(each.username) for each in self._seen.users or ()} | set(
            map(folded, self._seen.companies or ())
        )
        return findings.ODD_CODE if folded(code) in known else code

    def _compared(self, reply: Reply) -> str:
        """Return how an answer compares with that for the user who is not logged in."""
        if self._idle is None:
            raise _NotTriedError
        return "the same answer" if _alike(reply, self._idle) else "an answer of its own"

    def _compare_company(self) -> None:
        reply = self._at_no_company
        if reply is not None:
            is_named = reply.message_code == UNKNOWN_COMPANY
            self._note("unknown_company", UNKNOWN_COMPANY if is_named else self._compared(reply))


_MARKS: dict[tuple[bool, ...], str] = {
    (True, True, False, False): "the envelope and the cookie",
    (True, False, False, False): "the envelope",
    (False, True, False, False): "the cookie",
    (False, False, True, False): findings.NOTHING,
    (False, False, False, True): findings.THE_WORD,
}
"""By which of the MARKS it shows."""


def _alike(one: Reply, other: Reply) -> bool:
    """Whether two answers cannot be told apart; the message may name the login."""
    return all(of(one) == of(other) for of in (lambda each: each.status, replies.body_of, replies.code_of))
