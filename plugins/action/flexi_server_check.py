# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of flexi_server_check."""

from __future__ import annotations

from ansible_collections.abra.flexi.plugins.module_utils._tasks.server_check import SERVER_CHECK
from ansible_collections.abra.flexi.plugins.plugin_utils._action import FlexiAction


class ActionModule(FlexiAction):
    """Does what the module would, where it would."""

    operation = SERVER_CHECK
