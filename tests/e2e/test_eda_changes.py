# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a right that changes in Flexi to the context that is dropped, with ansible-rulebook and an installed build."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import pytest
import yaml
from websockets.sync.server import ServerConnection, serve

from ansible_collections.abra.flexi.tests.e2e.rulebook import Rulebook, longest, skip_without_java
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.emulator.support import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.emulator.request_log import LoggedRequest

EDA = Path(__file__).parents[2] / "extensions/eda"
KEY = "fake-hook-key-0123456789"
SECRETS = (KEY, "fake-admin")
LEFT = {"jan.novak@firma.cz": ["test_firma"], "novak": ["test_firma"]}
MANY = 3000
CROWD = {"prefix": "clerk", "count": 500, "roles": {"demo": "UCETNI"}, "sessions": 1, "contexts": ["demo"]}


class OnChange(Rulebook):
    """A running rulebook that waits for changes."""

    def __init__(self, folder: Path, server: Emulator, *options: str, **environment: str) -> None:
        """Start it, for two companies."""
        given = {
            "ABRAFLEXI_HOOK_KEY": KEY,
            "ABRAFLEXI_HOOK_COMPANIES": "demo,test_firma",
            "ABRAFLEXI_HOOK_PORT": "{port}",
            # As the guide says: while a run is under way, the source gathers what comes.
            "EDA_MAX_CONCURRENT_ACTIONS": "1",
            # Without it, the JVM takes the signal.
            "JAVA_TOOL_OPTIONS": "-Xrs",
        }
        super().__init__("logout_on_change", folder, server, *options, **{**given, **environment})

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


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[OnChange]:
    """Start a server and the rulebook, and wait until it has made up for what it missed."""
    skip_without_java()
    with Emulator() as server:
        rulebook = OnChange(folder, server, **environment)
        try:
            rulebook.wait_until(lambda: rulebook.runs == 1)
            assert contexts(server) == {}
            assert server.state.is_logged_in("novak")
            yield rulebook
        finally:
            rulebook.stop(whole_unit=True)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnChange]:
    """Start the rulebook as it comes."""
    with running(tmp_path_factory.mktemp("rulebook")) as rulebook:
        yield rulebook


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnChange]:
    """Start the rulebook with a short time of quiet."""
    with running(tmp_path_factory.mktemp("rulebook"), ABRAFLEXI_HOOK_QUIET="0.5") as rulebook:
        yield rulebook


@pytest.fixture
def rulebook(quick: OnChange) -> OnChange:
    """Return the rulebook, with the server as at its start."""
    # A test that failed may have left a run behind.
    quick.wait_until(lambda: quick.runs == quick.output.count("PLAY ["))
    quick.server.reset()
    return quick


@pytest.mark.parametrize("form", ["JSON", "XML"])
def test_a_right_that_is_lost_is_gone_within_five_seconds(usual: OnChange, form: str) -> None:
    server = usual.server
    server.reset()
    usual.register(form)
    before, sessions = contexts(server), server.state.counts()
    runs, began = usual.runs, time.monotonic()

    server.state.change_user("demo", "novak", ["CTENAR"])
    usual.wait_until(lambda: "demo" not in server.state.contexts_of("novak"))

    took = time.monotonic() - began
    usual.wait_until(lambda: usual.runs == runs + 1)
    assert contexts(server) == {**before, "novak": ["test_firma"]}
    assert server.state.counts() == sessions
    assert [each.query for each in logouts(server)] == ["company=demo"]
    assert took < longest(5)


def test_it_survives_a_restart_of_flexi(usual: OnChange) -> None:
    server = usual.server
    server.reset()
    usual.register("JSON")
    runs = usual.runs

    server.state.change_user("demo", "novak")
    usual.wait_until(lambda: len(server.notifications) == 3)
    with server.down():
        # The source waits for two seconds; then the playbook finds nobody.
        usual.wait_until(lambda: usual.output.count("PLAY [") == runs + 1)
        time.sleep(4)
        assert usual.runs == runs
    usual.wait_until(lambda: "demo" not in server.state.contexts_of("novak"))
    usual.wait_until(lambda: usual.runs == runs + 1)

    server.state.change_user("demo", "franta")
    usual.wait_until(lambda: "demo" not in server.state.contexts_of("franta"))
    usual.wait_until(lambda: usual.runs == runs + 2)
    assert usual.output.count("failed=0") == usual.runs


def test_sent_a_signal_in_the_middle_the_whole_unit_ends_within_two_seconds(usual: OnChange) -> None:
    server = usual.server
    begin_a_long_run(usual)

    assert usual.stop(whole_unit=True) < longest(2)

    assert not usual.listens()
    assert not usual.secrets_on_disk(*SECRETS)
    time.sleep(1)
    count = len(server.requests)
    time.sleep(1)
    assert len(server.requests) == count < MANY
    assert not usual.everybody()
    assert not any(secret in usual.output for secret in SECRETS)


