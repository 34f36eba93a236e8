# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: who is meant, what is done with them, and what is looked at afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable

from .._errors import FlexiError, invalid_option, stopped
from .._flexi.companies import check_companies
from .._flexi.server import Server, read_logged_in, read_server
from .._flexi.users import ListOfUsers
from .._text import folded
from .answers import Logouts
from .brake import Brake
from .exclusion import check_exclusions, excluded_among
from .prediction import predict, without_guesses
from .report import Report
from .results import NOT_LOGGED_IN, UNKNOWN_USER, Result, failed
from .selection import Selected, select
from .sending import Sending, Tell, skipped
from .targets import Target, login_fault
from .unknown_users import WARN, find_unknown
from .verification import verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._flexi.users import User
    from .._wire.client import Wire
    from .targets import Whom


@dataclass(frozen=True)
class Policy:
    """What counts as a failure, and what is looked at besides the answers."""

    ignore_not_found: bool = True
    unknown_users: str = WARN
    verify: bool = False
    logged_in_again: str = WARN


def run(client: Wire, whom: Whom, policy: Policy, *, check_mode: bool, tell: Tell = lambda _progress: None) -> Report:
    """Log them out, or in check mode only tell what would happen.

    Never raises FlexiError, and nothing where it is interrupted from outside: the report has it. ``tell`` hears from
    time to time how far a long run is.
    """
    run_ = _Run(client, whom, policy, tell)
    try:
        stopped_by = run_.do(run_.predict if check_mode else run_.log_out)
    except FlexiError as problem:
        return run_.report(problem)
    except BaseException as interruption:
        # A signal: the task's timeout, or Ctrl-C.
        if isinstance(interruption, Exception):
            raise
        client.stop()
        return replace(run_.report(stopped()), interrupted_by=interruption)
    return run_.report(stopped_by)


