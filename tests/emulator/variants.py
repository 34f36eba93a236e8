# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody has documented about Flexi, as switches: a client must cope with every value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# In place of a list: 403, 404 (envelope, HTML), 401, 406, 200 with HTML, a redirect to the login form, broken JSON,
# JSON that is no list, 500.
UNREADABLE = (
    "forbidden", "missing", "missing_html", "unauthorised", "not_acceptable", "html", "redirect", "broken", "strange",
    "error",
)  # fmt: skip

# How a list takes `limit` and `start`
LIMITS = ("honoured", "ignored", "stuck", "literal", "fixed")

# Name -> the values it may have; the first one is the default.
KNOWN: dict[str, tuple[str, ...]] = {
    # what a successful logout answers ("json" = the envelope, in the format asked for)
    "success_body": ("json", "empty", "xml", "text"),
    # what the 404 of a logout looks like
    "not_found": (
        "envelope",
        "empty",
        "xml",
        "text",
        "html",
        "envelope_without_code",
        "envelope_unknown_address",
        "json",
        "jetty",
    ),
    # whether the 404s can be told apart
    "unknown_login": ("same", "distinct"),
    "unknown_company": ("same", "distinct"),
    # whether ignore-not-found=true turns these into 200 as well
    "flag_hides_unknown_login": ("yes", "no"),
    "flag_hides_unknown_company": ("yes", "no"),
    # whether the login in the logout's path may differ in case
    "login_case": ("exact", "ignored"),
    # a logout limited to a company in which the user, though logged in, has no context
    "company_without_context": ("not_found", "ok"),
    "self_logout": ("yes", "forbidden"),
    # /status/user
    "user_page": (
        "yes",
        "missing",
        "login",
        "stale",
        "forbidden",
        "bare",
        "contexts",
        "more",
        "twice",
        "entities",
        "error",
    ),
    # /status
    "status_auth": ("required", "none"),
    "status_values": ("numbers", "strings"),
    "counts": ("yes", "missing", "users_only", "sessions_only"),
    "app_server": ("running", "stopped"),
    # web hooks: `enableHooks`; whether a changed user or role comes with its code; changes in one notification
    "hooks": ("enabled", "disabled"),
    "hook_codes": ("yes", "no"),
    "hook_limit": ("1000", "20", "1"),
    # logging in
    "login_refusal_status": ("401", "200", "403"),
    "json_unauthorised": ("401", "redirect", "login_page"),
    "otp_codes": ("reusable", "once"),
    # all lists: how many records come where nothing else decides
    "page_size": ("20", "50", "100", "1000"),
    "company_list": ("list", "single", *UNREADABLE),
    "company_list_limit": LIMITS,
    # /u.json: whether there is one (or one filtered by rights), what is around its records, what is in them
    "users_list": ("yes", "own", "empty", *UNREADABLE),
    "users_root": ("users", "winstrom", "user", "list", "uzivatel", "nested", "wrapped"),
    "users_limit": LIMITS,
    "user_values": ("strings", "booleans"),
    "user_fields": ("all", "no_dates", "bare"),
    # /c/{dbNazev}/uzivatel.json
    "company_users": ("yes", "own", "empty", *UNREADABLE),
    "company_users_limit": LIMITS,
    "company_users_root": ("winstrom", "bare", "list"),
    "company_roles": ("code", "plain", "list", "object", "nested", "empty", "null", "missing"),
    # both lists of users; an empty list also of companies
    "single_record": ("list", "bare"),
    "empty_list": ("list", "text", "null"),
    "row_count": ("asked", "always", "never"),
    # every reply
    "lang_cookie": ("yes", "no", "status_only", "never_on_logout"),
    "locations": ("relative", "absolute", "http"),
    # every body
    "charset": ("utf-8", "windows-1250", "iso-8859-2"),
    "charset_in": ("header", "declaration"),
    "compression": ("no", "gzip", "deflate"),
    # what the headers show of clock and proxies
    "date": ("no", "right", "wrong"),
    "in_between": ("nothing", "nginx", "proxy"),
    "force_https": ("no", "redirect"),
}


def _text(value: Any) -> str:
    """YAML reads yes, no and null as such, and 401 as a number."""
    if value is None:
        return "null"
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
