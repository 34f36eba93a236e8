# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible sees it: which options it takes, and what it returns on each way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.modules import flexi_server_check
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.checked import THROW_AWAY, TRIED
from ansible_collections.abra.flexi.tests.unit.plugins.modules.support import Module, keys_of

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

NOT_OF_ITS_OWN = {"rc", "invocation", "failed", "warnings"}


@pytest.fixture(name="module")
def _module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Module:
    return Module(flexi_server_check.main, monkeypatch, capsys)


def connection(emulator: Emulator, **options: object) -> dict[str, Any]:
    admin = {"username": "admin", "password": "fake-admin"}
    return {"url": emulator.https, "ca_path": emulator.ca_path, **admin, "retries": 0, **options}


@pytest.mark.parametrize("check_mode", [True, False])
def test_reading(emulator: Emulator, module: Module, *, check_mode: bool) -> None:
    result = module(**connection(emulator), _ansible_check_mode=check_mode)

    assert (result["rc"], result["changed"], result["works"], result["tried"]) == (0, False, True, False)
    assert {request.method for request in emulator.requests} == {"GET"}


@pytest.mark.parametrize(("check_mode", "tried"), [(True, False), (False, True)])
def test_trying(emulator: Emulator, module: Module, *, check_mode: bool, tried: bool) -> None:
    emulator.state.add_users([THROW_AWAY])

    result = module(**connection(emulator, **TRIED), _ansible_check_mode=check_mode)

    assert (result["rc"], result["changed"], result["tried"]) == (0, True, tried)
    assert ("POST" in {request.method for request in emulator.requests}) is tried
    assert TRIED["try_password"] not in json.dumps(result)


def test_it_returns_what_is_documented(emulator: Emulator, module: Module) -> None:
    yaml = pytest.importorskip("yaml")
    documented = keys_of(yaml.safe_load(flexi_server_check.RETURN))

    result = module(**connection(emulator))

    assert set(result) - NOT_OF_ITS_OWN == {*documented, "changed", "msg"} - {"failure"}
    assert set(result["server"]) == set(documented["server"])
    assert {frozenset(finding) for finding in result["findings"]} == {frozenset(documented["findings"])}


def test_a_failure(emulator: Emulator, module: Module) -> None:
    result = module(**connection(emulator, password="wrong-and-secret"))

    assert (result["rc"], result["failed"], result["failure"]["code"]) == (1, True, "auth_failed")
    assert (result["works"], result["tried"]) == (False, False)
    assert "wrong-and-secret" not in json.dumps(result)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"try_user": "zkouska"}, "try_password is missing."),
        ({"try_password": "fake-zkouska"}, "try_user is missing."),
        ({"users": ["novak"]}, "Unsupported parameters"),
    ],
    ids=["no password", "no user", "another module's"],
)
def test_wrong_options_leave_no_request(
    options: dict[str, object], message: str, emulator: Emulator, module: Module
) -> None:
    result = module(**connection(emulator, **options))

    assert result["rc"] == 1
    assert message in result["msg"]
    assert emulator.requests == []
