# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the connection options of a task describe: a server, and who acts there."""

from __future__ import annotations

import os
import re
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from ansible.module_utils.basic import missing_required_lib

from .. import _errors
from .._errors import FlexiError, invalid_option
from .._text import readable
from .._wire.auth import Auth, BasicAuth, GivenSession, LoginSession
from .._wire.client import Client
from .._wire.connection import Connection
from .._wire.pool import HAS_REQUESTS
from .._wire.proxies import is_usable
from .environment import settled
from .spec import connection_argument_spec, is_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._secrets import Secrets

_DAY = 86400


def client_for(given: Mapping[str, Any], secrets: Secrets, *, check_mode: bool) -> Client:
    """Return the client that the validated options describe; raise FlexiError where they are invalid.

    In check mode nobody logs in, since that is a POST and makes a session: HTTP Basic reads with the same credentials.
    """
    if not HAS_REQUESTS:
        raise FlexiError(
            _errors.MISSING_LIBRARY,
            missing_required_lib("requests"),
            f"Install it for that Python: {sys.executable} -m pip install requests",
        )
    connection, auth = _described_by(given, secrets, check_mode=check_mode)
    return Client(connection, auth, secrets=secrets)


def check_client(given: Mapping[str, Any], secrets: Secrets, *, check_mode: bool) -> None:
    """Raise FlexiError where client_for would, but do not load the system's authorities, which takes long."""
    connection, auth = _described_by(given, secrets, check_mode=check_mode)
    if connection.client_cert or isinstance(connection.verify, str):
        Client(connection, auth)


def _described_by(given: Mapping[str, Any], secrets: Secrets, *, check_mode: bool) -> tuple[Connection, Auth]:
    connection = connection_from(given)
    params = settled(connection_argument_spec(), given)
    return connection, _auth_for(params, secrets, check_mode=check_mode)


def connection_from(params: Mapping[str, Any]) -> Connection:
    """Return the Connection that the options describe; raise FlexiError where they are invalid."""
    address = _server_root(params["url"])
    is_plain_http, is_here = address.scheme == "http", _is_loopback(address.hostname or "")
    if is_plain_http and not is_here and not params["allow_plain_http"]:
        raise invalid_option(
            "url is plain http, which would send the password over the network unencrypted.",
            "Use https, or set allow_plain_http to true if the network path to the server is safe.",
        )
    return Connection(
        url=address.geturl(),
        client_cert=_client_certificate(params),
        verify=_verification(params),
        # A proxy on another machine would read the password on its way to this one.
        use_proxies=not (is_plain_http and is_here),
        timeout=_within(params, "timeout", 0.001, _DAY),
        retries=_within(params, "retries", 0, 100),
        deadline=None if params["deadline"] is None else _within(params, "deadline", 0.001, _DAY),
        concurrency=_within(params, "concurrency", 1, 64),
    )


def _auth_for(params: Mapping[str, Any], secrets: Secrets, *, check_mode: bool) -> Auth:
    _check_credentials(params)
    username, password, otp = (params[name] or "" for name in ("username", "password", "otp"))
    if params["session_id"]:
        return GivenSession(params["session_id"], username)
    wants_session = params["auth_method"] == "session"
    if wants_session and not check_mode:
        return LoginSession(username, password, otp, hide=secrets.add)
    if ":" in username:
        raise invalid_option(
            "username contains a colon, which HTTP Basic does not allow.",
            "Use auth_method session; check mode needs HTTP Basic or a session_id.",
        )
    return BasicAuth(username, password, otp, makes_session=wants_session) if username else Auth()


def _server_root(url: str) -> SplitResult:
    example = "Set url to the root of the Flexi server, such as https://flexi.example.com:5434."
    if "@" in url:
        raise invalid_option("url contains a login or password.", "Set username and password instead.")
    if "?" in url or "#" in url:
        raise invalid_option("url has a part after ? or #.", example)
    url = url.strip()
    # Before a backslash, a host ends for urllib3, but not for urlsplit: it would look like another one.
    if any(character.isspace() or character == "\\" or not character.isprintable() for character in url):
        raise invalid_option(f"url {url!r} contains whitespace, a backslash or an unprintable character.", example)
    try:
        address = urlsplit(url)
        host, _port = address.hostname, address.port
    except ValueError:
        raise invalid_option(f"url {url!r} is not an address.", example) from None
    if address.scheme not in {"http", "https"}:
        raise invalid_option(f"url {url!r} does not begin with https:// (or http://).", example)
    if not host:
        raise invalid_option(f"url {url!r} has no host name.", example)
    if HAS_REQUESTS and not is_usable(url):
        raise invalid_option(f"The host name in url {url!r} is invalid.", example)
    if re.match("/c(/|$)", address.path):
        raise invalid_option(f"url {url!r} is the address of a company.", f"{example} Companies have their own option.")
    return address._replace(path=address.path.rstrip("/"))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_credentials(params: Mapping[str, Any]) -> None:
    for name in ("username", "password", "otp", "session_id"):
        if any("\ud800" <= character <= "\udfff" for character in params[name] or ""):
            raise invalid_option(
                f"{name} contains bytes that are not valid UTF-8.", "Check how the environment is encoded."
            )
    username, password = params["username"], params["password"]
    if not (username or params["client_cert"] or params["session_id"]):
        raise invalid_option("username is missing.", "Set username and password, or client_cert.")
    if params["auth_method"] == "session" and not (username or params["session_id"]):
        raise invalid_option("auth_method is session, but username is missing.", "Set username and password.")
    if username and not password and not params["session_id"]:
        raise invalid_option("There is a username but no password.", "Set password, or ABRAFLEXI_PASSWORD.")


def _client_certificate(params: Mapping[str, Any]) -> tuple[str, str] | None:
    certificate, key = params["client_cert"], params["client_key"]
    if not certificate:
        if key:
            raise invalid_option("There is a client_key but no client_cert.", "Set both.")
        return None
    return _readable_file("client_cert", certificate), _readable_file("client_key", key or certificate)


def _verification(params: Mapping[str, Any]) -> bool | str:
    """Return whether or with which authorities to verify: the option first, then what the environment says."""
    if not params["validate_certs"]:
        return False
    if params["ca_path"]:
        return _readable_file("ca_path", params["ca_path"])
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if os.environ.get(variable):
            return _readable_file(variable, os.environ[variable])
    return True


def _readable_file(name: str, path: str) -> str:
    if is_key(path):
        raise invalid_option(f"{name} is the text of a file, not its path.", "Save it in a file, and set the path.")
    try:
        is_readable = os.access(path, os.R_OK)
    except ValueError:
        # No path has such a character in it.
        is_readable = False
    if not is_readable:
        raise invalid_option(f"{name} is {path!r}, which cannot be read.", "It must be where the module runs.")
    return path


def _within(params: Mapping[str, Any], name: str, least: float, most: float) -> Any:
    if not least <= params[name] <= most:
        given = readable(str(params[name]))
        raise invalid_option(f"{name} is {given}, which is out of range.", f"Use a value from {least:g} to {most:g}.")
    return params[name]
