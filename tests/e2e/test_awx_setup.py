# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets up AWX, with a stand-in for awx.awx that takes the same options and keeps what is made."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ansible_collections.abra.flexi.tests.e2e.awx.injection import CREDENTIAL_TYPE, INSTALLED, environment_of
from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
from ansible_collections.abra.flexi.tests.e2e.test_guides import examples, guide
from ansible_collections.abra.flexi.tests.e2e.test_secrets import PASSWORD, forms

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Run
    from ansible_collections.abra.flexi.tests.emulator import Emulator

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "extensions/awx/project"
SOURCE = Path(__file__).with_name("awx")
URL = "https://flexi.example.com:5434"
GUIDE = "guide_awx"
DOCS = guide(GUIDE)
PLAYBOOK = (INSTALLED / "playbooks" / "awx_setup.yml").read_text(encoding="utf-8")
DEFAULTS: dict[str, Any] = {
    name: value
    for name, value in yaml.safe_load(PLAYBOOK.replace("!unsafe", ""))[0]["vars"].items()
    if not name.startswith("__")
}
MODULE = """#!/usr/bin/python
from ..module_utils.fake import main

main("{kind}")
"""
JOB_TEMPLATE = "Flexi: log out users"
WORKFLOW = "Flexi: roll out, then log out users"
OF_A_HOST = "fake-of-one-host"
VARIABLES: dict[str, Any] = {
    "awx_setup_project_scm_url": "https://git.example.com/flexi.git",
    "awx_setup_execution_environment_image": "registry.example.com/flexi-ee:1",
    "awx_setup_rollout": "Roll out",
    "awx_setup_hosts": {"localhost": {}, "other.example.com": {"user_logout_password": OF_A_HOST}},
}


class Awx:
    """Runs the playbook against an AWX that has an organization and a job template that rolls out."""

    def __init__(self, folder: Path, collection: str = "awx.awx") -> None:
        """Put the stand-in where Ansible finds it, as this collection."""
        self.ansible, self.folder = Ansible(folder), folder / "awx"
        self.options = yaml.safe_load((SOURCE / "options.yml").read_text(encoding="utf-8"))
        self.folder.mkdir()
        (self.folder / "options.json").write_text(json.dumps(self.options), encoding="utf-8")
        self._install(self.folder.joinpath("ansible_collections", *collection.split("."), "plugins"))
        self.state = {"organization": {"Default": {}}, "job_template": {"Roll out": {}}}
        paths = [str(self.folder), os.environ["ANSIBLE_COLLECTIONS_PATH"]]
        self.ansible.environment |= {
            "FAKE_AWX": str(self.folder),
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(paths),
            "ABRAFLEXI_URL": URL,
            "ABRAFLEXI_LOGIN": "admin",
            "ABRAFLEXI_PASSWORD": PASSWORD,
        }

    def _install(self, plugins: Path) -> None:
        for kind in ("action", "modules", "module_utils"):
            (plugins / kind).mkdir(parents=True)
        shutil.copy(SOURCE / "fake.py", plugins / "module_utils")
        for name in self.options.keys() - {"all"}:
            shutil.copy(SOURCE / "fake_action.py", plugins / "action" / f"{name}.py")
            (plugins / "modules" / f"{name}.py").write_text(MODULE.format(kind=name), encoding="utf-8")

    @property
    def state(self) -> dict[str, dict[str, Any]]:
        """All that there is, by kind and name."""
        state: dict[str, dict[str, Any]] = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        return state

    @state.setter
    def state(self, state: dict[str, dict[str, Any]]) -> None:
        (self.folder / "state.json").write_text(json.dumps(state), encoding="utf-8")

    def set_up(self, *options: str, **variables: Any) -> Run:
        """Run the playbook."""
        file = self.ansible.folder / "variables.json"
        file.write_text(json.dumps(VARIABLES | variables), encoding="utf-8")
        return self.ansible.run("ansible-playbook", "abra.flexi.awx_setup", "-e", "@variables.json", *options)


