# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all findings: what this collection assumes of a Flexi, and what follows where it is otherwise.

What may be seen is written down here word for word, so that nothing that a server says gets into a report by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from .. import _errors

if TYPE_CHECKING:
    from collections.abc import Mapping

KnownFrom = Literal["documented", "clients", "recorded", "inferred", "not documented"]
DOCUMENTED: Final = "documented"
CLIENTS: Final = "clients"
RECORDED: Final = "recorded"
INFERRED: Final = "inferred"
NOT_DOCUMENTED: Final = "not documented"


@dataclass(frozen=True)
class Entry:
    """One thing that the collection assumes."""

    question: str
    assumed: str
    fits: tuple[str, ...]
    """What is seen where it is so."""
    differs: Mapping[str, str] = field(default_factory=dict)
    """What else may be seen without harm, and what follows from it."""
    matters: Mapping[str, str] = field(default_factory=dict)
    """What may be seen where something does not work then, and what to do."""
    known_from: KnownFrom = NOT_DOCUMENTED
    """How well the assumption is founded; all but what is documented is in the guide "What is unverified"."""
    depends: str = ""
    """What of the collection depends on it."""
    failure: _errors.Code | None = None
    """The code with which the check fails where it matters; None where the rest works all the same."""
    is_tried: bool = False
    """Whether it takes somebody who is logged in and out."""
    form: re.Pattern[str] | None = None
    """What may be seen besides, where that fits."""

    def judged(self, seen: str | None) -> bool | None:
        """Return whether what was seen fits, or None where nothing was; raise ValueError for what cannot be seen."""
        if seen is None:
            return None
        if seen in self.fits or (self.form and self.form.fullmatch(seen)):
            return True
        if seen in self.differs or seen in self.matters:
            return False
        raise ValueError(f"{seen!r} is not in the table of findings")


@dataclass(frozen=True)
class Finding:
    """What was seen of one of them."""

    code: str
    entry: Entry
    seen: str | None = None

    @property
    def fits(self) -> bool | None:
        """Whether it is as assumed, or None where nothing was seen."""
        return self.entry.judged(self.seen)

    @property
    def matters(self) -> bool:
        """Whether something does not work for that."""
        return self.seen in self.entry.matters

    @property
    def hint(self) -> str:
        """What follows from it; empty where nothing does."""
        return {**self.entry.differs, **self.entry.matters}.get(self.seen or "", "")

    def as_dict(self) -> dict[str, Any]:
        """Return an entry of the module's ``findings``."""
        return {
            "code": self.code,
            "question": self.entry.question,
            "assumed": self.entry.assumed,
            "seen": self.seen,
            "fits": self.fits,
            "matters": self.matters,
            "hint": self.hint,
        }


_CHECK_URL = "Set url to the root of a Flexi server, such as https://flexi.example.com:5434."
_BETWEEN = "Look at what stands in between: a proxy, a firewall, a page for maintenance."
NOT_IN_JSON: Final = "Flexi itself answers in JSON: a proxy replaces its pages, or wants a login of its own."
_NAME_THEM = "Name the users: what needs this list fails with list_unreadable, and logins are not checked."
_NAME_COMPANIES = "Companies cannot be looked up: names are checked for their form only, with a warning."
_NO_ROLES = "Users cannot be chosen by company or role."
_STATUSES = (400, 401, 402, 403, 404, 405, 406, 409, 500, 503)

PAGE: Final = "a web page"
NO_JSON: Final = "no readable JSON"
NO_RECORDS: Final = "JSON without records"
TO_LOGIN: Final = "a redirect to the login"
ELSEWHERE: Final = "a redirect elsewhere"
OTHER_STATUS: Final = "another status"
ONLY_ONESELF: Final = "only the acting user"
NOBODY: Final = "nobody"


def status_words(status: int, *, is_page: bool) -> str:
    """Return how a status is called that is not 200."""
    return f"{status}{f', {PAGE}' if is_page else ''}" if status in _STATUSES else OTHER_STATUS


def _refusals(hint: str) -> dict[str, str]:
    named = [status_words(status, is_page=is_page) for status in _STATUSES for is_page in (False, True)]
    return dict.fromkeys([*named, PAGE, NO_JSON, NO_RECORDS, TO_LOGIN, ELSEWHERE, OTHER_STATUS], hint)


