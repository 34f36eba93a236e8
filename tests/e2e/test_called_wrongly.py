# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong with the options, however secrets are given: a sentence that shows none, and nothing is sent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.abra.flexi.tests.e2e.test_secrets import forms
from ansible_collections.abra.flexi.tests.operations import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run
    from ansible_collections.abra.flexi.tests.emulator import Emulator

SECRETS = {"password": "fake pass/wörd+1", "otp": "fake-code/918273", "session_id": "fake-session/4+2"}
VARIABLES = {name: f"{{{{ secret_{name} }}}}" for name in SECRETS}
ENVIRONMENT = {"password": "ABRAFLEXI_PASSWORD", "otp": "ABRAFLEXI_OTP", "session_id": "ABRAFLEXI_SESSION_ID"}
MODULES = {f"abra.flexi.{name}": options for name, options in CALLS.items()}


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a task, and what is said about it."""

    says: str
    args: dict[str, Any] = field(default_factory=dict)
    without: str = ""
    keywords: dict[str, Any] = field(default_factory=dict)


OF_ALL = {
    "no url": Mistake("missing required arguments: url", without="url"),
    "misspelt": Mistake("Did you mean username?", {"usrname": "admin"}),
    "misspelt secret": Mistake("Did you mean password", {"pasword": "{{ secret_password }}"}),
    "wrong type": Mistake("timeout", {"timeout": "60s"}),
    "wrong type, with a secret in it": Mistake("retries", {"retries": "{{ secret_password }}"}),
    "wrong type in the environment": Mistake("timeout", keywords={"environment": {"ABRAFLEXI_TIMEOUT": "60s"}}),
    "wrong choice": Mistake("basic, session", {"auth_method": "sometimes"}),
    "wrong choice, with a secret in it": Mistake("basic, session", {"auth_method": "{{ secret_otp }}"}),
    "credentials in the address": Mistake("url", {"url": "https://admin:{{ secret_password | urlencode }}@localhost"}),
}
OF_ONE = {
    "abra.flexi.flexi_user_logout": {
        "no users": Mistake("Nothing says whom to log out.", without="users"),
        "one user": Mistake("Did you mean users?", {"user": "novak"}, without="users"),
        "two names": Mistake("companies and company are the same option.", {"companies": ["demo"], "company": "demo"}),
        "null": Mistake("companies is null", {"companies": None}),
        "null by another name": Mistake("company is null", {"company": None}),
        "no companies": Mistake("companies is empty", {"companies": []}),
        "a number": Mistake("Quote it", {"users": [7]}),
        "an exclusion that is no login": Mistake("exclude_users contains the login", {"exclude_users": ["novak "]}),
        "a secret where a login belongs": Mistake("a dictionary", {"users": [{"password": "{{ secret_password }}"}]}),
    },
    "abra.flexi.flexi_user_info": {
        "wrong choice in a list": Mistake("NORMAL, REST_API, READ_ONLY", {"user_types": ["NORMAL", "ADMIN"]}),
        "roles of nowhere": Mistake("Set company.", {"roles": ["UCETNI"]}),
    },
}
OF_THE_ROLE = {
    "wrong choice": Mistake("sometimes", {"user_logout_mode": "sometimes"}),
    "wrong type": Mistake("retries", {"user_logout_retries": "many"}),
    "misspelt": Mistake("or user_logout_companies?", {"user_logout_companys": ["demo"]}),
    # Up to ansible-core 2.18, null becomes text on its way.
    "null": Mistake("It says: user_logout_companies ", {"user_logout_companies": None}),
    "no companies": Mistake("companies is empty", {"user_logout_companies": []}),
    "no address": Mistake("does not begin with https", {"user_logout_url": "nowhere"}),
}


class Vaulted(str):
    """Text that a vault has encrypted."""

    __slots__ = ()


class Dumper(yaml.SafeDumper):
    """Writes encrypted text with its tag."""


Dumper.add_representer(Vaulted, lambda dumper, text: dumper.represent_scalar("!vault", text, style="|"))


@pytest.fixture(params=[True, False], ids=["no_log", "log"])
def no_log(request: pytest.FixtureRequest) -> bool:
    """Whether the tasks are to be kept out of the output."""
    return bool(request.param)


@pytest.fixture
def careful(ansible: Ansible) -> Ansible:
    """Return Ansible with a vault and a log, and nothing of the connection in the environment."""
    (ansible.folder / "vault").write_text("fake-vault", encoding="utf-8")
    secrets = {f"secret_{name}": secret for name, secret in SECRETS.items()}
    (ansible.folder / "secrets.yml").write_text(yaml.safe_dump(secrets), encoding="utf-8")
    ansible.environment = {
        name: value for name, value in ansible.environment.items() if not name.startswith("ABRAFLEXI_")
    }
    ansible.environment |= {"ANSIBLE_VAULT_PASSWORD_FILE": "vault", "ANSIBLE_LOG_PATH": str(ansible.folder / "log")}
    return ansible


def vaulted(ansible: Ansible) -> dict[str, Vaulted]:
    """Return the secrets, encrypted."""
    command = ["ansible-vault", "encrypt_string", *SECRETS.values()]
    printed = ansible.run(*command, ANSIBLE_LOG_PATH="/dev/null").output
    contents = re.findall(r"\$ANSIBLE_VAULT[^\n]*(?:\n +[0-9a-f]+)+", printed)
    assert len(contents) == len(SECRETS), printed
    return {name: Vaulted(re.sub("\n +", "\n", content) + "\n") for name, content in zip(SECRETS, contents)}


def tasks_of(url: str, **more: Any) -> list[dict[str, Any]]:
    """Return a task for each mistake in each module, with ``more`` options in each."""
    tasks = []
    for module, options in MODULES.items():
        for name, mistake in {**OF_ALL, **OF_ONE.get(module, {})}.items():
            given = {"url": url, "username": "admin", **options, **more}
            args = {option: value for option, value in given.items() if option != mistake.without} | mistake.args
            tasks.append({"name": name, module: None, "args": args, **mistake.keywords})
    return tasks


def numbered(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Let each task go on after its failure, and keep every result in a file."""
    names = [f"result_{number}" for number in range(len(block["block"]))]
    for name, task in zip(names, block["block"]):
        task.update(register=name, ignore_errors=True)
    content = "{{ query('ansible.builtin.vars', *names) | to_json }}"
    keep = {"ansible.builtin.copy": {"dest": "results.json", "content": content}, "vars": {"names": names}}
    return [block, keep]


