# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at after the answers: whether the users exist, and whether they are logged out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._logout.afterwards import find_unknown, verify
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Result, Target, failed, plan
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN, UNREADABLE
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import (
    NOT_THERE,
    FakeFlexi,
    counts,
    logout_path,
    page,
    statuses,
    user_list,
)
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    FakeClock,
    Run,
    asked,
    check_report,
    connection_to,
    crowd,
    lives,
    log_out,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.plugins.module_utils._logout.report import Report
    from ansible_collections.abra.flexi.tests.emulator import Emulator

LIST = "GET /u.json"
FAIL = Policy(unknown_users="fail")
IGNORE = Policy(unknown_users="ignore")
NO_SUCH_USER = "There is no user 'nowak' on this server. Did you mean novak?"
BOTH_MODES = pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
BOTH_METHODS = pytest.mark.parametrize("auth_method", ["basic", "session"])


def known(done: Run) -> dict[str, bool | None]:
    """Return what was found out of each user."""
    return {each["user"]: each["user_known"] for each in done.summary["results"]}


def verified(done: Run) -> dict[str, bool | None]:
    """Return who was seen to be logged out."""
    return {each["user"]: each["verified"] for each in done.summary["results"]}


# Whether the list of users is read


def test_the_list_is_not_read_where_everybody_was_logged_in(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["novak", "franta"])
    assert asked(emulator, "/u.json") == []
    assert known(done) == {"novak": None, "franta": None}


@BOTH_MODES
def test_the_list_is_read_once_for_all_who_are_in_doubt(emulator: Emulator, *, check_mode: bool) -> None:
    users = ["novak", "nowak", "bezprav", "a", "b", "c"]
    done = log_out(connection_to(emulator, concurrency=4), users, check_mode=check_mode)
    assert emulator.requests_by_path()[LIST] == 1
    expected = {"novak": None, "nowak": False, "bezprav": True, "a": False, "b": False, "c": False}
    assert known(done) == expected


@BOTH_MODES
def test_the_list_is_not_read_where_unknown_users_are_ignored(emulator: Emulator, *, check_mode: bool) -> None:
    done = log_out(connection_to(emulator), ["nowak", "bezprav"], policy=IGNORE, check_mode=check_mode)
    assert asked(emulator, "/u.json") == []
    assert done.statuses == dict.fromkeys(["nowak", "bezprav"], "not_logged_in")
    assert known(done) == {"nowak": None, "bezprav": None}
    assert done.report.warnings == []


def test_the_list_is_not_read_where_others_failed_only() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500)})
    run(client, plan(["a", "b"], None), Policy(), check_mode=False)
    assert "/u.json" not in client.got


def test_the_list_is_not_read_once_the_run_has_stopped() -> None:
    client = FakeFlexi({logout_path("a"): NOT_THERE, logout_path("b"): Reply(403)}, concurrency=1)
    report = run(client, plan(["a", "b", "c"], None), Policy(verify=True), check_mode=False)
    assert client.got == ["/status.json"]
    assert report.results[0].user_known is None


def test_a_404_that_is_not_flexis_own_leads_to_no_lookup() -> None:
    client = FakeFlexi({logout_path("a"): Reply(404, "404 page not found\n")})
    report = run(client, plan(["b", "a"], None), Policy(), check_mode=False)
    assert statuses(report) == {"b": "logged_out", "a": "failed"}
    assert "/u.json" not in client.got


@BOTH_MODES
def test_the_list_is_not_read_for_whoever_does_the_logging_out(emulator: Emulator, *, check_mode: bool) -> None:
    done = log_out(connection_to(emulator), ["admin"], check_mode=check_mode)
    assert (done.statuses, known(done)) == ({"admin": "not_logged_in"}, {"admin": None})
    assert asked(emulator, "/u.json") == []


def test_in_check_mode_who_is_seen_to_be_logged_in_is_in_no_doubt(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["novak", "franta"], check_mode=True)
    assert asked(emulator, "/u.json") == []
    assert done.statuses == dict.fromkeys(["novak", "franta"], "would_log_out")


