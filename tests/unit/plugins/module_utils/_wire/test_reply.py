# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one reply: whose it is, what it says, and which error it stands for."""

from __future__ import annotations

import json

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._secrets import Secrets
from ansible_collections.abra.flexi.plugins.module_utils._text import READABLE_LENGTH
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply, decoded

ENVELOPE = json.dumps(
    {
        "winstrom": {
            "@version": "1.0",
            "success": "false",
            "message": "K této akci nemáte přístup.",
            "message@messageCode": "accessDenied",
        }
    }
)
XML = "<?xml version='1.0'?><winstrom version='1.0'><success>false</success><message>Ne &amp; ne</message></winstrom>"
NO_COMPANY = '{"winstrom": {"success": "false", "message": "Nenalezena.", "message@messageCode": "firmaNeexistuje"}}'
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>ABRA Flexi &amp; přihlášení</title></head></html>"


@pytest.mark.parametrize(
    ("text", "content_type", "is_html"),
    [
        pytest.param(LOGIN_PAGE, "text/html; charset=utf-8", True, id="page-with-content-type"),
        pytest.param(LOGIN_PAGE, "", True, id="page-without-content-type"),
        pytest.param(LOGIN_PAGE, "application/json", True, id="page-that-says-it-is-JSON"),
        pytest.param("  \r\n<html lang='cs'>", "", True, id="page-after-blanks"),
        pytest.param("<BODY>oops</BODY>", "", True, id="only-a-body-in-upper-case"),
        pytest.param("<head></head>", "", True, id="only-a-head"),
        pytest.param("Hotovo", "text/html", True, id="text-that-says-it-is-a-page"),
        pytest.param("<p>", "application/xhtml+xml", True, id="XHTML"),
        pytest.param("", "text/html", False, id="empty-with-content-type-of-a-page"),
        pytest.param(" \n", "text/html", False, id="blanks-with-content-type-of-a-page"),
        pytest.param(ENVELOPE, "application/json", False, id="JSON"),
        pytest.param(XML, "application/xml", False, id="XML"),
        pytest.param("<header/>", "", False, id="XML-whose-root-only-begins-like-head"),
        pytest.param("OK", "text/plain", False, id="text"),
        pytest.param("see <html>", "", False, id="text-with-a-tag-in-it"),
    ],
)
def test_a_web_page_is_known_by_its_type_or_its_beginning(text: str, content_type: str, *, is_html: bool) -> None:
    assert Reply(200, text, content_type).is_html is is_html


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"a": [1]}', {"a": [1]}, id="object"),
        pytest.param("[]", [], id="list"),
        pytest.param("", None, id="empty"),
        pytest.param('{"a": ', None, id="cut"),
        pytest.param("\x00\x01", None, id="garbage"),
        pytest.param("[" * 200_000, None, id="too-deep"),
        pytest.param("9" * 5000 + "x", None, id="a-long-number-and-more"),
    ],
)
def test_what_is_not_JSON_is_None_and_never_an_exception(text: str, value: object) -> None:  # noqa: N802 - as they are called
    assert Reply(200, text).json == value


