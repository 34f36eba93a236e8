# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a server is asked by all threads together: freely until it is overloaded, then only as fast as it copes."""

from __future__ import annotations

import threading

FIRST_GAP = 0.05
LONGEST_GAP = 1.0
"""Seconds between the starts of two requests."""
_QUICKER = 0.95
_SHORTEST_GAP = 0.005


class Pace:
    """Gives every request its turn. Any number of threads may use it; the caller tells the time, and sleeps."""

    def __init__(self, now: float) -> None:
        """Begin without any gap."""
        self.gap = 0.0
        self.strain = 0
        """How often the server was overloaded since it last answered."""
        self.answered = 0
        self.refused = 0
        """How many answers there were, and how many refusals for now."""
        self.limited_since = now
        """When the first was refused since somebody was answered, if there is any strain."""
        self._lock = threading.Lock()
        self._next_turn = 0.0
        self._paused_until = 0.0

    def turn(self, now: float) -> float:
        """Return when the next request may start: now, or later."""
        with self._lock:
            turn = max(now, self._next_turn)
            self._next_turn = turn + self.gap
        return turn

    def overloaded(self, now: float, pause: float) -> None:
        """Let everybody pause, and go on with a wider gap; once for all that were under way together."""
        with self._lock:
            self.refused += 1
            if now >= self._paused_until:
                if not self.strain:
                    self.limited_since = now
                self.gap = min(max(2 * self.gap, FIRST_GAP), LONGEST_GAP)
                self.strain += 1
            self._paused_until = max(self._paused_until, now + pause)
            self._next_turn = max(self._next_turn, self._paused_until)

    def has_answered(self) -> None:
        """Let the gap shrink, since the server copes."""
        with self._lock:
            self.answered += 1
            self.strain = 0
            if self.gap:
                self.gap = self.gap * _QUICKER if self.gap > _SHORTEST_GAP else 0.0
