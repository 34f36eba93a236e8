# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server shows to somebody who only reads: at most 12 requests, and one for each company."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Callable, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from .. import _errors
from .._errors import FlexiError
from .._flexi.companies import companies_in
from .._flexi.server import COMPANIES, LOGOUT_ADDRESS, STATUS, USER_PAGE, Server, server_in
from .._flexi.users import PAGE, User, global_user, is_alone, records_in
from .._wire.auth import Auth
from .._wire.connection import HTML, JSON, Request
from . import findings, replies
from .certificate import look_at_tls

if TYPE_CHECKING:
    from .._wire.client import Client
    from .._wire.reply import Reply

_USERS = "/u.json"
_FROM_THE_SECOND = {"start": "1", "add-row-count": "true"}
_PAGE_SIZES = (20, 50, 100, 1000)
_QUICK, _SLOW = 1.0, 5.0
_NO_ANSWER: dict[str, str] = {
    _errors.UNREACHABLE: "no connection",
    _errors.TIMEOUT: "no answer in time",
    _errors.TLS: "no TLS connection",
    _errors.PROXY: "no way through the proxy",
    _errors.BROKEN_REPLY: "no HTTP",
}
_USUAL_LOGIN = re.compile(r"[A-Za-z0-9._@-]+")
_FOR_A_COMPANY = re.compile(LOGOUT_ADDRESS.pattern + r"\?company=")
Records = list[Mapping[str, Any]]


@dataclass
class Seen:
    """What was seen so far, under the codes of the table of findings."""

    words: dict[str, str] = field(default_factory=dict)
    server: Server = field(default_factory=Server)
    logged_in: frozenset[str] = frozenset()
    """The logins that the server shows as logged in, whether or not these are all."""
    users: list[User] | None = None
    """All of them, or None where they are not known to be all."""
    companies: tuple[str, ...] | None = None
    members: int | None = None
    """How many users the largest company has."""
    problem: FlexiError | None = None
    """Why the check went no further."""

    def note(self, code: str, word: str) -> None:
        """Note what was seen; nothing where there is no word for it."""
        if word:
            self.words[code] = word


class _Part(NamedTuple):
    """An answer, and who or what is listed in it."""

    reply: Reply
    names: Sequence[str]


