# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the users of a server or of a company in whatever shape they come. Without a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.users import (
    User,
    read_company_users,
    read_users,
    role_code,
)
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import ADMIN, client_for, connection_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.abra.flexi.tests.emulator import Emulator

NOVAK = {
    "username": "novak",
    "givenName": "Petr",
    "familyName": "Novák",
    "email": "novak@example.com",
    "userType": "NORMAL",
    "blocked": "false",
    "permissions": {"manageAll": "true", "licenseMgmt": "false"},
    "lastLoginDate": "2026-05-04T08:15:30.000+02:00",
    "lastApiDate": "2026-05-05T08:15:30.000+02:00",
}
ENVELOPE = json.dumps({"winstrom": {"success": "false", "message": "K této akci nemáte přístup."}})
PAGE = "<!DOCTYPE html><html><body></body></html>"
COMPANY_LIST = "/c/demo/uzivatel.json"


def server(*bodies: Any, path: str = "/u.json") -> FakeFlexi:
    """Return a server that answers with these bodies, one after the other."""
    return FakeFlexi({path: [Reply(200, json.dumps(body)) for body in bodies]})


def members(*records: Any) -> FakeFlexi:
    """Return a server with one company, which has these users."""
    return server({"winstrom": {"uzivatel": list(records)}}, path=COMPANY_LIST)


def _logins(first: int, last: int) -> list[dict[str, str]]:
    return [{"username": f"u{number}"} for number in range(first, last + 1)]


def names(client: FakeFlexi) -> list[str]:
    return [user.username for user in read_users(client)]


def test_all_users_are_asked_for() -> None:
    client = server([NOVAK])
    assert names(client) == ["novak"]
    assert client.got == ["/u.json"] * 2
    assert client.queries == [{"limit": "0"}, {"start": "1", "limit": "20"}]


def test_all_users_of_a_company_are_asked_for_with_their_roles() -> None:
    client = members({"kod": "novak", "role": "code:UCETNI"})
    read_company_users(client, "demo")
    detail = {"detail": "custom:id,kod,jmeno,prijmeni,email,role"}
    assert client.got == [COMPANY_LIST] * 2
    assert client.queries == [{**detail, "limit": "0"}, {**detail, "start": "1", "limit": "20"}]


@pytest.mark.parametrize(
    ("company", "path"),
    [("a/b", "/c/a%2Fb/uzivatel.json"), ("á b?", "/c/%C3%A1%20b%3F/uzivatel.json")],
)
def test_a_company_is_one_segment_of_the_address(company: str, path: str) -> None:
    client = server({"winstrom": {"uzivatel": [{"kod": "novak"}]}}, path=path)
    assert [user.company for user in read_company_users(client, company)] == [company]


def test_what_a_user_is() -> None:
    assert read_users(server({"users": {"user": [NOVAK]}})) == [
        User(
            username="novak",
            given_name="Petr",
            family_name="Novák",
            email="novak@example.com",
            user_type="NORMAL",
            blocked=False,
            permissions={"manageAll": True, "licenseMgmt": False},
            last_login="2026-05-04T08:15:30.000+02:00",
            last_api="2026-05-05T08:15:30.000+02:00",
        )
    ]


def test_what_a_user_of_a_company_is() -> None:
    record = {"id": "1", "kod": "novak", "jmeno": "Petr", "prijmeni": "Novák", "email": "n@x.cz", "role": "code:A"}
    assert read_company_users(members(record), "demo") == [
        User("novak", given_name="Petr", family_name="Novák", email="n@x.cz", company="demo", roles=("A",))
    ]


def test_what_is_not_told_is_null() -> None:
    [user] = read_users(server([{"username": "novak"}]))
    [member] = read_company_users(members({"kod": "novak"}), "demo")
    assert {name for name, value in user.as_dict().items() if value is not None} == {"username"}
    assert {name for name, value in member.as_dict().items() if value is not None} == {"username", "company"}