def play(ansible: Ansible, tasks: list[dict[str, Any]], *, no_log: bool, **environment: str) -> Run:
    """Run tasks, as talkative as it gets: what is printed otherwise is among that."""
    (ansible.folder / "log").unlink(missing_ok=True)
    written = [{"hosts": "localhost", "gather_facts": False, "no_log": no_log, "tasks": tasks}]
    (ansible.folder / "play.yml").write_text(yaml.dump(written, Dumper=Dumper, allow_unicode=True), encoding="utf-8")
    return ansible.run("ansible-playbook", "play.yml", "-e", "@secrets.yml", "-vvvv", **environment)


def check(run: Run, folder: Path, server: Emulator, *more: str) -> None:
    """Check that no secret is printed nor logged, that nothing broke, and that nothing was sent."""
    shown = {"screen": run.output, "log": (folder / "log").read_text(encoding="utf-8")}
    shown |= {f"more {number}": each for number, each in enumerate(more)}
    secrets = {form for secret in SECRETS.values() for form in forms(secret) | {json.dumps(secret)[1:-1]}}

    assert [(where, form) for where, text in shown.items() for form in secrets if form in text] == []
    assert [where for where, text in shown.items() if "Traceback" in text] == []
    assert server.connections()["accepted"] == 0


def check_modules(
    ansible: Ansible, server: Emulator, block: dict[str, Any], *, no_log: bool, **environment: str
) -> None:
    """Run a block, and check what each of its tasks says."""
    run = play(ansible, numbered(block), no_log=no_log, **environment)

    assert run.status == 0, run.output[-3000:]
    text = (ansible.folder / "results.json").read_text(encoding="utf-8")
    check(run, ansible.folder, server, text)
    results = json.loads(text)
    assert len(results) == len(block["block"])
    for task, result in zip(block["block"], results):
        module = next(name for name in MODULES if name in task)
        mistake = {**OF_ALL, **OF_ONE.get(module, {})}[task["name"]]
        assert result["failed"], task
        assert result["failure"]["code"] == "invalid_option", (task, result)
        assert mistake.says in result["msg"], (task, result)
        if "Did you mean" in mistake.says:
            assert f"Unsupported parameters for ({module})" in result["msg"]


