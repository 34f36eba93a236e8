# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The post-deploy hooks in docs/hooks, each run line by line as its pipeline would.

Only what they install is here already: pip and ansible-galaxy are replaced by stand-ins that note what they are told.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from ansible_collections.abra.flexi.tests.e2e.test_secrets import forms

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run
    from ansible_collections.abra.flexi.tests.emulator import Emulator

DOCS = Path(__file__).parents[2] / "docs"
HOOKS = DOCS / "hooks"
PASSWORD = """fake $HOME 'pass" `wörd`+1"""
STAND_IN = '#!/bin/sh\necho "${0##*/} $*" >> "$HOME/installed"\n'
GALAXY = "ansible-galaxy collection install abra.flexi"
PIP = "pip install ansible-core requests"

Connection = dict[str, str]


@dataclass(frozen=True)
class Step:
    """What a pipeline hands to a shell."""

    command: list[str]
    environment: Connection = field(default_factory=dict)


def gitlab(connection: Connection) -> list[Step]:
    """Return one bash for all lines, with the variables of the project."""
    (job,) = yaml.safe_load((HOOKS / "gitlab-ci.yml").read_text(encoding="utf-8")).values()
    return [Step(["bash", "-c", "\n".join(["set -eo pipefail", *job["script"]])], connection)]


def github(connection: Connection) -> list[Step]:
    """Return a bash for each step, with the variables and secrets that the step names."""
    (job,) = yaml.safe_load((HOOKS / "github-actions.yml").read_text(encoding="utf-8"))["jobs"].values()
    contexts = {"vars": {"ABRAFLEXI_URL", "ABRAFLEXI_LOGIN"}, "secrets": {"ABRAFLEXI_PASSWORD"}}
    steps = []
    for step in job["steps"]:
        environment = {}
        for name, expression in step.get("env", {}).items():
            context, variable = re.fullmatch(r"\$\{\{ (\w+)\.(\w+) \}\}", expression).groups()  # type: ignore[union-attr] # else it fails here
            assert variable in contexts[context]
            environment[name] = connection[variable]
        if "run" in step:
            assert "${{" not in step["run"]
            steps.append(Step(["bash", "-e", "-c", step["run"]], environment))
    return steps


def jenkins(connection: Connection) -> list[Step]:
    """Return a shell for each step, which shows every line; from ``withCredentials`` on it has the credential."""
    text = (HOOKS / "Jenkinsfile").read_text(encoding="utf-8")
    assert "ABRAFLEXI_URL = 'https://flexi.example.com:5434'" in text
    variables = dict(re.findall(r"(username|password)Variable: '(\w+)'", text))
    credential = {
        variables["username"]: connection["ABRAFLEXI_LOGIN"],
        variables["password"]: connection["ABRAFLEXI_PASSWORD"],
    }
    scripts = list(re.finditer(r"^ *sh '([^']*)'$", text, re.MULTILINE))
    assert len(scripts) == len(re.findall(r"\bsh\b", text))
    return [
        Step(
            ["sh", "-xe", "-c", script[1]],
            {"ABRAFLEXI_URL": connection["ABRAFLEXI_URL"]}
            | (credential if script.start() > text.index("withCredentials(") else {}),
        )
        for script in scripts
    ]


def plain_shell(connection: Connection) -> list[Step]:
    """Return the script, which finds the connection in a file."""
    del connection
    return [Step([str(HOOKS / "post-deploy.sh"), "flexi-users.json"], {"ABRAFLEXI_ENV_FILE": "./abraflexi.env"})]


KINDS = {
    "gitlab-ci.yml": (gitlab, [PIP, GALAXY]),
    "github-actions.yml": (github, [PIP, GALAXY]),
    "Jenkinsfile": (jenkins, [GALAXY]),
    "post-deploy.sh": (plain_shell, []),
}


