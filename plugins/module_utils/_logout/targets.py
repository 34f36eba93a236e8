# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to log out of what, and what became of it. No HTTP and no Ansible in here.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .. import _errors
from .._errors import FlexiError
from .._wire.reply import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGGED_OUT = "logged_out"
NOT_LOGGED_IN = "not_logged_in"
UNKNOWN_USER = "unknown_user"
LOGGED_IN_AGAIN = "logged_in_again"
WOULD_LOG_OUT = "would_log_out"
FAILED = "failed"
STATUSES = (LOGGED_OUT, NOT_LOGGED_IN, UNKNOWN_USER, LOGGED_IN_AGAIN, WOULD_LOG_OUT, FAILED)

EXACT = "exact"
ASSUMED = "assumed"


@dataclass(frozen=True)
class Target:
    """One logout: a user out of everything, or out of one company."""

    user: str
    company: str | None = None

    @property
    def path(self) -> str:
        """The address of the logout service (vendor article 4784105), with the login as one path segment."""
        return f"/status/user/{quote(self.user, safe='')}/logout"

    @property
    def query(self) -> dict[str, str]:
        """What limits the logout to the company's context."""
        return {} if self.company is None else {"company": self.company}

    @property
    def label(self) -> str:
        """A short name, for a diff."""
        return self.user if self.company is None else f"{self.user} in {self.company}"

    def __str__(self) -> str:
        """Name the target in a sentence."""
        return f"user {readable(self.label)!r}"


@dataclass(frozen=True)
class Result:
    """What became of one target."""

    target: Target
    status: str
    message: str
    http_status: int | None = None
    attempts: int = 0
    prediction: str | None = None
    """In check mode, whether the status is ``exact`` or ``assumed``."""
    user_known: bool | None = None
    """Whether the server's list of users has the login; None where it was not read, or does not tell for certain."""
    verified: bool | None = None
    """Whether the user was seen to be logged out afterwards; None where nobody looked, or it does not show."""
    changed: bool = False
    problem: FlexiError | None = None

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
        }


def plan(users: Sequence[str], companies: Sequence[str] | None) -> list[Target]:
    """Return what to log out, each target once, in the order asked for.

    Without ``companies`` a user leaves all of them. Raise FlexiError for a login or company that cannot be meant.
    """
    if companies is not None and not companies:
        raise FlexiError(
            _errors.INVALID_OPTION,
            "companies is an empty list, which could mean no company or every company.",
            "Leave companies out to log the users out of everything.",
        )
    for user in users:
        _check_login(user)
    for company in companies or ():
        if not company.strip() or not company.isprintable():
            problem = f"companies has {readable(company)!r}, which is not the database name of a company."
            raise FlexiError(_errors.INVALID_OPTION, problem, "Give the dbNazev of each company.")
    return list(dict.fromkeys(Target(user, company) for user in users for company in companies or (None,)))


def _check_login(user: str) -> None:
    if not user or user in {".", ".."}:
        problem = f"users has the login {user!r}, which cannot be one."
    elif user != user.strip():
        problem = f"users has the login {user!r}, with blanks around it."
    elif not all(character == " " or character.isprintable() for character in user):
        problem = f"users has the login {readable(user)!r}, with a line break or another unprintable character in it."
    else:
        return
    raise FlexiError(_errors.INVALID_OPTION, problem, "Give each login as an item of its own, exactly as Flexi has it.")


def failed(target: Target, problem: FlexiError, prediction: str | None = None) -> Result:
    """Return the result of a target that ``problem`` befell."""
    return Result(
        target, FAILED, str(problem), problem.http_status, problem.attempts, prediction=prediction, problem=problem
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