def test_in_check_mode_everybody_is_in_doubt_where_nothing_shows_who_is_logged_in(emulator: Emulator) -> None:
    emulator.set_variants(user_page="missing")
    done = log_out(connection_to(emulator), ["novak", "nowak"], check_mode=True)
    assert done.statuses == {"novak": "would_log_out", "nowak": "unknown_user"}
    assert known(done) == {"novak": True, "nowak": False}
    assert done.summary["counts"]["would_log_out"] == 1


# What an unknown user is


@BOTH_METHODS
@BOTH_MODES
def test_an_unknown_user_is_a_warning(emulator: Emulator, auth_method: str, *, check_mode: bool) -> None:
    connection = connection_to(emulator, auth_method="basic" if check_mode else auth_method)
    done = log_out(connection, ["nowak", "bezprav"], check_mode=check_mode)
    assert done.statuses == {"nowak": "unknown_user", "bezprav": "not_logged_in"}
    assert known(done) == {"nowak": False, "bezprav": True}
    assert done.report.warnings == [NO_SUCH_USER]
    assert done.summary["results"][0]["message"] == NO_SUCH_USER
    assert (done.summary["changed"], done.code) == (False, None)
    assert done.summary["msg"] == "1 not logged in, 1 unknown user"


@BOTH_MODES
def test_an_unknown_user_can_be_a_failure(emulator: Emulator, *, check_mode: bool) -> None:
    done = log_out(connection_to(emulator), ["nowak", "novak"], policy=FAIL, check_mode=check_mode)
    assert (done.code, done.statuses["nowak"]) == ("partial", "unknown_user")
    assert done.statuses["novak"] == ("would_log_out" if check_mode else "logged_out")
    assert done.report.warnings == []
    assert NO_SUCH_USER in done.summary["msg"]
    assert lives(emulator, "novak") is check_mode


@BOTH_MODES
def test_where_all_are_unknown_the_failure_is_of_its_own_kind(emulator: Emulator, *, check_mode: bool) -> None:
    done = log_out(connection_to(emulator), ["nowak"], policy=FAIL, check_mode=check_mode)
    assert (done.code, done.message) == ("unknown_user", NO_SUCH_USER)
    assert done.summary["failure"]["http_status"] == (None if check_mode else 404)
    assert done.summary["failure"]["hint"] == "Give the login exactly as Flexi has it."


@BOTH_MODES
def test_an_unknown_user_does_not_make_a_failure_of_not_being_logged_in_ok(
    emulator: Emulator, *, check_mode: bool
) -> None:
    policy = Policy(ignore_not_found=False)
    done = log_out(connection_to(emulator), ["nowak", "bezprav"], policy=policy, check_mode=check_mode)
    assert done.statuses == {"nowak": "unknown_user", "bezprav": "failed"}
    assert [each.problem and each.problem.code for each in done.report.results] == ["unknown_user", "not_logged_in"]
    assert done.code == "partial"


def test_what_was_answered_is_kept_in_the_result_of_an_unknown_user(emulator: Emulator) -> None:
    [result] = log_out(connection_to(emulator), ["nowak"]).summary["results"]
    assert (result["http_status"], result["attempts"], result["prediction"]) == (404, 1, None)


def test_what_was_answered_is_kept_in_the_failure_of_an_unknown_user(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="status", code=503, match={"login": "nowak"}, times=2)
    [result] = log_out(connection_to(emulator), ["nowak"], clock=clock, policy=FAIL).report.results
    assert result.problem is not None
    assert (result.problem.http_status, result.problem.attempts) == (404, 3)


@pytest.mark.parametrize(("page_is", "prediction"), [("yes", "exact"), ("missing", "assumed")])
def test_the_prediction_of_an_unknown_user_says_how_certain_it_was(
    emulator: Emulator, page_is: str, prediction: str
) -> None:
    emulator.set_variants(user_page=page_is)
    [result] = log_out(connection_to(emulator), ["nowak"], check_mode=True).summary["results"]
    assert (result["status"], result["prediction"]) == ("unknown_user", prediction)


