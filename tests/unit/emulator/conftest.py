# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client with which the emulator is tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.tests.unit.emulator.support import Client

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Return a client of the emulator."""
    return Client(emulator)
