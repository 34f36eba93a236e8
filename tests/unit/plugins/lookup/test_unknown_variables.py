# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup that finds variables that nothing reads."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.abra.flexi.plugins.lookup.unknown_variables import LookupModule

KNOWN = ["app_hosts", "app_users"]


@pytest.mark.parametrize(
    ("variables", "unknown"),
    [
        ({}, []),
        (None, []),
        ({"app_hosts": 1, "app_users": 1, "apps": 1, "other_user": 1, "__app_user": 1}, []),
        ({"app_user": 1}, ["app_user. Did you mean app_users?"]),
        ({"app_nonsense": 1, "app_hsots": 1}, ["app_hsots. Did you mean app_hosts?", "app_nonsense."]),
    ],
)
def test_what_is_unknown(variables: dict[str, Any] | None, unknown: list[str]) -> None:
    assert LookupModule().run(["app_"], variables, known=KNOWN) == unknown


def test_that_a_long_prefix_is_shared_is_no_resemblance() -> None:
    found = LookupModule().run(["some_long_prefix_"], {"some_long_prefix_x": 1}, known=["some_long_prefix_hosts"])

    assert found == ["some_long_prefix_x."]


def test_a_misspelt_prefix_is_found_where_a_known_one_follows() -> None:
    variables = {"some_lang_prefix_host": 1, "some_lang_prefix_other": 1}
    found = LookupModule().run(["some_long_prefix_"], variables, known=["some_long_prefix_hosts"])

    assert found == ["some_lang_prefix_host. Did you mean some_long_prefix_hosts?"]


def test_several_prefixes() -> None:
    found = LookupModule().run(["app_", "tool_"], {"tool_x": 1, "app_x": 1, "other": 1}, known=KNOWN)

    assert [each.partition(".")[0] for each in found] == ["app_x", "tool_x"]


def test_text_of_extra_variables_that_has_no_name_is_refused() -> None:
    with pytest.raises(AnsibleLookupError, match="text that belongs to none of them"):
        LookupModule().run(["app_"], {"app_users": "novak,", "_raw_params": "franta"}, known=KNOWN)


def test_it_wants_to_know_which_there_are() -> None:
    with pytest.raises(AnsibleLookupError, match="option known"):
        LookupModule().run(["app_"], {})
