# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One company, one user: as Flexi writes them down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Company, User


def company(number: int, record: Company) -> dict[str, str]:
    """Return a company as in /c.json."""
    return {
        "id": str(number),
        "dbNazev": record.name,
        "nazev": record.title,
        "show": "true",
        "stavEnum": "ESTABLISHED",
        "createDt": "2020-01-01T08:00:00.000+01:00",
        "licenseGroup": "",
        "watchingChanges": "false",
    }


def global_user(user: User, variants: Mapping[str, str]) -> dict[str, Any]:
    """Return a user as in /u.json."""
    if variants["user_fields"] == "bare":
        return {"username": user.username}
    record = {
        "username": user.username,
        "givenName": user.given_name,
        "familyName": user.family_name,
        "email": user.email,
        "userType": user.user_type,
        "blocked": user.blocked,
        "permissions": {"manageAll": user.manage_all, "licenseMgmt": user.license_mgmt},
    }
    if variants["user_fields"] == "all":
        dates = {"lastLoginDate": user.last_login, "lastApiDate": user.last_api}
        record.update({name: date for name, date in dates.items() if date})
    return record if variants["user_values"] == "booleans" else _as_strings(record)


def _as_strings(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _as_strings(value) if isinstance(value, dict) else str(value).lower() if isinstance(value, bool) else value
        for key, value in record.items()
    }


class CompanyUsers:
    """The users of one company as in its uzivatel.json."""

    def __init__(self, name: str, users: list[User], shape: str) -> None:
        """Write their roles in this shape, a value of the variant company_roles."""
        self.name, self.shape, self.members = name, shape, users
        roles = sorted({role for user in users for role in (user.roles or {})[name]})
        self._numbers = {role: number for number, role in enumerate(roles, 1)}

    def records(self) -> list[dict[str, Any]]:
        """Return them with all their fields."""
        return [self._record(number, user) for number, user in enumerate(self.members, 1)]

    def _record(self, number: int, user: User) -> dict[str, Any]:
        return {
            "id": str(number),
            "kod": user.username,
            "jmeno": user.given_name,
            "prijmeni": user.family_name,
            "email": user.email,
            **self._role_fields((user.roles or {})[self.name]),
        }

    def _role_fields(self, roles: tuple[str, ...]) -> dict[str, Any]:
        if self.shape == "missing":
            return {}
        fields = {"role": self._role(roles)}
        if self.shape == "code" and len(roles) == 1:
            [role] = roles
            fields.update({"role@ref": self._address(role), "role@showAs": f"{role}: {role.capitalize()}"})
        return fields

    def _role(self, roles: tuple[str, ...]) -> Any:
        codes = [f"code:{role}" for role in roles]
        if self.shape in {"empty", "null"}:
            return "" if self.shape == "empty" else None
        if self.shape == "list":
            return codes
        if self.shape == "plain":
            return ",".join(roles)
        if self.shape in {"object", "nested"}:
            return self._role_objects(roles)
        return ",".join(codes)

    def _role_objects(self, roles: tuple[str, ...]) -> Any:
        objects = [{"id": str(self._numbers[role]), "kod": role, "nazev": role.capitalize()} for role in roles]
        if self.shape == "nested":
            return {"role": objects}
        return objects[0] if len(objects) == 1 else objects

    def _address(self, role: str) -> str:
        return f"/c/{self.name}/role/{self._numbers[role]}.json"


def detailed(records: list[dict[str, Any]], detail: str) -> list[dict[str, Any]]:
    """Return the fields that `detail` asks for; attributes such as role@ref come with their field."""
    if detail == "full":
        return records
    wanted = {"id"} if detail == "id" else {"id", "kod", "jmeno", "prijmeni"}
    if detail.startswith("custom:"):
        wanted = {"id", *detail[len("custom:") :].replace(" ", "").split(",")}
    return [{key: value for key, value in each.items() if key.partition("@")[0] in wanted} for each in records]
