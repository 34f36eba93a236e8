# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example in the documentation, run as it stands there but for the address and the password."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.abra.flexi.tests.operations import MODULES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run
    from ansible_collections.abra.flexi.tests.emulator import Emulator

WAIT = ["flexi_session_info 1"]
"""Examples that go on when nobody is logged in."""


def blocks(page: str) -> list[Any]:
    """Return the YAML examples of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


def plays_of_the_role() -> list[Any]:
    """Return the plays on the page of the role."""
    specs = yaml.safe_load((ROOT / "roles/user_logout/meta/argument_specs.yml").read_text(encoding="utf-8"))
    plays: list[Any] = yaml.safe_load(specs["argument_specs"]["log_out"]["examples"])
    return plays


def apart(tasks: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the tasks that are run one by one, or all together where one goes on with what another has found."""
    if any("register" in task for task in tasks):
        yield tasks
        return
    for task in tasks:
        for inner in task.get("block", [task]):
            yield [inner if inner is task else {**task, "block": [inner]}]


EXAMPLES: dict[str, Any] = {
    f"{module.name} {number}": tasks for module in MODULES for number, tasks in enumerate(apart(module.examples), 1)
}
EXAMPLES |= {f"role user_logout {number}": [play] for number, play in enumerate(plays_of_the_role(), 1)}
EXAMPLES |= {
    f"{page} {number}": example
    for page in ("README.md", "roles/user_logout/README.md")
    for number, example in enumerate(blocks(page), 1)
}


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
        "{{ vault_try_password }}": "fake-zkouska",
        "/etc/ssl/flexi-ca.pem": flexi.ca_path,
        "~/flexi-ca.pem": flexi.ca_path,
        "/srv/flexi/rights.csv": str(ansible.folder / "rolled-out.csv"),
        "flexi_servers": "localhost",
    }
    text = yaml.safe_dump(as_playbook(example), allow_unicode=True, width=1000)
    for written, meant in replacements.items():
        text = text.replace(written, meant)
    (ansible.folder / "example.yml").write_text(text, encoding="utf-8")
    (ansible.folder / "rights.csv").write_text("UCETNI;read\n", encoding="utf-8")
    return ansible.run("ansible-playbook", "example.yml")


@contextmanager
def leaving(flexi: Emulator, login: str, times: int) -> Iterator[None]:
    """Log a user out when it was asked so many times how many are logged in."""

    def leave() -> None:
        while flexi.requests_by_path().get("GET /status.json", 0) < times and not over.wait(0.05):
            pass
        flexi.state.log_out(login)

    over = threading.Event()
    thread = threading.Thread(target=leave)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(ansible: Ansible, flexi: Emulator, name: str) -> None:
    flexi.state.log_in("franta")
    for login in flexi.state.logged_in() if name in WAIT else ():
        flexi.state.log_out(login)

    flexi.state.add_users([{"username": "zkouska", "password": "fake-zkouska"}])

    run = play(ansible, flexi, EXAMPLES[name])

    assert run.status == 0, run.output
    tries = "try_user" in str(EXAMPLES[name])
    writes = tries or "user_logout" in str(as_playbook(EXAMPLES[name]))
    assert {request.method for request in flexi.requests} == ({"GET", "POST"} if writes else {"GET"})
    assert tries or {request.status for request in flexi.requests if request.method == "POST"} <= {200, 404}


@pytest.mark.parametrize("name", WAIT)
def test_example_waits_while_somebody_is_logged_in(ansible: Ansible, flexi: Emulator, name: str) -> None:
    for login in set(flexi.state.logged_in()) - {"franta"}:
        flexi.state.log_out(login)
    example = yaml.safe_load(yaml.safe_dump(EXAMPLES[name]).replace("delay: 60", "delay: 1"))

    with leaving(flexi, "franta", times=3):
        run = play(ansible, flexi, example)

    assert run.status == 0, run.output
    assert "users are logged in: ['franta']" in run.output
    assert "FAILED - RETRYING" in run.output
    assert not flexi.state.logged_in()
