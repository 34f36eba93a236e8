# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of flexi_server_check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .._check.reading import Reader, Seen
from .._check.report import result
from .._check.trying import ThrowAway, Trial, fault_of
from .._errors import FlexiError, invalid_option
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
        refused = fault_of(user, client, seen) if user and not seen.problem else None
        steps = _try(client, user, seen, context) if user and not (seen.problem or refused) else []
    host = urlsplit(params["url"]).hostname if params["report_host"] else None
    is_tried = bool(steps) and not context.check_mode
    return result(seen, tried=is_tried, host=host, refused=refused) | {"changed": bool(steps), "steps": steps}


def _throw_away_user(params: Mapping[str, Any]) -> ThrowAway | None:
    login, password = params["try_user"], params["try_password"]
    if bool(login) != bool(password):
        missing = "try_password" if login else "try_user"
        raise invalid_option(f"{missing} is missing.", "Set both, or neither to only read.")
    return ThrowAway(login, password) if login else None


def _try(client: Client, user: ThrowAway, seen: Seen, context: Context) -> list[str]:
    """Try everything, or in check mode say what would be tried; return the steps."""
    trial = Trial(client, user, seen, secrets=context.secrets, tell=context.tell)
    steps = [words for words, _step in trial.steps()]
    if context.check_mode:
        for words in steps:
            context.tell(f"Would try: {words}")
    else:
        trial.run()
    return steps


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
