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

from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Target
from ansible_collections.abra.flexi.plugins.module_utils._text import READABLE_LENGTH
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import named

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
    assert named(users, companies).targets() == targets


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
    target = Target(login)
    assert (target.path, target.query) == (path, {})


@settings(deadline=None, database=None)
@given(
    st.text(alphabet=st.characters(blacklist_categories=("C", "Z")), min_size=3).filter(
        lambda login: not {"", ".", ".."} & {part.partition(";")[0] or part for part in re.split(r"[/\\]", login)}
    )
)
def test_any_login_comes_back_from_its_address(login: str) -> None:
    _empty, status, user, segment, logout = Target(login).path.split("/")
    assert (status, user, unquote(segment, errors="strict"), logout) == ("status", "user", login, "logout")


def test_a_company_is_asked_for_in_the_query() -> None:
    assert Target("novak", "demo").query == {"company": "demo"}


def test_a_login_of_any_length_does_not_make_the_message_long() -> None:
    assert len(str(Target("x" * 10_000))) < READABLE_LENGTH + 10
