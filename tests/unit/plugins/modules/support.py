# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a module in this process, as Ansible sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils import basic

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECTION = {"url": "https://flexi.example.com:5434", "username": "admin", "password": "Tajné heslo/1"}


class Module:
    """A module, run in this process."""

    def __init__(
        self, main: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Keep what replaces its input, and what reads its output."""
        self._main = main
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        for name in (
            "URL",
            "LOGIN",
            "PASSWORD",
            "SESSION_ID",
            "AUTHSESSID",
            "ALLOWED_HOSTS",
            "CLIENT_CERT",
            "CLIENT_KEY",
            "CA_PATH",
            "DEADLINE",
        ):
            monkeypatch.delenv(f"ABRAFLEXI_{name}", raising=False)

    def __call__(self, **options: object) -> dict[str, Any]:
        """Run it with the options, and return what it printed, with ``rc`` for its exit status."""
        arguments = {"ANSIBLE_MODULE_ARGS": {**CONNECTION, **options}}
        self._monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(arguments).encode())
        self._monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as ended:
            self._main()
        result: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        # From ansible-core 2.22 on: what the controller is to mask, which takes that out of the result.
        result.pop("_ansible_new_secrets", None)
        return {**result, "rc": ended.value.code}


def keys_of(documented: dict[str, Any]) -> dict[str, Any]:
    """Return the documented keys, each with those inside it."""
    return {name: keys_of(value.get("contains", {})) for name, value in documented.items()}
