# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options: what they may be, where else they come from, and which Connection they make."""

from __future__ import annotations

import base64
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.abra.flexi.plugins.doc_fragments._connection import ModuleDocFragment
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks import options as options_module
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import check_client, client_for, connection_from
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import (
    connection_argument_spec,
    names_of_secrets,
    secrets_in,
)
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import Auth, BasicAuth, GivenSession, LoginSession
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import Connection
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import options

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://flexi.example.com:5434"
SECRET = "Tajné heslo/1"

ENVIRONMENT = {
    "url": ("ABRAFLEXI_URL", "https://env.example.com", "https://env.example.com"),
    "auth_method": ("ABRAFLEXI_AUTH_METHOD", "session", "session"),
    "username": ("ABRAFLEXI_LOGIN", "env-admin", "env-admin"),
    "password": ("ABRAFLEXI_PASSWORD", SECRET, SECRET),
    "otp": ("ABRAFLEXI_OTP", "123456", "123456"),
    "session_id": ("ABRAFLEXI_SESSION_ID", "abc", "abc"),
    "client_cert": ("ABRAFLEXI_CLIENT_CERT", "/pki/me.pem", "/pki/me.pem"),
    "client_key": ("ABRAFLEXI_CLIENT_KEY", "/pki/me.key", "/pki/me.key"),
    "validate_certs": ("ABRAFLEXI_VALIDATE_CERTS", "no", False),
    "ca_path": ("ABRAFLEXI_CA_PATH", "/pki/ca.pem", "/pki/ca.pem"),
    "allow_plain_http": ("ABRAFLEXI_ALLOW_PLAIN_HTTP", "yes", True),
    "timeout": ("ABRAFLEXI_TIMEOUT", "1.5", 1.5),
    "retries": ("ABRAFLEXI_RETRIES", "7", 7),
    "deadline": ("ABRAFLEXI_DEADLINE", "90", 90.0),
    "concurrency": ("ABRAFLEXI_CONCURRENCY", "2", 2),
}
"""Of each option: its variable, a value of that, and what becomes of it."""


