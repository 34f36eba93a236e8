# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who exists and who is logged in: users, companies, sessions, contexts."""

from __future__ import annotations

import heapq
import itertools
import secrets
import threading
import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from . import seeding
from .hooks import Journal
from .model import Company, Dropped, Return, Session, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class _Due(NamedTuple):
    """Somebody who logs in again at that time; the number decides between equal times."""

    time: float
    number: int
    user: User
    contexts: tuple[str, ...]


class State:
    """Everything that a request can read or change. Safe to use from any thread."""

    def __init__(self, content: Mapping[str, Any] | None = None) -> None:
        """Start with `content`; what it leaves out is taken from the seed."""
        self.lock = threading.RLock()
        self._numbers = itertools.count()
        self.load(content)

    def load(self, content: Mapping[str, Any] | None = None) -> None:
        """Replace everything. Nothing changes when `content` is wrong (ValueError)."""
        given = content or {}
        seeding.only(given, seeding.TOP_KEYS, "the state")
        whole = {**seeding.seed(), **given}
        try:
            server, companies = seeding.server(whole["server"]), seeding.companies(whole["companies"])
            new = seeding.newcomers(whole["users"], whole.get("generate_users"), companies)
        except TypeError as error:
            raise ValueError(f"the state is wrong: {error}") from error
        with self.lock:
            self.server, self.server_auth = server, dict(whole.get("server_auth") or {})
            self.companies: dict[str, Company] = companies
            self.journals = {name: Journal() for name in companies}
            self.users: dict[str, User] = {}
            # The least recently used one comes first, so that expiry needs no scan.
            self._sessions: OrderedDict[str, Session] = OrderedDict()
            self._logged_in = 0
            self._due: list[_Due] = []
            self._let_in_all(new)

    def add_users(self, users: Iterable[Mapping[str, Any]] = (), generate_users: Any = None) -> int:
        """Add users, written as in a state; how many. ValueError for one who exists already."""
        try:
            new = seeding.newcomers(users, generate_users, self.companies)
        except TypeError as error:
            raise ValueError(f"a user is wrong: {error}") from error
        with self.lock:
            logins = Counter([*self.users, *(item.user.username for item in new)])
            twice = [login for login, number in logins.items() if number > 1]
            if twice:
                raise ValueError(f"there already: {', '.join(twice)}")
            self._let_in_all(new)
        return len(new)

    # Reading

    def counts(self) -> tuple[int, int]:
        """How many users are logged in, and in how many sessions."""
        with self.lock:
            self._catch_up()
            return self._logged_in, len(self._sessions)

    def logged_in(self) -> list[str]:
        """Return the logins with at least one session."""
        with self.lock:
            self._catch_up()
            return [user.username for user in self.users.values() if user.sessions]

    def is_logged_in(self, login: str) -> bool:
        """Whether this login has a session."""
        return bool(self.sessions_of(login))

    def sessions_of(self, login: str) -> list[str]:
        """Return the session ids of a login, none if there is no such login."""
        with self.lock:
            self._catch_up()
            user = self.users.get(login)
            return list(user.sessions) if user else []

    def contexts_of(self, login: str) -> list[str]:
        """Return the companies whose context is cached for a login."""
        with self.lock:
            self._catch_up()
            user = self.users.get(login)
            return list(user.contexts) if user else []

    def as_dict(self) -> dict[str, Any]:
        """All of it, for the control API."""
        with self.lock:
            logged_in, sessions = self.counts()
            return {
                "server": {key: getattr(self.server, name) for key, name in seeding.SERVER_KEYS.items()},
                "companies": [{"dbNazev": company.name, "nazev": company.title} for company in self.companies.values()],
                "users": {user.username: _described(user) for user in self.users.values()},
                "counts": {"loggedUser": logged_in, "sessions": sessions},
            }

    # Sessions

    def log_in(self, login: str, count: int = 1) -> list[str]:
        """Open sessions directly; KeyError for an unknown login. Returns the new ids."""
        with self.lock:
            return self._log_in(self.users[login], count)

    def session(self, session_id: str) -> Session | None:
        """Return the live session of that id, which is thereby used."""
        with self.lock:
            self._catch_up()
            session = self._sessions.get(session_id)
            if session is None or session.user.blocked:
                return None
            session.last_used = time.monotonic()
            self._sessions.move_to_end(session_id)
            return session

    def end_session(self, session_id: str) -> bool:
        """End one session."""
        with self.lock:
            session = self._sessions.pop(session_id, None)
            if session is None:
                return False
            del session.user.sessions[session_id]
            self._logged_in -= not session.user.sessions
            return True

    def logs_in_again(self, login: str, how: Any = True) -> None:  # noqa: FBT002 - as in a state file
        """Settle how a user comes back after a logout, as in a state; KeyError for an unknown login."""
        with self.lock:
            self.users[login].comes_back = seeding.returning(how)

    # Contexts, logout

    def enter(self, user: User, company: str) -> None:
        """Cache the context of a company that a request of this user addressed."""
        with self.lock:
            user.contexts[company] = None

    def log_out(self, login: str) -> Dropped:
        """End every session and drop every context of a login."""
        with self.lock:
            self._catch_up()
            user = self.users.get(login)
            if user is None:
                return Dropped(0, 0)
            dropped = Dropped(len(user.sessions), len(user.contexts))
            for session_id in user.sessions:
                del self._sessions[session_id]
            self._logged_in -= bool(user.sessions)
            if user.comes_back:
                self._plan_return(user, user.comes_back)
            user.sessions.clear()
            user.contexts.clear()
            return dropped

    def drop_context(self, login: str, company: str) -> Dropped:
        """Drop one context. The count of sessions is of those that live on."""
        with self.lock:
            self._catch_up()
            user = self.users.get(login)
            if user is None:
                return Dropped(0, 0)
            had = company in user.contexts
            user.contexts.pop(company, None)
            return Dropped(len(user.sessions), int(had))

    # Changes

    def change_user(self, company: str, login: str, roles: Iterable[str] | None = None) -> None:
        """Change a user in a company: their roles there, or something else; KeyError if there is none."""
        with self.lock:
            user = self.users[login]
            if roles is not None:
                user.roles = {**(user.roles or {}), company: tuple(roles)}
            self.change(company, "uzivatel", [login], number=str(list(self.users).index(login) + 1))

    def change(
        self, company: str, evidence: str, codes: Iterable[str] = (), *, operation: str = "update", number: str = "1"
    ) -> None:
        """Note that a record of a company changed; KeyError for an unknown company."""
        with self.lock:
            self.journals[company].note(evidence, operation, number, tuple(codes))

    def skip_versions(self, company: str, count: int = 1) -> None:
        """Let changes happen of which nobody is told."""
        with self.lock:
            journal = self.journals[company]
            journal.version += count
            for hook in journal.hooks.values():
                hook.version = journal.version

    # Inside

    def _let_in_all(self, new: Iterable[seeding.Newcomer]) -> None:
        for user, sessions, contexts in new:
            self.users[user.username] = user
            self._log_in(user, sessions)
            user.contexts.update(dict.fromkeys(contexts))

    def _log_in(self, user: User, count: int) -> list[str]:
        new = [
            Session(secrets.token_urlsafe(24), user, secrets.token_urlsafe(12),
                    secrets.token_urlsafe(12), time.monotonic())
            for _number in range(count)
        ]  # fmt: skip
        self._logged_in += bool(new) and not user.sessions
        for session in new:
            self._sessions[session.id] = user.sessions[session.id] = session
        return [session.id for session in new]

    def _plan_return(self, user: User, how: Return) -> None:
        """Let a user who is being logged out log in again: at the next look at the state, or later."""
        if not user.sessions or how.times == 0:
            return
        if how.times is not None:
            how.times -= 1
        due = _Due(time.monotonic() + how.after, next(self._numbers), user, tuple(user.contexts))
        heapq.heappush(self._due, due)

    def _catch_up(self) -> None:
        """Do what time has brought about: some log in again, some sessions expire."""
        if self._due:
            self._let_back_in()
        timeout = self.server.session_timeout
        if timeout:
            self._expire(time.monotonic() - timeout)

    def _let_back_in(self) -> None:
        while self._due and self._due[0].time <= time.monotonic():
            user, contexts = heapq.heappop(self._due)[2:]
            if user.comes_back and not user.blocked:
                self._log_in(user, user.comes_back.sessions)
                user.contexts.update(dict.fromkeys(contexts))

    def _expire(self, oldest: float) -> None:
        """End what was not used for too long: amortised, one step a session."""
        while self._sessions:
            session = next(iter(self._sessions.values()))
            if session.last_used > oldest:
                return
            self.end_session(session.id)


def _described(user: User) -> dict[str, Any]:
    return {
        "sessions": len(user.sessions),
        "session_ids": list(user.sessions),
        "contexts": list(user.contexts),
        "roles": user.roles,
        "userType": user.user_type,
        "blocked": user.blocked,
        "permissions": {"manageAll": user.manage_all, "licenseMgmt": user.license_mgmt},
    }
