# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of companies, which are looked up before anybody is logged out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.companies import check_companies, read_companies
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.emulator import selection
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN, UNREADABLE
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi, named, statuses
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    FakeClock,
    Run,
    asked,
    client_for,
    connection_to,
    log_out,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

BOTH_MODES = pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
NO_DATABASE_NAMES = ["Nejlepší firma a.s.", "Demo", "demo ", "de-mo", "de/mo", "demo,demo2", "démo", "٣", "."]
LOGIN = Reply(302, location="/login-logout/login.html", own_path="/login-logout/login.html")
# These say that whoever asks is not logged in, so that nobody can be logged out either.
REFUSED = {"unauthorised": "auth_failed", "redirect": "auth_failed", "html": "not_flexi"}


def company_list(**titles: str) -> Reply:
    """Return the list of companies, the display name of each under its database name."""
    listed = [{"dbNazev": name, "nazev": title} for name, title in titles.items()]
    return Reply(200, json.dumps({"companies": {"company": listed}}))


def refusal(client: FakeFlexi, *companies: str) -> FlexiError:
    """Return the failure of companies that are looked up."""
    with pytest.raises(FlexiError) as problem:
        check_companies(client, companies)
    return problem.value


def before_any_logout(emulator: Emulator, done: Run) -> bool:
    """Whether all failed without a logout."""
    return set(done.statuses.values()) == {"failed"} and {each.method for each in emulator.requests} == {"GET"}


def test_an_unknown_company_is_named_with_those_there_are() -> None:
    report = run(FakeFlexi(), named(["novak"], ["demo", "nowhere"]), Policy(), check_mode=False)
    assert report.stopped_by is not None
    assert "no company 'nowhere'" in report.stopped_by.message
    assert report.stopped_by.hint == "Its companies are: a_1, demo."


def test_companies_that_cannot_be_read_are_a_warning() -> None:
    client = FakeFlexi({"/c.json": Reply(403)})
    report = run(client, named(["novak"], ["demo", "a_1"]), Policy(), check_mode=False)
    assert report.warnings == [
        "The list of companies cannot be read, so it is not known whether these exist: demo, a_1."
    ]
    assert statuses(report) == {"novak in demo": "logged_out", "novak in a_1": "logged_out"}


def test_a_company_of_several_users_is_named_once_in_the_warning() -> None:
    report = run(FakeFlexi({"/c.json": Reply(403)}), named(["a", "b"], ["demo"]), Policy(), check_mode=False)
    assert [warning.count("demo") for warning in report.warnings] == [1]


def test_without_companies_nothing_is_asked() -> None:
    client = FakeFlexi()
    assert (check_companies(client, []), client.asked) == ([], [])


def test_companies_that_there_are_need_no_word() -> None:
    client = FakeFlexi()
    assert (check_companies(client, ["demo", "a_1", "demo"]), client.got) == ([], ["/c.json"] * 2)


@BOTH_MODES
@pytest.mark.parametrize("company", ["neexistuje", *NO_DATABASE_NAMES])
def test_an_unknown_company_fails_before_any_logout(emulator: Emulator, company: str, *, check_mode: bool) -> None:
    done = log_out(connection_to(emulator), ["novak"], ["demo", company], check_mode=check_mode)
    assert done.code == "unknown_company"
    assert before_any_logout(emulator, done)
    assert asked(emulator) == ["GET /status.json", "GET /c.json", "GET /c.json"]


@pytest.mark.parametrize("company", NO_DATABASE_NAMES)
def test_without_the_list_what_is_no_database_name_is_refused(company: str) -> None:
    problem = refusal(FakeFlexi({"/c.json": Reply(403)}), "demo", company)
    assert problem.code == "invalid_option"
    assert problem.message == f"companies contains {company!r}, which is not the database name of a company."
    assert "dbNazev" in problem.hint