@pytest.mark.parametrize("value", ["", None, 7, [], {}])
def test_text_that_is_none_is_null(value: Any) -> None:
    [user] = read_users(server([{"username": "novak", "email": value, "userType": value, "lastLoginDate": value}]))
    assert (user.email, user.user_type, user.last_login) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("false", False),
        ("True", True),
        ("FALSE", False),
        ("", None),
        (None, None),
        ("yes", None),
        (1, None),
        (0, None),
        ([], None),
    ],
)
def test_whether_somebody_is_blocked(value: Any, *, meant: bool | None) -> None:
    [user] = read_users(server([{"username": "novak", "blocked": value, "permissions": {"manageAll": value}}]))
    assert user.blocked is meant
    assert user.permissions == ({} if meant is None else {"manageAll": meant})


@pytest.mark.parametrize("value", [None, [], "manageAll", ""])
def test_permissions_that_are_no_mapping_are_null(value: Any) -> None:
    [user] = read_users(server([{"username": "novak", "permissions": value}]))
    assert user.permissions is None


def test_the_entry_of_a_user_can_be_written_as_json() -> None:
    [user] = read_company_users(members({"kod": "novak", "role": "code:A,code:B"}), "demo")
    assert json.loads(json.dumps(user.as_dict())) == user.as_dict()
    assert user.as_dict()["roles"] == ["A", "B"]


# What is around the records

TWO = [{"username": "a"}, {"username": "b"}]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(TWO, id="a-list"),
        pytest.param({"user": TWO}, id="user"),
        pytest.param({"users": {"user": TWO}}, id="users"),
        pytest.param({"winstrom": {"@version": "1.0", "user": TWO}}, id="envelope"),
        pytest.param({"winstrom": {"users": {"user": TWO}}}, id="envelope-nested"),
        pytest.param([{"user": each} for each in TWO], id="each-wrapped"),
        pytest.param({"a": {"b": {"c": {"d": {"e": TWO}}}}}, id="deep"),
        pytest.param({"users": TWO, "admins": [{"username": "c"}], "n": 1}, id="beside-another-list"),
        pytest.param({"winstrom": {"user": TWO, "company": {"user": [{"username": "c"}]}}}, id="beside-an-object"),
        pytest.param({"users": {"@rowCount": "2", "user": TWO}}, id="with-an-attribute"),
    ],
)
def test_users_are_found_by_their_login_wherever_they_are(body: Any) -> None:
    assert names(server(body)) == ["a", "b"]


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([{"kod": "novak"}, {"id": "2"}], id="neither-login-nor-role"),
        pytest.param([{"kod": "novak"}, {"id": "2", "role": {"kod": "UCETNI"}}], id="role-with-a-code"),
        pytest.param([{"id": "2", "role": [{"kod": "UCETNI"}]}], id="only-a-role-with-a-code"),
        pytest.param([{"id": "2", "skupina": {"kod": "ADMINI"}}], id="a-code-of-something-else"),
        pytest.param([{"kod": "novak"}, "franta"], id="text"),
        pytest.param([{"kod": "novak"}, None], id="null"),
        pytest.param([{"kod": "novak"}, 7], id="number"),
        pytest.param([{"kod": "novak"}, [{"kod": "franta"}]], id="list"),
        pytest.param([{"kod": "novak"}, {"user": {"id": "2"}}], id="wrapped-without-a-code"),
    ],
)
def test_a_record_that_does_not_say_whose_it_is_is_not_left_out(records: list[Any]) -> None:
    bodies = (records, {"uzivatel": records}, {"winstrom": {"uzivatel": records}})
    for client in (server(body, path=COMPANY_LIST) for body in bodies):
        with pytest.raises(FlexiError) as problem:
            read_company_users(client, "demo")
        assert problem.value.code == "list_unreadable"
        assert problem.value.message.endswith("failed: there is a record without kod.")


