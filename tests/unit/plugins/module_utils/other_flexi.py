# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second stand-in for a Flexi, which shares nothing with the emulator but the vendor's documentation.

The check is written side by side with the emulator, so both could have the same mistake. This one knows what is
documented or recorded, and a test bends its answers one by one.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
import time
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

COOKIE = ("Set-Cookie", "lang=cs;Version=1")
NOT_LOGGED_IN = "uzivatelNeniPrihlasen"
RIGHTS = {"manageAll": "true", "licenseMgmt": "true"}
NO_RIGHTS = {"manageAll": "false", "licenseMgmt": "false"}


@dataclass(frozen=True)
class Answer:
    """What goes back: ``body`` is bytes, text, or what goes out as JSON."""

    status: int = 200
    body: Any = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = (COOKIE, ("Vary", "Accept"))


def page(text: str, status: int = 200) -> Answer:
    return Answer(status, f"<!DOCTYPE html><html><body>{text}</body></html>", "text/html;charset=utf-8")


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status, headers=(COOKIE, ("Location", location)))


def said(status: int, message: str = "", code: str = "", kind: str = "application/json") -> Answer:
    """Return the envelope, in JSON or XML."""
    success = "true" if status < 400 else "false"
    fields = {"@version": "1.0", "success": success, **({"message": message} if message else {})}
    if "xml" in kind:
        rest = f"<message messageCode='{code}'>{message}</message>" if message else ""
        return Answer(status, f"<winstrom version='1.0'><success>{success}</success>{rest}</winstrom>", kind)
    return Answer(status, {"winstrom": {**fields, **({"message@messageCode": code} if code else {})}}, kind)


@dataclass
class Asked:
    """A request, and who sent it."""

    who: str
    """Empty where the credentials are missing or wrong."""
    method: str
    target: str
    form: dict[str, str]
    accept: str
    session: str = ""

    @property
    def line(self) -> str:
        """By which tests know it, such as ``admin GET /u.json?limit=0``."""
        return f"{self.who or 'nobody'} {self.method} {self.target}"

    @property
    def steps(self) -> list[str]:
        """The parts of its path."""
        return [unquote(step) for step in urlsplit(self.target).path.split("/")[1:]]

    @property
    def query(self) -> dict[str, str]:
        """Its parameters."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}


Cut = Callable[[list[Any], int, int], list[Any]]


def as_documented(records: list[Any], limit: int, start: int) -> list[Any]:
    return records[start:][: limit or None]


def people(count: int) -> dict[str, dict[str, Any]]:
    """Return users as their list has them, with a password beside each."""
    logins = ["admin", "zkouska", "novak", *(f"user{number}" for number in range(count - 3))]
    return {
        login: {
            "username": login,
            "userType": "NORMAL",
            "blocked": "false",
            "lastLoginDate": "2026-11-02T08:00:00",
            "permissions": RIGHTS if login == "admin" else NO_RIGHTS,
        }
        for login in logins
    }


@dataclass
class World:
    """What there is on the server; everybody's password is ``fake-`` and the login."""

    users: dict[str, dict[str, Any]] = field(default_factory=lambda: people(30))
    members: dict[str, list[str]] = field(
        default_factory=lambda: {"alfa": ["admin", "zkouska", "novak"], "beta": ["novak"], "gama": []}
    )
    sessions: dict[str, str] = field(default_factory=lambda: {"of-novak": "novak"})
    contexts: set[tuple[str, str]] = field(default_factory=lambda: {("novak", "alfa")})


