# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the variables of a play for the options of a task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError, invalid_option
from ansible_collections.abra.flexi.plugins.module_utils._tasks.from_variables import LEAVE_OUT, NAME, SETTINGS
from ansible_collections.abra.flexi.plugins.module_utils._text import readable, some_of
from ansible_collections.abra.flexi.plugins.plugin_utils._as_written import misread, names_read, unparsed
from ansible_collections.abra.flexi.plugins.plugin_utils._spelling import Spelling

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LEFT_BEHIND = "result"
"""How the name of what an earlier run has left goes on after the prefix."""

_MISSING = re.compile(r"'[A-Za-z_][\w ]*' (?:is undefined|has no attribute '\w+')")
_OMITTED = object()


class NotYetDefinedError(FlexiError):
    """A variable has something in it that is not defined."""


class Variables:
    """The variables whose names begin with a prefix, each an option."""

    def __init__(self, asked: Mapping[str, Any], options: Collection[str], secrets: Collection[str]) -> None:
        """``asked`` is the validated option, ``secrets`` are the options that may hold a secret."""
        self._prefix: str = asked["prefix"]
        self._null_is_left_out = asked["null_extra_vars"] == LEAVE_OUT
        names = [name for name in asked[SETTINGS].values() if name and name.startswith(self._prefix)]
        settings = {name[len(self._prefix) :] for name in names}
        self._options = frozenset(options) - {NAME} - settings
        self._read = self._options.union(asked["except"], settings)
        self._of_plays = frozenset(asked["except_extra_vars"])
        self._spelling = Spelling(self._prefix, self._read | self._of_plays)
        self._secrets = frozenset(secrets)

    def options(
        self, variables: Mapping[str, Any], extra: Mapping[str, Any], template: Callable[[Any], Any]
    ) -> dict[str, Any]:
        """Return the options, or raise FlexiError; ``extra`` are those of the variables that are extra variables.

        Of ``template``'s value, what is omitted has to be gone.
        """
        wrong = unparsed(extra) or misread(lambda name: name.startswith(self._prefix) or self._is_read(name, variables))
        if wrong:
            raise invalid_option(wrong)
        self.refuse_unknown(variables)
        self._refuse_unread(variables.keys() - extra.keys())
        self._refuse_dictionary(variables)
        chosen = {name: variables[self._prefix + name] for name in self._options if self._prefix + name in variables}
        taken: dict[str, Any] = {}
        not_yet_defined = None
        for name, raw in sorted(chosen.items()):
            try:
                taken[name] = self._taken(name, raw, extra, template)
            except NotYetDefinedError as problem:
                # What is wrong with another one is wrong before a rollout, too.
                not_yet_defined = not_yet_defined or problem
        if not_yet_defined:
            raise not_yet_defined
        return {name: value for name, value in taken.items() if value is not _OMITTED}

    def refuse_unknown(self, variables: Mapping[str, Any]) -> None:
        """Raise FlexiError where a variable is no option."""
        found = self._spelling.unknown(variables)
        unknown = sorted(
            name
            for name, word in found.items()
            if not word.startswith(LEFT_BEHIND) and not self._is_read(name, variables)
        )
        if not unknown:
            return
        meant = "".join(dict.fromkeys(self._spelling.question(found[name]) for name in unknown))
        raise invalid_option(
            f"{some_of(unknown)}: there {'is' if len(unknown) == 1 else 'are'} no such "
            f"{'variable' if len(unknown) == 1 else 'variables'}.{meant}",
            f"Variables that begin with {self._prefix} are options of the module, with the same names.",
        )

    def _is_read(self, name: str, variables: Mapping[str, Any]) -> bool:
        """Whether a variable that has another prefix is read for an option."""
        own = [variables[self._prefix + word] for word in self._read if self._prefix + word in variables]
        return not name.startswith(self._prefix) and name in names_read(own, variables)

    def _refuse_unread(self, names: Collection[str]) -> None:
        """Raise FlexiError where a variable that only plays read is among those that are no extra variables."""
        for name in sorted(self._prefix + word for word in self._of_plays):
            if name in names:
                raise invalid_option(
                    f"{name} is read only as an extra variable, and only by playbooks of the collection.",
                    "Set hosts in the play, or use --extra-vars with such a playbook.",
                )

    def _refuse_dictionary(self, variables: Mapping[str, Any]) -> None:
        """Raise FlexiError where options are in a dictionary, unless they are handed on from there."""
        name = self._prefix.rstrip("_")
        value = variables.get(name)
        # What a task has registered is somebody else's.
        given = value if isinstance(value, dict) and "changed" not in value else {}
        unread = sorted(key for key in given if key in self._read and not self._is_handed_on(key, given, variables))
        if unread:
            raise invalid_option(
                f"{name} is a dictionary with {', '.join(unread)}, which nothing reads.",
                f"Write each as a variable of its own, such as {self._prefix}{unread[0]}.",
            )

    def _is_handed_on(self, word: str, given: Mapping[str, Any], variables: Mapping[str, Any]) -> bool:
        """Whether what is in a dictionary is read from a variable of its own."""
        name = self._prefix + word
        if word in self._options or name not in variables:
            return name in variables
        # A role's defaults define these, whatever is in the dictionary.
        return bool(variables[name] == given[word]) or "{{" in str(variables[name])

    def _taken(self, name: str, raw: Any, extra: Mapping[str, Any], template: Callable[[Any], Any]) -> Any:
        full = self._prefix + name
        value = _evaluated(full, raw, template, may_be_secret=name in self._secrets)
        if value is None:
            if self._null_is_left_out and full in extra:
                return _OMITTED
            raise _nothing(full, "null")
        if not (isinstance(value, str) and not value.strip()):
            return value
        if isinstance(raw, str) and not raw.strip():
            # So surveys hand on a field that is empty.
            return _OMITTED
        # Left out, it would be somebody else's: everybody, or the server and credentials of the environment.
        raise invalid_option(
            f"{full} is a template that renders to nothing, which is not a value.",
            "Use default(omit) in it to leave the variable out.",
        )


