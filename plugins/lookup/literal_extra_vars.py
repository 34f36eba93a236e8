# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse templates in extra variables."""

from __future__ import annotations

DOCUMENTATION = r"""
name: literal_extra_vars
short_description: Extra variables, none of which is a template
version_added: 0.1.0
author: abra.flexi contributors (@abra-flexi)
description:
  - Returns the extra variables (C(--extra-vars)) whose names begin with a prefix, and fails if one of them, or of those
    with underscores before the prefix, has a template in it.
  - Ansible evaluates templates in extra variables. Where the values come from a pipeline, a form or an event, whoever
    writes V({{ lookup('pipe', 'id'\) }}) there runs a command on the controller.
  - In the C(hosts) of a play, this lookup keeps the play from being run with such a value. Ansible evaluates C(hosts)
    before all else in the play, whatever C(--limit), C(--tags) and C(--start-at-task) are.
  - It also fails if a part of C(--extra-vars) became no variable, such as what follows the blank in C(-e "app_users=a,
    b"), which Ansible passes over, or if Ansible reads a backslash in a variable with the first prefix together with
    what follows it, as in C(-e 'app_users=AD\novak').
  - Text of which Ansible knows that it is not a template, such as text with the tag C(!unsafe), is returned as it is.
    AWX hands on with that tag what is entered in a survey or at launch.
  - Templates in the inventory, and wherever else, work as ever.
options:
  _terms:
    description: What the names begin with.
    type: list
    elements: str
    required: true
  others:
    description:
      - Whether there may be extra variables whose names begin with something else. V(refuse) fails if there are any,
        with the variable that was perhaps meant, since a variable that nobody reads could have been meant to limit who
        is logged out.
      - Those that begin with C(ansible_), C(awx_) or C(tower_) are always allowed.
      - In a job of AWX, which gets the artifacts of other jobs as extra variables, V(refuse) only fails if one has the
        name of an option that says whom M(abra.flexi.flexi_user_logout) logs out, or resembles any option with the
        prefix.
    type: str
    choices: [allow, refuse]
    default: allow
  hosts:
    description:
      - The hosts of the play where the variable C(hosts) with the first prefix is left out, null, or blank. It is then
        returned as that variable.
      - With this option, it is an error if the variable, or a part of it, names no host, as an empty list, V(,),
        V(!localhost), and V(all,!!web) do, which Ansible takes for all hosts. It is an error, too, if a part of it is
        no group and no host of the inventory matches it, or if none matches all of it, or C(--limit) leaves none of
        them. Ansible passes over all of that.
      - With C(--syntax-check), C(--list-hosts), C(--list-tasks), and C(--list-tags), the inventory and the limit are
        not looked at.
    type: str
"""

EXAMPLES = r"""
- name: A play whose extra variables "app_…" are not templates
  hosts: "{{ lookup('abra.flexi.literal_extra_vars', 'app_', hosts='localhost').app_hosts }}"
  gather_facts: false
  tasks:
    - name: Use one of them
      ansible.builtin.debug:
        var: app_users
"""

RETURN = r"""
_raw:
  description: For each prefix a dictionary of the extra variables whose names begin with it.
  type: list
  elements: dict
  sample: [{app_hosts: flexi1, app_users: [novak, franta]}]
"""

from typing import TYPE_CHECKING, Any

from ansible import context
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.plugins.lookup import LookupBase
from ansible.utils.vars import load_extra_vars

from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import all_names
from ansible_collections.abra.flexi.plugins.module_utils._tasks.user_logout import USER_LOGOUT
from ansible_collections.abra.flexi.plugins.module_utils._tasks.whom import WHOM
from ansible_collections.abra.flexi.plugins.module_utils._text import Names, readable, shown
from ansible_collections.abra.flexi.plugins.module_utils._wire.body import read_json
from ansible_collections.abra.flexi.plugins.plugin_utils._as_written import UNPARSED, misread, unparsed

try:
    from ansible.template import is_trusted_as_template
