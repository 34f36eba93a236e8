# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a long run is: said from time to time, and true."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ansible_collections.abra.flexi.plugins.module_utils._logout import sending
from ansible_collections.abra.flexi.plugins.module_utils._logout.run import Policy, run
from ansible_collections.abra.flexi.plugins.module_utils._logout.targets import Batch, Whom
from ansible_collections.abra.flexi.plugins.module_utils._wire.reply import Reply
from ansible_collections.abra.flexi.tests.unit.plugins.module_utils.fake_flexi import FakeFlexi, logout_path, named

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WAIT = 20


class Waiting(FakeFlexi):
    """A client whose logout of "last" is under way until somebody has heard how far the run is."""

    def __init__(self, failure: int = 500) -> None:
        """Answer everybody but one, who fails with this status."""
        super().__init__({logout_path("fails"): Reply(failure)}, concurrency=2)
        self.heard = threading.Event()

    def post(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Answer a POST."""
        if path == logout_path("last"):
            assert self.heard.wait(LONGEST_WAIT)
        return super().post(path, query)


@pytest.mark.parametrize("failure", [500, 502])
def test_a_long_run_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, failure: int) -> None:
    monkeypatch.setattr(sending, "_SECONDS_BETWEEN_NEWS", 0.05)
    client, news = Waiting(failure), list[str]()

    def hear(progress: str) -> None:
        news.append(progress)
        if progress.startswith("3 of"):
            client.heard.set()

    report = run(client, named(["a", "fails", "b", "last"]), Policy(), check_mode=False, tell=hear)
    assert news[-1] == "3 of 4 done, 1 failed"
    assert len(report.results) == 4


def test_what_goes_out_before_the_rest_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_SECONDS_BETWEEN_NEWS", 0.05)
    client, news = Waiting(), list[str]()

    def hear(progress: str) -> None:
        news.append(progress)
        if progress.startswith("2 of"):
            client.heard.set()

    whom = Whom(Batch(("a", "last")), (Batch(("a",), ("demo",)),))
    run(client, whom, Policy(), check_mode=False, tell=hear)
    assert news[-1] == "2 of 3 done, 0 failed"


def test_a_short_run_says_nothing() -> None:
    news: list[str] = []
    run(FakeFlexi(), named(["a", "b", "c"]), Policy(), check_mode=False, tell=news.append)
    assert news == []


def test_a_long_run_goes_on_where_nobody_wants_to_hear_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_SECONDS_BETWEEN_NEWS", 0.01)
    client = Waiting()
    threading.Timer(0.1, client.heard.set).start()
    assert len(run(client, named(["a", "last"]), Policy(), check_mode=False).results) == 2
