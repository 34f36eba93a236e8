# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in without a new Python for each task: the same, and as talkative as a module."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

# It resolves where the tests put both files.
from ..module_utils.fake import outcome, spec_of  # type: ignore[import-not-found] # noqa: TID252


class ActionModule(ActionBase):
    """The action plugin of the module whose name the task has."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module would return."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        # Short names are resolved to the collection that has the module.
        collection, _dot, name = str(self._task.resolved_action).rpartition(".")
        kind = f"eda_{name}" if collection == "ansible.eda" else name
        spec = spec_of(kind)
        _validation, params = self.validate_argument_spec(spec)  # type: ignore[no-untyped-call] # of Ansible
        shown = {name: value for name, value in params.items() if not spec[name].get("no_log")}
        done: dict[str, Any] = outcome(kind, params, collection=collection, check_mode=self._task.check_mode)
        return {**result, **done, "invocation": {"module_args": shown}}
