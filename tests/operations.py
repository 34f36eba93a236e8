# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of the collection with their operations: what is tested of every module is parametrized from here.

The list is made of the files in ``plugins/modules``, so that it has a new one, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Operation

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]

NEEDED: dict[str, dict[str, Any]] = {"flexi_user_logout": {"users": ["novak"]}}
"""Options without which a module refuses to do anything; those of the connection apart."""


@dataclass(frozen=True)
class Module:
    """One module, with what is written in its file."""

    name: str
    code: ModuleType
    operation: Operation

    @property
    def documentation(self) -> dict[str, Any]:
        """Its documentation, without that of the fragment."""
        return dict(yaml.safe_load(self.code.DOCUMENTATION))

    @property
    def examples(self) -> list[dict[str, Any]]:
        """The tasks of its examples."""
        return list(yaml.safe_load(self.code.EXAMPLES))

    @property
    def returned(self) -> dict[str, Any]:
        """What it documents of its result."""
        return dict(yaml.safe_load(self.code.RETURN))


def _module(name: str) -> Module:
    code = import_module(f"ansible_collections.abra.flexi.plugins.modules.{name}")
    operations = [value for value in vars(code).values() if isinstance(value, Operation)]
    assert len(operations) == 1, f"plugins/modules/{name}.py has to import one Operation, not {len(operations)}."
    return Module(name, code, operations[0])


MODULES = [_module(path.stem) for path in sorted((ROOT / "plugins" / "modules").glob("*.py"))]
CALLS = {module.name: NEEDED.get(module.name, {}) for module in MODULES}
"""The simplest options for each module, for tests of what all have in common."""
