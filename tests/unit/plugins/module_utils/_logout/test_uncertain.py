# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every combination of what is documented nowhere: none leads to a wrong "ok", compared with the server's own state."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy
from ansible_collections.abra.flexi.plugins.module_utils._tasks.session_info import SESSION_INFO
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_info import USER_INFO
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN, UNREADABLE
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    Run,
    connection_to,
    log_out,
    perform,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.emulator import Emulator

Variants = dict[str, str]
STATE: dict[str, Any] = {
    "users": [
        ADMIN,
        {"username": "novak", "sessions": 2, "roles": {"demo": "UCETNI"}},
        {"username": "vraci se", "sessions": 1, "logs_in_again": True, "roles": {"demo": ["SKLADNIK", "UCETNI"]}},
        {"username": "bezprav", "roles": {"demo": "SKLADNIK"}},
        {"username": "blokovana", "blocked": True, "roles": {"demo": "UCETNI"}},
    ]
}
UNKNOWN = "nowak"
USERS = ["admin", "novak", "vraci se", "bezprav", UNKNOWN]
LOGGED_IN = {"novak", "vraci se"}
MODES = pytest.mark.parametrize("mode", ["warn", "fail"])
PAGES = pytest.mark.parametrize("user_page", KNOWN["user_page"])
COUNTS = pytest.mark.parametrize("counts", KNOWN["counts"])


def user_lists(*roots: str) -> Iterator[Variants]:
    """Return each way in which the users of the server may be listed; what is not listed has no root."""
    for how in UNREADABLE:
        yield {"users_list": how}
    for how, root in itertools.product(("yes", "own", "empty"), roots or KNOWN["users_root"]):
        yield {"users_list": how, "users_root": root}


def member_lists() -> Iterator[Variants]:
    """Return each way in which the users of a company may be listed."""
    for how in UNREADABLE:
        yield {"company_users": how}
    shapes = (KNOWN["company_users_root"], KNOWN["company_roles"], KNOWN["single_record"], KNOWN["empty_list"])
    for how, (root, roles, single, empty) in itertools.product(("yes", "own", "empty"), itertools.product(*shapes)):
        yield {
            "company_users": how,
            "company_users_root": root,
            "company_roles": roles,
            "single_record": single,
            "empty_list": empty,
        }


def check_results(emulator: Emulator, done: Run) -> None:
    """Assert that nothing in the results is wrong, compared with the server."""
    for each in done.summary["results"]:
        user, status = each["user"], each["status"]
        exists = user in emulator.state.users
        assert each["user_known"] in {None, exists}
        assert each["verified"] in {None, not emulator.state.is_logged_in(user)}
        assert (status == "unknown_user") <= (not exists)
        assert (status == "logged_out") <= (user in LOGGED_IN)
        assert (status == "not_logged_in") <= (user not in LOGGED_IN)
        assert (status == "logged_in_again") <= emulator.state.is_logged_in(user)


def check_that_doubt_is_told(done: Run, variants: Variants, mode: str) -> None:
    """Assert that who does not exist, and who is back, was found out, or that it was said that it could not be."""
    told = [*done.report.warnings, str(done.summary.get("failure", ""))]
    verified = {each["user"]: each["verified"] for each in done.summary["results"]}
    if variants["users_list"] == "yes":
        assert done.statuses[UNKNOWN] == "unknown_user"
    else:
        assert any("It is not known whether all these users exist" in each for each in told)
    if verified["novak"]:
        assert done.statuses["vraci se"] == "logged_in_again"
    else:
        assert any("Could not verify" in each for each in told)
        assert verified["vraci se"] is None
    if mode == "fail":
        assert "failure" in done.summary


@MODES
@PAGES
@COUNTS
def test_no_combination_leads_to_a_wrong_result_of_a_logout(
    emulator: Emulator, user_page: str, counts: str, mode: str
) -> None:
    policy = Policy(verify=True, unknown_users=mode, logged_in_again=mode)
    # The root makes no difference to what is done about what is known.
    for lists in user_lists("users"):
        variants = {"user_page": user_page, "counts": counts, **lists}
        emulator.reset(state=STATE, variants=variants)
        done = log_out(connection_to(emulator, url=emulator.http), USERS, policy=policy)
        check_results(emulator, done)
        check_that_doubt_is_told(done, variants, mode)
        assert not emulator.state.is_logged_in("novak")


