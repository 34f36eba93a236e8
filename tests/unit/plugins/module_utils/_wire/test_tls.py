# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS with real servers: which certificates are trusted, and what is said of the others."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import ssl
import subprocess
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3 import connection as urllib3_connection

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._tasks.options import connection_from
from ansible_collections.abra.flexi.plugins.module_utils._wire.tls import tls_context
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils._wire.support import read_head, serving, silent
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.support import (
    Access,
    FakeClock,
    Run,
    check_report,
    log_out,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*BUNDLES, "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def other_ca(tmp_path: Path) -> Iterator[str]:
    """Return the file of an authority that has signed nothing here."""
    with Emulator(directory=str(tmp_path / "other")) as other:
        yield other.ca_path


def connect(url: str, clock: FakeClock | None = None, *, username: str = "admin", **changes: Any) -> Run:
    """Return a run; raise FlexiError where the files that TLS needs cannot be used."""
    connection = connection_from(options(url=url, timeout=10.0, **changes))
    return log_out(Access(connection, username=username), ["novak"], clock=clock)


def assert_refused(done: Run, emulator: Emulator, clock: FakeClock, words: str, hint: str = "ca_path") -> None:
    """Assert that TLS was not trusted, that nothing was asked, and that it was tried once."""
    assert done.code == "tls"
    assert words in done.message
    assert hint in done.summary["failure"]["hint"]
    assert emulator.requests == []
    assert clock.pauses == []
    assert done.report.warnings == []
    check_report(emulator, done, ["novak"])


def assert_unusable(words: str, hint: str, connecting: Callable[[], object]) -> None:
    """Assert that a file cannot be used, and that the name of its option is in what is said of it."""
    with pytest.raises(FlexiError) as failure:
        connecting()
    assert failure.value.code == "invalid_option"
    assert words in failure.value.message
    assert hint in failure.value.hint


# Certificates of the server


def test_the_right_authority_is_trusted(emulator: Emulator) -> None:
    assert connect(emulator.https, ca_path=emulator.ca_path).code is None


def test_another_authority_is_not_trusted(emulator: Emulator, clock: FakeClock, other_ca: str) -> None:
    assert_refused(connect(emulator.https, clock, ca_path=other_ca), emulator, clock, "certificate")


def test_without_an_authority_only_public_ones_are_trusted(emulator: Emulator, clock: FakeClock) -> None:
    assert_refused(connect(emulator.https, clock), emulator, clock, "issuer certificate")


@pytest.mark.parametrize(
    ("certificate", "words", "hint"),
    [
        # urllib3 1.26 compares the names itself.
        ("wrong_host", "localhost", "host name"),
        ("expired", "expired", "renewed"),
        ("self_signed", "issuer certificate", "ca_path"),
    ],
)
def test_a_certificate_that_is_not_valid_is_refused(clock: FakeClock, certificate: str, words: str, hint: str) -> None:
    with Emulator(certificate=certificate) as emulator:
        assert_refused(connect(emulator.https, clock, ca_path=emulator.ca_path), emulator, clock, words, hint)


def self_signed(directory: Path) -> tuple[str, ssl.SSLContext]:
    """Return the file of a certificate such as a fresh Flexi has, and the server's side of TLS with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.timezone.utc)
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, both = directory / "flexi.pem", directory / "both.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both.write_bytes(pem.read_bytes() + key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return str(pem), context


def test_a_fresh_flexi_is_trusted_by_its_own_certificate(clock: FakeClock, tmp_path: Path) -> None:
    def forbidden(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    pem, context = self_signed(tmp_path)
    with serving(forbidden, context) as port:
        url = f"https://localhost:{port}"
        without, given = connect(url, clock), connect(url, clock, ca_path=pem)
    assert (without.code, given.code) == ("tls", "forbidden")
    assert "openssl s_client" in without.summary["failure"]["hint"]


def test_a_server_with_an_old_tls_is_named(clock: FakeClock, tmp_path: Path) -> None:
    _pem, old = self_signed(tmp_path)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with serving(silent, old) as port:
        done = connect(f"https://localhost:{port}", clock, validate_certs=False)
    assert done.code == "tls"
    assert "TLS 1.2" in done.summary["failure"]["hint"], done.message
    assert clock.pauses == []


def test_the_certificate_must_be_for_the_address_used(emulator: Emulator, clock: FakeClock) -> None:
    url = emulator.https.replace("localhost", "127.0.0.2")
    done = connect(url, clock, ca_path=emulator.ca_path)
    assert done.code in {"tls", "unreachable"}
    assert emulator.requests == []


@pytest.mark.parametrize("certificate", ["good", "wrong_host", "expired", "self_signed"])
@pytest.mark.filterwarnings("error")
def test_without_verification_every_certificate_will_do(certificate: str) -> None:
    with Emulator(certificate=certificate) as emulator:
        assert connect(emulator.https, validate_certs=False).code is None


def test_without_verification_urllib3_does_not_warn_of_each_request(emulator: Emulator) -> None:
    with warnings.catch_warnings(record=True) as caught:
        connect(emulator.https, validate_certs=False)
    assert [str(each.message) for each in caught if "Unverified" in str(each.message)] == []


def test_names_that_urllib3_compares_count_as_tls_too(
    emulator: Emulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(_connection: object) -> None:
        raise urllib3_connection.CertificateError(  # type: ignore[attr-defined] # it has another home in each release
            "hostname 'localhost' doesn't match 'other.example.com'"
        )

    monkeypatch.setattr(urllib3_connection.HTTPSConnection, "connect", differs)
    done = connect(emulator.https, clock, ca_path=emulator.ca_path)
    assert done.code == "tls"
    assert "doesn't match 'other.example.com'" in done.message
    assert emulator.requests == []


def test_a_handshake_that_never_ends_carries_nothing_out(emulator: Emulator, clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        wanted = options(url=url, ca_path=emulator.ca_path, timeout=0.1, retries=1)
        done = log_out(Access(connection_from(wanted)), ["novak"], clock=clock)
    assert done.code == "timeout"
    assert "in 2 tries" in done.message
    assert "may have been carried out" not in done.message


# What the environment says


@pytest.mark.parametrize("variable", BUNDLES)
def test_a_bundle_of_the_environment_is_used(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, emulator.ca_path)
    assert connect(emulator.https).code is None


@pytest.fixture(params=["other", "missing", "empty"])
def _wrong_bundles(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other_ca: str
) -> None:
    paths = {"other": other_ca, "missing": str(tmp_path / "missing.pem"), "empty": ""}
    for variable in BUNDLES:
        monkeypatch.setenv(variable, paths[request.param])


@pytest.mark.usefixtures("_wrong_bundles")
def test_no_verification_wins_over_the_environment(emulator: Emulator) -> None:
    assert connect(emulator.https, validate_certs=False).code is None


@pytest.mark.usefixtures("_wrong_bundles")
def test_the_authority_given_wins_over_the_environment(emulator: Emulator) -> None:
    assert connect(emulator.https, ca_path=emulator.ca_path).code is None


def test_the_option_wins_over_a_right_bundle_of_the_environment(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, clock: FakeClock, other_ca: str
) -> None:
    for variable in BUNDLES:
        monkeypatch.setenv(variable, emulator.ca_path)
    assert_refused(connect(emulator.https, clock, ca_path=other_ca), emulator, clock, "certificate")


@pytest.mark.parametrize("content", [b"", b"no certificate at all", b"\x30\x82\x01\x00\xff\xfe"])
def test_a_bundle_without_certificates_is_one_clear_sentence(
    emulator: Emulator, clock: FakeClock, tmp_path: Path, content: bytes
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(content)
    assert_unusable(str(bundle), "PEM", lambda: connect(emulator.https, clock, ca_path=str(bundle)))


def test_a_bundle_in_another_format_is_one_clear_sentence(emulator: Emulator, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.der"
    with open(emulator.ca_path) as source:  # noqa: PTH123 - a name, not a path
        bundle.write_bytes(ssl.PEM_cert_to_DER_cert(source.read()))
    assert_unusable("contains no readable certificates", "PEM", lambda: connect(emulator.https, ca_path=str(bundle)))


def test_a_bundle_that_has_gone_is_one_clear_sentence(tmp_path: Path) -> None:
    assert_unusable("gone.pem", "PEM", lambda: tls_context(str(tmp_path / "gone.pem"), None))


@pytest.mark.parametrize("names", [[], ["ca.pem", "12345678.pem", "1234567.0"]], ids=["empty", "other-names"])
def test_a_folder_in_which_openssl_finds_nothing_is_one_clear_sentence(
    emulator: Emulator, tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        shutil.copy(emulator.ca_path, tmp_path / name)
    assert_unusable(str(tmp_path), "openssl rehash", lambda: connect(emulator.https, ca_path=str(tmp_path)))


def test_a_folder_that_openssl_has_rehashed_is_trusted(emulator: Emulator, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("needs the program openssl")
    command = [openssl, "x509", "-in", emulator.ca_path, "-noout", "-hash"]
    name = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().strip()
    shutil.copy(emulator.ca_path, tmp_path / f"{name}.0")
    assert connect(emulator.https, ca_path=str(tmp_path)).code is None


def test_a_folder_that_cannot_be_listed_may_have_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", forbidden)
    assert tls_context(str(tmp_path), None).verify_mode == ssl.CERT_REQUIRED


def test_a_folder_with_other_authorities_only_is_not_trusted(
    emulator: Emulator, clock: FakeClock, tmp_path: Path
) -> None:
    shutil.copy(emulator.ca_path, tmp_path / "01234567.0")
    assert_refused(connect(emulator.https, clock, ca_path=str(tmp_path)), emulator, clock, "issuer certificate")


# Client certificates


@pytest.fixture
def strict() -> Iterator[Emulator]:
    """Return a server that wants a client certificate."""
    with Emulator(client_ca=True) as running:
        yield running


def with_certificate(strict: Emulator, clock: FakeClock, certificate: Path | str, key: Path | str | None) -> Run:
    files = {"client_cert": str(certificate), "client_key": str(key) if key else None, "ca_path": strict.ca_path}
    return connect(strict.https, clock, username="", **files)


def in_one_file(directory: Path, certificate: str, key: bytes) -> Path:
    both = directory / "both.pem"
    with open(certificate, "rb") as source:  # noqa: PTH123 - a name, not a path
        both.write_bytes(source.read() + key)
    return both


def encrypted(key: str) -> bytes:
    with open(key, "rb") as source:  # noqa: PTH123 - a name, not a path
        loaded = serialization.load_pem_private_key(source.read(), None)
    return loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"fake-phrase"),
    )


def test_a_client_certificate_stands_for_the_password(strict: Emulator, clock: FakeClock) -> None:
    done = with_certificate(strict, clock, *strict.client_pair())
    assert done.statuses == {"novak": "logged_out"}
    assert {each.headers.get("Authorization") for each in strict.requests} == {None}


def test_the_key_may_be_in_the_file_of_the_certificate(strict: Emulator, clock: FakeClock, tmp_path: Path) -> None:
    certificate, key = strict.client_pair()
    with open(key, "rb") as source:  # noqa: PTH123 - a name, not a path
        both = in_one_file(tmp_path, certificate, source.read())
    assert with_certificate(strict, clock, both, None).code is None


def assert_not_let_in(done: Run, strict: Emulator) -> None:
    """Assert that it failed; TLS 1.3 refuses a client after the handshake, and then the alert may get lost."""
    assert done.code in {"tls", "unreachable"}
    assert "client_cert" in done.summary["failure"]["hint"]
    assert "carried out" not in done.message
    assert strict.requests == []
    check_report(strict, done, ["novak"])


def test_a_missing_client_certificate_is_one_clear_sentence(strict: Emulator, clock: FakeClock) -> None:
    assert_not_let_in(connect(strict.https, clock, ca_path=strict.ca_path), strict)


def test_a_client_certificate_of_another_authority_is_refused(
    strict: Emulator, clock: FakeClock, emulator: Emulator
) -> None:
    assert_not_let_in(with_certificate(strict, clock, *emulator.client_pair()), strict)


@pytest.mark.parametrize("one_file", [True, False])
def test_an_encrypted_key_neither_prompts_nor_hangs(
    strict: Emulator,
    clock: FakeClock,
    tmp_path: Path,
    one_file: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    certificate, key = strict.client_pair()
    separate = tmp_path / "encrypted.key"
    separate.write_bytes(encrypted(key))
    both = in_one_file(tmp_path, certificate, encrypted(key))
    pair = (both, None) if one_file else (certificate, separate)
    assert_unusable("is encrypted", "openssl pkey", lambda: with_certificate(strict, clock, *pair))


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_client_certificate_that_is_none_is_one_clear_sentence(
    strict: Emulator, clock: FakeClock, tmp_path: Path, which: str
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate at all")
    certificate, key = strict.client_pair()
    pair = (nonsense, key) if which == "certificate" else (certificate, nonsense)
    assert_unusable("cannot be read", "PEM", lambda: with_certificate(strict, clock, *pair))


def test_a_certificate_without_its_key_is_one_clear_sentence(strict: Emulator, clock: FakeClock) -> None:
    certificate, _key = strict.client_pair()
    assert_unusable("cannot be read", "client_key", lambda: with_certificate(strict, clock, certificate, None))


def test_a_key_without_its_certificate_is_one_clear_sentence(
    strict: Emulator, clock: FakeClock, emulator: Emulator
) -> None:
    certificate, _key = strict.client_pair()
    _certificate, key = emulator.client_pair()
    hint = "that client_cert was made with"
    assert_unusable("another certificate", hint, lambda: with_certificate(strict, clock, certificate, key))


# The wrong kind of port


def test_https_to_a_port_of_plain_http_is_a_failure_of_tls(emulator: Emulator, clock: FakeClock) -> None:
    url = emulator.http.replace("http://127.0.0.1", "https://localhost")
    assert_refused(connect(url, clock, ca_path=emulator.ca_path), emulator, clock, "TLS", "begin url with http")


def test_plain_http_to_a_port_of_https_is_one_clear_sentence(emulator: Emulator, clock: FakeClock) -> None:
    done = connect(emulator.https.replace("https:", "http:"), clock)
    assert done.code in {"broken_reply", "unreachable"}
    assert "A port that speaks TLS needs https in url" in done.summary["failure"]["hint"]
    assert "carried out" not in done.message
    assert emulator.requests == []
    check_report(emulator, done, ["novak"])


def test_plain_http_that_leads_to_https_says_so(emulator: Emulator) -> None:
    emulator.set_variants(force_https="redirect")
    done = connect(emulator.http)
    assert done.code == "redirected"
    assert "https://" in done.message
    assert len(emulator.requests) == 1
