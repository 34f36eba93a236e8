# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task file that registers a web hook, and takes it away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.tests.e2e.test_guides import examples
from ansible_collections.abra.flexi.tests.unit.emulator.support import Client, Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run
    from ansible_collections.abra.flexi.tests.emulator import Emulator

FILE = Path(__file__).parents[2] / "extensions/eda/tasks/web_hook.yml"
KEY = "fake hook+key&0123456789"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Start a receiver."""
    with Receiver() as server:
        yield server


def run(ansible: Ansible, receiver: str, *, state: str = "present", company: str = "demo") -> Run:
    """Include the task file."""
    shutil.copy(FILE, ansible.folder)
    return ansible.play(
        f"""
- ansible.builtin.include_tasks: web_hook.yml
  vars:
    web_hook_company: {company}
    web_hook_receiver: {receiver}
    web_hook_key: {KEY}
    web_hook_state: {state}
""",
    )


@pytest.mark.parametrize("number", [0, 1])
def test_the_guide(ansible: Ansible, flexi: Emulator, receiver: Receiver, number: int) -> None:
    text = examples("guide_when_rights_change")[number].replace("[demo, firma]", "[demo, test_firma]")
    replacements = {
        "https://flexi.example.com:5434": flexi.https,
        "https://eda.example.com:5001": receiver.base,
        "{{ vault_flexi_password }}": "fake-admin",
        "/etc/ssl/flexi-ca.pem": flexi.ca_path,
    }
    for written, meant in replacements.items():
        text = text.replace(written, meant)
    (ansible.folder / "play.yml").write_text(text, encoding="utf-8")
    shutil.copy(FILE, ansible.folder)

    done = ansible.run("ansible-playbook", "play.yml", ABRAFLEXI_HOOK_KEY=KEY)

    assert done.status == 0, done.output
    assert hooks(flexi) == [f"{receiver.base}/demo"]
    assert {key for key, _body in receiver.got} == {KEY}
    assert KEY not in done.output


def hooks(flexi: Emulator, company: str = "demo") -> list[str]:
    """Return the addresses that are registered."""
    found = Client(flexi).get(f"/c/{company}/hooks.json", "admin").json["winstrom"]["hooks"]
    return [hook["url"] for hook in found]


def test_a_state_that_is_none(ansible: Ansible, flexi: Emulator, receiver: Receiver) -> None:
    done = run(ansible, receiver.base, state="abset")

    assert done.status == 2
    assert "web_hook_state must be present or absent." in done.text
    assert not flexi.requests


def test_slashes_at_the_end_of_addresses(ansible: Ansible, flexi: Emulator, receiver: Receiver) -> None:
    ansible.environment["ABRAFLEXI_URL"] += "/"
    done = run(ansible, f"{receiver.base}/")

    assert done.status == 0, done.output
    assert hooks(flexi) == [f"{receiver.base}/demo"]


def test_it_is_registered_once_and_taken_away(ansible: Ansible, flexi: Emulator, receiver: Receiver) -> None:
    first = run(ansible, receiver.base)
    assert first.status == 0, first.output
    assert "changed=1 " in first.output
    assert hooks(flexi) == [f"{receiver.base}/demo"]
    assert receiver.got == [(KEY, b"")]

    again = run(ansible, receiver.base)
    assert "changed=0 " in again.output
    assert len(hooks(flexi)) == 1

    assert run(ansible, receiver.base, company="test_firma").status == 0
    assert hooks(flexi, "test_firma") == [f"{receiver.base}/test_firma"]

    away = run(ansible, receiver.base, state="absent")
    assert "changed=1 " in away.output
    assert "changed=0 " in run(ansible, receiver.base, state="absent").output
    assert hooks(flexi) == []
    assert hooks(flexi, "test_firma")
    assert KEY not in first.output + again.output + away.output


def test_changes_are_not_recorded(ansible: Ansible, flexi: Emulator, receiver: Receiver) -> None:
    flexi.state.journals["demo"].tracked = False

    refused = run(ansible, receiver.base)

    assert refused.status != 0
    assert "Flexi does not record the changes of company demo. Switch it on at" in refused.output
    assert not receiver.got


def test_hooks_are_switched_off(ansible: Ansible, flexi: Emulator, receiver: Receiver) -> None:
    flexi.set_variants(hooks="disabled")

    refused = run(ansible, receiver.base)

    assert refused.status != 0
    assert "they need the entry enableHooks with the value true in flexibee-server.xml" in refused.output


def test_nobody_listens(ansible: Ansible, flexi: Emulator) -> None:
    refused = run(ansible, "http://127.0.0.1:9")

    assert refused.status != 0
    assert "Flexi did not register http://127.0.0.1:9/demo: it answered 400." in refused.output
    assert KEY not in refused.output
    assert hooks(flexi) == []
