# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings as a result: in one sentence, as a table, and as a report that may be shown to anybody."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from .. import _errors
from .._errors import FlexiError
from .findings import Finding, findings
from .reading import Seen, is_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._flexi.server import Server

_VARIANTS = frozenset({"Premium", "Business", "Basic", "Standard", "Komplet", "Start", "Lite", "Free"})
_SYSTEMS = ("Linux", "Windows", "Mac OS X", "FreeBSD")
_JAVA = re.compile(r"[0-9]{1,3}([._+-][0-9]{1,6}){0,5}")
_SIGNS = {True: "ok", False: "differs", None: "not seen"}
_SIGN_WIDTH = 10
_WIDTH = 68
"""Of the table: with what Ansible puts around each line, that makes 80 columns."""
_FORMAT = 1
"""Of the report; what reads it must know."""


def result(seen: Seen, *, tried: bool, host: str | None = None, refused: FlexiError | None = None) -> dict[str, Any]:
    """Return the module's result; ``host`` gets into the report only if given, ``refused`` is why nothing was tried."""
    listed = findings(seen.words)
    fatal = [each for each in listed if each.matters and each.entry.failure]
    works = not (seen.problem or fatal)
    summary = _summary(listed, works=works)
    report = {
        "format": _FORMAT,
        **({"host": host} if host else {}),
        "server": _server(seen),
        "works": works,
        "summary": summary,
        "tried": tried,
        "findings": [each.as_dict() for each in listed],
    }
    problem = seen.problem or (_failure(fatal[0]) if fatal else refused)
    return {
        **{name: report[name] for name in ("server", "works", "summary", "tried", "findings")},
        # What a server or a network says of a failure may name a host: that is for the one who runs the check.
        "msg": f"{summary} {problem or ''}".strip(),
        "table": _table(listed, tried=tried),
        "report": report,
        "report_markdown": _markdown(report),
        **({"failure": problem.as_failure()} if problem else {}),
    }


def _summary(listed: Sequence[Finding], *, works: bool) -> str:
    looked = [each for each in listed if each.fits is not None]
    if not looked:
        return "Nothing was checked."
    differ = [each for each in looked if not each.fits]
    grave = sum(each.matters for each in differ)
    fit = f"{len(looked) - len(differ)} of {len(looked)} findings as assumed"
    how_many = "none of them matters" if not grave else f"{grave} of them {'matters' if grave == 1 else 'matter'}"
    others = f", {len(differ)} {'differs' if len(differ) == 1 else 'differ'}, {how_many}" if differ else ""
    return f"{'Works' if works else 'Does not work'}: {fit}{others}."


def _failure(finding: Finding) -> FlexiError:
    code = _errors.FORBIDDEN if finding.seen == "403" else finding.entry.failure or _errors.UNEXPECTED_REPLY
    return FlexiError(code, f"{finding.entry.question} Seen: {finding.seen}.", finding.hint)


def _server(seen: Seen) -> dict[str, Any]:
    server = seen.server
    return {
        **_about(server),
        "users": None if seen.users is None else len(seen.users),
        "companies": None if seen.companies is None else len(seen.companies),
        "members": seen.members,
        "logged_in_users": server.logged_in_users,
        "sessions": server.sessions,
    }


def _about(server: Server) -> dict[str, Any]:
    """Return what the server says of itself, as far as that is nothing of a person."""
    system, java, variant = (server.operating_system, server.java_version, server.license_variant)
    return {
        "version": server.version if is_version(server.version) else None,
        "license_variant": variant if variant in _VARIANTS else "another" if variant else None,
        "operating_system": next((each for each in _SYSTEMS if (system or "").startswith(each)), system and "another"),
        "java_version": java if _JAVA.fullmatch(java or "") else None,
    }


def _table(listed: Sequence[Finding], *, tried: bool) -> list[str]:
    """Return the findings as lines of text for a terminal, with what matters at the end, where it is in sight."""
    width = max(len(each.code) for each in listed)

    def line(each: Finding) -> str:
        return f"{_sign(each):{_SIGN_WIDTH}}{each.code:{width}}  {each.seen}"

    lines = [line(each) for each in listed if each.fits]
    unseen = [each.code for each in listed if each.fits is None and (tried or not each.entry.is_tried)]
    lines += _wrapped(", ".join(unseen), _SIGNS[None])
    if not tried:
        more = sum(each.entry.is_tried for each in listed)
        lines += _wrapped(f"{more} more, which take a throw-away user: try_user and try_password", "not tried")
    for each in sorted((each for each in listed if each.fits is False), key=lambda each: each.matters):
        explained = (f"{each.entry.question} Assumed: {each.entry.assumed}", each.hint)
        lines += ["", line(each), *(part for words in explained for part in _wrapped(words))]
    return lines


def _wrapped(words: str, head: str = "") -> list[str]:
    return textwrap.wrap(
        words,
        _WIDTH,
        initial_indent=f"{head:{_SIGN_WIDTH}}",
        subsequent_indent=" " * _SIGN_WIDTH,
        break_on_hyphens=False,
    )


def _sign(finding: Finding) -> str:
    return "MATTERS" if finding.matters else _SIGNS[finding.fits]


def _markdown(report: dict[str, Any]) -> str:
    """Return the report as it goes into an issue."""
    server = [f"* {name.replace('_', ' ')}: {value}" for name, value in report["server"].items() if value is not None]
    rows = [
        f"| `{each['code']}` | {each['question']} | {each['assumed']} | {each['seen'] or '–'} "
        f"| {'**matters**' if each['matters'] else _SIGNS[each['fits']]} |"
        for each in report["findings"]
    ]
    head = ["| code | question | assumed | seen | |", "|---|---|---|---|---|"]
    host = [f"* host: {report['host']}"] if "host" in report else []
    tried = "with a throw-away user" if report["tried"] else "by reading only"
    title = ["# Check of a Flexi server", "", report["summary"], "", f"Checked {tried}.", ""]
    return "\n".join([*title, *host, *server, "", *head, *rows, ""])
