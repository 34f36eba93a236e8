# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of flexi_user_logout.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._logout.report import Report, diff, summarise
from .._logout.run import Policy, run
from .._logout.targets import plan
from .._logout.unknown_users import FAIL, IGNORE, WARN
from .operation import Context, Operation
from .options import client_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._errors import FlexiError


def _log_out(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    policy = Policy(**{name: params[name] for name in _POLICY})
    targets = plan(params["users"], params["companies"])
    with client_for(params, context.secrets, check_mode=context.check_mode) as client:
        report = run(client, targets, policy, check_mode=context.check_mode)
    for warning in report.warnings:
        context.warn(warning)
    if report.interrupted_by:
        context.interrupted(report.interrupted_by)
    return summarise(report) | ({"diff": diff(report)} if context.diff_mode else {})


def _fail(problem: FlexiError) -> dict[str, Any]:
    return summarise(Report(stopped_by=problem))


_POLICY: dict[str, Any] = {
    "ignore_not_found": {"type": "bool", "default": True},
    "unknown_users": {"type": "str", "choices": [WARN, FAIL, IGNORE], "default": WARN},
    "verify": {"type": "bool", "default": False},
    "logged_in_again": {"type": "str", "choices": [WARN, FAIL], "default": WARN},
}

USER_LOGOUT = Operation(
    options={
        "users": {"type": "list", "elements": "str", "required": True},
        "companies": {"type": "list", "elements": "str", "aliases": ["company"]},
        **_POLICY,
    },
    do=_log_out,
    fail=_fail,
    never_null=frozenset({"companies"}),
)
