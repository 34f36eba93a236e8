# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server tells about itself: whether it is a Flexi, and who is logged in."""

from __future__ import annotations

import json

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._flexi.server import (
    Seen,
    Server,
    is_flexi,
    read_logged_in,
    read_server,
)
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import HTML
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi, page

ENVELOPE = json.dumps({"winstrom": {"success": "false", "message": "Je potřebná autorizace."}})
PAGE = "<!DOCTYPE html><html><body>{}</body></html>"


def _status(**fields: object) -> str:
    return json.dumps({"status": {"version": "2026.5.2", "appServerRunning": True, "javaVersion": None, **fields}})


def _server(users: int | None, sessions: int | None) -> Server:
    return Server("2026.5.2", logged_in_users=users, sessions=sessions)


def _buttons(*paths: str) -> str:
    return PAGE.format("".join(f'<form method="post" action="{path}"><button/></form>' for path in paths))


@pytest.mark.parametrize(
    ("body", "server"),
    [
        pytest.param(_status(loggedUser=2, sessions=3), _server(2, 3), id="numbers"),
        pytest.param(_status(loggedUser="2", sessions="3"), _server(2, 3), id="strings"),
        pytest.param(_status(loggedUser=0, sessions="0"), _server(0, 0), id="zeros"),
        pytest.param(_status(), Server("2026.5.2"), id="no-counts"),
        pytest.param(_status(loggedUser=None, sessions=""), Server("2026.5.2"), id="empty-counts"),
        pytest.param(_status(loggedUser=-1, sessions=1.5), Server("2026.5.2"), id="counts-that-cannot-be"),
        pytest.param(_status(loggedUser=[1], sessions=True), Server("2026.5.2"), id="counts-of-the-wrong-type"),
        pytest.param(_status(sessions=4), _server(None, 4), id="one-count-only"),
        pytest.param(_status(version=2026), Server("2026"), id="version-as-a-number"),
        pytest.param(
            '{"status": {"version": "1", "loggedUser": 0, "sessions": 0}}',
            Server("1", None, None, None, None, 0, 0),
            id="no-more-than-the-counts",
        ),
        pytest.param(
            _status(
                licenseName="Firma s.r.o.", licenseVariant="Premium", operatingSystem="Linux", javaVersion="17.0.10"
            ),
            Server("2026.5.2", "Firma s.r.o.", "Premium", "Linux", "17.0.10"),
            id="licence-and-system",
        ),
        pytest.param(
            _status(licenseName="", licenseVariant=None, operatingSystem=" Linux\r\n6 ", javaVersion=17),
            Server("2026.5.2", operating_system="Linux 6", java_version="17"),
            id="licence-and-system-of-other-types",
        ),
    ],
)
def test_what_the_status_says(body: str, server: Server) -> None:
    assert read_server(FakeFlexi({"/status.json": Reply(200, body, "application/json")})) == server


@pytest.mark.parametrize("has_cookie", [True, False], ids=["with", "without"])
def test_flexis_cookie_is_noticed(*, has_cookie: bool) -> None:
    server = read_server(FakeFlexi({"/status.json": Reply(200, _status(), has_flexi_cookie=has_cookie)}))
    assert server.sets_flexi_cookie is has_cookie


