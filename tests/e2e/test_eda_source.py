# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the event source makes of requests, without Java: loaded by itself, as ansible-rulebook loads it."""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Coroutine

    Scenario = Callable[["Source"], Coroutine[Any, Any, None]]

FILE = Path(__file__).parents[2] / "extensions/eda/plugins/event_source/flexi_changes.py"
LOADED = runpy.run_path(str(FILE))
KEY = "fake-hook-key-0123456789"
COMPANIES = ["demo", "firma"]
QUIET = 0.2
MOMENT = 0.03
AT_START = {
    "user_logout_companies": COMPANIES,
    "user_logout_users_in_companies": COMPANIES,
    "user_logout_users_with_roles": None,
    "user_logout_lists": [],
}
EVERYONE = {**AT_START, "user_logout_companies": ["demo"], "user_logout_users_in_companies": ["demo"]}
JINJA = "{{ lookup('pipe', 'touch canary') }}"


def users(*logins: str, company: str = "demo") -> dict[str, Any]:
    """Return the event for some users of a company."""
    return {
        "user_logout_companies": [company],
        "user_logout_users_in_companies": None,
        "user_logout_users_with_roles": None,
        "user_logout_lists": [{"users": list(logins), "companies": [company]}],
    }


def in_roles(*roles: str) -> dict[str, Any]:
    """Return the event for some roles of the company demo."""
    return {**EVERYONE, "user_logout_users_with_roles": list(roles)}


def change(evidence: str = "uzivatel", version: int = 7, *codes: str, **others: Any) -> dict[str, Any]:
    """Return a change as JSON has it."""
    return {
        "@evidence": evidence,
        "@in-version": str(version),
        "@operation": "update",
        "@timestamp": f"2026-11-27 10:00:00.{version}",
        "id": "3",
        "external-ids": [f"code:{code}" for code in codes],
        **others,
    }


def body(*changes: Any, version: int = 7, following: str = "none") -> bytes:
    """Return a notification in JSON."""
    inside = {"@globalVersion": str(version), "changes": list(changes), "next": following}
    return json.dumps({"winstrom": inside}).encode()


def user(login: str, version: int = 7) -> bytes:
    """Return a notification that a user changed."""
    return body(change("uzivatel", version, login), version=version)


def xml(inside: str) -> bytes:
    """Return a notification in XML."""
    return f'<?xml version="1.0"?><winstrom version="1.0" globalVersion="7">{inside}</winstrom>'.encode()


