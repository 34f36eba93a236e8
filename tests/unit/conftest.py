# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated server that the tests share."""

from __future__ import annotations

import gc
import itertools
import sys
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.tests.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator


TESTS_BETWEEN_COLLECTIONS = 100
number = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Have no process for each test, as ansible-test would: that takes seven times as long as the tests do."""
    forked = config.pluginmanager.get_plugin("ansible_forked")
    if forked:
        config.pluginmanager.unregister(forked)
    # At the bottom of a test's recursion, what other tests have left could not even be cleared away.
    gc.disable()


def pytest_runtest_teardown() -> None:
    """Collect garbage between tests."""
    if next(number) % TESTS_BETWEEN_COLLECTIONS == 0:
        gc.collect()


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """One server for all tests of a process, each of which resets it."""
    with Emulator() as running:
        yield running


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """Return the server as it is at its start."""
    running_emulator.reset()
    return running_emulator


def pytest_sessionfinish() -> None:
    """Save what has been covered: ansible-test does so only where a test's own process ends."""
    coverage = sys.modules.get("coverage")
    running = coverage.Coverage.current() if coverage else None
    if running:
        running.save()
