# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of the main module: what Ansible gets of a run that was ended from outside, or never began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._tasks import user_logout
from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import Context
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_logout import USER_LOGOUT
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi, logout_path
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import options, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
    from ansible_collections.abra.flexi.tests.emulator import Emulator


class InterruptionError(BaseException):
    """What a signal raises in the main thread."""


class Interrupted(FakeFlexi):
    """A client that is interrupted at the second user."""

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Answer a POST."""
        if path == logout_path("franta"):
            raise InterruptionError
        return super().post(path, query)


class InterruptedAtItsEnd(FakeFlexi):
    """A client that is interrupted while it ends its own session."""

    def __exit__(self, *_exc: object) -> None:
        """Be interrupted."""
        raise InterruptionError


def run(
    monkeypatch: pytest.MonkeyPatch,
    interrupted: Callable[[BaseException], None] | None,
    client: FakeFlexi | None = None,
) -> dict[str, Any]:
    """Run the operation with a client that is interrupted."""
    client = client or Interrupted(acting="franta")
    monkeypatch.setattr(user_logout, "client_for", lambda *_options, **_kwargs: client)
    own = {name: spec.get("default") for name, spec in USER_LOGOUT.options.items()}
    params = {**own, **options(url="https://flexi.example.com"), "users": ["novak", "franta"]}
    how: dict[str, Any] = {"interrupted": interrupted} if interrupted else {}
    context = Context(check_mode=False, diff_mode=True, secrets=Secrets(), warn=lambda _warning: None, **how)
    result = USER_LOGOUT.perform(params, context)
    assert client.is_stopped is isinstance(client, Interrupted)
    return result


def test_an_interruption_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InterruptionError):
        run(monkeypatch, None)


def test_there_is_a_result_where_it_is_wanted_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[BaseException] = []
    result = run(monkeypatch, told.append)
    assert [type(each) for each in told] == [InterruptionError]
    assert (result["failure"]["code"], result["changed"]) == ("stopped", True)
    assert [each["status"] for each in result["results"]] == ["logged_out", "failed"]
    assert result["diff"]["after"] == "novak: not logged in\nfranta: unknown\n"


def test_what_was_done_before_the_own_session_was_ended_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[BaseException] = []
    result = run(monkeypatch, told.append, InterruptedAtItsEnd())
    assert [type(each) for each in told] == [InterruptionError]
    assert (result["failure"]["code"], result["changed"]) == ("stopped", True)
    assert [each["status"] for each in result["results"]] == ["logged_out", "logged_out"]
    with pytest.raises(InterruptionError):
        run(monkeypatch, None, InterruptedAtItsEnd())


@pytest.mark.parametrize("users", [[".."], ["x/../novak"], [" novak"]])
def test_what_cannot_be_meant_asks_nothing(emulator: Emulator, users: list[str]) -> None:
    done = perform(USER_LOGOUT, emulator, users=["novak", *users])
    assert (done.code, done.result["results"], emulator.requests) == ("invalid_option", [], [])


def test_the_module_by_itself_takes_no_variables(emulator: Emulator) -> None:
    done = perform(USER_LOGOUT, emulator, users=["novak"], from_variables={"prefix": "app_"})
    assert done.code == "invalid_option"
    assert "from_variables needs the action plugin" in done.result["msg"]
    assert emulator.requests == []
