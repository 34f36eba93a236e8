# Copyright (c) 2026, the abra.flexi contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are hidden in whatever form a server or a library repeats them."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from html.entities import codepoint2name
from typing import Callable
from unicodedata import normalize
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.abra.flexi.plugins.module_utils._secrets import (
    MASK,
    Secrets,
    basic_credentials,
    encoded_forms,
    secrets_in_address,
)

SECRET = 'Fake +"pa/s\'s"\\<ž&☂🙂>'


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def lower_percent(text: str) -> str:
    return re.sub("%..", lambda match: match[0].lower(), quote(text, safe=""))


def references(form: str) -> Callable[[str], str]:
    """Return a way to write each character as such a reference of HTML."""
    return lambda text: "".join(form.format(ord(character)) for character in text)


def named(text: str) -> str:
    return "".join(f"&{codepoint2name[ord(c)]};" if ord(c) in codepoint2name else c for c in text)


def json_hex(text: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(rf"\u{high:02X}{low:02X}" for high, low in zip(units[::2], units[1::2]))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, but for slashes": quote,
    "percent in lower case": lower_percent,
    "percent, all of it": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with other letters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON, all of it": json_hex,
    "HTML": lambda text: html.escape(text, quote=True),
    "HTML by name": named,
    "XML": lambda text: escape(text, {"'": "&apos;", '"': "&quot;"}),
    "HTML in decimal": references("&#{};"),
    "HTML in decimal with zeros": references("&#{:06};"),
    "HTML in hex": references("&#x{:x};"),
    "HTML in hex and upper case": references("&#X{:04X};"),
    "a shell's hex": lambda text: "".join(rf"\\x{ord(c):02x}" if ord(c) < 128 else c for c in text),
    "JavaScript's escape": lambda text: "".join(
        f"%u{unit}" for unit in re.findall("....", text.encode("utf-16-be").hex())
    ),
}
OF_ALL_OF_IT: dict[str, Callable[[str], str]] = {
    "decomposed": lambda text: normalize("NFD", text),
    "base64": b64,
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 without padding": lambda text: b64(text).rstrip("="),
    "base64 without padding for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in lines": lambda text: "\r\n\t".join(re.findall(".{1,8}", b64(text))),
}
WAYS = {**SPELLINGS, **OF_ALL_OF_IT}
BASE64 = ("base64", "base64 for addresses")


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS)
def test_a_secret_is_hidden_however_it_is_written(write: Callable[[str], str]) -> None:
    written = write(SECRET)
    hidden = Secrets([SECRET]).hide(f"before {written} after, and {written}")
    assert hidden == f"before {MASK} after, and {MASK}"


IN_BASE64 = ("plain", "percent", "form", "JSON", "JSON with other letters", "HTML", *BASE64)


@pytest.mark.parametrize("second", WAYS)
def test_a_secret_that_was_written_twice_over_is_hidden(second: str) -> None:
    # Of what is in base64, only the usual ways are known.
    first = IN_BASE64 if second.startswith("base64") else WAYS
    secrets = Secrets([SECRET])
    assert [way for way in first if MASK not in secrets.hide(WAYS[second](WAYS[way](SECRET)))] == []


@pytest.mark.parametrize("charset", ["cp1250", "iso8859-2"])
def test_a_secret_in_an_old_charset_is_hidden(charset: str) -> None:
    secrets = Secrets(["Příliš žluť"])
    raw = "Příliš žluť".encode(charset)
    assert (
        secrets.hide(f"[{quote(raw)} {quote_plus(raw)} {raw.decode('utf-8', 'replace')}]") == f"[{MASK} {MASK} {MASK}]"
    )
    # What says nothing by itself.
    assert Secrets(["žš"]).hide("Ş ž \ufffd\ufffd") == "Ş ž \ufffd\ufffd"


@pytest.mark.parametrize("before", ["", "a", "ab", "admin:"])
def test_a_secret_is_hidden_within_what_is_in_base64(before: str) -> None:
    hidden = Secrets(["fake-password"]).hide(f"Basic {b64(before + 'fake-password' + 'and more')}, so")
    assert hidden.startswith(f"Basic {b64(before)[: len(before) * 8 // 6]}{MASK}")
    assert hidden.endswith(", so")


@pytest.mark.parametrize(("layers", "is_hidden"), [(5, True), (20, False)])
def test_only_so_many_layers_are_taken_off(layers: int, *, is_hidden: bool) -> None:
    text = "%66ake-password"
    for layer in range(layers):
        text = text.replace("&", "%26") if layer % 2 else text.replace("%", "&#37;")
    assert Secrets(["fake-password"]).hide(text) == (MASK if is_hidden else text)


