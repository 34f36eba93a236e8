# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each wing of module_utils imports only from those below it, nothing imports in a circle, and the floors are few."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

UTILS = Path(__file__).parents[2] / "plugins" / "module_utils"
WINGS = ["", "_wire", "_flexi", "_logout", "_check", "_tasks"]
"""From the lowest one; what is in no folder is below them all."""
MOST_FLOORS = 6

Module = tuple[str, ...]
FILES = {path.relative_to(UTILS).with_suffix("").parts: path for path in sorted(UTILS.rglob("*.py"))}


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(path: Path, *, for_types: bool) -> Iterator[Module]:
    """Find the modules of the collection that a file imports when it runs, or what only type checkers read, too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(each) for node in ast.walk(tree) if is_for_types(node) and not for_types for each in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and id(node) not in left_out:
            folder = path.relative_to(UTILS).parent.parts
            base = folder[: len(folder) + 1 - node.level]
            yield from (
                [(*base, *node.module.split("."))] if node.module else [(*base, each.name) for each in node.names]
            )


@pytest.mark.parametrize("module", FILES, ids="/".join)
def test_no_import_goes_upwards(module: Module) -> None:
    wing = WINGS.index("/".join(module[:-1]))
    needs = set(imported(FILES[module], for_types=True))
    assert needs <= set(FILES)
    assert [each for each in needs if WINGS.index("/".join(each[:-1])) > wing] == []


@pytest.mark.parametrize("path", FILES.values(), ids=lambda path: path.stem)
def test_imports_within_are_relative(path: Path) -> None:
    assert "ansible_collections" not in path.read_text(encoding="utf-8")


def test_nothing_imports_in_a_circle_and_the_floors_are_few() -> None:
    needs = {module: set(imported(path, for_types=False)) for module, path in FILES.items()}
    floors: dict[Module, int] = {}
    for module in TopologicalSorter(needs).static_order():
        floors[module] = 1 + max((floors[each] for each in needs[module]), default=0)
    assert max(floors.values()) <= MOST_FLOORS
