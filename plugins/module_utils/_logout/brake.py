# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a run before its end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .. import _errors
from .._flexi.server import is_flexi

if TYPE_CHECKING:
    from .._errors import FlexiError
    from .._wire.client import Wire

_IN_A_ROW = 3


class Brake:
    """Stops a run at what meets everybody. Any number of threads may use it."""

    def __init__(self, client: Wire) -> None:
        """Ask with this client whether the server is still a Flexi."""
        self.stopped_by: FlexiError | None = None
        self._client = client
        self._lock = threading.Lock()
        self._in_a_row: set[str] = set()

    def release(self) -> None:
        """Note that somebody was answered properly."""
        self._in_a_row.clear()

    def met(self, problem: FlexiError, user: str) -> None:
        """Decide whether a failure that met ``user`` is theirs alone."""
        if problem.code in _errors.FOR_EVERYBODY:
            self.stopped_by = self.stopped_by or problem
        elif problem.code in _errors.PERHAPS_FOR_EVERYBODY:
            with self._lock:
                is_first = not self._in_a_row
                # A user may have several companies.
                self._in_a_row.add(user)
                # Once the run has stopped, nothing is sent any more.
                if self.stopped_by is None and (
                    len(self._in_a_row) >= _IN_A_ROW or (is_first and not is_flexi(self._client))
                ):
                    self.stopped_by = problem
