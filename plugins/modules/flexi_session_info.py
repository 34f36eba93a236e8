#!/usr/bin/python
# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show who is logged in to an ABRA Flexi server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flexi_session_info
short_description: Show who is logged in to an ABRA Flexi server
version_added: 0.1.0
author: abra.flexi contributors (@abra-flexi)
description:
  - Returns the server's version and licence, how many users are logged in, and, if the server shows it for certain, who
    they are.
  - Only reads.
extends_documentation_fragment:
  - abra.flexi._connection
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
  - The page C(/status/user) is documented, but not what is on it. The logins on it are believed only if there are as
    many as C(/status.json) says. Otherwise RV(exact) is false and RV(users) is null.
seealso:
  - module: abra.flexi.flexi_server_check
  - module: abra.flexi.flexi_user_info
  - module: abra.flexi.flexi_user_logout
"""

EXAMPLES = r"""
- name: See who is logged in
  abra.flexi.flexi_session_info:
    url: https://flexi.example.com:5434
    username: admin
    password: "{{ vault_flexi_password }}"
    ca_path: ~/flexi-ca.pem
  register: flexi

- name: Show their logins, if the server shows them for certain
  ansible.builtin.debug:
    msg: "{{ flexi.logged_in_users }} users are logged in: {{ flexi.users | default('unknown', true) }}"

- name: Wait with the rollout until nobody is logged in, for an hour at most
  abra.flexi.flexi_session_info:
    url: https://flexi.example.com:5434
    username: admin
    password: "{{ vault_flexi_password }}"
    ca_path: ~/flexi-ca.pem
  register: flexi
  until: flexi is failed or flexi.sessions == 0
  retries: 60
  delay: 60
"""

RETURN = r"""
server:
  description: The Flexi server. What it does not report is null.
  returned: success
  type: dict
  contains:
    version:
      description: Its version.
      returned: always
      type: str
      sample: 2026.5.2
    license_name:
      description: Whom its licence is for (C(licenseName)).
      returned: always
      type: str
      sample: Firma s.r.o.
    license_variant:
      description: What the licence covers (C(licenseVariant)).
      returned: always
      type: str
      sample: Premium
    operating_system:
      description: What it runs on.
      returned: always
      type: str
      sample: Linux
    java_version:
      description: The Java that it runs with.
      returned: always
      type: str
      sample: 17.0.10
logged_in_users:
  description: How many users are logged in (C(loggedUser)), or null if the server does not say.
  returned: success
  type: int
  sample: 2
sessions:
  description: How many sessions are open, or null if the server does not say.
  returned: success
  type: int
  sample: 3
exact:
  description: Whether RV(users) is known.
  returned: success
  type: bool
  sample: true
reason:
  description: Why it is not known, or null if it is.
  returned: success
  type: str
  sample: The page /status/user shows 2 users, but /status.json says 3.
users:
  description: The logins of everybody who is logged in, sorted, or null if that is not known.
  returned: success
  type: list
  elements: str
  sample: [franta, novak]
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
      sample: auth_failed
    http_status:
      description: The status of the server's answer, or null where there was none.
      returned: always
      type: int
      sample: 401
    message:
      description: What was asked and what came of it.
      returned: always
      type: str
      sample: "Reading /status.json failed: the server answered 401: Je potřebná autorizace."
    hint:
      description: What to do about it.
      returned: always
      type: str
      sample: Check username, password and, with two-factor login, otp.
"""

from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import run_as_module
from ansible_collections.abra.flexi.plugins.module_utils._tasks.session_info import SESSION_INFO


def main() -> None:
    """Run as an Ansible module."""
    run_as_module(SESSION_INFO)


if __name__ == "__main__":
    main()