class Reader:
    """Reads from one server; all that it notes is in ``seen``."""

    def __init__(self, client: Client, *, has_otp: bool, tell: Callable[[str], None]) -> None:
        """Read with this client, and before that without its credentials."""
        self.seen = Seen()
        self._client = client
        self._has_otp = has_otp
        self._tell = tell
        self._proven = False

    def read(self) -> Seen:
        """Read all there is to read, up to the first problem that leaves nothing more to ask."""
        try:
            self._read()
        except FlexiError as problem:
            self.seen.problem = problem
        return self.seen

    def _read(self) -> None:
        self._tell("Looking at the address, without credentials")
        self._look_at_certificate()
        is_open = self._ask_without_credentials()
        self._tell("Reading the status and who is logged in")
        self._read_status(is_open=is_open)
        self._read_check()
        self._read_user_page()
        self._tell("Reading users and companies")
        self._read_users()
        self._read_companies()
        self._read_members()
        self.seen.note("credentials", findings.YES if self._proven else "not shown")
        if self._has_otp and self._proven:
            self.seen.note("otp_codes", "more than one")

    # Without credentials

    def _look_at_certificate(self) -> None:
        shown = look_at_tls(self._client.connection)
        for code, word in shown.items():
            self.seen.note(code, word)
        entry = findings.ENTRIES["certificate"]
        word = shown.get("certificate", "")
        if word in entry.matters:
            self.seen.note("credentials", "not sent")
            address = urlsplit(self._client.connection.url)
            hint = entry.matters[word].replace("HOST:PORT", f"{address.hostname}:{address.port or 443}")
            raise FlexiError(_errors.TLS, f"The certificate is not trusted: {word}.", hint)

    def _ask_without_credentials(self) -> bool:
        """Find out whether this may be a Flexi; return whether it shows its status to anybody."""
        with self._client.acting_as(Auth()) as anybody:
            reply = self._first_answer(anybody)
            is_open = self._is_status(reply)
            if not (is_open or self._may_be_flexi(reply)):
                self.seen.note("credentials", "not sent")
                raise self._no_flexi(reply)
            if self._client.connection.client_cert:
                # The certificate says who asks.
                return False
            self.seen.note("status_login", findings.NO if is_open else findings.YES)
            refused = anybody.ask_once(Request("GET", COMPANIES)) if is_open else reply
            self.seen.note("unauthorised", replies.unauthorised(refused))
            self._note_redirect(refused)
            return is_open

    def _first_answer(self, anybody: Client) -> Reply:
        began = time.monotonic()
        try:
            reply = anybody.ask_once(Request("GET", STATUS))
        except FlexiError as problem:
            self.seen.note("answer", _NO_ANSWER.get(problem.code, ""))
            self.seen.note("credentials", "not sent")
            raise
        took = time.monotonic() - began
        self.seen.note(
            "response_time",
            "less than a second" if took < _QUICK else "1 to 5 seconds" if took < _SLOW else "more than 5 seconds",
        )
        self.seen.note("clock", replies.clock(reply))
        self.seen.note("in_between", replies.in_between(reply))
        if reply.location and not reply.leads_to_login:
            is_plain = self._client.connection.url.startswith("http:")
            is_upgrade = is_plain and reply.location.startswith("https:") and reply.own_path
            word = "a redirect to https" if is_upgrade else findings.ELSEWHERE
            self.seen.note("answer", word)
            self.seen.note("credentials", "not sent")
            raise reply.error("Reading /status.json").but(hint=findings.ENTRIES["answer"].matters[word])
        self.seen.note("answer", findings.YES)
        return reply

    def _may_be_flexi(self, reply: Reply) -> bool:
        is_refusal = reply.status == HTTPStatus.UNAUTHORIZED or reply.leads_to_login
        return is_refusal or (reply.status == HTTPStatus.FORBIDDEN and bool(reply.envelope))

    @staticmethod
    def _is_status(reply: Reply) -> bool:
        try:
            return server_in(reply).version is not None
        except FlexiError:
            return False

    def _no_flexi(self, reply: Reply) -> FlexiError:
        word = _what_instead(reply)
        self.seen.note("flexi", word)
        error = reply.error("Reading /status.json")
        code = error.code if word in {"no, 403", "no, 5xx"} else _errors.NOT_FLEXI
        # What a stranger's page says may be anything.
        message = f"This is not a Flexi server, or something in between answers in its place: {word.partition(', ')[2]}"
        return error.but(code=code, message=f"{message}.", hint=findings.ENTRIES["flexi"].matters[word])

    # With credentials

    def _ask(self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON) -> Reply | None:
        """Return the answer, or None where there is none."""
        try:
            reply = self._client.ask_once(Request("GET", path, query or {}, {"Accept": accept}))
        except FlexiError as problem:
            if problem.code in _errors.FOR_EVERYBODY:
                raise
            return None
        self._note_redirect(reply)
        self._stop_if_refused(reply)
        is_own = reply.status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN} and not reply.is_html
        self._proven = self._proven or (is_own and not path.startswith("/status"))
        return reply

    def _stop_if_refused(self, reply: Reply) -> None:
        """Send credentials that were refused no more, or an account may be locked."""
        if not (reply.status == HTTPStatus.UNAUTHORIZED or reply.session_expired):
            return
        if self._proven and not self._has_otp:
            # It is this list that is refused.
            return
        self._refused(reply, "otp_codes" if self._proven else "credentials")

    def _refused(self, reply: Reply, code: str) -> None:
        if code == "credentials":
            self.seen.note(code, "the session has expired" if reply.session_expired else "refused")
        else:
            self.seen.note("credentials", findings.YES)
            self.seen.note(code, "only one")
        error = reply.error("Reading with these credentials")
        if error.code == _errors.SESSION_EXPIRED:
            raise error
        hint = _errors.CHECK_CREDENTIALS
        if reply.status == HTTPStatus.UNAUTHORIZED and reply.is_html:
            hint += f" {findings.NOT_IN_JSON}"
        raise error.but(code=_errors.AUTH_FAILED, hint=hint)

    def _read_status(self, *, is_open: bool) -> None:
        reply = self._client.ask_once(Request("GET", STATUS))
        self._note_redirect(reply)
        self._stop_if_refused(reply)
        if reply.wants_login:
            self._refused(reply, "credentials")
        try:
            server = self.seen.server = server_in(reply)
        except FlexiError:
            raise self._no_flexi(reply) from None
        self.seen.note("flexi", findings.YES if server.version else "yes, which does not show its status to this user")
        # Where everybody may read it, it proves nothing.
        self._proven = bool(server.version) and not is_open
        self.seen.note("charset", replies.charset(reply))
        self.seen.note("compression", replies.compression(reply))
        if server.version:
            self._note_status(reply.json["status"], server)

    def _note_status(self, status: Mapping[str, Any], server: Server) -> None:
        self.seen.note("version", "a number" if is_version(server.version) else "a text")
        users, sessions = server.logged_in_users is not None, server.sessions is not None
        counts = {(True, True): "users and sessions", (True, False): "users only", (False, True): "sessions only"}
        self.seen.note("status_counts", counts.get((users, sessions), "neither"))
        written = next((status[name] for name in ("loggedUser", "sessions") if name in status), None)
        self.seen.note(
            "status_values",
            findings.STRINGS if isinstance(written, str) else findings.NUMBERS if isinstance(written, int) else "",
        )

    def _read_check(self) -> None:
        reply = self._ask("/status-check.xml", {"quick": "true"}, "application/xml")
        if reply is None:
            return
        running: dict[int, str] = {HTTPStatus.OK: findings.YES, HTTPStatus.SERVICE_UNAVAILABLE: findings.NO}
        self.seen.note("running", running.get(reply.status, ""))
        if self.seen.words["charset"] != "utf-8":
            self.seen.note("charset_in", replies.charset_in(reply))

    def _read_user_page(self) -> None:
        reply = self._ask(USER_PAGE, {"auth": "http"}, HTML)
        if reply is not None:
            is_page = reply.status == HTTPStatus.OK
            addresses = LOGOUT_ADDRESS.findall(unescape(reply.text)) if is_page else []
            self.seen.logged_in = frozenset(map(unquote, addresses))
            # A page without anybody on it may be the form for the login.
            self._proven = self._proven or bool(addresses) or reply.status == HTTPStatus.FORBIDDEN
            self.seen.note(
                "user_page", _page_compared(addresses, self.seen.server) if is_page else replies.refusal(reply)
            )
            self.seen.note("user_page_form", _form_of(reply.text, addresses) if is_page else "")
        as_json = self._ask(USER_PAGE)
        if as_json is not None:
            is_json = as_json.status == HTTPStatus.OK and as_json.json is not None
            self.seen.note("user_page_json", findings.YES if is_json else findings.NO)

    # Lists

    def _read_users(self) -> None:
        reply = self._ask(_USERS, {"limit": "0"})
        rest = self._ask(_USERS, _FROM_THE_SECOND)
        if reply is None:
            return
        self._note_cookie(reply)
        records = _records(reply, "username")
        if records is None:
            self.seen.note("users_list", replies.refusal(reply))
            return
        tail = _records(rest, "username", is_rest=True)
        self._note_list("users", _Part(reply, _names(records, "username")), _part(rest, tail, "username"))
        self._note_odd_lengths(reply, records)
        shown = records or tail or []
        self.seen.note("users_shape", _known("users_shape", replies.around(reply.json, "username") if records else ""))
        self._note_fields([global_user(each) for each in shown], shown)
        if self.seen.words.get("users_limit") in {findings.ALL, findings.SHORT, findings.ALWAYS_ALL, findings.WHATEVER}:
            self.seen.users = [global_user(each) for each in records]

    def _note_fields(self, users: Sequence[User], records: Records) -> None:
        logins = [user.username for user in users]
        is_one = is_alone(self._client.auth, logins)
        self.seen.note(
            "users_list", findings.NOBODY if not logins else findings.ONLY_ONESELF if is_one else "all users"
        )
        if not logins:
            return
        has_dates = any(user.last_login or user.last_api for user in users)
        has_rights = any(user.permissions or user.user_type for user in users)
        self.seen.note("user_fields", "all" if has_dates else "no dates" if has_rights else "the login only")
        blocked = next((each["blocked"] for each in records if "blocked" in each), None)
        written = {bool: "booleans", str: findings.STRINGS}
        self.seen.note("user_values", written.get(type(blocked), ""))
        self.seen.note("logins_case", findings.YES if all(each == each.lower() for each in logins) else findings.NO)
        self.seen.note("login_characters", _characters(logins))
        acting = next((user for user in users if self._client.auth.is_acting(user.username)), None)
        self.seen.note("rights", _rights(acting))

    def _read_companies(self) -> None:
        reply = self._ask(COMPANIES, {"limit": "0"})
        rest = self._ask(COMPANIES, _FROM_THE_SECOND)
        if reply is None:
            return
        self._note_cookie(reply)
        listed = _companies(reply)
        if listed is None:
            self.seen.note("companies", replies.refusal(reply))
            return
        tail = _companies(rest, is_rest=True)
        self._note_list("companies", _Part(reply, listed), _Part(rest, tail) if rest and tail is not None else None)
        there = listed or tail or ()
        self.seen.note("companies", "all companies" if there else findings.NOBODY)
        if len(listed) == 1:
            is_bare = isinstance(replies.held_by(reply.json), Mapping)
            self.seen.note("company_record", "by itself" if is_bare else "in a list")
        self.seen.companies = tuple(there)

    def _read_members(self) -> None:
        lists: dict[str, Records] = {}
        refused: list[str] = []
        largest: tuple[str, Reply] | None = None
        for company in self.seen.companies or ():
            reply = self._ask(_members_of(company), {"limit": "0", "detail": "custom:id,kod,email,role"})
            records = _records(reply, "kod")
            if reply is None or records is None:
                refused += [replies.refusal(reply)] if reply else []
                continue
            if largest is None or len(records) > len(lists[largest[0]]):
                largest = company, reply
            lists[company] = records
            self._note_odd_lengths(reply, records)
        self._note_members(lists, refused)
        if largest:
            self._note_largest(*largest, lists[largest[0]])

    def _note_members(self, lists: Mapping[str, Records], refused: Sequence[str]) -> None:
        everybody = [str(record["kod"]) for records in lists.values() for record in records]
        if refused:
            self.seen.note("company_users", "some of them" if lists else refused[0])
        elif lists:
            is_one = is_alone(self._client.auth, everybody)
            word = findings.NOBODY if not everybody else findings.ONLY_ONESELF if is_one else "all of them"
            self.seen.note("company_users", word)

    def _note_largest(self, company: str, reply: Reply, records: Records) -> None:
        query = {**_FROM_THE_SECOND, "detail": "custom:id,kod,email,role"}
        rest = self._ask(_members_of(company), query)
        tail = _records(rest, "kod", is_rest=True)
        self._note_list("company_users", _Part(reply, _names(records, "kod")), _part(rest, tail, "kod"))
        shown = records or tail or []
        if not shown:
            return
        if self.seen.words["company_users"] == findings.NOBODY:
            # A limit of 0 may have meant none.
            self.seen.note("company_users", "all of them")
        self.seen.members = len(shown)
        shape = replies.around(reply.json, "kod") if records else ""
        self.seen.note("company_users_shape", _known("company_users_shape", shape))
        self.seen.note("company_roles", _roles(shown))

    def _note_list(self, code: str, whole: _Part, rest: _Part | None) -> None:
        """Note how a list heeds ``limit`` and ``start``; ``rest`` is what came from the second record on."""
        if rest is None:
            return
        if whole.names or rest.names:
            word = _limit(whole.names, rest.names)
            self.seen.note(f"{code}_limit", word)
            size = len(whole.names if word == findings.PAGES_ONLY else rest.names)
            if size in _PAGE_SIZES and word not in {findings.ALWAYS_ALL, findings.WHATEVER}:
                self.seen.note("page_size", str(size))
        first, second = replies.row_count(whole.reply), replies.row_count(rest.reply)
        if first is not None and second is not None:
            self.seen.note("row_count", "always" if first else "if asked to" if second else "never")

    def _note_odd_lengths(self, reply: Reply, records: Sequence[object]) -> None:
        """Note how lists of none and of one come."""
        held = replies.held_by(reply.json)
        if not records:
            empty = "as null" if held is None else "as empty text" if held == "" else ""
            self.seen.note("empty_list", "as a list" if isinstance(held, list) else empty)
        elif len(records) == 1:
            self.seen.note("single_record", "in a list" if isinstance(held, list) else "by itself")

    def _note_cookie(self, reply: Reply) -> None:
        has = self.seen.server.sets_flexi_cookie
        words = {(True, True): "all of them", (True, False): "that of /status.json only", (False, False): "none"}
        self.seen.note("lang_cookie", words.get((has, reply.has_flexi_cookie), ""))

    def _note_redirect(self, reply: Reply) -> None:
        self.seen.note("redirect_address", replies.redirect_address(reply, self._client.connection.url))