PROXIES = [form(f"{scheme}_proxy") for scheme in ("http", "https", "all") for form in (str.lower, str.upper)]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, _value, _option in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)
    for variable in ("ABRAFLEXI_AUTHSESSID", "ABRAFLEXI_ALLOWED_HOSTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    for variable in PROXIES:
        monkeypatch.delenv(variable, raising=False)


def _params(**options: object) -> dict[str, Any]:
    """Return the parameters that Ansible makes of ``options`` and of a url, username and password."""
    given = {"url": URL, "username": "admin", "password": SECRET, **options}
    validated = ArgumentSpecValidator(connection_argument_spec()).validate(
        {name: value for name, value in given.items() if value is not None}
    )
    assert validated.error_messages == []
    parameters: dict[str, Any] = validated.validated_parameters
    return parameters


def _refusal(**options: object) -> FlexiError:
    with pytest.raises(FlexiError) as problem:
        client_for(_params(**options), Secrets(), check_mode=False)
    assert problem.value.code == "invalid_option"
    assert problem.value.hint
    return problem.value


def _secrets(params: dict[str, Any]) -> set[str]:
    return {secret for secret in secrets_in(connection_argument_spec(), params) if secret}


def _auth(options: dict[str, object], *, check_mode: bool = False) -> Auth:
    return client_for(_params(**options), Secrets(), check_mode=check_mode).auth


@pytest.mark.parametrize(
    ("url", "root"),
    [
        pytest.param("https://flexi.example.com:5434", "https://flexi.example.com:5434", id="as-it-is"),
        pytest.param("https://flexi.example.com:5434/", "https://flexi.example.com:5434", id="slash-at-the-end"),
        pytest.param("https://flexi.example.com:5434//", "https://flexi.example.com:5434", id="slashes-at-the-end"),
        pytest.param("https://mycompany.flexibee.eu", "https://mycompany.flexibee.eu", id="without-a-port"),
        pytest.param("https://example.com/flexi/", "https://example.com/flexi", id="path-prefix"),
        pytest.param("https://example.com/cloud", "https://example.com/cloud", id="prefix-that-begins-like-/c"),
        pytest.param("https://[2001:db8::1]:5434/", "https://[2001:db8::1]:5434", id="IPv6"),
        pytest.param("https://192.0.2.1:5434", "https://192.0.2.1:5434", id="IPv4"),
        pytest.param(" https://flexi.example.com\n", "https://flexi.example.com", id="blanks-around"),
        pytest.param("HTTPS://flexi.example.com", "https://flexi.example.com", id="scheme-in-upper-case"),
    ],
)
def test_the_root_of_the_server(url: str, root: str) -> None:
    assert connection_from(_params(url=url)).url == root


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("flexi.example.com", "does not begin with https://", id="no-scheme"),
        pytest.param("flexi.example.com:5434", "does not begin with https://", id="no-scheme-but-a-port"),
        pytest.param("//flexi.example.com", "does not begin with https://", id="no-scheme-but-slashes"),
        pytest.param("ftp://flexi.example.com", "does not begin with https://", id="another-scheme"),
        pytest.param("", "does not begin with https://", id="empty"),
        pytest.param("https://", "has no host name", id="no-host"),
        pytest.param("https://:5434", "has no host name", id="only-a-port"),
        pytest.param("https:///flexi", "has no host name", id="only-a-path"),
        pytest.param("https://flexi.example.com:port", "is not an address", id="port-that-is-no-number"),
        pytest.param("https://flexi.example.com:65536", "is not an address", id="port-too-high"),
        pytest.param("https://flexi.example.com:-1", "is not an address", id="port-too-low"),
        pytest.param("https://[::1", "is not an address", id="half-an-IPv6"),
        pytest.param("https://flexi.example.com/a b", "whitespace, a backslash", id="blank-in-the-path"),
        pytest.param("https://flexi.example.com/a\x1b", "whitespace, a backslash", id="unprintable"),
        pytest.param("https://flexi.example.com\\a", "whitespace, a backslash", id="backslash"),
        pytest.param("https://flexi.example.com/?a=b", "after ? or #", id="query"),
        pytest.param("https://flexi.example.com?a=b", "after ? or #", id="query-without-a-path"),
        pytest.param("https://flexi.example.com/#a", "after ? or #", id="fragment"),
        pytest.param("https://flexi.example.com/c/demo", "address of a company", id="company"),
        pytest.param("https://flexi.example.com/c", "address of a company", id="list-of-companies"),
        pytest.param("https://flexi.example.com/c/", "address of a company", id="list-of-companies-with-a-slash"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_in_a_sentence(url: str, says: str) -> None:
    assert says in _refusal(url=url).message


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        pytest.param(
            f"https://root:{SECRET}x@flexi.example.com", {f"{SECRET}x", f"root:{SECRET}x"}, id="login-and-password"
        ),
        pytest.param("https://:hunter2@flexi.example.com", {"hunter2"}, id="only-a-password"),
        pytest.param("https://hunter2@flexi.example.com", {"hunter2"}, id="only-a-login"),
        pytest.param("root:hunter2@flexi.example.com", {"hunter2", "root:hunter2"}, id="without-a-scheme"),
        pytest.param("https://root:hunter2@flexi:port", {"hunter2", "root:hunter2"}, id="and-a-bad-port"),
        pytest.param("ftp://root:hunter2@flexi", {"hunter2", "root:hunter2"}, id="and-a-bad-scheme"),
        pytest.param(
            "https://root:hun:ter@2@flexi", {"hun:ter@2", "root:hun:ter@2"}, id="with-colons-and-at-signs-in-it"
        ),
    ],
)
def test_credentials_in_the_address_are_refused_and_hidden(url: str, secrets: set[str]) -> None:
    problem = _refusal(url=url)
    assert not [secret for secret in secrets if secret in str(problem)]
    assert secrets <= _secrets(_params(url=url))