def test_a_short_secret_masks_no_ordinary_words() -> None:
    text = "an ordinary text: YWI, bad, n, \n, 100 %, a\tb"
    assert Secrets(["ab", "\\n", "%41", "\n"]).hide(text) == text.replace("\n", MASK).replace("\\n", MASK)
    assert Secrets(["ab"]).hide("YWI=") == MASK


HOSTILE = {
    "backslashes": "\\",
    "percents": "%",
    "percents in percents": "%25",
    "ampersands": "&",
    "ampersands in ampersands": "&amp;",
    "references": "&#37;25",
    "begun references": "&#",
    "zeros": "0",
    "halves of a pair": "\\ud83d",
    "escaped quotes": '\\"',
    "lines": "\n ",
    "equals signs": "=",
    "letters": "a",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("secret", ["usual", "of the same"])
def test_no_text_takes_much_longer_than_it_is_long(piece: str, secret: str) -> None:
    """What took the square of the length would run for hours, and end at the suite's timeout."""
    text = f"&#{piece * (300_000 // len(piece))}"
    known = SECRET if secret == "usual" else piece * 20 + "x"
    assert MASK in Secrets([known]).hide(f"{text} {known}")


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    "text", ["", "nothing to hide", "100 % & more \\ or + less", "fake", "%", "&#;", "\\u00", "%25%"]
)
def test_what_is_no_secret_stays(text: str, write: Callable[[str], str]) -> None:
    assert Secrets([SECRET]).hide(write(text)) == write(text)


def test_without_secrets_everything_stays() -> None:
    assert Secrets().hide("a%20b") == "a%20b"
    assert Secrets([""]).hide("a%20b") == "a%20b"


@pytest.mark.parametrize(
    ("secrets", "text", "hidden"),
    [
        pytest.param(["fake", "fake-longer"], "fake-longer fake", f"{MASK} {MASK}", id="one-within-another"),
        pytest.param(["fake-longer", "fake"], "fake-longer fake", f"{MASK} {MASK}", id="in-the-other-order"),
        pytest.param(["fake-one", "one-two"], "fake-one-two", MASK, id="overlapping"),
        pytest.param(["a.c"], "abc a.c", f"abc {MASK}", id="no-regular-expression"),
        pytest.param(["fake"], "Fake", "Fake", id="case-matters"),
        pytest.param(["fake\nline"], "fake\\nline fake\nline fake%0Aline", f"{MASK} {MASK} {MASK}", id="lines"),
        pytest.param(["fake\udcff"], "fake\udcff fake%ed%b3%bf", f"{MASK} {MASK}", id="lone-surrogate"),
    ],
)
def test_secrets_that_are_alike(secrets: list[str], text: str, hidden: str) -> None:
    assert Secrets(secrets).hide(text) == hidden


def test_secrets_that_are_added_later_are_hidden_from_then_on() -> None:
    secrets = Secrets(["first"])
    text = "first second third"
    seen = [secrets.hide(text)]
    secrets.add("second", "third")
    assert [*seen, secrets.hide(text)] == [f"{MASK} second third", f"{MASK} {MASK} {MASK}"]


def test_whoever_else_masks_hears_of_every_form_once() -> None:
    heard: list[str] = []
    secrets = Secrets(["a b"], also=heard.append)
    secrets.add("a b", "")
    assert heard == sorted({"a b", "a%20b", "a+b", b64("a b")})
    secrets.add("a b", "c/d")
    assert heard[4:] == sorted({"c/d", "c%2Fd", "c%2fd", b64("c/d")})


def test_the_forms_for_what_masks_only_whole_strings() -> None:
    ways = ["plain", "percent", "percent, but for slashes", "percent in lower case", "form", *BASE64]
    assert {WAYS[way](SECRET) for way in ways} <= encoded_forms(SECRET)


def test_a_secret_that_is_no_text_in_UTF_8_has_forms_too() -> None:  # noqa: N802 - as it is called
    assert "fake\udcff" in encoded_forms("fake\udcff")


def test_secrets_are_hidden_in_whatever_holds_them() -> None:
    value = {"fake-secret": ["x fake-secret", ("fake%2Dsecret", 5), None, True, {"a": {"b": "fake-secret"}}]}
    assert Secrets(["fake-secret"]).hide_in(value) == {
        "fake-secret": [f"x {MASK}", [MASK, 5], None, True, {"a": {"b": MASK}}]
    }


