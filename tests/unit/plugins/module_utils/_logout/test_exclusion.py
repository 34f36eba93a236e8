# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is never logged out: in which letters, and which exclusions are taken for mistakes."""

from __future__ import annotations

import json
import time
import unicodedata

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.users import ListOfUsers, User
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
        pytest.param([" lead"], ["lead"], [" lead"], {" lead"}, id="blank-in-front"),
        pytest.param(["Lead "], ["lead"], ["Lead "], {"Lead "}, id="blank-behind-and-other-letters"),
        pytest.param(["a  b", "a\tc"], ["a b", "a c"], ["a  b", "a\tc"], {"a  b", "a\tc"}, id="other-blanks"),
        pytest.param(["a b", "a  b"], ["a b"], ["a b", "a  b"], {"a b"}, id="two-users-that-differ-in-blanks"),
        pytest.param(["ab"], ["a b"], ["ab"], set(), id="a-blank-is-not-nothing"),
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
    pytest.param("code:novak", "novak", id="code"),
    pytest.param("login=novak", "novak", id="equals-sign"),
    pytest.param("novak/petr", "novak", id="slash"),
    pytest.param("FIRMA\\novak", "novak", id="domain"),
    pytest.param("novak+eva", "novak or eva", id="plus"),
    pytest.param("novak&eva", "novak or eva", id="ampersand"),
    pytest.param("petr.novak", "novak", id="dot"),
    pytest.param("novak_petr", "novak", id="underscore"),
    pytest.param("novak\u2013petr", "novak", id="dash"),
    pytest.param("user:nowak", "novak", id="another-letter-in-a-part"),
    pytest.param("login=novák", "novak", id="accent-in-a-part"),
    pytest.param("ucetni", "hlavni.ucetni", id="part-of-a-login"),
    pytest.param("nov*", "novak", id="wildcard"),
    pytest.param("?va", "eva", id="wildcard-for-a-letter"),
    pytest.param("%ucet%", "hlavni.ucetni", id="wildcards-of-sql"),
    pytest.param("^n.*k", "novak", id="regular-expression"),
    pytest.param("*", "novak or eva or hlavni.ucetni", id="everybody"),
]
USERS = ["novak", "eva", "hlavni.ucetni"]
WITHOUT_ZEROS = [("7", "007"), ("10", "0010"), ("0", "000"), ("07", "7")]


@pytest.mark.parametrize(("login", "meant"), MISTAKES)
def test_an_exclusion_that_resembles_somebody_is_an_error(login: str, meant: str) -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": user_list(*USERS)}))
    with pytest.raises(FlexiError) as problem:
        check_exclusions([login], USERS, [], everybody)
    assert problem.value.code == "invalid_option"
    assert problem.value.message.startswith(f"exclude_users contains {login!r}")
    assert "Nobody was logged out" in problem.value.message
    assert problem.value.hint.startswith(f"Did you mean {meant}?")


@pytest.mark.parametrize(("login", "meant"), WITHOUT_ZEROS)
def test_an_exclusion_that_has_lost_zeros_is_an_error(login: str, meant: str) -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": user_list(meant, "novak")}))
    with pytest.raises(FlexiError) as problem:
        check_exclusions([login], [meant, "novak"], [], everybody)
    assert problem.value.hint.startswith(f"Did you mean {meant}?")


def test_the_blanks_of_an_exclusion_show() -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": user_list("jan a")}))
    with pytest.raises(FlexiError, match=r"^exclude_users contains 'jan  b', which"):
        check_exclusions(["jan  b"], ["jan a"], [], everybody)


