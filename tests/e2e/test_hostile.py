# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile values in extra variables, plain and as AWX hands on what was entered in a survey."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
import yaml

from ansible_collections.abra.flexi.tests.role_variables import as_survey

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run
    from ansible_collections.abra.flexi.tests.emulator import Emulator

PLAYBOOK = "abra.flexi.logout_users"
BAITS = {
    "expression": "{{ lookup('pipe', 'touch CANARY') }}",
    "statement": "{% set x = lookup('pipe', 'touch CANARY') %}",
    "other marks": "#jinja2: variable_start_string: '<', variable_end_string: '>'\n< lookup('pipe', 'touch CANARY') >",
}
PLACES: dict[str, dict[str, Any]] = {
    "users": {"user_logout_users": ["novak", "BAIT"]},
    "users as text": {"user_logout_users": "novak,BAIT"},
    "companies": {"user_logout_users": ["novak"], "user_logout_companies": ["demo", "BAIT"]},
    "list": {"user_logout_lists": [{"users": ["novak"]}, {"users": ["novak"], "companies": ["BAIT"]}]},
    "mode": {"user_logout_users": ["novak"], "user_logout_mode": "BAIT"},
    "address": {"user_logout_users": ["novak"], "user_logout_url": "BAIT"},
    "password": {"user_logout_users": ["novak"], "user_logout_password": "BAIT"},
    "hosts": {"user_logout_users": ["novak"], "user_logout_hosts": "BAIT"},
}
ODD_LOGINS = [
    *("$(touch CANARY)", "`touch CANARY`", "&& touch CANARY", "| touch CANARY", "' || touch CANARY '", "-e"),
    *("#novak", "!unsafe novak", "*novak", "{novak}"),
    *("007", "yes", "null", "['novak']", "$ANSIBLE_VAULT,1.1,AES256", "Žaneta", "ノバク"),
]


@pytest.fixture
def canary(ansible: Ansible) -> Path:
    """Return the file that a bait makes where it is evaluated."""
    return ansible.folder / "canary"


def put(value: Any, bait: str, canary: Path) -> Any:
    """Return ``value`` with the bait put in everywhere."""
    if isinstance(value, dict):
        return {put(key, bait, canary): put(each, bait, canary) for key, each in value.items()}
    if isinstance(value, list):
        return [put(each, bait, canary) for each in value]
    return value.replace("BAIT", bait).replace("CANARY", str(canary))


def survey(ansible: Ansible, answers: dict[str, Any]) -> str:
    """Write answers to a file as AWX does, and return the option's value."""
    (ansible.folder / "survey.yml").write_text(as_survey(answers), encoding="utf-8")
    return "@survey.yml"


def asked_for(server: Emulator) -> list[str]:
    """Return the logins that the server was asked to log out, in alphabetical order, without the second questions."""
    posts = [request for request in server.requests if request.method == "POST"]
    return sorted(unquote(post.path.split("/")[3]) for post in posts if "ignore-not-found" not in post.query)


def check_refused(run: Run, server: Emulator, canary: Path) -> None:
    """Check that a sentence, and nothing else, came of it."""
    assert run.status != 0
    assert "There is a template in the extra variable user_logout_" in run.output
    assert "Traceback" not in run.output
    assert "touch" not in run.output
    assert not canary.exists()
    assert not server.requests


@pytest.mark.parametrize("bait", BAITS.values(), ids=BAITS)
def test_the_baits_are_ones(ansible: Ansible, canary: Path, bait: str) -> None:
    ansible.play("- debug: {var: text}", "-e", json.dumps(put({"text": "BAIT"}, bait, canary)))

    assert canary.exists()


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_template(ansible: Ansible, flexi: Emulator, canary: Path, place: dict[str, Any]) -> None:
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", json.dumps(put(place, BAITS["expression"], canary)))

    check_refused(run, flexi, canary)


def test_template_as_a_name(ansible: Ansible, flexi: Emulator, canary: Path) -> None:
    variables = put({"user_logout_lists": [{"users": ["novak"], "BAIT": []}]}, BAITS["expression"], canary)
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", json.dumps(variables))

    # Whether Ansible takes names for templates depends on its version; the role refuses them anyway.
    assert run.status != 0
    assert not canary.exists()
    assert not flexi.requests


@pytest.mark.parametrize("bait", ["statement", "other marks"])
def test_template_of_another_kind(ansible: Ansible, flexi: Emulator, canary: Path, bait: str) -> None:
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", json.dumps(put(PLACES["users"], BAITS[bait], canary)))

    check_refused(run, flexi, canary)


def test_template_as_key_and_value(ansible: Ansible, flexi: Emulator, canary: Path) -> None:
    value = BAITS["expression"].replace("CANARY", str(canary))
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", f'user_logout_users="{value}"')

    check_refused(run, flexi, canary)


def test_template_in_a_file(ansible: Ansible, flexi: Emulator, canary: Path) -> None:
    (ansible.folder / "vars.yml").write_text(
        yaml.safe_dump(put(PLACES["list"], BAITS["expression"], canary)), encoding="utf-8"
    )
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", "@vars.yml")

    check_refused(run, flexi, canary)