@BOTH_MODES
@pytest.mark.parametrize("how", UNREADABLE)
def test_a_list_that_cannot_be_read_is_a_warning_or_a_refused_login(
    emulator: Emulator, clock: FakeClock, how: str, *, check_mode: bool
) -> None:
    emulator.set_variants(company_list=how)
    done = log_out(connection_to(emulator), ["novak"], ["demo"], clock=clock, check_mode=check_mode)
    assert emulator.requests_by_path()["GET /c.json"] == 1
    if how in REFUSED:
        assert done.code == REFUSED[how]
        assert before_any_logout(emulator, done)
    else:
        [warning] = done.report.warnings
        assert "it is not known whether these exist: demo" in warning
        assert done.code is None


@BOTH_MODES
@pytest.mark.parametrize("empty", KNOWN["empty_list"])
def test_where_there_are_no_companies_at_all_nobody_is_logged_out(
    emulator: Emulator, empty: str, *, check_mode: bool
) -> None:
    emulator.reset(
        state={"companies": [], "users": [{"username": "admin", "password": "fake-admin"}]},
        variants={"empty_list": empty},
    )
    done = log_out(connection_to(emulator), ["admin"], ["demo"], check_mode=check_mode)
    if empty == "list":
        assert (done.code, before_any_logout(emulator, done)) == ("unknown_company", True)
    else:
        assert "cannot be read" in done.report.warnings[0]


def test_a_single_company_may_come_without_a_list(emulator: Emulator) -> None:
    emulator.reset(state={"companies": [{"dbNazev": "demo", "nazev": "Demo"}], "users": selection()["users"][:1]})
    emulator.set_variants(company_list="single")
    assert log_out(connection_to(emulator), ["admin"], ["demo"]).code is None
    assert log_out(connection_to(emulator), ["admin"], ["dema"]).code == "unknown_company"


# Who was meant


@BOTH_MODES
def test_a_display_name_is_answered_with_the_database_name(emulator: Emulator, *, check_mode: bool) -> None:
    done = log_out(connection_to(emulator), ["novak"], ["Nejlepší firma a.s."], check_mode=check_mode)
    failure = done.summary["failure"]
    assert failure["message"] == ("'Nejlepší firma a.s.' is the display name of a company, not its database name.")
    assert (failure["code"], failure["hint"]) == ("unknown_company", "Its database name is demo.")
    assert before_any_logout(emulator, done)


@pytest.mark.parametrize("typed", ["NEJLEPŠÍ FIRMA A.S.", " Nejlepší firma a.s. ", "nejlepší firma a.s."])
def test_a_display_name_is_found_whatever_its_case_and_blanks(typed: str) -> None:
    client = FakeFlexi({"/c.json": company_list(demo="Nejlepší firma a.s. ")})
    assert refusal(client, typed).hint == "Its database name is demo."


def test_several_companies_of_one_display_name_are_all_named() -> None:
    client = FakeFlexi({"/c.json": company_list(a="Firma", b="firma", c="Jiná")})
    assert refusal(client, "FIRMA").hint == "Its database name is a or b."


def test_a_database_name_that_is_also_a_display_name_is_meant_as_such(emulator: Emulator) -> None:
    emulator.reset(state=selection())
    done = log_out(connection_to(emulator), ["novak"], ["archiv"])
    assert (done.code, done.report.warnings) == (None, [])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("dmeo", "demo"), ("demo_2052", "demo_2025"), ("DEMO", "demo"), ("pobocky", "pobocka")],
)
def test_the_company_that_was_perhaps_meant_is_named(emulator: Emulator, typed: str, meant: str) -> None:
    emulator.reset(state=selection())
    hint = str(log_out(connection_to(emulator), ["novak"], [typed]).summary["failure"]["hint"])
    assert hint.startswith(f"Did you mean {meant}")
    assert hint.endswith(" Its companies are: archiv, demo, demo_2025, pobocka, prazdna.")


def test_for_a_mistyped_display_name_the_database_name_is_named() -> None:
    hint = refusal(FakeFlexi({"/c.json": company_list(x="Nejlepší firma a.s.")}), "Nejlepsi firma a.s.").hint
    assert hint == "Did you mean x (Nejlepší firma a.s.)? Its companies are: x."