def begin_a_long_run(rulebook: OnChange) -> None:
    """Have everyone's context dropped, and return in the middle of it."""
    server = rulebook.server
    server.reset(delay=0.02)
    server.state.add_users(generate_users={**CROWD, "count": MANY})
    rulebook.register("JSON")
    server.state.change("demo", "nastaveni", [])
    rulebook.wait_until(lambda: len(logouts(server)) > 20)
    assert rulebook.secrets_on_disk(*SECRETS)


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

    clerks = {f"clerk{number:04}" for number in range(1, 13)}
    for clerk in sorted(clerks):
        server.state.change_user("demo", clerk)
        time.sleep(0.8)
    rulebook.wait_until(lambda: [each.status for each in server.requests].count(503) > 3)
    assert rulebook.runs == runs
    server.clear_faults()
    rulebook.wait_until(lambda: not clerks.intersection(contexts(server)))

    rulebook.wait_until(lambda: rulebook.runs == rulebook.output.count("PLAY ["))
    # The one that waited for Flexi, some that ansible-rulebook took meanwhile, and all the rest.
    assert rulebook.runs - runs <= 6
    assert "clerk0013" in contexts(server)


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
        "\\ud83d\\ude00",
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
        "novak", "*", "a,b", "-e", "@/etc/passwd", "None", "none", "[]", "1e5", "x y"
    }  # fmt: skip
    assert all(parse_qs(each.query)["company"] == ["demo"] for each in asked)
    assert "novak" in rulebook.server.state.logged_in()
    assert not canary.exists()


def test_a_refused_password_is_not_tried_again(rulebook: OnChange) -> None:
    server, runs = rulebook.server, rulebook.runs
    server.state.users["admin"].password = "another"

    assert rulebook.post(b'{"winstrom": {"changes": {"@evidence": "nastaveni"}}}') == 200
    rulebook.wait_until(lambda: rulebook.runs == runs + 1)
    before = len(server.requests)
    time.sleep(3)

    assert [each.status for each in server.requests].count(401) == 1
    assert len(server.requests) == before
    assert not logouts(server)


def test_without_the_unit_it_leaves_no_secret_either_but_may_take_five_seconds(quick: OnChange) -> None:
    begin_a_long_run(quick)

    # ansible-runner looks that often whether it has to end.
    assert quick.stop() < longest(7)

    assert not quick.listens()
    assert not quick.secrets_on_disk(*SECRETS)


def test_what_it_does_not_start_with(tmp_path: Path) -> None:
    skip_without_java()
    with Emulator() as server:
        rulebook = OnChange(tmp_path, server, ABRAFLEXI_HOOK_KEY="")
        try:
            assert rulebook.process.wait(60) != 0
        finally:
            rulebook.stop()
        assert "The key is missing: set ABRAFLEXI_HOOK_KEY" in rulebook.output
        assert not logouts(server)


class Activation:
    """What a rulebook activation of Event-Driven Ansible controller is to ansible-rulebook."""

    def __init__(self, ruleset: Any, environment: dict[str, str]) -> None:
        """Give out a rulebook and its environment, on a free port."""
        self.contents = {"Rulebook": [ruleset], "ExtraVars": {}, "EnvVars": environment}
        self.connections: list[ServerConnection] = []
        self.reported: list[tuple[int, Any]] = []
        """Users of the events, with the number of the connection."""
        self.server = serve(self.answer, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, connection: ServerConnection) -> None:
        """Give out what there is, or take reports."""
        self.connections.append(connection)
        number = len(self.connections)
        for text in connection:
            message = json.loads(text)
            if message["type"] == "Worker":
                for kind, content in self.contents.items():
                    data = base64.b64encode(yaml.safe_dump(content).encode()).decode()
                    connection.send(json.dumps({"type": kind, "data": data}))
                connection.send(json.dumps({"type": "EndOfResponse"}))
            elif message["type"] == "Action":
                self.reported.append((number, message["matching_events"]["m"]["user_logout_lists"]))


def test_it_survives_that_ansible_rulebook_has_to_reconnect(tmp_path: Path) -> None:
    skip_without_java()
    [ruleset] = yaml.safe_load((EDA / "rulebooks/logout_on_change.yml").read_text(encoding="utf-8"))
    # An activation runs no playbooks.
    ruleset["rules"][0]["action"] = {"none": {}}
    activation = Activation(ruleset, {"ABRAFLEXI_HOOK_KEY": KEY})
    change = b'{"winstrom": {"changes": {"@evidence": "uzivatel", "external-ids": ["code:novak"]}}}'
    with Emulator() as server:
        worker = ("--worker", "--id", "1", "--websocket-url", activation.url)
        rulebook = OnChange(tmp_path, server, *worker, ABRAFLEXI_HOOK_KEY="", ABRAFLEXI_HOOK_QUIET="0.5")
        try:
            rulebook.wait_until(lambda: activation.reported == [(2, [])])
            activation.connections[-1].close(1012, "restart")
            assert rulebook.post(change) == 200
            rulebook.wait_until(lambda: len(activation.reported) > 1)
            assert rulebook.post(change) == 200
            rulebook.wait_until(lambda: len(activation.reported) > 2)
            of_novak = [{"users": ["novak"], "companies": ["demo"]}]
            assert activation.reported[1:] == [(3, of_novak), (3, of_novak)]
            assert rulebook.stop() < longest(2)
        finally:
            rulebook.stop()
            activation.server.shutdown()