def test_a_single_record_that_does_not_say_whose_it_is_is_not_passed_over() -> None:
    with pytest.raises(FlexiError, match="there is a record without kod"):
        read_company_users(server({"winstrom": {"uzivatel": {"skupina": {"kod": "X"}}}}, path=COMPANY_LIST), "demo")


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"role": [{"kod": "UCETNI"}], "stat": [{"kod": "CZ"}]}, id="lists"),
        pytest.param({"skupina": {"kod": "ADMINI"}}, id="object"),
    ],
)
def test_what_is_beside_the_users_is_none(others: dict[str, Any]) -> None:
    body = {"winstrom": {"@version": "1.0", **others, "uzivatel": [{"kod": "novak"}]}, **others}
    assert [user.username for user in read_company_users(server(body, path=COMPANY_LIST), "demo")] == ["novak"]
    for without in (others, {"winstrom": {"@version": "1.0", **others}}):
        with pytest.raises(FlexiError, match="no users in it"):
            read_company_users(server(without, path=COMPANY_LIST), "demo")


def test_what_is_inside_a_user_is_no_other_user() -> None:
    assert names(server([{"username": "a", "boss": {"username": "b"}}])) == ["a"]


def test_a_nesting_without_end_is_no_list() -> None:
    body: Any = TWO
    for _level in range(500):
        body = [body]
    with pytest.raises(FlexiError) as problem:
        names(server(body))
    assert problem.value.code == "list_unreadable"


LONGEST_LIST = 9
"""Longer ones may be a page."""
BARE = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=LONGEST_LIST, unique=True)


@given(
    BARE,
    st.lists(st.sampled_from(["users", "user", "uzivatel"]), max_size=3),
    st.lists(st.sampled_from(["winstrom", "x", ""]), max_size=2),
)
@settings(deadline=None, database=None)
def test_any_logins_are_found_below_any_keys(logins: list[str], keys: list[str], around: list[str]) -> None:
    body: Any = [{"username": login} for login in logins]
    for key in (*keys, *around):
        body = {"@version": "1.0", key: body}
    assert names(server(body)) == logins


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["user", "users", "username", "kod", "role", "blocked", "permissions", "success"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)


def outcome(read: Callable[[], list[User]]) -> list[User] | FlexiError:
    try:
        return read()
    except FlexiError as problem:
        return problem


@given(JSON_VALUES)
@settings(deadline=None, database=None, max_examples=300)
def test_any_answer_is_a_list_of_users_or_a_failure(body: Any) -> None:
    for found in (
        outcome(lambda: read_users(server(body))),
        outcome(lambda: read_company_users(server(body, path=COMPANY_LIST), "demo")),
    ):
        if isinstance(found, FlexiError):
            assert found.code == "list_unreadable"
            assert str(found).isprintable()
        else:
            assert all(isinstance(user.username, str) for user in found)
            assert json.loads(json.dumps([user.as_dict() for user in found])) == [user.as_dict() for user in found]


# Lists that are empty, cut off or not there


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="list"),
        pytest.param({"users": []}, id="users"),
        pytest.param({"user": {}}, id="object"),
        pytest.param({"users": {"user": []}}, id="users-user"),
        pytest.param({"users": {"user": ""}}, id="text"),
        pytest.param({"users": {"user": None}}, id="null"),
        pytest.param({"winstrom": {"@version": "1.0", "uzivatel": []}}, id="envelope"),
        pytest.param({"winstrom": {"@version": "1.0", "users": {"user": []}}}, id="envelope-nested"),
    ],
)
def test_an_empty_list_is_one_where_a_short_one_is_empty_too(body: Any) -> None:
    client = server(body)
    assert names(client) == []
    assert client.queries == [{"limit": "0"}, {"limit": "20"}]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty-object"),
        pytest.param(None, id="null"),
        pytest.param({"winstrom": {"@version": "1.0", "success": "true"}}, id="nothing-but-success"),
        pytest.param({"winstrom": {}}, id="empty-envelope"),
        pytest.param({"users": 0}, id="a-number-of-users"),
        pytest.param({"other": []}, id="another-list"),
    ],
)
def test_an_answer_without_users_in_it_is_no_empty_list(body: Any) -> None:
    with pytest.raises(FlexiError) as problem:
        names(server(body))
    assert problem.value.code == "list_unreadable"
    assert problem.value.message == "Reading the users failed: the server's answer has no users in it."
    assert problem.value.hint == "This Flexi does not show this list, or not to this user."


