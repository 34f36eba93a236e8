# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of companies and users, in every shape and in every way in which they cannot be read."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.abra.flexi.tests.emulator import selection
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN, UNREADABLE
from ansible_collections.abra.flexi.tests.unit.emulator.support import ADMIN, JSON, Client, basic

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

ALL = "?limit=0"
MEMBERS = "/c/demo/uzivatel.json?limit=0&detail=custom:id,kod,email,role"
LISTS = {"company_list": "/c.json?limit=0", "users_list": "/u.json?limit=0", "company_users": MEMBERS}
LONE = {**ADMIN, "roles": {"demo": "UCETNI"}}
TWO_ROLES = {"username": "oba", "roles": {"demo": ["UCETNI", "SKLADNIK"]}}
NO_ROLE = {"username": "nic", "roles": {"demo": ""}}


def found(data: Any, key: str) -> list[dict[str, Any]]:
    """Find the records by a key of theirs, wherever they are."""
    if isinstance(data, dict):
        return [data] if key in data else [each for value in data.values() for each in found(value, key)]
    return [each for value in data for each in found(value, key)] if isinstance(data, list) else []


# How they cannot be read


@pytest.mark.parametrize("variant", LISTS)
@pytest.mark.parametrize(
    ("how", "status", "kind"),
    [
        ("forbidden", 403, "application/json"),
        ("missing", 404, "application/json"),
        ("missing_html", 404, "text/html;charset=utf-8"),
        ("unauthorised", 401, "application/json"),
        ("not_acceptable", 406, "text/html;charset=utf-8"),
        ("html", 200, "text/html;charset=utf-8"),
        ("redirect", 302, None),
        ("broken", 200, "application/json"),
        ("strange", 200, "application/json"),
        ("error", 500, "text/html;charset=utf-8"),
    ],
)
def test_unreadable(  # noqa: PLR0913 - a table
    client: Client, emulator: Emulator, *, variant: str, how: str, status: int, kind: str | None
) -> None:
    emulator.set_variants(**{variant: how})
    got = client.get(LISTS[variant], "admin")
    assert (got.status, got.headers["Content-Type"]) == (status, kind)
    others = [path for name, path in LISTS.items() if name != variant]
    assert [client.get(path, "admin").status for path in others] == [200, 200]
    emulator.reset()
    assert client.get(LISTS[variant], "admin").json


def test_every_way_is_in_the_table_above() -> None:
    marks = test_unreadable.pytestmark  # type: ignore[attr-defined] # set by pytest
    [mark] = [mark for mark in marks if mark.args[0] != "variant"]
    assert {how for how, _status, _kind in mark.args[1]} == set(UNREADABLE)
    assert all(set(UNREADABLE) < set(KNOWN[variant]) for variant in LISTS)


def test_what_unreadable_answers_say(client: Client, emulator: Emulator) -> None:
    def users(how: str) -> Any:
        emulator.set_variants(users_list=how)
        return client.get("/u.json?limit=0", "admin")

    assert users("forbidden").message == "K této akci nemáte přístup."
    assert users("unauthorised").json["winstrom"]["message@messageCode"] == "authRequired"
    assert users("redirect").headers["Location"].startswith("/login-logout/login.html?")
    with pytest.raises(json.JSONDecodeError):
        str(users("broken").json)
    assert found(users("strange").json, "username") == []
    assert "<form" in users("html").text


@pytest.mark.parametrize("variant", ["users_list", "company_users"])
def test_filtered_by_rights_instead_of_refused(client: Client, emulator: Emulator, variant: str) -> None:
    emulator.reset({"users": [LONE, TWO_ROLES]}, {variant: "own"})
    assert [each.get("username", each.get("kod")) for each in records(client, variant)] == ["admin"]
    server = basic("server-admin", "fake-server-password")
    assert client.get(LISTS[variant], headers=server).status == 200
    emulator.set_variants(**{variant: "empty"})
    assert records(client, variant) == []


def records(client: Client, variant: str) -> list[dict[str, Any]]:
    """Return what a list of users says."""
    return found(client.get(LISTS[variant], "admin").json, "username" if variant == "users_list" else "kod")


# What is around the records


