# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the modules of awx.awx and ansible.eda: takes their options only, and keeps what they make in a file.

It is as strict as AWX about names that lead nowhere, about the inputs of a credential, about surveys, and about
playbooks that a project does not have.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

FOLDER = Path(os.environ.get("FAKE_AWX", "."))
REFERENCES = {
    "credential": {"credential_type": "credential_type", "organization": "organization"},
    "project": {"organization": "organization", "credential": "credential"},
    "project_update": {"name": "project", "organization": "organization"},
    "inventory": {"organization": "organization"},
    "host": {"inventory": "inventory"},
    "execution_environment": {"credential": "credential"},
    "job_template": {
        "organization": "organization",
        "project": "project",
        "inventory": "inventory",
        "credentials": "credential",
        "execution_environment": "execution_environment",
    },
    "workflow_job_template": {"organization": "organization"},
    "eda_project": {"organization_name": "organization", "credential": "eda_credential"},
    "eda_decision_environment": {"organization_name": "organization", "credential": "eda_credential"},
    "eda_rulebook_activation": {
        "organization_name": "organization",
        "project_name": "eda_project",
        "decision_environment_name": "eda_decision_environment",
        "eda_credentials": "eda_credential",
        "awx_token_name": "eda_token",
    },
}
SURVEY_TYPES = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "integer": int,
    "float": float,
}
ENDPOINTS = {
    "credentials": "credential",
    "execution_environments": "execution_environment",
    "hosts": "host",
    "inventories": "inventory",
    "job_templates": "job_template",
    "organizations": "organization",
    "projects": "project",
    "workflow_job_templates": "workflow_job_template",
}
PAGE = 25
"""How many objects AWX shows to whoever does not ask for all."""
ENCRYPTED = "$encrypted$"
"""What AWX shows of a secret; sent back to it, the secret stays."""

State = dict[str, dict[str, dict[str, Any]]]


class Refused(Exception):  # noqa: N818 - what AWX does, not what is wrong here
    """AWX would answer with an error."""


