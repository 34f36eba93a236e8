# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API, on a port of its own: look into the emulator and change it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Protocol

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from .hooks import Sent
    from .request_log import LoggedRequest
    from .state import State


class Controlled(Protocol):
    """What the control API needs of the emulator."""

    state: State

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests so far."""

    def requests_by_path(self) -> dict[str, int]:
        """Return how often each path was asked."""

    @property
    def variants(self) -> dict[str, str]:
        """The variants in force."""

    def reset(self, state: Any = None, variants: Any = None, *, delay: Any = None) -> None:
        """Start anew."""

    def set_variants(self, **variants: Any) -> None:
        """Change some variants."""

    def add_fault(self, rule: Any = None, **options: Any) -> int:
        """Add a fault."""

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults in force."""

    def clear_faults(self) -> None:
        """Drop the faults."""

    @property
    def notifications(self) -> list[Sent]:
        """What was sent to web hooks."""

    def clear_requests(self) -> None:
        """Forget the requests."""

    def connections(self) -> dict[str, int]:
        """Return counts of connections."""

    def stop_soon(self) -> None:
        """Stop after this answer."""


class Control:
    """Answers the control port."""

    def __init__(self, emulator: Controlled) -> None:
        """Control this emulator."""
        self.emulator = emulator
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "/state"): lambda _body: emulator.state.as_dict(),
            ("PUT", "/state"): self._put_state,
            ("POST", "/reset"): self._reset,
            ("GET", "/requests"): lambda _body: [item.as_dict() for item in emulator.requests],
            ("GET", "/requests/by-path"): lambda _body: emulator.requests_by_path(),
            ("DELETE", "/requests"): lambda _body: emulator.clear_requests(),
            ("GET", "/connections"): lambda _body: emulator.connections(),
            ("POST", "/users"): self._add_users,
            ("POST", "/login"): self._login,
            ("POST", "/logs-in-again"): self._logs_in_again,
            ("POST", "/expire"): self._expire,
            ("POST", "/changes"): self._change,
            ("GET", "/notifications"): self._notifications,
            ("GET", "/variants"): lambda _body: emulator.variants,
            ("PATCH", "/variants"): self._patch_variants,
            ("GET", "/faults"): lambda _body: emulator.faults(),
            ("POST", "/faults"): self._add_faults,
            ("DELETE", "/faults"): lambda _body: emulator.clear_faults(),
            ("POST", "/stop"): lambda _body: emulator.stop_soon(),
        }

    @property
    def handle(self) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        """The handler for aiohttp."""
        return self._handle

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        route = self._routes.get((request.method, request.path))
        if route is None:
            known = sorted(f"{method} {path}" for method, path in self._routes)
            return web.json_response({"error": "no such address", "there are": known}, status=404)
        try:
            text = await request.text()
            result = route(json.loads(text) if text.strip() else {})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response({"ok": True} if result is None else result)

    def _put_state(self, body: Mapping[str, Any]) -> Any:
        self.emulator.reset(body or None)
        return self.emulator.state.as_dict()

    def _reset(self, body: Mapping[str, Any]) -> Any:
        _only(body, "state", "variants", "delay")
        self.emulator.reset(body.get("state"), body.get("variants"), delay=body.get("delay"))
        return self.emulator.state.as_dict()

    def _add_users(self, body: Mapping[str, Any]) -> Any:
        _only(body, "users", "generate_users")
        return {"added": self.emulator.state.add_users(body.get("users") or (), body.get("generate_users"))}

    def _logs_in_again(self, body: Mapping[str, Any]) -> None:
        _only(body, "user", "how")
        self.emulator.state.logs_in_again(body["user"], body.get("how", True))

    def _login(self, body: Mapping[str, Any]) -> Any:
        _only(body, "user", "n")
        return {"session_ids": self.emulator.state.log_in(body["user"], int(body.get("n", 1)))}

    def _expire(self, body: Mapping[str, Any]) -> Any:
        _only(body, "user")
        ids = self.emulator.state.sessions_of(body["user"])
        return {"ended": sum(map(self.emulator.state.end_session, ids))}

    def _change(self, body: Mapping[str, Any]) -> None:
        _only(body, "company", "user", "roles", "evidence", "codes", "operation", "skip")
        state, company = self.emulator.state, body["company"]
        if body.get("skip"):
            state.skip_versions(company, int(body["skip"]))
        if "user" in body:
            state.change_user(company, body["user"], body.get("roles"))
        elif "evidence" in body:
            state.change(company, body["evidence"], body.get("codes") or (), operation=body.get("operation", "update"))

    def _notifications(self, _body: Any) -> Any:
        return [{**sent._asdict(), "body": sent.body.decode()} for sent in self.emulator.notifications]

    def _patch_variants(self, body: Mapping[str, Any]) -> Any:
        self.emulator.set_variants(**body)
        return self.emulator.variants

    def _add_faults(self, body: Any) -> Any:
        rules = body if isinstance(body, list) else [body]
        return {"ids": [self.emulator.add_fault(rule) for rule in rules]}


def _only(body: Mapping[str, Any], *known: str) -> None:
    unknown = set(body) - set(known)
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
