"""Which changes of the agent's are held back until the user takes them. Knows states and rules; writes nothing.

What runs without being started by hand must not stand in the checkout before a decision: such a file is held back as a
whole. Of any other file a new executable bit is held back, and its text flows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed

from msgspec.structs import replace

from segue.domain import runnable_files
from segue.domain.pairing import whole_files
from segue.domain.pairing.contribution import Contribution
from segue.domain.pairing.difference import changed_lines
from segue.domain.pairing.whole_files import Whole
from segue.domain.runnable_files import Hooked, Kind, Runs, Texts
from segue.engine.pairing import transitions, unshowable_files
from segue.engine.pairing.disk import Content, content_of, opaque
from segue.engine.pairing.line_ends import as_raw, is_mixed, is_raw
from segue.engine.pairing.link_record import FileState
from segue.engine.pairing.transitions import Next, Shown
from segue.git.automatic_programs import Hooks
from segue.git.checkouts import Checkout


class Holding:
    """Of one checkout."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    @classmethod
    def of(cls, checkout: Checkout) -> Holding:
        return cls(Hooks(checkout.place, checkout.path, checkout.common_dir))

    def up(self, state: FileState, theirs: Content, shown: Shown) -> Next:
        """The agent's file is `theirs` now; blocking."""
        return up(state, theirs, shown, self._hooks.now())


def up(state: FileState, theirs: Content, shown: Shown, hooked: Hooked) -> Next:
    """The same, by what git runs in the checkout."""
    why = _why_held(state, theirs, hooked)
    if why:
        return _held(state, theirs, why)
    kept = state.whole.base == state.whole.theirs == unshowable_files.entry_of(theirs)
    if state.text is not None and unshowable_files.is_held(state) and kept:
        return Next(state)  # the user kept their own: the agent gets it at the next boundary
    state = replace(state, held="")
    if shown is Shown.BLOCKED or theirs.entry is None or not whole_files.has_new_bit(state.whole, theirs.entry):
        return transitions.up(state, theirs, shown)
    flowing = changed(theirs, entry=whole_files.without_bit(theirs.entry))
    step = transitions.up(state, flowing, shown)
    return changed(step, state=replace(step.state, whole=whole_files.with_held_bit(step.state.whole)))


def held_back(state: FileState) -> Runs | None:
    """Why something of a file is held back."""
    if state.held:
        return Runs(Kind.AUTOMATIC, state.held)
    is_held = whole_files.is_bit_held(state.whole) and state.whole.mine is not None
    return Runs(Kind.AUTOMATIC, runnable_files.PROGRAM) if is_held else None


def _why_held(state: FileState, theirs: Content, hooked: Hooked) -> str:
    whole, entry = transitions.as_opaque(state).whole, opaque(theirs)
    if entry in (whole.base, whole.mine) and not _is_undecided(state):
        return ""
    old = state.text.base if state.text is not None else None
    found = runnable_files.runs(state.path, Texts(old, theirs.text), hooked)
    return found.reason if found is not None and found.kind is Kind.AUTOMATIC else ""


def _is_undecided(state: FileState) -> bool:
    return state.whole.is_undecided or (state.text is not None and bool(state.text.hunks))


def _held(state: FileState, theirs: Content, why: str) -> Next:
    if _is_undecided(state):
        return _withdrawn(state, why)
    if state.text is not None:
        after = unshowable_files.hold(state, as_raw(theirs) if is_raw(state) else theirs)
    else:
        after = replace(state, whole=whole_files.held_back(state.whole, opaque(theirs)))
    return Next(replace(after, held=why if after.whole.is_disputed else ""))


def _withdrawn(state: FileState, why: str) -> Next:
    """What stands in the checkout by now, from before it was known to run, leaves it again; the next step holds it."""
    step = transitions.own_alone(state)
    own, theirs, text = step.state.whole.own, state.whole.theirs, step.state.text
    if text is not None:
        text = Contribution(text.own, (), text.own, (), changed_lines(text.own, text.theirs))
    after = replace(step.state, whole=Whole(own, own, own, theirs), text=text, held=why)
    return Next(after, step.edits)


def goes_on(state: FileState) -> bool:
    """Whether another step has to follow at once: its text left the checkout, and is not held as a whole yet."""
    return bool(
        state.held and state.text is not None and state.whole.theirs is not None
    ) and not unshowable_files.is_held(state)


def resolve(state: FileState, take: str, read: Callable[[str], bytes]) -> Next:
    """What the user says to a proposal of the whole file, or of its executable bit; `read` gives kept bytes."""
    if whole_files.is_bit_held(state.whole):
        return Next(
            replace(state, whole=(whole_files.refuse_bit if take == "mine" else whole_files.take_bit)(state.whole))
        )
    if take != "mine" and state.held and unshowable_files.is_held(state) and not is_raw(state):
        taken = _taken_as_text(state, read)
        if taken is not None:
            return taken
    step = (transitions.resolve_whole_mine if take == "mine" else transitions.resolve_whole_theirs)(state)
    return changed(step, state=replace(step.state, held=""))


def _taken_as_text(state: FileState, read: Callable[[str], bytes]) -> Next | None:
    """The agent's text in the place of the user's, through the buffer where there is one; None where it is no text."""
    theirs, text = state.whole.theirs, state.text
    content = content_of(read(theirs.content), theirs.mode) if theirs is not None else None
    if text is None or content is None or content.text is None or is_mixed(content.text):
        return None
    entry = content.like(state.whole.mine).entry
    after = Contribution(content.text, (), content.text, (), ())
    edits = changed_lines(text.mine, content.text)
    return Next(replace(state, whole=Whole(entry, entry, entry, entry), text=after, held="", renamed_to=""), edits)
