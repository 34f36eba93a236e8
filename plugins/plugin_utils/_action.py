# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do a module's operation in the controller's own process where it runs there anyway: no new Python to start.

Everywhere else the module does it. Both are thin entrances to the same operation. Private to the collection abra.flexi:
it may change in any release.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks.environment import options_in_environment, settled
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context, Operation
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import secrets_in
from ansible_collections.abra.flexi.plugins.module_utils._text import readable, similar
from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import HAS_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHECK_OPTIONS = "Options of the connection may also come from environment variables, such as ABRAFLEXI_URL."


class FlexiAction(ActionBase):
    """The action plugin of a module; ``operation`` is what both do."""

    operation: Operation
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module would return."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        secrets = Secrets()
        with self._environment_of_the_task():
            given = self._given()
            fallback = {} if "url" in given else self._default_url(task_vars or {})
            arguments = fallback | given
            secrets.add(*secrets_in(self.operation.argument_spec, arguments))
            try:
                done = self._done(arguments, secrets, task_vars)
            except FlexiError as problem:
                done = secrets.hide_in(self.operation.failed(problem, diff_mode=self._task.diff)) | {"failed": True}
            return result | (_saying_whose_address(done) if fallback else done)

    def _done(self, arguments: dict[str, Any], secrets: Secrets, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        params = self._validated(arguments)
        if self._is_at_home():
            return self._perform(params, secrets)
        return self._execute(self._for_elsewhere(arguments, params), task_vars)

    def _given(self) -> dict[str, Any]:
        """Return the task's arguments as a module would get them, and below them what the environment gives."""
        given: dict[str, Any] = _plain(self._task.args)
        return options_in_environment(self.operation.argument_spec) | given

    def _default_url(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the address that the role makes of the host's, for where neither options nor environment give one."""
        address = task_vars.get("__user_logout_url_of_host")
        return {"url": self._templar.template(address)} if address else {}

    def _is_at_home(self) -> bool:
        """Whether the module would run on this machine, as this user, with the same library."""
        is_plain = not (self._task.async_val or self._play_context.become)
        return HAS_REQUESTS and is_plain and self._is_local()

    def _is_local(self) -> bool:
        return bool(self._connection.transport == "local")

    def _validated(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments as the module would have them; raise FlexiError where they are wrong.

        Ansible's own way to do this shows all arguments with the error, secrets included.
        """
        self._refuse_unknown(arguments)
        self._refuse_ambiguous(arguments)
        validation = ArgumentSpecValidator(self.operation.argument_spec).validate(arguments)
        if validation.error_messages:
            message = f"Wrong options for {self._task.action}: {'. '.join(validation.error_messages)}."
            raise FlexiError(_errors.INVALID_OPTION, message, _CHECK_OPTIONS)
        params: dict[str, Any] = validation.validated_parameters
        return params

    def _refuse_unknown(self, arguments: Mapping[str, Any]) -> None:
        spec = self.operation.argument_spec
        known = [*spec, *(alias for each in spec.values() for alias in each.get("aliases", ()))]
        unknown = sorted(set(arguments) - set(known))
        if unknown:
            meant = "".join(dict.fromkeys(similar(name, known) for name in unknown))
            raise FlexiError(
                _errors.INVALID_OPTION,
                f"Unsupported parameters for ({self._task.action}) module: {readable(', '.join(unknown))}.{meant}",
                "Write every option as name=value." if "_raw_params" in unknown else f"Its options: {', '.join(spec)}.",
            )

    def _refuse_ambiguous(self, arguments: Mapping[str, Any]) -> None:
        """Refuse what could mean more than was meant: an option under two names, and null for one that limits."""
        for name, spec in self.operation.argument_spec.items():
            given = [each for each in (name, *spec.get("aliases", ())) if each in arguments]
            if len(given) > 1:
                raise FlexiError(_errors.INVALID_OPTION, f"{' and '.join(given)} are the same option.", "Give one.")
            if given and arguments[given[0]] is None and name in self.operation.never_null:
                raise FlexiError(
                    _errors.INVALID_OPTION,
                    f"{given[0]} is null, which could mean none or all.",
                    "Leave it out to mean all.",
                )

    def _perform(self, params: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
        warnings: list[str] = []
        context = Context(
            check_mode=self._task.check_mode,
            diff_mode=self._task.diff,
            secrets=secrets,
            warn=warnings.append,
            interrupted=_raise_unless_timed_out,
        )
        result = self.operation.perform(params, context)
        asked = secrets.hide_in({name: params[name] for name in self.operation.argument_spec})
        result |= {"failed": "failure" in result, "invocation": {"module_args": asked}}
        return result | ({"warnings": warnings} if warnings else {})

    def _for_elsewhere(self, arguments: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments for the module; raise FlexiError where the environment's credentials may not go."""
        held = settled(self.operation.argument_spec, params)
        if self._is_local() and not self._play_context.become:
            # There, the module has this environment by itself.
            given: dict[str, Any] = _plain(self._task.args)
            return {"url": params["url"], **given}
        dropped = {name for name, value in held.items() if value is None}
        return {name: value for name, value in arguments.items() if name not in dropped}

    def _execute(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        done: dict[str, Any] = self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async)
        return done

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


def _plain(value: Any) -> Any:
    """Return a value of YAML as a module would get it: in JSON, with the text of dates and of what a vault encrypts."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        # Without what Ansible knows of where it comes from.
        return str.__str__(value)
    # Up to ansible-core 2.18, what a vault has encrypted is no text.
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _saying_whose_address(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a task without a url, which says so where that may be why it failed."""
    failed = result.get("failure")
    if not failed or failed["code"] not in _errors.FOR_EVERYBODY | _errors.PERHAPS_FOR_EVERYBODY:
        return result
    note = "No url was given, so the address of the host was taken."
    hint = f"{failed['hint']} {note}".strip()
    return result | {"msg": f"{result['msg']} {note}", "failure": {**failed, "hint": hint}}


def _raise_unless_timed_out(interruption: BaseException) -> None:
    """Let a task that ran into its ``timeout`` say how far it came; everything else ends it at once."""
    # The class has another place in each release of ansible-core.
    if type(interruption).__name__ != "TaskTimeoutError":
        raise interruption
