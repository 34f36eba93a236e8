# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the built site: its links, those of the project's files into it, markup that was not understood.

No other site is asked whether it has what is linked to.
"""

from __future__ import annotations

import posixpath
import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CODE = {"code", "pre", "script", "style", "title"}
"""Where what looks like markup may be meant as it stands."""
MARKUP = re.compile(
    r"`"  # a literal, a link or a role of reStructuredText
    r"|:[a-z]+:(?=`|\S+:`)"
    r"|\*\*"
    r"|\.\. [a-z-]+::"
    r"|\|[a-z-]+\|"
    r"|\b(?:[BCEILMOPRUV]|RV)\([^)]*\)?"  # Ansible's own markup
)
NOT_UNDERSTOOD = {"problematic", "system-message"}
LOADED = {"img": "src", "link": "href", "script": "src", "source": "src", "iframe": "src"}
"""What a browser loads by itself."""
BY_NAME_ONLY = {"canonical", "alternate"}


@dataclass
class Page(HTMLParser):
    """What a page has of links, and what can be linked to."""

    html: str
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    raw: list[str] = field(default_factory=list)
    within: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the page."""
        super().__init__()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to, and how it can be linked to."""
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if given.get(name))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if given.get(LOADED.get(tag, "")) and given.get("rel") not in BY_NAME_ONLY:
            self.loaded.append(given[LOADED[tag]])
        if NOT_UNDERSTOOD.intersection(given.get("class", "").split()):
            self.raw.append(f"what Sphinx calls {given['class']}")
        if tag in CODE:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave code."""
        if tag in self.within:
            self.within.remove(tag)

    def handle_data(self, data: str) -> None:
        """Note markup that is shown as text."""
        if not self.within:
            self.raw.extend(found.group() for found in MARKUP.finditer(data))


def read_pages(site: Path) -> dict[str, Page]:
    """Return every page of the site, by its path in it."""
    paths = {path.relative_to(site).as_posix(): path for path in sorted(site.rglob("*.html"))}
    return {name: Page(path.read_text(encoding="utf-8")) for name, path in paths.items()}


def faults_of(site: Path, pages: Mapping[str, Page], address: str) -> Iterator[str]:
    """Yield what is wrong with the pages of the site."""
    for name, page in pages.items():
        yield from (f"{name}: shows {raw!r}" for raw in page.raw)
        for target in page.loaded:
            if urlsplit(target).netloc:
                yield f"{name}: a browser would load {target}"
        for target in [*page.links, *page.loaded]:
            within = target.removeprefix(address)
            if not urlsplit(within).scheme and not urlsplit(within).netloc:
                start = "" if within != target else posixpath.dirname(name)
                yield from (f"{name}: {fault}" for fault in fault_of_link(site, pages, within, start, name))


def fault_of_link(site: Path, pages: Mapping[str, Page], link: str, start: str = "", here: str = "") -> Iterator[str]:
    """Yield what is wrong with a link within the site."""
    path, _separator, anchor = link.partition("#")
    path = unquote(path.partition("?")[0])
    target = posixpath.normpath(posixpath.join(start, path)) if path else here or "index.html"
    target = "index.html" if target == "." else target
    if not (site / target).is_file():
        yield f"{link} leads to no page"
    elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
        yield f"{link} leads to no place on its page"


def faults_of_files(site: Path, pages: Mapping[str, Page], address: str, files: Iterable[Path]) -> Iterator[str]:
    """Yield what is wrong with links into the site from files of the project."""
    # Whatever begins with the host: a misspelt path is no reason to be passed over.
    written = re.compile(re.escape(f"https://{urlsplit(address).netloc}") + r"[^\s\"'`<>)\]|]*")
    for file in files:
        try:
            found = written.findall(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        for link in found:
            if not link.startswith(address):
                yield f"{file}: {link} is outside of {address}"
            else:
                link_within = link.removeprefix(address).rstrip(".,:;")
                yield from (f"{file}: {fault}" for fault in fault_of_link(site, pages, link_within))


def main(site: Path, project: Path) -> list[str]:
    """Return what is wrong with the built site, and with links into it from a copy of the project."""
    address = yaml.safe_load((project / "galaxy.yml").read_text(encoding="utf-8"))["documentation"]
    pages = read_pages(site)
    if "index.html" not in pages:
        return [f"There is no site in {site}."]
    files = [path for path in sorted(project.rglob("*")) if path.is_file() and ".git" not in path.parts]
    return [*faults_of(site, pages, address), *faults_of_files(site, pages, address, files)]


if __name__ == "__main__":
    faults = main(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(faults) or "Links and markup of the site are as they should be.")
    sys.exit(1 if faults else 0)
