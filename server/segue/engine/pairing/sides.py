"""What a linked file's state says of the files on either side: bytes, shape, mode. Knows no rules, reads nothing."""

from __future__ import annotations

from segue.domain.pairing.text_format import Shape, encode
from segue.domain.pairing.whole_files import TEXT, Side
from segue.engine.pairing.disk import LINK
from segue.engine.pairing.line_ends import is_mixed
from segue.engine.pairing.link_record import FileState


def has_other_shape(old: FileState, new: FileState) -> bool:
    """Whether a step changes the line ends, or the mark, of a file that stays on the person's side."""
    one, other = old.whole.mine, new.whole.mine
    if one is None or other is None or not one.content == other.content == TEXT:
        return False
    return one.shape != other.shape


def is_below_buffers(old: FileState, new: FileState) -> bool:
    """Whether a step changes the user's file in a way that no buffer shows: its bytes, or mixed line ends."""
    one, other = old.whole.mine, new.whole.mine
    if one is not None and other is not None and one.content != other.content:
        return True
    words = [text.mine if text is not None else "" for text in (old.text, new.text)]
    return words[0] != words[1] and any(map(is_mixed, words))


def has_other_mode(old: FileState, new: FileState) -> bool:
    """Whether a step changes only what may be done with the person's file."""
    one, other = old.whole.mine, new.whole.mine
    return one is not None and other is not None and one.mode != other.mode and LINK not in (one.mode, other.mode)


def mine_data(state: FileState) -> bytes:
    """The person's file as bytes, of a text."""
    assert state.text is not None
    return encode(state.text.mine, _shape(state.whole.mine))


def theirs_data(state: FileState) -> bytes:
    """The agent's file as bytes, of a text."""
    assert state.text is not None
    return encode(state.text.theirs, _shape(state.whole.theirs))


def contents(state: FileState) -> tuple[bytes, ...]:
    """The four sides of a text as bytes; nothing where it is none."""
    whole, text = state.whole, state.text
    if text is None:
        return ()
    sides = ((whole.own, text.own), (whole.mine, text.mine), (whole.base, text.base), (whole.theirs, text.theirs))
    return tuple(encode(words, side.shape) for side, words in sides if side is not None)


def _shape(side: Side) -> Shape:
    return side.shape if side is not None else Shape()