def test_in_a_company_an_unknown_user_is_one_too(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["nowak", "a b"], ["demo", "test_firma"])
    found = [(each["user"], each["status"], each["user_known"]) for each in done.summary["results"]]
    assert found == [("nowak", "unknown_user", False)] * 2 + [("a b", "not_logged_in", True)] * 2
    assert done.report.warnings == [NO_SUCH_USER]
    assert emulator.requests_by_path()[LIST] == 1


def test_a_user_is_looked_up_in_those_companies_only_where_there_is_doubt(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["franta"], ["demo", "test_firma"])
    found = [(each["company"], each["status"], each["user_known"]) for each in done.summary["results"]]
    assert found == [("demo", "logged_out", None), ("test_firma", "not_logged_in", True)]


def test_a_lost_answer_does_not_make_an_unknown_user_logged_out(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="drop_after", match={"path": "logout"}, when={"nth": [1, 3]})
    done = log_out(connection_to(emulator), ["nowak", "novak"], clock=clock)
    assert done.statuses == {"nowak": "unknown_user", "novak": "logged_out"}
    assert known(done) == {"nowak": False, "novak": True}
    assert [each.changed for each in done.report.results] == [False, True]
    assert done.summary["results"][0]["attempts"] == 2


def test_without_the_list_a_lost_answer_stays_a_logout(emulator: Emulator, clock: FakeClock) -> None:
    emulator.set_variants(users_list="forbidden")
    emulator.add_fault(action="drop_after", match={"path": "logout"}, times=1)
    done = log_out(connection_to(emulator), ["novak"], clock=clock)
    assert (done.statuses, known(done)) == ({"novak": "logged_out"}, {"novak": None})
    assert len([each for each in done.report.warnings if "is not known" in each]) == 1


@pytest.mark.parametrize("variant", ["same", "distinct"])
def test_flexis_own_words_make_no_difference(emulator: Emulator, variant: str) -> None:
    emulator.set_variants(unknown_login=variant)
    assert log_out(connection_to(emulator), ["nowak"]).statuses == {"nowak": "unknown_user"}


def test_upper_and_lower_case_make_another_login(emulator: Emulator) -> None:
    [result] = log_out(connection_to(emulator), ["BEZPRAV"]).summary["results"]
    assert (result["status"], result["user_known"]) == ("unknown_user", False)
    assert result["message"] == "There is no user 'BEZPRAV' on this server. Did you mean bezprav?"


@pytest.mark.parametrize("login", ["jan.novak@firma.cz", "Žaneta Ř/ezníčková", "a b", "50%", "o'neil&syn", "🙂"])
def test_any_login_that_is_in_the_list_is_known(emulator: Emulator, login: str) -> None:
    emulator.reset(state={"users": [ADMIN, {"username": login}]})
    done = log_out(connection_to(emulator), [login])
    assert (done.statuses[login], known(done)[login]) == ("not_logged_in", True)


def test_a_login_that_was_perhaps_not_meant_is_readable_in_the_message() -> None:
    login = "x" * 5000
    client = FakeFlexi({logout_path(login): NOT_THERE, "/u.json": user_list("admin", "novak")})
    [result] = run(client, plan([login], None), Policy(), check_mode=False).results
    assert len(result.message) < 300


# Who was perhaps meant


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        pytest.param("novakk", "Did you mean novak or", id="several"),
        pytest.param("frantta", "Did you mean franta?", id="one"),
        pytest.param("zzz", "on this server.", id="nobody"),
    ],
)
def test_close_logins_are_named(emulator: Emulator, typed: str, message: str) -> None:
    emulator.state.add_users([{"username": "novaka"}])
    [result] = log_out(connection_to(emulator), [typed]).summary["results"]
    assert message in result["message"]


def test_of_many_unknown_users_the_warning_names_five(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), [f"x{number}" for number in range(8)])
    [warning] = done.report.warnings
    assert warning.count("There is no user") == 5
    assert warning.endswith(" And 3 more like that.")


