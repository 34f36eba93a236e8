# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the role never log out more users, or of more, than they mean, wherever they come from."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.abra.flexi.tests.e2e.test_hostile import survey
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.role_variables import (
    ACCOUNTANTS,
    DONE,
    NOVAK,
    REFUSED,
    RENDER_TO_NOTHING,
    ended,
    logged_in,
    named,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run

RIGHTS = {"manageAll": True, "licenseMgmt": True}
SOURCES = ["play", "inventory"]
OF_A_WHOLE_PROCESS = ["extra", "survey"]
SOME_REFUSED = ["companies misspelt", "numbers", "null", "exclude, mistyped"]
SOME_DONE = ["four lines", "lists", "nobody"]
"""Of a whole process some will do: how variables get from there to the task is up to Ansible, and the unit tests have
all of them."""
OF_THE_CONNECTION = ["url", "username", "session_id", "client_cert", "ca_path", "validate_certs", "deadline"]
"""Some of the options that the environment gives where nothing else does."""
FAIL = ["{{ foo bar }}", "{{ 1 | no_such_filter }}", "{{ nowhere }}", "{{ '{' | from_json }}"]
"""Templates that cannot be evaluated."""
ROLE = {
    "block": [{"ansible.builtin.import_role": {"name": "abra.flexi.user_logout"}}],
    "rescue": [{"ansible.builtin.set_fact": {"refused": "{{ ansible_failed_result.msg }}"}}],
}
OF_ALL = "{{ groups.cases | map('extract', hostvars, 'refused') | list | to_json }}"
KEEP = {"ansible.builtin.copy": {"dest": "{{ playbook_dir }}/refused.json", "content": OF_ALL, "mode": "0600"}}


def run(ansible: Ansible, source: str, given: dict[str, Any], *options: str) -> Run:
    """Run the role with variables from one source."""
    variables = named(given)
    play: dict[str, Any] = {"hosts": "all", "gather_facts": False, "roles": ["abra.flexi.user_logout"]}
    hosts: dict[str, Any] = {"all": {"hosts": {"one": variables if source == "inventory" else {}}}}
    if source == "play":
        play["vars"] = variables
    elif source == "extra":
        options += ("-e", json.dumps(variables))
    elif source == "survey":
        options += ("-e", survey(ansible, variables))
    return run_plays(ansible, [play], hosts, *options)


def run_plays(ansible: Ansible, plays: list[dict[str, Any]], inventory: dict[str, Any], *options: str) -> Run:
    """Run plays with an inventory."""
    for name, content in {"play.yml": plays, "inventory.yml": inventory}.items():
        (ansible.folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return ansible.run("ansible-playbook", "-i", "inventory.yml", "play.yml", *options)


class Cases:
    """Many cases in one run of Ansible, each a host with a server of its own."""

    def __init__(self, ansible: Ansible, servers: ExitStack) -> None:
        """Servers are stopped with the stack."""
        self._ansible, self._start = ansible, servers.enter_context
        self.servers: list[Emulator] = []
        self.output = ""

    def run(self, source: str, cases: Sequence[dict[str, Any]], *options: str) -> list[str]:
        """Run the role, and return for each case why it was refused, or nothing."""
        self.servers = [self._start(Emulator()) for _case in cases]
        hosts: dict[str, Any] = {}
        plays: list[dict[str, Any]] = []
        for number, (given, server) in enumerate(zip(cases, self.servers)):
            host, variables = f"case{number:02}", named(given)
            hosts[host] = {"server": server.address(), "refused": ""} | (variables if source == "inventory" else {})
            plays.append({"hosts": host, "vars": variables})
        connection = {"ABRAFLEXI_URL": "{{ server.https }}", "ABRAFLEXI_CA_PATH": "{{ server.ca_path }}"}
        common: dict[str, Any] = {"gather_facts": False, "environment": connection, "tasks": [ROLE]}
        plays = [play | common for play in (plays if source == "play" else [{"hosts": "cases"}])]
        keep = {"hosts": "localhost", "gather_facts": False, "tasks": [KEEP]}
        done = run_plays(self._ansible, [*plays, keep], {"cases": {"hosts": hosts}}, *options)
        assert done.status == 0, done.output
        assert "Traceback" not in done.output
        self.output = done.output
        refused: list[str] = json.loads((self._ansible.folder / "refused.json").read_text(encoding="utf-8"))
        return refused


@pytest.fixture
def many(ansible: Ansible) -> Iterator[Cases]:
    """Return what runs many cases at once."""
    with ExitStack() as servers:
        yield Cases(ansible, servers)


def words(done: Run) -> str:
    """Return the output on one line."""
    return " ".join(done.output.split())


@pytest.mark.parametrize("source", SOURCES)
def test_refused(many: Cases, source: str) -> None:
    said = many.run(source, [given for given, _says in REFUSED.values()])

    wrong = {name: text for (name, (_given, says)), text in zip(REFUSED.items(), said) if says not in text}
    assert wrong == {}
    asked = {name: server.requests_by_path() for name, server in zip(REFUSED, many.servers)}
    assert {name: paths for name, paths in asked.items() if any("POST" in path for path in paths)} == {}


@pytest.mark.parametrize("source", OF_A_WHOLE_PROCESS)
@pytest.mark.parametrize("name", SOME_REFUSED)
def test_refused_in_a_whole_process(ansible: Ansible, flexi: Emulator, source: str, name: str) -> None:
    given, says = REFUSED[name]
    done = run(ansible, source, given)

    assert done.status == 2, done.output
    assert says in words(done)
    assert "Traceback" not in done.output
    assert "POST" not in {request.method for request in flexi.requests}


@pytest.mark.parametrize("source", SOURCES)
def test_done_as_meant(many: Cases, source: str) -> None:
    before = logged_in(Emulator())
    said = many.run(source, [given for given, _closed in DONE.values()])

    assert dict(zip(DONE, said)) == dict.fromkeys(DONE, "")
    found = zip(DONE.items(), many.servers)
    closed = {name: ended(before, logged_in(server), meant) for (name, (_given, meant)), server in found}
    assert closed == {name: meant for name, (_given, meant) in DONE.items()}


@pytest.mark.parametrize("source", OF_A_WHOLE_PROCESS)
@pytest.mark.parametrize("name", SOME_DONE)
def test_done_as_meant_in_a_whole_process(ansible: Ansible, flexi: Emulator, source: str, name: str) -> None:
    given, closed = DONE[name]
    before = logged_in(flexi)
    done = run(ansible, source, given)

    assert done.status == 0, done.output
    assert ended(before, logged_in(flexi), closed) == closed


@pytest.mark.parametrize("source", SOURCES)
def test_a_template_that_renders_to_nothing(many: Cases, source: str) -> None:
    cases = [{**NOVAK, "companies": nothing} for nothing in RENDER_TO_NOTHING]
    said = many.run(source, [*cases, *({**NOVAK, option: "{{ '' }}"} for option in OF_THE_CONNECTION)])

    assert [text for text in said if "renders to nothing" not in text and "is null" not in text] == []
    assert not any(server.requests for server in many.servers)


def test_a_template_that_fails_beside_a_secret_does_not_show_it(many: Cases) -> None:
    options = [(option, template) for option in ("password", "url") for template in FAIL]
    cases = [
        {**NOVAK, "../beside": f"https://u:geheim@flexi{template}", option: "{{ beside }}"}
        for option, template in options
    ]
    said = many.run("play", cases, "-vvv")

    assert [
        text
        for (option, _template), text in zip(options, said)
        if f"user_logout_{option} cannot be evaluated" not in text
    ] == []
    assert "geheim" not in many.output
    assert not any(server.requests for server in many.servers)


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
    assert logged_in(odd) & {"flexi.jan", "null", " blank"} == {" blank"}
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
    before = logged_in(flexi)
    done = ansible.run("ansible-playbook", "play.yml", "-e", json.dumps({"last": last}))

    assert done.status == 0, done.output
    assert before - logged_in(flexi) == {"novak of demo"} | ({"franta", "franta of demo"} if last else set())


DRAIN = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.import_role: {name: abra.flexi.user_logout}
      vars: {user_logout_mode: handler, user_logout_users: [novak], user_logout_companies: [demo]}
    - ansible.builtin.import_role: {name: abra.flexi.user_logout}
      vars: {user_logout_users: [franta]}
    - ansible.builtin.uri: {url: "{{ control }}/login", method: POST, body_format: json, body: {user: franta}}
    - ansible.builtin.command: "true"
      notify: Log out Flexi users
    - ansible.builtin.meta: flush_handlers
    - ansible.builtin.debug: {msg: "{{ user_logout_result.results | map(attribute='user') }}"}
"""


@pytest.mark.parametrize("rerun", [False, True])
def test_what_was_done_at_once_is_not_done_again_when_notified_unless_the_mode_is_overridden(
    ansible: Ansible, flexi: Emulator, *, rerun: bool
) -> None:
    (ansible.folder / "play.yml").write_text(DRAIN, encoding="utf-8")
    options = ["-e", "user_logout_mode=now"] if rerun else []
    done = ansible.run("ansible-playbook", "play.yml", "-e", f"control={flexi.control}", *options)

    assert done.status == 0, done.output
    assert flexi.state.is_logged_in("franta") is not rerun
    assert not logged_in(flexi) & {"novak of demo"}
    # What is passed over leaves the result of the other use.
    assert ("franta" if rerun else "novak") in done.output[done.output.rindex("TASK [ansible.builtin.debug]") :]


RESCUED = """
- hosts: localhost
  gather_facts: false
  tasks:
    - block:
        - ansible.builtin.import_role: {name: abra.flexi.user_logout}
          vars: {user_logout_users: [novak, nobody], user_logout_unknown_users: fail}
      rescue:
        - ansible.builtin.debug: {msg: rescued}
    - ansible.builtin.command: "true"
      notify: Log out Flexi users
  post_tasks:
    - ansible.builtin.debug: {msg: "afterwards {{ user_logout_result.failure.code }} {{ user_logout_result.counts }}"}
"""


def test_a_failure_that_the_play_went_on_after_stays_to_be_seen_after_a_handler_that_has_nothing_to_do(
    ansible: Ansible, flexi: Emulator
) -> None:
    (ansible.folder / "play.yml").write_text(RESCUED, encoding="utf-8")
    done = ansible.run("ansible-playbook", "play.yml")

    assert done.status == 0, done.output
    assert "afterwards partial" in done.output
    assert "Run it with -e user_logout_mode=now" not in words(done)
    assert "ignoring" not in done.output
    assert not flexi.state.is_logged_in("novak")


FATAL = """
- hosts: all
  gather_facts: false
  any_errors_fatal: true
  vars: {user_logout_mode: handler, user_logout_users: [novak], user_logout_retries: 0}
  roles: [abra.flexi.user_logout]
  tasks:
    - ansible.builtin.command: "true"
      notify: Log out Flexi users
  post_tasks:
    - ansible.builtin.debug: {msg: "going on"}
"""


def test_a_handler_that_failed_on_one_host_ends_a_play_for_which_any_error_is_fatal(
    ansible: Ansible, flexi: Emulator
) -> None:
    hosts = {"one": {"user_logout_url": "https://127.0.0.1:9", "user_logout_password": "x"}, "two": {}}
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory = {"all": {"hosts": hosts, "vars": local}}
    done = run_plays(ansible, yaml.safe_load(FATAL), inventory, "-e", '{"user_logout_username": "admin"}')

    assert done.status == 2
    assert not flexi.state.is_logged_in("novak")
    assert "going on" not in done.output


TORN = ["user_logout_exclude_users=novak, franta", "user_logout_companies = demo", "user_logout_companies: demo"]


@pytest.mark.parametrize("extra", TORN)
def test_extra_variables_of_which_ansible_would_drop_a_part_are_refused(
    ansible: Ansible, flexi: Emulator, extra: str
) -> None:
    play: dict[str, Any] = {"hosts": "all", "gather_facts": False, "roles": ["abra.flexi.user_logout"]}
    done = run_plays(ansible, [play], {"all": {"hosts": {"one": {"user_logout_users": ["franta"]}}}}, "-e", extra)

    assert done.status == 2, done.output
    assert "The extra variables (-e) contain text that belongs to none of them" in words(done)
    assert not flexi.requests


NUMBERS: dict[str, Any] = {
    "item of the role": {"vars": {"user_logout_users": ["novak", "{{ leaver.login }}"]}},
    "text of the role": {"vars": {"user_logout_users": "{{ leaver.login }}"}},
    "exclusion of the role": {
        "vars": {"user_logout_users": ["novak"], "user_logout_exclude_users": ["{{ leaver.login }}"]}
    },
    "list of the role": {"vars": {"user_logout_lists": [{"users": ["{{ leaver.login }}"]}]}},
    "item of a loop": {"users": ["{{ item.login }}"]},
    "text of a loop": {"users": "{{ item.login }}"},
    "list of a loop": {"lists": [{"users": ["novak", "{{ item.login }}"]}]},
    "by way of another": {"users": ["{{ login }}"]},
    "by way of another, or left out": {"users": "{{ login | default(omit) }}"},
    "list in a template": {"users": "{{ [login] }}"},
    "exclusion by way of another": {"users": "novak", "exclude_users": "{{ [login | default(omit)] }}"},
    "statement": {"users": "{% if true %}{{ login }}{% endif %}"},
    "one line": "users={{ login }}",
    "by way of another of the role": {
        "vars": {"user_logout_users": "{{ login | default(omit) }}", "login": "{{ leaver.login }}"}
    },
}


@pytest.mark.parametrize("given", NUMBERS.values(), ids=NUMBERS)
def test_a_number_that_a_template_gives_is_refused_on_every_release(
    ansible: Ansible, flexi: Emulator, given: Any
) -> None:
    # Login 010 of YAML: some releases make text of templates, and so would log out 8.
    if isinstance(given, dict) and "vars" in given:
        play = {"roles": ["abra.flexi.user_logout"], "vars": given["vars"] | {"leaver": {"login": 8}}}
    else:
        of_the_task = {"loop": [{"login": 8}], "vars": {"login": "{{ item.login }}"}}
        play = {
            "tasks": [
                {"abra.flexi.flexi_user_logout": given, "ignore_errors": True, **of_the_task},
                {"action": {"module": "abra.flexi.flexi_user_logout", "args": given}, **of_the_task},
            ]
        }
    done = run_plays(ansible, [{"hosts": "localhost", "gather_facts": False, **play}], {})

    assert done.status == 2, done.output
    assert "8, which YAML reads as a number, not as text." in words(done)
    assert not flexi.requests


@pytest.mark.parametrize("play", ["role", "task", "loop", "role in a loop"])
def test_a_backslash_in_a_variable_that_is_handed_on_is_refused(ansible: Ansible, flexi: Emulator, play: str) -> None:
    users = "{{ leavers }}"
    plays: dict[str, dict[str, Any]] = {
        "role": {"roles": [{"role": "abra.flexi.user_logout", "user_logout_users": users}]},
        "task": {"tasks": [{"abra.flexi.flexi_user_logout": {"users": users}}]},
        "loop": {"tasks": [{"abra.flexi.flexi_user_logout": {"users": "{{ item }}"}, "loop": [users]}]},
        "role in a loop": {
            "tasks": [
                {
                    "ansible.builtin.include_role": {"name": "abra.flexi.user_logout"},
                    "vars": {"user_logout_users": "{{ item }}"},
                    "loop": [users],
                }
            ]
        },
    }
    for end in (("-e", r"leavers=AD\novak"), ("-e", r"leavers=AD\\novak", "--check")):
        done = run_plays(ansible, [{"hosts": "localhost", "gather_facts": False, **plays[play]}], {}, *end)
        assert done.status == (0 if "--check" in end else 2), done.output
        assert ("The extra variable leavers has a backslash" in words(done)) is ("--check" not in end)
    assert not [request for request in flexi.requests if request.method == "POST"]


def test_a_backslash_in_a_command_is_refused(ansible: Ansible, flexi: Emulator) -> None:
    module = ("-m", "abra.flexi.flexi_user_logout")
    done = ansible.run("ansible", "localhost", *module, "-a", r"users=AD\novak")

    assert done.status == 2
    assert "The option users has a backslash" in words(done)
    assert not flexi.requests


def test_a_misspelt_variable_is_refused_the_second_time_too(ansible: Ansible, flexi: Emulator) -> None:
    attempt = {"name": "Log out", "ansible.builtin.include_role": {"name": "abra.flexi.user_logout"}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"block": [attempt], "rescue": [attempt]}]}
    extra = json.dumps({"user_logout_users": ["novak"], "flexi_user_logout_companies": ["demo"]})
    done = run_plays(ansible, [play], {}, "-e", extra)

    assert done.status == 2, done.output
    assert not flexi.requests


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
    predicted = ansible.run(*command, "--check", ABRAFLEXI_PASSWORD="wrong")
    failed = ansible.run(*command, ABRAFLEXI_PASSWORD="wrong")
    again = ansible.run(*command)

    assert predicted.status == 2
    assert "Run it with" not in words(predicted)
    assert failed.status == 2
    assert "Run it with -e user_logout_mode=now." in words(failed)
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


BAD_VARIABLES: dict[str, dict[str, Any]] = {
    "user": {"ansible_user": "{{ nowhere }}"},
    "password": {"ansible_password": "{{ lookup('pipe', 'exit 1') }}"},
    "become_method": {"ansible_become": True, "ansible_become_method": "runas", "ansible_become_user": "{{ nowhere }}"},
    "connection": {"ansible_connection": "no.such.connection", "ansible_port": "{{ nowhere }}"},
}


@pytest.mark.parametrize("mode", ["now", "handler"])
def test_what_is_wrong_with_the_connection_of_a_host_fails_no_task_of_the_role(
    ansible: Ansible, flexi: Emulator, mode: str
) -> None:
    rollout = {"ansible.builtin.debug": {}, "changed_when": True, "notify": "Log out Flexi users"}
    play = {
        "hosts": "hosts",
        "gather_facts": False,
        "vars": {"user_logout_mode": mode, "user_logout_users": ["novak"]},
        "roles": ["abra.flexi.user_logout"],
        "tasks": [{**rollout, "delegate_to": "localhost", "vars": {"ansible_become": False}}],
    }
    done = run_plays(ansible, [play], {"hosts": {"hosts": BAD_VARIABLES}})

    assert done.status == 0, done.output
    assert [host for host in BAD_VARIABLES if f"\n{host}: 1 " not in done.output] == []
    assert not flexi.state.is_logged_in("novak")


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


def test_the_entry_point_whose_arguments_are_documented_can_be_used_by_its_name(
    ansible: Ansible, flexi: Emulator
) -> None:
    role = "{name: abra.flexi.user_logout, tasks_from: log_out}"
    done = ansible.play(f"- ansible.builtin.include_role: {role}", "-e", "user_logout_users=novak")

    assert done.status == 0, done.output
    assert "Validating arguments against arg spec 'log_out'" in done.output
    assert not flexi.state.is_logged_in("novak")


def test_a_job_that_asked_for_nobody_hands_on_that_it_failed(ansible: Ansible) -> None:
    ansible.environment["ANSIBLE_SHOW_CUSTOM_STATS"] = "yes"
    done = run(ansible, "extra", {**NOVAK, "companys": ["demo"], "set_stats": True})

    stats = json.loads(done.output[done.output.rindex("RUN: ") + len("RUN: ") :])
    assert (stats["user_logout_result_failed"], stats["user_logout_result_problems"]) == (1, [])
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
