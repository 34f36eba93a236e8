# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for people: on one line, and with the name that was perhaps meant.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

READABLE_LENGTH = 200


def readable(text: str, length: int = READABLE_LENGTH) -> str:
    """Return ``text`` on one line, cut to ``length`` characters, with control characters made visible."""
    line = " ".join(text[: length * 20].split())
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
    return visible if len(visible) <= length else visible[: length - 1].rstrip() + "…"


def folded(name: str) -> str:
    """Return ``name`` as it compares where upper and lower case, and the way accents are composed, do not matter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def similar(wanted: str, names: Iterable[str], written: Mapping[str, str] | None = None) -> str:
    """Return the question whether one of ``names`` was meant, with a space before it, or nothing.

    ``written`` has what stands for a name in it, where that is not the name.
    """
    by_folded = {folded(name): (written or {}).get(name, name) for name in sorted(names)}
    close = [by_folded[each] for each in get_close_matches(folded(wanted), by_folded, n=3, cutoff=0.7)]
    return f" Did you mean {readable(' or '.join(dict.fromkeys(close)))}?" if close else ""
