#!/bin/sh
# Logs Flexi users out after a deployment: post-deploy.sh flexi-users.json
# The connection is in a file that only its owner may read (chmod 600), with lines such as ABRAFLEXI_PASSWORD='…'
set -eu
set -a
# shellcheck source=/dev/null
. "${ABRAFLEXI_ENV_FILE:-/etc/abraflexi.env}"
set +a
exec ansible-playbook abra.flexi.logout_users -e "@$1"
