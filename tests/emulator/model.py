# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the state consists of: the server, companies, users, sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Optional

# Company -> the roles in it, maybe none; no mapping at all: every company may be entered.
Roles = Optional[dict[str, tuple[str, ...]]]
LAST_LOGIN = "2026-01-05T08:00:00.000+01:00"
LAST_API = "2026-01-05T09:30:00.000+01:00"


@dataclass
class Server:
    """What the server says about itself."""

    version: str = "2026.5.2"
    license_name: str = "Nejlepší firma a.s."
    license_variant: str = "Premium"
    java_version: str = "21.0.4"
    operating_system: str = "Linux"
    # Seconds after which an unused session expires; 0: never.
    session_timeout: float = 0
    # Wrong passwords in a row that block a user; 0: any number is let pass.
    lock_after: int = 0
    # Of the message that a user is not logged in
    not_logged_in_code: str = "uzivatelNeniPrihlasen"


@dataclass
class Company:
    """A company: its address name, and the name that people see."""

    name: str
    title: str = ""


@dataclass
class Return:
    """How a user who was logged out logs in again: a browser or a client that reconnects."""

    # How often; None: every time.
    times: int | None = None
    # Seconds; 0: before the logout is answered.
    after: float = 0
    sessions: int = 1


@dataclass(eq=False)
class User:
    """A global user."""

    username: str
    password: str = ""
    manage_all: bool = False
    license_mgmt: bool = False
    otp: str = ""
    user_type: str = "NORMAL"
    blocked: bool = False
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    last_login: str = LAST_LOGIN
    last_api: str = LAST_API
    roles: Roles = None
    comes_back: Return | None = None
    sessions: dict[str, Session] = field(default_factory=dict)
    # A dict as an ordered set: the companies of which the server caches this user's context.
    contexts: dict[str, None] = field(default_factory=dict)
    failures: int = 0
    used_otp: str = ""

    @property
    def may_log_others_out(self) -> bool:
        """Both rights are needed."""
        return self.manage_all and self.license_mgmt

    def may_enter(self, company: str) -> bool:
        """Whether this user may open a company."""
        return self.manage_all or self.roles is None or company in self.roles


@dataclass(eq=False)
class Session:
    """One authentication session."""

    id: str
    user: User
    refresh_token: str
    csrf_token: str
    last_used: float


class Dropped(NamedTuple):
    """What a logout ended."""

    sessions: int
    contexts: int
