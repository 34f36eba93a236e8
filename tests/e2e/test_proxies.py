# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behind real proxies: never a wrong "ok", and nobody blocks the others."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

import pytest

from ansible_collections.abra.flexi.tests.e2e.proxies import LOOPBACK, Haproxy, Nginx, Proxy, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ansible_collections.abra.flexi.tests.e2e.conftest import Ansible, Run
    from ansible_collections.abra.flexi.tests.emulator import Emulator

OUT, IDLE, FAILED = "logged_out", "not_logged_in", "failed"
SLASH = "Žaneta Ř/ezníčková"
WARNING = re.compile(r"\[WARNING\]: (.*?)(?=\n\[|\nlocalhost \||\Z)", re.DOTALL)

PASS = Nginx.PASS
PREFIX = "location /flexi/ { proxy_pass http://flexi/; }"
BODIES = {
    "html": ("text/html", "<html><body><h1>An error page</h1></body></html>"),
    "empty": ("text/html", ""),
    "json": ("application/json", '{"error":"maintenance"}'),
    "text": ("text/plain", "ok"),
}
ENVELOPE = (
    "application/json",
    '{"winstrom":{"@version":"1.0","success":"false","message":"?","message@messageCode":"uzivatelNeniPrihlasen"}}',
)


def answer(status: int, body: tuple[str, str]) -> str:
    """Return the nginx directives that answer so."""
    content_type, text = body
    return f"default_type {content_type}; return {status} '{text}';"


FOR_EVERYBODY = {
    **{f"404 {name}": answer(404, body) for name, body in [*BODIES.items(), ("envelope", ENVELOPE)]},
    "403": "return 403;",
    "500": "return 500;",
    "302": "return 302 https://sso.example.com/login;",
}
FOR_ONE = {
    **{f"{status} html": answer(status, BODIES["html"]) for status in (200, 400, 403, 404, 406, 413, 500)},
    **{f"{status} empty": answer(status, BODIES["empty"]) for status in (200, 404)},
    "302": "return 302 https://sso.example.com/login;",
    "303": "return 303 /sso/login/status/user;",
    "no answer": "return 444;",
}

each_body = pytest.mark.parametrize("body", BODIES)


@dataclass(frozen=True)
class Outcome:
    """What the module returned, and what Ansible made of it."""

    result: dict[str, Any]
    failed: bool
    warnings: list[str]

    @classmethod
    def of(cls, run: Run) -> Outcome:
        """Read what ``ansible`` printed."""
        start = run.output.find(" => {") + len(" => ")
        assert start >= len(" => "), run.output
        result, _end = json.JSONDecoder().raw_decode(run.output, start)
        return cls(result, run.status != 0, WARNING.findall(run.output))

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each user."""
        return {each["user"]: each["status"] for each in self.result["results"]}

    @property
    def code(self) -> str:
        """The failure's code."""
        return str(self.result["failure"]["code"])


def run_module(ansible: Ansible, url: str, users: Sequence[str], **options: Any) -> Outcome:
    """Run the module; with another address in the environment, its password would be refused."""
    ansible.environment["ABRAFLEXI_URL"] = url
    arguments = json.dumps({"users": users, **options})
    return Outcome.of(ansible.run("ansible", "localhost", "-m", "abra.flexi.flexi_user_logout", "-a", arguments))


def log_out(ansible: Ansible, flexi: Emulator, url: str, users: Sequence[str], **options: Any) -> Outcome:
    """Run the module, and check that all that it reports is true."""
    before = frozenset(flexi.state.logged_in())
    outcome = run_module(ansible, url, users, **options)
    results, statuses = outcome.result["results"], outcome.statuses.values()
    after = frozenset(flexi.state.logged_in())

    assert [each["user"] for each in results] == list(users)
    assert {user for user, status in outcome.statuses.items() if status == OUT} <= before - after
    assert not any(flexi.state.contexts_of(user) for user, status in outcome.statuses.items() if status == OUT)
    assert {user for user, status in outcome.statuses.items() if status == IDLE}.isdisjoint(before)
    assert {status: number for status, number in outcome.result["counts"].items() if number} == Counter(statuses)
    assert outcome.result["changed"] == (OUT in statuses)
    assert outcome.failed == ("failure" in outcome.result) == (FAILED in statuses)
    return outcome