PEOPLE = [
    User("novak", "Petr", "Novák", "ekonom@firma.cz"),
    User("fv", "František", "Vomáčka"),
    User("eva", "Eva", None),
    User("karel", "Karel", "Malý"),
]
NAMED_BY_NAME = [
    pytest.param("Petr Novák", "novak", id="display-name"),
    pytest.param("NOVÁK Petr", "novak", id="family-name-first"),
    pytest.param("vomacka.frantisek", "fv", id="name-in-the-form-of-a-login"),
    pytest.param("Ing. František Vomáčka, Ph.D.", "fv", id="name-with-titles"),
    pytest.param("Vomáčka", "fv", id="family-name"),
    pytest.param("Mgr. Vomáčka", "fv", id="family-name-with-a-title"),
    pytest.param("F. Vomáčka", "fv", id="family-name-with-a-letter"),
    pytest.param("František Vomačk", "fv", id="mistyped-name"),
    pytest.param("ekonom@firma.cz", "novak", id="e-mail"),
    pytest.param("ekonom", "novak", id="of-the-e-mail"),
    pytest.param("*Vomáčka", "fv", id="wildcard-in-a-name"),
]


@pytest.mark.parametrize("is_shown", [True, False], ids=["of-a-company", "of-the-server"])
@pytest.mark.parametrize(("exclusion", "login"), NAMED_BY_NAME)
def test_an_exclusion_that_is_the_name_of_somebody_is_an_error(exclusion: str, login: str, *, is_shown: bool) -> None:
    keys = {"username": "username", "given_name": "givenName", "family_name": "familyName", "email": "email"}
    records = [{key: getattr(user, name) for name, key in keys.items()} for user in PEOPLE]
    answer = Reply(403) if is_shown else Reply(200, json.dumps({"users": {"user": records}}))
    shown = PEOPLE if is_shown else []
    with pytest.raises(FlexiError) as problem:
        check_exclusions([exclusion], ["novak", "fv", "eva"], shown, ListOfUsers(FakeFlexi({"/u.json": answer})))
    assert problem.value.hint.startswith(f"Did you mean {login}?")


ANNA = User("am", "Anna Marie", "Malá")
KARLA = User("u77", email="karla.dvorakova@example.com")
ADDRESSED = ["u77", "petra.svobodova@example.com"]


@pytest.mark.parametrize(
    ("exclusion", "login"),
    [
        pytest.param("František Vomáčka z finančního oddělení v Praze", "fv", id="of-two-words"),
        pytest.param("paní Anna Marie Malá z finančního oddělení v Praze", "am", id="of-three-words"),
        pytest.param("ekonom z finančního oddělení v Praze", "novak", id="of-the-e-mail"),
        pytest.param("Ing. Karla Dvořáková, účetní", "u77", id="of-the-e-mail-in-two-words"),
        pytest.param("karla.dvorakva", "u77", id="of-the-e-mail-mistyped"),
        pytest.param("*dvorakova", "u77", id="of-the-e-mail-by-a-wildcard"),
        pytest.param("petra.svobodva", "petra.svobodova@example.com", id="of-the-login-mistyped"),
        pytest.param("petra.svob?dova", "petra.svobodova@example.com", id="of-the-login-by-a-wildcard"),
        pytest.param("Marie", "am", id="one-of-the-first-names"),
    ],
)
def test_a_name_is_found_among_other_words(exclusion: str, login: str) -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": Reply(403)}))
    with pytest.raises(FlexiError) as problem:
        check_exclusions([exclusion], [*ADDRESSED, "novak", "fv", "am"], [*PEOPLE, ANNA, KARLA], everybody)
    assert problem.value.hint.startswith(f"Did you mean {login}?")


def test_another_number_is_no_mistake() -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": Reply(403)}))
    assert len(check_exclusions(["456"], ["123"], [], everybody)) == 1


@pytest.mark.parametrize("exclusion", ["Karel Malý", "jana.svobodova", "Petr Svoboda", "a.b", "@", "[x]", "#"])
def test_an_exclusion_that_names_nobody_who_is_logged_out_is_a_warning(exclusion: str) -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": Reply(403)}))
    assert len(check_exclusions([exclusion], ["novak", "fv", "eva"], PEOPLE, everybody)) == 1


