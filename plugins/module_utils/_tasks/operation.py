# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operation of any module of the collection: from its options to its result, with no secret in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable, Protocol

from ansible.module_utils.ansible_release import __version__
from ansible.module_utils.basic import AnsibleModule

from .._errors import FlexiError
from .._secrets import Secrets
from .spec import connection_argument_spec, secrets_in

if TYPE_CHECKING:
    from collections.abc import Mapping


RELEASE = tuple(map(int, __version__.split(".")[:2]))
_TAKEN_FOR_A_LOOP = ((2, 19), (2, 20))
"""Releases of ansible-core that take ``results`` for those of a loop, and censor only those that say so."""


def _failed(problem: FlexiError, *, diff_mode: bool) -> dict[str, Any]:  # noqa: ARG001 - it is there for those with a diff
    return {"changed": False, "msg": str(problem), "failure": problem.as_failure()}


def _keep_quiet(_news: str) -> None:
    """Say nothing: a module has nobody to tell before its end."""


def _accept(_params: Mapping[str, Any]) -> None:
    """Find nothing wrong."""


def _raise(interruption: BaseException) -> None:
    raise interruption


class Failed(Protocol):
    """Makes the result of a task that failed as a whole."""

    def __call__(self, problem: FlexiError, *, diff_mode: bool) -> dict[str, Any]:
        """Return it; with ``diff_mode`` it has a diff where the operation has one."""


@dataclass(frozen=True)
class Context:
    """How Ansible wants an operation to be done."""

    check_mode: bool
    diff_mode: bool
    secrets: Secrets
    """What must not be shown; more may be added."""
    warn: Callable[[str], None]
    tell: Callable[[str], None] = _keep_quiet
    """Is called with how far a long run is."""
    interrupted: Callable[[BaseException], None] = _raise
    """Is called with what ended the operation from outside; raises that unless there is to be a result all the same."""


@dataclass(frozen=True)
class Operation:
    """What one module does."""

    options: Mapping[str, Any]
    """The argument spec of its own options."""
    do: Callable[[Mapping[str, Any], Context], dict[str, Any]]
    """Takes the validated options, and returns the task's result or raises FlexiError."""
    failed: Failed = _failed
    """Returns the result of a task that failed as a whole."""
    check: Callable[[Mapping[str, Any]], object] = _accept
    """Raises FlexiError where the validated options cannot be what was meant."""
    never_null: frozenset[str] = frozenset()
    """Options that limit what is done: null for one of these is refused where it can be told from leaving it out."""

    @property
    def argument_spec(self) -> dict[str, Any]:
        """The argument spec of all options."""
        return connection_argument_spec() | dict(self.options)

    def perform(self, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Do it, and return the task's result, which has ``failure`` where it failed.

        No secret is left in it, nor in the warnings. Ansible masks nothing of an action plugin's result, and of a
        module's from ansible-core 2.22 on only what it shows, but not what it registers.
        """
        secrets = context.secrets
        secrets.add(*secrets_in(self.argument_spec, params))
        try:
            result = self.do(params, replace(context, warn=lambda warning: context.warn(secrets.hide_in(warning))))
        except FlexiError as problem:
            result = self.failed(problem, diff_mode=context.diff_mode)
        hidden: dict[str, Any] = secrets.hide_in(result)
        return hidden


def unlogged(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a task with ``no_log``, so that callbacks show nothing of it: its warnings are left out."""
    shown = {name: value for name, value in result.items() if name != "warnings"}
    if "results" in shown and RELEASE in _TAKEN_FOR_A_LOOP:
        shown["results"] = [{**each, "_ansible_no_log": True} for each in shown["results"]]
    return shown


def run_as_module(operation: Operation) -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=operation.argument_spec, supports_check_mode=True)

    context = Context(
        check_mode=module.check_mode,
        diff_mode=module._diff,  # noqa: SLF001 - the documented way to know of --diff
        # From ansible-core 2.22 on there is register_secret, too, but with ANSIBLE_DEBUG, what it knows is shown.
        secrets=Secrets(also=module.no_log_values.add),
        warn=_keep_quiet if module.no_log else module.warn,
    )
    result = operation.perform(module.params, context)
    # Ansible would take the options as they are.
    result["invocation"] = {"module_args": context.secrets.hide_in(dict(module.params))}
    if module.no_log:
        result = unlogged(result)
    if "failure" in result:
        module.fail_json(**result)
    module.exit_json(**result)
