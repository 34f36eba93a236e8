# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing the users of a server or of a company, and those among them who meet all conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_info import USER_INFO
from ansible_collections.abra.flexi.tests.emulator import selection
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN, UNREADABLE
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    PASSWORD,
    Done,
    asked,
    check_message,
    perform,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

BOTH_MODES = pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
# Each list is asked for what comes after its last record.
ALL_USERS = ["GET /u.json"] * 2
MEMBERS = ["GET /c/demo/uzivatel.json"] * 2
EVERYBODY = [str(user["username"]) for user in selection()["users"]]
KEYS = {
    "username",
    "given_name",
    "family_name",
    "email",
    "user_type",
    "blocked",
    "permissions",
    "last_login",
    "last_api",
    "company",
    "roles",
}
# How they come into a list; the other shapes of roles do not tell them.
TOLD = ("code", "plain", "list", "object", "nested")
CODES = {"forbidden": "forbidden", "unauthorised": "auth_failed", "redirect": "auth_failed", "error": "server_error"}


def members(company: str, *roles: str) -> list[str]:
    """Return the members of a company in the state, those with one of the roles if any are given."""
    found = []
    for user in selection()["users"]:
        has = user.get("roles", {}).get(company)
        if has is not None and (not roles or set(roles) & set([has] if isinstance(has, str) else has)):
            found.append(str(user["username"]))
    return found


def users_of(emulator: Emulator, *, check_mode: bool = False, **options: Any) -> Done:
    return perform(USER_INFO, emulator, check_mode=check_mode, **options)


@pytest.fixture(autouse=True)
def _selection(emulator: Emulator) -> None:
    emulator.reset(state=selection())


# All users


@BOTH_MODES
def test_all_users_of_the_server(emulator: Emulator, *, check_mode: bool) -> None:
    done = users_of(emulator, check_mode=check_mode)
    assert done.logins == EVERYBODY
    assert (done.result["msg"], done.result["changed"]) == (f"{len(EVERYBODY)} of {len(EVERYBODY)} users.", False)
    assert done.result["acting_user"] == "admin"
    assert done.warnings == []
    assert asked(emulator) == ["GET /status.json", *ALL_USERS]


def test_what_it_tells_of_a_user(emulator: Emulator) -> None:
    admin = users_of(emulator).result["users"][0]
    assert admin == {
        "username": "admin",
        "given_name": "Alena",
        "family_name": "Správná",
        "email": "admin@example.com",
        "user_type": "NORMAL",
        "blocked": False,
        "permissions": {"manageAll": True, "licenseMgmt": True},
        "last_login": "2026-01-05T08:00:00.000+01:00",
        "last_api": "2026-01-05T09:30:00.000+01:00",
        "company": None,
        "roles": None,
    }


def test_what_it_tells_of_a_user_of_a_company(emulator: Emulator) -> None:
    emulator.reset()
    novak = users_of(emulator, company="demo").result["users"][0]
    told = {"username": "novak", "given_name": "Petr", "family_name": "Novák", "email": "novak@example.com"}
    assert novak == {**dict.fromkeys(KEYS), **told, "company": "demo", "roles": ["UCETNI"]}


@pytest.mark.parametrize("options", [{}, {"company": "demo"}, {"company": "demo", "blocked": False}], ids=str)
def test_every_user_has_the_same_keys(emulator: Emulator, options: dict[str, Any]) -> None:
    users = users_of(emulator, **options).result["users"]
    assert users
    assert [set(user) for user in users] == [KEYS] * len(users)


@pytest.mark.parametrize("root", KNOWN["users_root"])
@pytest.mark.parametrize("values", KNOWN["user_values"])
@pytest.mark.parametrize("row_count", KNOWN["row_count"])
def test_the_list_of_all_users_in_every_shape(emulator: Emulator, root: str, values: str, row_count: str) -> None:
    expected = users_of(emulator).result
    emulator.set_variants(users_root=root, user_values=values, row_count=row_count)
    assert users_of(emulator).result == expected


