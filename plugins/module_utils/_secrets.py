# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping secrets out of texts, in whatever form a server or a library repeats them.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import base64
import re
import threading
from html.entities import codepoint2name
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import parse_qsl, quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "********"

_BACKSLASHES = r"\\+"
_JSON_ESCAPES = {'"': '"', "\\": "", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
"""What stands after a backslash for a character."""

_ENTITIES = {**codepoint2name, ord("'"): "apos"}
"""HTML's and XML's."""

_ESCAPE = re.compile(r"[%&+\\]")


class Secrets:
    """What one task must never show. Any number of threads may use it."""

    def __init__(self, secrets: Iterable[str] = (), *, also: Callable[[str], None] | None = None) -> None:
        """Know these; ``also`` is called with every secret, and every usual form of it, that is added."""
        self._known: set[str] = set()
        self._also = also
        self._lock = threading.Lock()
        self._forms: tuple[str, ...] = ()
        self._pattern: re.Pattern[str] | None = None
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Mask these from now on."""
        new = {secret for secret in secrets if secret} - self._known
        if not new:
            return
        with self._lock:
            self._known |= new
            # The longest first, or a shorter one would leave a part of another.
            forms = {form for secret in self._known for form in _plain_forms(secret)}
            self._forms = tuple(sorted(forms, key=len, reverse=True))
            self._pattern = None
        if self._also:
            for form in sorted({form for secret in new for form in encoded_forms(secret)}):
                self._also(form)

    def hide(self, text: str) -> str:
        """Return ``text`` with a mask for each secret. To be done before a text is cut: half a secret is not found."""
        forms = self._forms
        # The pattern is slow, and most texts have neither a secret nor what could write one otherwise.
        if forms and (_ESCAPE.search(text) or any(form in text for form in forms)):
            return self._whole_pattern().sub(MASK, text)
        return text

    def hide_in(self, value: Any) -> Any:
        """Return ``value`` with a mask for each secret in all its texts, whatever it is made of."""
        if isinstance(value, dict):
            return {key: self.hide_in(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.hide_in(each) for each in value]
        return self.hide(value) if isinstance(value, str) else value

    def _whole_pattern(self) -> re.Pattern[str]:
        """Return the pattern for all spellings of all secrets; most tasks never need it, and it takes long to make."""
        with self._lock:
            if self._pattern is None:
                self._pattern = re.compile("|".join("".join(map(_spellings, form)) for form in self._forms))
            return self._pattern


def encoded_forms(secret: str) -> set[str]:
    """Return ``secret`` as it is and as it is most often repeated, for what masks only whole strings."""
    ways: tuple[Callable[..., str], ...] = (quote, quote_plus)
    quoted = {way(secret, safe=safe, errors="replace") for way in ways for safe in ("", "/")}
    lower = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), each) for each in quoted}
    return _plain_forms(secret) | quoted | lower


def secrets_in_address(address: str) -> Iterator[str]:
    """Yield what may be secret in an address, however malformed it is: a password or token, and the query."""
    address, _mark, query = address.partition("?")
    yield query
    for _name, value in parse_qsl(query):
        yield value
    user_info, at_sign, _host = address.rpartition("@")
    if not at_sign:
        return
    scheme, slashes, rest = user_info.partition("//")
    credentials = rest if slashes else scheme
    login, colon, password = credentials.partition(":")
    for secret in (credentials, password if colon else login):
        yield secret
        yield unquote(secret)


def basic_credentials(username: str, password: str) -> str:
    """Return what HTTP Basic sends; as UTF-8, since Czech logins do not fit into Latin-1."""
    return _base64(f"{username}:{password}")


def _plain_forms(secret: str) -> set[str]:
    encoded = _base64(secret)
    return {secret, encoded, encoded.replace("+", "-").replace("/", "_")}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


def _spellings(character: str) -> str:
    """Return a pattern for all ways to write a character: plain, in an address, in JSON and in HTML."""
    number, raw = ord(character), character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    # What was encoded twice too. The plain character comes last, or it would leave the rest of a longer spelling.
    ways = [
        f"(?i:{''.join(f'%(?:25)*{byte:02x}' for byte in raw)})",
        f"(?i:{''.join(rf'{_BACKSLASHES}u{high:02x}{low:02x}' for high, low in zip(units[::2], units[1::2]))})",
        f"(?i:&(?:amp;)*#(?:0*{number}|x0*{number:x});)",
    ]
    if number in _ENTITIES:
        ways.append(f"&(?:amp;)*{_ENTITIES[number]};")
    if character in _JSON_ESCAPES:
        ways.append(_BACKSLASHES + re.escape(_JSON_ESCAPES[character]))
    if character == " ":
        ways.append(re.escape("+"))
    return f"(?:{'|'.join([*ways, re.escape(character)])})"
