# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers stay numbers where templates are joined to text, as by ansible-core before 2.19."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined

from ansible_collections.abra.flexi.plugins.plugin_utils._numbers import with_numbers

VARIABLES = {
    "leaver": {"login": 0o10, "quoted": "010", "rate": 1.5, "huge": 1e16, "is_in": True, "many": float("inf")},
    "logins": [7, "7"],
    "login": "{{ leaver.login }}",
    "the_login": "{{ login }}",
    "quoted": "{{ leaver.quoted }}",
    "leavers": ["{{ leaver.login }}", "{{ login }}", "novak"],
    "looked_up": "{{ lookup('pipe', 'oathtool') }}",
    "itself": "{{ itself }}",
    "literal": "{{ leaver.login }}x",
}
JINJA = Environment(undefined=StrictUndefined, autoescape=False)


def joined(value: Any) -> Any:
    """Evaluate templates, of which text comes always."""
    if isinstance(value, dict):
        return {key: joined(each) for key, each in value.items()}
    if isinstance(value, list):
        return [joined(each) for each in value]
    if not isinstance(value, str):
        return value
    rendered = JINJA.from_string(value).render(VARIABLES)
    # As Ansible does, with what a variable has in it.
    return joined(rendered) if "{{" in rendered and rendered != value else rendered


def lookup(_name: str) -> int:
    raise AssertionError("It was evaluated once more.")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{{ leaver.login }}", 8),
        (" {{leaver['login']}}\n", 8),
        ("{{- leaver.login -}}", 8),
        ("{{ logins | first }}", 7),
        ("{{ nobody | default(leaver.login) }}", 8),
        ("{{ leaver.rate }}", 1.5),
        ("{{ leaver.huge }}", 1e16),
        ("{{ leaver.is_in }}", True),
        ("{{ login }}", 8),
        ("{{ the_login }}", 8),
        (["{{ leaver.login }}", "novak"], [8, "novak"]),
        ({"lists": [{"users": ["{{ leaver.login }}"]}]}, {"lists": [{"users": [8]}]}),
    ],
)
def test_a_number_stays_a_number(written: Any, value: Any) -> None:
    found = with_numbers(written, joined(written), VARIABLES, joined)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "written",
    [
        "{{ leaver.quoted }}",
        "{{ quoted }}",
        "{{ logins | last }}",
        "{{ leaver.login | string }}",
        "{{ '%03d' | format(leaver.login) }}",
        "{{ leaver.login }}{{ leaver.login }}",
        "u{{ leaver.login }}",
        "{% if true %}{{ leaver.login }}{% endif %}",
        "{{ leaver.many }}",
        "8",
        8,
        "",
    ],
)
def test_text_stays_text(written: Any) -> None:
    assert with_numbers(written, joined(written), VARIABLES, joined) == joined(written)


def test_what_is_no_template_is_not_evaluated() -> None:
    # As a survey of AWX hands it on.
    assert with_numbers("{{ leaver.login }}", "{{ leaver.login }}", VARIABLES, joined) == "{{ leaver.login }}"


def test_of_what_a_variable_has_in_it_only_templates_are_evaluated() -> None:
    # Text with a tag, which Ansible hands on as it is.
    assert with_numbers("{{ login }}", VARIABLES["login"], VARIABLES, joined) == VARIABLES["login"]
    assert with_numbers("{{ itself }}", "x", VARIABLES, joined) == "x"


def test_a_list_may_be_in_a_variable() -> None:
    assert with_numbers("{{ leavers }}", ["8", "8", "novak"], VARIABLES, joined) == [8, 8, "novak"]


def test_what_is_looked_up_is_so_once() -> None:
    assert with_numbers("{{ looked_up }}", "123456", VARIABLES, lookup) == "123456"
    assert with_numbers("{{ lookup('pipe', 'oathtool') }}", "123456", VARIABLES, lookup) == "123456"


def test_of_another_shape_is_what_templates_make() -> None:
    assert with_numbers("{{ logins }}", [7, "7"], VARIABLES, joined) == [7, "7"]
    assert with_numbers(["{{ logins }}"], ["7", "8"], VARIABLES, joined) == ["7", "8"]
    assert with_numbers(None, {"users": ["7"]}, VARIABLES, joined) == {"users": ["7"]}
