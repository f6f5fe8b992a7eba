"""Hunks and proposals as any LSP editor shows them: lenses, code actions, diagnostics. Knows views; does nothing.

Every lens and action carries a verb of `workspace/executeCommand` with its parameters, so an editor needs no code for
them. What needs words of a person (a comment, a prompt) is offered to editors that name the command themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from lsprotocol import types

from segue.domain.ids import visible
from segue.protocol.pairing import HunkView, LinkFileView, ProposalView

SOURCE = "segue"
DISCUSS = "segue.discuss"
"""A command of the editor: asks for a text and runs `segue.comment.add` with it and these arguments."""
PAIR = "segue.pair"
"""Begins a linked session; the server chooses the agent, or asks."""
_OLD_LINES = 12
"""Lines of what stood there that a diagnostic shows."""
_TODO = re.compile(r"\b(?:TODO|FIXME|XXX)\b[:\s]*(?P<text>.*)")
_LONGEST = 300


def diagnostics(file: LinkFileView) -> list[types.Diagnostic]:
    """Information for each hunk, a warning for each proposal, and for hunks that run something."""
    return [
        *(_diagnostic(hunk, _severity(file), f"{_what_was(hunk)}{_warning(file)}") for hunk in file.hunks),
        *(
            _diagnostic(proposal, types.DiagnosticSeverity.Warning, _what_they_want(proposal))
            for proposal in file.proposals
        ),
    ]


def lenses(session_id: str, file: LinkFileView, own_commands: Iterable[str]) -> list[types.CodeLens]:
    """*Accept · Reject · Discuss* on each hunk, the ways out on each proposal."""
    found = []
    for view in _views(file):
        where = _line_range(view.start_line, view.start_line)
        commands = [_command(title, name, params) for title, name, params in _choices(session_id, view)]
        if DISCUSS in own_commands and isinstance(view, HunkView):
            commands.append(_command("Discuss", DISCUSS, _comment(session_id, view)))
        found += [types.CodeLens(range=where, command=command) for command in commands]
    return found


def actions(session_id: str, file: LinkFileView, asked: types.Range) -> list[types.CodeAction]:
    """What can be decided within a range, then for the whole file."""
    first, last = asked.start.line, asked.end.line
    touched = [view for view in _views(file) if _is_within(view, first, last)]
    found = [
        _action(f"{title} ({_place(view)})", name, params)
        for view in touched
        for title, name, params in _choices(session_id, view)
    ]
    if len(file.hunks) > 1:
        for decision in ("accept", "reject"):
            title = f"{decision.capitalize()} all {len(file.hunks)} changes of this file"
            found.append(_action(title, "segue.hunk.decide", _decision(session_id, file.hunks, decision)))
    return found


def beginnings(
    lines: Sequence[str], params: types.CodeActionParams, own_commands: Iterable[str]
) -> list[types.CodeAction]:
    """Places at which pairing can begin: a diagnostic, a TODO, and where the editor asks for a prompt, any range.

    `lines` are those of the asked range.
    """
    uri, asked = params.text_document.uri, params.range
    found = []
    for diagnostic in params.context.diagnostics:
        if diagnostic.source != SOURCE:
            said = visible(diagnostic.message)[:_LONGEST]
            found.append(_begin(f"Pair Here: fix “{_short(said)}”", uri, diagnostic.range, f"Fix this: {said}"))
    for number, line in enumerate(lines, asked.start.line):
        todo = _TODO.search(line)
        if todo is not None:
            text = visible(todo["text"].strip() or line.strip())[:_LONGEST]
            where = _line_range(number, number + 1)
            found.append(_begin(f"Pair Here: do “{_short(text)}”", uri, where, f"Do what this comment asks: {text}"))
    if PAIR in own_commands:
        found.append(_begin("Pair Here…", uri, asked, None))
    return found


def _views(file: LinkFileView) -> list[HunkView | ProposalView]:
    return [*file.hunks, *file.proposals]


def _choices(session_id: str, view: HunkView | ProposalView) -> list[tuple[str, str, dict[str, Any]]]:
    if isinstance(view, HunkView):
        return [
            (decision.capitalize(), "segue.hunk.decide", _decision(session_id, [view], decision))
            for decision in ("accept", "reject")
        ]
    named = {"sessionId": session_id, "proposalId": view.id, "revision": view.revision}
    return [
        ("Take Theirs", "segue.proposal.resolve", {**named, "take": "theirs"}),
        ("Keep Mine", "segue.proposal.resolve", {**named, "take": "mine"}),
    ]


def _decision(session_id: str, hunks: Iterable[HunkView], decision: str) -> dict[str, Any]:
    decisions = [{"hunkId": hunk.id, "revision": hunk.revision} for hunk in hunks]
    return {"sessionId": session_id, "decisions": decisions, "decision": decision}


def _comment(session_id: str, hunk: HunkView) -> dict[str, Any]:
    place = {"path": hunk.path, "startLine": hunk.start_line, "endLine": hunk.end_line}
    return {"sessionId": session_id, "hunkId": hunk.id, **place}


def _begin(title: str, uri: str, where: types.Range, prompt: str | None) -> types.CodeAction:
    end = where.end.line + (where.end.character > 0 or where.end.line == where.start.line)
    params: dict[str, Any] = {"uri": uri, "startLine": where.start.line, "endLine": end}
    if prompt is not None:
        params["prompt"] = prompt
    return _action(title, PAIR, params, types.CodeActionKind.QuickFix)


def _action(
    title: str, name: str, params: dict[str, Any], kind: types.CodeActionKind = types.CodeActionKind.Refactor
) -> types.CodeAction:
    return types.CodeAction(title=f"Segue: {title}", kind=kind, command=_command(title, name, params))


def _command(title: str, name: str, params: dict[str, Any]) -> types.Command:
    return types.Command(title=title, command=name, arguments=[params])


def _diagnostic(view: HunkView | ProposalView, severity: types.DiagnosticSeverity, text: str) -> types.Diagnostic:
    end = max(view.end_line, view.start_line + 1)
    return types.Diagnostic(
        range=_line_range(view.start_line, end), message=text, severity=severity, source=SOURCE, code=view.id
    )


def _severity(file: LinkFileView) -> types.DiagnosticSeverity:
    return types.DiagnosticSeverity.Warning if file.runs else types.DiagnosticSeverity.Information


def _warning(file: LinkFileView) -> str:
    return f"\nLook closely: {file.runs}." if file.runs else ""


def _what_was(hunk: HunkView) -> str:
    if hunk.message:
        return visible(hunk.message)
    old = hunk.old_text.splitlines()
    if not old:
        return "The agent added this."
    return "\n".join(["The agent changed this. Before:" if hunk.new_text else "The agent deleted:", *_some(old)])


def _what_they_want(proposal: ProposalView) -> str:
    return "\n".join([visible(proposal.message), "The agent wants:", *_some(proposal.theirs.splitlines())])


def _some(lines: list[str]) -> list[str]:
    shown = [visible(line.expandtabs(4)) for line in lines[:_OLD_LINES]]
    return [*shown, f"… {len(lines) - _OLD_LINES} more lines"] if len(lines) > _OLD_LINES else shown


def _is_within(view: HunkView | ProposalView, first: int, last: int) -> bool:
    """Deleted lines count for those on both sides of them."""
    if view.start_line == view.end_line:
        return first <= view.start_line and view.start_line - 1 <= last
    return first < view.end_line and view.start_line <= last


def _place(view: HunkView | ProposalView) -> str:
    return f"line {view.start_line + 1}" if isinstance(view, HunkView) else f"conflict, line {view.start_line + 1}"


def _line_range(start: int, end: int) -> types.Range:
    return types.Range(types.Position(start, 0), types.Position(end, 0))


def _short(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:49]}…"
