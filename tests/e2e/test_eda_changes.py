# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a right that changes in Flexi to the context that is dropped, with ansible-rulebook and an installed build."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

import pytest

from ansible_collections.abra.flexi.tests.e2e.rulebook import Rulebook, skip_without_java
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.emulator.support import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ansible_collections.abra.flexi.tests.emulator.request_log import LoggedRequest

KEY = "fake-hook-key-0123456789"
SECRETS = (KEY, "fake-admin")
LEFT = {"jan.novak@firma.cz": ["test_firma"], "novak": ["test_firma"]}
CROWD = {"prefix": "clerk", "count": 500, "roles": {"demo": "UCETNI"}, "sessions": 1, "contexts": ["demo"]}


class OnChange(Rulebook):
    """A running rulebook that waits for changes."""

    def __init__(self, folder: Path, server: Emulator, **environment: str) -> None:
        """Start it, for two companies."""
        given = {
            "ABRAFLEXI_HOOK_KEY": KEY,
            "ABRAFLEXI_HOOK_COMPANIES": "demo,test_firma",
            "ABRAFLEXI_HOOK_PORT": "{port}",
            "ABRAFLEXI_HOOK_QUIET": "0.5",
            # As the guide says: while a run is under way, the source gathers what comes.
            "EDA_MAX_CONCURRENT_ACTIONS": "1",
            # Without it, the JVM takes the signal.
            "JAVA_TOOL_OPTIONS": "-Xrs",
        }
        super().__init__("logout_on_change", folder, server, **{**given, **environment})

    def register(self, form: str) -> None:
        """Register it in Flexi, for both companies."""
        for company in ("demo", "test_firma"):
            url = f"http://127.0.0.1:{self.port}/{company}"
            query = f"url={url}&format={form}&secKey={KEY}"
            answer = Client(self.server).ask("PUT", f"/c/{company}/hooks.json?{query}", "admin")
            assert answer.status == 200, answer.text

    def post(self, body: bytes, key: str = KEY) -> int:
        """Post something for the company demo, and return the answer's status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/demo", body, {"X-FB-Hook-SecKey": key})
            return connection.getresponse().status
        finally:
            connection.close()


def contexts(server: Emulator) -> dict[str, list[str]]:
    """Return the contexts of all who have some."""
    state = server.state
    found = {login: state.contexts_of(login) for login in state.users}
    return {login: companies for login, companies in found.items() if companies and login != "admin"}


def logouts(server: Emulator) -> list[LoggedRequest]:
    """Return the requests that wrote something at all."""
    return [each for each in server.requests if each.method == "POST" and each.path.startswith("/status/")]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnChange]:
    """Start a server and the rulebook, and wait until it has made up for what it missed."""
    skip_without_java()
    with Emulator() as server:
        rulebook = OnChange(tmp_path_factory.mktemp("rulebook"), server)
        try:
            rulebook.wait_until(lambda: rulebook.runs == 1)
            assert contexts(server) == {}
            assert server.state.is_logged_in("novak")
            yield rulebook
        finally:
            rulebook.stop()


@pytest.fixture
def rulebook(started: OnChange) -> OnChange:
    """Return the rulebook, with the server as at its start."""
    started.server.reset()
    return started


@pytest.mark.parametrize("form", ["JSON", "XML"])
def test_a_right_that_is_lost_is_gone_within_five_seconds(rulebook: OnChange, form: str) -> None:
    server = rulebook.server
    rulebook.register(form)
    before = contexts(server)
    sessions = server.state.counts()
    runs, began = rulebook.runs, time.monotonic()

    server.state.change_user("demo", "novak", ["CTENAR"])
    rulebook.wait_until(lambda: "demo" not in server.state.contexts_of("novak"))

    took = time.monotonic() - began
    rulebook.wait_until(lambda: rulebook.runs == runs + 1)
    assert contexts(server) == {**before, "novak": ["test_firma"]}
    assert server.state.counts() == sessions
    assert [each.query for each in logouts(server)] == ["company=demo"]
    assert took < 5


def test_five_hundred_changes_are_one_run(rulebook: OnChange) -> None:
    server = rulebook.server
    server.state.add_users(generate_users=CROWD)
    rulebook.register("JSON")
    runs, sessions = rulebook.runs, server.state.counts()

    for number in range(1, 501):
        server.state.change_user("demo", f"clerk{number:04}")
    rulebook.wait_until(lambda: not any(login.startswith("clerk") for login in contexts(server)))
    server.repeat_notifications()
    time.sleep(3)

    assert rulebook.runs == runs + 1
    assert server.state.contexts_of("novak") == ["demo", "test_firma"]
    assert server.state.counts() == sessions


def test_nothing_is_lost_while_flexi_is_down_and_what_comes_meanwhile_is_one_run(rulebook: OnChange) -> None:
    server = rulebook.server
    server.state.add_users(generate_users=CROWD)
    rulebook.register("JSON")
    runs = rulebook.runs
    server.add_fault(action="status", code=503, match={"path": "^/status"})

    for number in range(1, 21):
        server.state.change_user("demo", f"clerk{number:04}")
        time.sleep(0.8)
    assert rulebook.runs == runs
    assert [each.status for each in server.requests if each.path.startswith("/status")].count(503) > 3
    server.clear_faults()
    rulebook.wait_until(lambda: not {f"clerk{number:04}" for number in range(1, 21)}.intersection(contexts(server)))

    rulebook.wait_until(lambda: rulebook.runs == rulebook.output.count("PLAY ["))
    # The one that waited for Flexi, some that ansible-rulebook took meanwhile, and all the rest.
    assert rulebook.runs - runs <= 6
    assert "clerk0021" in contexts(server)


@pytest.mark.parametrize(
    ("evidence", "codes", "left"),
    [
        ("role", ["UCETNI"], {**LEFT, "a b": ["demo"], "franta": ["demo"]}),
        ("role", [], LEFT),
        ("nastaveni", [], LEFT),
    ],
)  # fmt: skip
def test_who_else_is_concerned(rulebook: OnChange, evidence: str, codes: list[str], left: dict[str, list[str]]) -> None:
    rulebook.register("JSON")
    runs = rulebook.runs

    rulebook.server.state.change("demo", "adresar", ["X"])
    rulebook.server.state.change("demo", evidence, codes)
    rulebook.wait_until(lambda: rulebook.runs == runs + 1)

    assert contexts(rulebook.server) == left
    assert {each.query.partition("&")[0] for each in logouts(rulebook.server)} == {"company=demo"}


def test_nothing_that_is_posted_leads_to_a_logout_without_a_company(rulebook: OnChange) -> None:
    canary = rulebook.folder / "canary"
    jinja = f"{{{{ lookup('pipe', 'touch {canary}') }}}}"
    codes = [
        jinja,
        "novak",
        "franta/logout?x=",
        "../admin",
        "*",
        "a,b",
        "-e",
        "@/etc/passwd",
        "None",
        "[]",
        "1e5",
        "x y",
        "\\u0000",
    ]
    ids = ",".join(f'"code:{code}"' for code in codes)
    wide = '"user_logout_companies":null,"companies":[],"meta":{"hosts":"all"}'
    change = f'{{"@evidence":"uzivatel","@in-version":"1","id":"{jinja}","external-ids":[{ids}],{wide}}}'
    runs = rulebook.runs

    assert rulebook.post(user := f'{{"winstrom":{{"changes":[{change}],{wide}}},{wide}}}'.encode(), "wrong") == 403
    assert rulebook.post(user) == 200
    rulebook.wait_until(lambda: rulebook.runs == runs + 1)

    asked = logouts(rulebook.server)
    assert {unquote(each.path.split("/")[3]) for each in asked} == {
        "novak", "franta/logout?x=", "*", "a,b", "-e", "@/etc/passwd", "None", "none", "[]", "1e5", "x y"
    }  # fmt: skip
    assert all(parse_qs(each.query)["company"] == ["demo"] for each in asked)
    assert "novak" in rulebook.server.state.logged_in()
    assert not canary.exists()


def test_it_ends_at_once_and_has_told_no_secret(started: OnChange) -> None:
    # Two seconds, and as many for a machine that is busy with other tests.
    assert started.stop() < 4

    assert not started.listens()
    assert not any(secret in started.output for secret in SECRETS)
    assert not started.secrets_on_disk(*SECRETS)


def test_a_refused_password_is_not_tried_again(tmp_path: Path) -> None:
    skip_without_java()
    with Emulator() as server:
        rulebook = OnChange(tmp_path, server, ABRAFLEXI_PASSWORD="wrong")
        try:
            rulebook.wait_until(lambda: rulebook.runs == 1)
            rulebook.register("JSON")
            before = len(server.requests)
            time.sleep(5)
            assert [each.status for each in server.requests[:before]].count(401) == 1
            assert len(server.requests) == before
        finally:
            rulebook.stop()


@pytest.mark.parametrize("whole_unit", [True, False])
def test_a_run_that_is_stopped_leaves_no_secret(tmp_path: Path, *, whole_unit: bool) -> None:
    skip_without_java()
    with Emulator({"generate_users": {**CROWD, "count": 3000}}, delay=0.02) as server:
        rulebook = OnChange(tmp_path, server)
        try:
            rulebook.wait_until(lambda: len(logouts(server)) > 20)
            assert rulebook.secrets_on_disk(*SECRETS)
            rulebook.stop(whole_unit=whole_unit)
            assert not rulebook.secrets_on_disk(*SECRETS)
            if whole_unit:
                time.sleep(1)
                count = len(server.requests)
                time.sleep(1)
                assert len(server.requests) == count < 3000
                assert not rulebook.everybody()
        finally:
            rulebook.stop(whole_unit=True)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KEY", "", "There is no key: set ABRAFLEXI_HOOK_KEY"),
        ("KEY", "short", "must be text of at least 16 characters"),
        ("COMPANIES", "Demo", "must be database names"),
        ("HOST", "0.0.0.0", "would send the key in clear"),
    ],
)
def test_what_it_does_not_start_with(tmp_path: Path, name: str, value: str, said: str) -> None:
    skip_without_java()
    with Emulator() as server:
        rulebook = OnChange(tmp_path, server, **{f"ABRAFLEXI_HOOK_{name}": value})
        try:
            assert rulebook.process.wait(60) != 0
        finally:
            rulebook.stop()
        assert said in rulebook.output
        assert not logouts(server)
