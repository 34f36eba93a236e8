# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which a list cannot be read, whatever is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from .answers import HTML, JSON, TYPES, XML, Answer, content, error, page
from .identity import login_page, unauthorised
from .refusals import forbidden, no_address

if TYPE_CHECKING:
    from .call import Call
    from .identity import Gate

# An object that ends in the middle of its first record
BROKEN = b'{"winstrom":{"@version":"1.0","user":[{"username":"nov'
BROKEN_XML = b'<?xml version="1.0" encoding="utf-8"?>\n<winstrom version="1.0"><user><username>nov'


def _broken(call: Call) -> Answer:
    return Answer(200, TYPES[call.format], BROKEN_XML if call.format == XML else BROKEN)


def _strange(call: Call) -> Answer:
    return content(call.format, {"winstrom": {"@version": "1.0", "success": "true"}})


ANSWERS: dict[str, Callable[[Call], Answer]] = {
    "forbidden": forbidden,
    "missing": no_address,
    "missing_html": lambda call: no_address(call, HTML),
    "unauthorised": unauthorised,
    "not_acceptable": lambda call: error(JSON if call.format == HTML else HTML, 406, "Nepodporovaný formát."),
    "html": lambda _call: login_page(),
    "broken": _broken,
    "strange": _strange,
    "error": lambda _call: page("Chyba", "<p>Nastala neočekávaná chyba.</p>", 500),
}


def unreadable(how: str, call: Call, gate: Gate) -> Answer | None:
    """Return the answer in place of a list; None when the variant is about something else."""
    if how == "redirect":
        return gate.login_form(call)
    answer = ANSWERS.get(how)
    return answer(call) if answer else None
