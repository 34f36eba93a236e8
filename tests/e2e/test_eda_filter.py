# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rulebook's event filter lets through, without Java, and the token that it refuses to start with."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.abra.flexi.extensions.eda.plugins.event_filter.logout_request import is_login, main
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import login_fault

PLUGINS = Path(__file__).parents[2] / "extensions/eda/plugins"
FILE = str(PLUGINS / "event_filter/logout_request.py")
SOURCE = runpy.run_path(str(PLUGINS / "event_source/flexi_changes.py"))
TEXTS = st.text(alphabet="ab {}%#\n\x00é.", max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
REQUESTS = st.dictionaries(st.sampled_from(["users", "companies", "company"]), st.lists(TEXTS, max_size=3) | JSON)


def lists(event: dict[str, Any]) -> Any:
    """Return what is to be done for an event."""
    done = main(event)
    assert done.keys() == {"user_logout_lists", "may_be_merged"}
    return done["user_logout_lists"]


def message(events: list[dict[str, Any]]) -> bytes:
    """Return what ansible-rulebook's rule engine sends for events that it has merged, as it was seen."""
    engine = {"events_in_window": 1, "once_after_time_window": "2 SECONDS"}
    meta = {
        "source": {"name": "rollout", "type": "eda.builtin.webhook"},
        "received_at": "2026-11-28T12:57:25.191569Z",
        "uuid": "5b44bf04-8275-4dbf-a712-fc41d9bc4f63",
        "rule_engine": engine,
    }
    rule = "Log out together the users of requests that came within two seconds"
    merged = {f"m_{number}": {"meta": meta, **event} for number, event in enumerate(events)}
    sent = {"session_id": 1, "result": [{rule: merged}]}
    return json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("login", ["u", "clerk{:04}", "Žaneta Řezníčková {}", '"{}"', "x" * 255])
def test_no_more_is_merged_than_is_sent_at_once(monkeypatch: pytest.MonkeyPatch, login: str) -> None:
    loaded = runpy.run_path(FILE)
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    requests = [{"payload": {"users": [login.format(number)]}} for number in range(200)]

    events = [loaded["main"](request) for request in requests]

    together = [event["may_be_merged"] for event in events]
    assert together == sorted(together, reverse=True)
    assert 28_000 < len(message(events[: together.count(True)])) < 2**15
    assert not loaded["main"]({"payload": {"users": ["x" * 200] * 500}})["may_be_merged"]
    now += 5
    assert loaded["main"](requests[0])["may_be_merged"]


@pytest.mark.parametrize(
    "payload",
    [{"users": ["novak"]}, {"users": ["a b", "Žaneta Ř/ezníčková"] * 2500, "companies": ["demo", "test_firma_1"]}],
    ids=["one user", "as many as can be"],
)
def test_a_request(payload: dict[str, Any]) -> None:
    event = {"payload": payload, "meta": {"headers": {"X": "{{ x }}"}}, "refused": "no", "other": 1}

    assert lists(event) == [payload]


@pytest.mark.parametrize("event", [{}, {"user_logout_lists": [{"users": ["novak"]}]}, {"payload": "novak"}], ids=str)
def test_no_request(event: dict[str, Any]) -> None:
    assert main(event) == {"refused": "There must be an object with users."}


def test_a_key_that_is_misspelt() -> None:
    assert main({"payload": {"users": ["novak"], "company": ["demo"]}}) == {
        "refused": "There must be nothing in the object but users and companies."
    }


@pytest.mark.parametrize("token", ["a b", " x", "x\t", "č" * 20, "x\n"])
def test_a_token_that_would_never_fit(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABRAFLEXI_WEBHOOK_TOKEN", token)

    with pytest.raises(ValueError, match="must be ASCII without spaces") as raised:
        runpy.run_path(FILE)
    assert token not in str(raised.value)


@pytest.mark.parametrize(
    "login",
    [
        *("..", "a/../b", "./a", "a//b", "a/", "/a", "a\\..", "a/..;x/b", "{{ x }}", "#x", "a\n", " a"),
        *("..%2f..", "a%252f..", "a/logout", "a%2flogout?x", "a/logout.json", "a;b", ";", "nov%61k", "a%2fb"),
        "a😀",
    ],
)
def test_a_login_that_would_fail_the_run_of_all_others(login: str) -> None:
    assert login.startswith(("#", "{")) or login_fault(login) or max(login) > "\uffff"
    assert main({"payload": {"users": ["novak", login]}}) == {
        "refused": "One of the users is not an acceptable login: see the guide Event-driven."
    }


@pytest.mark.parametrize(
    "login", ["...", "..a", "a.", "50%", "5% x", "logout", "a/logouts", "a/b", "a?b", "a,b", "Žaneta Ř/ezníčková"]
)
def test_an_odd_login(login: str) -> None:
    assert not login_fault(login)
    assert lists({"payload": {"users": [login]}}) == [{"users": [login]}]


@given(st.text(alphabet="a ./\\;?#%2ef5{\n😀", max_size=10) | st.sampled_from(["a/logout", "a%2Flogout.x;y"]))
def test_the_module_takes_what_filter_and_source_take(login: str) -> None:
    assert is_login(login) is SOURCE["is_name"](login)
    # One that it refused would fail the run of all others.
    assert not (is_login(login) and login_fault(login))


@given(JSON | REQUESTS)
def test_what_comes_out_is_checked(payload: Any) -> None:
    event = main({"payload": payload})

    if "refused" in event:
        assert event.keys() == {"refused"}
        return
    assert event.keys() == {"user_logout_lists", "may_be_merged"}
    assert event["user_logout_lists"] == [payload]
    assert payload.keys() <= {"users", "companies"}
    assert all(isinstance(text, str) and text for texts in payload.values() for text in texts)
    assert not set("".join(payload["users"])) & set("{}\n\x00")
