# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints: a request in, an answer out. No network here."""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Union

from .answers import HTML, JSON, XML, Answer, Headers, content, done, error, page, redirect
from .call import Call, Identity, decoded_pieces, parameters
from .coding import UTF_8, coded
from .hooks import HookPages
from .identity import LOGIN_FORM, Gate, login_page
from .lists import Lists
from .logout import Logout, UserPage
from .refusals import no_address

if TYPE_CHECKING:
    from .model import Session
    from .state import State

FORM = "application/x-www-form-urlencoded"
LOGIN_REFUSED = {
    "success": False,
    "errors": {
        "reason": "Neplatné jméno nebo heslo.",
        "messageCode": "loginDialogNeplatneJmenoNeboHeslo",
    },
}
LANG = (("Set-Cookie", "lang=cs;Version=1"), ("Vary", "Accept"))
NO_LANG = (("Vary", "Accept"),)
# Under a variant's values, the paths whose replies carry the cookie
LANG_PATHS = {
    "no": re.compile(r"(?!)"),
    "status_only": re.compile(r"/status[^/]*$"),
    "never_on_logout": re.compile(r"(?!/status/user/.*/logout[^/]*$)"),
}
IN_BETWEEN: dict[str, Headers] = {
    "nothing": (),
    "nginx": (("Server", "nginx/1.24.0"),),
    "proxy": (("Via", "1.1 gateway"),),
}
# Seconds by which a wrong clock is ahead
AHEAD = 600
READ = ("GET", "HEAD")
READ_OR_POST = ("GET", "HEAD", "POST")
POST = ("POST",)
ANY = ("GET", "PUT", "POST", "DELETE")
OF_CHANGES = {"hooks", "changes"}
LOGOUT_PIECES, PAGE_PIECES = 4, 2
CLIENT_ERROR = 4
# The counts that /status gives, under the names of a variant's values
COUNTS = {
    "yes": ("loggedUser", "sessions"),
    "users_only": ("loggedUser",),
    "sessions_only": ("sessions",),
    "missing": (),
}


def _shown(variants: dict[str, str]) -> Headers:
    """Return the headers that show the server's clock, and what stands before it."""
    shown = IN_BETWEEN[variants["in_between"]]
    if variants["date"] == "no":
        return shown
    return (*shown, ("Date", formatdate(time.time() + (0 if variants["date"] == "right" else AHEAD), usegmt=True)))


class Open(NamedTuple):
    """An endpoint that anybody may ask."""

    methods: tuple[str, ...]
    answer: Callable[[Call], Answer]


class Closed(NamedTuple):
    """An endpoint that needs to know who asks."""

    methods: tuple[str, ...]
    answer: Callable[[Call, Identity], Answer]


Route = Union[Open, Closed]