def check_nobody_is_ok(outcome: Outcome, flexi: Emulator) -> None:
    """Check that everybody failed, and that nobody was logged out."""
    assert set(outcome.statuses.values()) == {FAILED}
    assert outcome.failed
    assert not outcome.result["changed"]
    assert flexi.state.is_logged_in("novak")
    assert flexi.state.is_logged_in("franta")


def crowd(flexi: Emulator, **numbers: int) -> list[str]:
    """Give the server users by prefix, with a session each unless the prefix is ``idle``; return them interleaved."""
    kinds = [
        {"prefix": prefix, "count": number, "sessions": int(prefix != "idle")} for prefix, number in numbers.items()
    ]
    flexi.reset(state={"generate_users": kinds})
    return sorted(
        (f"{prefix}{number + 1:04}" for prefix, count in numbers.items() for number in range(count)),
        key=lambda login: (login[-4:], login),
    )


def retry_after(status: int) -> str:
    """Return the nginx directives that add ``Retry-After`` to its own answers with that status."""
    return f"error_page {status} @slow; location @slow {{ add_header Retry-After 1 always; return {status}; }}"


@contextmanager
def meanwhile(flexi: Emulator, requests: int, *steps: Callable[[], None]) -> Iterator[None]:
    """Take each step when the server has got so many requests more; check that all of them were taken."""
    stopped = threading.Event()
    taken = 0

    def watch() -> None:
        nonlocal taken
        for number, step in enumerate(steps, 1):
            while flexi.connections()["requests"] < number * requests:
                if stopped.wait(0.005):
                    return
            step()
            taken = number

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        stopped.set()
        watcher.join()
    assert taken == len(steps)


@pytest.fixture
def nginx(tmp_path: Path, flexi: Emulator) -> Iterator[Nginx]:
    """Return nginx in front of the server, to be started."""
    with Nginx(tmp_path / "nginx", flexi.http) as proxy:
        yield proxy


@pytest.fixture
def haproxy(tmp_path: Path, flexi: Emulator) -> Iterator[Haproxy]:
    """Return haproxy in front of the server, to be started."""
    with Haproxy(tmp_path / "haproxy", flexi.http) as proxy:
        yield proxy


# A prefix


def test_prefix(ansible: Ansible, flexi: Emulator, nginx: Nginx) -> None:
    nginx.start(PREFIX)
    expected = {"novak": OUT, "bezprav": IDLE, "jan.novak@firma.cz": OUT, "a b": IDLE, "franta": OUT}
    outcome = log_out(ansible, flexi, f"{nginx.url}/flexi", list(expected))

    assert outcome.statuses == expected
    assert not outcome.failed
    assert flexi.state.contexts_of("a b") == []


@pytest.mark.parametrize("place", [0, 1, 4])
def test_a_slash_that_the_proxy_decodes(ansible: Ansible, flexi: Emulator, nginx: Nginx, place: int) -> None:
    nginx.start(PREFIX)
    expected = {"novak": OUT, "bezprav": IDLE, "franta": OUT, "jan.novak@firma.cz": OUT}
    users = list(expected)
    users.insert(place, SLASH)
    outcome = log_out(ansible, flexi, f"{nginx.url}/flexi", users, concurrency=1)

    assert outcome.statuses == {**expected, SLASH: FAILED}
    assert flexi.state.is_logged_in(SLASH)