@pytest.mark.parametrize("body", [[[]], ["x"], [{"kod": "novak"}], {"users": [{}]}, {"users": {"a": TWO[0]}}])
def test_an_answer_with_something_else_than_users_in_it_is_no_list_of_them(body: Any) -> None:
    for bodies in ([body], [TWO, body]):
        with pytest.raises(FlexiError) as problem:
            names(server(*bodies))
        assert problem.value.code == "list_unreadable"
        assert problem.value.message == "Reading the users failed: there is a record without username."


def test_an_empty_list_that_is_none_in_a_short_one_is_cut_off() -> None:
    with pytest.raises(FlexiError, match="the list is cut off"):
        names(server({"users": []}, {"users": TWO}))


NO_PAGES = (1, 7, 8, 9, 11, 14, 19, 53, 126, 129)
PAGES = (10, 15, 16, 20, 25, 30, 31, 32, 50, 63, 64, 75, 100, 125, 127, 128, 250, 255, 256, 511, 512, 1000, 1023, 1024)


@pytest.mark.parametrize(
    ("count", "rest", "is_all"),
    [
        *(pytest.param(count, [], True, id=f"{count}-and-nothing-after") for count in (1, 19, 20, 21, 50, 1000, 5000)),
        pytest.param(7, {"users": []}, True, id="an-empty-object-after"),
        pytest.param(7, {"winstrom": {"@version": "1.0"}}, True, id="no-list-after"),
        pytest.param(7, _logins(8, 8), False, id="more"),
        pytest.param(20, _logins(21, 21), False, id="more-after-a-page"),
        pytest.param(50, _logins(51, 70), False, id="more-after-a-page-of-50"),
        pytest.param(1000, _logins(1001, 1001), False, id="more-after-a-page-of-1000"),
        pytest.param(53, _logins(1, 20), False, id="another-part-again"),
        *(pytest.param(count, _logins(1, count), True, id=f"the-same-{count}-again") for count in NO_PAGES),
        *(pytest.param(count, _logins(1, count), False, id=f"the-same-{count}-again") for count in PAGES),
    ],
)
def test_a_list_is_all_where_nothing_else_comes_after_it(count: int, rest: Any, *, is_all: bool) -> None:
    client = server(_logins(1, count), rest)
    if is_all:
        assert len(names(client)) == count
    else:
        with pytest.raises(FlexiError, match="the list is cut off"):
            names(client)
    assert client.queries == [{"limit": "0"}, {"start": str(count), "limit": "20"}]


@pytest.mark.parametrize("name", ["@rowCount", "rowCount"])
@pytest.mark.parametrize(("count", "is_all"), [("3", False), (3, False), ("2", True), (2, True), ("0", True)])
@pytest.mark.parametrize(
    ("body", "rest"),
    [
        pytest.param({"winstrom": {"user": TWO, "COUNT": "it"}}, [], id="in-the-envelope"),
        pytest.param({"user": TWO, "COUNT": "it"}, [], id="beside-the-list"),
        pytest.param({"users": {"user": TWO, "COUNT": "it"}}, [], id="inside"),
        pytest.param(TWO, {"winstrom": {"user": [], "COUNT": "it"}}, id="of-the-rest"),
    ],
)
def test_a_list_that_says_that_there_are_more_is_cut_off(
    body: Any, rest: Any, name: str, count: str | int, *, is_all: bool
) -> None:
    texts = [json.dumps(each).replace("COUNT", name).replace('"it"', json.dumps(count)) for each in (body, rest)]
    client = FakeFlexi({"/u.json": [Reply(200, text) for text in texts]})
    if is_all:
        assert names(client) == ["a", "b"]
    else:
        with pytest.raises(FlexiError, match="the list is cut off"):
            names(client)


@pytest.mark.parametrize("count", ["many", None, True, -3, 3.5, [3], "9" * 5000])
def test_a_number_of_users_that_is_none_says_nothing(count: Any) -> None:
    assert names(server({"winstrom": {"user": TWO, "@rowCount": count}}, [])) == ["a", "b"]


