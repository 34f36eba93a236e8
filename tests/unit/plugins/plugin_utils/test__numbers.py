# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers stay numbers where templates are joined to text, as by ansible-core before 2.19."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from jinja2 import Environment, StrictUndefined

from ansible_collections.abra.flexi.plugins.plugin_utils import _numbers
from ansible_collections.abra.flexi.plugins.plugin_utils._numbers import with_numbers
from ansible_collections.abra.flexi.tests.unit.plugins.lookup.test_literal_extra_vars import trusted


def all_trusted(value: Any) -> Any:
    """Return a value whose text Ansible may evaluate."""
    if isinstance(value, dict):
        return {key: all_trusted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [all_trusted(each) for each in value]
    return trusted(value) if isinstance(value, str) else value


VARIABLES = all_trusted(
    {
        "leaver": {"login": 0o10, "quoted": "010", "rate": 1.5, "huge": 1e16, "is_in": True, "many": float("inf")},
        "logins": [7, "7"],
        "login": "{{ leaver.login }}",
        "the_login": "{{ login }}",
        "quoted": "{{ leaver.quoted }}",
        "leavers": ["{{ leaver.login }}", "{{ login }}", "novak"],
        "looked_up": "{{ lookup('pipe', 'oathtool') }}",
        "itself": "{{ itself }}",
    }
)
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
    found = with_numbers(all_trusted(written), joined(written), VARIABLES, joined)
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
    assert with_numbers(all_trusted(written), joined(written), VARIABLES, joined) == joined(written)


@pytest.fixture
def nothing_more(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Return a way to evaluate that must not be taken."""
    # Before 2.19, text has this mark; from then on, other text has another one.
    monkeypatch.setattr(_numbers, "is_trusted_as_template", lambda text: not isinstance(text, Unsafe))
    return never


class Unsafe(str):
    """Text that may come from anybody, as from a survey of AWX."""

    __slots__ = ()


def never(_text: str) -> Any:
    raise AssertionError("It was evaluated once more.")


@pytest.mark.parametrize("text", ["{{ leaver.login }}", "{{ ''.__class__ }}"])
def test_what_is_no_template_is_not_evaluated(nothing_more: Callable[[str], Any], text: str) -> None:
    assert with_numbers(Unsafe(text), text, VARIABLES, nothing_more) == text
    given = {**VARIABLES, "surveyed": Unsafe(text), "all": [Unsafe(text)]}
    assert with_numbers("{{ surveyed }}", text, given, nothing_more) == text
    # With the blank, it is not just the value of the variable.
    assert with_numbers(" {{ surveyed }}", f" {text}", given, nothing_more) == f" {text}"
    assert with_numbers("{{ all }}", [f" {text}"], given, nothing_more) == [f" {text}"]
    assert with_numbers("{{ itself }}", "x", VARIABLES, joined) == "x"


def test_a_list_may_be_in_a_variable() -> None:
    leavers = trusted("{{ leavers }}")
    assert with_numbers(leavers, ["8", "8", "novak"], VARIABLES, joined) == [8, 8, "novak"]


@pytest.mark.parametrize("written", ["{{ looked_up }}", "{{ lookup('pipe', 'oathtool') }}"])
def test_what_is_looked_up_is_so_once(written: str) -> None:
    assert with_numbers(trusted(written), "123456", VARIABLES, never) == "123456"


def test_of_another_shape_is_what_templates_make() -> None:
    assert with_numbers(trusted("{{ logins }}"), [7, "7"], VARIABLES, joined) == [7, "7"]
    assert with_numbers([trusted("{{ logins }}")], ["7", "8"], VARIABLES, joined) == ["7", "8"]
    assert with_numbers(None, {"users": ["7"]}, VARIABLES, joined) == {"users": ["7"]}
