# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets up AWX, with a stand-in for awx.awx that takes the same options and keeps what is made."""

from __future__ import annotations

import json
import os
import re
import shutil
from importlib.metadata import version
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
ROLE = INSTALLED / "roles" / "awx_setup"
DEFAULTS: dict[str, Any] = yaml.safe_load(
    (ROLE / "defaults" / "main.yml").read_text(encoding="utf-8").replace("!unsafe", "")
)
OPTIONS: dict[str, Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))[
    "argument_specs"
]["main"]["options"]
MODULE = """#!/usr/bin/python
from ..module_utils.fake import main

main("{kind}", "{collection}")
"""
CREDENTIAL_FIELDS: dict[str, dict[str, Any]] = {field["id"]: field for field in CREDENTIAL_TYPE["inputs"]["fields"]}
JOB_TEMPLATE = "Flexi: log out users"
CHECK = "Flexi: check the server"
WORKFLOW = "Flexi: roll out, then log out users"
IN_DEFAULT = {"organization": "Default"}
OF_A_HOST = "fake-of-one-host"
HOSTS = {"localhost": {}, "other.example.com": {"user_logout_password": OF_A_HOST}}
QUESTION = [{"variable": "user_logout_users", "question_name": "Who?", "type": "text", "required": True, "default": ""}]
VARIABLES: dict[str, Any] = {
    "awx_setup_project_scm_url": "https://git.example.com/flexi.git",
    "awx_setup_execution_environment_image": "registry.example.com/flexi-ee:1",
    "awx_setup_rollout": "Roll out",
    "awx_setup_hosts": HOSTS,
}


