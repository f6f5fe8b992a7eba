"""What becomes of two files, one of which went and one of which came, when they are one. Reads and writes nothing.

A pair is a file that came, `renamed_from` the other, and one that went, `renamed_to` the first. The text of the one
that came is measured from what the person had in the old one, so that its changes are hunks; whatever he types or
accepts in it goes back to the old name where he does not take the new one.
"""

from __future__ import annotations

from msgspec.structs import replace

from segue.domain.pairing import contribution
from segue.domain.pairing.contribution import Contribution
from segue.domain.pairing.difference import changed_lines
from segue.domain.pairing.edits import Edit
from segue.domain.pairing.whole_files import Side
from segue.engine.pairing import transitions
from segue.engine.pairing.link_record import FileState
from segue.engine.pairing.transitions import Next


def has_come(state: FileState) -> bool:
    """The agent made it, and nobody has decided on that."""
    whole = state.whole
    return whole.own is None and whole.mine is not None and not whole.is_contested and not state.suspended


def has_gone(state: FileState) -> bool:
    """The agent deleted it, and nobody has decided on that; also where the person keeps it until then."""
    whole = state.whole
    went = whole.own is not None and whole.mine is None and not whole.is_disputed
    return (went or is_kept(state)) and not (state.suspended or state.held)


def is_kept(state: FileState) -> bool:
    """The agent deleted what the person has open or changed."""
    return state.whole.is_disputed and state.whole.theirs is None and state.whole.mine is not None


def old_content(state: FileState) -> str:
    """Of a file that went, as the agent had it."""
    text = state.text
    if text is None:
        return _name(state.whole.own)
    return text.base if is_kept(state) else text.own


def new_content(state: FileState) -> str:
    """Of a file that came."""
    return state.text.mine if state.text is not None else _name(state.whole.mine)


def _name(side: Side) -> str:
    return side.content if side is not None else ""


def joined(old: FileState, new: FileState) -> tuple[FileState, FileState]:
    """Two files as a pair; what may be done with the old one may be done with the new one."""
    gone = replace(old, renamed_to=new.path)
    if is_kept(old):
        return gone, new
    come = replace(new, renamed_from=old.path, bits=old.bits)
    if old.text is None or new.text is None:
        return gone, come
    own = old.text.own
    return gone, replace(come, text=_with_own(new.text, own, changed_lines(own, new.text.mine)))


def _with_own(text: Contribution, own: str, hunks: tuple[Edit, ...]) -> Contribution:
    return Contribution(own, hunks, text.base, text.unshared, text.disputed)


def carried(old: FileState, new: FileState) -> FileState:
    """A file that went, with what the person has typed into the one that it became, or accepted there."""
    if old.text is None or new.text is None or is_kept(old):
        return old
    own = new.text.own
    return replace(old, text=_with_own(old.text, own, (Edit(0, len(own), ""),) if own else ()))


def moved(new: FileState, old: FileState) -> Next:
    """The person takes a new name for a file that he has open or changed: what he has of it goes there."""
    if new.text is None or old.text is None or not has_come(new):
        return Next(new)
    whole = transitions.accept_whole(replace(new, renamed_from="")).state.whole
    text = contribution.linked(old.text.base, old.text.mine, new.text.theirs).after
    return Next(replace(new, text=text, whole=whole, renamed_from=""), changed_lines(new.text.mine, text.mine))
