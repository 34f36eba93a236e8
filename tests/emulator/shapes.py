# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is around the records of a list, and how many of them there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Mapping

EMPTY: dict[str, Any] = {"list": [], "text": "", "null": None}
# Under the variant's name, what is around the records of /u.json; `winstrom` and `uzivatel` are in the envelope.
USERS_ROOTS: dict[str, Callable[[Any], Any]] = {
    "users": lambda records: {"users": {"user": records}},
    "user": lambda records: {"user": records},
    "list": lambda records: records,
    "nested": lambda records: {"winstrom": {"@version": "1.0", "users": {"user": records}}},
}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    try:
        return max(0, int(query.get(name, default)))
    except ValueError:
        return default


def limited(records: list[Any], query: Mapping[str, str], how: str, page_size: int) -> list[Any]:
    """Cut a list as asked: a page unless told otherwise, and 0 means all, so a client that forgets it loses records."""
    if how == "fixed":
        return records
    start, limit = _number(query, "start", 0), _number(query, "limit", page_size)
    limit = {"stuck": page_size, "ignored": 0}.get(how, limit)
    return records[start : start + limit] if limit or how == "literal" else records[start:]


def shaped(records: list[Any], *, bare: bool, empty: str) -> Any:
    """Return the records; a single one may come without a list, and none as something else."""
    if not records:
        return EMPTY[empty]
    return records[0] if bare and len(records) == 1 else records


def enveloped(name: str, records: Any, count: int | None) -> dict[str, Any]:
    """Put records into the envelope, with the number of all that there are if wanted."""
    counted = {} if count is None else {"@rowCount": str(count)}
    return {"winstrom": {"@version": "1.0", **counted, name: records}}


def around_users(root: str, records: Any, count: int | None) -> Any:
    """Return /u.json under the root that the variant wants."""
    if root in {"winstrom", "uzivatel"}:
        return enveloped("user" if root == "winstrom" else root, records, count)
    return USERS_ROOTS["list" if root == "wrapped" else root](records)
