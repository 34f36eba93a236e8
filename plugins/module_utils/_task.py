# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task of flexi_user_logout, from its options to its result, for the module and for the action plugin.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.abra.flexi.plugins.module_utils._connection import (
    client_for,
    connection_argument_spec,
    connection_from,
    secrets_in,
)
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._logout import Report, diff, plan, run, summarise

if TYPE_CHECKING:
    from collections.abc import Mapping


def logout_argument_spec() -> dict[str, Any]:
    """Return the argument spec of flexi_user_logout."""
    return connection_argument_spec() | {
        "users": {"type": "list", "elements": "str", "required": True},
        "companies": {"type": "list", "elements": "str", "aliases": ["company"]},
        "ignore_not_found": {"type": "bool", "default": True},
    }


def log_out(
    params: Mapping[str, Any],
    *,
    check_mode: bool,
    with_diff: bool,
    hide: Callable[[str], None],
    warn: Callable[[str], None],
) -> dict[str, Any]:
    """Do what the validated options ask for and return the task's result, which has ``failure`` where it failed.

    ``hide`` is called with every secret, ``warn`` with every warning.
    """
    for secret in secrets_in(params):
        hide(secret)
    try:
        targets = plan(params["users"], params["companies"])
        with client_for(connection_from(params), hide, check_mode=check_mode) as client:
            report = run(client, targets, ignore_not_found=params["ignore_not_found"], check_mode=check_mode)
    except FlexiError as problem:
        report = Report(stopped_by=problem)
    for warning in report.warnings:
        warn(warning)
    return summarise(report) | ({"diff": diff(report)} if with_diff else {})