def test_a_user_who_never_logged_in_has_no_date(emulator: Emulator) -> None:
    dates = {user["username"]: (user["last_login"], user["last_api"]) for user in users_of(emulator).result["users"]}
    assert [login for login, both in dates.items() if both == (None, None)] == ["novacek"]
    emulator.set_variants(user_fields="no_dates")
    assert {user["last_login"] for user in users_of(emulator).result["users"]} == {None}


def test_thousands_of_users_are_read_at_once(emulator: Emulator) -> None:
    emulator.state.add_users(generate_users={"prefix": "blok", "count": 2000, "blocked": True, "roles": {"demo": "A"}})
    emulator.state.add_users(generate_users={"prefix": "volny", "count": 3000, "roles": {"demo": "B"}})
    done = users_of(emulator, blocked=True)
    assert len(done.logins) == 2001
    assert emulator.requests_by_path() == {"GET /status.json": 1, "GET /u.json": 2}
    emulator.clear_requests()
    assert len(users_of(emulator, company="demo", roles=["A"], blocked=True).logins) == 2000
    assert emulator.requests_by_path() == {"GET /status.json": 1, MEMBERS[0]: 2, "GET /u.json": 2}


# Conditions


@pytest.mark.parametrize(
    ("options", "logins"),
    [
        pytest.param({"blocked": True}, ["blokovana"], id="blocked"),
        pytest.param({"blocked": False}, [each for each in EVERYBODY if each != "blokovana"], id="not-blocked"),
        pytest.param({"user_types": ["REST_API"]}, ["api"], id="type"),
        pytest.param({"user_types": ["REST_API", "NORMAL"]}, EVERYBODY, id="types"),
        pytest.param({"user_types": ["READ_ONLY"]}, [], id="nobody"),
        pytest.param({"user_types": ["REST_API"], "blocked": True}, [], id="both"),
        pytest.param({"user_types": ["NORMAL"], "blocked": True}, ["blokovana"], id="both-met"),
        pytest.param({"company": "demo"}, members("demo"), id="company"),
        pytest.param({"company": "pobocka"}, members("pobocka"), id="another-company"),
        pytest.param({"company": "demo", "roles": ["UCETNI"]}, members("demo", "UCETNI"), id="role"),
        pytest.param({"company": "demo", "roles": ["SKLADNIK", "API"]}, members("demo", "SKLADNIK", "API"), id="roles"),
        pytest.param({"company": "demo", "roles": ["ucetni"]}, members("demo", "UCETNI"), id="role-in-lower-case"),
        pytest.param({"company": "demo", "roles": [" code:Ucetni"]}, members("demo", "UCETNI"), id="role-as-flexis"),
        pytest.param({"company": "demo", "roles": ["UCET"]}, [], id="part-of-a-role"),
        pytest.param({"company": "demo", "blocked": True}, ["blokovana"], id="company-blocked"),
        pytest.param({"company": "demo", "user_types": ["REST_API"]}, ["api"], id="company-type"),
        pytest.param(
            {"company": "demo", "roles": ["UCETNI"], "blocked": False, "user_types": ["NORMAL"]},
            [login for login in members("demo", "UCETNI") if login != "blokovana"],
            id="all-of-them",
        ),
    ],
)
@BOTH_MODES
def test_only_who_meets_all_conditions(
    emulator: Emulator, options: dict[str, Any], logins: list[str], *, check_mode: bool
) -> None:
    done = users_of(emulator, check_mode=check_mode, **options)
    assert done.logins == logins
    of_all = len(members(options["company"])) if "company" in options else len(EVERYBODY)
    assert done.result["msg"].startswith(f"{len(logins)} of {of_all} users.")


def test_the_roles_there_are_are_named_where_nobody_has_the_one_asked_for(emulator: Emulator) -> None:
    done = users_of(emulator, company="demo", roles=["UCETNY"])
    assert done.result["msg"] == (
        f"0 of {len(members('demo'))} users. The roles there are: API, OBCHODNIK, SKLADNIK, UCETNI."
    )


def test_the_roles_are_not_named_where_they_are_not_what_is_asked_for(emulator: Emulator) -> None:
    assert users_of(emulator, company="demo", user_types=["READ_ONLY"]).result["msg"].endswith(" users.")


