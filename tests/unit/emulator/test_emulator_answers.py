# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers look like: the shapes of a 404, the cookie, charsets, compression, and faults that speak for Flexi."""

from __future__ import annotations

import socket
import ssl
import time
import urllib.parse
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.abra.flexi.tests.emulator import selection
from ansible_collections.abra.flexi.tests.emulator.variants import KNOWN
from ansible_collections.abra.flexi.tests.unit.emulator.support import (
    ADMIN,
    FORM,
    JSON,
    ZANETA,
    Client,
    basic,
    received,
)

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

HTML = {"Accept": "text/html"}
XML = {"Accept": "application/xml"}
FLAG = "?ignore-not-found=true"


def code(got: Any) -> str | None:
    """Return the message code in an envelope."""
    found: str | None = got.json["winstrom"].get("message@messageCode")
    return found


# Addresses that there are not


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("path", ["/neni.json", "/status/neni?otp=12%2034", "/c//x?a=b&c=%C5%99", "/status/user.json"])
def test_unknown_address_is_quoted(client: Client, path: str, *, tls: bool) -> None:
    host = "localhost" if tls else "127.0.0.1"
    got = client.get(path, "admin", tls=tls)
    assert (got.status, code(got)) == (404, "adresaNeplatnaUrl")
    assert got.message == f"Adresa http://{host}{path} není platná."


@pytest.mark.parametrize("host", ["flexi.example.com", "flexi.example.com:5434", "[::1]", "[::1]:5434"])
def test_unknown_address_has_no_port(client: Client, host: str) -> None:
    got = client.get("/neni", headers={"Host": host})
    assert got.message == f"Adresa http://{host.replace(':5434', '')}/neni není platná."


def test_unknown_address_in_other_formats(client: Client) -> None:
    message = ET.fromstring(client.get("/neni?a=<&b=c", headers=XML).body).find("message")
    assert message is not None
    assert message.text == "Adresa http://127.0.0.1/neni?a=<&b=c není platná."
    assert message.attrib == {"messageCode": "adresaNeplatnaUrl"}
    page = client.get("/neni?a=<&b=c", headers=HTML)
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html;charset=utf-8")
    assert "Adresa http://127.0.0.1/neni?a=&lt;&amp;b=c není platná." in page.text


def test_variants_of_what_is_missing_are_unknown_addresses(client: Client, emulator: Emulator) -> None:
    emulator.set_variants(user_page="missing", users_list="missing", company_list="missing_html")
    assert code(client.get("/status/user", "admin")) == code(client.get("/u.json", "admin")) == "adresaNeplatnaUrl"
    assert "Adresa http://127.0.0.1/c.json?limit=0 není" in client.get("/c.json?limit=0", "admin").text


# The 404 of a logout


@pytest.mark.parametrize(
    ("shape", "kind", "text"),
    [
        ("envelope", "application/json", '"message@messageCode":"uzivatelNeniPrihlasen"}}'),
        ("empty", None, ""),
        ("xml", "application/xml", '<message messageCode="uzivatelNeniPrihlasen">'),
        ("text", "text/plain;charset=utf-8", "Uživatel není přihlášen."),
        ("html", "text/html;charset=utf-8", '<p class="error">Uživatel není přihlášen.</p>'),
        ("envelope_without_code", "application/json", '"message":"Uživatel není přihlášen."}}'),
        (
            "envelope_unknown_address",
            "application/json",
            '"Adresa http://127.0.0.1/status/user/admin/logout?x=1 není platná.","message@messageCode":"adresaNepl',
        ),
        ("json", "application/json", '{"error":"not found"}'),
        ("jetty", "text/html;charset=iso-8859-1", "<td>/status/user/admin/logout</td>"),
    ],
)
def test_shapes_of_not_logged_in(
    client: Client, emulator: Emulator, *, shape: str, kind: str | None, text: str
) -> None:
    emulator.set_variants(not_found=shape)
    got = client.logout("admin", "?x=1")
    assert (got.status, got.headers["Content-Type"]) == (404, kind)
    assert text in got.text if text else not got.text
    assert client.logout("admin", FLAG).status == 200
    assert client.logout("novak").status == 200


def test_every_shape_is_in_the_table_above() -> None:
    [mark] = test_shapes_of_not_logged_in.pytestmark  # type: ignore[attr-defined] # set by pytest
    assert tuple(shape for shape, _kind, _text in mark.args[1]) == KNOWN["not_found"]