LOOPBACK = ["localhost", "LocalHost:5434", "127.0.0.1:80", "127.1.2.3", "[::1]:5434"]
ELSEWHERE = ["flexi.example.com", "192.0.2.1", "0.0.0.0", "[2001:db8::1]", "localhost.example.com", "127.0.0.1.nip.io"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_plain_http_to_this_machine_needs_no_permission(host: str) -> None:
    assert connection_from(_params(url=f"http://{host}")).url == f"http://{host}"


@pytest.mark.parametrize("host", LOOPBACK)
def test_plain_http_to_this_machine_goes_past_the_proxy(host: str) -> None:
    assert connection_from(_params(url=f"http://{host}")).use_proxies is False


@pytest.mark.parametrize("host", ELSEWHERE)
def test_plain_http_to_another_machine_is_refused(host: str) -> None:
    problem = _refusal(url=f"http://{host}")
    assert "plain http" in problem.message
    assert "allow_plain_http" in problem.hint


@pytest.mark.parametrize("host", ELSEWHERE)
def test_plain_http_to_another_machine_with_permission(host: str) -> None:
    connection = connection_from(_params(url=f"http://{host}", allow_plain_http=True))
    assert (connection.url, connection.use_proxies) == (f"http://{host}", True)


@pytest.mark.parametrize("host", [*LOOPBACK, *ELSEWHERE])
def test_https_may_go_through_a_proxy(host: str) -> None:
    assert connection_from(_params(url=f"https://{host}")).use_proxies is True


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_each_option_is_taken_from_its_environment_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable, text, value = ENVIRONMENT[name]
    monkeypatch.setenv(variable, text)
    options: dict[str, object] = {"username": None, "password": None, name: None}
    assert _params(**options)[name] == value


@pytest.mark.parametrize("name", [name for name in ENVIRONMENT if name != "url"])
def test_an_empty_environment_variable_gives_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, object] = {"username": None, "password": None}
    without = _params(**options)
    monkeypatch.setenv(ENVIRONMENT[name][0], "")
    assert _params(**options) == without


def test_an_empty_address_in_the_environment_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABRAFLEXI_URL", "")
    validated = ArgumentSpecValidator(connection_argument_spec()).validate({"username": "admin", "password": SECRET})
    assert validated.error_messages == ["missing required arguments: url"]


@pytest.mark.parametrize("name", ["url", "username", "password"])
def test_an_option_goes_before_its_environment_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT[name][0], "from the environment")
    assert _params()[name] == {"url": URL, "username": "admin", "password": SECRET}[name]


def test_the_environment_variables_are_these_and_no_others() -> None:
    variables = {name: spec["fallback"][1] for name, spec in connection_argument_spec().items()}
    expected = {name: [variable] for name, (variable, _text, _value) in ENVIRONMENT.items()}
    assert variables == {**expected, "session_id": ["ABRAFLEXI_SESSION_ID", "ABRAFLEXI_AUTHSESSID"]}


