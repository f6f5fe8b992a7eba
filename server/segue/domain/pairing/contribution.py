"""One text that a person and an agent both work on. Knows who wrote what; knows no files, buffers or sessions.

Two chains of exact edits meet in `mine`, the text that the person sees:

    own ── hunks ──▶ mine ◀── unshared ── base ── disputed ──▶ theirs

`own` is the person's text alone: typed, accepted or adopted. `hunks` are the agent's changes that nobody has decided
on. `base` is what both sides agree on, `unshared` what the agent has not got yet, and `disputed` what the person has
not got because both changed the same lines. All texts have `\\n` as line end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from segue.domain.pairing.difference import changed_lines
from segue.domain.pairing.edits import Edit, apply_at_once, compose, rebase, shifted, trimmed
from segue.domain.pairing.text_merge import Dispute, Partition, in_order, partition

Edits = tuple[Edit, ...]


@dataclass(frozen=True)
class Contribution:
    """See the module. Changed only by the functions here, which return a new one."""

    own: str
    hunks: Edits
    """Of `own`: with them it reads `mine`. Sorted, not overlapping."""
    base: str
    unshared: Edits
    """Of `base`: with them it reads `mine`."""
    disputed: Edits
    """Of `base`: with them it reads `theirs`. Each clashes with something unshared, until that changes, or is held
    back."""

    @cached_property
    def mine(self) -> str:
        """What the open buffer reads, or the file of the checkout."""
        return apply_at_once(self.own, self.hunks)

    @cached_property
    def theirs(self) -> str:
        """What the agent's file reads."""
        return apply_at_once(self.base, self.disputed)

    @cached_property
    def merge(self) -> Partition:
        """How unshared and disputed changes go together."""
        return partition(self.base, self.unshared, self.disputed)

    @property
    def can_flow(self) -> bool:
        """Whether something that was disputed fits by now: another `wrote` brings it."""
        return bool(self.disputed and (self.merge.theirs or self.merge.agreed))

    @cached_property
    def accepted(self) -> str:
        """What the agent has of the person's text: `accepted` to `theirs` is the agent's work alone."""
        if not self.hunks:
            return self.base
        back = inverse(self.own, self.hunks)
        unsharing = inverse(self.base, self.unshared)
        found = partition(self.mine, back, unsharing)
        agreed = [edit for edit, _ in found.agreed]
        # Where a hunk and what was typed since stand in one line, the line counts as the person's.
        kept = [edit for dispute in found.disputes for edit in dispute.ours]
        return apply_at_once(self.mine, in_order([*found.ours, *found.theirs, *agreed, *kept]))


@dataclass(frozen=True)
class Step:
    """What became of a contribution."""

    after: Contribution
    edits: Edits = ()
    """Of the old `mine`, simultaneous: what has to be done to buffer or file."""
    adopted: Edits = ()
    """Hunks of the old state that the person made his own by touching them."""
    rejected: Edits = ()
    """Hunks of the old state that the person undid."""


def linked(base: str, mine: str, theirs: str) -> Step:
    """Begin: all of `mine` is the person's, `theirs` the agent's, `base` what both once agreed on."""
    begun = Contribution(mine, (), base, changed_lines(base, mine), ())
    return wrote(begun, theirs)


def inverse(old: str, edits: Iterable[Edit]) -> Edits:
    """The edits of the new text that lead back to `old`."""
    back: list[Edit] = []
    by = 0
    for edit in edits:
        start = edit.start + by
        back.append(Edit(start, start + len(edit.text), old[edit.start : edit.end]))
        by += edit.shift
    return tuple(back)


def typed(state: Contribution, edit: Edit) -> Step:
    """The person replaced a range of `mine`. What touches a hunk adopts it; what restores its old text rejects it."""
    places = inverse(state.own, state.hunks)
    touched = [at for at, place in enumerate(places) if _touches(edit, place)]
    if not touched:
        return Step(_typed_outside(state, places, edit))
    first, last = touched[0], touched[-1]
    hull = Edit(places[first].start, places[last].end, "")
    start, end = min(hull.start, edit.start), max(hull.end, edit.end)
    new = state.mine[start : edit.start] + edit.text + state.mine[edit.end : end]
    by = places[first].start - state.hunks[first].start
    behind = places[last].end - state.hunks[last].end
    old_start, old_end = start - by, end - behind
    decided = tuple(state.hunks[at] for at in touched)
    if new == state.own[old_start:old_end]:
        return Step(
            replace(state, hunks=_without(state.hunks, touched), unshared=_unshared(state, edit)), rejected=decided
        )
    own = state.own[:old_start] + new + state.own[old_end:]
    later = shifted(state.hunks[last + 1 :], len(new) - (old_end - old_start))
    return Step(
        replace(state, own=own, hunks=(*state.hunks[:first], *later), unshared=_unshared(state, edit)),
        adopted=decided,
    )


