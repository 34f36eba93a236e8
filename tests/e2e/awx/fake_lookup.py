# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for the lookup plugin controller_api of awx.awx."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

# It resolves where the tests put both files.
from ..module_utils.fake import Refused, found  # type: ignore[import-not-found] # noqa: TID252


class LookupModule(LookupBase):
    """The lookup plugin, without the options that nobody here needs."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:  # noqa: ARG002 - as Ansible calls it
        """Return what AWX has at an endpoint."""
        (endpoint,) = terms
        return search(endpoint, **kwargs)


def search(
    endpoint: str, *, query_params: dict[str, Any], return_all: bool = False, max_objects: int = 1000
) -> list[dict[str, Any]]:
    """Return what AWX has at an endpoint."""
    try:
        things: list[dict[str, Any]] = found(endpoint, query_params, everything=return_all)
    except Refused as problem:
        raise AnsibleError(f"Failed to query the API: {problem}") from None
    if return_all and len(things) > max_objects:
        raise AnsibleError(f"There are {len(things)} objects, more than {max_objects}")
    return things
