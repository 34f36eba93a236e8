# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection is meant to reach, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from .cases import ACTION, BASE, HANDLER, MODULE, NOTHING, ROLE, URI
from .contest import COLLECTION, CURL, FLEET, INSIDE, PLAYBOOK
from .samples import Row, difference, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

AT_MOST = "at most"
AT_LEAST = "at least"


@dataclass(frozen=True)
class Claim:
    """One figure, and the limit that it should keep."""

    text: str
    figure: float | None
    """None where this run has not measured it."""
    bound: str
    limit: float
    unit: str

    @property
    def verdict(self) -> str:
        """Whether the limit is kept."""
        if self.figure is None:
            return "not measured"
        kept = self.figure <= self.limit if self.bound == AT_MOST else self.figure >= self.limit
        return "met" if kept else "NOT MET"

    @property
    def shown(self) -> str:
        """The figure with its unit."""
        return "-" if self.figure is None else f"{self.figure:.2f} {self.unit}"

    def as_dict(self) -> dict[str, object]:
        """Return what goes into the JSON."""
        figure = None if self.figure is None else round(self.figure, 3)
        limit = f"{self.bound} {self.limit:g} {self.unit}"
        return {"claim": self.text, "figure": figure, "limit": limit, "verdict": self.verdict}


class Figures:
    """Finds what was measured, and compares it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """Compare these."""
        self._rows = rows

    def inside(self, users: int, delay_ms: int, concurrency: int, contender: str = COLLECTION) -> Row:
        """Return the row of a task without Ansible around it; raise KeyError where there is none."""
        wanted = (INSIDE, users, delay_ms, concurrency, contender)
        for row in self._rows:
            if (row.kind, row.users, row.delay_ms, row.concurrency, row.contender) == wanted:
                return row
        raise KeyError(wanted)

    def whole(self, contender: str, users: int | None = None) -> Row:
        """Return the row of a playbook for so many users on localhost, or else of the one for the fleet."""
        for row in self._rows:
            here = row.kind == FLEET if users is None else (row.kind, row.users) == (PLAYBOOK, users)
            if here and row.contender == contender:
                return row
        raise KeyError(contender)

    def above_curl(self, users: int, delay_ms: int, concurrency: int) -> float:
        """Return how many times as long as curl the collection takes."""
        curl = self.inside(users, delay_ms, concurrency, CURL)
        return ratio(self.inside(users, delay_ms, concurrency), curl)

    def above_empty(self, contender: str, users: int) -> float:
        """Return the seconds that a playbook takes above an empty one."""
        return difference(self.whole(contender, users), self.whole(BASE, users))

    def linearity(self, field: str) -> float:
        """Return how many times as much as 1000 users 10,000 cost."""
        return ratio(self.inside(10000, 0, 4), self.inside(1000, 0, 4), field=field)

    def fleet(self, field: str, *, above_base: bool) -> float:
        """Return how many times as much as with the action plugin the fleet costs with the module alone."""
        base = self.whole(BASE) if above_base else None
        return ratio(self.whole(MODULE), self.whole(ACTION), base, field)

    def role(self, contender: str, field: str) -> float:
        """Return how many times as much as one task of the module the role costs the fleet."""
        # What notifies the handler is a task that does nothing.
        base = NOTHING if contender == HANDLER else BASE
        module = difference(self.whole(ACTION), self.whole(BASE), field)
        return difference(self.whole(contender), self.whole(base), field) / module

    def most_connections(self, field: str) -> float:
        """Return the most connections or handshakes of any run of the collection, for each that it may have."""
        return max(
            value / row.concurrency
            for row in self._rows
            if (row.kind, row.contender) == (INSIDE, COLLECTION)
            or (row.kind == PLAYBOOK and row.contender in {ACTION, MODULE})
            for value in row.values(field)
        )


def claims(rows: Sequence[Row]) -> list[Claim]:
    """Return all of them."""
    of = Figures(rows)
    return [
        _at_most("1000 users, whole playbook above an empty one", 2.5, lambda: of.above_empty(ACTION, 1000), "s"),
        _at_most("1000 users at 0 ms, inside / curl, concurrency 1", 4, lambda: of.above_curl(1000, 0, 1)),
        _at_most("1000 users at 0 ms, inside / curl, concurrency 4", 4, lambda: of.above_curl(1000, 0, 4)),
        _at_most("1000 users at 20 ms, inside / curl, concurrency 8", 1.15, lambda: of.above_curl(1000, 20, 8)),
        _at_least(
            "100 users, looped uri / this, whole playbooks",
            25,
            lambda: ratio(of.whole(URI, 100), of.whole(ACTION, 100)),
        ),
        _at_least(
            "100 users, looped uri / this, above an empty playbook",
            25,
            lambda: ratio(of.whole(URI, 100), of.whole(ACTION, 100), of.whole(BASE, 100)),
        ),
        _at_most(
            "1 user, this / one uri task, whole playbooks", 1, lambda: ratio(of.whole(ACTION, 1), of.whole(URI, 1))
        ),
        _at_most(
            "1 user, module alone / one uri task, whole playbooks",
            1,
            lambda: ratio(of.whole(MODULE, 1), of.whole(URI, 1)),
        ),
        _at_most("10,000 / 1000 users, time inside", 11, lambda: of.linearity("seconds")),
        _at_most("10,000 / 1000 users, peak memory above the base", 11, lambda: of.linearity("memory")),
        _at_least("fleet, module alone / this, whole playbooks", 10, lambda: of.fleet("seconds", above_base=False)),
        _at_least("fleet, the same above an empty playbook", 10, lambda: of.fleet("seconds", above_base=True)),
        _at_least("fleet, the same in processor time", 10, lambda: of.fleet("cpu", above_base=True)),
        _at_most("fleet, role / its module's task, above an empty playbook", 2, lambda: of.role(ROLE, "seconds")),
        _at_most("fleet, the same in processor time", 2, lambda: of.role(ROLE, "cpu")),
        _at_most("fleet, role as a handler / its module's task, above", 3, lambda: of.role(HANDLER, "seconds")),
        _at_most("fleet, the same in processor time", 3, lambda: of.role(HANDLER, "cpu")),
        _at_most("connections / concurrency, most of all runs", 1, lambda: of.most_connections("connections")),
        _at_most("TLS handshakes / concurrency, most of all runs", 1, lambda: of.most_connections("handshakes")),
    ]


def _at_most(text: str, limit: float, figure: Callable[[], float], unit: str = "x") -> Claim:
    return Claim(text, _measured(figure), AT_MOST, limit, unit)


def _at_least(text: str, limit: float, figure: Callable[[], float], unit: str = "x") -> Claim:
    return Claim(text, _measured(figure), AT_LEAST, limit, unit)


def _measured(figure: Callable[[], float]) -> float | None:
    try:
        return figure()
    except KeyError:
        return None
