# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping secrets out of texts, in whatever form a server or a library repeats them."""

from __future__ import annotations

import base64
import html
import json
import re
import sys
import threading
from html.entities import name2codepoint
from typing import TYPE_CHECKING, Any, Callable, NamedTuple
from unicodedata import normalize
from urllib.parse import parse_qsl, quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MASK = "********"

_LAYERS = 8
"""How many times over a text is decoded; nobody but an attacker encodes more than twice."""
_SHORTEST = 4
"""Bytes of a secret that is looked for by more than its own spelling, or ordinary words would be masked too."""
_SHORTEST_BASE64 = 6
_ENTITIES = {name.encode(): code for name, code in {**name2codepoint, "apos": ord("'")}.items()}
_OLD_CHARSETS = ("cp1250", "iso8859-2")
"""In which Czech was written before UTF-8."""

# Each alternative takes a whole run of what may be repeated, so that none of them begins again within the run.
_ENCODED = re.compile(
    rb"""(?ix)
    %(?:25)* (?P<percent> [0-9a-f]{2})
    | (?:\\+|%) u (?P<high> d[89ab][0-9a-f]{2}) (?:\\+|%) u (?P<low> d[c-f][0-9a-f]{2})
    | (?:\\+|%) u (?P<unit> [0-9a-f]{4})
    | \\+ (?: x (?P<byte> [0-9a-f]{2}) )?
    | & (?:amp;)* (?: \# (?P<decimal> [0-9]{1,32}) | \#x (?P<hex> [0-9a-f]{1,32}) | (?P<name> [a-z][a-z0-9]{1,7}) ) ;
    """
)
_NOT_AS_IT_IS = re.compile(rb"[%&\\\r\n=]")
_ESCAPED = re.compile(rb"\\+([^\\])?")
_JSON_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_BETWEEN_DIGITS = re.compile(rb"[\r\n]+[ \t]*|=+")
_AS_IN_FORMS = bytes.maketrans(b" ", b"+")
_NOT_FOR_ADDRESSES = bytes.maketrans(b"-_", b"+/")


class _Read(NamedTuple):
    """A text as bytes, of which number ``i`` stands for the characters from ``at[i]`` to ``at[i + 1]``."""

    units: bytes
    at: Sequence[int]

    def replaced(self, pattern: re.Pattern[bytes], meaning: Callable[[re.Match[bytes]], bytes]) -> _Read:
        units, at, end = bytearray(), list[int](), 0
        for found in pattern.finditer(self.units):
            new = meaning(found)
            units += self.units[end : found.start()] + new
            at += self.at[end : found.start()]
            at += [self.at[found.start()]] * len(new)
            end = found.end()
        return _Read(bytes(units + self.units[end:]), [*at, *self.at[end:]]) if end else self

    def translated(self, table: bytes) -> _Read:
        return _Read(self.units.translate(table), self.at)


class _Needles(NamedTuple):
    """What to look for; with each, how many digits before and after it are to be masked too."""

    plain: Mapping[bytes, tuple[int, int]]
    """In the text as it is."""
    decoded: Mapping[bytes, tuple[int, int]]
    """In what is left of the text when it is decoded."""
    encoded: Mapping[bytes, tuple[int, int]]
    """In its base64."""


class Secrets:
    """What one task must never show. Any number of threads may use it."""

    def __init__(self, secrets: Iterable[str] = (), *, also: Callable[[str], None] | None = None) -> None:
        """Know these; ``also`` is called with every secret, and every usual form of it, that is added."""
        self._known: set[str] = set()
        self._also = also
        self._lock = threading.Lock()
        self._needles = _Needles({}, {}, {})
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Mask these from now on."""
        new = {secret for secret in secrets if secret} - self._known
        if not new:
            return
        with self._lock:
            self._known |= new
            for secret in new:
                self._needles = _Needles(*({**old, **more} for old, more in zip(self._needles, _needles(secret))))
        if self._also:
            for form in sorted({form for secret in new for form in encoded_forms(secret)}):
                self._also(form)

    def hide(self, text: str) -> str:
        """Return ``text`` with a mask for each secret. To be done before a text is cut: half a secret is not found."""
        needles = self._needles
        if not needles.plain:
            return text
        hidden, end = [], 0
        for begin, until in _merged(_found(text, needles)):
            hidden += [text[end:begin], MASK]
            end = until
        return "".join([*hidden, text[end:]])

    def hide_in(self, value: Any) -> Any:
        """Return ``value`` with a mask for each secret in all its texts, whatever it is made of.

        Half a character, which no encoding can write, is escaped: Ansible would refuse the whole of it.
        """
        texts = "\0".join(texts_in(value))
        # Most results have no secret in them, and to look once takes much less time than to look into each text.
        return _changed(value, self.hide if self.hide(texts) != texts else str)


def texts_in(value: Any) -> Iterator[str]:
    """Yield the text in a value, but for the names in dictionaries, and for what a vault has encrypted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_in(each)