@pytest.mark.parametrize("has_cookie", [True, False], ids=["with-cookie", "without-cookie"])
def test_flexis_own_refusal_of_the_status_does_not_end_the_run(*, has_cookie: bool) -> None:
    server = read_server(FakeFlexi({"/status.json": Reply(403, ENVELOPE, has_flexi_cookie=has_cookie)}))
    assert server == Server(sets_flexi_cookie=has_cookie)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(Reply(200), "not_flexi", id="200-empty"),
        pytest.param(Reply(200, "OK"), "not_flexi", id="200-text"),
        pytest.param(Reply(200, PAGE), "not_flexi", id="200-page"),
        pytest.param(Reply(200, PAGE, "text/html"), "not_flexi", id="200-page-with-content-type"),
        pytest.param(Reply(200, "{}"), "not_flexi", id="200-other-JSON"),
        pytest.param(Reply(200, "[]"), "not_flexi", id="200-list"),
        pytest.param(Reply(200, '{"status": "UP"}'), "not_flexi", id="200-health-of-something-else"),
        pytest.param(Reply(200, '{"status": {"sessions": 0, "loggedUser": 0}}'), "not_flexi", id="200-no-version"),
        pytest.param(Reply(200, _status(version="")), "not_flexi", id="200-empty-version"),
        pytest.param(Reply(200, '{"status": {"version": "1"}}'), "not_flexi", id="200-nothing-but-a-version"),
        pytest.param(
            Reply(200, '{"status": {"version": "1", "sessions": 5, "uptime": 9}}'), "not_flexi", id="200-one-more-field"
        ),
        pytest.param(Reply(200, ENVELOPE), "not_flexi", id="200-that-denies-success"),
        pytest.param(Reply(404), "not_flexi", id="404-empty"),
        pytest.param(Reply(404, "404 page not found\n"), "not_flexi", id="404-text"),
        pytest.param(Reply(404, PAGE), "not_flexi", id="404-page"),
        pytest.param(Reply(404, ENVELOPE), "not_flexi", id="404-envelope"),
        pytest.param(Reply(404, _status()), "not_flexi", id="404-with-a-status"),
        pytest.param(Reply(401, ENVELOPE), "auth_failed", id="401"),
        pytest.param(Reply(401, PAGE), "auth_failed", id="401-page"),
        pytest.param(Reply(403, PAGE), "forbidden", id="403-page"),
        pytest.param(Reply(403), "forbidden", id="403-empty"),
        pytest.param(Reply(500, ENVELOPE), "server_error", id="500"),
        pytest.param(Reply(503), "unavailable", id="503"),
        pytest.param(Reply(302, location="/login-logout/login.html"), "auth_failed", id="302-to-the-login"),
        pytest.param(Reply(302, location="https://other.example.com/"), "redirected", id="302-elsewhere"),
        pytest.param(Reply(302, location="/login-logout/remote-logout"), "session_expired", id="302-expired"),
    ],
)
def test_a_server_that_does_not_answer_like_flexi_is_an_error(reply: Reply, code: str) -> None:
    with pytest.raises(FlexiError) as problem:
        read_server(FakeFlexi({"/status.json": reply}))
    assert (problem.value.code, problem.value.http_status) == (code, reply.status)


def test_the_message_says_that_it_is_not_flexi_and_quotes_it() -> None:
    with pytest.raises(FlexiError, match=r"not a Flexi server: .* 404: 404 page not found\. Set url to the root"):
        read_server(FakeFlexi({"/status.json": Reply(404, "404 page not found\n")}))


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        pytest.param(Reply(200, _status()), True, id="status"),
        pytest.param(Reply(403, ENVELOPE), True, id="flexis-refusal"),
        pytest.param(Reply(403, PAGE), False, id="refusal-of-a-stranger"),
        pytest.param(Reply(200, PAGE, "text/html"), False, id="page"),
        pytest.param(Reply(200, '{"status": {"version": "1"}}'), False, id="status-of-something-else"),
        pytest.param(Reply(401), False, id="401"),
        pytest.param(Reply(503), True, id="503-of-a-proxy-that-says-nothing-of-the-server"),
        pytest.param(Reply(429), True, id="429"),
        pytest.param(Reply(502), False, id="502"),
        pytest.param(FlexiError("timeout", "No answer in time."), False, id="no-answer"),
    ],
)
def test_one_look_tells_whether_it_is_a_flexi(reply: Reply | FlexiError, *, answer: bool) -> None:
    client = FakeFlexi(probe=reply)
    assert is_flexi(client) is answer
    assert (client.probes, client.asked) == (1, [])


@pytest.mark.parametrize(
    ("login", "is_seen", "perhaps"),
    [
        ("novak", True, True),
        ("Novak", False, True),
        ("žaneta", True, True),
        ("z\u030caneta", False, True),
        ("ŽANETA", False, True),
        ("nowak", False, False),
        ("", False, False),
    ],
)
def test_whether_a_login_was_seen(login: str, *, is_seen: bool, perhaps: bool) -> None:
    seen = Seen(["novak", "\u017eaneta"])
    assert (login in seen, seen.perhaps(login)) == (is_seen, perhaps)


NOVAK = "/status/user/novak/logout"
FRANTA = "/status/user/franta/logout"


