# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task of any module of the collection: from its options to its result, with no secret in it.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable

from ansible.module_utils.basic import AnsibleModule

from .._errors import FlexiError
from .._secrets import longest_first, masked
from .options import (
    client_for,
    connection_argument_spec,
    connection_from,
    hide,
    secrets_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._wire.client import Client


@dataclass(frozen=True)
class How:
    """How Ansible wants a task to be done."""

    check_mode: bool
    diff_mode: bool
    hide: Callable[[str], None]
    """Is called with every secret."""
    warn: Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """What one module does."""

    options: Mapping[str, Any]
    """The argument spec of its own options."""
    do: Callable[[Mapping[str, Any], How], dict[str, Any]]
    """Takes the validated options, and returns the task's result or raises FlexiError."""

    @property
    def argument_spec(self) -> dict[str, Any]:
        """The argument spec of all options."""
        return connection_argument_spec() | dict(self.options)

    def perform(self, params: Mapping[str, Any], how: How) -> dict[str, Any]:
        """Do it, and return the task's result, which has ``failure`` where it failed.

        No secret is left in it, nor in the warnings. Ansible masks nothing of an action plugin's result, and of a
        module's from ansible-core 2.22 on only what it shows, but not what it registers.
        """
        secrets: set[str] = set()

        def keep(secret: str) -> None:
            secrets.add(secret)
            how.hide(secret)

        for secret in secrets_in(params):
            keep(secret)
        own = replace(how, hide=keep, warn=lambda warning: how.warn(masked(warning, longest_first(secrets))))
        try:
            result = self.do(params, own)
        except FlexiError as problem:
            result = {"changed": False, "msg": str(problem), "failure": problem.as_failure()}
        hidden: dict[str, Any] = masked(result, longest_first(secrets))
        return hidden


def connect(params: Mapping[str, Any], how: How) -> Client:
    """Return the client that the options describe; raise FlexiError where they cannot be meant."""
    return client_for(connection_from(params), how.hide, check_mode=how.check_mode)


def run_as_module(task: Task) -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=task.argument_spec, supports_check_mode=True)
    how = How(
        check_mode=module.check_mode,
        diff_mode=module._diff,  # noqa: SLF001 - the documented way to know of --diff
        hide=lambda secret: hide(module, secret),
        warn=module.warn,
    )
    result = task.perform(module.params, how)
    if "failure" in result:
        module.fail_json(**result)
    module.exit_json(**result)
