"""Hunks and proposals in an editor that knows nothing but LSP."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from segue.lsp import lenses
from segue.protocol.pairing import HunkView, LinkFileView, ProposalView

URI = "file:///p/a.py"


def hunk(start: int, end: int, old: str, new: str, **more: Any) -> HunkView:
    named = {"id": f"h{start}", "revision": "r1", "path": "a.py", "uri": URI, **more}
    return HunkView(start_line=start, end_line=end, old_text=old, new_text=new, **named)


FILE = LinkFileView(
    path="a.py",
    uri=URI,
    hunks=[hunk(2, 4, "one\n\ttwo\u202e\n", "1\n2\n"), hunk(9, 9, "gone\n", "")],
    proposals=[
        ProposalView(
            id="p",
            revision="r2",
            path="a.py",
            uri=URI,
            start_line=6,
            end_line=7,
            kind="overlap",
            base="b\n",
            mine="m\n",
            theirs="t\n",
            message="Both changed this.",
        )
    ],
)


def at(first: int, last: int | None = None) -> types.Range:
    end = first if last is None else last
    return types.Range(types.Position(first, 0), types.Position(end, 0))


def asked(where: types.Range, *diagnostics: types.Diagnostic) -> types.CodeActionParams:
    return types.CodeActionParams(types.TextDocumentIdentifier(URI), where, types.CodeActionContext([*diagnostics]))


def test_what_stood_there_can_be_read_and_hides_nothing() -> None:
    first, second, third = lenses.diagnostics(FILE)
    assert first.message == "The agent changed this. Before:\none\n    two\\u202e"
    assert (first.range, first.severity) == (at(2, 4), types.DiagnosticSeverity.Information)
    assert second.message == "The agent deleted:\ngone"
    assert second.range == at(9, 10), "lines that are gone show at the line behind them"
    assert third.severity == types.DiagnosticSeverity.Warning
    assert third.message == "Both changed this.\nThe agent wants:\nt"


def test_every_lens_is_a_verb_with_its_params() -> None:
    found = [lens.command for lens in lenses.lenses("s", FILE, ()) if lens.command is not None]
    titles = [command.title for command in found]
    assert titles == ["Accept", "Reject", "Accept", "Reject", "Take Theirs", "Keep Mine"]
    decided = {"sessionId": "s", "decisions": [{"hunkId": "h2", "revision": "r1"}], "decision": "reject"}
    assert (found[1].command, found[1].arguments) == ("segue.hunk.decide", [decided])
    resolved = {"sessionId": "s", "proposalId": "p", "revision": "r2", "take": "theirs"}
    assert (found[4].command, found[4].arguments) == ("segue.proposal.resolve", [resolved])


def test_a_lens_that_needs_words_is_for_editors_that_ask_for_them() -> None:
    found = [lens.command for lens in lenses.lenses("s", FILE, ("segue.discuss",)) if lens.command is not None]
    discuss = next(command for command in found if command.title == "Discuss")
    place = {"sessionId": "s", "hunkId": "h2", "path": "a.py", "startLine": 2, "endLine": 4}
    assert (discuss.command, discuss.arguments) == ("segue.discuss", [place])


def test_actions_are_those_of_the_lines_that_are_asked_for() -> None:
    def titles(where: types.Range) -> list[str]:
        return [action.title for action in lenses.actions("s", FILE, where)]

    whole = ["Segue: Accept all 2 changes of this file", "Segue: Reject all 2 changes of this file"]
    assert titles(at(3)) == ["Segue: Accept (line 3)", "Segue: Reject (line 3)", *whole]
    assert titles(at(8)) == ["Segue: Accept (line 10)", "Segue: Reject (line 10)", *whole]
    assert titles(at(6)) == ["Segue: Take Theirs (conflict, line 7)", "Segue: Keep Mine (conflict, line 7)", *whole]
    assert titles(at(0)) == whole


def test_pairing_begins_at_a_diagnostic_at_a_todo_and_where_the_editor_asks() -> None:
    wrong = types.Diagnostic(at(1, 1), "Name is\u200b unknown", source="mypy")
    ours = types.Diagnostic(at(1, 1), "The agent added this.", source="segue")
    lines = ["# TODO: cache this", "x = y"]
    found = lenses.beginnings(lines, asked(at(0, 1), wrong, ours), ("segue.pair",))
    assert [action.title for action in found] == [
        "Segue: Pair Here: fix “Name is\\u200b unknown”",
        "Segue: Pair Here: do “cache this”",
        "Segue: Pair Here…",
    ]
    arguments = [action.command.arguments for action in found if action.command is not None]
    assert arguments == [
        [{"uri": URI, "startLine": 1, "endLine": 2, "prompt": "Fix this: Name is\\u200b unknown"}],
        [{"uri": URI, "startLine": 0, "endLine": 1, "prompt": "Do what this comment asks: cache this"}],
        [{"uri": URI, "startLine": 0, "endLine": 1}],
    ]
    assert lenses.beginnings(["x = 1"], asked(at(0)), ()) == []
