"""What a client is shown of a link: hunks, proposals, comments, with lines and whole lines. Decides nothing."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from segue.domain.ids import visible
from segue.domain.pairing.decisions import Mark
from segue.domain.pairing.text_format import LineEnd
from segue.domain.pairing.whole_files import TEXT, Entry, Side
from segue.engine.pairing import file_marks, held_changes, suspension
from segue.engine.pairing.link_record import FileState, StoredComment
from segue.protocol import pairing

_Located = TypeVar("_Located", pairing.LinkFileView, pairing.HunkView, pairing.ProposalView, pairing.CommentView)
OVERLAP = "You and the agent changed the same lines."
IN_OTHER_WINDOW = "Its changes stand unsaved in another window; decide on them there."


def file_view(checkout: Path, state: FileState, message: str) -> pairing.LinkFileView | None:
    """None where nothing is undecided or out of the ordinary."""
    mine = _Text(state.text.mine if state.text is not None else "")
    path, uri = shown_path(state.path), (checkout / state.path).as_uri()
    hunks = [_hunk(state, mark, path, uri, mine) for mark in file_marks.hunk_marks(state)]
    proposals = [_proposal(state, mark, path, uri, mine) for mark in file_marks.dispute_marks(state)]
    said = state.suspended or message
    if not (hunks or proposals or said):
        return None
    return pairing.LinkFileView(
        path=path,
        uri=uri,
        hunks=hunks,
        proposals=proposals,
        is_suspended=bool(state.suspended),
        message=said or None,
        runs=found.reason if hunks and (found := file_marks.runs(state)) is not None else None,
    )


def seen(view: pairing.LinkView, elsewhere: frozenset[str], root: Path, links: Mapping[str, str]) -> pairing.LinkView:
    """A link as one client sees it: without the lines of files that count `elsewhere`, below its name of the root.

    `links` are the URIs of those that it has open through a link.
    """
    real, named = f"{Path(view.checkout).as_uri()}/", f"{root.as_uri()}/"

    def again(found: _Located) -> _Located:
        return found.model_copy(update={"uri": links.get(found.uri, named + found.uri.removeprefix(real))})

    def file(found: pairing.LinkFileView) -> pairing.LinkFileView:
        if found.path in elsewhere:
            return again(in_other_window(found))
        hunks, proposals = [*map(again, found.hunks)], [*map(again, found.proposals)]
        return again(found).model_copy(update={"hunks": hunks, "proposals": proposals})

    files, comments = [*map(file, view.files)], [*map(again, view.comments)]
    return view.model_copy(update={"files": files, "comments": comments})


def in_other_window(file: pairing.LinkFileView) -> pairing.LinkFileView:
    """A file as a window shows it that has another text of it than the one that counts."""
    return file.model_copy(update={"hunks": [], "proposals": [], "message": IN_OTHER_WINDOW})


def shown_path(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def comment_view(checkout: Path, comment: StoredComment) -> pairing.CommentView:
    return pairing.CommentView(
        id=comment.id,
        path=comment.path,
        uri=(checkout / comment.path).as_uri(),
        start_line=comment.start_line,
        end_line=comment.end_line,
        text=comment.text,
        state=comment.state,
        hunk_id=comment.hunk_id or None,
        is_rejection=comment.is_rejection,
        answer=comment.answer or None,
    )


class _Text:
    """A text that is asked for the lines of many places."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _ends(self) -> list[int]:
        return [found.start() for found in re.finditer("\n", self.text)]

    def line(self, at: int) -> int:
        return bisect_left(self._ends, at)

    def end_line(self, start: int, end: int) -> int:
        is_open = end > start and self.text[end - 1] != "\n"
        return self.line(end) + 1 if is_open else self.line(end)


class _Around(NamedTuple):
    """The whole lines that a mark lies in."""

    start_line: int
    end_line: int
    before: str
    behind: str

    def put(self, words: str) -> str:
        return self.before + words + self.behind


def _around(mark: Mark, mine: _Text) -> _Around:
    start, end = _whole_lines(mine.text, mark.start, mark.end)
    before, behind = mine.text[start : mark.start], mine.text[mark.end : end]
    return _Around(mine.line(start), mine.end_line(start, end), before, behind)


def _hunk(state: FileState, mark: Mark, path: str, uri: str, mine: _Text) -> pairing.HunkView:
    around = _around(mark, mine)
    is_shown = len(mark.old) + len(mark.mine) <= file_marks.CHARACTERS_LIMIT
    return pairing.HunkView(
        id=mark.id,
        revision=mark.revision,
        path=path,
        uri=uri,
        start_line=around.start_line,
        end_line=around.end_line,
        old_text=around.put(mark.old) if is_shown else "",
        new_text=around.put(mark.mine) if is_shown else "",
        is_whole_file=mark.number < 0,
        renamed_from=shown_path(state.renamed_from) if mark.number < 0 and state.renamed_from else None,
        message=_about_whole(state) if mark.number < 0 else None,
    )