@pytest.mark.parametrize("told", ["same", "distinct"])
@pytest.mark.parametrize(
    ("variants", "statuses"),
    [
        ({}, [200, 200, 200]),
        ({"flag_hides_unknown_login": "no"}, [200, 404, 200]),
        ({"flag_hides_unknown_company": "no"}, [200, 200, 404]),
        ({"flag_hides_unknown_login": "no", "flag_hides_unknown_company": "no"}, [200, 404, 404]),
    ],
)
def test_what_the_flag_hides(
    client: Client, emulator: Emulator, *, told: str, variants: dict[str, str], statuses: list[int]
) -> None:
    emulator.set_variants(unknown_login=told, unknown_company=told, **variants)
    asked = [("bezprav", ""), ("nikdo", ""), ("novak", "&company=neni")]
    got = [client.logout(login, FLAG + query) for login, query in asked]
    assert [each.status for each in got] == statuses
    distinct = ["uzivatelNeexistuje", "firmaNeexistuje"] if told == "distinct" else ["uzivatelNeniPrihlasen"] * 2
    for answer, expected in zip(got[1:], distinct):
        assert answer.status == 200 or code(answer) == expected
    # Without the flag they are all the same, and none of them has done anything.
    without = [client.logout(login, "?" + query) for login, query in asked]
    assert [code(each) for each in without] == ["uzivatelNeniPrihlasen", *distinct]
    assert emulator.state.is_logged_in("novak")


def test_a_dropped_context_is_not_an_unknown_company(client: Client, emulator: Emulator) -> None:
    emulator.set_variants(flag_hides_unknown_company="no")
    assert client.logout("novak", f"{FLAG}&company=prazdna").status == 200
    assert client.logout("franta", f"{FLAG}&company=").status == 200


def test_case_of_logins(client: Client, emulator: Emulator) -> None:
    emulator.set_variants(login_case="ignored")
    assert client.logout("Novak", "?company=demo").status == 200
    assert client.logout(ZANETA.upper()).status == 200
    assert client.logout("FRANTA", user="franta").status == 200
    assert emulator.state.logged_in() == ["novak", "jan.novak@firma.cz"]
    assert emulator.state.contexts_of("novak") == ["test_firma"]
    assert client.logout("NIKDO").status == 404
    emulator.reset(selection(), {"login_case": "ignored"})
    # Two logins that differ in case only: each means itself.
    assert client.logout("Novak").status == 404
    assert client.logout("NOVAK").status == 200
    assert not emulator.state.is_logged_in("novak")


# The cookie, redirects


@pytest.mark.parametrize(
    ("where", "with_cookie"),
    [
        ("yes", [True, True, True, True, True]),
        ("no", [False, False, False, False, False]),
        ("status_only", [True, True, False, False, False]),
        ("never_on_logout", [True, True, True, True, False]),
    ],
)
def test_cookie(client: Client, emulator: Emulator, where: str, with_cookie: list[bool]) -> None:
    emulator.set_variants(lang_cookie=where)
    paths = ("/status.json", "/status", "/status/user", "/neni.json")
    answers = [*(client.get(path, "admin") for path in paths), client.logout("novak")]
    assert [got.headers["Set-Cookie"] == "lang=cs;Version=1" for got in answers] == with_cookie
    assert client.ask("POST", "/status/user/franta/logout.json", "admin").headers["Set-Cookie"] == (
        "lang=cs;Version=1" if with_cookie[-1] else None
    )
    assert {got.headers["Vary"] for got in answers} == {"Accept"}


@pytest.mark.parametrize(
    ("how", "start"), [("relative", ""), ("absolute", "https://localhost:{port}"), ("http", "http://localhost")]
)
def test_locations(client: Client, emulator: Emulator, how: str, start: str) -> None:
    emulator.set_variants(locations=how)
    port = urllib.parse.urlsplit(emulator.https).port
    got = client.logout("novak", headers=HTML, tls=True)
    assert (got.status, got.headers["Location"]) == (303, start.format(port=port) + "/status/user")


# Who is not let in


@pytest.mark.parametrize("path", ["/status.json", "/status", "/status/user/novak/logout"])
@pytest.mark.parametrize("headers", [{"Accept": "*/*"}, {"Accept": "*/*", **basic("admin", "wrong")}])
def test_refused_as_json_where_anything_is_taken(client: Client, path: str, headers: dict[str, str]) -> None:
    method = "POST" if path.endswith("logout") else "GET"
    got = client.ask(method, path, headers=headers)
    assert (got.status, code(got), got.message) == (401, "authRequired", "Je potřebná autorizace.")