@pytest.mark.parametrize(
    ("text", "envelope"),
    [
        pytest.param('{"winstrom": {"success": "true"}}', {"success": "true"}, id="winstrom"),
        pytest.param('{"success": false}', {}, id="bare-success"),
        pytest.param('{"message": "no Route matched with those values"}', {}, id="JSON-of-a-proxy"),
        pytest.param('{"winstrom": "no"}', {}, id="winstrom-of-the-wrong-type"),
        pytest.param('{"winstrom": null}', {}, id="winstrom-null"),
        pytest.param('["winstrom"]', {}, id="a-list"),
        pytest.param(XML, {"@version": "1.0", "success": "false", "message": "Ne & ne"}, id="XML"),
        pytest.param(
            "<winstrom><success>false</success><message messageCode='firmaNeexistuje'>Ne</message></winstrom>",
            {"@version": "", "success": "false", "message": "Ne", "message@messageCode": "firmaNeexistuje"},
            id="XML-with-a-code",
        ),
        pytest.param("<winstrom version='1.0'/>", {"@version": "1.0"}, id="empty-XML"),
        pytest.param("<html><winstrom></html>", {}, id="a-page-with-the-word-in-it"),
        pytest.param("404 page not found\n", {}, id="text"),
        pytest.param("", {}, id="empty"),
        pytest.param(" " * 2000 + "<winstrom/>", {"@version": ""}, id="XML-far-down"),
        pytest.param("<!-- said <winstrom --><a/>", {}, id="in-a-comment"),
        pytest.param('["<winstrom/>"]', {}, id="in-JSON"),
        pytest.param("<!DOCTYPE winstrom><winstrom/>", {}, id="with-a-DTD"),
        pytest.param(
            "<w:winstrom xmlns:w='http://example.com' version='1.0'><w:success >true</w:success></w:winstrom>",
            {"@version": "1.0", "success": "true"},
            id="with-a-namespace",
        ),
    ],
)
def test_only_flexis_envelope_counts_as_one(text: str, envelope: object) -> None:
    assert Reply(404, text).envelope == envelope


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        pytest.param('{"winstrom": {"success": "false"}}', True, id="the-string-false"),
        pytest.param('{"winstrom": {"success": "False"}}', True, id="in-another-case"),
        pytest.param('{"winstrom": {"success": false}}', True, id="a-boolean"),
        pytest.param('{"winstrom": {"success": "0"}}', True, id="a-digit"),
        pytest.param('{"winstrom": {"success": ""}}', True, id="the-empty-string"),
        pytest.param('{"winstrom": {"success": null}}', True, id="null"),
        pytest.param('{"success": 0}', True, id="a-number-without-winstrom"),
        pytest.param('{"errors": [{"message": "No"}]}', True, id="a-list-of-errors"),
        pytest.param('{"error": "maintenance"}', True, id="one-error"),
        pytest.param('{"winstrom": {"success": "true", "errors": [{"message": "No"}]}}', True, id="errors-inside"),
        pytest.param("<winstrom><success>0</success></winstrom>", True, id="a-digit-in-XML"),
        pytest.param('{"winstrom": {"success": "true", "errors": []}}', False, id="no-errors"),
        pytest.param('{"winstrom": {"success": " TRUE "}}', False, id="true-in-another-case"),
        pytest.param('{"winstrom": {"success": 1}}', False, id="the-number-one"),
        pytest.param('{"winstrom": {"success": "1"}}', False, id="the-digit-one"),
        pytest.param("<winstrom version='1.0'/>", False, id="nothing-said-in-XML"),
        pytest.param('{"success": false}', True, id="without-winstrom"),
        pytest.param(XML, True, id="XML"),
        pytest.param('{"winstrom": {"success": "true"}}', False, id="the-string-true"),
        pytest.param('{"success": true}', False, id="a-true-boolean"),
        pytest.param('{"winstrom": {}}', False, id="nothing-said"),
        pytest.param("", False, id="empty"),
        *(pytest.param(text, True, id=f"only {text}") for text in ("false", "0", "403", '"error"')),
        *(pytest.param(text, False, id=f"only {text}") for text in ("true", "[]", "{}", "ok")),
        pytest.param('{"winstrom": {"@success": "false"}}', True, id="an-attribute-in-JSON"),
        pytest.param('{"winstrom": {"Success": false}}', True, id="another-case"),
        pytest.param("<winstrom><result success='false'/></winstrom>", True, id="an-attribute-within"),
        pytest.param("<a xmlns:b='http://b' b:success='false'/>", True, id="an-attribute-with-a-namespace"),
        pytest.param("<winstrom><Success>false</Success></winstrom>", True, id="another-case-in-XML"),
        pytest.param('{"status": 403, "title": "Forbidden"}', True, id="problem-json"),
        pytest.param('{"status": "error"}', True, id="a-status-in-words"),
        pytest.param('{"status": 200}', False, id="a-good-status"),
    ],
)
def test_success_is_denied_by_a_string_or_a_boolean(text: str, *, failure: bool) -> None:
    assert Reply(200, text).says_failure is failure


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(NO_COMPANY, "firmaNeexistuje", id="given"),
        pytest.param('{"winstrom": {"success": "false"}}', "", id="not-given"),
        pytest.param("", "", id="no-envelope"),
    ],
)
def test_the_code_of_flexis_message(text: str, code: str) -> None:
    assert Reply(404, text).message_code == code


