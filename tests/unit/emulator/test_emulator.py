# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator itself: as strict as the server, and every fault as a raw client sees it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.emulator.faults import ACTIONS
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN
from ansible_collections.abra.flexi.tests.emulator.wire import DO
from ansible_collections.abra.flexi.tests.unit.emulator.support import (
    ADMIN,
    FORM,
    JSON,
    ZANETA,
    Client,
    basic,
    control,
    received,
)

ROOT = Path(__file__).parents[3]


def test_down_and_up_again(client: Client, emulator: Emulator) -> None:
    assert client.get("/status.json", "admin").status == 200
    with emulator.down(), pytest.raises(ConnectionError):
        client.get("/status.json", "admin")
    assert client.get("/status.json", "admin", tls=True).status == 200
    assert emulator.state.is_logged_in("novak")


# The logout service


def test_logout_ends_sessions_and_contexts(client: Client, emulator: Emulator) -> None:
    assert len(emulator.state.sessions_of("novak")) == 2
    got = client.logout("novak", tls=True)
    assert (got.status, got.json["winstrom"]["success"]) == (200, "true")
    assert emulator.state.sessions_of("novak") == emulator.state.contexts_of("novak") == []
    assert emulator.state.is_logged_in("franta")
    again = client.logout("novak")
    assert (again.status, again.message) == (404, "Uživatel není přihlášen.")


def test_company_drops_only_the_context(client: Client, emulator: Emulator) -> None:
    assert client.logout("novak", "?company=demo").status == 200
    assert emulator.state.contexts_of("novak") == ["test_firma"]
    assert len(emulator.state.sessions_of("novak")) == 2
    assert client.logout("novak", "?company=demo").status == 404
    emulator.set_variants(company_without_context="ok")
    assert client.logout("novak", "?company=demo").status == 200
    assert client.logout("novak", "?company=neni").status == 404


def test_context_without_session_is_dropped_and_not_found(client: Client, emulator: Emulator) -> None:
    assert emulator.state.contexts_of("a b") == ["demo"]
    assert client.logout("a b").status == 404
    assert emulator.state.contexts_of("a b") == []


@pytest.mark.parametrize("login", ["novak", "a b", "nikdo"])
def test_ignore_not_found_hides_the_difference(client: Client, login: str) -> None:
    assert client.logout(login, "?ignore-not-found=true").status == 200


@pytest.mark.parametrize("login", [ZANETA, "jan.novak@firma.cz"])
def test_login_is_one_encoded_segment(client: Client, emulator: Emulator, login: str) -> None:
    assert client.logout(login).status == 200
    assert not emulator.state.is_logged_in(login)


def test_login_not_encoded_is_another_address(client: Client, emulator: Emulator) -> None:
    raw = urllib.parse.quote(ZANETA, safe="/")
    assert client.ask("POST", f"/status/user/{raw}/logout", "admin").status == 404
    assert client.ask("POST", "/status/user/%2E%2E/logout", "admin").status == 404
    assert client.ask("POST", "/status/user//logout", "admin").status == 404
    assert client.ask("POST", "/status/user/%ff/logout", "admin").status == 404
    assert client.logout("Novak").status == 404
    assert emulator.state.is_logged_in(ZANETA)
    assert emulator.state.is_logged_in("novak")


def test_length_is_required(client: Client, emulator: Emulator) -> None:
    connection = client.connection()
    connection.putrequest("POST", "/status/user/novak/logout")
    for name, value in {**JSON, **basic("admin")}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert received(connection).status == 411
    connection.close()
    assert emulator.state.is_logged_in("novak")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_logout_is_post_only(client: Client, method: str) -> None:
    got = client.ask(method, "/status/user/novak/logout", "admin")
    assert (got.status, got.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("suffix", "accept", "status", "kind"),
    [
        ("", "application/json", 200, "application/json"),
        ("", "application/xml", 200, "application/xml"),
        (".json", "text/html", 200, "application/json"),
        (".xml", "application/json", 200, "application/xml"),
        ("", "*/*", 303, None),
        ("", "text/html", 303, None),
        (".html", "application/json", 303, None),
        ("", "text/csv", 406, "text/html;charset=utf-8"),
        (".csv", "application/json", 406, "text/html;charset=utf-8"),
    ],
)
def test_format(client: Client, suffix: str, accept: str, status: int, kind: str | None) -> None:
    path = f"/status/user/novak/logout{suffix}"
    got = client.ask("POST", path, "admin", headers={"Accept": accept})
    assert (got.status, got.headers["Content-Type"]) == (status, kind)
    if status == 303:
        assert got.headers["Location"] == "/status/user"


