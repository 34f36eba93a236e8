# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of a play that are options of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ansible import context
from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.abra.flexi.plugins.module_utils._errors import FlexiError
from ansible_collections.abra.flexi.plugins.module_utils._tasks.spec import all_names
from ansible_collections.abra.flexi.plugins.module_utils._tasks.whom import WHOM
from ansible_collections.abra.flexi.plugins.plugin_utils._spelling import LIMITS
from ansible_collections.abra.flexi.plugins.plugin_utils._variables import (
    NotYetDefinedError,
    Variables,
    settings_from,
)

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONS = ["users", "companies", "company", "lists", "password", "max_selected", "from_variables"]


def asking(**asked: Any) -> dict[str, Any]:
    """Return the option that asks for variables, as it is after its validation."""
    least = {"prefix": "app_", "except": ["mode"], "except_extra_vars": ["hosts"], "null_extra_vars": "refuse"}
    return {**least, "settings": {}, **asked}


def options(
    variables: dict[str, Any],
    *,
    rendered: dict[str, Any] | None = None,
    null: str = "refuse",
    extra: str | dict[str, Any] = "",
) -> dict[str, Any]:
    """Return the options that variables make."""
    given = dict.fromkeys(extra.split()) if isinstance(extra, str) else extra
    taken = Variables(asking(null_extra_vars=null), OPTIONS, ["password"])
    return taken.options(variables, given, templated(rendered or {}))


def templated(rendered: dict[str, Any]) -> Callable[[Any], Any]:
    """Return what evaluates templates: text in ``rendered`` is one of what it renders to."""

    def template(value: Any) -> Any:
        [(name, raw)] = value.items()
        found = rendered.get(raw, raw) if isinstance(raw, str) else raw
        if isinstance(found, Exception):
            raise found
        return {} if found == "omitted" else {name: found}

    return template


def refusal(variables: dict[str, Any], **more: Any) -> str:
    with pytest.raises(FlexiError) as caught:
        options(variables, **more)
    return str(caught.value)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, {}),
        ({"app_users": ["a"], "users": ["b"], "other_users": ["c"]}, {"users": ["a"]}),
        ({"app_company": "demo"}, {"company": "demo"}),
        ({"app_mode": "now", "app_users": "a"}, {"users": "a"}),
        ({"app_result": {}, "app_results": [], "app_result_failed": 1, "app_result_counts_of_x": 1}, {}),
        ({"_app_user": 1, "__app_userz": 1, 7: 1}, {}),
        (
            {"app_users": False, "app_max_selected": 0, "app_lists": []},
            {"users": False, "max_selected": 0, "lists": []},
        ),
    ],
)
def test_variables_with_the_prefix_are_options(variables: dict[str, Any], expected: dict[str, Any]) -> None:
    assert options(variables) == expected


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("app_user", "app_user: there is no such variable. Did you mean app_users"),
        ("app_companys", "Did you mean app_compan"),
        ("app_mod", "Did you mean app_mode?"),
        ("app_", "app_: there is no such variable."),
        ("app__users", "Did you mean app_users"),
        ("app_from_variables", "app_from_variables: there is no such variable."),
        ("app_xyzzy", "app_xyzzy: there is no such variable. Variables that begin with app_ are options of the module"),
        ("app_res", "app_res: there is no such variable."),
        ("App_companies", "Did you mean app_companies"),
        ("APP_companies", "Did you mean app_companies"),
    ],
)
def test_what_is_no_option_is_refused_with_what_was_perhaps_meant(name: str, says: str) -> None:
    assert says in refusal({"app_users": ["a"], name: 1})


def test_several_unknown_ones_are_named_together() -> None:
    assert refusal({"app_y": 1, "app_x": 1}).startswith("app_x, app_y: there are no such variables.")


