# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy in the environment that does not work: a sentence about the proxy, without its password."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from ansible_collections.abra.flexi.tests.e2e.test_secrets import forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
    from ansible_collections.abra.flexi.tests.emulator import Emulator

PASSWORD = "fake+prøxy/1"
QUOTED = quote(PASSWORD, safe="")
ADDRESSES = {
    "refuses": f"http://user:{QUOTED}@127.0.0.1:PORT",
    "refuses TLS": f"https://user:{QUOTED}@127.0.0.1:PORT",
    "password not encoded": f"http://user:{PASSWORD}@127.0.0.1:PORT",
    "no host": f"http://user:{QUOTED}@",
    "no port": f"http://user:{QUOTED}@127.0.0.1:many",
    "no address": f"http://user:{QUOTED}@[127.0.0.1",
    "no proxy": f"ftp://user:{QUOTED}@127.0.0.1:PORT",
    "blank": f"http://user:{QUOTED}@127.0.0. 1:PORT",
    "no scheme": f"user:{QUOTED}@127.0.0.1:PORT",
}
TASK = "- abra.flexi.flexi_user_logout:\n    users: novak\n    retries: 0"


@pytest.fixture
def port() -> Iterator[str]:
    """Return a port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield str(bound.getsockname()[1])


@pytest.mark.parametrize("keywords", ["", "async: 60\npoll: 1"], ids=["action plugin", "module"])
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_proxy(ansible: Ansible, flexi: Emulator, port: str, address: str, keywords: str) -> None:
    ansible.environment |= {"HTTPS_PROXY": address.replace("PORT", port), "NO_PROXY": "", "no_proxy": ""}
    ansible.keywords = keywords
    run = ansible.play(TASK, "-vvvv")

    assert run.status != 0
    assert '"code": "proxy"' in run.output
    assert "Traceback" not in run.output
    assert [form for form in forms(PASSWORD, "user") if form in run.output] == []
    assert not flexi.requests
