# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether those who were logged out stay logged out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import (
    FakeFlexi,
    counts,
    logout_path,
    named,
    page,
    statuses,
)
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    Run,
    asked,
    connection_to,
    crowd,
    known,
    lives,
    log_out,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.plugins.module_utils._logout.report import Report
    from ansible_collections.abra.flexi.tests.emulator import Emulator

BOTH_METHODS = pytest.mark.parametrize("auth_method", ["basic", "session"])
VERIFY = Policy(verify=True)
STRICT = Policy(verify=True, logged_in_again="fail")
DONE = '{"winstrom": {"@version": "1.0", "success": "true"}}'
STAYS = {"action": "status", "code": 200, "content_type": "application/json", "body": DONE}


def verified(done: Run) -> dict[str, bool | None]:
    """Return who was seen to be logged out."""
    return {each["user"]: each["verified"] for each in done.summary["results"]}


def test_without_being_asked_to_nothing_is_verified(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["novak"])
    assert (verified(done), asked(emulator).count("GET /status/user")) == ({"novak": None}, 0)


@BOTH_METHODS
@pytest.mark.parametrize("policy", [VERIFY, STRICT], ids=["warn", "fail"])
def test_who_stays_logged_out_is_verified(emulator: Emulator, auth_method: str, policy: Policy) -> None:
    connection = connection_to(emulator, auth_method=auth_method)
    done = log_out(connection, ["novak", "bezprav"], policy=policy)
    assert done.statuses == {"novak": "logged_out", "bezprav": "not_logged_in"}
    assert verified(done) == {"novak": True, "bezprav": True}
    assert (done.code, done.report.warnings) == (None, [])


@BOTH_METHODS
def test_who_is_logged_in_again_is_a_warning(emulator: Emulator, auth_method: str) -> None:
    emulator.state.logs_in_again("novak")
    done = log_out(connection_to(emulator, auth_method=auth_method), ["novak", "franta"], policy=VERIFY)
    assert done.statuses == {"novak": "logged_in_again", "franta": "logged_out"}
    assert verified(done) == {"novak": False, "franta": True}
    assert done.report.warnings == ["Still logged in, or logged in again: novak."]
    assert (done.code, done.summary["changed"]) == (None, True)
    assert done.summary["counts"]["logged_in_again"] == 1
    assert done.summary["results"][0]["message"].endswith("Afterwards, the server showed the user as logged in.")


def test_who_is_logged_in_again_can_be_a_failure(emulator: Emulator) -> None:
    emulator.state.logs_in_again("novak")
    done = log_out(connection_to(emulator), ["novak"], policy=STRICT)
    assert (done.code, done.statuses, done.report.warnings) == ("logged_in_again", {"novak": "logged_in_again"}, [])
    assert done.message == "The user 'novak' is still logged in, or has logged in again."
    assert (done.summary["failure"]["http_status"], done.report.results[0].problem is not None) == (200, True)
    assert done.summary["changed"] is True


def test_one_of_several_who_is_logged_in_again_is_a_partial_failure(emulator: Emulator) -> None:
    emulator.state.logs_in_again("novak")
    done = log_out(connection_to(emulator), ["novak", "franta"], policy=STRICT)
    assert (done.code, verified(done)) == ("partial", {"novak": False, "franta": True})


@pytest.mark.parametrize(("policy", "code"), [(VERIFY, None), (STRICT, "logged_in_again")], ids=["warn", "fail"])
def test_who_is_still_logged_in_after_a_success_is_found(emulator: Emulator, policy: Policy, code: str | None) -> None:
    emulator.add_fault(STAYS, match={"login": "novak", "path": "/logout$"})
    done = log_out(connection_to(emulator), ["novak"], policy=policy)
    assert (done.code, done.statuses, verified(done)) == (code, {"novak": "logged_in_again"}, {"novak": False})
    assert lives(emulator, "novak")


def test_who_logs_in_after_a_404_is_found(emulator: Emulator) -> None:
    envelope = {"action": "status", "code": 404, "message": "Uživatel není přihlášen."}
    for answer in (envelope, STAYS):
        emulator.add_fault(answer, match={"login": "novak", "path": "/logout$"}, times=1)
    done = log_out(connection_to(emulator), ["novak"], policy=VERIFY)
    assert done.statuses == {"novak": "logged_in_again"}
    assert (verified(done), known(done), done.summary["changed"]) == ({"novak": False}, {"novak": True}, False)


def test_who_comes_back_only_later_is_not_waited_for(emulator: Emulator) -> None:
    emulator.state.logs_in_again("novak", {"after": 60})
    done = log_out(connection_to(emulator), ["novak"], policy=STRICT)
    assert (done.code, verified(done)) == (None, {"novak": True})


def test_of_many_who_are_logged_in_again_the_warning_names_five(emulator: Emulator) -> None:
    crowd(emulator, 0)
    emulator.state.add_users(generate_users={"count": 8, "sessions": 1, "logs_in_again": True})
    users = [f"user{number:04}" for number in range(1, 9)]
    [warning] = log_out(connection_to(emulator), users, policy=VERIFY).report.warnings
    assert (
        warning == "Still logged in, or logged in again: user0001, user0002, user0003, user0004, user0005 and 3 more."
    )


