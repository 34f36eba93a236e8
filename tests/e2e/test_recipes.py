# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of the site, each copied from its page and run: it does what its heading says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.tests.e2e.test_examples import leaving
from ansible_collections.abra.flexi.tests.e2e.test_guides import DOCSITE, guide
from ansible_collections.abra.flexi.tests.emulator import Emulator

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible

GUIDE = "guide_recipes"
LABEL = re.compile(r"^\.\. _ansible_collections\.abra\.flexi\.docsite\.guide_recipes\.(\w+):$", re.MULTILINE)
BLOCK = re.compile(r"^\.\. code-block:: (\S+)\n\n((?:   .*\n|\n)+)", re.MULTILINE)
HOOKS = Path(__file__).parents[2] / "docs" / "hooks"


def recipes() -> dict[str, str]:
    """Return the text of each recipe, by the last part of its label."""
    _before, *parts = LABEL.split(guide(GUIDE))
    return dict(zip(parts[::2], parts[1::2]))


def code(recipe: str, language: str = "yaml+jinja") -> str:
    """Return the only code of a recipe in a language."""
    (found,) = [dedent(text) for name, text in BLOCK.findall(recipes()[recipe]) if name == language]
    return found


def copy(ansible: Ansible, recipe: str, name: str = "recipe.yml", **meant: str) -> None:
    """Write the play of a recipe to a file, with some words replaced."""
    text = code(recipe)
    for written, instead in meant.items():
        assert written in text
        text = text.replace(written, instead)
    (ansible.folder / name).write_text(text, encoding="utf-8")


def test_every_recipe_is_run() -> None:
    tested = {name.split("_")[1] for name in globals() if name.startswith("test_")} - {"every"}

    assert tested == set(recipes())


def test_rollout_logs_out_only_where_something_changed(ansible: Ansible, flexi: Emulator) -> None:
    target = str(ansible.folder / "rolled-out.csv")
    (ansible.folder / "rights.csv").write_text("UCETNI;read\n", encoding="utf-8")
    copy(ansible, "rollout", **{"/srv/flexi/rights.csv": target})

    first = ansible.run("ansible-playbook", "recipe.yml")
    assert first.status == 0, first.output
    assert not {"novak", "franta"}.intersection(flexi.state.logged_in())

    flexi.state.log_in("novak")
    second = ansible.run("ansible-playbook", "recipe.yml")
    assert second.status == 0, second.output
    assert flexi.state.is_logged_in("novak")


def test_leaver_is_gone(ansible: Ansible, flexi: Emulator) -> None:
    copy(ansible, "leaver")
    run = ansible.run("ansible-playbook", "recipe.yml")

    assert run.status == 0, run.output
    assert not flexi.state.is_logged_in("novak")
    assert flexi.state.is_logged_in("franta")


def test_leaver_who_comes_back_or_does_not_exist_is_a_failure(ansible: Ansible, flexi: Emulator) -> None:
    copy(ansible, "leaver")
    flexi.state.logs_in_again("novak")
    back = ansible.run("ansible-playbook", "recipe.yml")
    copy(ansible, "leaver", novak="novk")
    mistyped = ansible.run("ansible-playbook", "recipe.yml")

    assert [back.status, mistyped.status] == [2, 2]
    assert '"code": "logged_in_again"' in back.text, back.output
    assert "novak?" in mistyped.text, mistyped.output


def test_role_reads_permissions_again_and_ends_no_session(ansible: Ansible, flexi: Emulator) -> None:
    logged_in = flexi.state.logged_in()
    copy(ansible, "role")
    run = ansible.run("ansible-playbook", "recipe.yml")

    assert run.status == 0, run.output
    assert flexi.state.logged_in() == logged_in
    assert flexi.state.contexts_of("novak") == ["test_firma"]
    assert flexi.state.contexts_of("franta") == ["demo"]


def test_nightly_drain_by_cron(ansible: Ansible, flexi: Emulator) -> None:
    settings = ansible.folder / "abraflexi.env"
    names = [name for name in ansible.environment if name.startswith("ABRAFLEXI_")]
    settings.write_text("".join(f"{name}='{ansible.environment.pop(name)}'\n" for name in names), encoding="utf-8")
    copy(ansible, "nightly", "drain.yml", eshop="franta")
    minute, hour, *_days, user, command = code("nightly", "text").strip().split(maxsplit=6)

    assert [minute, hour, user] == ["30", "2", "root"]
    command = command.replace("/etc/abraflexi.env", str(settings)).replace("/etc/flexi/", f"{ansible.folder}/")
    run = ansible.run("sh", "-c", command)
    assert run.status == 0, run.output
    assert flexi.state.logged_in() == ["franta"]