@pytest.mark.parametrize(
    ("text", "content_type", "said"),
    [
        pytest.param(ENVELOPE, "", "K této akci nemáte přístup.", id="message-of-the-envelope"),
        pytest.param(XML, "", "Ne & ne", id="message-in-XML"),
        pytest.param('{"winstrom": {"success": "false"}}', "", '{"winstrom": {"success": "false"}}', id="no-message"),
        pytest.param('{"winstrom": {"message": ["a", 1]}}', "", "['a', 1]", id="message-that-is-a-list"),
        pytest.param("404 page not found\n", "", "404 page not found", id="text"),
        pytest.param(LOGIN_PAGE, "", "a web page, ABRA Flexi & přihlášení", id="page-by-its-title"),
        pytest.param("<html>", "", "a web page", id="page-without-a-title"),
        pytest.param("Bad\x1b[31m", "text/html", "a web page", id="what-is-no-page-is-not-quoted-as-one"),
        pytest.param("a\x00b", "", "a\\x00b", id="control-characters"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_the_servers_own_words(text: str, content_type: str, said: str) -> None:
    assert Reply(500, text, content_type).said == said


@pytest.mark.parametrize(
    ("status", "text", "location", "code"),
    [
        pytest.param(401, ENVELOPE, "", "auth_failed", id="401"),
        pytest.param(401, LOGIN_PAGE, "", "auth_failed", id="401-page"),
        pytest.param(402, ENVELOPE, "", "not_licensed", id="402"),
        pytest.param(403, ENVELOPE, "", "forbidden", id="403"),
        pytest.param(403, "", "", "forbidden", id="403-empty"),
        pytest.param(404, NO_COMPANY, "", "unknown_company", id="404-no-company"),
        pytest.param(404, "", "", "not_flexi", id="404-empty"),
        pytest.param(404, "404 page not found\n", "", "not_flexi", id="404-text"),
        pytest.param(404, LOGIN_PAGE, "", "not_flexi", id="404-page"),
        pytest.param(407, "", "", "proxy", id="407"),
        pytest.param(407, LOGIN_PAGE, "", "proxy", id="407-page"),
        pytest.param(405, "", "", "unexpected_reply", id="405"),
        pytest.param(406, ENVELOPE, "", "unexpected_reply", id="406"),
        pytest.param(411, "", "", "unexpected_reply", id="411"),
        pytest.param(408, "", "", "not_flexi", id="408"),
        pytest.param(414, "", "", "not_flexi", id="414"),
        pytest.param(418, LOGIN_PAGE, "", "not_flexi", id="any-other-page"),
        pytest.param(429, "", "", "unavailable", id="429"),
        pytest.param(500, ENVELOPE, "", "server_error", id="500"),
        pytest.param(500, LOGIN_PAGE, "", "server_error", id="500-page"),
        pytest.param(502, "", "", "unavailable", id="502"),
        pytest.param(503, LOGIN_PAGE, "", "unavailable", id="503-page"),
        pytest.param(504, "", "", "unavailable", id="504"),
        pytest.param(521, LOGIN_PAGE, "", "unavailable", id="521-page"),
        pytest.param(200, LOGIN_PAGE, "", "not_flexi", id="200-page"),
        pytest.param(200, '{"success": false}', "", "unexpected_reply", id="200-that-denies-success"),
        pytest.param(200, NO_COMPANY, "", "unknown_company", id="200-no-company"),
        pytest.param(302, "", "/login-logout/login.html?next=%2F", "auth_failed", id="302-to-the-login"),
        pytest.param(303, "", "/login-logout/remote-logout", "session_expired", id="303-to-remote-logout"),
        pytest.param(302, "", "/x/login-logout/remote-logout?x=1", "session_expired", id="below-a-path-prefix"),
        pytest.param(301, "", "https://other.example.com/", "redirected", id="301-to-another-host"),
        pytest.param(302, "", "/?from=/login-logout/", "redirected", id="302-that-only-mentions-the-login"),
        pytest.param(308, "", "", "redirected", id="308-to-nowhere"),
        pytest.param(302, "", "https://[broken", "redirected", id="302-to-a-broken-address"),
    ],
)
def test_which_error_a_reply_stands_for(status: int, text: str, location: str, code: str) -> None:
    error = Reply(status, text, location=location, attempts=3).error("Logging out")
    assert (error.code, error.http_status, error.attempts) == (code, status, 3)


@pytest.mark.parametrize(
    ("status", "text", "says"),
    [
        (403, LOGIN_PAGE, "check the proxy or firewall in between"),
        (403, ENVELOPE, "manageAll"),
        (500, LOGIN_PAGE, "check the proxy or firewall in between"),
        (500, ENVELOPE, "a bug in Flexi"),
        (414, "", "the answer of a proxy"),
        (429, "", "number of requests is limited"),
        (521, LOGIN_PAGE, "overloaded or in maintenance"),
        (302, "", "set url to the root of the server"),
    ],
)
def test_a_hint_is_for_whoever_sent_the_reply(status: int, text: str, says: str) -> None:
    assert says in Reply(status, text, location="/elsewhere").error("Logging out").hint


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        pytest.param(
            Reply(403, ENVELOPE),
            "Asking failed: the server answered 403: K této akci nemáte přístup.",
            id="quoted-once",
        ),
        pytest.param(Reply(500), "Asking failed: the server answered 500.", id="nothing-said"),
        pytest.param(
            Reply(302, location="/a/b?authSessionId=secret"),
            "Asking failed: the server answered 302 with a redirect to /a/b.",
            id="redirect-without-its-query",
        ),
        pytest.param(
            Reply(301, location="https://admin:secret@other.example.com:5434/x"),
            "Asking failed: the server answered 301 with a redirect to https://other.example.com:5434/x.",
            id="redirect-without-its-credentials",
        ),
        pytest.param(
            Reply(503, answer_lost=True),
            "Asking failed: the server answered 503. An earlier try got no answer and may have been carried out.",
            id="after-a-lost-answer",
        ),
    ],
)
def test_the_message_of_an_error(reply: Reply, message: str) -> None:
    assert reply.error("Asking").message == message


@pytest.mark.parametrize("status", [200, 301, 401, 402, 403, 404, 405, 429, 500, 502, 503, 504])
def test_every_error_says_what_to_do(status: int) -> None:
    hint = Reply(status, "No").error("Asking").hint
    assert hint.endswith(".")
    assert len(hint) > 20


def test_a_long_message_of_the_server_is_cut() -> None:
    text = json.dumps({"winstrom": {"success": "false", "message": "ř" * 1_000_000}})
    assert len(str(Reply(500, text).error("Asking"))) < READABLE_LENGTH + 150


@pytest.mark.parametrize(
    ("status", "location", "expired"),
    [
        pytest.param(302, "/login-logout/remote-logout", True, id="redirect"),
        pytest.param(303, "https://other.example.com/login-logout/remote-logout?x", True, id="absolute"),
        pytest.param(302, "/login-logout/login.html", False, id="to-the-login"),
        pytest.param(302, "/?next=/login-logout/remote-logout", False, id="only-in-the-query"),
        pytest.param(200, "/login-logout/remote-logout", False, id="no-redirect"),
        pytest.param(401, "", False, id="401"),
    ],
)
def test_an_expired_session_is_known_by_its_redirect(status: int, location: str, *, expired: bool) -> None:
    assert Reply(status, location=location).session_expired is expired


def test_who_has_set_no_session_is_not_told_to_set_another() -> None:
    hint = Reply(302, location="/login-logout/remote-logout").error("Reading").hint
    assert hint.startswith("Run the task again; where session_id is set, ")


SECRET = 'fake  "pass"/wörd<&'


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("{}", id="text"),
        pytest.param("<html><title>{}</title></html>", id="title"),
        pytest.param(json.dumps({"message": SECRET}), id="message"),
        pytest.param(json.dumps({"error": SECRET}), id="other-JSON"),
        pytest.param(json.dumps({"error": SECRET}, ensure_ascii=False), id="other-JSON-with-umlauts"),
        pytest.param(json.dumps({"error": SECRET}).replace("/", "\\/"), id="other-JSON-with-slashes-escaped"),
        pytest.param("fake%20%20%22pass%22%2Fw%C3%B6rd%3C%26", id="encoded"),
        pytest.param("fake++%22pass%22%2fw%c3%b6rd%3c%26", id="encoded-as-in-a-form-in-lower-case"),
        pytest.param("fake  &quot;pass&quot;/wörd&lt;&amp;", id="other-XML"),
    ],
)
def test_a_secret_that_the_server_repeats_is_not_said_nor_a_part_of_it(written: str) -> None:
    plain = written.replace("{}", SECRET)
    for padding in range(READABLE_LENGTH + 1):
        padded = plain.replace('": "', f'": "{"x" * padding}') if plain[0] == "{" else "x" * padding + plain
        if plain.startswith("<html>"):
            padded = plain.replace("<title>", "<title>" + "x" * padding)
        said = Reply(500, padded, secrets=Secrets([SECRET])).said
        assert "fake" not in said
        assert "pass" not in said