MISSPELT = {
    "companies": """user_logut_companies user_loguot_companies uesr_logout_companies userlogout_companies
        userlogoutcompanies users_logouts_companies USER_LOGOUT_COMPANIES User_Logout_Companies user_logout_Companies
        UserLogoutCompanies user-logout-companies user_logout-companies user_logoff_companies user_log_out_companies
        user_logut_companys abra_user_logout_companies abra_flexi_user_logout_companys""",
    "users": "user_logouts_users user_logut_user",
    "mode": "user_logut_mode usr_logout_mode",
    "delegate_to": "user_logut_delegate_to",
    "lists": "user_logut_lists",
}
OF_OTHERS = """user_login_companies user_login_users user_logon_users user_lockout_max_selected user_layout_mode
    user_logouts user_logouts_by_day user_logouts_total user_logout_result user_logout_results user_logout_result_failed
    USER_LOGOUT_RESULT _user_logut_companies __user_logout_companies user_logut_nothing user_logoff_script companies
    logout_users flexi_user_logout_done flexi_user_logout flexi_user_logout_users flexi_user_logout_timeout
    flexi_user_logout_compare abra_flexi_user_logout_company_title flexi_user_logout_company_users
    logout_company logout_companies logout_users_companies abra_companies
    my_user_logout_companies user_account_users user_logout
    user_logo_url user_logo_mode user_logo_users user_logos_users"""


def of_the_role() -> Variables:
    settings = {"mode": "user_logout_mode", "set_stats": None, "null_extra_vars": "__user_logout_nulls"}
    asked = asking(prefix="user_logout_", except_extra_vars=["delegate_to"], settings=settings, **{"except": []})
    return Variables(asked, OPTIONS, ["password"])


@pytest.mark.parametrize(("name", "meant"), [(name, meant) for meant in MISSPELT for name in MISSPELT[meant].split()])
def test_a_misspelt_prefix_is_refused_where_a_variable_of_the_role_was_meant(name: str, meant: str) -> None:
    with pytest.raises(FlexiError, match=rf"^{name}: there is no such variable\. Did you mean .*user_logout_{meant}\b"):
        of_the_role().refuse_unknown({name: []})


@pytest.mark.parametrize("name", OF_OTHERS.split())
def test_variables_of_others_are_let_be(name: str) -> None:
    of_the_role().refuse_unknown({name: []})


@pytest.mark.parametrize("name", ["flexi_user_logout_companies", "user_logut_companies"])
def test_a_variable_of_another_name_is_let_be_where_an_option_reads_it(name: str) -> None:
    given = {name: ["demo"], "user_logout_companies": f"{{{{ {name} }}}}"}
    of_the_role().refuse_unknown(given)
    of_the_role().refuse_unknown(
        {**given, "user_logout_companies": "{{ ours }}", "ours": f"{{% if x %}}{{{{ {name} }}}}{{% endif %}}"}
    )
    for variables in (
        {"user_logout_companies": f"{{{{ {name}_in_all }}}}"},
        {"user_logout_companies": name},
        {"others": f"{{{{ {name} }}}}"},
        # What the first attempt has left.
        {"user_logout_result": {"msg": f"{name}: there is no such variable, {{{{ {name} }}}}."}},
    ):
        with pytest.raises(FlexiError, match=f"^{name}: there is no such variable"):
            of_the_role().refuse_unknown({**given, "user_logout_companies": ["demo"], **variables})


def test_each_option_that_says_whom_either_limits_or_adds() -> None:
    assert {name for name in all_names(WHOM) if not name.endswith(LIMITS)} == {
        "users",
        "lists",
        "users_logged_in",
    }


def test_variables_of_settings_are_no_options() -> None:
    of_the_role().refuse_unknown({"user_logout_mode": "now", "__user_logout_nulls": "refuse"})
    with pytest.raises(FlexiError, match=r"Did you mean user_logout_mode\?"):
        of_the_role().refuse_unknown({"user_logout_mod": "now"})


