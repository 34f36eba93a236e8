# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for an ABRA Flexi server: real HTTPS, sessions, contexts, rights and faults."""

from __future__ import annotations

from .emulator import Emulator
from .seeding import selection

__all__ = ["Emulator", "selection"]
