# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server shows to somebody who only reads, and what is asked for that."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._check import reading
from ansible_collections.abra.flexi.plugins.module_utils._check.findings import ENTRIES
from ansible_collections.abra.flexi.plugins.module_utils._check.reading import Reader, is_version
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.checked import check, seen, told, world
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    ADMIN,
    FakeClock,
    client_for,
    connection_to,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

READ = [code for code, entry in ENTRIES.items() if not entry.is_tried]
# What the seeded server does not show: a date, an odd charset, a second factor, a long list, a list of one, a redirect.
NOT_SHOWN = {"clock", "charset_in", "otp_codes", "page_size", "company_record", "single_record", "redirect_address"}
JSON = "application/json"
PAGE = "<html><title>Novák s.r.o.</title></html>"


def differences(result: dict[str, Any]) -> dict[str, str]:
    """Return what differs of what was read."""
    return {each["code"]: each["seen"] for each in result["findings"] if each["fits"] is False}


def not_seen(result: dict[str, Any]) -> set[str]:
    return {code for code in READ if seen(result)[code] is None}


def test_a_seeded_server(emulator: Emulator) -> None:
    result = check(emulator)

    assert result["works"] is True
    assert "failure" not in result
    assert differences(result) == {"logins_case": "no", "login_characters": "a slash, too"}
    assert not_seen(result) == NOT_SHOWN
    assert result["server"] == {
        "version": "2026.5.2",
        "license_variant": "Premium",
        "operating_system": "Linux",
        "java_version": "21.0.4",
        "users": 10,
        "companies": 3,
        "members": 7,
        "logged_in_users": 4,
        "sessions": 5,
    }


@pytest.mark.parametrize("companies", [1, 25])
def test_it_only_reads_and_not_more_than_it_has_to(emulator: Emulator, companies: int) -> None:
    emulator.reset(state=world(companies=companies))
    before = emulator.state.as_dict()

    check(emulator)

    assert {request.method for request in emulator.requests} == {"GET"}
    assert len(emulator.requests) == 10 + companies
    asked = {request.path for request in emulator.requests if not request.path.startswith("/c/")}
    assert asked == {"/status.json", "/status-check.xml", "/status/user", "/u.json", "/c.json"}
    after = emulator.state.as_dict()
    for user in (before["users"]["admin"], after["users"]["admin"]):
        # By Basic, Flexi caches a context of who reads.
        user.pop("contexts")
    assert after == before


@pytest.mark.parametrize("fault", [{"action": "status", "code": 503}, {"action": "drop_before"}])
@pytest.mark.parametrize("path", ["/status-check", "/status/user", "/u.json", "/c.json", "/uzivatel.json"])
def test_nothing_is_asked_twice_and_the_rest_goes_on(emulator: Emulator, path: str, fault: dict[str, Any]) -> None:
    emulator.add_fault(fault, match={"path": path})

    result = check(emulator, retries=5)

    assert len(emulator.requests) <= 13
    assert seen(result)["flexi"] == "yes"
    assert result["works"] is True


# Where nothing is a Flexi

STRANGERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a page": (
        {"action": "status", "code": 200, "content_type": "text/html", "body": PAGE},
        "no, a web page",
        "not_flexi",
    ),
    "another server": (
        {"action": "status", "code": 200, "content_type": JSON, "body": {"status": "novak"}},
        "no, another server",
        "not_flexi",
    ),
    "a firewall": (
        {"action": "status", "code": 403, "content_type": "text/html", "body": PAGE},
        "no, 403",
        "forbidden",
    ),
    "another path": ({"action": "status", "code": 404, "body": PAGE}, "no, 404", "not_flexi"),
    "maintenance": ({"action": "status", "code": 503, "body": PAGE}, "no, 5xx", "unavailable"),
    "a limit": ({"action": "status", "code": 429, "body": PAGE}, "no, 5xx", "unavailable"),
    "something odd": ({"action": "status", "code": 418, "body": PAGE}, "no, another status", "not_flexi"),
}


@pytest.mark.parametrize(("fault", "word", "code"), list(STRANGERS.values()), ids=list(STRANGERS))
def test_what_is_no_flexi_gets_no_password(emulator: Emulator, fault: dict[str, Any], word: str, code: str) -> None:
    emulator.add_fault(fault)

    result = check(emulator)

    assert result["works"] is False
    assert seen(result)["flexi"] == word
    assert seen(result)["credentials"] == "not sent"
    assert result["failure"]["code"] == code
    assert result["failure"]["hint"] == ENTRIES["flexi"].matters[word]
    assert "Novák" not in json.dumps(result, ensure_ascii=False)
    assert [request.headers.get("Authorization") for request in emulator.requests] == [None]


