# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find variables that nothing reads."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_variables
short_description: Variables that nothing reads
version_added: 0.1.0
author: abra.flexi contributors (@abra-flexi)
description:
  - Returns the variables whose names begin with a prefix and that are not among those known, each with the question
    which one was perhaps meant. So are those whose prefix is misspelt, if what follows it resembles a known one.
  - It fails if a part of C(--extra-vars) became no variable, such as what follows a blank in C(-e "app_users=a,
    b"), which Ansible passes over.
  - A role that takes many variables refuses misspelt ones with it, which would be ignored otherwise.
options:
  _terms:
    description: What the names begin with.
    type: list
    elements: str
    required: true
  known:
    description: The names of the variables that there are.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a misspelt variable
  ansible.builtin.assert:
    that: unknown | length == 0
    fail_msg: "No such variable: {{ unknown | join(' ') }}"
  vars:
    unknown: "{{ query('abra.flexi.unknown_variables', 'app_', known=['app_hosts', 'app_users']) }}"
"""

RETURN = r"""
_raw:
  description: A text for each of them, in the order of their names.
  type: list
  elements: str
  sample: ["app_user. Did you mean app_users?"]
"""

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.abra.flexi.plugins.module_utils._text import shown
from ansible_collections.abra.flexi.plugins.plugin_utils._as_written import unparsed
from ansible_collections.abra.flexi.plugins.plugin_utils._spelling import Spelling

if TYPE_CHECKING:
    from collections.abc import Iterable


class LookupModule(LookupBase):
    """The lookup plugin."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return what is unknown."""
        if "known" not in kwargs:
            raise AnsibleLookupError("Set the option known to the names of all variables that exist.")
        wrong = unparsed(variables or {})
        if wrong:
            raise AnsibleLookupError(wrong)
        return [text for prefix in terms for text in unknown(prefix, variables or (), set(kwargs["known"]))]


def unknown(prefix: str, variables: Iterable[str], known: set[str]) -> list[str]:
    """Return what begins with a prefix, or was meant to, and is unknown."""
    spelling = Spelling(prefix, {name[len(prefix) :] for name in known if name.startswith(prefix)})
    return [f"{shown(name)}.{spelling.question(word)}" for name, word in sorted(spelling.unknown(variables).items())]
