# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that templates give, as they were meant."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.abra.flexi.plugins.module_utils._errors import invalid_option
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import all_names
from ansible_collections.abra.flexi.plugins.module_utils._tasks.whom import WHOM
from ansible_collections.abra.flexi.plugins.plugin_utils._as_written import UNPARSED, templates_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ansible.template import Templar

_NAMES = tuple(name for name, option in all_names(WHOM).items() if WHOM[option]["type"] in {"raw", "list"})
"""How the options, and the variables for them, end that hold logins or names, which are never numbers."""
_LOOKUP = re.compile(r"\b(?:lookup|query|q)\s*\(")
"""What may change something, or find something else, when it is evaluated again."""


def as_meant(value: Any, written: Mapping[Any, Any], variables: Mapping[str, Any], templar: Templar) -> Any:
    """Return options without what ansible-core before 2.19 puts for nothing, and with the numbers it makes text of.

    ``value`` is what came of the templates in ``written``. Of a login that YAML reads as a number, the text is that of
    another login.
    """
    placeholder = variables.get("omit")
    if not isinstance(placeholder, str):
        return value
    names = {name: each for name, each in written.items() if str(name).endswith((*_NAMES, UNPARSED))}
    once = {name for name, each in names.items() if any(map(_LOOKUP.search, templates_behind([each], variables)))}
    again = {name: each for name, each in names.items() if name not in once}
    return _without(with_numbers(value, _typed(again, templar)), placeholder)


def with_numbers(value: Any, typed: Any) -> Any:
    """Return a value with the numbers of ``typed`` where it has their text."""
    if isinstance(value, dict) and isinstance(typed, dict):
        return {key: with_numbers(each, typed.get(key)) for key, each in value.items()}
    if isinstance(value, list) and isinstance(typed, list) and len(value) == len(typed):
        return [with_numbers(*each) for each in zip(value, typed)]
    # Ansible adds the end of the line that a template ends with, but only to text.
    is_text = isinstance(value, str) and isinstance(typed, (int, float)) and str(typed) == value.strip()
    return typed if is_text else value


def _typed(written: Mapping[Any, Any], templar: Templar) -> dict[Any, Any]:
    """Return options with the numbers that templates give, also those that they read."""
    usual = type(templar.environment)

    class KeepsNumbers(usual):  # type: ignore[misc, valid-type] # which class it is depends on Ansible's settings
        @staticmethod
        def concat(nodes: Iterable[Any]) -> Any:
            given = list(nodes)
            # Statements may stand on lines of their own.
            said = [each for each in given if not (isinstance(each, str) and not each.strip())]
            is_number = len(said) == 1 and isinstance(said[0], (int, float))
            return said[0] if is_number else usual.concat(each for each in given)

    typed = _each(dict(written), templar.copy_with_new_env(environment_class=KeepsNumbers).template)
    # All options may come from one template.
    whole = typed.get(UNPARSED)
    return {**typed, **whole} if isinstance(whole, dict) else typed


def _each(value: Any, template: Callable[[Any], Any]) -> Any:
    """Return what comes of the templates in a value, and None for those that fail where text is expected."""
    if isinstance(value, dict):
        return {key: _each(each, template) for key, each in value.items()}
    if isinstance(value, list):
        return [_each(each, template) for each in value]
    try:
        return template(value)
    except Exception:  # noqa: BLE001 # as it was meant, it has been evaluated without a fault
        return None


def _without(value: Any, placeholder: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(each, placeholder) for key, each in value.items() if each != placeholder}
    if isinstance(value, list):
        return [_without(each, placeholder) for each in value if each != placeholder]
    return value


def plain(value: Any, name: str = "") -> Any:
    """Return a value of YAML as a module would get it: in JSON, with the text of dates and of what a vault encrypts.

    Raise FlexiError with the name of what is, or has, a whole number that Python may refuse to write.
    """
    if isinstance(value, dict):
        return {str(key): plain(each, f"{name}.{key}" if name else str(key)) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each, name) for each in value]
    if isinstance(value, int):
        try:
            str(value)
        except ValueError:
            message = f"{name} has a whole number that is far too large."
            raise invalid_option(message) from None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        # Without what Ansible knows of where it comes from.
        return str.__str__(value)
    # Up to ansible-core 2.18, what a vault has encrypted is no text.
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
