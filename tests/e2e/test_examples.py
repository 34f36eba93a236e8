# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example in the documentation, run as it stands there but for the address and the password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.abra.flexi.plugins.modules import flexi_session_info, flexi_user_info, flexi_user_logout

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run
    from ansible_collections.abra.flexi.tests.emulator import Emulator

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> list[Any]:
    """Return the YAML examples of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


EXAMPLES: list[Any] = [[task] for task in yaml.safe_load(flexi_user_logout.EXAMPLES)]
# Here the second task goes on with what the first one has found.
EXAMPLES += [yaml.safe_load(flexi_user_info.EXAMPLES)]
EXAMPLES += [block for page in ("README.md", "roles/user_logout/README.md") for block in blocks(page)]


def as_playbook(example: Any) -> list[Any]:
    """Make a playbook of a play, of tasks, of defaults or of the role's variables."""
    play: dict[str, Any] = {"hosts": "localhost", "gather_facts": False}
    if isinstance(example, list):
        return example if "hosts" in example[0] else [{**play, "tasks": example}]
    if "module_defaults" in example:
        return [{**play, **example, "tasks": [{"abra.flexi.flexi_user_logout": {"users": ["novak"]}}]}]
    return [{**play, "vars": example, "roles": ["abra.flexi.user_logout"]}]


def play(ansible: Ansible, flexi: Emulator, example: Any) -> Run:
    """Run an example with the address, the password and the files that there are."""
    replacements = {
        "https://flexi.example.com:5434": flexi.https,
        "https://{{ inventory_hostname }}:5434": flexi.https,
        "{{ vault_flexi_password }}": "fake-admin",
        "/etc/ssl/flexi-ca.pem": flexi.ca_path,
        "/srv/flexi/rights.csv": str(ansible.folder / "rolled-out.csv"),
        "flexi_servers": "localhost",
    }
    text = yaml.safe_dump(as_playbook(example), allow_unicode=True, width=1000)
    for written, meant in replacements.items():
        text = text.replace(written, meant)
    (ansible.folder / "example.yml").write_text(text, encoding="utf-8")
    (ansible.folder / "rights.csv").write_text("UCETNI;read\n", encoding="utf-8")
    return ansible.run("ansible-playbook", "example.yml")


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{number}" for number, _example in enumerate(EXAMPLES, 1)])
def test_example(ansible: Ansible, flexi: Emulator, example: Any) -> None:
    flexi.state.log_in("franta")

    run = play(ansible, flexi, example)

    assert run.status == 0, run.output
    logouts = [request for request in flexi.requests if request.method == "POST"]
    assert logouts
    assert {request.status for request in logouts} <= {200, 404}


def test_example_of_looking_who_is_logged_in(ansible: Ansible, flexi: Emulator) -> None:
    example = yaml.safe_load(flexi_session_info.EXAMPLES)
    for login in flexi.state.logged_in():
        flexi.state.log_out(login)

    assert play(ansible, flexi, example).status == 0

    flexi.state.log_in("franta")
    run = play(ansible, flexi, example)

    assert run.status != 0
    assert "1 users are logged in: ['franta']" in run.output
    assert {request.method for request in flexi.requests} == {"GET"}