@pytest.mark.parametrize("root", KNOWN["users_root"])
@pytest.mark.parametrize("single", KNOWN["single_record"])
def test_roots_of_users(client: Client, emulator: Emulator, root: str, single: str) -> None:
    emulator.reset({"users": [ADMIN]}, {"users_root": root, "single_record": single})
    text = client.get("/u.json", "admin").text
    start = text[: text.index('"username"')].replace('"@version":"1.0",', "")
    starts = {
        "users": '{"users":{"user":[{',
        "winstrom": '{"winstrom":{"user":[{',
        "user": '{"user":[{',
        "list": "[{",
        "uzivatel": '{"winstrom":{"uzivatel":[{',
        "nested": '{"winstrom":{"users":{"user":[{',
        "wrapped": '[{"user":{',
    }
    assert start == (starts[root] if single == "list" else starts[root].replace("[", ""))
    emulator.reset({"users": [ADMIN, LONE | {"username": "druhy"}]}, {"users_root": root, "single_record": single})
    assert len(found(client.get("/u.json", "admin").json, "username")) == 2
    assert len(list(ET.fromstring(client.get("/u.xml", "admin").text).iter("username"))) == 2


@pytest.mark.parametrize(("how", "value"), [("list", []), ("text", ""), ("null", None)])
def test_empty_lists(client: Client, emulator: Emulator, how: str, value: Any) -> None:
    emulator.reset(variants={"empty_list": how, "users_list": "empty"})
    assert client.get("/u.json", "admin").json == {"users": {"user": value}}
    assert client.get("/c/prazdna/uzivatel.json", "admin").json["winstrom"] == {"@version": "1.0", "uzivatel": value}
    emulator.reset({"companies": [], "users": [ADMIN]}, {"empty_list": how})
    assert client.get("/c.json", "admin").json == {"companies": {"company": value}}
    # As YAML reads it
    emulator.set_variants(users_list="empty", users_root="list", empty_list=None if how == "null" else how)
    assert client.get("/u.json", "admin").json == value


def test_row_count(client: Client, emulator: Emulator) -> None:
    emulator.reset({"generate_users": {"count": 30, "roles": {"demo": "UCETNI"}}}, {"users_root": "winstrom"})
    for path in ("/u.json", "/c/demo/uzivatel.json"):
        emulator.set_variants(row_count="asked")
        assert "@rowCount" not in client.get(path, "admin").json["winstrom"]
        number = client.get(f"{path}?add-row-count=true", "admin").json["winstrom"]["@rowCount"]
        assert int(number) > 30
        emulator.set_variants(row_count="always")
        assert client.get(path, "admin").json["winstrom"]["@rowCount"] == number
        emulator.set_variants(row_count="never")
        assert "@rowCount" not in client.get(f"{path}?add-row-count=true", "admin").json["winstrom"]


@pytest.mark.parametrize(
    ("root", "start"), [("winstrom", '{"winstrom":{"@v'), ("bare", '{"uzivatel":['), ("list", "[{")]
)
def test_roots_of_company_users(client: Client, emulator: Emulator, root: str, start: str) -> None:
    emulator.set_variants(company_users_root=root)
    got = client.get(MEMBERS, "admin")
    assert got.text.startswith(start)
    assert len(found(got.json, "kod")) == 7
    emulator.reset({"users": [LONE]}, {"single_record": "bare", "company_users_root": root})
    assert found(client.get(MEMBERS, "admin").json, "kod")[0]["kod"] == "admin"
    assert "[" not in client.get(MEMBERS, "admin").text


# How many


def test_default_limit_is_20(client: Client, emulator: Emulator) -> None:
    companies = [{"dbNazev": f"firma_{n}", "nazev": f"Firma {n}"} for n in range(25)]
    emulator.reset({"companies": companies, "users": [ADMIN]})
    assert len(client.get("/c.json", "admin").json["companies"]["company"]) == 20
    assert len(client.get("/c.json?limit=0", "admin").json["companies"]["company"]) == 25
    emulator.reset({"users": [ADMIN], "generate_users": {"count": 30, "roles": {"demo": "UCETNI"}}})
    assert len(client.get("/u.json", "admin").json["users"]["user"]) == 20
    assert len(client.get("/u.json?limit=0", "admin").json["users"]["user"]) == 31
    assert len(client.get("/c/demo/uzivatel.json", "admin").json["winstrom"]["uzivatel"]) == 20
    assert len(client.get(MEMBERS, "admin").json["winstrom"]["uzivatel"]) == 30


THIRTY_ONE: dict[str, Any] = {
    "companies": [{"dbNazev": "demo"}, *({"dbNazev": f"firma_{number}"} for number in range(30))],
    "users": [LONE],
    "generate_users": {"count": 30, "roles": {"demo": "UCETNI"}},
}


