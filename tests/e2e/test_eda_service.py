# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the rulebooks rely on: the unit, the container, and how long a playbook tries to reach Flexi."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.abra.flexi.tests.e2e.proxies import free_port
from ansible_collections.abra.flexi.tests.e2e.rulebook import skip_without_java
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import FakeClock, connection_to, log_out

EDA = Path(__file__).parents[2] / "extensions/eda"
UNIT = EDA / "systemd/flexi-rulebook@.service"
SIGNALS = "JAVA_TOOL_OPTIONS=-Xrs"


def settings(text: str = UNIT.read_text(encoding="utf-8")) -> dict[str, str]:
    """Return what the unit sets; what is there several times, together."""
    found: dict[str, str] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found[name] = f"{found[name]} {value}" if name in found else value
    return found


def test_nothing_outlives_the_unit() -> None:
    unit = settings()

    assert unit["KillMode"] == "control-group"
    assert unit["PrivateTmp"] == "yes"
    assert unit["Restart"] == "always"
    assert SIGNALS in unit["Environment"].split()
    assert "TMPDIR" not in unit["Environment"]


def test_the_unit_needs_nothing_but_its_own_environment(tmp_path: Path) -> None:
    skip_without_java()
    (tmp_path / "inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}", encoding="utf-8")
    program = shutil.which("ansible-rulebook")
    assert program
    places = {
        "/opt/flexi-rulebook/bin": str(Path(program).parent),
        "/etc/flexi-rulebook": str(tmp_path),
        "%S": str(tmp_path),
        "%i": "logout_on_change",
        "$OPTIONS": "",
    }
    text = UNIT.read_text(encoding="utf-8")
    for written, meant in places.items():
        text = text.replace(written, meant)
    unit = settings(text)
    with Emulator() as server:
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
            **{name: value for name, value in os.environ.items() if name == "JAVA_HOME"},
            # As the guide has it, it would be in a folder where Ansible looks anyway.
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            **dict(each.split("=", 1) for each in unit["Environment"].split()),
            "ABRAFLEXI_URL": server.https,
            "ABRAFLEXI_LOGIN": "admin",
            "ABRAFLEXI_PASSWORD": "fake-admin",
            "ABRAFLEXI_CA_PATH": server.ca_path,
            "ABRAFLEXI_HOOK_KEY": "fake-hook-key-0123456789",
            "ABRAFLEXI_HOOK_COMPANIES": "demo",
            "ABRAFLEXI_HOOK_PORT": str(free_port()),
        }
        with (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(
                unit["ExecStart"].split(), cwd="/", env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            deadline = time.monotonic() + 120
            while server.state.contexts_of("novak") != ["test_firma"]:
                assert process.poll() is None, (tmp_path / "output").read_text(encoding="utf-8")
                assert time.monotonic() < deadline, (tmp_path / "output").read_text(encoding="utf-8")
                time.sleep(0.1)
        finally:
            process.terminate()
            process.wait(30)


def test_both_rulebooks_can_be_instances() -> None:
    assert "--rulebook abra.flexi.%i " in settings()["ExecStart"]
    assert {path.stem for path in (EDA / "rulebooks").iterdir()} == {"logout_after_rollout", "logout_on_change"}


def runs() -> list[dict[str, Any]]:
    """Return the variables of every run of a playbook."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((EDA / "rulebooks").iterdir())]
    actions = [rule["action"] for text in texts for [ruleset] in [yaml.safe_load(text)] for rule in ruleset["rules"]]
    return [action["run_playbook"]["extra_vars"] for action in actions if "run_playbook" in action]


@pytest.mark.parametrize("jitter", [0.0, 1.0])
@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "503"])
def test_flexi_may_be_down_for_five_minutes(jitter: float, *, is_refused: bool) -> None:
    [retries] = {run["user_logout_retries"] for run in runs()}
    clock = FakeClock(jitter=jitter, time=0)
    with Emulator() as server:
        server.add_fault(action="status", code=503)
        with server.down() if is_refused else nullcontext():
            done = log_out(connection_to(server, retries=retries), ["novak"], clock=clock)

    assert done.code == ("unreachable" if is_refused else "unavailable")
    # As both guides say.
    assert 5 * 60 <= clock.time <= 7 * 60


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed (Debian package systemd)")
    copy = tmp_path / "flexi-rulebook@logout_on_change.service"
    # The program need not be there.
    copy.write_text(
        UNIT.read_text(encoding="utf-8").replace("/opt/flexi-rulebook/bin/", "/bin/true "), encoding="utf-8"
    )
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_container_gives_signals_back() -> None:
    text = (EDA / "container/Containerfile").read_text(encoding="utf-8")

    assert SIGNALS in text
    assert re.search(r"^USER 65534", text, re.MULTILINE)
    assert not re.search("PASSWORD|TOKEN|KEY", text)
