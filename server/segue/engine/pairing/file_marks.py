"""What of one linked file there is to decide on: its marks, and what they run. Knows states; knows no clients."""

from __future__ import annotations

from segue.domain import runnable_files
from segue.domain.pairing.decisions import Mark, marks_of_disputes, marks_of_hunks, name_of
from segue.domain.pairing.whole_files import EXECUTABLE, is_bit_held
from segue.domain.runnable_files import Kind, Runs, Texts
from segue.engine.pairing import transitions
from segue.engine.pairing.link_record import FileState

WHOLE, LARGE, WHOLE_DISPUTE, SUSPENDED = "whole", "large", "whole-dispute", "suspended"
HUNKS_LIMIT = 500
"""Changes of one file that are shown one by one."""
CHARACTERS_LIMIT = 256 * 1024
"""Characters of what one file's changes replace and put there, and of a text that is shown."""


def is_open(state: FileState, message: str) -> bool:
    """Whether something is undecided or out of the ordinary; costs next to nothing."""
    whole, text = state.whole, state.text
    if state.suspended or message or whole.is_disputed:
        return True
    is_shown_elsewhere = bool(state.renamed_to) and whole.mine is None
    has_changes = whole.is_undecided or (text is not None and bool(text.hunks or text.disputed))
    return has_changes and not is_shown_elsewhere


def hunk_marks(state: FileState) -> tuple[Mark, ...]:
    """The hunks of the text, and the file's own as the last one, with number −1."""
    marks: tuple[Mark, ...] = ()
    if state.renamed_to and state.whole.mine is None:
        return marks
    has_lines = bool(state.renamed_from) or not _comes_or_goes(state)
    if is_large(state) and has_lines:
        return (whole_mark(state, LARGE),)
    if state.text is not None and not state.suspended and has_lines:
        marks = marks_of_hunks(state.path, state.text)
    if state.whole.is_undecided:
        marks += (whole_mark(state, WHOLE),)
    return marks


def dispute_marks(state: FileState) -> tuple[Mark, ...]:
    """The disputes of the text; the file's own, or that nothing flows, with number −1."""
    if state.suspended:
        return (whole_mark(state, SUSPENDED),)
    is_gone = state.whole.mine is None and is_bit_held(state.whole)  # it goes with the next boundary
    is_at_odds = transitions.is_disputed_as_a_whole(state)
    whole = (whole_mark(state, WHOLE_DISPUTE),) if (state.whole.is_disputed or is_at_odds) and not is_gone else ()
    if state.text is None or is_at_odds:
        return whole
    return marks_of_disputes(state.path, state.text) + whole


def whole_mark(state: FileState, kind: str) -> Mark:
    """A file as one thing to decide on."""
    whole, text = state.whole, state.text
    sides = (whole.own, whole.mine, whole.base, whole.theirs)
    said = tuple(f"{side.mode} {side.content} {side.shape}" if side else "" for side in sides)
    words = (text.own, text.mine, text.theirs) if text is not None else ("", "", "")
    end = len(words[1])
    mark_id = name_of(kind, state.path)
    if state.renamed_from and kind == WHOLE:
        return Mark(mark_id, name_of(mark_id, state.renamed_from, *said, words[0]), -1, 0, 0, "", "", "")
    return Mark(mark_id, name_of(mark_id, *said, *words), -1, 0, end, words[0], words[1], words[2])


def is_large(state: FileState) -> bool:
    """Whether its changes are too many, or too long, to be shown one by one: it is decided on as a file (D39)."""
    text = state.text
    if text is None or state.suspended or len(text.own) + len(text.mine) < min(HUNKS_LIMIT, CHARACTERS_LIMIT):
        return False
    changed = sum(hunk.end - hunk.start + len(hunk.text) for hunk in text.hunks)
    return bool(text.hunks) and (len(text.hunks) > HUNKS_LIMIT or changed > CHARACTERS_LIMIT)


def _comes_or_goes(state: FileState) -> bool:
    """Whether the agent's change is the file itself: then its text is decided on with it."""
    return (state.whole.own is None) != (state.whole.mine is None)


def runs(state: FileState) -> Runs | None:
    """What the undecided changes of a file make run on the user's machine."""
    own, mine, text = state.whole.own, state.whole.mine, state.text
    words = (text.own if own else None, text.mine if mine else None) if text is not None else ("", None)
    found = runnable_files.runs(state.path, Texts(*words))
    may_be_run = own is not None and mine is not None and mine.mode == EXECUTABLE and own.mode != EXECUTABLE
    return Runs(Kind.AUTOMATIC, runnable_files.PROGRAM) if found is None and may_be_run else found
