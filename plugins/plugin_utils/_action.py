# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do a module's operation in the controller's own process where it runs there anyway: no new Python to start.

Everywhere else the module does it. Both are thin entrances to the same operation.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable

from ansible import constants
from ansible.errors import AnsibleAction
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError, invalid_option
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.environment import (
    credentials_taken,
    options_in_environment,
    settled,
)
from ansible_collections.abra.flexi.plugins.module_utils._tasks.from_variables import (
    FROM_VARIABLES,
    HANDLER,
    NAME,
    SETTINGS,
    SPEC_OF_SETTINGS,
)
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import RELEASE, Context, Operation, unlogged
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import check_client, connection_from
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import all_names, names_of_secrets, secrets_in
from ansible_collections.abra.flexi.plugins.module_utils._text import readable
from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import HAS_REQUESTS
from ansible_collections.abra.flexi.plugins.plugin_utils._as_written import AsWritten, refuse_misread_text
from ansible_collections.abra.flexi.plugins.plugin_utils._reports import (
    artifacts,
    reported,
    saying_that_it_is_one_server,
    saying_whose_address,
)
from ansible_collections.abra.flexi.plugins.plugin_utils._validation import Validator
from ansible_collections.abra.flexi.plugins.plugin_utils._values import as_meant, plain
from ansible_collections.abra.flexi.plugins.plugin_utils._variables import (
    LEFT_BEHIND,
    NotYetDefinedError,
    Variables,
    refuse_null_settings,
    settings_from,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WITHOUT_FILES = {"client_cert": None, "client_key": None, "validate_certs": False}
"""Options with which no file is read, since those are on the host that does the work."""
_CHECK_OPTIONS = "Options of the connection may also come from environment variables, such as ABRAFLEXI_URL."
_NOTHING_SENT = "The options are valid. Users are logged out only if the handler is notified."
_NOT_DUE = "Nothing to do for the handler, since the mode is now."

_SHOWS_WHY = (2, 19)
"""From this release on, ansible-core shows why a task with ``no_log`` failed: its message, or that of an exception."""
_HIDDEN = "The task failed. What it says is hidden, since no_log was set."


class FlexiAction(ActionBase):
    """The action plugin of a module; ``operation`` is what both do."""

    operation: Operation
    _supports_check_mode = True
    _supports_async = True
    _asked: Mapping[str, Any] | None = None
    """The option that takes variables for options, where it is given."""
    _host = ""
    """The host of the play, also where the task is delegated."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module would return."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        secrets = Secrets()
        variables = task_vars or {}
        self._host = str(variables.get("inventory_hostname", ""))
        with self._environment_of_the_task():
            try:
                done = self._done(variables, secrets)
            except FlexiError as problem:
                done = secrets.hide_in(self.operation.failed(problem, diff_mode=self._task.diff)) | {"failed": True}
        done = result | self._set_aside(done)
        if not self._task.no_log:
            return done
        done = unlogged(done)
        if done.get("failed") and RELEASE >= _SHOWS_WHY:
            raise AnsibleAction(_HIDDEN, result=done)
        return done

    def _done(self, variables: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
        spec = self.operation.argument_spec
        written = AsWritten(self._task)
        written.refuse_misread(all_names(spec), variables)
        self._validator = Validator(self._task.action, self.operation.never_null, may_be_torn=written.are_text)
        given: dict[str, Any] = plain(as_meant(self._task.args, written.options, variables, self._templar))
        secrets.add(*secrets_in(spec, given))
        written.refuse_omitted(given, self._templar.template)
        asked = given.pop(NAME, None) if NAME in spec else None
        if asked is None:
            return self._work(given, options_in_environment(spec) | given, variables, secrets)
        return self._work_of_variables(asked, given, variables, secrets)

    def _work_of_variables(
        self, asked: Any, given: dict[str, Any], variables: dict[str, Any], secrets: Secrets
    ) -> dict[str, Any]:
        """Do what is asked for with variables, or report it."""
        if self._task.async_val:
            # Ansible would look for the number of a job where this one only sets its result aside.
            raise invalid_option(
                f"{NAME} cannot be combined with async. Nothing was sent.",
                "Leave async out, or give the options in the task itself.",
            )
        refuse_null_settings(asked)
        asked = self._validator.validated(FROM_VARIABLES, {NAME: asked})[NAME]
        if asked["report"]:
            self._asked = asked
            # In check mode, the rollout is still to come.
            return self._reported(variables, asked | {"advice": None} if self._task.check_mode else asked)
        with self._of_the_plays_host(variables) as own:
            self._asked = asked = self._settled(asked, own)
            if asked["is_handler"] and not self._is_due(asked):
                return self._passed_over(variables, asked)
            try:
                given = self._with_variables(given, asked, own)
            except NotYetDefinedError:
                if self._only_checks:
                    return self._of_nobody(_NOTHING_SENT)
                raise
            of_host = {} if "url" in given else {"url": self._url_of_host(own)}
        arguments = of_host | options_in_environment(self.operation.argument_spec) | given
        if not of_host:
            return self._work(given, arguments, variables, secrets)
        if arguments["url"] == of_host["url"]:
            return saying_whose_address(self._work(of_host | given, arguments, variables, secrets))
        hosts = 1 if self._task.run_once else len(variables.get("ansible_play_hosts_all", ()))
        return saying_that_it_is_one_server(self._work(given, arguments, variables, secrets), asked["prefix"], hosts)

    def _settled(self, asked: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is asked for with the settings that variables give, which need no templates in the task."""
        given = settings_from(asked, variables, self._templated(variables))
        return asked | {
            # With the variable's name, that is what an error names.
            setting: self._validator.validated({name: SPEC_OF_SETTINGS[setting]}, {name: given[name]})[name]
            for setting, name in asked[SETTINGS].items()
            if name in given
        }

    def _work(
        self, given: dict[str, Any], arguments: dict[str, Any], variables: dict[str, Any], secrets: Secrets
    ) -> dict[str, Any]:
        """Do it with the arguments, of which those are ``given`` that the environment does not give."""
        refuse_misread_text(given)
        secrets.add(*secrets_in(self.operation.argument_spec, arguments))
        params = self._validator.validated(self.operation.argument_spec, arguments, _CHECK_OPTIONS)
        if self._only_checks:
            self._check(given, arguments, params, secrets)
            return self._of_nobody(_NOTHING_SENT)
        if self._is_at_home():
            return self._perform(params, secrets)
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        done: dict[str, Any] = self._execute_module(
            module_args=self._for_elsewhere(given, arguments, params), task_vars=variables, wrap_async=wrap_async
        )
        return done

    def _check(
        self, given: dict[str, Any], arguments: dict[str, Any], params: dict[str, Any], secrets: Secrets
    ) -> None:
        """Raise FlexiError where a handler could not do it, as far as that can be known without a request."""
        self.operation.check(params)
        if self._is_at_home():
            check_client(params, secrets, check_mode=self._task.check_mode)
        else:
            self._for_elsewhere(given, arguments, params)
            connection_from(params | _WITHOUT_FILES)

    def _reported(self, variables: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        report = reported(variables, asked)
        # Somebody who types the mode may expect more of it.
        is_usual = report["msg"] == _NOTHING_SENT and f"{asked['prefix']}mode" not in load_extra_vars(self._loader)
        if not (report.get("failed") or report.get("skipped") or is_usual):
            # Of a task that went well, callbacks show no message.
            self._tell(report["msg"])
        return report

    def _with_variables(
        self, given: dict[str, Any], asked: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the options of the task, and over them the variables that are options."""
        spec = self.operation.argument_spec
        names = all_names(spec)
        taken = Variables(asked, names, names_of_secrets(spec))
        options = taken.options(variables, load_extra_vars(self._loader), self._templated(variables))
        # An option of module_defaults may have another name.
        over = {names[name] for name in options}
        return {name: value for name, value in given.items() if names.get(name) not in over} | options

    @property
    def _only_checks(self) -> bool:
        """Whether another task, a handler, does the work."""
        asked = self._asked
        return asked is not None and asked["mode"] == HANDLER and not asked["is_handler"]

    def _is_due(self, asked: Mapping[str, Any]) -> bool:
        """Whether a handler that is notified does its work: where the mode says so, or does so but for a rerun.

        An extra variable hides the mode of every use, and what a rerun changes has to be followed by a logout.
        """
        name = asked[SETTINGS].get("mode") or f"{asked['prefix']}mode"
        return asked["mode"] == HANDLER or name in load_extra_vars(self._loader)

    def _passed_over(self, variables: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what there was to report before, for Ansible puts the result of a skipped task in its place."""
        before = variables.get(f"{asked['prefix']}{LEFT_BEHIND}")
        kept = before if isinstance(before, dict) and "results" in before else self._of_nobody(_NOT_DUE)
        return {**kept, "failed": False, "skipped": True}

    def _of_nobody(self, message: str) -> dict[str, Any]:
        nobody = self.operation.failed(_errors.stopped(), diff_mode=False)
        del nobody["failure"]
        return nobody | {"failed": False, "msg": message}

    def _whole(self, done: dict[str, Any]) -> dict[str, Any]:
        """Return a result with all its keys, which that of a module that could not even start has not."""
        if "failure" in done or not done.get("failed"):
            return done
        reason = readable(str(done.get("msg", "")))
        problem = FlexiError(
            _errors.UNREACHABLE,
            f"The module could not run on the machine that was to do the work: {reason}",
            "Check that Ansible reaches this machine, and that it has Python and requests.",
        )
        return {**self.operation.failed(problem, diff_mode=self._task.diff), **done}

    def _set_aside(self, done: dict[str, Any]) -> dict[str, Any]:
        """Return the result for a task that is to report it later, where there is to be one."""
        asked = self._asked
        if asked is None or asked["report"]:
            return done
        done = self._whole(done)
        kept = {"changed": False, "failed": False, "msg": done.get("msg", ""), "report": done}
        # Shown by this task, and not again by the other.
        kept |= {"warnings": done.pop("warnings")} if "warnings" in done else {}
        if done.get("skipped"):
            return kept | {"skipped": True}
        if asked["set_stats"] and not self._only_checks:
            data = artifacts(asked["prefix"], self._host, done, with_results=asked["set_stats_results"])
            # Ansible drops these where a task fails, which is why another one does.
            kept["ansible_stats"] = {"data": data, "aggregate": True, "per_host": False}
        return kept

    def _templated(self, variables: Mapping[str, Any]) -> Callable[[Any], Any]:
        return lambda raw: plain(as_meant(self._templar.template(raw), raw, variables, self._templar))

    @contextmanager
    def _of_the_plays_host(self, variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Let templates see the host of the play, for which Ansible puts the address of the one delegated to."""
        own = dict(variables)
        if self._task.delegate_to:
            in_inventory = variables["hostvars"][self._host]
            for name in constants.MAGIC_VARIABLE_MAPPING["remote_addr"]:
                is_added = name not in in_inventory and own.get(name) == self._play_context.remote_addr
                if is_added and not self._is_of_the_play(name, variables):
                    own.pop(name, None)
        before = self._templar.available_variables
        self._templar.available_variables = own
        try:
            yield own
        finally:
            self._templar.available_variables = before

    def _is_of_the_play(self, name: str, variables: dict[str, Any]) -> bool:
        """Whether the one delegated to has an address that its name and the inventory do not give, but the play."""
        delegate, hosts = self._task.delegate_to, variables["hostvars"]
        value = variables.get("ansible_delegated_vars", {}).get(delegate, {}).get(name)
        if value in (None, delegate):
            return False
        return delegate not in hosts or value != hosts[delegate].get(name)

    def _url_of_host(self, variables: Mapping[str, Any]) -> str:
        address = str(self._templar.template(variables.get("ansible_host", self._host)))
        if address.startswith("[") and address.endswith("]"):
            address = address[1:-1]
        return f"https://{f'[{address}]' if ':' in address else address}:5434"

    def _is_at_home(self) -> bool:
        """Whether the module would run on this machine, as this user, with the same library."""
        if self._asked is not None and self._task.delegate_to in constants.LOCALHOST:
            # What the inventory says of connections and privileges is meant for its hosts.
            return HAS_REQUESTS
        is_plain = not (self._task.async_val or self._play_context.become)
        return HAS_REQUESTS and is_plain and self._is_local()

    def _is_local(self) -> bool:
        return bool(self._connection.transport == "local")

    def _perform(self, params: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
        warnings: list[str] = []
        context = Context(
            check_mode=self._task.check_mode,
            diff_mode=self._task.diff,
            secrets=secrets,
            warn=warnings.append,
            tell=self._tell,
            interrupted=_raise_unless_timed_out,
        )
        result = self.operation.perform(params, context)
        asked = secrets.hide_in({name: params[name] for name in self.operation.argument_spec})
        result |= {"failed": "failure" in result, "invocation": {"module_args": asked}}
        return result | ({"warnings": warnings} if warnings else {})

    def _tell(self, progress: str) -> None:
        if not self._task.no_log:
            # Not where a callback may be writing JSON.
            self._display.display(f"{self._host}: {progress}", stderr=True)

    def _for_elsewhere(
        self, given: dict[str, Any], arguments: dict[str, Any], params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the arguments for the module; raise FlexiError where the environment's credentials may not go."""
        held = settled(self.operation.argument_spec, params)
        if self._is_local() and not self._play_context.become:
            # There, the module has this environment by itself.
            return {"url": params["url"], **given}
        self._refuse_machine_of_extra_variable(held)
        dropped = {name for name, value in held.items() if value is None}
        return {name: value for name, value in arguments.items() if name not in dropped}

    def _refuse_machine_of_extra_variable(self, params: Mapping[str, Any]) -> None:
        """Refuse to copy the environment's credentials to where an extra variable wants the work done.

        Whoever starts a job, or hands on its artifacts, may set one without knowing the credentials.
        """
        name = f"{self._asked['prefix']}delegate_to" if self._asked else ""
        spec = self.operation.argument_spec
        taken = credentials_taken(spec, params, options_in_environment(spec))
        if taken and name in load_extra_vars(self._loader):
            raise invalid_option(
                f"The {taken[0]} from the environment is not copied to a machine named by an extra variable.",
                f"Set {name} in the playbook or in the inventory.",
            )

    @contextmanager
    def _environment_of_the_task(self) -> Iterator[None]:
        """Let the keyword ``environment`` reach the options, as it reaches a module."""
        before = dict(os.environ)
        of_the_task: dict[str, Any] = {}
        self._compute_environment_string(of_the_task)
        os.environ.update({name: str(value) for name, value in of_the_task.items()})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _raise_unless_timed_out(interruption: BaseException) -> None:
    """Let a task that ran into its ``timeout`` say how far it came; everything else ends it at once."""
    # The class has another place in each release of ansible-core.
    if type(interruption).__name__ != "TaskTimeoutError":
        raise interruption
