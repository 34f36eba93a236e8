# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How replies are called in a report: by words of the table of findings, and never by the server's own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import findings

if TYPE_CHECKING:
    from .._wire.reply import Reply

_DEEPEST = 3
_PRODUCTS = {
    "nginx": "nginx",
    "apache": "Apache",
    "haproxy": "HAProxy",
    "microsoft-iis": "IIS",
    "envoy": "Envoy",
    "traefik": "Traefik",
    "varnish": "Varnish",
    "squid": "Squid",
    "cloudflare": "Cloudflare",
}
_SIGNS_OF_A_PROXY = ("Via", "X-Cache", "X-Varnish", "CF-Ray", "X-Proxy-Cache", "X-Amz-Cf-Id", "X-Served-By")
_AGREE, _NEARLY = 10, 60


def refusal(reply: Reply) -> str:
    """Return how an answer is called that is not what was asked for."""
    if reply.location:
        return findings.TO_LOGIN if reply.leads_to_login else findings.ELSEWHERE
    if reply.status != HTTPStatus.OK:
        return findings.status_words(reply.status, is_page=reply.is_html)
    if reply.is_html:
        return findings.PAGE
    return findings.NO_JSON if reply.json is None else findings.NO_RECORDS


def unauthorised(reply: Reply) -> str:
    """Return how an answer is called that was asked for without credentials."""
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return findings.status_words(reply.status, is_page=reply.is_html)
    if reply.leads_to_login:
        return findings.TO_LOGIN if reply.redirect_path else findings.PAGE
    return findings.OTHER_ANSWER


def body_of(reply: Reply) -> str:
    """Return what kind of body it has."""
    text = reply.text.strip()
    if not text:
        return findings.NOTHING
    if reply.is_html:
        return findings.JETTY if "powered by jetty" in text.lower() else findings.PAGE
    if not reply.is_understood:
        return findings.BROKEN
    if reply.json is not None:
        return findings.ENVELOPE_JSON if reply.envelope else findings.OTHER_JSON
    if text.startswith("<"):
        return findings.ENVELOPE_XML if reply.envelope else findings.OTHER_XML
    return findings.THE_WORD if text.lower() == "ok" else findings.TEXT


def code_of(reply: Reply) -> str:
    """Return the code of its message, if it looks like one."""
    code = reply.message_code
    if not code:
        return findings.NO_CODE
    return code if findings.CODE.fullmatch(code) else findings.ODD_CODE


def redirect_address(reply: Reply, url: str) -> str:
    """Return how a redirect to this server names its target, empty where it is none."""
    if not reply.redirect_path:
        return ""
    target = urlsplit(reply.headers.get("Location", ""))
    if not target.scheme:
        return "a path"
    is_behind_tls = target.scheme == "http" and target.port is None and urlsplit(url).port is not None
    return "an address with http and no port" if is_behind_tls else "a whole address"


def charset(reply: Reply) -> str:
    """Return in which charset it says that it is."""
    named = reply.content_type.partition("charset=")[2].partition(";")[0].strip("\"' ") or "utf-8"
    return named if named in {"utf-8", "windows-1250", "iso-8859-2"} else "another one"


def charset_in(reply: Reply) -> str:
    """Return where an answer in XML names its charset."""
    if "charset=" in reply.content_type:
        return "in the header"
    return "in XML itself" if "encoding=" in reply.text.partition("?>")[0] else "nowhere"


def compression(reply: Reply) -> str:
    """Return how it was compressed."""
    encoding = reply.headers.get("Content-Encoding", "").strip().lower()
    return encoding if encoding in {"gzip", "deflate"} else "in another way" if encoding else findings.NO


def clock(reply: Reply) -> str:
    """Return how far its clock is from this machine's, empty where it does not tell."""
    try:
        apart = abs(parsedate_to_datetime(reply.headers.get("Date", "")).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return ""
    return "within 10 seconds" if apart <= _AGREE else "within a minute" if apart <= _NEARLY else "more than a minute"


def in_between(reply: Reply) -> str:
    """Return which proxy its headers show."""
    shown = " ".join(reply.headers.get(name, "") for name in ("Server", "Via")).lower()
    named = next((name for product, name in _PRODUCTS.items() if product in shown), "")
    is_signed = any(reply.headers.get(name) for name in _SIGNS_OF_A_PROXY)
    return named or ("a proxy" if is_signed else "nothing that shows itself")


def row_count(reply: Reply) -> bool | None:
    """Whether a list says how many records there are, or None where it has no envelope to say it in."""
    return "@rowCount" in reply.envelope if reply.envelope else None


def around(body: Any, key: str, depth: int = 0) -> str:
    """Return the names around the records that have ``key``, with a point between them; empty where there are none."""
    if isinstance(body, list):
        inner = next((each for each in body if isinstance(each, Mapping)), {})
        return f"a list of {''.join([*inner][:1])}" if depth == 0 and key not in inner and inner else "a list"
    if not isinstance(body, Mapping) or depth > _DEEPEST:
        return ""
    for name, value in body.items():
        if isinstance(value, (list, Mapping)):
            rest = "" if isinstance(value, list) or key in value else around(value, key, depth + 1)
            return f"{name}.{rest}" if rest else str(name)
    return ""


def held_by(body: Any, depth: int = 0) -> Any:
    """Return what holds the records of a list, whatever is around it."""
    if isinstance(body, Mapping) and depth <= _DEEPEST:
        for name, value in body.items():
            if not name.startswith("@"):
                return held_by(value, depth + 1) if name in {"winstrom", "users", "companies"} else value
    return body