def test_where_nothing_is_close_the_companies_are_named_all_the_same(emulator: Emulator) -> None:
    emulator.reset(state=selection())
    hint = log_out(connection_to(emulator), ["novak"], ["zzz"]).summary["failure"]["hint"]
    assert hint == "Its companies are: archiv, demo, demo_2025, pobocka, prazdna."


@pytest.mark.parametrize(("count", "ending"), [(20, "c19."), (21, "c19 and 1 more."), (300, "c108 and 280 more.")])
def test_of_many_companies_twenty_are_named(count: int, ending: str) -> None:
    names = {f"c{number:02}": "" for number in range(count)}
    client = FakeFlexi({"/c.json": [company_list(**names), company_list()]})
    hint = refusal(client, "zzz").hint
    assert hint.startswith("Its companies are: c00, c01, ")
    assert hint.endswith(ending)


def test_where_there_are_no_companies_it_says_so() -> None:
    assert refusal(FakeFlexi({"/c.json": company_list()}), "demo").hint == "Its companies are: none."


def test_what_is_quoted_is_short_and_printable() -> None:
    client = FakeFlexi({"/c.json": company_list(demo="x\u202e" * 50, a="\x1b[31m", b="z" * 5000)})
    for company in ("y" * 5000, "de\u202emo", "\x1b[31m", "z" * 5000):
        problem = refusal(client, company)
        assert str(problem).isprintable()
        assert len(problem.message) < 300


def test_the_first_unknown_company_is_the_one_that_is_told() -> None:
    assert "'nowhere'" in refusal(FakeFlexi(), "demo", "nowhere", "elsewhere").message


def test_a_company_that_is_in_the_list_may_have_any_name() -> None:
    client = FakeFlexi({"/c.json": company_list(**{"Demo-1": "Demo"})})
    assert check_companies(client, ["Demo-1"]) == []


def _companies(listed: object) -> str:
    return json.dumps({"companies": {"company": listed}})


DEMO = {"id": "1", "dbNazev": "demo", "nazev": "Nejlepší firma a.s."}


@pytest.mark.parametrize(
    ("reply", "companies"),
    [
        pytest.param(
            Reply(200, _companies([DEMO, {"dbNazev": "a_1"}])), {"demo": "Nejlepší firma a.s.", "a_1": ""}, id="several"
        ),
        pytest.param(Reply(200, _companies(DEMO)), {"demo": "Nejlepší firma a.s."}, id="one-as-a-bare-object"),
        pytest.param(Reply(200, _companies([])), {}, id="none"),
        pytest.param(Reply(200, _companies([DEMO, "x", {"id": "2"}])), {"demo": DEMO["nazev"]}, id="odd-ones-left-out"),
        pytest.param(Reply(200, _companies("demo")), None, id="list-of-the-wrong-type"),
        pytest.param(Reply(200, _companies(None)), None, id="null"),
        pytest.param(Reply(200, '{"companies": []}'), None, id="companies-of-the-wrong-type"),
        pytest.param(Reply(200, '{"winstrom": {}}'), None, id="other-JSON"),
        pytest.param(Reply(200, "[]"), None, id="a-list"),
        pytest.param(Reply(200), None, id="empty"),
        pytest.param(Reply(403), None, id="403"),
        pytest.param(Reply(404, _companies([DEMO])), None, id="404-with-a-list"),
        pytest.param(Reply(302, location="/elsewhere"), None, id="redirect"),
        pytest.param(Reply(500), None, id="500"),
    ],
)
def test_the_companies_by_their_database_names(reply: Reply, companies: dict[str, str] | None) -> None:
    assert read_companies(FakeFlexi({"/c.json": reply})) == companies


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(Reply(401), "auth_failed", id="401"),
        pytest.param(LOGIN, "auth_failed", id="redirect-to-the-login"),
        pytest.param(Reply(200, "<!DOCTYPE html><html></html>", "text/html"), "not_flexi", id="page"),
    ],
)
def test_a_refused_login_at_the_companies_is_an_error(reply: Reply, code: str) -> None:
    with pytest.raises(FlexiError) as problem:
        read_companies(FakeFlexi({"/c.json": reply}))
    assert problem.value.code == code


