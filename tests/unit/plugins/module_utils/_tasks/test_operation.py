# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds of every task: no secret leaves it, whether an option had it or the server handed it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock, call

import pytest

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._secrets import MASK, Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks import operation
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context, Operation
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import PASSWORD, options

if TYPE_CHECKING:
    from collections.abc import Mapping

HANDED_OUT = "0123456789abcdef"
TEXT = f"The server said {PASSWORD} and {HANDED_OUT}."
HIDDEN = f"The server said {MASK} and {MASK}."


def context_of(secrets: Secrets, warnings: list[str]) -> Context:
    return Context(check_mode=False, diff_mode=False, secrets=secrets, warn=warnings.append)


@pytest.mark.parametrize("fails", [False, True])
def test_no_secret_leaves_an_operation(*, fails: bool) -> None:
    def tell(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.secrets.add(HANDED_OUT)
        context.warn(TEXT)
        if fails:
            raise FlexiError(_errors.NOT_FLEXI, TEXT)
        return {"changed": True, "results": [{"msg": TEXT}]}

    hidden: list[str] = []
    warnings: list[str] = []
    context = context_of(Secrets(also=hidden.append), warnings)
    result = Operation({}, tell).perform(options(url="https://flexi.example.com:5434"), context)

    assert warnings == [HIDDEN]
    assert {PASSWORD, HANDED_OUT} <= set(hidden)
    if fails:
        assert result["msg"].startswith(HIDDEN)
        assert result["failure"]["message"] == HIDDEN
    else:
        assert result == {"changed": True, "results": [{"msg": HIDDEN}]}


SPEC = {
    "token": {"type": "str", "no_log": True},
    "pin": {"type": "int", "no_log": True},
    "tokens": {"type": "list", "elements": "str", "no_log": True},
    "proxy": {"type": "dict", "options": {"token": {"type": "str", "no_log": True}}},
    "proxies": {"type": "list", "elements": "dict", "options": {"token": {"type": "str", "no_log": True}}},
}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"token": "98765"}, id="text"),
        pytest.param({"pin": 98765}, id="number"),
        pytest.param({"tokens": ["x9", "98765"]}, id="list"),
        pytest.param({"proxy": {"token": "98765"}}, id="nested"),
        pytest.param({"proxies": [{}, {"token": "98765"}]}, id="nested-in-a-list"),
    ],
)
def test_a_secret_option_that_nobody_thought_of_is_masked(given: dict[str, Any]) -> None:
    def tell(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.warn("It was 98765.")
        return {"changed": False, "msg": "98765", "results": [{"message": ["say 98765"]}]}

    warnings: list[str] = []
    params = {**options(url="https://flexi.example.com:5434"), **dict.fromkeys(SPEC), **given}
    result = Operation(SPEC, tell).perform(params, context_of(Secrets(), warnings))
    assert warnings == [f"It was {MASK}."]
    assert result == {"changed": False, "msg": MASK, "results": [{"message": [f"say {MASK}"]}]}


def test_an_interruption_is_raised_where_nobody_wants_a_result_all_the_same() -> None:
    with pytest.raises(KeyboardInterrupt):
        context_of(Secrets(), []).interrupted(KeyboardInterrupt())


def test_the_argument_spec_has_the_options_of_the_connection_too() -> None:
    spec = Operation(SPEC, lambda _params, _context: {}).argument_spec
    assert set(spec) == set(SPEC) | set(options())


class Exited(Exception):  # noqa: N818 - it is no error
    """The module has ended with a result."""


@pytest.mark.parametrize("no_log", [False, True])
def test_a_module_returns_no_secret_and_no_half_a_character(monkeypatch: pytest.MonkeyPatch, *, no_log: bool) -> None:
    def do(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.warn(f"slow: {params['token']}")
        return {"changed": False, "results": [{"user": "a\ud800"}]}

    def end(**result: Any) -> None:
        raise Exited(result)

    given = {"token": PASSWORD, "users": ["a\ud800"]}
    module = MagicMock(params=given, no_log=no_log, check_mode=False, exit_json=end, no_log_values=set())
    monkeypatch.setattr(operation, "AnsibleModule", lambda **_spec: module)
    monkeypatch.setattr(operation, "RELEASE", (2, 20))
    with pytest.raises(Exited) as ended:
        operation.run_as_module(Operation(SPEC, do))

    [result] = ended.value.args
    mark = {"_ansible_no_log": True} if no_log else {}
    assert result["results"] == [{"user": "a\\ud800", **mark}]
    assert result["invocation"] == {"module_args": {"token": MASK, "users": ["a\\ud800"]}}
    assert module.warn.call_args_list == ([] if no_log else [call(f"slow: {MASK}")])
