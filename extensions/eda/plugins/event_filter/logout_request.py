# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event filter for ansible-rulebook: turns a webhook's event into a checked request, and nothing else.

The conditions of a rulebook cannot do it: ``select`` passes over list items that are not text, for instance.

The event that comes out has either ``user_logout_lists``, fit for the variable of that name, and whether it may be
merged with others, or ``refused``, a sentence that repeats nothing of what was sent. All the rest is dropped, since
ansible-rulebook hands the whole event to the playbook, as the extra variable ``ansible_eda``.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import deque
from typing import Any

MOST_LOGOUTS = 10_000
LONGEST_LOGIN = 255
# What ansible-rulebook merges comes back over a socket of which it reads whatever is there: more than the 32 KiB that
# Linux sends at once (half of the first window) may be torn, and nothing merged ever done again.
MOST_MERGED = 32_000
# The bytes that ansible-rulebook adds to each event.
OF_AN_EVENT = 290
SECONDS_MERGED = 4.0
merged: deque[tuple[float, int]] = deque()
COMPANY = re.compile("[a-z0-9_]+")
# Ansible evaluates extra variables with any of these. What is beyond U+FFFF, such as an emoji, comes out of
# ansible-rulebook's Java in two halves, and Ansible could not read any of the variables.
UNFIT = re.compile("[{}\U00010000-\U0010ffff]|^#")
# Proxies that decode %2F and the like can make somebody else's address of these, or end it early.
ELSEWHERE = re.compile(
    r"(?:^|[/\\])(?:\.{1,2}(?:[?#][^/\\]*)?)?(?:[/\\]|$)|[/\\]logout(?:[.?#/\\]|$)|;|%[0-9a-fA-F]{2}"
)

# ansible-rulebook loads this file at its start. A webhook's token with a blank in it would fit no request.
TOKEN = os.environ.get("ABRAFLEXI_WEBHOOK_TOKEN", "")
if TOKEN and (not TOKEN.isascii() or not TOKEN.isprintable() or " " in TOKEN):
    raise ValueError("ABRAFLEXI_WEBHOOK_TOKEN must be ASCII without spaces: make one with openssl rand -hex 32.")


def main(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event that the rules see."""
    try:
        payload = checked(event.get("payload"))
        return {"user_logout_lists": [payload], "may_be_merged": fits(len(json.dumps(payload)) + OF_AN_EVENT)}
    except ValueError as reason:
        return {"refused": str(reason)}


def fits(size: int) -> bool:
    """Whether an event can be merged with those that came shortly before."""
    now = time.monotonic()
    while merged and merged[0][0] < now - SECONDS_MERGED:
        merged.popleft()
    if sum(each for _time, each in merged) + size > MOST_MERGED:
        return False
    merged.append((now, size))
    return True


def checked(payload: Any) -> dict[str, list[str]]:
    """Return the payload, or raise ValueError."""
    if not isinstance(payload, dict) or "users" not in payload:
        raise ValueError("There must be an object with users.")
    # With a misspelt "companies", the users would be logged out of everything.
    if set(payload) - {"users", "companies"}:
        raise ValueError("There must be nothing in the object but users and companies.")
    for name in payload:
        check_list(name, payload[name])
    if not all(is_login(user) for user in payload["users"]):
        raise ValueError("One of the users is not an acceptable login: see the guide Event-driven.")
    companies = payload.get("companies", [])
    if not all(COMPANY.fullmatch(company) for company in companies):
        raise ValueError("One of the companies is not a database name (dbNazev).")
    if len(payload["users"]) * max(1, len(companies)) > MOST_LOGOUTS:
        raise ValueError(f"That is more than {MOST_LOGOUTS} logouts.")
    return payload


def check_list(name: str, value: Any) -> None:
    """Raise ValueError for anything but a list of texts."""
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise ValueError(f"The {name} must be a non-empty list of strings.")


def is_login(text: str) -> bool:
    """Whether the module would take it for a login, and Ansible for nothing else."""
    is_plain = text.isprintable() and text == text.strip() and not ELSEWHERE.search(text)
    return is_plain and len(text) <= LONGEST_LOGIN and not UNFIT.search(text)
