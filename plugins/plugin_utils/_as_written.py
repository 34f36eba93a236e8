# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find what Ansible reads otherwise than it was written, in tasks and on the command line."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Callable

from ansible import context
from ansible.module_utils.common.text.converters import to_text
from ansible.parsing.splitter import parse_kv, split_args
from jinja2 import Environment, TemplateError, meta

from ansible_collections.abra.flexi.plugins.module_utils._errors import invalid_option
from ansible_collections.abra.flexi.plugins.module_utils._secrets import texts_in
from ansible_collections.abra.flexi.plugins.module_utils._wire.body import read_json
from ansible_collections.abra.flexi.plugins.plugin_utils._spelling import LIMITS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ansible.playbook.task import Task

_NO_PAIRS = ("@", "{", "[")
"""How an option for extra variables begins that is a file or YAML."""
UNPARSED = "_raw_params"
"""Where Ansible puts text in extra variables that has no name before it."""
_WORD = re.compile(r"\w+")
_COLLECTION = "abra.flexi."
_GROUP = f"group/{_COLLECTION}flexi"
_OF_EVERYBODY = {"hostvars", "vars", "groups"}
"""Variables of Ansible that have all others in them."""
_BY_ITS_NAME = re.compile(r"\b(?:hostvars|vars|varnames)\b")
"""How a template may read a variable whose name it has as text."""
_MARK = re.compile(r"\{[{%]")
_PARSER = Environment(autoescape=False)  # noqa: S701 # nothing is rendered
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_CONSOLE = "pattern"
"""An argument of ansible-console, and of no other command that runs tasks."""
_BACKSLASH = r"\\"
_DECODED = re.compile(r"\\(?:[abfnrtv]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]+\})")
"""What Ansible reads as one other character in NAME=VALUE, such as the beginning of the second part of AD\\novak."""
_AS_TYPED = str.maketrans({"\\": _BACKSLASH, **{character: repr(character)[1:-1] for character in "\a\b\f\n\r\t\v"}})
"""How text that Ansible has read was typed, for what matters here."""
_TORN = re.compile(r"[^\s,;]+[\a\b\f\n\r\t\v][^\s,;]+")
"""What may be a login that was torn."""
_DECODED_IN_A_NAME = re.compile(rf"(?:{_DECODED.pattern})(?=\w)")


class AsWritten:
    """The arguments of a task with their templates, as they stand in the task or in the command."""

    def __init__(self, task: Task) -> None:
        """Take them from the task."""
        of_task, of_command = list(_arguments_in(task)), _text_of_command()
        pieces = [*of_task, of_command]
        self._twice = {*_twice(of_task), *_twice([of_command]), *_twice_in_json(_module_args())}
        self._texts = [each for each in pieces if isinstance(each, str) and each.strip()]
        self.options: dict[str, Any] = {}
        for each in pieces:
            self.options |= parse_kv(each) if isinstance(each, str) else each
        # The console has read its line before there was a task.
        self._read = self.options if _CONSOLE in context.CLIARGS else {}
        self._defaults: dict[str, Any] = {}
        for each in task.module_defaults:
            self._defaults |= each
        self._names_of_defaults = (_GROUP, _COLLECTION + task.action.rpartition(".")[2])

    @property
    def are_text(self) -> bool:
        """Whether they are NAME=VALUE, of which a part of a value may look like a name."""
        return bool(self._texts or self._read)

    def refuse_misread(self, options: Collection[str], variables: Mapping[str, Any]) -> None:
        """Raise FlexiError where Ansible has read a backslash in one of the options, or in what it is made of.

        Raise it, too, where an option is given twice, of which Ansible has passed over one.
        """
        torn = [name for text in self._texts for name in decoded(text)]
        torn += [name for name, value in self._read.items() if _is_decoded(str(value).translate(_AS_TYPED))]
        ours = sorted(set(options).intersection(torn))
        if ours:
            raise invalid_option(
                f"The option {ours[0]} has a backslash that Ansible reads together with what follows it, such as \\n "
                "as the end of a line.",
                "Double each backslash, or write the options as a YAML dictionary.",
            )
        twice = sorted(self._twice.intersection(options))
        if twice:
            raise invalid_option(f"The option {twice[0]} is given twice.", "Write all of it in one.")
        wrong = misread(lambda name: name in names_read(self.options.values(), variables))
        if wrong:
            raise invalid_option(wrong)

    def refuse_omitted(self, given: Collection[str], template: Callable[[Any], Any]) -> None:
        """Raise FlexiError where the task leaves out a limit by ``omit``: Ansible then drops the default, too."""
        omitted = [name for name in LIMITS if name in self.options and name not in given]
        defaults = [template(self._defaults.get(name)) or {} for name in self._names_of_defaults if omitted]
        for name in omitted:
            if any(name in each for each in defaults):
                raise invalid_option(
                    f"{name} is omitted in the task, and with it what module_defaults sets.",
                    "Leave it out of the task, so that the default holds, or set a value.",
                )


def _arguments_in(task: Task) -> Iterator[dict[str, Any] | str]:
    """Yield dictionaries, and text with NAME=VALUE; what Ansible lets hold last comes last."""
    module = task.action.rpartition(".")[2]
    for key, each in sorted((task.get_ds() or {}).items(), key=lambda item: item[0] != "args"):
        if key in {"action", "local_action"}:
            yield from _arguments_of(each)
        elif key == "args" or key.rpartition(".")[2] == module:
            # A template for all of the options is no NAME=VALUE here.
            yield {UNPARSED: each} if key == "args" and isinstance(each, str) else each or {}


