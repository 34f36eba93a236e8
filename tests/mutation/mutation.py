# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the code in one place at a time, and see which of these mutants no test notices.

It changes files in the current folder, which has to be a copy of the project. Each .toml beside this file says which
module and which tests; arguments are those to take, all by default. survivors.yml explains the mutants that may
survive. It fails where one survives without an explanation, and where an explanation has no survivor any more.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from cosmic_ray.config import load_config
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path("tests/mutation")

# Whether equal constants are the same object is up to the interpreter.
IDENTITY = {"core/ReplaceComparisonOperator_Eq_Is", "core/ReplaceComparisonOperator_NotEq_IsNot"}

Mutant = tuple[str, str, str]
"""The name of the file, a line of it, and what this becomes: the same also after other lines have moved."""


def never_run(module: Path) -> Iterator[ast.expr | ast.If]:
    """Find what only type checkers read; no test can notice a change of it."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns:
            yield node.returns
        elif isinstance(node, ast.ClassDef):
            # Such as frozen=True.
            yield from node.decorator_list
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield node


def is_for_a_test(mutation: MutationSpec) -> bool:
    """Whether a test could notice a mutant."""
    if mutation.operator_name in IDENTITY:
        return False
    line, column = mutation.start_pos
    if mutation.module_path.read_text(encoding="utf-8").splitlines()[line - 1].startswith("*,", column):
        # How arguments may be passed is for mypy and ruff to check.
        return False
    return not any(
        (node.lineno, node.col_offset) <= mutation.start_pos < (node.end_lineno, node.end_col_offset)
        for node in never_run(mutation.module_path)
    )


def skip_what_no_test_can_notice(session: WorkDB) -> None:
    """Take these mutants out of the session."""
    for item in session.pending_work_items:
        (mutation,) = item.mutations
        if not is_for_a_test(mutation):
            session.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED))


def mutant(module: Path, diff: str) -> Mutant:
    """Name a mutant by what it changes."""
    changed = [line for line in diff.splitlines() if line[:1] in "-+" and line[:3] not in ("---", "+++")]
    line, becomes = (" ".join(" ".join(each[1:] for each in changed if each[0] == sign).split()) for sign in "-+")
    return module.name, line, becomes


def outcomes(config: str, database: str) -> Iterator[tuple[Mutant, bool]]:
    """Try all mutants of one module, and return of each whether it survived."""
    # Unchanged code has to pass. This also keeps all bytecode but that of mutants: to make it takes half of the time.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run(shlex.split(load_config(config).test_command), check=True, env=environment)
    subprocess.run(["cosmic-ray", "init", config, database], check=True)
    with use_db(database, WorkDB.Mode.open) as session:
        skip_what_no_test_can_notice(session)
        print(f"{len(session.pending_work_items)} mutants, each of which takes a few seconds", flush=True)
    subprocess.run(["cosmic-ray", "exec", config, database], check=True)
    with use_db(database, WorkDB.Mode.open) as session:
        for item, result in session.completed_work_items:
            if result.worker_outcome != WorkerOutcome.SKIPPED:
                (mutation,) = item.mutations
                yield mutant(mutation.module_path, result.diff or ""), result.test_outcome != TestOutcome.KILLED


def main(*names: str) -> int:
    """Try the mutants, compare them with the explanations, and return the exit code."""
    explained: dict[Mutant, str] = {
        (each["file"], each["line"], becomes): each["why"]
        for each in yaml.safe_load((HERE / "survivors.yml").read_text(encoding="utf-8"))
        for becomes in each["becomes"]
    }
    configs = [config for config in sorted(HERE.glob("*.toml")) if not names or config.stem in names]
    tried = [each for config in configs for each in outcomes(str(config), f"{config.stem}.sqlite")]
    survivors = sorted(mutant for mutant, survived in tried if survived)
    stale = sorted(
        each for each in set(explained) - set(survivors) if each[0] in {name for (name, *_change), _survived in tried}
    )
    for title, mutants in {"Survivors": survivors, "Explained, but do not survive": stale}.items():
        entries = [
            {"file": file, "line": line, "becomes": [becomes], "why": explained.get((file, line, becomes), "?")}
            for file, line, becomes in mutants
        ]
        print(f"{title}:\n\n{yaml.safe_dump(entries, sort_keys=False, width=1000)}")
    new = [each for each in survivors if each not in explained]
    print(f"{len(tried)} mutants: {len(tried) - len(survivors)} killed, {len(survivors)} survived", end=", ")
    print(f"{len(new)} of these without an explanation; {len(stale)} explanations without a survivor")
    return 1 if new or stale else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
