# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's users and those of a company, in whatever shape the server lists them. Only reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .. import _errors
from .._errors import FlexiError
from .._text import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sized

    from .._wire.auth import Auth
    from .._wire.client import Wire
    from .._wire.reply import Reply

PAGE = 20
"""How many records a list has where nothing is said of its limit."""
_SMALLEST_PAGE = 10
_MULTIPLES = (10, 25)
_DEEPEST = 6
_LIST_KEYS = ("user", "users", "uzivatel")
_ROW_COUNTS = ("@rowCount", "rowCount")
_COUNT = re.compile("[0-9]{1,9}")


class _IncompleteError(Exception):
    """A list has something in it that does not say whose it is: leaving it out would be a guess."""


@dataclass(frozen=True)
class User:
    """One user; None is what the server does not tell."""

    username: str
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    user_type: str | None = None
    blocked: bool | None = None
    permissions: Mapping[str, bool] | None = None
    last_login: str | None = None
    last_api: str | None = None
    company: str | None = None
    roles: tuple[str, ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return an entry of the module's ``users``."""
        return {**asdict(self), "roles": None if self.roles is None else list(self.roles)}


def read_users(client: Wire) -> list[User]:
    """Return all users of the server (``/u.json``); raise FlexiError where the list is not there or not complete."""
    records = _read_all(client, "/u.json", {}, "username", "Reading the users")
    return [global_user(record) for record in records]


def is_alone(auth: Auth, logins: Iterable[str]) -> bool:
    """Whether a list has nobody in it but the acting user, which may be all that this user may see."""
    others = {login for login in logins if not auth.is_acting(login)}
    # A single one may be the acting user, where their name is not given.
    return len(others) <= (not auth.user)


class ListOfUsers:
    """All users of the server, who are read when somebody first asks for them, and only once."""

    def __init__(self, client: Wire) -> None:
        """Read them with this client."""
        self._client = client
        self._users: list[User] | None = None
        self._problem: FlexiError | None = None

    def users(self) -> list[User]:
        """Return them; raise FlexiError as ``read_users`` does."""
        if self._problem:
            raise self._problem
        if self._users is None:
            try:
                self._users = read_users(self._client)
            except FlexiError as problem:
                self._problem = problem
                raise
        return self._users

    def logins(self) -> frozenset[str]:
        """Return their logins, or raise the same."""
        return frozenset(user.username for user in self.users())


def read_company_users(client: Wire, company: str) -> list[User]:
    """Return all users of a company, with their roles in it; raise FlexiError as ``read_users`` does.

    Reading with HTTP Basic makes Flexi cache a context of whoever reads, for this company.
    """
    path = f"/c/{quote(company, safe='')}/uzivatel.json"
    query = {"detail": "custom:id,kod,jmeno,prijmeni,email,role"}
    records = _read_all(client, path, query, "kod", f"Reading the users of company {readable(company)!r}")
    return [_company_user(record, company) for record in records]


def _read_all(client: Wire, path: str, query: Mapping[str, str], key: str, asked: str) -> list[Mapping[str, Any]]:
    """Return every record; raise FlexiError unless they are all.

    Whether ``limit=0`` is heeded is not documented for each list, so it is asked once for what comes after the last
    record, and an empty list is looked at again.
    """
    reply = client.get(path, {**query, "limit": "0"})
    records = records_in(reply, key, asked)
    start = {"start": str(len(records))} if records else {}
    after = client.get(path, {**query, **start, "limit": str(PAGE)})
    rest = records_in(after, key, asked, is_rest=bool(records))
    is_cut_off = rest and (rest != records or looks_like_a_page(records))
    if is_cut_off or max(_row_count(reply.json), _row_count(after.json)) > len(records):
        raise _unreadable(asked, "the list is cut off")
    return records


def looks_like_a_page(records: Sized) -> bool:
    """Whether a list may be a page of a server that always answers with its first page."""
    count = len(records)
    is_round = any(count % each == 0 for each in _MULTIPLES)
    # A power of two has no digit in common with the number before it.
    is_binary = count & (count - 1) == 0 or count & (count + 1) == 0
    return count >= _SMALLEST_PAGE and (is_round or is_binary)


def _row_count(body: Any) -> int:
    """Return how many records there are in all, if a list says so."""
    if not isinstance(body, Mapping):
        return 0
    counts = [str(body[name]) for name in _ROW_COUNTS if name in body]
    inner = [_row_count(body[name]) for name in ("winstrom", *_LIST_KEYS) if name in body]
    return max([*(int(count) for count in counts if _COUNT.fullmatch(count)), *inner], default=0)


def records_in(reply: Reply, key: str, asked: str, *, is_rest: bool = False) -> list[Mapping[str, Any]]:
    """Return the records that an answer has, each with its ``key``; raise FlexiError where it is no list of them.

    ``asked`` is a phrase such as "reading the users"; ``is_rest`` is whether there may be none.
    """
    body = reply.json
    if reply.status != HTTPStatus.OK or reply.wants_login or reply.says_failure:
        raise _refusal(reply, asked)
    try:
        records = _records(body, key)
    except _IncompleteError:
        raise _unreadable(asked, f"there is a record without {key}") from None
    if not all(isinstance(record[key], (str, int)) and not isinstance(record[key], bool) for record in records):
        raise _unreadable(asked, f"a user's {key} is not text")
    if not (records or is_rest or _says_empty(body)):
        raise _unreadable(asked, "the server's answer has no users in it")
    return records


def _refusal(reply: Reply, asked: str) -> FlexiError:
    error = reply.error(asked)
    if error.code in {_errors.NOT_FLEXI, _errors.UNEXPECTED_REPLY}:
        return error.but(code=_errors.LIST_UNREADABLE, hint=_NO_LIST)
    return error


_NO_LIST = "This Flexi does not show this list, or not to this user."


def _unreadable(asked: str, why: str) -> FlexiError:
    return FlexiError(_errors.LIST_UNREADABLE, f"{asked} failed: {why}.", _NO_LIST)


def _records(body: Any, key: str, depth: int = 0, *, are_users: bool = True) -> list[Mapping[str, Any]]:
    """Find the records by their ``key``, and never inside one; ``are_users`` is whether there can be nothing else."""
    if isinstance(body, Mapping) and depth <= _DEEPEST:
        return [body] if key in body else _records_below(body, key, depth, are_users=are_users and depth > 0)
    if not isinstance(body, list):
        return []
    found = [_records(each, key, depth + 1) if _is_record(each, key) else [] for each in body]
    if (are_users or any(found)) and not all(found):
        raise _IncompleteError
    return [record for records in found for record in records]


def _records_below(body: Mapping[str, Any], key: str, depth: int, *, are_users: bool) -> list[Mapping[str, Any]]:
    lists = [body[name] for name in _LIST_KEYS if name in body]
    if are_users and not lists and any(not name.startswith("@") for name in body):
        raise _IncompleteError
    # Not only users have a kod, so it does not tell where they are.
    others = [body.get("winstrom")] if key == "kod" else body.values()
    return [record for each in (lists or others) for record in _records(each, key, depth + 1, are_users=bool(lists))]


def _is_record(each: Any, key: str) -> bool:
    """Whether it is one, or has nothing but a record in it."""
    return isinstance(each, Mapping) and (key in each or (len(each) == 1 and bool(each.keys() & {*_LIST_KEYS})))


def _says_empty(body: Any, depth: int = 0) -> bool:
    if body == [] and depth == 0:
        return True
    if not isinstance(body, Mapping) or depth > _DEEPEST:
        return False
    return any(key in body and body[key] in ([], {}, "", None) for key in _LIST_KEYS) or any(
        _says_empty(each, depth + 1) for each in body.values()
    )


def global_user(record: Mapping[str, Any]) -> User:
    """Return the user whom a record of ``/u.json`` describes."""
    permissions = record.get("permissions")
    return User(
        username=str(record["username"]),
        given_name=_text(record.get("givenName")),
        family_name=_text(record.get("familyName")),
        email=_text(record.get("email")),
        user_type=_text(record.get("userType")),
        blocked=_boolean(record.get("blocked")),
        permissions=_booleans(permissions) if isinstance(permissions, Mapping) else None,
        last_login=_text(record.get("lastLoginDate")),
        last_api=_text(record.get("lastApiDate")),
    )


def _company_user(record: Mapping[str, Any], company: str) -> User:
    return User(
        username=str(record["kod"]),
        given_name=_text(record.get("jmeno")),
        family_name=_text(record.get("prijmeni")),
        email=_text(record.get("email")),
        company=company,
        roles=_roles(record["role"]) if "role" in record else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _boolean(value: Any) -> bool | None:
    return {"true": True, "false": False}.get(str(value).lower())


def _booleans(record: Mapping[str, Any]) -> dict[str, bool]:
    read = {name: _boolean(value) for name, value in record.items()}
    return {name: value for name, value in read.items() if value is not None}


def _roles(value: Any) -> tuple[str, ...] | None:
    """Return the codes of roles, which may be text such as ``code:UCETNI``, an object, or a list of either."""
    if isinstance(value, str):
        return tuple(role_code(each) for each in value.split(",") if each.strip())
    if isinstance(value, Mapping):
        return _roles(value["kod"]) if "kod" in value else _roles(value.get("role", 0))
    if isinstance(value, list):
        several = [_roles(each) for each in value]
        return None if None in several else tuple(code for each in several for code in each or ())
    return () if value is None else None


def role_code(role: str) -> str:
    """Return the code of a role, which Flexi and its users may write with ``code:`` before it."""
    return role.strip().removeprefix("code:").strip()