@pytest.fixture
def awx(tmp_path: Path) -> Awx:
    """Return an AWX that nothing has been set up in."""
    return Awx(tmp_path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, dict[str, Any]]]:
    """Return the first run as talkative as it gets, and all that there is then."""
    awx = Awx(tmp_path_factory.mktemp("first"))
    return awx.set_up("-vvvvv", "--diff"), awx.state


@pytest.fixture
def made(awx: Awx, first: tuple[Run, dict[str, dict[str, Any]]]) -> Awx:
    """Return an AWX that has been set up."""
    awx.state = first[1]
    return awx


# What it makes


def test_the_first_run_makes_everything(first: tuple[Run, dict[str, dict[str, Any]]]) -> None:
    run, state = first

    assert run.status == 0, run.output
    assert "changed=8" in run.output
    assert {kind: set(things) for kind, things in state.items()} == {
        "organization": {"Default"},
        "credential_type": {"ABRA Flexi"},
        "credential": {"ABRA Flexi"},
        "project": {"ABRA Flexi"},
        "inventory": {"ABRA Flexi"},
        "host": {"localhost", "other.example.com"},
        "execution_environment": {"ABRA Flexi"},
        "job_template": {"Roll out", JOB_TEMPLATE},
        "workflow_job_template": {WORKFLOW},
    }


def test_the_second_run_changes_nothing(made: Awx) -> None:
    before = made.state
    run = made.set_up()

    assert run.status == 0, run.output
    assert "changed=0" in run.output
    assert made.state == before


def test_a_difference_is_made_good(made: Awx) -> None:
    right, wrong = made.state, made.state
    wrong["job_template"][JOB_TEMPLATE]["ask_job_type_on_launch"] = False
    made.state = wrong
    check = made.set_up("--check")

    assert "changed=1" in check.output
    assert "still to be made" not in check.output
    assert made.state == wrong

    assert "changed=1" in made.set_up().output
    assert made.state == right


def test_check_mode_makes_nothing(awx: Awx) -> None:
    before = awx.state
    run = awx.set_up("--check")

    assert run.status == 0, run.output
    assert "changed=4" in run.output
    assert "needs something that is still to be made" in run.output
    assert awx.state == before


def test_the_credential_type_is_that_of_the_file(made: Awx) -> None:
    there = made.state["credential_type"]["ABRA Flexi"]

    assert {name: there[name] for name in ("name", "kind", "description", "inputs", "injectors")} == {
        name: value for name, value in CREDENTIAL_TYPE.items() if name != "natural_key"
    }


def test_the_credential_is_what_the_environment_says(awx: Awx) -> None:
    password = "fake {{ lookup('pipe', 'id') }} {% raw %}"
    certificate = awx.ansible.folder / "client.pem"
    certificate.write_text("fake certificate\n", encoding="utf-8")
    awx.ansible.environment |= {
        "ABRAFLEXI_PASSWORD": password,
        "ABRAFLEXI_VALIDATE_CERTS": "no",
        "ABRAFLEXI_CLIENT_CERT": str(certificate),
        "ABRAFLEXI_OTP": "",
        "ABRAFLEXI_ALLOWED_HOSTS": "*.example.com",
    }
    run = awx.set_up()

    assert run.status == 0, run.output
    assert awx.state["credential"]["ABRA Flexi"]["inputs"] == {
        "url": URL,
        "allowed_hosts": "*.example.com",
        "username": "admin",
        "password": password,
        "client_cert": "fake certificate\n",
        "validate_certs": "false",
    }


@pytest.mark.parametrize(("given", "text"), [(False, "false"), ("No", "false"), ("yes", "true"), ("tru", "true")])
def test_whether_to_verify_certificates_is_a_text_to_awx(awx: Awx, given: Any, text: str) -> None:
    run = awx.set_up(awx_setup_credential_inputs={"username": "admin", "validate_certs": given})

    assert run.status == 0, run.output
    assert awx.state["credential"]["ABRA Flexi"]["inputs"] == {"username": "admin", "validate_certs": text}


