# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /status/user/{login}/logout`, and the page that names who is logged in."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Callable
from urllib.parse import quote

from .answers import HTML, JSON, TYPES, XML, Answer, done, error, page, redirect

if TYPE_CHECKING:
    from .call import Call, Identity
    from .identity import Gate
    from .state import Dropped, State

NO_RIGHT = "K této akci nemáte přístup."
NO_COMPANY = "Firma neexistuje."
USER_PAGE = "/status/user"


class Logout:
    """The logout service."""

    def __init__(self, state: State, variants: dict[str, str], gate: Gate) -> None:
        """Look at the state and the variants as they are at each call."""
        self.state, self.variants, self.gate = state, variants, gate

    def answer(self, call: Call, who: Identity) -> Answer:
        """Log a user out of everything, or drop one context."""
        login, company = call.pieces[2], call.query.get("company", "")
        if not self._allowed(who, login):
            return error(call.format, 403, NO_RIGHT)
        told_apart = self.variants["unknown_company"] == "distinct"
        if company and told_apart and company not in self.state.companies:
            return error(call.format, 404, NO_COMPANY, "firmaNeexistuje")
        ended = self._company(login, company) if company else self._everything(login)
        if ended or call.flag("ignore-not-found"):
            return self._success(call)
        return self._not_found(call, login)

    def _allowed(self, who: Identity, login: str) -> bool:
        if who.may_manage:
            return True
        # Logins are compared exactly: nothing says that Flexi ignores case.
        return who.name == login and self.variants["self_logout"] == "yes"

    def _everything(self, login: str) -> bool:
        # A context without a session is dropped too, and yet is "not logged in".
        return self.state.log_out(login).sessions > 0

    def _company(self, login: str, company: str) -> bool:
        dropped: Dropped = self.state.drop_context(login, company)
        if not dropped.sessions:
            return False
        lenient = self.variants["company_without_context"] == "ok"
        return dropped.contexts > 0 or (lenient and company in self.state.companies)

    def _success(self, call: Call) -> Answer:
        if call.format == HTML:
            return redirect(303, self.gate.location(call, USER_PAGE))
        body = self.variants["success_body"]
        if body == "empty":
            return Answer(200)
        if body == "text":
            return Answer(200, TYPES["text"], b"OK")
        return done(XML if body == "xml" else call.format)

    def _not_found(self, call: Call, login: str) -> Answer:
        message, code = "Uživatel není přihlášen.", "uzivatelNeniPrihlasen"
        if self.variants["unknown_login"] == "distinct" and login not in self.state.users:
            message, code = "Uživatel neexistuje.", "uzivatelNeexistuje"
        body = self.variants["not_found"]
        if body == "empty":
            return Answer(404)
        if body == "text":
            return Answer(404, TYPES["text"], message.encode())
        form = {"xml": XML, "html": HTML}.get(body, call.format)
        return error(form, 404, message, code)


class UserPage:
    """`/status/user`: HTML only, so a client has to find the logins in its forms."""

    def __init__(self, state: State, variants: dict[str, str], gate: Gate) -> None:
        """Look at the state and the variants as they are at each call."""
        self.state, self.variants, self.gate = state, variants, gate

    def answer(self, call: Call, who: Identity) -> Answer:
        """Return the page, in the variant that is set."""
        variant = self.variants["user_page"]
        if variant == "missing":
            return error(call.format, 404, "Stránka nebyla nalezena.")
        if variant == "login":
            return self.gate.login_form(call)
        if variant == "forbidden" or not who.may_manage:
            return error(call.format, 403, NO_RIGHT)
        if call.format != HTML:
            return error(JSON if call.format == JSON else XML, 406, "Nepodporovaný formát.")
        logins = self._logins(stale=variant == "stale")
        row: Callable[[str], str] = _bare_row if variant == "bare" else _row
        rows = [row(login) for login in logins]
        if variant == "contexts":
            rows = [self._row_with_contexts(login) for login in logins]
        return page("Přihlášení uživatelé", "<table>\n" + "\n".join(rows) + "\n</table>")

    def _logins(self, *, stale: bool) -> list[str]:
        logins = self.state.logged_in()
        if not stale:
            return logins
        # Another number than loggedUser says: such a page must not be believed.
        return logins[1:] if logins else ["duch"]

    def _row_with_contexts(self, login: str) -> str:
        """One button for everything, and one for each company."""
        companies = self.state.contexts_of(login)
        return _row(login) + "".join(_form(login, f"?company={company}") for company in companies)


def _form(login: str, query: str = "") -> str:
    address = html.escape(f"{USER_PAGE}/{quote(login, safe='')}/logout{query}")
    return f'<form method="post" action="{address}"><button>Odhlásit</button></form>'


def _row(login: str) -> str:
    return f"<tr><td>{html.escape(login)}</td><td>{_form(login)}</td></tr>"


def _bare_row(login: str) -> str:
    return f"<tr><td>{html.escape(login)}</td></tr>"
