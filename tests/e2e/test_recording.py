# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is recorded shows what there is today: the terminal session in the README, and the figures on the site."""

from __future__ import annotations

import json

from ansible_collections.abra.flexi.tests.benchmark.cases import FULL
from ansible_collections.abra.flexi.tests.benchmark.page import times
from ansible_collections.abra.flexi.tests.benchmark.samples import Row, Sample
from ansible_collections.abra.flexi.tests.e2e.test_guides import guide
from ansible_collections.abra.flexi.tests.operations import ROOT
from ansible_collections.abra.flexi.tests.tools import record_demo


def test_the_recording_is_what_the_demo_prints() -> None:
    lines = record_demo.shortened(record_demo.run_demo())

    recorded = record_demo.PICTURE.read_text(encoding="utf-8")

    assert recorded == record_demo.picture(lines), "make recording draws it anew"
    assert len(recorded) < 15_000


def test_the_figures_on_the_site_are_those_that_were_measured() -> None:
    recorded = json.loads((ROOT / "docs" / "benchmark.json").read_text(encoding="utf-8"))
    of_a_case = ("kind", "contender", "users", "delay_ms", "concurrency")
    rows = [
        Row(**{name: row[name] for name in of_a_case}, samples=tuple(Sample(seconds) for seconds in row["seconds"]))
        for row in recorded["measured"]
    ]
    page = guide("guide_speed")

    assert f"Medians on {recorded['machine']}:" in page
    assert [line for line in times(rows, FULL.fleet) if f"* {line}\n" not in page] == []
