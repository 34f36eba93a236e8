# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cases import ACTION, BASE, HANDLER, MODULE, NOTHING, ROLE, URI
from .contest import CAPACITY, COLLECTION, CURL, FLEET, FLEET_CAPACITY, INSIDE, PLAYBOOK
from .samples import Row, difference, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .claims import Claim

NAMES = {
    BASE: "empty playbook",
    NOTHING: "a task that does nothing",
    URI: "ansible.builtin.uri",
    ACTION: "this collection",
    ROLE: "its role",
    HANDLER: "its role as a handler, and a task that notifies it",
    MODULE: "its module without the action plugin",
    COLLECTION: "this collection",
    CURL: "curl",
}


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table, its first column aligned left and the others right."""
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    rule = ["-" * width for width in widths]
    return "\n".join(_line(cells, widths) for cells in [head, rule, *lines])


def claims_table(claims: Sequence[Claim]) -> str:
    """Return claim, figure, limit, and whether it is met."""
    lines = [[each.text, each.shown, f"{each.bound} {each.limit:g} {each.unit}", each.verdict] for each in claims]
    return table(["claim", "figure", "limit", "met?"], lines)


def inside_table(rows: Sequence[Row]) -> str:
    """Return the collection's own code beside curl."""
    ours, theirs = ([row for row in rows if (row.kind, row.contender) == (INSIDE, name)] for name in (COLLECTION, CURL))
    lines = [
        [
            f"{our.users} users, {our.delay_ms} ms, concurrency {our.concurrency}",
            f"{our.median():.3f} s",
            f"{our.median('cpu'):.3f} s",
            f"{their.median():.3f} s",
            f"{ratio(our, their):.2f}",
            f"{our.median('memory'):.1f} MiB",
            f"{our.median('connections'):g}",
            _busy(our),
            _busy(their),
        ]
        for our, their in zip(ours, theirs)
    ]
    head = ["one task, inside", "this", "its CPU", "curl", "this/curl", "memory", "connections"]
    return table([*head, "server busy (this)", "(curl)"], lines)


def playbook_table(rows: Sequence[Row]) -> str:
    """Return whole playbooks, and what they take above an empty one."""
    lines = []
    for row in rows:
        if row.kind in {PLAYBOOK, FLEET}:
            base = next(each for each in rows if _case(each) == _case(row) and each.contender == BASE)
            lines.append(
                [
                    f"{row.kind}, {row.users} users: {NAMES[row.contender]}",
                    f"{row.median():.2f} s",
                    f"{difference(row, base):.2f} s",
                    f"{row.median('cpu'):.2f} s",
                    f"{difference(row, base, 'cpu'):.2f} s",
                    f"{row.median('connections'):g}",
                    _busy(row),
                ]
            )
    return table(["whole playbooks", "time", "above empty", "CPU", "above empty", "connections", "server busy"], lines)


def server_table(rows: Sequence[Row]) -> str:
    """Return what the emulated server can do by itself."""
    lines = [
        [
            f"{row.kind}, {row.users} users: {row.contender}",
            f"{row.median():.3f} s",
            f"{row.users / row.median():.0f}",
            f"{row.median('server_cpu') / row.users * 1e6:.0f} us",
            f"{row.median('connections'):g}",
            _busy(row),
        ]
        for row in rows
        if row.kind in {CAPACITY, FLEET_CAPACITY}
    ]
    return table(["the emulated server", "time", "users/s", "its CPU/user", "connections", "server busy"], lines)


def _case(row: Row) -> tuple[str, int]:
    return row.kind, row.users


def _busy(row: Row) -> str:
    return f"{100 * row.median('server_cpu') / row.median():.0f} %"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    return "  ".join([first, *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))]).rstrip()