class Source:
    """A running event source."""

    def __init__(self, port: int, queue: asyncio.Queue[Any], task: asyncio.Task[None]) -> None:
        """Know where it listens, and where its events go."""
        self.port, self.queue, self.task = port, queue, task
        self.tls: ssl.SSLContext | None = None

    async def send(self, request: bytes, wait: float = 5) -> bytes:
        """Send bytes, and return the answer: nothing where the connection was cut."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls)
        try:
            writer.write(request)
            return await asyncio.wait_for(reader.read(), wait)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def post(self, content: bytes = b"", path: str = "/demo", method: str = "POST", **headers: str) -> int:
        """Send a request with the key, and return the status."""
        fields = {"Host": "x", "X-FB-Hook-SecKey": KEY, "Content-Length": str(len(content)), **headers}
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name.replace('_', '-')}: {fields[name]}" for name in fields if fields[name]),
        ]
        answer = await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        head, _blank, rest = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        # What is no HTTP is answered by aiohttp itself.
        assert not rest or status == 400
        return status

    async def event(self, wait: float = 5) -> Any:
        """Return the next event."""
        return await asyncio.wait_for(self.queue.get(), wait)

    async def has_nothing_more(self) -> None:
        """Show that no event is to come: the next one is of a change of firma that is made only now."""
        assert await self.post(user("last", 99), "/firma") == 200
        assert await self.event() == users("last", company="firma")


def run(scenario: Scenario, size: int = 0, **settings: Any) -> None:
    """Run a scenario with a source that has said at its start what it always says."""

    async def all_of_it() -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue(size)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        args = {"port": port, "key": KEY, "companies": COMPANIES, "quiet": QUIET, **settings}
        task = asyncio.create_task(LOADED["main"](queue, args))
        source = Source(port, queue, task)
        try:
            assert await source.event() == AT_START
            await scenario(source)
            assert not task.done()
        finally:
            task.cancel()
            began = time.monotonic()
            await asyncio.gather(task, return_exceptions=True)
            assert time.monotonic() - began < 2

    asyncio.run(all_of_it())


def one(content: bytes, event: dict[str, Any] | None) -> None:
    """Show what comes of one notification."""

    async def scenario(source: Source) -> None:
        assert await source.post(content) == 200
        if event is not None:
            assert await source.event() == event
        await source.has_nothing_more()

    run(scenario, quiet=MOMENT)


@pytest.mark.parametrize(
    ("content", "event"),
    [
        (user("novak"), users("novak")),
        (user("Novak"), users("Novak", "novak")),
        *((user(code), users(code)) for code in ("a/LOGOUT", "İ" * 255)),
        (body(change("uzivatel", 7, "a b"), change("uzivatel", 8, "žaneta ř/e")), users("a b", "žaneta ř/e")),
        (body(change("uzivatel", 7, **{"external-ids": "code:novak"})), users("novak")),
        (body(change("uzivatel", 7, **{"external-ids": None})), EVERYONE),
        (body(change("uzivatel", 7, **{"external-ids": ["ext:1", 5, None]})), EVERYONE),
        (body(change("role", 7, "UCETNI"), change("role", 8, "SKLADNIK")), in_roles("SKLADNIK", "UCETNI")),
        (body(change("role")), EVERYONE),
        (body(change("role", 7, "UCETNI", **{"@operation": "delete"})), EVERYONE),
        (body(change("pristPrava", 7, "UCETNI")), EVERYONE),
        (body(change("nastaveni")), EVERYONE),
        (body(change("nastaveni"), change("uzivatel", 8, "novak"), change("role", 9, "UCETNI")), EVERYONE),
        (body(change("adresar", 7, "novak"), change("uzivatel-heslo", 8, "novak")), None),
        (body(following="8"), EVERYONE),
        (json.dumps({"winstrom": {"changes": change("uzivatel", 7, "novak")}}).encode(), users("novak")),
        (json.dumps({"winstrom": {"changes": [{"@evidence": "uzivatel", "id": 5}]}}).encode(), EVERYONE),
        (xml("<uzivatel in-version='7'><id>3</id><id>code:novak</id></uzivatel><next>none</next>"), users("novak")),
        (xml("<uzivatel><id>3</id><id>code:a&amp;&#98;</id></uzivatel>"), users("a&b")),
        (xml("<role in-version='7'><id>code:UCETNI</id></role><adresar><id>code:x</id></adresar>"), in_roles("UCETNI")),
        (xml("<nastaveni in-version='7'/>"), EVERYONE),
        (xml("<adresar><id>code:novak</id></adresar><next>8</next>"), EVERYONE),
        (b"\xef\xbb\xbf" + xml("<uzivatel><id>code:novak</id></uzivatel>").partition(b"?>")[2], users("novak")),
        *((content, None) for content in (b"", b" \r\n", b"{}", b'{"winstrom": {}}', body(), xml(""))),
        (xml("<next>none</next>"), None),
    ],
)  # fmt: skip
def test_what_is_done(content: bytes, event: dict[str, Any] | None) -> None:
    one(content, event)


@pytest.mark.parametrize(
    "code",
    [
        JINJA,
        "{% x %}",
        "{#",
        "#jinja2: x",
        "",
        " novak",
        "novak\n",
        "no\u0000vak",
        "..",
        "x" * 256,
        "a/../b",
        "\ud800",
        "a\u202eb",
        "novak😀",
    ],
)
def test_what_is_no_name_is_passed_over_and_the_rest_is_done(code: str, caplog: pytest.LogCaptureFixture) -> None:
    one(body(change("uzivatel", 7, code), change("role", 8, code), change("uzivatel", 9, "novak")), users("novak"))

    assert code.strip() not in caplog.text or not code.strip()


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "statuses"),
    [
        *(("POST", "/demo", user("novak"), {"X-FB-Hook-SecKey": key}, {400, 403}) for key in
          ("", "wrong", KEY[:-1], KEY + "x", KEY.upper(), f"{KEY}, {KEY}", "č" * 24, "\x7f")),
        ("POST", "/demo", user("novak"), {"X-FB-Hook-SecKey": "", "Authorization": f"Bearer {KEY}"}, {403}),
        ("POST", f"/demo?secKey={KEY}", user("novak"), {"X-FB-Hook-SecKey": ""}, {403}),
        *(("POST", path, user("novak"), {}, {400, 404}) for path in
          ("/", "/DEMO", "/demo/", "//demo", "/demo/..", "/../demo", "/%64emo", "/demo%00", "/demo2", "/prazdna",
           "/demo,firma", "*", "/..%2f..%2fetc/passwd", "/{{x}}", "/demo;x", "http://x/demo2", "/demo#x/..")),
        *((method, "/demo", user("novak"), {}, {400, 405}) for method in
          ("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "post", "PATCH")),
        *(("POST", "/demo", content, {}, {400}) for content in
          (b"novak", b"\xff\xfe\x00", b"[]", b"1", b'"novak"', b"null", b'{"changes": []}', b'{"winstrom": []}',
           b'{"winstrom": {"changes": 5}}', b'{"winstrom": {"changes": ["uzivatel"]}}',
           b'{"winstrom": {"changes": [{}]}}',
           b'{"winstrom": {"changes": [{"@evidence": ["uzivatel"]}]}}', b'{"winstrom":' * 50_000, b"[" * 500_000,
           user("novak")[:-1], b"<", b"<winstrom>", b"<x/>", b"<html><body/></html>", xml("<uzivatel>"),
           xml("<uzivatel/>") + b"x",
           b'<?xml version="1.0" encoding="x-none"?><winstrom/>',
           b'<!DOCTYPE winstrom SYSTEM "http://127.0.0.1:9/x.dtd"><winstrom><nastaveni/></winstrom>',
           b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><winstrom><uzivatel><id>code:&x;</id></uzivatel></winstrom>',
           b'<!DOCTYPE w [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><winstrom><nastaveni/></winstrom>',
           b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "' + b"&a;" * 50_000 + b'">]>'
           b"<winstrom><uzivatel><id>code:&b;&b;&b;&b;</id></uzivatel></winstrom>",
           xml("<uzivatel><id>code:&x;</id></uzivatel>"), b"<a>" * 100_000)),
        ("POST", "/demo", b" " * (2**20 + 1), {}, {413}),
        ("POST", "/demo", b"x", {"Content-Encoding": "gzip"}, {415}),
        ("POST", "/demo", b"x", {"Content-Length": "-1"}, {400}),
        ("POST", "/demo", b"x", {"Transfer-Encoding": "chunked"}, {400}),
    ],
    ids=lambda value: ascii(value)[:40],
)  # fmt: skip
def test_what_is_refused(method: str, path: str, content: bytes, headers: dict[str, str], statuses: set[int]) -> None:
    async def scenario(source: Source) -> None:
        assert await source.post(content, path, method, **headers) in statuses
        await source.has_nothing_more()

    run(scenario, quiet=MOMENT)


def test_a_hundred_megabytes_without_the_key_are_not_read() -> None:
    async def scenario(source: Source) -> None:
        head = b"POST /demo HTTP/1.1\r\nHost: x\r\nX-FB-Hook-SecKey: wrong\r\nContent-Length: 100000000\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", source.port)
        writer.write(head)
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 403 ")
        await source.has_nothing_more()

    run(scenario)


def test_a_hundred_megabytes_with_the_key_take_no_memory() -> None:
    async def scenario(source: Source) -> None:
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        head = f"POST /demo HTTP/1.1\r\nHost: x\r\nX-FB-Hook-SecKey: {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n"
        before = memory()
        answer = await source.send(head.encode() + chunk * 160)
        assert answer.startswith(b"HTTP/1.1 413 ") or not answer
        reader, writer = await asyncio.open_connection("127.0.0.1", source.port)
        writer.write(head.encode())
        with_reply = asyncio.create_task(reader.read())
        for _number in range(1600):
            if with_reply.done():
                break
            writer.write(chunk)
            try:
                await writer.drain()
            except ConnectionError:
                break
        writer.close()
        with_reply.cancel()
        assert memory() - before < 60_000
        await source.has_nothing_more()

    run(scenario)


def memory() -> int:
    """Return how many kB this process has."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def test_slow_senders_are_cut_off_and_keep_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOADED["main"].__globals__, "TIME_FOR_BODY", 0.5)
    monkeypatch.setitem(LOADED["main"].__globals__, "LONGEST_CONNECTION", 0.5)

    async def scenario(source: Source) -> None:
        head = f"POST /demo HTTP/1.1\r\nHost: x\r\nX-FB-Hook-SecKey: {KEY}\r\nContent-Length: 9\r\n\r\n".encode()
        slow = [asyncio.create_task(source.send(start)) for start in (b"", b"POST /de", head[:-2], head, head + b"{")]
        await asyncio.sleep(0.1)
        assert await source.post(user("novak")) == 200
        assert await source.event() == users("novak")
        answers = await asyncio.gather(*slow)
        assert [answer[:13] for answer in answers] == [b"", b"", b"", b"HTTP/1.1 408 ", b"HTTP/1.1 408 "]
        await source.has_nothing_more()

    run(scenario)


