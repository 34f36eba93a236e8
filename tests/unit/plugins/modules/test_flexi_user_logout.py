# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible sees it: which options it takes, and what it returns on each way out. Without a network."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from typing import TYPE_CHECKING, get_args

import pytest
from ansible.module_utils import basic

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._tasks import options as options_module
from ansible_collections.abra.flexi.plugins.module_utils._tasks import user_logout
from ansible_collections.abra.flexi.plugins.module_utils._wire import pool, problems
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.plugins.modules import flexi_user_logout
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import NOT_THERE, STATUS, FakeFlexi, page
from ansible_collections.abra.flexi.tests.unit.plugins.modules.support import Module

if TYPE_CHECKING:
    from types import ModuleType

    from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets

ALWAYS = {"changed", "msg", "counts", "excluded", "results", "selected", "server"}
STATUSES = {"logged_out", "not_logged_in", "unknown_user", "logged_in_again", "would_log_out", "failed"}
KEYS_OF_A_RESULT = {
    "user",
    "company",
    "status",
    "http_status",
    "message",
    "attempts",
    "prediction",
    "user_known",
    "verified",
    "certain",
}


def a_flexi() -> FakeFlexi:
    return FakeFlexi({"/status/user": page("novak")}, concurrency=1)


@pytest.fixture(name="flexi")
def _flexi(monkeypatch: pytest.MonkeyPatch) -> FakeFlexi:
    flexi = a_flexi()
    monkeypatch.setattr(options_module, "Client", lambda *_options, **_kwargs: flexi)
    return flexi


@pytest.fixture(name="module")
def _module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Module:
    return Module(flexi_user_logout.main, monkeypatch, capsys)


def test_a_success(flexi: FakeFlexi, module: Module) -> None:
    result = module(users=["novak"])
    assert (result["rc"], result["changed"], result["msg"]) == (0, True, "1 logged out")
    assert flexi.asked == ["GET /status.json", "POST /status/user/novak/logout"]


def test_nobody_was_logged_in(flexi: FakeFlexi, module: Module) -> None:
    flexi.answers["/status/user/novak/logout"] = NOT_THERE
    result = module(users=["novak"])
    assert (result["rc"], result["changed"], result["msg"]) == (0, False, "1 not logged in")


def test_a_user_who_is_not_logged_in_can_be_a_failure(flexi: FakeFlexi, module: Module) -> None:
    flexi.answers["/status/user/novak/logout"] = NOT_THERE
    result = module(users=["novak"], ignore_not_found=False)
    assert (result["rc"], result["failed"], result["failure"]["code"]) == (1, True, "not_logged_in")


def test_a_lone_string_is_a_list_of_one(flexi: FakeFlexi, module: Module) -> None:
    module(users="jan.novak@firma.cz")
    assert flexi.asked[1:] == ["POST /status/user/jan.novak%40firma.cz/logout"]


@pytest.mark.parametrize("option", ["companies", "company"])
def test_companies_have_a_second_name(option: str, flexi: FakeFlexi, module: Module) -> None:
    flexi.answers["/c.json"] = Reply(200, '{"companies": {"company": {"dbNazev": "demo"}}}')
    result = module(users=["novak"], **{option: "demo"})
    assert [each["company"] for each in result["results"]] == ["demo"]


def test_an_empty_list_asks_nothing(flexi: FakeFlexi, module: Module) -> None:
    result = module(users=[])
    assert (result["rc"], result["changed"], result["msg"], flexi.asked) == (0, False, "Nobody to log out.", [])