def test_a_slash_that_the_proxy_leaves(ansible: Ansible, flexi: Emulator, nginx: Nginx) -> None:
    nginx.start(PASS)
    outcome = log_out(ansible, flexi, nginx.url, ["novak", SLASH])

    assert outcome.statuses == {"novak": OUT, SLASH: OUT}
    again = log_out(ansible, flexi, nginx.url, [SLASH, "novak"])
    assert again.statuses == {"novak": IDLE, SLASH: IDLE}


@pytest.mark.parametrize("login", ["x/../novak", "./novak", "novak/.", "franta/.//../novak", "/novak", "novak/"])
def test_a_login_that_the_proxy_takes_for_another(ansible: Ansible, flexi: Emulator, nginx: Nginx, login: str) -> None:
    nginx.start(PREFIX)
    outcome = run_module(ansible, f"{nginx.url}/flexi", ["franta", login])

    assert outcome.failed
    assert outcome.code == "invalid_option"
    assert not outcome.result["changed"]
    assert flexi.state.is_logged_in("novak")
    assert not flexi.requests


# Error pages of the proxy


@pytest.mark.parametrize("body", ["html", "empty"])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_intercepted_errors(ansible: Ansible, flexi: Emulator, nginx: Nginx, body: str, concurrency: int) -> None:
    page = answer(404, BODIES[body])
    nginx.start(f"proxy_intercept_errors on; error_page 404 /404.html; location = /404.html {{ {page} }} {PASS}")
    expected = {"bezprav": IDLE, "novak": OUT, "a b": IDLE, "vedouci": IDLE, "dvoufaktor": IDLE, "franta": OUT}
    outcome = log_out(ansible, flexi, nginx.url, list(expected), concurrency=concurrency)

    assert outcome.statuses == expected
    assert not outcome.failed


@each_body
def test_a_404_that_the_proxy_turns_into_200(ansible: Ansible, flexi: Emulator, nginx: Nginx, body: str) -> None:
    page = answer(200, BODIES[body])
    nginx.start(f"proxy_intercept_errors on; error_page 404 =200 /ok.html; location = /ok.html {{ {page} }} {PASS}")
    expected = {"novak": OUT, "bezprav": FAILED, "franta": OUT}
    outcome = log_out(ansible, flexi, nginx.url, list(expected), concurrency=1)

    assert outcome.statuses == expected


@pytest.mark.parametrize("rule", FOR_EVERYBODY.values(), ids=FOR_EVERYBODY)
def test_every_logout_is_refused(ansible: Ansible, flexi: Emulator, nginx: Nginx, rule: str) -> None:
    nginx.start(f"location ~ /logout$ {{ {rule} }} {PASS}")
    outcome = log_out(ansible, flexi, nginx.url, ["novak", "bezprav", "franta", "a b", SLASH])

    check_nobody_is_ok(outcome, flexi)


@pytest.mark.parametrize("rule", FOR_ONE.values(), ids=FOR_ONE)
def test_one_logout_is_refused(ansible: Ansible, flexi: Emulator, nginx: Nginx, rule: str) -> None:
    nginx.start(f"location ~ /novak/ {{ {rule} }} {PASS}")
    expected = {"novak": FAILED, "franta": OUT, "bezprav": IDLE, "jan.novak@firma.cz": OUT, "a b": IDLE, SLASH: OUT}
    outcome = log_out(ansible, flexi, nginx.url, list(expected), retries=1, concurrency=1)

    assert outcome.statuses == expected
    assert flexi.state.is_logged_in("novak")


def test_every_second_logout_is_refused(ansible: Ansible, flexi: Emulator, nginx: Nginx) -> None:
    nginx.start(f"location ~ /refused {{ return 403; }} {PASS}")
    users = crowd(flexi, refused=6, user=6)
    outcome = log_out(ansible, flexi, nginx.url, users, concurrency=1)

    assert outcome.statuses == {user: OUT if user.startswith("user") else FAILED for user in users}


