# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module's task in the controller's own process where it runs there anyway: no new Python to start.

Everywhere else the module does the work. Both are thin entrances to the same task. Private to the collection
abra.flexi: it may change in any release.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ansible.plugins.action import ActionBase

from ansible_collections.abra.flexi.plugins.module_utils._secrets import longest_first, masked
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import How, Task
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import options_in_environment
from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import HAS_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator


class FlexiAction(ActionBase):
    """The action plugin of a module; ``task`` is what both do."""

    task: Task
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module would return."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = self._task.args
        try:
            with self._environment_of_the_task():
                # A module on another host, or as another user, would not see this environment.
                self._task.args = self._default_url(task_vars or {}) | options_in_environment() | given
                if self._is_at_home():
                    return result | self._perform()
            wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
            done: dict[str, Any] = self._execute_module(task_vars=task_vars, wrap_async=wrap_async)
            return result | done
        finally:
            # Ansible hands the arguments on to callbacks, and the environment's password is nothing to show.
            self._task.args = given

    def _default_url(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the address that the role makes of the host's, for where neither options nor environment give one."""
        address = task_vars.get("__user_logout_url_of_host")
        return {"url": self._templar.template(address)} if address else {}

    def _is_at_home(self) -> bool:
        """Whether the module would run on this machine, as this user, with the same library."""
        is_plain = not (self._task.async_val or self._play_context.become)
        return HAS_REQUESTS and is_plain and self._connection.transport == "local"

    def _perform(self) -> dict[str, Any]:
        secrets: set[str] = set()
        warnings: list[str] = []
        spec = self.task.argument_spec
        _validation, params = self.validate_argument_spec(spec)
        how = How(
            check_mode=self._task.check_mode,
            diff_mode=self._task.diff,
            hide=secrets.add,
            warn=warnings.append,
        )
        result = self.task.perform(params, how)
        asked = masked({name: params[name] for name in spec}, longest_first(secrets))
        result |= {"failed": "failure" in result, "invocation": {"module_args": asked}}
        return result | ({"warnings": warnings} if warnings else {})

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
