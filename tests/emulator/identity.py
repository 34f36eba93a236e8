# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks: HTTP Basic, a session, the server's authorization, a client certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from .answers import HTML, Answer, Headers, error, page, redirect
from .call import Call, Identity

if TYPE_CHECKING:
    from .model import User
    from .state import State

UNAUTHORISED = "Je potřebná autorizace."
NO_CREDENTIALS = ("Authorization required", "")
LOGIN_FORM = "/login-logout/login.html"
REMOTE_LOGOUT = "/login-logout/remote-logout"
CHALLENGE = (("WWW-Authenticate", 'Basic realm="ABRA Flexi"'),)


class Gate:
    """Finds out who asks, and sends away who may not."""

    def __init__(self, state: State, variants: dict[str, str]) -> None:
        """Look at the state and the variants as they are at each call."""
        self.state, self.variants = state, variants

    def identify(self, call: Call) -> Identity | Answer:
        """Return the one who asks, or the answer that refuses."""
        basic = call.basic
        if basic is not None:
            known = self._by_password(*basic, call.query.get("otp", ""))
            return known or self._refused(call)
        session_id = call.session_id
        if session_id:
            session = self.state.session(session_id)
            if session is None:
                return redirect(302, self.location(call, REMOTE_LOGOUT))
            return Identity(session.user.username, session.user, session)
        if call.certificate:
            return Identity("client certificate")
        return self._anonymous(call)

    def checked_user(self, name: str, password: str, otp: str) -> User | None:
        """Return the user with that password and code. Too many failures block the user."""
        user = self.state.users.get(name)
        if user is None or user.blocked:
            return None
        if user.password != password:
            self._count_failure(user)
            return None
        user.failures = 0
        return user if not user.otp or self._code_holds(user, otp) else None

    def location(self, call: Call, path: str) -> str:
        """Where to redirect to, in the form that the variant wants."""
        how = self.variants["locations"]
        if how == "http":
            return call.plain_base + path
        return call.base + path if how == "absolute" else path

    def login_form(self, call: Call) -> Answer:
        """Return the redirect to the form of the web interface."""
        back = quote(call.path, safe="/%")
        return redirect(302, self.location(call, f"{LOGIN_FORM}?returnUrl={back}"))

    def _by_password(self, name: str, password: str, otp: str) -> Identity | None:
        server = self.state.server_auth
        if server and (name, password) == (server.get("username"), server.get("password")):
            return Identity(name)
        user = self.checked_user(name, password, otp)
        return Identity(name, user) if user else None

    def _code_holds(self, user: User, otp: str) -> bool:
        """Two-factor: a code that was used may be worth nothing any more (variant)."""
        if otp != user.otp or (self.variants["otp_codes"] == "once" and otp == user.used_otp):
            return False
        user.used_otp = otp
        return True

    def _count_failure(self, user: User) -> None:
        user.failures += 1
        limit = self.state.server.lock_after
        user.blocked = bool(limit) and user.failures >= limit

    def _refused(self, call: Call) -> Answer:
        """Wrong credentials."""
        if call.refusal_format != HTML:
            return self._data_refused(call)
        return error(HTML, 401, UNAUTHORISED, headers=challenge(call))

    def _anonymous(self, call: Call) -> Answer:
        """No credentials at all."""
        if call.query.get("auth") == "http":
            return unauthorised(call)
        return self.login_form(call) if call.refusal_format == HTML else self._data_refused(call)

    def _data_refused(self, call: Call) -> Answer:
        how = self.variants["json_unauthorised"]
        if how == "redirect":
            return self.login_form(call)
        if how == "login_page":
            return login_page()
        return unauthorised(call)


def challenge(call: Call) -> Headers:
    """Return the header that makes a browser ask for a password, for those who want it."""
    return CHALLENGE if call.query.get("auth") == "http" else ()


def unauthorised(call: Call) -> Answer:
    """Refuse for want of a login; empty credentials have a message of their own."""
    message, code = NO_CREDENTIALS if call.basic == ("", "") else (UNAUTHORISED, "authRequired")
    return error(call.refusal_format, 401, message, code, challenge(call))


def login_page(message: str = "") -> Answer:
    """Return the form of the web interface."""
    return page(
        "Přihlášení",
        f"<p>{message}</p>\n"
        f'<form method="post" action="{LOGIN_FORM}"><input name="username">'
        '<input name="password" type="password"><input name="otp">'
        '<button type="submit">Přihlásit</button></form>',
    )
