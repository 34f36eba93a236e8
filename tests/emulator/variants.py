# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody has documented about Flexi, as switches: a client must cope with every value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Name -> the values it may have; the first one is the default.
KNOWN: dict[str, tuple[str, ...]] = {
    # what a successful logout answers ("json" = the envelope, in the format asked for)
    "success_body": ("json", "empty", "xml", "text"),
    # what the 404 of a logout looks like
    "not_found": ("envelope", "empty", "xml", "text", "html"),
    # whether the 404s can be told apart
    "unknown_login": ("same", "distinct"),
    "unknown_company": ("same", "distinct"),
    # a logout limited to a company in which the user, though logged in, has no context
    "company_without_context": ("not_found", "ok"),
    "self_logout": ("yes", "forbidden"),
    # /status/user
    "user_page": ("yes", "missing", "login", "stale", "forbidden", "bare", "contexts"),
    # /status
    "status_auth": ("required", "none"),
    "status_values": ("numbers", "strings"),
    "counts": ("yes", "missing"),
    "app_server": ("running", "stopped"),
    # logging in
    "login_refusal_status": ("401", "200", "403"),
    "json_unauthorised": ("401", "redirect", "login_page"),
    "otp_codes": ("reusable", "once"),
    # lists
    "company_list": ("list", "single", "forbidden", "missing"),
    "users_root": ("users", "winstrom", "user", "list"),
    "users_list": ("yes", "forbidden", "missing"),
    "company_users": ("yes", "forbidden"),
    # every reply
    "lang_cookie": ("yes", "no"),
    "locations": ("relative", "absolute"),
    "force_https": ("no", "redirect"),
}


def _text(value: Any) -> str:
    """YAML reads yes and no as booleans, and 401 as a number."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def checked(wanted: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the variants that are asked for, as text; ValueError for one that does not exist."""
    result = {}
    for name, value in (wanted or {}).items():
        text = _text(value)
        if name not in KNOWN:
            raise ValueError(f"no variant {name!r}; there are: {', '.join(sorted(KNOWN))}")
        if text not in KNOWN[name]:
            raise ValueError(f"variant {name} is one of {', '.join(KNOWN[name])}, not {text!r}")
        result[name] = text
    return result


def defaults() -> dict[str, str]:
    """Every variant at its default."""
    return {name: values[0] for name, values in KNOWN.items()}


def from_arguments(arguments: list[str]) -> dict[str, str]:
    """Variants given as NAME=VALUE."""
    pairs = [argument.partition("=") for argument in arguments]
    return checked({name: value for name, _equals, value in pairs})