def test_check_mode_only_reads(flexi: FakeFlexi, module: Module) -> None:
    flexi.answers["/u.json"] = Reply(200, '{"users": {"user": [{"username": "novak"}, {"username": "franta"}]}}')
    result = module(users=["novak", "franta"], _ansible_check_mode=True)
    assert (result["rc"], result["changed"], result["msg"]) == (0, True, "1 not logged in, 1 would be logged out")
    assert flexi.asked == ["GET /status.json", "GET /status/user", "GET /u.json", "GET /u.json"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_check_mode_reaches_the_choice_of_the_client(
    module: Module, monkeypatch: pytest.MonkeyPatch, *, check_mode: bool
) -> None:
    chosen: list[dict[str, object]] = []

    def client_for(*_options: object, **kwargs: object) -> FakeFlexi:
        chosen.append(kwargs)
        return a_flexi()

    monkeypatch.setattr(user_logout, "client_for", client_for)
    module(users=["novak"], _ansible_check_mode=check_mode)
    assert chosen == [{"check_mode": check_mode}]


@pytest.mark.parametrize(
    ("path", "answer", "options"),
    [
        pytest.param("/", Reply(200), {}, id="success"),
        pytest.param("/", Reply(200), {"_ansible_check_mode": True}, id="check-mode"),
        pytest.param("/", Reply(200), {"users": []}, id="nobody"),
        pytest.param("/status/user/novak/logout", NOT_THERE, {}, id="not-logged-in"),
        pytest.param("/status/user/novak/logout", Reply(500), {}, id="one-failure"),
        pytest.param("/status/user/novak/logout", Reply(401), {}, id="stopped"),
        pytest.param("/status.json", Reply(404, "404 page not found"), {}, id="not-flexi"),
        pytest.param("/status.json", FlexiError("timeout", "No answer."), {}, id="no-answer"),
        pytest.param("/", Reply(200), {"users": [".."]}, id="invalid-login"),
        pytest.param("/", Reply(200), {"url": "flexi.example.com"}, id="invalid-address"),
    ],
)
def test_the_result_has_one_shape_on_every_way_out(
    path: str, answer: Reply | FlexiError, options: dict[str, object], flexi: FakeFlexi, module: Module
) -> None:
    flexi.answers[path] = answer
    result = module(**{"users": ["novak", "franta"], **options})
    assert set(result) - {"rc", "invocation", "failed", "failure", "warnings"} == ALWAYS
    assert [set(each) for each in result["results"]] == [KEYS_OF_A_RESULT] * len(result["results"])
    assert set(result["counts"]) == STATUSES
    assert sum(result["counts"].values()) == len(result["results"])
    assert set(result["server"]) == {"version"}


@pytest.mark.parametrize(
    ("answers", "user", "code"),
    [
        pytest.param({"/status/user/novak/logout": Reply(500)}, "franta", "partial", id="one-failure"),
        pytest.param({"/status/user/novak/logout": Reply(403)}, "franta", "partial", id="one-refusal"),
        pytest.param({"/status/user/novak/logout": Reply(401)}, "franta", "auth_failed", id="stopped"),
        pytest.param({"/status.json": Reply(200, "OK")}, "franta", "not_flexi", id="not-flexi"),
        pytest.param({}, "..", "invalid_option", id="invalid-login"),
    ],
)
def test_a_failure_is_told_to_programs(
    answers: dict[str, Reply], user: str, code: str, flexi: FakeFlexi, module: Module
) -> None:
    flexi.answers.update(answers)
    result = module(users=["novak", user])
    assert (result["rc"], result["failed"], result["failure"]["code"]) == (1, True, code)
    assert set(result["failure"]) == {"code", "http_status", "message", "hint"}
    assert result["msg"].startswith(result["failure"]["message"])


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"users": [""]}, id="empty-login"),
        pytest.param({"users": ["novak", ".."]}, id="dots"),
        pytest.param({"users": ["novak\nfranta"]}, id="two-logins-in-one"),
        pytest.param({"companies": []}, id="no-companies"),
        pytest.param({"companies": ["demo\ntest"]}, id="two-companies-in-one"),
        pytest.param({"url": "flexi.example.com"}, id="no-scheme"),
        pytest.param({"url": "http://flexi.example.com"}, id="plain-http"),
        pytest.param({"url": "https://admin:hunter2@flexi.example.com"}, id="credentials-in-the-address"),
        pytest.param({"username": "", "password": ""}, id="no-credentials"),
        pytest.param({"timeout": 0}, id="no-time"),
        pytest.param({"concurrency": 65}, id="too-many-at-once"),
        pytest.param({"ca_path": "/nowhere/ca.pem"}, id="no-such-file"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False], ids=["check-mode", "for-real"])
