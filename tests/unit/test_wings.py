# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each wing of module_utils imports only from those below it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

UTILS = Path(__file__).parents[2] / "plugins" / "module_utils"
FLOORS = ["_wire", "_flexi", "_logout", "_tasks"]
"""From the lowest one; what is in no folder is below them all."""


def floor(module: str) -> int:
    return FLOORS.index(module) if module in FLOORS else -1


@pytest.mark.parametrize("path", sorted(UTILS.rglob("*.py")), ids=lambda path: str(path.relative_to(UTILS)))
def test_no_import_goes_upwards(path: Path) -> None:
    own = path.relative_to(UTILS).parts[0]
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    from_above = [
        name
        for node in nodes
        if node.level == len(path.relative_to(UTILS).parts)
        for name in [(node.module or node.names[0].name).split(".")[0]]
        if floor(name) > floor(own)
    ]

    assert not [node.module for node in nodes if node.module and node.module.startswith("ansible_collections")]
    assert from_above == []
