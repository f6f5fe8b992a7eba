"""What becomes of one linked file. Knows both sides' contents and the rules; reads and writes nothing.

Each function takes a `FileState` and returns the next one, with the edits that the buffer or the file has to take.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from msgspec.structs import replace

from segue.domain.pairing import contribution, tool_edits, whole_files
from segue.domain.pairing.contribution import Contribution, Edits
from segue.domain.pairing.difference import changed_lines
from segue.domain.pairing.edits import Edit
from segue.domain.pairing.text_format import encode
from segue.domain.pairing.whole_files import TEXT, Entry, Side, Whole
from segue.engine.pairing import suspension, unshowable_files
from segue.engine.pairing.disk import REGULAR, Content, opaque
from segue.engine.pairing.line_ends import as_raw, is_raw, met, met_contents
from segue.engine.pairing.link_record import FileState


class Shown(Enum):
    """Where the person's side of a file stands."""

    IN_BUFFER = "buffer"
    """It is open; only edits of the buffer may change it."""
    BLOCKED = "blocked"
    """It cannot be there: a folder has its place, or a file that of a folder above it."""
    ON_DISK = "disk"


@dataclass(frozen=True, slots=True)
class Next:
    """A step of a file."""

    state: FileState
    edits: Edits = ()
    """Of the old `mine`, simultaneous."""
    adopted: int = 0
    """Hunks that the person made his own by touching them."""
    rejected: Edits = ()
    """Hunks that the person undid."""


def begin(path: str, base: Content, mine: Content) -> FileState:
    """A file that nobody has looked at: all of `mine` is the person's."""
    bits = mine.bits
    if not _are_texts(base, mine):
        return FileState(path, Whole(opaque(mine), opaque(mine), opaque(base), opaque(base)), bits=bits)
    base, mine = met_contents(base, mine)
    base = base.like(mine.entry)
    mine = mine.like(base.entry)
    old, new = base.text or "", mine.text or ""
    text = Contribution(new, (), old, changed_lines(old, new), ())
    return FileState(path, Whole(mine.entry, mine.entry, base.entry, base.entry), text, bits=bits)


def _are_texts(*contents: Content) -> bool:
    return all(content.entry is None or content.entry.content == TEXT for content in contents)


def follows(state: FileState, mine: Content) -> FileState:
    """Which of a state and the one that was about to follow it the person's side shows, typed on or not.

    Where only the agent's file was about to change, what that reads tells, as it does at any time.
    """
    following = state.next
    if following is None:
        return state
    state = replace(state, next=None)
    if _reads(state) == _reads(following):
        return state
    if is_mine(following, mine):
        return following
    if state.text is None or following.text is None or mine.text is None:
        return state
    distances = [_distance(text.mine, mine.text) for text in (state.text, following.text)]
    return following if distances[1] < distances[0] else state


def _reads(state: FileState) -> tuple[Side, str]:
    """The person's side."""
    return state.whole.mine, state.text.mine if state.text is not None else ""


def _distance(old: str, new: str) -> int:
    return sum(edit.end - edit.start + len(edit.text) for edit in changed_lines(old, new))


def is_mine(state: FileState, mine: Content) -> bool:
    """Whether `mine` is what the state says."""
    if state.text is None:
        return opaque(mine) == state.whole.mine
    if not _are_texts(mine):
        return False
    state, mine = met(state, mine)
    if state.text is None:
        return False
    return mine.like(state.whole.mine).entry == state.whole.mine and (mine.text or "") == state.text.mine


def is_theirs(state: FileState, theirs: Content) -> bool:
    """Whether `theirs` is what the state says."""
    if state.text is None:
        return opaque(theirs) == state.whole.theirs
    if unshowable_files.is_held(state) or not _are_texts(theirs):
        return unshowable_files.entry_of(theirs) == state.whole.theirs
    state, theirs = met(state, theirs)
    if state.text is None:
        return False
    return theirs.like(state.whole.theirs).entry == state.whole.theirs and (theirs.text or "") == state.text.theirs