def test_of_five_unknown_users_the_warning_names_all(emulator: Emulator) -> None:
    [warning] = log_out(connection_to(emulator), [f"x{number}" for number in range(5)]).report.warnings
    assert warning.count("There is no user") == 5
    assert "more like that" not in warning


def test_of_very_many_unknown_users_the_first_twenty_have_a_hint(emulator: Emulator) -> None:
    users = [f"novak{number:02}" for number in range(25)]
    done = log_out(connection_to(emulator), users, policy=FAIL)
    assert ["Did you mean novak?" in each["message"] for each in done.summary["results"]] == [True] * 20 + [False] * 5
    assert set(done.statuses.values()) == {"unknown_user"}


def test_with_thousands_of_users_the_list_is_one_request(emulator: Emulator) -> None:
    users = crowd(emulator, 5000)
    wanted = [*users[:50], "user99999", "usr0001", "nobody"]
    done = log_out(connection_to(emulator, concurrency=8), wanted)
    assert emulator.requests_by_path()[LIST] == 1
    assert done.summary["counts"]["unknown_user"] == 3
    assert len(emulator.requests) == 1 + len(wanted) + 1
    check_report(emulator, done, wanted)


# A list that cannot be read, or not believed


@BOTH_METHODS
@BOTH_MODES
@pytest.mark.parametrize("how", UNREADABLE)
def test_without_the_list_nothing_is_guessed(
    emulator: Emulator, clock: FakeClock, how: str, auth_method: str, *, check_mode: bool
) -> None:
    emulator.set_variants(users_list=how)
    connection = connection_to(emulator, auth_method="basic" if check_mode else auth_method)
    done = log_out(connection, ["nowak", "bezprav"], clock=clock, check_mode=check_mode)
    assert done.statuses == dict.fromkeys(["nowak", "bezprav"], "not_logged_in")
    assert known(done) == {"nowak": None, "bezprav": None}
    [warning] = done.report.warnings
    assert warning.startswith("Whether all these users exist is not known. Reading the users failed: ")
    assert (done.code, emulator.requests_by_path()[LIST]) == (None, 1)
    check_report(emulator, done, ["nowak", "bezprav"])


@BOTH_MODES
@pytest.mark.parametrize("how", UNREADABLE)
def test_without_the_list_nobody_is_a_failure(emulator: Emulator, how: str, *, check_mode: bool) -> None:
    emulator.set_variants(users_list=how)
    done = log_out(connection_to(emulator), ["nowak"], policy=FAIL, check_mode=check_mode)
    assert (done.code, done.statuses) == (None, {"nowak": "not_logged_in"})
    assert len(done.report.warnings) == 1


def test_without_the_list_the_session_is_not_renewed(emulator: Emulator) -> None:
    emulator.set_variants(users_list="unauthorised")
    log_out(connection_to(emulator, auth_method="session"), ["nowak"])
    assert emulator.requests_by_path()["POST /login-logout/login.json"] == 1


def test_no_answer_at_all_is_a_list_that_cannot_be_read() -> None:
    problem = FlexiError("timeout", "No answer in time.")
    client = FakeFlexi({logout_path("a"): NOT_THERE, "/u.json": problem})
    report = run(client, plan(["a", "b"], None), FAIL, check_mode=False)
    assert (statuses(report), report.stopped_by) == ({"a": "not_logged_in", "b": "logged_out"}, None)
    assert report.warnings == ["Whether all these users exist is not known. No answer in time."]


@BOTH_MODES
@pytest.mark.parametrize("variant", ["own", "empty"])
@pytest.mark.parametrize("root", KNOWN["users_root"])
@pytest.mark.parametrize("empty", KNOWN["empty_list"])
def test_a_list_in_which_nobody_else_is_shows_nothing(
    emulator: Emulator, variant: str, root: str, empty: str, *, check_mode: bool
) -> None:
    emulator.set_variants(users_list=variant, users_root=root, empty_list=empty)
    done = log_out(connection_to(emulator), ["nowak", "bezprav"], policy=FAIL, check_mode=check_mode)
    assert done.statuses == dict.fromkeys(["nowak", "bezprav"], "not_logged_in")
    assert known(done) == {"nowak": None, "bezprav": None}
    assert len(done.report.warnings) == 1


