# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry of the results: always the same keys."""

from __future__ import annotations

from ansible_collections.abra.flexi.plugins.module_utils._logout.results import Result
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Target


def test_the_keys_of_a_result() -> None:
    result = Result(
        Target("novak", "demo"), "logged_out", "Done.", 200, 2, "exact", user_known=False, verified=True, certain=False
    )
    assert result.as_dict() == {
        "user": "novak",
        "company": "demo",
        "status": "logged_out",
        "http_status": 200,
        "message": "Done.",
        "attempts": 2,
        "prediction": "exact",
        "user_known": False,
        "verified": True,
        "certain": False,
    }


def test_what_nobody_looked_at_is_null_in_a_result() -> None:
    entry = Result(Target("novak"), "logged_out", "Done.").as_dict()
    assert {name for name, value in entry.items() if value is None} == {
        "company",
        "http_status",
        "prediction",
        "user_known",
        "verified",
    }
    assert (entry["attempts"], entry["certain"]) == (0, True)