@pytest.mark.parametrize(
    ("variables", "session_id"),
    [
        pytest.param({"ABRAFLEXI_AUTHSESSID": "a"}, "a", id="that-of-other-clients"),
        pytest.param({"ABRAFLEXI_AUTHSESSID": "a", "ABRAFLEXI_SESSION_ID": "b"}, "b", id="ours-first"),
        pytest.param({"ABRAFLEXI_AUTHSESSID": "a", "ABRAFLEXI_SESSION_ID": ""}, "a", id="ours-is-empty"),
        pytest.param({"ABRAFLEXI_AUTHSESSID": ""}, None, id="empty"),
    ],
)
def test_a_session_id_has_a_second_variable(
    variables: dict[str, str], session_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert _params(username=None, password=None)["session_id"] == session_id


def test_secret_options_are_not_logged() -> None:
    secret = {name for name, spec in connection_argument_spec().items() if spec.get("no_log")}
    assert secret == {"password", "otp", "session_id"}


def test_the_documentation_has_the_options_types_defaults_and_choices_of_the_argument_spec() -> None:
    yaml = pytest.importorskip("yaml")
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    facts = ("type", "default", "choices", "required", "elements")
    assert {name: {fact: option.get(fact) for fact in facts} for name, option in documented.items()} == {
        name: {fact: spec.get(fact) for fact in facts} for name, spec in connection_argument_spec().items()
    }


def test_the_documentation_names_the_environment_variable_of_each_option() -> None:
    yaml = pytest.importorskip("yaml")
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    # Where url may lead is limited by one that is no option.
    named = {
        name: set(re.findall(r"E\((ABRAFLEXI_\w+)\)", str(option))) - {"ABRAFLEXI_ALLOWED_HOSTS"}
        for name, option in documented.items()
    }
    assert named == {name: set(spec["fallback"][1]) for name, spec in connection_argument_spec().items()}


def test_no_option_is_left_out_of_the_connection() -> None:
    connection = connection_from(_params(timeout=5, retries=0, deadline=9, concurrency=8, validate_certs=False))
    assert connection == Connection(
        url=URL,
        verify=False,
        timeout=5.0,
        retries=0,
        deadline=9.0,
        concurrency=8,
    )


def test_the_defaults() -> None:
    assert connection_from(_params()) == Connection(
        url=URL,
        verify=True,
        use_proxies=True,
        timeout=60.0,
        retries=3,
        deadline=None,
        concurrency=4,
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param({"username": None, "password": None}, "username is missing", id="nothing"),
        pytest.param({"username": None}, "username is missing", id="only-a-password"),
        pytest.param({"username": ""}, "username is missing", id="empty-username"),
        pytest.param({"password": None}, "no password", id="only-a-username"),
        pytest.param({"password": ""}, "no password", id="empty-password"),
        pytest.param({"client_key": __file__}, "no client_cert", id="only-a-client-key"),
        pytest.param(
            {"username": None, "password": None, "client_cert": __file__, "auth_method": "session"},
            "but username is missing",
            id="nobody-to-log-in",
        ),
    ],
)
def test_credentials_that_do_not_suffice(options: dict[str, object], says: str) -> None:
    assert says in _refusal(**options).message


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="username-and-password"),
        pytest.param({"auth_method": "session"}, id="session-login"),
        pytest.param({"auth_method": "session", "username": "a:b"}, id="colon-in-a-username-of-a-session-login"),
        pytest.param({"username": None, "password": None, "client_cert": __file__}, id="client-certificate"),
        pytest.param({"username": None, "password": None, "session_id": "abc"}, id="session-id"),
        pytest.param({"password": None, "session_id": "abc"}, id="session-id-and-whose-it-is"),
        pytest.param(
            {"username": None, "password": None, "session_id": "abc", "auth_method": "session"},
            id="session-id-and-session",
        ),
    ],
)
def test_credentials_that_suffice(options: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    # The file is no certificate; that is for the pool to find out.
    monkeypatch.setattr(options_module, "_client_certificate", lambda _params: None)
    assert client_for(_params(**options), Secrets(), check_mode=False).connection.url == URL


@pytest.mark.parametrize(
    ("key", "files"),
    [
        pytest.param("key.pem", ("cert.pem", "key.pem"), id="two-files"),
        pytest.param(None, ("cert.pem", "cert.pem"), id="one-file"),
    ],
)
def test_the_files_of_the_client_certificate(key: str | None, files: tuple[str, str], tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).touch()
    options = {"client_cert": str(tmp_path / "cert.pem"), "client_key": str(tmp_path / key) if key else None}
    assert connection_from(_params(**options)).client_cert == (str(tmp_path / files[0]), str(tmp_path / files[1]))


@pytest.mark.parametrize("host", ["flexi_😀.cz", "a%zz.cz", "[v1.x]", "ž" * 70, "a..b", "a" * 64 + ".cz"], ids=ascii)
def test_a_host_name_that_cannot_be_is_refused(host: str) -> None:
    with pytest.raises(FlexiError):
        connection_from(_params(url=f"https://{host}:5434"))
    problem = _refusal(url=f"https://{host}:5434")
    assert "url" in problem.message
    assert "https://flexi.example.com:5434" in problem.hint


@pytest.mark.parametrize("name", ["client_cert", "client_key", "ca_path"])
@pytest.mark.parametrize("path", ["/tmp/\0", "/tmp/\ud800"], ids=ascii)
def test_a_path_that_cannot_be_is_named(name: str, path: str) -> None:
    assert f"{name} is {path!r}" in _refusal(**{"client_cert": __file__, name: path}).message


@pytest.mark.parametrize("name", ["client_cert", "client_key", "ca_path"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    problem = _refusal(**{"client_cert": __file__, name: missing})
    assert name in problem.message
    assert missing in problem.message


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_the_environment_that_is_not_there_is_named(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "missing.pem"))
    assert variable in _refusal().message


@pytest.mark.parametrize(
    ("options", "environment", "verify"),
    [
        pytest.param([], [], True, id="what-requests-trusts"),
        pytest.param([], ["CURL_CA_BUNDLE"], "CURL_CA_BUNDLE", id="curls-bundle"),
        pytest.param([], ["REQUESTS_CA_BUNDLE"], "REQUESTS_CA_BUNDLE", id="bundle-of-requests"),
        pytest.param([], ["CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"], "REQUESTS_CA_BUNDLE", id="both-bundles"),
        pytest.param(["ca_path"], ["CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"], "ca_path", id="ca_path-before-both"),
        pytest.param(
            ["ca_path", "validate_certs"], ["CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"], False, id="validate_certs-first"
        ),
        pytest.param(["validate_certs"], ["REQUESTS_CA_BUNDLE"], False, id="no-validation-in-spite-of-a-bundle"),
    ],
)
def test_which_authorities_are_trusted(
    options: list[str], environment: list[str], verify: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ca_path", *environment):
        (tmp_path / name).touch()
    for variable in environment:
        monkeypatch.setenv(variable, str(tmp_path / variable))
    values: dict[str, object] = {"ca_path": str(tmp_path / "ca_path"), "validate_certs": False}
    expected = str(tmp_path / verify) if isinstance(verify, str) else verify
    assert connection_from(_params(**{name: values[name] for name in options})).verify == expected


def test_a_directory_of_authorities_is_taken(tmp_path: Path) -> None:
    assert connection_from(_params(ca_path=str(tmp_path))).verify == str(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("timeout", 0, id="timeout-0"),
        pytest.param("timeout", -1, id="timeout-negative"),
        pytest.param("timeout", float("nan"), id="timeout-nan"),
        pytest.param("retries", -1, id="retries-negative"),
        pytest.param("deadline", 0, id="deadline-0"),
        pytest.param("deadline", -5, id="deadline-negative"),
        pytest.param("concurrency", 0, id="concurrency-0"),
        pytest.param("concurrency", 65, id="concurrency-65"),
    ],
)
def test_a_number_that_cannot_be_is_refused(name: str, value: float) -> None:
    assert _refusal(**{name: value}).message.startswith(f"{name} is {value}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("timeout", 0.001, id="timeout"),
        pytest.param("retries", 0, id="retries"),
        pytest.param("deadline", 0.001, id="deadline"),
        pytest.param("concurrency", 1, id="least-concurrency"),
        pytest.param("concurrency", 64, id="most-concurrency"),
    ],
)
def test_a_number_at_its_limit_is_taken(name: str, value: float) -> None:
    assert getattr(connection_from(_params(**{name: value})), name) == value


@pytest.mark.parametrize(
    ("options", "check_mode", "kind", "makes_session", "in_session"),
    [
        pytest.param({}, False, BasicAuth, False, False, id="basic"),
        pytest.param({}, True, BasicAuth, False, False, id="basic-in-check-mode"),
        pytest.param({"auth_method": "session"}, False, LoginSession, True, True, id="session"),
        pytest.param({"auth_method": "session"}, True, BasicAuth, True, True, id="no-login-in-check-mode"),
        pytest.param({"session_id": "abc"}, False, GivenSession, False, True, id="session-id-before-basic"),
        pytest.param({"session_id": "abc"}, True, GivenSession, False, True, id="session-id-in-check-mode"),
        pytest.param(
            {"session_id": "abc", "auth_method": "session"}, False, GivenSession, False, True, id="session-id-to-log-in"
        ),
    ],
)
def test_how_the_client_authenticates(
    options: dict[str, object],
    kind: type[Auth],
    *,
    check_mode: bool,
    makes_session: bool,
    in_session: bool,
) -> None:
    auth = _auth(options, check_mode=check_mode)
    assert (type(auth), auth.user) == (kind, "admin")
    assert (auth.makes_session, auth.in_session) == (makes_session, in_session)


def test_what_is_checked_beforehand_is_what_a_client_would_refuse(tmp_path: Path) -> None:
    check_client(_params(), Secrets(), check_mode=False)
    no_authority = tmp_path / "ca.pem"
    no_authority.write_text("None.", encoding="utf-8")
    given = _params(ca_path=str(no_authority))
    with pytest.raises(FlexiError) as beforehand:
        check_client(given, Secrets(), check_mode=False)
    with pytest.raises(FlexiError) as later:
        client_for(given, Secrets(), check_mode=False)
    assert str(beforehand.value) == str(later.value)


def test_a_client_certificate_needs_no_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options_module, "_client_certificate", lambda _params: None)
    auth = _auth({"username": None, "password": None, "client_cert": __file__})
    assert (type(auth), auth.user) == (Auth, "")