def test_refusals_in_a_row_end_the_run(ansible: Ansible, flexi: Emulator, nginx: Nginx) -> None:
    nginx.start(f"location ~ /refused {{ return 403; }} {PASS}")
    users = ["novak", *crowd(flexi, refused=20), "franta"]
    outcome = log_out(ansible, flexi, nginx.url, users, concurrency=1)

    assert outcome.statuses == {**dict.fromkeys(users, FAILED), "novak": OUT}
    assert sum(each["attempts"] for each in outcome.result["results"]) <= 4


def test_one_login_that_is_too_long_for_the_proxy(ansible: Ansible, flexi: Emulator, nginx: Nginx) -> None:
    nginx.start(f"client_header_buffer_size 1k; large_client_header_buffers 2 1k; {PASS}")
    expected = {"novak": OUT, "ř" * 254: FAILED, "franta": OUT, "bezprav": IDLE}
    outcome = log_out(ansible, flexi, nginx.url, list(expected))

    assert outcome.statuses == expected


# Rate limits


@pytest.mark.parametrize(
    "rules",
    [
        "limit_req zone=slow;",
        f"limit_req zone=slow; limit_req_status 429; {retry_after(429)}",
        f"limit_req zone=slow; {retry_after(503)}",
    ],
    ids=["503", "429 with Retry-After", "503 with Retry-After"],
)
def test_rate_limit(ansible: Ansible, flexi: Emulator, nginx: Nginx, rules: str) -> None:
    nginx.start(f"{rules} {PASS}")
    users = crowd(flexi, user=60)
    outcome = log_out(ansible, flexi, nginx.url, users, concurrency=16)

    assert outcome.statuses == dict.fromkeys(users, OUT)
    assert not outcome.failed
    [warning] = outcome.warnings
    assert re.search(r"\brate\b", warning)


# No Flexi


@pytest.mark.parametrize(
    "body",
    [
        ("text/html", "<html><body><form>Please log in</form></body></html>"),
        ("application/json", '{"status": {"version": "1"}}'),
        ("application/json", '{"status": "ok"}'),
    ],
    ids=["login page", "version", "health check"],
)
def test_the_same_answer_to_everything(ansible: Ansible, flexi: Emulator, nginx: Nginx, body: tuple[str, str]) -> None:
    nginx.start(f"location / {{ {answer(200, body)} }}")
    outcome = log_out(ansible, flexi, nginx.url, ["novak", "bezprav", "franta"])

    check_nobody_is_ok(outcome, flexi)
    assert outcome.code == "not_flexi"


# haproxy


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("condition", ["", "if { path_end /logout }"], ids=["everywhere", "logouts"])
def test_early_hints(ansible: Ansible, flexi: Emulator, haproxy: Haproxy, condition: str, concurrency: int) -> None:
    haproxy.start(f'    http-request early-hint Link "</style.css>; rel=preload; as=style" {condition}')
    users = crowd(flexi, user=20, idle=20)
    outcome = log_out(ansible, flexi, haproxy.url, users, concurrency=concurrency)

    assert outcome.statuses == {user: IDLE if user.startswith("idle") else OUT for user in users}
    assert not outcome.failed


@each_body
def test_maintenance(ansible: Ansible, flexi: Emulator, haproxy: Haproxy, body: str) -> None:
    content_type, text = BODIES[body]
    content = f"content-type {content_type} string '{text}'" if text else ""
    haproxy.start(f"    http-request return status 200 {content} if {{ path_end /logout }}")
    outcome = log_out(ansible, flexi, haproxy.url, ["novak", "bezprav", "franta"])

    check_nobody_is_ok(outcome, flexi)


@pytest.mark.parametrize("kind", [Nginx, Haproxy])
def test_the_server_behind_the_proxy_is_down(
    ansible: Ansible, flexi: Emulator, tmp_path: Path, kind: type[Proxy]
) -> None:
    with kind(tmp_path / "proxy", f"http://{LOOPBACK}:{free_port()}") as proxy:
        proxy.start(kind.PASS)
        outcome = log_out(ansible, flexi, proxy.url, ["novak", "bezprav", "franta"])

    check_nobody_is_ok(outcome, flexi)
    assert outcome.code == "unavailable"


