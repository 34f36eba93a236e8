# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source for ansible-rulebook: whose rights changed, as the web hooks of ABRA Flexi report it.

An event holds the variables of the playbook ``abra.flexi.logout_users``, always with companies, and nothing else:
ansible-rulebook hands the whole event to the playbook.

The file is loaded by itself, so it imports nothing of the collection.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import logging
import os
import re
import ssl
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.parsers import expat

from aiohttp import http_exceptions, web

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DOCUMENTATION = r"""
---
short_description: Receive the web hooks of ABRA Flexi, and tell whose rights changed.
description:
  - Listens for what Flexi reports of its companies, at C(/) and the database name (dbNazev) of the company.
  - Every option that is left out is taken from the environment variable of its name, such as C(ABRAFLEXI_HOOK_KEY).
options:
  host:
    description: The address to listen at. If it is not of this machine only, O(tls_cert) is required.
    type: str
    default: 127.0.0.1
  port:
    description: The port to listen at.
    type: int
    default: 5001
  key:
    description: What Flexi was given as C(secKey). At least 16 characters.
    type: str
    required: true
  companies:
    description: Database names of companies, as a list or separated by commas. Others are refused.
    type: list
    required: true
  quiet:
    description: Seconds without a change before an event is made, which is put off for 30 at most.
    type: float
    default: 2
  tls_cert:
    description: File with the certificate and its chain, in PEM format.
    type: path
  tls_key:
    description: File with the certificate's key, in PEM format, without a passphrase.
    type: path
"""

EXAMPLES = r"""
- abra.flexi.flexi_changes:
    companies: [demo, firma]
"""

LONGEST_WAIT = 30.0
"""Seconds after which an event is made even if changes keep coming."""
MOST_USERS = 1000
"""Users or roles of a company that an event names; with more, it is everyone."""
MOST_KNOWN = 2000
"""Changes of a company that are known again."""

LONGEST_BODY = 2**20
MOST_CONNECTIONS = 500
MOST_AT_ONCE = 50
MOST_A_SECOND = 100
TIME_FOR_BODY = 10.0
TIME_FOR_HANDSHAKE = 5.0
LONGEST_CONNECTION = 15.0
"""Seconds; between one and two times that, since they are looked at so often."""

SHORTEST_KEY = 16
LONGEST_NAME = 255
LAST_PORT = 65535
COMPANY = re.compile("[a-z0-9_]+")
NUMBER = re.compile("[0-9]{1,18}")
# Ansible evaluates extra variables with any of these. What is beyond U+FFFF, such as an emoji, comes out of
# ansible-rulebook's Java in two halves, and Ansible could not read any of the variables.
UNFIT = re.compile("[{}\U00010000-\U0010ffff]|^#")
# Proxies that decode %2F and the like can make somebody else's address of these, or end it early.
ELSEWHERE = re.compile(
    r"(?:^|[/\\])(?:\.{1,2}(?:[?#][^/\\]*)?)?(?:[/\\]|$)|[/\\]logout(?:[.?#/\\]|$)|;|%[0-9a-fA-F]{2}"
)
CODE = "code:"
ATTRIBUTES = ("in-version", "operation", "timestamp")
OF_RIGHTS = {"uzivatel", "role", "pristprava", "nastaveni"}
NO_NAME = "logins or roles that cannot be names"
VARIABLE = "ABRAFLEXI_HOOK_"

logger = logging.getLogger(__name__)


# What is configured


class Settings(NamedTuple):
    """The options, checked."""

    host: str
    port: int
    key: bytes
    companies: tuple[str, ...]
    quiet: float
    tls: ssl.SSLContext | None