@pytest.mark.parametrize("exclusion", ["petr.novak", "PETR.NOVAK"])
@pytest.mark.parametrize("is_shown", [True, False], ids=["of-a-company", "of-the-server"])
def test_an_exclusion_that_is_a_login_of_the_server_is_no_mistake(exclusion: str, *, is_shown: bool) -> None:
    answer = Reply(403) if is_shown else user_list("petr.novak")
    shown = [*PEOPLE, User("petr.novak")] if is_shown else PEOPLE
    assert check_exclusions([exclusion], ["novak"], shown, ListOfUsers(FakeFlexi({"/u.json": answer}))) == []


def test_thousands_of_exclusions_are_compared_with_thousands_of_users() -> None:
    users = [f"user{number:04}" for number in range(3000)]
    shown = [User(user, "Jan", f"Novák{user}") for user in users]
    everybody = ListOfUsers(FakeFlexi({"/u.json": Reply(403)}))
    begin = time.process_time()
    assert check_exclusions([f"{number} xyz qwo {number}" for number in range(1000)], users, shown, everybody)
    assert time.process_time() - begin < 30


def test_many_exclusions_between_blanks_are_looked_for_at_once() -> None:
    people = [User(f"user{number:04}", "Jan", "Novák") for number in range(20)]
    everybody = ListOfUsers(FakeFlexi({"/u.json": Reply(403)}))
    text = " ".join(f"xyzzy{number}q" for number in range(5000))
    begin = time.process_time()
    assert check_exclusions([text], [user.username for user in people], people, everybody)
    # Row by row of any length, it would take minutes.
    assert time.process_time() - begin < 30


def test_an_exclusion_is_no_mistake_where_the_server_has_this_user() -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": user_list(*USERS, "novakova")}))
    assert check_exclusions(["novakova"], USERS, [], everybody) == []


def test_an_exclusion_without_the_blanks_of_a_login_is_no_mistake() -> None:
    client = FakeFlexi()
    assert check_exclusions(["lead"], [" lead"], [], ListOfUsers(client)) == []
    assert client.asked == []


def test_without_the_list_of_users_an_exclusion_that_resembles_somebody_is_an_error() -> None:
    with pytest.raises(FlexiError, match="exclude_users contains 'novakova'"):
        check_exclusions(["novakova"], USERS, [], ListOfUsers(FakeFlexi({"/u.json": Reply(403)})))


def test_refused_credentials_are_not_tried_again() -> None:
    with pytest.raises(FlexiError) as problem:
        check_exclusions(["xyz"], USERS, [], ListOfUsers(FakeFlexi({"/u.json": Reply(401)})))
    assert problem.value.code == "auth_failed"


def test_exclusions_that_match_nobody_are_one_warning() -> None:
    everybody = ListOfUsers(FakeFlexi({"/u.json": user_list(*USERS)}))
    logins = ["xxxx1", "yyyy2", "zzzz3", "wwww4", "qqqq5", "rrrr6", "xxxx1"]
    assert check_exclusions(logins, USERS, [], everybody) == [
        "exclude_users contains logins that match nobody: xxxx1, yyyy2, zzzz3, wwww4, qqqq5 and 1 more."
    ]


@pytest.mark.parametrize("login", ["novak", "NOVAK", "eva"])
def test_where_all_exclusions_match_nothing_is_read(login: str) -> None:
    client = FakeFlexi()
    assert check_exclusions([login], USERS, [], ListOfUsers(client)) == []
    assert client.asked == []


def test_the_list_of_users_is_read_once_also_where_it_cannot_be_read() -> None:
    client = FakeFlexi({"/u.json": Reply(403)})
    everybody = ListOfUsers(client)
    for _time in range(2):
        assert check_exclusions(["xyz"], USERS, [], everybody)
    assert client.got == ["/u.json"]
