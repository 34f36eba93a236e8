# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Companies and users as Flexi lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .state import Company, State, User

DEFAULT_LIMIT = 20


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    try:
        return max(0, int(query.get(name, default)))
    except ValueError:
        return default


def limited(records: list[Any], query: Mapping[str, str]) -> list[Any]:
    """Cut a list as asked: the default limit is 20, and 0 means all, so a client that forgets it loses records."""
    start, limit = _number(query, "start", 0), _number(query, "limit", DEFAULT_LIMIT)
    return records[start : start + limit] if limit else records[start:]


def company_record(number: int, company: Company) -> dict[str, str]:
    """Return a company as in /c.json."""
    return {
        "id": str(number),
        "dbNazev": company.name,
        "nazev": company.title,
        "show": "true",
        "stavEnum": "ESTABLISHED",
        "createDt": "2020-01-01T08:00:00.000+01:00",
        "licenseGroup": "",
        "watchingChanges": "false",
    }


def companies(state: State) -> list[dict[str, str]]:
    """Every company."""
    return [company_record(n, c) for n, c in enumerate(state.companies.values(), 1)]


def _global_user(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "givenName": user.given_name,
        "familyName": user.family_name,
        "email": user.email,
        "userType": user.user_type,
        "blocked": str(user.blocked).lower(),
        "permissions": {
            "manageAll": str(user.manage_all).lower(),
            "licenseMgmt": str(user.license_mgmt).lower(),
        },
        "lastLoginDate": "2026-01-05T08:00:00.000+01:00",
        "lastApiDate": "2026-01-05T09:30:00.000+01:00",
    }


def global_users(state: State, query: Mapping[str, str], root: str) -> Any:
    """/u.json, under the root that the variant wants."""
    users = [_global_user(user) for user in limited(list(state.users.values()), query)]
    if root == "users":
        return {"users": {"user": users}}
    if root == "winstrom":
        return {"winstrom": {"@version": "1.0", "user": users}}
    return {"user": users} if root == "user" else users


def company_users(state: State, company: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the users of one company, with the fields that `detail` asks for."""
    members = [user for user in state.users.values() if user.roles and company in user.roles]
    numbered = [
        {
            "id": str(number),
            "kod": user.username,
            "email": user.email,
            "jmeno": user.given_name,
            "prijmeni": user.family_name,
            "role": f"code:{(user.roles or {})[company]}",
        }
        for number, user in enumerate(members, 1)
    ]
    detail = query.get("detail", "summary")
    if detail.startswith("custom:"):
        wanted = {"id", *detail[len("custom:") :].replace(" ", "").split(",")}
        numbered = [{k: v for k, v in user.items() if k in wanted} for user in numbered]
    return {"winstrom": {"@version": "1.0", "uzivatel": limited(numbered, query)}}