SETTINGS = {"mode": "app_mode", "set_stats": "stats"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"app_mode": "handler", "stats": True}, {"app_mode": "handler", "stats": True}),
        ({"app_mode": "{{ x }}", "stats": "{{ omit }}", "mode": "handler"}, {"app_mode": "rendered"}),
        ({"app_mode": 7, "stats": False}, {"app_mode": 7, "stats": False}),
    ],
)
def test_settings_come_from_variables(variables: dict[str, Any], expected: dict[str, Any]) -> None:
    asked = asking(settings={**SETTINGS, "set_stats_results": None})
    rendered = {"{{ x }}": "rendered", "{{ omit }}": "omitted"}
    assert settings_from(asked, variables, templated(rendered)) == expected


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "app_mode is null, which is not a value."),
        (" ", "app_mode is blank, which is not a value."),
        ("{{ null }}", "app_mode is null, which is not a value."),
        ("{{ bad }}", "app_mode cannot be evaluated: no such filter."),
        ("{{ nope }}", "app_mode cannot be evaluated: 'nope' is undefined."),
    ],
)
def test_a_setting_that_is_nothing_is_refused(value: Any, says: str) -> None:
    rendered = {
        "{{ null }}": None,
        "{{ bad }}": AnsibleError("no such filter"),
        "{{ nope }}": AnsibleUndefinedVariable("'nope' is undefined"),
    }
    with pytest.raises(FlexiError) as caught:
        settings_from(asking(settings=SETTINGS), {"app_mode": value}, templated(rendered))
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("name", ["app_mod", "", "handler", "app.mode", "{{ app_mode }}"])
def test_a_setting_of_a_variable_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(FlexiError) as caught:
        settings_from(asking(settings={"mode": name}), {"app_mode": "handler"}, templated({}))
    assert str(caught.value).startswith(f"from_variables.settings.mode is {name!r}, but there is no variable with that")


def test_text_of_extra_variables_that_has_no_name_is_refused_and_not_shown() -> None:
    text = refusal({"app_users": "novak"}, extra={"_raw_params": "franta"})
    assert text.startswith("The extra variables (-e) contain text that belongs to none of them.")
    assert "franta" not in text


@pytest.mark.parametrize(
    ("option", "users", "is_refused"),
    [
        (r"app_users=AD\nemec", "AD\nemec", True),
        (r"leavers=AD\nemec", "{{ leavers }}", True),
        (r"leavers=AD\nemec", ["novak"], False),
    ],
)
def test_a_backslash_that_ansible_has_read_is_refused_where_an_option_reads_it(
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    users: Any,
    is_refused: bool,  # noqa: FBT001 - as in a table
) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": (option,)})
    given = {"app_users": users, "leavers": "AD\nemec"}
    if is_refused:
        assert refusal(given).startswith(f"The extra variable {option.partition('=')[0]} has a backslash")
    else:
        assert options(given) == {"users": ["novak"]}


def test_a_variable_that_is_given_twice_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": ("app_users=novak app_users=franta",)})
    assert refusal({"app_users": "franta"}) == (
        "The extra variable app_users is given twice after the same -e. Write all of it in one."
    )


@pytest.mark.parametrize("blank", ["", " ", "\n  \n"])
def test_blanks_that_have_no_name_are_none(blank: str) -> None:
    assert options({"app_users": "novak"}, extra={"_raw_params": blank}) == {"users": "novak"}


def test_the_blanks_of_a_wrong_name_show() -> None:
    assert refusal({"app_users  x": 1}).startswith("'app_users  x': there is no such variable.")


def test_what_is_wrong_is_said_although_another_variable_is_not_defined_yet() -> None:
    undefined = AnsibleUndefinedVariable("'later' is undefined")
    text = refusal({"app_company": "x", "app_users": None, "app_lists": "y"}, rendered={"x": undefined, "y": undefined})
    assert text.startswith("app_users is null")
    with pytest.raises(NotYetDefinedError, match=r"^app_company cannot"):
        options({"app_company": "x", "app_users": "novak", "app_lists": "y"}, rendered=dict.fromkeys("xy", undefined))


def test_what_only_plays_read_is_refused_but_for_extra_variables() -> None:
    assert refusal({"app_hosts": "all", "app_users": "a"}).startswith("app_hosts is read only as an extra variable")
    assert options({"app_hosts": "all", "app_users": "a"}, extra="app_hosts") == {"users": "a"}
    assert "Did you mean app_hosts?" in refusal({"app_host": "all"})


def test_options_in_a_dictionary_are_refused() -> None:
    given = {"users": ["a"], "companies": ["demo"], "note": "x"}
    says = refusal({"app": given, "app_users": "a"})
    assert says == (
        "app is a dictionary with companies, which nothing reads. "
        "Write each as a variable of its own, such as app_companies."
    )


def test_what_a_role_always_defines_is_refused_in_a_dictionary() -> None:
    says = refusal({"app": {"mode": "handler"}, "app_mode": "now"})
    assert says.startswith("app is a dictionary with mode, which nothing reads.")