def test_secrets_are_written_again_only_if_asked_to(made: Awx) -> None:
    made.ansible.environment["ABRAFLEXI_PASSWORD"] = "fake-new"

    assert "changed=0" in made.set_up().output
    assert made.state["credential"]["ABRA Flexi"]["inputs"]["password"] == PASSWORD
    assert "changed=1" in made.set_up(awx_setup_update_secrets=True).output
    assert made.state["credential"]["ABRA Flexi"]["inputs"]["password"] == "fake-new"


def test_the_job_template(made: Awx) -> None:
    template = made.state["job_template"][JOB_TEMPLATE]

    assert template["project"] == template["inventory"] == template["execution_environment"] == "ABRA Flexi"
    assert template["credentials"] == ["ABRA Flexi"]
    assert template["playbook"] in {path.name for path in PROJECT.iterdir()}
    assert template["ask_job_type_on_launch"]
    assert template["ask_limit_on_launch"]
    assert template["survey_enabled"]
    # Who launches it must not be able to send the credential elsewhere.
    assert not [name for name in ("ask_variables_on_launch", "ask_inventory_on_launch") if template.get(name)]


def test_the_survey_asks_for_variables_of_the_role(made: Awx) -> None:
    users, companies = made.state["job_template"][JOB_TEMPLATE]["survey_spec"]["spec"]
    options = yaml.safe_load((INSTALLED / "roles/user_logout/meta/argument_specs.yml").read_text(encoding="utf-8"))

    assert {users["variable"], companies["variable"]} <= set(options["argument_specs"]["log_out"]["options"])
    assert users["variable"] == "user_logout_users"
    assert (users["type"], users["required"], users["min"]) == ("textarea", True, 1)
    assert companies["variable"] == "user_logout_companies"
    assert (companies["type"], companies["required"], companies["default"]) == ("textarea", False, "")
    assert users["max"] > 1000 * len("jan.novak@firma.cz\n")


def test_the_workflow_logs_out_where_the_rollout_has_succeeded(made: Awx) -> None:
    workflow = made.state["workflow_job_template"][WORKFLOW]
    nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}

    assert {name: node["unified_job_template"]["name"] for name, node in nodes.items()} == {
        "roll-out": "Roll out",
        "log-out": JOB_TEMPLATE,
    }
    assert nodes["roll-out"]["related"] == {"success_nodes": [{"identifier": "log-out"}]}
    assert "related" not in nodes["log-out"]
    assert workflow["survey_spec"] == made.state["job_template"][JOB_TEMPLATE]["survey_spec"]


def test_what_exists_is_used_and_without_a_rollout_there_is_no_workflow(made: Awx) -> None:
    left = made.state
    del left["job_template"][JOB_TEMPLATE], left["workflow_job_template"]
    left["inventory"]["ABRA Flexi"]["variables"] = {"mine": True}
    made.state = left
    run = made.set_up(
        awx_setup_project_scm_url="",
        awx_setup_hosts={},
        awx_setup_credential_inputs={},
        awx_setup_execution_environment="ABRA Flexi",
        awx_setup_execution_environment_image="",
        awx_setup_rollout="",
    )
    after = made.state

    assert run.status == 0, run.output
    assert "changed=1" in run.output
    used = ("credential", "project", "inventory", "host", "execution_environment")
    assert [after[kind] for kind in used] == [left[kind] for kind in used]
    assert set(after["job_template"]) == {"Roll out", JOB_TEMPLATE}
    assert not after.get("workflow_job_template")