def _arguments_of(action: Any) -> Iterator[dict[str, Any] | str]:
    """Yield what the keyword ``action`` has besides the name of the module, which may stand in a dictionary."""
    given = action if isinstance(action, dict) else {"module": action}
    yield given
    yield given.get("args") or {}
    yield " ".join(split_args(str(given.get("module", "")))[1:])


def _text_of_command() -> str:
    """Return the arguments of a command, which a task has only as Ansible has read them; none where they are JSON."""
    given = _module_args()
    return "" if isinstance(read_json(given), dict) else given


def _module_args() -> str:
    return context.CLIARGS.get("module_args") or ""


def _twice(pieces: Iterable[dict[str, Any] | str]) -> list[str]:
    return _repeated(name for each in pieces for name in (_names_in_pairs(each) if isinstance(each, str) else each))


def _twice_in_json(text: str) -> list[str]:
    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        twice.extend(_repeated(name for name, _value in pairs))

    with suppress(ValueError, RecursionError):
        json.loads(text, object_pairs_hook=look)
    return twice


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, number in Counter(names).items() if number > 1]


def _names_in_pairs(pairs: str) -> list[str]:
    return [name for name, equals, _value in _split(pairs) if equals]


def _split(pairs: str) -> list[tuple[str, str, str]]:
    return [pair.partition("=") for pair in split_args(pairs)]


def unparsed(variables: Mapping[str, Any]) -> str:
    """Return a sentence about text in extra variables that became no variable, or nothing where all did."""
    # Of several options, only the last one's is kept.
    of_each = [parse_kv(text).get(UNPARSED, "") for text in _pairs_of_the_command_line()]
    if not any(str(text).strip() for text in (variables.get(UNPARSED, ""), *of_each)):
        return ""
    return (
        "The extra variables (-e) contain text that belongs to none of them. Write NAME=VALUE without blanks around "
        'the equals sign and in the value, or JSON, such as -e \'{"NAME": ["VALUE", "VALUE"]}\'.'
    )


def misread(is_ours: Callable[[str], bool]) -> str:
    """Return a sentence about an extra variable of ours that Ansible has read otherwise than meant, or nothing."""
    given = _pairs_of_the_command_line()
    # Of several -e, the last one holds, as everybody knows.
    twice = [*(name for text in given for name in _twice([text])), *chain(*map(_twice_in_json, _extra_variables()))]
    repeated = next(filter(is_ours, twice), "")
    if repeated:
        return f"The extra variable {repeated} is given twice after the same -e. Write all of it in one."
    ours = [name for text in given for name in decoded(text) if is_ours(name)]
    return _misread(ours[0]) if ours else ""


def _misread(name: str) -> str:
    return (
        f"The extra variable {name} has a backslash that Ansible reads together with what follows it, such as \\n "
        f'as the end of a line. Write it in JSON, with each backslash doubled: -e \'{{"{name}": "AD\\\\novak"}}\'.'
    )


def refuse_misread_text(options: Any) -> None:
    """Raise FlexiError where one of the options has text that Ansible has misread, also by way of a loop or a fact."""
    texts = [text.lower() for text in texts_in(options)]
    for pairs in _pairs_of_the_command_line():
        for name in decoded(pairs):
            torn = _TORN.findall(str(parse_kv(pairs).get(name, "")))
            if any(each.lower() in text for each in torn for text in texts):
                raise invalid_option(_misread(name))


def decoded(pairs: str) -> list[str]:
    """Return the names in ``NAME=VALUE`` pairs of whose values Ansible reads a part as one other character."""
    return [name for name, _equals, value in _split(pairs) if _is_decoded(value)]


def _is_decoded(value: str) -> bool:
    value = value.replace(_BACKSLASH, "")
    # In a template, what is not the beginning of a word is meant, such as what lines are joined with.
    inside = any(_DECODED_IN_A_NAME.search(template) for template in _JINJA.findall(value))
    return inside or bool(_DECODED.search(_JINJA.sub(" ", value)))


def names_read(written: Iterable[Any], variables: Mapping[str, Any]) -> set[str]:
    """Return the names of the variables that templates read, be it by way of other variables."""
    return {name for text in templates_behind(written, variables) for name in _names_in(text) if name in variables}


def templates_behind(written: Iterable[Any], variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the text of templates, and of those in the variables that they read."""
    seen: set[str] = set()
    left = list(written)
    while left:
        # What a vault has encrypted is left out: there may be no key for it.
        for text in texts_in(left.pop()):
            if not _MARK.search(text):
                continue
            yield text
            new = (_names_in(text) & variables.keys()) - seen
            seen |= new
            left += [variables[name] for name in new]


@lru_cache(maxsize=10_000)
def _names_in(text: str) -> frozenset[str]:
    words = frozenset(_WORD.findall(text)) - _OF_EVERYBODY
    if _BY_ITS_NAME.search(text):
        return words
    try:
        return frozenset(meta.find_undeclared_variables(_PARSER.parse(text))) - _OF_EVERYBODY
    except TemplateError:
        return words


def _extra_variables() -> list[str]:
    given: Iterable[Any] = context.CLIARGS.get("extra_vars", ())
    return [to_text(each) for each in given]


def _pairs_of_the_command_line() -> list[str]:
    return [text for text in _extra_variables() if not text.startswith(_NO_PAIRS)]