except ImportError:  # ansible-core before 2.19 marks what is not a template, instead of what may be one
    from ansible.utils.unsafe_proxy import AnsibleUnsafe

    def is_trusted_as_template(value: object) -> bool:
        """Whether Ansible may evaluate ``value``."""
        return not isinstance(value, AnsibleUnsafe)


if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# The last one, at the very beginning of a text, lets it choose other marks than the first three.
MARKS = ("{{", "{%", "{#", "#jinja2:")

MARKS_OF_PATTERNS = "!&"

_SPELT = "Check how it is spelt, and which inventory is used."
_WITHOUT_HOSTS = ("syntax", "listhosts", "listtasks", "listtags")
"""Options with which Ansible does nothing on hosts, and which are often given without an inventory."""

ALLOW = "allow"
REFUSE = "refuse"
ALWAYS_THERE = ("ansible_", "awx_", "tower_")
IN_AWX = {"awx_job_id", "tower_job_id"}
SAY_WHOM = all_names(WHOM)


class LookupModule(LookupBase):
    """The lookup plugin."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Return the extra variables for each prefix."""
        loader: Any = self._loader
        given: dict[str, Any] = load_extra_vars(loader)
        others = kwargs.get("others", ALLOW)
        if others not in {ALLOW, REFUSE}:
            raise AnsibleLookupError(f"others must be {ALLOW} or {REFUSE}.")
        wrong = unparsed(given) or misread(lambda name: name.startswith(tuple(terms)))
        if wrong:
            raise AnsibleLookupError(wrong)
        given = {name: value for name, value in given.items() if name != UNPARSED}
        if others == REFUSE:
            refuse_others(given, terms)
        found = [literal(given, prefix) for prefix in terms]
        if kwargs.get("hosts"):
            name = f"{terms[0]}hosts"
            hosts = found[0].get(name)
            if hosts is None or (isinstance(hosts, str) and not hosts.strip()):
                refuse_dictionary(terms[0].rstrip("_"), given, name)
                found[0][name] = kwargs["hosts"]
            self._check_hosts(name, found[0][name], variables or {})
        return found

    def _check_hosts(self, name: str, hosts: Any, variables: dict[str, Any]) -> None:
        patterns = patterns_of(name, hosts)
        if "groups" in variables and not any(context.CLIARGS.get(option) for option in _WITHOUT_HOSTS):
            refuse_hosts(name, patterns, inventory_of(variables["groups"], self._loader))


