# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether those exist whom a run could not find, by the list of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.users import ListOfUsers
from ansible_collections.abra.flexi.plugins.module_utils._logout.results import failed
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Target
from ansible_collections.abra.flexi.plugins.module_utils._logout.unknown_users import find_unknown
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import BasicAuth
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN, UNREADABLE
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import (
    NOT_THERE,
    FakeFlexi,
    again,
    logout_path,
    named,
    page,
    statuses,
    user_list,
)
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    FakeClock,
    asked,
    check_report,
    connection_to,
    crowd,
    known,
    lives,
    log_out,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

LIST = "GET /u.json"
ONE_READING = 2
"""Requests: the list, and what comes after its last record."""
FAIL = Policy(unknown_users="fail")
NO_SUCH_USER = "There is no user 'nowak' on this server. Did you mean novak?"
BOTH_MODES = pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
BOTH_METHODS = pytest.mark.parametrize("auth_method", ["basic", "session"])


# Whether the list of users is read


def test_the_list_is_not_read_where_everybody_was_logged_in(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["novak", "franta"])
    assert asked(emulator, "/u.json") == []
    assert known(done) == {"novak": None, "franta": None}


@BOTH_MODES
def test_the_list_is_read_once_for_all_who_are_in_doubt(emulator: Emulator, *, check_mode: bool) -> None:
    users = ["novak", "nowak", "bezprav", "a", "b", "c"]
    done = log_out(connection_to(emulator, concurrency=4), users, check_mode=check_mode)
    assert emulator.requests_by_path()[LIST] == ONE_READING
    expected = {"novak": None, "nowak": False, "bezprav": True, "a": False, "b": False, "c": False}
    assert known(done) == expected


@BOTH_MODES
@pytest.mark.parametrize(("ignore_not_found", "status"), [(True, "not_logged_in"), (False, "failed")])
def test_the_list_is_not_read_where_unknown_users_are_ignored(
    emulator: Emulator, status: str, *, ignore_not_found: bool, check_mode: bool
) -> None:
    policy = Policy(unknown_users="ignore", ignore_not_found=ignore_not_found)
    done = log_out(connection_to(emulator), ["nowak", "bezprav"], policy=policy, check_mode=check_mode)
    assert asked(emulator, "/u.json") == []
    assert done.statuses == dict.fromkeys(["nowak", "bezprav"], status)
    assert known(done) == {"nowak": None, "bezprav": None}
    assert done.report.warnings == []


def test_the_list_is_not_read_where_others_failed_only() -> None:
    client = FakeFlexi({logout_path("a"): Reply(500)})
    run(client, named(["a", "b"]), Policy(), check_mode=False)
    assert "/u.json" not in client.got


def test_the_list_is_not_read_once_the_run_has_stopped() -> None:
    client = FakeFlexi({logout_path("a"): NOT_THERE, logout_path("b"): Reply(403)}, concurrency=1, probe=Reply(502))
    report = run(client, named(["a", "b", "c"]), Policy(verify=True), check_mode=False)
    assert client.got == ["/status.json"]
    assert report.results[0].user_known is None


STRANGE = Reply(404, "404 page not found\n")


@pytest.mark.parametrize("unknown_users", ["warn", "fail", "ignore"])
@pytest.mark.parametrize(
    ("listed", "status"), [(["admin", "b", "a"], "failed"), (["admin", "b", "c"], "unknown_user")], ids=["there", "not"]
)
def test_who_is_not_there_the_second_time_either_is_looked_up(
    listed: list[str], status: str, unknown_users: str
) -> None:
    path = logout_path("a")
    client = FakeFlexi({path: STRANGE, again(path): STRANGE, "/u.json": user_list(*listed)})
    report = run(client, named(["b", "a"]), Policy(unknown_users=unknown_users), check_mode=False)
    [_b, result] = report.results
    assert (result.status, result.user_known, result.changed) == (status, "a" in listed, False)
    fails = status == "failed" or unknown_users == "fail"
    assert (result.problem is not None) is fails
    assert len(report.warnings) == (status == "unknown_user" and unknown_users == "warn")