def formatted(state: Contribution, edits: Sequence[Edit]) -> Step:
    """A tool laid `mine` out anew by simultaneous edits: within a hunk its text changes, and it stays the agent's."""
    step = Step(state)
    for edit in reversed(edits):
        more = _formatted(step.after, edit) or typed(step.after, edit)
        step = Step(more.after, (), step.adopted + more.adopted, step.rejected + more.rejected)
    return step


def _formatted(state: Contribution, edit: Edit) -> Step | None:
    """None where the edit is not within one hunk. What stands at a hunk's end belongs to what follows it."""
    for at, place in enumerate(inverse(state.own, state.hunks)):
        if place.start <= edit.start < place.end and edit.end <= place.end:
            hunk = state.hunks[at]
            begin, end = edit.start - place.start, edit.end - place.start
            laid = Edit(hunk.start, hunk.end, hunk.text[:begin] + edit.text + hunk.text[end:])
            is_undone = laid.text == place.text
            kept = () if is_undone else (laid,)
            hunks = (*state.hunks[:at], *kept, *state.hunks[at + 1 :])
            after = replace(state, hunks=hunks, unshared=_unshared(state, edit))
            return Step(after, rejected=(hunk,) if is_undone else ())
    return None


def _touches(edit: Edit, place: Edit) -> bool:
    if place.start == place.end == edit.start == edit.end:
        return edit.text == place.text  # deleted lines that are typed, or undone, where they stood
    return edit.start < place.end and place.start < edit.end


def _typed_outside(state: Contribution, places: Edits, edit: Edit) -> Contribution:
    before = 0
    while before < len(places) and _is_before(places[before], edit):
        before += 1
    by = sum(hunk.shift for hunk in state.hunks[:before])
    start, end = edit.start - by, edit.end - by
    own = state.own[:start] + edit.text + state.own[end:]
    hunks = (*state.hunks[:before], *shifted(state.hunks[before:], edit.shift))
    return replace(state, own=own, hunks=hunks, unshared=_unshared(state, edit))


def _is_before(place: Edit, edit: Edit) -> bool:
    """Whether a hunk stands before what was typed; where both are points, the typed text goes first."""
    if place.start == place.end == edit.start == edit.end:
        return False
    return place.end <= edit.start


def _without(hunks: Edits, numbers: Sequence[int]) -> Edits:
    return tuple(hunk for at, hunk in enumerate(hunks) if at not in numbers)


def _unshared(state: Contribution, edit: Edit) -> Edits:
    return _tidied(state.base, state.unshared, state.mine, (edit,))


def _tidied(base: str, unshared: Edits, mine: str, edits: Edits) -> Edits:
    pieces = compose(unshared, mine, edits)
    found = (trimmed(base, piece.edit) if piece.is_touched else piece.edit for piece in pieces)
    return tuple(edit for edit in found if edit is not None)


def wrote(state: Contribution, theirs: str) -> Step:
    """The agent's file reads `theirs` now. What fits goes into `mine` as hunks; the rest stays disputed."""
    found = partition(state.base, state.unshared, changed_lines(state.base, theirs))
    agreed = [edit for edit, _ in found.agreed]
    taken = in_order([*found.theirs, *agreed])
    disputes = in_order([edit for dispute in found.disputes for edit in dispute.theirs])
    unshared = in_order([*found.ours, *(edit for dispute in found.disputes for edit in dispute.ours)])
    edits = rebase(in_order(found.theirs), found.all_ours)
    after = Contribution(
        own=state.own,
        hunks=_with_agent(state, edits),
        base=apply_at_once(state.base, taken),
        unshared=rebase(unshared, taken),
        disputed=rebase(disputes, taken),
    )
    return Step(after, edits)


