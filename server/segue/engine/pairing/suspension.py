"""A file whose text was reached without typing. Knows what it was before, and when that is back; reads nothing.

While a file is suspended nothing flows. `FileState.before` has what stood there last, with the agent's changes by
position. As soon as all of those are in the text again, the file goes on by itself.
"""

from __future__ import annotations

from msgspec.structs import replace

from segue.domain.pairing import contribution, whole_files
from segue.domain.pairing.contribution import Contribution, Edits
from segue.domain.pairing.difference import changed_lines
from segue.domain.pairing.edits import apply_at_once, rebase
from segue.domain.pairing.text_merge import in_order, partition
from segue.domain.pairing.whole_files import Side, Whole
from segue.engine.pairing.disk import Content, opaque
from segue.engine.pairing.line_ends import met
from segue.engine.pairing.link_record import FileState

REVERTED = "Its text came from somewhere else than typing: a revert, a checkout or a stash."
OTHER_WINDOW = "Its text is that of another window now, which has not got the agent's changes."
DISCARDED = "It was closed without saving, and the agent's changes went with that."
STASHED = "Your git stash took this new file of the agent's along."
LOST = "Its unsaved text, with what you had accepted, went with the window that closed. Segue has kept it."


def suspended(state: FileState, mine: str, why: str) -> FileState:
    """The text became `mine` without typing. It is the user's; the agent's changes wait until they say so."""
    assert state.text is not None
    base = state.text.base if state.suspended else state.text.accepted
    text = Contribution(mine, (), base, changed_lines(base, mine), changed_lines(base, state.text.theirs))
    return replace(state, text=text, suspended=why, before=_known(state), next=None)


def lost(state: FileState, mine: str) -> FileState:
    """A window took its unsaved text along: `mine` is in the file. What the user accepted is the agent's again."""
    assert state.text is not None
    text = Contribution(mine, (), mine, (), changed_lines(mine, state.text.theirs))
    return replace(state, text=text, suspended=LOST, before=_known(state), next=None, is_in_buffer=False)


def replaced(state: FileState, mine: str) -> FileState:
    """The text became `mine` by something that is no key: an editor that reverted it, or read its file again."""
    is_taken_away = not state.suspended and (state.is_in_buffer or is_users_gone(state, mine))
    back = None if is_taken_away else resumed(state, mine)
    return back if back is not None else suspended(state, mine, REVERTED)


def changed(state: FileState, mine: Side) -> FileState:
    """Another version of a file that is no text: the user's from now on, unless a tool took a change away.

    A stash or a checkout takes the agent's change and leaves the user's own version, or takes the user's where both
    changed the file. As soon as what was taken is back, the file is as it was before.
    """
    known = state.before
    if state.suspended and known is not None and known.text is None and mine == known.whole.mine:
        return replace(known, bits=state.bits)
    whole = state.whole
    is_agents_gone = whole.is_undecided and mine is not None and mine == whole.own
    is_users_gone = whole.is_contested and whole.mine != whole.base and mine == whole.base
    after = replace(state, whole=whole_files.changed(whole, mine))
    is_taken_away = (is_agents_gone or is_users_gone) and not state.suspended
    return replace(after, suspended=REVERTED, before=_known(state), next=None) if is_taken_away else after


def is_gone(state: FileState) -> bool:
    """Whether the agent's new file, which nobody decided on, is not in the checkout any more."""
    known = state.before
    is_new = known is not None and known.whole.own is None and known.whole.mine is not None
    return is_new and not state.suspended and state.whole.mine is None


def stashed(state: FileState) -> FileState:
    """A stash took such a file along, which is no decision: it is undecided again when it is back."""
    text = state.text and Contribution("", (), "", (), changed_lines("", state.text.theirs))
    return replace(state, whole=Whole(None, None, None, state.whole.theirs), text=text, suspended=STASHED, next=None)


def has_undecided(state: FileState) -> bool:
    """Whether there is something of the agent's that nobody decided on, or was until the file was suspended."""
    known = _known(state)
    return known.whole.is_undecided or (known.text is not None and bool(known.text.hunks))


def is_deletion(state: FileState) -> bool:
    """Whether the agent deleted the file, and nobody decided on that."""
    whole = _known(state).whole
    return whole.own is not None and whole.mine is None


def is_in(state: FileState, copy: Content) -> bool:
    """Whether a copy of a file has some of those changes."""
    known, copy = met(_known(state), copy)
    if known.text is None:
        return known.whole.is_undecided and opaque(copy) == known.whole.mine
    return copy.text is not None and bool(contribution.reattached(known.text, copy.text).after.hunks)


def is_users_gone(state: FileState, mine: str) -> bool:
    """Whether all that the user changed in a text is gone at once, where the agent has other versions of it."""
    text = state.text
    return text is not None and bool(text.disputed and text.unshared) and not text.hunks and mine == text.base


def lacks_changes(state: FileState, mine: str) -> bool:
    """Whether a text that is new has not all of the agent's changes that were in the one before."""
    text = state.text
    return text is not None and bool(text.hunks) and mine != text.mine and resumed(state, mine) is None


def resumed(state: FileState, mine: str) -> FileState | None:
    """The state as it goes on with this text; None where some of the agent's changes are not in it as they were."""
    known = _known(state).text
    if known is None or any(hunk.text not in mine for hunk in known.hunks):
        return None
    if state.suspended and (state.suspended == LOST or not known.hunks) and mine != known.mine:
        return None
    step = contribution.reattached(known, mine)
    if step.adopted or step.rejected:
        return None
    whole = _known(state).whole if state.suspended else state.whole
    return replace(state, text=step.after, whole=whole, suspended="", before=None, next=None)


def left(state: FileState) -> Contribution | None:
    """The text with the agent's changes that are still in it; None where there are none, or it flows."""
    known = state.before.text if state.suspended and state.before is not None else None
    if known is None or state.text is None:
        return None
    found = contribution.reattached(known, state.text.mine).after
    return found if found.hunks else None


def holds(state: FileState, text: str) -> bool:
    """Whether a text has some of the agent's changes that a suspended file had."""
    known = state.before.text if state.suspended and state.before is not None else None
    return known is not None and bool(contribution.reattached(known, text).after.hunks)


def restored(state: FileState) -> tuple[FileState, Edits]:
    """The text that was lost, with what was typed since; and the edits that bring it back."""
    known, text = state.before.text if state.before is not None else None, state.text
    if text is None and state.before is not None:
        before = replace(state.before, bits=state.bits)
        is_agents = before.whole.is_undecided
        return before if is_agents else replace(before, whole=whole_files.take_theirs(state.whole)), ()
    if known is None or text is None or state.suspended != LOST:
        return replace(state, suspended="", before=None), ()
    found = partition(text.base, text.unshared, changed_lines(text.base, known.mine))
    edits = rebase(in_order(found.theirs), found.all_ours)
    again = contribution.reattached(known, apply_at_once(text.mine, edits)).after
    return replace(state, text=again, suspended="", before=None), edits


def dropped(state: FileState) -> FileState:
    """What the user has now is what they want."""
    if state.text is None:
        return replace(state, whole=whole_files.keep_mine(state.whole), suspended="", before=None)
    theirs, mine = state.text.theirs, state.text.mine
    text = Contribution(mine, (), theirs, changed_lines(theirs, mine), ())
    whole = whole_files.keep_mine(state.whole) if state.whole.mine is None else state.whole
    return replace(state, text=text, whole=whole, suspended="", before=None)


def _known(state: FileState) -> FileState:
    return state.before if state.before is not None else replace(state, next=None)
