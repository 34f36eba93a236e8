# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a company, and the web hooks that report them: `/c/{dbNazev}/changes`, `/c/{dbNazev}/hooks`."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp

from .answers import JSON, XML, Answer, content, done, error
from .refusals import forbidden, no_address, no_company

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import Call, Identity
    from .state import State

FORMATS = {"JSON": JSON, "XML": XML}
KEY_HEADER = "X-FB-Hook-SecKey"
FIRST_VERSION = 3656477
# Seconds: how often is looked, what a receiver may take, and how long the longest pause is.
TICK, PATIENCE, LONGEST_PAUSE = 0.05, 15.0, 60.0
SWITCHES = {"enable": True, "disable": False}


class Changed(NamedTuple):
    """A change of one record."""

    version: int
    evidence: str
    operation: str
    timestamp: str
    id: str
    codes: tuple[str, ...]

    @property
    def external_ids(self) -> list[str]:
        """The other identifiers."""
        return [f"code:{code}" for code in self.codes]


@dataclass(eq=False)
class Hook:
    """An address that is told of changes, up to a version."""

    id: int
    url: str
    form: str
    key: str
    version: int
    # How often in a row it did not work, and when to try again.
    penalty: int = 0
    due: float = 0.0
    busy: bool = False


@dataclass
class Journal:
    """The changes of a company."""

    version: int = FIRST_VERSION
    tracked: bool = True
    changes: list[Changed] = field(default_factory=list)
    hooks: dict[int, Hook] = field(default_factory=dict)

    def note(self, evidence: str, operation: str, number: str, codes: tuple[str, ...]) -> None:
        """Note a change, unless they are not tracked."""
        if self.tracked:
            self.version += 1
            now = dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
            self.changes.append(Changed(self.version, evidence, operation, now, number, codes))


class Sent(NamedTuple):
    """A notification that was sent."""

    url: str
    body: bytes
    # 0: there was no answer.
    status: int
    time: float


class HookPages:
    """Registers hooks, and switches the tracking of changes."""

    def __init__(self, state: State, variants: dict[str, str]) -> None:
        """Look at the state and the variants as they are at each call."""
        self.state, self.variants = state, variants

    def answer(self, call: Call, who: Identity) -> Answer:
        """Answer what is below a company's hooks or changes."""
        _c, company, kind, *rest = call.pieces
        journal = self.state.journals.get(company)
        if journal is None:
            return no_company(call)
        if who.user is not None and not who.user.may_enter(company):
            return forbidden(call)
        if kind == "changes":
            return self._changes(call, journal, rest)
        if self.variants["hooks"] == "disabled":
            return error(call.format, 403, "Hooky nejsou povoleny.")
        return self._hooks(call, journal, rest)

    def _changes(self, call: Call, journal: Journal, rest: list[str]) -> Answer:
        if rest == ["status"] and call.method == "GET":
            success = "true" if journal.tracked else "false"
            return content(call.format, {"winstrom": {"@version": "1.0", "success": success}})
        if len(rest) == 1 and rest[0] in SWITCHES and call.method in {"PUT", "POST"}:
            journal.tracked = SWITCHES[rest[0]]
            return done(call.format)
        return no_address(call)

    def _hooks(self, call: Call, journal: Journal, rest: list[str]) -> Answer:
        if rest and call.method == "DELETE":
            known = journal.hooks.pop(int(rest[0]) if rest[0].isdigit() else 0, None)
            return done(call.format) if known else error(call.format, 404, "Záznam nenalezen.", "formZaznamNenalezen")
        if rest:
            return no_address(call)
        if call.method == "GET":
            hooks = [
                {"id": str(hook.id), "url": hook.url, "format": hook.form, "penalty": str(hook.penalty)}
                for hook in journal.hooks.values()
            ]
            return content(call.format, {"winstrom": {"@version": "1.0", "hooks": hooks}})
        return self._register(call, journal)

    def _register(self, call: Call, journal: Journal) -> Answer:
        url, form = call.query.get("url", ""), call.query.get("format", "")
        if not url or form not in FORMATS:
            return error(call.format, 400, "Chybí url nebo format.")
        if not journal.tracked:
            return error(call.format, 400, "Sledování změn není zapnuto.")
        if not call.hook_answers:
            return error(call.format, 400, "URL hooku neodpovídá.")
        version = call.query.get("lastVersion", "")
        number = max(journal.hooks, default=0) + 1
        journal.hooks[number] = Hook(
            number, url, form, call.query.get("secKey", ""), int(version) if version.isdigit() else journal.version
        )
        return done(call.format)