def test_refused_as_a_browser_expects(client: Client) -> None:
    for path, accept in (("/status.html", "*/*"), ("/status", "text/html,*/*;q=0.8")):
        got = client.get(path, headers={"Accept": accept})
        assert (got.status, got.headers["Location"]) == (302, f"/login-logout/login.html?returnUrl={path}")


def test_empty_credentials(client: Client) -> None:
    got = client.get("/status.json", headers={"Authorization": "Basic Og=="})
    assert (got.status, code(got), got.message) == (401, None, "Authorization required")


# Charsets, compression


@pytest.mark.parametrize("charset", ["windows-1250", "iso-8859-2"])
@pytest.mark.parametrize(
    ("accept", "kind"), [(JSON, "application/json"), (XML, "application/xml"), (HTML, "text/html")]
)
def test_charsets(client: Client, emulator: Emulator, charset: str, accept: dict[str, str], kind: str) -> None:
    emulator.set_variants(charset=charset)
    got = client.logout("admin", headers=accept)
    assert (got.status, got.headers["Content-Type"]) == (404, f"{kind};charset={charset}")
    assert "Uživatel není přihlášen.".encode(charset) in got.body
    assert "Uživatel není přihlášen." in got.text
    assert 'utf-8"' not in got.text
    assert (f'"{charset}"' in got.text) is (accept is not JSON)


@pytest.mark.parametrize("charset", KNOWN["charset"])
def test_charset_of_xml_in_the_declaration_only(client: Client, emulator: Emulator, charset: str) -> None:
    emulator.set_variants(charset=charset, charset_in="declaration")
    got = client.logout("admin", headers=XML)
    assert got.headers["Content-Type"] == "application/xml"
    assert got.body.startswith(f'<?xml version="1.0" encoding="{charset}"?>'.encode())
    assert ET.fromstring(got.body).findtext("message") == "Uživatel není přihlášen."
    named = "" if charset == "utf-8" else f";charset={charset}"
    assert client.logout("admin").headers["Content-Type"] == f"application/json{named}"


def test_what_a_charset_does_not_have(client: Client, emulator: Emulator) -> None:
    emulator.reset(
        {"companies": [{"dbNazev": "demo", "nazev": "Señor 😀 č"}], "users": [ADMIN]}, {"charset": "windows-1250"}
    )
    got = client.get("/c.json", "admin")
    assert b"Se\\u00f1or \\ud83d\\ude00 \xe8" in got.body
    assert got.json["companies"]["company"][0]["nazev"] == "Señor 😀 č"
    page = client.get("/c.xml", "admin")
    assert ET.fromstring(page.body).findtext(".//nazev") == "Señor 😀 č"


def test_charset_leaves_jetty_alone(client: Client, emulator: Emulator) -> None:
    emulator.set_variants(charset="windows-1250", not_found="jetty")
    assert client.logout("admin").headers["Content-Type"] == "text/html;charset=iso-8859-1"


@pytest.mark.parametrize("how", ["gzip", "deflate"])
def test_compression(client: Client, emulator: Emulator, how: str) -> None:
    plain = client.get("/u.json", "admin")
    assert plain.headers["Content-Encoding"] is None
    emulator.set_variants(compression=how)
    got = client.get("/u.json", "admin")
    assert (got.headers["Content-Encoding"], got.text) == (how, plain.text)
    assert got.headers["Content-Length"] == str(len(got.body))
    assert got.body != plain.body
    emulator.set_variants(charset="iso-8859-2")
    assert client.logout("admin").message == "Uživatel není přihlášen."
    emulator.set_variants(success_body="empty")
    assert client.logout("novak").headers["Content-Encoding"] is None


# Faults that speak for Flexi, or for what is in front of it


def raw(emulator: Emulator, data: bytes, seconds: float = 5) -> bytes:
    """Send these bytes and read until the connection is closed, or so long."""
    port = urllib.parse.urlsplit(emulator.http).port
    received_data = b""
    with socket.create_connection(("127.0.0.1", port or 0), 5) as connection:
        connection.sendall(data)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            part = connection.recv(65536)
            if not part:
                break
            received_data += part
    return received_data


def test_interim(client: Client, emulator: Emulator) -> None:
    emulator.add_fault(action="interim", headers={"Link": ["</a.css>", "</b.css>"]}, times=1)
    emulator.add_fault(action="interim", code=102, count=3, seconds=0.01, times=1)
    request = b"GET /status.json?auth=http HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    first = raw(emulator, request)
    assert first.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nLink: </b.css>\r\n\r\nHTTP/1.1 401 ")
    second = raw(emulator, request)
    assert second.startswith(b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + b"HTTP/1.1 401 ")
    assert [each.status for each in emulator.requests] == [401, 401]
    emulator.add_fault(action="interim", match={"login": "novak"})
    # This client takes what comes first for the answer, as many do.
    assert client.logout("novak").status == 103
    assert not emulator.state.is_logged_in("novak")


