# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping secrets out of texts, in whatever form a server or a library repeats them.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import base64
import json
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MASK = "********"


def encoded_forms(secret: str) -> set[str]:
    """Return ``secret`` as it is and as it may be repeated: URL-encoded, in base64, in JSON and in HTML."""
    encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode("ascii")
    forms = {secret, quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace"), encoded}
    forms |= {escape(secret), escape(secret, quote=False)}
    forms |= {
        json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in (secret, encoded) for ascii_only in (True, False)
    }
    return forms | {form.replace("/", "\\/") for form in forms}


def longest_first(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return all forms of the secrets in the order to look for them, or a shorter one would leave a part of another."""
    return tuple(sorted({form for secret in secrets for form in encoded_forms(secret)}, key=len, reverse=True))


def without(secrets: Iterable[str], text: str) -> str:
    """Return ``text`` with a mask for each secret. To be done before a text is cut: half a secret is not found."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def masked(value: Any, secrets: Sequence[str]) -> Any:
    """Return ``value`` with all its texts ``without`` the secrets."""
    if isinstance(value, dict):
        return {key: masked(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [masked(each, secrets) for each in value]
    return without(secrets, value) if isinstance(value, str) else value