@pytest.mark.parametrize("reply", [Reply(500), Reply(403, ENVELOPE), Reply(200, PAGE, "text/html")])
def test_where_it_is_not_told_what_comes_after_it_a_list_is_not_believed(reply: Reply) -> None:
    client = FakeFlexi({"/u.json": [Reply(200, json.dumps(TWO)), reply]})
    with pytest.raises(FlexiError):
        names(client)


@pytest.mark.parametrize("which", ["users", "company_users"])
@pytest.mark.parametrize("limit", KNOWN["users_limit"])
@pytest.mark.parametrize("page_size", KNOWN["page_size"])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_page_of_users_is_never_all_of_them(
    emulator: Emulator, which: str, limit: str, page_size: str, more: int
) -> None:
    state = {"users": [{**ADMIN, "roles": {"demo": "A"}}]}
    others = {"count": int(page_size) + more - 1, "roles": {"demo": "A"}}
    emulator.reset(
        state={**state, "generate_users": others}, variants={f"{which}_limit": limit, "page_size": page_size}
    )
    with client_for(connection_to(emulator)) as client:
        try:
            users = read_users(client) if which == "users" else read_company_users(client, "demo")
        except FlexiError as problem:
            assert problem.code == "list_unreadable"  # noqa: PT017 - either is right, but for what follows
            users = None
    assert users is None or {user.username for user in users} == set(emulator.state.users)
    # "literal" gives nobody at all; the others of these give all, or what is less than a page.
    if limit == "honoured" or (limit == "stuck" and more <= 0) or (limit == "ignored" and more):
        assert users is not None


def test_what_is_behind_a_full_page_is_asked_for_with_the_same_detail() -> None:
    records = [{"kod": f"u{number}"} for number in range(20)]
    client = server({"winstrom": {"uzivatel": records}}, {"winstrom": {"uzivatel": []}}, path=COMPANY_LIST)
    assert len(read_company_users(client, "demo")) == 20
    assert client.queries[1] == {
        "detail": "custom:id,kod,jmeno,prijmeni,email,role",
        "start": "20",
        "limit": "20",
    }


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(Reply(401, ENVELOPE), "auth_failed", id="401"),
        pytest.param(Reply(402), "not_licensed", id="402"),
        pytest.param(Reply(403, ENVELOPE), "forbidden", id="403"),
        pytest.param(Reply(404, ENVELOPE), "list_unreadable", id="404"),
        pytest.param(Reply(404, PAGE), "list_unreadable", id="404-page"),
        pytest.param(Reply(404, json.dumps(TWO)), "list_unreadable", id="404-with-a-list"),
        pytest.param(Reply(406, PAGE), "list_unreadable", id="406"),
        pytest.param(Reply(500, PAGE), "server_error", id="500"),
        pytest.param(Reply(503), "unavailable", id="503"),
        pytest.param(Reply(302, location="/login-logout/login.html"), "auth_failed", id="redirect-to-the-login"),
        pytest.param(Reply(302, location="https://other.example.com/"), "redirected", id="redirect-elsewhere"),
        pytest.param(Reply(200, PAGE, "text/html"), "list_unreadable", id="page"),
        pytest.param(Reply(200, json.dumps(TWO), "text/html"), "list_unreadable", id="list-as-a-page"),
        pytest.param(Reply(200, ENVELOPE), "list_unreadable", id="200-that-denies-success"),
        pytest.param(Reply(200, '{"success": false, "users": [{"username": "a"}]}'), "list_unreadable", id="denies"),
        pytest.param(Reply(200, '{"users": [{"username": "nov'), "list_unreadable", id="broken"),
        pytest.param(Reply(200), "list_unreadable", id="nothing"),
        pytest.param(Reply(204), "list_unreadable", id="204"),
        pytest.param(Reply(200, '""'), "list_unreadable", id="empty-text"),
        pytest.param(Reply(200, "0"), "list_unreadable", id="zero"),
    ],
)
def test_a_list_that_is_not_there_is_a_failure_of_its_kind(reply: Reply, code: str) -> None:
    with pytest.raises(FlexiError) as problem:
        read_users(FakeFlexi({"/u.json": reply}))
    assert problem.value.code == code
    assert problem.value.message.startswith("Reading the users failed: ")
    with pytest.raises(FlexiError) as problem:
        read_company_users(FakeFlexi({COMPANY_LIST: reply}), "demo")
    assert problem.value.code == code
    assert problem.value.message.startswith("Reading the users of company 'demo' failed: ")


