# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of flexi_server_check.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .. import _errors
from .._check.reading import Reader, Seen
from .._check.report import result
from .._check.trying import Guinea, Trial, fault_of
from .._errors import FlexiError
from .operation import Context, Operation
from .options import client_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._wire.client import Client


def _check(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    user = _throw_away_user(params)
    # A JSON login would make a session: HTTP Basic reads with the same credentials.
    with client_for(params, context.secrets, check_mode=True) as client:
        reader = Reader(client, has_otp=bool(params["otp"]), tell=context.tell)
        seen = reader.read()
        tried = _try(client, user, seen, context) if user and not seen.problem else _Tried()
    host = urlsplit(params["url"]).hostname if params["report_host"] else None
    is_tried = bool(tried.steps) and not context.check_mode
    done = result(seen, tried=is_tried, host=host)
    done |= {"changed": bool(tried.steps), "steps": tried.steps}
    return done | (_refusal(tried.refused) if tried.refused else {})


class _Tried:
    """What was tried, or would be; or why it was not."""

    def __init__(self, steps: list[str] | None = None, refused: FlexiError | None = None) -> None:
        self.steps = steps or []
        self.refused = refused


def _throw_away_user(params: Mapping[str, Any]) -> Guinea | None:
    login, password = params["try_user"], params["try_password"]
    if bool(login) != bool(password):
        missing = "try_password" if login else "try_user"
        raise FlexiError(_errors.INVALID_OPTION, f"There is no {missing}.", "Give both, or none to read only.")
    return Guinea(login, password) if login else None


def _try(client: Client, user: Guinea, seen: Seen, context: Context) -> _Tried:
    refused = fault_of(user, client, seen)
    if refused:
        return _Tried(refused=refused)
    trial = Trial(client, user, seen, secrets=context.secrets, tell=context.tell)
    steps = [words for words, _step in trial.steps()]
    if not context.check_mode:
        trial.run()
    return _Tried(steps)


def _refusal(problem: FlexiError) -> dict[str, Any]:
    return {"msg": str(problem), "failure": problem.as_failure()}


def _failed(problem: FlexiError, *, diff_mode: bool) -> dict[str, Any]:  # noqa: ARG001 - it is there for those with a diff
    return result(Seen(problem=problem), tried=False) | {"changed": False, "msg": str(problem), "steps": []}


SERVER_CHECK = Operation(
    options={
        "try_user": {"type": "str"},
        "try_password": {"type": "str", "no_log": True},
        "report_host": {"type": "bool", "default": False},
    },
    do=_check,
    failed=_failed,
)