def test_many_connections_are_not_kept_and_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOADED["main"].__globals__, "MOST_CONNECTIONS", 50)

    async def scenario(source: Source) -> None:
        opened = [await asyncio.open_connection("127.0.0.1", source.port) for _number in range(120)]
        assert await source.post(user("novak")) == 200
        assert await source.event() == users("novak")
        cut_off = [reader.at_eof() or reader.exception() is not None for reader, _writer in opened]
        # The post was one as well.
        assert cut_off == [True] * 71 + [False] * 49
        for _reader, writer in opened:
            writer.close()

    run(scenario)


def test_too_many_requests_are_put_off() -> None:
    async def scenario(source: Source) -> None:
        statuses = await asyncio.gather(*(source.post(user(f"user{number}", number)) for number in range(7, 407)))
        assert set(statuses) == {200, 429}
        assert statuses.count(200) >= 100
        await source.event()

    run(scenario)


def test_a_burst_is_one_event() -> None:
    async def scenario(source: Source) -> None:
        logins = [f"user{number}" for number in range(500)]
        for start in range(0, 500, 20):
            part = [change("uzivatel", number, f"user{number}") for number in range(start, start + 20)]
            assert await source.post(body(*part, version=start + 19)) == 200
        assert await source.event() == users(*logins)
        await source.has_nothing_more()

    run(scenario)