@pytest.mark.parametrize(
    ("variant", "path", "key"),
    [
        ("users_limit", "/u.json", "username"),
        ("company_users_limit", "/c/demo/uzivatel.json", "kod"),
        ("company_list_limit", "/c.json", "dbNazev"),
    ],
)
@pytest.mark.parametrize(
    ("how", "numbers"),
    [
        ("honoured", [20, 31, 5, 11, 0]),
        ("ignored", [31, 31, 31, 11, 0]),
        ("stuck", [20, 20, 20, 11, 0]),
        ("literal", [20, 0, 5, 0, 0]),
        ("fixed", [31, 31, 31, 31, 31]),
    ],
)
def test_limits(  # noqa: PLR0913 - a table
    client: Client, emulator: Emulator, *, variant: str, path: str, key: str, how: str, numbers: list[int]
) -> None:
    emulator.reset(THIRTY_ONE, {variant: how})
    queries = ("", "?limit=0", "?limit=5", "?limit=0&start=20", "?limit=0&start=31")
    answers = [client.get(f"{path}{query}", "admin").json for query in queries]
    assert [len(found(answer, key)) for answer in answers] == numbers


@pytest.mark.parametrize("size", KNOWN["page_size"])
def test_pages(client: Client, emulator: Emulator, size: str) -> None:
    page = int(size)
    companies = [{"dbNazev": "demo"}, *({"dbNazev": f"firma_{number}"} for number in range(page))]
    generated = {"count": page, "roles": {"demo": "UCETNI"}}
    variants = {"page_size": page, "users_limit": "stuck", "company_users_limit": "stuck"}
    emulator.reset({"companies": companies, "users": [LONE], "generate_users": generated}, variants)
    emulator.set_variants(company_list_limit="stuck")
    for path, key in (("/u.json", "username"), ("/c/demo/uzivatel.json", "kod"), ("/c.json", "dbNazev")):
        starts = ("limit=0", f"limit=0&start={page}", f"limit=0&start={page + 1}")
        answers = [found(client.get(f"{path}?{start}", "admin").json, key) for start in starts]
        assert [len(answer) for answer in answers] == [page, 1, 0]
        assert answers[1][0] not in answers[0]


def test_thousands_at_once(client: Client, emulator: Emulator) -> None:
    begin = time.process_time()
    emulator.state.add_users(generate_users={"count": 5000, "sessions": 1, "roles": {"demo": "UCETNI"}})
    assert len(found(client.get("/u.json?limit=0", "admin").json, "username")) == 5010
    assert len(found(client.get(MEMBERS, "admin").json, "kod")) == 5007
    assert time.process_time() - begin < 3


# What is in the records


def test_global_user(client: Client, emulator: Emulator) -> None:
    emulator.reset(selection())
    users = {each["username"]: each for each in client.get("/u.json?limit=0", "admin").json["users"]["user"]}
    assert users["blokovana"]["blocked"] == "true"
    assert users["admin"]["blocked"] == "false"
    assert users["admin"]["permissions"] == {"manageAll": "true", "licenseMgmt": "true"}
    assert users["api"]["userType"] == "REST_API"
    assert "lastLoginDate" in users["novak"]
    assert {"lastLoginDate", "lastApiDate"}.isdisjoint(users["novacek"])
    emulator.set_variants(user_values="booleans", user_fields="no_dates")
    first = client.get("/u.json?limit=1", "admin").json["users"]["user"][0]
    assert (first["blocked"], first["permissions"]["manageAll"]) == (False, True)
    assert "lastLoginDate" not in first
    emulator.set_variants(user_fields="bare")
    assert client.get("/u.json?limit=1", "admin").json["users"]["user"] == [{"username": "admin"}]


def test_user_of_a_company(client: Client, emulator: Emulator) -> None:
    users = client.get(MEMBERS, "admin").json["winstrom"]["uzivatel"]
    assert users[0] == {
        "id": "1",
        "kod": "novak",
        "email": "novak@example.com",
        "role": "code:UCETNI",
        "role@ref": "/c/demo/role/5.json",
        "role@showAs": "UCETNI: Ucetni",
    }
    emulator.reset({"users": [ADMIN, TWO_ROLES, NO_ROLE]})
    two, none = client.get(MEMBERS, "admin").json["winstrom"]["uzivatel"]
    assert two == {"id": "1", "kod": "oba", "email": "", "role": "code:UCETNI,code:SKLADNIK"}
    assert none == {"id": "2", "kod": "nic", "email": "", "role": ""}