@dataclass(frozen=True)
class Pipeline:
    """A hook on a machine that knows nothing else of the server than where its authority is."""

    ansible: Ansible
    steps: list[Step]
    installs: list[str]

    def run(self) -> Run:
        """Run the steps, up to the first that fails."""
        for step in self.steps:
            result = self.ansible.run(*step.command, **step.environment)
            if result.status:
                break
        return result

    @property
    def installed(self) -> list[str]:
        """What would have been installed."""
        file = self.ansible.folder / "installed"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@pytest.fixture
def server(flexi: Emulator) -> Emulator:
    """Give the administrator a password that a shell could take for something else."""
    users = [
        {"username": "admin", "password": PASSWORD, "permissions": {"manageAll": True, "licenseMgmt": True}},
        *({"username": name, "password": "fake", "sessions": 1} for name in ("novak", "franta", "jan.novak@firma.cz")),
    ]
    flexi.reset(state={"users": users})
    return flexi


@pytest.fixture(params=KINDS)
def pipeline(request: pytest.FixtureRequest, ansible: Ansible, server: Emulator) -> Pipeline:
    """Return each of the pipelines, after the deployment has gone well."""
    folder = ansible.folder
    programs = folder / "programs"
    programs.mkdir()
    for name in ("pip", "ansible-galaxy"):
        (programs / name).write_text(STAND_IN, encoding="utf-8")
        (programs / name).chmod(0o755)
    ansible.environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "ABRAFLEXI_CA_PATH": server.ca_path,
    }
    shutil.copy(HOOKS / "flexi-users.json", folder)
    connection = {"ABRAFLEXI_URL": server.https, "ABRAFLEXI_LOGIN": "admin", "ABRAFLEXI_PASSWORD": PASSWORD}
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in connection.items())
    (folder / "abraflexi.env").write_text(lines, encoding="utf-8")
    steps, installs = KINDS[request.param]
    return Pipeline(ansible, steps(connection), installs)


def test_it_logs_out_exactly_the_users_in_the_file(pipeline: Pipeline, server: Emulator) -> None:
    run = pipeline.run()

    assert run.status == 0, run.output
    assert "2 logged out" in run.output
    assert server.state.logged_in() == ["franta"]
    assert pipeline.installed == pipeline.installs


def test_a_user_who_could_not_be_logged_out_fails_the_pipeline(pipeline: Pipeline, server: Emulator) -> None:
    server.add_fault(action="status", code=500, message=f"Not with {PASSWORD}", match={"login": "novak"})
    run = pipeline.run()

    assert run.status == 2
    assert not server.state.is_logged_in("jan.novak@firma.cz")
    assert "Not with " in run.output
    assert [form for form in forms(PASSWORD) if form in run.output] == []


def test_a_template_in_the_file_is_refused(pipeline: Pipeline, server: Emulator) -> None:
    canary = pipeline.ansible.folder / "canary"
    bait = {"user_logout_users": ["novak", f"{{{{ lookup('pipe', 'touch {canary}') }}}}"]}
    (pipeline.ansible.folder / "flexi-users.json").write_text(json.dumps(bait), encoding="utf-8")
    run = pipeline.run()

    assert run.status != 0
    assert not canary.exists()
    assert not server.requests


def test_without_the_file_it_fails(pipeline: Pipeline, server: Emulator) -> None:
    (pipeline.ansible.folder / "flexi-users.json").unlink()

    assert pipeline.run().status != 0
    assert not server.requests


def test_nothing_secret_is_on_a_command_line(pipeline: Pipeline) -> None:
    lines = "\n".join(" ".join(step.command) for step in pipeline.steps)

    assert not re.search(r"password|secret|\bset -[a-z]*x|\$[A-Z{]", lines, re.IGNORECASE)
    assert PASSWORD not in lines


def test_the_page_has_them_all() -> None:
    page = (DOCS / "docsite" / "rst" / "guide_after_a_rollout.rst").read_text(encoding="utf-8")

    assert set(re.findall(r"/docs/hooks/([^>]+)>", page)) == {file.name for file in HOOKS.iterdir()}
    assert {file.name for file in HOOKS.iterdir()} == {*KINDS, "flexi-users.json"}
