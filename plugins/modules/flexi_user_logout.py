#!/usr/bin/python
# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log users out of an ABRA Flexi server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: flexi_user_logout
short_description: Log users out of an ABRA Flexi server
version_added: 0.1.0
author: abra.flexi contributors (@abra-flexi)
description:
  - Ends the sessions of users of an ABRA Flexi server, or drops their cached context of given companies, so that
    changed permissions and company settings reach them.
  - Without O(companies), a user leaves all companies and B(every session of theirs ends), in the web interface and in
    the API. Unsaved work is lost.
  - With O(companies), only the user's cached context of those companies is dropped. Sessions stay valid, and Flexi
    rebuilds the context at the user's next request.
  - A user who is not logged in is ok and not changed. Everything but a clear answer of a Flexi server is a failure.
  - A 404 means "not logged in" only where Flexi itself answers the same request with C(ignore-not-found=true) by
    success. That is asked for each such user, or once for each message code where the 404 is Flexi's own envelope.
extends_documentation_fragment:
  - abra.flexi._connection
options:
  users:
    description:
      - Logins of the users, exactly as Flexi has them, which is in lower case. A login that is there twice is requested
        once. Ansible splits a single text at its commas, so a login with a comma has to be in a list.
      - A login that is not sent, since an address would not carry it unchanged, fails the task, such as V(../novak).
      - An empty list does nothing.
    type: list
    elements: str
    required: true
  companies:
    description:
      - Database names (C(dbNazev)) of companies, such as V(demo). It is the part after C(/c/) in a company's address.
      - Left out, the users are logged out of everything. An empty list is an error, since it could mean both.
      - The companies are looked up before anybody is logged out. One that is not there fails the task, with the name
        that was perhaps meant. Where their list cannot be read, this is a warning, and a 404 for a user in a company is
        a failure, since it may mean that the company does not exist.
      - Null is an error. Leaving the option out is the only way to mean everything.
    type: list
    elements: str
    aliases: [company]
  ignore_not_found:
    description:
      - Whether a user who is not logged in is ok (V(true)) or a failure (V(false)).
      - This is Flexi's own flag C(ignore-not-found), applied by the module to the answers. The first request goes
        without it, since with the flag Flexi says the same for a user who was logged in and for one who was not.
    type: bool
    default: true
  unknown_users:
    description:
      - What to do about a login that the server does not have, which Flexi may well call "not logged in".
      - V(warn) gives it the status V(unknown_user) and warns, with the logins that were perhaps meant. V(fail) fails
        the task at its end. V(ignore) does neither.
      - The server's list of users is read once, and only where somebody was not logged in. Where it cannot be read, or
        is not complete, nothing is guessed, and there is a warning.
    type: str
    choices: [warn, fail, ignore]
    default: warn
  verify:
    description:
      - Whether to look afterwards who is logged in. Whoever is still or again logged in gets the status
        V(logged_in_again).
      - Nothing shows which contexts are cached, so with O(companies) there is nothing to look at. Whoever does the
        logging out is left out, too.
    type: bool
    default: false
  logged_in_again:
    description:
      - With O(verify), whether somebody who is logged in again, or a server that does not show who is, is a warning
        (V(warn)) or a failure (V(fail)).
    type: str
    choices: [warn, fail]
    default: warn
attributes:
  check_mode:
    description: Can run in check mode, and predicts what the run would do.
    support: full
    details:
      - Only reads. Each result says in RV(results[].prediction) whether its status is what the real run will do
        (V(exact)), or V(assumed) since the server does not show who is logged in, or which contexts are cached.
      - Rights are not checked, since Flexi tells them only when it is asked for a logout.
  diff_mode:
    description: Returns who is logged in before and after.
    support: full
  idempotent:
    description: Changes nothing where nobody is logged in any more.
    support: full
    details:
      - With O(companies), Flexi does not document whether a user who has a session but no cached context is "not
        logged in". If it does not say so, the second run is changed again.
requirements:
  - requests
notes:
  - Flexi does not document whether its answer tells a login that does not exist from a user who is not logged in.
    O(unknown_users) therefore looks into the list of users, whose shape is not documented either.
  - Where the connection is local, as on localhost or delegated to it, the work is done in the controller's own process,
    with the controller's environment variables, so that many servers cost little. With C(become) or C(async), and on
    every other host, the module does the same there.
  - HTTP Basic authentication makes no session, so the module leaves none behind.
  - In the controller's process, a task's C(timeout) ends the run at once, with RV(results) for what was done by then.
    Where the module runs elsewhere, use O(deadline).
