# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request as the endpoints see it: pieces of the raw path, query, credentials."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from .answers import HTML, JSON, negotiated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Session, User

PORT = re.compile(r":\d+$")


@dataclass
class Identity:
    """Who asks: a user, or the server's own authorization (`user` None)."""

    name: str
    user: User | None = None
    session: Session | None = None

    @property
    def may_manage(self) -> bool:
        """The rights to manage everybody's sessions."""
        return self.user is None or self.user.may_log_others_out


@dataclass
class Call:
    """One request."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    # scheme://host:port, for absolute redirects
    base: str = ""
    # A client certificate was shown and checked.
    certificate: bool = False
    # The address of a hook that is to be registered has taken the empty notification.
    hook_answers: bool = True
    # Filled in on the way:
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    format: str = HTML
    who: Identity | None = None
    pieces: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take the target apart."""
        self.path, _mark, query = self.target.partition("?")
        if query:
            self.query = parameters(query)

    def choose_format(self, suffix: str) -> bool:
        """Settle the format; False when there is no such format."""
        chosen = negotiated(suffix, self.headers.get("Accept", ""))
        self.format = chosen or HTML
        return chosen is not None

    def flag(self, name: str) -> bool:
        """Tell whether a parameter is true."""
        return bool(self.query) and self.query.get(name, "").lower() == "true"

    @property
    def refusal_format(self) -> str:
        """The format in which a call without a login is refused: JSON for a client that takes anything."""
        chosen = self.path.endswith(".html") or self.headers.get("Accept", "*/*").strip() != "*/*"
        return self.format if chosen or self.format != HTML else JSON

    @property
    def plain_base(self) -> str:
        """The address as a server behind a TLS proxy sees it: http, and no port."""
        return "http://" + PORT.sub("", self.base.partition("://")[2])

    @property
    def basic(self) -> tuple[str, str] | None:
        """User name and password as sent with HTTP Basic, empty ones when they cannot be read."""
        return basic_credentials(self.headers.get("Authorization", ""))

    @property
    def session_id(self) -> str:
        """The session id: in its header, in the cookie or in the query."""
        return (
            self.headers.get("X-authSessionId")
            or _cookie(self.headers.get("Cookie", ""))
            or self.query.get("authSessionId", "")
        )


def parameters(query: str) -> dict[str, str]:
    """Return a query or a form; of a repeated name the first counts, as in a servlet."""
    result: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        result.setdefault(name, value)
    return result


@lru_cache(maxsize=256)
def basic_credentials(header: str) -> tuple[str, str] | None:
    """None when this is not HTTP Basic at all."""
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _colon, password = text.partition(":")
    return name, password


def _cookie(header: str) -> str:
    for item in header.split(";") if header else ():
        name, _equals, value = item.strip().partition("=")
        if name == "authSessionId":
            return value.strip('"')
    return ""


def decoded_pieces(path: str) -> tuple[str, ...] | None:
    """Split the path and decode its segments one by one, so that %2F stays inside its segment.

    Segments "." and ".." are resolved as a web server does, encoded or not: a login may not be
    one. None when the path is not valid UTF-8.
    """
    pieces: list[str] = []
    for raw in path[1:].split("/"):
        try:
            piece = unquote(raw, errors="strict") if "%" in raw else raw
            piece.encode("utf-8")
        except UnicodeError:
            return None
        if piece == "..":
            pieces[-1:] = []
        elif piece != ".":
            pieces.append(piece)
    return tuple(pieces)