class Flexi:
    """The server, apart from its network."""

    def __init__(self, state: State, variants: dict[str, str]) -> None:
        """Look at the state and the variants as they are at each call."""
        self.state, self.variants = state, variants
        self.gate = Gate(state, variants)
        self.logout = Closed(POST, Logout(state, variants, self.gate).answer)
        self.user_page = Closed(READ, UserPage(state, variants, self.gate).answer)
        lists = Lists(state, variants, self.gate)
        self.in_company = Closed(READ, lists.in_company)
        self.hooks = Closed(ANY, HookPages(state, variants).answer)
        self.top: dict[str, Route] = {
            "status": Closed(READ, self._status),
            "status-check": Open(READ, self._status_check),
            "c": Closed(READ, lists.companies),
            "u": Closed(READ, lists.users),
        }
        self.login_logout: dict[str, Route] = {
            "login.json": Open(POST, self._json_login),
            "login.html": Open(READ_OR_POST, self._web_login),
            "logout": Closed(READ_OR_POST, self._own_logout),
            "logout.json": Closed(READ_OR_POST, self._own_logout),
            "session-keep-alive.js": Closed(READ, self._keep_alive),
            "remote-logout": Open(READ, self._remote_logout),
        }

    def answer(self, call: Call) -> Answer:
        """Do what is asked."""
        with self.state.lock:
            answer = self._answer(call)
        variants, status = self.variants, answer.status
        if status // 100 == CLIENT_ERROR and call.flag("no-http-errors"):
            status = 200
        where = variants["lang_cookie"]
        language = LANG if where == "yes" or LANG_PATHS[where].match(call.path) else NO_LANG
        answer = Answer(status, answer.content_type, answer.body, answer.headers + language + _shown(variants))
        # Looked at here, since this is on every request's way.
        usual = variants["charset"] == UTF_8 and variants["compression"] == "no"
        return answer if usual else coded(answer, variants)

    def _answer(self, call: Call) -> Answer:
        if call.method == "POST" and "Content-Length" not in call.headers:
            return page("Length Required", "<p>411</p>", 411)
        route, known_format = self._route(call)
        if "format" in call.query and route != self.hooks:
            message = f"XSLT transformace '{call.query['format']}' nebyla nalezena."
            return error(call.format, 400, message)
        if route is None:
            return no_address(call)
        if not known_format:
            return error(HTML, 406, "Nepodporovaný formát.")
        return self._at(route, call)

    def _at(self, route: Route, call: Call) -> Answer:
        if call.method not in route.methods:
            allow = (("Allow", ", ".join(route.methods)),)
            return error(call.format, 405, "Tato metoda zde není podporována.", headers=allow)
        if isinstance(route, Open):
            return route.answer(call)
        if route.answer == self._status and self.variants["status_auth"] == "none":
            return self._status(call, Identity(""))
        known = self.gate.identify(call)
        if isinstance(known, Answer):
            return known
        call.who = known
        return route.answer(call, known)

    # Finding the endpoint

    def _route(self, call: Call) -> tuple[Route | None, bool]:
        """Return the endpoint, if any, and whether the format asked for exists."""
        pieces = decoded_pieces(call.path)
        if not pieces or not call.path.startswith("/"):
            return None, call.choose_format("")
        if pieces[0] == "login-logout":
            return self._login_route(call, pieces)
        last, _dot, suffix = pieces[-1].partition(".")
        call.pieces = (*pieces[:-1], last)
        known_format = call.choose_format(suffix)
        return self._data_route(call.pieces, suffix), known_format

    def _login_route(self, call: Call, pieces: tuple[str, ...]) -> tuple[Route | None, bool]:
        name = pieces[1] if len(pieces) == PAGE_PIECES else ""
        suffix = "json" if name.endswith(".json") else ""
        call.choose_format(suffix)
        return self.login_logout.get(name), True

    def _data_route(self, pieces: tuple[str, ...], suffix: str) -> Route | None:
        first = pieces[0]
        if first == "status" and len(pieces) > 1:
            return self._status_route(pieces, suffix)
        if len(pieces) == 1:
            return self.top.get(first)
        if first != "c" or not all(pieces):
            return None
        return self.hooks if is_of_changes(pieces) else self.in_company

    def _status_route(self, pieces: tuple[str, ...], suffix: str) -> Route | None:
        if pieces[1] != "user":
            return None
        if len(pieces) == LOGOUT_PIECES and pieces[3] == "logout" and pieces[2]:
            return self.logout
        # There is no /status/user.json, and nothing at /status/user/{login}.
        return self.user_page if len(pieces) == PAGE_PIECES and not suffix else None

    # Status

    def _status(self, call: Call, _who: Identity) -> Answer:
        server, (logged_in, sessions) = self.state.server, self.state.counts()
        values: dict[str, Any] = {
            "version": server.version,
            "licenseName": server.license_name,
            "licenseVariant": server.license_variant,
            "appServerRunning": self.variants["app_server"] == "running",
            "javaVersion": server.java_version,
            "operatingSystem": server.operating_system,
        }
        counts: dict[str, Any] = {"loggedUser": logged_in, "sessions": sessions}
        values.update({name: counts[name] for name in COUNTS[self.variants["counts"]]})
        if self.variants["status_values"] == "strings":
            values = {
                key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in values.items()
            }
        return content(call.format, {"status": values})

    def _status_check(self, _call: Call) -> Answer:
        running = self.variants["app_server"] == "running"
        return content(XML, {"status": {"running": running}}, 200 if running else 503)

    # Logging in, one's own logout

    def _form(self, call: Call) -> dict[str, str]:
        """Return the form sent; nothing when it is not a form (Flexi takes no JSON here)."""
        kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return parameters(call.body.decode("utf-8", "replace")) if kind == FORM else {}

    def _new_session(self, call: Call) -> Session | None:
        form = self._form(call)
        name, password = form.get("username", ""), form.get("password", "")
        user = self.gate.checked_user(name, password, form.get("otp", ""))
        if user is None:
            return None
        [session_id] = self.state.log_in(name)
        call.who = Identity(name, user, user.sessions[session_id])
        return user.sessions[session_id]

    def _json_login(self, call: Call) -> Answer:
        session = self._new_session(call)
        if session is None:
            return content(JSON, LOGIN_REFUSED, int(self.variants["login_refusal_status"]))
        tokens = {
            "authSessionId": session.id,
            "refreshToken": session.refresh_token,
            "csrfToken": session.csrf_token,
        }
        return content(JSON, {"success": True, **tokens})

    def _web_login(self, call: Call) -> Answer:
        if call.method != "POST":
            return login_page()
        session = self._new_session(call)
        if session is None:
            return login_page("Neplatné jméno nebo heslo.")
        cookie = (("Set-Cookie", f"authSessionId={session.id};Path=/;HttpOnly"),)
        return redirect(303, self.gate.location(call, "/c"), cookie)

    def _own_logout(self, call: Call, who: Identity) -> Answer:
        if who.session:
            self.state.end_session(who.session.id)
        if call.format == HTML:
            return redirect(302, self.gate.location(call, LOGIN_FORM))
        return done(call.format)

    def _keep_alive(self, _call: Call, _who: Identity) -> Answer:
        return Answer(200, "application/javascript", b"// ok\n")

    def _remote_logout(self, _call: Call) -> Answer:
        return page("Odhlášení", "<p>Byli jste odhlášeni.</p>")


def is_of_changes(pieces: tuple[str, ...]) -> bool:
    """Whether an address below a company is one of its hooks or of its changes."""
    return pieces[0] == "c" and bool(OF_CHANGES.intersection(pieces[2:3]))
