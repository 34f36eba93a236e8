# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who exists and who is logged in: users, companies, sessions, contexts. No HTTP here."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

SEED = Path(__file__).with_name("seed.yml")
PERMISSIONS = {"manageAll": "manage_all", "licenseMgmt": "license_mgmt"}
USER_KEYS = {
    "username": "username",
    "password": "password",
    "otp": "otp",
    "userType": "user_type",
    "blocked": "blocked",
    "givenName": "given_name",
    "familyName": "family_name",
    "email": "email",
    "roles": "roles",
}
SERVER_KEYS = {
    "version": "version",
    "licenseName": "license_name",
    "licenseVariant": "license_variant",
    "javaVersion": "java_version",
    "operatingSystem": "operating_system",
    "session_timeout": "session_timeout",
    "lock_after": "lock_after",
}
COMPANY_KEYS = {"dbNazev": "name", "nazev": "title"}
USER_EXTRAS = {"permissions", "sessions", "contexts"}
TOP_KEYS = {"server", "server_auth", "companies", "users", "generate_users", "variants"}


@lru_cache(maxsize=1)
def seed() -> Mapping[str, Any]:
    """Return the default state."""
    with SEED.open(encoding="utf-8") as stream:
        content: Mapping[str, Any] = yaml.safe_load(stream)
    return content


@dataclass
class Server:
    """What the server says about itself."""

    version: str = "2026.5.2"
    license_name: str = "Nejlepší firma a.s."
    license_variant: str = "Premium"
    java_version: str = "21.0.4"
    operating_system: str = "Linux"
    # Seconds after which an unused session expires; 0: never.
    session_timeout: float = 0
    # Wrong passwords in a row that block a user; 0: any number is let pass.
    lock_after: int = 0


@dataclass
class Company:
    """A company: its address name, and the name that people see."""

    name: str
    title: str = ""


@dataclass(eq=False)
class User:
    """A global user. `roles` None means every company."""

    username: str
    password: str = ""
    manage_all: bool = False
    license_mgmt: bool = False
    otp: str = ""
    user_type: str = "NORMAL"
    blocked: bool = False
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    roles: dict[str, str] | None = None
    sessions: dict[str, Session] = field(default_factory=dict)
    # A dict as an ordered set: the companies of which the server caches this user's context.
    contexts: dict[str, None] = field(default_factory=dict)
    failures: int = 0
    used_otp: str = ""

    @property
    def may_log_others_out(self) -> bool:
        """Both rights are needed."""
        return self.manage_all and self.license_mgmt

    def may_enter(self, company: str) -> bool:
        """Whether this user may open a company."""
        return self.manage_all or self.roles is None or company in self.roles


@dataclass(eq=False)
class Session:
    """One authentication session."""

    id: str
    user: User
    refresh_token: str
    csrf_token: str
    last_used: float


class Dropped(NamedTuple):
    """What a logout ended."""

    sessions: int
    contexts: int


def _only(given: Mapping[str, Any], known: Any, what: str) -> None:
    unknown = set(given) - set(known)
    if unknown:
        raise ValueError(f"unknown in {what}: {', '.join(sorted(map(str, unknown)))}")


def _renamed(given: Mapping[str, Any], keys: Mapping[str, str], what: str) -> dict[str, Any]:
    """Flexi's names to ours."""
    _only(given, keys, what)
    return {keys[key]: value for key, value in given.items()}


def _new_user(given: Mapping[str, Any]) -> User:
    _only(given, USER_KEYS.keys() | USER_EXTRAS, "a user")
    permissions = given.get("permissions") or {}
    _only(permissions, PERMISSIONS, "permissions")
    arguments = {USER_KEYS[key]: value for key, value in given.items() if key in USER_KEYS}
    arguments.update({PERMISSIONS[key]: bool(value) for key, value in permissions.items()})
    arguments["otp"] = str(arguments.get("otp") or "")
    return User(**arguments)


