# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from .. import _errors
from .._errors import FlexiError

if TYPE_CHECKING:
    from .targets import Target

Status = Literal["logged_out", "not_logged_in", "unknown_user", "logged_in_again", "would_log_out", "failed"]
Prediction = Literal["exact", "assumed"]

LOGGED_OUT: Final = "logged_out"
NOT_LOGGED_IN: Final = "not_logged_in"
UNKNOWN_USER: Final = "unknown_user"
LOGGED_IN_AGAIN: Final = "logged_in_again"
WOULD_LOG_OUT: Final = "would_log_out"
FAILED: Final = "failed"
STATUSES: Final[tuple[Status, ...]] = get_args(Status)

EXACT: Final = "exact"
ASSUMED: Final = "assumed"


@dataclass(frozen=True)
class Result:
    """What became of one target."""

    target: Target
    status: Status
    message: str
    http_status: int | None = None
    attempts: int = 0
    prediction: Prediction | None = None
    """In check mode, whether the status is ``exact`` or ``assumed``."""
    user_known: bool | None = None
    """Whether the server's list of users has the login; None where it was not read, or does not tell for certain."""
    verified: bool | None = None
    """Whether the user was seen to be logged out afterwards; None where nobody looked, or it does not show."""
    certain: bool = True
    """Whether the server's answers show it; not where an earlier answer was lost and the user is not logged in now."""
    changed: bool = False
    problem: FlexiError | None = None
    in_doubt: bool = False
    """Whether a login that does not exist could have got the same."""

    def as_dict(self) -> dict[str, Any]:
        """Return one entry of the module's ``results``."""
        return {
            "user": self.target.user,
            "company": self.target.company,
            "status": self.status,
            "http_status": self.http_status,
            "message": self.message,
            "attempts": self.attempts,
            "prediction": self.prediction,
            "user_known": self.user_known,
            "verified": self.verified,
            "certain": self.certain,
        }


def failed(target: Target, problem: FlexiError, prediction: Prediction | None = None) -> Result:
    """Return the result of a target that ``problem`` befell."""
    return Result(
        target,
        FAILED,
        str(problem),
        problem.http_status,
        problem.attempts,
        prediction=prediction,
        problem=problem,
        in_doubt=problem.code == _errors.NOT_LOGGED_IN,
    )


def not_logged_in(target: Target, http_status: int | None = None, attempts: int = 0) -> FlexiError:
    """Return the failure that it is where ``ignore_not_found`` is false."""
    return FlexiError(
        _errors.NOT_LOGGED_IN,
        f"The {target} is not logged in.",
        "This is a failure since ignore_not_found is false.",
        http_status=http_status,
        attempts=attempts,
    )