def is_version(version: str | None) -> bool:
    """Whether it is nothing but a version, and so may be shown."""
    return bool(re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,6}){1,4}", version or ""))


def _what_instead(reply: Reply) -> str:
    by_status: dict[int, str] = {HTTPStatus.FORBIDDEN: "no, 403", HTTPStatus.NOT_FOUND: "no, 404"}
    if reply.status == HTTPStatus.OK:
        return "no, a web page" if reply.is_html else "no, another server"
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.is_overloaded:
        return "no, 5xx"
    return by_status.get(reply.status, "no, another status")


def _page_compared(addresses: Sequence[str], server: Server) -> str:
    """Return how the logins on the page compare with the counts."""
    shown, counted = len(set(addresses)), server.logged_in_users
    if counted is None:
        is_nobody = not shown and server.sessions == 0
        return "nobody, and nobody is counted" if is_nobody else "as many, but their number is not told"
    if shown != counted or (server.sessions and not shown):
        return "more than are counted" if shown > counted else "fewer than are counted"
    return "as many as are counted" if shown else "nobody, and nobody is counted"


def _form_of(page: str, addresses: Sequence[str]) -> str:
    if not addresses:
        return ""
    if _FOR_A_COMPANY.search(page):
        return "one for each login and company"
    if LOGOUT_ADDRESS.findall(page) != addresses:
        return "with entities of HTML"
    return "one for each login" if len(set(addresses)) == len(addresses) else "several for a login"


