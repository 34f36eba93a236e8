# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin: it takes what a module would take, refuses what could be misunderstood, and shows no secret."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
from ansible import context
from ansible.errors import AnsibleAction, AnsibleUndefinedVariable
from ansible.utils.display import Display

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._secrets import MASK
from ansible_collections.abra.flexi.plugins.module_utils._tasks import operation
from ansible_collections.abra.flexi.plugins.module_utils._tasks.from_variables import FROM_VARIABLES
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context, Operation
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import connection_argument_spec
from ansible_collections.abra.flexi.plugins.plugin_utils import _action
from ansible_collections.abra.flexi.plugins.plugin_utils._action import FlexiAction
from ansible_collections.abra.flexi.tests.unit.plugins.lookup.test_literal_extra_vars import trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

URL = "https://flexi.example.com:5434"
HERE: dict[str, Any] = {"url": URL, "username": "admin", "password": "hunter2", "users": ["novak"]}
OPTIONS: dict[str, Any] = {
    "users": {"type": "list", "elements": "str", "required": True},
    "companies": {"type": "list", "elements": "str", "aliases": ["company"]},
    "mode": {"type": "str", "choices": ["now", "later"], "default": "now"},
    "token": {"type": "int", "no_log": True},
    "lists": {"type": "list", "elements": "dict", "options": {"companies": {"type": "raw", "aliases": ["company"]}}},
    **FROM_VARIABLES,
}
VARIABLES = [variable for spec in connection_argument_spec().values() for variable in spec["fallback"][1]]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [*VARIABLES, "ABRAFLEXI_ALLOWED_HOSTS"]:
        monkeypatch.delenv(variable, raising=False)


def failed(problem: FlexiError, *, diff_mode: bool) -> dict[str, Any]:
    """Return a result that has what artifacts are made of."""
    failure = problem.as_failure()
    return {"changed": False, "msg": str(problem), "counts": {"failed": 0}, "results": [], "failure": failure} | (
        {"diff": {}} if diff_mode else {}
    )


def check(params: Mapping[str, Any]) -> None:
    """Refuse one name."""
    if params["users"] == ["refused"]:
        raise FlexiError("invalid_option", "That is nobody.")


def with_the_number(value: Any) -> Any:
    """Return what templates give where numbers stay numbers."""
    if isinstance(value, dict):
        return {key: with_the_number(each) for key, each in value.items()}
    if isinstance(value, list):
        return [with_the_number(each) for each in value]
    return {"{{ leaver.login }}": 8, "{{ all_options }}": {"users": 8}}.get(value, value)


