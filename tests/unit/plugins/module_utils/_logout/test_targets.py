# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to log out of what: the plan, and the address of each logout."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Target, plan
from ansible_collections.abra.flexi.plugins.module_utils._text import READABLE_LENGTH

NOVAK = Target("novak")
FRANTA = Target("franta")
ZANETA = "Žaneta Ř/ezníčková"


@pytest.mark.parametrize(
    ("users", "companies", "targets"),
    [
        pytest.param([], None, [], id="nobody"),
        pytest.param([], ["demo"], [], id="nobody-in-a-company"),
        pytest.param(["novak"], None, [NOVAK], id="one"),
        pytest.param(["novak", "franta"], None, [NOVAK, FRANTA], id="in-the-order-asked-for"),
        pytest.param(["franta", "novak", "franta"], None, [FRANTA, NOVAK], id="doubled-user-once"),
        pytest.param(["novak", "Novak"], None, [NOVAK, Target("Novak")], id="case-makes-another-user"),
        pytest.param(["novak"], ["demo", "demo"], [Target("novak", "demo")], id="doubled-company-once"),
        pytest.param(
            ["novak", "franta"],
            ["b", "a"],
            [Target("novak", "b"), Target("novak", "a"), Target("franta", "b"), Target("franta", "a")],
            id="each-user-in-each-company",
        ),
    ],
)
def test_the_plan_has_each_target_once_in_order(
    users: list[str], companies: list[str] | None, targets: list[Target]
) -> None:
    assert plan(users, companies) == targets


@pytest.mark.parametrize(
    ("login", "path"),
    [
        pytest.param("novak", "/status/user/novak/logout", id="plain"),
        pytest.param("a b", "/status/user/a%20b/logout", id="blank"),
        pytest.param("jan.novak@firma.cz", "/status/user/jan.novak%40firma.cz/logout", id="e-mail-address"),
        pytest.param(
            ZANETA, "/status/user/%C5%BDaneta%20%C5%98%2Fezn%C3%AD%C4%8Dkov%C3%A1/logout", id="umlauts-and-a-slash"
        ),
        pytest.param("..admin", "/status/user/..admin/logout", id="dots-before"),
        pytest.param("a/.b/c..", "/status/user/a%2F.b%2Fc../logout", id="segments-with-dots-in-them"),
        pytest.param("a\\b", "/status/user/a%5Cb/logout", id="backslash"),
        pytest.param("...", "/status/user/.../logout", id="three-dots"),
        pytest.param("100%", "/status/user/100%25/logout", id="percent"),
        pytest.param("a?b#c;d+e", "/status/user/a%3Fb%23c%3Bd%2Be/logout", id="reserved-characters"),
        pytest.param("a%2Fb", "/status/user/a%252Fb/logout", id="already-encoded"),
    ],
)
def test_a_login_is_one_encoded_segment_of_the_address(login: str, path: str) -> None:
    (target,) = plan([login], None)
    assert (target.path, target.query) == (path, {})


@settings(deadline=None, database=None)
@given(
    st.text(alphabet=st.characters(blacklist_categories=("C", "Z")), min_size=3).filter(
        lambda login: not {"", ".", ".."} & {part.partition(";")[0] or part for part in re.split(r"[/\\]", login)}
    )
)
def test_any_login_comes_back_from_its_address(login: str) -> None:
    _empty, status, user, segment, logout = plan([login], None)[0].path.split("/")
    assert (status, user, unquote(segment, errors="strict"), logout) == ("status", "user", login, "logout")


def test_a_company_is_asked_for_in_the_query() -> None:
    assert Target("novak", "demo").query == {"company": "demo"}


@pytest.mark.parametrize(
    ("login", "says"),
    [
        *(
            pytest.param(login, f"the login {login!r}, which cannot be sent as a part of an address", id=login)
            for login in (
                "",
                ".",
                "..",
                "x/../novak",
                "x/..;a=b/novak",
                "../admin",
                "x/..",
                "./a",
                "a/./b",
                "a//b",
                "/a",
                "a/",
                "/",
                "a\\..\\b",
                ".\\a",
                "a\\",
                "a/..\\b",
            )
        ),
        pytest.param(" novak", "has leading or trailing whitespace", id="blank-before"),
        pytest.param("novak ", "has leading or trailing whitespace", id="blank-after"),
        pytest.param(" ", "has leading or trailing whitespace", id="only-a-blank"),
        pytest.param("novak\n", "has leading or trailing whitespace", id="line-break-after"),
        pytest.param("novak\nfranta", "a line break or another unprintable character", id="line-break"),
        pytest.param("novak\r\nX-Header: 1", "unprintable character", id="header"),
        pytest.param("novak\tfranta", "unprintable character", id="tab"),
        pytest.param("novak\x00", "unprintable character", id="null"),
        pytest.param("novak\x1b[31m", "unprintable character", id="terminal-code"),
        pytest.param("no\ud800vak", "unprintable character", id="lone-surrogate"),
        pytest.param("no\udc80vak", "unprintable character", id="lone-surrogate-of-a-bad-byte"),
        pytest.param("no\u202evak", "unprintable character", id="bidirectional-mark"),
        pytest.param("no\u200bvak", "unprintable character", id="invisible-blank"),
        pytest.param("no\u00a0vak", "unprintable character", id="hard-blank"),
    ],
)
def test_a_login_that_cannot_be_meant_is_refused(login: str, says: str) -> None:
    with pytest.raises(FlexiError) as problem:
        plan(["franta", login], None)
    assert problem.value.code == "invalid_option"
    assert says in problem.value.message
    assert problem.value.message.isprintable()


@pytest.mark.parametrize("company", ["", " ", "demo\n", "demo\tdemo2", "demo\x00", "de\u200bmo", "de\ud800mo"])
def test_a_company_that_cannot_be_meant_is_refused(company: str) -> None:
    with pytest.raises(FlexiError) as problem:
        plan(["novak"], ["demo", company])
    assert problem.value.code == "invalid_option"
    assert problem.value.message.startswith("companies has '")
    assert problem.value.message.endswith("', which is not the database name of a company.")
    assert problem.value.message.isprintable()
    assert "dbNazev" in problem.value.hint


@pytest.mark.parametrize("company", ["Nejlepší firma a.s.", "Demo", "demo ", "de-mo", "de/mo", "démo", "."])
def test_a_company_that_might_be_a_display_name_is_left_to_be_looked_up(company: str) -> None:
    assert plan(["novak"], [company]) == [Target("novak", company)]


def test_a_company_is_checked_where_there_are_no_users_too() -> None:
    with pytest.raises(FlexiError, match="not the database name"):
        plan([], ["demo\n"])


def test_an_empty_list_of_companies_is_refused() -> None:
    with pytest.raises(FlexiError, match="no company or every company") as problem:
        plan(["novak"], [])
    assert problem.value.code == "invalid_option"


def test_a_login_of_any_length_does_not_make_the_message_long() -> None:
    assert len(str(Target("x" * 10_000))) < READABLE_LENGTH + 10
