# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of logouts returns: the summary with its counts and its failure, and the diff."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.server import Server
from ansible_collections.abra.flexi.plugins.module_utils._logout.report import Report, diff, summarise
from ansible_collections.abra.flexi.plugins.module_utils._logout.results import STATUSES, Result, Status
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Target
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import named

NOT_THERE_ERROR = FlexiError("not_logged_in", "The user is not logged in.", "This is a failure.", http_status=404)
BROKEN = FlexiError("server_error", "Logging out failed.", "Look into the log.", http_status=500)
NOBODY = FlexiError("unknown_user", "There is no such user.", "Check the login.", http_status=404)
REFUSED = FlexiError("auth_failed", "Refused.", "Check the password.", http_status=401)


def _result(status: Status, problem: FlexiError | None = None, user: str = "novak") -> Result:
    return Result(
        Target(user), status, "It was so.", changed=status in {"logged_out", "would_log_out"}, problem=problem
    )


@pytest.mark.parametrize(
    ("statuses", "changed", "msg"),
    [
        pytest.param(["unknown_user"], False, "1 unknown user (novak)", id="unknown-user"),
        pytest.param(["unknown_user"] * 2, False, "1 unknown user (novak)", id="unknown-in-two-companies"),
        pytest.param(["logged_in_again"], False, "1 logged in again", id="logged-in-again"),
        pytest.param([], False, "Nobody to log out.", id="nobody"),
        pytest.param(["logged_out"], True, "1 logged out", id="logged-out"),
        pytest.param(["not_logged_in", "not_logged_in"], False, "2 not logged in", id="not-logged-in"),
        pytest.param(["would_log_out"], True, "1 would be logged out", id="would-log-out"),
        pytest.param(
            ["not_logged_in", "logged_out", "logged_out"], True, "2 logged out, 1 not logged in", id="some-of-each"
        ),
    ],
)
def test_the_summary_of_a_success(statuses: list[Status], msg: str, *, changed: bool) -> None:
    summary = summarise(Report([_result(status) for status in statuses], server=Server("2026.5.2")))
    assert (summary["changed"], summary["msg"], summary["server"]) == (changed, msg, {"version": "2026.5.2"})
    assert "failure" not in summary


def test_the_summary_names_some_of_many_unknown_users() -> None:
    msg = summarise(Report([_result("unknown_user", user=f"u{number}") for number in range(9300)]))["msg"]
    assert msg == "9300 unknown users (u0, u1, u2, u3, u4 and 9295 more)"


@given(st.lists(st.sampled_from(STATUSES)))
@settings(deadline=None, database=None)
def test_the_counts_name_every_status_and_add_up(statuses: list[Status]) -> None:
    counts = summarise(Report([_result(status) for status in statuses]))["counts"]
    assert counts == {status: statuses.count(status) for status in STATUSES}
    assert sum(counts.values()) == len(statuses)


@pytest.mark.parametrize(
    ("report", "code", "msg"),
    [
        pytest.param(
            Report(stopped_by=REFUSED), "auth_failed", "Refused. Check the password.", id="stopped-before-any-result"
        ),
        pytest.param(
            Report([_result("logged_out"), _result("failed", REFUSED)], stopped_by=REFUSED),
            "auth_failed",
            "Refused. Check the password. (1 logged out, 1 failed)",
            id="stopped-in-the-middle",
        ),
        pytest.param(
            Report([_result("failed", BROKEN)]),
            "server_error",
            "Logging out failed. Look into the log. (1 failed)",
            id="the-only-one",
        ),
        pytest.param(
            Report([_result("failed", BROKEN), _result("failed", BROKEN)]),
            "server_error",
            "Logging out failed. Look into the log. (2 failed)",
            id="all-for-one-reason",
        ),
        pytest.param(
            Report([_result("failed", BROKEN), _result("failed", NOT_THERE_ERROR)]),
            "partial",
            "2 of 2 logouts failed, the first one: Logging out failed. See results for each user. (2 failed)",
            id="all-for-several-reasons",
        ),
        pytest.param(
            Report([_result("logged_out"), _result("failed", BROKEN), _result("not_logged_in")]),
            "partial",
            "1 of 3 logouts failed, the first one: Logging out failed. See results for each user."
            " (1 logged out, 1 not logged in, 1 failed)",
            id="one-of-several",
        ),
        pytest.param(
            Report([_result("unknown_user", NOBODY)], excluded=["admin"]),
            "unknown_user",
            "There is no such user. Check the login. (1 unknown user (novak), 1 excluded)",
            id="unknown-and-excluded",
        ),
    ],
)
def test_the_summary_of_a_failure(report: Report, code: str, msg: str) -> None:
    summary = summarise(report)
    assert (summary["failure"]["code"], summary["msg"]) == (code, msg)