def refuse_null_settings(asked: Any) -> None:
    """Raise FlexiError where a setting is null in what is not yet validated: later it would be one that is left out."""
    settings = asked.get(SETTINGS, {}) if isinstance(asked, dict) else {}
    if not isinstance(settings, dict):
        raise invalid_option(
            f"{NAME}.{SETTINGS} is not a dictionary.",
            "Write each setting with the name of a variable, such as mode: user_logout_mode.",
        )
    for setting, name in settings.items():
        if name is None:
            raise _nothing(f"{NAME}.{SETTINGS}.{setting}", "null")


def settings_from(
    asked: Mapping[str, Any], variables: Mapping[str, Any], template: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return the settings that variables give, under the names of these, or raise FlexiError."""
    settings = {}
    for setting, name in asked[SETTINGS].items():
        if name is None:
            continue
        if name not in variables:
            # A slip would else do at once what a handler was to do.
            raise invalid_option(
                f"{NAME}.{SETTINGS}.{setting} is {name!r}, but there is no variable with that name.",
                "Write the name of a variable that is always defined, such as by the defaults of the role.",
            )
        value = _evaluated(name, variables[name], template)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise _nothing(name, "null" if value is None else "blank")
        if value is not _OMITTED:
            settings[name] = value
    return settings


def _evaluated(name: str, raw: Any, template: Callable[[Any], Any], *, may_be_secret: bool = False) -> Any:
    try:
        templated = template({name: raw})
    except AnsibleUndefinedVariable as problem:
        raise NotYetDefinedError(_errors.INVALID_OPTION, _why_not(name, problem, may_be_secret=may_be_secret)) from None
    except FlexiError:
        raise
    except Exception as problem:  # noqa: BLE001 # before 2.19, what a filter raises comes as it is
        raise invalid_option(_why_not(name, problem, may_be_secret=may_be_secret)) from None
    return templated.get(name, _OMITTED)


def _why_not(name: str, problem: Exception, *, may_be_secret: bool) -> str:
    reason = readable(str(problem.message if isinstance(problem, AnsibleError) else problem)).rstrip(".")
    # Before 2.19, Ansible says it twice.
    reason = ". ".join(dict.fromkeys(reason.split(". ")))
    if may_be_secret:
        # Before 2.19, Ansible repeats the template, and with it whatever stands beside the braces.
        missing = _MISSING.search(reason)
        reason = missing[0] if missing else "there is an error in its template"
    return f"{name} cannot be evaluated: {reason}."


def _nothing(name: str, what: str) -> FlexiError:
    message = f"{name} is {what}, which is not a value."
    return invalid_option(message, "Set a value, or leave it out.")
