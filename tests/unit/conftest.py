# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated server that the tests share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

import pytest

from ansible_collections.abra.flexi.tests.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator


def _scope(fixture_name: str, config: pytest.Config) -> Literal["session", "function"]:  # noqa: ARG001 - pytest passes both by name
    # ansible-test runs each test in a process of its own, which ends without taking down what the next test shares.
    return "function" if config.pluginmanager.has_plugin("ansible_forked") else "session"


@pytest.fixture(scope=_scope)
def running_emulator() -> Iterator[Emulator]:
    """One server for all tests of a process, each of which resets it."""
    with Emulator() as running:
        yield running


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """Return the server as it is at its start."""
    running_emulator.reset()
    return running_emulator


def pytest_collection_finish() -> None:
    """Save what the imports have covered, or each test would save it again, in the process that it has of its own."""
    coverage = sys.modules.get("coverage")
    running = coverage.Coverage.current() if coverage else None
    if running:
        running.save()