def caught_up(state: FileState, mine: Content) -> Next:
    """The user's side reads `mine`, by whatever happened while nobody listened: what differs counts as typed.

    If all of the agent's changes are gone at once, nobody typed that: nothing flows until the user decides."""
    state = _with_bits(state, mine)
    if is_mine(state, mine):
        return Next(state)
    known = state.before if not state.suspended else None
    if known is not None and is_mine(known, mine):
        return Next(known)
    step = _caught_up(state if known is None else replace(state, before=None), mine)
    if mine.entry is None and state.whole.own is None and state.whole.mine is not None:  # it may come back with a stash
        return Next(replace(step.state, before=state), step.edits, step.adopted, step.rejected)
    return step


def _caught_up(state: FileState, mine: Content) -> Next:
    if state.text is None or not _are_texts(mine):
        return Next(suspension.changed(as_opaque(state), opaque(mine)))
    state, mine = met(state, mine)
    assert state.text is not None
    new = mine.text or ""
    back = suspension.resumed(state, new) if state.suspended else None
    if back is not None:
        return Next(replace(back, whole=whole_files.changed(back.whole, mine.like(back.whole.mine).entry)))
    is_agents_gone = bool(state.text.hunks) and new == state.text.own
    if mine.entry is not None and (is_agents_gone or (not state.suspended and suspension.is_users_gone(state, new))):
        return Next(suspension.suspended(state, new, suspension.REVERTED))
    step = contribution.reattached(state.text, new)
    return _typed(replace(state, whole=whole_files.changed(state.whole, mine.like(state.whole.mine).entry)), step)


def _with_bits(state: FileState, mine: Content) -> FileState:
    """What may be done with the person's file, exactly, where the agent has not changed that."""
    own, shown = state.whole.own, state.whole.mine
    if mine.bits in (None, state.bits) or own is None or shown is None or own.mode != shown.mode:
        return state
    return replace(state, bits=mine.bits)


def catch_up_with_text(state: FileState, mine: str) -> Next:
    """The same for a text that a buffer shows."""
    content = Content(state.whole.mine or Entry(REGULAR, TEXT), b"", mine)
    return caught_up(follows(state, content), content)


def taken_over(state: FileState, mine: str) -> FileState:
    """The text is that of another window, which may never have got the agent's changes."""
    is_free = state.text is None or not (state.text.hunks or state.suspended)
    if is_free:
        return catch_up_with_text(state, mine).state
    return suspension.resumed(state, mine) or suspension.suspended(state, mine, suspension.OTHER_WINDOW)


def typed(state: FileState, edits: Edits) -> Next:
    """The person typed in the buffer, or a tool laid its text out for him; sequential edits of `mine`."""
    assert state.text is not None
    text, adopted, rejected = state.text, 0, Next(state).rejected
    layout = tool_edits.layout(text.mine, edits)
    if layout is not None:
        return _typed(state, contribution.formatted(text, layout))
    for edit in edits:
        for smaller in tool_edits.by_lines(text.mine, edit):
            step = contribution.typed(text, smaller)
            text, adopted, rejected = step.after, adopted + len(step.adopted), (*rejected, *step.rejected)
    return Next(replace(state, text=text, whole=_own_again(state, text)), (), adopted, rejected)


def _typed(state: FileState, step: contribution.Step) -> Next:
    whole = _own_again(state, step.after)
    return Next(replace(state, text=step.after, whole=whole), (), len(step.adopted), step.rejected)


def _own_again(state: FileState, text: Contribution) -> Whole:
    """Without a hunk, a file that the agent made is the person's: he took what is in it."""
    whole = state.whole
    if whole.own is None and whole.mine is not None and not (text.hunks or state.renamed_from) and text.own:
        return whole_files.accept(whole)
    return whole


