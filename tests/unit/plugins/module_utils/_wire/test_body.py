# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a body says of success, in JSON and in XML."""

from __future__ import annotations

import gzip
import json
import zlib
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._wire.body import unpacked
from ansible_collections.abra.flexi.plugins.module_utils._wire.problems import problem_of
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("<winstrom version='1.0' success='false'/>", True),
        ("<winstrom><success >false</success></winstrom>", True),
        ("<w:winstrom xmlns:w='http://example.com'><w:success>false</w:success></w:winstrom>", True),
        ("<winstrom><results><result><errors><error>No.</error></errors></result></results></winstrom>", True),
        ("<winstrom><success>true</success></winstrom>", False),
        (f"<winstrom>{'<a/>' * 60_000}<success>false</success></winstrom>", True),
        (f'{{"winstrom": {{"results": [{"1," * 120_000}{{"success": "false"}}]}}}}', True),
        ('{"winstrom": {"success": "true", "results": [{"errors": [{"message": "No."}]}]}}', True),
        ('{"success": false, "winstrom": {"success": "true"}}', True),
        ('{"winstrom": {"success": "true"}}', False),
    ],
)
def test_a_denial_counts_wherever_it_stands(text: str, *, denies: bool) -> None:
    assert Reply(200, text).says_failure is denies


@pytest.mark.parametrize(
    ("text", "is_whole", "understood"),
    [
        ("<winstrom><success>true", True, False),
        ('{"winstrom": {"succ', True, False),
        ('{"winstrom": {}}', False, False),
        ("<a/>", True, True),
        ("OK", True, True),
        ("Odhlášeno.\r\n", True, True),
        ("", True, True),
        ("\x1f\ufffd\x08\x00\x00", True, False),
        ('{\x00"\x00s\x00', True, False),
        (')]}\',{"success": "false"}', True, False),
        ('done({"winstrom": {}})', True, False),
        ('1a\r\n{"success": "false"}\r\n0\r\n', True, False),
        ("<div>Please log in</div>", True, False),
        ("<p class='x'>Please log in", True, False),
        ("Warning: x <html><body>login</body></html>", True, False),
        (f"<!-- {'x' * 3000} --><html><body/></html>", True, False),
    ],
)
def test_what_is_broken_is_not_understood(text: str, *, is_whole: bool, understood: bool) -> None:
    assert Reply(200, text, is_whole=is_whole).is_understood is understood


PLAIN = json.dumps({"winstrom": {"success": "false", "message": " ".join(map(str, range(200)))}}).encode()
LONGEST = 10_000


def deflated(plain: bytes) -> bytes:
    """Return it as some servers understand deflate: without the frame of zlib."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP, identity": gzip.compress,
    "deflate": zlib.compress,
}


@pytest.mark.parametrize("plain", [b"", b"{}", PLAIN], ids=["nothing", "short", "long"])
@pytest.mark.parametrize(
    ("encoding", "pack"), [*PACKED.items(), ("deflate", deflated)], ids=[*PACKED, "deflate without zlib"]
)
def test_a_packed_body_is_all_there_or_broke_off(encoding: str, pack: Callable[[bytes], bytes], plain: bytes) -> None:
    packed = pack(plain)
    assert unpacked(packed, encoding, LONGEST) == (plain, True)
    for length in range(1, len(packed)):
        with pytest.raises(HTTPException):
            unpacked(packed[:length], encoding, LONGEST)


def test_a_body_that_is_not_packed_stays_as_it_is() -> None:
    assert unpacked(PLAIN, "", LONGEST) == unpacked(PLAIN, "identity", LONGEST) == (PLAIN, True)
    assert unpacked(b"", "gzip", LONGEST) == (b"", True)


def test_a_body_may_be_packed_in_parts() -> None:
    assert unpacked(gzip.compress(b"ab") + gzip.compress(b"cd"), "gzip", LONGEST) == (b"abcd", True)


@pytest.mark.parametrize("after", [b"\0" * 10, b"\r\n"])
@pytest.mark.parametrize(("encoding", "pack"), PACKED.items())
def test_a_packed_body_may_be_filled_up(encoding: str, pack: Callable[[bytes], bytes], after: bytes) -> None:
    assert unpacked(pack(PLAIN) + after, encoding, LONGEST) == (PLAIN, True)


@pytest.mark.parametrize("size", [LONGEST, LONGEST + 1, 1_000_000])
def test_of_a_long_packed_body_no_more_is_kept_than_is_wanted(size: int) -> None:
    plain, is_whole = unpacked(gzip.compress(bytes(size)), "gzip", LONGEST)
    assert (len(plain), is_whole) == (LONGEST, size == LONGEST)
    assert len(unpacked(gzip.compress(b"x") + gzip.compress(bytes(size)), "gzip", LONGEST)[0]) == LONGEST


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(b"{}", "gzip", id="not-packed"),
        pytest.param(b"\xff\xff", "deflate", id="not-deflated"),
        pytest.param(gzip.compress(b"") * 100_000, "gzip", id="too-many-parts"),
        pytest.param(gzip.compress(b"") + b'{"winstrom":{"success":"false"}}', "gzip", id="something-else-after-it"),
        pytest.param(gzip.compress(PLAIN) + b"\x1f", "gzip", id="half-a-part-after-it"),
        pytest.param(zlib.compress(PLAIN) + zlib.compress(PLAIN), "deflate", id="deflated-twice-in-a-row"),
        pytest.param(gzip.compress(gzip.compress(PLAIN)), "gzip, gzip", id="packed-twice"),
        pytest.param(PLAIN, "br", id="brotli"),
        pytest.param(b"", "strange", id="unknown"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_no_answer(body: bytes, encoding: str) -> None:
    with pytest.raises(HTTPException, match="Content-Encoding") as raised:
        unpacked(body, encoding, LONGEST)
    problem = problem_of(raised.value, was_sent=True)
    assert (problem.code, problem.again, problem.maybe_done) == ("broken_reply", False, True)