@pytest.mark.parametrize("session_id", ["a\nb", "a b\x00", "žid", " abc", "abc\t"])
def test_a_session_id_that_cannot_be_sent_is_refused_and_not_quoted(session_id: str) -> None:
    problem = _refusal(session_id=session_id)
    assert problem.message == "The session id in session_id contains characters that cannot be sent."


@pytest.mark.parametrize(
    ("options", "secrets"),
    [
        pytest.param({}, {SECRET, base64.b64encode(f"admin:{SECRET}".encode()).decode()}, id="what-basic-sends"),
        pytest.param({"password": None, "otp": "123456"}, {"123456"}, id="one-time-code"),
        pytest.param({"password": None, "session_id": "abc"}, {"abc"}, id="session-id"),
        pytest.param({"username": None}, {SECRET}, id="password-of-nobody"),
        pytest.param({"username": None, "password": None, "client_cert": "me.pem"}, set(), id="client-certificate"),
        pytest.param({"password": None}, set(), id="username-only"),
        pytest.param({"password": None, "url": "https://@flexi.example.com"}, set(), id="empty-in-the-url"),
    ],
)
def test_the_secrets_among_the_options(options: dict[str, object], secrets: set[str]) -> None:
    assert _secrets(_params(**options)) == secrets


@pytest.mark.parametrize("url", ["https://u:hunter2@h", "https://h/?token=hunter2", "hunter2@h"])
def test_what_is_secret_in_the_address_of_the_environment_is_so_whatever_is_given(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABRAFLEXI_URL", url)
    assert "hunter2" in _secrets({"url": URL})


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "all_proxy"])
def test_the_password_of_a_proxy_is_secret(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "http://user:hunter2@proxy.example.com:3128")
    assert "hunter2" in _secrets(_params())


