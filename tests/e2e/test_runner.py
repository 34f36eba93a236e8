# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX launches them: ansible-runner, with what the credential type injects and a survey asks for."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.tests.e2e.awx.injection import CREDENTIAL_TYPE, environment_of
from ansible_collections.abra.flexi.tests.e2e.test_guides import guide
from ansible_collections.abra.flexi.tests.e2e.test_secrets import PASSWORD, forms

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible
    from ansible_collections.abra.flexi.tests.emulator import Emulator

COLLECTIONS = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"], "ansible_collections")
PROJECT = Path(__file__).parents[2] / "extensions/awx/project"
OTP = "fake-one-time-code"
SESSION = "fake-session"
RIGHTS = {"manageAll": True, "licenseMgmt": True}
MASK = "**********"


@dataclass(frozen=True)
class Job:
    """What a job left behind."""

    exit_status: int
    artifacts: Path

    @property
    def status(self) -> str:
        """What ansible-runner calls the outcome."""
        return (self.artifacts / "status").read_text(encoding="utf-8")

    @property
    def printed(self) -> list[str]:
        """The lines of the output that AWX shows."""
        return (self.artifacts / "stdout").read_text(encoding="utf-8").splitlines()

    @property
    def events(self) -> list[dict[str, Any]]:
        """What AWX is told of, in order."""
        files = sorted(self.artifacts.glob("job_events/*.json"), key=lambda file: int(file.name.partition("-")[0]))
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]

    @property
    def logout(self) -> dict[str, Any]:
        """The one event that says what became of the users."""
        (event,) = (
            event
            for event in self.events
            if event["event"] in {"runner_on_ok", "runner_on_failed"}
            and event["event_data"]["task"] == "Say what was done"
        )
        return event

    @property
    def users(self) -> dict[str, str]:
        """The status of each user, as the event has it."""
        return {result["user"]: result["status"] for result in self.logout["event_data"]["res"]["results"]}

    @property
    def stats(self) -> dict[str, Any]:
        """The event with the counts of all hosts."""
        (event,) = (event for event in self.events if event["event"] == "playbook_on_stats")
        stats: dict[str, Any] = event["event_data"]
        return stats


def unsafe(name: str, value: Any) -> str:
    """Return a line of extra variables as AWX writes them: no text in it is a template."""
    written = json.dumps(value, ensure_ascii=False)
    return f"!unsafe {json.dumps(name)}: {'!unsafe ' if isinstance(value, str) else ''}{written}\n"


