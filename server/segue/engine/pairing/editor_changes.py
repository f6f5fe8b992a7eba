"""What becomes of a file by what its editor tells. Knows states and documents; reads and writes nothing."""

from __future__ import annotations

from msgspec.structs import replace

from segue.domain.pairing.edits import apply_in_order
from segue.engine.pairing import buffer_offsets, suspension, transitions
from segue.engine.pairing.buffer_offsets import name_of
from segue.engine.pairing.buffers import Change, Document, Origin
from segue.engine.pairing.disk import Content
from segue.engine.pairing.line_ends import is_mixed, is_raw, words_of
from segue.engine.pairing.link_record import FileState
from segue.engine.pairing.transitions import Next


def shows(document: Document, state: FileState) -> bool:
    """Whether a buffer has a file's text as it is, line ends too; one that does not is never edited."""
    text = state.text
    return text is not None and not is_mixed(text.mine) and words_of(document.text, state) is not None


def reads(document: Document, state: FileState) -> bool:
    """Whether a buffer has exactly the text of a state."""
    return state.text is not None and words_of(document.text, state) == state.text.mine


def changed(state: FileState, change: Change, raw: str | None, sent: FileState | None) -> Next:
    """A step of the buffer, which read `raw` before; `sent` is what an edit of ours makes of the state."""
    mine = words_of(change.document.text, state)
    if state.text is None or mine is None or not shows(change.document, state):
        return Next(state)
    if change.origin is Origin.ECHO and sent is not None and sent.text is not None and sent.text.mine == mine:
        return Next(_unsaved(state, sent))
    if mine == state.text.mine:
        return Next(state)
    if change.origin is Origin.REPLACED:
        return Next(replace(suspension.replaced(state, mine), is_in_buffer=False))
    edits = change.edits if is_raw(state) or raw is None else buffer_offsets.from_buffer(raw, change.edits)
    if raw is None or apply_in_order(state.text.mine, edits) != mine:
        step = transitions.catch_up_with_text(state, mine)
    else:
        step = transitions.typed(state, edits)
    found = suspension.resumed(step.state, mine) if step.state.suspended else None
    return Next(_unsaved(state, found or step.state), (), step.adopted, step.rejected)


def _unsaved(state: FileState, after: FileState) -> FileState:
    """The next state of a buffer; what its file has is remembered."""
    if state.is_in_buffer or state.text is None:
        return replace(after, is_in_buffer=True)
    return replace(after, is_in_buffer=True, saved=name_of(state.text.mine))


def opened(state: FileState, document: Document) -> FileState:
    """A buffer shows it; after a restart, that is where its newest text is.

    Where that is just what the file has had all along, the window with the newest text did not come back.
    """
    mine = words_of(document.text, state)
    following = state.next if state.next is not None and state.next.is_in_buffer else None
    if mine is None or not (state.is_in_buffer or following) or not shows(document, state):
        return state
    known = [found.text.mine for found in (state, following) if found is not None and found.text is not None]
    if state.is_in_buffer and mine not in known and state.saved == name_of(mine):
        return suspension.lost(state, mine)
    return replace(transitions.catch_up_with_text(state, mine).state, is_in_buffer=True)


def taken_over(state: FileState, document: Document) -> FileState:
    """The text of another window counts now; where that lacks the agent's changes, nobody took them back."""
    mine = words_of(document.text, state)
    if state.text is None or mine is None or mine == state.text.mine or not shows(document, state):
        return state
    return _unsaved(state, transitions.taken_over(state, mine))


def beside(state: FileState, mine: Content, on_disk: Content) -> FileState:
    """A state of what is open, or in a window that is gone, next to its file."""
    if state.is_in_buffer == (mine is not on_disk):
        return state
    return replace(state, is_in_buffer=mine is not on_disk, saved=name_of(on_disk.text or ""))
