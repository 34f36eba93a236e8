# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task of flexi_user_logout.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import FlexiError
from .._logout.afterwards import FAIL, IGNORE, WARN
from .._logout.report import Report, diff, summarise
from .._logout.run import Policy, run
from .._logout.targets import plan
from .operation import How, Task, connect

if TYPE_CHECKING:
    from collections.abc import Mapping


def _log_out(params: Mapping[str, Any], how: How) -> dict[str, Any]:
    policy = Policy(**{name: params[name] for name in _POLICY})
    try:
        targets = plan(params["users"], params["companies"])
        with connect(params, how) as client:
            report = run(client, targets, policy, check_mode=how.check_mode)
    except FlexiError as problem:
        report = Report(stopped_by=problem)
    for warning in report.warnings:
        how.warn(warning)
    return summarise(report) | ({"diff": diff(report)} if how.diff_mode else {})


_POLICY: dict[str, Any] = {
    "ignore_not_found": {"type": "bool", "default": True},
    "unknown_users": {"type": "str", "choices": [WARN, FAIL, IGNORE], "default": WARN},
    "verify": {"type": "bool", "default": False},
    "logged_in_again": {"type": "str", "choices": [WARN, FAIL], "default": WARN},
}

USER_LOGOUT = Task(
    options={
        "users": {"type": "list", "elements": "str", "required": True},
        "companies": {"type": "list", "elements": "str", "aliases": ["company"]},
        **_POLICY,
    },
    do=_log_out,
)