@pytest.mark.parametrize(
    ("page", "users", "logged_in"),
    [
        pytest.param(_buttons(NOVAK, FRANTA), 2, {"novak", "franta"}, id="page-agrees"),
        pytest.param(_buttons(NOVAK, NOVAK, FRANTA), 2, {"novak", "franta"}, id="several-sessions-of-one"),
        pytest.param(_buttons(), 0, set(), id="nobody-on-either"),
        pytest.param(_buttons(NOVAK), 2, None, id="fewer-than-counted"),
        pytest.param(_buttons(NOVAK, FRANTA), 1, None, id="more-than-counted"),
        pytest.param(_buttons(NOVAK), None, None, id="not-counted"),
        pytest.param(_buttons(), 3, None, id="a-page-that-names-nobody"),
        pytest.param("", 0, set(), id="empty-page-and-nobody-counted"),
        pytest.param(_buttons("/status/user/jan.novak%40firma.cz/logout"), 1, {"jan.novak@firma.cz"}, id="at-sign"),
        pytest.param(_buttons("/status/user/jan.novak@firma.cz/logout"), 1, {"jan.novak@firma.cz"}, id="bare-at-sign"),
        pytest.param(_buttons("/status/user/a%2Fb/logout"), 1, {"a/b"}, id="encoded-slash"),
        pytest.param(_buttons("/status/user/a%20b/logout"), 1, {"a b"}, id="encoded-blank"),
        pytest.param(_buttons("/status/user/a&amp;b/logout"), 1, {"a&b"}, id="ampersand-in-HTML"),
        pytest.param(_buttons("/status/user/a%26amp%3Bb/logout"), 1, {"a&amp;b"}, id="encoded-once-only"),
        pytest.param(_buttons("/status/user/%C5%BDaneta%20%C5%98/logout"), 1, {"Žaneta Ř"}, id="encoded-umlauts"),
        pytest.param(_buttons("/status/user/Žaneta/logout"), 1, {"Žaneta"}, id="bare-umlauts"),
        pytest.param(_buttons("/flexi" + NOVAK), 1, {"novak"}, id="below-a-path-prefix"),
        pytest.param(_buttons("https://flexi.example.com" + NOVAK), 1, {"novak"}, id="whole-address"),
        pytest.param(_buttons(NOVAK + "?company=demo"), 1, {"novak"}, id="with-a-query"),
        pytest.param(_buttons("/status/user/novak/logoutX"), 1, None, id="another-service"),
        pytest.param(_buttons("/status/user/novak"), 1, None, id="link-without-a-logout"),
        pytest.param(_buttons("/status/user/a/b/logout"), 1, None, id="two-segments"),
    ],
)
def test_the_page_is_believed_only_where_it_agrees_with_the_count(
    page: str, users: int | None, logged_in: set[str] | None
) -> None:
    server = Server("2026.5.2", logged_in_users=users, sessions=None if users == 0 else 5)
    assert read_logged_in(FakeFlexi({"/status/user": Reply(200, page, "text/html")}), server).logins == logged_in


@pytest.mark.parametrize(
    ("users", "sessions", "logged_in"),
    [
        pytest.param(0, 0, frozenset(), id="no-sessions-and-no-users"),
        pytest.param(None, 0, frozenset(), id="no-sessions"),
        pytest.param(1, 0, None, id="no-sessions-but-a-user"),
        pytest.param(0, None, None, id="sessions-not-counted"),
        pytest.param(None, None, None, id="nothing-counted"),
        pytest.param(1, 1, None, id="somebody"),
    ],
)
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(403, ENVELOPE), id="403"),
        pytest.param(Reply(404, ENVELOPE), id="404"),
        pytest.param(Reply(404, _buttons(NOVAK)), id="404-with-a-button"),
        pytest.param(Reply(303, location="https://other.example.com/"), id="redirect"),
        pytest.param(Reply(500), id="500"),
    ],
)
def test_without_a_page_only_the_number_of_sessions_tells(
    reply: Reply, users: int | None, sessions: int | None, logged_in: frozenset[str] | None
) -> None:
    assert read_logged_in(FakeFlexi({"/status/user": reply}), _server(users, sessions)).logins == logged_in


