# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What replies are called."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._check import findings, replies
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply

HTML = "<!DOCTYPE html><html><title>Petr Novák</title></html>"
FORM = '<html><form action="/login-logout/login.html"></form></html>'
URL = "https://flexi.example.com:5434"


def redirect(path: str, location: str = "") -> Reply:
    return Reply(302, location=location or path, own_path=path, headers={"Location": location or path})


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (redirect("/login-logout/login.html"), "a redirect to the login"),
        (Reply(302, location="https://novak.example.com/"), "a redirect elsewhere"),
        (Reply(403, "{}"), "403"),
        (Reply(404, HTML), "404, a web page"),
        (Reply(418, HTML), "another status"),
        (Reply(200, HTML), "a web page"),
        (Reply(200, '{"winstrom": '), "no readable JSON"),
        (Reply(200, "{}"), "JSON without records"),
    ],
)
def test_a_refusal(reply: Reply, words: str) -> None:
    assert replies.refusal(reply) == words


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(401, "{}"), "401"),
        (Reply(401, HTML), "401, a web page"),
        (redirect("/login-logout/login.html"), "a redirect to the login"),
        (Reply(200, FORM), "a web page"),
        (Reply(200, HTML), "another answer"),
        (Reply(200, "{}"), "another answer"),
    ],
)
def test_an_answer_without_credentials(reply: Reply, words: str) -> None:
    assert replies.unauthorised(reply) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no body"),
        (" \n", "no body"),
        ("OK", "the word ok"),
        ("Uživatel novak není přihlášen.", "text"),
        (HTML, "a web page"),
        ("<html><a>Powered by Jetty:// 9.4</a></html>", "a page of the web server itself"),
        ('{"winstrom": {"success": "true"}}', "the envelope in JSON"),
        ('<winstrom version="1.0"><success>true</success></winstrom>', "the envelope in XML"),
        ('{"novak": 1}', "other JSON"),
        ("<novak/>", "other XML"),
        ('{"winstrom": ', "a broken body"),
    ],
)
def test_a_body(text: str, words: str) -> None:
    assert replies.body_of(Reply(200, text)) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("uzivatelNeniPrihlasen", "uzivatelNeniPrihlasen"),
        ("", "no code"),
        ("novak", findings.ODD_CODE),
        ("jan.novak@firma.cz", findings.ODD_CODE),
        ("a" * 10_000, findings.ODD_CODE),
    ],
)
def test_a_code(code: str, words: str) -> None:
    body = f'{{"winstrom": {{"message@messageCode": "{code}"}}}}'

    assert replies.code_of(Reply(404, body)) == words


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/login-logout/remote-logout", "a path"),
        ("http://flexi.example.com/login-logout/remote-logout", "an address with http and no port"),
        (f"{URL}/login-logout/remote-logout", "a whole address"),
    ],
)
def test_the_address_in_a_redirect(location: str, words: str) -> None:
    assert replies.redirect_address(redirect("/login-logout/remote-logout", location), URL) == words


def test_no_redirect_has_no_address() -> None:
    assert replies.redirect_address(Reply(200), URL) == ""


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        ("application/json", "utf-8"),
        ("text/html;charset=utf-8", "utf-8"),
        ('application/xml; charset="windows-1250"; q=1', "windows-1250"),
        ("text/html;charset=novak", "another one"),
    ],
)
def test_a_charset(content_type: str, words: str) -> None:
    assert replies.charset(Reply(200, content_type=content_type)) == words


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, content_type="application/xml;charset=windows-1250"), "in the header"),
        (Reply(200, '<?xml version="1.0" encoding="windows-1250"?><a/>', "application/xml"), "in XML itself"),
        (Reply(200, "<a/>", "application/xml"), "nowhere"),
    ],
)
def test_where_a_charset_is_named(reply: Reply, words: str) -> None:
    assert replies.charset_in(reply) == words


@pytest.mark.parametrize(
    ("headers", "words"),
    [({}, "no"), ({"Content-Encoding": "GZIP"}, "gzip"), ({"Content-Encoding": "br"}, "in another way")],
)
def test_a_compression(headers: dict[str, str], words: str) -> None:
    assert replies.compression(Reply(200, headers=headers)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "within 10 seconds"),
        (-30, "within a minute"),
        (30, "within a minute"),
        (90, "more than a minute"),
        (-86400, "more than a minute"),
    ],
)
def test_a_clock(seconds: int, words: str) -> None:
    date = datetime.now(timezone.utc) + timedelta(seconds=seconds)

    assert replies.clock(Reply(200, headers={"Date": format_datetime(date, usegmt=True)})) == words


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 01 Jan 99999 00:00:00 GMT"])
def test_no_clock(date: str) -> None:
    assert replies.clock(Reply(200, headers={"Date": date})) == ""


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "nothing that shows itself"),
        ({"Server": "Jetty(9.4.57)"}, "nothing that shows itself"),
        ({"Server": "nginx/1.24.0 (novak.example.com)"}, "nginx"),
        ({"Server": "Jetty", "Via": "1.1 varnish"}, "Varnish"),
        ({"Via": "1.1 novak.example.com"}, "a proxy"),
        ({"X-Cache": "HIT from novak"}, "a proxy"),
    ],
)
def test_what_stands_in_between(headers: dict[str, str], words: str) -> None:
    assert replies.in_between(Reply(200, headers=headers)) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"users": {"user": [{"username": "a"}]}}, "users.user"),
        ({"users": {"user": {"username": "a"}}}, "users.user"),
        ({"winstrom": {"@version": "1.0", "uzivatel": [{"username": "a"}]}}, "winstrom.uzivatel"),
        ({"user": []}, "user"),
        ([{"username": "a"}], "a list"),
        ([{"user": {"username": "a"}}], "a list of user"),
        ([], "a list"),
        ({"a": {"b": {"c": {"d": {"e": {"username": "x"}}}}}}, "a.b.c.d"),
        ({"count": 0}, ""),
        ("text", ""),
    ],
)
def test_what_is_around_records(body: Any, words: str) -> None:
    assert replies.around(body, "username") == words


@pytest.mark.parametrize(
    ("body", "held"),
    [
        ({"winstrom": {"@version": "1.0", "uzivatel": ""}}, ""),
        ({"companies": {"company": {"dbNazev": "demo"}}}, {"dbNazev": "demo"}),
        ({"user": None}, None),
        ([], []),
        ({"@version": "1.0"}, {"@version": "1.0"}),
    ],
)
def test_what_holds_records(body: Any, held: Any) -> None:
    assert replies.held_by(body) == held


def test_the_count_of_rows() -> None:
    assert replies.row_count(Reply(200, '{"winstrom": {"@rowCount": "3"}}')) is True
    assert replies.row_count(Reply(200, '{"winstrom": {"uzivatel": []}}')) is False
    assert replies.row_count(Reply(200, '{"users": {}}')) is None
