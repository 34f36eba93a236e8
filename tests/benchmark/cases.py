# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases are measured, in full and for trying the benchmark out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Inside:
    """Logging out in one task, without what Ansible costs around it."""

    users: tuple[int, ...]
    """Several numbers take turns, so that they can be compared."""
    delay_ms: int
    concurrency: int
    rounds: int


@dataclass(frozen=True)
class Play:
    """A whole playbook on localhost, without a delay."""

    users: int
    contenders: tuple[str, ...]
    rounds: int


@dataclass(frozen=True)
class Fleet:
    """A playbook for many servers."""

    hosts: int
    users: int
    """Users of each host."""
    forks: int
    rounds: int


@dataclass(frozen=True)
class Cases:
    """All that one run of the benchmark measures."""

    inside: tuple[Inside, ...]
    plays: tuple[Play, ...]
    fleet: Fleet
    capacity: int
    """Users that are logged out to see what the server can do."""


BASE = "empty"
NOTHING = "nothing"
URI = "uri"
ACTION = "action"
MODULE = "module"
ROLE = "role"
HANDLER = "handler"

# 10,000 users at 100 ms would take minutes a run, and tell nothing that 1000 do not.
FULL = Cases(
    inside=(
        Inside(users=(1,), delay_ms=0, concurrency=1, rounds=7),
        Inside(users=(100,), delay_ms=0, concurrency=1, rounds=5),
        Inside(users=(100,), delay_ms=0, concurrency=4, rounds=5),
        Inside(users=(1000,), delay_ms=0, concurrency=1, rounds=5),
        Inside(users=(1000, 10000), delay_ms=0, concurrency=4, rounds=3),
        Inside(users=(1000,), delay_ms=0, concurrency=8, rounds=5),
        Inside(users=(1,), delay_ms=20, concurrency=1, rounds=5),
        Inside(users=(100,), delay_ms=20, concurrency=1, rounds=3),
        Inside(users=(100,), delay_ms=20, concurrency=8, rounds=3),
        Inside(users=(1000,), delay_ms=20, concurrency=4, rounds=3),
        Inside(users=(1000,), delay_ms=20, concurrency=8, rounds=5),
        Inside(users=(1,), delay_ms=100, concurrency=1, rounds=5),
        Inside(users=(100,), delay_ms=100, concurrency=8, rounds=3),
        Inside(users=(1000,), delay_ms=100, concurrency=8, rounds=2),
    ),
    plays=(
        Play(users=1, contenders=(BASE, NOTHING, URI, ACTION, MODULE), rounds=7),
        Play(users=10, contenders=(BASE, URI, ACTION, MODULE), rounds=3),
        Play(users=100, contenders=(BASE, URI, ACTION, MODULE), rounds=2),
        Play(users=1000, contenders=(BASE, ACTION, MODULE), rounds=5),
        Play(users=10000, contenders=(BASE, ACTION, MODULE), rounds=2),
    ),
    fleet=Fleet(hosts=100, users=20, forks=20, rounds=3),
    capacity=10000,
)

QUICK = Cases(
    inside=(
        Inside(users=(1,), delay_ms=0, concurrency=1, rounds=1),
        Inside(users=(100,), delay_ms=0, concurrency=4, rounds=1),
        Inside(users=(1000,), delay_ms=0, concurrency=1, rounds=1),
        Inside(users=(1000,), delay_ms=0, concurrency=4, rounds=1),
        Inside(users=(100,), delay_ms=20, concurrency=8, rounds=1),
    ),
    plays=(
        Play(users=1, contenders=(BASE, NOTHING, URI, ACTION, MODULE), rounds=1),
        Play(users=10, contenders=(BASE, URI, ACTION, MODULE), rounds=1),
        Play(users=1000, contenders=(BASE, ACTION), rounds=1),
    ),
    fleet=Fleet(hosts=10, users=5, forks=5, rounds=1),
    capacity=1000,
)
