# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's web hooks: registration, notifications in both formats, retries, duplicates, gaps."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Callable
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.abra.flexi.tests.emulator import hooks
from ansible_collections.abra.flexi.tests.unit.emulator.support import Receiver, control

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.emulator import Emulator
    from ansible_collections.abra.flexi.tests.unit.emulator.support import Client

KEY = "fake-key"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Start a receiver."""
    with Receiver() as server:
        yield server


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def register(client: Client, url: str, form: str = "JSON", **others: str) -> int:
    """Register a hook, and return the status."""
    query = urlencode({"url": url, "format": form, "secKey": KEY, **others})
    return client.ask("PUT", f"/c/demo/hooks.json?{query}", "admin").status


def test_registration(client: Client, receiver: Receiver) -> None:
    assert client.get("/c/demo/hooks.json", "admin").json["winstrom"]["hooks"] == []
    assert register(client, receiver.base) == 200
    assert receiver.got == [(KEY, b"")]

    [hook] = client.get("/c/demo/hooks.json", "admin").json["winstrom"]["hooks"]
    assert hook == {"id": "1", "url": receiver.base, "format": "JSON", "penalty": "0"}

    assert client.ask("DELETE", "/c/demo/hooks/1.json", "admin").status == 200
    assert client.ask("DELETE", "/c/demo/hooks/1.json", "admin").status == 404
    assert client.get("/c/demo/hooks.json", "admin").json["winstrom"]["hooks"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/c/demo/hooks.json", 400),
        ("/c/demo/hooks.json?url=http://127.0.0.1:9/x", 400),
        ("/c/demo/hooks.json?url=http://127.0.0.1:9/x&format=CSV", 400),
        ("/c/demo/hooks.json?url=http://127.0.0.1:9/x&format=JSON", 400),
        ("/c/demo/hooks.json?url=nonsense&format=JSON", 400),
        ("/c/demo/hooks.json?url=http://127.0.0.1:9/x&format=JSON&skipUrlTest=true", 200),
        ("/c/nowhere/hooks.json?url=http://127.0.0.1:9/x&format=JSON&skipUrlTest=true", 404),
        ("/c/demo/hooks/retry/1.json", 404),
        ("/c/demo/changes/nonsense.json", 404),
    ],
)
def test_what_is_not_registered(client: Client, path: str, status: int) -> None:
    assert client.ask("PUT", path, "admin").status == status


def test_rights_and_switches(client: Client, emulator: Emulator, receiver: Receiver) -> None:
    assert client.get("/c/demo/changes/status.json", "admin").json["winstrom"]["success"] == "true"
    assert client.ask("PUT", "/c/demo/changes/disable.xml", "admin").status == 200
    assert client.get("/c/demo/changes/status.json", "admin").json["winstrom"]["success"] == "false"
    assert register(client, receiver.base) == 400
    assert client.ask("PUT", "/c/demo/changes/enable.xml", "admin").status == 200

    emulator.set_variants(hooks="disabled")
    assert register(client, receiver.base) == 403
    assert client.get("/c/test_firma/hooks.json", "franta").status == 403


def test_json(client: Client, emulator: Emulator, receiver: Receiver) -> None:
    register(client, receiver.base)
    control(emulator, "POST", "/changes", {"company": "demo", "user": "novak", "roles": ["CTENAR"]})
    until(lambda: bool(receiver.bodies()))

    inside = json.loads(receiver.bodies()[0])["winstrom"]
    [change] = inside.pop("changes")
    assert inside == {"@globalVersion": "3656478", "next": "none"}
    assert change.pop("@timestamp")
    assert change == {
        "@evidence": "uzivatel",
        "@in-version": "3656478",
        "@operation": "update",
        "id": "2",
        "external-ids": ["code:novak"],
    }
    assert receiver.got[-1][0] == KEY
    path = "/c/demo/uzivatel.json?limit=0&detail=custom:kod,role"
    users = client.get(path, "admin").json["winstrom"]["uzivatel"]
    assert {user["kod"]: user["role"] for user in users}["novak"] == "code:CTENAR"
    assert [sent.status for sent in emulator.notifications] == [200, 200]


def test_xml(client: Client, emulator: Emulator, receiver: Receiver) -> None:
    register(client, receiver.base, "XML")
    emulator.state.change("demo", "role", ["UCETNI"], operation="delete")
    until(lambda: bool(receiver.bodies()))

    root = ET.fromstring(receiver.bodies()[0])
    assert root.attrib == {"version": "1.0", "globalVersion": "3656478"}
    change, following = root
    assert (change.tag, change.get("in-version"), change.get("operation")) == ("role", "3656478", "delete")
    assert [each.text for each in change] == ["1", "code:UCETNI"]
    assert (following.tag, following.text) == ("next", "none")


def test_retries_without_losing_anything(client: Client, emulator: Emulator, receiver: Receiver) -> None:
    register(client, receiver.base)
    receiver.status = 503
    emulator.state.change("demo", "nastaveni")
    until(lambda: len(receiver.bodies()) == 3)
    assert client.get("/c/demo/hooks.json", "admin").json["winstrom"]["hooks"][0]["penalty"] != "0"
    emulator.state.change("demo", "uzivatel", ["novak"])
    receiver.status = 200
    count = len(receiver.bodies())
    until(lambda: len(receiver.bodies()) > count)

    last = json.loads(receiver.bodies()[-1])["winstrom"]["changes"]
    assert [change["@evidence"] for change in last] == ["nastaveni", "uzivatel"]
    first, second, third = [sent.time for sent in emulator.notifications if sent.status == 503][:3]
    # A busy machine makes them longer, but not shorter.
    assert second - first > 1.9 * hooks.TICK
    assert third - second > 3.9 * hooks.TICK


def test_a_reset_forgets_what_is_under_way(client: Client, emulator: Emulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        register(client, f"http://127.0.0.1:{listening.getsockname()[1]}", skipUrlTest="true")
        emulator.state.change("demo", "uzivatel", ["novak"])
        connection, _address = listening.accept()
        emulator.reset()
        connection.close()
    # Longer than the emulator takes to note that the connection has broken off.
    time.sleep(0.3)
    assert emulator.notifications == []


def test_parts_duplicates_and_gaps(client: Client, emulator: Emulator, receiver: Receiver) -> None:
    emulator.set_variants(hook_limit="1", hook_codes="no")
    register(client, receiver.base)
    with emulator.state.lock:
        emulator.state.change("demo", "uzivatel", ["novak"])
        emulator.state.change("demo", "uzivatel", ["franta"])
    # The receiver has a notification before the emulator has noted its answer.
    until(lambda: len(emulator.notifications) == 3)
    first, second = (json.loads(body)["winstrom"] for body in receiver.bodies())
    assert (first["next"], second["next"]) == ("3656479", "none")
    assert "external-ids" not in first["changes"][0]

    emulator.repeat_notifications()
    assert receiver.bodies()[2] == receiver.bodies()[1]

    control(emulator, "POST", "/changes", {"company": "demo", "skip": 5, "evidence": "adresar", "codes": ["X"]})
    until(lambda: len(emulator.notifications) == 5)
    assert json.loads(receiver.bodies()[3])["winstrom"]["changes"][0]["@in-version"] == "3656485"
    assert len(control(emulator, "GET", "/notifications")) == 5