@dataclass
class Task:
    """One task, and what came of it: the options here, or the module's arguments elsewhere."""

    args: dict[str, Any]
    transport: str = "local"
    become: bool = False
    async_val: int = 0
    delegate_to: str | None = None
    environment: list[dict[str, str]] = field(default_factory=list)
    task_vars: dict[str, Any] = field(default_factory=dict)
    check_mode: bool = False
    diff: bool = False
    no_log: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    context: Context | None = None
    module_args: dict[str, Any] | None = None
    wrap_async: bool | None = None
    seen: dict[str, str] = field(default_factory=dict)
    of_the_module: dict[str, Any] = field(default_factory=lambda: {"changed": True})
    """What the module returns elsewhere."""
    undefined: str = ""
    """Why the users cannot be evaluated."""
    written: dict[str, Any] = field(default_factory=dict)
    """The task as it is in the playbook."""
    module_defaults: list[dict[str, Any]] = field(default_factory=list)
    run_once: bool = False

    def run(self, do: Callable[[Mapping[str, Any], Context], dict[str, Any]] | None = None) -> dict[str, Any]:
        """Run it, and return its result."""
        this = self

        def keep(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
            self.params, self.context, self.seen = dict(params), context, dict(os.environ)
            return do(params, context) if do else {"changed": False, "msg": "Done.", "counts": {}, "results": []}

        class Action(FlexiAction):
            operation = Operation(
                options=OPTIONS, do=keep, check=check, failed=failed, never_null=frozenset({"companies", "lists"})
            )

            def _execute_module(  # type: ignore[override] # as it is called here
                self, module_args: dict[str, Any], task_vars: object, *, wrap_async: bool
            ) -> dict[str, Any]:
                assert task_vars == this.task_vars
                this.module_args, this.wrap_async = module_args, wrap_async
                return dict(this.of_the_module)

        task = MagicMock(args=self.args, async_val=self.async_val, environment=self.environment)
        task.configure_mock(delegate_to=self.delegate_to, no_log=self.no_log, module_defaults=self.module_defaults)
        task.configure_mock(action="abra.flexi.flexi_user_logout", check_mode=self.check_mode, diff=self.diff)
        task.configure_mock(run_once=self.run_once)
        task.get_ds.return_value = self.written or None
        connection = MagicMock(transport=self.transport, has_native_async=False)

        def template(value: Any) -> Any:
            if self.undefined and value == {"app_users": HERE["users"]}:
                raise AnsibleUndefinedVariable(self.undefined)
            return value

        templar = MagicMock(template=template)
        templar.copy_with_new_env.return_value.template = with_the_number
        play_context = MagicMock(become=self.become, remote_addr="delegate")
        action = Action(task, connection, play_context, MagicMock(), templar, MagicMock())
        result: dict[str, Any] = action.run(task_vars=self.task_vars)
        assert "hunter2" not in str(result)
        return result

    def refusal(self) -> str:
        """Run it, and return why it was refused, before anything was done."""
        result = self.run()
        assert (result["failed"], result["failure"]["code"]) == (True, "invalid_option")
        assert (self.params, self.module_args) == ({}, None)
        return str(result["msg"])


# What it takes


OLD = {"omit": "__omit_place_holder__1"}
"""A variable of ansible-core before 2.19."""


@pytest.mark.parametrize("key", ["flexi_user_logout", "abra.flexi.flexi_user_logout", "args", "action", "local_action"])
def test_a_number_of_which_ansible_has_made_text_is_a_number(key: str) -> None:
    written = {"name": "Log out", key: {"users": [trusted("{{ leaver.login }}"), trusted("{{ leaver.name }}")]}}
    task = Task({**HERE, "users": ["8", "9"]}, transport="ssh", task_vars=OLD, written=written)
    task.run()
    assert task.module_args is not None
    assert task.module_args["users"] == [8, "9"]


def test_of_a_number_nothing_is_changed_where_ansible_keeps_it() -> None:
    written = {"flexi_user_logout": {"users": [trusted("{{ leaver.login }}")]}}
    task = Task({**HERE, "users": ["8"]}, transport="ssh", written=written)
    task.run()
    assert task.module_args is not None
    assert task.module_args["users"] == ["8"]


def test_what_is_omitted_from_a_list_is_nobody() -> None:
    task = Task({**HERE, "users": ["novak", OLD["omit"]]}, task_vars=OLD)
    task.run()
    assert task.params["users"] == ["novak"]


@pytest.mark.parametrize("key", ["action", "local_action"])
def test_a_number_may_be_in_the_arguments_of_an_action(key: str) -> None:
    written = {key: {"module": "abra.flexi.flexi_user_logout", "args": {"users": [trusted("{{ leaver.login }}")]}}}
    task = Task({**HERE, "users": ["8"]}, transport="ssh", task_vars=OLD, written=written)
    task.run()
    assert task.module_args is not None
    assert task.module_args["users"] == [8]


@pytest.mark.parametrize(
    "written",
    [
        {"flexi_user_logout": "{{ base }} users={{ leaver.login }}"},
        {"action": "flexi_user_logout {{ base }} users={{ leaver.login }}"},
        {"action": {"module": "flexi_user_logout users={{ leaver.login }}"}},
        {"flexi_user_logout": "{{ all_options }}"},
        {"action": "abra.flexi.flexi_user_logout {{ all_options }}"},
        {"args": "{{ all_options }}"},
    ],
)
def test_a_number_may_be_beside_a_template_of_other_options_or_in_one_of_all(written: dict[str, Any]) -> None:
    task = Task({**HERE, "users": "8"}, transport="ssh", task_vars=OLD, written=written)
    task.run()
    assert task.module_args is not None
    assert task.module_args["users"] == 8


def test_of_options_that_name_nobody_text_stays_text() -> None:
    written = {"flexi_user_logout": {"password": trusted("{{ leaver.login }}")}}
    task = Task({**HERE, "password": "8"}, transport="ssh", task_vars=OLD, written=written)
    task.run()
    assert task.module_args is not None
    assert task.module_args["password"] == "8"


@pytest.mark.parametrize(
    ("line", "args"),
    [
        ("novak", {"_raw_params": "novak"}),
        ("users=novak password=hunter1 hunter2=x", {"users": "novak", "password": "hunter1", "hunter2": "x"}),
    ],
)
def test_text_that_is_no_option_is_not_shown_since_it_may_be_part_of_a_password(
    monkeypatch: pytest.MonkeyPatch, line: str, args: dict[str, Any]
) -> None:
    says = "Unsupported parameters for (abra.flexi.flexi_user_logout) module: text that is no option. Write every"
    assert Task(args, written={"flexi_user_logout": line}).refusal().startswith(says)
    written = {"action": {"module": "flexi_user_logout", "args": args}}
    monkeypatch.setattr(context, "CLIARGS", {"module_args": line})
    assert Task(args, written=written).refusal().startswith(says)
    monkeypatch.setattr(context, "CLIARGS", {"pattern": "all"})
    assert Task(args, written=written).refusal().startswith(says)
    assert "Did you mean users?" in Task({"usres": "novak"}, written={"flexi_user_logout": "usres=novak"}).refusal()


MISREAD = "The option users has a backslash that Ansible reads together with what follows it, such as \\n as "


@pytest.mark.parametrize("key", ["flexi_user_logout", "action"])
def test_a_backslash_that_ansible_reads_as_something_else_is_refused(key: str) -> None:
    before = "abra.flexi.flexi_user_logout " if key == "action" else ""
    for line in (r"users=AD\nemec", r"{{ base }} users=AD\nemec", r"users=AD\nemec {{ base }}"):
        assert Task({**HERE, "users": "AD\nemec"}, written={key: before + line}).refusal().startswith(MISREAD)
    written = {"action": {"module": "flexi_user_logout", "args": r"users=AD\nemec"}}
    assert Task({**HERE, "users": "AD\nemec"}, written=written).refusal().startswith(MISREAD)


@pytest.mark.parametrize("key", ["action", "local_action"])
def test_so_is_one_behind_the_name_of_the_module(key: str) -> None:
    written = {key: {"module": r"abra.flexi.flexi_user_logout users=AD\nemec"}}
    assert Task({**HERE, "users": "AD\nemec"}, written=written).refusal().startswith(MISREAD)


@pytest.mark.parametrize("between", [" ", "\n", "\n  ", "  "])
def test_and_one_on_another_line_than_the_name(between: str) -> None:
    given = {**HERE, "users": "AD\nemec"}
    written = {"action": rf"abra.flexi.flexi_user_logout{between}users=AD\nemec"}
    assert Task(given, written=written).refusal().startswith(MISREAD)
    task = Task({**HERE, "users": "a, b"}, written={"action": f'abra.flexi.flexi_user_logout{between}users="a, b"'})
    task.run()
    assert task.params["users"] == ["a", " b"]


def test_so_is_one_in_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"module_args": r"users=AD\nemec"})
    assert Task({**HERE, "users": "AD\nemec"}).refusal().startswith(MISREAD)
    for line in (r"{{ base }} users=AD\nemec", r"{% if x %}{% endif %} users=AD\nemec"):
        monkeypatch.setattr(context, "CLIARGS", {"module_args": line})
        assert Task({**HERE, "users": "AD\nemec"}).refusal().startswith(MISREAD)
    monkeypatch.setattr(context, "CLIARGS", {"module_args": r'{"users": "AD\\nemec"}'})
    Task({**HERE, "users": r"AD\nemec"}).run()


def test_json_in_a_command_is_no_text_of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    args = {**HERE, "password": "hunter2\\"}
    monkeypatch.setattr(context, "CLIARGS", {"module_args": json.dumps(args)})
    Task(args).run()
    assert "module: like_none. Its options" in Task({**args, "like_none": 1}).refusal()


def test_and_one_in_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"pattern": "all"})
    action = {"module": "abra.flexi.flexi_user_logout"}
    written = {"action": {**action, "args": {"users": "AD\nemec"}}}
    assert Task({**HERE, "users": "AD\nemec"}, written=written).refusal().startswith(MISREAD)
    for let_be in ("{{ two_lines }}", "{{ two_lines.split('\n') }}", "{{ x | regex_replace('\n', ',') }}", r"AD\nemec"):
        task = Task({**HERE, "users": "novak"}, written={"action": {**action, "args": {"users": let_be}}})
        task.run()
        assert task.params["users"] == ["novak"]
    within = {"action": {**action, "args": {"users": "{{ 'AD\nemec' }}"}}}
    assert Task({**HERE, "users": "AD\nemec"}, written=within).refusal().startswith(MISREAD)


