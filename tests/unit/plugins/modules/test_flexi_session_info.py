# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible sees it: which options it takes, and what it returns on each way out. Without a network."""

from __future__ import annotations

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._tasks import options as options_module
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.plugins.modules import flexi_session_info
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi, page
from ansible_collections.abra.flexi.tests.unit.plugins.modules.support import Module, keys_of

NOT_OF_ITS_OWN = {"rc", "invocation", "failed", "warnings"}


@pytest.fixture(name="flexi")
def _flexi(monkeypatch: pytest.MonkeyPatch) -> FakeFlexi:
    flexi = FakeFlexi({"/status/user": page("novak")})
    monkeypatch.setattr(options_module, "Client", lambda *_options, **_kwargs: flexi)
    return flexi


@pytest.fixture(name="module")
def _module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Module:
    return Module(flexi_session_info.main, monkeypatch, capsys)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_success(flexi: FakeFlexi, module: Module, *, check_mode: bool) -> None:
    result = module(_ansible_check_mode=check_mode)
    assert (result["rc"], result["changed"], result["users"], result["exact"]) == (0, False, ["novak"], True)
    assert flexi.asked == ["GET /status.json", "GET /status/user"]


@pytest.mark.parametrize("answer", [page("novak"), Reply(404)], ids=["exact", "not-exact"])
def test_it_returns_what_is_documented(answer: Reply, module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml = pytest.importorskip("yaml")
    flexi = FakeFlexi({"/status/user": answer})
    monkeypatch.setattr(options_module, "Client", lambda *_options, **_kwargs: flexi)
    documented = keys_of(yaml.safe_load(flexi_session_info.RETURN))
    result = module()
    assert set(result) - NOT_OF_ITS_OWN == {*documented, "changed", "msg"} - {"failure"}
    assert set(result["server"]) == set(documented["server"])


def test_a_failure(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml = pytest.importorskip("yaml")
    flexi = FakeFlexi({"/status.json": Reply(401)})
    monkeypatch.setattr(options_module, "Client", lambda *_options, **_kwargs: flexi)
    result = module()
    assert (result["rc"], result["failed"], result["failure"]["code"]) == (1, True, "auth_failed")
    assert set(result) - NOT_OF_ITS_OWN == {"changed", "msg", "failure"}
    assert set(result["failure"]) == set(keys_of(yaml.safe_load(flexi_session_info.RETURN))["failure"])


def test_the_password_is_not_printed(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    flexi = FakeFlexi({"/status.json": Reply(500, "You said Tajné heslo/1!")})
    monkeypatch.setattr(options_module, "Client", lambda *_options, **_kwargs: flexi)
    result = module()
    assert "You said" in result["msg"]
    assert "Tajné heslo/1" not in str(result)


@pytest.mark.parametrize("options", [{"users": ["novak"]}, {"company": "demo"}], ids=str)
def test_options_that_it_does_not_have_leave_no_request(
    options: dict[str, object], flexi: FakeFlexi, module: Module
) -> None:
    assert module(**options)["rc"] == 1
    assert flexi.asked == []
