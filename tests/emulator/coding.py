# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a body is written down: in which charset, and compressed or not."""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .answers import Answer

UTF_8 = "utf-8"
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "deflate": zlib.compress,
}
JSON_ESCAPE = "flexi-json-escape"


def _json_escape(problem: UnicodeError) -> tuple[str, int]:
    """Write what the charset does not have as JSON can."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    return json.dumps(problem.object[problem.start : problem.end])[1:-1], problem.end


codecs.register_error(JSON_ESCAPE, _json_escape)


def coded(answer: Answer, variants: Mapping[str, str]) -> Answer:
    """Return the answer as the variants want it written; itself when they are at their defaults."""
    charset, compression = variants["charset"], variants["compression"]
    if charset != UTF_8 and answer.body:
        answer = _in_charset(answer, charset, in_header=variants["charset_in"] == "header")
    if compression != "no" and answer.body:
        answer = _compressed(answer, compression)
    return answer


def _in_charset(answer: Answer, charset: str, *, in_header: bool) -> Answer:
    kind, _semicolon, parameters = answer.content_type.partition(";")
    if not kind or ("charset=" in parameters.lower() and UTF_8 not in parameters.lower()):
        # Jetty's page, or a fault that settles it itself
        return answer
    text = answer.body.decode(UTF_8, "surrogatepass")
    if kind.endswith("xml"):
        text = text.replace(f'encoding="{UTF_8}"', f'encoding="{charset}"', 1)
    elif kind.endswith("html"):
        text = text.replace(f'charset="{UTF_8}"', f'charset="{charset}"', 1)
    escape = JSON_ESCAPE if kind.endswith("json") else "xmlcharrefreplace"
    named = in_header or not kind.endswith("xml")
    content_type = f"{kind};charset={charset}" if named else kind
    return replace(answer, content_type=content_type, body=text.encode(charset, escape))


def _compressed(answer: Answer, compression: str) -> Answer:
    if any(name.lower() == "content-encoding" for name, _value in answer.headers):
        return answer
    headers = (*answer.headers, ("Content-Encoding", compression))
    return replace(answer, body=COMPRESS[compression](answer.body), headers=headers)