@pytest.mark.parametrize("act", [True, False])
def test_interim_without_end(client: Client, emulator: Emulator, *, act: bool) -> None:
    emulator.add_fault(action="interim", count=0, seconds=0.01, act=act)
    credentials = basic("admin")["Authorization"].encode()
    path = b"POST /status/user/novak/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: "
    got = raw(emulator, path + credentials + b"\r\n\r\n", 0.4)
    assert got.count(b"HTTP/1.1 103 ") > 3
    assert got.count(b"HTTP/1.1 ") == got.count(b"HTTP/1.1 103 ")
    assert emulator.state.is_logged_in("novak") is not act
    emulator.clear_faults()
    assert client.get("/status.json", "admin").status == 200


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("seconds", [0, 0.2])
def test_close_after(client: Client, emulator: Emulator, seconds: float, *, tls: bool) -> None:
    emulator.add_fault(action="close_after", seconds=seconds, times=1)
    connection = client.connection(tls=tls)
    sent = {**JSON, **basic("admin")}
    connection.request("POST", "/status/user/novak/logout", headers=sent)
    got = received(connection)
    assert (got.status, got.headers["Connection"]) == (200, None)
    assert not emulator.state.is_logged_in("novak")
    if not seconds:
        time.sleep(0.05)
    with pytest.raises((ConnectionError, ssl.SSLError)):  # noqa: PT012 - where it is noticed is up to the system
        connection.request("POST", "/status/user/franta/logout", headers=sent)
        received(connection)
    connection.close()
    assert emulator.state.is_logged_in("franta")
    assert [each.path for each in emulator.requests] == ["/status/user/novak/logout"]
    assert client.logout("franta", tls=tls).status == 200


def test_status_says_anything(client: Client, emulator: Emulator) -> None:
    cookies = ["lang=cs;Version=1", "route=1"]
    emulator.add_fault(action="status", code=404, headers={"Set-Cookie": cookies}, content_type="", body="", times=1)
    emulator.add_fault(action="status", code=200, content_type="application/json", body={"a": None}, times=1)
    emulator.add_fault(action="status", code=200, content_type="text/xml", message="Zpráva", times=1)
    first = client.logout("novak")
    assert (first.status, first.headers["Content-Type"], first.body) == (404, None, b"")
    assert first.headers.get_all("Set-Cookie") == cookies
    assert client.logout("novak").json == {"a": None}
    third = client.logout("novak")
    assert third.headers["Content-Type"] == "text/xml"
    assert ET.fromstring(third.text).findtext("message") == "Zpráva"


def test_status_is_coded_like_any_answer(client: Client, emulator: Emulator) -> None:
    emulator.set_variants(charset="windows-1250", compression="gzip")
    emulator.add_fault(action="status", code=200, message="Zpráva", times=1)
    emulator.add_fault(action="status_after", content_type="text/html;charset=iso-8859-1", body="x", times=1)
    emulator.add_fault(action="status", headers={"content-encoding": "deflate"}, content_type="", body="x", times=1)
    first = client.logout("novak")
    assert (first.message, first.headers["Content-Type"]) == ("Zpráva", "application/json;charset=windows-1250")
    second = client.logout("novak")
    assert (second.headers["Content-Type"], second.headers["Content-Encoding"]) == (
        "text/html;charset=iso-8859-1",
        "gzip",
    )
    connection = client.connection()
    connection.request("GET", "/status.json")
    assert connection.getresponse().read() == b"x"
    connection.close()


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("tls", [False, True])
def test_one_status_for_everything(client: Client, emulator: Emulator, status: int, *, tls: bool) -> None:
    emulator.add_fault(action="status", code=status, content_type="application/json", body="{}")
    for path in ("/", "/status.json", "/status", "/c.json", "/u.json", "/status/user", "/neni?a=b", "/../x"):
        for user in ("", "admin"):
            got = client.get(path, user, tls=tls)
            assert (got.status, got.text, got.headers["Set-Cookie"]) == (status, "{}", None)
    assert client.logout("novak", tls=tls).status == status
    login = client.ask("POST", "/login-logout/login.json", headers=FORM, body="username=x", tls=tls)
    assert login.status == status
    assert emulator.state.is_logged_in("novak")
