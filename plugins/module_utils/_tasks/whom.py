# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say whom to log out of what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from .._errors import FlexiError, invalid_option
from .._flexi.users import role_code
from .._logout.targets import Batch, Selection, Whom, login_fault, spelling_fault
from .._text import quoted, readable

if TYPE_CHECKING:
    from collections.abc import Mapping

_BETWEEN_ITEMS = re.compile(r"[,\r\n]")
_LOOKS_LIKE_A_LIST = re.compile(r"\s*(\[.*\]|\(.*\)|\{.*\})\s*$", re.DOTALL)
_LOOKS_LIKE_A_LINE_OF_ONE = re.compile(r"[-*#] |---")
"""Of a list in YAML or Markdown."""
_MOST = 1_000_000

_LOGINS = {"users": {"type": "raw"}, "companies": {"type": "raw", "aliases": ["company"]}}

WHOM: dict[str, Any] = {
    **_LOGINS,
    "lists": {"type": "list", "elements": "dict", "options": _LOGINS},
    "users_in_companies": {"type": "raw"},
    "users_with_roles": {"type": "raw"},
    "users_logged_in": {"type": "bool", "default": False},
    "exclude_users": {"type": "raw"},
    "max_selected": {"type": "int", "default": 500},
}
"""The argument spec of these options. Raw, since as text a number of YAML would look like a login."""


def whom_from(params: Mapping[str, Any]) -> Whom:
    """Return whom the validated options mean; raise FlexiError where that could be somebody else."""
    _refuse_nothing_said(params)
    lists = params["lists"] or ()
    return Whom(
        named=_batch(params, ""),
        lists=tuple(_batch(each, f"lists[{number}].") for number, each in enumerate(lists)),
        selection=_selection(params),
        excluded=_excluded(params["exclude_users"]),
    )


def _refuse_nothing_said(params: Mapping[str, Any]) -> None:
    options = ("users", "lists", "users_in_companies", "users_with_roles")
    if not params["users_logged_in"] and all(params[name] is None for name in options):
        raise invalid_option(
            "Nothing says whom to log out.",
            "Set users, lists, users_in_companies or users_logged_in. For nobody, set users to an empty list.",
        )


def _batch(params: Mapping[str, Any], where: str) -> Batch:
    if where and params["users"] is None:
        raise invalid_option(f"{where}users is missing.", "Set users in each of the lists, to [] for nobody.")
    return Batch(_logins(f"{where}users", params["users"]), _companies(f"{where}companies", params["companies"]))


def _excluded(given: Any) -> tuple[str, ...]:
    # Somebody who cannot be logged out may be selected, and is left out then.
    logins = _logins("exclude_users", given, spelling_fault)
    if isinstance(given, str) and not logins:
        raise invalid_option(
            "exclude_users is blank, which excludes nobody.",
            "Set it to the logins that must stay logged in, to an empty list for nobody, or leave it out.",
        )
    return logins


def _selection(params: Mapping[str, Any]) -> Selection:
    companies = _companies("users_in_companies", params["users_in_companies"], may_be_empty=True) or ()
    roles = _items("users_with_roles", params["users_with_roles"])
    if params["users_with_roles"] is not None and not roles:
        raise invalid_option(
            "users_with_roles is empty, which could mean any role or none.", "Leave it out to mean any."
        )
    if not all(map(role_code, roles)):
        raise invalid_option(
            "users_with_roles contains a blank role, which nobody has.", "Write each role as an item of its own."
        )
    if roles and params["users_in_companies"] is None:
        raise invalid_option(
            "users_with_roles is given without users_in_companies, but Flexi's users have roles in a company.",
            "Set users_in_companies, too.",
        )
    if roles and not companies and params["users_logged_in"]:
        raise invalid_option(
            "users_with_roles is given and users_in_companies is empty, so nothing would limit users_logged_in.",
            "Leave out users_with_roles if you mean everybody who is logged in; otherwise leave out users_logged_in.",
        )
    most = params["max_selected"]
    if not 0 <= most <= _MOST:
        raise invalid_option(
            f"max_selected is {readable(str(most))}, which is out of range.", f"Use a value from 0 to {_MOST}."
        )
    return Selection(companies, roles, logged_in=params["users_logged_in"], at_most=most)


def _logins(name: str, given: Any, fault_of: Callable[[str], str] = login_fault) -> tuple[str, ...]:
    logins = _items(name, given)
    for login in logins:
        fault = fault_of(login)
        if fault:
            raise invalid_option(
                f"{name} contains {fault}.", "Write each login as an item of its own, exactly as Flexi has it."
            )
    return logins


def _companies(name: str, given: Any, *, may_be_empty: bool = False) -> tuple[str, ...] | None:
    """Return the companies, or None where the option is left out, which is the only way to mean all."""
    if given is None:
        return None
    companies = _items(name, given)
    if not (companies or may_be_empty):
        raise invalid_option(
            f"{name} is empty, which could mean no company or every company.",
            f"Leave {name} out to log the users out of everything.",
        )
    for company in companies:
        if not company.strip() or not company.isprintable():
            raise invalid_option(
                f"{name} contains {quoted(company)}, which is not the database name of a company.",
                "Use the dbNazev of each company.",
            )
    return companies


def _items(name: str, given: Any) -> tuple[str, ...]:
    """Return the items of a list, or of text that has one in each line or between commas."""
    if given is None:
        return ()
    if isinstance(given, str):
        items = tuple(item.strip() for item in _BETWEEN_ITEMS.split(given) if item.strip())
        if _LOOKS_LIKE_A_LIST.match(given) or any(map(_LOOKS_LIKE_A_LINE_OF_ONE.match, items)):
            raise invalid_option(
                f"{name} is text that looks like a list: its brackets, or the marks of its lines, would be taken as "
                "parts of the names.",
                f'{_PLAIN} On the command line, a list needs JSON around it: -e \'{{"VARIABLE": ["…"]}}\'.',
            )
        return items
    if not isinstance(given, (list, tuple)):
        raise _not_text(f"{name} is", given)
    for item in given:
        if not isinstance(item, str):
            raise _not_text(f"{name} contains", item)
    return tuple(given)


def _not_text(where: str, value: Any) -> FlexiError:
    if isinstance(value, (dict, list, tuple)):
        return invalid_option(
            f"{where} a {'dictionary' if isinstance(value, dict) else 'list'}, but text is expected.", _PLAIN
        )
    if value is None:
        return invalid_option(f"{where} null, but text is expected.", _PLAIN)
    kind = "a boolean" if isinstance(value, bool) else "a number"
    return invalid_option(
        f"{where} {value}, which YAML reads as {kind}, not as text.", f"Quote it, as it is written in Flexi. {_PLAIN}"
    )


_PLAIN = "Use a list of strings, or text with one item per line or separated by commas."