@pytest.mark.parametrize(
    "line", [r"users={{ 'AD\nemec' }}", r"users={{ d }}\{{ x }}\nemec", r"users=AD\{% if x %}x{% endif %}\nemec"]
)
def test_and_one_behind_a_template(line: str) -> None:
    assert Task({**HERE, "users": "x"}, written={"flexi_user_logout": line}).refusal().startswith(MISREAD)


@pytest.mark.parametrize(
    "written",
    [
        {"flexi_user_logout": r"users={{ logins | join('\n') }}"},
        {"flexi_user_logout": r"users={{ d }}\{{ x }}novak"},
        {"args": r"{{ {'password': 'x', 'users': 'a\nb'} }}"},
        {"shell": r"users=AD\nemec"},
    ],
)
def test_other_backslashes_are_let_be(written: dict[str, Any]) -> None:
    task = Task({**HERE, "users": ["novak"]}, written=written)
    task.run()
    assert task.params["users"] == ["novak"]


@pytest.mark.parametrize("users", ["{{ app }}", "{{ by_way_of }}"])
def test_an_extra_variable_that_an_option_reads_is_looked_at_too(monkeypatch: pytest.MonkeyPatch, users: str) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": (r"app=AD\nemec",)})
    variables = {"app": "AD\nemec", "by_way_of": ["{{ app }}"]}
    task = Task({**HERE, "users": "AD\nemec"}, task_vars=variables, written={"flexi_user_logout": {"users": users}})
    assert task.refusal().startswith("The extra variable app has a backslash")


@pytest.mark.parametrize("extra", [r"app=AD\nemec", r"app='petr,AD\nemec jana'", r"app=ad\nEMEC"])
@pytest.mark.parametrize(
    "given", [{"users": "AD\nemec"}, {"lists": [{"users": ["x, AD\nemec"]}]}], ids=["users", "lists"]
)
def test_what_came_of_one_is_found_by_whatever_way_it_came(
    monkeypatch: pytest.MonkeyPatch, extra: str, given: dict[str, Any]
) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": (extra,)})
    # As in a loop, where there is nothing but the item.
    task = Task({**HERE, **given}, written={"flexi_user_logout": {"users": "{{ item }}"}})
    assert task.refusal().startswith("The extra variable app has a backslash")


@pytest.mark.parametrize("extra", [r"app=\n", r"app=emec\nAD", r"app=AD,\nemec", "app=AD", r"app=AD\\nemec"])
def test_text_that_is_another_is_let_be(monkeypatch: pytest.MonkeyPatch, extra: str) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": (extra,)})
    assert not Task({**HERE, "users": "AD\nemec"}, written={"flexi_user_logout": {"users": "{{ item }}"}}).run()[
        "failed"
    ]


@pytest.mark.parametrize(
    "written",
    [
        {"flexi_user_logout": "companies=demo users=novak companies=archiv"},
        {"flexi_user_logout": "companies=demo", "args": {"companies": "archiv"}},
        {"action": "flexi_user_logout companies=demo companies=archiv"},
        {"action": {"module": "flexi_user_logout", "companies": "demo", "args": {"companies": "archiv"}}},
        {"action": {"module": "flexi_user_logout companies=demo", "companies": "archiv"}},
    ],
)
def test_an_option_that_is_given_twice_is_refused(written: dict[str, Any]) -> None:
    refused = Task({**HERE, "companies": "archiv"}, written=written).refusal()
    assert refused == "The option companies is given twice. Write all of it in one."


def test_so_is_one_in_a_command_that_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {"action": {"module": "flexi_user_logout", "args": {"users": "jana"}}}
    monkeypatch.setattr(context, "CLIARGS", {"module_args": "users=petr users=jana"})
    assert "users is given twice" in Task({**HERE, "users": "jana"}, written=written).refusal()
    for json_text in ('{"users": "petr", "users": "jana"}', '{"lists": [{"users": "petr", "users": "jana"}]}'):
        monkeypatch.setattr(context, "CLIARGS", {"module_args": json_text})
        assert "users is given twice" in Task({**HERE, "users": "jana"}, written=written).refusal()
    monkeypatch.setattr(context, "CLIARGS", {"module_args": "users=jana"})
    assert not Task({**HERE, "users": "jana"}, written=written).run()["failed"]


def test_of_a_password_in_text_no_part_is_shown_though_it_is_there_twice() -> None:
    written = {"flexi_user_logout": "users=novak password=a hunter2=b hunter2=c"}
    assert "given twice" not in Task({**HERE, "hunter2": "c"}, written=written).refusal()


@pytest.mark.parametrize("name", ["group/abra.flexi.flexi", "abra.flexi.flexi_user_logout"])
def test_a_limit_of_the_defaults_is_not_omitted(name: str) -> None:
    written = {"flexi_user_logout": {"users": "novak", "companies": "{{ only | default(omit) }}"}}
    defaults: list[dict[str, Any]] = [{"group/abra.flexi.other": None, name: {"companies": "demo"}}]
    given = {**HERE, "users": "novak"}
    refused = Task(given, written=written, module_defaults=defaults).refusal()
    assert refused.startswith("companies is omitted in the task, and with it what module_defaults sets. ")
    assert not Task({**given, "companies": "demo"}, written=written, module_defaults=defaults).run()["failed"]
    replaced = [*defaults, {name: {"retries": 1}}]
    for let_be in ([{"other.coll.module": {"companies": "demo"}}], replaced, [{name: None}], []):
        assert not Task(given, written=written, module_defaults=let_be).run()["failed"]


@pytest.mark.parametrize("users", ["novak", "{{ rec.app }}", "{{ rec['app'] }}", "{{ lookup('env', 'app') }}"])
def test_one_that_no_option_reads_is_let_be(monkeypatch: pytest.MonkeyPatch, users: str) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": (r"app=AD\nemec",)})
    variables = {"app": "AD\nemec", "rec": {"app": "novak"}}
    task = Task({**HERE, "users": "novak"}, task_vars=variables, written={"flexi_user_logout": {"users": users}})
    task.run()
    assert task.params["users"] == ["novak"]


@pytest.mark.parametrize("users", ["{{ hostvars.one.app }}", "{{ lookup('vars', 'app') }}", "{{ app | }}"])
def test_a_name_may_be_text_in_a_template(monkeypatch: pytest.MonkeyPatch, users: str) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": (r"app=AD\nemec",)})
    task = Task({**HERE}, task_vars={"app": "AD\nemec"}, written={"flexi_user_logout": {"users": users}})
    assert task.refusal().startswith("The extra variable app has a backslash")


class Encrypted:
    """Text that is no str, as what a vault has encrypted is up to ansible-core 2.18."""

    def __init__(self, text: str) -> None:
        """Keep it."""
        self._text = text

    def __str__(self) -> str:
        """Decrypt it."""
        return self._text


