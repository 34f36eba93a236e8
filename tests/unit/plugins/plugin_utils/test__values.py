# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers stay numbers, and nothing stays nothing, where ansible-core before 2.19 makes text of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
from jinja2 import StrictUndefined, meta
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.abra.flexi.plugins.plugin_utils._values import as_meant, with_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

OMITTED = "__omit_place_holder__1"
"""A variable of ansible-core before 2.19."""
VARIABLES = {
    "omit": OMITTED,
    "leaver": {"login": 0o10, "quoted": "010", "rate": 1.5, "is_in": True},
    "record": {"login": "{{ login }}"},
    "query": {"login": 0o10},
    "logins": [7, "7"],
    "login": "{{ leaver.login }}",
    "the_login": "{{ login | default(omit) }}",
    "quoted": "{{ leaver.quoted }}",
    "leavers": ["{{ leaver.login }}", "{{ login }}", "novak"],
    "looked_up": "{{ lookup('pipe', 'pop') }}",
    "options": {"users": "{{ login }}"},
}


class Joining(NativeEnvironment):
    """Makes text of what it evaluates, but for lists and dictionaries."""

    @staticmethod
    def concat(nodes: Iterable[Any]) -> Any:
        """Return text, or what it says."""
        text = "".join(str(node) for node in nodes)
        return NativeEnvironment.concat([text]) if text.startswith(("[", "{")) else text


class Templar:
    """Evaluates templates as Ansible did, also those in variables."""

    def __init__(self, environment_class: type[NativeEnvironment] = Joining) -> None:
        """Take the class of Jinja's environment."""
        self.environment = environment_class(undefined=StrictUndefined)

    def copy_with_new_env(self, environment_class: type[NativeEnvironment]) -> Templar:
        """Return one with another class."""
        return Templar(environment_class)

    def template(self, value: Any) -> Any:
        """Return what comes of a value."""
        if isinstance(value, dict):
            return {key: self.template(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.template(each) for each in value]
        if not (isinstance(value, str) and "{" in value):
            return value
        names = meta.find_undeclared_variables(self.environment.parse(value)) & VARIABLES.keys()
        template = self.environment.from_string(value)
        context = template.new_context({name: self.template(VARIABLES[name]) for name in names})
        return self.environment.concat(template.root_render_func(context))


def meant(written: Any, name: str = "users") -> Any:
    """Return what comes of an option."""
    templar: Any = Templar()
    return as_meant(templar.template({name: written}), {name: written}, VARIABLES, templar)[name]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{{ leaver.login }}", 8),
        ("{{ logins | first }}", 7),
        ("{{ nobody | default(leaver.login) }}", 8),
        ("{{ leaver.rate }}", 1.5),
        ("{{ leaver.is_in }}", True),
        ("{{ login }}", 8),
        ("{{ the_login | default(omit) }}", 8),
        ("{{ record.login }}", 8),
        ("{{ query.login }}", 8),
        ("{{ login }}\n", 8),
        ("{% if leaver %}\n{{ login }}\n{% endif %}\n", 8),
        (["{{ login }}", "{{ '0' + login }}"], [8, "08"]),
        ("{{ [login] }}", [8]),
        ("{% if true %}{{ login }}{% endif %}", 8),
        ("{{ leavers }}", [8, 8, "novak"]),
        (["{{ login }}", "novak"], [8, "novak"]),
        ([{"users": ["{{ leaver.login }}"]}], [{"users": [8]}]),
    ],
)
def test_a_number_stays_a_number(written: Any, value: Any) -> None:
    found = meant(written)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{{ leaver.quoted }}", "010"),
        ("{{ quoted }}", "010"),
        ("{{ logins | last }}", "7"),
        ("{{ leaver.login | string }}", "8"),
        ("{{ '%03d' | format(leaver.login) }}", "008"),
        ("{{ leaver.login }}{{ leaver.login }}", "88"),
        ("u{{ leaver.login }}", "u8"),
        ("8", "8"),
        (8, 8),
        ("", ""),
        (None, None),
    ],
)
def test_text_stays_text(written: Any, value: Any) -> None:
    assert meant(written) == value


def test_a_number_is_refused_only_where_there_are_names() -> None:
    assert meant("{{ leaver.login }}", "password") == "8"
    assert meant("{{ leaver.login }}", "user_logout_exclude_users") == 8


def test_all_options_may_come_from_one_template() -> None:
    templar: Any = Templar()
    assert as_meant({"users": "8"}, {"_raw_params": "{{ options }}"}, VARIABLES, templar) == {"users": 8}


@pytest.mark.parametrize("written", ["{{ looked_up }}", "{{ lookup('pipe', 'pop') }}", "{{ looked_up | lower }}"])
def test_what_is_looked_up_is_so_once(written: str) -> None:
    templar: Any = Templar()
    templar.copy_with_new_env = lambda **_class: MagicMock(template=pytest.fail)
    assert as_meant({"users": "1"}, {"users": written}, VARIABLES, templar) == {"users": "1"}


def test_what_another_option_looks_up_is_nothing_to_this_one() -> None:
    templar: Any = Templar()
    written = {"companies": "{{ lookup('env', 'COMPANY') }}", "users": "{{ login }}"}
    value = {"companies": "1", "users": "8"}
    assert as_meant(value, written, VARIABLES, templar) == {"companies": "1", "users": 8}


def test_what_cannot_be_evaluated_once_more_is_no_number() -> None:
    templar: Any = Templar()
    written = {"companies": "{{ undefined }}", "users": "{{ login }}"}
    assert as_meant({"companies": "8", "users": "8"}, written, VARIABLES, templar) == {"companies": "8", "users": 8}


def test_from_2_19_on_nothing_is_evaluated_again() -> None:
    templar: Any = None
    assert as_meant({"users": "8"}, {"users": "{{ login }}"}, {"login": 8}, templar) == {"users": "8"}


def test_a_key_may_be_a_number() -> None:
    templar: Any = Templar()
    assert as_meant({1: "x", "users": "8"}, {1: "x", "users": "{{ login }}"}, VARIABLES, templar) == {
        1: "x",
        "users": 8,
    }


def test_of_another_shape_is_what_templates_make() -> None:
    assert with_numbers(["7", "8"], [7]) == ["7", "8"]
    assert with_numbers({"users": ["7"]}, None) == {"users": ["7"]}
    assert with_numbers("9", 8) == "9"


def test_what_is_omitted_is_dropped_as_deep_as_it_is() -> None:
    value = {"a": OMITTED, "b": [{"c": OMITTED, "d": None}, OMITTED, "e"]}
    templar: Any = Templar()
    assert as_meant(value, {}, VARIABLES, templar) == {"b": [{"d": None}, "e"]}
