#!/usr/bin/env bash
# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Each playbook tests one theme of the role; the options of the command line go to every one.
set -eux -o pipefail

export ANSIBLE_ROLES_PATH=..

play() {
    ansible-playbook -i inventory.yml -e @../setup_flexi_emulator/vars/main.yml \
        -e "{\"setup_flexi_emulator_directory\": \"${OUTPUT_DIR}\"}" "$@"
}

trap 'play stop.yml' EXIT
play start.yml "$@"

# The role needs the action plugin, which is not there in the second pass of the tests.
if [ -z "$(find -L "${ANSIBLE_COLLECTIONS_PATH%%:*}/ansible_collections/abra/flexi/plugins" -path '*/action/flexi_user_logout.py')" ]; then
    play module_alone.yml "$@"
    exit
fi

play now.yml "$@"
play handler.yml "$@"
play lists.yml "$@"
play selection.yml "$@"
play failing.yml "$@"
play arguments.yml "$@"
play many_hosts.yml "$@"

# The collection's own playbook, on two servers. What it hands on to later jobs adds up over both.
play reset.yml "$@"
# This one takes no extra variables but its own.
{
    printf 'all:\n  vars:\n    setup_flexi_emulator_directory: "%s"\n' "${OUTPUT_DIR}"
    sed -n '/^[^-]/s/^/    /p' ../setup_flexi_emulator/vars/main.yml
} > "${OUTPUT_DIR}/emulator.yml"
ANSIBLE_SHOW_CUSTOM_STATS=1 ansible-playbook abra.flexi.logout_users -i inventory.yml -i "${OUTPUT_DIR}/emulator.yml" -i connected.yml --connection local -vvv \
    -e '{"user_logout_hosts": "flexi", "user_logout_users": "novak, a b, nobody", "user_logout_set_stats": true}' \
    > "${OUTPUT_DIR}/stats.log"
play two_logged_out.yml "$@"
grep -q 'RUN: .*"user_logout_result_logged_out": 2,' "${OUTPUT_DIR}/stats.log"
grep -q 'RUN: .*"user_logout_result_not_logged_in": 2,' "${OUTPUT_DIR}/stats.log"
grep -q 'RUN: .*"user_logout_result_unknown_user": 2,' "${OUTPUT_DIR}/stats.log"
grep -q 'RUN: .*"user_logout_result_logged_in_again": 0,' "${OUTPUT_DIR}/stats.log"
grep -q 'RUN: .*"user_logout_result_failed": 0,' "${OUTPUT_DIR}/stats.log"

# Not even the most talkative output has the password in it, plain or as HTTP Basic sends it.
if grep -e fake-admin -e "$(printf %s admin:fake-admin | base64)" "${OUTPUT_DIR}/stats.log"; then
    exit 1
fi

# A play whose list fails ends with an error.
if play refused.yml "$@"; then
    exit 1
fi