@pytest.mark.parametrize(
    ("given", "option", "value"),
    [
        pytest.param({"password": Encrypted("hunter2")}, "password", "hunter2", id="vault"),
        pytest.param({"users": [Encrypted("novak"), "a"]}, "users", ["novak", "a"], id="vault-in-a-list"),
        pytest.param({"users": ("novak", "a")}, "users", ["novak", "a"], id="tuple"),
        pytest.param({"users": [date(2026, 5, 4)]}, "users", ["2026-05-04"], id="date"),
        pytest.param(
            {"users": [datetime(2026, 5, 4, tzinfo=timezone.utc)]}, "users", ["2026-05-04T00:00:00+00:00"], id="time"
        ),
        pytest.param({"users": "novak,franta"}, "users", ["novak", "franta"], id="text"),
        pytest.param({"company": "demo"}, "companies", ["demo"], id="alias"),
        pytest.param({"timeout": "5"}, "timeout", 5.0, id="number-as-text"),
        pytest.param({"validate_certs": "no"}, "validate_certs", False, id="boolean-as-text"),
        pytest.param({"deadline": None}, "deadline", None, id="null"),
        pytest.param({}, "mode", "now", id="default"),
    ],
)
def test_it_takes_what_a_module_would(given: dict[str, Any], option: str, value: object) -> None:
    task = Task({**HERE, **given})
    assert "failure" not in task.run()
    assert task.params[option] == value


def test_a_mapping_is_taken_as_deep_as_it_is() -> None:
    task = Task({**HERE, "users": [{"a": Encrypted("b"), Encrypted("c"): [Encrypted("d")]}]})
    task.run()
    assert "b" in str(task.params["users"])
    assert "Encrypted" not in str(task.params["users"])


@pytest.mark.parametrize(("check_mode", "diff"), [(True, False), (False, True)])
def test_how_ansible_wants_it_is_handed_on(*, check_mode: bool, diff: bool) -> None:
    task = Task(HERE, check_mode=check_mode, diff=diff)
    task.run()
    assert task.context is not None
    assert (task.context.check_mode, task.context.diff_mode) == (check_mode, diff)


def test_what_it_was_called_with_is_in_the_result_without_secrets() -> None:
    result = Task({**HERE, "token": 98765}).run()
    asked = result["invocation"]["module_args"]
    assert (asked["url"], asked["users"], asked["password"]) == (URL, ["novak"], MASK)
    assert "hunter2" not in str(asked)


def test_warnings_and_failures_are_in_the_result_without_secrets() -> None:
    def do(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.warn("It was hunter2, 98765.")
        return {"changed": False, "msg": "hunter2", "failure": {"message": "hunter2"}}

    result = Task({**HERE, "token": 98765}).run(do)
    assert (result["failed"], result["warnings"]) == (True, [f"It was {MASK}, {MASK}."])
    assert (result["msg"], result["failure"]) == (MASK, {"message": MASK})


def test_without_warnings_there_is_no_such_key() -> None:
    assert "warnings" not in Task(HERE).run()


# What it refuses


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"user": "novak"}, "user. Did you mean users?", id="user-for-users"),
        pytest.param({"pasword": "x"}, "pasword. Did you mean password?", id="misspelt"),
        pytest.param({"xyz": 1}, "xyz. Its options: url, ", id="like-nothing"),
        pytest.param({"b": 1, "a": 2}, "a, b. Its options", id="several"),
        pytest.param({"compani": "x"}, "compani. Did you mean companies or company?", id="like-an-alias"),
        pytest.param(
            {"lists": [{}, {"companys": "x"}]},
            "lists[1].companys. Did you mean company or companies? Its",
            id="in-a-list",
        ),
        pytest.param({'{{ {"password": "x"': "="}, "text that is no option. ", id="torn-template"),
    ],
)
def test_an_unknown_option_is_refused_with_the_one_that_was_perhaps_meant(given: dict[str, Any], message: str) -> None:
    refusal = Task({**HERE, **given}).refusal()
    assert refusal.startswith(f"Unsupported parameters for (abra.flexi.flexi_user_logout) module: {message}")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"lists": [{}, {"companies": None}]}, "lists[1].companies is null, which", id="null-in-a-list"),
        pytest.param(
            {"lists": [{"companies": 1, "company": 2}]}, "lists[0].companies and company", id="both-in-a-list"
        ),
        pytest.param({"companies": ["a"], "company": "a"}, "companies and company are the same option.", id="both"),
        pytest.param({"companies": None, "company": "a"}, "companies and company are the same option.", id="one-null"),
        pytest.param({"companies": None}, "companies is null, which is not a value.", id="null"),
        pytest.param({"company": None}, "company is null, which is not a value.", id="alias-null"),
    ],
)
def test_what_could_mean_more_than_was_meant_is_refused(given: dict[str, Any], message: str) -> None:
    assert Task({**HERE, **given}).refusal().startswith(message)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"users": None}, "users", id="required-but-null"),
        pytest.param({"mode": "never"}, "value of mode must be one of: now, later", id="not-a-choice"),
        pytest.param({"timeout": "60s"}, "timeout", id="not-a-number"),
        pytest.param({"timeout": "hunter2"}, "timeout", id="a-secret-where-it-does-not-belong"),
        pytest.param({"token": "hunter2"}, "token", id="a-secret-of-the-wrong-type"),
        pytest.param({"retries": "inf"}, "retries is no number, or far too large", id="no-end"),
        pytest.param({"retries": "in_f"}, "retries is no number, or far too large", id="no-end-either"),
        pytest.param({"retries": "nan"}, "retries is no number, or far too large", id="no-number"),
        pytest.param({"retries": "1e5000"}, "retries is no number, or far too large", id="far-too-large"),
        pytest.param({"retries": 10**31}, "retries is no number, or far too large", id="too-large"),
        pytest.param({"timeout": 16**3000}, "timeout is no number, or far too large", id="too-large-for-a-fraction"),
        pytest.param({"concurrency": float("-inf")}, "concurrency is no number, or far too large", id="no-beginning"),
        pytest.param({"validate_certs": "perhaps"}, "validate_certs", id="not-a-boolean"),
    ],
)
def test_a_wrong_value_is_refused(given: dict[str, Any], says: str) -> None:
    refusal = Task({**HERE, **given}).refusal()
    assert refusal.startswith("Wrong options for abra.flexi.flexi_user_logout: ")
    assert says in refusal
    assert "ABRAFLEXI_URL" in refusal


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"retries": 16**4500}, "retries"),
        ({"timeout": -(16**4500)}, "timeout"),
        ({"users": ["novak", 16**4500]}, "users"),
        ({"lists": [{"users": 16**4500}]}, "lists.users"),
        ({"token": 16**4500}, "token"),
    ],
)
def test_a_whole_number_that_python_may_not_write_is_refused(given: dict[str, Any], name: str) -> None:
    assert Task({**HERE, **given}).refusal().startswith(f"{name} has a whole number that is far too large.")


