"""An agent's file that no buffer can show, next to a text of the user's: it is proposed as a whole, and the text stays.

Knows states and contents; reads and writes nothing. `whole.theirs` has the name of its bytes then; in the texts the
agent's side is what both agreed on last. As soon as the agent's file is such a text again, everything flows again.
"""

from __future__ import annotations

from dataclasses import replace as replaced

from msgspec.structs import replace

from segue.domain.pairing import whole_files
from segue.domain.pairing.text_format import LineEnd, Shape
from segue.domain.pairing.whole_files import TEXT, Entry, Side
from segue.engine.pairing.disk import Content, opaque
from segue.engine.pairing.line_ends import is_mixed
from segue.engine.pairing.link_record import FileState

MIXED = Shape(LineEnd.AS_IS)
"""The shape of an entry whose bytes are a text with mixed line ends."""


def is_held(state: FileState) -> bool:
    """Whether the agent's file is proposed as a whole, although the user's is a text."""
    return state.text is not None and _is_bytes(state.whole.theirs)


def can_come(state: FileState, theirs: Content, *, is_open: bool) -> bool:
    """Whether the agent's file may flow: a buffer can show both sides, or the user has changed nothing below it."""
    assert state.text is not None
    is_text = theirs.entry is None or theirs.text is not None
    if is_open:
        return is_text and not is_mixed(theirs.text or "") and not is_mixed(state.text.mine)
    return is_text or not (state.text.unshared or state.whole.mine != state.whole.base)


def hold(state: FileState, theirs: Content) -> FileState:
    """The agent's file is `theirs` now; the user's text stays as it is."""
    assert state.text is not None
    side = entry_of(theirs)
    if side == state.whole.theirs:
        return state
    text = replaced(state.text, disputed=())
    if _is_agreed(state, theirs):
        return replace(state, text=text, whole=whole_files.held_back(state.whole, state.whole.base))
    return replace(state, text=text, whole=replaced(state.whole, theirs=side))


def entry_of(theirs: Content) -> Side:
    """A file by its bytes; whether it is a text is not forgotten."""
    side = opaque(theirs)
    return Entry(side.mode, side.content, MIXED) if side is not None and theirs.text is not None else side


def taken(side: Side) -> Side:
    """The same as the file that both sides have."""
    return Entry(side.mode, side.content) if _is_bytes(side) and side is not None else side


def _is_agreed(state: FileState, theirs: Content) -> bool:
    """Whether the agent's file is what both sides agreed on last."""
    base, text = state.whole.base, state.text
    if text is None or base is None or base.content != TEXT:
        return False
    return theirs.like(base).entry == base and theirs.text == text.base


def _is_bytes(side: Side) -> bool:
    return side is not None and side.content != TEXT