NEW_SECRETS = {
    "name": {"type": "str"},
    "token": {"type": "str", "no_log": True, "aliases": ["key"]},
    "tokens": {"type": "list", "elements": "str", "no_log": True},
    "pin": {"type": "int", "no_log": True},
    "headers": {"type": "dict", "no_log": True},
    "is_secret": {"type": "bool", "no_log": True},
    "proxy": {"type": "dict", "options": {"user": {"type": "str"}, "token": {"type": "str", "no_log": True}}},
    "proxies": {"type": "list", "elements": "dict", "options": {"token": {"type": "str", "no_log": True}}},
}


@pytest.mark.parametrize(
    ("given", "secrets"),
    [
        pytest.param({"token": "t1"}, {"t1"}, id="text"),
        pytest.param({"key": "t1"}, {"t1"}, id="by-its-other-name"),
        pytest.param({"tokens": ["t1", "t2", None]}, {"t1", "t2"}, id="list"),
        pytest.param({"pin": 1234}, {"1234"}, id="number"),
        pytest.param({"headers": {"X": "t1", "Y": ["t2", 3]}}, {"X", "Y", "t1", "t2", "3"}, id="mapping"),
        pytest.param({"proxy": {"user": "u", "token": "t1"}}, {"t1"}, id="nested"),
        pytest.param({"proxies": [{"token": "t1"}, {"token": "t2"}]}, {"t1", "t2"}, id="nested-in-a-list"),
        pytest.param({"is_secret": True}, set(), id="boolean"),
        pytest.param({"token": None, "proxy": None, "proxies": [None, "x", {}]}, set(), id="wrong-or-null"),
        pytest.param({"token": {"a": "t1"}, "proxy": "t2"}, {"a", "t1"}, id="of-another-type"),
        pytest.param({"name": "novak"}, set(), id="no-secret"),
    ],
)
def test_what_is_secret_follows_from_the_argument_spec(given: dict[str, Any], secrets: set[str]) -> None:
    assert {secret for secret in secrets_in(NEW_SECRETS, given) if secret} == secrets