@pytest.mark.parametrize("extra", ["", "app"])
def test_what_only_plays_read_may_be_in_a_dictionary(extra: str) -> None:
    given = {"app": {"hosts": "all", "users": ["a"]}, "app_users": "{{ app.users }}"}
    assert options(given, extra=extra) == {"users": "{{ app.users }}"}


@pytest.mark.parametrize("value", ["handler", "{{ app.mode }}"])
def test_what_is_handed_on_from_a_dictionary_is_read(value: str) -> None:
    assert options({"app": {"mode": "handler"}, "app_mode": value, "app_users": "a"}) == {"users": "a"}


@pytest.mark.parametrize(
    "value", [{"note": "x"}, {"users": ["b"]}, {"users": ["a"], "lists": [], "changed": True}, ["users"], "users", None]
)
def test_a_variable_without_the_rest_of_a_name_is_somebody_elses(value: Any) -> None:
    assert options({"app": value, "app_users": ["a"]}) == {"users": ["a"]}


def test_what_is_unknown_is_refused_before_anything_is_evaluated() -> None:
    variables = {"app_users": "{{ nope }}", "app_user": 1}
    undefined = AnsibleUndefinedVariable("nope")
    assert "there is no such variable" in refusal(variables, rendered={"{{ nope }}": undefined})


@pytest.mark.parametrize("name", ["users", "companies", "password"])
def test_null_is_refused(name: str) -> None:
    assert refusal({f"app_{name}": None}).startswith(f"app_{name} is null")
    assert refusal({f"app_{name}": "{{ x }}"}, rendered={"{{ x }}": None}).startswith(f"app_{name} is null")
    assert refusal({f"app_{name}": None}, extra=f"app_{name}").startswith(f"app_{name} is null")
    assert refusal({f"app_{name}": None}, null="leave_out", extra="app_x").startswith(f"app_{name} is null")


def test_null_of_an_extra_variable_counts_as_left_out_where_that_is_asked_for() -> None:
    assert options({"app_companies": None, "app_users": "a"}, null="leave_out", extra="app_companies") == {"users": "a"}


@pytest.mark.parametrize("blank", ["", " ", "\r\n"])
def test_blank_text_counts_as_left_out(blank: str) -> None:
    assert options({"app_companies": blank, "app_password": blank}) == {}


@pytest.mark.parametrize("name", ["companies", "max_selected", "password"])
def test_a_template_that_renders_to_nothing_is_refused_since_something_else_would_be_taken(name: str) -> None:
    for extra in ("", f"app_{name}"):
        refused = refusal({f"app_{name}": "{{ x }}"}, rendered={"{{ x }}": " "}, extra=extra, null="leave_out")
        assert refused.startswith(f"app_{name} is a template that renders to nothing")


def test_what_is_omitted_is_left_out() -> None:
    assert options({"app_companies": "{{ omit }}"}, rendered={"{{ omit }}": "omitted"}) == {}


def test_blank_text_in_a_list_is_handed_on_since_no_survey_writes_it_there() -> None:
    lists = [{"users": "a", "companies": " "}, {"users": "b", "companies": ["demo"]}, "text"]
    assert options({"app_lists": lists}) == {"lists": lists}


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (AnsibleUndefinedVariable("No x."), NotYetDefinedError),
        (AnsibleError("No x."), FlexiError),
        (ValueError("No x."), FlexiError),
    ],
)
def test_what_cannot_be_evaluated_is_refused(problem: Exception, kind: type[FlexiError]) -> None:
    with pytest.raises(FlexiError, match=r"^app_users cannot be evaluated: No x\.$") as caught:
        options({"app_users": "{{ x }}"}, rendered={"{{ x }}": problem})
    assert caught.type is kind


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (AnsibleError("expected token. String: geheim{{ foo bar }}"), "there is an error in its template"),
        (AnsibleUndefinedVariable("geheim{{ x }}: 'x' is undefined. 'x' is undefined"), "'x' is undefined"),
        (AnsibleUndefinedVariable("'dict object' has no attribute 'x'"), "'dict object' has no attribute 'x'"),
        (ValueError("geheim"), "there is an error in its template"),
    ],
)
def test_why_a_secret_cannot_be_evaluated_is_said_without_its_text(problem: Exception, reason: str) -> None:
    says = refusal({"app_password": "geheim{{ x }}"}, rendered={"geheim{{ x }}": problem})
    assert says == f"app_password cannot be evaluated: {reason}."