@pytest.mark.parametrize("secrets", ["vault", "variables"])
def test_secrets_among_the_arguments(careful: Ansible, flexi: Emulator, secrets: str, *, no_log: bool) -> None:
    given = vaulted(careful) if secrets == "vault" else VARIABLES
    check_modules(careful, flexi, {"block": tasks_of(flexi.https, **given)}, no_log=no_log)


@pytest.mark.parametrize("names", [["group/abra.flexi.flexi"], list(MODULES)], ids=["group", "names"])
def test_secrets_in_module_defaults(careful: Ansible, flexi: Emulator, names: list[str], *, no_log: bool) -> None:
    block = {"block": tasks_of(flexi.https), "module_defaults": dict.fromkeys(names, vaulted(careful))}
    check_modules(careful, flexi, block, no_log=no_log)


def test_secrets_in_the_environment_of_tasks(careful: Ansible, flexi: Emulator, *, no_log: bool) -> None:
    environment = {ENVIRONMENT[name]: variable for name, variable in VARIABLES.items()}
    tasks = tasks_of(flexi.https)
    for task in tasks:
        task["environment"] = environment | task.get("environment", {})
    check_modules(careful, flexi, {"block": tasks}, no_log=no_log)


def test_secrets_in_the_environment_of_the_controller(careful: Ansible, flexi: Emulator, *, no_log: bool) -> None:
    environment = {ENVIRONMENT[name]: secret for name, secret in SECRETS.items()}
    check_modules(careful, flexi, {"block": tasks_of(flexi.https)}, no_log=no_log, **environment)


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        *((module, "novak and others") for module in MODULES),
        *(
            ("abra.flexi.flexi_user_logout", each)
            for each in ("", "usrname=admin url=https://localhost", "timeout=60s")
        ),
    ],
)
def test_commands(careful: Ansible, flexi: Emulator, module: str, arguments: str) -> None:
    environment = {ENVIRONMENT[name]: secret for name, secret in SECRETS.items()}
    run = careful.run("ansible", "localhost", "-m", module, "-a", arguments, "-vvvv", **environment)

    assert run.status != 0
    # Whether free text gets to the plugin depends on the version of Ansible.
    assert re.search("invalid_option|does not support raw params|has extra params", run.output)
    check(run, careful.folder, flexi)


def roles_of(url: str, values: Mapping[str, str], **keywords: Any) -> list[dict[str, Any]]:
    """Return a task for each mistake with the role, which goes on after its failure and says what it was."""
    common = {"user_logout_username": "admin", "user_logout_url": url, "user_logout_users": ["novak"]}
    common |= {f"user_logout_{name}": value for name, value in values.items()}
    run = {"ansible.builtin.include_role": {"name": "abra.flexi.user_logout"}}
    says = {"ansible.builtin.debug": {"msg": "It says: {{ ansible_failed_result.msg }}"}, "no_log": False}
    fail = {"ansible.builtin.fail": {"msg": "not refused"}}
    return [
        {"block": [{"name": name, **run, "vars": common | mistake.args}, fail], "rescue": [says], **keywords}
        for name, mistake in OF_THE_ROLE.items()
    ]


def check_roles(run: Run, folder: Path, server: Emulator, ways: int) -> None:
    """Check what the role says of each mistake, with each of the ways to give secrets."""
    assert run.status == 0, run.output[-3000:]
    check(run, folder, server)
    assert "It says: not refused" not in run.output
    says = [line for line in run.output.splitlines() if "It says: " in line]
    counts = [sum(mistake.says in line for line in says) for mistake in OF_THE_ROLE.values()]
    assert len(says) == ways * len(OF_THE_ROLE)
    assert min(counts) >= ways, says


def test_role(careful: Ansible, flexi: Emulator, *, no_log: bool) -> None:
    defaults = {"group/abra.flexi.flexi": VARIABLES}
    tasks = [
        *roles_of(flexi.https, VARIABLES),
        *roles_of(flexi.https, vaulted(careful)),
        *roles_of(flexi.https, {}, module_defaults=defaults),
    ]
    check_roles(play(careful, tasks, no_log=no_log), careful.folder, flexi, 3)


def test_role_with_the_environment_of_the_controller(careful: Ansible, flexi: Emulator) -> None:
    environment = {ENVIRONMENT[name]: secret for name, secret in SECRETS.items()}
    run = play(careful, roles_of(flexi.https, {}), no_log=False, **environment)

    check_roles(run, careful.folder, flexi, 1)
