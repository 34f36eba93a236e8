# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a body: unpacked, as JSON or XML, and what it says of success."""

from __future__ import annotations

import json
import re
import zlib
from collections import deque
from collections.abc import Mapping
from http.client import HTTPException, IncompleteRead
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

_DENIALS = frozenset({"error", "errors"})
_OUTCOMES = frozenset({"ok", "status", "result", "done", "loggedout"})
_FAILURES = frozenset({"false", "error", "errors", "fail", "failed", "failure", "denied", "ko", "nok"})
_NUMBERS = ("status", "code")
"""What may have the number of what failed, at the root."""
_FIRST_BAD_STATUS = 400
_WORDS = ("message", "title", "detail", "reason", "error_description")
"""What may say it."""
_MOST_NODES = 200_000
"""More than fit into an answer to a POST; of a longer list, only the beginning is searched for a denial."""
_DTD = re.compile("<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_FILLING = b"\0\r\n\t "
_BEGINS_AS_GZIP = b"\x1f\x8b"
_MOST_PARTS = 20
_OF_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_OF_BARE_DEFLATE = -zlib.MAX_WBITS
_BITS_OF_METHOD = 0x0F


class UnreadableError(HTTPException):
    """A reply that arrived, but in a form that nobody can read: to ask again would change nothing."""


def unpacked(body: bytes, encoding: str, longest: int) -> tuple[bytes, bool]:
    """Return a body that arrived in this Content-Encoding, and whether that is all of it: at most ``longest`` bytes.

    Raise IncompleteRead where it broke off, of which ``urllib3`` says nothing, or UnreadableError.
    """
    names = [name for name in encoding.lower().replace(",", " ").split() if name != "identity"]
    if names not in ([], ["gzip"], ["x-gzip"], ["deflate"]):
        raise UnreadableError("its Content-Encoding is unknown")
    if not (names and body):
        return body, True
    plain = b""
    try:
        for _part in range(_MOST_PARTS):
            unpacker = zlib.decompressobj(_OF_BARE_DEFLATE if _is_bare(body, names[0]) else _OF_GZIP_OR_ZLIB)
            plain += unpacker.decompress(body, longest + 1 - len(plain))
            if len(plain) > longest:
                return plain[:longest], False
            if not unpacker.eof:
                raise IncompleteRead(plain)
            body = unpacker.unused_data
            # Some servers fill it up.
            if not body.strip(_FILLING):
                return plain, True
            if not body.startswith(_BEGINS_AS_GZIP):
                raise UnreadableError("something else follows what its Content-Encoding packs")
    except zlib.error:
        raise UnreadableError("it is not in the Content-Encoding that it names") from None
    raise UnreadableError("its Content-Encoding has too many parts")


def _is_bare(body: bytes, name: str) -> bool:
    """Whether it is deflate without the two bytes of zlib before it, as some servers send it."""
    is_zlib = body[0] & _BITS_OF_METHOD == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    return name == "deflate" and not is_zlib and len(body) > 1


def read_json(text: str) -> Any:
    """Return a body as JSON, or None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_xml(text: str) -> ET.Element | None:
    """Return the root of a body in XML, or None where it is none, or has a DTD, which Flexi never sends."""
    if not text.lstrip().startswith("<") or _DTD.search(text):
        return None
    try:
        # A declaration would name the encoding that the text is decoded from already.
        return ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314 - it has no DTD, so no entities
    except ET.ParseError:
        return None


def envelope_in_json(body: Any) -> Mapping[str, Any]:
    """Return the fields of Flexi's envelope, empty where there is none."""
    inner = body.get("winstrom") if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def envelope_in_xml(root: ET.Element | None) -> Mapping[str, Any]:
    """Return the fields of Flexi's envelope under their names in JSON, empty where there is none."""
    if root is None or _name(root) != "winstrom":
        return {}
    fields: dict[str, Any] = {"@version": root.get("version", "")}
    for each in root:
        fields[_name(each)] = (each.text or "").strip()
        fields |= {f"{_name(each)}@{attribute}": value for attribute, value in each.items()}
    return fields


def json_denies(body: Any) -> bool:
    """Whether it is a bare value that is not true, or some field of it says that something failed."""
    if isinstance(body, Mapping):
        if any(_is_bad(each.get(name)) for each in (body, envelope_in_json(body)) for name in _NUMBERS):
            return True
    elif body is not None and not isinstance(body, list):
        return not _is_true(body)
    nodes = islice(_nodes(body), _MOST_NODES)
    fields = chain.from_iterable(each.items() for each in nodes if isinstance(each, Mapping))
    return any(_denies(name, value) for name, value in fields)


def _nodes(body: Any) -> Iterator[Any]:
    left = deque([body])
    while left:
        each = left.popleft()
        yield each
        if isinstance(each, Mapping):
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)


def messages_in_json(body: Any) -> str:
    """Return what stands in all fields ``message`` and the like, one a line."""
    nodes = [each for each in islice(_nodes(body), _MOST_NODES) if isinstance(each, Mapping)]
    return "\n".join(str(each.get(name) or "") for each in nodes for name in _WORDS)


def messages_in_xml(root: ET.Element) -> str:
    """Return what stands in all elements and attributes ``message`` and the like, and in the root, one a line."""
    found = [root.text or ""]
    for each in islice(root.iter(), _MOST_NODES):
        found += [each.get(name, "") for name in _WORDS]
        found += each.itertext() if _name(each) in _WORDS else ()
    return "\n".join(found)


def xml_denies(root: ET.Element) -> bool:
    """Whether some element or attribute of it says that something failed."""
    numbers = [root.get(name) for name in _NUMBERS] + [each.text for each in root if _name(each) in _NUMBERS]
    return any(map(_is_bad, numbers)) or any(
        _name(each).lower() in _DENIALS
        or _denies(_name(each), each.text)
        or any(_denies(_local(name), value) for name, value in each.items())
        for each in islice(root.iter(), _MOST_NODES)
    )


def _denies(name: Any, value: Any) -> bool:
    """Whether a field, or in JSON an attribute too, is a ``success`` that is not true, errors, or a plain no."""
    name = str(name).lower().lstrip("@")
    if name in _DENIALS:
        return bool(value)
    return not _is_true(value) if name == "success" else name in _OUTCOMES and str(value).strip().lower() in _FAILURES


def _is_bad(number: Any) -> bool:
    """Whether it is the number of what failed; Flexi's own ``status`` is a dictionary."""
    digits = str(number).strip()
    return digits.isdecimal() and int(digits[:9]) >= _FIRST_BAD_STATUS


def _is_true(value: Any) -> bool:
    return str(value).strip().lower() in {"true", "1"}


def _name(element: ET.Element) -> str:
    """Return the name of an element, without its namespace; comments have none."""
    return _local(element.tag) if isinstance(element.tag, str) else ""


def _local(name: str) -> str:
    return name.rpartition("}")[2]
