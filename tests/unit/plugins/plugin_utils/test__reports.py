# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task hands on: to the one that reports it, and to later jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.plugin_utils._reports import (
    artifacts,
    reported,
    saying_that_it_is_one_server,
    saying_whose_address,
)

COUNTS = {"logged_out": 1, "failed": 0}


def entry(user: str, status: str) -> dict[str, Any]:
    return {"user": user, "company": None, "status": status, "message": "It was so."}


@pytest.mark.parametrize(
    ("counts", "failed", "number"), [(COUNTS, False, 0), (COUNTS, True, 1), ({**COUNTS, "failed": 3}, True, 3)]
)
def test_artifacts_begin_with_what_is_no_option(counts: dict[str, int], number: int, *, failed: bool) -> None:
    result = {"counts": counts, "failed": failed, "results": [entry("a", "logged_out")]}
    assert artifacts("app_", "one.example-x", result, with_results=True) == {
        "app_result_logged_out": 1,
        "app_result_failed": number,
        "app_result_problems": [],
        "app_results": [{**entry("a", "logged_out"), "host": "one.example-x"}],
        "app_result_counts_of_one_example_x": {"logged_out": 1, "failed": number},
    }
    assert counts["failed"] in {0, 3}


def test_artifacts_are_small_unless_results_are_asked_for() -> None:
    statuses = ("logged_out", "failed", "unknown_user")
    results = [entry(f"user{number}", statuses[number % 3]) for number in range(9300)]
    result = {"counts": {"logged_out": 3100, "failed": 3100}, "failed": True, "results": results}
    data = artifacts("app_", "one", result, with_results=False)
    assert len(json.dumps(data)) < 10_000
    assert data["app_result_failed"] == 3100
    assert data["app_result_problems"][:2] == [
        {"host": "one", "user": "user1", "company": None, "status": "failed"},
        {"host": "one", "user": "user2", "company": None, "status": "unknown_user"},
    ]
    assert len(artifacts("app_", "one", result, with_results=True)["app_results"]) == 9300


@pytest.mark.parametrize(("failed", "msg"), [(True, "Bad. Do it again."), (False, "Bad.")])
def test_what_was_left_is_reported_with_advice_where_it_failed(msg: str, *, failed: bool) -> None:
    left = {"report": {"failed": failed, "msg": "Bad.", "changed": True}}
    asked = {"report": "_done", "advice": "Do it again."}
    assert reported({"_done": left}, asked) == {"failed": failed, "msg": msg, "changed": True}
    assert reported({"_done": left}, {**asked, "advice": None})["msg"] == "Bad."
    assert left["report"]["msg"] == "Bad."


def test_a_machine_that_was_unreachable_is_why_there_is_nothing_to_report() -> None:
    left = {"unreachable": True, "changed": False, "msg": "Failed to connect\nto the host."}
    with pytest.raises(FlexiError, match="is unreachable: Failed to connect to the host") as problem:
        reported({"left": left}, {"report": "left", "advice": None})
    assert problem.value.code == "unreachable"


def test_what_failed_before_the_work_had_begun_is_why_there_is_nothing_to_report() -> None:
    left = {"failed": True, "changed": False, "msg": "Empty hostname\nproduced from delegate_to"}
    with pytest.raises(FlexiError, match=r"^Nothing was done: Empty hostname produced from delegate_to"):
        reported({"left": left}, {"report": "left", "advice": None})


@pytest.mark.parametrize("left", [None, {}, {"skipped": True}, "x"])
def test_where_nothing_was_left_there_is_nothing_to_report(left: Any) -> None:
    with pytest.raises(FlexiError, match="There is nothing to report in the variable _done"):
        reported({"_done": left}, {"report": "_done", "advice": None})


@pytest.mark.parametrize(("code", "says_so"), [("unreachable", True), ("invalid_option", False), (None, False)])
def test_a_failure_without_a_url_says_whose_address_was_taken(code: str | None, *, says_so: bool) -> None:
    failed = {"failure": {"code": code, "hint": "Check url."}} if code else {}
    result = saying_whose_address({"msg": "No answer.", **failed})
    assert ("No url was set" in str(result)) is says_so


@pytest.mark.parametrize("before", [{}, {"warnings": ["Another."]}])
def test_one_server_for_several_hosts_is_worth_a_warning(before: dict[str, Any]) -> None:
    assert saying_that_it_is_one_server(before, "app_", 0) == saying_that_it_is_one_server(before, "app_", 1) == before
    *others, warning = saying_that_it_is_one_server(before, "app_", 2)["warnings"]
    assert others == before.get("warnings", [])
    assert warning.startswith("ABRAFLEXI_URL is the server of each host of this play that has no app_url. ")
    assert warning.endswith("set app_url for each host.")