@pytest.mark.parametrize("user", ["franta", "vedouci", "bezprav"])
def test_no_right(client: Client, emulator: Emulator, user: str) -> None:
    got = client.logout("novak", user=user)
    assert (got.status, got.message) == (403, "K této akci nemáte přístup.")
    assert emulator.state.is_logged_in("novak")


def test_who_may_log_out(client: Client, emulator: Emulator) -> None:
    assert client.logout("novak", user="novak").status == 200
    server = basic("server-admin", "fake-server-password")
    assert client.logout("franta", user="", headers=server).status == 200
    emulator.set_variants(self_logout="forbidden")
    assert client.logout(ZANETA, user=ZANETA).status == 403


@pytest.mark.parametrize("flag", ["format=json", "format=x"])
def test_format_parameter_means_xslt(client: Client, emulator: Emulator, flag: str) -> None:
    got = client.logout("novak", f"?{flag}")
    assert got.status == 400
    assert "XSLT" in got.message
    assert emulator.state.is_logged_in("novak")


def test_no_http_errors(client: Client) -> None:
    got = client.logout("nikdo", "?no-http-errors=true")
    assert got.status == 200
    assert got.json["winstrom"]["success"] == "false"


# Who asks


def test_basic(client: Client) -> None:
    assert client.get("/status.json", "admin").status == 200
    wrong = client.get("/status.json", headers=basic("admin", "wrong"))
    assert (wrong.status, wrong.message) == (401, "Je potřebná autorizace.")
    assert wrong.json["winstrom"]["message@messageCode"] == "authRequired"
    assert client.get("/status.json", "blokovany").status == 401
    assert client.get("/status.json", headers={"Authorization": "Basic ???"}).status == 401


def test_nobody(client: Client) -> None:
    assert client.get("/status.json").status == 401
    page = client.get("/status/user", headers={"Accept": "text/html"})
    assert page.status == 302
    assert page.headers["Location"].startswith("/login-logout/login.html?")
    forced = client.get("/status/user?auth=http", headers={"Accept": "text/html"})
    assert forced.status == 401
    assert forced.headers["WWW-Authenticate"].startswith("Basic")


def test_basic_makes_no_session_but_a_context(client: Client, emulator: Emulator) -> None:
    assert client.get("/c/prazdna/adresar.json", "admin").status == 200
    assert emulator.state.sessions_of("admin") == []
    assert emulator.state.contexts_of("admin") == ["prazdna"]
    client.get("/status.json", "vedouci")
    assert emulator.state.contexts_of("vedouci") == []


def test_json_login(client: Client, emulator: Emulator) -> None:
    got = client.login("bezprav", "fake-bezprav")
    assert got.status == 200
    assert got.json["success"] is True
    session = got.json["authSessionId"]
    assert emulator.state.sessions_of("bezprav") == [session]
    ways: list[dict[str, str]] = [
        {"X-authSessionId": session},
        {"Cookie": f"lang=cs; authSessionId={session}"},
    ]
    for headers in ways:
        assert client.get("/status.json", headers=headers).status == 200
    assert client.get(f"/status.json?authSessionId={session}").status == 200
    assert client.get("/login-logout/session-keep-alive.js", headers=ways[0]).status == 200