def test_a_company_that_is_not_there_is_named_by_its_own_code() -> None:
    body = '{"winstrom": {"success": "false", "message@messageCode": "firmaNeexistuje"}}'
    with pytest.raises(FlexiError) as problem:
        read_company_users(FakeFlexi({COMPANY_LIST: Reply(404, body)}), "demo")
    assert problem.value.code == "unknown_company"


def test_a_refusal_keeps_the_status_of_the_answer() -> None:
    for status in (403, 404):
        with pytest.raises(FlexiError) as problem:
            read_users(FakeFlexi({"/u.json": Reply(status, ENVELOPE)}))
        assert problem.value.http_status == status


# Roles


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        pytest.param("code:UCETNI", ("UCETNI",), id="code"),
        pytest.param("UCETNI", ("UCETNI",), id="plain"),
        pytest.param("code:UCETNI,code:SKLADNIK", ("UCETNI", "SKLADNIK"), id="several-in-text"),
        pytest.param(" code:UCETNI , SKLADNIK ", ("UCETNI", "SKLADNIK"), id="blanks"),
        pytest.param("code:UCETNI,", ("UCETNI",), id="comma-at-the-end"),
        pytest.param("", (), id="empty"),
        pytest.param(None, (), id="null"),
        pytest.param([], (), id="empty-list"),
        pytest.param(["code:UCETNI", "SKLADNIK"], ("UCETNI", "SKLADNIK"), id="list"),
        pytest.param({"id": "1", "kod": "UCETNI"}, ("UCETNI",), id="object"),
        pytest.param([{"kod": "UCETNI"}, {"kod": "SKLADNIK"}], ("UCETNI", "SKLADNIK"), id="objects"),
        pytest.param({"role": [{"kod": "UCETNI"}, "code:SKLADNIK"]}, ("UCETNI", "SKLADNIK"), id="nested"),
        pytest.param({"role": []}, (), id="nested-empty"),
        pytest.param(7, None, id="number"),
        pytest.param(True, None, id="boolean"),
        pytest.param({"id": "7"}, None, id="object-without-a-code"),
        pytest.param(["code:UCETNI", 7], None, id="one-that-is-no-role"),
        pytest.param([{"kod": "UCETNI"}, {"id": "7"}], None, id="one-without-a-code"),
        pytest.param({"role": {"id": "7"}}, None, id="nested-without-a-code"),
    ],
)
def test_the_roles_of_a_user(role: Any, codes: tuple[str, ...] | None) -> None:
    [user] = read_company_users(members({"kod": "novak", "role": role}), "demo")
    assert user.roles == codes


def test_roles_that_are_not_there_are_null() -> None:
    [user] = read_company_users(members({"kod": "novak", "role@ref": "/c/demo/role/1.json"}), "demo")
    assert user.roles is None


@pytest.mark.parametrize("role", ["UCETNI", "code:UCETNI", " code:UCETNI "])
def test_a_role_may_be_written_in_flexis_way(role: str) -> None:
    assert role_code(role) == "UCETNI"


# Logins


def test_a_login_that_is_a_number_is_one() -> None:
    assert names(server([{"username": 123}, {"username": "novak"}])) == ["123", "novak"]


@pytest.mark.parametrize("login", [None, ["novak"], {"kod": "novak"}, 1.5, True, False])
def test_a_login_that_cannot_be_read_is_not_left_out(login: object) -> None:
    with pytest.raises(FlexiError) as problem:
        read_users(server([{"username": login}, {"username": "novak"}]))
    assert problem.value.code == "list_unreadable"
