# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the role never log out more users, or of more, than they mean, wherever they come from."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.abra.flexi.tests.e2e.test_hostile import survey
from ansible_collections.abra.flexi.tests.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run

ZANETA = "Žaneta Ř/ezníčková"
DECOMPOSED = unicodedata.normalize("NFD", ZANETA)
RIGHTS = {"manageAll": True, "licenseMgmt": True}
NOVAK: dict[str, Any] = {"users": ["novak"]}
ACCOUNTANTS: dict[str, Any] = {"users_in_companies": ["demo"], "users_with_roles": ["UCETNI"]}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "companies misspelt": (
        {**NOVAK, "companys": ["demo"]},
        "user_logout_companys: there is no such variable. Did you mean",
    ),
    "prefix misspelt": ({**NOVAK, "../user_logut_companies": ["demo"]}, "Did you mean user_logout_companies"),
    "role, singular": (
        {"users_in_companies": ["demo"], "users_with_role": ["UCETNI"]},
        "mean user_logout_users_with_roles",
    ),
    "roles alone": ({"users_with_roles": ["UCETNI"]}, "users_with_roles is given without users_in_companies"),
    "excluded": ({**ACCOUNTANTS, "excluded_users": ["novak"]}, "mean user_logout_exclude_users"),
    "user": ({"user": "novak"}, "user_logout_user: there is no such variable. Did you mean user_logout_users"),
    "nothing said": ({}, "Nothing says whom to log out."),
    "blank": ({"users": " "}, "Nothing says whom to log out."),
    "numbers": ({"users": [7, 8, True]}, "users has 7, which is a number in YAML and no text. Quote it"),
    "a number": ({"users": 1234}, "users is 1234, which is a number in YAML and no text. Quote it"),
    "null": ({**NOVAK, "companies": None}, "user_logout_companies is null"),
    "null in a list": ({"lists": [{"users": ["novak"], "companies": None}]}, "lists[0].companies is null"),
    "no company": ({**NOVAK, "companies": []}, "companies is empty"),
    "exclude, whitespace": ({**ACCOUNTANTS, "exclude_users": ["novak "]}, "leading or trailing whitespace"),
    "exclude, nested": ({**ACCOUNTANTS, "exclude_users": [["novak"]]}, "exclude_users has a list where text belongs"),
    "exclude, semicolon": ({**ACCOUNTANTS, "exclude_users": "novak; petr"}, "Did you mean novak?"),
    "exclude, mistyped": ({**ACCOUNTANTS, "exclude_users": ["novvak"]}, "Did you mean novak?"),
    "mode": ({**NOVAK, "mode": "later"}, "value of mode must be one of: now, handler"),
}
DONE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "one company": ({**NOVAK, "companies": ["demo"]}, {"novak of demo"}),
    "its other name": ({**NOVAK, "company": "demo"}, {"novak of demo"}),
    "blank companies": ({**NOVAK, "companies": " "}, {"novak"}),
    # As a list, ansible-core from 2.19 on would make numbers of what a survey has, and those are refused.
    "digits as text": ({"users": "007\n010\nyes", "unknown_users": "ignore"}, set()),
    "exclude": ({**ACCOUNTANTS, "exclude_users": [ZANETA]}, {"novak"}),
    "exclude, composed differently": ({**ACCOUNTANTS, "exclude_users": [DECOMPOSED, "NOVAK"]}, set()),
    "four lines": (
        {**ACCOUNTANTS, "exclude_users": ZANETA, "companies": "demo"},
        {"novak of demo"},
    ),
    "lists": (
        {**NOVAK, "companies": "demo", "lists": [{"users": "franta\njan.novak@firma.cz"}]},
        {"novak of demo", "franta", "jan.novak@firma.cz"},
    ),
    "results of a job before": ({**NOVAK, "results": [], "result": {}, "result_failed": 3}, {"novak"}),
    "nobody": ({"users": []}, set()),
}
SOURCES = ["play", "inventory", "extra", "survey"]