def test_a_page_in_place_of_the_status_for_those_who_are_logged_in(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=200, content_type=JSON, body={}, match={"user": "admin"})

    result = check(emulator)

    assert seen(result)["flexi"] == "no, another server"
    assert result["failure"]["code"] == "not_flexi"


def test_a_user_who_may_not_see_the_status(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=403, message="K této akci nemáte přístup.", match={"path": "status.json"})

    result = check(emulator)

    assert seen(result)["flexi"] == "yes, which does not show its status to this user"
    assert seen(result)["version"] is None
    assert seen(result)["credentials"] == "yes"
    assert result["works"] is True


@pytest.mark.parametrize(
    ("fault", "word", "code"),
    [
        ({"action": "drop_before"}, "no connection", "unreachable"),
        ({"action": "garbage"}, "no HTTP", "broken_reply"),
        ({"action": "hang"}, "no answer in time", "timeout"),
    ],
)
def test_no_answer(emulator: Emulator, fault: dict[str, Any], word: str, code: str) -> None:
    emulator.add_fault(fault)

    result = check(emulator, timeout=0.5)

    assert (seen(result)["answer"], result["failure"]["code"]) == (word, code)
    assert seen(result)["credentials"] == "not sent"
    assert "localhost" not in json.dumps(result["report"])


def test_a_redirect_to_https(emulator: Emulator) -> None:
    emulator.set_variants(force_https="redirect")

    result = check(emulator, url=emulator.http)

    assert seen(result)["answer"] == "a redirect to https"
    assert seen(result)["tls_version"] == "none"
    assert result["failure"]["code"] == "redirected"
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("location", ["https://novak.example.com/", "/novak", "https://[novak", "//novak:port"])
def test_a_redirect_elsewhere(emulator: Emulator, location: str) -> None:
    emulator.add_fault(action="redirect", location=location)

    result = check(emulator)

    assert seen(result)["answer"] == "a redirect elsewhere"
    assert result["failure"]["code"] == "redirected"
    assert "novak" not in json.dumps(result["report"])


# Credentials


@pytest.mark.parametrize("open_to_all", ["required", "none"])
@pytest.mark.parametrize("how", ["401", "redirect", "login_page"])
def test_a_wrong_password_is_sent_once(emulator: Emulator, how: str, open_to_all: str) -> None:
    emulator.set_variants(json_unauthorised=how, status_auth=open_to_all)

    result = check(emulator, password="wrong-password")

    assert seen(result)["credentials"] == "refused"
    assert result["failure"]["code"] == "auth_failed"
    with_password = [request for request in emulator.requests if "Authorization" in request.headers]
    # Where everybody may read the status, and the check, the page is what shows it.
    assert len(with_password) == (1 if open_to_all == "required" else 3)


def test_a_session_that_has_expired(emulator: Emulator) -> None:
    result = check(emulator, username=None, password=None, session_id="fake-session-id")

    assert seen(result)["credentials"] == "the session has expired"
    assert result["failure"]["code"] == "session_expired"


def test_a_session_is_read_with(emulator: Emulator) -> None:
    [session] = emulator.state.log_in("admin")

    result = check(emulator, username=None, password=None, session_id=session)

    assert seen(result)["credentials"] == "yes"
    assert emulator.state.sessions_of("admin") == [session]
    # Whose session it is was not said.
    assert seen(result)["rights"] == "not told"


def test_auth_method_session_reads_without_a_login(emulator: Emulator) -> None:
    result = check(emulator, auth_method="session")

    assert seen(result)["credentials"] == "yes"
    assert {request.method for request in emulator.requests} == {"GET"}


@pytest.mark.parametrize(("codes", "word"), [("reusable", "more than one"), ("once", "only one")])
def test_one_time_codes(emulator: Emulator, codes: str, word: str) -> None:
    emulator.set_variants(otp_codes=codes)

    result = check(emulator, username="dvoufaktor", password="fake-dvoufaktor", otp="123456")

    assert seen(result)["otp_codes"] == word
    assert seen(result)["credentials"] == "yes"
    assert result["works"] is (codes == "reusable")
    assert result.get("failure", {}).get("code") == (None if codes == "reusable" else "auth_failed")


def test_a_login_without_rights(emulator: Emulator) -> None:
    result = check(emulator, username="novak", password="fake-novak")

    assert seen(result)["rights"] is None
    assert seen(result)["users_list"] == "403"
    assert result["works"] is True


def test_a_login_whose_rights_are_shown_not_to_do(emulator: Emulator) -> None:
    body = {"users": {"user": [{"username": "admin", "permissions": {"manageAll": "true", "licenseMgmt": "false"}}]}}
    emulator.add_fault(action="status", code=200, content_type=JSON, body=body, match={"path": "/u.json"})

    result = check(emulator)

    assert seen(result)["rights"] == "not both"
    assert result["works"] is False
    assert result["failure"]["code"] == "forbidden"
    assert "manageAll" in result["failure"]["hint"]


