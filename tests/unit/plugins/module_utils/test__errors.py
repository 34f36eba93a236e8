# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong, as one sentence for people and as one shape for programs."""

from __future__ import annotations

import pytest

from ansible_collections.abra.flexi.plugins.module_utils import _errors
from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError


def test_a_failure_has_exactly_the_documented_keys() -> None:
    problem = FlexiError("forbidden", "It failed.", "Ask somebody else.", http_status=403, attempts=2)
    assert problem.as_failure() == {
        "code": "forbidden",
        "http_status": 403,
        "message": "It failed.",
        "hint": "Ask somebody else.",
    }


@pytest.mark.parametrize(
    ("hint", "sentence"),
    [
        pytest.param("Try again.", "It failed. Try again.", id="with-a-hint"),
        pytest.param("", "It failed.", id="without-a-hint"),
    ],
)
def test_people_read_the_message_and_then_the_hint(hint: str, sentence: str) -> None:
    assert str(FlexiError("timeout", "It failed.", hint)) == sentence


def test_an_error_without_an_answer_has_no_status_and_no_attempts() -> None:
    problem = FlexiError("invalid_option", "It cannot be meant.")
    assert (problem.as_failure()["http_status"], problem.attempts) == (None, 0)


def test_an_error_that_always_stops_a_run_is_not_probed_for_too() -> None:
    assert not _errors.FOR_EVERYBODY & _errors.PERHAPS_FOR_EVERYBODY