def test_options_that_cannot_be_meant_leave_no_request(
    options: dict[str, object], flexi: FakeFlexi, module: Module, *, check_mode: bool
) -> None:
    result = module(**{"users": ["novak"], "_ansible_check_mode": check_mode, **options})
    assert (result["rc"], result["failure"]["code"], result["results"]) == (1, "invalid_option", [])
    assert flexi.asked == []


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="no-users"),
        pytest.param({"users": ["novak"], "retries": "many"}, id="not-a-number"),
        pytest.param({"users": ["novak"], "auth_method": "digest"}, id="not-a-choice"),
        pytest.param({"users": ["novak"], "user": "novak"}, id="no-such-option"),
        pytest.param({"users": ["novak"], "unknown_users": "guess"}, id="no-such-choice"),
        pytest.param({"users": ["novak"], "logged_in_again": "ignore"}, id="not-a-choice-here"),
        pytest.param({"users": ["novak"], "verify": "perhaps"}, id="not-a-boolean"),
    ],
)
def test_what_ansible_refuses_itself_leaves_no_request(
    options: dict[str, object], flexi: FakeFlexi, module: Module
) -> None:
    assert module(**options)["rc"] == 1
    assert flexi.asked == []


def test_the_documentation_lists_every_code_of_a_failure() -> None:
    yaml = pytest.importorskip("yaml")
    code = yaml.safe_load(flexi_user_logout.RETURN)["failure"]["contains"]["code"]
    assert set(re.findall(r"V\((\w+)\)", str(code["description"]))) == set(get_args(_errors.Code))


def test_the_documentation_lists_the_keys_that_are_returned() -> None:
    yaml = pytest.importorskip("yaml")
    returned = yaml.safe_load(flexi_user_logout.RETURN)
    assert set(returned) - {"failure", "report"} == ALWAYS - {"changed", "msg"}
    assert set(returned["results"]["contains"]) == KEYS_OF_A_RESULT


def test_without_requests_it_says_so(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options_module, "HAS_REQUESTS", False)
    result = module(users=["novak"])
    assert (result["rc"], result["failed"], result["failure"]["code"]) == (1, True, "missing_library")
    assert set(result) >= ALWAYS
    assert "Failed to import the required Python library (requests)" in result["msg"]


@pytest.mark.parametrize("utility", [pool, problems], ids=["pool", "problems"])
def test_what_needs_requests_can_be_imported_without_it(utility: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in {"requests", "urllib3"}]:
        monkeypatch.setitem(sys.modules, name, None)
    name = f"{utility.__package__}.without_requests"
    spec = importlib.util.spec_from_file_location(name, str(utility.__file__))
    assert spec is not None
    assert spec.loader is not None
    without_requests = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, without_requests)
    spec.loader.exec_module(without_requests)
    assert getattr(without_requests, "HAS_REQUESTS", False) is False


def test_the_diff_is_returned_where_it_is_asked_for(flexi: FakeFlexi, module: Module) -> None:
    flexi.answers["/status/user/franta/logout"] = Reply(500)
    result = module(users=["novak", "franta"], _ansible_diff=True)
    assert result["diff"] == {
        "before": "novak: logged in\nfranta: unknown\n",
        "after": "novak: not logged in\nfranta: unknown\n",
    }


def test_without_diff_there_is_none(flexi: FakeFlexi, module: Module) -> None:
    assert "diff" not in module(users=["novak"])
    assert flexi.asked


@pytest.fixture(name="warned")
def _warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    warned: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text: warned.append(text))
    return warned


