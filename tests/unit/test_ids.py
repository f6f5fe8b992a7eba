"""Names from outside become safe ones, or are refused."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.domain.errors import InputRefused
from segue.domain.ids import (
    ALPHABET,
    TITLE_LIMIT,
    archive_ref,
    checkpoint_ref,
    parse_session_id,
    session_branch,
    session_id_from,
    title_from,
    visible,
)

ANY_TEXT = st.text(st.characters(), max_size=200)

TITLES = {
    "": "Untitled",
    "   \n\t\n": "Untitled",
    "Fix the login": "Fix the login",
    "  Fix \t the\u00a0login  \nand more": "Fix the login",
    "\r\n\r\nsecond line\r\nthird": "second line",
    "#!/bin/sh\nsed -i s/a/b/ x": "sed -i s/a/b/ x",
    "#!/bin/sh": "Untitled",
    "#!/bin/sh\n# Tidy up\nmake": "Tidy up",
    "## Make it louder": "Make it louder",
    "###": "Untitled",
    "-rf --help": "-rf --help",
    "a\u202egnp.exe": "a\\u202egnp.exe",
    "\x1b[31mred": "\\x1b[31mred",
    "nul\x00byte": "nul\\x00byte",
    "zero\u200bwidth": "zero\\u200bwidth",
    "🚀 ship it": "🚀 ship it",
    "caf\udce9": "caf\\udce9",
    "x" * 300: "x" * (TITLE_LIMIT - 1) + "…",
    "x" * TITLE_LIMIT: "x" * TITLE_LIMIT,
    "line\u2028separator": "line",
}


@pytest.mark.parametrize(("prompt", "title"), TITLES.items(), ids=[ascii(prompt)[:30] for prompt in TITLES])
def test_a_title_is_the_first_line_that_says_something(prompt: str, title: str) -> None:
    """D24."""
    assert title_from(prompt) == title


@given(ANY_TEXT)
def test_a_title_is_one_inert_bounded_line(prompt: str) -> None:
    """D24: controls, bidi overrides and invisible characters are shown, never obeyed."""
    title = title_from(prompt)
    assert 0 < len(title) <= TITLE_LIMIT
    assert title == title.strip()
    assert not [character for character in title if unicodedata.category(character)[0] in "CZ" and character != " "]


def test_what_python_prints_is_what_stays_as_it_is() -> None:
    """The short cut of `visible` follows the same rule for every character."""
    for point in range(sys.maxunicode + 1):
        is_inert = unicodedata.category(chr(point))[0] not in "CZ" or chr(point) == " "
        assert chr(point).isprintable() == is_inert


@given(ANY_TEXT)
def test_visible_text_stays_as_it_is_when_shown_again(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    visible(text).encode("utf-8")


@given(st.binary(min_size=8, max_size=32))
def test_a_session_id_is_eight_safe_characters(entropy: bytes) -> None:
    session_id = session_id_from(entropy)
    assert re.fullmatch(r"[a-z0-9]{8}", session_id)
    assert set(session_id) <= set(ALPHABET)
    assert parse_session_id(session_id) == session_id


def test_the_alphabet_has_no_vowel_nothing_alike_and_one_case() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 27
    assert not set(ALPHABET) & set("aeiouy01lABCDEFGHIJKLMNOPQRSTUVWXYZ")


def test_every_character_of_the_alphabet_comes_up() -> None:
    ids = [session_id_from((number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big")) for number in range(400)]
    assert {character for session_id in ids for character in session_id} == set(ALPHABET)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2345678",
        "234567890",
        "../../..",
        "2345678\n",
        "BCDFGHJK",
        "23456 78",
        "-2345678",
        "2345678\x00",
        "ｂcdfghjk",
    ],
)
def test_anything_else_is_no_session_id(text: str) -> None:
    """D24."""
    with pytest.raises(InputRefused) as refused:
        parse_session_id(text)
    assert refused.value.reason == "bad_session_id"
    assert refused.value.message == visible(refused.value.message)


@given(st.binary(min_size=8, max_size=8), st.integers(1, 10**6))
def test_refs_are_made_of_safe_components(entropy: bytes, number: int) -> None:
    """D24."""
    session_id = session_id_from(entropy)
    refs = [session_branch(session_id), checkpoint_ref(session_id, number, "before"), archive_ref(session_id, number)]
    for ref in refs:
        assert ref.startswith("refs/")
        assert all(re.fullmatch(r"[a-z0-9]+", component) for component in ref.split("/"))