@pytest.mark.parametrize(
    ("detail", "keys"),
    [
        ("", {"id", "kod", "jmeno", "prijmeni"}),
        ("&detail=summary", {"id", "kod", "jmeno", "prijmeni"}),
        ("&detail=id", {"id"}),
        ("&detail=custom:kod", {"id", "kod"}),
        ("&detail=custom:kod,role", {"id", "kod", "role", "role@ref", "role@showAs"}),
        ("&detail=full", {"id", "kod", "jmeno", "prijmeni", "email", "role", "role@ref", "role@showAs"}),
    ],
)
def test_detail(client: Client, detail: str, keys: set[str]) -> None:
    [first, *_others] = client.get(f"/c/demo/uzivatel.json?limit=0{detail}", "admin").json["winstrom"]["uzivatel"]
    assert set(first) == keys


ONE = {"id": "2", "kod": "UCETNI", "nazev": "Ucetni"}
OTHER = {"id": "1", "kod": "SKLADNIK", "nazev": "Skladnik"}


@pytest.mark.parametrize(
    ("shape", "roles"),
    [
        ("code", ["code:UCETNI", "code:UCETNI,code:SKLADNIK", ""]),
        ("plain", ["UCETNI", "UCETNI,SKLADNIK", ""]),
        ("list", [["code:UCETNI"], ["code:UCETNI", "code:SKLADNIK"], []]),
        ("object", [ONE, [ONE, OTHER], []]),
        ("nested", [{"role": [ONE]}, {"role": [ONE, OTHER]}, {"role": []}]),
        ("empty", ["", "", ""]),
        ("null", [None, None, None]),
        ("missing", ["gone", "gone", "gone"]),
    ],
)
def test_roles(client: Client, emulator: Emulator, shape: str, roles: list[Any]) -> None:
    emulator.reset({"users": [LONE, TWO_ROLES, NO_ROLE]}, {"company_roles": shape})
    users = client.get(MEMBERS, "admin").json["winstrom"]["uzivatel"]
    assert [each.get("role", "gone") for each in users] == roles
    assert ("role@ref" in users[0]) is (shape == "code")


# Who may read them, and what reading does


def test_who_sees_what(client: Client, emulator: Emulator) -> None:
    gone = client.get("/c/neni/uzivatel.json", "admin")
    assert (gone.status, gone.json["winstrom"]["message@messageCode"]) == (404, "firmaNeexistuje")
    refused = client.get("/c/test_firma/uzivatel.json", "franta")
    assert (refused.status, refused.message) == (403, "K této akci nemáte přístup.")
    assert client.get("/c/test_firma.json", "franta").status == 403
    assert client.get("/u.json", "novak").status == 403
    assert client.get("/u.json").status == 401
    assert emulator.state.contexts_of("admin") == []


@pytest.mark.parametrize("variant", ["yes", "forbidden"])
def test_reading_a_company_makes_a_context(client: Client, emulator: Emulator, variant: str) -> None:
    emulator.set_variants(company_users=variant)
    client.get(MEMBERS, "admin")
    assert emulator.state.contexts_of("admin") == ["demo"]
    assert emulator.state.sessions_of("admin") == []
    client.get("/u.json", "vedouci")
    client.get("/c.json", "vedouci")
    assert emulator.state.contexts_of("vedouci") == []


def test_companies(client: Client, emulator: Emulator) -> None:
    companies = client.get("/c.json", "admin").json["companies"]["company"]
    assert [(each["dbNazev"], each["nazev"]) for each in companies] == [
        ("demo", "Nejlepší firma a.s."),
        ("test_firma", "Testovací firma s.r.o."),
        ("prazdna", "Prázdná firma"),
    ]
    emulator.set_variants(company_list="single")
    assert client.get("/c.json", "franta").json["companies"]["company"]["dbNazev"] == "demo"
    assert len(client.get("/c.json", "admin").json["companies"]["company"]) == 3


def test_formats(client: Client, emulator: Emulator) -> None:
    assert client.get("/u", "admin", headers=JSON).json == client.get("/u.json", "admin").json
    assert client.get("/u.xml", "admin").text.count("<username>") == 10
    assert '<role ref="/c/demo/role/5.json"' in client.get("/c/demo/uzivatel.xml?detail=full", "admin").text
    assert client.get("/u", "admin", headers={"Accept": "text/html"}).text.startswith("<!DOCTYPE html>")
    emulator.set_variants(company_roles="null")
    assert "<role></role>" in client.get("/c/demo/uzivatel.xml?detail=full", "admin").text