def _with_agent(state: Contribution, edits: Edits) -> Edits:
    hunks: list[Edit] = []
    for piece in compose(state.hunks, state.mine, edits):
        if piece.is_touched:
            old = state.own[piece.edit.start : piece.edit.end]
            hunks += shifted(changed_lines(old, piece.edit.text), piece.edit.start)
        else:
            hunks.append(piece.edit)
    return tuple(hunks)


def held_back(state: Contribution, theirs: str) -> Contribution:
    """The agent's file reads `theirs` now, and nothing of it may flow."""
    return replace(state, disputed=changed_lines(state.base, theirs))


def shared(state: Contribution) -> Contribution:
    """The agent's file takes the person's changes: `theirs` of what is returned is to be written there.

    Disputed regions stay the agent's. `state.theirs` must be what the file reads (`wrote` comes first).
    """
    found = state.merge
    agreed = [edit for edit, _ in found.agreed]
    taken = in_order([*found.ours, *agreed])
    disputed = in_order([*found.theirs, *(edit for dispute in found.disputes for edit in dispute.theirs)])
    ours = in_order([edit for dispute in found.disputes for edit in dispute.ours])
    return Contribution(
        own=state.own,
        hunks=state.hunks,
        base=apply_at_once(state.base, taken),
        unshared=rebase(ours, taken),
        disputed=rebase(disputed, taken),
    )


def accept(state: Contribution, numbers: Sequence[int]) -> Step:
    """The hunks at these places in `hunks` become the person's text."""
    chosen = [state.hunks[at] for at in sorted(numbers)]
    own = apply_at_once(state.own, chosen)
    return Step(replace(state, own=own, hunks=rebase(_without(state.hunks, numbers), chosen)))


def reject(state: Contribution, numbers: Sequence[int]) -> Step:
    """The hunks at these places go; the agent learns of it when the person's changes are shared."""
    places = inverse(state.own, state.hunks)
    edits = tuple(places[at] for at in sorted(numbers))
    unshared = _tidied(state.base, state.unshared, state.mine, edits)
    return Step(replace(state, hunks=_without(state.hunks, numbers), unshared=unshared), edits)


def resolve(state: Contribution, dispute: Dispute, text: str) -> Step:
    """The person says what a disputed range shall read. From then on the agent's version of it is agreed history."""
    place = place_in_mine(state, dispute)
    step = typed(state, Edit(place.start, place.end, text)) if state.mine[place.start : place.end] != text else None
    after = step.after if step else state
    theirs = apply_at_once(state.base[dispute.start : dispute.end], shifted(dispute.theirs, -dispute.start))
    taken = (Edit(dispute.start, dispute.end, theirs),)
    disputed = in_order(_other_theirs(state.merge, dispute))
    base = apply_at_once(after.base, taken)
    settled = replace(after, base=base, unshared=changed_lines(base, after.mine), disputed=rebase(disputed, taken))
    edits = (Edit(place.start, place.end, text),) if step else ()
    return Step(settled, edits, step.adopted if step else (), step.rejected if step else ())


def _other_theirs(found: Partition, dispute: Dispute) -> list[Edit]:
    """What the agent changed besides a dispute; an insertion where the dispute begins or ends is no part of it."""
    others = [edit for other in found.disputes if other != dispute for edit in other.theirs]
    return [*found.theirs, *(edit for edit, _ in found.agreed), *others]


def place_in_mine(state: Contribution, dispute: Dispute) -> Edit:
    """The disputed range in `mine`, with what the agent has there as text."""
    others = (edit for edit in state.merge.all_ours if edit not in dispute.ours)
    before = sum(edit.shift for edit in others if edit.end <= dispute.start)
    within = sum(edit.shift for edit in dispute.ours)
    theirs = apply_at_once(state.base[dispute.start : dispute.end], shifted(dispute.theirs, -dispute.start))
    return Edit(dispute.start + before, dispute.end + before + within, theirs)


def reattached(state: Contribution, mine: str) -> Step:
    """The buffer reads `mine` after nobody looked: whatever differs counts as typed."""
    step = Step(state)
    for edit in reversed(changed_lines(state.mine, mine)):
        more = typed(step.after, edit)
        step = Step(more.after, (), step.adopted + more.adopted, step.rejected + more.rejected)
    return step