def test_roles_without_a_company_leave_no_request(emulator: Emulator) -> None:
    done = users_of(emulator, roles=["UCETNI"])
    assert (done.code, done.result["failure"]["hint"]) == ("invalid_option", "Set company.")
    assert emulator.requests == []


# The users of a company


@pytest.mark.parametrize("shape", TOLD)
@pytest.mark.parametrize("root", KNOWN["company_users_root"])
@pytest.mark.parametrize("row_count", KNOWN["row_count"])
def test_the_list_of_a_company_in_every_shape(emulator: Emulator, shape: str, root: str, row_count: str) -> None:
    expected = users_of(emulator, company="demo", roles=["SKLADNIK", "API"]).result
    emulator.set_variants(company_roles=shape, company_users_root=root, row_count=row_count)
    assert users_of(emulator, company="demo", roles=["SKLADNIK", "API"]).result == expected
    assert {user["username"]: user["roles"] for user in expected["users"]}["dvojrole"] == ["UCETNI", "SKLADNIK"]


@pytest.mark.parametrize("single_record", KNOWN["single_record"])
@pytest.mark.parametrize("root", KNOWN["company_users_root"])
def test_a_company_with_one_user_in_every_shape(emulator: Emulator, single_record: str, root: str) -> None:
    only_novak = {"users": [ADMIN, {"username": "novak", "roles": {"demo": "UCETNI"}}]}
    emulator.reset(state=only_novak, variants={"single_record": single_record, "company_users_root": root})
    done = users_of(emulator, company="demo", roles=["UCETNI"])
    assert (done.logins, done.warnings) == (["novak"], [])


def test_a_company_with_no_user_is_a_warning(emulator: Emulator) -> None:
    done = users_of(emulator, company="prazdna")
    assert (done.logins, done.result["msg"]) == ([], "0 of 0 users.")
    assert done.warnings == [
        "The list of users contains nobody else, perhaps because this user may not see the others."
    ]


@pytest.mark.parametrize(("variant", "logins"), [("own", ["spravce"]), ("empty", [])])
@pytest.mark.parametrize("empty", KNOWN["empty_list"])
def test_a_filtered_list_of_a_company_is_a_warning(
    emulator: Emulator, variant: str, logins: list[str], empty: str
) -> None:
    emulator.set_variants(company_users=variant, empty_list=empty)
    done = users_of(emulator, company="demo", username="spravce", password="fake-spravce")
    assert done.logins == logins
    assert len(done.warnings) == 1
    assert "contains nobody else" in done.warnings[0]


@pytest.mark.parametrize(("variant", "logins"), [("own", ["admin"]), ("empty", [])])
def test_a_filtered_list_of_all_users_is_a_warning(emulator: Emulator, variant: str, logins: list[str]) -> None:
    emulator.set_variants(users_list=variant)
    done = users_of(emulator)
    assert (done.logins, len(done.warnings)) == (logins, 1)


def test_a_filtered_list_that_does_not_show_whom_a_condition_is_about_is_a_failure(emulator: Emulator) -> None:
    emulator.set_variants(users_list="own")
    done = users_of(emulator, company="demo", blocked=False)
    assert done.code == "list_unreadable"
    assert done.result["msg"].startswith("The server does not show the field blocked of user 'spravce'.")


def test_a_company_has_its_own_roles(emulator: Emulator) -> None:
    in_pobocka = users_of(emulator, company="pobocka", roles=["UCETNI"])
    assert in_pobocka.logins == members("pobocka", "UCETNI")
    assert {user["company"] for user in in_pobocka.result["users"]} == {"pobocka"}


def test_only_with_other_conditions_the_list_of_all_users_is_needed(emulator: Emulator) -> None:
    users_of(emulator, company="demo", roles=["UCETNI"])
    assert asked(emulator) == ["GET /status.json", *MEMBERS]


