# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode: what is foretold, how certain that is, and that only reads go out. Without a network."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._logout.report import summarise
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Batch, Target, Whom
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import Auth, BasicAuth, GivenSession
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import (
    FakeFlexi,
    counts,
    named,
    page,
    statuses,
    user_list,
)

NOVAK = Target("novak")
FRANTA = Target("franta")
ZANETA = "Žaneta Ř/ezníčková"
LOOK_ONLY_WHO_IS_LOGGED_IN = Policy(unknown_users="ignore")
BOTH_EXIST = {"/u.json": user_list("admin", "novak", "franta")}


@pytest.mark.parametrize(
    ("status", "shown", "novak", "franta"),
    [
        pytest.param(
            counts(0, 0), Reply(404), ("not_logged_in", "exact"), ("not_logged_in", "exact"), id="no-sessions"
        ),
        pytest.param(
            counts("0", "0"), Reply(404), ("not_logged_in", "exact"), ("not_logged_in", "exact"), id="as-strings"
        ),
        pytest.param(
            counts(1, 2), page("novak"), ("would_log_out", "exact"), ("not_logged_in", "exact"), id="page-agrees"
        ),
        pytest.param(
            counts("1", "2"),
            page("novak"),
            ("would_log_out", "exact"),
            ("not_logged_in", "exact"),
            id="with-a-string",
        ),
        pytest.param(
            counts(2, 2), page("novak"), ("would_log_out", "assumed"), ("would_log_out", "assumed"), id="disagrees"
        ),
        pytest.param(
            counts(None, None),
            page("novak"),
            ("would_log_out", "assumed"),
            ("would_log_out", "assumed"),
            id="no-counts",
        ),
        pytest.param(
            counts(1, 1), Reply(403), ("would_log_out", "assumed"), ("would_log_out", "assumed"), id="page-forbidden"
        ),
        pytest.param(
            counts(1, 1), Reply(404), ("would_log_out", "assumed"), ("would_log_out", "assumed"), id="no-page"
        ),
        pytest.param(
            counts(1, 1),
            Reply(302, location="https://other.example.com/"),
            ("would_log_out", "assumed"),
            ("would_log_out", "assumed"),
            id="page-redirects",
        ),
    ],
)
def test_check_mode_predicts_from_what_it_can_see(
    status: Reply, shown: Reply, novak: tuple[str, str], franta: tuple[str, str]
) -> None:
    client = FakeFlexi({"/status.json": status, "/status/user": shown, **BOTH_EXIST})
    report = run(client, named(["novak", "franta"]), Policy(), check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [novak, franta]
    assert (client.got[:2], client.posted) == (["/status.json", "/status/user"], [])


def test_check_mode_assumes_that_a_user_who_is_logged_in_has_a_context_of_the_company() -> None:
    client = FakeFlexi({"/status/user": page("novak"), **BOTH_EXIST})
    report = run(client, named(["novak", "franta"], ["demo"]), Policy(), check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [
        ("would_log_out", "assumed"),
        ("not_logged_in", "exact"),
    ]


def test_check_mode_predicts_the_failure_of_who_is_not_logged_in() -> None:
    client = FakeFlexi({"/status/user": page("novak"), **BOTH_EXIST})
    report = run(client, named(["novak", "franta"]), Policy(ignore_not_found=False), check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [
        ("would_log_out", "exact"),
        ("failed", "exact"),
    ]
    assert summarise(report)["failure"]["code"] == "partial"


@pytest.mark.parametrize("ignore_not_found", [True, False])
@pytest.mark.parametrize(
    ("unknown_users", "answer"),
    [
        pytest.param("ignore", user_list("admin", "novak", "franta"), id="not-read"),
        pytest.param("warn", Reply(403), id="unreadable"),
        pytest.param("fail", Reply(403), id="unreadable-though-it-matters"),
        pytest.param("warn", user_list("admin"), id="the-acting-user-only"),
        pytest.param("warn", user_list("admin", "franta", "eva"), id="without-who-is-logged-in"),
    ],
)
def test_check_mode_is_not_exact_about_who_may_not_exist(
    unknown_users: str, answer: Reply, *, ignore_not_found: bool
) -> None:
    client = FakeFlexi({"/status/user": page("novak"), "/u.json": answer})
    policy = Policy(ignore_not_found=ignore_not_found, unknown_users=unknown_users)
    report = run(client, named(["novak", "franta", "admin"]), policy, check_mode=True)
    not_logged_in = "not_logged_in" if ignore_not_found else "failed"
    assert [(result.status, result.prediction) for result in report.results] == [
        ("would_log_out", "exact"),
        (not_logged_in, "assumed"),
        (not_logged_in, "exact"),
    ]


@pytest.mark.parametrize("users", [["Novak", "novak"], ["novak", "Novak"]])
def test_check_mode_is_not_exact_about_several_spellings_of_a_login(users: list[str]) -> None:
    client = FakeFlexi({"/status/user": page("novak", "eva"), "/status.json": counts(2, 2), **BOTH_EXIST})
    report = run(client, named([*users, "eva"]), Policy(), check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [
        ("would_log_out", "assumed"),
        ("would_log_out", "assumed"),
        ("would_log_out", "exact"),
    ]


def test_check_mode_is_exact_about_a_login_with_a_company_in_another_spelling() -> None:
    client = FakeFlexi({"/status/user": page("novak"), **BOTH_EXIST})
    whom = Whom(Batch(("novak",)), (Batch(("Novak",), ("demo",)),))
    report = run(client, whom, Policy(), check_mode=True)
    assert [result.prediction for result in report.results] == ["exact", "assumed"]


def test_check_mode_fails_for_everybody_where_the_page_refuses_the_login() -> None:
    report = run(
        FakeFlexi({"/status/user": Reply(401)}), named(["novak", "franta"]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True
    )
    assert report.stopped_by is not None
    assert report.stopped_by.code == "auth_failed"
    assert set(statuses(report).values()) == {"failed"}


def test_check_mode_tries_nothing_and_waits_for_no_status() -> None:
    report = run(
        FakeFlexi({"/status/user": page("novak")}), named(["novak"]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True
    )
    assert [(result.http_status, result.attempts) for result in report.results] == [(None, 0)]


@pytest.mark.parametrize("login", ["jan.novak@firma.cz", "a b", "a&b", ZANETA])
def test_check_mode_finds_any_login_in_the_page_as_real_runs_ask_for_it(login: str) -> None:
    shown = Reply(200, f'<html><form action="{Target(login).path}">', "text/html")
    report = run(FakeFlexi({"/status/user": shown}), named([login]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True)
    # A proxy may make another address of one with a slash.
    prediction = "assumed" if "/" in login else "exact"
    assert [(result.status, result.prediction) for result in report.results] == [("would_log_out", prediction)]


@pytest.mark.parametrize("ignore_not_found", [True, False])
def test_check_mode_is_never_exact_about_a_login_with_a_slash(*, ignore_not_found: bool) -> None:
    client = FakeFlexi({"/status/user": page("novak")})
    policy = replace(LOOK_ONLY_WHO_IS_LOGGED_IN, ignore_not_found=ignore_not_found)
    [result] = run(client, named(["a/b"]), policy, check_mode=True).results
    assert (result.status, result.prediction) == ("not_logged_in" if ignore_not_found else "failed", "assumed")


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        pytest.param(BasicAuth("franta", "fake", makes_session=True), "would_log_out", id="logs-in"),
        pytest.param(GivenSession("fake-session", "franta"), "not_logged_in", id="is-given-a-session"),
        pytest.param(BasicAuth("franta", "fake"), "not_logged_in", id="needs-no-session"),
    ],
)
def test_check_mode_counts_on_a_session_of_the_acting_user_only_where_the_real_run_makes_one(
    auth: Auth, status: str
) -> None:
    client = FakeFlexi({"/status/user": page("novak")})
    client.auth = auth
    report = run(client, named(["franta"]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True)
    assert [(result.status, result.prediction) for result in report.results] == [(status, "exact")]


@pytest.mark.parametrize(
    ("shown", "changes"),
    [pytest.param(page("novak"), [True, False], id="exact"), pytest.param(Reply(404), [True, True], id="assumed")],
)
def test_check_mode_tells_what_would_change(shown: Reply, changes: list[bool]) -> None:
    client = FakeFlexi({"/status/user": shown})
    report = run(client, named(["novak", "franta"]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True)
    assert [result.changed for result in report.results] == changes


def test_check_mode_is_not_exact_about_a_company_that_could_not_be_looked_up() -> None:
    client = FakeFlexi({"/c.json": Reply(403), "/status/user": page("novak")})
    report = run(client, named(["franta"], ["nowhere"]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True)
    assert [result.prediction for result in report.results] == ["assumed"]


def test_check_mode_is_exact_about_who_leaves_everything_though_companies_could_not_be_looked_up() -> None:
    client = FakeFlexi({"/c.json": Reply(403), "/status/user": page("novak"), **BOTH_EXIST})
    whom = Whom(Batch(("franta",), ("nowhere",)), (Batch(("franta",)),))
    report = run(client, whom, Policy(), check_mode=True)
    assert [result.prediction for result in report.results] == ["assumed", "exact"]


@pytest.mark.parametrize("acting", ["aaa", "zzz"])
def test_check_mode_is_exact_about_the_acting_user_alone_where_nobody_looks_who_exists(acting: str) -> None:
    client = FakeFlexi({"/status/user": page("novak")}, acting=acting)
    report = run(client, named([acting, "franta"]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True)
    assert [result.prediction for result in report.results] == ["exact", "assumed"]


def test_check_mode_is_not_exact_where_a_login_differs_in_upper_and_lower_case_only() -> None:
    client = FakeFlexi({"/status/user": page("novak")})
    [result] = run(client, named(["Novak"]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True).results
    assert (result.status, result.prediction, result.changed) == ("would_log_out", "assumed", True)


@pytest.mark.parametrize("shown", [Reply(404), Reply(200, "<html><form action='/login-logout/login'>", "text/html")])
@pytest.mark.parametrize("users", [Reply(401), Reply(302, location="/login-logout/login.html")])
def test_check_mode_fails_where_the_list_of_users_is_the_first_to_refuse_the_login(shown: Reply, users: Reply) -> None:
    client = FakeFlexi({"/status.json": counts(0, 0), "/status/user": shown, "/u.json": users})
    report = run(client, named(["novak"]), Policy(), check_mode=True)
    assert report.stopped_by is not None
    assert (report.stopped_by.code, statuses(report)) == ("auth_failed", {"novak": "failed"})


def test_check_mode_fails_where_the_page_is_the_login_and_nothing_else_is_read() -> None:
    form = Reply(200, "<html><form action='/login-logout/login'>", "text/html")
    client = FakeFlexi({"/status/user": form, "/c.json": Reply(401)})
    report = run(client, named(["novak"]), LOOK_ONLY_WHO_IS_LOGGED_IN, check_mode=True)
    assert report.stopped_by is not None
    assert (report.stopped_by.code, statuses(report)) == ("auth_failed", {"novak": "failed"})


@pytest.mark.parametrize("shown", [Reply(404), page("novak")])
def test_check_mode_does_not_call_unknown_who_may_be_logged_in_in_other_letters(shown: Reply) -> None:
    client = FakeFlexi({"/status.json": counts(1, 1), "/status/user": shown, "/u.json": user_list("admin", "novak")})
    [result] = run(client, named(["NOVAK"]), Policy(unknown_users="fail"), check_mode=True).results
    assert (result.status, result.prediction, result.user_known) == ("would_log_out", "assumed", None)