@pytest.mark.parametrize("changed", [True, False])
def test_it_has_changed_where_a_result_has_whatever_its_status(*, changed: bool) -> None:
    results = [Result(Target("novak"), "logged_in_again", "Is back.", changed=changed), _result("not_logged_in")]
    assert summarise(Report(results))["changed"] is changed


def test_what_stopped_the_run_is_told_before_what_failed_for_one() -> None:
    report = Report([_result("failed", BROKEN), _result("failed", REFUSED)], stopped_by=REFUSED)
    assert summarise(report)["failure"]["code"] == "auth_failed"


def test_a_summary_of_a_failure_still_says_what_has_changed() -> None:
    assert summarise(Report([_result("logged_out"), _result("failed", BROKEN)]))["changed"] is True


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        pytest.param("logged_out", "logged in", "not logged in", id="logged-out"),
        pytest.param("would_log_out", "logged in", "not logged in", id="would-log-out"),
        pytest.param("not_logged_in", "not logged in", "not logged in", id="not-logged-in"),
        pytest.param("unknown_user", "not logged in", "not logged in", id="unknown-user"),
        pytest.param("failed", "unknown", "unknown", id="failed"),
    ],
)
def test_the_diff_of_each_status(status: Status, before: str, after: str) -> None:
    assert diff(Report([_result(status)])) == {"before": f"novak: {before}\n", "after": f"novak: {after}\n"}


@pytest.mark.parametrize(("changed", "before"), [(True, "logged in"), (False, "not logged in")])
def test_the_diff_of_who_is_logged_in_again(before: str, *, changed: bool) -> None:
    report = Report([Result(Target("novak"), "logged_in_again", "Is back.", changed=changed)])
    assert diff(report) == {"before": f"novak: {before}\n", "after": "novak: logged in\n"}


def test_the_diff_names_each_user_and_company() -> None:
    results = [
        Result(target, "logged_out", "Done.") for target in named(["novak", "franta"], ["demo", "a_1"]).targets()
    ]
    users = ["novak in demo", "novak in a_1", "franta in demo", "franta in a_1"]
    for state in diff(Report(results)).values():
        assert [line.partition(":")[0] for line in state.splitlines()] == users


def test_the_diff_of_nothing() -> None:
    assert diff(Report()) == {"before": "", "after": ""}


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        ("logged_out", "context cached", "no context cached"),
        ("would_log_out", "context cached", "no context cached"),
        ("not_logged_in", "no context cached", "no context cached"),
        ("unknown_user", "no context cached", "no context cached"),
        ("failed", "unknown", "unknown"),
    ],
)
def test_the_diff_of_a_company_tells_of_the_context(status: Status, before: str, after: str) -> None:
    report = Report([Result(Target("novak", "demo"), status, "Done.")])
    assert diff(report) == {
        "before": f"novak in demo: {before}\n",
        "after": f"novak in demo: {after}\n",
    }


def test_the_diff_is_text_in_which_accents_are_readable() -> None:
    report = Report([Result(Target("Žaneta"), "logged_out", "Done.")])
    assert diff(report) == {"before": "Žaneta: logged in\n", "after": "Žaneta: not logged in\n"}


@pytest.mark.parametrize(
    ("certain", "msg"),
    [
        ([True, True], "2 logged out"),
        ([True, False], "2 logged out, 1 of these not certain"),
        ([False, False], "2 logged out, 2 of these not certain"),
    ],
)
def test_how_many_are_not_certain_stands_behind_the_counts(certain: list[bool], msg: str) -> None:
    results = [Result(Target("novak"), "logged_out", "Done.", certain=each) for each in certain]
    assert summarise(Report(results))["msg"] == msg
    assert summarise(Report(results, stopped_by=REFUSED))["msg"] == f"Refused. Check the password. ({msg})"