def test_half_a_character_is_no_obstacle_to_the_rest() -> None:
    hidden = Secrets(["fake"]).hide_in({"a\ud800": ["fake\udcff", "ž😀"]})
    assert hidden == {"a\\ud800": [f"{MASK}\\udcff", "ž😀"]}


def test_threads_may_add_and_hide_at_the_same_time() -> None:
    secrets = Secrets()
    mine = [[f"fake-{number}-{each}." for each in range(4)] for number in range(4)]

    def left(names: list[str]) -> list[str]:
        said = []
        for name in names:
            secrets.add(name)
            said.append(secrets.hide(f"{name} {quote(name)} 100 %"))
        return [each for each in said if "fake" in each]

    with ThreadPoolExecutor(len(mine)) as threads:
        assert list(threads.map(left, mine)) == [[]] * len(mine)
    assert "fake" not in secrets.hide(str(mine))


def test_many_secrets_and_a_long_text_are_no_matter() -> None:
    begin = time.process_time()
    secrets = Secrets()
    for number in range(100):
        secrets.add(f"fake-secret-{number}-{'x' * 40}")
    text = "a text without any of them. " * 2000
    assert secrets.hide(text) == text
    # To make the pattern for so many would take seconds.
    assert time.process_time() - begin < 1


CHARACTERS = st.characters(codec="utf-8")
# Of what is short and looks like an escape, only usual spellings are known; and a backslash at the end may be left. The
# brackets are those that the test puts around it.
SOME = st.text(alphabet=CHARACTERS, min_size=1, max_size=20).map(lambda a: f"fake{a}-" if {*a} & {*"\\%&[]"} else a)


@settings(deadline=None, database=None)
@given(st.data(), SOME)
def test_nothing_is_left_of_a_secret_in_any_mixture_of_spellings(data: st.DataObject, secret: str) -> None:
    ways = data.draw(
        st.lists(st.sampled_from([*SPELLINGS.values()]), min_size=len(secret), max_size=len(secret)), label="spellings"
    )
    written = "".join(write(character) for write, character in zip(ways, secret))
    assert Secrets([secret]).hide(f"[{written}]") == f"[{MASK}]"


@settings(deadline=None, database=None, max_examples=30)
@given(st.lists(st.text(alphabet=CHARACTERS, min_size=8, max_size=20), min_size=1, max_size=3), st.data())
def test_nothing_is_left_of_many_secrets(secrets: list[str], data: st.DataObject) -> None:
    way = data.draw(st.sampled_from([*WAYS.values()]))
    assert Secrets(secrets).hide(" ".join(map(way, secrets))).replace(MASK, "").strip(" ") in {"", "+"}


# Addresses


@pytest.mark.parametrize(
    ("address", "secrets"),
    [
        pytest.param("https://flexi.example.com:5434", set(), id="none"),
        pytest.param("https://user:fake-pw@host", {"user:fake-pw", "fake-pw"}, id="password"),
        pytest.param("https://user:fake%2Dpw@host", {"fake%2Dpw", "fake-pw"}, id="encoded-password"),
        pytest.param("https://fake-token@host", {"fake-token"}, id="token"),
        pytest.param("user:fake-pw@host:3128", {"fake-pw"}, id="without-a-scheme"),
        pytest.param("http://u:p:fake@host", {"p:fake"}, id="colon-in-it"),
        pytest.param("http://u:fake@pw@host", {"fake@pw"}, id="at-sign-in-it"),
        pytest.param("http:///u:fake-pw@[", {"fake-pw"}, id="malformed"),
        pytest.param("http://host/?authSessionId=fake%2Bid&x=y", {"fake+id", "y"}, id="query"),
        pytest.param("http://u:fake-pw@", {"fake-pw"}, id="without-a-host"),
        pytest.param("http://u:@host", {"u:"}, id="empty-password"),
        pytest.param("", set(), id="empty"),
    ],
)
def test_what_may_be_secret_in_an_address(address: str, secrets: set[str]) -> None:
    found = {each for each in secrets_in_address(address) if each}
    assert found >= secrets
    assert bool(found) is bool(secrets)


def test_basic_credentials_are_sent_as_utf_8() -> None:
    encoded = basic_credentials("Žaneta Ř/ezníčková", "fake-žaneta")
    assert base64.b64decode(encoded).decode() == "Žaneta Ř/ezníčková:fake-žaneta"
