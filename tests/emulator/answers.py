# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes back: an answer, its envelope in each format, and its bytes on the wire."""

from __future__ import annotations

import html
import http
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON, XML, HTML = "json", "xml", "html"
TYPES = {
    JSON: "application/json",
    XML: "application/xml",
    HTML: "text/html;charset=utf-8",
    "text": "text/plain;charset=utf-8",
}
# The suffix of the address decides first; these are all that the emulator can write.
SUFFIXES = {"json": JSON, "xml": XML, "html": HTML, "js": HTML}
ACCEPTED = {
    "application/json": JSON,
    "text/json": JSON,
    "application/xml": XML,
    "text/xml": XML,
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "text/*": HTML,
    "*/*": HTML,
}
Headers = tuple[tuple[str, str], ...]


@dataclass
class Answer:
    """One answer, before it is on the wire."""

    status: int
    content_type: str = ""
    body: bytes = b""
    headers: Headers = ()


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _equals, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=256)
def negotiated(suffix: str, accept: str) -> str | None:
    """Return the format: by the suffix, else by Accept, else HTML. None: not one that there is."""
    if suffix:
        return SUFFIXES.get(suffix)
    best, found = 0.0, None
    for item in (accept or "*/*").split(","):
        kind, _semicolon, parameters = item.partition(";")
        form, quality = ACCEPTED.get(kind.strip().lower()), _quality(parameters)
        if form and quality > best:
            best, found = quality, form
    return found


def _elements(name: str, value: Any) -> Iterator[str]:
    """Put a value into XML; "key@attribute" and "@attribute" become attributes, as Flexi has it."""
    if isinstance(value, list):
        for item in value:
            yield from _elements(name, item)
    elif isinstance(value, dict):
        own = "".join(f" {k[1:]}={quoteattr(str(v))}" for k, v in value.items() if k[0] == "@")
        yield f"<{name}{own}>"
        for key, item in value.items():
            if "@" not in key:
                yield from _elements(key + _attributes(value, key), item)
        yield f"</{name.partition(' ')[0]}>"
    else:
        yield f"<{name}>{escape(_plain(value))}</{name.partition(' ')[0]}>"


def _attributes(parent: dict[str, Any], key: str) -> str:
    start = key + "@"
    return "".join(
        f" {name[len(start) :]}={quoteattr(str(value))}" for name, value in parent.items() if name.startswith(start)
    )


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _root(data: Any) -> tuple[str, Any]:
    """Find the one element that XML begins with, or make one."""
    if not isinstance(data, dict):
        return "list", {"item": data}
    if len(data) == 1:
        [(name, value)] = data.items()
        if not isinstance(value, list):
            return name, value
    return "list", data


def page(title: str, content: str, status: int = 200, headers: Headers = ()) -> Answer:
    """Return a page of the web interface; `content` is HTML."""
    text = (
        '<!DOCTYPE html>\n<html lang="cs"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)} - ABRA Flexi</title></head>\n"
        f'<body class="flexibee"><h1>{html.escape(title)}</h1>\n{content}\n</body></html>\n'
    )
    return Answer(status, TYPES[HTML], text.encode(), headers)


def content(form: str, data: Any, status: int = 200) -> Answer:
    """Return data, in the format asked for."""
    if form == XML:
        text = '<?xml version="1.0" encoding="utf-8"?>\n' + "".join(_elements(*_root(data)))
    elif form == JSON:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    else:
        readable = json.dumps(data, ensure_ascii=False, indent=2)
        return page("Výpis", f"<pre>{html.escape(readable)}</pre>", status)
    return Answer(status, TYPES[form], text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=512)
def _envelope(form: str, success: str, message: str, code: str) -> bytes:
    inside = {"@version": "1.0", "success": success}
    if message:
        inside["message"] = message
    if code:
        inside["message@messageCode"] = code
    return content(form, {"winstrom": inside}).body


def done(form: str) -> Answer:
    """Return the envelope of success."""
    return Answer(200, TYPES[form], _envelope(form, "true", "", ""))


def error(form: str, status: int, message: str, code: str = "", headers: Headers = ()) -> Answer:
    """Return the envelope of an error, or a page that says the same."""
    if form == HTML:
        return page("Chyba", f'<p class="error">{html.escape(message)}</p>', status, headers)
    return Answer(status, TYPES[form], _envelope(form, "false", message, code), headers)


def redirect(status: int, location: str, headers: Headers = ()) -> Answer:
    """Return a redirect."""
    return Answer(status, "", b"", (("Location", location), *headers))


@lru_cache(maxsize=64)
def _reason(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def head(answer: Answer, length: int | None, *, keep_alive: bool) -> bytes:
    """Return the status line and the headers. `length` None: the body comes in chunks."""
    lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}"]
    if answer.content_type:
        lines.append(f"Content-Type: {answer.content_type}")
    lines.extend([f"{name}: {value}" for name, value in answer.headers])
    lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
    if not keep_alive:
        lines.append("Connection: close")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def interim(status: int, headers: Headers) -> bytes:
    """Return a whole interim reply, which never has a body."""
    lines = [f"HTTP/1.1 {status} {_reason(status)}", *(f"{name}: {value}" for name, value in headers), "\r\n"]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def rendered(answer: Answer, *, keep_alive: bool, without_body: bool = False) -> bytes:
    """Return the whole answer, so that one write sends it."""
    start = head(answer, len(answer.body), keep_alive=keep_alive)
    return start if without_body else start + answer.body
