# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: samples of contenders that take turns, and the medians and ratios of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Callable, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Name = TypeVar("Name")


@dataclass(frozen=True)
class Sample:
    """One run of one contender."""

    seconds: float
    cpu: float = 0.0
    """Seconds of the processor, user and system, of the contender with all its children."""
    memory: float = 0.0
    """Peak in MiB, above what the process had before."""
    connections: int = 0
    handshakes: int = 0
    server_cpu: float = 0.0
    """Seconds of the processor that the emulated server used."""


@dataclass(frozen=True)
class Row:
    """One contender in one case, with a sample for each round."""

    kind: str
    contender: str
    users: int
    delay_ms: int
    concurrency: int
    samples: tuple[Sample, ...]

    def values(self, field: str) -> list[float]:
        """Return one field of all samples, in the order of the rounds."""
        return [float(getattr(sample, field)) for sample in self.samples]

    def median(self, field: str = "seconds") -> float:
        """Return the median of one field."""
        return median(self.values(field))

    def as_dict(self) -> dict[str, Any]:
        """Return what goes into the JSON."""
        medians = {field: round(self.median(field), 5) for field in asdict(self.samples[0])}
        return {
            "kind": self.kind,
            "contender": self.contender,
            "users": self.users,
            "delay_ms": self.delay_ms,
            "concurrency": self.concurrency,
            "median": medians,
            "seconds": [round(value, 5) for value in self.values("seconds")],
        }


def race(contenders: Mapping[Name, Callable[[], Sample]], rounds: int) -> dict[Name, tuple[Sample, ...]]:
    """Let the contenders run in turn, each round beginning with another one, so that they share whatever disturbs."""
    names = list(contenders)
    samples: dict[Name, list[Sample]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(contenders[name]())
    return {name: tuple(each) for name, each in samples.items()}


def ratio(above: Row, below: Row, base: Row | None = None, field: str = "seconds") -> float:
    """Return the median over the rounds of ``above / below``, both less ``base``."""
    bases = base.values(field) if base else [0.0] * len(above.samples)
    pairs = zip(above.values(field), below.values(field), bases)
    return median((upper - least) / (lower - least) for upper, lower, least in pairs)


def difference(row: Row, base: Row, field: str = "seconds") -> float:
    """Return the median over the rounds of what ``row`` costs above ``base``."""
    return median(upper - lower for upper, lower in zip(row.values(field), base.values(field)))
