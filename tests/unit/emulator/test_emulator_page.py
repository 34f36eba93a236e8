# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells who is logged in: the page /status/user beside the counts of /status."""

from __future__ import annotations

import html
import re
import urllib.parse
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.tests.emulator import selection
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator
    from ansible_collections.abra.flexi.tests.unit.emulator.support import Client

HTML = {"Accept": "text/html"}
NAMED = re.compile(r'action="/status/user/([^"/]+)/logout"')


def named(client: Client) -> list[str]:
    """Return the logins that the page's buttons name."""
    text = client.get("/status/user?auth=http", "admin", headers=HTML).text
    return [urllib.parse.unquote(html.unescape(raw)) for raw in NAMED.findall(text)]


def test_user_page(client: Client, emulator: Emulator) -> None:
    text = client.get("/status/user?auth=http", "admin", headers=HTML).text
    for login in emulator.state.logged_in():
        assert f'action="/status/user/{urllib.parse.quote(login, safe="")}/logout"' in text
    assert text.count("<form") == 4
    assert client.get("/status/user", "novak", headers=HTML).status == 403
    assert client.get("/status/user", "admin").status == 406
    assert client.get("/status/user.json", "admin").status == 404
    assert client.get("/status/user/novak", "admin").status == 404


def test_variants_of_the_page(client: Client, emulator: Emulator) -> None:
    seen = {}
    for variant in KNOWN["user_page"]:
        emulator.set_variants(user_page=variant)
        got = client.get("/status/user", "admin", headers=HTML)
        seen[variant] = (got.status, got.text.count("<form"))
    assert seen == {
        "yes": (200, 4),
        "missing": (404, 0),
        "login": (302, 0),
        "stale": (200, 3),
        "forbidden": (403, 0),
        "bare": (200, 0),
        "contexts": (200, 9),
        "more": (200, 5),
        "twice": (200, 5),
        "entities": (200, 4),
        "error": (500, 0),
    }


@pytest.mark.parametrize("variant", ["yes", "twice", "entities", "contexts"])
def test_page_agrees_with_the_counts(client: Client, emulator: Emulator, variant: str) -> None:
    emulator.reset(selection(), {"user_page": variant})
    status = client.get("/status.json", "admin").json["status"]
    assert status["sessions"] == status["loggedUser"] + 1
    assert set(named(client)) == set(emulator.state.logged_in())
    assert len(set(named(client))) == status["loggedUser"]
    assert named(client).count("hlavni.ucetni") == (2 if variant == "twice" else 1)


def test_entities_leave_in_the_address_what_may_be_there(client: Client, emulator: Emulator) -> None:
    emulator.reset(selection())
    assert "/status/user/o%27neil%26syn/logout" in client.get("/status/user", "admin", headers=HTML).text
    emulator.set_variants(user_page="entities")
    text = client.get("/status/user", "admin", headers=HTML).text
    assert "/status/user/o&#x27;neil&amp;syn/logout" in text
    assert "/status/user/&#381;aneta%20&#344;%2Fezn" in text
    assert "/status/user/100%25+1/logout" in text


@pytest.mark.parametrize(("variant", "some", "none"), [("stale", 3, ["duch"]), ("more", 5, ["duch"]), ("yes", 4, [])])
def test_page_disagrees(client: Client, emulator: Emulator, variant: str, some: int, none: list[str]) -> None:
    emulator.set_variants(user_page=variant)
    assert client.get("/status.json", "admin").json["status"]["loggedUser"] == 4
    assert len(set(named(client))) == some
    for login in emulator.state.logged_in():
        emulator.state.log_out(login)
    assert named(client) == none


@pytest.mark.parametrize(
    ("variant", "keys"),
    [
        ("yes", {"loggedUser", "sessions"}),
        ("users_only", {"loggedUser"}),
        ("sessions_only", {"sessions"}),
        ("missing", set()),
    ],
)
@pytest.mark.parametrize(("values", "number"), [("numbers", 4), ("strings", "4")])
def test_counts(  # noqa: PLR0913 - a table
    client: Client, emulator: Emulator, *, variant: str, keys: set[str], values: str, number: int | str
) -> None:
    emulator.set_variants(counts=variant, status_values=values)
    status = client.get("/status.json", "admin").json["status"]
    assert status.keys() & {"loggedUser", "sessions"} == keys
    assert status.get("loggedUser", number) == number
