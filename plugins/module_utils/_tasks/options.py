# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options that every module of the collection has, and the Connection that they describe.

Private to the collection abra.flexi: it may change in any release.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import SplitResult, parse_qsl, urlsplit

from ansible.module_utils.basic import AnsibleFallbackNotFound, AnsibleModule, env_fallback, missing_required_lib

from .. import _errors
from .._errors import FlexiError
from .._secrets import encoded_forms
from .._wire.client import Client, Connection
from .._wire.pool import HAS_REQUESTS
from .._wire.session_login import SessionClient

if TYPE_CHECKING:
    from collections.abc import Mapping

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:

    def register_secret(value: str, /) -> str:
        """Do nothing: up to ansible-core 2.21 ``no_log_values`` hides a secret, from 2.22 on this does."""
        return value


_DAY = 86400


def _from_environment(variable: str) -> str:
    """Return what the environment says; an empty variable, as job templates leave it, says nothing."""
    value: str = env_fallback(variable)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _option(variable: str, **spec: Any) -> dict[str, Any]:
    return {"fallback": (_from_environment, [variable]), **spec}


def connection_argument_spec() -> dict[str, Any]:
    """Return the argument spec of the connection options, as the doc fragment ``_connection`` documents them."""
    return {
        "url": _option("ABRAFLEXI_URL", type="str", required=True),
        "auth_method": _option("ABRAFLEXI_AUTH_METHOD", type="str", choices=["basic", "session"], default="basic"),
        "username": _option("ABRAFLEXI_LOGIN", type="str"),
        "password": _option("ABRAFLEXI_PASSWORD", type="str", no_log=True),
        "otp": _option("ABRAFLEXI_OTP", type="str", no_log=True),
        "session_id": _option("ABRAFLEXI_SESSION_ID", type="str", no_log=True),
        "client_cert": _option("ABRAFLEXI_CLIENT_CERT", type="path"),
        "client_key": _option("ABRAFLEXI_CLIENT_KEY", type="path", no_log=False),
        "validate_certs": _option("ABRAFLEXI_VALIDATE_CERTS", type="bool", default=True),
        "ca_path": _option("ABRAFLEXI_CA_PATH", type="path"),
        "allow_plain_http": _option("ABRAFLEXI_ALLOW_PLAIN_HTTP", type="bool", default=False),
        "timeout": _option("ABRAFLEXI_TIMEOUT", type="float", default=60.0),
        "retries": _option("ABRAFLEXI_RETRIES", type="int", default=3),
        "deadline": _option("ABRAFLEXI_DEADLINE", type="float"),
        "concurrency": _option("ABRAFLEXI_CONCURRENCY", type="int", default=4),
    }


def options_in_environment() -> dict[str, str]:
    """Return the connection options that the environment of this process gives."""
    variables = {name: option["fallback"][1][0] for name, option in connection_argument_spec().items()}
    return {name: os.environ[variable] for name, variable in variables.items() if os.environ.get(variable)}


def connection_from(params: Mapping[str, Any]) -> Connection:
    """Return the Connection that the options describe; raise FlexiError where they cannot be meant."""
    address = _server_root(params["url"])
    is_plain_http, is_here = address.scheme == "http", _is_loopback(address.hostname or "")
    if is_plain_http and not is_here and not params["allow_plain_http"]:
        raise _invalid(
            "url is plain http, which would send the password over the network in clear.",
            "Use https, or set allow_plain_http to true where the way to the server is safe.",
        )
    _check_credentials(params)
    return Connection(
        url=address.geturl(),
        auth_method="session" if params["session_id"] else params["auth_method"],
        username=params["username"] or "",
        password=params["password"] or "",
        otp=params["otp"] or "",
        session_id=params["session_id"] or "",
        client_cert=_client_certificate(params),
        verify=_verification(params),
        # A proxy on another machine would read the password on its way to this one.
        use_proxies=not (is_plain_http and is_here),
        timeout=_within(params, "timeout", 0.001, _DAY),
        retries=_within(params, "retries", 0, 100),
        deadline=None if params["deadline"] is None else _within(params, "deadline", 0.001, _DAY),
        concurrency=_within(params, "concurrency", 1, 64),
    )


