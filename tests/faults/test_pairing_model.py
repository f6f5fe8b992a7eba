"""Pairing from outside against a model: whatever user, agent and Segue do, each side reads what the model says.

Each game begins with one of the openings, which make sure that each kind of fault that was met comes up, and goes on at
random. `SEGUE_SEED` repeats a run.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import drill
from faults.pairing_agent import AgentActs
from faults.pairing_segue import SegueActs
from faults.pairing_user import UserActs
from support.chance import SEED
from support.daemon import Installation, installation

STEPS = drill.length(12, 120)
GAMES = drill.length(1, 40)
"""Of each opening."""
OPEN = ("plain.txt", "saved.txt", "windows.txt", "marked.txt", "open end.txt")
WEIGHTS = {
    "user_types": 6,
    "user_edits_a_line": 2,
    "user_formats": 1,
    "user_undoes": 1,
    "user_saves": 2,
    "user_saves_all": 1,
    "user_opens": 2,
    "user_closes": 1,
    "user_loses_the_window": 1,
    "user_loses_what_is_unsaved": 1,
    "user_writes_outside": 3,
    "user_writes_a_whole": 1,
    "user_stashes_and_pops": 1,
    "user_commits": 1,
    "user_opens_through_a_link": 1,
    "user_types_into_a_huge_file": 1,
    "user_uses_another_window": 1,
    "user_deletes": 1,
    "user_renames": 1,
    "user_sets_a_mode": 1,
    "user_rebases": 1,
    "agent_makes_a_file": 2,
    "agent_makes_what_runs": 1,
    "agent_renames": 1,
    "agent_renames_by_case": 1,
    "agent_makes_it_a_program": 1,
    "agent_adds": 6,
    "agent_edits": 2,
    "agent_deletes_a_line": 1,
    "agent_writes_in_pieces": 3,
    "agent_makes_it_a": 2,
    "agent_changes_bytes": 1,
    "segue_has_a_turn": 1,
    "segue_shares": 2,
    "segue_switches": 2,
    "segue_dies": 1,
    "segue_accepts": 2,
    "segue_rejects": 1,
    "segue_takes_a_file": 1,
}


class Game(UserActs, AgentActs, SegueActs):
    """All that can happen."""


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation() as made:
        drill.define_agent(made.root / "d")
        yield made


SPARSE = "a sparse checkout"
OPENINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "nothing": (),
    "bytes changed by both": (
        ("agent_changes_bytes", "picture.bin"),
        ("user_writes_a_whole", "picture.bin"),
        ("user_writes_a_whole", "other.bin"),
        ("agent_changes_bytes", "other.bin"),
        ("segue_switches",),
    ),
    "bytes that cannot be kept": (("segue_cannot_keep_bytes",), ("agent_adds", "plain.txt")),
    "a folder with unsaved text becomes a file": (
        ("user_opens", "folder/deep/below.txt"),
        ("user_types", "folder/deep/below.txt"),
        ("agent_makes_a_file_of_a_folder",),
        ("user_is_asked_once", "folder/deep"),
        ("agent_adds", "closed.txt"),
        ("segue_shares",),
    ),
    "a folder of the user's where the agent has a file": (
        ("user_makes_a_folder_of_a_file", "closed.txt"),
        ("agent_changes_bytes", "closed.txt"),
        ("user_is_asked_once", "closed.txt"),
        ("user_makes_a_file_of_a_folder",),
        ("agent_adds", "plain.txt"),
        ("segue_shares_all",),
    ),
    "a link changed by both": (
        ("agent_points_a_link_elsewhere",),
        ("user_points_a_link_elsewhere",),
        ("segue_switches",),
    ),
    "a text with mixed line ends is merely open": (
        ("user_opens", "mixed.txt"),
        ("segue_has_a_turn",),
        ("agent_adds", "plain.txt"),
    ),
    "a file of Windows is written in pieces": (
        ("agent_writes_in_pieces", "windows.txt"),
        ("agent_writes_in_pieces", "marked.txt"),
    ),
    "an open file becomes bytes": (
        ("agent_makes_it_a", "bytes", "windows.txt"),
        ("user_still_has", "windows.txt"),
        ("agent_makes_it_a", "link", "marked.txt"),
        ("user_still_has", "marked.txt"),
        ("segue_shares",),
    ),
    "an open file becomes a folder": (
        ("agent_makes_it_a", "folder", "plain.txt"),
        ("segue_shares",),
        ("agent_adds", "closed.txt"),
    ),
    "modes": (
        ("agent_adds", "secret.txt"),
        ("agent_adds", "private/key.txt"),
        ("segue_accepts",),
        ("user_writes_outside", "locked.txt"),
        ("user_sets_a_mode", "private/key.txt"),
        ("agent_makes_it_a", "nothing", "secret.txt"),
        ("agent_makes_it_a", "nothing", "private/key.txt"),
        ("agent_makes_a_file", "hollow/within/made.txt"),
        ("segue_switches",),
    ),
    "a stash": (
        ("agent_adds", "saved.txt"),
        ("agent_adds", "closed.txt"),
        ("agent_changes_bytes", "other.bin"),
        ("segue_shares",),
        ("user_stashes_and_pops", "closed.txt", "other.bin"),
        ("segue_switches",),
    ),
    "a file that runs": (("agent_makes_what_runs",), ("segue_has_a_turn",), ("segue_takes_a_file",)),
    "opened through a link": (
        ("user_opens_through_a_link", "folder/inner.txt"),
        ("agent_adds", "folder/inner.txt"),
        ("user_types", "folder/inner.txt"),
        ("user_opens_through_a_link", "closed.txt"),
        ("agent_adds", "closed.txt"),
        ("user_types", "closed.txt"),
        ("segue_shares_all",),
    ),
    "deleted and renamed": (
        ("agent_renames",),
        ("agent_renames_by_case",),
        ("user_deletes",),
        ("segue_switches",),
        ("segue_switches",),
    ),
    "a line of Unix in a file of Windows": (
        ("agent_makes_it_a", "mixed", "windows.txt"),
        ("segue_has_a_turn",),
        ("user_still_has", "windows.txt"),
        ("user_saves_all",),
        ("segue_switches",),
    ),
    "unsaved text of a huge file": (("user_types_into_a_huge_file",), ("segue_has_a_turn",)),
    SPARSE: (
        ("agent_writes_outside_the_cone",),
        ("segue_shares",),
        ("segue_does_not_finish",),
        ("segue_switches",),
        ("segue_switches",),
    ),
    "a tool touches another line": (
        ("agent_adds", "closed.txt"),
        ("agent_adds", "saved.txt"),
        ("user_writes_outside", "closed.txt"),
        ("user_saves_all",),
        ("user_writes_outside", "saved.txt"),
        ("segue_switches",),
    ),
    "a tool takes a line of the agent's away": (
        ("agent_adds", "saved.txt", "2"),
        ("agent_adds", "saved.txt", "12"),
        ("user_has_a_tool_reject", "saved.txt"),
        ("segue_switches",),
    ),
    "accepted, and lost with the editor": (
        ("agent_adds", "plain.txt"),
        ("segue_accepts",),
        ("user_types", "plain.txt"),
        ("user_loses_what_is_unsaved", "plain.txt"),
        ("segue_has_a_turn",),
    ),
}


@pytest.mark.parametrize("opening", OPENINGS)
async def test_both_sides_read_what_the_model_says(segue: Installation, tmp_path: Path, opening: str) -> None:
    dice = random.Random(f"{SEED} {opening}")
    print(f"{opening}: repeat with SEGUE_SEED={SEED}")
    done: Counter[str] = Counter()
    for number in range(GAMES):
        game = Game(segue, tmp_path / f"project {number}", dice)
        game.is_sparse = opening == SPARSE
        await game.begin(OPEN)
        for name, *words in OPENINGS[opening]:
            await game.act(name, *words)
        await game.settled()
        for _ in range(STEPS):
            await game.act(dice.choices([*WEIGHTS], [*WEIGHTS.values()])[0])
        await game.end()
        done += game.done