def test_whose_404_cannot_be_looked_up_stays_a_failure() -> None:
    path = logout_path("a")
    client = FakeFlexi({path: STRANGE, again(path): STRANGE, "/u.json": Reply(403)})
    report = run(client, named(["a"]), Policy(), check_mode=False)
    assert (statuses(report), len(report.warnings)) == ({"a": "failed"}, 1)


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
    assert done.summary["msg"] == "1 not logged in, 1 unknown user (nowak)"


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
    assert done.summary["failure"]["hint"] == "Write the login exactly as Flexi has it."


@BOTH_MODES
def test_an_unknown_user_does_not_make_a_failure_of_not_being_logged_in_ok(
    emulator: Emulator, *, check_mode: bool
) -> None:
    policy = Policy(ignore_not_found=False)
    done = log_out(connection_to(emulator), ["nowak", "bezprav"], policy=policy, check_mode=check_mode)
    assert done.statuses == {"nowak": "unknown_user", "bezprav": "failed"}
    assert [each.problem and each.problem.code for each in done.report.results] == ["unknown_user", "not_logged_in"]
    assert done.code == "partial"


@BOTH_MODES
@pytest.mark.parametrize("unknown_users", ["warn", "fail", "ignore"])
@pytest.mark.parametrize("hides", KNOWN["flag_hides_unknown_login"])
@pytest.mark.parametrize("user_page", ["yes", "missing"])
def test_it_is_a_failure_however_flexi_says_that_they_are_not_logged_in(
    emulator: Emulator, unknown_users: str, hides: str, user_page: str, *, check_mode: bool
) -> None:
    emulator.set_variants(flag_hides_unknown_login=hides, user_page=user_page)
    policy = Policy(ignore_not_found=False, unknown_users=unknown_users)
    done = log_out(connection_to(emulator), ["nowak"], policy=policy, check_mode=check_mode)
    if check_mode and user_page == "missing" and unknown_users == "ignore":
        assert done.statuses == {"nowak": "would_log_out"}
    else:
        assert done.code in {"unknown_user", "not_logged_in"}


def test_what_was_answered_is_kept_in_the_result_of_an_unknown_user(emulator: Emulator) -> None:
    [result] = log_out(connection_to(emulator), ["nowak"]).summary["results"]
    assert (result["http_status"], result["attempts"], result["prediction"]) == (404, 2, None)


def test_what_was_answered_is_kept_in_the_failure_of_an_unknown_user(emulator: Emulator, clock: FakeClock) -> None:
    emulator.add_fault(action="status", code=503, match={"login": "nowak"}, times=2)
    [result] = log_out(connection_to(emulator), ["nowak"], clock=clock, policy=FAIL).report.results
    assert result.problem is not None
    assert (result.problem.http_status, result.attempts) == (404, 4)


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
    assert emulator.requests_by_path()[LIST] == ONE_READING


def test_a_user_is_looked_up_in_those_companies_only_where_there_is_doubt(emulator: Emulator) -> None:
    done = log_out(connection_to(emulator), ["franta"], ["demo", "test_firma"])
    found = [(each["company"], each["status"], each["user_known"]) for each in done.summary["results"]]
    assert found == [("demo", "logged_out", None), ("test_firma", "not_logged_in", True)]


def test_a_lost_answer_does_not_make_an_unknown_user_logged_out(emulator: Emulator, clock: FakeClock) -> None:
    for login in ("nowak", "novak"):
        emulator.add_fault(action="drop_after", match={"login": login}, times=1)
    done = log_out(connection_to(emulator), ["nowak", "novak"], clock=clock)
    assert done.statuses == {"nowak": "unknown_user", "novak": "logged_out"}
    assert known(done) == {"nowak": False, "novak": True}
    assert [each.changed for each in done.report.results] == [False, True]
    assert [each["attempts"] for each in done.summary["results"]] == [3, 2]


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


NFC, NFD = "\u017daneta", "Z\u030caneta"
OTHER_LETTERS = pytest.mark.parametrize(
    ("stored", "typed"),
    [
        pytest.param("novak", "Novak", id="upper-case"),
        pytest.param("novak", "NOVAK", id="all-upper-case"),
        pytest.param(NFC.lower(), NFC, id="upper-case-with-an-accent"),
        pytest.param("\u00ff", "\u0178", id="upper-case-that-unicode-has-after-lower-case"),
        pytest.param(NFC, NFD, id="accents-composed-otherwise"),
        pytest.param(NFD, NFC, id="accents-composed"),
    ],
)


