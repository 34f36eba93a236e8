# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates are told apart, before the password is sent."""

from __future__ import annotations

import ssl
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._check import certificate
from ansible_collections.abra.flexi.plugins.module_utils._check.certificate import look_at_tls
from ansible_collections.abra.flexi.plugins.module_utils._wire.connection import Connection
from ansible_collections.abra.flexi.tests.emulator import Emulator
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.checked import check, seen

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {
    "by_itself": ("the server itself", "openssl s_client"),
    "self_signed": ("an unknown authority", "ca_path"),
    "expired": ("expired", "clocks"),
    "wrong_host": ("another host name", "host name"),
}


@pytest.mark.parametrize(("kind", "word", "hint"), [(kind, *told) for kind, told in WRONG.items()], ids=list(WRONG))
def test_a_certificate_that_is_not_trusted_gets_no_request(kind: str, word: str, hint: str) -> None:
    with Emulator(certificate=kind) as emulator:
        result = check(emulator)

        assert emulator.requests == []
    assert seen(result)["certificate"] == word
    assert seen(result)["credentials"] == "not sent"
    assert result["works"] is False
    assert result["failure"]["code"] == "tls"
    assert hint in result["failure"]["hint"]
    assert "The password was not sent." in result["failure"]["hint"]


def test_a_certificate_that_is_not_checked(emulator: Emulator) -> None:
    result = check(emulator, validate_certs=False, ca_path=None)

    assert seen(result)["certificate"] == "not checked"
    assert seen(result)["certificate_days"] is None
    assert result["works"] is True


def test_an_authority_that_is_trusted_without_being_named(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = ssl.create_default_context(cafile=emulator.ca_path)
    monkeypatch.setattr(certificate, "tls_context", lambda _verify, _cert: trusted)

    shown = look_at_tls(Connection(emulator.https, use_proxies=False))

    assert shown["certificate"] == "an authority that is trusted"


@pytest.mark.parametrize(
    ("days", "word"), [(400, "more than 30 days"), (20, "8 to 30 days"), (3, "7 days or less"), (-1, "7 days or less")]
)
def test_how_long_it_is_valid(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, days: int, word: str) -> None:
    ends = ssl.cert_time_to_seconds("Jan  1 00:00:00 2040 GMT")
    monkeypatch.setattr(certificate, "ssl", SimpleNamespace(**vars(ssl) | {"cert_time_to_seconds": lambda _text: ends}))
    monkeypatch.setattr(certificate, "time", SimpleNamespace(time=lambda: ends - days * 86400))

    shown = look_at_tls(Connection(emulator.https, verify=emulator.ca_path, use_proxies=False))

    assert shown["certificate_days"] == word


def test_a_fault_of_a_certificate_that_has_no_word(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    class Odd(ssl.SSLCertVerificationError):
        verify_code = 99

    class Context:
        def wrap_socket(self, *_args: object, **_keywords: object) -> None:
            raise Odd

    monkeypatch.setattr(certificate, "tls_context", lambda _verify, _cert: Context())

    assert look_at_tls(Connection(emulator.https, use_proxies=False)) == {"certificate": "not valid"}


def test_nothing_is_seen_through_a_proxy(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")

    assert look_at_tls(Connection(emulator.https)) == {}


def test_nothing_is_seen_without_a_connection() -> None:
    assert look_at_tls(Connection("https://localhost:1", use_proxies=False)) == {}


def test_the_older_tls(tmp_path: Path) -> None:
    with Emulator(directory=str(tmp_path)) as emulator:
        context = ssl.create_default_context(cafile=emulator.ca_path)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(certificate, "tls_context", lambda _verify, _cert: context)
            shown = look_at_tls(Connection(emulator.https, verify=emulator.ca_path, use_proxies=False))

    assert shown["tls_version"] == "TLS 1.2"