def test_json_login_refusals(client: Client, emulator: Emulator) -> None:
    wrong = client.login("admin", "wrong")
    assert wrong.status == 401
    assert wrong.json["success"] is False
    assert wrong.json["errors"]["messageCode"] == "loginDialogNeplatneJmenoNeboHeslo"
    emulator.set_variants(login_refusal_status=200)
    path, body = "/login-logout/login.json", '{"username": "admin", "password": "fake-admin"}'
    sent = client.ask("POST", path, headers={"Content-Type": "application/json"}, body=body)
    assert (sent.status, sent.json["success"]) == (200, False)
    assert client.get("/login-logout/login.json").status == 405


def test_expired_session_is_redirected(client: Client, emulator: Emulator) -> None:
    session = client.login("admin", "fake-admin").json["authSessionId"]
    assert client.logout("admin", user="", headers={"X-authSessionId": session}).status == 200
    for old in (session, "made-up"):
        got = client.get("/status.json", headers={"X-authSessionId": old})
        assert (got.status, got.headers["Location"]) == (302, "/login-logout/remote-logout")
    assert client.get("/login-logout/remote-logout").status == 200
    emulator.reset({"server": {"session_timeout": 0.05}})
    assert emulator.state.counts() == (4, 5)
    time.sleep(0.1)
    assert emulator.state.counts() == (0, 0)


def test_own_logout_ends_one_session(client: Client, emulator: Emulator) -> None:
    first, second = emulator.state.sessions_of("novak")
    client.get("/login-logout/logout", headers={"X-authSessionId": first})
    assert emulator.state.sessions_of("novak") == [second]


def test_web_login(client: Client, emulator: Emulator) -> None:
    path, body = "/login-logout/login.html", "username=bezprav&password=fake-bezprav"
    got = client.ask("POST", path, headers=FORM, body=body)
    assert got.status == 303
    assert any("authSessionId=" in value for value in got.headers.get_all("Set-Cookie", []))
    assert len(emulator.state.sessions_of("bezprav")) == 1
    assert client.ask("POST", path, headers=FORM, body="username=x").status == 200


def test_two_factor(client: Client, emulator: Emulator) -> None:
    assert client.get("/status.json", "dvoufaktor").status == 401
    assert client.get("/status.json?otp=123456", "dvoufaktor").status == 200
    assert client.get("/status.json?otp=654321", "dvoufaktor").status == 401
    assert client.login("dvoufaktor", "fake-dvoufaktor").status == 401
    emulator.reset(variants={"otp_codes": "once"})
    assert client.login("dvoufaktor", "fake-dvoufaktor", otp="123456").status == 200
    assert client.get("/status.json?otp=123456", "dvoufaktor").status == 401


def test_account_gets_locked(client: Client, emulator: Emulator) -> None:
    emulator.reset({"server": {"lock_after": 2}})
    for _time in range(2):
        assert client.get("/status.json", headers=basic("admin", "wrong")).status == 401
    assert client.get("/status.json", "admin").status == 401


# What can be read


def test_status(client: Client, emulator: Emulator) -> None:
    status = client.get("/status.json", "bezprav").json["status"]
    assert (status["version"], status["loggedUser"], status["sessions"]) == ("2026.5.2", 4, 5)
    emulator.set_variants(status_values="strings", status_auth="none")
    assert client.get("/status.json").json["status"]["loggedUser"] == "4"
    emulator.set_variants(counts="missing")
    assert "<version>2026.5.2</version>" in client.get("/status.xml").text
    assert "loggedUser" not in client.get("/status.xml").text
    assert client.get("/status-check.xml?quick=true").status == 200
    emulator.set_variants(app_server="stopped")
    assert client.get("/status-check.xml?quick=true").status == 503


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in KNOWN.items() for v in vs])
def test_every_variant_answers(client: Client, emulator: Emulator, name: str, value: str) -> None:
    emulator.set_variants(**{name: value})
    assert client.logout("novak", tls=True).status == 200
    assert client.logout("novak", "?company=neni", tls=True).status == 404
    assert client.logout("nikdo", tls=True).status == 404
    for path in ("/status.json", "/c.json", "/u.json", "/c/demo/uzivatel.json", "/status/user"):
        status = client.get(path, "admin", tls=True).status
        assert status < 500 or (status, value) == (500, "error")


