# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contest: every case with its contenders, one after another, in one run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Callable

from . import collection
from .cases import ACTION, BASE, HANDLER, MODULE, NOTHING, ROLE, Cases, Fleet, Inside, Play
from .curl import Curl
from .playbooks import Playbooks
from .samples import Row, Sample, race

if TYPE_CHECKING:
    from pathlib import Path

    from .server import Server

INSIDE = "inside"
PLAYBOOK = "playbook"
FLEET = "fleet"
CAPACITY = "server alone"
FLEET_CAPACITY = "server alone, fleet"

COLLECTION = "collection"
CURL = "curl"

PLAY_CONCURRENCY = 4
"""The default of the collection."""
GENERATORS = (1, 2, 3)
"""Processes of curl that together ask for more than one contender does."""


class Contest:
    """Runs the cases against one server, and says how far it is."""

    def __init__(self, server: Server, folder: Path, say: Callable[[str], None]) -> None:
        """Lay out the folder."""
        self._server = server
        self._curl = Curl(server, folder)
        self._playbooks = Playbooks(server, folder)
        self._say = say

    def run(self, cases: Cases) -> list[Row]:
        """Return all that was measured."""
        rows = self._capacity(cases.capacity)
        for inside in cases.inside:
            rows += self._inside(inside)
        for play in cases.plays:
            rows += self._play(play)
        rows += self._fleet(cases.fleet)
        return rows + self._fleet_capacity(cases.fleet)

    def _inside(self, case: Inside) -> list[Row]:
        contenders: dict[tuple[str, int], Callable[[], Sample]] = {}
        for users in case.users:
            contenders[COLLECTION, users] = partial(self._collection, case, users)
            contenders[CURL, users] = partial(self._plain_curl, case, users)
        samples = race(contenders, case.rounds)
        rows = []
        for users in case.users:
            pair = {name: samples[name, users] for name in (COLLECTION, CURL)}
            rows += self._rows(INSIDE, pair, users, case.delay_ms, case.concurrency)
        return rows

    def _collection(self, case: Inside, users: int) -> Sample:
        def contender(logins: list[str]) -> Sample:
            return collection.log_out(self._server, logins, case.concurrency)

        return self._server.measure(users, contender, delay_ms=case.delay_ms)

    def _plain_curl(self, case: Inside, users: int) -> Sample:
        def contender(logins: list[str]) -> Sample:
            return self._curl.log_out(logins, case.concurrency)

        return self._server.measure(users, contender, delay_ms=case.delay_ms)

    def _play(self, case: Play) -> list[Row]:
        contenders = {name: partial(self._on_localhost, case.users, name) for name in case.contenders}
        return self._rows(PLAYBOOK, race(contenders, case.rounds), case.users, 0, PLAY_CONCURRENCY)

    def _on_localhost(self, users: int, name: str) -> Sample:
        contender = partial(self._playbooks.on_localhost, name)
        return self._server.measure(users, contender, idle=name in {BASE, NOTHING})

    def _fleet(self, case: Fleet) -> list[Row]:
        contenders = {
            name: partial(self._on_fleet, case, name) for name in (BASE, NOTHING, ACTION, ROLE, HANDLER, MODULE)
        }
        samples = race(contenders, case.rounds)
        return self._rows(FLEET, samples, case.hosts * case.users, 0, PLAY_CONCURRENCY)

    def _on_fleet(self, case: Fleet, name: str) -> Sample:
        contender = partial(self._playbooks.on_fleet, name, case)
        return self._server.measure(case.hosts * case.users, contender, idle=name in {BASE, NOTHING})

    def _capacity(self, users: int) -> list[Row]:
        """Show what the server does by itself: several processes of curl, each on several connections."""
        contenders = {f"{number} x curl": partial(self._generate, users, number) for number in GENERATORS}
        return self._rows(CAPACITY, race(contenders, 3), users, 0, 4)

    def _generate(self, users: int, processes: int) -> Sample:
        def contender(logins: list[str]) -> Sample:
            return self._curl.log_out_together([logins[n::processes] for n in range(processes)], 4, processes)

        return self._server.measure(users, contender)

    def _fleet_capacity(self, case: Fleet) -> list[Row]:
        """Show what the server does by itself for the fleet: one curl with its own connections for each host."""

        def contender(logins: list[str]) -> Sample:
            shares = [logins[number :: case.hosts] for number in range(case.hosts)]
            return self._curl.log_out_together(shares, PLAY_CONCURRENCY, case.forks)

        users = case.hosts * case.users
        samples = race({"a curl for each host": lambda: self._server.measure(users, contender)}, case.rounds)
        return self._rows(FLEET_CAPACITY, samples, users, 0, PLAY_CONCURRENCY)

    def _rows(
        self, kind: str, samples: dict[str, tuple[Sample, ...]], users: int, delay_ms: int, concurrency: int
    ) -> list[Row]:
        rows = [Row(kind, name, users, delay_ms, concurrency, each) for name, each in samples.items()]
        figures = ", ".join(f"{row.contender} {row.median():.3f} s" for row in rows)
        self._say(f"{kind}, {users} users, {delay_ms} ms, concurrency {concurrency}: {figures}")
        return rows
