# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show what the collection does: log users in to an emulated server, log them out with the playbook, look again.

Every step is checked, so that this is also a test; it ends with an error where a step did not do what it should.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import requests

from ansible_collections.abra.flexi.tests.emulator import Emulator

USERS = {"novak": "fake-novak", "franta": "fake-franta", "jan.novak@firma.cz": "fake-jan"}


def main() -> None:
    """Go through the demo."""
    with Emulator() as server:
        for user in USERS:
            for session in server.state.sessions_of(user):
                server.state.end_session(session)
        say(f"An emulated Flexi server listens at {server.https}.")

        say("Three users log in, each with a session of their own.")
        sessions = {user: log_in(server, user, password) for user, password in USERS.items()}
        show_sessions(server, sessions, working=True)

        say("1. Check mode with --diff: it only reads, and says what would happen.")
        log_out(server, "--check", "--diff", changed=1, summary="3 would be logged out")
        show_sessions(server, sessions, working=True)

        say("2. For real: every session of the three ends.")
        log_out(server, changed=1, summary="3 logged out")
        show_sessions(server, sessions, working=False)

        say("3. Again: nobody is logged in any more, so all is ok and nothing is changed.")
        log_out(server, changed=0, summary="3 not logged in")
    say("That was it. The emulated server has stopped.")


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def log_in(server: Emulator, user: str, password: str) -> str:
    """Log a user in, as a program does, and return the id of the session."""
    reply = requests.post(
        f"{server.https}/login-logout/login.json",
        data={"username": user, "password": password},
        verify=server.ca_path,
        timeout=10,
    )
    return str(reply.json()["authSessionId"])


def show_sessions(server: Emulator, sessions: dict[str, str], *, working: bool) -> None:
    """Use each session, and print whether the server still knows it."""
    for user, session in sessions.items():
        reply = requests.get(
            f"{server.https}/c/demo.json",
            headers={"X-authSessionId": session},
            verify=server.ca_path,
            allow_redirects=False,
            timeout=10,
        )
        works = reply.status_code == requests.codes.ok
        print(f"   the session of {user:20} {'works' if works else 'has ended'}", flush=True)
        if works is not working:
            sys.exit(f"The session of {user} should {'work' if working else 'have ended'}.")


def log_out(server: Emulator, *options: str, changed: int, summary: str) -> None:
    """Run the playbook, and check how many tasks it reports as changed, and what it says."""
    command = ["ansible-playbook", "abra.flexi.logout_users", *options]
    print("$", *command, "-e", "'{\"user_logout_users\": [...]}'", flush=True)
    run = subprocess.run(
        [*command, "-e", json.dumps({"user_logout_users": list(USERS)})],
        env={
            **os.environ,
            "ABRAFLEXI_URL": server.https,
            "ABRAFLEXI_LOGIN": "admin",
            "ABRAFLEXI_PASSWORD": "fake-admin",
            "ABRAFLEXI_CA_PATH": server.ca_path,
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "no",
            "ANSIBLE_LOCALHOST_WARNING": "no",
        },
        stdout=subprocess.PIPE,
        # The summary is there: on a terminal, both are one.
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    print(run.stdout, flush=True)
    recap = re.search(r"changed=(\d+) .*failed=0 ", run.stdout)
    if run.returncode or not recap or int(recap[1]) != changed or f"localhost: {summary}\n" not in run.stdout:
        sys.exit(f"The playbook should have ended well, with changed={changed} and {summary!r}.")


if __name__ == "__main__":
    main()