YES: Final = "yes"
NO: Final = "no"
NUMBERS: Final = "numbers"
STRINGS: Final = "strings"
ALL: Final = "all"
SHORT: Final = "all, of no more than a page"
ALWAYS_ALL: Final = "all, also without limit"
PAGES_ONLY: Final = "a page"
NONE_AT_ALL: Final = "no records"
WHATEVER: Final = "the same whatever is asked for"
ENVELOPE_JSON: Final = "the envelope in JSON"
ENVELOPE_XML: Final = "the envelope in XML"
NOTHING: Final = "no body"
THE_WORD: Final = "the word ok"
TEXT: Final = "text"
JETTY: Final = "a page of the web server itself"
OTHER_JSON: Final = "other JSON"
OTHER_XML: Final = "other XML"
BROKEN: Final = "a broken body"
NO_CODE: Final = "no code"
ODD_CODE: Final = "a code of an unusual form"
BODIES = (ENVELOPE_JSON, ENVELOPE_XML, NOTHING, THE_WORD, TEXT, PAGE, JETTY, OTHER_JSON, OTHER_XML, BROKEN)
DONE: Final = "success"
NOT_FOUND: Final = "404"
OTHER_ANSWER: Final = "another answer"
ENDED: Final = "a redirect to remote-logout"
CODE = re.compile("[a-z]+(?:[A-Z][a-z]*)+")
"""The form of Flexi's codes of messages."""


def _limit(what: str) -> dict[str, Any]:
    cut = "A list that is cut off is not believed: name the users, or use a login that sees fewer."
    return {
        "assumed": "limit=0 brings all records.",
        "fits": (ALL, SHORT),
        "differs": {
            ALWAYS_ALL: "This has no consequences.",
            WHATEVER: "The list is believed, unless it may be the first page of a longer one.",
        },
        "matters": {PAGES_ONLY: cut, NONE_AT_ALL: cut},
        "known_from": CLIENTS,
        "depends": f"whether {what} are read as a whole",
    }


_TRUST_IT = (
    "Get the certificate with 'openssl s_client -connect HOST:PORT </dev/null | openssl x509 -out flexi.pem', compare "
    "it with the server's own, and give flexi.pem as ca_path. The password was not sent."
)
_NOT_SENT = "The password was not sent."