def test_nothing_shows_whether_the_credentials_are_taken(emulator: Emulator) -> None:
    emulator.set_variants(status_auth="none", user_page="missing", users_list="missing", company_list="missing")

    result = check(emulator)

    assert seen(result)["credentials"] == "not shown"
    assert result["works"] is True


def test_a_list_whose_rest_is_not_to_be_had(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=500, match={"path": "/u.json"}, when={"nth": 2})

    result = check(emulator)

    assert (seen(result)["users_list"], seen(result)["users_limit"]) == ("all users", None)


def test_a_page_that_is_refused_alone_does_not_end_it(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=401, match={"path": "/status/user$"})

    result = check(emulator)

    assert (seen(result)["user_page"], seen(result)["user_page_json"]) == ("401, a web page", "no")
    assert seen(result)["companies"] == "all companies"


def test_a_list_that_is_refused_alone_does_not_end_it(emulator: Emulator) -> None:
    emulator.set_variants(users_list="unauthorised")

    result = check(emulator)

    assert (seen(result)["users_list"], seen(result)["companies"]) == ("401", "all companies")


# What a variant of the emulator looks like is in test_emulator_like.py; here is what it cannot be.


def test_a_client_certificate_is_who_asks() -> None:
    with Emulator(client_ca=True) as emulator:
        certificate, key = emulator.client_pair()

        result = check(emulator, username=None, password=None, client_cert=certificate, client_key=key)

    assert seen(result)["credentials"] == "yes"
    assert seen(result)["status_login"] is None
    assert result["works"] is True


@pytest.mark.parametrize(
    ("seconds", "word"), [(0.1, "less than a second"), (2.0, "1 to 5 seconds"), (7.0, "more than 5 seconds")]
)
def test_how_long_an_answer_takes(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, seconds: float, word: str
) -> None:
    def times() -> Iterator[float]:
        yield 100.0
        while True:
            yield 100.0 + seconds

    clock = times()
    with client_for(connection_to(emulator)) as client:
        reader = Reader(client, has_otp=False, tell=lambda _words: None)
        with monkeypatch.context() as patched:
            patched.setattr(reading, "time", SimpleNamespace(monotonic=lambda: next(clock)))
            patched.setattr(Reader, "_read_status", lambda *_args, **_keywords: None)
            patched.setattr(Reader, "_read_check", lambda _self: None)
            patched.setattr(Reader, "_read_user_page", lambda _self: None)
            patched.setattr(Reader, "_read_users", lambda _self: None)
            patched.setattr(Reader, "_read_companies", lambda _self: None)
            found = reader.read().words

    assert found["response_time"] == word


@pytest.mark.parametrize("where", ["/status.json", "/u.json"])
def test_a_deadline_ends_it_with_what_was_seen(emulator: Emulator, clock: FakeClock, where: str) -> None:
    with client_for(connection_to(emulator, deadline=10.0), clock) as client:
        reader = Reader(client, has_otp=False, tell=lambda _words: None)
        ask = client.ask_once

        def slow(request: Any) -> Any:
            if request.path == where:
                clock.sleep(11)
            return ask(request)

        client.ask_once = slow  # type: ignore[method-assign] # to take its time
        found = reader.read()

    assert found.problem is not None
    assert found.problem.code == "deadline"
    assert found.words["answer"] == "yes"
    assert ("flexi" in found.words) is (where == "/u.json")


def test_an_option_that_is_wrong_is_not_taken_for_a_finding(emulator: Emulator) -> None:
    result = check(emulator, url="https://[fe80::1%25x]:port")

    assert result["failure"]["code"] == "invalid_option"
    assert [each["fits"] for each in result["findings"]] == [None] * len(ENTRIES)


@pytest.mark.parametrize("action", ["drop_before", "garbage"])
def test_what_was_seen_is_told_where_the_second_request_fails(emulator: Emulator, action: str) -> None:
    emulator.add_fault(action=action, match={"user": "admin"})

    result = check(emulator)

    assert (seen(result)["answer"], seen(result)["status_login"]) == ("yes", "yes")
    assert result["works"] is False
    assert result["failure"]["code"] in {"unreachable", "broken_reply"}


def test_a_login_of_a_proxy(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=401, content_type="text/html", body=PAGE)

    result = check(emulator)

    assert seen(result)["unauthorised"] == "401, a web page"
    assert result["failure"]["code"] == "auth_failed"
    assert "a proxy replaces its pages, or wants a login of its own" in result["failure"]["hint"]


