# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client without a network, for tests of what is asked in which order and of what the answers mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Union

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Batch, Whom
from ansible_collections.abra.flexi.plugins.module_utils._wire.auth import Auth, BasicAuth
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import JSON, Connection, Request
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from ansible_collections.abra.flexi.plugins.module_utils._logout.report import Report

STATUS = json.dumps({"status": {"version": "2026.5.2", "loggedUser": 1, "sessions": 1}})
COMPANIES = json.dumps({"companies": {"company": [{"dbNazev": "demo", "nazev": "Demo"}, {"dbNazev": "a_1"}]}})
NOT_THERE = Reply(404, '{"winstrom": {"success": "false", "message": "Uživatel není přihlášen."}}')
Answer = Union[Reply, FlexiError]


class FakeFlexi:
    """A wire to no server: it answers by path, and otherwise that the server runs and has logged the user out.

    Several answers for a path are given one after the other, the last one from then on.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer | list[Answer]] | None = None,
        *,
        acting: str = "admin",
        concurrency: int = 4,
        probe: Answer | None = None,
    ) -> None:
        """Open nothing."""
        self.connection = Connection("https://flexi.example.com", concurrency=concurrency)
        self.auth = BasicAuth(acting, "fake") if acting else Auth()
        self.noticed: list[str] = []
        self.is_stopped = self.is_closed = False
        self.asked: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.accepted: list[str] = []
        self.probes = 0
        self._probe = probe or Reply(200, STATUS)
        self.answers: dict[str, Answer | list[Answer]] = {
            "/status.json": Reply(200, STATUS),
            "/c.json": Reply(200, COMPANIES),
            **(answers or {}),
        }

    def __enter__(self) -> Self:
        """Open nothing."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Note that it was closed."""
        self.is_closed = True

    @property
    def got(self) -> list[str]:
        """What was asked with GET, without the query."""
        return [each[len("GET ") :] for each in self.asked if each.startswith("GET ")]

    @property
    def posted(self) -> list[str]:
        """What was asked with POST."""
        return [each[len("POST ") :] for each in self.asked if each.startswith("POST ")]

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON) -> Reply:
        """Answer a GET."""
        self.queries.append(dict(query or {}))
        self.accepted.append(accept)
        return self._answer("GET", path)

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Answer a POST; its second question has an address of its own, see ``again``."""
        company = "".join(f"?company={value}" for name, value in (query or {}).items() if name == "company")
        return self._answer("POST", again(path + company) if "ignore-not-found" in (query or {}) else path + company)

    def ask_once(self, request: Request) -> Reply:
        """Answer whether the server is still a Flexi."""
        assert request == Request("GET", "/status.json")
        self.probes += 1
        return given(self._probe)

    def stop(self) -> None:
        """Note that it was stopped."""
        self.is_stopped = True

    def notices(self) -> list[str]:
        """Return what is worth a warning."""
        return self.noticed

    def _answer(self, method: str, address: str) -> Reply:
        self.asked.append(f"{method} {address}")
        answer = self.answers.get(address, Reply(200))
        if isinstance(answer, list):
            answer, *later = answer
            self.answers[address] = later or answer
        return given(answer)


def given(answer: Answer) -> Reply:
    """Return a reply, or raise what there is instead of one."""
    if isinstance(answer, FlexiError):
        raise answer
    return answer


def logout_path(user: str) -> str:
    """Return the address of the logout of a plain login."""
    return f"/status/user/{user}/logout"


def named(users: Sequence[str], companies: Sequence[str] | None = None) -> Whom:
    """Return that these users are to leave these companies, or everything."""
    return Whom(Batch(tuple(users), None if companies is None else tuple(companies)))


def again(address: str) -> str:
    """Return the address of the second question, which is whether a 404 means "not logged in"."""
    return f"{address}{'&' if '?' in address else '?'}ignore-not-found"


def page(*users: str) -> Reply:
    """Return the page that shows who is logged in."""
    return Reply(200, "<html>" + "".join(f"<form action='{logout_path(user)}'>" for user in users), "text/html")


def counts(users: object, sessions: object) -> Reply:
    """Return the status of a server that says how many are logged in."""
    return Reply(200, json.dumps({"status": {"version": "2026.5.2", "loggedUser": users, "sessions": sessions}}))


def user_list(*logins: str) -> Reply:
    """Return the list of the server's users."""
    return Reply(200, json.dumps({"users": {"user": [{"username": login} for login in logins]}}))


def statuses(report: Report) -> dict[str, str]:
    """Return what became of each target."""
    return {result.target.label: result.status for result in report.results}
