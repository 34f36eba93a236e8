# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say whom to log out: what they mean, and what is refused since it could mean somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Batch, Selection, Whom
from ansible_collections.abra.flexi.plugins.module_utils._tasks.whom import WHOM, whom_from
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import named


def options(**given: Any) -> dict[str, Any]:
    """Return the options as Ansible gives them, with their defaults."""
    lists = given.pop("lists", None)
    filled = None if lists is None else [{"users": None, "companies": None, **each} for each in lists]
    return {**{name: spec.get("default") for name, spec in WHOM.items()}, "lists": filled, **given}


@pytest.mark.parametrize(
    ("login", "says"),
    [
        *(
            pytest.param(login, f"the login {login!r}, which cannot be sent as a part of an address", id=login)
            for login in (
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
                "x%2f..%2Fnovak",
                "x%252F..%252fnovak",
                "%2e%2e",
                "novak%2F",
                "novak/logout?",
                "novak/logout.json#",
                "novak\\logout;x",
                "novak%2Flogout%3f",
                "a/..?b",
                "novak;x",
                ";novak",
                "nov%61k",
                "100%25",
            )
        ),
        pytest.param(" novak", "has leading or trailing whitespace", id="blank-before"),
        pytest.param("novak ", "has leading or trailing whitespace", id="blank-after"),
        pytest.param("", "users contains an empty login", id="empty"),
        pytest.param(" ", "users contains an empty login", id="only-a-blank"),
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
        whom_from(options(users=["franta", login]))
    assert problem.value.code == "invalid_option"
    assert says in problem.value.message
    assert problem.value.message.isprintable()


@pytest.mark.parametrize("company", ["", " ", "demo\n", "demo\tdemo2", "demo\x00", "de\u200bmo", "de\ud800mo"])
def test_a_company_that_cannot_be_meant_is_refused(company: str) -> None:
    with pytest.raises(FlexiError) as problem:
        whom_from(options(users=["novak"], companies=["demo", company]))
    assert problem.value.code == "invalid_option"
    assert problem.value.message.startswith("companies contains '")
    assert problem.value.message.endswith("', which is not the database name of a company.")
    assert problem.value.message.isprintable()
    assert "dbNazev" in problem.value.hint


@pytest.mark.parametrize("company", ["Nejlepší firma a.s.", "Demo", "demo ", "de-mo", "de/mo", "démo", "."])
def test_a_company_that_might_be_a_display_name_is_left_to_be_looked_up(company: str) -> None:
    assert whom_from(options(users=["novak"], companies=[company])) == named(["novak"], [company])


def test_a_company_is_checked_where_there_are_no_users_too() -> None:
    with pytest.raises(FlexiError, match="not the database name"):
        whom_from(options(users=[], companies=["demo\n"]))


def test_an_empty_list_of_companies_is_refused() -> None:
    with pytest.raises(FlexiError, match="no company or every company") as problem:
        whom_from(options(users=["novak"], companies=[]))
    assert problem.value.code == "invalid_option"


# Lists and text.


@pytest.mark.parametrize(
    ("given", "users"),
    [
        pytest.param([], (), id="nobody"),
        pytest.param("", (), id="blank"),
        pytest.param(" \n , ", (), id="only-separators"),
        pytest.param(["novak", "a, b"], ("novak", "a, b"), id="a-list-is-taken-as-it-is"),
        pytest.param("novak", ("novak",), id="one"),
        pytest.param(" novak , franta,", ("novak", "franta"), id="commas"),
        pytest.param("novak\r\nfranta\n\n", ("novak", "franta"), id="lines"),
        pytest.param("007", ("007",), id="digits-as-text"),
        pytest.param(["null", "yes"], ("null", "yes"), id="words-of-yaml-as-text"),
        pytest.param(["logout", "a/logouts"], ("logout", "a/logouts"), id="nearly-an-address-of-somebody-else"),
        pytest.param(["?a#", "50%", "5% x"], ("?a#", "50%", "5% x"), id="characters-of-an-address"),
    ],
)
def test_users_may_be_a_list_or_text(given: object, users: tuple[str, ...]) -> None:
    assert whom_from(options(users=given)) == Whom(Batch(users))


NO_TEXT = [
    pytest.param(7, "7, which YAML reads as a number", id="number"),
    pytest.param(1.5, "1.5, which YAML reads as a number", id="fraction"),
    pytest.param(True, "True, which YAML reads as a boolean", id="boolean"),
    pytest.param({"user": "novak"}, "a dictionary", id="dictionary"),
]
NAMES = ["users", "companies", "users_in_companies", "users_with_roles", "exclude_users"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("value", "says"), NO_TEXT)
def test_what_is_no_text_is_refused_as_an_item(name: str, value: object, says: str) -> None:
    given = options(**{"users": ["novak"], "users_in_companies": ["demo"], name: ["a", value]})
    with pytest.raises(FlexiError) as problem:
        whom_from(given)
    assert problem.value.code == "invalid_option"
    assert problem.value.message.startswith(f"{name} contains {says}")


@pytest.mark.parametrize(("value", "says"), NO_TEXT)
def test_what_is_no_text_is_refused_by_itself(value: object, says: str) -> None:
    with pytest.raises(FlexiError, match=f"users is {says}"):
        whom_from(options(users=value))


@pytest.mark.parametrize(("item", "says"), [([["novak"]], "a list"), ([None], "null")])
def test_lists_in_lists_and_null_are_refused(item: object, says: str) -> None:
    with pytest.raises(FlexiError, match=f"exclude_users contains {says}, but text is expected"):
        whom_from(options(users=["novak"], exclude_users=item))


def test_a_number_has_the_hint_to_quote_it() -> None:
    with pytest.raises(FlexiError) as problem:
        whom_from(options(users=[7]))
    assert problem.value.hint.startswith("Quote it")


# Nothing said, and nobody.


def test_whoever_cannot_be_logged_out_can_be_excluded() -> None:
    odd = ("a;b", "100%25", "x/../novak")
    assert whom_from(options(users=["novak"], exclude_users=list(odd))).excluded == odd


@pytest.mark.parametrize("given", [{}, {"exclude_users": ["novak"]}, {"companies": ["demo"]}, {"max_selected": 1}])
def test_nothing_said_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(FlexiError, match="Nothing says whom to log out") as problem:
        whom_from(options(**given))
    assert problem.value.code == "invalid_option"
    assert "users_in_companies" in problem.value.hint


@pytest.mark.parametrize("name", ["users", "companies", "users_in_companies", "users_with_roles", "exclude_users"])
@pytest.mark.parametrize(
    "text",
    [
        '["eva", "petr"]',
        "[eva]",
        " [] ",
        "['eva']\n",
        "('eva', 'petr')",
        "{eva, petr}",
        "- eva\n- petr",
        "\n- eva",
        "---\n- eva",
        "# x\neva",
        "* eva",
    ],
)
def test_text_that_looks_like_a_list_is_refused(name: str, text: str) -> None:
    with pytest.raises(FlexiError) as problem:
        whom_from(options(**{"users": ["novak"], "users_in_companies": ["demo"], name: text}))
    assert problem.value.message.startswith(f"{name} is text that looks like a list")
    assert problem.value.code == "invalid_option"


@pytest.mark.parametrize("given", [{"users": []}, {"lists": []}, {"users_in_companies": []}, {"users": ""}])
def test_an_empty_list_means_nobody(given: dict[str, Any]) -> None:
    whom = whom_from(options(**given))
    assert whom.targets() == []
    assert not whom.selection


@pytest.mark.parametrize("text", ["eva-", "-eva", "e(v)a", "eva [1], petr", "eva - petr", "#eva", "*"])
def test_text_that_only_has_such_characters_in_it_is_none(text: str) -> None:
    assert whom_from(options(users=text)).named.users[0] == text.partition(",")[0]


def test_roles_that_would_limit_nothing_are_refused() -> None:
    given = {"users_in_companies": [], "users_with_roles": ["UCETNI"]}
    with pytest.raises(FlexiError, match="nothing would limit users_logged_in"):
        whom_from(options(**given, users_logged_in=True))
    assert not whom_from(options(**given)).selection


def test_roles_without_companies_are_refused() -> None:
    with pytest.raises(FlexiError, match="without users_in_companies"):
        whom_from(options(users=["novak"], users_with_roles=["UCETNI"]))


@pytest.mark.parametrize("roles", [[], "", " , "])
def test_empty_roles_do_not_mean_everybody(roles: object) -> None:
    with pytest.raises(FlexiError, match="any role or none"):
        whom_from(options(users_in_companies=["demo"], users_with_roles=roles))


@pytest.mark.parametrize("role", ["", " ", "code:", " code: "])
def test_a_blank_role_is_refused(role: str) -> None:
    with pytest.raises(FlexiError, match="users_with_roles contains a blank role") as problem:
        whom_from(options(users_in_companies=["demo"], users_with_roles=["UCETNI", role]))
    assert problem.value.code == "invalid_option"


@pytest.mark.parametrize("blank", ["", " ", " \n , "])
def test_an_exclusion_that_is_blank_is_refused(blank: str) -> None:
    with pytest.raises(FlexiError, match="exclude_users is blank, which excludes nobody") as problem:
        whom_from(options(users=["novak"], exclude_users=blank))
    assert problem.value.code == "invalid_option"
    assert "empty list" in problem.value.hint


@pytest.mark.parametrize("nobody", [[], None])
def test_nobody_may_be_excluded(nobody: object) -> None:
    assert whom_from(options(users=["novak"], exclude_users=nobody)) == named(["novak"])


def test_roles_of_no_company_are_nobody() -> None:
    assert not whom_from(options(users_in_companies=[], users_with_roles=["UCETNI"])).selection


@pytest.mark.parametrize("most", [-1, 1_000_001])
def test_a_guard_out_of_range_is_refused(most: int) -> None:
    with pytest.raises(FlexiError, match=f"max_selected is {most}"):
        whom_from(options(users=["novak"], max_selected=most))


@pytest.mark.parametrize("most", [0, 1_000_000])
def test_the_guard_reaches_the_selection(most: int) -> None:
    assert whom_from(options(users=["novak"], max_selected=most)).selection.at_most == most


# All together.


def test_every_option_has_its_place() -> None:
    given = options(
        users=["novak"],
        companies=["demo"],
        lists=[{"users": "karel"}, {"users": ["eva"], "companies": "a_1, b_2"}],
        users_in_companies="firma",
        users_with_roles=["UCETNI"],
        users_logged_in=True,
        exclude_users=["hlavni.ucetni"],
        max_selected=7,
    )
    assert whom_from(given) == Whom(
        named=Batch(("novak",), ("demo",)),
        lists=(Batch(("karel",)), Batch(("eva",), ("a_1", "b_2"))),
        selection=Selection(("firma",), ("UCETNI",), logged_in=True, at_most=7),
        excluded=("hlavni.ucetni",),
    )


def test_users_who_are_logged_in_are_enough() -> None:
    assert whom_from(options(users_logged_in=True)) == Whom(selection=Selection(logged_in=True))


@pytest.mark.parametrize(
    ("of_list", "says"),
    [
        pytest.param({}, r"lists\[1\]\.users is missing", id="no-users"),
        pytest.param({"users": ["a"], "companies": []}, r"lists\[1\]\.companies is empty", id="empty-companies"),
        pytest.param({"users": [" a"]}, r"lists\[1\]\.users contains the login ' a'", id="login"),
        pytest.param({"users": [7]}, r"lists\[1\]\.users contains 7", id="number"),
    ],
)
def test_a_fault_in_a_list_says_in_which_one(of_list: dict[str, Any], says: str) -> None:
    with pytest.raises(FlexiError, match=says):
        whom_from(options(lists=[{"users": ["novak"]}, of_list]))