def run(ansible: Ansible, source: str, given: dict[str, Any], *options: str) -> Run:
    """Run the role with variables from one source."""
    variables = {f"user_logout_{name}" if "/" not in name else name[3:]: value for name, value in given.items()}
    play: dict[str, Any] = {"hosts": "all", "gather_facts": False, "roles": ["abra.flexi.user_logout"]}
    hosts: dict[str, Any] = {"all": {"hosts": {"one": variables if source == "inventory" else {}}}}
    if source == "play":
        play["vars"] = variables
    elif source == "extra":
        options += ("-e", json.dumps(variables))
    elif source == "survey":
        options += ("-e", survey(ansible, variables))
    for name, content in {"play.yml": [play], "inventory.yml": hosts}.items():
        (ansible.folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return ansible.run("ansible-playbook", "-i", "inventory.yml", "play.yml", *options)


def open_(server: Emulator) -> set[str]:
    """Return who is logged in, and what contexts are cached."""
    users = server.state.as_dict()["users"].items()
    sessions = {name for name, user in users if user["sessions"]}
    return sessions | {f"{name} of {company}" for name, user in users for company in user["contexts"]}


def words(done: Run) -> str:
    """Return the output on one line."""
    return " ".join(done.output.split())


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("given", "says"), REFUSED.values(), ids=REFUSED)
def test_refused(ansible: Ansible, flexi: Emulator, source: str, given: dict[str, Any], says: str) -> None:
    done = run(ansible, source, given)

    assert done.status == 2, done.output
    assert says in words(done)
    assert "Traceback" not in done.output
    assert "POST" not in {request.method for request in flexi.requests}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("given", "closed"), DONE.values(), ids=DONE)
def test_done_as_meant(ansible: Ansible, flexi: Emulator, source: str, given: dict[str, Any], closed: set[str]) -> None:
    before = open_(flexi)
    done = run(ansible, source, given)

    assert done.status == 0, done.output
    gone = before - open_(flexi)
    # With the sessions, the contexts go; reading users with HTTP Basic makes one of the acting user.
    assert {each for each in gone if each.partition(" of ")[0] not in gone or each in closed} == closed


@pytest.mark.parametrize("source", ["play", "inventory"])
@pytest.mark.parametrize("nothing", ["{{ none }}", "{{ '' }}", "{{ lookup('env', 'NOT_SET') }}"])
def test_a_template_that_renders_to_nothing(ansible: Ansible, flexi: Emulator, source: str, nothing: str) -> None:
    done = run(ansible, source, {**NOVAK, "companies": nothing})

    assert done.status == 2, done.output
    assert "renders to nothing" in words(done) or "is null" in words(done)
    assert not flexi.requests


@pytest.mark.parametrize("option", ["password", "url"])
@pytest.mark.parametrize(
    "template", ["{{ foo bar }}", "{{ 1 | no_such_filter }}", "{{ nowhere }}", "{{ '{' | from_json }}"]
)
def test_a_template_that_fails_beside_a_secret_does_not_show_it(
    ansible: Ansible, flexi: Emulator, option: str, template: str
) -> None:
    given = {**NOVAK, "../beside": f"https://u:geheim@flexi{template}", option: "{{ beside }}"}
    done = run(ansible, "play", given, "-vvv")

    assert done.status == 2, done.output
    assert f"user_logout_{option} cannot be evaluated" in words(done)
    assert "geheim" not in done.output
    assert "Traceback" not in done.output
    assert not flexi.requests


@pytest.mark.parametrize("mode", ["now", "handler"])
def test_refused_before_the_rollout(ansible: Ansible, flexi: Emulator, mode: str) -> None:
    done = run(ansible, "extra", {**NOVAK, "companys": ["demo"], "mode": mode})

    assert done.status == 2
    assert "Did you mean user_logout_company or user_logout_companies" in words(done)
    assert not flexi.requests


@pytest.fixture
def odd() -> Iterator[Emulator]:
    """Start a server with logins that are easily taken for something else."""
    users = [
        {"username": "admin", "password": "flexi", "permissions": RIGHTS},
        *({"username": name, "sessions": 1, "roles": {"demo": "UCETNI"}} for name in ("flexi.jan", "null", " blank")),
    ]
    with Emulator(state={"users": users}) as server:
        yield server


