"""A file as one thing that two sides change: its being there, mode, line ends, and what is no text. Knows no lines.

The same chains as for texts: `own` is the person's, `mine` what the checkout has, `base` what both agree on, `theirs`
what the agent has. A file that is a text has the content of `Contribution`; here it counts as `TEXT`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from segue.domain.pairing.text_format import PLAIN, Shape

TEXT = "text"
"""The content of whatever is a text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that is there."""

    mode: str
    """git's: `100644`, `100755`, `120000` for a symbolic link."""
    content: str
    """`TEXT`, or the name under which its bytes are kept."""
    shape: Shape = PLAIN
    """Of a text: `LF` also where its line ends are part of the text, because they are mixed."""


Side = Entry | None
"""None where there is no file."""


@dataclass(frozen=True, slots=True)
class Whole:
    own: Side
    mine: Side
    base: Side
    theirs: Side

    @property
    def is_undecided(self) -> bool:
        """There is a change of the agent in the checkout that nobody has decided on."""
        return self.own != self.mine

    @property
    def is_disputed(self) -> bool:
        return self.theirs != self.base

    @property
    def is_contested(self) -> bool:
        """It is disputed in more than an executable bit that is held back."""
        return self.is_disputed and not is_bit_held(self)


def wrote(state: Whole, theirs: Side) -> Whole:
    """The agent's file is `theirs` now; it flows where the person has changed nothing."""
    if theirs == state.mine:
        return replace(state, base=theirs, theirs=theirs)
    if state.mine == state.base:
        return replace(state, mine=theirs, base=theirs, theirs=theirs)
    return replace(state, theirs=theirs)


def held_back(state: Whole, theirs: Side) -> Whole:
    """The same, where nothing may flow by itself: the person has it open."""
    return replace(state, base=theirs, theirs=theirs) if theirs == state.mine else replace(state, theirs=theirs)


def changed(state: Whole, mine: Side) -> Whole:
    """The person's file is `mine` now: that is his word on whatever was undecided."""
    return state if mine == state.mine else replace(state, own=mine, mine=mine)


def shared(state: Whole) -> Whole:
    """The agent's file takes what the person changed; `theirs` is to be written."""
    if is_bit_held(state):
        return _shared_without_bit(state)
    return state if state.is_disputed else replace(state, base=state.mine, theirs=state.mine)


def accept(state: Whole) -> Whole:
    return replace(state, own=state.mine)


def reject(state: Whole) -> Whole:
    return replace(state, mine=state.own)


def take_theirs(state: Whole) -> Whole:
    return Whole(state.theirs, state.theirs, state.theirs, state.theirs)


def keep_mine(state: Whole) -> Whole:
    return replace(state, own=state.mine, base=state.theirs)


# A new executable bit is held back by itself: the rest of the file flows, `theirs` alone has the bit.

REGULAR, EXECUTABLE = "100644", "100755"


def has_new_bit(state: Whole, theirs: Side) -> bool:
    """Whether the agent's file has the bit, and neither the user nor an earlier agreement gave it."""
    known = {side.mode for side in (state.own, state.mine, state.base) if side is not None}
    return theirs is not None and theirs.mode == EXECUTABLE and EXECUTABLE not in known


def without_bit(side: Entry) -> Entry:
    return replace(side, mode=REGULAR)


def with_held_bit(state: Whole) -> Whole:
    """After the file flowed without the bit: only the agent's side has it."""
    theirs = state.theirs
    return state if theirs is None else replace(state, theirs=replace(theirs, mode=EXECUTABLE))


def is_bit_held(state: Whole) -> bool:
    """Whether the bit is all that the two sides do not agree on."""
    base, theirs = state.base, state.theirs
    return base is not None and theirs is not None and base != theirs and base == without_bit(theirs)


def take_bit(state: Whole) -> Whole:
    """Nothing else of the file is decided by it."""
    own, mine = (side and replace(side, mode=EXECUTABLE) for side in (state.own, state.mine))
    return Whole(own, mine, state.theirs, state.theirs)


def refuse_bit(state: Whole) -> Whole:
    """The agent's file loses it with the next `shared`."""
    return replace(state, base=state.theirs)


def _shared_without_bit(state: Whole) -> Whole:
    mine = state.mine
    return replace(state, base=mine, theirs=mine and replace(mine, mode=EXECUTABLE))
