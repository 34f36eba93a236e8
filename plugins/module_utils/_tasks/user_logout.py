# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of flexi_user_logout."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._errors import stopped
from .._logout.report import Report, diff, summarise
from .._logout.run import Policy, run
from .._logout.unknown_users import FAIL, IGNORE, WARN
from .from_variables import FROM_VARIABLES, refuse_variables
from .operation import Context, Operation
from .options import client_for
from .whom import WHOM, whom_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._errors import FlexiError


def _log_out(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    refuse_variables(params)
    policy = Policy(**{name: params[name] for name in _POLICY})
    whom = whom_from(params)
    report = None
    try:
        with client_for(params, context.secrets, check_mode=context.check_mode) as client:
            report = run(client, whom, policy, check_mode=context.check_mode, tell=context.tell)
    except BaseException as interruption:
        # A signal while the own session was ended: what was done before that is known.
        if report is None or isinstance(interruption, Exception):
            raise
        report = replace(report, stopped_by=report.stopped_by or stopped(), interrupted_by=interruption)
    for warning in report.warnings:
        context.warn(warning)
    if report.interrupted_by:
        context.interrupted(report.interrupted_by)
    return _result(report, diff_mode=context.diff_mode)


def _failed(problem: FlexiError, *, diff_mode: bool) -> dict[str, Any]:
    return _result(Report(stopped_by=problem), diff_mode=diff_mode)


def _result(report: Report, *, diff_mode: bool) -> dict[str, Any]:
    return summarise(report) | ({"diff": diff(report)} if diff_mode else {})


_POLICY: dict[str, Any] = {
    "ignore_not_found": {"type": "bool", "default": True},
    "unknown_users": {"type": "str", "choices": [WARN, FAIL, IGNORE], "default": WARN},
    "verify": {"type": "bool", "default": False},
    "logged_in_again": {"type": "str", "choices": [WARN, FAIL], "default": WARN},
}

USER_LOGOUT = Operation(
    options={**WHOM, **_POLICY, **FROM_VARIABLES},
    do=_log_out,
    failed=_failed,
    check=whom_from,
    never_null=frozenset(WHOM),
)
