# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded terminal session in the README shows what the demo prints today."""

from __future__ import annotations

from ansible_collections.abra.flexi.tests.tools import record_demo


def test_the_recording_is_what_the_demo_prints() -> None:
    lines = record_demo.shortened(record_demo.run_demo())

    recorded = record_demo.PICTURE.read_text(encoding="utf-8")

    assert recorded == record_demo.picture(lines), "make recording draws it anew"
    assert len(recorded) < 15_000
