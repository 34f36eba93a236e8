# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the report of flexi_server_check to an emulator that answers like the server that was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
OTP = "123456"
ROLE = "UCETNI"
TRIED = {"username": "zkouska", "password": "fake-zkouska"}

LIMITS = {
    "all": "honoured",
    "all, of no more than a page": "honoured",
    "all, also without limit": "ignored",
    "a page": "stuck",
    "no records": "literal",
    "the same whatever is asked for": "fixed",
}
REFUSALS = {
    "403": "forbidden",
    "404": "missing",
    "404, a web page": "missing_html",
    "401": "unauthorised",
    "406, a web page": "not_acceptable",
    "a web page": "html",
    "a redirect to the login": "redirect",
    "no readable JSON": "broken",
    "JSON without records": "strange",
    "500, a web page": "error",
}
# What a finding says by itself of a variant of the same name
PLAIN: dict[str, tuple[str, dict[str, str]]] = {
    "status_login": ("status_auth", {"no": "none"}),
    "unauthorised": ("json_unauthorised", {"a redirect to the login": "redirect", "a web page": "login_page"}),
    "redirect_address": ("locations", {"a whole address": "absolute", "an address with http and no port": "http"}),
    "running": ("app_server", {"no": "stopped"}),
    "status_values": ("status_values", {"strings": "strings"}),
    "status_counts": (
        "counts",
        {"users only": "users_only", "sessions only": "sessions_only", "neither": "missing"},
    ),
    "lang_cookie": ("lang_cookie", {"none": "no", "that of /status.json only": "status_only"}),
    "charset": ("charset", {"windows-1250": "windows-1250", "iso-8859-2": "iso-8859-2"}),
    "charset_in": ("charset_in", {"in XML itself": "declaration"}),
    "compression": ("compression", {"gzip": "gzip", "deflate": "deflate"}),
    "clock": ("date", {"within 10 seconds": "right", "within a minute": "right", "more than a minute": "wrong"}),
    "in_between": ("in_between", {"nginx": "nginx", "a proxy": "proxy"}),
    "answer": ("force_https", {"a redirect to https": "redirect"}),
    "otp_codes": ("otp_codes", {"only one": "once"}),
    "user_page": (
        "user_page",
        {
            "404, a web page": "missing",
            "a redirect to the login": "login",
            "403, a web page": "forbidden",
            "500, a web page": "error",
            "fewer than are counted": "stale",
            "more than are counted": "more",
        },
    ),
    "user_page_form": (
        "user_page",
        {
            "several for a login": "twice",
            "one for each login and company": "contexts",
            "with entities of HTML": "entities",
        },
    ),
    "users_list": ("users_list", {**REFUSALS, "only the acting user": "own", "nobody": "empty"}),
    "users_shape": (
        "users_root",
        {
            "winstrom.user": "winstrom",
            "user": "user",
            "a list": "list",
            "winstrom.uzivatel": "uzivatel",
            "winstrom.users.user": "nested",
            "a list of user": "wrapped",
        },
    ),
    "users_limit": ("users_limit", LIMITS),
    "user_fields": ("user_fields", {"no dates": "no_dates", "the login only": "bare"}),
    "user_values": ("user_values", {"booleans": "booleans"}),
    "page_size": ("page_size", {"50": "50", "100": "100", "1000": "1000"}),
    "row_count": ("row_count", {"always": "always", "never": "never"}),
    "companies": ("company_list", REFUSALS),
    "companies_limit": ("company_list_limit", LIMITS),
    "company_record": ("company_list", {"by itself": "single"}),
    "company_users": ("company_users", {**REFUSALS, "only the acting user": "own"}),
    "company_users_shape": ("company_users_root", {"uzivatel": "bare", "a list": "list"}),
    "company_users_limit": ("company_users_limit", LIMITS),
    "company_roles": (
        "company_roles",
        {
            "without code: before it": "plain",
            "in a list": "list",
            "as an object": "object",
            "as an object in another": "nested",
            "as empty text": "empty",
            "as null": "null",
            "not at all": "missing",
        },
    ),
    "single_record": ("single_record", {"by itself": "bare"}),
    "empty_list": ("empty_list", {"as empty text": "text", "as null": "null"}),
    "login_refusal": ("login_refusal_status", {"200": "200", "403": "403"}),
    "company_without_context": ("company_without_context", {"success": "ok"}),
    "success_body": (
        "success_body",
        {"no body": "empty", "the envelope in XML": "xml", "the word ok": "text", "text": "text"},
    ),
    "not_logged_in_body": (
        "not_found",
        {
            "no body": "empty",
            "the envelope in XML": "xml",
            "text": "text",
            "a web page": "html",
            "a page of the web server itself": "jetty",
            "other JSON": "json",
        },
    ),
    "unknown_login": ("unknown_login", {"an answer of its own": "distinct"}),
    "flag_unknown_login": ("flag_hides_unknown_login", {"no": "no"}),
    "unknown_company": ("unknown_company", {"firmaNeexistuje": "distinct"}),
    "flag_unknown_company": ("flag_hides_unknown_company", {"no": "no"}),
    "login_case": ("login_case", {"no": "ignored"}),
    "self_logout": ("self_logout", {"no": "forbidden"}),
}
CERTIFICATES = {
    "the server itself": "by_itself",
    "an unknown authority": "self_signed",
    "expired": "expired",
    "another host name": "wrong_host",
}
# Codes in the envelope of a 404 that are no codes of their own
CODES = {"no code": "envelope_without_code", "adresaNeplatnaUrl": "envelope_unknown_address"}
ODD_LOGINS = {"others": "jan&ž", "a slash, too": "jan/ž"}
SHOWN_IN_PART = {"a page", "no records"}