@pytest.mark.parametrize(
    "option",
    ["--limit=nobody", "--tags=none", "--skip-tags=all", "--start-at-task=none", "--list-hosts", "--list-tasks"],
)
def test_no_option_gets_past_it(ansible: Ansible, flexi: Emulator, canary: Path, option: str) -> None:
    variables = json.dumps(put(PLACES["hosts"], BAITS["expression"], canary))
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", variables, option)

    check_refused(run, flexi, canary)


@pytest.mark.parametrize(
    ("bait", "options"),
    [*((bait, []) for bait in BAITS), ("expression", ["--check", "--diff"]), ("expression", ["-vvv"])],
)
def test_survey(ansible: Ansible, flexi: Emulator, canary: Path, bait: str, options: list[str]) -> None:
    one_line = put(BAITS[bait].replace("\n", " "), "", canary)
    lists = [{"users": [one_line, "franta"]}]
    answers = {"user_logout_users": f"novak\n{one_line}", "user_logout_lists": lists, "user_logout_set_stats": True}
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", survey(ansible, answers), *options)

    assert run.status == 0
    assert not canary.exists()
    assert flexi.state.is_logged_in("novak") == ("--check" in options)
    if not options:
        parts = [part.strip() for part in one_line.split(",")]
        assert asked_for(flexi) == sorted(["novak", *parts, one_line, "franta"])


@pytest.mark.parametrize("place", ["companies", "mode", "address", "password", "hosts"])
def test_survey_that_makes_no_sense(ansible: Ansible, flexi: Emulator, canary: Path, place: str) -> None:
    answers = put(PLACES[place], BAITS["expression"], canary)
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", survey(ansible, answers))

    assert "Traceback" not in run.output
    assert "There is a template" not in run.output
    assert not canary.exists()
    assert flexi.state.is_logged_in("novak")


@pytest.mark.parametrize("mode", ["now", "handler"])
def test_survey_for_the_role(ansible: Ansible, flexi: Emulator, canary: Path, mode: str) -> None:
    answers = put({"user_logout_users": ["BAIT", "novak"], "user_logout_mode": mode}, BAITS["expression"], canary)
    tasks = """
- ansible.builtin.import_role:
    name: abra.flexi.user_logout
- ansible.builtin.command: "true"
  notify: Log out Flexi users
- ansible.builtin.meta: flush_handlers
- ansible.builtin.debug:
    var: user_logout_result
- ansible.builtin.set_fact:
    again: "{{ user_logout_result.results | map(attribute='user') | list }}"
- ansible.builtin.debug:
    msg: "{{ again }}"
"""
    run = ansible.play(tasks, "-e", survey(ansible, answers))

    assert run.status == 0
    assert not canary.exists()
    # In mode "now" the role was told by the task, which is always changed, to do it once more.
    assert set(asked_for(flexi)) == set(answers["user_logout_users"])


def test_odd_logins(ansible: Ansible, flexi: Emulator, canary: Path) -> None:
    logins = put(ODD_LOGINS, "", canary)
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", json.dumps({"user_logout_users": logins}))

    assert run.status == 0
    assert asked_for(flexi) == sorted(logins)
    assert not canary.exists()


@pytest.mark.parametrize(
    "login",
    [
        "novak\nfranta",
        "x" * 100_000,
        "..",
        "../../status",
        "x/../novak",
        "..%2f..%2fstatus",
        "novak/logout?company=demo",
        "novak%2Flogout",
        "novak; touch CANARY",
        "$ANSIBLE_VAULT;1.1;AES256",
        None,
        {"novak": 1},
    ],
    ids=lambda login: repr(login)[:20],
)
def test_what_is_no_login(ansible: Ansible, flexi: Emulator, login: Any) -> None:
    (ansible.folder / "vars.json").write_text(json.dumps({"user_logout_users": [login]}), encoding="utf-8")
    run = ansible.run("ansible-playbook", PLAYBOOK, "-e", "@vars.json")

    assert "Traceback" not in run.output
    assert flexi.state.is_logged_in("novak")
    assert flexi.state.is_logged_in("franta")


def test_templates_of_the_inventory_are_evaluated(ansible: Ansible, flexi: Emulator) -> None:
    of_all = {
        "accountants": ["novak", "franta"],
        "at_port": flexi.https.rpartition(":")[2],
        "user_logout_users": "{{ accountants }}",
        "user_logout_url": "https://localhost:{{ at_port }}",
    }
    hosts = {"flexi1": {"ansible_connection": "local"}}
    inventory = yaml.safe_dump({"flexi_servers": {"hosts": hosts, "vars": of_all}})
    (ansible.folder / "inventory.yml").write_text(inventory, encoding="utf-8")
    extra = {"user_logout_hosts": "flexi_servers"}
    run = ansible.run("ansible-playbook", PLAYBOOK, "-i", "inventory.yml", "-e", json.dumps(extra), ABRAFLEXI_URL="")

    assert run.status == 0
    assert asked_for(flexi) == ["franta", "novak"]
