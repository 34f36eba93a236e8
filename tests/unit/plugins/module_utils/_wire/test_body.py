# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a body says of success, in JSON and in XML."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._wire.pool import NoAnswerError, _check_encoding
from ansible_collections.abra.flexi.plugins.module_utils._wire.problems import problem_of
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply


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
        ("null", True, False),
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


def test_a_body_that_cannot_be_unpacked_is_no_answer() -> None:
    closed: list[bool] = []
    response = SimpleNamespace(
        headers={"Content-Encoding": "gzip, strange"}, CONTENT_DECODERS=["gzip"], close=lambda: closed.append(True)
    )
    with pytest.raises(Exception, match="Content-Encoding") as raised:
        _check_encoding(response)
    assert closed == [True]
    assert problem_of(NoAnswerError(raised.value, was_sent=True).problem, was_sent=True).code == "broken_reply"
