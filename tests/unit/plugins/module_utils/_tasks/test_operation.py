# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds of every task: no secret leaves it, whether an option had it or the server handed it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._secrets import MASK
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import How, Task
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import PASSWORD, options

if TYPE_CHECKING:
    from collections.abc import Mapping

HANDED_OUT = "0123456789abcdef"
TEXT = f"The server said {PASSWORD} and {HANDED_OUT}."
HIDDEN = f"The server said {MASK} and {MASK}."


@pytest.mark.parametrize("fails", [False, True])
def test_no_secret_leaves_a_task(*, fails: bool) -> None:
    def tell(_params: Mapping[str, Any], how: How) -> dict[str, Any]:
        how.hide(HANDED_OUT)
        how.warn(TEXT)
        if fails:
            raise FlexiError(_errors.NOT_FLEXI, TEXT)
        return {"changed": True, "results": [{"msg": TEXT}]}

    hidden: list[str] = []
    warnings: list[str] = []
    how = How(check_mode=False, diff_mode=False, hide=hidden.append, warn=warnings.append)
    result = Task({}, tell).perform(options(url="https://flexi.example.com:5434"), how)

    assert warnings == [HIDDEN]
    assert {PASSWORD, HANDED_OUT} <= set(hidden)
    if fails:
        assert result["msg"].startswith(HIDDEN)
        assert result["failure"]["message"] == HIDDEN
    else:
        assert result == {"changed": True, "results": [{"msg": HIDDEN}]}
