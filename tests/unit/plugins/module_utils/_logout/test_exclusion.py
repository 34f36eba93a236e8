# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is never logged out: in which letters, and which exclusions are taken for mistakes."""

from __future__ import annotations

import unicodedata

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.users import ListOfUsers
from ansible_collections.abra.flexi.plugins.module_utils._logout.exclusion import check_exclusions, excluded_among
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi, user_list

ZANETA = "žaneta"
DECOMPOSED = unicodedata.normalize("NFD", ZANETA)


@pytest.mark.parametrize(
    ("users", "excluded", "listed", "left_out"),
    [
        pytest.param(["novak", "eva"], ["novak"], [], {"novak"}, id="as-it-is"),
        pytest.param(["novak", "eva"], [], [], set(), id="nobody"),
        pytest.param(["Novak", "eva"], ["novak"], [], {"Novak"}, id="named-in-other-letters"),
        pytest.param(["novak", "eva"], ["NOVAK"], ["novak"], {"novak"}, id="excluded-in-other-letters"),
        pytest.param(["novak", "Novak"], ["novak"], [], {"novak", "Novak"}, id="both-named"),
        pytest.param(["novak", "Novak"], ["novak"], ["novak"], {"novak", "Novak"}, id="one-of-them-on-the-server"),
        pytest.param(["novak", "Novak"], ["Novak"], ["novak", "Novak"], {"Novak"}, id="two-users-on-the-server"),
        pytest.param([ZANETA], [DECOMPOSED], [ZANETA], {ZANETA}, id="excluded-decomposed"),
        pytest.param([DECOMPOSED], [ZANETA], [DECOMPOSED], {DECOMPOSED}, id="selected-decomposed"),
        pytest.param(["Novak"], ["eva"], ["novak", "eva"], set(), id="nobody-in-any-letters"),
        pytest.param(["novakova"], ["novak"], ["novakova"], set(), id="only-whole-logins"),
        pytest.param(["null"], ["null"], ["null"], {"null"}, id="a-word-of-yaml"),
    ],
)
def test_who_is_excluded(users: list[str], excluded: list[str], listed: list[str], left_out: set[str]) -> None:
    assert excluded_among(users, excluded, listed) == left_out


MISTAKES = [
    pytest.param("novk", "novak", id="letter-missing"),
    pytest.param("nowak", "novak", id="another-letter"),
    pytest.param("novák", "novak", id="accent"),
    pytest.param("novak; eva", "novak or eva", id="semicolon"),
    pytest.param("novak eva", "novak or eva", id="blank"),
    pytest.param("novak,x", "novak", id="comma-in-an-item"),
    pytest.param('["eva"', "eva", id="brackets-and-quotes"),
    pytest.param("eva@firma.cz", "eva", id="address"),
    pytest.param("hlavni-ucetni", "hlavni.ucetni", id="hyphen-for-dot"),
]
USERS = ["novak", "eva", "hlavni.ucetni"]


@pytest.mark.parametrize(("login", "meant"), MISTAKES)
def test_an_exclusion_that_resembles_somebody_is_an_error(login: str, meant: str) -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": user_list(*USERS)}))
    with pytest.raises(FlexiError) as problem:
        check_exclusions([login], USERS, everybody)
    assert problem.value.code == "invalid_option"
    assert problem.value.message.startswith(f"exclude_users contains {login!r}")
    assert "Nobody was logged out" in problem.value.message
    assert problem.value.hint.startswith(f"Did you mean {meant}?")


def test_an_exclusion_is_no_mistake_where_the_server_has_this_user() -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": user_list(*USERS, "novakova")}))
    assert check_exclusions(["novakova"], USERS, everybody) == []


def test_without_the_list_of_users_an_exclusion_that_resembles_somebody_is_an_error() -> None:
    with pytest.raises(FlexiError, match="exclude_users contains 'novakova'"):
        check_exclusions(["novakova"], USERS, ListOfUsers(FakeFlexi({"/u.json": Reply(403)})))


def test_refused_credentials_are_not_tried_again() -> None:
    with pytest.raises(FlexiError) as problem:
        check_exclusions(["xyz"], USERS, ListOfUsers(FakeFlexi({"/u.json": Reply(401)})))
    assert problem.value.code == "auth_failed"


def test_exclusions_that_match_nobody_are_one_warning() -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": user_list(*USERS)}))
    logins = ["xxxx1", "yyyy2", "zzzz3", "wwww4", "qqqq5", "rrrr6", "xxxx1"]
    assert check_exclusions(logins, USERS, everybody) == [
        "exclude_users contains logins that match nobody: xxxx1, yyyy2, zzzz3, wwww4, qqqq5 and 1 more."
    ]


@pytest.mark.parametrize("login", ["novak", "NOVAK", "eva"])
def test_where_all_exclusions_match_nothing_is_read(login: str) -> None:
    client = FakeFlexi()
    assert check_exclusions([login], USERS, ListOfUsers(client)) == []
    assert client.asked == []


def test_the_list_of_users_is_read_once_also_where_it_cannot_be_read() -> None:
    client = FakeFlexi({"/u.json": Reply(403)})
    everybody = ListOfUsers(client)
    for _time in range(2):
        assert check_exclusions(["xyz"], USERS, everybody)
    assert client.got == ["/u.json"]
