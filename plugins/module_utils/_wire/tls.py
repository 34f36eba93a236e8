# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS of a connection: whom to trust, and what to show."""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from pathlib import Path

from .._errors import invalid_option

# Whoever makes a client says so if it is missing.
with suppress(ImportError):
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
    from urllib3.util.ssl_ import create_urllib3_context

_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""By such a name OpenSSL finds a certificate in a folder."""


def tls_context(authorities: bool | str, client_cert: tuple[str, str] | None) -> ssl.SSLContext:  # noqa: FBT001 - as in requests
    """Return the context that trusts ``authorities`` (True: the usual ones, False: anybody).

    Raise FlexiError where one of the files cannot be used.
    """
    context: ssl.SSLContext = create_urllib3_context()
    # Where the system has no opinion, urllib3 1.26 takes older ones.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _trust(context, Path(DEFAULT_CA_BUNDLE_PATH if authorities is True else authorities))
    if client_cert:
        _show(context, *client_cert)
    return context


def _trust(context: ssl.SSLContext, path: Path) -> None:
    if path.is_dir():
        if not _may_have_certificates(path):
            raise invalid_option(
                f"The folder {str(path)!r} contains no certificate under the hashed name that OpenSSL looks for.",
                "Run 'openssl rehash' on the folder, or give a file as ca_path.",
            )
        context.load_verify_locations(capath=str(path))
        return
    try:
        context.load_verify_locations(cafile=str(path))
    except (ssl.SSLError, OSError):
        raise invalid_option(
            f"The file {str(path)!r} contains no readable certificates.",
            "Set ca_path to certificates in PEM format: text that begins with -----BEGIN CERTIFICATE-----.",
        ) from None


def _may_have_certificates(folder: Path) -> bool:
    try:
        return any(_HASHED_NAME.fullmatch(each.name) for each in folder.iterdir())
    except OSError:
        # OpenSSL does not list it, and may be allowed to look into it.
        return True


def _show(context: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, OSError) as problem:
        reason = getattr(problem, "reason", "")
        if isinstance(problem, _EncryptedKeyError):
            why, hint = "is encrypted", "There is no option for a passphrase: remove it with 'openssl pkey'."
        elif reason == "KEY_VALUES_MISMATCH":
            why, hint = "belongs to another certificate", "Set client_key to the key that client_cert was made with."
        else:
            why = "or its certificate cannot be read"
            hint = (
                "Both must be in PEM format: the certificate as client_cert, its key in the same file or as client_key."
            )
        message = f"The key in {key!r} {why}."
        raise invalid_option(message, hint) from None


class _EncryptedKeyError(ssl.SSLError):
    """The key needs a password."""


def _no_password() -> str:
    """Fail where Python would ask for the password at the terminal."""
    raise _EncryptedKeyError
