# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plot: what a user costs, by the number of users, and what the fleet costs."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from PIL import Image

from .cases import ACTION, BASE, MODULE, NOTHING, URI, Fleet
from .contest import COLLECTION, CURL, FLEET, INSIDE, PLAYBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from .samples import Row

# Kind, contender, label, colour, line
CURVES = (
    (PLAYBOOK, URI, "playbook: ansible.builtin.uri in a loop", "#c1432e", "o-"),
    (PLAYBOOK, MODULE, "playbook: module without action plugin", "#e0a030", "s-"),
    (PLAYBOOK, ACTION, "playbook: this collection", "#1f6fb4", "D-"),
    (INSIDE, COLLECTION, "inside the task: this collection", "#1f6fb4", "D:"),
    (INSIDE, CURL, "curl on kept connections", "#555555", "^:"),
)
BARS = {
    BASE: "empty playbook",
    NOTHING: "action plugin\nthat does nothing",
    ACTION: "this collection",
    MODULE: "its module without\nthe action plugin",
}
CONCURRENCY = 4


def draw(rows: Sequence[Row], fleet: Fleet, path: Path) -> None:
    """Write the PNG."""
    figure = Figure(figsize=(12, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _curves(left, rows)
    _bars(right, rows, fleet)
    FigureCanvasAgg(figure)
    drawn = BytesIO()
    figure.savefig(drawn, dpi=110)
    # It is part of the built collection, which this keeps small.
    Image.open(drawn).quantize(64).save(path, optimize=True)


def _curves(axes: Axes, rows: Sequence[Row]) -> None:
    for kind, contender, label, colour, line in CURVES:
        points = _points(rows, kind, contender)
        axes.plot(*zip(*points), line, color=colour, label=label)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="users logged out in one run",
        ylabel="milliseconds for each user",
        title="One server, no delay, 4 connections",
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:,g}"))
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize=9, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.14))


def _points(rows: Sequence[Row], kind: str, contender: str) -> list[tuple[int, float]]:
    return sorted(
        (row.users, 1000 * row.median() / row.users)
        for row in rows
        if (row.kind, row.contender, row.delay_ms) == (kind, contender, 0)
        and (kind == PLAYBOOK or row.concurrency == min(CONCURRENCY, row.users))
    )


def _bars(axes: Axes, rows: Sequence[Row], fleet: Fleet) -> None:
    found = {row.contender: row for row in rows if row.kind == FLEET}
    positions = range(len(BARS))
    elapsed = [found[name].median() for name in BARS]
    cpu = [found[name].median("cpu") for name in BARS]
    upper = axes.barh([at - 0.2 for at in positions], elapsed, height=0.4, color="#1f6fb4", label="elapsed")
    lower = axes.barh([at + 0.2 for at in positions], cpu, height=0.4, color="#9cc3e4", label="processor time")
    for bars in (upper, lower):
        axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set_yticks(list(positions), list(BARS.values()))
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set(xlabel="seconds", title=f"{fleet.hosts} servers, {fleet.users} users each, {fleet.forks} forks")
    axes.legend(fontsize=9)