class Likeness(NamedTuple):
    """What an emulator is started with."""

    state: dict[str, Any]
    variants: dict[str, str]
    certificate: str


def like(report: Mapping[str, Any]) -> Likeness:
    """Return what makes an emulator like the server of a report; ValueError where that is none."""
    if report.get("format") != FORMAT:
        raise ValueError(f"this is no report of flexi_server_check in format {FORMAT}")
    seen = {finding["code"]: finding["seen"] for finding in report["findings"]}
    return Likeness(
        _State(report["server"], seen).content(),
        _variants(seen),
        CERTIFICATES.get(seen["certificate"], "good"),
    )


def _variants(seen: Mapping[str, str | None]) -> dict[str, str]:
    variants = {
        variant: values[word]
        for code, (variant, values) in PLAIN.items()
        for word in [seen.get(code)]
        if word is not None and word in values
    }
    if seen.get("user_page") == "fewer than are counted" and seen.get("user_page_form") is None:
        variants["user_page"] = "bare"
    if seen.get("lang_cookie") == "all of them" and seen.get("logout_cookie") == "no":
        variants["lang_cookie"] = "never_on_logout"
    code = seen.get("not_logged_in_code")
    if seen.get("not_logged_in_body") == "the envelope in JSON" and code in CODES:
        variants["not_found"] = CODES[code]
    return variants


class _State:
    """Users, companies and sessions, as many as the server has, under names that are made up."""

    def __init__(self, server: Mapping[str, Any], seen: Mapping[str, str | None]) -> None:
        self.server, self.seen = server, seen
        page = seen["page_size"] or ""
        self.page = int(page) if page.isdecimal() else 20
        odd = [ODD_LOGINS[word] for word in [seen["login_characters"] or ""] if word in ODD_LOGINS]
        odd += ["Velky"] if seen["logins_case"] == "no" else []
        known = server["users"] if seen["users_list"] == "all users" else None
        usual = (max(self.page + 10, server["members"] or 0) if known is None else known) - len(odd) - 2
        self.logins = [*odd, *(f"uzivatel{number:04}" for number in range(1, max(usual, 0) + 1))]

    def content(self) -> dict[str, Any]:
        """Return it as in a state file."""
        companies = self._companies()
        members = self._members(companies)
        sessions = self._sessions()
        otp = {"otp": OTP} if self.seen["otp_codes"] else {}
        admin = {"username": "admin", "password": "fake-admin", "permissions": {"manageAll": True, "licenseMgmt": True}}
        # The first page of a list that is cut off has what the report says of all of it.
        users: list[dict[str, Any]] = [
            {**admin, **otp},
            *({"username": login, "sessions": sessions.get(login, 0)} for login in self.logins),
            dict(TRIED),
        ]
        for user in users:
            roles = {company: ROLE for company, logins in members.items() if user["username"] in logins}
            user.update({"roles": roles} if roles else {})
            user.update({"contexts": companies[:1]} if user.get("sessions") else {})
        return {
            "server": self._about(),
            "companies": [{"dbNazev": name, "nazev": name.capitalize()} for name in companies],
            "users": users,
        }

    def _about(self) -> dict[str, Any]:
        code = self.seen["not_logged_in_code"]
        return {
            "version": self.server["version"] or "snapshot",
            "licenseName": "Firma s.r.o.",
            "licenseVariant": self.server["license_variant"] or "",
            "operatingSystem": self.server["operating_system"] or "",
            "javaVersion": self.server["java_version"] or "",
            **({} if code is None or code in CODES else {"not_logged_in_code": code}),
        }

    def _whole(self, count: int, code: str) -> int:
        """Return how many there are of what is perhaps shown in part."""
        word = self.seen[code]
        return count if word not in SHOWN_IN_PART else count + (5 if count == self.page else 1)

    def _companies(self) -> list[str]:
        known = self.server["companies"]
        count = 1 if known is None else self._whole(known, "companies_limit")
        return [f"firma{number:04}" for number in range(1, count + 1)]

    def _members(self, companies: list[str]) -> dict[str, set[str]]:
        """Return the users of each company: of the second and third ones perhaps one, or nobody."""
        most = self.server["members"] or 0
        count = self._whole(most, "company_users_limit") if most else 0
        everybody = [*self.logins, TRIED["username"], "admin"]
        left = list(companies)
        members: dict[str, set[str]] = {}
        if self.seen["empty_list"] and len(left) > 1:
            members[left.pop(1)] = set()
        if self.seen["single_record"] and len(left) > 1 and count > 1:
            members[left.pop(1)] = set(everybody[:1])
        return members | {company: set(everybody[:count]) for company in left}

    def _sessions(self) -> dict[str, int]:
        users, sessions = self.server["logged_in_users"], self.server["sessions"]
        if users is None:
            users = min(2, sessions) if sessions is not None else 2
        sessions = users + 1 if sessions is None else sessions
        logged_in = self.logins[:users]
        return {login: 1 + (sessions - users if login == logged_in[0] else 0) for login in logged_in}
