"""Two writers in one text: whose is what stays exact, and nothing of either side is lost (D37, D38).

Every character that anybody writes is unique here, so that its author can be read off the text itself: a model that
shares nothing with the positions that the code keeps.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.domain.pairing import contribution
from segue.domain.pairing.edits import Edit, apply_at_once, apply_in_order

SEEDS = st.integers(0, 2**32)
LAYOUT = {"\n", "\t"}
"""Characters that stand in many places, so that nobody's text is known by them."""


@dataclass
class Pair:
    """A person and an agent in one file; each knows only what a person and an agent would know."""

    dice: random.Random
    is_unique: bool
    state: contribution.Contribution = field(init=False)
    theirs: str = field(init=False)
    person: set[str] = field(default_factory=set)
    """Characters that he typed and has not deleted."""
    agent: set[str] = field(default_factory=set)
    decided: set[str] = field(default_factory=set)
    """Characters of the agent that became the person's by a decision or by a touch."""
    moved: set[str] = field(default_factory=set)
    """Characters of a line that one change takes away and another one brings. Each change is decided for itself, so
    while only one of them is, the line stands twice or not at all; it does so for good where they are decided apart."""
    given_away: set[str] = field(default_factory=set)
    """Characters that the agent has had."""
    given: int = 0xE000

    def __post_init__(self) -> None:
        begin = "".join(f"{chr(0x4E00 + i) if self.is_unique else 'same'}\n" for i in range(self.dice.randint(0, 8)))
        self.state = contribution.Contribution(begin, (), begin, (), ())
        self.theirs = begin
        self.given_away = set(begin)

    def words(self) -> str:
        """A few new characters, with line ends among them."""
        written = ""
        for _ in range(self.dice.randint(0, 4)):
            if self.is_unique:
                self.given += 1
                written += chr(self.given)
            else:
                written += self.dice.choice("ab (")
            if self.dice.random() < 0.4:
                written += "\n"
        return written

    def edit(self, text: str) -> Edit:
        start = self.dice.randint(0, len(text))
        length = self.dice.choice([0, 0, 1, 2, 5])
        return Edit(start, min(len(text), start + length), self.words())

    def types(self) -> None:
        before = self.state
        edit = self.edit(before.mine)
        mine = apply_in_order(before.mine, [edit])
        step = contribution.typed(before, edit)
        assert step.after.mine == mine
        if not step.adopted and not step.rejected:
            assert len(step.after.own) == len(before.own) + edit.shift
        self.took(before.mine[edit.start : edit.end], edit.text)
        self.kept(step.adopted, before)
        self.state = step.after

    def took(self, old: str, new: str) -> None:
        self.person = (self.person - set(old)) | set(new)

    def kept(self, hunks: tuple[Edit, ...], state: contribution.Contribution) -> None:
        """The person agreed to hunks of a state: what they wrote is his, what they removed is gone."""
        for hunk in hunks:
            self.decided |= set(hunk.text)
            self.person -= set(state.own[hunk.start : hunk.end]) - set(hunk.text)

    def writes(self) -> None:
        edit = self.edit(self.theirs)
        self.theirs = apply_in_order(self.theirs, [edit])
        self.agent |= set(edit.text)
        self.takes_up()

    def takes_up(self) -> None:
        step = contribution.wrote(self.state, self.theirs)
        assert step.after.own == self.state.own, "what an agent writes is never the person's text"
        assert apply_at_once(self.state.mine, step.edits) == step.after.mine
        self.state = step.after
        assert self.state.theirs == self.theirs

    def shares(self) -> None:
        self.takes_up()
        mine = self.state.mine
        self.state = contribution.shared(self.state)
        self.theirs = self.state.theirs
        self.given_away |= set(self.theirs)
        assert self.state.mine == mine
        if not self.state.disputed:
            assert self.theirs == mine

    def accepts(self) -> None:
        if self.state.hunks:
            at = self.dice.randrange(len(self.state.hunks))
            self.kept((self.state.hunks[at],), self.state)
            mine = self.state.mine
            self.state = contribution.accept(self.state, [at]).after
            assert self.state.mine == mine

    def rejects(self) -> None:
        if self.state.hunks:
            at = self.dice.randrange(len(self.state.hunks))
            step = contribution.reject(self.state, [at])
            assert step.after.own == self.state.own
            assert apply_at_once(self.state.mine, step.edits) == step.after.mine
            self.state = step.after

    def resolves(self) -> None:
        disputes = self.state.merge.disputes
        if disputes:
            dispute = self.dice.choice(disputes)
            place = contribution.place_in_mine(self.state, dispute)
            now = self.state.mine[place.start : place.end]
            text = self.dice.choice([place.text, now])
            self.moved |= set(text) & set(self.state.own + self.state.mine) - set(now)
            step = contribution.resolve(self.state, dispute, text)
            assert apply_at_once(self.state.mine, step.edits) == step.after.mine
            self.decided |= set(text)
            if step.edits:
                self.took(self.state.mine[place.start : place.end], text)
            self.kept(step.adopted, self.state)
            self.state = step.after
            assert self.state.theirs == self.theirs

    def restarts(self) -> None:
        """The person types while nobody looks, and the difference is found afterwards."""
        edit = self.edit(self.state.mine)
        mine = apply_in_order(self.state.mine, [edit])
        step = contribution.reattached(self.state, mine)
        assert step.after.mine == mine
        self.took(self.state.mine[edit.start : edit.end], edit.text)
        self.kept(step.adopted, self.state)
        self.state = step.after

    def formats(self) -> None:
        """A tool sets tabs here and there, or takes them all away."""
        mine = self.state.mine
        places = sorted(self.dice.sample(range(len(mine) + 1), min(3, len(mine))))
        edits = [Edit(at, at, "\t") for at in places]
        if self.dice.random() < 0.3:
            edits = [Edit(at, at + 1, "") for at, character in enumerate(mine) if character == "\t"]
        step = contribution.formatted(self.state, edits)
        assert step.after.mine == apply_at_once(mine, edits)
        assert not step.adopted, "laying out takes nothing over"
        self.state = step.after

    def check(self) -> None:
        state = self.state
        assert apply_at_once(state.base, state.unshared) == state.mine, "both chains meet in one text"
        assert [*state.hunks] == sorted(state.hunks, key=lambda hunk: (hunk.start, hunk.end))
        if not self.is_unique:
            return
        for hunk in state.hunks:
            self.moved |= self.person & (set(hunk.text) - set(state.own[hunk.start : hunk.end]))
        written = self.person - self.moved - LAYOUT
        own = [character for character in state.own if character in written]
        shown = [character for character in state.mine if character in written]
        assert shown == [character for character in own if character in state.mine], "in his order"
        assert set(own) == written and len(own) == len(written), "nothing that he typed is lost or doubled"
        undecided = self.agent - self.decided - LAYOUT
        assert not undecided & set(state.own), "nothing of the agent is his before he says so"
        unseen = (set(self.theirs) & undecided) - set(state.mine)
        told = {
            character
            for dispute in state.merge.disputes
            for character in contribution.place_in_mine(state, dispute).text
        }
        told |= {character for edit in state.merge.theirs for character in edit.text}  # what the next step brings
        rejected = {character for edit in state.unshared for character in state.base[edit.start : edit.end]}
        assert unseen <= told | rejected, "whatever the agent wrote is there, disputed, or was taken out by him"
        unfinished = written - self.given_away - self.agent
        assert not unfinished & set(state.accepted) or state.hunks, "what the agent never had is no part of its work"


