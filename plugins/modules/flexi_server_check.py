#!/usr/bin/python
# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check whether the collection works with an ABRA Flexi server, and what is different there."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flexi_server_check
short_description: Check whether the collection works with an ABRA Flexi server
version_added: 0.1.0
author: abra.flexi contributors (@abra-flexi)
description:
  - Asks the server whatever this collection assumes of it, and reports for each assumption what was seen, whether that
    fits, and what follows from it.
  - Without O(try_user) it only reads, with at most 12 requests and one for each company, and can be run at any time.
  - With O(try_user) it also logs this user in and out, with at most 40 requests, and leaves no session behind.
  - The report contains no password, session, host name, licensee, login or name of a company. It may be attached to an
    issue.
extends_documentation_fragment:
  - abra.flexi._connection
attributes:
  check_mode:
    description: Can run in check mode, where it reads, and says what it would try.
    support: full
  diff_mode:
    description: Returns what changed.
    support: N/A
  idempotent:
    description: Changes nothing, unless O(try_user) is set.
    support: partial
    details: With O(try_user), that user is logged in and out each time.
options:
  try_user:
    description:
      - The login of a throw-away user, who is logged in and out several times to see what the server does.
      - B(Make a user without rights for this), and remove them afterwards. Refused are the acting user, a user who is
        logged in, and a user with the right C(manageAll), or whose rights cannot be seen.
      - Nobody else is affected. Apart from this user, and a company that they may enter, the logins and the
        company that are sent do not exist.
    type: str
  try_password:
    description: The password of O(try_user). The user must be able to log in without a one-time code.
    type: str
  report_host:
    description: Whether the report contains the host name of the server.
    type: bool
    default: false
requirements:
  - requests
notes:
  - Before the credentials are sent, the server is asked without them. They are not sent to a server whose certificate
    is not trusted, or that is no Flexi.
  - Reading uses HTTP Basic, also with O(auth_method=session), since a login would be a write. Flexi then caches a
    context of the acting user for each company. After an upgrade, the first access to a company can take minutes.
  - The task fails only where the collection would not work with this server, or where its options are wrong.
seealso:
  - name: Check your server
    description: How to run it, and how to read the report.
    link: https://abra-flexi.github.io/ansible-collection-abra.flexi/docsite/guide_check_your_server.html
  - name: What is unverified about Flexi
    description: What the findings are about.
    link: https://abra-flexi.github.io/ansible-collection-abra.flexi/docsite/guide_unverified.html
  - module: abra.flexi.flexi_session_info
  - module: abra.flexi.flexi_user_info
  - module: abra.flexi.flexi_user_logout
"""

EXAMPLES = r"""
- name: Check the server, without changing anything
  abra.flexi.flexi_server_check:
    url: https://flexi.example.com:5434
    username: admin
    password: "{{ vault_flexi_password }}"
  register: check

- name: Show what is different there
  ansible.builtin.debug:
    msg: "{{ check.findings | selectattr('fits', 'equalto', false) | items2dict(key_name='code', value_name='hint') }}"

- name: Try it with a user who was made for this
  abra.flexi.flexi_server_check:
    url: https://flexi.example.com:5434
    username: admin
    password: "{{ vault_flexi_password }}"
    try_user: zkouska
    try_password: "{{ vault_try_password }}"
"""

RETURN = r"""
works:
  description: Whether the collection works with this server, as far as was seen.
  returned: always
  type: bool
  sample: true
summary:
  description: The same in one sentence.
  returned: always
  type: str
  sample: "Works: 38 of 41 findings as assumed, 3 differ, none of them matters."
tried:
  description: Whether O(try_user) was logged in and out.
  returned: always
  type: bool
  sample: false
steps:
  description: What was tried, or would be in check mode, in this order; empty where nothing was.
  returned: always
  type: list
  elements: str
  sample:
    - Log in a user who does not exist
server:
  description: The Flexi server, in numbers. What was not seen is null.
  returned: always
  type: dict
  contains:
    version:
      description: Its version.
      returned: always
      type: str
      sample: 2026.5.2
    license_variant:
      description: What the licence covers; V(another) where that is no known word.
      returned: always
      type: str
      sample: Premium
    operating_system:
      description: The kind of system that it runs on; V(another) where that is no known word.
      returned: always
      type: str
      sample: Linux
    java_version:
      description: The Java that it runs with.
      returned: always
      type: str
      sample: 17.0.10
    users:
      description: How many users it has.
      returned: always
      type: int
      sample: 12
    companies:
      description: How many companies the acting user sees.
      returned: always
      type: int
      sample: 3
    members:
      description: How many users the company with the most users has.
      returned: always
      type: int
      sample: 7
    logged_in_users:
      description: How many users are logged in.
      returned: always
      type: int
      sample: 2
    sessions:
      description: How many sessions are open.
      returned: always
      type: int
      sample: 3
findings:
  description:
    - What was found, always the same codes in the same order. Codes are never renamed.
    - What was not looked at, or not seen, has a RV(findings[].seen) of null.
  returned: always
  type: list
  elements: dict
  contains:
    code:
      description: A stable code, one of those in the guide to this module.
      returned: always
      type: str
      sample: lang_cookie
    question:
      description: What was asked.
      returned: always
      type: str
      sample: Which answers have the cookie lang?
    assumed:
      description: What the collection assumes.
      returned: always
      type: str
      sample: All of them.
    seen:
      description: What was seen, in words of this collection, or null.
      returned: always
      type: str
      sample: none
    fits:
      description: Whether that is as assumed, or null where nothing was seen.
      returned: always
      type: bool
      sample: false
    matters:
      description: Whether something does not work for that.
      returned: always
      type: bool
      sample: false
    hint:
      description: What follows from it; empty where nothing does.
      returned: always
      type: str
      sample: An empty body and the word ok count as an answer of Flexi, too.
table:
  description: The findings as lines of text.
  returned: always
  type: list
  elements: str
  sample:
    - "differs   lang_cookie              none"
report:
  description: All of this as it may be shown to anybody, and as the emulator of the collection's tests takes it.
  returned: always
  type: dict
  sample:
    format: 1
    works: true
report_markdown:
  description: The report as Markdown, for an issue.
  returned: always
  type: str
  sample: "# Check of a Flexi server"
failure:
  description: What went wrong, for programs.
  returned: on failure
  type: dict
  contains:
    code:
      description: A stable code, one of those of M(abra.flexi.flexi_user_logout).
      returned: always
      type: str
      sample: tls
    http_status:
      description: The status of the server's answer, or null where there was none.
      returned: always
      type: int
      sample: null
    message:
      description: What was asked and what came of it.
      returned: always
      type: str
      sample: "The certificate is not trusted: an unknown authority."
    hint:
      description: What to do about it.
      returned: always
      type: str
      sample: Set ca_path to the certificate of that authority. The password was not sent.
"""

from ansible_collections.abra.flexi.plugins.module_utils._tasks.operation import run_as_module
from ansible_collections.abra.flexi.plugins.module_utils._tasks.server_check import SERVER_CHECK


def main() -> None:
    """Run as an Ansible module."""
    run_as_module(SERVER_CHECK)


if __name__ == "__main__":
    main()