@pytest.mark.parametrize(
    ("reply", "users", "reason"),
    [
        pytest.param(Reply(200, _buttons(NOVAK, FRANTA)), 2, "", id="page-agrees"),
        pytest.param(
            Reply(404),
            2,
            "The server answers 404 to /status/user, which shows who is logged in.",
            id="no-page",
        ),
        pytest.param(
            Reply(404), None, "The server answers 404 to /status/user, which shows who is logged in.", id="neither"
        ),
        pytest.param(
            Reply(200, _buttons(NOVAK)), None, "/status.json does not say how many users are logged in.", id="no-count"
        ),
        pytest.param(
            Reply(200, _buttons(NOVAK, FRANTA)),
            3,
            "The page /status/user shows 2 users, but /status.json says 3.",
            id="they-disagree",
        ),
        pytest.param(
            Reply(200, _buttons()),
            0,
            "/status.json says that nobody is logged in, but that 5 sessions are open.",
            id="the-counts-disagree",
        ),
    ],
)
def test_it_says_why_it_is_not_known_who_is_logged_in(reply: Reply, users: int | None, reason: str) -> None:
    logged_in = read_logged_in(FakeFlexi({"/status/user": reply}), _server(users, 5))
    assert (logged_in.reason, logged_in.logins is None) == (reason, bool(reason))


@pytest.mark.parametrize("sessions", [0, 1, None])
def test_an_expired_session_at_the_page_is_an_error_whatever_is_counted(sessions: int | None) -> None:
    with pytest.raises(FlexiError) as problem:
        read_logged_in(
            FakeFlexi({"/status/user": Reply(302, location="/login-logout/remote-logout")}), _server(sessions, sessions)
        )
    assert problem.value.code == "session_expired"


@pytest.mark.parametrize("sessions", [0, 1, None])
def test_a_refused_login_at_the_page_is_an_error_whatever_is_counted(sessions: int | None) -> None:
    with pytest.raises(FlexiError) as problem:
        read_logged_in(FakeFlexi({"/status/user": Reply(401, ENVELOPE)}), _server(sessions, sessions))
    assert problem.value.code == "auth_failed"


FORM = Reply(200, "<html><form action='/login-logout/login.html'></form></html>", "text/html")
TO_LOGIN = Reply(302, own_path="/login-logout/login.html", location="/login-logout/login.html")


@pytest.mark.parametrize("shown", [FORM, TO_LOGIN], ids=["form", "redirect"])
@pytest.mark.parametrize("data", [FORM, TO_LOGIN, Reply(401, ENVELOPE)], ids=["form", "redirect", "401"])
@pytest.mark.parametrize("sessions", [0, 1, None])
def test_where_the_page_is_the_login_data_tell_whether_it_is_refused(
    shown: Reply, data: Reply, sessions: int | None
) -> None:
    client = FakeFlexi({"/status/user": shown, "/c.json": data})
    with pytest.raises(FlexiError) as problem:
        read_logged_in(client, _server(sessions, sessions))
    assert (problem.value.code, problem.value.http_status) == ("auth_failed", data.status)
    # They were tried twice.
    assert problem.value.hint == "Check username, password and, with two-factor login, otp."
    assert client.asked == ["GET /status/user", "GET /c.json"]


@pytest.mark.parametrize("shown", [FORM, TO_LOGIN], ids=["form", "redirect"])
@pytest.mark.parametrize("data", [Reply(200, '{"companies": {}}'), Reply(403), Reply(404), Reply(503)])
def test_a_page_that_is_the_login_for_everybody_refuses_nobody(shown: Reply, data: Reply) -> None:
    seen = read_logged_in(FakeFlexi({"/status/user": shown, "/c.json": data}), _server(1, 1))
    assert (seen.logins, seen.proves_login) == (None, False)


def test_the_page_is_asked_for_as_html_past_the_web_login() -> None:
    client = FakeFlexi({"/status/user": Reply(404)})
    read_logged_in(client, _server(0, 0))
    assert (client.asked, client.queries, client.accepted) == (["GET /status/user"], [{"auth": "http"}], [HTML])


def test_a_page_with_placeholders_is_not_believed() -> None:
    client = FakeFlexi({"/status/user": page("{login}")})
    logged_in = read_logged_in(client, Server("2026.5.2", logged_in_users=1, sessions=1))
    assert logged_in.logins is None
    assert "placeholders" in logged_in.reason
