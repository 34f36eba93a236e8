# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook that waits for rollouts, as ansible-rulebook runs it from an installed build."""

from __future__ import annotations

import http.client
import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from ansible_collections.abra.flexi.tests.e2e.rulebook import Rulebook, longest, skip_without_java
from ansible_collections.abra.flexi.tests.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# As a template has it, this is a number.
TOKEN = "31415926535e5"
VARIABLES = "ABRAFLEXI_WEBHOOK_TOKEN,ABRAFLEXI_WEBHOOK_HOST,ABRAFLEXI_WEBHOOK_PORT"
MOST = 10_000
NO_LISTS: list[Any] = [None, 1, True, "novak", "", {"novak": 1}, []]
NO_LOGINS: list[Any] = [None, 1, 1.5, False, ["novak"], {"login": "novak"}, {}, ""]
NO_COMPANIES: list[Any] = [None, "demo", [], [1], ["Demo"], ["demo\n"], ["x&y"]]


class AfterRollout(Rulebook):
    """A running rulebook that waits for rollouts."""

    def __init__(self, folder: Path, server: Emulator, variables: str = VARIABLES, **environment: str) -> None:
        """Start it, with variables that it takes from the environment."""
        self.accepted = 0
        given = {
            "ABRAFLEXI_WEBHOOK_TOKEN": TOKEN,
            # As ansible-rulebook has it, an empty one would mean every address.
            "ABRAFLEXI_WEBHOOK_HOST": "",
            "ABRAFLEXI_WEBHOOK_PORT": "{port}",
        }
        super().__init__("logout_after_rollout", folder, server, "--env-vars", variables, **{**given, **environment})

    def post(self, body: Any, path: str = "/", **headers: str) -> int:
        """Post something, with the right token unless other headers are given, and return the answer's status."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, content, headers or {"Authorization": f"Bearer {TOKEN}"})
            status = connection.getresponse().status
        finally:
            connection.close()
        self.accepted += status == http.client.OK
        return status

    def finish(self) -> str:
        """Wait until it is done with all that it has accepted, and return what it printed since the last time."""
        self.wait_until(lambda: len(re.findall("Refused: |ignored=", self.output)) >= self.accepted)
        self.accepted = 0
        printed = self.output
        assert TOKEN not in printed
        assert "fake-admin" not in printed
        os.truncate(self.folder / "output", 0)
        return printed


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AfterRollout]:
    """Start a server and the rulebook."""
    skip_without_java()
    with Emulator() as server:
        # As the unit and the container start it.
        rulebook = AfterRollout(tmp_path_factory.mktemp("rulebook"), server, JAVA_TOOL_OPTIONS="-Xrs")
        try:
            rulebook.wait_until(rulebook.listens)
            yield rulebook
        finally:
            rulebook.stop(whole_unit=True)


@pytest.fixture
def rulebook(running: AfterRollout) -> Iterator[AfterRollout]:
    """Return the rulebook, with the server as at its start."""
    running.server.reset()
    yield running
    assert not (running.folder / "canary").exists()


def asked_for(server: Emulator) -> list[str]:
    """Return the logins that the server was asked to log out, in alphabetical order, without the second questions."""
    posts = [request for request in server.requests if request.method == "POST"]
    return sorted(unquote(post.path.split("/")[3]) for post in posts if "ignore-not-found" not in post.query)


def test_it_logs_users_out(rulebook: AfterRollout) -> None:
    state = rulebook.server.state
    logged_in = [login for login in state.users if state.is_logged_in(login)]

    assert rulebook.post({"users": ["novak", "nobody"]}) == 200
    printed = rulebook.finish()

    assert "1 logged out" in printed
    assert "failed=0" in printed
    assert [login for login in logged_in if not state.is_logged_in(login)] == ["novak"]


def test_it_leaves_companies(rulebook: AfterRollout) -> None:
    assert rulebook.post({"users": ["novak"], "companies": ["demo"]}) == 200
    rulebook.finish()

    assert [request.query for request in rulebook.server.requests if request.method == "POST"] == ["company=demo"]
    assert rulebook.server.state.is_logged_in("novak")


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN),
        *(f"Bearer {TOKEN} {TOKEN}", f"Bearer {float(TOKEN)}"),
    ],
)
def test_a_wrong_token_starts_nothing(rulebook: AfterRollout, authorization: str) -> None:
    assert rulebook.post({"users": ["novak"]}, Authorization=authorization) == 401


def test_no_token_starts_nothing(rulebook: AfterRollout) -> None:
    assert rulebook.post({"users": ["novak"]}, Accept="*/*") == 401
    # Had one of the requests with a wrong token started something, it would be done before this one.
    rulebook.post({})

    assert "PLAY" not in rulebook.finish()
    assert not rulebook.server.requests


@pytest.mark.parametrize(
    "body",
    [
        *(None, 1, "novak", [], ["novak"], [{"users": ["novak"]}], {}, {"companies": ["demo"]}, {"user": ["novak"]}),
        *({"users": wrong} for wrong in NO_LISTS),
        *({"users": ["novak", wrong]} for wrong in NO_LOGINS),
        *({"users": ["novak"], "companies": wrong} for wrong in NO_COMPANIES),
        *({"users": ["novak"], name: ["demo"]} for name in ("company", "user_logout_hosts", "ansible_connection")),
        {"user_logout_lists": [{"users": ["novak"]}]},
        {"users": [f"user{number}" for number in range(MOST + 1)]},
        {"users": [f"user{number}" for number in range(MOST // 2 + 1)], "companies": ["demo", "test_firma"]},
        {"users": ["novak", "x" * 256]},
    ],
    ids=lambda body: json.dumps(body)[:50],
)
def test_what_is_refused(rulebook: AfterRollout, body: Any) -> None:
    assert rulebook.post(body) == 200
    printed = rulebook.finish()

    assert printed.count("Refused: ") == 1
    assert "novak" not in printed
    assert not rulebook.server.requests


@pytest.mark.parametrize(
    "login",
    [
        "{{ lookup('pipe', 'touch CANARY') }}",
        "{% set x = lookup('pipe', 'touch CANARY') %}",
        "#jinja2: variable_start_string: '<', variable_end_string: '>'\n< lookup('pipe', 'touch CANARY') >",
        "#jinja2: variable_start_string: '<', variable_end_string: '>', x: < lookup('pipe', 'touch CANARY') >",
        *("novak\nfranta", "novak\r", "novak\x00", "novak\x1b[2J", "\ud800", " novak", "novak\u00a0", "..", "{", "#"),
        "😀",
    ],
)
def test_logins_that_are_refused(rulebook: AfterRollout, login: str) -> None:
    assert rulebook.post({"users": ["franta", login.replace("CANARY", str(rulebook.folder / "canary"))]}) == 200
    printed = rulebook.finish()

    assert printed.count("Refused: One of the users is not an acceptable login: see the guide Event-driven.") == 1
    assert "lookup" not in printed
    assert not rulebook.server.requests


def test_odd_logins_are_only_logins(rulebook: AfterRollout) -> None:
    canary = rulebook.folder / "canary"
    logins = [
        *(f"$(touch {canary})", f"`touch {canary}`", f"&& touch {canary}", f"' && touch {canary} '", f"' || '{canary}"),
        *("$ANSIBLE_VAULT,1.1,AES256", "!unsafe x", "*x", "&x", "- x", "x: y", "x # y", "%s", "@/etc/passwd", "-e"),
        *(
            "007",
            "1e3",
            "yes",
            "null",
            "~",
            "['x']",
            '"\\x7b\\x7b 1 \\x7d\\x7d"',
        ),
        *("Žaneta Ř/ezníčková", "ノバク", "x" * 255),
    ]

    assert rulebook.post({"users": logins}) == 200
    assert "failed=0" in rulebook.finish()
    assert asked_for(rulebook.server) == sorted(logins)


def test_nothing_but_the_checked_lists_gets_to_the_playbook(rulebook: AfterRollout) -> None:
    bait = f"{{{{ lookup('pipe', 'touch {rulebook.folder / 'canary'}') }}}}"
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Bait": bait, "Host": bait}

    assert rulebook.post({"users": ["novak"]}, "/%7B%7Bx%7D%7D?refused=1", **headers) == 200
    printed = rulebook.finish()

    assert "1 logged out" in printed
    assert "touch" not in printed


@pytest.mark.parametrize(("body", "status"), [(b"novak", 400), (b"", 400), (b"\xff", 500), (b" " * 2**21, 413)])
def test_what_is_not_json_starts_nothing(rulebook: AfterRollout, body: bytes, status: int) -> None:
    assert rulebook.post(body) == status


def test_ten_thousand_users(rulebook: AfterRollout) -> None:
    users = ["novak", *(f"user{number}" for number in range(MOST - 1))]

    assert rulebook.post({"users": users}) == 200
    assert "failed=0" in rulebook.finish()
    assert not rulebook.server.state.is_logged_in("novak")
    assert asked_for(rulebook.server) == sorted(users)


def test_it_listens_on_this_machine_only(rulebook: AfterRollout) -> None:
    # One that listened everywhere would do so at every address of the loopback interface, too.
    assert rulebook.listens()
    assert not rulebook.listens("127.0.0.2")


def test_it_does_not_start_without_a_token(tmp_path: Path, running: AfterRollout) -> None:
    without = AfterRollout(tmp_path, running.server, VARIABLES.partition(",")[2])
    try:
        assert without.process.wait(60) != 0
    finally:
        without.stop()
    assert "'ABRAFLEXI_WEBHOOK_TOKEN' is undefined" in without.output


def test_a_hundred_requests_in_a_second_are_few_runs(rulebook: AfterRollout) -> None:
    state = rulebook.server.state
    state.add_users(generate_users={"prefix": "clerk", "count": 100, "sessions": 1})
    runs = rulebook.runs

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: timed(rulebook, f"clerk{number:04}"), range(1, 101)))
    rulebook.wait_until(lambda: not any(login.startswith("clerk") for login in state.logged_in()))
    rulebook.wait_until(lambda: rulebook.runs == rulebook.output.count("PLAY ["))

    assert {status for status, _seconds in answers} == {200}
    assert max(seconds for _status, seconds in answers) < longest(1)
    assert rulebook.runs - runs <= 4
    assert state.is_logged_in("novak")
    rulebook.accepted = 0


def timed(rulebook: AfterRollout, login: str) -> tuple[int, float]:
    """Post a login, and return the status and the seconds that it took."""
    began = time.monotonic()
    return rulebook.post({"users": [login]}), time.monotonic() - began


def test_nothing_is_lost_while_flexi_is_down_and_nobody_is_logged_out_twice(rulebook: AfterRollout) -> None:
    server = rulebook.server
    server.state.add_users([{"username": "away", "sessions": 1, "logs_in_again": True}])
    server.add_fault(action="status", code=503, match={"login": "franta"})
    assert rulebook.post({"users": ["away", "franta"]}) == 200
    rulebook.wait_until(lambda: asked_for(server).count("franta") > 3)
    assert rulebook.post({"users": ["novak"]}) == 200
    server.clear_faults()

    rulebook.wait_until(lambda: not server.state.is_logged_in("novak"))
    assert not server.state.is_logged_in("franta")
    assert asked_for(server).count("away") == 1
    rulebook.finish()


def test_sent_a_signal_in_the_middle_the_whole_unit_ends_and_leaves_no_secret(running: AfterRollout) -> None:
    server = running.server
    server.reset(delay=0.02)
    crowd = [f"clerk{number:04}" for number in range(1, 3001)]
    server.state.add_users(generate_users={"prefix": "clerk", "count": len(crowd), "sessions": 1})
    assert running.post({"users": crowd}) == 200
    running.wait_until(lambda: len(asked_for(server)) > 20)
    assert running.secrets_on_disk("fake-admin", TOKEN)

    assert running.stop(whole_unit=True) < longest(2)

    assert not running.listens()
    assert not running.secrets_on_disk("fake-admin", TOKEN)
    time.sleep(1)
    count = len(server.requests)
    time.sleep(1)
    assert len(server.requests) == count < len(crowd)
    assert not running.everybody()