def _generated(spec: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Many alike users, for big runs: user0001, user0002 ..."""
    if not spec:
        return []
    _only(spec, ("prefix", "count", "sessions", "contexts", "password"), "generate_users")
    prefix, count = spec.get("prefix", "user"), int(spec.get("count", 0))
    common = {key: spec[key] for key in ("sessions", "contexts") if key in spec}
    password = spec.get("password", "generated-password")
    width = max(4, len(str(count)))
    return [
        {"username": f"{prefix}{number:0{width}}", "password": password, **common} for number in range(1, count + 1)
    ]


class State:
    """Everything that a request can read or change. Safe to use from any thread."""

    def __init__(self, content: Mapping[str, Any] | None = None) -> None:
        """Start with `content`; what it leaves out is taken from the seed."""
        self.lock = threading.RLock()
        self.load(content)

    def load(self, content: Mapping[str, Any] | None = None) -> None:
        """Replace everything. Nothing changes when `content` is wrong (ValueError)."""
        given = content or {}
        _only(given, TOP_KEYS, "the state")
        whole = {**seed(), **given}
        try:
            server = Server(**_renamed(whole.get("server") or {}, SERVER_KEYS, "server"))
            companies = [
                Company(**_renamed(company, COMPANY_KEYS, "a company")) for company in whole["companies"] or []
            ]
            wanted = list(whole["users"] or []) + _generated(whole.get("generate_users"))
            users = [_new_user(user) for user in wanted]
        except TypeError as error:
            raise ValueError(f"the state is wrong: {error}") from error
        known = {company.name for company in companies}
        for user in wanted:
            _only(dict.fromkeys(user.get("contexts") or []), known, "a user's contexts")
        with self.lock:
            self.server, self.server_auth = server, dict(whole.get("server_auth") or {})
            self.companies = {company.name: company for company in companies}
            self.users = {user.username: user for user in users}
            # The least recently used one comes first, so that expiry needs no scan.
            self._sessions: OrderedDict[str, Session] = OrderedDict()
            self._logged_in = 0
            for user, spec in zip(users, wanted):
                self._log_in(user, int(spec.get("sessions", 0)))
                user.contexts.update(dict.fromkeys(spec.get("contexts") or []))

    # Reading

    def counts(self) -> tuple[int, int]:
        """How many users are logged in, and in how many sessions."""
        with self.lock:
            self._expire()
            return self._logged_in, len(self._sessions)

    def logged_in(self) -> list[str]:
        """Return the logins with at least one session."""
        with self.lock:
            self._expire()
            return [user.username for user in self.users.values() if user.sessions]

    def is_logged_in(self, login: str) -> bool:
        """Whether this login has a session."""
        return bool(self.sessions_of(login))

    def sessions_of(self, login: str) -> list[str]:
        """Return the session ids of a login, none if there is no such login."""
        with self.lock:
            self._expire()
            user = self.users.get(login)
            return list(user.sessions) if user else []

    def contexts_of(self, login: str) -> list[str]:
        """Return the companies whose context is cached for a login."""
        with self.lock:
            user = self.users.get(login)
            return list(user.contexts) if user else []

    def as_dict(self) -> dict[str, Any]:
        """All of it, for the control API."""
        with self.lock:
            logged_in, sessions = self.counts()
            return {
                "server": {key: getattr(self.server, name) for key, name in SERVER_KEYS.items()},
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
            self._expire()
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

    # Contexts, logout

    def enter(self, user: User, company: str) -> None:
        """Cache the context of a company that a request of this user addressed."""
        with self.lock:
            user.contexts[company] = None

    def log_out(self, login: str) -> Dropped:
        """End every session and drop every context of a login."""
        with self.lock:
            self._expire()
            user = self.users.get(login)
            if user is None:
                return Dropped(0, 0)
            dropped = Dropped(len(user.sessions), len(user.contexts))
            for session_id in user.sessions:
                del self._sessions[session_id]
            self._logged_in -= bool(user.sessions)
            user.sessions.clear()
            user.contexts.clear()
            return dropped

    def drop_context(self, login: str, company: str) -> Dropped:
        """Drop one context. The count of sessions is of those that live on."""
        with self.lock:
            self._expire()
            user = self.users.get(login)
            if user is None:
                return Dropped(0, 0)
            had = company in user.contexts
            user.contexts.pop(company, None)
            return Dropped(len(user.sessions), int(had))

    # Inside

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

    def _expire(self) -> None:
        """End what was not used for too long: amortised, one step a session."""
        timeout = self.server.session_timeout
        if not timeout:
            return
        oldest = time.monotonic() - timeout
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
        "blocked": user.blocked,
        "permissions": {"manageAll": user.manage_all, "licenseMgmt": user.license_mgmt},
    }