def test_it_is_said_that_nobody_else_is_in_the_list(emulator: Emulator) -> None:
    emulator.set_variants(users_list="own")
    assert log_out(connection_to(emulator), ["nowak"]).report.warnings == [
        "Whether all these users exist is not known: the list of users lacks everybody else."
    ]


@BOTH_MODES
def test_a_list_of_the_acting_user_alone_shows_nothing_where_their_name_is_not_given(
    emulator: Emulator, *, check_mode: bool
) -> None:
    emulator.set_variants(users_list="own")
    [token] = emulator.state.log_in("admin")
    connection = connection_to(emulator, auth_method="session", session_id=token, username="", password="")
    done = log_out(connection, ["bezprav"], check_mode=check_mode)
    assert (done.statuses, known(done)) == ({"bezprav": "not_logged_in"}, {"bezprav": None})


@BOTH_MODES
def test_without_a_name_of_the_acting_user_a_whole_list_is_believed(emulator: Emulator, *, check_mode: bool) -> None:
    [token] = emulator.state.log_in("admin")
    connection = connection_to(emulator, auth_method="session", session_id=token, username="", password="")
    done = log_out(connection, ["bezprav", "nowak"], check_mode=check_mode)
    assert known(done) == {"bezprav": True, "nowak": False}


@pytest.mark.parametrize(("acting", "listed"), [("admin", "ADMIN"), ("ADMIN", "admin"), ("Admin", "aDMIN")])
def test_the_acting_user_may_be_listed_in_another_case(acting: str, listed: str) -> None:
    client = FakeFlexi({logout_path("a"): NOT_THERE, "/u.json": user_list(listed)}, acting=acting)
    [result] = run(client, plan(["a"], None), Policy(), check_mode=False).results
    assert (result.status, result.user_known) == ("not_logged_in", None)


@pytest.mark.parametrize(
    ("listed", "status", "warning"),
    [
        pytest.param(["admin", "c", "b"], "unknown_user", "There is no user 'a'", id="there"),
        pytest.param(["admin", "c", "B"], "unknown_user", "There is no user 'a'", id="there-in-upper-case"),
        pytest.param(["admin", "c"], "not_logged_in", "the list of users lacks b.", id="not-there"),
    ],
)
def test_a_list_without_somebody_who_was_logged_out_is_not_believed(
    listed: list[str], status: str, warning: str
) -> None:
    client = FakeFlexi({logout_path("a"): NOT_THERE, "/u.json": user_list(*listed)})
    report = run(client, plan(["a", "b"], None), Policy(), check_mode=False)
    assert report.results[0].status == status
    assert len(report.warnings) == 1
    assert warning in report.warnings[0]


def test_a_login_that_was_written_in_another_case_proves_that_the_list_is_whole() -> None:
    client = FakeFlexi({logout_path("a"): NOT_THERE, "/u.json": user_list("admin", "b")})
    report = run(client, plan(["a", "B"], None), Policy(), check_mode=False)
    assert statuses(report) == {"a": "unknown_user", "B": "logged_out"}


def test_in_check_mode_the_acting_user_need_not_be_in_the_list() -> None:
    answers = {"/status/user": page("b"), "/u.json": user_list("b", "c")}
    client = FakeFlexi(answers, acting="server-admin")
    client.connection = replace(client.connection, auth_method="session")
    report = run(client, plan(["server-admin", "a"], None), Policy(), check_mode=True)
    assert statuses(report) == {"server-admin": "would_log_out", "a": "unknown_user"}


def test_a_failure_with_404_that_is_another_one_leaves_no_doubt() -> None:
    client = FakeFlexi({"/u.json": user_list("b", "c")})
    results = [failed(Target("a"), FlexiError("server_error", "It broke.", http_status=404))]
    assert find_unknown(client, results, "fail") == (results, [])
    assert client.asked == []


