# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup that refuses templates in extra variables."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from contextlib import suppress
from itertools import product
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from ansible import context, template
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ansible_collections.abra.flexi.plugins.lookup import literal_extra_vars
from ansible_collections.abra.flexi.plugins.lookup.literal_extra_vars import (
    LookupModule,
    inventory_of,
    literal,
    patterns_of,
    refuse_hosts,
)

if TYPE_CHECKING:
    from typing import Callable

    Lookup = Callable[..., list[dict[str, Any]]]


def trusted(text: str) -> str:
    """Return text as it comes from a command line; before ansible-core 2.19 all text may be a template."""
    result: str = getattr(template, "trust_as_template", str)(text)
    return result


@pytest.fixture
def look_up(monkeypatch: pytest.MonkeyPatch) -> Lookup:
    """Return the lookup of ``app_``, as a function of the value of ``--extra-vars``."""

    def run(*given: str, of_the_command_line: dict[str, Any] | None = None, **options: Any) -> list[dict[str, Any]]:
        cliargs = {"extra_vars": tuple(map(trusted, given)), **(of_the_command_line or {})}
        monkeypatch.setattr(context, "CLIARGS", cliargs)
        monkeypatch.setattr(load_extra_vars, "extra_vars", None, raising=False)
        return LookupModule(loader=DataLoader()).run(["app_"], **options)

    return run


def test_the_variables_of_a_prefix(look_up: Lookup) -> None:
    found = look_up(
        '{"app_users": ["{novak}", "# 1"], "app_timeout": 5, "app_none": null, "other": "{{ x }}", 1: "{{ x }}"}'
    )

    assert found == [{"app_users": ["{novak}", "# 1"], "app_timeout": 5, "app_none": None}]


def test_no_variables(look_up: Lookup) -> None:
    assert look_up("other=1") == [{}]


@pytest.mark.parametrize("option", [" ", "\n  app_users=novak\n\n  app_url=x\n"])
@pytest.mark.parametrize("others", ["allow", "refuse"])
def test_blanks_that_have_no_name_are_none(look_up: Lookup, option: str, others: str) -> None:
    assert len(look_up(option, others=others)[0]) == 2 * bool(option.strip())


GROUPS = {"all": ["flexi1", "flexi2"], "web": ["flexi1"], "my group": ["flexi2"], "none": []}


def hosts_of(look_up: Lookup, hosts: str, **options: Any) -> Any:
    """Return the hosts of a play of which a variable gives them, in JSON."""
    [found] = look_up(f'{{"app_hosts": {hosts}}}', **{"hosts": "localhost", "variables": {"groups": GROUPS}, **options})
    return found["app_hosts"]


NO_HOSTS = [
    "[]",
    '","',
    '" : "',
    '[","]',
    '"~"',
    '"!localhost"',
    '["!flexi1", "&web"]',
    '"flexi1,&"',
    '"all,! web"',
    '"all:!!web"',
    '"all,!&web"',
    '["all", "&!web"]',
    '["all", "!\\tweb"]',
    '"all,! "',
    '"~flexi1|"',
    '"all,!~web||flexi2"',
]


@pytest.mark.parametrize("hosts", NO_HOSTS)
def test_no_hosts_are_refused(look_up: Lookup, hosts: str) -> None:
    with pytest.raises(AnsibleLookupError, match=r"^app_hosts is empty, or some part of it names no host\."):
        hosts_of(look_up, hosts)


@pytest.mark.parametrize("length", range(1, 5))
def test_of_hosts_that_are_not_refused_ansible_leaves_out_those_that_are_to_be_left_out(length: int) -> None:
    inventory = inventory_of(GROUPS, DataLoader())
    accepted = {}
    for parts in product(["web", "!", "&", " ", "~"], repeat=length):
        hosts = f"all,{''.join(parts)}"
        with suppress(AnsibleLookupError):
            refuse_hosts("app_hosts", patterns_of("app_hosts", hosts), inventory)
            accepted[hosts] = {str(host) for host in inventory.get_hosts(hosts)}
    assert accepted
    for hosts, chosen in accepted.items():
        assert chosen == ({"flexi2"} if "!" in hosts else {"flexi1"} if "&" in hosts else {"flexi1", "flexi2"}), hosts


@pytest.mark.parametrize("hosts", ["{}", "false", "true", "5", '["web", null]', "[[]]"])
def test_what_is_no_text_is_refused_for_hosts(look_up: Lookup, hosts: str) -> None:
    with pytest.raises(AnsibleLookupError, match=r"^app_hosts must be text, or a list of text\."):
        hosts_of(look_up, hosts)