class Awx:
    """Runs the playbook against an AWX that has an organization and a job template that rolls out."""

    def __init__(self, folder: Path, collection: str = "awx.awx") -> None:
        """Put the stand-in where Ansible finds it, as this collection and as that of event-driven Ansible."""
        self.ansible, self.folder = Ansible(folder), folder / "awx"
        self.folder.mkdir()
        options = yaml.safe_load((SOURCE / "options.yml").read_text(encoding="utf-8"))
        self._write("options", options)
        self.break_repository(is_broken=False)
        kinds = options.keys() - {"connection", "thing"}
        of_rulebooks = {kind for kind in kinds if kind.startswith("eda_")}
        self._install(collection, kinds - of_rulebooks)
        self._install("ansible.eda", of_rulebooks)
        self.state = {"organization": {"Default": {}}, "job_template": {"Roll out": IN_DEFAULT}}
        paths = [str(self.folder), os.environ["ANSIBLE_COLLECTIONS_PATH"]]
        self.ansible.environment |= {
            "FAKE_AWX": str(self.folder),
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(paths),
            "ABRAFLEXI_URL": URL,
            "ABRAFLEXI_LOGIN": "admin",
            "ABRAFLEXI_PASSWORD": PASSWORD,
        }

    def _install(self, collection: str, modules: set[str]) -> None:
        plugins = self.folder.joinpath("ansible_collections", *collection.split("."), "plugins")
        for kind in ("action", "lookup", "modules", "module_utils"):
            (plugins / kind).mkdir(parents=True)
        shutil.copy(SOURCE / "fake.py", plugins / "module_utils")
        shutil.copy(SOURCE / "fake_lookup.py", plugins / "lookup" / "controller_api.py")
        for kind in modules:
            name = f"{kind.removeprefix('eda_')}.py"
            shutil.copy(SOURCE / "fake_action.py", plugins / "action" / name)
            text = MODULE.format(kind=kind, collection=collection)
            (plugins / "modules" / name).write_text(text, encoding="utf-8")

    def _write(self, name: str, data: Any) -> None:
        (self.folder / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")

    def break_repository(self, *, is_broken: bool) -> None:
        """Let AWX fail, or no longer fail, to synchronise a project."""
        playbooks = [path.name for path in PROJECT.glob("*.yml")]
        self._write("repository", {"playbooks": playbooks, "is_broken": is_broken})

    @property
    def state(self) -> dict[str, dict[str, Any]]:
        """All that there is, by kind and name."""
        state: dict[str, dict[str, Any]] = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        return state

    @state.setter
    def state(self, state: dict[str, dict[str, Any]]) -> None:
        self._write("state", state)

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs of the credential."""
        inputs: dict[str, Any] = self.state["credential"]["ABRA Flexi"]["inputs"]
        return inputs

    def set_up(self, *options: str, **variables: Any) -> Run:
        """Run the playbook."""
        file = self.ansible.folder / "variables.json"
        file.write_text(json.dumps(VARIABLES | variables), encoding="utf-8")
        return self.ansible.run("ansible-playbook", "abra.flexi.awx_setup", "-e", "@variables.json", *options)

    def refused(self, *options: str, **variables: Any) -> Run:
        """Run the playbook, which has to fail before it makes anything."""
        before = self.state
        run = self.set_up(*options, **variables)
        assert run.status == 2
        assert self.state == before
        return run


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
        "job_template": {"Roll out", JOB_TEMPLATE, CHECK},
        "workflow_job_template": {WORKFLOW},
    }


def test_the_second_run_changes_nothing(made: Awx) -> None:
    before = made.state
    run = made.set_up()

    assert run.status == 0, run.output
    assert "changed=0" in run.output
    assert made.state == before


@pytest.mark.parametrize(
    ("gone", "update"),
    [(["URL", "PASSWORD"], False), (["URL", "LOGIN", "PASSWORD"], False), (["LOGIN", "PASSWORD"], True)],
)
def test_what_the_environment_no_longer_says_stays_as_it_is(made: Awx, gone: list[str], *, update: bool) -> None:
    before = made.state
    for name in gone:
        del made.ansible.environment[f"ABRAFLEXI_{name}"]
    run = made.set_up(awx_setup_update_secrets=update)

    assert run.status == 0, run.output
    # Secrets that are to be written are so each time, were it with what AWX has already.
    assert f"changed={int(update)}" in run.output
    assert made.state == before


def test_inputs_stay_until_they_are_removed(awx: Awx) -> None:
    inputs = {name: field.get("choices", [f"fake-{name}"])[-1] for name, field in CREDENTIAL_FIELDS.items()}
    assert awx.set_up(awx_setup_credential_inputs=inputs).status == 0
    again = awx.set_up(awx_setup_credential_inputs={**dict.fromkeys(inputs, ""), "username": "other"})

    assert "changed=1" in again.output
    assert awx.inputs == inputs | {"username": "other"}

    others = [name for name in inputs if name != "username"]
    removed = awx.set_up(awx_setup_credential_inputs={}, awx_setup_credential_inputs_removed=others)
    assert "changed=1" in removed.output
    assert awx.inputs == {"username": "other"}

    last = awx.set_up(awx_setup_credential_inputs={}, awx_setup_credential_inputs_removed=["username"])
    assert last.status == 2
    assert "without any input" in last.text


@pytest.mark.parametrize(
    ("variable", "value", "kind"),
    [
        ("awx_setup_credential_inputs", {"url": "https://other.example.com"}, "credential"),
        ("awx_setup_project_scm_branch", "other", "project"),
        ("awx_setup_inventory_variables", {"other": 1}, "inventory"),
        ("awx_setup_hosts", {**HOSTS, "localhost": {"other": 1}}, "host"),
        ("awx_setup_execution_environment_image", "registry.example.com/other", "execution_environment"),
        ("awx_setup_extra_vars", {"other": 1}, "job_template"),
        ("awx_setup_job_slice_count", 2, "job_template"),
        ("awx_setup_check_extra_vars", {"other": 1}, "job_template"),
        ("awx_setup_rollout_type", "workflow_job_template", "workflow_job_template"),
        ("awx_setup_workflow_survey", QUESTION, "workflow_job_template"),
    ],
)
def test_another_value_changes_one_object(made: Awx, variable: str, value: Any, kind: str) -> None:
    state = made.state
    state["workflow_job_template"]["Roll out"] = IN_DEFAULT
    made.state = before = state
    run = made.set_up(**{variable: value})

    assert "changed=1" in run.output
    differing = [(of, name) for of in before for name in before[of] if made.state[of][name] != before[of][name]]
    assert [of for of, _name in differing] == [kind]


def test_a_difference_is_made_good(made: Awx) -> None:
    right, wrong = made.state, made.state
    wrong["job_template"][JOB_TEMPLATE]["ask_job_type_on_launch"] = False
    made.state = wrong
    check = made.set_up("--check")

    assert "changed=1" in check.output
    assert "do not exist yet" not in check.output
    assert made.state == wrong

    assert "changed=1" in made.set_up().output
    assert made.state == right


def test_check_mode_makes_nothing(awx: Awx) -> None:
    before = awx.state
    run = awx.set_up("--check")

    assert run.status == 0, run.output
    assert "changed=4" in run.output
    assert "needs objects that do not exist yet" in run.output
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
    assert "user_logout_users" not in template["extra_vars"]
    # Who launches it must not be able to send the credential elsewhere.
    assert not [name for name in ("ask_variables_on_launch", "ask_inventory_on_launch") if template.get(name)]


def test_no_limit_is_asked_for_where_there_are_slices(made: Awx) -> None:
    made.set_up(awx_setup_job_slice_count=4)
    templates = made.state["job_template"]

    assert not templates[JOB_TEMPLATE]["ask_limit_on_launch"]
    assert templates[CHECK]["ask_limit_on_launch"]


def test_the_job_template_that_checks_the_server(made: Awx) -> None:
    logs_out, checks = made.state["job_template"][JOB_TEMPLATE], made.state["job_template"][CHECK]

    shared = ("organization", "project", "inventory", "credentials", "execution_environment")
    assert {name: checks[name] for name in shared} == {name: logs_out[name] for name in shared}
    assert checks["playbook"] in {path.name for path in PROJECT.iterdir()}
    assert checks["extra_vars"] == {"check_server_hosts": "all"}
    assert not checks["survey_enabled"]
    assert "ask_variables_on_launch" not in checks


def test_a_rollout_that_is_to_say_whom_may_say_nobody(made: Awx, flexi: Emulator) -> None:
    made.set_up(awx_setup_workflow_survey=[])
    job = launch(made, flexi)

    assert job.status == 0, job.output
    assert flexi.state.is_logged_in("novak")
    assert made.state["job_template"][JOB_TEMPLATE]["extra_vars"]["user_logout_users"] == []


def test_the_survey_asks_for_variables_of_the_role(made: Awx) -> None:
    users, companies, unknown = made.state["job_template"][JOB_TEMPLATE]["survey_spec"]["spec"]
    options = yaml.safe_load((INSTALLED / "roles/user_logout/meta/argument_specs.yml").read_text(encoding="utf-8"))

    of_the_role = options["argument_specs"]["log_out"]["options"]
    assert {users["variable"], companies["variable"]} <= set(of_the_role)
    assert set(unknown["choices"]) < set(of_the_role[unknown["variable"]]["choices"])
    assert (unknown["type"], unknown["default"], unknown["required"]) == ("multiplechoice", "fail", True)
    assert "commas" in users["question_description"]
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
    assert set(after["job_template"]) == {"Roll out", JOB_TEMPLATE, CHECK}
    assert not after.get("workflow_job_template")


def test_other_names_a_manual_project_and_a_workflow_that_does_not_ask(awx: Awx) -> None:
    kinds = "credential_type credential project inventory execution_environment job_template check_template workflow"
    names = {f"awx_setup_{kind}": f"Other {kind}" for kind in kinds.split()}
    manual = {"awx_setup_project_scm_url": "", "awx_setup_project_local_path": "flexi"}
    run = awx.set_up(**names, **manual, awx_setup_job_slice_count=5, awx_setup_workflow_survey=[])
    state = awx.state

    assert run.status == 0, run.output
    made = {name for things in state.values() for name in things}
    assert set(names.values()) <= made
    assert not [name for name in made if "lexi" in name]
    assert state["project"]["Other project"]["scm_type"] == ""
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
    # AWX leaves a default out that would be no answer.
    questions = template["survey_spec"]["spec"]
    defaults = {item["variable"]: item["default"] for item in questions if item["default"] or not item["required"]}
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


@pytest.mark.parametrize(("answer", "status"), [({}, 2), ({"user_logout_unknown_users": "warn"}, 0)])
def test_a_login_that_does_not_exist(made: Awx, flexi: Emulator, answer: dict[str, str], status: int) -> None:
    job = launch(made, flexi, user_logout_users="novak, frnata", **answer)

    assert job.status == status, job.output
    assert "frnata" in job.output
    assert not flexi.state.is_logged_in("novak")


# What it shows, and what it refuses


@pytest.mark.parametrize(
    ("name", "kind", "organization"),
    [
        ("Rol out", "job_template", "Default"),
        ("Roll out", "workflow_job_template", "Default"),
        ("Roll out", "job_template", "Other"),
    ],
)
def test_a_rollout_that_is_not_there(awx: Awx, name: str, kind: str, organization: str) -> None:
    run = awx.refused(awx_setup_rollout=name, awx_setup_rollout_type=kind, awx_setup_rollout_organization=organization)

    assert f'AWX shows no {kind} "{name}" in the organization "{organization}"' in run.text


def test_a_rollout_in_another_organization(made: Awx) -> None:
    state = made.state
    state["job_template"]["Roll out"] = {"organization": "Other"}
    made.state = state
    run = made.set_up(awx_setup_rollout_organization="Other")

    assert run.status == 0, run.output
    assert "changed=1" in run.output
    nodes = made.state["workflow_job_template"][WORKFLOW]["workflow_nodes"]
    assert [node["unified_job_template"]["organization"]["name"] for node in nodes] == ["Other", "Default"]


@pytest.mark.parametrize(
    ("variables", "what", "advice"),
    [
        ({"awx_setup_credential_inputs": {}}, "credential", "Set ABRAFLEXI_LOGIN and ABRAFLEXI_PASSWORD"),
        ({"awx_setup_project_scm_url": ""}, "project", "Set awx_setup_project_scm_url."),
        ({"awx_setup_hosts": {}}, "inventory", "Set awx_setup_hosts."),
        (
            {"awx_setup_execution_environment": "ABRA Flexi", "awx_setup_execution_environment_image": ""},
            "execution environment",
            "Set awx_setup_execution_environment_image.",
        ),
    ],
)
@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_nothing_to_make_it_of(awx: Awx, variables: dict[str, Any], what: str, advice: str, mode: list[str]) -> None:
    run = awx.refused(*mode, **variables)

    assert f'AWX shows no {what} "ABRA Flexi", and there are no settings to create it from' in run.text
    assert advice in run.text


def test_an_organization_that_is_not_there(awx: Awx) -> None:
    run = awx.refused(awx_setup_organization="Defualt")

    assert 'AWX shows no organization "Defualt"' in run.text


@pytest.mark.parametrize("given", ["{}", '{"flexi.example.com": {}}'])
def test_text_in_place_of_a_dictionary(awx: Awx, given: str) -> None:
    run = awx.refused("-e", f"awx_setup_hosts='{given}'")

    assert "These are text, and have to be dictionaries: awx_setup_hosts." in run.text
    assert """-e '{"awx_setup_hosts": {}}'""" in run.text


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("awx_setup_activation_credentials", ["Automation Platform"]),
        ("awx_setup_activation_extra_vars", {"x": 1}),
        ("awx_setup_activation_project_credential", "Git"),
        ("awx_setup_decision_environment_image", "registry.example.com/flexi-de:latest"),
        ("awx_setup_decision_environment_credential", "Registry"),
    ],
)
def test_details_of_an_activation_without_a_name(awx: Awx, variable: str, value: Any) -> None:
    run = awx.refused(**{variable: value})

    assert f"these have no effect: {variable}." in run.text


def test_nothing_in_the_environment(awx: Awx) -> None:
    for name in [name for name in awx.ansible.environment if name.startswith("ABRAFLEXI_")]:
        del awx.ansible.environment[name]
    run = awx.refused()

    assert 'AWX shows no credential "ABRA Flexi"' in run.text


def test_a_project_in_two_places(awx: Awx) -> None:
    run = awx.refused(awx_setup_project_local_path="flexi")

    assert "not both" in run.text


def test_a_project_that_awx_could_not_synchronise(awx: Awx) -> None:
    awx.break_repository(is_broken=True)
    first, again = awx.set_up(), awx.set_up()

    for run in (first, again):
        assert run.status == 2
        assert 'The project "ABRA Flexi" is not ready: ' in run.text
        assert "remove collections/requirements.yml" in run.text
    awx.break_repository(is_broken=False)
    before = awx.state
    check = awx.set_up("--check")
    assert check.status == 0, check.output
    assert awx.state == before

    repaired = awx.set_up()
    assert repaired.status == 0, repaired.output
    assert JOB_TEMPLATE in awx.state["job_template"]
    assert "changed=0" in awx.set_up().output


def test_hosts_that_are_no_longer_given(made: Awx) -> None:
    before = made.state
    one: dict[str, Any] = {"localhost": {}}
    named = made.set_up(awx_setup_hosts=one)

    assert "The inventory has other hosts, too, whose users are logged out as well: other.example.com." in named.text
    assert "changed=0" in named.output
    assert made.state == before

    check = made.set_up("--check", awx_setup_hosts=one, awx_setup_remove_other_hosts=True)
    assert "changed=1" in check.output
    assert made.state == before

    removed = made.set_up(awx_setup_hosts=one, awx_setup_remove_other_hosts=True)
    assert "changed=1" in removed.output
    assert set(made.state["host"]) == {"localhost"}
    again = made.set_up(awx_setup_hosts=one, awx_setup_remove_other_hosts=True)
    assert "changed=0" in again.output


def test_all_of_many_hosts_are_looked_at(made: Awx) -> None:
    state = made.state
    others = {f"flexi{number}.example.com": {"id": 0, "inventory": "ABRA Flexi"} for number in range(40)}
    made.state = state | {"host": state["host"] | others}
    run = made.set_up()

    assert [name for name in others if name not in run.text] == []


def test_hosts_of_another_inventory_are_none_of_its_business(made: Awx) -> None:
    inventories = {"Other": {"id": 0, "organization": "Default"}}
    state = made.state
    hosts = {"elsewhere.example.com": {"id": 0, "inventory": "Other"}}
    made.state = before = state | {
        "inventory": state["inventory"] | inventories,
        "host": state["host"] | hosts,
    }
    run = made.set_up(awx_setup_remove_other_hosts=True)

    assert run.status == 0, run.output
    assert made.state == before


def test_a_variable_that_does_not_exist(awx: Awx) -> None:
    run = awx.refused(awx_setup_rolout="Roll out", awx_setup_nonsense=1)

    assert "No such variable: awx_setup_nonsense. awx_setup_rolout. Did you mean awx_setup_rollout?" in run.text


def test_variables_without_a_value(awx: Awx) -> None:
    run = awx.refused(awx_setup_rollout=None, awx_setup_hosts=None)

    # Before 2.19, ansible-core refuses one of them itself, by its type.
    is_old = tuple(map(int, version("ansible-core").split(".")[:2])) < (2, 19)
    by_ansible = "argument 'awx_setup_rollout' is of type <class 'NoneType'>"
    assert (by_ansible if is_old else "These have no value: awx_setup_hosts, awx_setup_rollout.") in run.text


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("awx_setup_credential_inputs", PASSWORD),
        ("awx_setup_credential_inputs", {"pasword": PASSWORD}),
        ("awx_setup_credential_inputs_removed", ["pasword"]),
        ("awx_setup_rollout_type", "playbook"),
        ("awx_setup_hosts", OF_A_HOST),
    ],
)
def test_a_value_that_is_none(awx: Awx, variable: str, value: Any) -> None:
    run = awx.refused("-vvvvv", **{variable: value})

    assert variable in run.text
    assert [form for form in forms(PASSWORD) if form in run.output] == []


# Event-driven


def test_no_activation_unless_told(first: tuple[Run, dict[str, dict[str, Any]]]) -> None:
    assert [kind for kind in first[1] if kind.startswith("eda_")] == []


def test_a_rulebook_activation(made: Awx) -> None:
    made.state = before = made.state | {"eda_credential": {"Automation Platform": {}}}
    told = yaml.safe_load(example("awx_setup_activation:")) | {"awx_setup_activation_extra_vars": {"flexi_url": URL}}
    check = made.set_up("--check", **told)

    assert check.status == 0, check.output
    assert made.state == before

    run = made.set_up(**told)
    assert run.status == 0, run.output
    assert "changed=4" in run.output
    activation = made.state["eda_rulebook_activation"]["Flexi: log out on change"]
    assert activation["rulebook_name"] == "logout_on_change.yml"
    assert activation["project_name"] in made.state["eda_project"]
    assert activation["decision_environment_name"] in made.state["eda_decision_environment"]
    assert yaml.safe_load(activation["extra_vars"]) == {"flexi_url": URL}
    assert "changed=0" in made.set_up(**told).output


def test_the_rulebook_of_the_activation_launches_the_job_template_that_is_made_for_it(made: Awx) -> None:
    made.state = made.state | {"eda_credential": {"Automation Platform": {}}}
    made.set_up(**yaml.safe_load(example("awx_setup_activation:")))
    activation = made.state["eda_rulebook_activation"]["Flexi: log out on change"]
    [ours], [its] = (
        yaml.safe_load((folder / "rulebooks" / activation["rulebook_name"]).read_text(encoding="utf-8"))
        for folder in (PROJECT, INSTALLED / "extensions/eda")
    )
    [launches], [plays] = ([rule.pop("action") for rule in ruleset["rules"]] for ruleset in (ours, its))

    assert ours == its
    # Without an inventory, ansible-rulebook starts no rulebook that runs a playbook, and an activation has none.
    launched = launches["run_job_template"]
    assert launched["job_args"]["extra_vars"] == plays["run_playbook"]["extra_vars"]
    template, logs_out = (made.state["job_template"][name] for name in (launched["name"], JOB_TEMPLATE))
    assert template["organization"] == launched["organization"]
    assert template["ask_variables_on_launch"]
    assert not template["ask_limit_on_launch"]
    assert not template["survey_enabled"]
    same = ("playbook", "project", "inventory", "credentials", "execution_environment", "extra_vars")
    assert {name: template[name] for name in same} == {name: logs_out[name] for name in same}


def test_it_shows_no_secrets(first: tuple[Run, dict[str, dict[str, Any]]]) -> None:
    run, state = first

    assert OF_A_HOST in json.dumps(state)
    assert "invocation" in run.output
    assert [form for form in {*forms(PASSWORD), OF_A_HOST} if form in run.output] == []
    shown = dict(re.findall(r"^TASK \[.*? : (.*?)\](.*?)(?=^TASK|\Z)", run.output, re.MULTILINE | re.DOTALL))
    assert {title for title, text in shown.items() if "no_log" in text} == {"Create the credential", "Create the hosts"}


def test_it_shows_no_secrets_where_awx_refuses(awx: Awx) -> None:
    inputs = {"username": "admin", "password": PASSWORD, "auth_method": "odd"}
    run = awx.set_up("-vvvvv", awx_setup_credential_inputs=inputs)

    assert run.status == 2
    assert "Create the credential" in run.output
    assert [form for form in forms(PASSWORD) if form in run.output] == []

    shown = awx.set_up(awx_setup_credential_inputs=inputs, awx_setup_no_log=False)
    assert "'auth_method' is not one of the choices" in shown.output


# The stand-in


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
    run = module(awx, kind, **options)

    assert run.status == 2
    assert re.search("Unsupported parameters|unable to convert|missing required|there is no", run.output)


def module(awx: Awx, kind: str, *more: str, **options: Any) -> Run:
    """Run one module of the stand-in."""
    return awx.ansible.run("ansible", "localhost", "-m", f"awx.awx.{kind}", "-a", json.dumps(options), *more)


@pytest.mark.parametrize("update", [False, True])
def test_the_stand_in_takes_all_inputs_of_a_credential_or_none(made: Awx, *, update: bool) -> None:
    names = {"name": "ABRA Flexi", "credential_type": "ABRA Flexi", "organization": "Default"}
    inputs = {"url": URL, "username": "admin", "password": "$encrypted$"}
    kept = module(made, "credential", **names, inputs=inputs, update_secrets=update)

    assert ("CHANGED" in kept.output) is update
    assert made.inputs["password"] == PASSWORD

    del inputs["password"]
    lost = module(made, "credential", **names, inputs=inputs, update_secrets=update)
    assert "CHANGED" in lost.output
    assert made.inputs == inputs

    refused = module(made, "credential", **names, inputs=inputs | {"otp": "$encrypted$"})
    assert refused.status == 2


def test_the_stand_in_leaves_a_workflow_without_nodes(made: Awx) -> None:
    of_default = {"organization": {"name": "Default"}}
    nodes = [{"identifier": "one", "unified_job_template": {"name": "Nothing", "type": "job_template", **of_default}}]
    run = module(made, "workflow_job_template", name="New", organization="Default", workflow_nodes=nodes)

    assert run.status == 2
    assert "workflow_nodes" not in made.state["workflow_job_template"]["New"]


def test_the_stand_in_synchronises_a_project_when_it_is_made_or_changed_only(awx: Awx) -> None:
    awx.break_repository(is_broken=True)
    project = {
        "name": "New",
        "organization": "Default",
        "scm_type": "git",
        "scm_url": "https://git.example.com/new.git",
    }
    assert "Project update failed" in module(awx, "project", **project).output

    awx.break_repository(is_broken=False)
    assert "SUCCESS" in module(awx, "project", **project).output
    assert awx.state["project"]["New"]["status"] == "failed"
    assert "CHANGED" in module(awx, "project_update", "--check", name="New").output
    assert awx.state["project"]["New"]["status"] == "failed"
    assert "CHANGED" in module(awx, "project_update", name="New").output
    assert awx.state["project"]["New"]["status"] == "successful"
    assert "SUCCESS" in module(awx, "project_update", name="New").output


@pytest.mark.parametrize(("status", "playbook"), [("failed", "logout_users.yml"), ("successful", "nothing.yml")])
def test_the_stand_in_wants_the_playbook_in_the_project(made: Awx, status: str, playbook: str) -> None:
    state = made.state
    state["project"]["ABRA Flexi"]["status"] = status
    made.state = state
    run = module(made, "job_template", name="New", project="ABRA Flexi", playbook=playbook)

    assert run.status == 2
    assert "Playbook not found for project" in run.output


# What the documentation says


def test_the_role_documents_every_variable() -> None:
    assert list(OPTIONS) == list(DEFAULTS)


def test_the_role_has_the_defaults_that_it_documents() -> None:
    # Of what depends on others, or is long, the documentation says in words what it is.
    in_words = {name for name, value in DEFAULTS.items() if "{{" in str(value)} | {
        "awx_setup_hosts",
        "awx_setup_survey",
    }
    in_words |= {name for name in DEFAULTS if name.endswith("extra_vars") and DEFAULTS[name]}

    assert {name: option["default"] for name, option in OPTIONS.items() if "default" in option} == {
        name: value for name, value in DEFAULTS.items() if name not in in_words
    }


def test_what_can_be_removed_of_a_credential() -> None:
    assert OPTIONS["awx_setup_credential_inputs_removed"]["choices"] == list(CREDENTIAL_FIELDS)


def test_inputs_of_a_credential_are_those_of_its_type() -> None:
    inputs = OPTIONS["awx_setup_credential_inputs"]["options"]

    assert list(inputs) == list(CREDENTIAL_FIELDS)
    secret = {name for name, field in CREDENTIAL_FIELDS.items() if field.get("secret")}
    assert {name for name, option in inputs.items() if option.get("no_log")} == secret


@pytest.mark.parametrize("text", [DOCS, (ROLE / "README.md").read_text(encoding="utf-8")], ids=["guide", "role"])
def test_the_documentation_names_no_other_variable(text: str) -> None:
    assert set(re.findall(r"awx_setup_\w+", text)) <= set(OPTIONS)


def test_the_project_has_the_play_of_the_collection() -> None:
    [ours], [its] = (
        yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in (INSTALLED / "playbooks/logout_users.yml", PROJECT / "logout_users.yml")
    )

    assert its == ours


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


@pytest.mark.parametrize("collection", ["awx.awx", "ansible.controller"])
def test_with_either_collection(tmp_path: Path, collection: str) -> None:
    awx = Awx(tmp_path, collection)
    run = awx.set_up()

    assert run.status == 0, run.output
    # ansible-core 2.19 looks for everything in the collection that is not there, too.
    of_one_core = (
        r"\[WARNING\]: Error loading plugin '\w+': No module named 'ansible_collections\.(awx|ansible\.controller)'"
    )
    assert "WARNING" not in re.sub(of_one_core, "", run.output)
    assert awx.state["job_template"][JOB_TEMPLATE]
    assert "changed=0" in awx.set_up().output