def test_odd_logins_are_selected_as_they_are_and_one_that_cannot_be_sent_fails_alone(
    ansible: Ansible, odd: Emulator
) -> None:
    ansible.connect(odd)
    ansible.environment["ABRAFLEXI_PASSWORD"] = "flexi"
    done = run(ansible, "play", ACCOUNTANTS)

    assert done.status == 2
    assert open_(odd) & {"flexi.jan", "null", " blank"} == {" blank"}
    assert "leading or trailing whitespace" in words(done)


@pytest.mark.parametrize("name", ["group/abra.flexi.flexi", "abra.flexi.flexi_user_logout"])
def test_module_defaults_go_before_the_environment(ansible: Ansible, flexi: Emulator, name: str) -> None:
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {name: {"url": flexi.https}},
        "roles": [{"role": "abra.flexi.user_logout", "vars": {"user_logout_users": ["novak"]}}],
    }
    (ansible.folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    with Emulator() as production:
        variables = {"url": production.https, "login": "admin", "password": "fake-admin"}
        # The credentials are of no server, or they would be refused for another one.
        environment = {"ABRAFLEXI_URL": "", "ABRAFLEXI_VALIDATE_CERTS": "false"}
        if name.startswith("group"):
            environment["ABRAFLEXI_URL"] = variables["url"]
            play["module_defaults"] = {name: {"url": flexi.https, "username": "admin", "password": "fake-admin"}}
            del ansible.environment["ABRAFLEXI_PASSWORD"], ansible.environment["ABRAFLEXI_LOGIN"]
            (ansible.folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        done = ansible.run("ansible-playbook", "play.yml", **environment)

        assert not production.requests
    assert done.status == 0, done.output
    assert not flexi.state.is_logged_in("novak")


TWICE = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: abra.flexi.user_logout
      vars: {user_logout_mode: handler, user_logout_users: [novak], user_logout_companies: [demo]}
    - role: abra.flexi.user_logout
      vars: {user_logout_mode: handler, user_logout_users: [franta]}
      when: last | default(true)
  tasks:
    - ansible.builtin.command: "true"
      notify: Log out Flexi users
"""


@pytest.mark.parametrize("last", [True, False])
def test_twice_as_a_handler(ansible: Ansible, flexi: Emulator, *, last: bool) -> None:
    (ansible.folder / "play.yml").write_text(TWICE, encoding="utf-8")
    before = open_(flexi)
    done = ansible.run("ansible-playbook", "play.yml", "-e", json.dumps({"last": last}))

    assert done.status == 0, done.output
    assert before - open_(flexi) == {"novak of demo"} | ({"franta", "franta of demo"} if last else set())


HANDLER = """
- hosts: localhost
  gather_facts: false
  vars: {{user_logout_mode: handler, user_logout_users: "{users}", user_logout_retries: 0}}
  roles: [abra.flexi.user_logout]
  tasks:
    - ansible.builtin.copy: {{content: x, dest: "{{{{ playbook_dir }}}}/rolled_out", mode: "0600"}}
      register: rollout
      notify: Log out Flexi users
"""


def test_a_handler_that_failed_says_how_to_log_out_all_the_same(ansible: Ansible, flexi: Emulator) -> None:
    (ansible.folder / "play.yml").write_text(HANDLER.format(users="novak"), encoding="utf-8")
    command = ("ansible-playbook", "play.yml")
    failed = ansible.run(*command, ABRAFLEXI_PASSWORD="wrong")
    again = ansible.run(*command)

    assert failed.status == 2
    assert "Run it again with -e user_logout_mode=now." in words(failed)
    assert again.status == 0, again.output
    assert flexi.state.is_logged_in("novak")

    now = ansible.run(*command, "-e", "user_logout_mode=now")

    assert now.status == 0, now.output
    assert not flexi.state.is_logged_in("novak")


def test_a_handlers_users_may_come_from_the_rollout(ansible: Ansible, flexi: Emulator) -> None:
    users = "{{ ['novak'] if rollout.dest else [] }}"
    (ansible.folder / "play.yml").write_text(HANDLER.format(users=users), encoding="utf-8")
    done = ansible.run("ansible-playbook", "play.yml")

    assert done.status == 0, done.output
    assert not flexi.state.is_logged_in("novak")


TRUTH = """
- hosts: localhost
  gather_facts: false
  tasks:
    - block:
        - ansible.builtin.include_role: {name: abra.flexi.user_logout}
      rescue:
        - ansible.builtin.debug: {msg: "rescued {{ user_logout_result.failed }} {{ user_logout_result is failed }}"}
      always:
        - ansible.builtin.debug: {msg: "always {{ user_logout_result.failed }} {{ user_logout_result.changed }}"}
"""


@pytest.mark.parametrize(
    ("users", "says"),
    [("novak", ["always False True"]), ("novak,..", ["rescued True True", "always True False"])],
)
def test_whether_it_failed_is_told_truthfully(ansible: Ansible, flexi: Emulator, users: str, says: list[str]) -> None:
    (ansible.folder / "play.yml").write_text(TRUTH, encoding="utf-8")
    done = ansible.run("ansible-playbook", "play.yml", "-e", f"user_logout_users={users}")

    assert [each for each in says if each not in done.output] == []
    assert ("rescued True" in done.output) == (".." in users)
    assert flexi.state.is_logged_in("novak") == (".." in users)


@pytest.mark.parametrize("inventory", ["group", "host"])
def test_connections_and_privileges_of_the_inventory_do_not_reach_the_work(
    ansible: Ansible, flexi: Emulator, inventory: str
) -> None:
    there = {
        "ansible_become": True,
        "ansible_become_method": "ansible.builtin.sudo",
        "ansible_become_exe": "/nowhere/sudo",
        "ansible_connection": "ssh",
        "ansible_host": "flexi.invalid",
        "ansible_python_interpreter": "/nowhere/python",
    }
    hosts: dict[str, Any] = {"one": {} if inventory == "group" else there}
    if inventory == "group":
        hosts["localhost"] = {}
    content = {"all": {"hosts": hosts, "vars": there if inventory == "group" else {}}}
    play = {
        "hosts": "one",
        "gather_facts": False,
        "roles": [{"role": "abra.flexi.user_logout", "vars": {"user_logout_users": ["novak"]}}],
    }
    (ansible.folder / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    (ansible.folder / "inventory.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    done = ansible.run("ansible-playbook", "-i", "inventory.yml", "play.yml")

    assert done.status == 0, done.output
    assert not flexi.state.is_logged_in("novak")


def test_a_job_that_asked_for_nobody_hands_on_that_it_failed(ansible: Ansible) -> None:
    ansible.environment["ANSIBLE_SHOW_CUSTOM_STATS"] = "yes"
    done = run(ansible, "extra", {**NOVAK, "companys": ["demo"], "set_stats": True})

    stats = json.loads(done.output[done.output.rindex("RUN: ") + len("RUN: ") :])
    assert (stats["user_logout_result_failed"], stats["user_logout_result_failures"]) == (1, [])
    assert all(name.startswith("user_logout_result") for name in stats)


ADDRESS = "127.0.0.9"


@pytest.mark.parametrize("delegate", ["localhost", "two"])
@pytest.mark.parametrize(("source", "asked"), [("play", ADDRESS), ("extra", ADDRESS), ("nothing", "one.invalid")])
def test_without_a_url_the_address_is_that_of_the_plays_host(
    ansible: Ansible, delegate: str, source: str, asked: str
) -> None:
    del ansible.environment["ABRAFLEXI_URL"], ansible.environment["ABRAFLEXI_PASSWORD"]
    given = {**NOVAK, "username": "admin", "password": "fake-admin", "retries": 0, "delegate_to": delegate}
    variables = {f"user_logout_{name}": value for name, value in given.items()}
    own = {"ansible_host": ADDRESS}
    play = {
        "hosts": "one.invalid",
        "gather_facts": False,
        "vars": {**variables, **(own if source == "play" else {})},
        "roles": ["abra.flexi.user_logout"],
    }
    there = {
        "ansible_host": "127.0.0.7",
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    hosts = {"all": {"hosts": {"one.invalid": {}, "two": there}}}
    for name, content in {"play.yml": [play], "inventory.yml": hosts}.items():
        (ansible.folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    options = ["-e", json.dumps(own)] if source == "extra" else []
    done = ansible.run("ansible-playbook", "-i", "inventory.yml", "play.yml", *options)

    assert done.status == 2, done.output
    assert f"No answer from https://{asked}:5434" in words(done)