def test_all_companies_are_asked_for_and_what_comes_after_them() -> None:
    client = FakeFlexi()
    read_companies(client)
    assert client.got == ["/c.json"] * 2
    assert client.queries == [{"limit": "0"}, {"start": "2", "limit": "20"}]


@pytest.mark.parametrize(
    ("second", "companies"),
    [
        pytest.param(company_list(), {}, id="there-are-none"),
        pytest.param(company_list(demo="Demo"), None, id="there-are-some"),
        pytest.param(Reply(500), None, id="unreadable"),
    ],
)
def test_where_there_are_none_it_is_asked_again_with_a_limit(second: Reply, companies: dict[str, str] | None) -> None:
    client = FakeFlexi({"/c.json": [company_list(), second]})
    assert (read_companies(client), client.queries) == (companies, [{"limit": "0"}, {"limit": "20"}])


def _numbered(first: int, last: int) -> Reply:
    return company_list(**{f"c{number}": "" for number in range(first, last + 1)})


@pytest.mark.parametrize(
    ("count", "second", "is_all"),
    [
        pytest.param(20, company_list(), True, id="nothing-after"),
        pytest.param(20, Reply(200, _companies({})), True, id="empty-object-after"),
        pytest.param(20, Reply(200, _companies("")), True, id="empty-text-after"),
        pytest.param(20, Reply(200, _companies(None)), True, id="null-after"),
        pytest.param(7, company_list(c8=""), False, id="more"),
        pytest.param(20, company_list(c21=""), False, id="more-after-a-page"),
        pytest.param(1000, company_list(c1001=""), False, id="more-after-a-long-page"),
        pytest.param(7, _numbered(1, 7), True, id="the-same-again"),
        pytest.param(19, _numbered(1, 19), True, id="the-same-again-but-less-than-a-page"),
        pytest.param(20, _numbered(1, 20), False, id="the-same-page-again"),
        pytest.param(50, _numbered(1, 50), False, id="the-same-page-of-50-again"),
        pytest.param(1000, _numbered(1, 1000), False, id="the-same-page-of-1000-again"),
        pytest.param(53, _numbered(1, 53), True, id="the-same-again-but-no-page"),
        pytest.param(20, Reply(500), False, id="unreadable"),
        pytest.param(20, Reply(200, "[]"), False, id="another-shape"),
    ],
)
def test_the_list_is_all_where_nothing_else_comes_after_it(count: int, second: Reply, *, is_all: bool) -> None:
    client = FakeFlexi({"/c.json": [_numbered(1, count), second]})
    companies = read_companies(client)
    assert (companies is not None) is is_all
    assert companies is None or len(companies) == count
    assert client.queries == [{"limit": "0"}, {"start": str(count), "limit": "20"}]


@pytest.mark.parametrize("limit", KNOWN["company_list_limit"])
@pytest.mark.parametrize("page_size", KNOWN["page_size"])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_page_of_companies_is_never_all_of_them(emulator: Emulator, limit: str, page_size: str, more: int) -> None:
    names = [f"c{number}" for number in range(int(page_size) + more)]
    state = {"companies": [{"dbNazev": name} for name in names], "users": selection()["users"][:1]}
    emulator.reset(state=state, variants={"company_list_limit": limit, "page_size": page_size})
    with client_for(connection_to(emulator)) as client:
        companies = read_companies(client)
    assert companies is None or list(companies) == names
    # "literal" gives nobody at all; the others of these give all, or what is less than a page.
    if limit == "honoured" or (limit == "stuck" and more <= 0) or (limit == "ignored" and more):
        assert companies is not None
