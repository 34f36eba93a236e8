# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the environment gives, and where its credentials may go."""

from __future__ import annotations

import os
import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleFallbackNotFound

from .._errors import invalid_option

if TYPE_CHECKING:
    from collections.abc import Mapping

ALLOWED_HOSTS = "ABRAFLEXI_ALLOWED_HOSTS"
_ALIKE = 0.8
_HOST = re.compile(r"(?:\*\.)?[^\s/:*?#@\[\],]+|\[?[0-9a-f:.]+\]?", re.IGNORECASE)


def option(*variables: str, **spec: Any) -> dict[str, Any]:
    """Return the argument spec of an option that the first of the ``variables`` that is set gives."""
    return {"fallback": (_from_environment, list(variables)), **spec}


def options_in_environment(argument_spec: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that the environment of this process gives."""
    found = {name: _first(each["fallback"][1]) for name, each in argument_spec.items() if "fallback" in each}
    return {name: value for name, value in found.items() if value}


def settled(argument_spec: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``params`` with the credentials that hold; raise FlexiError where these may not go to ``url``."""
    environment = options_in_environment(argument_spec)
    held = without_the_environments_session(params, environment)
    check_where_credentials_go(argument_spec, held, environment)
    return held


def without_the_environments_session(params: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return ``params`` without a session of the environment where they have credentials of their own."""
    names = ("username", "password", "client_cert")
    has_own = any(params.get(name) and not _is_of(environment, name, params) for name in names)
    return {**params, "session_id": None} if has_own and _is_of(environment, "session_id", params) else dict(params)


def check_where_credentials_go(
    argument_spec: Mapping[str, Any], params: Mapping[str, Any], environment: Mapping[str, str]
) -> None:
    """Raise FlexiError unless the environment's credentials go where the environment lets them.

    Whoever may set a variable of a job, but does not know its credentials, must not get them by naming another server.
    """
    taken = credentials_taken(argument_spec, params, environment)
    if not taken:
        return
    url = str(params["url"])
    if environment.get("url") and _server(url) != _server(environment["url"]):
        raise invalid_option(
            f"The environment sets both the address of a server and its {taken[0]}, but url is a different address.",
            f"Set the credentials for that server along with url, or leave ABRAFLEXI_URL out and set {ALLOWED_HOSTS}.",
        )
    allowed = _allowed_hosts()
    host = (_server(url)[1] or "").rstrip(".")
    if allowed is not None and not any(_matches(host, each) for each in allowed):
        raise invalid_option(
            f"The {taken[0]} of the environment may not be sent to {host!r}.",
            f"If this server is meant, add its host name to {ALLOWED_HOSTS}.",
        )


def credentials_taken(
    argument_spec: Mapping[str, Any], params: Mapping[str, Any], environment: Mapping[str, str]
) -> list[str]:
    """Return the options with credentials that have the environment's value."""
    credentials = [name for name, spec in argument_spec.items() if spec.get("no_log") or name == "client_cert"]
    return [name for name in credentials if _is_of(environment, name, params)]


def _allowed_hosts() -> list[str] | None:
    """Return the hosts, and patterns for hosts, that the environment names, or None where it names none."""
    named = os.environ.get(ALLOWED_HOSTS, "").strip()
    ours = [] if named else [name for name in os.environ if name.upper().startswith("ABRA")]
    for name in ours:
        if name != ALLOWED_HOSTS and SequenceMatcher(None, name.upper(), ALLOWED_HOSTS).ratio() >= _ALIKE:
            raise invalid_option(f"The environment variable {name} is not read.", f"Write {ALLOWED_HOSTS}.")
    allowed = [host.strip().lower() for host in named.split(",") if host.strip()]
    for host in allowed:
        if not _HOST.fullmatch(host):
            raise invalid_option(
                f"{ALLOWED_HOSTS} contains {host!r}, which is not a host name.",
                "Use names and patterns such as flexi.example.com,*.example.com, without scheme and port.",
            )
    return allowed if named else None


def _is_of(environment: Mapping[str, str], name: str, params: Mapping[str, Any]) -> bool:
    """Whether an option has the environment's value, wherever it was taken from."""
    value = environment.get(name)
    if not value:
        return False
    # As options of the type path are expanded.
    expanded = os.path.expanduser(os.path.expandvars(value))  # noqa: PTH111 - a Path would also be normalized
    return params.get(name) in {value, expanded}


def _matches(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed.strip("[]")


def _server(url: str) -> tuple[str, str | None, int | None, str]:
    """Return what makes two addresses the same server."""
    try:
        address = urlsplit(url.strip())
        port = address.port or {"http": 80, "https": 443}.get(address.scheme)
        return address.scheme, address.hostname, port, address.path.rstrip("/")
    except ValueError:
        return "", None, None, url


def _from_environment(*variables: str) -> str:
    """Return what the environment says; an empty variable, as job templates leave it, says nothing."""
    value = _first(variables)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _first(variables: Any) -> str:
    return next((os.environ[name] for name in variables if os.environ.get(name)), "")
