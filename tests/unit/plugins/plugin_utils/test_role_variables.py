# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the task of the role makes of variables, from wherever they come; ``tests/e2e`` runs the role itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
from ansible import context
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars

from ansible_collections.abra.flexi.plugins.action.flexi_user_logout import ActionModule
from ansible_collections.abra.flexi.tests.operations import ROOT
from ansible_collections.abra.flexi.tests.role_variables import (
    DONE,
    REFUSED,
    as_survey,
    ended,
    logged_in,
    named,
)
from ansible_collections.abra.flexi.tests.unit.plugins.lookup.test_literal_extra_vars import trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.abra.flexi.tests.emulator import Emulator

    Role = Callable[[dict[str, Any]], dict[str, Any]]


def written(folder: Path, source: str, variables: dict[str, Any]) -> str:
    """Write variables as their source does, and return the file's name."""
    file = folder / "variables.yml"
    file.write_text(as_survey(variables) if source == "survey" else json.dumps(variables), encoding="utf-8")
    return str(file)


def loaded(loader: DataLoader, file: str | Path) -> Any:
    """Return what is in a file of a playbook or an inventory."""
    return loader.load(trusted(Path(file).read_text(encoding="utf-8")))


@pytest.fixture(params=["inventory", "extra", "survey"])
def role(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Role:
    """Return the first task of the role, which does it all, as a function of the variables."""
    for name in ("login", "password", "session_id"):
        monkeypatch.delenv(f"ABRAFLEXI_{name.upper()}", raising=False)
    environment = {"URL": emulator.https, "LOGIN": "admin", "PASSWORD": "fake-admin", "CA_PATH": emulator.ca_path}
    for name, value in environment.items():
        monkeypatch.setenv(f"ABRAFLEXI_{name}", value)

    def run(given: dict[str, Any]) -> dict[str, Any]:
        loader = DataLoader()
        file = written(tmp_path, request.param, named(given))
        extra = () if request.param == "inventory" else (f"@{file}",)
        monkeypatch.setattr(context, "CLIARGS", {"extra_vars": extra})
        monkeypatch.setattr(load_extra_vars, "extra_vars", None, raising=False)
        own = load_extra_vars(loader) if extra else loaded(loader, file)
        defaults = loaded(loader, ROOT / "roles/user_logout/defaults/main.yml")
        variables = {"inventory_hostname": "one", "hostvars": {"one": {}}, **defaults, **own}
        templar = Templar(loader=loader, variables=variables)
        [asked, *_report] = loaded(loader, ROOT / "roles/user_logout/tasks/log_out.yml")
        args = {"from_variables": templar.template(asked["abra.flexi.flexi_user_logout"]["from_variables"])}
        task = MagicMock(args=args, async_val=0, environment=None, check_mode=False, diff=False)
        task.configure_mock(action="abra.flexi.flexi_user_logout", delegate_to="localhost", no_log=False)
        action = ActionModule(task, MagicMock(), MagicMock(), loader, templar, MagicMock())
        result: dict[str, Any] = action.run(task_vars=variables)
        # What is wrong with the option itself fails this task, and not the one that reports.
        return result if result.get("failed") else dict(result["report"])

    return run


@pytest.mark.parametrize(("given", "says"), REFUSED.values(), ids=REFUSED)
def test_refused(role: Role, emulator: Emulator, given: dict[str, Any], says: str) -> None:
    report = role(given)

    assert report["failed"]
    assert says in report["msg"]
    assert "POST" not in {request.method for request in emulator.requests}


@pytest.mark.parametrize(("given", "closed"), DONE.values(), ids=DONE)
def test_done_as_meant(role: Role, emulator: Emulator, given: dict[str, Any], closed: set[str]) -> None:
    before = logged_in(emulator)
    report = role(given)

    assert not report["failed"], report
    assert ended(before, logged_in(emulator), closed) == closed