def test_other_names_a_manual_project_and_a_workflow_that_does_not_ask(awx: Awx) -> None:
    kinds = "credential_type credential project inventory execution_environment job_template workflow"
    names = {f"awx_setup_{kind}": f"Other {kind}" for kind in kinds.split()}
    manual = {"awx_setup_project_scm_url": "", "awx_setup_project_local_path": "flexi"}
    run = awx.set_up(**names, **manual, awx_setup_job_slice_count=5, awx_setup_workflow_survey=[])
    state = awx.state

    assert run.status == 0, run.output
    made = {name for things in state.values() for name in things}
    assert set(names.values()) <= made
    assert not [name for name in made if "lexi" in name]
    assert state["project"]["Other project"]["scm_type"] == "manual"
    assert state["project"]["Other project"]["local_path"] == "flexi"
    assert state["job_template"]["Other job_template"]["credentials"] == ["Other credential"]
    assert state["job_template"]["Other job_template"]["job_slice_count"] == 5
    assert not state["workflow_job_template"]["Other workflow"]["survey_enabled"]
    assert "survey_spec" not in state["workflow_job_template"]["Other workflow"]


def test_a_playbook_elsewhere_can_import_it(awx: Awx) -> None:
    book = [{"ansible.builtin.import_playbook": "abra.flexi.awx_setup", "vars": {"awx_setup_inventory": "Of mine"}}]
    (awx.ansible.folder / "mine.yml").write_text(yaml.safe_dump(book), encoding="utf-8")
    run = awx.ansible.run("ansible-playbook", "mine.yml", "-e", json.dumps(VARIABLES))

    assert run.status == 0, run.output
    assert set(awx.state["inventory"]) == {"Of mine"}
    assert awx.state["credential_type"]["ABRA Flexi"]["inputs"] == CREDENTIAL_TYPE["inputs"]


# What a job makes of it


def launch(made: Awx, flexi: Emulator, **answers: str) -> Run:
    """Run the job template as AWX does: its project, inventory, extra variables, credential and survey, no more."""
    flexi.reset(state=with_telling_password())
    state, folder = made.state, made.ansible.folder / "job"
    template = state["job_template"][JOB_TEMPLATE]
    shutil.copytree(PROJECT, folder)
    inventory = {"hosts": {"localhost": {}}, "vars": state["inventory"][template["inventory"]]["variables"]}
    (folder / "inventory.json").write_text(json.dumps({"all": inventory}), encoding="utf-8")
    defaults = {item["variable"]: item["default"] for item in template["survey_spec"]["spec"]}
    of_this_server = {"url": flexi.https, "ca": Path(flexi.ca_path).read_text(encoding="utf-8")}
    made.ansible.environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        **environment_of(state["credential"][template["credentials"][0]]["inputs"] | of_this_server, folder),
    }
    return made.ansible.run(
        *("ansible-playbook", "-i", "job/inventory.json", f"job/{template['playbook']}"),
        *("-e", json.dumps(template["extra_vars"] | defaults | answers), "-vvvvv"),
    )


def with_telling_password() -> dict[str, Any]:
    """Return a state of the server in which the password of admin is easy to find in output."""
    return {
        "users": [
            {"username": "admin", "password": PASSWORD, "permissions": {"manageAll": True, "licenseMgmt": True}},
            {"username": "novak", "password": "fake-novak", "sessions": 1, "contexts": ["demo"]},
            {"username": "franta", "password": "fake-franta", "sessions": 1},
        ]
    }


def test_the_job_logs_out(made: Awx, flexi: Emulator) -> None:
    job = launch(made, flexi, user_logout_users="novak\nfranta\n\n")

    assert job.status == 0, job.output
    assert "2 logged out" in job.output
    assert not flexi.state.is_logged_in("novak")
    assert [form for form in forms(PASSWORD) if form in job.output] == []


def test_the_job_in_one_company(made: Awx, flexi: Emulator) -> None:
    job = launch(made, flexi, user_logout_users="novak", user_logout_companies="demo\n")

    assert job.status == 0, job.output
    assert flexi.state.is_logged_in("novak")
    assert not flexi.state.contexts_of("novak")


# What it shows, and what it refuses


