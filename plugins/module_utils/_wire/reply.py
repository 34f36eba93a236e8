# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one reply: is it Flexi's own, what does it say, and which error does it stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from .. import _errors
from .._errors import FlexiError
from .._secrets import Secrets
from .._text import bare, readable, without
from .body import (
    envelope_in_json,
    envelope_in_xml,
    json_denies,
    messages_in_json,
    messages_in_xml,
    read_json,
    read_xml,
    xml_denies,
)
from .proxies import CREDENTIALS_HINT

if TYPE_CHECKING:
    from collections.abc import Collection
    from xml.etree.ElementTree import Element

_BEGINNING = 2000
"""Characters in which a page shows that it is one."""
_QUOTABLE = 50_000
"""Characters that are searched for secrets before a text is cut: more than is ever shown of one."""
_HTML = re.compile(r"<(!doctype\s+html|html|head|body|div|p|form|h1|script|table)\b", re.IGNORECASE)
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")
"""What decoding leaves of a body that is not text, or not in the encoding that it names."""
_YES = frozenset({"ok", "true"})
"""Words that servers call JSON or XML, though they are neither."""
_NO = re.compile(
    r"\b(?:no(?! (?:longer|more|further|other|open|active|errors?|failures?|problems?)\b)|nok|not|cannot|\w+n['\u2019]t"
    r"|ko|false|null|none|nil|undefined|error|\w*exception|fail\w*|unsuccess\w*|unable|insufficient|bad|denied"
    r"|refused|rejected|forbidden|unauthori[sz]ed|unavailable|unknown|invalid|expired|timeout|required|needed|ne|neni"
    r"|nelze|nema|nemate|ne(?:autor|by[lt]|dost|exist|moh|muz|nalez|nasl|odhlas|oprav|platn|podar|povol|prihlas|proved|usp|zna)\w*"
    r"|chyb(?:a|e|u|ou|n\w+)|(?<!bez )(?<!zadne )chyby|selha\w*|zamitnut\w*|odmitnut\w*|odepren\w*|zakazan\w*"
    r"|vyprse\w*|potrebna|vyzad\w*|nutne|chybi)\b"
)
"""Words with which text denies success, or names nothing; in small letters without accents."""
_INVISIBLE = "\ufeff\u200b\u2060"
_OF_ENVELOPE = re.compile(r"\bsuccess\b|\bwinstrom\b", re.IGNORECASE)
# The mark at the end of both keeps out what the cut may have left of a secret.
_TITLE = re.compile(r"<title[^<>]*>([^<]*)<", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_LOGIN = "/login-logout/"
# Whoever is logged in gets pages with a link for logging out.
_TO_LOG_IN = re.compile(f"{_LOGIN}(?!logout)")
UNKNOWN_ADDRESS = "adresaNeplatnaUrl"
"""Flexi's code for an address that it does not know [R]."""
UNKNOWN_COMPANY = "firmaNeexistuje"
"""Flexi's code for a company that it does not have [D]."""
_REFUSALS = frozenset({UNKNOWN_ADDRESS, UNKNOWN_COMPANY, "authRequired"})
"""Its codes of which none comes with success."""


def decoded(body: bytes, content_type: str) -> str:
    """Return a body as text, in the encoding that its header or, in XML, its first line names; else in UTF-8."""
    named = _CHARSET.search(content_type)
    declared = _XML_CHARSET.match(body[:_BEGINNING])
    encoding = named[1] if named else declared[1].decode("ascii") if declared else "utf-8"
    try:
        text = body.decode(encoding, "replace")
    except (LookupError, ValueError):
        text = body.decode("utf-8", "replace")
    return text.lstrip(_INVISIBLE)


def _has_a_no(words: str) -> bool:
    # Codes such as ACCESS_DENIED are words, too.
    return bool(_NO.search(words.replace("_", " ")))


@dataclass(frozen=True)
class Reply:
    """What came back for one request, and what it took to get it."""

    status: int
    text: str = ""
    content_type: str = ""
    location: str = ""
    """Where it redirects to; a path where that is on the same server."""
    own_path: str = ""
    """The path that it redirects to, where that is on the same host; whatever the scheme and the port."""
    has_flexi_cookie: bool = False
    """Flexi sets the cookie ``lang`` on each of its replies; pages of a proxy do not have it."""
    retry_after: float | None = None
    """Seconds that the server asks to be left alone; None where it does not ask."""
    is_whole: bool = True
    """Whether ``text`` is all of it; what is longer than any answer of Flexi is cut."""
    attempts: int = 1
    answer_lost: bool = False
    """An earlier try may have been carried out: its answer did not arrive."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """All of them, under whatever spelling of their names."""
    secrets: Secrets = field(default_factory=Secrets, repr=False, compare=False)
    """What is not to be repeated, should the server have done so."""

    @property
    def is_html(self) -> bool:
        """Whether this is a web page; Flexi sends none to whoever asks for JSON and is logged in."""
        beginning = self.text[:_BEGINNING].lstrip()
        if "html" in self.content_type:
            return bool(beginning)
        return beginning.startswith("<") and bool(_HTML.search(beginning))

    @property
    def is_overloaded(self) -> bool:
        """Whether the server, or what is in front of it, has refused the request for now, unseen."""
        return self.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

    @property
    def limits_rate(self) -> bool:
        """Whether it says that this is because of too many requests, rather than that it is down."""
        return self.is_overloaded and (self.status == HTTPStatus.TOO_MANY_REQUESTS or self.retry_after is not None)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        return read_json(self.text)

    @cached_property
    def _xml(self) -> Element | None:
        return read_xml(self.text) if self.json is None and not self.is_html else None

    @property
    def envelope(self) -> Mapping[str, Any]:
        """The fields of Flexi's ``winstrom`` envelope, JSON or XML; empty where there is none."""
        return envelope_in_json(self.json) or envelope_in_xml(self._xml)

    @property
    def says_failure(self) -> bool:
        """Whether the body denies success, by ``success`` as a string or a boolean, by its code, or lists errors."""
        denies = json_denies(self.json) or (self._xml is not None and xml_denies(self._xml))
        return denies or self.message_code in _REFUSALS

    @property
    def is_understood(self) -> bool:
        """Whether the body is whole, and no page; what looks like JSON or XML, or is called so, must be that."""
        if not self.is_whole or self.is_html:
            return False
        text = self.text.strip()
        if self._xml is not None:
            return not _HTML.match(f"<{self._xml.tag}")
        if self.json is not None or not text:
            return True
        if any(kind in self.content_type for kind in ("json", "xml")):
            return text.lower() in _YES
        looks_so = text[0] in '{[<"'
        return not (looks_so or any(each.search(text) for each in (_UNREADABLE, _OF_ENVELOPE, _HTML)))

    def denies_in_words(self, names: Collection[str]) -> bool:
        """Whether a word denies success where nothing else tells it; ``names``, which may be repeated, are no words.

        Of JSON and XML, messages are looked at: in other fields, such words are values.
        """
        if "success" in (self.envelope or (self.json if isinstance(self.json, Mapping) else ())):
            return False
        if self.json is not None:
            said = messages_in_json(self.json)
        else:
            said = self.text if self._xml is None else messages_in_xml(self._xml)
        words = bare(said)
        # A name costs a pattern of its own, so it is looked for only where it may be what denies.
        return _has_a_no(words) and _has_a_no(without(map(bare, names), words))

    @property
    def is_status(self) -> bool:
        """Whether this is what ``/status.json`` answers, which some servers say to everything."""
        return isinstance(self.json, Mapping) and isinstance(self.json.get("status"), Mapping)

    @property
    def message_code(self) -> str:
        """Flexi's own code of the message, such as ``firmaNeexistuje``; empty where there is none."""
        return str(self.envelope.get("message@messageCode", ""))

    @property
    def said(self) -> str:
        """The server's own words, short and printable; empty where it said nothing."""
        if self.is_html:
            title = _TITLE.search(self.secrets.hide(self.text[:_QUOTABLE])[:_BEGINNING])
            return self.readable(f"a web page, {unescape(title[1])}" if title else "a web page")
        body = self.json
        message = self.envelope.get("message") or (body.get("message") if isinstance(body, Mapping) else None)
        return self.readable(str(message) if message else self.text)

    def readable(self, text: str) -> str:
        """Return a part of the reply on one line, short, and without secrets."""
        return readable(self.secrets.hide(text[:_QUOTABLE]))

    @property
    def redirect_path(self) -> str:
        """The path on the same host that this redirects to; empty where it does not."""
        return self.own_path if self._is_redirect else ""

    @property
    def wants_login(self) -> bool:
        """Whether the server refuses the credentials: with 401, a redirect to the login, or the login page itself."""
        is_page = self.status == HTTPStatus.OK and self.is_html
        return self.status == HTTPStatus.UNAUTHORIZED or _LOGIN in self.redirect_path or is_page

    @property
    def is_login_form(self) -> bool:
        """Whether it is Flexi's form for the login, which comes in place of what was asked for."""
        return self.status == HTTPStatus.OK and self.is_html and bool(_TO_LOG_IN.search(self.text))

    @property
    def leads_to_login(self) -> bool:
        """Whether it redirects to the login, or is the form for it."""
        return self.is_login_form or _LOGIN in self.redirect_path

    @property
    def session_expired(self) -> bool:
        """Whether the server does not know the session any more; it says so with a redirect, not with 401."""
        return self._is_redirect and "/login-logout/remote-logout" in self._target.path

    def error(self, asked: str) -> FlexiError:
        """Return what this reply means as a failure of ``asked``, a phrase such as "logging out novak"."""
        code, hint = self._diagnosis()
        said = f": {self.said.rstrip('.')}" if self.said else ""
        target = f" with a redirect to {self._redirect_target() or 'nowhere'}" if self._is_redirect else ""
        lost = " An earlier try got no answer and may have been carried out." if self.answer_lost else ""
        message = f"{asked} failed: the server answered {self.status}{target}{said}.{lost}"
        return FlexiError(code, message, hint, http_status=self.status, attempts=self.attempts)

    def _diagnosis(self) -> tuple[_errors.Code, str]:
        if self.message_code == UNKNOWN_COMPANY:
            return _errors.UNKNOWN_COMPANY, "Use the company's database name (dbNazev), as in the list at /c."
        if self._is_redirect:
            return self._redirect_diagnosis()
        if self.is_html and self.status in {HTTPStatus.FORBIDDEN, HTTPStatus.INTERNAL_SERVER_ERROR}:
            return _BY_STATUS[self.status][0], _PAGE_OF_A_PROXY
        if self.status in _BY_STATUS:
            return _BY_STATUS[self.status]
        if self.is_html or self.status == HTTPStatus.NOT_FOUND:
            return _errors.NOT_FLEXI, "Check url: it must be the root of a Flexi server, with the right port."
        return _errors.UNEXPECTED_REPLY, "See the server's log; if this is Flexi, report it to its vendor."

    @property
    def _is_redirect(self) -> bool:
        return self.status in _REDIRECTS

    def _redirect_diagnosis(self) -> tuple[_errors.Code, str]:
        if self.session_expired:
            return _errors.SESSION_EXPIRED, _SESSION_ENDED
        if _LOGIN in self._target.path:
            return _errors.AUTH_FAILED, "The server requires a login: check auth_method, username and password."
        return (
            _errors.REDIRECTED,
            "Credentials must not follow a redirect: set url to the root of the server that it leads to.",
        )

    def _redirect_target(self) -> str:
        # What follows ? and ; is left out: it may hold a session id.
        target = self._target
        address = f"{target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else ""
        return self.readable(address + target.path.partition(";")[0])

    @property
    def _target(self) -> SplitResult:
        try:
            return urlsplit(self.location)
        except ValueError:
            return urlsplit("")


_SESSION_ENDED = "Run the task again; where session_id is set, set a new one, or username and password."
_PAGE_OF_A_PROXY = "Flexi itself sends no web page here: check the proxy or firewall in between."
_OF_A_PROXY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
)
_OF_A_PROXY_WITHOUT_ITS_SERVER = range(520, 531)
_NO_ANSWER = "The server is starting, overloaded or in maintenance: try again later."
_TOO_MANY = "The number of requests is limited, by Flexi or by a proxy in between: try again later, or raise the limit."
_BY_STATUS: dict[int, tuple[_errors.Code, str]] = {
    HTTPStatus.UNAUTHORIZED: (_errors.AUTH_FAILED, _errors.CHECK_CREDENTIALS),
    HTTPStatus.PAYMENT_REQUIRED: (
        _errors.NOT_LICENSED,
        "The licence of this Flexi does not allow it: ask whoever manages the licence.",
    ),
    HTTPStatus.FORBIDDEN: (
        _errors.FORBIDDEN,
        "Use a user with the rights manageAll and licenseMgmt, server authorization, or the user to be logged out.",
    ),
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: (_errors.PROXY, CREDENTIALS_HINT),
    HTTPStatus.TOO_MANY_REQUESTS: (_errors.UNAVAILABLE, _TOO_MANY),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        _errors.SERVER_ERROR,
        "According to its vendor, this is always a bug in Flexi: see Flexi's log.",
    ),
    HTTPStatus.BAD_GATEWAY: (_errors.UNAVAILABLE, _NO_ANSWER),
    HTTPStatus.SERVICE_UNAVAILABLE: (_errors.UNAVAILABLE, _NO_ANSWER),
    HTTPStatus.GATEWAY_TIMEOUT: (_errors.UNAVAILABLE, _NO_ANSWER),
    **dict.fromkeys(_OF_A_PROXY_WITHOUT_ITS_SERVER, (_errors.UNAVAILABLE, _NO_ANSWER)),
    **dict.fromkeys(_OF_A_PROXY, (_errors.NOT_FLEXI, "This is usually the answer of a proxy in between: see its log.")),
}