def test_every_reply_sets_the_language(client: Client) -> None:
    for path in ("/status.json", "/neni.json", "/neni"):
        got = client.get(path, "admin")
        assert got.headers["Set-Cookie"] == "lang=cs;Version=1"
        assert got.headers["Vary"] == "Accept"
    assert client.get("/neni.json").status == 404
    assert "<html" in client.get("/neni", headers={"Accept": "text/html"}).text


def test_http_can_redirect_to_https(client: Client, emulator: Emulator) -> None:
    emulator.set_variants(force_https="redirect")
    got = client.get("/status.json?a=b", "admin")
    assert (got.status, got.headers["Location"][:8]) == (302, "https://")
    assert got.headers["Location"].endswith("/status.json?a=b")
    assert client.get("/status.json", "admin", tls=True).status == 200


# Faults


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("action", "acts"),
    [("drop_before", 0), ("drop_after", 1), ("reset_before", 0), ("reset_after", 1)],
)
def test_connection_is_lost(client: Client, emulator: Emulator, action: str, *, acts: int, tls: bool) -> None:
    emulator.add_fault(action=action, times=1)
    with pytest.raises((ConnectionError, http.client.HTTPException, ssl.SSLError)) as error:
        client.logout("novak", tls=tls)
    if action.startswith("reset") and not tls:
        assert error.type is ConnectionResetError
    assert emulator.state.is_logged_in("novak") is not bool(acts)
    assert client.logout("franta", tls=tls).status == 200


@pytest.mark.parametrize("tls", [False, True])
def test_hang_ends_with_the_fault(client: Client, emulator: Emulator, *, tls: bool) -> None:
    emulator.add_fault({"action": "hang", "match": {"login": "novak"}})
    with ThreadPoolExecutor() as pool:
        hanging = pool.submit(client.logout, "novak", tls=tls)
        time.sleep(0.1)
        assert client.logout("franta").status == 200
        assert not hanging.done()
        emulator.clear_faults()
        assert isinstance(hanging.exception(2), (ConnectionError, ssl.SSLError))
    assert emulator.state.is_logged_in("novak")


def test_slow_and_drip(client: Client, emulator: Emulator) -> None:
    emulator.add_fault(action="slow", seconds=0.1, times=1)
    emulator.add_fault(action="drip", bytes=40, seconds=0.02, times=1)
    for login in ("novak", "franta"):
        begin = time.monotonic()
        assert client.logout(login, tls=True).status == 200
        assert time.monotonic() - begin >= 0.08


def test_status_before_and_after(client: Client, emulator: Emulator) -> None:
    retry = {"Retry-After": "1"}
    emulator.add_fault(action="status", code=429, headers=retry, body="wait", times=1)
    emulator.add_fault(action="status_after", times=1)
    emulator.add_fault(action="status", code=409, message="Konflikt", times=1)
    first = client.logout("novak")
    assert (first.status, first.headers["Retry-After"], first.text) == (429, "1", "wait")
    assert emulator.state.is_logged_in("novak")
    assert client.logout("novak").status == 504
    assert not emulator.state.is_logged_in("novak")
    assert client.logout("franta").message == "Konflikt"


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("garbage", http.client.BadStatusLine),
        ("truncate", http.client.IncompleteRead),
        ("chunk_truncate", http.client.IncompleteRead),
        ("bad_utf8", UnicodeDecodeError),
    ],
)
def test_bad_bytes(client: Client, emulator: Emulator, action: str, error: type[Exception], *, tls: bool) -> None:
    emulator.add_fault(action=action, times=1)
    with pytest.raises(error):
        client.logout("novak", tls=tls)
    assert emulator.state.is_logged_in("novak") is (action == "garbage")


