# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential type of AWX: AWX takes it, and a job needs nothing but what it injects."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.abra.flexi.plugins.module_utils._tasks.environment import ALLOWED_HOSTS
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import connection_argument_spec
from ansible_collections.abra.flexi.tests.e2e.awx.injection import CREDENTIAL_TYPE, environment_of
from ansible_collections.abra.flexi.tests.e2e.test_secrets import OTP, PASSWORD, forms
from ansible_collections.abra.flexi.tests.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run

FIELDS: list[dict[str, Any]] = CREDENTIAL_TYPE["inputs"]["fields"]
ENVIRONMENT: dict[str, str] = CREDENTIAL_TYPE["injectors"]["env"]
FILES: dict[str, str] = CREDENTIAL_TYPE["injectors"]["file"]
RESERVED = {"VIRTUAL_ENV", "PATH", "PYTHONPATH", "CACHE", "AWX_HOST", "JOB_ID", "INVENTORY_ID", "PROJECT_REVISION"}
RIGHTS = {"manageAll": True, "licenseMgmt": True}
STATE = {
    "users": [
        {"username": "admin", "password": PASSWORD, "permissions": RIGHTS},
        {"username": "careful", "password": PASSWORD, "otp": OTP, "permissions": RIGHTS},
        {"username": "novak", "password": "fake-novak", "sessions": 1},
    ]
}
USERS = {"user_logout_users": "novak\nnobody\n"}
WAYS = {
    "module in the controller": ["ansible", "localhost", "-m", "abra.flexi.flexi_user_logout"],
    "module": ["ansible", "localhost", "-B", "60", "-P", "1", "-m", "abra.flexi.flexi_user_logout"],
    "role": ["ansible", "localhost", "-m", "ansible.builtin.include_role"],
    "playbook": ["ansible-playbook", "abra.flexi.logout_users", "-e", json.dumps(USERS)],
}
ARGUMENTS = {
    "ansible.builtin.include_role": "name=abra.flexi.user_logout",
    "abra.flexi.flexi_user_logout": "users=novak",
}


# What AWX wants of a credential type


def test_it_is_in_the_form_of_an_export() -> None:
    key = {"name": CREDENTIAL_TYPE["name"], "kind": "cloud", "type": "credential_type"}

    assert CREDENTIAL_TYPE["natural_key"] == key
    assert set(CREDENTIAL_TYPE) == {"name", "description", "kind", "inputs", "injectors", "natural_key"}


def test_fields_are_as_awx_wants_them() -> None:
    for field in FIELDS:
        assert set(field) <= {"id", "label", "type", "help_text", "default", "choices", "multiline", "secret"}
        assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", field["id"])
        # A boolean that a credential leaves out is false, whatever its default.
        assert field["type"] == "string"
        assert all(isinstance(choice, str) for choice in field.get("choices", []))
        # An empty input of this kind becomes the first choice.
        assert field.get("default") == field.get("choices", [None])[0]
    assert len({field["id"] for field in FIELDS}) == len(FIELDS)
    assert CREDENTIAL_TYPE["inputs"]["required"] == []


def test_secrets_are_secret() -> None:
    secret = {field["id"] for field in FIELDS if field.get("secret")}

    assert secret == {"password", "otp", "session_id", "client_cert", "client_key"}


def test_names_of_variables_are_acceptable_and_known_to_the_plugins() -> None:
    known = {option["fallback"][1][0] for option in connection_argument_spec().values()}

    assert set(ENVIRONMENT) <= known | {ALLOWED_HOSTS}
    assert not [name for name in ENVIRONMENT if name.startswith("ANSIBLE_") or name in RESERVED]
    assert all(re.fullmatch(r"template\.[a-zA-Z_][a-zA-Z0-9_]*", name) for name in FILES)


def test_templates_use_only_what_is_there() -> None:
    jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    files = SimpleNamespace(**{name.removeprefix("template."): "file" for name in FILES})
    values = {field["id"]: f"<{field['id']}>" for field in FIELDS} | {"tower": SimpleNamespace(filename=files)}
    templates = [*ENVIRONMENT.values(), *FILES.values()]
    rendered = [jinja.from_string(template).render(values) for template in templates]

    assert all(template.isascii() for template in templates)
    assert {text[1:-1] for text in rendered if text != "file"} == {field["id"] for field in FIELDS}
    assert rendered.count("file") == len(FILES)


def test_an_empty_credential_gives_empty_variables(tmp_path: Path) -> None:
    assert set(environment_of({}, tmp_path).values()) == {""}
    assert set(environment_of({field["id"]: "" for field in FIELDS}, tmp_path).values()) == {""}


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    environment = environment_of({"client_cert": "one", "client_key": "two", "ca": "three"}, tmp_path)
    files = {variable: Path(value) for variable, value in environment.items() if value}

    assert {variable: file.read_text(encoding="utf-8") for variable, file in files.items()} == {
        "ABRAFLEXI_CLIENT_CERT": "one",
        "ABRAFLEXI_CLIENT_KEY": "two",
        "ABRAFLEXI_CA_PATH": "three",
    }
    assert {oct(file.stat().st_mode & 0o777) for file in files.values()} == {"0o600"}


