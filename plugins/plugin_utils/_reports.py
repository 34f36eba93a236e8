# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hand on what a task has done: to the one that reports it, and to later jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError, invalid_option
from ansible_collections.abra.flexi.plugins.module_utils._logout.results import FAILED, UNKNOWN_USER
from ansible_collections.abra.flexi.plugins.module_utils._text import readable
from ansible_collections.abra.flexi.plugins.plugin_utils._variables import LEFT_BEHIND

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_A_PROBLEM = ("user", "company", "status")
_MOST_PROBLEMS = 100
"""Of a host: what is handed on becomes variables of every later job."""
_SEVERAL = 2
_NO_WORD = re.compile(r"\W")


def reported(variables: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result that a task before has left in a variable."""
    left = variables.get(asked["report"])
    if isinstance(left, dict) and left.get("unreachable"):
        # With ignore_unreachable, the play goes on.
        raise FlexiError(
            _errors.UNREACHABLE,
            f"Nothing was done, because the machine that was to do it is unreachable: {readable(str(left['msg']))}",
            "Check how Ansible connects to that machine.",
        )
    if isinstance(left, dict) and left.get("failed") and "report" not in left:
        # Before the work had begun, as by a template in a keyword of its task.
        raise invalid_option(f"Nothing was done: {readable(str(left.get('msg', '')))}")
    if not (isinstance(left, dict) and "report" in left):
        raise invalid_option(
            f"There is nothing to report in the variable {asked['report']}.",
            "Register the result of the task that does the work there.",
        )
    report = dict(left["report"])
    if report.get("failed") and asked["advice"]:
        report["msg"] = f"{report.get('msg', '')} {asked['advice']}"
    return report


def artifacts(prefix: str, host: str, result: Mapping[str, Any], *, with_results: bool) -> dict[str, Any]:
    """Return what to hand on to later jobs: counts and who was a problem, which add up over hosts."""
    counts = dict(result["counts"])
    if result.get("failed"):
        # Also where nobody was asked for, or the only failures are users who do not exist.
        counts["failed"] = max(1, counts["failed"])
    name = prefix + LEFT_BEHIND
    results = result["results"]
    problems = [each for each in results if each["status"] in {FAILED, UNKNOWN_USER}][:_MOST_PROBLEMS]
    return {
        **{f"{name}_{status}": number for status, number in counts.items()},
        f"{name}_problems": [{"host": host, **{key: each[key] for key in _OF_A_PROBLEM}} for each in problems],
        # Where slices of an AWX job hand on the same name, only the last one is kept.
        f"{name}_counts_of_{_NO_WORD.sub('_', host)}": counts,
        **({f"{name}s": [{**each, "host": host} for each in results]} if with_results else {}),
    }


def saying_that_it_is_one_server(result: dict[str, Any], prefix: str, hosts: int) -> dict[str, Any]:
    """Return the result of a task with the url of the environment, which warns where the play has several hosts."""
    if hosts < _SEVERAL:
        return result
    warning = (
        f"ABRAFLEXI_URL is the server of each host of this play that has no {prefix}url. Unless that is meant, unset "
        f"it, or set {prefix}url for each host."
    )
    return result | {"warnings": [*result.get("warnings", ()), warning]}


def saying_whose_address(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a task without a url, which says so where that may be why it failed."""
    failed = result.get("failure")
    if not failed or failed["code"] not in _errors.FOR_EVERYBODY | _errors.PERHAPS_FOR_EVERYBODY:
        return result
    note = "No url was set, so the address of the host was used."
    hint = f"{failed['hint']} {note}".strip()
    return result | {"msg": f"{result['msg']} {note}", "failure": {**failed, "hint": hint}}
