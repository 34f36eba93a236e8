# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print which tests were skipped, and why; in CI, fail if a Debian package would have kept them from it.

Arguments are reports in JUnit's format, as pytest and ansible-test write them. A reason is to name the Debian package
that helps, if there is one.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

MENDED_BY = "(Debian package "
NOTHING_TO_TEST = "No tests applicable."
NO_SUCH_PYTHON = re.compile(r'Skipping sanity test ".*" on (Python \S+) because it could not be found\.')


def skipped(reports: list[Path]) -> Counter[tuple[str, str]]:
    """Count the skipped tests by file, or what pytest calls a class, and by reason."""
    found: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for test in ET.parse(report).iter("testcase"):
            for skip in test.iter("skipped"):
                reason = skip.get("message") or skip.text or ""
                if skip.get("type") != "pytest.xfail" and reason != NOTHING_TO_TEST:
                    reason = NO_SUCH_PYTHON.sub(r"\1 is not installed", reason)
                    found[test.get("classname", ""), reason] += 1
    return found


def main(reports: list[Path]) -> int:
    """Print it all, and return the exit status."""
    found = skipped(reports)
    for (where, reason), count in sorted(found.items()):
        print(f"Skipped: {count} of {where}: {reason}")
    if not found:
        print("Nothing was skipped.")
    if os.environ.get("CI") == "true" and any(MENDED_BY in reason for _where, reason in found):
        print("In CI, what a Debian package would bring has to be there: see .ci/install.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
