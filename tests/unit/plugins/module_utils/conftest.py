# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of the tests."""

from __future__ import annotations

import pytest

from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that does not wait."""
    return FakeClock()
