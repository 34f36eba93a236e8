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
  - Ends the sessions of users of an ABRA Flexi server, or drops their cached context of some companies, so that changed
    permissions and company settings take effect for them.
  - Users are named, or selected by company and role, or because they are logged in, all in one run.
  - Without O(companies), a user leaves all companies and B(all of their sessions end), in the web interface and in the
    API. Unsaved work is lost.
  - With O(companies), only the user's cached context of those companies is dropped. Sessions stay valid, and Flexi
    rebuilds the context at the user's next request.
  - A user who is not logged in is ok and not changed. Anything but a clear answer of a Flexi server is a failure.
  - A 404 means "not logged in" only if Flexi itself answers the same request with C(ignore-not-found=true) with
    success. That request is sent for each such user, or once for each message code if the 404 is Flexi's own envelope,
    and never if that says that there is no such company.
extends_documentation_fragment:
  - abra.flexi._connection
options:
  users:
    description:
      - Logins of the users, exactly as Flexi has them, which is in lower case. Duplicates are logged out once.
      - A list, whose items are taken as they are, or text with one login a line or separated by commas. A login that
        contains a comma must be in a list. Items must be strings, so quote V("007") and V("yes") where they are
        defined. A number is refused, unless a template has made text of it with a filter or with text beside it, or, up
        to ansible-core 2.18, in C(module_defaults), in the items of a loop, by C(hostvars) or by a lookup.
      - In C(NAME=VALUE), such as for C(--extra-vars), Ansible reads the C(\n) of V(AD\\novak) as the end of a line.
        That is refused. Write it in JSON, with the backslash doubled.
      - A login that a server or proxy could take for somebody else's is not sent, and fails the task. These are logins
        such as V(../novak) and V(x/logout), and those with a semicolon or with V(%) and two hexadecimal digits.
      - An empty list or blank text means nobody, and is ok. If none of O(users), O(lists), O(users_in_companies) and
        O(users_logged_in) is set, nothing says whom to log out, and the task fails.
    type: raw
  companies:
    description:
      - Database names (C(dbNazev)) of companies, such as V(demo), as a list or as text. It is the part after C(/c/) in
        a company's address.
      - If left out, the users are logged out of everything. This is the only way to say that, so an empty list, blank
        text and null are errors.
      - Applies to O(users) and to all selected users. Each of O(lists) has its own.
      - The companies are looked up before anybody is logged out. If one does not exist, the task fails, and suggests
        which one was meant. If their list cannot be read, there is a warning, and a 404 for a user in a company is a
        failure, because it may mean that the company does not exist.
    type: raw
    aliases: [company]
  lists:
    description:
      - Further lists of users, each with its own companies.
      - If a user is to leave companies and everything as well, the companies come first.
    type: list
    elements: dict
    suboptions:
      users:
        description: As O(users). Required in each list.
        type: raw
      companies:
        description: As O(companies), for the users of this list only.
        type: raw
        aliases: [company]
  users_in_companies:
    description:
      - Database names of companies, as a list or as text. All users of these companies are logged out as well, of
        O(companies) or of everything.
      - The acting user is left out, unless named in O(users). Reading the users with HTTP Basic makes Flexi cache a
        context of the acting user in these companies.
      - If the users of a company cannot be read for certain, nobody at all is logged out. A user whose login cannot be
        sent is a failure, and the others are logged out.
    type: raw
  users_with_roles:
    description:
      - Codes of roles, such as V(UCETNI), as a list or as text. Limits O(users_in_companies) to users with one of these
        roles in that company.
      - If none of these users has a role, it may be mistyped, and there is a warning. An empty list and a blank role
        are errors, because they could mean any role or none. So is an empty O(users_in_companies) together with
        O(users_logged_in), since nothing would limit that.
    type: raw
  users_logged_in:
    description:
      - Whether to log out everybody who is logged in, except the acting user, unless named in O(users).
      - If the server does not show for certain who is logged in, nobody at all is logged out.
    type: bool
    default: false
  exclude_users:
    description:
      - Logins that are never logged out, as a list or as text, even if they are named or selected. Blank text is an
        error, because nobody would be excluded. An empty list excludes nobody.
      - It is not known whether upper and lower case matter to Flexi, so a login that differs only in case is left out,
        too, unless the server shows both. So is one that differs only in whitespace.
      - Text that is no login of the server, but resembles a user to be logged out, is an error. It does if it contains
        the login or the name of that user, is a part of them, or has wildcards that match. Anything else that matches
        nobody is a warning.
    type: raw
  max_selected:
    description:
      - Maximum number of selected users. If there are more, nobody is logged out and the task fails, because that may
        be a mistake. Users who are named in O(users) anyway do not count.
    type: int
    default: 500
  ignore_not_found:
    description:
      - Whether a user who is not logged in is ok (V(true)) or a failure (V(false)).
      - This is Flexi's own flag C(ignore-not-found), which the module applies to the answers. The first request is sent
        without it, because with it Flexi answers the same whether or not the user was logged in.
    type: bool
    default: true
  unknown_users:
    description:
      - What to do if the server does not have a login, which Flexi may call "not logged in".
      - V(warn) gives it the status V(unknown_user) and warns, with a suggestion of the login that was meant. V(fail)
        fails the task at its end. V(ignore) neither warns nor fails, and looks a login up only if Flexi refuses it also
        with C(ignore-not-found).
      - The server's list of users is read once, and only if somebody was not logged in, a login has capital letters, or
        an excluded login is none of the users to be logged out, in check mode also where the prediction is assumed. If
        it cannot be read or is incomplete, nothing is guessed, and there is a warning.
    type: str
    choices: [warn, fail, ignore]
    default: warn
  verify:
    description:
      - Whether to look afterwards who is logged in. Users who are logged in again, or still, get the status
        V(logged_in_again).
      - Nothing shows which contexts are cached, so with O(companies) there is nothing to verify. The acting user is
        not verified either.
    type: bool
    default: false
  logged_in_again:
    description:
      - With O(verify), whether it is a warning (V(warn)) or a failure (V(fail)) if somebody is logged in again, or if
        the server does not show who is.
    type: str
    choices: [warn, fail]
    default: warn
  from_variables:
    description:
      - Takes options from variables, as the role P(abra.flexi.user_logout#role) does. Every variable whose name begins
        with the prefix sets the option that the rest of the name says, and takes precedence over the task's own options
        and C(module_defaults). A variable that is not an option fails the task before anything is sent, with the name
        that was perhaps meant.
      - Blank text counts as left out, since that is how a survey passes on an empty field. A template that renders to
        nothing is an error, because something else would take effect instead, such as the server of the environment.
        Null is an error, too, but for O(from_variables.null_extra_vars).
      - Where nothing else gives O(url), it is C(https://HOST:5434), with the C(ansible_host) or the name of the play's
        host. Delegated to V(localhost), the work is done in the controller's own process, whatever the variables say
        about connections and privilege escalation.
      - The task neither fails nor reports a change because of the logout. The outcome is in RV(report), and a second
        task with O(from_variables.report) fails or changes accordingly. It takes two tasks because Ansible does not
        pass on what O(from_variables.set_stats) asks for if a task fails.
      - It needs the action plugin of the collection, and cannot be combined with C(async).
    type: dict
    suboptions:
      prefix:
        description:
          - What the names of the variables begin with, such as V(user_logout_).
          - Names that continue with C(result) are left over from an earlier run, and are ignored.
        type: str
        required: true
      except:
        description: What follows the prefix in names of variables that are not options, but are allowed all the same.
        type: list
        elements: str
        default: []
      except_extra_vars:
        description:
          - As O(from_variables.except), but only for extra variables, such as those that the C(hosts) of a play reads.
            Defined elsewhere, they are refused, since nothing reads them.
        type: list
        elements: str
        default: []
      mode:
        description:
          - V(now) does the work.
          - V(handler) sends nothing and only checks the options, because a handler does the work later. If it is done
            in the controller's own process, the files with certificates must be there already. If a variable is not
            defined yet, only the names are checked.
        type: str
        choices: [now, handler]
        default: now
      is_handler:
        description:
          - Whether this task is the handler that does the work for a task with O(from_variables.mode=handler).
          - With O(from_variables.mode=now), it does nothing and leaves the result as it was, because the work is done
            already. But if an extra variable sets the mode, the handler does the work in both modes, because what each
            task was meant to do cannot be seen then. The variable is that of O(from_variables.settings.mode), or else
            the one named V(mode) after the prefix.
        type: bool
        default: false
      null_extra_vars:
        description:
          - Whether an extra variable that is null is an error (V(refuse)) or counts as left out (V(leave_out)). AWX
            passes on a survey question that was not answered as null.
        type: str
        choices: [refuse, leave_out]
        default: refuse
      set_stats:
        description:
          - Whether to hand on to later jobs how many users there were of each status, and who failed or does not exist,
            as M(ansible.builtin.set_stats) does.
        type: bool
        default: false
      set_stats_results:
        description: With O(from_variables.set_stats), whether to pass on the entry of every user, too.
        type: bool
        default: false
      settings:
        description:
          - Names of variables from which to take suboptions of O(from_variables). They take precedence over the
            suboption itself, may begin with the prefix, and are not options then.
          - It is an error if such a variable is not defined, null, or blank, whatever
            O(from_variables.null_extra_vars) is.
          - This does without templates in the task, each of which Ansible would evaluate for every host.
        type: dict
        default: {}
        suboptions:
          mode:
            description: Name of the variable for O(from_variables.mode).
            type: str
          null_extra_vars:
            description: Name of the variable for O(from_variables.null_extra_vars).
            type: str
          set_stats:
            description: Name of the variable for O(from_variables.set_stats).
            type: str
          set_stats_results:
            description: Name of the variable for O(from_variables.set_stats_results).
            type: str
      report:
        description:
          - Name of the variable in which the task that did the work has registered its result. A task with this option
            sends nothing. It returns the RV(report) of that task, reports a change if that task changed something, and
            fails if it failed.
        type: str
      advice:
        description: With O(from_variables.report), text to append to the message of a failure, but not in check mode.
        type: str
attributes:
  check_mode:
    description: Can run in check mode, and predicts what the run would do.
    support: full
    details:
      - Only reads. RV(results[].prediction) of each result is V(exact) if its status is what the real run will do, or
        V(assumed) if the server does not show who is logged in, or which contexts are cached.
      - Rights are not checked, because Flexi checks them only when a logout is requested.
  diff_mode:
    description: Returns who is logged in before and after.
    support: full
  idempotent:
    description: Changes nothing if nobody is logged in.
    support: full
    details:
      - With O(companies), Flexi does not document whether a user who has a session but no cached context is "not
        logged in". If Flexi does not say so, the second run is changed again.
requirements:
  - requests
notes:
  - Flexi does not document whether it tells a login that does not exist from a user who is not logged in. Therefore
    O(unknown_users) uses the list of users, whose shape is not documented either.
  - If the connection is local, as on localhost or delegated to it, the work is done in the controller's own process,
    with the controller's environment variables, so that many servers cost little. With C(become) or C(async), and on
    any other host, the module does the same there.
  - HTTP Basic authentication makes no session, so the module leaves none behind.
  - In the controller's process, the C(timeout) of a task ends the run at once, with RV(results) for what was done by
    then. If the module runs elsewhere, use O(deadline).
seealso:
  - module: abra.flexi.flexi_server_check
  - module: abra.flexi.flexi_session_info
  - module: abra.flexi.flexi_user_info
  - name: After a rollout
    description: Which logout to choose after a rollout, and when.
    link: https://abra-flexi.github.io/ansible-collection-abra.flexi/docsite/guide_after_a_rollout.html
  - name: Check mode and what it can know
    description: How exact the prediction of check mode is.
    link: https://abra-flexi.github.io/ansible-collection-abra.flexi/docsite/guide_check_mode.html
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
    ca_path: ~/flexi-ca.pem
    users:
      - novak
      - jan.novak@firma.cz

- name: Have a user's permissions in one company read again, without ending a session
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
    - name: Have permissions in demo read again for everyone with the role UCETNI but the chief accountant
      abra.flexi.flexi_user_logout:
        users_in_companies: demo
        users_with_roles: UCETNI
        exclude_users: hlavni.ucetni
        companies: demo

    - name: Two lists at once, each with its own companies
      abra.flexi.flexi_user_logout:
        lists:
          - users: [novak, franta]
            companies: [demo]
          - users: [karel]

    - name: End the sessions of everybody who is logged in, if that is at most 50 users
      abra.flexi.flexi_user_logout:
        users_logged_in: true
        max_selected: 50

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
        - V(logged_in_again) is a user who was logged out and is logged in again, see O(verify).
        - V(failed) is everything else, including users who were skipped because the run was stopped early.
      returned: always
      type: str
      sample: logged_out
    http_status:
      description: The status of the server's last answer to the logout itself, or null if there was none.
      returned: always
      type: int
      sample: 200
    message:
      description: What happened, in one or two sentences, with the server's own words if it sent any.
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
        - Whether the server's own answers show the status. It is V(false) if an earlier answer was lost and the user is
          not logged in now, so the lost request seems to have done it.
        - The message of the task counts these users.
      returned: always
      type: bool
      sample: true
counts:
  description: How many results have each status.
  returned: always
  type: dict
  sample: {logged_out: 1, not_logged_in: 1, unknown_user: 0, logged_in_again: 0, would_log_out: 0, failed: 0}
selected:
  description: Who was selected, except those who are excluded. One entry for each company, and for who is logged in.
  returned: always
  type: list
  elements: dict
  contains:
    from:
      description: Where they were found.
      returned: always
      type: str
      sample: company demo, roles UCETNI
    users:
      description: Their logins.
      returned: always
      type: list
      elements: str
      sample: [novak, franta]
excluded:
  description: Who was named or selected, and left out because O(exclude_users) lists them.
  returned: always
  type: list
  elements: str
  sample: [hlavni.ucetni]
server:
  description: The Flexi server.
  returned: always
  type: dict
  contains:
    version:
      description: Its version, or null if it was not asked or did not say.
      returned: always
      type: str
      sample: 2026.5.2
report:
  description:
    - With O(from_variables), everything that the task would return without it, with C(changed), C(failed) and C(msg).
  returned: with O(from_variables), but without O(from_variables.report)
  type: dict
  sample: {changed: true, failed: false, msg: 1 logged out}
failure:
  description: What went wrong, in a form for programs.
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