def test_whose_answer_got_lost_does_not_prove_that_they_exist() -> None:
    lost = Reply(404, NOT_THERE.text, attempts=2, answer_lost=True)
    client = FakeFlexi({logout_path("a"): lost, "/u.json": user_list("admin", "c")})
    [result] = run(client, plan(["a"], None), Policy(), check_mode=False).results
    assert (result.status, result.user_known, result.changed) == ("unknown_user", False, False)


def test_in_check_mode_a_list_without_somebody_who_is_logged_in_is_not_believed() -> None:
    answers = {"/status/user": page("b"), "/u.json": user_list("admin", "c")}
    report = run(FakeFlexi(answers), plan(["a", "b"], None), FAIL, check_mode=True)
    assert statuses(report) == {"a": "not_logged_in", "b": "would_log_out"}
    assert report.warnings == ["Whether all these users exist is not known: the list of users lacks b."]


def test_in_check_mode_who_is_only_assumed_to_be_logged_in_proves_nothing() -> None:
    client = FakeFlexi({"/status/user": Reply(404), "/u.json": user_list("admin", "c")})
    report = run(client, plan(["a", "c"], None), Policy(), check_mode=True)
    assert statuses(report) == {"a": "unknown_user", "c": "would_log_out"}


@BOTH_MODES
@pytest.mark.parametrize(
    ("limit", "count", "is_believed"),
    [
        pytest.param("honoured", 19, True, id="honoured-20-in-all"),
        pytest.param("honoured", 40, True, id="honoured-41"),
        pytest.param("ignored", 18, True, id="ignored-19"),
        pytest.param("ignored", 40, True, id="ignored-41"),
        pytest.param("stuck", 18, True, id="stuck-19"),
        pytest.param("stuck", 19, True, id="stuck-20"),
        pytest.param("stuck", 20, False, id="stuck-21"),
        pytest.param("stuck", 60, False, id="stuck-61"),
        pytest.param("literal", 5, False, id="literal"),
        pytest.param("literal", 40, False, id="literal-41"),
    ],
)
def test_a_list_that_is_cut_off_is_not_believed(
    emulator: Emulator, limit: str, count: int, *, is_believed: bool, check_mode: bool
) -> None:
    state = {"users": [ADMIN], "generate_users": {"count": count}}
    emulator.reset(state=state, variants={"users_limit": limit})
    last = f"user{count:04}"
    done = log_out(connection_to(emulator), [last, "nobody"], check_mode=check_mode)
    if is_believed:
        assert known(done) == {last: True, "nobody": False}
    else:
        assert known(done) == {last: None, "nobody": None}
        assert done.report.warnings == [
            "Whether all these users exist is not known. Reading the users failed: the list is cut off."
        ]
    assert done.statuses[last] == "not_logged_in"


@BOTH_MODES
@pytest.mark.parametrize("root", KNOWN["users_root"])
@pytest.mark.parametrize("row_count", KNOWN["row_count"])
@pytest.mark.parametrize("values", KNOWN["user_values"])
@pytest.mark.parametrize("fields", KNOWN["user_fields"])
def test_the_list_is_read_in_every_shape(  # noqa: PLR0913 - one for each variant
    emulator: Emulator, root: str, row_count: str, values: str, fields: str, *, check_mode: bool
) -> None:
    emulator.set_variants(users_root=root, row_count=row_count, user_values=values, user_fields=fields)
    done = log_out(connection_to(emulator), ["nowak", "bezprav"], check_mode=check_mode)
    assert known(done) == {"nowak": False, "bezprav": True}
    assert emulator.requests_by_path()[LIST] == 1


@pytest.mark.parametrize("root", KNOWN["users_root"])
@pytest.mark.parametrize("single_record", KNOWN["single_record"])
def test_a_list_of_one_is_read_in_every_shape(emulator: Emulator, root: str, single_record: str) -> None:
    only_novak = {"users": [{"username": "novak"}]}
    emulator.reset(state=only_novak, variants={"users_root": root, "single_record": single_record})
    connection = connection_to(emulator, username="server-admin", password="fake-server-password")
    done = log_out(connection, ["nowak", "novak"])
    assert known(done) == {"nowak": False, "novak": True}


