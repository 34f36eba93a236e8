# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell numbers from text where ansible-core before 2.19 makes text of what a template gives."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.abra.flexi.plugins.plugin_utils._trust import is_trusted_as_template

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE_EXPRESSION = re.compile(r"\s*\{\{-?((?:(?!\{\{|\}\}|\{%|%\}).)+?)-?\}\}\s*", re.DOTALL)
_TWICE = re.compile(r"\b(?:lookup|query|q)\b")
"""What an expression may have in it that must not be evaluated twice."""


def with_numbers(written: Any, value: Any, variables: Mapping[str, Any], template: Callable[[str], Any]) -> Any:
    """Return a value with the numbers and booleans again of which ``template`` has made text.

    ``written`` is what it was before. Of a login that YAML reads as a number, the text is that of another login.
    """
    written = _behind(written, value, variables)
    if isinstance(written, dict) and isinstance(value, dict):
        return {key: with_numbers(written.get(key), each, variables, template) for key, each in value.items()}
    if isinstance(written, list) and isinstance(value, list) and len(written) == len(value):
        return [with_numbers(raw, each, variables, template) for raw, each in zip(written, value)]
    is_text = isinstance(written, str) and isinstance(value, str) and written != value
    return _number(written, value, template) if is_text else value


def _behind(written: Any, value: Any, variables: Mapping[str, Any]) -> Any:
    """Return the last of the templates of which each is only the name of the variable that has the next one."""
    seen: set[str] = set()
    # What is no template, but looks like one, may come from anybody.
    while isinstance(written, str) and written != value and is_trusted_as_template(written):
        found = _ONE_EXPRESSION.fullmatch(written)
        name = found[1].strip() if found else ""
        following = variables.get(name)
        if name in seen or not isinstance(following, (str, list, dict)) or following == value:
            break
        seen.add(name)
        written = following
    return written


def _number(written: str, value: str, template: Callable[[str], Any]) -> Any:
    found = _ONE_EXPRESSION.fullmatch(written)
    if not (found and is_trusted_as_template(written)) or _TWICE.search(found[1]):
        return value
    try:
        is_number = str(template(f"{{{{ ({found[1]}) is number }}}}")) == "True"
        return ast.literal_eval(value) if is_number else value
    except Exception:  # noqa: BLE001 # the value itself could be made, and whatever this is, it is no number
        return value