def test_with_both_lists_a_user_has_what_either_tells(emulator: Emulator) -> None:
    users = {user["username"]: user for user in users_of(emulator, company="demo", blocked=False).result["users"]}
    assert users["dvojrole"]["roles"] == ["UCETNI", "SKLADNIK"]
    assert users["dvojrole"]["company"] == "demo"
    assert (users["api"]["user_type"], users["api"]["blocked"]) == ("REST_API", False)
    assert users["api"]["permissions"] == {"manageAll": False, "licenseMgmt": False}
    assert asked(emulator) == ["GET /status.json", *MEMBERS, *ALL_USERS]


# What is not told


@pytest.mark.parametrize(
    ("variants", "options", "field"),
    [
        ({"company_roles": "missing"}, {"company": "demo", "roles": ["UCETNI"]}, "roles"),
        ({"user_fields": "bare"}, {"user_types": ["NORMAL"]}, "user_type"),
        ({"user_fields": "bare"}, {"blocked": False}, "blocked"),
        ({"user_fields": "bare"}, {"blocked": True}, "blocked"),
        ({"user_fields": "bare"}, {"company": "demo", "blocked": True}, "blocked"),
    ],
    ids=str,
)
def test_a_condition_that_the_server_does_not_tell_is_a_failure(
    emulator: Emulator, variants: dict[str, str], options: dict[str, Any], field: str
) -> None:
    emulator.set_variants(**variants)
    done = users_of(emulator, **options)
    assert done.code == "list_unreadable"
    assert f"does not show the field {field} of user '" in done.result["msg"]
    assert "users" not in done.result


@pytest.mark.parametrize("shape", ["empty", "null"])
def test_roles_that_nobody_has_are_roles_that_are_not_told(emulator: Emulator, shape: str) -> None:
    emulator.set_variants(company_roles=shape)
    done = users_of(emulator, company="demo", roles=["UCETNI"])
    assert (done.code, "users" in done.result) == ("list_unreadable", False)


@pytest.mark.parametrize("shape", ["empty", "null", "missing"])
def test_roles_that_are_not_told_do_not_matter_where_they_are_no_condition(emulator: Emulator, shape: str) -> None:
    emulator.set_variants(company_roles=shape)
    assert users_of(emulator, company="demo").logins == members("demo")


def test_a_company_without_users_has_nobody_with_a_role(emulator: Emulator) -> None:
    assert users_of(emulator, company="prazdna", roles=["UCETNI"]).result["msg"].startswith("0 of 0 users.")


def test_without_a_condition_what_is_not_told_is_null(emulator: Emulator) -> None:
    emulator.set_variants(user_fields="bare")
    done = users_of(emulator)
    assert done.logins == EVERYBODY
    assert {value for user in done.result["users"] for key, value in user.items() if key != "username"} == {None}


# Lists that are not there


