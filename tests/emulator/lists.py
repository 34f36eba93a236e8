# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of companies and users: who may read them, and what they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import records
from .answers import Answer, content
from .refusals import forbidden, no_company
from .shapes import around_users, enveloped, limited, shaped
from .unreadable import unreadable

if TYPE_CHECKING:
    from .call import Call, Identity
    from .identity import Gate
    from .model import User
    from .state import State

COMPANY_PIECES = 2


class Lists:
    """`/c`, `/u` and what is below `/c/{dbNazev}`."""

    def __init__(self, state: State, variants: dict[str, str], gate: Gate) -> None:
        """Look at the state and the variants as they are at each call."""
        self.state, self.variants, self.gate = state, variants, gate

    def companies(self, call: Call, who: Identity) -> Answer:
        """List the companies that the one who asks may enter."""
        variant = self.variants["company_list"]
        refusal = unreadable(variant, call, self.gate)
        if refusal:
            return refusal
        user = who.user
        seen = [
            records.company(number, company)
            for number, company in enumerate(self.state.companies.values(), 1)
            if user is None or user.may_enter(company.name)
        ]
        part = self._part(seen, call, "company_list_limit")
        found = shaped(part, bare=variant == "single", empty=self.variants["empty_list"])
        return content(call.format, {"companies": {"company": found}})

    def users(self, call: Call, who: Identity) -> Answer:
        """List the users of the server."""
        variant, root = self.variants["users_list"], self.variants["users_root"]
        refusal = unreadable(variant, call, self.gate)
        if refusal or not who.may_manage:
            return refusal or forbidden(call)
        seen = _seen(variant, list(self.state.users.values()), who)
        part = self._part(seen, call, "users_limit")
        found: list[Any] = [records.global_user(user, self.variants) for user in part]
        if root == "wrapped":
            found = [{"user": record} for record in found]
        return content(call.format, around_users(root, self._shaped(found), self._count(call, len(seen))))

    def in_company(self, call: Call, who: Identity) -> Answer:
        """Answer for one company: itself, its users, or any other list, which is empty."""
        name, user = call.pieces[1], who.user
        company = self.state.companies.get(name)
        if company is None:
            return no_company(call)
        if user is not None:
            if not user.may_enter(name):
                return forbidden(call)
            # By Basic as well: no session, but a cached context.
            self.state.enter(user, name)
        if len(call.pieces) == COMPANY_PIECES:
            record = records.company(list(self.state.companies).index(name) + 1, company)
            return content(call.format, {"companies": {"company": record}})
        if call.pieces[2:] == ("uzivatel",):
            return self._company_users(call, name, who)
        return content(call.format, enveloped(call.pieces[2], [], None))

    def _company_users(self, call: Call, name: str, who: Identity) -> Answer:
        variant, root = self.variants["company_users"], self.variants["company_users_root"]
        refusal = unreadable(variant, call, self.gate)
        if refusal:
            return refusal
        members = [user for user in self.state.users.values() if user.roles and name in user.roles]
        users = records.CompanyUsers(name, _seen(variant, members, who), self.variants["company_roles"])
        part = self._part(users.records(), call, "company_users_limit")
        found = self._shaped(records.detailed(part, call.query.get("detail", "summary")))
        if root == "winstrom":
            return content(call.format, enveloped("uzivatel", found, self._count(call, len(users.members))))
        return content(call.format, {"uzivatel": found} if root == "bare" else found)

    def _part(self, found: list[Any], call: Call, variant: str) -> list[Any]:
        return limited(found, call.query, self.variants[variant], int(self.variants["page_size"]))

    def _shaped(self, found: list[Any]) -> Any:
        bare = self.variants["single_record"] == "bare"
        return shaped(found, bare=bare, empty=self.variants["empty_list"])

    def _count(self, call: Call, number: int) -> int | None:
        how = self.variants["row_count"]
        asked = how == "asked" and call.flag("add-row-count")
        return number if asked or how == "always" else None


def _seen(variant: str, users: list[User], who: Identity) -> list[User]:
    """Leave out what a list that is filtered by rights, rather than refused, does not show."""
    if variant == "own":
        return [user for user in users if user is who.user]
    return [] if variant == "empty" else users
