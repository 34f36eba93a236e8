#!/usr/bin/python
# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the users of an ABRA Flexi server or company."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flexi_user_info
short_description: List the users of an ABRA Flexi server or company
version_added: 0.1.0
author: abra.flexi contributors (@abra-flexi)
description:
  - Returns all users of the server, or those of one company with their roles in it, if they meet all conditions.
  - Only reads. An incomplete list is a failure.
extends_documentation_fragment:
  - abra.flexi._connection
options:
  company:
    description:
      - Database name (C(dbNazev)) of a company. Only its users are returned. Empty text is an error.
      - Reading them with HTTP Basic makes Flexi cache a context of O(username) for this company.
    type: str
  roles:
    description:
      - Codes of roles, such as V(UCETNI). Only users who have one of them in O(company) are returned, so that option is
        required with this one. Upper and lower case do not matter. An empty list is an error.
    type: list
    elements: str
  user_types:
    description: Only users of one of these types are returned. An empty list is an error.
    type: list
    elements: str
    choices: [NORMAL, REST_API, READ_ONLY]
  blocked:
    description: Whether only blocked users (V(true)) or only those who are not (V(false)) are returned.
    type: bool
attributes:
  check_mode:
    description: Can run in check mode, where it does the same.
    support: full
  diff_mode:
    description: Returns what changed.
    support: N/A
  idempotent:
    description: Changes nothing.
    support: full
requirements:
  - requests
notes:
  - The fields of the list C(/u.json) are documented, but not its shape, so users are found by their C(username). The
    list of a company's users is known only from public clients. If a list cannot be read for certain, or lacks what a
    condition needs, the module fails.
  - With O(company), O(user_types) and O(blocked) need the list of all users too.
seealso:
  - module: abra.flexi.flexi_server_check
  - module: abra.flexi.flexi_session_info
  - module: abra.flexi.flexi_user_logout
"""

EXAMPLES = r"""
- name: List the accountants of a company who are not blocked
  abra.flexi.flexi_user_info:
    url: https://flexi.example.com:5434
    username: admin
    password: "{{ vault_flexi_password }}"
    company: demo
    roles: [UCETNI]
    blocked: false
  register: accountants

- name: Have their permissions read again
  abra.flexi.flexi_user_logout:
    url: https://flexi.example.com:5434
    username: admin
    password: "{{ vault_flexi_password }}"
    users: "{{ accountants.users | map(attribute='username') | list }}"
    company: demo
"""

RETURN = r"""
users:
  description: The users, in the server's order. What the server, or the list of a company, does not report is null.
  returned: success
  type: list
  elements: dict
  contains:
    username:
      description: The login.
      returned: always
      type: str
      sample: novak
    given_name:
      description: First name.
      returned: always
      type: str
      sample: Jan
    family_name:
      description: Last name.
      returned: always
      type: str
      sample: Novák
    email:
      description: E-mail address.
      returned: always
      type: str
      sample: jan.novak@firma.cz
    user_type:
      description: V(NORMAL), V(REST_API) or V(READ_ONLY).
      returned: always
      type: str
      sample: NORMAL
    blocked:
      description: Whether the user is blocked.
      returned: always
      type: bool
      sample: false
    permissions:
      description: Rights on the server, such as C(manageAll) and C(licenseMgmt), each true or false.
      returned: always
      type: dict
      sample: {manageAll: false, licenseMgmt: false}
    last_login:
      description: When the user last logged in, as the server writes it, which says nothing about a live session.
      returned: always
      type: str
      sample: "2026-05-04T08:15:30.000+02:00"
    last_api:
      description: When the user last used the API, as the server writes it.
      returned: always
      type: str
      sample: "2026-05-04T08:15:30.000+02:00"
    company:
      description: The company that was asked for, or null.
      returned: always
      type: str
      sample: demo
    roles:
      description: Codes of the user's roles in that company, or null.
      returned: always
      type: list
      elements: str
      sample: [UCETNI]
acting_user:
  description: The login that was used, or null if none was set.
  returned: success
  type: str
  sample: admin
in_session:
  description: Whether a session is used. It belongs to a user even if RV(acting_user) is null.
  returned: success
  type: bool
  sample: false
failure:
  description: What went wrong, in a form for programs.
  returned: on failure
  type: dict
  contains:
    code:
      description: A stable code, one of those of M(abra.flexi.flexi_user_logout).
      returned: always
      type: str
      sample: forbidden
    http_status:
      description: The status of the server's answer, or null where there was none.
      returned: always
      type: int
      sample: 403
    message:
      description: What was asked and what came of it.
      returned: always
      type: str
      sample: "Reading the users failed: the server answered 403: K této akci nemáte přístup."
    hint:
      description: What to do about it.
      returned: always
      type: str
      sample: Use a user with the rights manageAll and licenseMgmt.
"""

from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import run_as_module
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_info import USER_INFO


def main() -> None:
    """Run as an Ansible module."""
    run_as_module(USER_INFO)


if __name__ == "__main__":
    main()