def up(state: FileState, theirs: Content, shown: Shown) -> Next:
    """The agent's file is `theirs` now. Nothing deletes, or makes something else of, a file that is open.

    Where the two sides do not agree on there being a file, its text waits.
    """
    if state.text is not None and not unshowable_files.can_come(state, theirs, is_open=shown is Shown.IN_BUFFER):
        return Next(unshowable_files.hold(state, as_raw(theirs) if is_raw(state) else theirs))
    if state.text is None or not _are_texts(theirs):
        return _up_opaque(state, theirs, shown)
    state, theirs = met(state, theirs)
    text = state.text
    assert text is not None
    if theirs.entry is None and state.whole.base is not None:
        if shown is Shown.IN_BUFFER or text.unshared:
            return Next(replace(state, whole=whole_files.held_back(state.whole, None)))
        step = contribution.wrote(text, "")
        return Next(replace(state, text=step.after, whole=whole_files.wrote(state.whole, None)), step.edits)
    entry = theirs.like(
        state.whole.mine if unshowable_files.is_held(state) else state.whole.theirs or state.whole.mine
    ).entry
    mine = state.whole.mine
    is_reshaped = mine is not None and entry is not None and entry.shape != mine.shape
    is_held = shown is Shown.BLOCKED or (shown is Shown.IN_BUFFER and is_reshaped)
    whole = (whole_files.held_back if is_held else whole_files.wrote)(state.whole, entry)
    waiting = replace(state, text=contribution.held_back(text, theirs.text or ""), whole=whole)
    if is_disputed_as_a_whole(waiting):
        return Next(waiting)
    step = contribution.wrote(text, theirs.text or "")
    return Next(replace(state, text=step.after, whole=whole), step.edits)


def as_opaque(state: FileState) -> FileState:
    """A text, seen as bytes from now on."""
    if state.text is None:
        return state
    text, whole = state.text, state.whole
    sides = ((whole.own, text.own), (whole.mine, text.mine), (whole.base, text.base), (whole.theirs, text.theirs))
    own, mine, base, theirs = (_bytes_entry(side, words) for side, words in sides)
    if text.mine == text.base and whole.mine == whole.base:
        base = mine
    return replace(state, text=None, whole=Whole(own, mine, base, theirs))


def _bytes_entry(side: Side, words: str) -> Side:
    if side is None or side.content != TEXT:
        return unshowable_files.taken(side)
    return opaque(Content(side, encode(words, side.shape)))


def _up_opaque(state: FileState, theirs: Content, shown: Shown) -> Next:
    state = as_opaque(state)
    entry = opaque(theirs)
    whole = (
        whole_files.wrote(state.whole, entry) if shown is Shown.ON_DISK else whole_files.held_back(state.whole, entry)
    )
    return Next(replace(state, whole=whole))


def is_disputed_as_a_whole(state: FileState) -> bool:
    """Whether one side changed a file, or a text, that the other one does not have; all else lets its text flow."""
    whole, text = state.whole, state.text
    is_changed = whole.is_contested or (text is not None and bool(text.disputed))
    return is_changed and ((whole.theirs is None) != (whole.mine is None) or unshowable_files.is_held(state))


def down(state: FileState) -> FileState:
    """The agent's file takes the person's changes: `theirs` of what is returned is to be written."""
    whole = whole_files.shared(state.whole)
    if state.text is None:
        return replace(state, whole=whole)
    if is_disputed_as_a_whole(state):
        return state
    return replace(state, text=contribution.shared(state.text), whole=whole)


def rebased(now: FileState, after: FileState) -> FileState:
    """`after` as it is where the person typed meanwhile, and `now` stands."""
    if now.text is None or after.text is None:
        return replace(now, whole=Whole(now.whole.own, now.whole.mine, after.whole.base, after.whole.theirs))
    base = after.text.base
    text = Contribution(now.text.own, now.text.hunks, base, changed_lines(base, now.text.mine), after.text.disputed)
    whole = Whole(now.whole.own, now.whole.mine, after.whole.base, after.whole.theirs)
    return replace(now, text=text, whole=whole)


def accept_hunks(state: FileState, numbers: list[int]) -> Next:
    assert state.text is not None
    step = contribution.accept(state.text, numbers)
    return Next(replace(state, text=step.after, whole=_own_again(state, step.after)))


def reject_hunks(state: FileState, numbers: list[int]) -> Next:
    assert state.text is not None
    step = contribution.reject(state.text, numbers)
    return Next(replace(state, text=step.after), step.edits)


def accept_whole(state: FileState) -> Next:
    """The file's being there, its mode, its bytes; with a file that came or went, all of its text."""
    whole = whole_files.accept(state.whole)
    is_renamed = bool(state.renamed_from)
    state = replace(state, renamed_from="", renamed_to="")
    if is_renamed or state.text is None or (state.whole.own is None) == (state.whole.mine is None):
        return Next(replace(state, whole=whole))
    step = contribution.accept(state.text, range(len(state.text.hunks)))
    return Next(replace(state, text=step.after, whole=whole))


