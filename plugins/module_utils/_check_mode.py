# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run would do, as far as the server shows it. Only reads.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.abra.flexi.plugins.module_utils._server import Server, read_logged_in
from ansible_collections.abra.flexi.plugins.module_utils._targets import (
    ASSUMED,
    EXACT,
    NOT_LOGGED_IN,
    WOULD_LOG_OUT,
    Result,
    Target,
    failed,
    not_logged_in,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.abra.flexi.plugins.module_utils._client import Client


def predict(client: Client, targets: Sequence[Target], server: Server, *, ignore_not_found: bool) -> list[Result]:
    """Return a result for each target, which says whether it is exact or assumed."""
    logged_in = read_logged_in(client, server).logins
    connection = client.connection
    if logged_in is not None and connection.auth_method == "session" and not connection.session_id:
        # The real run logs in, so that whoever does the logging out has a session by then.
        logged_in |= {connection.username}
    return [_prediction(target, logged_in, ignore_not_found=ignore_not_found) for target in targets]


def _prediction(target: Target, logged_in: frozenset[str] | None, *, ignore_not_found: bool) -> Result:
    if logged_in is None:
        return Result(target, WOULD_LOG_OUT, "Who is logged in cannot be seen.", prediction=ASSUMED, changed=True)
    if target.user in logged_in:
        # A session shows, a cached context does not, and without one Flexi may say 404.
        prediction = EXACT if target.company is None else ASSUMED
        return Result(target, WOULD_LOG_OUT, "Is logged in.", prediction=prediction, changed=True)
    if ignore_not_found:
        return Result(target, NOT_LOGGED_IN, "Is not logged in.", prediction=EXACT)
    return failed(target, not_logged_in(target), EXACT)
