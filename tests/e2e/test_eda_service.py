# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit and the container: what the tests of the rulebooks rely on is in them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

EDA = Path(__file__).parents[2] / "extensions/eda"
UNIT = EDA / "systemd/flexi-rulebook@.service"
SIGNALS = "JAVA_TOOL_OPTIONS=-Xrs"


def settings() -> dict[str, str]:
    """Return what the unit sets."""
    return dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE))


def test_nothing_outlives_the_unit() -> None:
    unit = settings()

    assert unit["KillMode"] == "control-group"
    assert unit["PrivateTmp"] == "yes"
    assert unit["Restart"] == "always"
    assert SIGNALS in unit["Environment"].split()
    assert "TMPDIR" not in unit["Environment"]


def test_both_rulebooks_can_be_instances() -> None:
    assert "--rulebook abra.flexi.%i " in settings()["ExecStart"]
    assert {path.stem for path in (EDA / "rulebooks").iterdir()} == {"logout_after_rollout", "logout_on_change"}


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