@pytest.mark.parametrize("hosts", ["[]", '["flexi1", "flexi2"]', "[1]"])
def test_a_list_in_text_is_refused_for_hosts(look_up: Lookup, hosts: str) -> None:
    with pytest.raises(AnsibleLookupError, match=r"^app_hosts is text that looks like a list\..*'\{\"app_hosts\": \["):
        hosts_of(look_up, json.dumps(hosts))


def test_hosts_in_a_dictionary_are_refused(look_up: Lookup) -> None:
    given = '"app": {"hosts": "flexi1"}'
    with pytest.raises(AnsibleLookupError, match=r"^app is a dictionary with hosts, .* Write it as app_hosts\."):
        look_up(f"{{{given}}}", hosts="localhost")
    with pytest.raises(AnsibleLookupError, match=r"^app is a dictionary with hosts, "):
        look_up(f'{{{given}, "app_hosts": null}}', hosts="localhost")
    with pytest.raises(AnsibleLookupError, match=r"^app is a dictionary with hosts, "):
        look_up(json.dumps({"app": '{"hosts": "flexi1"}'}), hosts="localhost")
    assert look_up(f"{{{given}}}") == [{}]
    assert look_up(f'{{{given}, "app_hosts": "flexi2"}}', hosts="localhost") == [{"app_hosts": "flexi2"}]
    assert look_up('{"app": {"users": ["a"]}}', hosts="localhost") == [{"app_hosts": "localhost"}]


@pytest.mark.parametrize(
    ("hosts", "which"),
    [
        ('"flexi3"', "flexi3"),
        ('"[ab]"', "[ab]"),
        ('["flexi"]', "flexi"),
        ('"flexi1,flexi9"', "flexi9"),
        ('"all:!flexi02:&wep"', "flexi02, wep"),
        ('"web[7]"', "web[7]"),
        ('"~flexi("', "~flexi("),
        ('"flexi1 flexi2,web"', "flexi1 flexi2"),
        ('"flexi1:flexi2,web"', "flexi1:flexi2"),
        ('"flexi1\\nflexi2,web"', r"'flexi1\nflexi2'"),
    ],
)
def test_a_part_that_the_inventory_does_not_have_is_refused(look_up: Lookup, hosts: str, which: str) -> None:
    with pytest.raises(AnsibleLookupError, match=rf"^app_hosts has {re.escape(which)}, which matches no host and no"):
        hosts_of(look_up, hosts)


@pytest.mark.parametrize("hosts", ['"none"', '"web:!flexi1"', '"web,&none"'])
def test_hosts_that_are_nobody_together_are_refused(look_up: Lookup, hosts: str) -> None:
    with pytest.raises(AnsibleLookupError, match=r"^No host of the inventory matches app_hosts: "):
        hosts_of(look_up, hosts)


HOSTS = [
    '"my group,"',
    '"~flexi(?:1|2),web"',
    '"web:flexi2"',
    '"all"',
    '["flexi1"]',
    '"web"',
    '"flexi*,!flexi1"',
    '"localhost"',
    '"~flexi[12]"',
    '"all:!none:!localhost"',
]


@pytest.mark.parametrize("hosts", HOSTS)
def test_hosts_of_the_inventory(look_up: Lookup, hosts: str) -> None:
    assert hosts_of(look_up, hosts) == hosts_of(look_up, hosts, variables=None) == json.loads(hosts)


@pytest.mark.parametrize("hosts", ["null", '""', '" "', '"\\n"'])
def test_hosts_may_be_left_out(look_up: Lookup, hosts: str) -> None:
    assert hosts_of(look_up, hosts) == look_up("app_x=1", hosts="localhost")[0]["app_hosts"] == "localhost"


@pytest.mark.parametrize("hosts", ["null", "[]", '"flexi3"'])
def test_hosts_are_nothing_special_where_the_play_does_not_read_them(look_up: Lookup, hosts: str) -> None:
    assert look_up(f'{{"app_hosts": {hosts}}}', variables={"groups": GROUPS}) == [{"app_hosts": json.loads(hosts)}]