def _records(reply: Reply | None, key: str, *, is_rest: bool = False) -> Records | None:
    if reply is None:
        return None
    try:
        return records_in(reply, key, "Reading a list", is_rest=is_rest)
    except FlexiError:
        return None


def _names(records: Records, key: str) -> list[str]:
    return [str(each[key]) for each in records]


def _part(reply: Reply | None, records: Records | None, key: str) -> _Part | None:
    return None if reply is None or records is None else _Part(reply, _names(records, key))


def _companies(reply: Reply | None, *, is_rest: bool = False) -> list[str] | None:
    if reply is None or reply.status == HTTPStatus.UNAUTHORIZED or reply.wants_login:
        return None
    listed = companies_in(reply, is_rest=is_rest)
    return None if listed is None else list(listed)


def _limit(names: Sequence[str], tail: Sequence[str]) -> str:
    """Return how a list heeds ``limit=0``, by what came for that and from the second record on without a limit."""
    if not names:
        return findings.NONE_AT_ALL
    if set(tail) - set(names):
        return findings.PAGES_ONLY
    if list(tail) == list(names):
        return findings.WHATEVER
    if len(tail) < len(names) - 1:
        return findings.ALL
    return findings.SHORT if len(tail) <= PAGE else findings.ALWAYS_ALL