def test_of_five_who_are_logged_in_again_the_warning_names_all(emulator: Emulator) -> None:
    crowd(emulator, 0)
    emulator.state.add_users(generate_users={"count": 5, "sessions": 1, "logs_in_again": True})
    users = [f"user{number:04}" for number in range(1, 6)]
    [warning] = log_out(connection_to(emulator), users, policy=VERIFY).report.warnings
    assert warning.endswith("user0004, user0005.")


NOT_VERIFIED = "Could not verify that the users stay logged out. "
UNSEEN: list[dict[str, str]] = [
    *({"user_page": value} for value in ("missing", "login", "stale", "forbidden", "bare", "more", "error")),
    {"counts": "missing"},
    {"counts": "sessions_only"},
]


@BOTH_METHODS
@pytest.mark.parametrize("variants", UNSEEN, ids=lambda variants: "-".join(*variants.items()))
def test_what_cannot_be_verified_is_a_warning(emulator: Emulator, auth_method: str, variants: dict[str, str]) -> None:
    emulator.set_variants(**variants)
    emulator.state.logs_in_again("novak")
    done = log_out(connection_to(emulator, auth_method=auth_method), ["novak", "franta"], policy=VERIFY)
    assert done.statuses == dict.fromkeys(["novak", "franta"], "logged_out")
    assert verified(done) == {"novak": None, "franta": None}
    [warning] = done.report.warnings
    assert warning.startswith(NOT_VERIFIED)
    assert len(warning) > len(NOT_VERIFIED)
    assert done.code is None


@pytest.mark.parametrize("variants", UNSEEN, ids=lambda variants: "-".join(*variants.items()))
def test_what_cannot_be_verified_can_be_a_failure(emulator: Emulator, variants: dict[str, str]) -> None:
    emulator.set_variants(**variants)
    done = log_out(connection_to(emulator), ["novak", "franta"], policy=STRICT)
    assert (done.code, done.report.warnings) == ("not_verified", [])
    assert done.message.startswith(NOT_VERIFIED)
    assert done.statuses == dict.fromkeys(["novak", "franta"], "logged_out")
    assert done.summary["msg"].endswith("(2 logged out)")
    assert not lives(emulator, "novak")


@pytest.mark.parametrize("variant", ["twice", "contexts", "entities"])
def test_every_page_that_agrees_with_the_count_verifies(emulator: Emulator, variant: str) -> None:
    emulator.set_variants(user_page=variant)
    emulator.state.logs_in_again("Žaneta Ř/ezníčková", {"sessions": 2})
    done = log_out(connection_to(emulator), ["novak", "Žaneta Ř/ezníčková"], policy=VERIFY)
    assert verified(done) == {"novak": True, "Žaneta Ř/ezníčková": False}


def test_a_server_without_sessions_verifies_without_its_page(emulator: Emulator) -> None:
    emulator.reset(state={"users": [ADMIN, {"username": "novak", "sessions": 1}]}, variants={"user_page": "missing"})
    assert verified(log_out(connection_to(emulator), ["novak"], policy=STRICT)) == {"novak": True}


@pytest.mark.parametrize(("policy", "code"), [(VERIFY, None), (STRICT, "not_verified")], ids=["warn", "fail"])
@pytest.mark.parametrize("path", ["/status.json", "/status/user"])
def test_a_server_that_is_gone_by_then_is_not_verified(path: str, policy: Policy, code: str | None) -> None:
    gone = FlexiError("timeout", "No answer in time.")
    client = FakeFlexi({path: [counts(1, 1), gone] if path == "/status.json" else gone})
    report = run(client, named(["a"]), policy, check_mode=False)
    assert statuses(report) == {"a": "logged_out"}
    assert (report.stopped_by.code if report.stopped_by else None) == code
    told = report.stopped_by.message if report.stopped_by else report.warnings[0]
    assert told == f"{NOT_VERIFIED}No answer in time."


def test_with_companies_there_is_nothing_to_verify(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["novak"], ["demo"], policy=STRICT)
    assert (done.code, verified(done), done.report.warnings) == (None, {"novak": None}, [])
    assert asked(emulator).count("GET /status.json") == 1


def test_an_unknown_user_is_not_verified(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["nowak"], policy=STRICT)
    assert (done.statuses, verified(done)) == ({"nowak": "unknown_user"}, {"nowak": None})
    assert asked(emulator, "/status/user/") == ["POST /status/user/nowak/logout"] * 2
    assert asked(emulator).count("GET /status.json") == 1


def test_who_could_not_be_logged_out_is_not_verified() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500), "/status.json": [counts(1, 1), counts(0, 0)]})
    report = run(client, named(["a", "b"]), STRICT, check_mode=False)
    assert [result.verified for result in report.results] == [None, True]
    assert statuses(report) == {"a": "failed", "b": "logged_out"}