class OtherFlexi:
    """Serves on a free port of this machine, in plain HTTP unless there is a certificate."""

    def __init__(self, certificate: str = "") -> None:
        """``certificate`` is a file with a certificate and its key."""
        self.world = World()
        self.asked: list[Asked] = []
        self.cuts: dict[str, Cut] = {}
        """How a list, by the end of its path, heeds ``limit`` and ``start``."""
        self.status: dict[str, Any] = {
            "version": "2026.5.2",
            "licenseName": "Firma s.r.o.",
            "licenseVariant": "Premium",
            "appServerRunning": "true",
            "javaVersion": "21.0.4",
            "operatingSystem": "Linux amd64",
        }
        self._instead: list[tuple[str, Answer]] = []
        self._bent: list[tuple[str, Callable[[Answer], Answer]]] = []
        self._made = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Start it."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()

    # How a test makes it another server

    def instead(self, pattern: str, answer: Answer) -> None:
        """Answer so to requests whose line matches, which then have no effect."""
        self._instead.append((pattern, answer))

    def bend(self, pattern: str, how: Callable[[Answer], Answer]) -> None:
        """Let requests whose line matches have their effect, and change the answer."""
        self._bent.append((pattern, how))

    def end(self, login: str) -> bool:
        """End the sessions of a user; return whether there were any."""
        ended = [session for session, whose in self.world.sessions.items() if whose == login]
        for session in ended:
            del self.world.sessions[session]
        return bool(ended)

    def drop(self, login: str, company: str = "") -> bool:
        """Drop the contexts of a user, in one company or all; return whether there were any."""
        dropped = {each for each in self.world.contexts if each[0] == login and company in {"", each[1]}}
        self.world.contexts -= dropped
        return bool(dropped)

    # What it answers

    def answer(self, asked: Asked) -> Answer:
        """Do what is asked for, and return the answer to it."""
        self.asked.append(asked)
        for pattern, answer in self._instead:
            if re.search(pattern, asked.line):
                return answer
        answer = self._answer(asked)
        for pattern, how in self._bent:
            if re.search(pattern, asked.line):
                answer = how(answer)
        return answer

    def _answer(self, asked: Asked) -> Answer:
        steps = asked.steps
        if steps == ["login-logout", "login.json"]:
            return self._login(asked)
        if asked.session and not asked.who:
            return redirect("/login-logout/remote-logout")
        if not asked.who:
            return said(401, "Je potřebná autorizace.", "authRequired")
        if steps == ["login-logout", "logout"]:
            self.world.sessions.pop(asked.session, None)
            return redirect("/login-logout/login.html")
        if steps[:2] == ["status", "user"] and asked.method == "POST":
            return self._logout(asked, steps[2], steps[3])
        return self._read(asked, "/".join(steps))

    def _read(self, asked: Asked, path: str) -> Answer:
        if path.startswith("c/"):
            company = asked.steps[1].partition(".")[0]
            self.world.contexts.add((asked.who, company))
            return self._members(asked, company) if path.endswith("/uzivatel.json") else said(200)
        if path == "status/user" and "html" in asked.accept:
            logins = sorted(set(self.world.sessions.values()))
            return page("".join(f'<form method="post" action="/status/user/{each}/logout"/>' for each in logins))
        whose = self.world.sessions.values()
        counts = {"loggedUser": str(len(set(whose))), "sessions": str(len(whose))}
        companies = [{"dbNazev": name, "nazev": name.title()} for name in self.world.members]
        known = {
            "status.json": {"status": {**self.status, **counts}},
            "status-check.xml": "<?xml version='1.0'?><status><ok/></status>",
            "u.json": {"users": {"user": self._listed(asked, [*self.world.users.values()])}},
            "c.json": {"companies": {"company": self._listed(asked, companies)}},
        }
        if path in known:
            return Answer(200, known[path], f"application/{path.rpartition('.')[2]}")
        return said(404, f"Adresa http://localhost{asked.target} není platná.", "adresaNeplatnaUrl")

    def _members(self, asked: Asked, company: str) -> Answer:
        users = [{"kod": login, "role": "code:UCETNI"} for login in self.world.members[company]]
        count = {"@rowCount": str(len(users))} if "add-row-count" in asked.query else {}
        return Answer(200, {"winstrom": {"@version": "1.0", **count, "uzivatel": self._listed(asked, users)}})

    def _listed(self, asked: Asked, records: list[Any]) -> list[Any]:
        cut = next((cut for path, cut in self.cuts.items() if asked.target.partition("?")[0].endswith(path)), None)
        limit, start = (int(asked.query.get(name, usual)) for name, usual in (("limit", 20), ("start", 0)))
        return (cut or as_documented)(records, limit, start)

    def _login(self, asked: Asked) -> Answer:
        login = asked.form["username"]
        if asked.form["password"] != f"fake-{login}" or login not in self.world.users:
            reason = {"reason": "Neplatné jméno nebo heslo.", "messageCode": "loginDialogNeplatneJmenoNeboHeslo"}
            return Answer(200, {"success": False, "errors": reason})
        self._made += 1
        session = f"session-{self._made}"
        self.world.sessions[session] = login
        tokens = {"authSessionId": session, "refreshToken": f"refresh-{self._made}", "csrfToken": f"csrf-{self._made}"}
        return Answer(200, {"success": True, **tokens})

    def _logout(self, asked: Asked, login: str, ending: str) -> Answer:
        kind = "application/xml" if ending == "logout.xml" else "application/json"
        if asked.who not in {"admin", login}:
            return said(403, "K této akci nemáte přístup.", kind=kind)
        company = asked.query.get("company", "")
        dropped = self.drop(login, company)
        done = dropped if company else self.end(login)
        if done or asked.query.get("ignore-not-found") == "true":
            return said(200, kind=kind)
        return said(404, f"Uživatel {login} není přihlášen.", NOT_LOGGED_IN, kind)

    def who(self, headers: dict[str, str]) -> tuple[str, str]:
        """Return who sent a request, and by which session."""
        session = headers.get("x-authsessionid", "")
        if session:
            return self.world.sessions.get(session, ""), session
        login, _colon, password = base64.b64decode(headers.get("authorization", "")[6:]).decode().partition(":")
        return (login if login in self.world.users and password == f"fake-{login}" else ""), ""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        flexi = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1
            timeout = 30

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Print nothing."""

            def reply(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", 0))).decode()
                login, session = flexi.who(headers)
                form = dict(parse_qsl(body))
                accept = headers.get("accept", "")
                answer = flexi.answer(Asked(login, self.command, self.path, form, accept, session))
                text = answer.body if isinstance(answer.body, (str, bytes)) else json.dumps(answer.body)
                content = text if isinstance(text, bytes) else text.encode()
                self.send_response_only(answer.status)
                shown = dict(answer.headers)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if "Date" not in shown:
                    self.send_header("Date", self.date_time_string())
                if content:
                    self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = reply  # noqa: N815 - their names there

        return Handler


def with_header(name: str, value: str) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, headers=(*answer.headers, (name, value)))


def without_cookie(answer: Answer) -> Answer:
    return replace(answer, headers=tuple(header for header in answer.headers if header != COOKIE))


def slowly(seconds: float) -> Callable[[Answer], Answer]:
    def wait(answer: Answer) -> Answer:
        time.sleep(seconds)
        return answer

    return wait