def test_wrong_length_leaves_bytes_behind(client: Client, emulator: Emulator) -> None:
    emulator.add_fault(action="wrong_length", times=1)
    port = urllib.parse.urlsplit(emulator.http).port
    with socket.create_connection(("127.0.0.1", port or 0), 5) as raw:
        raw.sendall(b"GET /status.json?auth=http HTTP/1.1\r\nHost: x\r\n\r\n")
        head, _blank, body = raw.recv(65536).partition(b"\r\n\r\n")
        promised = http.client.parse_headers(BytesIO(head.partition(b"\r\n")[2]))["Content-Length"]
        assert 0 < int(promised) < len(body)
        # It stays open: what is left over runs into the next answer.
        raw.sendall(b"GET /status.json HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1")
    assert client.get("/status.json", "admin").status == 200


def test_wrong_content(client: Client, emulator: Emulator) -> None:
    emulator.add_fault(action="huge_html", megabytes=2, times=1)
    emulator.add_fault(action="wrong_json", body=[1], times=1)
    emulator.add_fault(action="redirect", location="https://other.example.com/", times=1)
    assert len(client.logout("novak").text) > 2_000_000
    assert client.logout("novak").json == [1]
    got = client.logout("franta")
    assert (got.status, got.headers["Location"]) == (302, "https://other.example.com/")
    assert emulator.state.is_logged_in("franta")


def test_expire_session(client: Client, emulator: Emulator) -> None:
    emulator.add_fault(action="expire_session", match={"user": "novak"}, times=1)
    first, second = emulator.state.sessions_of("novak")
    assert client.get("/status.json", headers={"X-authSessionId": first}).status == 302
    assert client.get("/status.json", headers={"X-authSessionId": second}).status == 200


def test_when(client: Client, emulator: Emulator) -> None:
    def statuses(count: int) -> list[int]:
        return [client.get("/status.json", "admin").status for _n in range(count)]

    emulator.add_fault(action="status", when={"nth": [2, 4]}, match={"method": "get"})
    assert statuses(4) == [200, 503, 200, 503]
    emulator.clear_faults()
    emulator.add_fault(action="status", when={"every": 3}, times=1, match={"path": r"^/status"})
    assert statuses(6) == [200, 200, 503, 200, 200, 200]
    runs = []
    for _run in range(2):
        emulator.clear_faults()
        emulator.add_fault(action="status", when={"probability": 0.5, "seed": 7})
        runs.append(statuses(20))
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_actions_are_all_there() -> None:
    assert set(ACTIONS) == set(DO)


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "explode"},
        {"action": "hang", "seconds": 1},
        {"action": "hang", "match": {"colour": "red"}},
        {"action": "hang", "match": {"path": "("}},
        {"action": "hang", "when": {"sometimes": 1}},
    ],
)
def test_wrong_rules_are_refused(emulator: Emulator, rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|no action|regular"):
        emulator.add_fault(rule)


# The handle, the control port, the command line


def test_control(client: Client, emulator: Emulator) -> None:
    state = control(emulator, "GET", "/state")
    assert state["counts"] == {"loggedUser": 4, "sessions": 5}
    assert state["users"]["novak"]["contexts"] == ["demo", "test_firma"]
    assert len(control(emulator, "POST", "/login", {"user": "admin", "n": 3})["session_ids"]) == 3
    assert control(emulator, "POST", "/expire", {"user": "admin"}) == {"ended": 3}
    assert control(emulator, "PATCH", "/variants", {"counts": False}).get("error")
    assert control(emulator, "PATCH", "/variants", {"lang_cookie": False})["lang_cookie"] == "no"
    fault = {"action": "status", "times": 1}
    assert len(control(emulator, "POST", "/faults", [fault, fault])["ids"]) == 2
    assert client.get("/status.json?x=1", "admin").status == 503
    assert control(emulator, "GET", "/faults")[0]["hits"] == 1
    control(emulator, "DELETE", "/faults")
    [request] = control(emulator, "GET", "/requests")
    assert (request["path"], request["query"], request["status"]) == ("/status.json", "x=1", 503)
    assert request["headers"]["Authorization"] == "Basic admin"
    control(emulator, "DELETE", "/requests")
    assert control(emulator, "GET", "/requests") == []
    new = control(emulator, "PUT", "/state", {"users": [ADMIN]})
    assert list(new["users"]) == ["admin"]
    assert "error" in control(emulator, "PUT", "/state", {"nonsense": 1})
    assert len(control(emulator, "POST", "/reset")["users"]) == 10
    assert "error" in control(emulator, "GET", "/nothing")


def test_control_is_not_on_the_flexi_ports(client: Client) -> None:
    for path in ("/state", "/requests", "/faults"):
        assert client.get(path, "admin").status == 404


def test_many_threads_and_counts(client: Client, emulator: Emulator) -> None:
    emulator.reset({"generate_users": {"count": 60, "sessions": 2}}, delay=0.01)
    names = [f"user{n:04}" for n in range(1, 61)]
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(lambda name: client.logout(name).status, names))
    assert statuses == {200}
    assert emulator.state.counts() == (4, 5)
    assert emulator.connections()["accepted"] == 60
    assert 1 < emulator.connections()["requests_at_once"] <= 8
    assert len({request.connection for request in emulator.requests}) == 60
    emulator.set_delay(0)


