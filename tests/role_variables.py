# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the role: those that are refused, with what is said, and those that do something, with what they do.

The unit tests give them to the action plugin from every source there is, and those in ``tests/e2e`` to the role.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from ansible_collections.abra.flexi.tests.emulator import Emulator

ZANETA = "Žaneta Ř/ezníčková"
DECOMPOSED = unicodedata.normalize("NFD", ZANETA)
NOVAK: dict[str, Any] = {"users": ["novak"]}
ACCOUNTANTS: dict[str, Any] = {"users_in_companies": ["demo"], "users_with_roles": ["UCETNI"]}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "companies misspelt": (
        {**NOVAK, "companys": ["demo"]},
        "user_logout_companys: there is no such variable. Did you mean user_logout_company or user_logout_companies",
    ),
    "prefix misspelt": ({**NOVAK, "../user_logut_companies": ["demo"]}, "Did you mean user_logout_companies"),
    "prefix of the module": (
        {**NOVAK, "../flexi_user_logout_companies": ["demo"]},
        "flexi_user_logout_companies: there is no such variable. Did you mean user_logout_companies",
    ),
    "prefix of the collection": (
        {**ACCOUNTANTS, "../abra_flexi_user_logout_exclude_user": ["novak"]},
        "Did you mean user_logout_exclude_users",
    ),
    "mode misspelt": ({**NOVAK, "../user_logut_mode": "handler"}, "Did you mean user_logout_mode"),
    "both misspelt": ({**NOVAK, "../user_logut_companys": ["demo"]}, "Did you mean user_logout_company"),
    "upper case": ({**NOVAK, "../USER_LOGOUT_COMPANIES": ["demo"]}, "Did you mean user_logout_companies"),
    "dictionary": ({**NOVAK, "../user_logout": {"companies": ["demo"]}}, "a dictionary with companies"),
    "role, singular": (
        {"users_in_companies": ["demo"], "users_with_role": ["UCETNI"]},
        "mean user_logout_users_with_roles",
    ),
    "roles alone": ({"users_with_roles": ["UCETNI"]}, "users_with_roles is given without users_in_companies"),
    "excluded": ({**ACCOUNTANTS, "excluded_users": ["novak"]}, "mean user_logout_exclude_users"),
    "user": ({"user": "novak"}, "user_logout_user: there is no such variable. Did you mean user_logout_users"),
    "nothing said": ({}, "Nothing says whom to log out."),
    "blank": ({"users": " "}, "Nothing says whom to log out."),
    "numbers": ({"users": [7, 8, True]}, "users contains 7, which YAML reads as a number, not as text. Quote it"),
    "a number": ({"users": 1234}, "users is 1234, which YAML reads as a number, not as text. Quote it"),
    "null": ({**NOVAK, "companies": None}, "user_logout_companies is null"),
    "null in a list": ({"lists": [{"users": ["novak"], "companies": None}]}, "lists[0].companies is null"),
    "blank in a list": ({"lists": [{"users": ["novak"], "companies": ""}]}, "lists[0].companies is "),
    "no company": ({**NOVAK, "companies": []}, "companies is empty"),
    "exclude, whitespace": ({**ACCOUNTANTS, "exclude_users": ["novak "]}, "leading or trailing whitespace"),
    "exclude, nested": (
        {**ACCOUNTANTS, "exclude_users": [["novak"]]},
        "exclude_users contains a list, but text is expected",
    ),
    "exclude, semicolon": ({**ACCOUNTANTS, "exclude_users": "novak; petr"}, "Did you mean novak?"),
    "exclude, mistyped": ({**ACCOUNTANTS, "exclude_users": ["novvak"]}, "Did you mean novak?"),
    "mode": ({**NOVAK, "mode": "later"}, "value of user_logout_mode must be one of: now, handler"),
}
RENDER_TO_NOTHING = ("{{ none }}", "{{ '' }}", "{{ lookup('env', 'NOT_SET') }}")
"""Templates that mean a company."""
DONE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "one company": ({**NOVAK, "companies": ["demo"]}, {"novak of demo"}),
    "its other name": ({**NOVAK, "company": "demo"}, {"novak of demo"}),
    "blank companies": ({**NOVAK, "companies": " "}, {"novak"}),
    # As a list, ansible-core from 2.19 on would make numbers of what a survey has, and those are refused.
    "digits as text": ({"users": "007\n010\nyes", "unknown_users": "ignore"}, set()),
    "exclude": ({**ACCOUNTANTS, "exclude_users": [ZANETA]}, {"novak"}),
    "exclude, composed differently": ({**ACCOUNTANTS, "exclude_users": [DECOMPOSED, "NOVAK"]}, set()),
    "four lines": (
        {**ACCOUNTANTS, "exclude_users": ZANETA, "companies": "demo"},
        {"novak of demo"},
    ),
    "lists": (
        {**NOVAK, "companies": "demo", "lists": [{"users": "franta\njan.novak@firma.cz"}]},
        {"novak of demo", "franta", "jan.novak@firma.cz"},
    ),
    "results of a job before": ({**NOVAK, "results": [], "result": {}, "result_failed": 3}, {"novak"}),
    "nobody": ({"users": []}, set()),
}


class SurveyDumper(yaml.SafeDumper):
    """Writes YAML with every text, also that of keys, marked as AWX marks it."""


SurveyDumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


def as_survey(answers: dict[str, Any]) -> str:
    """Return what AWX writes to the file of the extra variables."""
    return yaml.dump(answers, Dumper=SurveyDumper)


def named(given: dict[str, Any]) -> dict[str, Any]:
    """Return the variables by their whole names; what begins with ``../`` has no prefix."""
    return {f"user_logout_{name}" if "/" not in name else name[3:]: value for name, value in given.items()}


def logged_in(server: Emulator) -> set[str]:
    """Return who is logged in, and what contexts are cached."""
    users = server.state.as_dict()["users"].items()
    sessions = {name for name, user in users if user["sessions"]}
    return sessions | {f"{name} of {company}" for name, user in users for company in user["contexts"]}


def ended(before: set[str], after: set[str], meant: set[str]) -> set[str]:
    """Return who was logged out, and of which contexts, as far as these did not go with the sessions."""
    gone = before - after
    # Reading users with HTTP Basic makes a context of the acting user.
    return {each for each in gone if each.partition(" of ")[0] not in gone or each in meant}