def test_a_missing_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABRAFLEXI_PASSWORD", "hunter2")
    assert "missing required arguments: url" in Task({"users": ["novak"]}).refusal()


def test_a_wrong_value_of_the_environment_is_refused_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABRAFLEXI_PASSWORD", "hunter2")
    monkeypatch.setenv("ABRAFLEXI_TIMEOUT", "60s")
    assert "timeout" in Task({"url": URL, "users": ["novak"]}).refusal()


# The environment


def test_the_environment_of_the_task_reaches_the_options_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABRAFLEXI_LOGIN", "admin")
    before = dict(os.environ)
    task = Task({"users": ["novak"]}, environment=[{"ABRAFLEXI_URL": URL, "ABRAFLEXI_PASSWORD": "hunter2"}])
    task.run()
    assert (task.params["url"], task.params["username"], task.params["password"]) == (URL, "admin", "hunter2")
    assert task.seen["ABRAFLEXI_URL"] == URL
    assert dict(os.environ) == before


def test_it_is_as_before_also_where_it_fails() -> None:
    def do(_params: Mapping[str, Any], _context: Context) -> dict[str, Any]:
        raise RuntimeError("Nobody expects that.")

    before = dict(os.environ)
    with pytest.raises(RuntimeError):
        Task(HERE, environment=[{"ABRAFLEXI_LOGIN": "x"}]).run(do)
    assert dict(os.environ) == before


# Elsewhere


@pytest.mark.parametrize(
    "elsewhere",
    [{"transport": "ssh"}, {"transport": "ssh", "become": True}, {"become": True}, {"async_val": 60}],
    ids=str,
)
def test_elsewhere_the_module_does_it(elsewhere: dict[str, Any]) -> None:
    task = Task({**HERE, "company": "demo"}, **elsewhere)
    assert task.run() == {"changed": True}
    assert task.module_args == {**HERE, "company": "demo"}
    assert (task.wrap_async, task.params) == ("async_val" in elsewhere, {})


def test_without_the_library_here_the_module_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_action, "HAS_REQUESTS", False)
    task = Task(HERE)
    task.run()
    assert task.module_args == HERE


@pytest.mark.parametrize(
    ("elsewhere", "goes_along"),
    [({"transport": "ssh"}, True), ({"become": True}, True), ({"async_val": 60}, False)],
    ids=str,
)
def test_credentials_of_the_environment_go_along_only_where_the_module_has_another(
    elsewhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *, goes_along: bool
) -> None:
    monkeypatch.setenv("ABRAFLEXI_URL", URL)
    monkeypatch.setenv("ABRAFLEXI_PASSWORD", "hunter2")
    task = Task({"users": ["novak"], "username": "admin"}, **elsewhere)
    task.run()
    assert task.module_args is not None
    assert ("password" in task.module_args) is goes_along
    assert task.module_args["url"] == URL


