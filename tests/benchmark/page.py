# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures on the page of the site about speed, between two comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cases import ACTION, BASE, HANDLER, MODULE, ROLE, URI, Fleet
from .claims import Figures
from .contest import CAPACITY, CURL
from .samples import difference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .samples import Row

BEGIN = ".. The figures, written by make bench\n"
END = ".. End of the figures\n"


def update(path: Path, rows: Sequence[Row], fleet: Fleet, machine: str) -> None:
    """Replace what is between the comments."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise RuntimeError(f"{path.name} has no comments around the figures.")
    figures = "\n".join(f"* {line}" for line in (*times(rows, fleet), _processor_time(rows, fleet)))
    text = f"{before}{begin}\nMedians on {machine}:\n\n{figures}\n\n{end}{after}"
    path.write_text(text, encoding="utf-8")


def times(rows: Sequence[Row], fleet: Fleet) -> list[str]:
    """Return in words how long it takes."""
    of = Figures(rows)
    loop, task = of.whole(URI, 100).median(), of.whole(ACTION, 100).median()
    playbook, curl = of.above_empty(ACTION, 1000), of.inside(1000, 0, 4, CURL).median()
    above_curl = of.above_curl(1000, 20, 8)
    ours, module, empty = (of.whole(name).median() for name in (ACTION, MODULE, BASE))
    servers = f"{fleet.hosts} servers with {fleet.users} users each"
    return [
        f"100 users: {task:.1f} s for the whole playbook; with ``ansible.builtin.uri`` in a loop {loop:.0f} s.",
        f"1000 users: {playbook:.1f} s above an empty playbook; plain ``curl`` on as many connections {curl:.1f} s.",
        f"1000 users, 8 connections, a server that takes 20 ms: {above_curl:.2f} times as long as ``curl``.",
        f"{servers}: {ours:.1f} s; an empty playbook takes {empty:.1f} s, the module alone {module:.1f} s.",
        f"The emulated server alone can log out {_capacity(rows):,.0f} users a second.",
    ]


def _processor_time(rows: Sequence[Row], fleet: Fleet) -> str:
    of = Figures(rows)
    cpu, module_cpu = (difference(of.whole(name), of.whole(BASE), "cpu") / fleet.hosts for name in (ACTION, MODULE))
    return (
        f"Above an empty playbook, each of these servers takes {cpu:.3f} s of processor time, with the module alone "
        f"{module_cpu:.2f} s. The role takes {of.role(ROLE, 'cpu'):.1f} times as much as the task, and "
        f"{of.role(HANDLER, 'cpu'):.1f} times as a handler."
    )


def _capacity(rows: Sequence[Row]) -> float:
    return max(row.users / row.median() for row in rows if row.kind == CAPACITY)
