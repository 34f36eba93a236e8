# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validate the arguments of a task as its module would, without showing them."""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError, invalid_option
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import all_names
from ansible_collections.abra.flexi.plugins.module_utils._text import Names, readable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_MOST_DIGITS = 30
_NO_NAME = "text that is no option"


class Validator:
    """Validates the arguments of one task."""

    def __init__(self, action: str, never_null: Collection[str], *, may_be_torn: bool) -> None:
        """Take what errors call the module, and the options that must not be null.

        Of arguments that ``may_be_torn``, what looks like a name may be a part of a value.
        """
        self._action = action
        self._never_null = never_null
        self._may_be_torn = may_be_torn

    def validated(self, spec: Mapping[str, Any], arguments: dict[str, Any], hint: str = "") -> dict[str, Any]:
        """Return the arguments as the module would have them; raise FlexiError, with the hint, where they are wrong.

        Ansible's own way to do this shows all arguments with the error, secrets included.
        """
        for where, specs, given in _levels(spec, arguments):
            self._refuse_unknown(where, specs, given)
            self._refuse_ambiguous(where, specs, given)
        beyond = _beyond_numbers(spec, arguments)
        if beyond:
            raise self._wrong([f"{name} is no number, or far too large" for name in beyond], hint)
        validation = ArgumentSpecValidator(dict(spec)).validate(arguments)
        if validation.error_messages:
            raise self._wrong(validation.error_messages, hint)
        params: dict[str, Any] = validation.validated_parameters
        return params

    def _wrong(self, messages: Iterable[str], hint: str) -> FlexiError:
        said = ". ".join(dict.fromkeys(message.rstrip(".") for message in messages))
        return invalid_option(f"Wrong options for {self._action}: {said}.", hint)

    def _refuse_unknown(self, where: str, specs: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        known = all_names(specs)
        unknown = sorted(given.keys() - known.keys())
        if not unknown:
            return
        names = Names(known)
        meant = "".join(dict.fromkeys(names.question(name) for name in unknown))
        named = [f"{where}{name}" if self._is_name(name, names) else _NO_NAME for name in unknown]
        which = readable(", ".join(dict.fromkeys(named)))
        is_torn = self._may_be_torn and _NO_NAME in named
        raise invalid_option(
            f"Unsupported parameters for ({self._action}) module: {which}.{meant}",
            "Write every option as name=value, with quotes around a value that has blanks."
            if is_torn
            else f"Its options: {', '.join(specs)}.",
        )

    def _is_name(self, name: str, names: Names) -> bool:
        """Whether it is surely no part of a template or of text, which may be part of a password."""
        return name.replace("-", "_").isidentifier() and not (self._may_be_torn and not names.meant_by(name))

    def _refuse_ambiguous(self, where: str, specs: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Refuse what could mean more than was meant: an option under two names, and null for one that limits."""
        for name, spec in specs.items():
            named = [each for each in (name, *spec.get("aliases", ())) if each in given]
            if len(named) > 1:
                raise invalid_option(
                    f"{where}{' and '.join(named)} are the same option.",
                    "Use only one; module_defaults may set the other.",
                )
            if named and given[named[0]] is None and name in self._never_null:
                raise invalid_option(
                    f"{where}{named[0]} is null, which is not a value.",
                    "Set a value, or leave it out.",
                )


def _beyond_numbers(spec: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[str]:
    """Return the numbers that are infinite or nearly so, with which some releases of ansible-core end badly.

    Of those that may be fractions, only whole numbers do: infinity is one of their values.
    """
    names = all_names(spec)
    types = {name: spec[names[name]].get("type") for name in arguments if name in names}
    return [name for name, kind in types.items() if _is_beyond_numbers(arguments[name], kind)]


def _is_beyond_numbers(value: Any, kind: str | None) -> bool:
    if kind != "int":
        return kind == "float" and isinstance(value, int) and abs(value) > sys.float_info.max
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    return not number.is_finite() or number.adjusted() > _MOST_DIGITS


def _levels(
    specs: Mapping[str, Any], given: Mapping[str, Any], where: str = ""
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield the arguments with what specifies them, and so for each dictionary in a list of them.

    Raise FlexiError where there is no such list, of which Ansible's own words would be about parsing text.
    """
    yield where, specs, given
    for name, spec in specs.items():
        if "options" not in spec or spec["type"] != "list" or given.get(name) is None:
            continue
        items = given[name]
        for number, item in enumerate(items if isinstance(items, list) else [items]):
            if not (isinstance(items, list) and isinstance(item, dict)):
                raise invalid_option(
                    f"{where}{name} is not a list of dictionaries.",
                    f"Write them as YAML or, on the command line, as JSON, each with {', '.join(spec['options'])}.",
                )
            yield from _levels(spec["options"], item, f"{where}{name}[{number}].")