def test_what_was_looked_up_is_a_warning_of_ansible(flexi: FakeFlexi, module: Module, warned: list[str]) -> None:
    flexi.answers["/status/user/nowak/logout"] = NOT_THERE
    flexi.answers["/u.json"] = Reply(200, '{"users": {"user": [{"username": "admin"}, {"username": "novak"}]}}')
    result = module(users=["nowak"])
    assert warned == ["There is no user 'nowak' on this server. Did you mean novak?"]
    assert (result["rc"], result["msg"], result["changed"]) == (0, "1 unknown user (nowak)", False)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({}, None, id="warn"),
        pytest.param({"unknown_users": "ignore"}, None, id="ignore"),
        pytest.param({"unknown_users": "fail"}, "unknown_user", id="fail"),
        pytest.param({"ignore_not_found": False}, "unknown_user", id="not-ignored"),
    ],
)
def test_what_an_unknown_user_is_can_be_chosen(
    options: dict[str, object], code: str | None, flexi: FakeFlexi, module: Module
) -> None:
    flexi.answers["/status/user/nowak/logout"] = NOT_THERE
    flexi.answers["/u.json"] = Reply(200, '{"users": {"user": [{"username": "admin"}, {"username": "novak"}]}}')
    result = module(users=["nowak"], **options)
    assert (result["rc"], result.get("failure", {}).get("code")) == (int(code is not None), code)
    assert ("GET /u.json" in flexi.asked) is (options.get("unknown_users") != "ignore")


@pytest.mark.parametrize(
    ("options", "verified", "code"),
    [
        pytest.param({}, None, None, id="not-asked-for"),
        pytest.param({"logged_in_again": "fail"}, None, None, id="not-asked-for-but-a-failure"),
        pytest.param({"verify": True}, False, None, id="warn"),
        pytest.param({"verify": True, "logged_in_again": "fail"}, False, "logged_in_again", id="fail"),
    ],
)
def test_whether_the_logouts_are_verified_can_be_chosen(
    options: dict[str, object], code: str | None, flexi: FakeFlexi, module: Module, *, verified: bool | None
) -> None:
    result = module(users=["novak"], **options)
    assert [each["verified"] for each in result["results"]] == [verified]
    assert (result["rc"], result.get("failure", {}).get("code")) == (int(code is not None), code)
    assert flexi.asked.count("GET /status/user") == ("verify" in options)


@pytest.mark.parametrize("answer", [Reply(200, STATUS), Reply(503, attempts=4)], ids=["success", "failure"])
def test_what_the_client_noticed_is_a_warning_of_ansible(
    answer: Reply, flexi: FakeFlexi, module: Module, warned: list[str]
) -> None:
    flexi.answers["/status.json"] = answer
    flexi.noticed.append("/status.json was requested more than once: the server answered 503.")
    module(users=["novak"])
    assert warned == flexi.noticed


def test_an_ordinary_run_has_no_warnings(flexi: FakeFlexi, module: Module, warned: list[str]) -> None:
    module(users=["novak"])
    assert (warned, len(flexi.asked)) == ([], 2)


def test_the_client_is_closed(flexi: FakeFlexi, module: Module) -> None:
    module(users=["novak"])
    assert flexi.is_closed


@pytest.mark.parametrize(
    "echo",
    [
        pytest.param("Tajné heslo/1", id="password"),
        pytest.param("Tajn%C3%A9%20heslo%2F1", id="password-in-an-address"),
        pytest.param("YWRtaW46VGFqbsOpIGhlc2xvLzE=", id="what-basic-sends"),
    ],
)
def test_a_server_that_echoes_a_secret_does_not_get_it_printed(echo: str, flexi: FakeFlexi, module: Module) -> None:
    flexi.answers["/status/user/novak/logout"] = Reply(500, f"You said {echo}!")
    result = module(users=["novak"])
    assert "You said" in result["msg"]
    assert echo not in json.dumps(result, ensure_ascii=False)


def test_credentials_in_the_address_are_not_printed(flexi: FakeFlexi, module: Module) -> None:
    result = module(users=["novak"], url="https://root:hunter2@flexi.example.com")
    assert "hunter2" not in json.dumps(result)
    assert flexi.asked == []


def test_a_session_id_that_the_server_hands_out_is_hidden(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    flexi = a_flexi()
    flexi.answers["/status/user/novak/logout"] = Reply(500, "Session 0123456789abcdef is broken.")

    def client_for(_params: object, secrets: Secrets, **_kwargs: object) -> FakeFlexi:
        secrets.add("0123456789abcdef")
        return flexi

    monkeypatch.setattr(user_logout, "client_for", client_for)
    result = module(users=["novak"])
    assert "is broken" in result["msg"]
    assert "0123456789abcdef" not in json.dumps(result)