@BOTH_MODES
@pytest.mark.parametrize("how", UNREADABLE)
@pytest.mark.parametrize(
    ("variant", "options"),
    [
        pytest.param("users_list", {}, id="all"),
        pytest.param("company_users", {"company": "demo"}, id="of-a-company"),
        pytest.param("users_list", {"company": "demo", "blocked": False}, id="both"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_failure(
    emulator: Emulator, how: str, variant: str, options: dict[str, Any], *, check_mode: bool
) -> None:
    emulator.set_variants(**{variant: how})
    done = users_of(emulator, check_mode=check_mode, **options)
    assert done.code == CODES.get(how, "list_unreadable")
    assert "users" not in done.result
    assert done.result["msg"].startswith("Reading the users")
    check_message(done.result["msg"])
    assert PASSWORD not in str(done.result)


@pytest.mark.parametrize(("limit", "count"), [("stuck", 21), ("literal", 5)])
def test_a_list_that_is_cut_off_is_a_failure(emulator: Emulator, limit: str, count: int) -> None:
    state = {"users": [ADMIN], "generate_users": {"count": count - 1}}
    emulator.reset(state=state, variants={"users_limit": limit})
    done = users_of(emulator)
    assert (done.code, done.result["failure"]["message"]) == (
        "list_unreadable",
        "Reading the users failed: the list is cut off.",
    )


@BOTH_MODES
@pytest.mark.parametrize(
    ("company", "message", "hint"),
    [
        pytest.param("dmeo", "There is no company 'dmeo' on this server", "Did you mean demo", id="mistyped"),
        pytest.param(
            "Nejlepší firma a.s.",
            "'Nejlepší firma a.s.' is the display name of a company",
            "Its database name is demo.",
            id="display-name",
        ),
        pytest.param("zzz", "There is no company 'zzz'", "Its companies are: archiv, demo, demo_2025,", id="unknown"),
    ],
)
def test_an_unknown_company_is_answered_with_the_right_one(
    emulator: Emulator, company: str, message: str, hint: str, *, check_mode: bool
) -> None:
    done = users_of(emulator, check_mode=check_mode, company=company)
    failure = done.result["failure"]
    assert failure["code"] == "unknown_company"
    assert failure["message"].startswith(message)
    assert failure["hint"].startswith(hint)
    assert asked(emulator)[-1] == "GET /c.json"


def test_without_the_list_of_companies_an_unknown_one_is_a_failure_all_the_same(emulator: Emulator) -> None:
    emulator.set_variants(company_list="forbidden")
    done = users_of(emulator, company="dmeo")
    assert done.code == "unknown_company"
    assert "Firma neexistuje" in done.result["msg"]


def test_where_there_are_no_companies_the_servers_own_words_are_told(emulator: Emulator) -> None:
    emulator.reset(state={"companies": [], "users": [ADMIN]})
    done = users_of(emulator, company="demo")
    assert done.code == "unknown_company"
    assert "Firma neexistuje" in done.result["msg"]


def test_a_company_that_is_forbidden_is_not_looked_for(emulator: Emulator) -> None:
    done = users_of(emulator, company="demo", username="nowak", password="fake-nowak")
    assert done.code == "forbidden"
    assert asked(emulator, "/c.json") == []


def test_a_server_that_is_no_flexi_is_not_asked_for_users(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=404, body="404 page not found\n", match={"path": "status"})
    assert users_of(emulator, company="demo").code == "not_flexi"
    assert asked(emulator) == ["GET /status.json"]


# Whoever asks


def test_a_company_is_read_with_a_context_of_whoever_asks_and_nothing_else_changes(emulator: Emulator) -> None:
    before = emulator.state.as_dict()
    users_of(emulator, company="demo", blocked=False)
    assert emulator.state.contexts_of("admin") == ["demo"]
    after = emulator.state.as_dict()
    assert {name for name in after["users"] if after["users"][name] != before["users"][name]} == {"admin"}
    assert {each.method for each in emulator.requests} == {"GET"}


def test_in_a_session_it_reads_the_same(emulator: Emulator) -> None:
    expected = users_of(emulator, company="demo", roles=["UCETNI"]).result
    result = users_of(emulator, company="demo", roles=["UCETNI"], auth_method="session").result
    assert (expected.pop("in_session"), result.pop("in_session")) == (False, True)
    assert result == expected
    assert emulator.state.sessions_of("admin") == []


@pytest.mark.parametrize("username", ["", None])
def test_who_acts_is_null_where_it_is_not_told(emulator: Emulator, username: str | None) -> None:
    [token] = emulator.state.log_in("admin")
    options: dict[str, Any] = {"session_id": token, "username": username, "password": None}
    result = users_of(emulator, auth_method="session", **options).result
    assert (result["acting_user"], result["in_session"]) == (None, True)


@pytest.mark.parametrize("empty", [{"company": ""}, {"company": "demo", "roles": []}, {"user_types": []}])
def test_an_empty_condition_could_mean_everybody_or_nobody(emulator: Emulator, empty: dict[str, Any]) -> None:
    done = users_of(emulator, **empty)
    assert done.code == "invalid_option"
    assert not emulator.requests


@pytest.mark.parametrize(("roles", "named"), [(["UCETNY"], "UCETNY"), (["ucetni", "UCETNY"], "UCETNY")])
def test_a_role_that_nobody_has_is_named_with_those_there_are(emulator: Emulator, roles: list[str], named: str) -> None:
    [warning] = users_of(emulator, company="demo", roles=roles).warnings
    assert warning.startswith(f"Nobody there has the role {named}. The roles there are: ")
    assert "UCETNI" in warning