def _known(code: str, word: str) -> str:
    """Return a word if it is in the table; it may be the server's own."""
    return word if not word or word in findings.ENTRIES[code].fits else "something else"


def _characters(logins: Sequence[str]) -> str:
    if any("/" in each for each in logins):
        return "a slash, too"
    return "the usual ones" if all(_USUAL_LOGIN.fullmatch(each) for each in logins) else "others"


def _rights(user: User | None) -> str:
    permissions = (user and user.permissions) or {}
    if "manageAll" not in permissions or "licenseMgmt" not in permissions:
        return "not told"
    return "both" if permissions["manageAll"] and permissions["licenseMgmt"] else "not both"


def _roles(records: Records) -> str:
    """Return how roles are written; somebody may have none."""
    given = [record["role"] for record in records if "role" in record]
    if not given:
        return "not at all"
    role = next((each for each in given if each), given[0])
    if isinstance(role, list):
        role = role[0] if role and isinstance(role[0], Mapping) else []
    if isinstance(role, Mapping):
        return "as an object" if "kod" in role else "as an object in another"
    if isinstance(role, list):
        return "in a list"
    if not role:
        return "as null" if role is None else "as empty text"
    return "with code: before it" if str(role).startswith("code:") else "without code: before it"


def _members_of(company: str) -> str:
    return f"/c/{quote(company, safe='')}/uzivatel.json"