def test_it_shows_no_secrets(first: tuple[Run, dict[str, dict[str, Any]]]) -> None:
    run, state = first

    assert OF_A_HOST in json.dumps(state)
    assert "invocation" in run.output
    assert [form for form in {*forms(PASSWORD), OF_A_HOST} if form in run.output] == []
    shown = dict(re.findall(r"^TASK \[(.*?)\](.*?)(?=^TASK|\Z)", run.output, re.MULTILINE | re.DOTALL))
    assert {title for title, text in shown.items() if "no_log" in text} == {"Make the credential", "Make the hosts"}


def test_it_shows_no_secrets_where_awx_refuses(awx: Awx) -> None:
    inputs = {"username": "admin", "password": PASSWORD, "auth_method": "odd"}
    run = awx.set_up("-vvvvv", awx_setup_credential_inputs=inputs)

    assert run.status == 2
    assert "Make the credential" in run.output
    assert [form for form in forms(PASSWORD) if form in run.output] == []

    shown = awx.set_up(awx_setup_credential_inputs=inputs, awx_setup_no_log=False)
    assert "'auth_method' is not one of the choices" in shown.output


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("project", {"name": "x", "nonsense": 1}),
        ("job_template", {"name": "x", "ask_job_type_on_launch": "perhaps"}),
        ("inventory", {"name": "x"}),
        ("credential", {"name": "x", "credential_type": "Nothing"}),
    ],
)
def test_the_stand_in_refuses_what_the_real_one_refuses(awx: Awx, kind: str, options: dict[str, Any]) -> None:
    run = awx.ansible.run("ansible", "localhost", "-m", f"awx.awx.{kind}", "-a", json.dumps(options))

    assert run.status == 2
    assert re.search("Unsupported parameters|unable to convert|missing required|there is no", run.output)


# What the documentation says


def test_the_documentation_names_every_variable() -> None:
    documented = re.findall(r"^   \* - ``(awx_setup_\w+)``$", DOCS, re.MULTILINE)

    assert documented == list(DEFAULTS)


def test_the_documentation_has_the_defaults() -> None:
    documented = dict(re.findall(r"^   \* - ``(awx_setup_\w+)``\n     - .*\n     - ``([^`]*)``$", DOCS, re.MULTILINE))
    in_words = {name for name, value in DEFAULTS.items() if value in ("", []) or not isinstance(value, (str, int))}
    in_words |= {name for name, value in DEFAULTS.items() if "{{" in str(value)}

    assert documented == {name: str(value) for name, value in DEFAULTS.items() if name not in in_words}


def example(start: str) -> str:
    """Return the one YAML example that starts so."""
    [found] = [each for each in examples(GUIDE) if each.startswith(start)]
    return found


def test_the_example_of_many_servers(awx: Awx) -> None:
    variables = yaml.safe_load(example("awx_setup_credential_inputs:"))
    run = awx.set_up(**variables, vault_flexi_password=PASSWORD)

    assert run.status == 0, run.output
    assert set(awx.state["host"]) == set(variables["awx_setup_hosts"])
    assert awx.state["credential"]["ABRA Flexi"]["inputs"] == {"username": "admin", "password": PASSWORD}
    assert awx.state["job_template"][JOB_TEMPLATE]["job_slice_count"] == 4


def test_the_example_of_a_rollout(awx: Awx) -> None:
    run = awx.ansible.play(example("- name: Say whose"), ANSIBLE_SHOW_CUSTOM_STATS="yes")

    assert run.status == 0, run.output
    assert "user_logout_users" in run.output


def test_with_the_collection_of_automation_platform(tmp_path: Path) -> None:
    awx = Awx(tmp_path, "ansible.controller")
    routing = example("plugin_routing:")
    file = awx.folder / "ansible_collections" / "awx" / "awx" / "meta" / "runtime.yml"
    file.parent.mkdir(parents=True)
    file.write_text(routing, encoding="utf-8")
    run = awx.set_up()

    assert run.status == 0, run.output
    assert awx.state["job_template"][JOB_TEMPLATE]
