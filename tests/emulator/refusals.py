# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Flexi says when it refuses, above all the many shapes of a 404."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Callable

from .answers import HTML, JSON, TYPES, XML, Answer, error

if TYPE_CHECKING:
    from .call import Call

NO_RIGHT = "K této akci nemáte přístup."
NO_COMPANY = "Firma neexistuje."
NOT_LOGGED_IN = "Uživatel není přihlášen."
NO_USER = ("Uživatel neexistuje.", "uzivatelNeexistuje")
# Jetty's own error handler, which knows nothing of Flexi
JETTY = """<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
<title>Error 404 Not Found</title>
</head>
<body><h2>HTTP ERROR 404 Not Found</h2>
<table>
<tr><th>URI:</th><td>{uri}</td></tr>
<tr><th>STATUS:</th><td>404</td></tr>
<tr><th>MESSAGE:</th><td>Not Found</td></tr>
<tr><th>SERVLET:</th><td>-</td></tr>
</table>
<hr/><a href="https://eclipse.org/jetty">Powered by Jetty:// 9.4.57.v20241219</a><hr/>

</body>
</html>
"""


def forbidden(call: Call) -> Answer:
    """Refuse for want of rights."""
    return error(call.format, 403, NO_RIGHT)


def no_company(call: Call) -> Answer:
    """Say that there is no such company."""
    return error(call.format, 404, NO_COMPANY, "firmaNeexistuje")


def no_address(call: Call, form: str = "") -> Answer:
    """Say that there is no such address, and repeat it as a server behind a TLS proxy sees it."""
    message = f"Adresa {call.plain_base}{call.target} není platná."
    return error(form or call.format, 404, message, "adresaNeplatnaUrl")


def _jetty(call: Call) -> Answer:
    return Answer(404, "text/html;charset=iso-8859-1", JETTY.format(uri=html.escape(call.path)).encode())


# Under the values of the variant not_found: the 404 of a logout, from the request, the message and its code
NOT_FOUND: dict[str, Callable[[Call, str, str], Answer]] = {
    "envelope": lambda call, message, code: error(call.format, 404, message, code),
    "empty": lambda _call, _message, _code: Answer(404),
    "xml": lambda _call, message, code: error(XML, 404, message, code),
    "text": lambda _call, message, _code: Answer(404, TYPES["text"], message.encode()),
    "html": lambda _call, message, code: error(HTML, 404, message, code),
    "envelope_without_code": lambda call, message, _code: error(call.format, 404, message),
    "envelope_unknown_address": lambda call, _message, _code: no_address(call),
    "json": lambda _call, _message, _code: Answer(404, TYPES[JSON], b'{"error":"not found"}'),
    "jetty": lambda call, _message, _code: _jetty(call),
}
