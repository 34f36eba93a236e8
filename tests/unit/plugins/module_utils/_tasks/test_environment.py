# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the environment gives, and where its credentials may go: nowhere else than it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.environment import (
    ALLOWED_HOSTS,
    check_where_credentials_go,
    options_in_environment,
    without_the_environments_session,
)
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import client_for
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import connection_argument_spec
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import options

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import Auth

CREDENTIALS = ("password", "otp", "session_id", "client_cert")
HOME = "https://flexi.example.com:5434"
ELSEWHERE = "https://evil.example.net"
VARIABLES = {name: spec["fallback"][1] for name, spec in connection_argument_spec().items()}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [ALLOWED_HOSTS, *(each for variables in VARIABLES.values() for each in variables)]:
        monkeypatch.delenv(variable, raising=False)


class Environment:
    """Sets the variables of options."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keep what sets them."""
        self._set = monkeypatch.setenv

    def __call__(self, *, allowed: str | None = None, **given: str) -> None:
        """Set the first variable of each option, and the allowed hosts."""
        for name, value in given.items():
            self._set(VARIABLES[name][0], value)
        if allowed is not None:
            self._set(ALLOWED_HOSTS, allowed)


@pytest.fixture(name="environment")
def _environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    return Environment(monkeypatch)


def params(**given: Any) -> dict[str, Any]:
    """Return options as they are after the environment has filled in what is not given."""
    spec = connection_argument_spec()
    empty = {name: each.get("default") for name, each in spec.items()}
    return {**empty, **options_in_environment(spec), **given}


def check(**given: Any) -> None:
    """Check where the credentials of the environment go."""
    spec = connection_argument_spec()
    check_where_credentials_go(spec, params(**given), options_in_environment(spec))


def refusal(**given: Any) -> FlexiError:
    """Return why the credentials of the environment may not go there."""
    with pytest.raises(FlexiError) as problem:
        check(**given)
    assert problem.value.code == "invalid_option"
    assert problem.value.hint
    assert not [secret for secret in ("hunter2", "me.pem") if secret in str(problem.value)]
    return problem.value


def test_the_environment_gives_what_is_set_and_not_empty(environment: Environment) -> None:
    spec = {**connection_argument_spec(), "users": {"type": "list"}}
    assert options_in_environment(spec) == {}
    environment(url=HOME, username="admin", password="", timeout="60s")
    assert options_in_environment(spec) == {"url": HOME, "username": "admin", "timeout": "60s"}


# An address beside the credentials