@PAGES
@COUNTS
def test_no_combination_leads_to_a_wrong_prediction(emulator: Emulator, user_page: str, counts: str) -> None:
    for lists in user_lists("users"):
        emulator.reset(state=STATE, variants={"user_page": user_page, "counts": counts, **lists})
        foretold = log_out(connection_to(emulator, url=emulator.http), USERS, check_mode=True)
        assert {each.method for each in emulator.requests} == {"GET"}
        if foretold.code == "auth_failed":
            # Nothing else asked for the credentials, so that the refusal may hold for everything.
            assert lists["users_list"] in UNREADABLE
            continue
        happened = log_out(connection_to(emulator, url=emulator.http), USERS)
        for each in foretold.summary["results"]:
            expected = {"would_log_out": "logged_out"}.get(each["status"], each["status"])
            assert each["prediction"] == "assumed" or happened.statuses[each["user"]] == expected
            assert each["status"] != "not_logged_in" or each["user"] not in LOGGED_IN
            assert each["user_known"] in {None, each["user"] in emulator.state.users}
            assert (each["status"] == "unknown_user") <= (each["user"] == UNKNOWN)


@PAGES
@COUNTS
@pytest.mark.parametrize("who", ["some", "nobody"])
def test_no_combination_leads_to_a_wrong_list_of_who_is_logged_in(
    emulator: Emulator, user_page: str, counts: str, who: str
) -> None:
    state = STATE if who == "some" else {"users": [ADMIN]}
    for values in KNOWN["status_values"]:
        emulator.reset(state=state, variants={"user_page": user_page, "counts": counts, "status_values": values})
        result = perform(SESSION_INFO, emulator, url=emulator.http).result
        there = sorted(emulator.state.logged_in())
        assert (result["exact"], result["users"]) in [(True, there), (False, None)]
        assert result["logged_in_users"] in {None, len(there)}
        assert bool(result["reason"]) is not result["exact"]


def check_users(emulator: Emulator, variants: Variants, options: dict[str, Any], expected: set[str]) -> None:
    """Assert that exactly those who are meant are found, or that it fails, or warns of a list of nobody else."""
    emulator.reset(state=STATE, variants=variants)
    done = perform(USER_INFO, emulator, url=emulator.http, **options)
    if "failure" not in done.result:
        assert set(done.logins) == expected or any("contains nobody else" in each for each in done.warnings)
        assert set(done.logins) <= expected


ACCOUNTANTS = {"novak", "vraci se", "blokovana"}


def test_no_combination_leads_to_a_wrong_selection_of_a_company(emulator: Emulator) -> None:
    for variants in member_lists():
        check_users(emulator, variants, {"company": "demo", "roles": ["UCETNI"]}, ACCOUNTANTS)


def test_no_combination_leads_to_a_wrong_selection_of_all_users(emulator: Emulator) -> None:
    everybody = {"admin", "novak", "vraci se", "bezprav", "blokovana"}
    for lists, fields, values in itertools.product(user_lists(), KNOWN["user_fields"], KNOWN["user_values"]):
        variants = {**lists, "user_fields": fields, "user_values": values}
        check_users(emulator, variants, {}, everybody)
        check_users(emulator, variants, {"blocked": False}, everybody - {"blokovana"})


def test_no_combination_leads_to_a_wrong_selection_with_both_lists(emulator: Emulator) -> None:
    # What else there is of the shape of a list, the tests of each list have gone through.
    usual = {"company_users_root": "winstrom", "single_record": "list", "empty_list": "list"}
    shapes = [each for each in member_lists() if {**each, **usual} == each or len(each) == 1]
    for members, lists, fields in itertools.product(shapes, user_lists("users"), ("all", "bare")):
        options = {"company": "demo", "roles": ["UCETNI"], "blocked": False}
        check_users(emulator, {**members, **lists, "user_fields": fields}, options, ACCOUNTANTS - {"blokovana"})