seealso:
  - ref: ansible_collections.abra.flexi.docsite.guide_after_a_rollout
    description: Which logout to choose after a rollout, and when.
  - ref: ansible_collections.abra.flexi.docsite.guide_check_mode
    description: What check mode can know.
  - name: Logging a user out
    description: Flexi's documentation of the service, in Czech.
    link: https://podpora.flexibee.eu/cs/articles/4784105
"""

EXAMPLES = r"""
- name: Log two users out of everything
  abra.flexi.flexi_user_logout:
    url: https://flexi.example.com:5434
    username: admin
    password: "{{ vault_flexi_password }}"
    users:
      - novak
      - jan.novak@firma.cz

- name: Have the permissions of a user read again in one company, without ending their session
  abra.flexi.flexi_user_logout:
    url: https://flexi.example.com:5434
    username: admin
    password: "{{ vault_flexi_password }}"
    users: novak
    company: demo

- name: Set the connection once for all modules of the collection
  module_defaults:
    group/abra.flexi.flexi:
      url: https://flexi.example.com:5434
      username: admin
      password: "{{ vault_flexi_password }}"
      ca_path: /etc/ssl/flexi-ca.pem
  block:
    - name: Fail if somebody of the list is not logged in
      abra.flexi.flexi_user_logout:
        users: [novak, franta]
        ignore_not_found: false
"""

RETURN = r"""
results:
  description: One entry for each user, or for each user and company, in the order asked for.
  returned: always
  type: list
  elements: dict
  contains:
    user:
      description: The login.
      returned: always
      type: str
      sample: novak
    company:
      description: The company's database name, or null where the user was to be logged out of everything.
      returned: always
      type: str
      sample: demo
    status:
      description:
        - V(logged_out) and V(not_logged_in) are what Flexi answered.
        - V(would_log_out) stands for V(logged_out) in check mode.
        - V(unknown_user) is a login that the server does not have, see O(unknown_users).
        - V(logged_in_again) is a user who was logged out and then seen to be logged in, see O(verify).
        - V(failed) is everything else, also a user who was skipped because the run was stopped early.
      returned: always
      type: str
      sample: logged_out
    http_status:
      description: The status of the server's last answer to the logout itself, or null where there was none.
      returned: always
      type: int
      sample: 200
    message:
      description: What happened, in one or two sentences, with the server's own words where it gave any.
      returned: always
      type: str
      sample: Logged out of every company; all sessions ended.
    attempts:
      description: How many requests were sent for it.
      returned: always
      type: int
      sample: 1
    prediction:
      description: In check mode V(exact) or V(assumed), else null.
      returned: always
      type: str
      sample: exact
    user_known:
      description: Whether the server has this login, or null where that was not looked up or is not certain.
      returned: always
      type: bool
      sample: true
    verified:
      description: With O(verify), whether the user was seen to be logged out, or null where that does not show.
      returned: always
      type: bool
      sample: true
    certain:
      description:
        - Whether the server's own answers show the status. V(false) where an earlier answer was lost and the user is
          not logged in now, so that the lost request seems to have done it.
        - The message of the task says how many of these there are.
      returned: always
      type: bool
      sample: true
counts:
  description: How many results have each status.
  returned: always
  type: dict
  sample: {logged_out: 1, not_logged_in: 1, unknown_user: 0, logged_in_again: 0, would_log_out: 0, failed: 0}
server:
  description: The Flexi server.
  returned: always
  type: dict
  contains:
    version:
      description: Its version, or null where it was not asked or did not say.
      returned: always
      type: str
      sample: 2026.5.2
failure:
  description: What went wrong, for programs.
  returned: on failure
  type: dict
  contains:
    code:
      description:
        - A stable code.
        - >-
          One of V(invalid_option), V(missing_library), V(auth_failed), V(session_expired), V(forbidden),
          V(not_licensed), V(not_flexi), V(redirected), V(unknown_company), V(not_logged_in), V(unknown_user),
          V(logged_in_again), V(not_verified), V(list_unreadable), V(tls), V(proxy), V(unreachable), V(timeout),
          V(unavailable), V(deadline), V(stopped), V(broken_reply), V(server_error), V(unexpected_reply), V(partial).
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
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_logout import USER_LOGOUT


def main() -> None:
    """Run as an Ansible module."""
    run_as_module(USER_LOGOUT)


if __name__ == "__main__":
    main()