class _Run:
    """What is known of a run until its report."""

    def __init__(self, client: Wire, whom: Whom, policy: Policy, tell: Tell) -> None:
        self._client = client
        self._whom = whom
        self._policy = policy
        self._tell = tell
        self._everybody = ListOfUsers(client)
        self._server = Server()
        self._companies_exist = True
        self._targets = whom.targets()
        self._selected: list[Selected] = []
        self._excluded: list[str] = []
        self._sent: Mapping[Target, Result] = {}
        """What is known of those who are being logged out."""
        self._results: dict[Target, Result] = {}
        """What is known for good."""
        self._warnings: list[str] = []

    def report(self, stopped_by: FlexiError | None) -> Report:
        """Return what has become of everything."""
        known = {**self._sent, **self._results}
        return Report(
            results=[known.get(target) or skipped(target, stopped_by) for target in self._targets],
            selected=self._selected,
            excluded=self._excluded,
            server=self._server,
            stopped_by=stopped_by,
            warnings=[*self._warnings, *self._client.notices()],
        )

    def do(self, step: Callable[[Sequence[Target]], FlexiError | None]) -> FlexiError | None:
        """Find out who is meant, do with them what is to be done, and return what stopped that."""
        if not (self._targets or self._whom.selection):
            return None
        self._server = read_server(self._client)
        not_looked_up = check_companies(self._client, self._whom.companies)
        self._warnings += not_looked_up
        self._companies_exist = not not_looked_up
        self._choose()
        faults = {user: login_fault(user) for user in dict.fromkeys(target.user for target in self._targets)}
        self._results = {
            target: failed(target, _not_sent(faults[target.user])) for target in self._targets if faults[target.user]
        }
        targets = [target for target in self._targets if target not in self._results]
        return step(targets) if targets else None

    def predict(self, targets: Sequence[Target]) -> None:
        """Tell what would happen."""
        logged_in = read_logged_in(self._client, self._server)
        results = predict(
            self._client.auth,
            targets,
            logged_in.logins,
            ignore_not_found=self._policy.ignore_not_found,
            companies_exist=self._companies_exist,
        )
        found = self._find_unknown(results, is_logged_in=logged_in.proves_login)
        self._keep(without_guesses(found, self._client.auth))

    def log_out(self, targets: Sequence[Target]) -> FlexiError | None:
        """Log the targets out; return what stopped that, or why it could not be verified.

        The acting user leaves last, after all that is still to be read, or the rest would be refused.
        """
        logouts = Logouts(
            self._client,
            self._server,
            ignore_not_found=self._policy.ignore_not_found,
            companies_exist=self._companies_exist,
        )
        brake = Brake(self._client)
        sending = Sending(self._client, logouts, brake, self._tell)
        self._sent = sending.results
        # In other letters too, since case may not matter to Flexi.
        acting = [target for target in targets if self._client.auth.is_acting(target.user)]
        others = [target for target in targets if target not in acting]
        for some in _one_after_the_other(others):
            sending.log_out_all(some)
        self._keep([sending.results[target] for target in others])
        not_verified, unknown = None, {}
        if not brake.stopped_by:
            unknown = self._look_up(targets, acting)
            not_verified = self._verify([self._results[target] for target in others])
        self._leave(sending, acting, unknown)
        return brake.stopped_by or not_verified

    def _leave(self, sending: Sending, acting: Sequence[Target], unknown: Mapping[Target, Result]) -> None:
        """Log the acting user out, of everything last: nothing can be done after that."""
        own = Target(self._client.auth.user)
        for target in sorted(acting, key=lambda target: (target.company is None, target == own)):
            if target in unknown and own in acting:
                self._keep([unknown[target]])
                continue
            result = sending.log_out(target)
            if target in unknown and result.in_doubt:
                result = replace(unknown[target], http_status=result.http_status, attempts=result.attempts)
            message = f"{result.message} This is the acting user, who is logged out last."
            self._keep([replace(result, message=message)])

    def _choose(self) -> None:
        """Select, leave out whoever is excluded, and raise FlexiError for more than may be selected."""
        found: list[Selected] = []
        shown: list[User] = []
        if self._whom.selection:
            found, shown, warnings = select(self._client, self._server, self._whom.selection)
            self._warnings += warnings
        listed = [user for each in found for user in each.users]
        users = list(dict.fromkeys(target.user for target in self._whom.targets(listed)))
        left_out = excluded_among(users, self._whom.excluded, listed)
        own = [self._client.auth.user] if self._client.auth.user else []
        self._warnings += check_exclusions(self._whom.excluded, [*users, *own], shown, self._everybody)
        self._selected = [each.but(left_out) for each in found]
        self._excluded = [user for user in users if user in left_out]
        chosen = dict.fromkeys(user for each in self._selected for user in each.users)
        self._check_number(len(chosen.keys() - {*self._whom.named.users}))
        self._targets = [target for target in self._whom.targets(tuple(chosen)) if target.user not in left_out]

    def _check_number(self, selected: int) -> None:
        most = self._whom.selection.at_most
        if selected > most:
            raise invalid_option(
                f"{selected} users are selected, more than max_selected allows ({most}). Nobody was logged out.",
                "Select fewer, or raise it if you mean all of them. Those who are named in users do not count.",
            )

    def _keep(self, results: Sequence[Result]) -> None:
        self._results.update((result.target, result) for result in results)

    def _look_up(self, targets: Sequence[Target], acting: Sequence[Target]) -> dict[Target, Result]:
        """Look for unknown users; return the acting ones, in other letters: after their logout nothing can be read."""
        own = self._client.auth.user
        in_other_letters = [target for target in acting if target.user != own]
        known = {**self._results, **{each: Result(each, NOT_LOGGED_IN, "", in_doubt=True) for each in in_other_letters}}
        found = self._find_unknown([known[target] for target in targets if target in known])
        self._keep([result for result in found if result.target not in acting])
        return {each.target: each for each in found if each.target in acting and each.status == UNKNOWN_USER}

    def _verify(self, results: Sequence[Result]) -> FlexiError | None:
        """Look whether somebody is still logged in; return why that could not be verified."""
        if not self._policy.verify:
            return None
        try:
            verified, warnings = verify(self._client, results, self._policy.logged_in_again)
        except FlexiError as not_verified:
            return not_verified
        self._warnings += warnings
        self._keep(verified)
        return None

    def _find_unknown(self, results: Sequence[Result], *, is_logged_in: bool = True) -> list[Result]:
        found, warnings = find_unknown(
            self._everybody,
            self._client.auth,
            results,
            self._policy.unknown_users,
            ignore_not_found=self._policy.ignore_not_found,
            is_logged_in=is_logged_in,
        )
        self._warnings += warnings
        return found


def _one_after_the_other(targets: Sequence[Target]) -> tuple[list[Target], list[Target]]:
    """Return the contexts of those who are to leave everything, too, and the rest: afterwards there is none left."""
    leave = {folded(target.user) for target in targets if target.company is None}
    contexts = {target for target in targets if target.company is not None and folded(target.user) in leave}
    return [target for target in targets if target in contexts], [
        target for target in targets if target not in contexts
    ]


def _not_sent(fault: str) -> FlexiError:
    return invalid_option(
        f"The server has {fault}.",
        "Log this user out in Flexi itself, or end the session there.",
    )
