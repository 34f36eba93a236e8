# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that checks a server, from an installed build."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.emulator.like import like

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible

CHECK = ("ansible-playbook", "abra.flexi.check_server")
THROW_AWAY = {"username": "zkouska", "password": "fake-zkouska"}


def test_it_reads_and_writes_a_report(ansible: Ansible, flexi: Emulator) -> None:
    run = ansible.run(*CHECK, "-e", "check_server_report=check.json", "--check", PWD=str(ansible.folder))

    assert run.status == 0, run.output
    assert "Works: " in run.output
    assert "ok        lang_cookie              all of them" in run.output
    assert {request.method for request in flexi.requests} == {"GET"}
    report = json.loads((ansible.folder / "check.json").read_text(encoding="utf-8"))
    assert report["works"] is True
    assert like(report).certificate == "good"
    assert (ansible.folder / "check.md").read_text(encoding="utf-8").startswith("# Check of a Flexi server")


def test_it_tries(ansible: Ansible, flexi: Emulator) -> None:
    flexi.state.add_users([THROW_AWAY])
    variables = {"check_server_try_user": "zkouska", "check_server_try_password": THROW_AWAY["password"]}

    run = ansible.run(*CHECK, "-v", "-e", json.dumps(variables))

    assert run.status == 0, run.output
    assert "ok        logout                   success" in run.output
    assert "fake-zkouska" not in run.output
    assert not flexi.state.is_logged_in("zkouska")


def test_check_mode_lists_what_it_would_try(ansible: Ansible, flexi: Emulator) -> None:
    flexi.state.add_users([THROW_AWAY])
    variables = {"check_server_try_user": "zkouska", "check_server_try_password": THROW_AWAY["password"]}

    run = ansible.run(*CHECK, "--check", "-e", json.dumps(variables))

    assert run.status == 0, run.output
    assert "Would try: Log try_user out of everything, and check whether the session lives" in run.output
    assert {request.method for request in flexi.requests} == {"GET"}


def test_what_is_on_the_screen_fits_and_ends_with_what_matters(ansible: Ansible, flexi: Emulator) -> None:
    flexi.set_variants(lang_cookie="no", users_list="missing")

    run = ansible.run(*CHECK)

    assert run.status == 0, run.output
    shown = run.output.partition("TASK [Show what was found]")[2].partition("TASK")[0].splitlines()[1:]
    assert max(map(len, shown)) <= 80
    matters = next(number for number, line in enumerate(shown) if "MATTERS" in line)
    assert "users_list" in shown[matters]
    assert "Does /u.json list all users?" in shown[matters + 1]
    assert any("differs   lang_cookie" in line for line in shown[:matters])


def test_a_fresh_flexi_gets_no_password(ansible: Ansible) -> None:
    with Emulator(certificate="by_itself") as fresh:
        run = ansible.run(
            *CHECK,
            "-e",
            "check_server_report=fresh",
            PWD=str(ansible.folder),
            ABRAFLEXI_URL=fresh.https,
            ABRAFLEXI_CA_PATH="",
        )

        assert fresh.requests == []
    assert run.status == 2
    assert "A fresh Flexi has such a certificate." in run.output
    assert "openssl s_client" in run.output
    assert "Traceback" not in run.output
    report = json.loads((ansible.folder / "fresh.json").read_text(encoding="utf-8"))
    assert report["works"] is False


def test_a_template_in_an_extra_variable_is_refused(ansible: Ansible, flexi: Emulator) -> None:
    run = ansible.run(*CHECK, "-e", json.dumps({"check_server_url": "{{ lookup('env', 'HOME') }}"}))

    assert run.status != 0
    assert "There is a template in the extra variable check_server_url" in run.output
    assert not flexi.requests


def test_a_misspelt_variable_is_refused(ansible: Ansible, flexi: Emulator) -> None:
    run = ansible.run(*CHECK, "-e", "check_server_try_users=zkouska")

    assert run.status != 0
    assert "There is no such variable: check_server_try_users. Did you mean check_server_try_user?" in run.text
    assert not flexi.requests
