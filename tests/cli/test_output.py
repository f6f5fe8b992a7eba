"""What a terminal is shown obeys nobody but Segue."""

from __future__ import annotations

import io
import json

import pytest
import wcwidth

from segue.cli import texts
from segue.cli.output import NARROW, Cell, Colour, Output, age, cut, inert
from segue.domain.facts import OptionKind, PermissionOption
from segue.domain.permissions import PermissionRequested
from segue.engine.api.views import permission_view

HOSTILE = {
    "title set": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "link": "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\",
    "clear": "\x1b[3J\x1b[H",
    "paste end": "\x1b[201~rm -rf ~\n",
    "c1": "\x9b31m",
    "backspace": "safe\x08\x08\x08\x08evil",
    "return": "first\rsecond",
    "bidi": "a\u202eb",
    "invisible": "a\u200bb",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_control_characters_are_written_out(text: str) -> None:
    """D43, D47."""
    shown = inert(text)
    assert not [character for character in shown if character in "\x1b\x07\x08\x9b\r\u202e\u200b"]


def test_lines_and_tabs_stay_and_colours_go() -> None:
    assert inert("\x1b[1;31mred\x1b[0m\tx\r\ny") == "red\tx\ny"


def test_a_table_keeps_one_line_per_row_and_aligns_wide_characters() -> None:
    stream = io.StringIO()
    Output(stream).table([[Cell("日本"), Cell("one\ntwo")], [Cell("abcdef"), Cell("x", Colour.RED)]])
    assert stream.getvalue() == "日本    one\\ntwo\nabcdef  x\n"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("日本", 4),
        ("e\u0301", 1),
        ("ที่", 1),
        ("हिन्दी", 4),
        ("\u1112\u1161\u11ab", 2),
        ("👍🏽", 2),
        ("🇩🇪", 2),
        ("❤\ufe0f", 2),
    ],
    ids=["wide", "accent", "Thai", "Devanagari", "Hangul jamo", "skin tone", "flag", "emoji by selector"],
)
def test_a_column_is_as_wide_as_a_terminal_shows_it(text: str, columns: int) -> None:
    stream = io.StringIO()
    Output(stream).table([[Cell(text), Cell("one")], [Cell("abcdef"), Cell("two")]])
    assert stream.getvalue().splitlines()[0] == text + " " * (8 - columns) + "one"


def test_what_is_taken_for_one_column_is_one() -> None:
    """These characters are counted without the library, which most commands need not import then."""
    narrow = [chr(code) for code in range(0x3000) if NARROW.fullmatch(chr(code))]
    assert len(narrow) > 1000
    assert [character for character in narrow if wcwidth.wcwidth(character) != 1] == []


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Output(Terminal()).paint("x", Colour.RED) == "\x1b[31mx\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Output(Terminal()).paint("x", Colour.RED) == "x"
    monkeypatch.delenv("NO_COLOR")
    assert Output(io.StringIO()).paint("x", Colour.RED) == "x"


def test_json_is_ascii_whatever_it_holds() -> None:
    """D25: names that are no text cross as escapes."""
    stream = io.StringIO()
    Output(stream).json({"path": "\udcff é"})
    assert stream.getvalue().isascii()
    assert json.loads(stream.getvalue()) == {"path": "\udcff é"}


def test_what_is_cut_says_so() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 4) == "abc…"
    assert cut("日本語", 4) == "日…"
    assert cut("日本語", 5) == "日本…"
    assert cut("ab👍🏽cd", 4) == "ab…", "no half of a sign"
    assert cut("abc", -2) == cut("日", 0) == "…"


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7300, "2 h"), (200000, "2 d")]
)
def test_an_age_has_one_unit_and_is_never_negative(seconds: int, said: str) -> None:
    """D35: a clock that went backwards shows nothing strange."""
    assert age(0, seconds * 1000) == said


def shown(request: PermissionRequested) -> list[str]:
    stream = io.StringIO()
    texts.question(Output(stream), json.loads(permission_view(request).json_bytes()))
    return stream.getvalue().splitlines()[1:]


def test_an_answer_says_first_what_it_does_whatever_the_agent_calls_it() -> None:
    """Met as `1  Deny  (deny, allow_always)`: the label lied, and stood first."""
    options = tuple(PermissionOption(f"o{kind}", "Deny\nit", kind) for kind in OptionKind)
    answers = [line.strip() for line in shown(PermissionRequested("r", "Run", options))]
    assert [line.partition(" — ")[0] for line in answers] == [
        "1  Allow once",
        "2  Allow always",
        "3  Deny once",
        "4  Deny always",
        "5  Unknown kind of answer",
    ]
    assert all(line.count("Deny") == 1 + line.partition(" — ")[0].count("Deny") for line in answers)


def test_no_line_of_a_command_passes_for_another_fact() -> None:
    request = PermissionRequested("r", "Run", (), command="echo a\nFiles: /etc", directory="/w", paths=("a\nb", "c"))
    assert shown(request) == [
        "    Command: echo a",
        "           | Files: /etc",
        "    In the directory: /w",
        "    Files: a\\nb",
        "    Files: c",
    ]