# What a job makes of it


@pytest.fixture
def server() -> Iterator[Emulator]:
    """Start a server with users who have a telling password."""
    with Emulator(STATE) as emulator:
        yield emulator


@pytest.fixture
def careful_server() -> Iterator[Emulator]:
    """Start a server that wants a client certificate."""
    with Emulator(STATE, client_ca=True) as emulator:
        yield emulator


def text(file: str) -> str:
    """Return what is in a file."""
    return Path(file).read_text(encoding="utf-8")


def run(ansible: Ansible, inputs: dict[str, str], way: str = "role", **more: str) -> Run:
    """Run as talkative as it gets with nothing but what is injected, and what Ansible needs to start."""
    ansible.environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(ansible.folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "ANSIBLE_ASYNC_DIR": str(ansible.folder / "async"),
    }
    folder = ansible.folder / "env"
    folder.mkdir(exist_ok=True)
    command = WAYS[way]
    arguments = ["-a", ARGUMENTS[command[-1]]] if command[-1] in ARGUMENTS else []
    if way == "role":
        arguments += ["-e", json.dumps(USERS)]
    return ansible.run(*command, *arguments, "-vvvvv", **environment_of(inputs, folder), **more)


@pytest.mark.parametrize("way", WAYS)
def test_login_and_password(ansible: Ansible, server: Emulator, way: str) -> None:
    inputs = {"url": server.https, "username": "admin", "password": PASSWORD, "ca": text(server.ca_path)}
    done = run(ansible, inputs, way)

    assert done.status == 0, done.output
    assert not server.state.is_logged_in("novak")
    assert [form for form in forms(PASSWORD) if form in done.output] == []


@pytest.mark.parametrize("way", WAYS)
def test_every_field(ansible: Ansible, careful_server: Emulator, way: str) -> None:
    certificate, key = careful_server.client_pair()
    inputs = {
        "url": careful_server.https,
        "allowed_hosts": "localhost, *.example.com",
        "username": "careful",
        "password": PASSWORD,
        "auth_method": "session",
        "otp": OTP,
        "client_cert": text(certificate),
        "client_key": text(key),
        "ca": text(careful_server.ca_path),
        "validate_certs": "true",
    }
    done = run(ansible, inputs, way)

    assert set(inputs) == {field["id"] for field in FIELDS} - {"session_id"}
    assert done.status == 0, done.output
    assert not careful_server.state.is_logged_in("novak")
    assert any(request.path == "/login-logout/login.json" for request in careful_server.requests)
    secrets = forms(PASSWORD, "careful") | {OTP} | set(text(key).splitlines()[1:-1])
    assert [secret for secret in secrets if secret in done.output] == []


@pytest.mark.parametrize("together", [True, False])
def test_client_certificate_alone(ansible: Ansible, careful_server: Emulator, *, together: bool) -> None:
    certificate, key = map(text, careful_server.client_pair())
    pair = {"client_cert": certificate + key} if together else {"client_cert": certificate, "client_key": key}
    done = run(ansible, {"url": careful_server.https, "ca": text(careful_server.ca_path), **pair})

    assert done.status == 0, done.output
    assert not careful_server.state.is_logged_in("novak")


def test_session(ansible: Ansible, server: Emulator) -> None:
    [session] = server.state.log_in("admin")
    done = run(ansible, {"url": server.https, "session_id": session, "ca": text(server.ca_path)})

    assert done.status == 0, done.output
    assert not server.state.is_logged_in("novak")
    assert [form for form in forms(session) if form in done.output] == []


@pytest.mark.parametrize(("choice", "status"), [("", 2), ("true", 2), ("false", 0)])
def test_certificates_are_verified_unless_somebody_says_no(
    ansible: Ansible, server: Emulator, choice: str, status: int
) -> None:
    inputs = {"url": server.https, "username": "admin", "password": PASSWORD, "validate_certs": choice}
    done = run(ansible, inputs)

    assert done.status == status, done.output
    assert server.state.is_logged_in("novak") == (status != 0)


def test_without_an_address_each_host_stands_for_a_server(ansible: Ansible, server: Emulator) -> None:
    done = run(ansible, {"username": "admin", "password": PASSWORD}, "playbook", ABRAFLEXI_RETRIES="0")

    assert done.status == 2, done.output
    assert re.search(r"No answer from https://(localhost|127\.0\.0\.1):5434", done.output)
    assert not server.requests
