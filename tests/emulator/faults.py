# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong, and when: the rules. What they do on the wire is in wire.py."""

from __future__ import annotations

import random
import re
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Action -> the options it knows. `act` says whether the request takes effect first.
ACTIONS: dict[str, frozenset[str]] = {
    "drop_before": frozenset(),
    "drop_after": frozenset(),
    "reset_before": frozenset(),
    "reset_after": frozenset(),
    "hang": frozenset({"act"}),
    "slow": frozenset({"seconds"}),
    "drip": frozenset({"bytes", "seconds"}),
    "interim": frozenset({"act", "code", "count", "headers", "seconds"}),
    "close_after": frozenset({"seconds"}),
    "status": frozenset({"code", "body", "headers", "content_type", "message"}),
    "status_after": frozenset({"code", "body", "headers", "content_type", "message"}),
    "garbage": frozenset({"act", "body"}),
    "truncate": frozenset({"act"}),
    "chunk_truncate": frozenset({"act"}),
    "wrong_length": frozenset({"act"}),
    "huge_html": frozenset({"act", "megabytes", "code"}),
    "bad_utf8": frozenset({"act"}),
    "wrong_json": frozenset({"act", "body", "code"}),
    "redirect": frozenset({"act", "location", "code"}),
    "expire_session": frozenset(),
}
RULE_KEYS = frozenset({"action", "match", "when", "times", "id", "seen", "hits"})
MATCH_KEYS = frozenset({"method", "path", "user", "login"})
WHEN_KEYS = frozenset({"nth", "every", "probability", "seed"})


def _only(given: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    unknown = set(given) - known
    if unknown:
        raise ValueError(f"unknown in {what}: {', '.join(sorted(map(str, unknown)))}")


class Rule:
    """One fault: which requests, which of them, how often, and what happens."""

    def __init__(self, number: int, given: Mapping[str, Any]) -> None:
        """ValueError when `given` is not a rule."""
        self.number, self.action = number, str(given.get("action"))
        if self.action not in ACTIONS:
            raise ValueError(f"no action {self.action!r}; there are: {', '.join(ACTIONS)}")
        _only(given, RULE_KEYS | ACTIONS[self.action], f"a rule with action {self.action}")
        self.given = {key: given[key] for key in given if key not in {"id", "seen", "hits"}}
        self.options = {key: given[key] for key in given if key not in RULE_KEYS}
        match, self.when = dict(given.get("match") or {}), dict(given.get("when") or {})
        _only(match, MATCH_KEYS, "match")
        _only(self.when, WHEN_KEYS, "when")
        self.method = str(match.get("method", "")).upper()
        self.user: str | None = match.get("user")
        self.login: str | None = match.get("login")
        try:
            self.path = re.compile(str(match.get("path", "")))
        except re.error as error:
            raise ValueError(f"match.path is not a regular expression: {error}") from error
        nth = self.when.get("nth") or []
        self.nth = frozenset([nth] if isinstance(nth, int) else nth)
        # A seed, so that a run that failed can be had again.
        self.random = random.Random(self.when.get("seed", 0))
        self.times: int | None = given.get("times")
        self.seen = self.hits = 0

    def strikes(self, method: str, path: str, user: str, login: str) -> bool:
        """Whether this request is hit. Counts it."""
        if self.times is not None and self.hits >= self.times:
            return False
        if not self._matches(method, path, user, login):
            return False
        self.seen += 1
        if not self._is_due():
            return False
        self.hits += 1
        return True

    def _matches(self, method: str, path: str, user: str, login: str) -> bool:
        return (
            self.method in {"", method}
            and self.user in {None, user}
            and self.login in {None, login}
            and self.path.search(path) is not None
        )

    def _is_due(self) -> bool:
        if self.nth:
            return self.seen in self.nth
        if "every" in self.when:
            return self.seen % int(self.when["every"]) == 0
        if "probability" in self.when:
            return self.random.random() < float(self.when["probability"])
        return True

    def as_dict(self) -> dict[str, Any]:
        """Return the rule, how many requests it saw and how many it hit."""
        return {**self.given, "id": self.number, "seen": self.seen, "hits": self.hits}


class Faults:
    """The rules in force; the first that strikes wins. Safe to use from any thread."""

    def __init__(self) -> None:
        """No faults."""
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._count = 0

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._rules)

    def add(self, given: Mapping[str, Any]) -> int:
        """Add a rule and return its number."""
        with self._lock:
            self._count += 1
            self._rules.append(Rule(self._count, given))
            return self._count

    def clear(self) -> None:
        """Drop every rule."""
        with self._lock:
            self._rules.clear()

    def strike(self, method: str, path: str, user: str, login: str) -> Rule | None:
        """Return the rule that hits this request."""
        with self._lock:
            for rule in self._rules:
                if rule.strikes(method, path, user, login):
                    return rule
        return None

    def as_list(self) -> list[dict[str, Any]]:
        """All of them, for the control API."""
        with self._lock:
            return [rule.as_dict() for rule in self._rules]
