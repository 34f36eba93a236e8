# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a server is reached, and what a request to it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json"
HTML = "text/html"


@dataclass(frozen=True)
class Connection:
    """Everything that decides how the server is reached; times in seconds."""

    url: str
    """The server's root, checked, without a slash at its end."""
    client_cert: tuple[str, str] | None = None
    """The files of the certificate and of its key."""
    verify: bool | str = True
    """Whether to check the server's certificate, or the file or directory of the authorities to check it with."""
    use_proxies: bool = True
    timeout: float = 60.0
    retries: int = 3
    deadline: float | None = None
    concurrency: int = 1


@dataclass(frozen=True)
class Request:
    """What is asked; ``path`` is percent-encoded and below the server's root."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=lambda: {"Accept": JSON}, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    may_be_done_twice: bool = True
    """Whether to send it again where it is not known if it was carried out."""
    is_probe: bool = False
    """Whether one try is enough, also where the server only limits the rate."""