class Awx:
    """Launches jobs of one job template."""

    def __init__(self, ansible: Ansible, inputs: dict[str, Any]) -> None:
        """Prepare the private data directory; the environment is that of a container."""
        self.ansible, self.inputs = ansible, inputs
        self.folder = ansible.folder / "private"
        ansible.environment = {"PATH": os.environ["PATH"], "HOME": str(ansible.folder), "LANG": "C.UTF-8"}
        for name in ("env", "inventory"):
            (self.folder / name).mkdir(parents=True)
        shutil.copytree(PROJECT, self.folder / "project")
        shutil.copytree(COLLECTIONS, self.folder / "project/collections/ansible_collections")
        self.write("inventory/hosts", "localhost ansible_connection=local\n")

    def write(self, name: str, text: str) -> None:
        """Write a file of the private data directory."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def launch(self, *options: str, **survey: Any) -> Job:
        """Run a job as talkative as it gets, with answers to the survey."""
        environment = environment_of(self.inputs, self.folder / "env")
        self.write("env/envvars", json.dumps(environment))
        extra = {"awx_job_id": 1, "awx_job_launch_type": "manual", **survey}
        self.write("env/extravars", "".join(unsafe(*item) for item in extra.items()))
        self.write("env/cmdline", " ".join(["-u", "root", "-vvvvv", *options]))
        number = str(len(list(self.folder.glob("artifacts/*"))) + 1)
        run = self.ansible.run(
            *("ansible-runner", "run", str(self.folder), "--playbook", "logout_users.yml", "--ident", number)
        )
        return Job(run.status, self.folder / "artifacts" / number)


@pytest.fixture
def server(flexi: Emulator) -> Emulator:
    """Give the server users with a telling password, and one who is careful with it."""
    flexi.reset(
        state={
            "users": [
                {"username": "admin", "password": PASSWORD, "permissions": RIGHTS},
                {"username": "careful", "password": PASSWORD, "otp": OTP, "permissions": RIGHTS},
                {"username": "novak", "password": "fake-novak", "sessions": 1},
                {"username": "franta", "password": "fake-franta", "sessions": 1, "contexts": ["demo"]},
            ],
        }
    )
    return flexi


@pytest.fixture
def awx(ansible: Ansible, server: Emulator) -> Awx:
    """Return an AWX whose job template has a credential for the server."""
    authority = Path(server.ca_path).read_text(encoding="utf-8")
    return Awx(ansible, {"url": server.https, "username": "admin", "password": PASSWORD, "ca": authority})


def test_changed_and_then_ok(awx: Awx, server: Emulator) -> None:
    first = awx.launch(user_logout_users="novak\r\nfranta\r\n\r\nnobody\r\n", user_logout_companies="")

    assert (first.exit_status, first.status) == (0, "successful")
    assert first.logout["event"] == "runner_on_ok"
    assert first.users == {"novak": "logged_out", "franta": "logged_out", "nobody": "unknown_user"}
    assert "localhost: 2 logged out, 1 unknown user (nobody)" in first.printed
    assert first.logout["event_data"]["res"]["msg"] == "2 logged out, 1 unknown user (nobody)"
    assert first.stats["changed"] == {"localhost": 1}
    assert not server.state.is_logged_in("novak")

    again = awx.launch(user_logout_users="novak\r\nfranta\r\n\r\nnobody\r\n", user_logout_companies="")

    assert (again.exit_status, again.status) == (0, "successful")
    assert again.users == {"novak": "not_logged_in", "franta": "not_logged_in", "nobody": "unknown_user"}
    assert again.stats["changed"] == {}


def test_of_one_company(awx: Awx, server: Emulator) -> None:
    job = awx.launch(user_logout_users="franta", user_logout_companies="demo")

    assert (job.exit_status, job.status) == (0, "successful")
    assert job.users == {"franta": "logged_out"}
    assert server.state.is_logged_in("franta")
    assert not server.state.contexts_of("franta")


def test_vaulted_variables_of_a_host_beside_the_playbook(awx: Awx, server: Emulator) -> None:
    awx.inputs["password"] = "fake-wrong"
    awx.write("vault", "fake-vault")
    (awx.folder / "project/host_vars").mkdir()
    awx.write("project/host_vars/localhost.yml", f"user_logout_password: {json.dumps(PASSWORD)}\n")
    vault = ("--vault-password-file", str(awx.folder / "vault"))
    encrypted = awx.ansible.run("ansible-vault", "encrypt", *vault, str(awx.folder / "project/host_vars/localhost.yml"))
    assert encrypted.status == 0, encrypted.output
    job = awx.launch(*vault, user_logout_users="novak")

    assert (job.exit_status, job.status) == (0, "successful")
    assert not server.state.is_logged_in("novak")
    assert [secret for secret in forms(PASSWORD) if secret in everything_in(job)] == []


@pytest.mark.parametrize("playbook", ["logout_users.yml", "check_server.yml"])
def test_the_guide_has_what_a_job_says_without_the_collection(awx: Awx, playbook: str) -> None:
    shutil.rmtree(awx.folder / "project/collections")
    paths = {"ANSIBLE_COLLECTIONS_PATH": str(awx.folder), "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "no"}
    run = awx.ansible.run("ansible-playbook", str(awx.folder / "project" / playbook), **paths)

    assert run.status != 0
    row = guide("guide_awx").partition("   * - in a job: ")[2].partition("\n")[0]
    messages = [".*".join(map(re.escape, text.split("…"))) for text in row.strip("`").split("``, ``")]
    assert [message for message in messages if re.search(message, run.text)], run.output


def test_partial_failure(awx: Awx, server: Emulator) -> None:
    server.add_fault(action="status", code=500, message="Out of order", match={"login": "franta"})
    job = awx.launch(user_logout_users="novak\nfranta\nnobody")

    assert (job.exit_status, job.status) == (2, "failed")
    assert job.logout["event"] == "runner_on_failed"
    assert job.users == {"novak": "logged_out", "franta": "failed", "nobody": "unknown_user"}
    assert job.stats["failures"] == {"localhost": 1}
    assert job.logout["event_data"]["res"]["msg"].endswith("(1 logged out, 1 unknown user (nobody), 1 failed)")
    assert "ignoring" not in "".join(job.printed)
    assert not server.state.is_logged_in("novak")


def test_refused_password(awx: Awx, server: Emulator) -> None:
    awx.inputs["password"] = "fake-wrong"
    job = awx.launch(user_logout_users="novak\nfranta")

    assert (job.exit_status, job.status) == (2, "failed")
    assert job.logout["event"] == "runner_on_failed"
    assert set(job.users.values()) == {"failed"}
    assert job.logout["event_data"]["res"]["failure"]["code"] == "auth_failed"
    assert [request.status for request in server.requests] == [401]


def test_check_mode(awx: Awx, server: Emulator) -> None:
    before = server.state.as_dict()
    job = awx.launch("--check", "--diff", user_logout_users="novak\nnobody")

    assert (job.exit_status, job.status) == (0, "successful")
    assert job.users == {"novak": "would_log_out", "nobody": "unknown_user"}
    assert {request.method for request in server.requests} == {"GET"}
    assert server.state.as_dict() == before


def test_artifacts_for_the_rest_of_the_workflow(awx: Awx) -> None:
    job = awx.launch(user_logout_users="novak\nnobody", user_logout_set_stats=True)

    artifacts = job.stats["artifact_data"]
    assert artifacts["user_logout_result_logged_out"] == 1
    assert artifacts["user_logout_result_unknown_user"] == 1
    assert artifacts["user_logout_result_problems"] == [
        {"host": "localhost", "user": "nobody", "company": None, "status": "unknown_user"}
    ]
    assert "user_logout_results" not in artifacts


def test_artifacts_with_every_result(awx: Awx) -> None:
    job = awx.launch(user_logout_users="novak\nnobody", user_logout_set_stats=True, user_logout_set_stats_results=True)

    results = job.stats["artifact_data"]["user_logout_results"]
    assert [result["user"] for result in results] == ["novak", "nobody"]


def test_template_in_the_survey_is_a_login_like_any_other(awx: Awx, server: Emulator) -> None:
    job = awx.launch(user_logout_users="novak\n{{ 7 * 191 }}")

    assert (job.exit_status, job.status) == (0, "successful")
    assert job.users == {"novak": "logged_out", "{{ 7 * 191 }}": "unknown_user"}
    assert not server.state.is_logged_in("novak")


def everything_in(job: Job) -> str:
    """Return all that Ansible and ansible-runner wrote, less the environment that the job was given."""
    texts = []
    for file in job.artifacts.rglob("*"):
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8")
        if file.name == "command":
            # AWX itself keeps secret what of this comes from secret fields of a credential.
            text = json.dumps({name: value for name, value in json.loads(text).items() if name != "env"})
        texts.append(text)
        if text.startswith("{"):
            texts.append(json.dumps(json.loads(text), ensure_ascii=False))
    return "\n".join(texts)


@pytest.mark.parametrize("inputs", [{}, {"username": "careful", "otp": OTP}, {"auth_method": "session"}])
@pytest.mark.parametrize("repeats", [False, True])
def test_no_secret_in_any_artifact(awx: Awx, server: Emulator, inputs: dict[str, str], *, repeats: bool) -> None:
    awx.inputs |= inputs
    if repeats:
        told = f"You sent {PASSWORD} and {OTP}."
        server.add_fault(action="status", code=500, message=told, match={"method": "POST", "path": "/logout$"})
    job = awx.launch("--diff", user_logout_users="novak", user_logout_set_stats=True)
    written = everything_in(job)

    sessions = {request.headers.get("X-authSessionId", "") for request in server.requests} - {""}
    assert bool(sessions) is ("auth_method" in inputs)
    secrets = forms(PASSWORD, awx.inputs["username"]).union(*map(forms, sessions))
    assert job.users == {"novak": "failed" if repeats else "logged_out"}
    assert written.count("novak") > 2
    assert [secret for secret in secrets if secret in written] == []
    assert "otp" not in inputs or OTP not in written


def test_no_secret_in_the_environment_that_awx_shows(awx: Awx) -> None:
    secret_fields = {field["id"] for field in CREDENTIAL_TYPE["inputs"]["fields"] if field.get("secret")}
    inputs = awx.inputs | {"otp": OTP, "session_id": SESSION}
    masked = {name: MASK if name in secret_fields else value for name, value in inputs.items()}
    used = environment_of(inputs, awx.folder / "env").values()
    shown = environment_of(masked, awx.folder / "env").values()

    assert {PASSWORD, OTP, SESSION} <= set(used)
    assert not {PASSWORD, OTP, SESSION} & set(shown)
