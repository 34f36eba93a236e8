# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the modules of awx.awx: takes their options and no others, and keeps what they make in a file.

It is as strict as AWX about names that lead nowhere, about the inputs of a credential and about surveys.
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
}
SURVEY_TYPES = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "integer": int, "float": float}

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


def check_inputs(state: State, given: dict[str, Any]) -> None:
    """Refuse inputs of a credential that its type does not have."""
    fields = {field["id"]: field for field in state["credential_type"][given["credential_type"]]["inputs"]["fields"]}
    for name, value in given.get("inputs", {}).items():
        if name not in fields:
            raise Refused(f"the credential type has no input {name!r}")
        if not isinstance(value, {"string": str, "boolean": bool}[fields[name]["type"]]):
            raise Refused(f"{name!r} is of the wrong type")
        if value not in fields[name].get("choices", [value]):
            raise Refused(f"{name!r} is not one of the choices")


def check_survey(survey: dict[str, Any]) -> None:
    """Refuse a survey that AWX could not ask."""
    if not (isinstance(survey.get("name"), str) and isinstance(survey.get("description"), str) and survey.get("spec")):
        raise Refused("a survey needs name, description and spec")
    for question in survey["spec"]:
        if not isinstance(question["required"], bool) or not question["question_name"] or not question["variable"]:
            raise Refused(f"a question needs name, variable and required: {question}")
        if not isinstance(question.get("default", ""), SURVEY_TYPES[question["type"]]):
            raise Refused(f"the default is of the wrong type: {question}")
        if not all(isinstance(question.get(limit, 0), int) for limit in ("min", "max")):
            raise Refused(f"a limit is no integer: {question}")


def check_nodes(state: State, nodes: list[dict[str, Any]]) -> None:
    """Refuse a workflow of templates or nodes that are not there."""
    identifiers = {node["identifier"] for node in nodes}
    for node in nodes:
        template = node["unified_job_template"]
        if template["name"] not in state.get(template["type"], {}):
            raise Refused(f"there is no {template['type']} {template['name']!r}")
        for after in ("success_nodes", "failure_nodes", "always_nodes"):
            if not {each["identifier"] for each in node.get("related", {}).get(after, [])} <= identifiers:
                raise Refused(f"node {node['identifier']!r} leads nowhere")


def check(state: State, kind: str, given: dict[str, Any]) -> None:
    """Refuse what AWX would refuse."""
    check_references(state, kind, given)
    if kind == "credential":
        check_inputs(state, given)
    if given.get("survey_spec"):
        check_survey(given["survey_spec"])
    if given.get("workflow_nodes"):
        check_nodes(state, given["workflow_nodes"])


def is_different(state: State, kind: str, old: dict[str, Any], given: dict[str, Any], *, update_secrets: bool) -> bool:
    """Whether AWX would have to be told: it does not show secrets, so that they cannot be compared."""
    if kind != "credential":
        return bool(old | given != old)
    if update_secrets:
        return True
    fields = state["credential_type"][given["credential_type"]]["inputs"]["fields"]
    secret = {field["id"] for field in fields if field.get("secret")}
    old, given = (
        {**each, "inputs": {name: name in secret or value for name, value in each.get("inputs", {}).items()}}
        for each in (old, given)
    )
    return bool(old | given != old)


def spec_of(kind: str) -> dict[str, dict[str, Any]]:
    """Return the argument spec of a module."""
    options = json.loads((FOLDER / "options.json").read_text(encoding="utf-8"))
    return argument_spec(options["all"]) | argument_spec(options[kind])


def outcome(kind: str, params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Make what the options ask for, and return the result."""
    file = FOLDER / "state.json"
    state: State = json.loads(file.read_text(encoding="utf-8"))
    given = {name: value for name, value in params.items() if value is not None}
    update_secrets = given.pop("update_secrets", True)
    things = state.setdefault(kind, {})
    old = things.get(given["name"])
    try:
        check(state, kind, given)
    except Refused as problem:
        return {"failed": True, "msg": str(problem)}
    changed = old is None or is_different(state, kind, old, given, update_secrets=update_secrets)
    if check_mode:
        return {"changed": changed} | ({"id": old["id"]} if old else {})
    if changed:
        things[given["name"]] = {"id": sum(map(len, state.values())), **(old or {}), **given}
        file.write_text(json.dumps(state), encoding="utf-8")
    return {"changed": changed, "id": things[given["name"]]["id"]}


def main(kind: str) -> None:
    """Run as the module of this name."""
    module = AnsibleModule(argument_spec=spec_of(kind), supports_check_mode=True)
    result = outcome(kind, module.params, check_mode=module.check_mode)
    if "failed" in result:
        module.fail_json(**result)
    module.exit_json(**result)