@pytest.mark.parametrize(
    ("text", "is_status"),
    [
        pytest.param('{"status": {"version": "1"}}', True, id="what-some-servers-say-to-everything"),
        pytest.param('{"status": {}}', True, id="empty"),
        pytest.param('{"status": "ok"}', False, id="text"),
        pytest.param(ENVELOPE, False, id="envelope"),
        pytest.param("[]", False, id="a-list"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_the_answer_of_another_address_is_known(text: str, *, is_status: bool) -> None:
    assert Reply(200, text).is_status is is_status


@pytest.mark.parametrize(
    ("status", "own_path", "redirect_path"),
    [
        pytest.param(303, "/status/user", "/status/user", id="redirect"),
        pytest.param(304, "/status/user", "", id="not-modified"),
        pytest.param(201, "/status/user", "", id="no-redirect"),
        pytest.param(303, "", "", id="to-another-host"),
    ],
)
def test_only_a_redirect_leads_somewhere(status: int, own_path: str, redirect_path: str) -> None:
    assert Reply(status, own_path=own_path).redirect_path == redirect_path


def test_an_answer_that_is_no_redirect_says_nothing_of_one() -> None:
    message = Reply(304, LOGIN_PAGE, location="/x").error("Asking").message
    assert message == "Asking failed: the server answered 304: a web page, ABRA Flexi & přihlášení."


@pytest.mark.parametrize(
    ("reply", "wants_login"),
    [
        pytest.param(Reply(401), True, id="401"),
        pytest.param(Reply(302, own_path="/login-logout/login.html"), True, id="redirect"),
        pytest.param(Reply(302, own_path="/x/login-logout/remote-logout"), True, id="redirect-below-a-path"),
        pytest.param(Reply(302, location="https://sso.example.com/login-logout/x"), False, id="to-another-host"),
        pytest.param(Reply(200, LOGIN_PAGE), True, id="page"),
        pytest.param(Reply(403, LOGIN_PAGE), False, id="another-page"),
        pytest.param(Reply(200, ENVELOPE), False, id="answer"),
        pytest.param(Reply(303, own_path="/status/user"), False, id="to-the-list"),
    ],
)
def test_whether_the_server_wants_a_login(reply: Reply, *, wants_login: bool) -> None:
    assert reply.wants_login is wants_login


PLAIN = "Nemáte přístup: žluťoučký kůň"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        pytest.param(PLAIN.encode(), "", PLAIN, id="nothing-said"),
        pytest.param(PLAIN.encode(), "application/json", PLAIN, id="no-charset"),
        pytest.param(PLAIN.encode("cp1250"), "text/plain;charset=windows-1250", PLAIN, id="windows-1250"),
        pytest.param(PLAIN.encode("iso-8859-2"), 'text/plain; charset = "iso-8859-2"', PLAIN, id="quoted-with-blanks"),
        pytest.param(PLAIN.encode("utf-16"), "text/plain; charset='utf-16'", PLAIN, id="UTF-16"),
        pytest.param(PLAIN.encode(), "text/plain; charset=no-such", PLAIN, id="unknown-charset"),
        pytest.param(PLAIN.encode(), "text/plain; charset=base64", PLAIN, id="no-charset-of-texts"),
        pytest.param(b"\xef\xbb\xbf{}", "application/json", "{}", id="byte-order-mark"),
        pytest.param(b"a\xffb", "application/json", "a\ufffdb", id="broken"),
        pytest.param(b"", "text/plain; charset=windows-1250", "", id="empty"),
        pytest.param(
            f'<?xml version="1.0" encoding="windows-1250"?><a>{PLAIN}</a>'.encode("cp1250"),
            "application/xml",
            f'<?xml version="1.0" encoding="windows-1250"?><a>{PLAIN}</a>',
            id="declared-in-XML",
        ),
        pytest.param(
            f"\n<?xml version='1.0' encoding='iso-8859-2' ?>{PLAIN}".encode("iso-8859-2"),
            "",
            f"\n<?xml version='1.0' encoding='iso-8859-2' ?>{PLAIN}",
            id="declared-in-XML-otherwise",
        ),
        pytest.param(
            f'<?xml version="1.0" encoding="windows-1250"?>{PLAIN}'.encode(),
            "application/xml; charset=utf-8",
            f'<?xml version="1.0" encoding="windows-1250"?>{PLAIN}',
            id="the-header-wins",
        ),
        pytest.param(
            f'{{"encoding": "windows-1250", "a": "{PLAIN}"}}'.encode(),
            "application/json",
            f'{{"encoding": "windows-1250", "a": "{PLAIN}"}}',
            id="only-XML-declares",
        ),
    ],
)
def test_a_body_is_read_in_the_charset_that_it_names(body: bytes, content_type: str, text: str) -> None:
    assert decoded(body, content_type) == text


def test_a_secret_that_becomes_known_later_is_not_said_either() -> None:
    secrets = Secrets()
    reply = Reply(500, "No: fake-token", secrets=secrets)
    secrets.add("fake-token")
    assert reply.said == "No: ********"


def test_a_secret_in_the_address_of_a_redirect_is_not_said() -> None:
    reply = Reply(302, location="https://other.example.com/fake%2Dtoken/x", secrets=Secrets(["fake-token"]))
    assert "with a redirect to https://other.example.com/********/x." in reply.error("Asking").message