def read_settings(args: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Return the options, or raise ValueError with a sentence."""
    names = ("host", "port", "key", "companies", "quiet", "tls_cert", "tls_key")
    given = {name: args.get(name) or environment.get(VARIABLE + name.upper(), "") for name in names}
    host = str(given["host"] or "127.0.0.1")
    return Settings(
        host,
        read_port(given["port"] or 5001),
        read_key(given["key"]),
        read_companies(given["companies"]),
        read_quiet(given["quiet"] or 2),
        read_tls(host, str(given["tls_cert"]), str(given["tls_key"])),
    )


def read_key(key: Any) -> bytes:
    """Return the key, or raise ValueError."""
    if not key:
        raise ValueError(f"The key is missing: set {VARIABLE}KEY to what Flexi was given as secKey.")
    # A template in a rulebook makes a number of "1e5".
    if not isinstance(key, str) or len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(
            f"The key ({VARIABLE}KEY) must be text of at least {SHORTEST_KEY} characters, in ASCII and without spaces: "
            "make one with openssl rand -hex 32."
        )
    return key.encode()


def read_companies(given: Any) -> tuple[str, ...]:
    """Return the companies, or raise ValueError."""
    names = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else [given]
    companies = tuple(dict.fromkeys(str(name).strip() for name in names if str(name).strip()))
    if not companies or not all(COMPANY.fullmatch(company) for company in companies):
        raise ValueError(
            f"The companies ({VARIABLE}COMPANIES) must be database names (dbNazev) separated by commas, such as "
            "demo,firma: lower-case letters, digits and _."
        )
    return companies


def read_port(given: Any) -> int:
    """Return the port, or raise ValueError."""
    if not NUMBER.fullmatch(str(given)) or not 0 < int(given) <= LAST_PORT:
        raise ValueError(f"The port ({VARIABLE}PORT) must be a number from 1 to {LAST_PORT}.")
    return int(given)


def read_quiet(given: Any) -> float:
    """Return the seconds, or raise ValueError."""
    try:
        quiet = float(given)
    except (TypeError, ValueError):
        quiet = -1.0
    if not 0 < quiet <= LONGEST_WAIT:
        raise ValueError(f"The seconds of quiet ({VARIABLE}QUIET) must be more than 0, and at most {LONGEST_WAIT:.0f}.")
    return quiet


def read_tls(host: str, certificate: str, key: str) -> ssl.SSLContext | None:
    """Return the settings of TLS, or raise ValueError."""
    if not certificate:
        if not is_loopback(host):
            raise ValueError(
                f"Flexi would send the key unencrypted: to listen at an address that is not of this machine only, set "
                f"{VARIABLE}TLS_CERT and {VARIABLE}TLS_KEY to a certificate and its key, or listen at 127.0.0.1 behind "
                "a proxy that has them."
            )
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # An empty password: without one, OpenSSL would ask at the terminal.
        context.load_cert_chain(certificate, key or None, password="")
    except OSError as error:
        raise ValueError(
            f"The certificate or its key ({VARIABLE}TLS_CERT, {VARIABLE}TLS_KEY) cannot be used: {error.strerror}."
        ) from None
    return context


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# What Flexi reports


class Change(NamedTuple):
    """A change of one record."""

    evidence: str
    version: int | None
    operation: str
    timestamp: str
    ids: tuple[str, ...]

    @property
    def codes(self) -> list[str]:
        """The codes that the record has or had."""
        return [text[len(CODE) :] for text in self.ids if text.startswith(CODE)]


class Notification(NamedTuple):
    """What Flexi sends at once."""

    version: int | None = None
    changes: tuple[Change, ...] = ()
    has_more: bool = False


def read_notification(body: bytes) -> Notification:
    """Return what is in a body, or raise ValueError. At registration, Flexi sends an empty one."""
    body = body.strip()
    if not body:
        return Notification()
    return XmlReader().read(body) if body.startswith((b"<", b"\xef\xbb\xbf<")) else from_json(body)


def from_json(body: bytes) -> Notification:
    """Return what is in JSON, or raise ValueError."""
    try:
        # Numbers as they are written: to compute one with a million digits would take minutes.
        read = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if read == {}:
        return Notification()
    inside = read.get("winstrom") if isinstance(read, dict) else None
    if not isinstance(inside, dict):
        raise ValueError("no winstrom")  # noqa: TRY004 - the sender's fault, not a caller's
    changes = inside.get("changes") or []
    found = changes if isinstance(changes, list) else [changes]
    if not all(isinstance(change, dict) and isinstance(change.get("@evidence"), str) for change in found):
        raise ValueError("no changes")
    return Notification(
        number(inside.get("@globalVersion")), tuple(map(from_object, found)), is_more(inside.get("next"))
    )


def from_object(change: Mapping[str, Any]) -> Change:
    """Return one change in JSON."""
    others = change.get("external-ids") or []
    ids = [change.get("id"), *(others if isinstance(others, list) else [others])]
    return Change(
        change["@evidence"],
        number(change.get("@in-version")),
        str(change.get("@operation", "")),
        str(change.get("@timestamp", "")),
        tuple(each for each in ids if isinstance(each, str)),
    )


class XmlReader:
    """Reads XML: ``<winstrom globalVersion="6"><uzivatel in-version="6"><id>1</id>…</uzivatel><next>none</next>…``."""

    def __init__(self) -> None:
        """Expand nothing, and open nothing: entities need a DOCTYPE, and that is refused."""
        self.path: list[str] = []
        self.text: list[str] = []
        self.version: str | None = None
        self.next = ""
        self.changes: list[Change] = []
        self.attributes: dict[str, str] = {}
        self.ids: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text.append

    def read(self, body: bytes) -> Notification:
        """Return what is in the body, or raise ValueError."""
        try:
            self.parser.Parse(body, True)  # noqa: FBT003 - it takes no keywords
        except (expat.ExpatError, LookupError) as error:
            raise ValueError("no XML") from error
        return Notification(number(self.version), tuple(self.changes), is_more(self.next))

    def refuse(self, *_doctype: Any) -> None:
        """Refuse a DOCTYPE."""
        raise ValueError("a DOCTYPE")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Go into an element."""
        if not self.path:
            if name != "winstrom":
                raise ValueError("no winstrom")
            self.version = attributes.get("globalVersion")
        elif len(self.path) == 1:
            self.attributes, self.ids = attributes, []
        self.path.append(name)
        self.text.clear()

    def end(self, name: str) -> None:
        """Come out of an element."""
        self.path.pop()
        text = "".join(self.text).strip()
        self.text.clear()
        if len(self.path) == len(["winstrom", "uzivatel"]) and name == "id":
            self.ids.append(text)
        elif len(self.path) == 1 and name == "next":
            self.next = text
        elif len(self.path) == 1:
            version, operation, timestamp = (self.attributes.get(each, "") for each in ATTRIBUTES)
            self.changes.append(Change(name, number(version), operation, timestamp, tuple(self.ids)))


def number(value: Any) -> int | None:
    """Return a version, or None where it is none."""
    return int(value) if isinstance(value, str) and NUMBER.fullmatch(value) else None


def is_more(value: Any) -> bool:
    """Whether ``next`` says that there are more changes than these."""
    return value not in (None, "", "none")


# What is to be done


@dataclass
class Work:
    """What is to be done in a company."""

    everyone: bool = False
    users: dict[str, None] = field(default_factory=dict)
    roles: dict[str, None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.everyone or self.users or self.roles)


class Company:
    """What is known of a company, and what is to be done in it."""

    def __init__(self, passed_over: Counter[str]) -> None:
        """At the start, nobody knows what was missed."""
        self.passed_over = passed_over
        self.work = Work(everyone=True)
        self.version: int | None = None
        self.known: deque[int] = deque(maxlen=MOST_KNOWN)

    def take(self) -> Work:
        """Return what is to be done, and begin anew."""
        work, self.work = self.work, Work()
        return work

    def add(self, notification: Notification) -> bool:
        """Note what is to be done, and return whether there was anything new."""
        is_new = notification.has_more or self.has_missed(notification)
        self.work.everyone |= is_new
        if notification.version is not None:
            self.version = notification.version
        for change in notification.changes:
            is_new |= self.add_change(change)
        if self.work.everyone or max(len(self.work.users), len(self.work.roles)) > MOST_USERS:
            # Names say nothing more, and would only take up memory.
            self.work = Work(everyone=True)
        return is_new

    def has_missed(self, notification: Notification) -> bool:
        """Whether there was something between the last notification and this one."""
        versions = [change.version for change in notification.changes if change.version is not None]
        return self.version is not None and bool(versions) and min(versions) > self.version + 1

    def add_change(self, change: Change) -> bool:
        """Note what a change asks for, and return whether that was anything new."""
        evidence = change.evidence.lower()
        if evidence not in OF_RIGHTS or self.is_known(change):
            return False
        # Nobody has a role any more that was deleted.
        is_named = evidence == "uzivatel" or (evidence == "role" and change.operation != "delete")
        codes = change.codes if is_named else []
        useful = [code for code in codes if is_name(code)]
        self.passed_over[NO_NAME] += len(codes) - len(useful)
        if not codes:
            self.work.everyone = True
        elif evidence == "role":
            self.work.roles.update(dict.fromkeys(useful))
        else:
            # Flexi keeps logins in lower case. Whether it reports them so is not known. "a/logout" would be none.
            both = (each for code in useful for each in (code, code.lower()))
            self.work.users.update(dict.fromkeys(filter(is_name, both)))
        return bool(useful or not codes)

    def is_known(self, change: Change) -> bool:
        """Whether this very change has come before. A company that was restored begins again with old versions."""
        mark = hash(change)
        if change.version is None or mark in self.known:
            return change.version is not None
        self.known.append(mark)
        return False


def is_name(text: str) -> bool:
    """Whether the module would take it for a login or a role, and Ansible for nothing else."""
    is_plain = text.isprintable() and text == text.strip() and not ELSEWHERE.search(text)
    return is_plain and len(text) <= LONGEST_NAME and not UNFIT.search(text)


def to_event(work: Mapping[str, Work]) -> dict[str, Any]:
    """Return the variables for the playbook, where each of the companies has something to do."""
    everyone = [company for company, each in work.items() if each.everyone]
    in_roles = [company for company, each in work.items() if each.roles and not each.everyone]
    # Where it is everyone in one company, it cannot be some roles in another: what is too much does no harm.
    roles = sorted({role for company in in_roles for role in work[company].roles}) if not everyone else []
    return {
        "user_logout_companies": [*everyone, *in_roles] or list(work),
        "user_logout_users_in_companies": [*everyone, *in_roles] or None,
        "user_logout_users_with_roles": roles or None,
        "user_logout_lists": [
            {"users": list(each.users), "companies": [company]}
            for company, each in work.items()
            if each.users and not each.everyone
        ],
    }


class Changes:
    """Gathers what is to be done, and hands it on when it has become quiet."""

    def __init__(self, companies: Iterable[str], quiet: float) -> None:
        """Begin with everyone, which makes up for all that happened before."""
        self.passed_over: Counter[str] = Counter()
        """What nothing was made of, for the log."""
        self.companies = {company: Company(self.passed_over) for company in companies}
        self.quiet = quiet
        self.arrived = asyncio.Event()
        self.arrived.set()

    def add(self, company: str, notification: Notification) -> None:
        """Note a notification."""
        if self.companies[company].add(notification):
            self.arrived.set()

    async def hand_on(self, queue: asyncio.Queue[Any]) -> None:
        """Put events into the queue, for ever. While it is full, what comes is gathered for the next one."""
        while True:
            await self.arrived.wait()
            await self.wait_until_quiet()
            work = {name: company.take() for name, company in self.companies.items() if company.work}
            await queue.put(to_event(work))

    async def wait_until_quiet(self) -> None:
        """Wait until nothing more comes, but not for too long."""
        clock = asyncio.get_running_loop().time
        end = clock() + LONGEST_WAIT
        with suppress(asyncio.TimeoutError):
            while self.arrived.is_set():
                self.arrived.clear()
                await asyncio.wait_for(self.arrived.wait(), min(self.quiet, end - clock()))
        self.arrived.clear()


# Requests


class Refused(Exception):  # noqa: N818 - it is an answer rather than an error
    """A request that leads to nothing."""

    def __init__(self, status: int, reason: str) -> None:
        """Have a status for the sender, and a reason for the log."""
        super().__init__(reason)
        self.status = status


class Receiver:
    """Answers the requests."""

    def __init__(self, key: bytes, changes: Changes) -> None:
        """Take what has the key."""
        self.key, self.changes = key, changes
        self.at_once = 0
        self.second = 0
        self.this_second = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer at once, with an empty body."""
        try:
            await self.receive(request)
        except Refused as refused:
            self.changes.passed_over[f"requests {refused}"] += 1
            response = web.Response(status=refused.status)
        else:
            response = web.Response()
        response.force_close()
        return response

    async def receive(self, request: web.BaseRequest) -> None:
        """Take a notification, or raise Refused. Nothing is read of one without the key."""
        keys = request.headers.getall("X-FB-Hook-SecKey", [])
        sent = keys[0].encode("utf-8", "surrogateescape") if len(keys) == 1 else b""
        if not hmac.compare_digest(sent, self.key):
            raise Refused(403, "without the key")
        company = request.raw_path.partition("?")[0][1:]
        if company not in self.changes.companies:
            raise Refused(404, "for a company that is not configured")
        if request.method != "POST":
            raise Refused(405, "with another method")
        if "Content-Encoding" in request.headers:
            raise Refused(415, "compressed")
        self.count()
        self.at_once += 1
        try:
            notification = read_notification(await self.read(request))
        except ValueError:
            raise Refused(400, "that cannot be read") from None
        finally:
            self.at_once -= 1
        self.changes.add(company, notification)

    def count(self) -> None:
        """Refuse what is too much. Flexi tries again."""
        second = int(asyncio.get_running_loop().time())
        self.this_second = self.this_second + 1 if second == self.second else 1
        self.second = second
        if self.this_second > MOST_A_SECOND or self.at_once >= MOST_AT_ONCE:
            raise Refused(429, "in too quick a succession")

    async def read(self, request: web.BaseRequest) -> bytes:
        """Return the body, or raise Refused."""
        try:
            return await asyncio.wait_for(self.read_all(request), TIME_FOR_BODY)
        except asyncio.TimeoutError:
            raise Refused(408, "that took too long") from None
        except (web.RequestPayloadError, ConnectionError):
            raise Refused(400, "that broke off") from None

    @staticmethod
    async def read_all(request: web.BaseRequest) -> bytes:
        """Return the body, or raise Refused where it is too long."""
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > LONGEST_BODY:
                raise Refused(413, "too long")
        return bytes(body)

    async def watch(self, server: web.Server) -> None:
        """End connections that last too long, and say what was passed over, for ever."""
        before: set[web.RequestHandler] = set()
        while True:
            await asyncio.sleep(LONGEST_CONNECTION)
            for connection in before.intersection(server.connections):
                if connection.transport is not None:
                    connection.transport.abort()
            before = set(server.connections)
            passed_over = +self.changes.passed_over
            self.changes.passed_over.clear()
            if passed_over:
                said = ", ".join(f"{count} {what}" for what, count in passed_over.items())
                logger.warning("Nothing was done for: %s.", said)


class Server(web.Server):
    """A server with a limit: without open files to be had, ansible-rulebook could not run a playbook any more."""

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Cut off the oldest connection where there are too many."""
        super().connection_made(handler, transport)
        if len(self.connections) > MOST_CONNECTIONS and (oldest := self.connections[0].transport):
            oldest.abort()


def is_our_fault(record: logging.LogRecord) -> bool:
    """Whether an error is not just a request that is no HTTP."""
    return not (record.exc_info and isinstance(record.exc_info[1], http_exceptions.HttpProcessingError))


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Receive notifications until cancelled."""
    settings = read_settings(args, os.environ)
    changes = Changes(settings.companies, settings.quiet)
    receiver = Receiver(settings.key, changes)
    # Whoever can reach the port could fill the disk with an access log, or with errors that quote their requests.
    errors = logging.getLogger(f"{__name__}.requests")
    errors.addFilter(is_our_fault)
    server = Server(receiver.handle, access_log=None, logger=errors, auto_decompress=False, lingering_time=1.0)
    try:
        listener = await asyncio.get_running_loop().create_server(
            server,
            settings.host,
            settings.port,
            ssl=settings.tls,
            ssl_handshake_timeout=TIME_FOR_HANDSHAKE if settings.tls else None,
        )
    except OSError as error:
        raise ValueError(
            f"Cannot listen at {settings.host}, port {settings.port}: {error.strerror}. Choose others with "
            f"{VARIABLE}HOST and {VARIABLE}PORT."
        ) from None
    try:
        await asyncio.gather(changes.hand_on(queue), receiver.watch(server))
    finally:
        listener.close()
        await server.shutdown(0.5)