def test_the_same_notification_is_done_once() -> None:
    async def scenario(source: Source) -> None:
        for _number in range(3):
            assert await source.post(user("novak")) == 200
        assert await source.event() == users("novak")
        for _number in range(2):
            assert await source.post(user("novak")) == 200
        await source.has_nothing_more()

    run(scenario)


def test_a_restored_company_begins_again_with_old_versions() -> None:
    async def scenario(source: Source) -> None:
        assert await source.post(user("novak", 50)) == 200
        assert await source.event() == users("novak")
        again = change("uzivatel", 50, "novak", **{"@timestamp": "2026-11-28 10:00:00.0"})
        assert await source.post(body(again, version=50)) == 200
        assert await source.event() == users("novak")

    run(scenario)


def test_a_version_that_was_missed_is_everyone() -> None:
    async def scenario(source: Source) -> None:
        assert await source.post(body(change("adresar", 7, "X"), version=7)) == 200
        assert await source.post(body(change("adresar", 8, "X"), change("adresar", 9, "X"), version=9)) == 200
        assert source.queue.empty()
        assert await source.post(body(change("adresar", 11, "X"), version=11)) == 200
        assert await source.event() == EVERYONE
        await source.has_nothing_more()

    run(scenario)


def test_too_many_users_are_everyone() -> None:
    one(body(*(change("uzivatel", number, f"user{number}") for number in range(1001))), EVERYONE)