MOVES = [
    "types",
    "types",
    "writes",
    "writes",
    "takes_up",
    "shares",
    "accepts",
    "rejects",
    "resolves",
    "restarts",
    "formats",
]


@settings(max_examples=300, deadline=None)
@given(SEEDS, st.lists(st.sampled_from(MOVES), max_size=40))
def test_his_own_text_is_exact_and_nothing_of_either_side_is_lost(seed: int, moves: list[str]) -> None:
    pair = Pair(random.Random(seed), True)
    for move in moves:
        getattr(pair, move)()
        pair.check()


def test_what_the_agent_wrote_right_behind_a_dispute_outlives_its_resolution() -> None:
    """Met in a random game: an insertion where the dispute ends was taken for a part of it, and forgotten."""
    theirs = (Edit(0, 2, "agent\n"), Edit(4, 4, "new\n"))
    state = contribution.Contribution("mine", (), "a\nb\n", (Edit(0, 4, "mine"),), theirs)
    [dispute] = state.merge.disputes
    assert contribution.resolve(state, dispute, "mine").after.theirs == state.theirs == "agent\nb\nnew\n"


@settings(max_examples=300, deadline=None)
@given(SEEDS, st.lists(st.sampled_from(MOVES), max_size=40))
def test_lines_that_look_alike_do_no_harm(seed: int, moves: list[str]) -> None:
    pair = Pair(random.Random(seed), False)
    for move in moves:
        getattr(pair, move)()
        pair.check()


@pytest.mark.parametrize("is_unique", [True, False])
@settings(max_examples=200, deadline=None)
@given(seed=SEEDS, moves=st.lists(st.sampled_from(MOVES), max_size=25))
def test_accepting_all_is_the_agents_text_and_rejecting_all_is_his_own(
    is_unique: bool, seed: int, moves: list[str]
) -> None:
    """D38: in any order of decisions, and after sharing both sides read the same."""
    pair = Pair(random.Random(seed), is_unique)
    for move in moves:
        getattr(pair, move)()
    while pair.state.merge.disputes:
        pair.resolves()
        pair.takes_up()
    pair.shares()
    assert pair.state.mine == pair.theirs
    before = pair.state
    one_by_one = before
    while one_by_one.hunks:
        one_by_one = contribution.accept(one_by_one, [pair.dice.randrange(len(one_by_one.hunks))]).after
    at_once = contribution.accept(before, range(len(before.hunks))).after
    assert one_by_one.own == at_once.own == pair.theirs
    while before.hunks:
        before = contribution.reject(before, [pair.dice.randrange(len(before.hunks))]).after
    assert before.mine == before.own == pair.state.own
    assert contribution.reject(pair.state, range(len(pair.state.hunks))).after == before