class HookSender:
    """Sends notifications, and tries again with growing pauses those that were not taken."""

    def __init__(self, state: State, variants: Mapping[str, str]) -> None:
        """Look at the state and the variants as they are."""
        self.state, self.variants = state, variants
        self.sent: list[Sent] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def forget(self) -> None:
        """Forget what was sent, and what is under way."""
        self.sent = []

    async def test(self, call: Call) -> bool:
        """Whether the address of a registration takes the empty notification, or need not."""
        if not call.query.get("url") or call.flag("skipUrlTest"):
            return True
        hook = Hook(0, call.query.get("url", ""), call.query.get("format", ""), call.query.get("secKey", ""), 0)
        return await self._post(hook, b"")

    async def run(self) -> None:
        """Send what is to be sent, for ever."""
        while True:
            await asyncio.sleep(TICK)
            with self.state.lock:
                due = [
                    (journal, hook)
                    for journal in self.state.journals.values()
                    for hook in journal.hooks.values()
                    if journal.version > hook.version and not hook.busy and hook.due <= time.monotonic()
                ]
                for _journal, hook in due:
                    hook.busy = True
            for journal, hook in due:
                task = asyncio.create_task(self._notify(journal, hook))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def repeat(self) -> None:
        """Send the latest notification to each address again."""
        hooks = [hook for journal in self.state.journals.values() for hook in journal.hooks.values()]
        for hook in hooks:
            bodies = [sent.body for sent in self.sent if sent.url == hook.url and sent.body]
            if bodies:
                await self._post(hook, bodies[-1])

    async def _notify(self, journal: Journal, hook: Hook) -> None:
        with self.state.lock:
            most = int(self.variants["hook_limit"])
            changes = [change for change in journal.changes if change.version > hook.version]
            part, rest = changes[:most], changes[most:]
            version = part[-1].version if rest else journal.version
            if self.variants["hook_codes"] == "no":
                part = [change._replace(codes=()) for change in part]
            body = notification(hook.form, journal.version, part, str(rest[0].version) if rest else "none")
        taken = await self._post(hook, body) if part else True
        if taken:
            hook.version, hook.penalty = version, 0
        else:
            hook.penalty += 1
            hook.due = time.monotonic() + min(TICK * 2**hook.penalty, LONGEST_PAUSE)
        hook.busy = False

    async def _post(self, hook: Hook, body: bytes) -> bool:
        headers = {"Content-Type": f"application/{hook.form.lower()}", **({KEY_HEADER: hook.key} if hook.key else {})}
        # Another one, once what is under way is forgotten.
        sent, status = self.sent, 0
        try:
            timeout = aiohttp.ClientTimeout(total=PATIENCE)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(hook.url, data=body, headers=headers, ssl=False, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            pass
        sent.append(Sent(hook.url, body, status, time.time()))
        return status // 100 == 2


def notification(form: str, version: int, changes: list[Changed], following: str) -> bytes:
    """Return a notification in one of the formats, which are those of the changes API."""
    if FORMATS[form] == JSON:
        records = [
            {
                "@evidence": change.evidence,
                "@in-version": str(change.version),
                "@operation": change.operation,
                "@timestamp": change.timestamp,
                "id": change.id,
                **({"external-ids": change.external_ids} if change.codes else {}),
            }
            for change in changes
        ]
        return content(JSON, {"winstrom": {"@globalVersion": str(version), "changes": records, "next": following}}).body
    inside: dict[str, Any] = {"@version": "1.0", "@globalVersion": str(version)}
    for change in changes:
        inside.setdefault(change.evidence, []).append(
            {
                "@in-version": str(change.version),
                "@operation": change.operation,
                "@timestamp": change.timestamp,
                "id": [change.id, *change.external_ids],
            }
        )
    return content(XML, {"winstrom": {**inside, "next": following}}).body