@pytest.mark.parametrize(
    "name",
    ["ABRAFLEXI_ALLOWED_HOST", "ABRA_FLEXI_ALLOWED_HSOTS", "abraflexi_allowed_hosts", "ABRAFLEXI_ALLOWED_SERVERS"],
)
def test_a_misspelt_limit_is_not_passed_over(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    environment(password="hunter2", allow_plain_http="true")
    monkeypatch.setenv("ABRAFLEXI_WEBHOOK_HOST", "127.0.0.1")
    check(url=ELSEWHERE)
    monkeypatch.setenv(name, "*.example.com")
    assert str(refusal(url=ELSEWHERE)) == f"The environment variable {name} is not read. Write {ALLOWED_HOSTS}."
    environment(allowed="*.example.net")
    check(url=ELSEWHERE)


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize(
    "url",
    [
        pytest.param(ELSEWHERE, id="another-host"),
        pytest.param("https://flexi.example.com", id="another-port"),
        pytest.param("http://flexi.example.com:5434", id="another-scheme"),
        pytest.param(f"{HOME}/x", id="another-path"),
        pytest.param("https://flexi.example.com.evil.example.net:5434", id="a-name-with-the-same-beginning"),
        pytest.param("https://flexi.example.com:5434@evil.example.net", id="a-login-that-looks-like-it"),
        pytest.param("https://[", id="no-address"),
        pytest.param("", id="empty"),
    ],
)
def test_credentials_of_the_environment_go_to_no_other_server(
    environment: Environment, credential: str, url: str
) -> None:
    environment(url=HOME, **{credential: "hunter2"})
    problem = refusal(url=url)
    assert credential in problem.message
    assert ALLOWED_HOSTS in problem.hint


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("url", [HOME, f"{HOME}/", f" {HOME}\n", "HTTPS://FLEXI.example.com:5434"])
def test_they_go_to_the_server_of_the_environment_however_it_is_written(
    environment: Environment, credential: str, url: str
) -> None:
    environment(url=HOME, **{credential: "hunter2"})
    check(url=url)


@pytest.mark.parametrize(
    ("of_environment", "url"),
    [("https://h", "https://h:443"), ("http://h:80", "http://h"), ("https://h/", "https://h")],
)
def test_the_usual_port_need_not_be_written(environment: Environment, of_environment: str, url: str) -> None:
    environment(url=of_environment, password="hunter2")
    check(url=url)


def test_two_addresses_that_are_none_are_the_same_only_if_they_are_equal(environment: Environment) -> None:
    environment(url="https://[", password="hunter2")
    check(url="https://[")
    refusal(url="https://[x")


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_credentials_of_the_task_go_where_the_task_says(environment: Environment, credential: str) -> None:
    environment(url=HOME, **{credential: "hunter2"})
    check(url=ELSEWHERE, **{credential: "own"})


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_one_that_the_task_has_does_not_cover_another(environment: Environment, credential: str) -> None:
    environment(url=HOME, **dict.fromkeys(CREDENTIALS, "hunter2"))
    assert refusal(url=ELSEWHERE, **{credential: "own"})


def test_a_value_of_the_environment_that_the_task_repeats_counts_as_the_environments(environment: Environment) -> None:
    environment(url=HOME, password="hunter2")
    assert refusal(url=ELSEWHERE, password="hunter2")


def test_a_file_is_the_environments_also_where_its_path_is_expanded(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    environment(url=HOME, client_cert="~/me.pem")
    assert refusal(url=ELSEWHERE, client_cert="/home/somebody/me.pem")


def test_a_name_alone_is_no_credential(environment: Environment) -> None:
    environment(url=HOME, username="admin")
    check(url=ELSEWHERE, password="own")


def test_without_an_address_they_go_where_the_inventory_says(environment: Environment) -> None:
    environment(password="hunter2")
    check(url=ELSEWHERE)


# Allowed hosts


ALLOWED = [
    pytest.param("flexi.example.com", HOME, True, id="name"),
    pytest.param("FLEXI.Example.COM", HOME, True, id="name-in-upper-case"),
    pytest.param("flexi.example.com", "https://FLEXI.EXAMPLE.COM", True, id="host-in-upper-case"),
    pytest.param("flexi.example.com", "https://flexi.example.com.", True, id="dot-at-the-end"),
    pytest.param("a.example.com, flexi.example.com ,", HOME, True, id="several-with-blanks"),
    pytest.param("*.example.com", HOME, True, id="wildcard"),
    pytest.param("*.example.com", "https://a.b.example.com", True, id="wildcard-for-more-than-one-label"),
    pytest.param("*.example.com", "https://example.com", False, id="wildcard-is-not-the-domain-itself"),
    pytest.param("*.example.com", "https://evilexample.com", False, id="wildcard-begins-at-a-dot"),
    pytest.param("*.example.com", "https://x.example.com.evil.net", False, id="wildcard-ends-at-the-end"),
    pytest.param("flexi.example.com", "https://a.flexi.example.com", False, id="name-of-a-domain"),
    pytest.param("flexi.example.com", ELSEWHERE, False, id="another"),
    pytest.param("flexi.example.com", "https://flexi.example.com@evil.net", False, id="login-that-looks-like-it"),
    pytest.param("192.0.2.1", "https://192.0.2.1:5434", True, id="IPv4"),
    pytest.param("[2001:db8::1]", "https://[2001:db8::1]:5434", True, id="IPv6"),
    pytest.param("2001:DB8::1", "https://[2001:db8::1]:5434", True, id="IPv6-without-brackets"),
    pytest.param("2001:db8::1", "https://[2001:db8::2]:5434", False, id="another-IPv6"),
    pytest.param("flexi.example.com", "https://[", False, id="no-address"),
    pytest.param(" , ", ELSEWHERE, False, id="nothing-but-commas"),
    pytest.param(" ", ELSEWHERE, True, id="blank"),
    pytest.param("", ELSEWHERE, True, id="empty"),
]


@pytest.mark.parametrize(("allowed", "url", "is_allowed"), ALLOWED)
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_allowed_hosts_limit_where_they_go(
    environment: Environment, credential: str, allowed: str, url: str, *, is_allowed: bool
) -> None:
    environment(allowed=allowed, **{credential: "hunter2"})
    if is_allowed:
        check(url=url)
    else:
        assert f"The {credential} of the environment may not be sent to" in refusal(url=url).message
    check(url=url, **{credential: "own"})


@pytest.mark.parametrize(
    "nonsense",
    [
        "https://flexi.example.com",
        "flexi.example.com:5434",
        "flexi.example.com/",
        "*",
        "*.",
        "*.*.com",
        "flexi.*.com",
        "a b",
        "user@flexi.example.com",
        "[flexi.example.com]",
        "flexi.example.com, *",
    ],
)
def test_what_is_no_host_name_is_refused_rather_than_ignored(environment: Environment, nonsense: str) -> None:
    environment(allowed=nonsense, password="hunter2")
    problem = refusal(url=HOME)
    assert problem.message.endswith(", which is not a host name.")
    assert "*.example.com" in problem.hint


def test_an_address_of_the_environment_has_to_be_allowed_as_well(environment: Environment) -> None:
    environment(url=HOME, password="hunter2", allowed="other.example.com")
    assert "may not be sent to 'flexi.example.com'" in refusal().message


# A session of the environment


@pytest.mark.parametrize(
    ("of_environment", "given", "session_id"),
    [
        pytest.param({"session_id": "s"}, {}, "s", id="nothing-else"),
        pytest.param({"session_id": "s"}, {"username": "me"}, None, id="own-name"),
        pytest.param({"session_id": "s"}, {"username": "me", "password": "own"}, None, id="own-password"),
        pytest.param({"session_id": "s"}, {"client_cert": "own.pem"}, None, id="own-certificate"),
        pytest.param({"session_id": "s"}, {"session_id": "t", "username": "me"}, "t", id="own-session"),
        pytest.param({"session_id": "s"}, {"session_id": "t"}, "t", id="only-an-own-session"),
        pytest.param({"session_id": "s", "username": "u", "password": "p"}, {}, "s", id="all-of-the-environment"),
        pytest.param({"session_id": "s", "username": "u"}, {"password": "own"}, None, id="password-for-that-name"),
        pytest.param({}, {"username": "me"}, None, id="none-in-the-environment"),
    ],
)
def test_explicit_credentials_win_over_a_session_of_the_environment(
    environment: Environment, of_environment: dict[str, str], given: dict[str, Any], session_id: str | None
) -> None:
    environment(**of_environment)
    settled = without_the_environments_session(params(**given), options_in_environment(connection_argument_spec()))
    assert settled["session_id"] == session_id
    assert {**settled, "session_id": None} == {**params(**given), "session_id": None}


# All together


def test_the_client_is_bound_too(environment: Environment) -> None:
    environment(url=HOME, password="hunter2")
    with pytest.raises(FlexiError, match="url is a different address"):
        client_for(options(url=ELSEWHERE, password="hunter2"), Secrets(), check_mode=False)
    client = client_for(options(url=ELSEWHERE, password="own"), Secrets(), check_mode=False)
    assert client.connection.url == ELSEWHERE


@pytest.mark.parametrize("url", ["https://evil.net\\.example.com", "https://evil.net\\x.example.com:5434"])
def test_no_host_is_taken_for_another_one(environment: Environment, url: str) -> None:
    """What is allowed is the end of the name, and what urllib3 would connect to is the beginning."""
    environment(allowed="*.example.com", password="hunter2")
    with pytest.raises(FlexiError, match="a backslash"):
        client_for(options(url=url, password="hunter2"), Secrets(), check_mode=False)


def test_the_client_does_not_use_a_session_of_the_environment_beside_own_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ABRAFLEXI_AUTHSESSID", "s")
    given = options(url=HOME, session_id="s")
    auth: Auth = client_for(given, Secrets(), check_mode=False).auth
    assert (auth.user, auth.in_session) == ("admin", False)