ENTRIES: Final[Mapping[str, Entry]] = {
    # The way to the server
    "answer": Entry(
        "Does the address answer?",
        "It answers to https, without a redirect.",
        (YES,),
        matters={
            "no connection": f"{_BETWEEN} Check host, port and firewall, and that Flexi is running.",
            "no answer in time": "Flexi is slow after a start: try again later, or with a longer timeout.",
            "no TLS connection": "Check the port and the certificate. The password was not sent.",
            "no way through the proxy": "Check HTTPS_PROXY, or list the server in NO_PROXY.",
            "no HTTP": f"{_BETWEEN} Check the port.",
            "a redirect to https": "Set url to the address with https.",
            ELSEWHERE: (
                "Credentials must not follow a redirect: set url to the address that it leads to. "
                "If that is a proxy's own login, have it let these requests through."
            ),
        },
        known_from=DOCUMENTED,
        depends="everything",
        failure=_errors.UNREACHABLE,
    ),
    "response_time": Entry(
        "How long does an answer take?",
        "Less than a second.",
        ("less than a second",),
        differs={
            "1 to 5 seconds": "A logout of many users takes that long for every four of them: see concurrency.",
            "more than 5 seconds": "Flexi may have started just now. If it stays like this, raise timeout.",
        },
        known_from=DOCUMENTED,
        depends="how long a run takes",
    ),
    "tls_version": Entry(
        "Which TLS does the server speak?",
        "TLS 1.2 or 1.3.",
        ("TLS 1.3", "TLS 1.2"),
        differs={"none": "Plain http sends the password over the network unencrypted: use https."},
        known_from=DOCUMENTED,
        depends="whether there is a connection",
    ),
    "certificate": Entry(
        "Who signed the server's certificate?",
        "An authority that is trusted here, for this host name.",
        ("an authority that is trusted", "an authority of ca_path"),
        differs={"not checked": "validate_certs is false, so anybody in between can read the password: set ca_path."},
        matters={
            "the server itself": f"A fresh Flexi has such a certificate. {_TRUST_IT}",
            "an unknown authority": f"Set ca_path to the certificate of that authority. {_NOT_SENT}",
            "expired": f"Have the certificate renewed, and check the clocks of both machines. {_NOT_SENT}",
            "another host name": f"Use the host name that the certificate is for in url. {_NOT_SENT}",
            "not valid": f"There is no trusted TLS connection. {_NOT_SENT}",
        },
        known_from=CLIENTS,
        depends="whether the password is sent",
        failure=_errors.TLS,
    ),
    "certificate_days": Entry(
        "How long is the certificate valid?",
        "For more than 30 days.",
        ("more than 30 days",),
        differs={
            "8 to 30 days": "Have it renewed in time.",
            "7 days or less": "Have it renewed now, or no task of this collection gets a connection.",
        },
        known_from=DOCUMENTED,
        depends="whether there is a connection next month",
    ),
    "clock": Entry(
        "Do the clocks agree?",
        "Within 10 seconds.",
        ("within 10 seconds",),
        differs={
            "within a minute": "One-time codes (otp) may be refused now and then.",
            "more than a minute": "One-time codes (otp) are refused: set the clocks of both machines.",
        },
        known_from=INFERRED,
        depends="one-time codes",
    ),
    "in_between": Entry(
        "What stands in between?",
        "Nothing that shows itself.",
        ("nothing that shows itself",),
        differs=dict.fromkeys(
            ("nginx", "Apache", "HAProxy", "IIS", "Envoy", "Traefik", "Varnish", "Squid", "Cloudflare", "a proxy"),
            "It must pass on /status and /login-logout as they are, also %2F, and must not answer in Flexi's place.",
        ),
        known_from=DOCUMENTED,
        depends="logins with a slash, and what an error page means",
    ),
    # The server
    "flexi": Entry(
        "Is it a Flexi?",
        "/status.json answers as documented.",
        (YES, "yes, which does not show its status to this user"),
        matters={
            "no, a web page": f"A page came in place of an answer. {_BETWEEN} {_CHECK_URL}",
            "no, another server": _CHECK_URL,
            "no, 403": f"A firewall or proxy refused it. {_BETWEEN}",
            "no, 404": f"There is no Flexi at this address. {_CHECK_URL}",
            "no, 5xx": f"The server is starting, overloaded or in maintenance: try again later. {_BETWEEN}",
            "no, another status": _CHECK_URL,
        },
        known_from=DOCUMENTED,
        depends="everything",
        failure=_errors.NOT_FLEXI,
    ),
    "status_login": Entry(
        "Does /status.json want a login?",
        "It does.",
        (YES,),
        differs={NO: "This has no consequences: the credentials are sent all the same."},
        depends="nothing",
    ),
    "unauthorised": Entry(
        "What comes without credentials?",
        "401, in JSON.",
        ("401",),
        differs={
            f"401, {PAGE}": NOT_IN_JSON,
            TO_LOGIN: "It is understood as refused credentials.",
            PAGE: "It is understood as refused credentials.",
            OTHER_ANSWER: "Refused credentials may be reported as something else.",
        },
        known_from=RECORDED,
        depends="the failure auth_failed",
    ),
    "redirect_address": Entry(
        "What does a redirect name?",
        "A path of this server.",
        ("a path",),
        differs=dict.fromkeys(
            ("a whole address", "an address with http and no port"),
            "Only its path is compared, so this has no consequences.",
        ),
        known_from=RECORDED,
        depends="recognizing an expired session",
    ),
    "version": Entry(
        "Which version is it?",
        "One with the logout service.",
        ("a number", "a text"),
        differs={"not told": "This has no consequences."},
        known_from=DOCUMENTED,
        depends="nothing; the report has it",
    ),
    "running": Entry(
        "Does the server say that it runs?",
        "It does.",
        (YES,),
        differs={NO: "Flexi is starting, or in trouble: look into its log."},
        known_from=DOCUMENTED,
        depends="nothing",
    ),
    "status_values": Entry(
        "How are its counts written?",
        "As numbers or strings.",
        (NUMBERS, STRINGS),
        known_from=RECORDED,
        depends="check mode, and who is logged in",
    ),
    "status_counts": Entry(
        "Does it count users and sessions?",
        "It counts both.",
        ("users and sessions",),
        differs={
            "users only": "Check mode and verify go by the page /status/user alone.",
            "sessions only": "Who is logged in is known only where nobody is: check mode assumes the rest.",
            "neither": "Who is logged in is never known for certain: check mode assumes that everybody is.",
        },
        known_from=DOCUMENTED,
        depends="check mode, verify, and users_logged_in",
    ),
    "lang_cookie": Entry(
        "Which answers have the cookie lang?",
        "All of them.",
        ("all of them",),
        differs={
            "none": "An empty body and the word ok count as an answer of Flexi, too.",
            "that of /status.json only": "An answer counts as Flexi's only with the envelope.",
        },
        known_from=RECORDED,
        depends="what counts as Flexi's answer",
    ),
    "charset": Entry(
        "In which charset are answers?",
        "UTF-8.",
        ("utf-8",),
        differs=dict.fromkeys(("windows-1250", "iso-8859-2", "another one"), "The charset that is named is read."),
        known_from=INFERRED,
        depends="logins with accents",
    ),
    "charset_in": Entry(
        "Where is another charset named?",
        "In the header.",
        ("in the header",),
        differs={"in XML itself": "It is read there, too.", "nowhere": "Accents in messages may be lost."},
        known_from=INFERRED,
        depends="messages with accents",
    ),
    "compression": Entry(
        "Are answers compressed without being asked for?",
        "They are not.",
        (NO,),
        differs={"gzip": "They are unpacked.", "deflate": "They are unpacked.", "in another way": "See in_between."},
        depends="nothing",
    ),
    # Credentials and rights
    "credentials": Entry(
        "Are the credentials taken?",
        "HTTP Basic is, with every request.",
        (YES,),
        differs={"not shown": "No list and no page showed whether they are."},
        matters={
            "refused": _errors.CHECK_CREDENTIALS,
            "the session has expired": "Run the task again; if session_id is set, set a new one.",
            "not sent": "They go only to a server that is a Flexi, with a certificate that is trusted.",
        },
        known_from=INFERRED,
        depends="everything",
        failure=_errors.AUTH_FAILED,
    ),
    "otp_codes": Entry(
        "Is a one-time code good for more than one request?",
        "It is, for as long as it is valid.",
        ("more than one",),
        matters={"only one": "No run has one request only: use auth_method session, or a login without two factors."},
        depends="two-factor login with HTTP Basic",
        failure=_errors.AUTH_FAILED,
    ),
    "rights": Entry(
        "Has the login the rights to log others out?",
        "It has manageAll and licenseMgmt.",
        ("both",),
        differs={"not told": "The list of users does not show it. Flexi answers 403 where they are missing."},
        matters={"not both": "Grant the login manageAll and licenseMgmt. Without them, it can log out only itself."},
        known_from=DOCUMENTED,
        depends="every logout of somebody else",
        failure=_errors.FORBIDDEN,
    ),
    # Who is logged in
    "user_page": Entry(
        "Does /status/user show who is logged in?",
        "Its buttons name as many logins as are counted.",
        ("as many as are counted", "nobody, and nobody is counted"),
        differs={
            **_refusals("Check mode assumes that everybody is logged in, and verify cannot verify."),
            "as many, but their number is not told": "It is not believed: see status_counts.",
            "fewer than are counted": "It is not believed: check mode assumes that everybody is logged in.",
            "more than are counted": "It is not believed: check mode assumes that everybody is logged in.",
        },
        known_from=INFERRED,
        depends="check mode, verify, and users_logged_in",
    ),
    "user_page_form": Entry(
        "How are its buttons written?",
        "One address for each login.",
        ("one for each login",),
        differs=dict.fromkeys(
            ("several for a login", "one for each login and company", "with entities of HTML"),
            "They are understood.",
        ),
        depends="the same",
    ),
    "user_page_json": Entry(
        "Is the same to be had as JSON?",
        "It is not.",
        (NO,),
        differs={YES: "Tell us: it would be better than the page."},
        depends="nothing",
    ),
    # Users and companies
    "users_list": Entry(
        "Does /u.json list all users?",
        "It does, to a login with these rights.",
        ("all users",),
        matters={**_refusals(_NAME_THEM), ONLY_ONESELF: _NAME_THEM, NOBODY: _NAME_THEM},
        depends="unknown users, flexi_user_info, and selections",
    ),
    "users_shape": Entry(
        "What is around its records?",
        "Something in which they are found.",
        ("users.user", "winstrom.user", "user", "a list", "winstrom.uzivatel", "winstrom.users.user", "a list of user"),
        differs={"something else": "They are found all the same."},
        depends="the same",
    ),
    "users_limit": Entry("Does limit=0 bring all users?", **_limit("users")),
    "user_fields": Entry(
        "Which fields has a user?",
        "Type, rights, and the last login.",
        ("all",),
        differs={"no dates": "It is a Flexi before 2025.5: last_login and last_api are null."},
        matters={"the login only": "Users cannot be filtered by type, nor by whether they are blocked."},
        known_from=DOCUMENTED,
        depends="flexi_user_info",
    ),
    "user_values": Entry(
        "How are yes and no written there?",
        "As strings or booleans.",
        (STRINGS, "booleans"),
        depends="flexi_user_info",
    ),
    "logins_case": Entry(
        "Are logins stored in lower case?",
        "They are.",
        (YES,),
        differs={NO: "Write logins exactly as Flexi has them."},
        known_from=RECORDED,
        depends="the question whether a login in different case was meant",
    ),
    "login_characters": Entry(
        "Which characters have logins?",
        "Letters and digits of ASCII, and . _ - @",
        ("the usual ones",),
        differs={
            "others": "They are sent percent-encoded.",
            "a slash, too": "A login with a slash works only if no proxy decodes %2F.",
        },
        depends="the address of a logout",
    ),
    "page_size": Entry(
        "How many records come without a limit?",
        "20.",
        ("20",),
        differs={
            "50": "This has no consequences.",
            "100": "This has no consequences.",
            "1000": "This has no consequences.",
            "others": "None.",
        },
        known_from=DOCUMENTED,
        depends="recognizing a list that is cut off",
    ),
    "row_count": Entry(
        "Do lists say how many records there are?",
        "Only if asked to.",
        ("if asked to",),
        differs={"always": "This has no consequences.", "never": "This has no consequences."},
        known_from=DOCUMENTED,
        depends="nothing",
    ),
    "companies": Entry(
        "Does /c.json list the companies?",
        "It does.",
        ("all companies",),
        differs={NOBODY: "There is no company, or this login may see none."},
        matters=_refusals(_NAME_COMPANIES),
        known_from=DOCUMENTED,
        depends="whether a company exists",
    ),
    "companies_limit": Entry("Does limit=0 bring all companies?", **_limit("companies")),
    "company_record": Entry(
        "How does a single company come?",
        "In a list.",
        ("in a list",),
        differs={"by itself": "It is understood."},
        known_from=INFERRED,
        depends="the list of companies",
    ),
    "company_users": Entry(
        "Does each company list its users?",
        "It does.",
        ("all of them",),
        differs={NOBODY: "No company has users of its own, or this login may not see them."},
        matters={**_refusals(_NO_ROLES), ONLY_ONESELF: _NO_ROLES, "some of them": _NO_ROLES},
        known_from=CLIENTS,
        depends="users_in_companies and users_with_roles",
    ),
    "company_users_shape": Entry(
        "What is around them?",
        "Something in which they are found.",
        ("winstrom.uzivatel", "uzivatel", "a list"),
        differs={"something else": "They are found all the same."},
        known_from=CLIENTS,
        depends="the same",
    ),
    "company_users_limit": Entry("Does limit=0 bring all users of a company?", **_limit("users of a company")),
    "company_roles": Entry(
        "How is a role written there?",
        "code:UCETNI.",
        ("with code: before it",),
        differs={
            "without code: before it": "It is understood.",
            "in a list": "It is understood.",
            "as an object": "It is understood.",
            "as an object in another": "It is understood.",
        },
        matters=dict.fromkeys(("as empty text", "as null", "not at all"), "Users cannot be chosen by role."),
        known_from=CLIENTS,
        depends="users_with_roles",
    ),
    "single_record": Entry(
        "How does a single user come?",
        "In a list.",
        ("in a list",),
        differs={"by itself": "It is understood."},
        depends="lists of one",
    ),
    "empty_list": Entry(
        "How does an empty list come?",
        "As a list.",
        ("as a list",),
        differs={"as empty text": "It is understood.", "as null": "It is understood."},
        depends="lists of nobody",
    ),
    # Tried with a throw-away user
    "json_login": Entry(
        "Does the JSON login work?",
        "It answers with a session.",
        ("a session",),
        matters={"refused": "Check try_user and try_password.", **_refusals("auth_method session does not work.")},
        known_from=DOCUMENTED,
        depends="auth_method session",
        is_tried=True,
    ),
    "login_refusal": Entry(
        "With which status is a JSON login refused?",
        "200 or 401, with success false.",
        ("200", "401"),
        differs={"403": "The answer is understood.", OTHER_ANSWER: "It may be reported as something else."},
        known_from=CLIENTS,
        depends="the failure auth_failed of auth_method session",
        is_tried=True,
    ),
    "session_counted": Entry(
        "Does its session show in the counts?",
        "It does.",
        (YES,),
        matters={NO: "The counts are not to be believed, and check mode believes them."},
        known_from=DOCUMENTED,
        depends="check mode",
        is_tried=True,
    ),
    "company_without_context": Entry(
        "What comes for a user with a session and no context in a company?",
        "404.",
        (NOT_FOUND,),
        differs={DONE: "A task with companies is changed each time.", OTHER_ANSWER: "The user is reported as failed."},
        depends="whether a task with companies is idempotent",
        is_tried=True,
    ),
    "company_logout": Entry(
        "Can one be logged out of a company?",
        "Flexi answers with success.",
        (DONE,),
        matters={NOT_FOUND: "companies has no effect.", OTHER_ANSWER: "companies cannot be used."},
        known_from=DOCUMENTED,
        depends="companies",
        is_tried=True,
    ),
    "session_after_company": Entry(
        "Does the session live on then?",
        "It does.",
        (YES,),
        matters={NO: "A task with companies ends sessions, and unsaved work is lost: use it as you would without."},
        known_from=DOCUMENTED,
        depends="what companies promises",
        is_tried=True,
    ),
    "logout": Entry(
        "Does a logout from everything work?",
        "Flexi answers with success, and the session ends.",
        (DONE,),
        matters={
            NOT_FOUND: "Nobody can be logged out: the session is there, and Flexi does not find it.",
            "403": "The login may not log others out: grant it manageAll and licenseMgmt.",
            "success, but the session lives on": "Nobody can be logged out here.",
            "200 without a mark of Flexi": "The logout is done, and reported as failed: send us this report.",
            OTHER_ANSWER: "Nobody can be logged out here.",
        },
        known_from=DOCUMENTED,
        depends="everything",
        failure=_errors.UNEXPECTED_REPLY,
        is_tried=True,
    ),
    "success_body": Entry(
        "What is the body of a successful answer?",
        "The envelope.",
        (ENVELOPE_JSON, ENVELOPE_XML),
        differs={
            **dict.fromkeys(BODIES[2:], "It counts only with the cookie lang, or where the server sets none."),
            "none, but a redirect to /status/user": "It is understood.",
        },
        depends="what counts as Flexi's answer",
        is_tried=True,
    ),
    "success_mark": Entry(
        "Which marks of Flexi has a successful answer?",
        "At least one.",
        ("the envelope and the cookie", "the envelope", "the cookie", NOTHING, THE_WORD, "the redirect"),
        matters={"none": "The logout is done, and reported as failed: send us this report."},
        depends="what counts as Flexi's answer",
        is_tried=True,
    ),
    "ended_session": Entry(
        "What comes for a session that has ended?",
        "A redirect to remote-logout.",
        (ENDED,),
        differs={
            **dict.fromkeys(("401", f"401, {PAGE}"), "It is reported as refused credentials."),
            TO_LOGIN: "It is reported as refused credentials.",
            PAGE: "It is reported as refused credentials.",
            OTHER_ANSWER: "An expired session may be reported as something else.",
        },
        known_from=DOCUMENTED,
        depends="logging in again where a session has expired",
        is_tried=True,
    ),
    "not_logged_in": Entry(
        "What comes for a user who is not logged in?",
        "404.",
        (NOT_FOUND,),
        differs={DONE: "Everybody counts as logged in, so a task is changed each time."},
        matters={OTHER_ANSWER: "Users who are not logged in are reported as failed."},
        known_from=DOCUMENTED,
        depends="whether a task is idempotent",
        is_tried=True,
    ),
    "not_logged_in_body": Entry(
        "What is the body of that 404?",
        "The envelope.",
        (ENVELOPE_JSON,),
        differs={
            **dict.fromkeys(BODIES[1:], "Each idle user costs a second request."),
            PAGE: "A proxy may replace Flexi's answers. Each idle user costs a second request.",
        },
        depends="how many requests a run takes",
        is_tried=True,
    ),
    "not_logged_in_code": Entry(
        "Which code has it?",
        "One of its own.",
        (),
        differs={
            NO_CODE: "It is told apart by a second request.",
            "adresaNeplatnaUrl": "It is that of an unknown address: it is told apart by a second request.",
            "firmaNeexistuje": "It is that of an unknown company, so idle users count as failed.",
            ODD_CODE: "It is told apart by a second request.",
        },
        depends="how many requests a run takes",
        is_tried=True,
        form=CODE,
    ),
    "flag": Entry(
        "Does ignore-not-found=true make a success of it?",
        "It does.",
        (YES,),
        matters={NO: "Users who are not logged in are reported as failed: send us this report."},
        known_from=INFERRED,
        depends="telling an idle user from a wrong address",
        is_tried=True,
    ),
    "context_without_session": Entry(
        "What comes for a context without a session?",
        "404, and the context is dropped.",
        (NOT_FOUND,),
        differs={DONE: "Users of HTTP Basic count as logged in.", OTHER_ANSWER: "They are reported as failed."},
        known_from=DOCUMENTED,
        depends="users of HTTP Basic",
        is_tried=True,
    ),
    "unknown_login": Entry(
        "Is an unknown login told from one that is not logged in?",
        "It is not.",
        ("the same answer",),
        differs={"an answer of its own": "Tell us which: it would save a request."},
        depends="unknown_users",
        is_tried=True,
    ),
    "flag_unknown_login": Entry(
        "Does the flag hide an unknown login?",
        "It does.",
        (YES,),
        differs={NO: "This has no consequences: the login is looked up."},
        depends="unknown_users",
        is_tried=True,
    ),
    "unknown_company": Entry(
        "Is an unknown company told from a user who is not there?",
        "It is not.",
        ("the same answer",),
        differs={"firmaNeexistuje": "It is reported as unknown_company.", "an answer of its own": "Tell us which."},
        depends="companies",
        is_tried=True,
    ),
    "flag_unknown_company": Entry(
        "Does the flag hide an unknown company?",
        "It does.",
        (YES,),
        differs={NO: "This has no consequences: companies are looked up beforehand."},
        depends="companies",
        is_tried=True,
    ),
    "login_case": Entry(
        "Do upper and lower case matter to a logout?",
        "They do.",
        (YES,),
        differs={NO: "A user excluded in different case is left out, too."},
        depends="logins in different case",
        is_tried=True,
    ),
    "slash": Entry(
        "Is a login with a slash understood?",
        "It is: the answer is that for any unknown login.",
        (YES,),
        differs={NO: "Users with a slash in their login cannot be logged out through this address."},
        depends="logins with a slash",
        is_tried=True,
    ),
    "json_suffix": Entry(
        "Does /logout.json do the same?",
        "It does.",
        (YES,),
        differs={NO: "This has no consequences: JSON is asked for by the header Accept."},
        known_from=CLIENTS,
        depends="nothing",
        is_tried=True,
    ),
    "xml_suffix": Entry(
        "Does /logout.xml answer in XML?",
        "It does.",
        (YES,),
        differs={NO: "This has no consequences: JSON is asked for."},
        known_from=CLIENTS,
        depends="nothing",
        is_tried=True,
    ),
    "own_session_end": Entry(
        "Does /login-logout/logout end one's own session?",
        "It does.",
        (YES,),
        differs={NO: "Sessions of auth_method session end by themselves after some time."},
        known_from=CLIENTS,
        depends="auth_method session",
        is_tried=True,
    ),
    "self_logout": Entry(
        "May a user without rights log themself out?",
        "They may.",
        (YES,),
        differs={NO: "Users need somebody with the rights to log them out."},
        known_from=DOCUMENTED,
        depends="tasks that run as the user",
        is_tried=True,
    ),
    "logout_cookie": Entry(
        "Has the answer of a logout the cookie lang?",
        "It has, where /status.json has.",
        (YES, "no, as /status.json"),
        differs={NO: "It counts as Flexi's only with the envelope."},
        known_from=RECORDED,
        depends="what counts as Flexi's answer",
        is_tried=True,
    ),
}


def findings(seen: Mapping[str, str]) -> list[Finding]:
    """Return a finding for each entry, always in the same order."""
    return [Finding(code, entry, seen.get(code)) for code, entry in ENTRIES.items()]