def _proposal(state: FileState, mark: Mark, path: str, uri: str, mine: _Text) -> pairing.ProposalView:
    around = _around(mark, mine)
    kind, message = _about_dispute(state) if mark.number < 0 else ("overlap", OVERLAP)
    return pairing.ProposalView(
        id=mark.id,
        revision=mark.revision,
        path=path,
        uri=uri,
        start_line=around.start_line,
        end_line=around.end_line,
        kind=kind,
        base=around.put(mark.old),
        mine=around.put(mark.mine),
        theirs=around.put(mark.theirs),
        message=message,
    )


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    begin = text.rfind("\n", 0, start) + 1
    is_whole = begin == start and (end in {0, len(text)} or text[end - 1] == "\n")
    return (start, end) if is_whole else (begin, text.find("\n", end) + 1 or len(text))


def _about_whole(state: FileState) -> str:
    own, mine = state.whole.own, state.whole.mine
    name = visible(state.path)
    if file_marks.is_large(state) and own is not None and mine is not None:
        count = len(state.text.hunks) if state.text is not None else 0
        said = f"{count:,} changes" if count > 1 else "one change"
        return f"{name} has {said}, too large to be shown here. Review it as a file."
    if state.renamed_from:
        return f"{visible(state.renamed_from)} is renamed to {name}."
    if own is None and mine is not None:
        is_shown = state.text is None or len(state.text.mine) <= file_marks.CHARACTERS_LIMIT
        return f"{name} is new{_kind(mine)}." + ("" if is_shown else " It is too large to be shown here.")
    if mine is None:
        return f"{name} is deleted."
    assert own is not None
    return f"{name} {_difference(own, mine)}."


def _about_dispute(state: FileState) -> tuple[str, str]:
    if state.suspended:
        again = "Take it back" if state.suspended == suspension.LOST else "Take the agent's changes again"
        return "suspended", f"{state.suspended} {again}, or keep the text as it is now."
    theirs, mine = state.whole.theirs, state.whole.mine
    name = visible(state.path)
    why = held_changes.held_back(state)
    if why is not None:
        return "held", f"The agent {_done(state, name)}. Held back: {why.reason}."
    if theirs is None and state.renamed_to:
        to = visible(state.renamed_to)
        return "rename", f"The agent renamed {name}, which you have open or changed, to {to}."
    if theirs is None:
        return "delete", f"The agent deleted {name}, which you have open or changed."
    if mine is None and state.blocked == state.path:
        return "modify", f"The agent has a file at {name}, where you have a folder."
    if mine is None and state.blocked:
        return "modify", f"The agent has {name}, but {visible(state.blocked)} is not a folder in your checkout."
    if mine is None:
        return "modify", f"The agent changed {name}, which you deleted."
    return "whole_file", f"The agent changed {name}: it {_difference(mine, theirs)}."


def _done(state: FileState, name: str) -> str:
    """What the agent did to a file of which something is held back."""
    if not state.held:
        return f"made {name} executable"
    if state.whole.theirs is None:
        return f"deleted {name}"
    return f"{'made' if state.whole.mine is None else 'changed'} {name}"


def _difference(old: Entry, new: Entry) -> str:
    if old.mode != new.mode and "120000" in {old.mode, new.mode}:
        return "became a symbolic link" if new.mode == "120000" else "is no symbolic link any more"
    if old.content == TEXT != new.content:
        if new.shape.line_end is LineEnd.AS_IS:
            return "has mixed line ends together with your text, and an editor would make them alike"
        return "is no UTF-8 text any more, or larger than 4 MB"
    said = []
    if old.mode != new.mode:
        said.append("may be run as a program now" if new.mode == "100755" else "may no longer be run as a program")
    if old.shape.line_end is not new.shape.line_end:
        ends = "Windows line ends (CRLF)" if new.shape.line_end is LineEnd.CRLF else "Unix line ends (LF)"
        said.append(f"has {ends} now")
    if old.shape.has_bom != new.shape.has_bom:
        said.append(f"{'begins' if new.shape.has_bom else 'no longer begins'} with a byte order mark")
    if old.content != new.content:
        said.append("has other bytes")
    return " and ".join(said)


def _kind(side: Side) -> str:
    assert side is not None
    if side.mode == "120000":
        return ", a symbolic link"
    return "" if side.content == TEXT else ", and no text"
