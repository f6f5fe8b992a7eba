"""What is shown of an agent's terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segue.domain.events import (
    AnyEvent,
    Recorded,
    TerminalEnded,
    TerminalPrinted,
    TerminalStarted,
    ToolCallReported,
    ToolContent,
    TurnStarted,
)
from segue.domain.ids import SessionId
from segue.domain.terminals import SHOWN_LIMIT, TerminalLog, incomplete, last
from segue.domain.transcript import Transcript


@given(st.text(st.characters(exclude_categories=("Cs",))), st.integers(0, 20))
def test_output_is_cut_between_characters_only(text: str, limit: int) -> None:
    """D20"""
    data = text.encode()
    kept = last(data, limit)
    assert data.endswith(kept) and len(kept) <= limit
    assert len(kept) > limit - 4 or kept == data
    kept.decode()
    for cut in range(max(len(data) - 5, 0), len(data) + 1):
        piece = data[:cut]
        piece[: cut - incomplete(piece)].decode()


@given(st.binary(max_size=20))
def test_bytes_that_are_no_text_are_not_waited_for(data: bytes) -> None:
    assert 0 <= incomplete(data) <= 3 and len(last(data, 5)) <= 5


@given(st.lists(st.tuples(st.text(max_size=5).map(lambda text: text * 4000), st.integers(0, 3)), max_size=8))
def test_what_is_shown_is_bounded_and_the_last(pieces: list[tuple[str, int]]) -> None:
    log = TerminalLog("make")
    for text, skipped in pieces:
        log = log.printed(text, skipped)
    assert len(log.text) <= SHOWN_LIMIT
    if pieces:
        assert log.text.endswith(pieces[-1][0][-100:])
    assert log.shown().startswith("$ make\n")


def test_nothing_hides_in_a_command() -> None:
    """D43"""
    assert TerminalLog("echo \x1b[8m; rm\u202e x\ndone").shown() == "$ echo \\x1b[8m; rm\\u202e x\ndone\n"


def transcript(*events: AnyEvent) -> Transcript:
    made = Transcript()
    for seq, event in enumerate((TurnStarted(1, "p", "go"), *events), 1):
        made.apply(Recorded(seq, SessionId("s"), 0, event))
    return made


def content(made: Transcript) -> list[str]:
    return [piece.text for piece in made.item("tool/1/t1").content]


CALL = ToolCallReported("t1", "Run it", content=(ToolContent("text", "why"), ToolContent("terminal", "term-1")))


def test_a_tool_call_shows_its_terminal_with_its_output_and_end() -> None:
    started, printed = TerminalStarted("term-1", "make all"), TerminalPrinted("term-1", "one\n")
    other = TerminalPrinted("term-2", "elsewhere\n")
    assert content(transcript(started, CALL)) == ["why", "$ make all\n"]
    assert content(transcript(started, printed, CALL)) == ["why", "$ make all\none\n"], "also what came before the call"
    ended = (
        started,
        CALL,
        printed,
        other,
        TerminalPrinted("term-1", "two", 1200),
        TerminalEnded("term-1", "exit 1"),
    )
    cut = "$ make all\none\n\n… (1,200 characters left out)\ntwo\n[exit 1]\n"
    shown = f"{cut}(The output that is left out was not kept.)"
    assert content(transcript(*ended)) == ["why", shown]
    for less, words in ((0, "All of its output"), (2048, "All of its output but its first 2,048 bytes")):
        kept = TerminalEnded("term-1", "exit 1", "/data/a.txt", less)
        assert content(transcript(*ended[:-1], kept)) == ["why", f"{cut}({words}: /data/a.txt)"]
    again = ToolCallReported("t1", status="completed")
    assert content(transcript(*ended, again)) == ["why", shown], "it stays when the call goes on"
    replaced = ToolCallReported("t1", content=(ToolContent("text", "done"),))
    assert content(transcript(*ended, replaced, printed)) == ["done"]


def test_a_terminal_that_nobody_knows_is_shown_as_the_agent_named_it() -> None:
    assert content(transcript(CALL)) == ["why", "term-1"]