def test_only_who_is_logged_in_again_is_named() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500), "/status.json": counts(1, 1), "/status/user": page("b")})
    report = run(client, named(["a", "b"]), VERIFY, check_mode=False)
    assert statuses(report) == {"a": "failed", "b": "logged_in_again"}
    assert report.warnings == ["Still logged in, or logged in again: b."]


def test_where_nobody_could_be_logged_out_nothing_is_verified() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500)})
    run(client, named(["a"]), STRICT, check_mode=False)
    assert client.got == ["/status.json"]


def test_the_counts_are_read_again() -> None:
    client = FakeFlexi({"/status.json": [counts(2, 2), counts(1, 1)], "/status/user": page("c")})
    report = run(client, named(["a"]), STRICT, check_mode=False)
    assert ([result.verified for result in report.results], report.stopped_by) == ([True], None)
    assert client.got == ["/status.json", "/status.json", "/status/user"]


def test_check_mode_verifies_nothing(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["novak", "bezprav"], policy=STRICT, check_mode=True)
    assert verified(done) == {"novak": None, "bezprav": None}
    assert asked(emulator).count("GET /status/user") == 1


@BOTH_METHODS
def test_everything_is_read_before_the_acting_user_leaves(emulator: Emulator, auth_method: str) -> None:
    users = ["admin", "novak", "nowak"]
    done = log_out(connection_to(emulator, auth_method=auth_method), users, policy=VERIFY)
    requests = [each for each in asked(emulator) if "login-logout" not in each]
    assert requests[0] == "GET /status.json"
    assert sorted(requests[1:4]) == ["POST /status/user/novak/logout", *["POST /status/user/nowak/logout"] * 2]
    assert requests[4:6] == ["GET /u.json"] * 2
    assert requests[6:] == ["GET /status.json", "GET /status/user", "POST /status/user/admin/logout"]
    assert verified(done) == {"admin": None, "novak": True, "nowak": None}
    assert done.statuses["nowak"] == "unknown_user"
    assert asked(emulator, "login.json") == ["POST /login-logout/login.json"] * (auth_method == "session")


def test_the_acting_user_alone_is_not_verified(emulator: Emulator) -> None:
    emulator.state.log_in("admin")
    done = log_out(connection_to(emulator), ["admin"], policy=STRICT)
    assert (done.code, done.statuses, verified(done)) == (None, {"admin": "logged_out"}, {"admin": None})
    assert asked(emulator) == ["GET /status.json", "POST /status/user/admin/logout"]


@pytest.mark.parametrize("how", ["logged_in_again", "not_verified"])
def test_the_acting_user_leaves_also_where_the_verification_failed(emulator: Emulator, how: str) -> None:
    emulator.state.log_in("admin")
    if how == "logged_in_again":
        emulator.state.logs_in_again("novak")
    else:
        emulator.set_variants(user_page="missing")
    done = log_out(connection_to(emulator), ["admin", "novak"], policy=STRICT)
    assert done.statuses["admin"] == "logged_out"
    assert not lives(emulator, "admin")
    assert done.code == ("partial" if how == "logged_in_again" else "not_verified")


def test_a_stop_at_the_acting_user_is_told_before_what_was_not_verified() -> None:
    client = FakeFlexi({logout_path("admin"): Reply(403), "/status/user": Reply(404)}, probe=Reply(502))
    report = run(client, named(["a", "admin"]), STRICT, check_mode=False)
    assert report.stopped_by is not None
    assert report.stopped_by.code == "forbidden"


def test_nothing_is_read_to_verify_the_acting_user() -> None:
    client = FakeFlexi()
    assert run(client, named(["admin"]), STRICT, check_mode=False).warnings == []
    assert client.got == ["/status.json"]


def test_thousands_are_verified_with_two_requests(emulator: Emulator) -> None:
    users = crowd(emulator, 2000)
    done = log_out(connection_to(emulator, concurrency=8), users, policy=STRICT)
    assert len(emulator.requests) == 1 + len(users) + 2
    assert set(verified(done).values()) == {True}


def _problems(report: Report) -> list[Any]:
    return [result.problem for result in report.results]


def test_a_warning_leaves_no_problem_behind(emulator: Emulator) -> None:
    emulator.state.logs_in_again("novak")
    done = log_out(connection_to(emulator), ["novak", "nowak"], policy=VERIFY)
    assert done.statuses == {"novak": "logged_in_again", "nowak": "unknown_user"}
    assert _problems(done.report) == [None, None]


def test_nobody_is_verified_where_a_login_differs_in_upper_and_lower_case_only(emulator: Emulator) -> None:
    emulator.reset(state={"users": [ADMIN, {"username": "novak", "sessions": 1}]})
    [result] = log_out(
        connection_to(emulator), ["Novak"], policy=Policy(verify=True, unknown_users="ignore")
    ).report.results
    assert (result.status, result.verified) == ("not_logged_in", None)
