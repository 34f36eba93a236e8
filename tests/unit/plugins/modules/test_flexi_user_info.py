# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible sees it: which options it takes, and what it returns on each way out. Without a network."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils import basic

from ansible_collections.abra.flexi.plugins.module_utils._tasks import options as options_module
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.plugins.modules import flexi_user_info
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi, user_list
from ansible_collections.abra.flexi.tests.unit.plugins.modules.support import Module, keys_of

NOT_OF_ITS_OWN = {"rc", "invocation", "failed", "warnings"}
MEMBERS = [{"kod": "novak", "role": "code:UCETNI"}, {"kod": "franta", "role": "code:SKLADNIK"}]
ANSWERS = {
    "/u.json": user_list("admin", "novak", "franta"),
    "/c/demo/uzivatel.json": Reply(200, json.dumps({"winstrom": {"uzivatel": MEMBERS}})),
}


@pytest.fixture(name="flexi")
def _flexi(monkeypatch: pytest.MonkeyPatch) -> FakeFlexi:
    flexi = FakeFlexi(ANSWERS)
    monkeypatch.setattr(options_module, "Client", lambda *_options, **_kwargs: flexi)
    return flexi


@pytest.fixture(name="module")
def _module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Module:
    return Module(flexi_user_info.main, monkeypatch, capsys)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_success(flexi: FakeFlexi, module: Module, *, check_mode: bool) -> None:
    result = module(_ansible_check_mode=check_mode)
    assert (result["rc"], result["changed"], result["msg"]) == (0, False, "3 of 3 users.")
    assert flexi.asked == ["GET /status.json", "GET /u.json", "GET /u.json"]


def test_a_lone_role_is_a_list_of_one(flexi: FakeFlexi, module: Module) -> None:
    result = module(company="demo", roles="ucetni")
    assert [user["username"] for user in result["users"]] == ["novak"]
    assert flexi.got == ["/status.json", *["/c/demo/uzivatel.json"] * 2]


@pytest.mark.parametrize("options", [{}, {"company": "demo"}], ids=str)
def test_it_returns_what_is_documented(options: dict[str, object], flexi: FakeFlexi, module: Module) -> None:
    yaml = pytest.importorskip("yaml")
    documented = keys_of(yaml.safe_load(flexi_user_info.RETURN))
    result = module(**options)
    assert set(result) - NOT_OF_ITS_OWN == {*documented, "changed", "msg"} - {"failure"}
    assert [set(user) for user in result["users"]] == [set(documented["users"])] * len(result["users"])
    assert flexi.asked


def test_a_list_of_nobody_else_is_a_warning_of_ansible(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text: warned.append(text))
    flexi = FakeFlexi({"/u.json": user_list("admin")})
    monkeypatch.setattr(options_module, "Client", lambda *_options, **_kwargs: flexi)
    assert module()["rc"] == 0
    assert warned == ["The list of users contains nobody else, perhaps because this user may not see the others."]


def test_a_failure(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    flexi = FakeFlexi({"/u.json": Reply(403)})
    monkeypatch.setattr(options_module, "Client", lambda *_options, **_kwargs: flexi)
    result = module()
    assert (result["rc"], result["failed"], result["failure"]["code"]) == (1, True, "forbidden")
    assert set(result) - NOT_OF_ITS_OWN == {"changed", "msg", "failure"}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"roles": ["UCETNI"]}, id="roles-without-a-company"),
        pytest.param({"user_types": ["ADMIN"]}, id="not-a-type"),
        pytest.param({"blocked": "perhaps"}, id="not-a-boolean"),
        pytest.param({"users": ["novak"]}, id="no-such-option"),
        pytest.param({"url": "flexi.example.com"}, id="no-address"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
def test_options_that_cannot_be_meant_leave_no_request(
    options: dict[str, object], flexi: FakeFlexi, module: Module, *, check_mode: bool
) -> None:
    assert module(_ansible_check_mode=check_mode, **options)["rc"] == 1
    assert flexi.asked == []
