# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options that every module of the collection has, and which options are secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._secrets import basic_credentials, secrets_in_address
from .._wire.proxies import proxy_secrets
from .environment import option, options_in_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_FILES = ("client_cert", "client_key", "ca_path")


def connection_argument_spec() -> dict[str, Any]:
    """Return the argument spec of the connection options, as the doc fragment ``_connection`` documents them."""
    return {
        "url": option("ABRAFLEXI_URL", type="str", required=True),
        "auth_method": option("ABRAFLEXI_AUTH_METHOD", type="str", choices=["basic", "session"], default="basic"),
        "username": option("ABRAFLEXI_LOGIN", type="str"),
        "password": option("ABRAFLEXI_PASSWORD", type="str", no_log=True),
        "otp": option("ABRAFLEXI_OTP", type="str", no_log=True),
        "session_id": option("ABRAFLEXI_SESSION_ID", "ABRAFLEXI_AUTHSESSID", type="str", no_log=True),
        "client_cert": option("ABRAFLEXI_CLIENT_CERT", type="path"),
        "client_key": option("ABRAFLEXI_CLIENT_KEY", type="path", no_log=False),
        "validate_certs": option("ABRAFLEXI_VALIDATE_CERTS", type="bool", default=True),
        "ca_path": option("ABRAFLEXI_CA_PATH", type="path"),
        "allow_plain_http": option("ABRAFLEXI_ALLOW_PLAIN_HTTP", type="bool", default=False),
        "timeout": option("ABRAFLEXI_TIMEOUT", type="float", default=60.0),
        "retries": option("ABRAFLEXI_RETRIES", type="int", default=3),
        "deadline": option("ABRAFLEXI_DEADLINE", type="float"),
        "concurrency": option("ABRAFLEXI_CONCURRENCY", type="int", default=4),
    }


def secrets_in(argument_spec: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets among options, validated or not: what the argument spec says, and what is made of that."""
    yield from _no_log(argument_spec, given)
    for options in (given, options_in_environment(argument_spec)):
        yield from secrets_in_address(str(options.get("url") or ""))
        yield from (text for name in _FILES if is_key(text := str(options.get(name) or "")))
    username, password = given.get("username"), given.get("password")
    if username and password:
        yield basic_credentials(str(username), str(password))
    yield from proxy_secrets()


def is_key(text: str) -> bool:
    """Whether what should be the path of a file is what should be in it."""
    return "-----BEGIN" in text or "\n" in text.strip()


def all_names(argument_spec: Mapping[str, Any]) -> dict[str, str]:
    """Return every name that an option may be given by, with the option's own."""
    return {each: name for name, spec in argument_spec.items() for each in (name, *spec.get("aliases", ()))}


def names_of_secrets(argument_spec: Mapping[str, Any]) -> set[str]:
    """Return the options, under all their names, in whose text secrets_in may find a secret."""
    return {
        each for each, name in all_names(argument_spec).items() if argument_spec[name].get("no_log") or name == "url"
    }


def _no_log(argument_spec: Mapping[str, Any], given: Any) -> Iterator[str]:
    for each in given if isinstance(given, (list, tuple)) else [given]:
        for name, spec in argument_spec.items() if isinstance(each, dict) else ():
            values = [each[known] for known in (name, *spec.get("aliases", ())) if known in each]
            if spec.get("no_log"):
                yield from _texts(values)
            for value in values if "options" in spec else ():
                yield from _no_log(spec["options"], value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