def reject_whole(state: FileState) -> Next:
    state = replace(apart(state), renamed_to="")
    whole = whole_files.reject(state.whole)
    if state.text is None or (state.whole.own is None) == (state.whole.mine is None):
        return Next(replace(state, whole=whole))
    step = contribution.reject(state.text, range(len(state.text.hunks)))
    return Next(replace(state, text=step.after, whole=whole), step.edits)


def accept_all(state: FileState) -> Next:
    """All that nobody has decided on."""
    left = suspension.left(state)
    if left is not None:
        state = replace(state, text=left, suspended="", before=None)
    numbers = list(range(len(state.text.hunks))) if state.text is not None and not state.suspended else []
    step = accept_hunks(state, numbers) if numbers else Next(state)
    return accept_whole(step.state) if step.state.whole.is_undecided else step


def resolve(state: FileState, number: int, text: str) -> Next:
    """The n-th disputed range shall read `text`."""
    assert state.text is not None
    step = contribution.resolve(state.text, state.text.merge.disputes[number], text)
    return Next(replace(state, text=step.after), step.edits, len(step.adopted))


def resolve_whole_theirs(state: FileState) -> Next:
    whole = whole_files.take_theirs(state.whole)
    state = replace(state, renamed_to="", blocked="")
    if unshowable_files.is_held(state):
        side = unshowable_files.taken(state.whole.theirs)
        return Next(replace(state, text=None, whole=Whole(side, side, side, side)))
    if state.text is None or not is_disputed_as_a_whole(state):
        return Next(replace(state, whole=whole))
    old, new = state.text.mine, state.text.theirs if whole.mine is not None else ""
    text = Contribution(new, (), new, (), ())
    return Next(replace(state, text=text, whole=whole), (Edit(0, len(old), new),) if old != new else ())


def resolve_whole_mine(state: FileState) -> Next:
    """What the person has is sent down at the next boundary."""
    whole = whole_files.keep_mine(state.whole)
    state = replace(state, renamed_to="", blocked="")
    if state.text is None or (whole.theirs is None) == (whole.mine is None):
        return Next(replace(state, whole=whole))
    base, mine = state.text.theirs if whole.theirs is not None else "", state.text.mine
    text = Contribution(mine, (), base, changed_lines(base, mine), ())
    return Next(replace(state, text=text, whole=whole))


def kept_mine_if_blocked(state: FileState) -> FileState:
    """Of a file that cannot be there: what stands in its place was decided to stay."""
    return resolve_whole_mine(state).state if state.blocked else state


def apart(state: FileState) -> FileState:
    """A file that came, without the one that it was: all of it is the agent's."""
    if not state.renamed_from:
        return state
    state = replace(state, renamed_from="")
    if state.text is None:
        return state
    text, mine = state.text, state.text.mine
    hunks = (Edit(0, 0, mine),) if mine else ()
    return replace(state, text=Contribution("", hunks, text.base, text.unshared, text.disputed))


def own_alone(state: FileState) -> Next:
    """The person's text alone, as it is left when the link ends."""
    text = suspension.left(state) or state.text
    if state.suspended and text is not None:
        step = contribution.reject(text, range(len(text.hunks)))
        return Next(replace(state, text=step.after), step.edits)
    state = replace(apart(state), renamed_to="")
    if state.text is None:
        return Next(replace(state, whole=whole_files.reject(state.whole)))
    whole = whole_files.reject(state.whole)
    step = contribution.reject(state.text, range(len(state.text.hunks)))
    return Next(replace(state, text=step.after, whole=whole), step.edits)


def is_settled(state: FileState) -> bool:
    """Both sides have the same, in their files, and nothing waits for a decision: it need not be kept."""
    text, whole = state.text, state.whole
    if state.suspended or state.next is not None or state.is_in_buffer:
        return False
    if whole.is_undecided or whole.is_disputed or whole.mine != whole.base:
        return False
    return text is None or not (text.hunks or text.unshared or text.disputed)


def has_unshared(state: FileState) -> bool:
    if state.suspended or is_disputed_as_a_whole(state):
        return False
    if state.text is not None and state.text.unshared:
        disputed = sum(len(dispute.ours) for dispute in state.text.merge.disputes)
        return len(state.text.merge.all_ours) > disputed
    return not state.whole.is_contested and state.whole.mine != state.whole.base
