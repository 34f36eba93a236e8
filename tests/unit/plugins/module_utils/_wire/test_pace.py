# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An overloaded server is asked more slowly, and a server that copes is not held up."""

from __future__ import annotations

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._wire.pace import FIRST_GAP, LONGEST_GAP, Pace


def test_without_overload_nobody_waits() -> None:
    pace = Pace(now=0.0)
    assert [pace.turn(now=5.0) for _request in range(3)] == [5.0, 5.0, 5.0]


def test_everybody_waits_for_the_end_of_the_pause_and_goes_on_one_by_one() -> None:
    pace = Pace(now=0.0)
    pace.overloaded(now=5.0, pause=2.0)
    assert [pace.turn(now=5.0) for _request in range(3)] == pytest.approx([7.0, 7.0 + FIRST_GAP, 7.0 + 2 * FIRST_GAP])


def test_the_longest_pause_counts() -> None:
    pace = Pace(now=0.0)
    pace.overloaded(now=5.0, pause=9.0)
    pace.overloaded(now=5.0, pause=1.0)
    assert pace.turn(now=5.0) == 14.0


def test_requests_that_were_under_way_together_widen_the_gap_once() -> None:
    pace = Pace(now=0.0)
    for _request in range(8):
        pace.overloaded(now=5.0, pause=1.0)
    assert pace.gap == FIRST_GAP


def test_the_gap_doubles_up_to_a_limit() -> None:
    pace = Pace(now=0.0)
    gaps = []
    for second in range(7):
        pace.overloaded(now=float(second), pause=0.5)
        gaps.append(pace.gap)
    assert gaps == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8, LONGEST_GAP, LONGEST_GAP])


def test_the_gap_goes_where_the_server_copes() -> None:
    pace = Pace(now=0.0)
    pace.overloaded(now=0.0, pause=0.5)
    for _request in range(50):
        pace.has_answered()
    assert pace.gap == 0.0


def test_strain_is_how_often_the_server_was_overloaded_since_it_last_answered() -> None:
    pace = Pace(now=0.0)
    seen = []
    for second in range(3):
        pace.overloaded(now=float(second), pause=0.5)
        seen.append(pace.strain)
    pace.has_answered()
    assert [*seen, pace.strain] == [1, 2, 3, 0]


def test_requests_that_were_under_way_together_are_one_strain() -> None:
    pace = Pace(now=0.0)
    for _request in range(8):
        pace.overloaded(now=5.0, pause=1.0)
    assert pace.strain == 1


def test_it_is_known_since_when_nobody_was_answered() -> None:
    pace = Pace(now=0.0)
    for now in (3.0, 5.0):
        pace.overloaded(now, pause=1.0)
    assert (pace.limited_since, pace.answered, pace.refused) == (3.0, 0, 2)
    pace.has_answered()
    pace.overloaded(now=9.0, pause=1.0)
    assert (pace.limited_since, pace.answered, pace.refused) == (9.0, 1, 3)