KEY = "-----BEGIN PRIVATE KEY-----\nMIIhunter2\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("text", [KEY, KEY.replace("\n", " "), "MIIhunter2\nMIIhunter3"])
@pytest.mark.parametrize("name", ["client_cert", "client_key", "ca_path"])
def test_a_key_where_its_path_should_be_is_not_told(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = _refusal(**{"client_cert": __file__, name: text})
    assert str(refused) == f"{name} is the text of a file, not its path. Save it in a file, and set the path."
    assert _secrets({name: text}) == {text}
    monkeypatch.setenv(f"ABRAFLEXI_{name.upper()}", text)
    assert _secrets({}) == {text}


def test_a_path_is_no_secret() -> None:
    assert _secrets({"client_cert": "/pki/flexi.pem\n", "client_key": "~/BEGIN.key"}) == set()


def test_the_names_of_secrets_follow_from_the_argument_spec() -> None:
    assert names_of_secrets(connection_argument_spec()) == {"url", "password", "otp", "session_id"}
    assert names_of_secrets({"pin": {"no_log": True, "aliases": ["code"]}, "user": {}}) == {"pin", "code"}


@pytest.mark.parametrize(
    ("options", "check_mode"),
    [
        pytest.param({}, False, id="basic"),
        pytest.param({}, True, id="basic-in-check-mode"),
        pytest.param({"auth_method": "session"}, True, id="session-login-in-check-mode"),
    ],
)
def test_basic_cannot_carry_a_colon_in_the_username(options: dict[str, object], check_mode: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with pytest.raises(FlexiError, match="colon") as refused:
        _auth({"username": "a:b", **options}, check_mode=check_mode)
    assert refused.value.code == "invalid_option"


def test_without_requests_there_is_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options_module, "HAS_REQUESTS", False)
    with pytest.raises(FlexiError, match="requests") as missing:
        client_for(_params(), Secrets(), check_mode=False)
    assert missing.value.code == "missing_library"
    assert missing.value.hint == f"Install it for that Python: {sys.executable} -m pip install requests"


def test_a_secret_in_the_query_of_the_address_is_not_told() -> None:
    params = _params(url="https://h/?authSessionId=s3cret")
    assert "s3cret" in _secrets(params)
    assert "s3cret" not in str(_refusal(url=params["url"]))


@pytest.mark.parametrize("auth_method", ["basic", "session"])
@pytest.mark.parametrize("name", ["username", "password", "otp", "session_id"])
def test_bytes_of_the_environment_that_are_no_text_are_refused(name: str, auth_method: str) -> None:
    bad = b"h\xe1slo".decode("utf-8", "surrogateescape")
    given = options(url="https://flexi.example.com", auth_method=auth_method, **{name: bad})
    with pytest.raises(FlexiError, match=f"{name} contains bytes") as problem:
        client_for(given, Secrets(), check_mode=False)
    assert problem.value.code == "invalid_option"
