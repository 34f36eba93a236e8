# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of flexi_server_check share: servers to check, and what is found there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.abra.flexi.plugins.module_utils._tasks.server_check import SERVER_CHECK
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import ADMIN, perform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible_collections.abra.flexi.tests.emulator import Emulator

TRIED = {"try_user": "zkouska", "try_password": "fake-zkouska"}
THROW_AWAY = {"username": "zkouska", "password": "fake-zkouska"}
USUAL_FIRM, SMALL_FIRM = "firma01", "firma02"


def world(*, users: int = 30, companies: int = 25) -> dict[str, Any]:
    """Return a state with lists that are longer than a page, and lists of one and of nobody."""
    roles = {USUAL_FIRM: "UCETNI"}
    return {
        "companies": [{"dbNazev": f"firma{number:02}", "nazev": "Firma"} for number in range(1, companies + 1)],
        "users": [
            ADMIN,
            {**THROW_AWAY, "roles": roles},
            {"username": "sam", "roles": {SMALL_FIRM: "UCETNI"}, "sessions": 2, "contexts": [USUAL_FIRM]},
            {"username": "jan&ž", "roles": roles, "sessions": 1},
        ],
        "generate_users": {"count": users, "roles": roles},
    }


def check(emulator: Emulator, **changes: Any) -> dict[str, Any]:
    """Return the result of the check by an administrator, with what the options are set to."""
    return dict(perform(SERVER_CHECK, emulator, **changes).result)


def seen(result: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what was seen, under the codes of the findings."""
    return {finding["code"]: finding["seen"] for finding in result["findings"]}


def told(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that a report tells of a server."""
    return {**seen(result), **result["server"]}