def client_for(connection: Connection, hide: Callable[[str], None], *, check_mode: bool) -> Client:
    """Return the client that authenticates as asked; ``hide`` is called with every secret that the server hands out.

    In check mode nobody logs in, since that is a POST and makes a session: HTTP Basic reads with the same credentials.
    """
    if not HAS_REQUESTS:
        raise FlexiError(_errors.MISSING_LIBRARY, missing_required_lib("requests"))
    if connection.auth_method == "session" and (connection.session_id or not check_mode):
        return SessionClient(connection, hide)
    if ":" in connection.username:
        raise _invalid(
            "username has a colon in it, which HTTP Basic cannot carry.",
            "Use auth_method session; check mode needs HTTP Basic or a session_id.",
        )
    return Client(connection)


def secrets_in(params: Mapping[str, Any]) -> set[str]:
    """Return the secrets among the options, and those made of them or hidden in ``url``."""
    username, password = params["username"] or "", params["password"] or ""
    otp, session_id = params["otp"] or "", params["session_id"] or ""
    secrets = Connection("", username=username, password=password, otp=otp, session_id=session_id).secrets
    address, _mark, query = (params["url"] or "").partition("?")
    secrets |= {query, *(value for _name, value in parse_qsl(query))}
    user_info, at_sign, _host = address.rpartition("@")
    if at_sign:
        scheme, slashes, rest = user_info.partition("//")
        login, _colon, password = (rest if slashes else scheme).partition(":")
        secrets |= {login, password}
    return secrets - {""}


def hide(module: AnsibleModule, secret: str) -> None:
    """Keep ``secret`` out of everything that the module returns or logs."""
    for form in encoded_forms(secret):
        module.no_log_values.add(form)
        register_secret(form)


def _server_root(url: str) -> SplitResult:
    example = "Give the root of the Flexi server, such as https://flexi.example.com:5434."
    if "@" in url:
        raise _invalid("url has a login or password in it.", "Give them as username and password.")
    if "?" in url or "#" in url:
        raise _invalid("url has a part after ? or #.", example)
    try:
        address = urlsplit(url.strip())
        host, _port = address.hostname, address.port
    except ValueError:
        raise _invalid(f"url {url!r} is not an address.", example) from None
    if address.scheme not in {"http", "https"}:
        raise _invalid(f"url {url!r} does not begin with https:// (or http://).", example)
    if not host:
        raise _invalid(f"url {url!r} has no host name.", example)
    if re.match("/c(/|$)", address.path):
        raise _invalid(f"url {url!r} is the address of a company.", f"{example} Companies have their own option.")
    return address._replace(path=address.path.rstrip("/"))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_credentials(params: Mapping[str, Any]) -> None:
    for name in ("username", "password", "otp", "session_id"):
        if any("\ud800" <= character <= "\udfff" for character in params[name] or ""):
            raise _invalid(
                f"{name} has bytes in it that are no text in UTF-8.", "Check how the environment is encoded."
            )
    username, password = params["username"], params["password"]
    if not (username or params["client_cert"] or params["session_id"]):
        raise _invalid("There is no username.", "Give username and password, or a client_cert.")
    if params["auth_method"] == "session" and not (username or params["session_id"]):
        raise _invalid("auth_method is session, but there is no username to log in.", "Give username and password.")
    if username and not password and not params["session_id"]:
        raise _invalid("There is a username but no password.", "Give password, or ABRAFLEXI_PASSWORD.")


def _client_certificate(params: Mapping[str, Any]) -> tuple[str, str] | None:
    certificate, key = params["client_cert"], params["client_key"]
    if not certificate:
        if key:
            raise _invalid("There is a client_key but no client_cert.", "Give both.")
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
    if not os.access(path, os.R_OK):
        raise _invalid(f"{name} is {path!r}, which cannot be read.", "It must be where the module runs.")
    return path


def _within(params: Mapping[str, Any], name: str, least: float, most: float) -> Any:
    if not least <= params[name] <= most:
        raise _invalid(f"{name} is {params[name]}, which it cannot be.", f"Give at least {least} and at most {most}.")
    return params[name]


def _invalid(message: str, hint: str) -> FlexiError:
    return FlexiError(_errors.INVALID_OPTION, message, hint)
