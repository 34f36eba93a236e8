# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the site of what antsibull-docs writes: see the session "docs" in noxfile.py."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from docutils import nodes

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
GALAXY = yaml.safe_load((HERE.parents[1] / "galaxy.yml").read_text(encoding="utf-8"))
SITE: str = GALAXY["documentation"]

project = "abra.flexi"
author = copyright = "abra.flexi contributors"  # noqa: A001 - Sphinx wants this name
version = release = GALAXY["version"]

# No intersphinx: it would fetch the indexes of other sites at each build. What is referred to there is known here.
extensions = ["sphinx_antsibull_ext"]
ANSIBLE = "https://docs.ansible.com/projects/ansible/devel/"
PAGES_OF_ANSIBLE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
START = (HERE / "start.rst").read_text(encoding="utf-8")
MODULE = re.compile(r"ansible_collections\.(\w+)\.(\w+)\.(\w+_module)")

# It lists what plugins other than modules read, which is nothing: reference_environment has all of them.
exclude_patterns = ["environment_variables.rst"]
default_role = "any"
highlight_language = "YAML+Jinja"
pygments_style = "ansible"
smartquotes_action = "De"  # dashes and ellipses, but no quotation marks: those of English would be wrong in Czech

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "topbar_links": {},
    "documentation_home_url": SITE,
    "collapse_navigation": False,
    "titles_only": True,
    "navigation_depth": 2,
}
html_title = "abra.flexi: Ansible for ABRA Flexi"
html_short_title = "abra.flexi"
html_baseurl = SITE
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False


def begin_with_our_own(_app: Sphinx, name: str, source: list[str]) -> None:
    """Begin the start page with start.rst, and give the menu the page's headings."""
    if name != "index":
        return
    _description, _toctree, sections = source[0].partition("\n.. toctree::\n    :maxdepth: 1\n")
    changelog, entry, others = sections.partition("\n    changelog\n")
    sections = others + changelog + entry
    lines, title = [START], ""
    for line in sections.splitlines():
        if re.fullmatch("[-~]{3,}", line):
            title = lines[-1]
        lines.append(line)
        if line == ".. toctree::":
            lines.append(f"    :caption: {title}")
    source[0] = "\n".join(lines)


def page_of_ansible(_app: Sphinx, _env: Any, node: Element, text: Element) -> Element | None:
    """Return the link to a page of Ansible's own documentation, or None."""
    target = str(node.get("reftarget"))
    page = PAGES_OF_ANSIBLE.get(target)
    if found := MODULE.fullmatch(target):
        page = f"collections/{'/'.join(found.groups())}.html"
    if page is None:
        return None
    return nodes.reference("", "", *(text.children or [text]), refuri=ANSIBLE + page, internal=False)


def keep_links_within(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Make links to the published site lead within the site that is built: ansible-doc shows the same as addresses."""
    for link in tree.findall(nodes.reference):
        address = link.get("refuri", "")
        if address.startswith(SITE) and app.builder.format == "html":
            path, separator, anchor = address.removeprefix(SITE).partition("#")
            here = posixpath.dirname(name) or "."
            link["refuri"] = posixpath.relpath(path or "index.html", here) + separator + anchor
            link["internal"] = True


def name_the_language(_app: Sphinx, name: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Tell browsers, and those that read aloud, which pages are in Czech."""
    if name.endswith("_cs"):
        context["language"] = "cs"


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the functions above."""
    app.connect("source-read", begin_with_our_own)
    app.connect("missing-reference", page_of_ansible)
    app.connect("doctree-resolved", keep_links_within)
    app.connect("html-page-context", name_the_language)
