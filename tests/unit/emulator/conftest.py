# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator for all tests, each of which finds it as at its start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.emulator.support import Client

if TYPE_CHECKING:
    from collections.abc import Iterator


def _scope(fixture_name: str, config: pytest.Config) -> Literal["session", "function"]:  # noqa: ARG001 - pytest passes both by name
    # ansible-test runs each test in a process of its own, which ends without taking down what the next test shares.
    return "function" if config.pluginmanager.has_plugin("ansible_forked") else "session"


@pytest.fixture(scope=_scope)
def running() -> Iterator[Emulator]:
    """One emulator for all."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    """Return the emulator as at its start."""
    running.reset()
    return running


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Return a client of the emulator."""
    return Client(emulator)
