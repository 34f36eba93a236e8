# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the connection options. Private to the collection abra.flexi."""

from __future__ import annotations


class ModuleDocFragment:
    """What module_utils/_tasks/spec.py has."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Root of the Flexi server, such as V(https://flexi.example.com:5434) or V(https://mycompany.flexibee.eu).
      - It contains neither the address of a company nor a login or password.
      - The proxy that E(HTTPS_PROXY) names is used, unless E(NO_PROXY) contains the server's name.
      - If the environment has both E(ABRAFLEXI_URL) and the credentials, these are not sent to any other address. If it
        has only the credentials, E(ABRAFLEXI_ALLOWED_HOSTS) can limit where they may go. It takes host names and
        patterns such as V(*.example.com), separated by commas.
      - If the option is not set, the environment variable E(ABRAFLEXI_URL) is used.
    type: str
    required: true
  auth_method:
    description:
      - How to log in. V(basic) sends O(username) and O(password) with every request, and makes no session.
      - V(session) logs in once (JSON login), renews the session if it expires, and ends it at the end. No other session
        of the user is affected. In check mode, V(basic) is used instead, because a login is a write.
      - Flexi does not document which address ends just one session. If that fails, or if the task is stopped from
        outside, the session ends by itself after some time.
      - If the option is not set, the environment variable E(ABRAFLEXI_AUTH_METHOD) is used.
    type: str
    choices: [basic, session]
    default: basic
  username:
    description:
      - Login of a user with the rights to all companies (C(manageAll)) and to manage the licence (C(licenseMgmt)),
        the name in the server's C(server-auth.xml), or the login of the user who is to be logged out.
      - Required unless O(client_cert) or O(session_id) is given.
      - If the option is not set, the environment variable E(ABRAFLEXI_LOGIN) is used.
    type: str
  password:
    description:
      - Password of O(username). A wrong one is tried only once.
      - If the option is not set, the environment variable E(ABRAFLEXI_PASSWORD) is used.
    type: str
  otp:
    description:
      - The current one-time code, if O(username) has two-factor login. With O(auth_method=basic) it is sent with every
        request, so it must stay valid until the end. With V(session) it is sent only with each login.
      - If the option is not set, the environment variable E(ABRAFLEXI_OTP) is used.
    type: str
  session_id:
    description:
      - The C(authSessionId) of an existing session. It is neither renewed nor ended.
      - Takes precedence over O(auth_method), O(username) and O(password). O(username) may still say whose session it
        is. That user is then logged out last.
      - If the option is not set, the environment variable E(ABRAFLEXI_SESSION_ID) is used, then
        E(ABRAFLEXI_AUTHSESSID). A session of the environment is not used if the task has its own O(username),
        O(password) or O(client_cert).
    type: str
  client_cert:
    description:
      - File with a client certificate in PEM format, which Flexi in the cloud accepts instead of O(username) and
        O(password).
      - If the option is not set, the environment variable E(ABRAFLEXI_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - File with the private key of O(client_cert) in PEM format, without a passphrase. If left out, the key is in
        O(client_cert), too.
      - If the option is not set, the environment variable E(ABRAFLEXI_CLIENT_KEY) is used.
    type: path
  validate_certs:
    description:
      - Whether the server's certificate must be valid. V(false) lets anybody in between read the password.
      - A fresh Flexi has a self-signed certificate. Set it as O(ca_path) instead of turning the check off.
      - If the option is not set, the environment variable E(ABRAFLEXI_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File or directory with the certificates of the authorities to trust, in PEM format; also for a proxy whose
        address begins with C(https).
      - If left out, E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE) are used, or else the authorities that the Python
        library C(requests) trusts.
      - If the option is not set, the environment variable E(ABRAFLEXI_CA_PATH) is used.
    type: path
  allow_plain_http:
    description:
      - Whether O(url) may be plain C(http) to another machine, which sends the password over the network unencrypted.
      - Plain C(http) to this machine itself needs no permission, and does not go through a proxy.
      - If the option is not set, the environment variable E(ABRAFLEXI_ALLOW_PLAIN_HTTP) is used.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait for the server, for each request. The first request after a start of Flexi can take 20
        seconds.
      - If the option is not set, the environment variable E(ABRAFLEXI_TIMEOUT) is used.
    type: float
    default: 60
  retries:
    description:
      - How often to retry a request that got no answer, or one of the statuses 502, 503 and 504. Nothing else is
        retried.
      - A server that limits the rate of requests, with the status 429, or with 503 while other requests succeed or with
        C(Retry-After), only makes the task slower. It fails if no request succeeds for a minute. A single user who is
        refused like that again and again, while all others get through, fails alone.
      - The first pause is at most half a second. The pauses grow, and honour C(Retry-After) up to 30 seconds.
      - If the option is not set, the environment variable E(ABRAFLEXI_RETRIES) is used.
    type: int
    default: 3
  deadline:
    description:
      - Maximum number of seconds for the whole task. Users who were not logged out by then are reported as failed.
      - If left out, there is no limit.
      - If the option is not set, the environment variable E(ABRAFLEXI_DEADLINE) is used.
    type: float
  concurrency:
    description:
      - How many requests may be under way at once, each on its own connection. From 1 to 64.
      - If the option is not set, the environment variable E(ABRAFLEXI_CONCURRENCY) is used.
    type: int
    default: 4
attributes:
  action_group:
    description: Use C(group/abra.flexi.flexi) in C(module_defaults) to set the connection once.
    support: full
    membership:
      - abra.flexi.flexi
  platform:
    description: Where the work is done, which is seldom where Flexi runs.
    support: full
    platforms: posix
seealso:
  - name: Which rights are needed
    description: Which user may log others out, and what each module reads.
    link: https://abra-flexi.github.io/ansible-collection-abra.flexi/docsite/guide_rights.html
  - name: Troubleshooting
    description: What each failure means, and what to do.
    link: https://abra-flexi.github.io/ansible-collection-abra.flexi/docsite/guide_troubleshooting.html
"""