@OTHER_LETTERS
@pytest.mark.parametrize(
    "variants",
    [{"login_case": case, "user_page": page} for case in KNOWN["login_case"] for page in ("yes", "missing")],
    ids=lambda variants: "-".join(variants.values()),
)
@pytest.mark.parametrize("sessions", [0, 1])
def test_other_letters_for_a_login_are_the_same_warning_in_check_mode(
    emulator: Emulator, stored: str, typed: str, variants: dict[str, str], sessions: int
) -> None:
    state = {"users": [ADMIN, {"username": stored, "sessions": sessions}, {"username": "franta"}]}
    emulator.reset(state=state, variants=variants)
    foretold = log_out(connection_to(emulator), [typed], check_mode=True)
    happened = log_out(connection_to(emulator), [typed])
    [warning] = happened.report.warnings
    assert foretold.report.warnings == [warning]
    look_the_same = {stored, typed} == {NFC, NFD}
    how = ", which looks the same, but whose accents are encoded differently" if look_the_same else ""
    assert warning == f"There is no user {typed!r} on this server. Did you mean {stored}{how}?"
    [prediction], [result] = foretold.summary["results"], happened.summary["results"]
    assert prediction["prediction"] == "assumed" or prediction["status"] == result["status"]
    assert (result["status"] == "logged_out") == (sessions > 0 and not lives(emulator, stored))
    assert result["user_known"] == (None if result["status"] == "logged_out" else False)


@OTHER_LETTERS
def test_other_letters_for_a_login_can_be_a_failure(emulator: Emulator, stored: str, typed: str) -> None:
    emulator.reset(state={"users": [ADMIN, {"username": stored, "sessions": 1}, {"username": "franta"}]})
    done = log_out(connection_to(emulator), [typed], policy=FAIL)
    assert (done.code, done.statuses, lives(emulator, stored)) == ("unknown_user", {typed: "unknown_user"}, True)


@pytest.mark.parametrize("login", ["jan.novak@firma.cz", "Žaneta Ř/ezníčková", "a b", "50%", "o'neil&syn", "🙂"])
def test_any_login_that_is_in_the_list_is_known(emulator: Emulator, login: str) -> None:
    emulator.reset(state={"users": [ADMIN, {"username": login}]})
    done = log_out(connection_to(emulator), [login])
    assert (done.statuses[login], known(done)[login]) == ("not_logged_in", True)


def test_a_login_that_was_perhaps_not_meant_is_readable_in_the_message() -> None:
    login = "x" * 5000
    client = FakeFlexi({logout_path(login): NOT_THERE, "/u.json": user_list("admin", "novak")})
    [result] = run(client, named([login]), Policy(), check_mode=False).results
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
    done = log_out(connection_to(emulator), [f"x{number}" for number in range(11)])
    [warning] = done.report.warnings
    assert warning.count("There is no user") == 5
    assert warning.endswith(" And 6 more like that.")


def test_of_five_unknown_users_the_warning_names_all(emulator: Emulator) -> None:
    [warning] = log_out(connection_to(emulator), [f"x{number}" for number in range(5)]).report.warnings
    assert warning.count("There is no user") == 5
    assert "more like that" not in warning


def test_each_of_many_unknown_users_has_a_hint(emulator: Emulator) -> None:
    users = [f"novak{number:02}" for number in range(25)]
    done = log_out(connection_to(emulator), users, policy=FAIL)
    assert all("Did you mean novak?" in each["message"] for each in done.summary["results"])
    assert set(done.statuses.values()) == {"unknown_user"}


def test_with_thousands_of_users_the_list_is_read_once(emulator: Emulator) -> None:
    users = crowd(emulator, 5000)
    wanted = [*users[:50], "user99999", "usr0001", "nobody"]
    done = log_out(connection_to(emulator, concurrency=8), wanted)
    assert emulator.requests_by_path()[LIST] == ONE_READING
    assert done.summary["counts"]["unknown_user"] == 3
    # One of those who are not there was asked about a second time.
    assert len(emulator.requests) == 1 + len(wanted) + 1 + ONE_READING
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
    assert warning.startswith("It is not known whether all these users exist. Reading the users failed: ")
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
    report = run(client, named(["a", "b"]), FAIL, check_mode=False)
    assert (statuses(report), report.stopped_by) == ({"a": "not_logged_in", "b": "logged_out"}, None)
    assert report.warnings == ["It is not known whether all these users exist. No answer in time."]


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
        "It is not known whether all these users exist: the list of users lacks everybody else."
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
    [result] = run(client, named(["a"]), Policy(), check_mode=False).results
    assert (result.status, result.user_known) == ("not_logged_in", None)