def _changed(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {_encodable(key) if isinstance(key, str) else key: _changed(each, hide) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_changed(each, hide) for each in value]
    return _encodable(hide(value)) if isinstance(value, str) else value


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


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
    return base64.b64encode(_bytes(text)).decode("ascii")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _needles(secret: str) -> _Needles:
    composed = {secret, normalize("NFC", secret), normalize("NFD", secret)}
    spellings = {*map(_bytes, composed), *_in_old_charsets(secret)}
    decoded = {_decoded(_Read(each, range(len(each) + 1))).units.translate(_AS_IN_FORMS) for each in spellings}
    plain = {_bytes(each) for each in encoded_forms(secret) | composed | {html.escape(secret), *_in_json(secret)}}
    # What loses something by being decoded may be short then, but for a blank.
    same = _bytes(secret).translate(_AS_IN_FORMS)
    return _Needles(
        plain=dict.fromkeys(plain, (0, 0)),
        decoded={each: (0, 0) for each in decoded if len(each) >= _SHORTEST or each == same},
        encoded={digits: around for each in plain for digits, around in _parts_of_base64(each.rstrip(b"="))},
    )


def _in_json(text: str) -> set[str]:
    return {json.dumps(text, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}


def _in_old_charsets(secret: str) -> Iterator[bytes]:
    """Yield the bytes of a secret that is not ASCII in another charset, and what is made of one read as another."""
    if secret.isascii():
        return
    # As JavaScript escapes it.
    yield b"".join(each.encode("latin-1" if each <= "\xff" else "utf-8", "surrogatepass") for each in secret)
    for charset in _OLD_CHARSETS:
        try:
            raw = secret.encode(charset)
        except UnicodeError:
            continue
        yield raw
        misread = raw.decode("utf-8", "replace")
        if len(misread.replace("\ufffd", "")) >= _SHORTEST:
            yield _bytes(misread)


def _parts_of_base64(secret: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield what base64 has of a secret, wherever it begins in what is encoded: without the digits it shares."""
    for before in range(3):
        bits = 8 * (before + len(secret))
        digits = base64.b64encode(bytes(before) + secret)[-(-8 * before // 6) : bits // 6]
        if len(digits) >= _SHORTEST_BASE64:
            yield digits, (int(before > 0), int(bits % 6 > 0))


def _found(text: str, needles: _Needles) -> Iterator[tuple[int, int]]:
    """Yield where a secret is, from which character to which."""
    read = _read(text)
    yield from _occurrences(read, needles.plain)
    is_encoded = _NOT_AS_IT_IS.search(read.units)
    read = _decoded(read) if is_encoded else read
    yield from _occurrences(read.translated(_AS_IN_FORMS), needles.decoded)
    read = read.replaced(_BETWEEN_DIGITS, lambda _found: b"") if is_encoded else read
    for begin, end in _occurrences(read.translated(_NOT_FOR_ADDRESSES), needles.encoded):
        found = text[begin:end]
        yield end - len(found.lstrip()), begin + len(found.rstrip())


def _read(text: str) -> _Read:
    if text.isascii():
        return _Read(text.encode(), range(len(text) + 1))
    return _Read(_bytes(text), [*(i for i, each in enumerate(text) for _byte in _bytes(each)), len(text)])


def _decoded(read: _Read) -> _Read:
    """Return what is left when percents, references of HTML and backslashes are decoded, layer by layer."""
    for _layer in range(_LAYERS):
        before, read = read.units, read.replaced(_ENCODED, _meaning)
        if read.units == before:
            break
    return read.replaced(_ESCAPED, lambda found: _JSON_ESCAPES.get(found[1], found[1] or b""))


def _meaning(encoded: re.Match[bytes]) -> bytes:
    kind = encoded.lastgroup
    if kind is None:
        return b"\\"
    digits = encoded[kind]
    if kind in {"percent", "byte"}:
        return bytes.fromhex(digits.decode())
    if kind == "low":
        units = bytes.fromhex((encoded["high"] + digits).decode())
        return units.decode("utf-16-be").encode()
    code = _ENTITIES.get(digits) if kind == "name" else int(digits, 10 if kind == "decimal" else 16)
    return encoded[0] if code is None or code > sys.maxunicode else _bytes(chr(code))


def _occurrences(read: _Read, needles: Mapping[bytes, tuple[int, int]]) -> Iterator[tuple[int, int]]:
    units = read.units
    for needle in [each for each in needles if each in units]:
        before, after = needles[needle]
        begin = units.find(needle)
        while begin >= 0:
            end = begin + len(needle)
            yield read.at[max(0, begin - before)], read.at[min(len(units), end + after)]
            begin = units.find(needle, end)


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans in order, those that overlap as one."""
    begin = end = 0
    for each, until in sorted(spans):
        if each >= end:
            if end > begin:
                yield begin, end
            begin, end = each, until
        end = max(end, until)
    if end > begin:
        yield begin, end