def test_who_is_named_beside_everyone_takes_no_memory() -> None:
    changes = LOADED["Changes"](["demo"], QUIET)
    for start in range(0, 5000, 1000):
        part = [change("uzivatel", number, f"user{number}") for number in range(start, start + 1000)]
        changes.add("demo", LOADED["read_notification"](body(*part, version=start + 999)))
    company = changes.companies["demo"]

    assert (company.work.everyone, company.work.users, company.work.roles) == (True, {}, {})
    assert len(company.known) == 2000


def test_companies_are_kept_apart_and_go_into_one_event() -> None:
    async def scenario(source: Source) -> None:
        assert await source.post(user("novak"), "/demo") == 200
        assert await source.post(user("franta"), "/firma") == 200
        event = await source.event()
        assert event["user_logout_lists"] == [
            {"users": ["novak"], "companies": ["demo"]},
            {"users": ["franta"], "companies": ["firma"]},
        ]
        assert event["user_logout_users_in_companies"] is None
        assert await source.post(body(change("role", 8, "UCETNI"), version=8), "/demo") == 200
        assert await source.post(body(change("nastaveni", 8), version=8), "/firma") == 200
        assert await source.event() == {
            **AT_START,
            "user_logout_companies": ["firma", "demo"],
            "user_logout_users_in_companies": ["firma", "demo"],
        }

    run(scenario)  # fmt: skip


def test_what_comes_while_nothing_is_taken_is_gathered() -> None:
    async def scenario(source: Source) -> None:
        for number in range(10):
            assert await source.post(user(f"user{number}", number)) == 200
            await asyncio.sleep(1.5 * QUIET)
        events = [await source.event() for _number in range(3)]
        assert [event["user_logout_lists"][0]["users"] for event in events] == [
            ["user0"],
            ["user1"],
            [f"user{number}" for number in range(2, 10)],
        ]
        await source.has_nothing_more()

    run(scenario, size=1)


def test_an_event_is_not_put_off_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOADED["main"].__globals__, "LONGEST_WAIT", 1.0)

    async def scenario(source: Source) -> None:
        began = time.monotonic()
        for number in range(1, 200):
            assert await source.post(user(f"user{number}", number)) == 200
            if not source.queue.empty():
                break
            await asyncio.sleep(0.05)
        assert not source.queue.empty()
        assert time.monotonic() - began > 0.8

    run(scenario, quiet=0.6)


def test_changes_that_do_not_matter_do_not_put_an_event_off() -> None:
    async def scenario(source: Source) -> None:
        assert await source.post(user("novak", 7)) == 200
        for number in range(8, 100):
            assert await source.post(body(change("adresar", number, "X"), version=number)) == 200
            if not source.queue.empty():
                break
            await asyncio.sleep(0.02)
        assert not source.queue.empty()

    run(scenario)


