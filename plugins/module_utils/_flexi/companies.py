# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's companies, and whether those that are asked for are among them. Only reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from .. import _errors
from .._errors import FlexiError, invalid_option
from .._text import Names, folded, quoted, readable, some_of
from .server import COMPANIES
from .users import PAGE, looks_like_a_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._wire.client import Wire
    from .._wire.reply import Reply

_DATABASE_NAME = re.compile("[a-z0-9_]+")
_MANY = 20


def read_companies(client: Wire) -> dict[str, str] | None:
    """Return every company's ``dbNazev`` with the name that people see, or None where the list cannot be read."""
    companies = _read(client, {"limit": "0"})
    if companies is None:
        return None
    # Whether limit=0 is heeded is not documented for this list, so it is asked for what comes after the last one; some
    # server may take it for a limit of none at all.
    start = {"start": str(len(companies))} if companies else {}
    rest = _read(client, {**start, "limit": str(PAGE)})
    is_all = rest == {} or (rest == companies and not looks_like_a_page(companies))
    return companies if is_all else None


def _read(client: Wire, query: Mapping[str, str]) -> dict[str, str] | None:
    return companies_in(client.get(COMPANIES, query), is_rest="start" in query)


def companies_in(reply: Reply, *, is_rest: bool = False) -> dict[str, str] | None:
    """Return the companies that an answer of ``/c.json`` has, or None where it is no list; ``is_rest``: maybe empty."""
    if reply.wants_login:
        raise reply.error("Reading the companies")
    body = reply.json if reply.status == HTTPStatus.OK else None
    root = body.get("companies") if isinstance(body, Mapping) else None
    listed = root.get("company") if isinstance(root, Mapping) else None
    companies = [listed] if isinstance(listed, Mapping) else listed
    if is_rest and isinstance(root, Mapping) and not companies:
        return {}
    if not isinstance(companies, list):
        return None
    return {
        str(each["dbNazev"]): str(each.get("nazev", ""))
        for each in companies
        if isinstance(each, Mapping) and "dbNazev" in each
    }


def check_companies(client: Wire, companies: Iterable[str]) -> list[str]:
    """Raise FlexiError unless all companies exist, and return a warning where the server does not tell.

    Flexi's 404 for an unknown company might look like that for an idle user.
    """
    wanted = list(dict.fromkeys(companies))
    if not wanted:
        return []
    known = read_companies(client)
    for company in wanted:
        if known is not None and company not in known:
            raise unknown_company(company, known)
        if known is None and not _DATABASE_NAME.fullmatch(company):
            raise invalid_option(
                f"companies contains {quoted(company)}, which is not the database name of a company.",
                "Use its dbNazev, of lower-case letters, digits and _: the part after /c/ in the company's address.",
            )
    if known is not None:
        return []
    names = readable(", ".join(wanted))
    return [f"The list of companies cannot be read, so it is not known whether these exist: {names}."]


def unknown_company(company: str, known: Mapping[str, str]) -> FlexiError:
    """Return the failure that names the company that was perhaps meant; ``known`` has the name of each dbNazev."""
    named_so = [name for name, title in known.items() if folded(title.strip()) == folded(company.strip())]
    if named_so:
        message = f"{quoted(company)} is the display name of a company, not its database name."
        hint = f"Its database name is {readable(' or '.join(named_so))}."
    else:
        message = f"There is no company {quoted(company)} on this server, or this user may not see it."
        titles = {title: f"{name} ({title})" for name, title in known.items() if title not in known}
        meant = Names([*known, *titles], titles).question(company)
        hint = f"{meant.strip()} Its companies are: {some_of(sorted(known), _MANY) or 'none'}.".strip()
    return FlexiError(_errors.UNKNOWN_COMPANY, message, hint)