@pytest.mark.parametrize(
    ("hosts", "limit", "is_refused"),
    [
        ("null", "flexi2", True),
        ("null", "localhost", False),
        ('"flexi1"', "flexi2", True),
        ('"all"', "flexi2", False),
        ('"web"', "all:!web", True),
    ],
)
def test_a_limit_that_leaves_no_host_is_refused(look_up: Lookup, hosts: str, limit: str, *, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(AnsibleLookupError, match=r"^--limit leaves none of the hosts of the play: "):
            hosts_of(look_up, hosts, of_the_command_line={"subset": limit})
    else:
        assert hosts_of(look_up, hosts, of_the_command_line={"subset": limit})


@pytest.mark.parametrize("option", ["syntax", "listhosts", "listtasks", "listtags"])
def test_without_an_inventory_the_syntax_can_be_checked_all_the_same(look_up: Lookup, option: str) -> None:
    assert hosts_of(look_up, '"flexi3"', of_the_command_line={option: True}) == "flexi3"


@pytest.mark.parametrize("blank", [" ", "\n  app_timeout=30\n"])
@pytest.mark.parametrize("text", ["app_users=novak, franta", "app_companies = demo"])
def test_what_another_option_makes_of_text_without_a_name_hides_nothing(look_up: Lookup, text: str, blank: str) -> None:
    for given in ((text, blank), (blank, text), (text, "{}"), ('{"app_url": "x"}', text)):
        with pytest.raises(AnsibleLookupError, match="contain text that belongs to none of them"):
            look_up(*given)


@pytest.mark.parametrize(
    "option", ["app_users=novak, franta", "app_companies = demo", "app_companies: demo", "app_users"]
)
@pytest.mark.parametrize("others", ["allow", "refuse"])
def test_text_that_has_no_name_is_refused_and_not_shown(look_up: Lookup, option: str, others: str) -> None:
    with pytest.raises(AnsibleLookupError, match="contain text that belongs to none of them") as problem:
        look_up(option, others=others)
    assert not re.search("franta|demo|app_", str(problem.value))


# Each has one backslash where the shell has handed it on.
DECODED = [r"AD\nemec", r"AD\x41lois", r"AD\u0041lois", r"AD\U00000041lois", r"AD\N{SPACE}x", r"AD\\\rudolf"]
"""What Ansible reads as another login, or as two."""
KEPT = {r"AD\david": r"AD\david", r"AD\\nemec": r"AD\nemec", r"AD\xylofon": r"AD\xylofon", "AD/nemec": "AD/nemec"}


@pytest.mark.parametrize("quote", ["", "'", '"'])
@pytest.mark.parametrize("login", DECODED)
def test_a_login_with_a_backslash_that_ansible_reads_as_another_is_refused(
    look_up: Lookup, login: str, quote: str
) -> None:
    for given in ((f"app_users={quote}{login}{quote} other=1",), (f"app_users={quote}{login}{quote}", "app_url=x")):
        with pytest.raises(AnsibleLookupError, match=r"^The extra variable app_users has a backslash") as problem:
            look_up(*given)
        assert login not in str(problem.value)


def test_a_variable_that_is_given_twice_at_once_is_refused(look_up: Lookup) -> None:
    with pytest.raises(AnsibleLookupError, match=r"^The extra variable app_users is given twice after the same -e\."):
        look_up("other=1 app_users=novak app_users=franta")
    with pytest.raises(AnsibleLookupError, match=r"^The extra variable app_users is given twice after the same -e\."):
        look_up('{"app_users": ["novak"], "app_users": ["franta"]}')
    [found] = look_up("app_users=novak other=1 other=2", "app_users=franta")
    assert found["app_users"] == "franta"


@pytest.mark.parametrize(("login", "read"), KEPT.items())
def test_a_backslash_that_is_none_to_ansible_is_let_be(look_up: Lookup, login: str, read: str) -> None:
    assert look_up(f"app_users={login}") == [{"app_users": read}]


@pytest.mark.parametrize("option", [r"other=AD\nemec", '{"app_users": "AD\\\\nemec"}'])
def test_backslashes_in_other_variables_and_in_json_are_let_be(look_up: Lookup, option: str) -> None:
    assert look_up(option) in ([{}], [{"app_users": r"AD\nemec"}])


def test_several_prefixes(look_up: Lookup) -> None:
    look_up('{"app_users": "novak", "app": 1, "other": 2}')

    assert LookupModule(loader=DataLoader()).run(["app_", "other"]) == [{"app_users": "novak"}, {"other": 2}]


@pytest.mark.parametrize("text", ["{{ x }}", "a {{", "{% if x %}", "{# x #}", "#jinja2: variable_start_string: '[['"])
@pytest.mark.parametrize("option", ['{"app_x": "%s"}', '{"app_x": ["a", "%s"]}', '{"app_x": {"a": [{"b": "%s"}]}}'])
def test_template(look_up: Lookup, option: str, text: str) -> None:
    with pytest.raises(AnsibleLookupError) as caught:
        look_up(option % text)

    assert "There is a template in the extra variable app_x," in str(caught.value)
    assert text not in str(caught.value)


@pytest.mark.parametrize("name", ["_app_x", "__app_null"])
def test_a_template_of_a_private_variable(look_up: Lookup, name: str) -> None:
    with pytest.raises(AnsibleLookupError, match=f"There is a template in the extra variable {name},"):
        look_up(f'{{"{name}": "{{{{ x }}}}"}}')


def test_template_as_key_and_value(look_up: Lookup) -> None:
    with pytest.raises(AnsibleLookupError):
        look_up("app_x='{{ x }}'")


def test_template_as_a_name() -> None:
    # Ansible itself trusts no names in extra variables from 2.19 on.
    with pytest.raises(AnsibleLookupError):
        literal({"app_x": {trusted("{{ x }}"): 1}}, "app_")


def test_a_name_that_is_none(look_up: Lookup) -> None:
    with pytest.raises(AnsibleLookupError, match="in the extra variable app_…,"):
        look_up('{"app_\\u001b[2J": "{{ x }}"}')


@pytest.mark.parametrize("option", ['{"app_x": !unsafe "%s"}', '{!unsafe "app_x": ["a", !unsafe "%s"]}'])
def test_text_that_is_known_to_be_none(look_up: Lookup, option: str) -> None:
    [found] = look_up(option % "{{ x }}")

    assert found["app_x"] in ("{{ x }}", ["a", "{{ x }}"])


def test_ansible_core_before_2_19_marks_text_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class AnsibleUnsafe:
        pass

    class AnsibleUnsafeText(str, AnsibleUnsafe):
        __slots__ = ()

    unsafe_proxy = ModuleType("ansible.utils.unsafe_proxy")
    monkeypatch.setattr(unsafe_proxy, "AnsibleUnsafe", AnsibleUnsafe, raising=False)
    monkeypatch.setitem(sys.modules, "ansible.utils.unsafe_proxy", unsafe_proxy)
    monkeypatch.delattr(template, "is_trusted_as_template", raising=False)
    spec = importlib.util.spec_from_file_location("before_2_19", str(literal_extra_vars.__file__))
    assert spec is not None
    assert spec.loader is not None
    before = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(before)
    monkeypatch.setattr(literal_extra_vars, "is_trusted_as_template", before.is_trusted_as_template)

    given = {"app_x": AnsibleUnsafeText("{{ x }}"), "app_y": "plain"}
    assert literal(given, "app_") == given
    with pytest.raises(AnsibleLookupError, match="in the extra variable app_y,"):
        literal({**given, "app_y": "{{ x }}"}, "app_")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"users": "x"}, "users. Did you mean app_users? Their names must begin with app_."),
        ({"company": "x"}, "company. Did you mean app_companies?"),
        ({"companys": "x"}, "companys. Did you mean app_compan"),
        ({"ap_companies": "x"}, "ap_companies. Did you mean app_companies"),
        ({"xyzzy": 1, "zyxxy": 1}, "xyzzy, zyxxy. Their names"),
        ({"hunter2 {{ x }}": 1}, "text that is no name. Their names"),
        ({"awx_job_id": 1, "users": "x"}, "users. Did you mean app_users"),
        ({"tower_job_id": 1, "app_userz": 1, "company": "x"}, "company. Did you mean app_companies"),
        ({"usres": "x"}, "usres. Did you mean app_users"),
        ({"awx_job_id": 1, "aap_users": "x"}, "aap_users. Did you mean app_users"),
    ],
)
def test_a_variable_that_nothing_reads_is_refused(look_up: Lookup, given: dict[str, Any], says: str) -> None:
    with pytest.raises(AnsibleLookupError, match=f"These extra variables are not used here: {re.escape(says)}"):
        look_up(json.dumps(given), others="refuse")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"app_users": "a", "app_anything": "b"},
        {"ansible_become": True, "ansible_eda": {}, "awx_user_id": 1, "tower_user_id": 1},
        {"awx_job_id": 1, "xyzzy": 1},
        {"tower_job_id": 1, "xyzzy": 1, "url": "https://example.com", "user_list": []},
    ],
    ids=str,
)
def test_a_variable_that_others_read_is_not(look_up: Lookup, given: dict[str, Any]) -> None:
    chosen = {name: value for name, value in given.items() if name.startswith("app_")}

    assert look_up(json.dumps(given), others="refuse") == [chosen]


def test_what_is_to_be_refused_is_not_guessed(look_up: Lookup) -> None:
    with pytest.raises(AnsibleLookupError, match=r"others must be allow or refuse\."):
        look_up("{}", others="refused")