def test_connection_is_kept(client: Client, emulator: Emulator) -> None:
    connection = client.connection(tls=True)
    for _time in range(3):
        connection.request("GET", "/status.json", headers={**JSON, **basic("admin")})
        assert received(connection).status == 200
    connection.close()
    assert emulator.connections()["tls"] == 1
    assert {request.connection for request in emulator.requests} == {emulator.requests[0].connection}


@pytest.mark.parametrize("kind", ["expired", "wrong_host", "self_signed"])
def test_bad_certificates(kind: str) -> None:
    with Emulator(certificate=kind) as emulator, pytest.raises(ssl.SSLCertVerificationError):
        Client(emulator).get("/status.json", "admin", tls=True)


def test_client_certificate() -> None:
    with Emulator(client_ca=True) as emulator:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            Client(emulator).get("/status.json", "admin", tls=True)
        context = ssl.create_default_context(cafile=emulator.ca_path)
        context.load_cert_chain(*emulator.client_pair())
        port = urllib.parse.urlsplit(emulator.https).port
        connection = http.client.HTTPSConnection("localhost", port, timeout=5, context=context)
        connection.request("POST", "/status/user/novak/logout", headers=JSON)
        assert received(connection).status == 200
        connection.close()


def test_start_and_stop_are_quick() -> None:
    begin = time.monotonic()
    with Emulator(variants={"counts": "missing"}) as emulator:
        port = urllib.parse.urlsplit(emulator.http).port
        assert Path(emulator.ca_path).exists()
        emulator.add_fault(action="hang")
        waiting = socket.create_connection(("127.0.0.1", port or 0), 2)
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        for _time in range(200):
            emulator.reset({"users": [ADMIN]})
        assert emulator.variants["counts"] == "missing"
    assert time.monotonic() - begin < 1.5
    assert not Path(emulator.ca_path).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0), 1)
    waiting.close()


def test_command_line(tmp_path: Path) -> None:
    state, ready = tmp_path / "state.yml", tmp_path / "ready.json"
    state.write_text(yaml.safe_dump({"users": [ADMIN], "variants": {"counts": "missing"}}))
    command = [sys.executable, "-m", "tests.emulator", "--state", str(state)]
    command += ["--ready-file", str(ready), "--variant", "lang_cookie=no"]
    command += ["--stop-with", str(os.getpid()), "--stop-after", "8"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())
        assert json.loads(ready.read_text()) == address
        assert address["pid"] == process.pid
        port = urllib.parse.urlsplit(address["http"]).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/status.json", headers=basic("admin"))
        got = received(connection)
        assert "loggedUser" not in got.json["status"]
        assert got.headers["Set-Cookie"] is None
        connection.close()
        process.terminate()
        assert process.wait(3) == 0
    assert not Path(address["ca_path"]).exists()