def literal(given: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return the variables whose names begin with ``prefix``, or raise AnsibleLookupError."""
    chosen = {name: value for name, value in given.items() if str(name).startswith(prefix)}
    for name, value in given.items():
        # A role's own may have underscores before it.
        is_read = name in chosen or str(name).lstrip("_").startswith(prefix)
        if is_read and any(is_template(text) for text in texts({name: value})):
            # What is refused is not repeated, and a name could be anything.
            which = name if str(name).isidentifier() else f"{prefix}…"
            raise AnsibleLookupError(
                f"There is a template in the extra variable {which}, and extra variables are not evaluated here, since "
                "they may come from anybody. Use a plain value, or put the template into the inventory. "
                "In a file for --extra-vars, the tag !unsafe marks text with curly braces that is not a template."
            )
    return chosen


def refuse_dictionary(dictionary: str, given: dict[str, Any], name: str) -> None:
    """Raise AnsibleLookupError where the hosts are in a dictionary, instead of the variable ``name``."""
    value = given.get(dictionary)
    value = read_json(value) if isinstance(value, str) else value
    if isinstance(value, dict) and "hosts" in value:
        raise AnsibleLookupError(f"{dictionary} is a dictionary with hosts, which nothing reads. Write it as {name}.")


def patterns_of(name: str, hosts: Any) -> list[str]:
    """Return the patterns for hosts in a variable, or raise AnsibleLookupError where one of them names none.

    Ansible takes what is only left out, and nothing at all, for all hosts; with a blank or another mark after the one
    that leaves hosts out, it leaves out none.
    """
    if not (isinstance(hosts, str) or (isinstance(hosts, list) and all(isinstance(each, str) for each in hosts))):
        raise AnsibleLookupError(f"{name} must be text, or a list of text.")
    if isinstance(hosts, str) and isinstance(read_json(hosts), list):
        raise AnsibleLookupError(
            f"{name} is text that looks like a list. Write it with commas, or all in JSON: "
            f"""-e '{{"{name}": ["flexi1", "flexi2"]}}'."""
        )
    patterns: list[str] = split_host_pattern(hosts)
    if all(pattern[0] in MARKS_OF_PATTERNS for pattern in patterns) or not all(map(names_hosts, patterns)):
        raise AnsibleLookupError(
            f"{name} is empty, or some part of it names no host. Write the names of hosts and groups with commas "
            "between them, and ! right before what is to be left out."
        )
    return patterns


def names_hosts(pattern: str) -> bool:
    """Whether a part can name a host behind its mark."""
    name = without_mark(pattern)
    is_regex_for_all = name.startswith("~") and "" in name[1:].split("|")
    return bool(name.strip("~ ")) and name == name.strip() and name[0] not in MARKS_OF_PATTERNS and not is_regex_for_all


def without_mark(pattern: str) -> str:
    """Return a part without the mark that leaves hosts out, or all others."""
    return pattern[1:] if pattern[0] in MARKS_OF_PATTERNS else pattern


def inventory_of(groups: dict[str, list[str]], loader: Any) -> InventoryManager:
    """Return an inventory that matches patterns, with the groups that the variable of this name has."""
    inventory = InventoryManager(loader, parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group=group)
    return inventory


def refuse_hosts(name: str, patterns: list[str], inventory: InventoryManager) -> None:
    """Raise AnsibleLookupError where a part matches nobody, or all of them together, which Ansible passes over."""
    parts = list(map(without_mark, patterns))
    unknown = [part for part in parts if part not in inventory.groups and not matched(inventory, [part])]
    if unknown:
        which = shown(", ".join(unknown))
        raise AnsibleLookupError(f"{name} has {which}, which matches no host and no group of the inventory. {_SPELT}")
    if not matched(inventory, patterns):
        raise AnsibleLookupError(f"No host of the inventory matches {name}: {shown(', '.join(patterns))}. {_SPELT}")
    limit = context.CLIARGS.get("subset")
    if limit:
        inventory.subset(limit)
        if not matched(inventory, patterns):
            raise AnsibleLookupError(
                f"--limit leaves none of the hosts of the play: {shown(', '.join(patterns))}. Set {name} to those that "
                "you mean, and leave out --limit."
            )


def matched(inventory: InventoryManager, patterns: list[str]) -> list[Any]:
    """Return the hosts that patterns match, which are none where one of them is not valid."""
    try:
        # They are split already, and text with a comma is split only there.
        return list(inventory.get_hosts(f"{','.join(patterns)},"))
    except AnsibleError:
        return []


def refuse_others(given: Iterable[Any], prefixes: Sequence[str]) -> None:
    """Raise AnsibleLookupError where a variable begins with none of the prefixes, and is nobody else's."""
    written = {name: f"{prefixes[0]}{name}" for name in USER_LOGOUT.argument_spec}
    names, whole = Names([*written, *written.values()], written), Names(written.values())
    others = [str(name) for name in given if not str(name).startswith((*prefixes, *ALWAYS_THERE))]
    is_in_awx = not IN_AWX.isdisjoint(given)
    refused = [name for name in others if not is_in_awx or name in SAY_WHOM or whole.meant_by(name)]
    if refused:
        which = readable(", ".join(name if name.isidentifier() else "text that is no name" for name in refused))
        questions = "".join(dict.fromkeys(names.question(name) for name in refused))
        raise AnsibleLookupError(
            f"These extra variables are not used here: {which}.{questions} Their names must begin with "
            f"{' or '.join(prefixes)}."
        )


def is_template(text: str) -> bool:
    """Whether Ansible would evaluate ``text``."""
    return is_trusted_as_template(text) and any(mark in text for mark in MARKS)


def texts(value: Any) -> Iterator[str]:
    """Return every text in ``value``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from texts(name)
            yield from texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts(each)