# Whoever does the logging out


@BOTH_MODES
@pytest.mark.parametrize("login", ["admin", "server-admin"])
def test_whoever_does_the_logging_out_is_never_unknown(emulator: Emulator, login: str, *, check_mode: bool) -> None:
    password = "fake-admin" if login == "admin" else "fake-server-password"
    connection = connection_to(emulator, username=login, password=password)
    done = log_out(connection, [login, "nowak"], policy=FAIL, check_mode=check_mode)
    assert (done.statuses[login], known(done)[login]) == ("not_logged_in", None)
    assert done.statuses["nowak"] == "unknown_user"


# Looking afterwards who is logged in

VERIFY = Policy(verify=True)
STRICT = Policy(verify=True, logged_in_again="fail")
STAYS = {"action": "status", "code": 200, "content_type": "application/json", "body": "{}"}


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
    assert done.report.warnings == ["Logged in again, or still: novak."]
    assert (done.code, done.summary["changed"]) == (None, True)
    assert done.summary["counts"]["logged_in_again"] == 1
    assert done.summary["results"][0]["message"].endswith("But then the user was seen to be logged in.")


def test_who_is_logged_in_again_can_be_a_failure(emulator: Emulator) -> None:
    emulator.state.logs_in_again("novak")
    done = log_out(connection_to(emulator), ["novak"], policy=STRICT)
    assert (done.code, done.statuses, done.report.warnings) == ("logged_in_again", {"novak": "logged_in_again"}, [])
    assert done.message == "The user 'novak' is logged in again, or still."
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
    emulator.add_fault(envelope, match={"login": "novak", "path": "/logout$"})
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
    assert warning == "Logged in again, or still: user0001, user0002, user0003, user0004, user0005 and 3 more."


def test_of_five_who_are_logged_in_again_the_warning_names_all(emulator: Emulator) -> None:
    crowd(emulator, 0)
    emulator.state.add_users(generate_users={"count": 5, "sessions": 1, "logs_in_again": True})
    users = [f"user{number:04}" for number in range(1, 6)]
    [warning] = log_out(connection_to(emulator), users, policy=VERIFY).report.warnings
    assert warning.endswith("user0004, user0005.")


NOT_VERIFIED = "Whether the users stay logged out could not be verified. "
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
    report = run(client, plan(["a"], None), policy, check_mode=False)
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
    assert asked(emulator, "/status/user/") == ["POST /status/user/nowak/logout"]
    assert asked(emulator).count("GET /status.json") == 1


def test_who_could_not_be_logged_out_is_not_verified() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500), "/status.json": [counts(1, 1), counts(0, 0)]})
    report = run(client, plan(["a", "b"], None), STRICT, check_mode=False)
    assert [result.verified for result in report.results] == [None, True]
    assert statuses(report) == {"a": "failed", "b": "logged_out"}


def test_where_nobody_could_be_logged_out_nothing_is_verified() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500)})
    run(client, plan(["a"], None), STRICT, check_mode=False)
    assert client.got == ["/status.json"]


def test_the_counts_are_read_again() -> None:
    client = FakeFlexi({"/status.json": [counts(2, 2), counts(1, 1)], "/status/user": page("c")})
    report = run(client, plan(["a"], None), STRICT, check_mode=False)
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
    assert sorted(requests[1:3]) == ["POST /status/user/novak/logout", "POST /status/user/nowak/logout"]
    assert requests[3:] == [LIST, "GET /status.json", "GET /status/user", "POST /status/user/admin/logout"]
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
    client = FakeFlexi({logout_path("admin"): Reply(403), "/status/user": Reply(404)})
    report = run(client, plan(["a", "admin"], None), STRICT, check_mode=False)
    assert report.stopped_by is not None
    assert report.stopped_by.code == "forbidden"


def test_nothing_is_read_to_verify_the_acting_user() -> None:
    client = FakeFlexi()
    results = [Result(Target("admin"), "logged_out", "Logged out.")]
    assert verify(client, results, "fail") == (results, [])
    assert client.asked == []


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