def argument_spec(options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the argument spec of a module from the options, which are listed by their type."""
    spec: dict[str, dict[str, Any]] = {}
    for kind in ("str", "bool", "int", "float", "raw", "dict"):
        spec |= {name: {"type": kind} for name in options.get(kind, [])}
    spec |= {name: {"type": "list", "elements": "str"} for name in options.get("list", [])}
    spec |= {name: {"type": "list", "elements": "dict"} for name in options.get("list of dict", [])}
    spec |= {name: {"type": "str", "choices": choices} for name, choices in options.get("choices", {}).items()}
    for attribute in ("required", "no_log"):
        for name in options.get(attribute, []):
            spec[name][attribute] = True
    return spec


def check_references(state: State, kind: str, given: dict[str, Any]) -> None:
    """Refuse names of what is not there."""
    for option, target in REFERENCES.get(kind, {}).items():
        names = given.get(option, [])
        for name in names if isinstance(names, list) else [names]:
            if name not in state.get(target, {}):
                raise Refused(f"there is no {target} {name!r}")


def fields_of(state: State, credential: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of the type of a credential."""
    fields = state["credential_type"][credential["credential_type"]]["inputs"]["fields"]
    return {field["id"]: field for field in fields}


def check_inputs(state: State, given: dict[str, Any], old: dict[str, Any]) -> None:
    """Refuse inputs of a credential that its type does not have."""
    fields = fields_of(state, given)
    for name, value in given.get("inputs", {}).items():
        if name not in fields:
            raise Refused(f"the credential type has no input {name!r}")
        if not isinstance(value, {"string": str, "boolean": bool}[fields[name]["type"]]):
            raise Refused(f"{name!r} is of the wrong type")
        if value not in fields[name].get("choices", [value]):
            raise Refused(f"{name!r} is not one of the choices")
        if value == ENCRYPTED and name not in old.get("inputs", {}):
            raise Refused(f"{name!r} is not there to be kept")


def check_survey(survey: dict[str, Any]) -> None:
    """Refuse a survey that AWX could not ask."""
    if not (isinstance(survey.get("name"), str) and isinstance(survey.get("description"), str) and survey.get("spec")):
        raise Refused("a survey needs name, description and spec")
    for question in survey["spec"]:
        check_question(question)


def check_question(question: dict[str, Any]) -> None:
    """Refuse a question that AWX could not ask."""
    if not isinstance(question["required"], bool) or not question["question_name"] or not question["variable"]:
        raise Refused(f"a question needs name, variable and required: {question}")
    if not isinstance(question.get("default", ""), SURVEY_TYPES[question["type"]]):
        raise Refused(f"the default is of the wrong type: {question}")
    if not all(isinstance(question.get(limit, 0), int) for limit in ("min", "max")):
        raise Refused(f"a limit is no integer: {question}")
    if question["type"] == "multiplechoice" and question.get("default", "") not in [*question["choices"], ""]:
        raise Refused(f"the default is no choice: {question}")


def check_playbook(state: State, given: dict[str, Any]) -> None:
    """Refuse a job template whose playbook is not in the project, as far as that has been synchronised."""
    if state["project"][given["project"]]["status"] not in {"successful", "ok"} or given["playbook"] not in playbooks():
        raise Refused("{'playbook': ['Playbook not found for project.']}")


def check_nodes(state: State, nodes: list[dict[str, Any]]) -> None:
    """Refuse a workflow of templates or nodes that are not there."""
    identifiers = {node["identifier"] for node in nodes}
    for node in nodes:
        template = node["unified_job_template"]
        # Without its organization, AWX would take it for any that has the name, or refuse it if there are several.
        found = state.get(template["type"], {}).get(template["name"], {})
        if found.get("organization") != template["organization"]["name"]:
            raise Refused("Unable to Find unified_job_template: {}")
        for after in ("success_nodes", "failure_nodes", "always_nodes"):
            if not {each["identifier"] for each in node.get("related", {}).get(after, [])} <= identifiers:
                raise Refused(f"node {node['identifier']!r} leads nowhere")


def check(state: State, kind: str, given: dict[str, Any], old: dict[str, Any]) -> None:
    """Refuse what AWX would refuse."""
    check_references(state, kind, given)
    if kind == "credential":
        check_inputs(state, given, old)
    if kind == "job_template":
        check_playbook(state, given)
    if given.get("survey_spec"):
        check_survey(given["survey_spec"])


def repository() -> dict[str, Any]:
    """Return what a project is synchronised with."""
    found: dict[str, Any] = json.loads((FOLDER / "repository.json").read_text(encoding="utf-8"))
    return found


def playbooks() -> list[str]:
    """Return the playbooks of every project."""
    names: list[str] = repository()["playbooks"]
    return names


def synchronise(project: dict[str, Any]) -> None:
    """Fetch the files of a project, as AWX does when it is made or changed."""
    synchronised = "failed" if repository()["is_broken"] else "successful"
    project["status"] = synchronised if project["scm_type"] else "ok"


def shown(state: State, kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    """Return what AWX shows of a thing, which is no secret."""
    if kind != "credential":
        return thing
    secret = {name for name, field in fields_of(state, thing).items() if field.get("secret")}
    inputs = thing.get("inputs", {}).items()
    return {**thing, "inputs": {name: ENCRYPTED if name in secret else value for name, value in inputs}}


def could_be_same(old: Any, new: Any) -> bool:
    """Whether an input could be what it was, as far as AWX shows that."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(could_be_same(old[name], new[name]) for name in new)
    return bool(old in (ENCRYPTED, new))


def is_different(old: dict[str, Any], given: dict[str, Any], *, update_secrets: bool) -> bool:
    """Whether AWX would have to be told; ``old`` is what it shows."""
    for name, value in given.items():
        if name == "inputs":
            has_secrets = ENCRYPTED in old.get(name, {}).values()
            if not could_be_same(old.get(name), value) or (update_secrets and has_secrets):
                return True
        elif old.get(name) != value:
            return True
    return False


def spec_of(kind: str) -> dict[str, dict[str, Any]]:
    """Return the argument spec of a module."""
    options = json.loads((FOLDER / "options.json").read_text(encoding="utf-8"))
    common = ("connection",) if kind in {"controller_meta", "project_update"} else ("connection", "thing")
    return {name: each for part in (*common, kind) for name, each in argument_spec(options[part]).items()}


def read() -> State:
    """Return all that there is."""
    state: State = json.loads((FOLDER / "state.json").read_text(encoding="utf-8"))
    return state


def write(state: State) -> None:
    """Keep all that there is."""
    (FOLDER / "state.json").write_text(json.dumps(state), encoding="utf-8")


def update(state: State, name: str, *, check_mode: bool) -> dict[str, Any]:
    """Synchronise a project."""
    project = state["project"][name]
    if check_mode:
        return {"changed": True}
    before = project["status"]
    synchronise(project)
    write(state)
    if project["status"] == "failed":
        raise Refused(f"The Project Update - {name}, failed")
    return {"changed": before != project["status"], "status": project["status"]}


def remove(state: State, kind: str, name: str, *, check_mode: bool) -> dict[str, Any]:
    """Remove a thing, if it is there."""
    there = name in state.get(kind, {})
    if there and not check_mode:
        del state[kind][name]
        write(state)
    return {"changed": there}


def keep(state: State, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Make a thing, or change it; what is refused only after that stays as it is then."""
    things = state.setdefault(kind, {})
    old = things.get(given["name"], {"id": sum(map(len, state.values()))})
    nodes = given.pop("workflow_nodes", [])
    new = things[given["name"]] = {**old, **given}
    for name, value in given.get("inputs", {}).items() if kind == "credential" else ():
        if value == ENCRYPTED:
            new["inputs"][name] = old["inputs"][name]
    if kind == "project":
        synchronise(new)
    write(state)
    if new.get("status") == "failed":
        raise Refused("Project update failed")
    if nodes:
        check_nodes(state, nodes)
        new["workflow_nodes"] = nodes
        write(state)
    return {"changed": True, "id": new["id"]}


def done(kind: str, params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Make what the options ask for, or raise Refused."""
    state = read()
    given = {name: value for name, value in params.items() if value is not None}
    update_secrets = given.pop("update_secrets", True)
    if given.get("inputs") == {}:
        del given["inputs"]
    if given.get("scm_type") == "manual":
        given["scm_type"] = ""
    if given.pop("state", "present") == "absent":
        return remove(state, kind, given["name"], check_mode=check_mode)
    old = state.get(kind, {}).get(given["name"])
    check(state, kind, given, old or {})
    if kind == "project_update":
        return update(state, given["name"], check_mode=check_mode)
    if old and not is_different(shown(state, kind, old), given, update_secrets=update_secrets):
        return {"changed": False, "id": old["id"]}
    if check_mode:
        return {"changed": True} | ({"id": old["id"]} if old else {})
    return keep(state, kind, given)


def outcome(kind: str, params: dict[str, Any], *, collection: str, check_mode: bool) -> dict[str, Any]:
    """Make what the options ask for, and return the result."""
    if kind == "controller_meta":
        return {"changed": False, "prefix": collection}
    try:
        return done(kind, params, check_mode=check_mode)
    except Refused as problem:
        return {"failed": True, "msg": str(problem)}


def value_of(state: State, name: str, thing: dict[str, Any], path: str) -> Any:
    """Return what a filter compares, such as the name of the organization of the inventory."""
    *steps, _name = path.split("__")
    for step in steps:
        name = thing.get(step, "")
        thing = state.get(step, {}).get(name, {})
    return name


def found(endpoint: str, filters: dict[str, Any], *, everything: bool) -> list[dict[str, Any]]:
    """Return what AWX has at an endpoint."""
    state, kind = read(), ENDPOINTS[endpoint]
    filters = {path: value for path, value in filters.items() if path != "page_size"}
    if not all(path.split("__")[-1] == "name" for path in filters):
        raise Refused(f"{kind} has no field named so: {', '.join(filters)}")
    things = [
        {"name": name, **shown(state, kind, thing)}
        for name, thing in state.get(kind, {}).items()
        if all(value_of(state, name, thing, path) == value for path, value in filters.items())
    ]
    return things if everything else things[:PAGE]


def main(kind: str, collection: str) -> None:
    """Run as the module of this name."""
    module = AnsibleModule(argument_spec=spec_of(kind), supports_check_mode=True)
    result = outcome(kind, module.params, collection=collection, check_mode=module.check_mode)
    if "failed" in result:
        module.fail_json(**result)
    module.exit_json(**result)