@pytest.mark.parametrize(("acting", "named_as"), [("admin", "ADMIN"), ("ADMIN", "admin"), ("Admin", "aDMIN")])
def test_the_acting_user_in_other_letters_may_be_unknown(acting: str, named_as: str) -> None:
    client = FakeFlexi({logout_path(named_as): NOT_THERE, "/u.json": user_list(acting, "a")}, acting=acting)
    report = run(client, named(["a", named_as]), Policy(), check_mode=False)
    assert statuses(report) == {"a": "logged_out", named_as: "unknown_user"}


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
    report = run(client, named(["a", "b"]), Policy(), check_mode=False)
    assert report.results[0].status == status
    assert len(report.warnings) == 1
    assert warning in report.warnings[0]


def test_a_login_that_was_written_in_another_case_proves_that_the_list_is_whole() -> None:
    client = FakeFlexi({logout_path("a"): NOT_THERE, "/u.json": user_list("admin", "b")})
    report = run(client, named(["a", "B"]), Policy(), check_mode=False)
    assert statuses(report) == {"a": "unknown_user", "B": "logged_out"}


def test_in_check_mode_the_acting_user_need_not_be_in_the_list() -> None:
    answers = {"/status/user": page("b"), "/u.json": user_list("b", "c")}
    client = FakeFlexi(answers)
    client.auth = BasicAuth("server-admin", "fake", makes_session=True)
    report = run(client, named(["server-admin", "a"]), Policy(), check_mode=True)
    assert statuses(report) == {"server-admin": "would_log_out", "a": "unknown_user"}


def test_a_failure_with_404_that_is_another_one_leaves_no_doubt() -> None:
    client = FakeFlexi({"/u.json": user_list("b", "c")})
    results = [failed(Target("a"), FlexiError("server_error", "It broke.", http_status=404))]
    found = find_unknown(ListOfUsers(client), client.auth, results, "fail", ignore_not_found=True, is_logged_in=True)
    assert found == (results, [])
    assert client.asked == []


def test_who_could_not_be_logged_out_does_not_prove_that_the_list_is_not_whole() -> None:
    answers = {logout_path("a"): NOT_THERE, logout_path("b"): Reply(500), "/u.json": user_list("admin", "c")}
    report = run(FakeFlexi(answers), named(["a", "b"]), Policy(), check_mode=False)
    assert statuses(report) == {"a": "unknown_user", "b": "failed"}


def test_whose_answer_got_lost_does_not_prove_that_they_exist() -> None:
    lost = Reply(404, NOT_THERE.text, attempts=2, answer_lost=True)
    client = FakeFlexi({logout_path("a"): lost, "/u.json": user_list("admin", "c")})
    [result] = run(client, named(["a"]), Policy(), check_mode=False).results
    assert (result.status, result.user_known, result.changed) == ("unknown_user", False, False)


@pytest.mark.parametrize("acting", ["aaa", "zzz"])
def test_in_check_mode_a_list_without_somebody_who_is_logged_in_is_not_believed(acting: str) -> None:
    answers = {"/status/user": page("b"), "/u.json": user_list(acting, "c")}
    report = run(FakeFlexi(answers, acting=acting), named(["a", "b"]), FAIL, check_mode=True)
    assert statuses(report) == {"a": "not_logged_in", "b": "would_log_out"}
    assert report.warnings == ["It is not known whether all these users exist: the list of users lacks b."]


def test_in_check_mode_who_is_only_assumed_to_be_logged_in_proves_nothing() -> None:
    client = FakeFlexi({"/status/user": Reply(404), "/u.json": user_list("admin", "c")})
    report = run(client, named(["a", "c"]), Policy(), check_mode=True)
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
            "It is not known whether all these users exist. Reading the users failed: the list is cut off."
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
    assert emulator.requests_by_path()[LIST] == ONE_READING


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