@pytest.mark.parametrize("elsewhere", [{"transport": "ssh"}, {"become": True}, {"async_val": 60}], ids=str)
def test_elsewhere_they_go_to_no_other_server_either(
    elsewhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABRAFLEXI_URL", URL)
    monkeypatch.setenv("ABRAFLEXI_PASSWORD", "hunter2")
    given = {"users": ["novak"], "username": "admin", "url": "https://evil.example.net"}
    assert "url is a different address" in Task(given, **elsewhere).refusal()


def test_elsewhere_explicit_credentials_win_over_a_session_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABRAFLEXI_AUTHSESSID", "hunter2")
    task = Task({**HERE, "password": "own"}, transport="ssh")
    task.run()
    assert task.module_args == {**HERE, "password": "own"}


# Interruptions


class TaskTimeoutError(BaseException):
    """Named as Ansible's, which has another place in each release."""


@pytest.mark.parametrize(
    ("interruption", "is_raised"), [(TaskTimeoutError(), False), (KeyboardInterrupt(), True)], ids=["timeout", "ctrl-c"]
)
def test_a_task_that_ran_into_its_timeout_says_how_far_it_came(interruption: BaseException, *, is_raised: bool) -> None:
    def do(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.interrupted(interruption)
        return {"changed": True, "msg": "So far."}

    if is_raised:
        with pytest.raises(KeyboardInterrupt):
            Task(HERE).run(do)
    else:
        assert Task(HERE).run(do)["msg"] == "So far."


def test_how_far_it_is_is_said_with_the_host_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, bool]] = []
    monkeypatch.setattr(Display, "display", lambda _self, text, stderr=False: said.append((text, stderr)))

    def do(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.tell("120 of 2000 done, 3 failed")
        assert said == [("one: 120 of 2000 done, 3 failed", True)]
        return {"changed": True}

    assert Task(HERE, task_vars={"inventory_hostname": "one"}).run(do)["changed"]


# Variables


@pytest.mark.parametrize("release", [(2, 16), (2, 19), (2, 20), (2, 22)])
def test_of_a_task_with_no_log_nothing_is_shown(monkeypatch: pytest.MonkeyPatch, release: tuple[int, int]) -> None:
    shown: list[str] = []
    monkeypatch.setattr(Display, "display", lambda _self, message, **_how: shown.append(message))
    for module in (_action, operation):
        monkeypatch.setattr(module, "RELEASE", release)

    def do(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.tell("novak is done")
        context.warn("novak is slow")
        return {"changed": True, "msg": "novak", "results": [{"user": "novak"}]} | more

    more: dict[str, Any] = {}
    mark = {"_ansible_no_log": True} if release in {(2, 19), (2, 20)} else {}
    result = Task(HERE, no_log=True).run(do)
    assert result["results"] == [{"user": "novak", **mark}]
    assert shown == []
    assert "warnings" not in result

    more = {"failure": {}}
    if release < (2, 19):
        assert Task(HERE, no_log=True).run(do)["failed"]
        return
    with pytest.raises(AnsibleAction) as raised:
        Task(HERE, no_log=True).run(do)
    assert "novak" not in str(raised.value)
    assert raised.value.result.items() >= {"failed": True, "msg": "novak"}.items()


def handing_on(**given: Any) -> dict[str, Any]:
    """Return arguments that take variables for options."""
    return {"from_variables": {"prefix": "app_", "except": ["mode"], **given}}


def variables_of(host: str = "one", **variables: Any) -> dict[str, Any]:
    """Return the variables of a host, which has all that is needed."""
    here = {f"app_{name}": value for name, value in HERE.items()}
    return {"inventory_hostname": host, "hostvars": {host: {}}, **here, **variables}


@pytest.fixture(autouse=True)
def _extra_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_action, "load_extra_vars", lambda _loader: {"app_companies": None})


def test_variables_go_before_the_arguments_and_these_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABRAFLEXI_TIMEOUT", "7")
    monkeypatch.setenv("ABRAFLEXI_RETRIES", "7")
    given = {"company": ["of module_defaults"], "mode": "later", "retries": 5, "url": "https://else.example.com"}
    task = Task({**given, **handing_on()}, task_vars=variables_of(app_companies=["demo"]))
    report = task.run()["report"]
    assert (task.params["companies"], task.params["mode"], task.params["url"]) == (["demo"], "later", URL)
    assert (task.params["retries"], task.params["timeout"]) == (5, 7.0)
    assert (report["msg"], report["failed"]) == ("Done.", False)


def test_what_came_of_it_is_set_aside_without_failing_or_changing() -> None:
    def do(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.warn("Odd.")
        return {"changed": True, "msg": "Bad.", "failure": {"code": "partial"}}

    result = Task(handing_on(), task_vars=variables_of()).run(do)
    assert (result["failed"], result["changed"], result["msg"], result["warnings"]) == (False, False, "Bad.", ["Odd."])
    assert (result["report"]["failed"], result["report"]["changed"]) == (True, True)
    assert "warnings" not in result["report"]
    assert "ansible_stats" not in result


def test_a_mistyped_variable_is_refused_before_anything_is_done() -> None:
    task = Task(handing_on(set_stats=True), task_vars=variables_of(app_compnies=["demo"]))
    result = task.run()
    assert "app_compnies: there is no such variable. Did you mean app_companies" in result["report"]["msg"]
    assert (result["failed"], result["report"]["failed"], task.params) == (False, True, {})
    assert result["ansible_stats"] == {
        "data": {"app_result_failed": 1, "app_result_problems": [], "app_result_counts_of_one": {"failed": 1}},
        "aggregate": True,
        "per_host": False,
    }


@pytest.mark.parametrize("source", ["environment", "variable"])
@pytest.mark.parametrize("extra", [{"app_delegate_to": "other"}, {"app_url": URL}], ids=["machine", "url"])
@pytest.mark.parametrize("elsewhere", [{"transport": "ssh"}, {"become": True}], ids=str)
def test_credentials_of_the_environment_go_to_no_machine_that_an_extra_variable_names(
    source: str, extra: dict[str, str], elsewhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_action, "load_extra_vars", lambda _loader: extra)
    monkeypatch.setenv("ABRAFLEXI_URL", URL)
    variables = {**variables_of(), **extra}
    if source == "environment":
        monkeypatch.setenv("ABRAFLEXI_PASSWORD", variables.pop("app_password"))
    asked = {"from_variables": {"prefix": "app_", "except": ["mode", "delegate_to"]}}
    variables["hostvars"]["other"] = {}
    task = Task(asked, delegate_to="other", task_vars=variables, **elsewhere)
    report = task.run()["report"]
    if source == "environment" and "app_delegate_to" in extra:
        assert report["msg"].startswith(
            "The password from the environment is not copied to a machine named by an extra"
        )
        assert task.module_args is None
    else:
        assert task.module_args is not None
        assert task.module_args["password"] == "hunter2"


@pytest.mark.parametrize("given", [{}, {"mode": "handler"}, {"report": "left"}])
def test_async_is_refused_since_ansible_would_miss_its_job(given: dict[str, Any]) -> None:
    task = Task(handing_on(**given), async_val=60, task_vars=variables_of(left={"report": {"msg": "Done."}}))
    assert task.refusal().startswith("from_variables cannot be combined with async.")


@pytest.mark.parametrize(("null", "message"), [("refuse", "app_companies is null"), ("leave_out", "Done.")])
def test_null_counts_as_left_out_only_where_that_is_asked_for(null: str, message: str) -> None:
    task = Task(handing_on(null_extra_vars=null), task_vars=variables_of(app_companies=None))
    assert task.run()["report"]["msg"].startswith(message)


@pytest.mark.parametrize(
    ("mode", "extra", "settings", "is_done"),
    [
        ("handler", {}, {}, True),
        ("now", {}, {"mode": "app_how"}, False),
        ("now", {"app_hows": "now"}, {"mode": "app_how"}, False),
        ("now", {"app_how": "now"}, {}, False),
        ("now", {"app_mode": "now"}, {}, True),
        # A rerun of handlers that failed: what it changes must be followed by a logout as well.
        ("now", {"app_how": "now"}, {"mode": "app_how"}, True),
    ],
)
def test_a_handler_does_the_work_only_for_what_was_to_wait_for_it(
    mode: str, extra: dict[str, str], settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, is_done: bool
) -> None:
    monkeypatch.setattr(_action, "load_extra_vars", lambda _loader: extra)
    variables = variables_of(app_result={"results": [], "changed": True, "msg": "Before."}, app_how=mode)
    asked = handing_on(mode=mode, is_handler=True, set_stats=True, settings=settings, **{"except": ["how"]})
    task = Task(asked, task_vars=variables)
    result = task.run()
    assert (task.params != {}, "skipped" in result, "ansible_stats" in result) == (is_done, not is_done, is_done)
    assert result["report"]["msg"] == ("Done." if is_done else "Before.")
    assert result["report"].get("changed") is not is_done


def test_a_module_that_could_not_even_start_has_a_whole_result() -> None:
    not_started = {"failed": True, "changed": False, "msg": "No Python\nthere."}
    task = Task(handing_on(set_stats=True), transport="ssh", task_vars=variables_of(), of_the_module=not_started)
    result = task.run()
    report = result["report"]
    assert (result["failed"], report["failed"], report["msg"]) == (False, True, "No Python\nthere.")
    assert report["failure"]["code"] == "unreachable"
    assert "that was to do the work: No Python there." in report["failure"]["message"]
    assert (report["results"], result["ansible_stats"]["data"]["app_result_failed"]) == ([], 1)


@pytest.mark.parametrize("before", [None, "x", {"skipped": True}])
def test_a_handler_that_is_not_due_reports_nobody_where_nothing_came_before(before: Any) -> None:
    variables = variables_of(app_result=before)
    report = Task(handing_on(is_handler=True), task_vars=variables).run()["report"]
    assert (report["failed"], report["skipped"], report["results"], "failure" in report) == (False, True, [], False)


def test_what_failed_before_does_not_fail_again_in_a_handler_that_is_not_due() -> None:
    before = {"results": [], "failed": True, "failure": {"code": "partial"}, "msg": "Bad."}
    result = Task(handing_on(is_handler=True), task_vars=variables_of(app_result=before)).run()
    assert result["report"] == {**before, "failed": False, "skipped": True}


@pytest.mark.parametrize("variables", [{"app_users": ["refused"]}, {"app_mode": "now", "app_timeout": "x"}])
def test_a_handlers_options_are_checked_where_it_is_not_run(variables: dict[str, Any]) -> None:
    task = Task(handing_on(mode="handler", set_stats=True), task_vars=variables_of(**variables))
    result = task.run()
    assert (result["report"]["failed"], task.params, "ansible_stats" in result) == (True, {}, False)


WRONG_CONNECTIONS: list[tuple[dict[str, Any], str, bool]] = [
    ({"url": "flexi"}, "url 'flexi' does not begin with https://", True),
    ({"url": "http://flexi.example.com"}, "url is plain http", True),
    ({"retries": 1000}, "retries is 1000, which is out of range.", True),
    ({"username": None}, "username is missing.", False),
    ({"password": None}, "There is a username but no password.", False),
    ({"ca_path": "/nowhere"}, "ca_path is '/nowhere', which cannot be read.", False),
    ({"client_key": "/nowhere"}, "There is a client_key but no client_cert.", False),
]


@pytest.mark.parametrize(("given", "says", "is_known_for_elsewhere"), WRONG_CONNECTIONS)
@pytest.mark.parametrize("transport", ["local", "ssh"])
def test_a_handlers_connection_is_checked_as_far_as_that_takes_no_request(
    given: dict[str, Any], says: str, transport: str, *, is_known_for_elsewhere: bool
) -> None:
    variables = variables_of(**{f"app_{name}": value for name, value in given.items()})
    for name in [name for name, value in variables.items() if value is None]:
        del variables[name]
    task = Task(handing_on(mode="handler"), task_vars=variables, transport=transport)
    refused = transport == "local" or is_known_for_elsewhere
    assert task.run()["report"]["msg"].startswith(says if refused else "The options are valid.")
    assert (task.params, task.module_args) == ({}, None)


@pytest.mark.parametrize("option", ["ca_path", "client_cert"])
def test_a_handlers_certificate_that_is_none_is_refused(option: str, tmp_path: Path) -> None:
    file = tmp_path / "none.pem"
    file.write_text("none", encoding="utf-8")
    variables = variables_of(**{f"app_{option}": str(file)})
    report = Task(handing_on(mode="handler"), task_vars=variables).run()["report"]
    assert (report["failed"], str(file) in report["msg"]) == (True, True)


def test_credentials_that_may_not_go_to_the_server_are_refused_before_the_handler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ABRAFLEXI_URL", "https://production")
    monkeypatch.setenv("ABRAFLEXI_PASSWORD", "hunter2")
    variables = variables_of()
    del variables["app_password"]
    for transport in ("local", "ssh"):
        report = Task(handing_on(mode="handler"), task_vars=variables, transport=transport).run()["report"]
        assert "url is a different address" in report["msg"]


def test_a_handlers_options_that_are_right_are_all_there_is_to_say() -> None:
    task = Task(handing_on(mode="handler"), task_vars=variables_of(), transport="ssh")
    report = task.run()["report"]
    assert (report["failed"], report["changed"], report["counts"]) == (False, False, {"failed": 0})
    assert report["msg"].startswith("The options are valid.")
    assert ("failure" in report, task.params, task.module_args) == (False, {}, None)


@pytest.mark.parametrize(
    ("mode", "variables", "says"),
    [
        ("handler", {}, "The options are valid."),
        ("handler", {"app_user": 1}, "app_user: there is no such variable."),
        ("now", {}, "app_users cannot be evaluated: nope is undefined."),
    ],
)
def test_what_is_not_defined_yet_may_be_so_until_the_handler_runs(
    mode: str, variables: dict[str, Any], says: str
) -> None:
    task = Task(handing_on(mode=mode), task_vars=variables_of(**variables), undefined="nope is undefined")
    assert task.run()["report"]["msg"].startswith(says)


@pytest.mark.parametrize("failed", [True, False])
def test_what_was_set_aside_is_reported(monkeypatch: pytest.MonkeyPatch, *, failed: bool) -> None:
    said: list[str] = []
    monkeypatch.setattr(Display, "display", lambda _self, text, **_options: said.append(text))
    left = {"changed": False, "report": {"changed": True, "failed": failed, "msg": "It was so."}}
    given = {"from_variables": {"prefix": "app_", "report": "_done", "advice": "Again."}}
    task = Task(given, task_vars={"_done": left, "app_unknown": 1, "inventory_hostname": "one"})
    result = task.run()
    # Ansible itself shows what failed.
    assert said == ([] if failed else ["one: It was so."])
    assert result == {"changed": True, "failed": failed, "msg": "It was so. Again." if failed else "It was so."}


def test_what_was_skipped_is_not_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Display, "display", lambda _self, text, **_options: said.append(text))
    left = {"skipped": True, "report": {"changed": True, "failed": False, "skipped": True, "msg": "It was so."}}
    result = Task({"from_variables": {"prefix": "app_", "report": "_done"}}, task_vars={"_done": left}).run()
    assert (said, result["skipped"], result["msg"]) == ([], True, "It was so.")


def test_in_check_mode_there_is_no_advice_on_what_to_do_after_the_rollout() -> None:
    given = {"from_variables": {"prefix": "app_", "report": "_done", "advice": "Again."}}
    left = {"report": {"failed": True, "msg": "Bad."}}
    assert Task(given, task_vars={"_done": left}, check_mode=True).run()["msg"] == "Bad."


def test_there_has_to_be_something_to_report() -> None:
    assert "nothing to report" in Task({"from_variables": {"prefix": "app_", "report": "_done"}}).refusal()


def test_settings_are_read_from_variables_before_all_else() -> None:
    settings = {"mode": "app_how", "set_stats": "stats"}
    for mode, is_done in (("handler", False), ("now", True)):
        asked = handing_on(settings=settings, **{"except": []})
        task = Task(asked, task_vars=variables_of(app_how=mode, stats="yes"))
        result = task.run()
        assert (task.params != {}, "ansible_stats" in result, result["report"]["failed"]) == (is_done, is_done, False)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"mode": "app_how"}, "Wrong options for abra.flexi.flexi_user_logout: value of app_how must be one of: now, "),
        ({"set_stats": "app_how"}, "Wrong options for abra.flexi.flexi_user_logout: argument 'app_how' is of type"),
        (
            {"mode": "app_how", "set_stats": "app_how"},
            "Wrong options for abra.flexi.flexi_user_logout: value of app_how",
        ),
        ({"mode": "app_other"}, "from_variables.settings.mode is 'app_other', but there is no variable"),
        ({"mode": None}, "from_variables.settings.mode is null, which is not a value."),
        (None, "from_variables.settings is not a dictionary."),
        ('{"mode": null}', "from_variables.settings is not a dictionary."),
        ({"mod": "app_how"}, "Wrong options for abra.flexi.flexi_user_logout: from_variables.settings.mod. Supported"),
    ],
)
def test_a_wrong_setting_is_refused(settings: Any, says: str) -> None:
    message = Task(handing_on(settings=settings), task_vars=variables_of(app_how="later")).refusal()
    assert message.startswith(says)
    assert ".." not in message