def test_upgrade_waits_until_nobody_is_logged_in(ansible: Ansible, flexi: Emulator) -> None:
    copy(ansible, "upgrade", **{"delay: 60": "delay: 1"})
    for login in set(flexi.state.logged_in()) - {"franta"}:
        flexi.state.log_out(login)
    with leaving(flexi, "franta", times=2):
        run = ansible.run("ansible-playbook", "recipe.yml")

    assert run.status == 0, run.output
    assert "FAILED - RETRYING" in run.output
    assert "Nobody is logged in." in run.output
    assert not flexi.state.logged_in()


def test_upgrade_does_not_begin_while_somebody_works(ansible: Ansible, flexi: Emulator) -> None:
    copy(ansible, "upgrade", **{"delay: 60": "delay: 0", "retries: 60": "retries: 2"})
    run = ansible.run("ansible-playbook", "recipe.yml")

    assert run.status == 2
    assert "Nobody is logged in." not in run.output
    assert flexi.state.is_logged_in("franta")


def test_upgrade_does_not_try_a_refused_password_again(ansible: Ansible, flexi: Emulator) -> None:
    copy(ansible, "upgrade")
    run = ansible.run("ansible-playbook", "recipe.yml", ABRAFLEXI_PASSWORD="fake-wrong")

    assert run.status == 2
    assert [request.status for request in flexi.requests].count(401) == 1


def test_servers_in_an_inventory(ansible: Ansible, flexi: Emulator) -> None:
    inventory = code("servers", "yaml")
    *_setting, playbook = re.findall(r"^\$ (.+)$", code("servers", "console"), re.MULTILINE)
    with Emulator() as second:
        authorities = ansible.folder / "ca.pem"
        authorities.write_bytes(Path(flexi.ca_path).read_bytes() + Path(second.ca_path).read_bytes())
        inventory = inventory.replace("https://elsewhere.example.com:8443", second.https)
        inventory = inventory.replace("user_logout_username: ansible", "user_logout_username: admin")
        (ansible.folder / "servers.yml").write_text(inventory, encoding="utf-8")
        (ansible.folder / "host_vars").mkdir()
        variables = f"user_logout_url: {flexi.https}\n"
        (ansible.folder / "host_vars" / "flexi1.example.com.yml").write_text(variables, encoding="utf-8")
        copy(ansible, "servers", "logout.yml")
        del ansible.environment["ABRAFLEXI_URL"], ansible.environment["ABRAFLEXI_LOGIN"]
        settings = {"ABRAFLEXI_ALLOWED_HOSTS": "localhost", "ABRAFLEXI_CA_PATH": str(authorities)}
        run = ansible.run("bash", "-c", playbook, **settings)

        assert run.status == 0, run.output
        for server in (flexi, second):
            assert not {"novak", "franta"}.intersection(server.state.logged_in())


def test_awx_hands_the_users_on(ansible: Ansible, flexi: Emulator) -> None:
    copy(ansible, "awx")
    rollout = ansible.run("ansible-playbook", "recipe.yml", ANSIBLE_SHOW_CUSTOM_STATS="yes")
    (stats,) = re.findall(r"^\tRUN: (.*)$", rollout.output, re.MULTILINE)
    # AWX makes artifacts of one job extra variables of the next.
    (ansible.folder / "artifacts.json").write_text(json.dumps(json.loads(stats)), encoding="utf-8")
    run = ansible.run("ansible-playbook", "abra.flexi.logout_users", "-e", "@artifacts.json")

    assert run.status == 0, run.output
    assert flexi.state.is_logged_in("novak")
    assert flexi.state.contexts_of("novak") == ["test_firma"]


def test_pipeline_with_a_file(ansible: Ansible, flexi: Emulator) -> None:
    assert json.loads(code("pipeline", "json")) == json.loads((HOOKS / "flexi-users.json").read_text(encoding="utf-8"))
    shutil.copy(HOOKS / "flexi-users.json", ansible.folder)
    run = ansible.run("bash", "-c", code("pipeline", "console").strip().removeprefix("$ "))

    assert run.status == 0, run.output
    assert flexi.state.logged_in() == ["franta", "Žaneta Ř/ezníčková"]


@pytest.mark.parametrize("path", re.findall(r"/blob/main/([^>]+)>", guide(GUIDE)))
def test_every_link_to_the_repository(path: str) -> None:
    assert (DOCSITE.parents[1] / path).is_file()