@pytest.mark.parametrize(
    ("body", "roles"),
    [
        ([{"kod": "a", "role": ""}, {"kod": "b", "role": "code:UCETNI"}], "with code: before it"),
        ([{"kod": "a", "role": []}], "in a list"),
        ([{"kod": "a", "role": [{"kod": "UCETNI"}, {"kod": "API"}]}], "as an object"),
        ([{"kod": "a", "role": 7}], "without code: before it"),
    ],
)
def test_how_roles_are_written(emulator: Emulator, body: list[Any], roles: str) -> None:
    emulator.add_fault(
        action="status", code=200, content_type=JSON, body={"winstrom": {"uzivatel": body}}, match={"path": "uzivatel"}
    )

    assert seen(check(emulator))["company_roles"] == roles


def test_a_list_that_is_an_empty_object(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=200, content_type=JSON, body={"users": {}}, match={"path": "/u.json"})

    assert seen(check(emulator))["empty_list"] == "as a list"
    assert seen(check(emulator))["users_list"] is not None


def test_lists_in_a_shape_that_is_not_known(emulator: Emulator) -> None:
    people = {"novak": {"people": [{"username": "admin"}, {"username": "b"}]}}
    members = {"winstrom": {"users": {"user": [{"kod": "admin"}, {"kod": "b"}]}}}
    for path, body in (("/u.json", people), ("uzivatel", members)):
        emulator.add_fault(action="status", code=200, content_type=JSON, body=body, match={"path": path})

    result = check(emulator)

    assert seen(result)["users_shape"] == seen(result)["company_users_shape"] == "something else"
    assert "novak" not in json.dumps(result["report"])


def test_only_some_companies_list_their_users(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=403, match={"path": "/c/test_firma/"})

    assert seen(check(emulator))["company_users"] == "some of them"


def test_companies_in_which_is_nobody_else(emulator: Emulator) -> None:
    body = {"winstrom": {"uzivatel": [{"kod": "admin", "role": "code:A"}]}}
    emulator.add_fault(action="status", code=200, content_type=JSON, body=body, match={"path": "uzivatel"})

    assert seen(check(emulator))["company_users"] == "only the acting user"


def test_no_company(emulator: Emulator) -> None:
    emulator.reset(state={"companies": [], "users": [ADMIN]})

    result = told(check(emulator))

    assert (result["companies"], result["company_users"], result["users_list"]) == (0, None, "only the acting user")


def test_a_company_by_itself(emulator: Emulator) -> None:
    emulator.reset(state=world(companies=1) | {"users": [ADMIN]}, variants={"company_list": "single"})

    assert seen(check(emulator))["company_record"] == "by itself"
    emulator.set_variants(company_list="list")
    assert seen(check(emulator))["company_record"] == "in a list"


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ({"loggedUser": 0, "sessions": 0}, "nobody, and nobody is counted"),
        ({"loggedUser": 0, "sessions": 2}, "fewer than are counted"),
        ({"loggedUser": 1, "sessions": 2}, "fewer than are counted"),
        ({"loggedUser": 0}, "nobody, and nobody is counted"),
        ({"sessions": 0}, "nobody, and nobody is counted"),
        ({"sessions": 1}, "as many, but their number is not told"),
    ],
)
def test_a_page_with_nobody_on_it(emulator: Emulator, counts: dict[str, int], word: str) -> None:
    emulator.reset(state={"users": [ADMIN]})
    status = {"version": "1.2", "licenseName": "x", "javaVersion": "1", **counts}
    emulator.add_fault(
        action="status",
        code=200,
        content_type=JSON,
        body={"status": status},
        match={"path": "status.json", "user": "admin"},
    )

    assert seen(check(emulator))["user_page"] == word


def test_a_list_of_who_is_logged_in_as_json(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=200, content_type=JSON, body=[], match={"path": "/status/user$"})

    assert seen(check(emulator))["user_page_json"] == "yes"


def test_a_status_that_is_neither_running_nor_not(emulator: Emulator) -> None:
    emulator.add_fault(action="status", code=404, match={"path": "status-check"})

    assert seen(check(emulator))["running"] is None


def test_a_cookie_on_lists_only_has_no_word(emulator: Emulator) -> None:
    with client_for(connection_to(emulator)) as client:
        reader = Reader(client, has_otp=False, tell=lambda _words: None)
        emulator.set_variants(lang_cookie="no")
        found = reader.read()

    assert found.words["lang_cookie"] == "none"


@pytest.mark.parametrize(
    ("version", "shown"),
    [("2026.5.2", True), ("1.2", True), ("7", False), ("novak", False), ("", False), (None, False), ("1." * 9, False)],
)
def test_a_version_is_numbers(version: str | None, shown: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    assert is_version(version) is shown


def test_a_version_that_is_text(emulator: Emulator) -> None:
    emulator.reset(state={"server": {"version": "novak-build"}})

    result = check(emulator)

    assert seen(result)["version"] == "a text"
    assert result["server"]["version"] is None
