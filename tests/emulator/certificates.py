# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates made at start: an authority of its own, and whatever a test needs from it."""

from __future__ import annotations

import datetime as dt
import ssl
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("localhost", "127.0.0.1", "::1")
KINDS = ("good", "expired", "wrong_host", "self_signed", "by_itself")
PAST = dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc)


class Authority:
    """A certificate authority, with its certificate in `directory`/ca.pem."""

    def __init__(self, directory: Path) -> None:
        """Make the authority; the file is there from the start."""
        self._ca = trustme.CA(organization_name="Emulator of ABRA Flexi")
        self._directory = directory
        self.ca_path = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_path))

    def server_context(self, kind: str = "good", *, client_ca: bool = False) -> ssl.SSLContext:
        """TLS for the server; with `client_ca` it takes only clients with a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._server_certificate(kind).configure_cert(context)
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            self._ca.configure_trust(context)
        return context

    def client_pair(self) -> tuple[Path, Path]:
        """Return a client certificate and its key, as two files; made when first asked for."""
        certificate, key = self._directory / "client.pem", self._directory / "client.key"
        if not key.exists():
            issued = self._ca.issue_cert("client@example.com", common_name="Emulator client")
            issued.cert_chain_pems[0].write_to_path(str(certificate))
            issued.private_key_pem.write_to_path(str(key))
        return certificate, key

    def _server_certificate(self, kind: str) -> trustme.LeafCert:
        if kind == "good":
            return self._ca.issue_cert(*NAMES)
        if kind == "expired":
            return self._ca.issue_cert(*NAMES, not_after=PAST)
        if kind == "wrong_host":
            return self._ca.issue_cert("other.example.com")
        if kind == "self_signed":
            # Signed by somebody whom nobody knows.
            return trustme.CA().issue_cert(*NAMES)
        if kind == "by_itself":
            return _signed_by_itself()
        raise ValueError(f"no certificate {kind!r}; there are: {', '.join(KINDS)}")


def _signed_by_itself() -> trustme.LeafCert:
    """Make a certificate as a fresh server does: it is for this host, it is no authority, and nobody vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAMES[0])]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return trustme.LeafCert(secret, certificate.public_bytes(serialization.Encoding.PEM), [])
