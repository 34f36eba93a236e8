# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX makes of a credential for a job: environment variables, and files that only the job may read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

INSTALLED = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"], "ansible_collections", "abra", "flexi")
CREDENTIAL_TYPE: dict[str, Any] = yaml.safe_load(
    (INSTALLED / "extensions" / "awx" / "credential_type.yml").read_text(encoding="utf-8")
)["credential_types"][0]


def namespace(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what templates see: an empty input is undefined, a boolean that is not there is false."""
    fields = CREDENTIAL_TYPE["inputs"]["fields"]
    values = {field["id"]: False for field in fields if field["type"] == "boolean"}
    return values | {name: value for name, value in inputs.items() if value != ""}


def environment_of(inputs: dict[str, Any], folder: Path) -> dict[str, str]:
    """Return the variables of a credential with these inputs; its files go to the folder."""
    jinja, values, files = ImmutableSandboxedEnvironment(), namespace(inputs), SimpleNamespace()
    values["tower"] = SimpleNamespace(filename=files)
    for label, template in CREDENTIAL_TYPE["injectors"]["file"].items():
        # Readable by nobody else, under a name that says nothing.
        descriptor, path = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(jinja.from_string(template).render(values))
        setattr(files, label.removeprefix("template."), path)
    variables = CREDENTIAL_TYPE["injectors"]["env"]
    return {name: jinja.from_string(template).render(values) for name, template in variables.items()}
