# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run would do, as far as the server shows it. Only reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from .._flexi.server import Seen
from .._text import folded
from .results import (
    ASSUMED,
    EXACT,
    FAILED,
    NOT_LOGGED_IN,
    WOULD_LOG_OUT,
    Prediction,
    Result,
    failed,
    not_logged_in,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._wire.auth import Auth
    from .targets import Target


def predict(
    auth: Auth,
    targets: Sequence[Target],
    logged_in: frozenset[str] | None,
    *,
    ignore_not_found: bool,
    companies_exist: bool,
) -> list[Result]:
    """Return a result for each target, which says whether it is exact or assumed; ``logged_in`` is None if not known.

    It cannot be exact about a company unless ``companies_exist``, which is that they were looked up, nor about a login
    that a proxy may change on its way.
    """
    if logged_in is not None and auth.makes_session:
        # The real run logs in, so that the acting user has a session by then.
        logged_in |= {auth.user}
    seen = None if logged_in is None else Seen(logged_in)
    spelled = Counter(folded(target.user) for target in targets if target.company is None)
    return [
        # If case does not matter, the first of several spellings logs out the others.
        replace(each, prediction=ASSUMED)
        if each.target.may_change_on_its_way or spelled[folded(each.target.user)] > 1
        else each
        for each in (
            _prediction(
                target, seen, ignore_not_found=ignore_not_found, is_sure=companies_exist or target.company is None
            )
            for target in targets
        )
    ]


def without_guesses(results: Sequence[Result], auth: Auth) -> list[Result]:
    """Return predictions that are exact only of users who are known to exist: Flexi may answer otherwise of others."""
    return [
        replace(each, prediction=ASSUMED)
        if each.status in {NOT_LOGGED_IN, FAILED} and not each.user_known and each.target.user != auth.user
        else each
        for each in results
    ]


def _prediction(target: Target, seen: Seen | None, *, ignore_not_found: bool, is_sure: bool) -> Result:
    if seen is None:
        return Result(
            target, WOULD_LOG_OUT, "The server does not show who is logged in.", prediction=ASSUMED, changed=True
        )
    prediction: Prediction
    if target.user in seen:
        # A session shows, a cached context does not, and without one Flexi may say 404.
        prediction = EXACT if target.company is None else ASSUMED
        return Result(target, WOULD_LOG_OUT, "Is logged in.", prediction=prediction, changed=True)
    if seen.perhaps(target.user):
        message = "Somebody is logged in whose login differs only in case, or in how accents are composed."
        return Result(target, WOULD_LOG_OUT, message, prediction=ASSUMED, changed=True)
    prediction = EXACT if is_sure else ASSUMED
    if ignore_not_found:
        return Result(target, NOT_LOGGED_IN, "Is not logged in.", prediction=prediction)
    return failed(target, not_logged_in(target), prediction)