def test_with_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOADED["main"].__globals__, "TIME_FOR_HANDSHAKE", 0.5)
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))

    async def scenario(source: Source) -> None:
        assert await source.send(b"POST /demo HTTP/1.1\r\n\r\n") == await source.send(b"") == b""
        source.tls = ssl.create_default_context()
        authority.configure_trust(source.tls)
        assert await source.post(user("novak")) == 200
        assert await source.event() == users("novak")

    run(scenario, host="0.0.0.0", tls_cert=str(tmp_path / "both.pem"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"key": ""}, "The key is missing: set ABRAFLEXI_HOOK_KEY"),
        *(({"key": key}, "must be text of at least 16") for key in ("short", 10**15, True, "x" * 15 + " ", "č" * 16)),
        *(({"companies": names}, "must be database names") for names in ("", ",", "Demo", "x;y", "a b", "../x")),
        ({"companies": ["demo", "a b"]}, "must be database names"),
        ({"companies": {"demo": 1}}, "must be database names"),
        *(({"port": port}, "a number from 1 to 65535") for port in ("x", -1, 65536, 1.5, "²")),
        *(({"quiet": quiet}, "more than 0, and at most 30") for quiet in ("x", -1, 31, "nan", "inf")),
        *(({"host": host}, "would send the key unencrypted") for host in ("0.0.0.0", "::", "192.0.2.1", "example.com")),
        ({"tls_cert": "/does/not/exist"}, "cannot be used: No such file or directory"),
        ({"host": "192.0.2.1", "tls_cert": __file__}, "cannot be used"),
    ],
)  # fmt: skip
def test_what_it_does_not_start_with(settings: dict[str, Any], said: str) -> None:
    args = {"port": 1, "key": KEY, "companies": COMPANIES, **settings}
    with pytest.raises(ValueError, match=said) as raised:
        asyncio.run(LOADED["main"](asyncio.Queue(), args))

    assert KEY not in str(raised.value)


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        args = {"port": taken.getsockname()[1], "key": KEY, "companies": COMPANIES}
        with pytest.raises(ValueError, match="Cannot listen at"):
            asyncio.run(LOADED["main"](asyncio.Queue(), args))


def test_settings_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"KEY": "1e5" + "0" * 20, "COMPANIES": " demo , 123 ", "PORT": "6001", "HOST": "::1", "QUIET": "0.5"}
    for name, value in variables.items():
        monkeypatch.setenv(f"ABRAFLEXI_HOOK_{name}", value)

    settings = LOADED["read_settings"]({}, os.environ)

    assert settings == ("::1", 6001, variables["KEY"].encode(), ("demo", "123"), 0.5, None)


TEXTS = st.sampled_from(
    ["uzivatel", "role", "nastaveni", "code:novak", "code:", "7", "none", "demo", JINJA, "", "code:..", "update"]
)
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "@evidence": VALUES, "@in-version": VALUES, "@operation": VALUES, "@timestamp": VALUES, "id": VALUES,
        "external-ids": VALUES, "companies": VALUES, "user_logout_companies": VALUES,
    },
)  # fmt: skip
BODIES = st.fixed_dictionaries(
    {},
    optional={"@globalVersion": VALUES, "changes": st.lists(CHANGES, max_size=4) | CHANGES | VALUES, "next": VALUES},
)


@given(st.lists(st.tuples(st.sampled_from(COMPANIES), BODIES), min_size=1, max_size=4))
def test_there_is_never_an_event_without_companies(notifications: list[tuple[str, Any]]) -> None:
    changes = asyncio.run(gathered(notifications))
    work = {name: company.take() for name, company in changes.companies.items() if company.work}
    if not work:
        return
    event = LOADED["to_event"](work)

    assert event.keys() == AT_START.keys()
    assert event["user_logout_companies"]
    assert set(event["user_logout_companies"]) <= {company for company, _body in notifications}
    assert event["user_logout_users_in_companies"] in (None, event["user_logout_companies"])
    assert all(each["companies"] and set(each["companies"]) <= work.keys() for each in event["user_logout_lists"])
    assert all(each["users"] for each in event["user_logout_lists"])
    assert event["user_logout_users_with_roles"] != []
    assert "{" not in "".join(text for each in event["user_logout_lists"] for text in each["users"])


async def gathered(notifications: list[tuple[str, Any]]) -> Any:
    """Return what is to be done after some notifications, and after the start was dealt with."""
    changes = LOADED["Changes"](COMPANIES, QUIET)
    for company in changes.companies.values():
        company.take()
    for company, inside in notifications:
        try:
            changes.add(company, LOADED["read_notification"](json.dumps({"winstrom": inside}).encode()))
        except ValueError:
            continue
    return changes
