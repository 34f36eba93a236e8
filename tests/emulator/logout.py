# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /status/user/{login}/logout`, and the page that names who is logged in."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from .answers import HTML, JSON, TYPES, XML, Answer, done, error, page, redirect
from .refusals import NO_USER, NOT_FOUND, NOT_LOGGED_IN, forbidden, no_address, no_company

if TYPE_CHECKING:
    from .call import Call, Identity
    from .identity import Gate
    from .model import Dropped
    from .state import State

USER_PAGE = "/status/user"
# On the page, but not among the users
GHOST = "duch"
NEEDS_PERCENT = re.compile(r"[\x00-\x20/?#%\x7f]")


class Logout:
    """The logout service."""

    def __init__(self, state: State, variants: dict[str, str], gate: Gate) -> None:
        """Look at the state and the variants as they are at each call."""
        self.state, self.variants, self.gate = state, variants, gate

    def answer(self, call: Call, who: Identity) -> Answer:
        """Log a user out of everything, or drop one context."""
        login, company = self._meant(call.pieces[2]), call.query.get("company", "")
        if not self._allowed(who, login):
            return forbidden(call)
        ended = self._company(login, company) if company else self._everything(login)
        if ended or (call.flag("ignore-not-found") and self._flag_hides(login, company)):
            return self._success(call)
        return self._not_found(call, login, company)

    def _meant(self, login: str) -> str:
        if self.variants["login_case"] == "exact" or login in self.state.users:
            return login
        lower = login.lower()
        return next((known for known in self.state.users if known.lower() == lower), login)

    def _allowed(self, who: Identity, login: str) -> bool:
        if who.may_manage:
            return True
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

    def _no_such_login(self, login: str) -> bool:
        return login not in self.state.users

    def _no_such_company(self, company: str) -> bool:
        return bool(company) and company not in self.state.companies

    def _flag_hides(self, login: str, company: str) -> bool:
        """Whether `ignore-not-found` turns this 404 into 200; always if somebody is merely not logged in."""
        variants = self.variants
        shown = variants["flag_hides_unknown_login"] == "no" and self._no_such_login(login)
        return not shown and (variants["flag_hides_unknown_company"] == "yes" or not self._no_such_company(company))

    def _not_found(self, call: Call, login: str, company: str) -> Answer:
        variants = self.variants
        if variants["unknown_company"] == "distinct" and self._no_such_company(company):
            return no_company(call)
        distinct = variants["unknown_login"] == "distinct" and self._no_such_login(login)
        message = NO_USER if distinct else (NOT_LOGGED_IN, self.state.server.not_logged_in_code)
        return NOT_FOUND[variants["not_found"]](call, *message)


class UserPage:
    """`/status/user`: HTML only, so a client has to find the logins in its forms."""

    def __init__(self, state: State, variants: dict[str, str], gate: Gate) -> None:
        """Look at the state and the variants as they are at each call."""
        self.state, self.variants, self.gate = state, variants, gate

    def answer(self, call: Call, who: Identity) -> Answer:
        """Return the page, in the variant that is set."""
        variant = self.variants["user_page"]
        if variant == "missing":
            return no_address(call)
        if variant == "login":
            return self.gate.login_form(call)
        if variant == "forbidden" or not who.may_manage:
            return forbidden(call)
        if variant == "error":
            return page("Chyba", "<p>Nastala neočekávaná chyba.</p>", 500)
        if call.format != HTML:
            return error(JSON if call.format == JSON else XML, 406, "Nepodporovaný formát.")
        rows = [self._row(login, variant) for login in self._logins(variant)]
        return page("Přihlášení uživatelé", "<table>\n" + "\n".join(rows) + "\n</table>")

    def _logins(self, variant: str) -> list[str]:
        """Return the logins to show. Where they are not as many as loggedUser says, the page must not be believed."""
        logins = self.state.logged_in()
        if variant == "stale":
            return logins[1:] if logins else [GHOST]
        if variant == "more":
            return [*logins, GHOST]
        if variant == "twice":
            # A row for each session: loggedUser still counts a user once.
            return [login for login in logins for _session in self.state.sessions_of(login)]
        return logins

    def _row(self, login: str, variant: str) -> str:
        name = f"<td>{html.escape(login)}</td>"
        if variant == "bare":
            return f"<tr>{name}</tr>"
        row = f"<tr>{name}<td>{_form(login, entities=variant == 'entities')}</td></tr>"
        if variant == "contexts":
            # One button for everything, and one for each company.
            row += "".join(_form(login, f"?company={company}") for company in self.state.contexts_of(login))
        return row


def _form(login: str, query: str = "", *, entities: bool = False) -> str:
    """Return the button that logs a user out; with `entities` no more is percent-encoded than an address needs."""
    segment = NEEDS_PERCENT.sub(lambda match: quote(match[0], safe=""), login) if entities else quote(login, safe="")
    address = html.escape(f"{USER_PAGE}/{segment}/logout{query}")
    if entities:
        address = address.encode("ascii", "xmlcharrefreplace").decode()
    return f'<form method="post" action="{address}"><button>Odhlásit</button></form>'
