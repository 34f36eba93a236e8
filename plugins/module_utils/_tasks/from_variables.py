# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option that takes variables for options, which only an action plugin can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import invalid_option

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "from_variables"
SETTINGS = "settings"
NOW, HANDLER = "now", "handler"
REFUSE, LEAVE_OUT = "refuse", "leave_out"

SPEC_OF_SETTINGS: dict[str, Any] = {
    "mode": {"type": "str", "choices": [NOW, HANDLER], "default": NOW},
    "null_extra_vars": {"type": "str", "choices": [REFUSE, LEAVE_OUT], "default": REFUSE},
    "set_stats": {"type": "bool", "default": False},
    "set_stats_results": {"type": "bool", "default": False},
}
_SUBOPTIONS: dict[str, Any] = {
    "prefix": {"type": "str", "required": True},
    "except": {"type": "list", "elements": "str", "default": []},
    "except_extra_vars": {"type": "list", "elements": "str", "default": []},
    "is_handler": {"type": "bool", "default": False},
    **SPEC_OF_SETTINGS,
    SETTINGS: {"type": "dict", "options": {name: {"type": "str"} for name in SPEC_OF_SETTINGS}, "default": {}},
    "report": {"type": "str"},
    "advice": {"type": "str"},
}
FROM_VARIABLES: dict[str, Any] = {NAME: {"type": "dict", "options": _SUBOPTIONS}}


def refuse_variables(params: Mapping[str, Any]) -> None:
    """Raise FlexiError where the option has reached an operation, which knows no variables."""
    if params[NAME] is not None:
        raise invalid_option(
            f"{NAME} needs the action plugin of this collection, which did not run.",
            "Call the module by its full name, and install the whole collection.",
        )
