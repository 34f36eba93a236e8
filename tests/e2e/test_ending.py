# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task ends when it has to, by its keyword ``timeout`` or by Ctrl-C, and leaves nothing running."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.tests.e2e.rulebook import longest
from ansible_collections.abra.flexi.tests.operations import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
    from ansible_collections.abra.flexi.tests.emulator import Emulator

TRIES = int(os.environ.get("TRIES", "5"))
SOON = 15.0
"""Seconds, also for a machine that has much else to do; what does not end takes a minute and more."""
AFTERWARDS = 3.0
"""Seconds in which every process has to be gone."""
ON_ITS_WAY = 0.3
"""Seconds in which what a process had sent before it ended has come to the server."""
USERS = ["novak", "franta", *(f"user{number}" for number in range(500))]
MODULES = CALLS | {"flexi_user_logout": {"users": USERS}}
FAULTS: dict[str, dict[str, Any]] = {
    "no answer to a logout": {"action": "hang", "match": {"path": "/(franta|user[0-9]+)/logout$"}},
    "no answer at all": {"action": "hang"},
    "a byte now and then": {"action": "drip", "bytes": 1, "seconds": 0.5},
}
PHASES: dict[str, dict[str, Any]] = {
    "looking at the server": {"action": "hang", "match": {"path": "^/status.json$"}},
    "logging out": {"action": "hang", "match": {"method": "POST"}},
    "busy": {"action": "slow", "seconds": 0.05},
}
MARK = "ABRA_FLEXI_TEST_RUN"

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")


class Silence:
    """A server that accepts connections and says nothing, not even TLS."""

    def __init__(self) -> None:
        """Listen."""
        self.accepted: list[socket.socket] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self.accepted.append(self.listening.accept()[0])

    def close(self) -> None:
        """Stop."""
        # Or accept() would go on.
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        for each in (self.listening, *self.accepted):
            each.close()


@pytest.fixture
def silence() -> Iterator[Silence]:
    """Start a server that says nothing."""
    server = Silence()
    yield server
    server.close()


@pytest.fixture
def marked(ansible: Ansible) -> Ansible:
    """Return Ansible whose processes can be told from all others."""
    ansible.environment[MARK] = str(ansible.folder)
    return ansible


def processes(ansible: Ansible) -> list[str]:
    """Return the command lines of all processes of the test."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{MARK}={ansible.folder}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_text(encoding="utf-8").replace("\0", " "))
    return found


@contextmanager
def nothing_afterwards(ansible: Ansible, count: Callable[[], int]) -> Iterator[None]:
    """Check that no request begins after the block, and that no process is left."""
    yield
    begun = count()
    ends_at = time.monotonic() + AFTERWARDS
    while processes(ansible) and time.monotonic() < ends_at:
        time.sleep(0.1)

    assert processes(ansible) == []
    time.sleep(ON_ITS_WAY)
    assert count() == begun


def play(ansible: Ansible, module: str, **options: Any) -> tuple[dict[str, Any], float]:
    """Run a module with a timeout, and return the result and the seconds that it took."""
    task = {f"abra.flexi.{module}": {**MODULES[module], **options}}
    keep = {"ansible.builtin.copy": {"content": "{{ result | to_json }}", "dest": "result.json"}}
    tasks = [{**task, "timeout": 2, "register": "result", "ignore_errors": True}, keep]
    start = time.monotonic()
    run = ansible.play(json.dumps(tasks))
    seconds = time.monotonic() - start

    assert run.status == 0, run.output
    assert "Traceback" not in run.output
    result: dict[str, Any] = json.loads((ansible.folder / "result.json").read_text(encoding="utf-8"))
    return result, seconds


@pytest.mark.parametrize(
    ("fault", "module"),
    [
        (fault, module)
        for fault in FAULTS
        for module in MODULES
        # The others log nobody out.
        if module == "flexi_user_logout" or "match" not in FAULTS[fault]
    ],
)
def test_timeout(marked: Ansible, flexi: Emulator, module: str, fault: str) -> None:
    flexi.add_fault(FAULTS[fault])
    with nothing_afterwards(marked, lambda: len(flexi.requests)):
        result, seconds = play(marked, module)

    assert seconds < longest(SOON)
    assert result["failed"]
    if module == "flexi_user_logout":
        statuses = [each["status"] for each in result["results"]]
        expected = ["logged_out" if fault == "no answer to a logout" else "failed", *["failed"] * (len(USERS) - 1)]
        assert statuses == expected
        assert result["failure"]["code"] == "stopped"
        assert result["changed"] == ("logged_out" in statuses)
        assert flexi.state.is_logged_in("novak") == ("logged_out" not in statuses)


@pytest.mark.parametrize("module", MODULES)
def test_timeout_where_tls_is_not_answered(marked: Ansible, silence: Silence, module: str) -> None:
    marked.environment["ABRAFLEXI_URL"] = silence.url
    with nothing_afterwards(marked, lambda: len(silence.accepted)):
        result, seconds = play(marked, module)

    assert seconds < longest(SOON)
    assert result["failed"]
    assert silence.accepted


def interrupt(ansible: Ansible, task: dict[str, Any], begun: Callable[[], bool], *, group: bool) -> float:
    """Start a task, interrupt it some time after it has begun, and return the seconds that it took to end."""
    playbook = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]
    (ansible.folder / "play.yml").write_text(json.dumps(playbook), encoding="utf-8")
    process = subprocess.Popen(
        ["ansible-playbook", "play.yml"],
        cwd=ansible.folder,
        env=ansible.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # A shell without job control has whatever it runs in the background ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it takes no lock that a thread could hold
    )
    try:
        ends_at = time.monotonic() + 2 * SOON
        while not begun() and time.monotonic() < ends_at:
            time.sleep(0.02)
        assert begun()
        time.sleep(random.uniform(0, 0.7))
        start = time.monotonic()
        if group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        process.wait(4 * SOON)
        return time.monotonic() - start
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


@pytest.mark.parametrize("group", [True, False], ids=["group", "parent"])
@pytest.mark.parametrize("phase", PHASES)
def test_interrupt(marked: Ansible, flexi: Emulator, phase: str, *, group: bool) -> None:
    address = {"url": f"{flexi.https}/status.json", "validate_certs": False, "force_basic_auth": True}
    login = {"url_username": "admin", "url_password": "fake-admin", "timeout": 60}
    uri = {"ansible.builtin.uri": address | login}
    logout = {"abra.flexi.flexi_user_logout": {"users": USERS}}
    flexi.add_fault(action="hang")
    usual = interrupt(marked, uri, lambda: bool(flexi.requests), group=group)

    def has_begun() -> bool:
        return any(fault["hits"] for fault in flexi.faults())

    for _try in range(TRIES):
        flexi.reset()
        flexi.add_fault(PHASES[phase])
        with nothing_afterwards(marked, lambda: len(flexi.requests)):
            seconds = interrupt(marked, logout, has_begun, group=group)
        assert seconds < usual + longest(SOON)
