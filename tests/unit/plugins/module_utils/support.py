# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the client share: a clock that does not wait, a run, and what must hold of every report."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.abra.flexi.plugins.module_utils._logout.report import summarise
from ansible_collections.abra.flexi.plugins.module_utils._logout.results import LOGGED_OUT, NOT_LOGGED_IN, UNKNOWN_USER
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets, basic_credentials
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import connection_argument_spec
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import Auth, BasicAuth, GivenSession, LoginSession
from ansible_collections.abra.flexi.plugins.module_utils._wire.client import Client, Clock
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import Connection
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.abra.flexi.plugins.module_utils._logout.report import Report
    from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Operation
    from ansible_collections.abra.flexi.tests.emulator import Emulator

PASSWORD = "fake-admin"
ADMIN = {"username": "admin", "password": PASSWORD, "permissions": {"manageAll": True, "licenseMgmt": True}}
ENDED = {LOGGED_OUT, NOT_LOGGED_IN, UNKNOWN_USER}
LONGEST_MESSAGE = 1000
USUAL = Policy()


@dataclass
class FakeClock:
    """Time that passes only when somebody sleeps."""

    jitter: float = 1.0
    time: float = 1000.0
    pauses: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        with self.lock:
            self.pauses.append(seconds)
            self.time += seconds

    @property
    def clock(self) -> Clock:
        """What the client takes."""
        return Clock(
            now=lambda: self.time, wait=lambda _stopped, seconds: self.sleep(seconds), jitter=lambda: self.jitter
        )


@dataclass(frozen=True)
class Run:
    """One run of the module without Ansible, and what came of it."""

    report: Report
    summary: dict[str, Any]
    client: Client

    @property
    def code(self) -> str | None:
        """The failure's code, None where there was no failure."""
        return str(self.summary["failure"]["code"]) if "failure" in self.summary else None

    @property
    def message(self) -> str:
        """The failure as one sentence."""
        return str(self.summary["failure"]["message"])

    @property
    def statuses(self) -> dict[str, str]:
        """What became of each user."""
        return {result.target.user: result.status for result in self.report.results}


def known(done: Run) -> dict[str, bool | None]:
    """Return what a run found out of each user: whether the server has this login."""
    return {each["user"]: each["user_known"] for each in done.summary["results"]}


@dataclass(frozen=True)
class Access:
    """Where to, and as whom."""

    connection: Connection
    auth_method: str = "basic"
    username: str = "admin"
    password: str = PASSWORD
    otp: str = ""
    session_id: str = ""

    @property
    def url(self) -> str:
        """The server's root."""
        return self.connection.url

    @property
    def auth(self) -> Auth:
        """A new way to authenticate."""
        if self.session_id:
            return GivenSession(self.session_id, self.username)
        if self.auth_method == "session":
            return LoginSession(self.username, self.password, self.otp, hide=lambda _secret: None)
        return BasicAuth(self.username, self.password, self.otp) if self.username else Auth()


AS_WHOM = ("auth_method", "username", "password", "otp", "session_id")


def connection_to(emulator: Emulator, **changes: Any) -> Access:
    """Return what an administrator connects with, whatever the environment says."""
    as_whom = {name: changes.pop(name) for name in AS_WHOM if name in changes}
    usual = {"url": emulator.https, "verify": emulator.ca_path, "use_proxies": False, "timeout": 10.0}
    return Access(Connection(**{**usual, **changes}), **as_whom)


def options(**changes: Any) -> dict[str, Any]:
    """Return the connection options of the module as Ansible gives them."""
    defaults = {name: spec.get("default") for name, spec in connection_argument_spec().items()}
    return {**defaults, "username": "admin", "password": PASSWORD, **changes}


def client_for(access: Access, clock: FakeClock | None = None) -> Client:
    """Return the client that authenticates as asked, with another clock than the module's."""
    secrets = Secrets(
        {access.password, access.otp, access.session_id, basic_credentials(access.username, access.password)}
    )
    return Client(access.connection, access.auth, secrets=secrets, clock=clock.clock if clock else None)


def log_out(  # noqa: PLR0913 - as the module's options
    access: Access,
    users: Sequence[str],
    companies: Sequence[str] | None = None,
    *,
    clock: FakeClock | None = None,
    check_mode: bool = False,
    policy: Policy = USUAL,
) -> Run:
    """Do what the module does, apart from Ansible."""
    with client_for(access, clock) as client:
        report = run(client, named(users, companies), policy, check_mode=check_mode)
    return Run(report, summarise(report), client)


@dataclass(frozen=True)
class Done:
    """What a task has returned, and the warnings it gave."""

    result: dict[str, Any]
    warnings: list[str]

    @property
    def code(self) -> str | None:
        """The failure's code, None where there was no failure."""
        return str(self.result["failure"]["code"]) if "failure" in self.result else None

    @property
    def logins(self) -> list[str]:
        """The users that a list of users has found."""
        return [user["username"] for user in self.result["users"]]


def perform(operation: Operation, emulator: Emulator, *, check_mode: bool = False, **changes: Any) -> Done:
    """Do what a module does, with what its options are where they are not given."""
    warnings: list[str] = []
    context = Context(check_mode=check_mode, diff_mode=False, secrets=Secrets(), warn=warnings.append)
    own = ArgumentSpecValidator(dict(operation.options)).validate(changes, unsafe=True).validated_parameters
    params = {**options(url=emulator.https, ca_path=emulator.ca_path), **own}
    return Done(operation.perform(params, context), warnings)


def asked(emulator: Emulator, path: str = "") -> list[str]:
    """Return the requests whose path contains ``path``, such as ``GET /status.json``."""
    return [f"{each.method} {each.path}" for each in emulator.requests if path in each.path]


def check_report(emulator: Emulator, done: Run, users: Sequence[str], companies: Sequence[str] | None = None) -> None:
    """Assert what must hold of every run, however bad the day."""
    results = done.summary["results"]
    expected = [(target.user, target.company) for target in named(users, companies).targets()]
    assert [(each["user"], each["company"]) for each in results] == expected
    assert sum(done.summary["counts"].values()) == len(results)
    if companies is None:
        assert [each["user"] for each in results if each["status"] in ENDED and lives(emulator, each["user"])] == []
    for each in results:
        check_message(each["message"])
    check_message(done.summary["msg"])
    told = json.dumps([done.summary, done.report.warnings], ensure_ascii=False)
    assert PASSWORD not in told
    assert basic_credentials("admin", PASSWORD) not in told


def crowd(emulator: Emulator, count: int, delay: float = 0.0, **variants: str) -> list[str]:
    """Start with so many users, each with a session and a context, and nobody else but the administrator."""
    everybody = {"generate_users": {"count": count, "sessions": 1, "contexts": ["demo"]}, "users": [ADMIN]}
    emulator.reset(state=everybody, variants=variants, delay=delay)
    return [f"user{number:04}" for number in range(1, count + 1)]


def lives(emulator: Emulator, login: str) -> bool:
    """Whether a login still has a session."""
    return emulator.state.is_logged_in(login)


def check_message(message: str) -> None:
    """Assert that people can read it."""
    assert message
    assert message.isprintable(), message
    assert len(message) < LONGEST_MESSAGE, len(message)
    assert "Traceback" not in message
    assert " object at 0x" not in message
