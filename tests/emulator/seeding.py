# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a state file says to servers, companies and users."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from .model import Company, Return, Roles, Server, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SEED = Path(__file__).with_name("seed.yml")
SELECTION = Path(__file__).with_name("selection.yml")
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
    "lastLoginDate": "last_login",
    "lastApiDate": "last_api",
    "roles": "roles",
    "logs_in_again": "comes_back",
}
SERVER_KEYS = {
    "version": "version",
    "licenseName": "license_name",
    "licenseVariant": "license_variant",
    "javaVersion": "java_version",
    "operatingSystem": "operating_system",
    "session_timeout": "session_timeout",
    "lock_after": "lock_after",
    "not_logged_in_code": "not_logged_in_code",
}
COMPANY_KEYS = {"dbNazev": "name", "nazev": "title"}
# What is not a property of a user, but a beginning.
BEGINNINGS = {"sessions", "contexts"}
USER_EXTRAS = BEGINNINGS | {"permissions"}
GENERATED_KEYS = (USER_KEYS.keys() | USER_EXTRAS | {"prefix", "count"}) - {"username"}
TOP_KEYS = {"server", "server_auth", "companies", "users", "generate_users", "variants"}


class Newcomer(NamedTuple):
    """A user, and what is there of this user at the start."""

    user: User
    sessions: int
    contexts: tuple[str, ...]


@lru_cache(maxsize=2)
def _read(path: Path) -> Mapping[str, Any]:
    with path.open(encoding="utf-8") as stream:
        content: Mapping[str, Any] = yaml.safe_load(stream)
    return content


def seed() -> Mapping[str, Any]:
    """Return the default state."""
    return _read(SEED)


def selection() -> Mapping[str, Any]:
    """Return a state for those who find users, check them and choose among them."""
    return _read(SELECTION)


def only(given: Iterable[Any], known: Any, what: str) -> None:
    """Refuse what is not known (ValueError)."""
    unknown = set(given) - set(known)
    if unknown:
        raise ValueError(f"unknown in {what}: {', '.join(sorted(map(str, unknown)))}")


def server(given: Mapping[str, Any] | None) -> Server:
    """Return the server that a state describes."""
    return Server(**_renamed(given or {}, SERVER_KEYS, "server"))


def companies(given: Iterable[Mapping[str, Any]] | None) -> dict[str, Company]:
    """Return the companies that a state describes, by name."""
    new = [Company(**_renamed(company, COMPANY_KEYS, "a company")) for company in given or []]
    return {company.name: company for company in new}


def newcomers(given: Iterable[Mapping[str, Any]] | None, generated: Any, known: Iterable[str]) -> list[Newcomer]:
    """Return the users that are listed and those to be generated; `known` are the companies."""
    known = frozenset(known)
    return [_newcomer(user, known) for user in (*(given or ()), *_generated(generated))]


def returning(given: Any) -> Return | None:
    """Return how somebody comes back: not at all, every time (true), so many times, or as a mapping says."""
    if given is None or given is False:
        return None
    if given is True:
        return Return()
    if isinstance(given, int):
        return Return(times=given)
    only(given, ("times", "after", "sessions"), "logs_in_again")
    return Return(**given)


def _newcomer(given: Mapping[str, Any], known: frozenset[str]) -> Newcomer:
    contexts = tuple(given.get("contexts") or ())
    only(contexts, known, "a user's contexts")
    return Newcomer(_new_user(given), int(given.get("sessions") or 0), contexts)


def _new_user(given: Mapping[str, Any]) -> User:
    only(given, USER_KEYS.keys() | USER_EXTRAS, "a user")
    permissions = given.get("permissions") or {}
    only(permissions, PERMISSIONS, "permissions")
    arguments = {USER_KEYS[key]: value for key, value in given.items() if key in USER_KEYS}
    arguments.update({PERMISSIONS[key]: bool(value) for key, value in permissions.items()})
    arguments["otp"] = str(arguments.get("otp") or "")
    arguments["roles"] = _roles(arguments.get("roles"))
    arguments["comes_back"] = returning(arguments.get("comes_back"))
    return User(**arguments)


def _roles(given: Mapping[str, Any] | None) -> Roles:
    """Several roles in a company are a list; none at all: empty."""
    if given is None:
        return None
    return {
        company: (value,) if isinstance(value, str) and value else tuple(value or ())
        for company, value in given.items()
    }


def _generated(given: Any) -> Iterator[dict[str, Any]]:
    """Make many alike users, for big runs: user0001, user0002 ..."""
    for spec in [given] if isinstance(given, dict) else given or []:
        only(spec, GENERATED_KEYS, "generate_users")
        common = {"password": "generated-password", **spec}
        prefix, count = common.pop("prefix", "user"), int(common.pop("count", 0))
        width = max(4, len(str(count)))
        for number in range(1, count + 1):
            yield {**common, "username": f"{prefix}{number:0{width}}"}


def _renamed(given: Mapping[str, Any], keys: Mapping[str, str], what: str) -> dict[str, Any]:
    """Flexi's names to ours."""
    only(given, keys, what)
    return {keys[key]: value for key, value in given.items()}