# What changes in the middle of a run


@pytest.mark.parametrize("kind", [Nginx, Haproxy])
@pytest.mark.parametrize("how", ["reload", "stop_and_start"])
def test_the_proxy_is_restarted(ansible: Ansible, flexi: Emulator, tmp_path: Path, how: str, kind: type[Proxy]) -> None:
    users = crowd(flexi, user=300)
    flexi.set_delay(0.05)
    with kind(tmp_path / "proxy", flexi.http) as proxy:
        proxy.start(kind.PASS)
        restart = getattr(proxy, how)
        with meanwhile(flexi, 80, restart, restart, restart):
            outcome = log_out(ansible, flexi, proxy.url, users, concurrency=8)

    assert outcome.statuses == dict.fromkeys(users, OUT)
    assert not outcome.failed


@pytest.mark.parametrize("kind", [Nginx, Haproxy])
def test_the_server_behind_the_proxy_is_away_for_a_while(
    ansible: Ansible, flexi: Emulator, tmp_path: Path, kind: type[Proxy]
) -> None:
    users = crowd(flexi, user=100)
    flexi.set_delay(0.05)
    with Nginx(tmp_path / "server", flexi.http) as server, kind(tmp_path / "proxy", server.url) as proxy:
        server.start(PASS)
        proxy.start(kind.PASS)
        with meanwhile(flexi, 40, lambda: server.stop_and_start(away=0.5)):
            outcome = log_out(ansible, flexi, proxy.url, users)

    assert outcome.statuses == dict.fromkeys(users, OUT)
    assert not outcome.failed
    assert any(each["attempts"] > 1 for each in outcome.result["results"])


# TLS that ends at the proxy


@pytest.mark.parametrize(
    "location",
    [
        "/status/user",
        "http://localhost/status/user",
        "http://localhost:5434/status/user",
        "http://LOCALHOST/status/user",
    ],
)
def test_a_redirect_of_a_flexi_that_does_not_know_of_tls(
    ansible: Ansible, flexi: Emulator, nginx: Nginx, location: str
) -> None:
    ansible.environment["ABRAFLEXI_CA_PATH"] = str(nginx.use_tls())
    nginx.start(PASS)
    flexi.add_fault(action="redirect", code=303, location=location, act=True, match={"path": "/logout$"})
    outcome = log_out(ansible, flexi, nginx.url, ["novak", "franta"])

    assert outcome.statuses == {"novak": OUT, "franta": OUT}
    assert not outcome.failed


@pytest.mark.parametrize(
    "location",
    [
        "/sso/login/status/user",
        "http://localhost/sso/login/status/user",
        "http://sso.example.com/status/user",
        "/status/user/novak",
        "/login-logout/login.html?returnUrl=/status/user",
    ],
)
def test_a_redirect_to_elsewhere(ansible: Ansible, flexi: Emulator, nginx: Nginx, location: str) -> None:
    ansible.environment["ABRAFLEXI_CA_PATH"] = str(nginx.use_tls())
    nginx.start(PASS)
    flexi.add_fault(action="redirect", code=303, location=location, match={"path": "/logout$"})
    outcome = log_out(ansible, flexi, nginx.url, ["novak", "franta"])

    check_nobody_is_ok(outcome, flexi)


@pytest.mark.parametrize("location", ["/status/user", "/flexi/status/user"])
def test_a_redirect_behind_a_prefix(ansible: Ansible, flexi: Emulator, nginx: Nginx, location: str) -> None:
    nginx.start(PREFIX)
    flexi.add_fault(action="redirect", code=303, location=location, act=True, match={"path": "/logout$"})
    outcome = log_out(ansible, flexi, f"{nginx.url}/flexi", ["novak", "franta"])

    assert outcome.statuses == {"novak": OUT, "franta": OUT}
    assert not outcome.failed