def test_a_variable_with_a_whole_number_that_python_may_not_write_is_refused() -> None:
    report = Task(handing_on(), task_vars=variables_of(app_users=["novak", 16**4500])).run()["report"]
    assert report["msg"].startswith("app_users has a whole number that is far too large.")


@pytest.mark.parametrize(
    ("given", "says"),
    [({"mode": "later"}, "value of mode must be one of"), ({"prefx": "x"}, "prefx"), ({"set_stats": "x"}, "set_stats")],
)
def test_the_option_itself_is_checked(given: dict[str, Any], says: str) -> None:
    assert says in Task(handing_on(**given), task_vars=variables_of()).refusal()


@pytest.mark.parametrize(
    ("host", "of_host", "delegate_to", "url"),
    [
        ("one", None, None, "https://one:5434"),
        ("one", "two", None, "https://two:5434"),
        ("one", "fd00::1", None, "https://[fd00::1]:5434"),
        ("[fd00::1]", None, None, "https://[fd00::1]:5434"),
        # Ansible puts the other host's address there where the host has none.
        ("one", "delegate", "localhost", "https://one:5434"),
        ("one", "of the play", "localhost", "https://of the play:5434"),
    ],
)
def test_the_host_of_the_play_is_the_address_where_nothing_else_gives_one(
    host: str, of_host: str | None, delegate_to: str | None, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = variables_of(host, **({"ansible_host": of_host} if of_host else {}))
    del variables["app_url"]
    task = Task(handing_on(), task_vars=variables, delegate_to=delegate_to)
    task.run()
    assert task.params["url"] == url
    for argument in ({"url": "https://given"}, {}):
        monkeypatch.setenv("ABRAFLEXI_URL", "https://environment")
        task = Task({**handing_on(), **argument}, task_vars=variables)
        task.run()
        assert task.params["url"] == argument.get("url", "https://environment")


@pytest.mark.parametrize(
    ("argument", "hosts", "run_once", "warns"),
    [
        ({}, ["one", "two"], False, True),
        ({}, ["one"], False, False),
        ({}, ["one", "two"], True, False),
        ({"url": "https://environment"}, ["one", "two"], False, False),
    ],
)
def test_the_environments_server_for_several_hosts_is_worth_a_warning(
    argument: dict[str, str], hosts: list[str], monkeypatch: pytest.MonkeyPatch, *, run_once: bool, warns: bool
) -> None:
    monkeypatch.setenv("ABRAFLEXI_URL", "https://environment")
    variables = variables_of(ansible_play_hosts_all=hosts)
    del variables["app_url"]
    result = Task({**handing_on(), **argument}, task_vars=variables, run_once=run_once).run()
    assert ("ABRAFLEXI_URL is the server of each host" in str(result.get("warnings"))) is warns


def test_the_address_that_the_inventory_gives_the_host_is_its_own_also_where_the_other_has_the_same() -> None:
    variables = variables_of(ansible_host="delegate", hostvars={"one": {"ansible_host": "delegate"}})
    del variables["app_url"]
    task = Task(handing_on(), task_vars=variables, delegate_to="localhost")
    task.run()
    assert task.params["url"] == "https://delegate:5434"


@pytest.mark.parametrize(
    ("delegate", "of_delegate", "of_inventory", "url"),
    [
        ("localhost", None, None, "https://one:5434"),
        # Ansible gives it its name where it has no address.
        ("delegate", "delegate", None, "https://one:5434"),
        ("two", "delegate", "delegate", "https://one:5434"),
        ("localhost", "delegate", None, "https://delegate:5434"),
        ("two", "delegate", "another", "https://delegate:5434"),
        ("nowhere", "delegate", None, "https://delegate:5434"),
    ],
)
def test_an_address_of_the_play_is_the_hosts_own_and_one_of_the_other_host_is_not(
    delegate: str, of_delegate: str | None, of_inventory: str | None, url: str
) -> None:
    hosts: dict[str, Any] = {"one": {}}
    if delegate != "nowhere":
        hosts[delegate] = {"ansible_host": of_inventory} if of_inventory else {}
    delegated = {delegate: {"ansible_host": of_delegate} if of_delegate else {}}
    variables = variables_of(ansible_host="delegate", hostvars=hosts, ansible_delegated_vars=delegated)
    del variables["app_url"]
    task = Task(handing_on(), task_vars=variables, delegate_to=delegate, transport="local")
    task.run()
    assert task.params["url"] == url


@pytest.mark.parametrize(
    ("where", "is_here"),
    [
        ({"delegate_to": "localhost", "transport": "ssh", "become": True}, True),
        ({"delegate_to": "other", "transport": "ssh"}, False),
        ({"delegate_to": "one", "become": True}, False),
    ],
    ids=str,
)
def test_on_localhost_it_is_done_here_whatever_variables_say_of_connections(
    where: dict[str, Any], *, is_here: bool
) -> None:
    task = Task(handing_on(), task_vars=variables_of(), **where)
    task.run()
    assert (task.module_args is None) is is_here
    assert is_here or task.module_args == HERE


def test_what_is_omitted_is_no_option_where_ansible_has_a_placeholder_for_it() -> None:
    left_out = {"app_companies": "__omit__", "omit": "__omit__"}
    task = Task(handing_on(), task_vars=variables_of(**left_out))
    task.run()
    assert task.params["companies"] is None


@pytest.mark.parametrize("lists", [["novak"], [{}, "users=novak"], [None], "novak", '[{"companies": "demo"}]', 7])
def test_what_is_no_list_of_dictionaries_is_refused_as_a_whole(lists: Any) -> None:
    refusal = Task(HERE | {"lists": lists}).refusal()
    assert refusal.startswith("lists is not a list of dictionaries. Write them as YAML or,")
