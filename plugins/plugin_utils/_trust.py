# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Ansible may evaluate text, in each release."""

from __future__ import annotations

try:
    from ansible.template import is_trusted_as_template
except ImportError:  # ansible-core before 2.19 marks what is not a template, instead of what may be one
    from ansible.utils.unsafe_proxy import AnsibleUnsafe

    def is_trusted_as_template(value: object) -> bool:
        """Whether Ansible may evaluate ``value``."""
        return not isinstance(value, AnsibleUnsafe)


__all__ = ["is_trusted_as_template"]
