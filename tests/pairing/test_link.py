"""A person's buffers and an agent's worktree follow each other; every change of the agent is a hunk to decide on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from segue.domain.errors import InputRefused, StaleDecision
from segue.domain.pairing import edit_timing
from support.pairing import LINES, Pairing, paired
from support.repositories import git


async def test_the_agent_has_unsaved_text_and_its_changes_come_into_the_buffer(pair: Pairing) -> None:
    file = pair.project / "a.txt"
    pair.editor.open(file)
    pair.editor.insert(file, "line 2", "typed ")
    (pair.project / "untracked.txt").write_text("new\n")
    (pair.project / "src/b.txt").write_text("staged\n")
    git(pair.project, "add", "src/b.txt")
    status = git(pair.project, "status", "--porcelain")
    await pair.new("[[wait-file go]][[append a.txt from the agent\\n]]", "inline")
    await pair.until(lambda: pair.session.has_worktree and pair.session.turns)
    assert "typed line 2" in (pair.worktree / "a.txt").read_text(), "what is typed but not saved"
    assert (pair.worktree / "untracked.txt").read_text() == "new\n"
    assert (pair.worktree / "src/b.txt").read_text() == "staged\n"
    (pair.worktree / "go").touch()
    await pair.until(lambda: pair.editor.text(file).endswith("line 9\nfrom the agent\n"))
    await pair.turns_ended(1)
    assert file.read_text() == LINES, "nothing is saved"
    (hunk,) = [hunk for hunk in pair.hunks if hunk.path == "a.txt"]
    assert (hunk.start_line, hunk.end_line, hunk.old_text, hunk.new_text) == (9, 10, "", "from the agent\n")
    assert sorted(git(pair.project, "status", "--porcelain").split("\n")) == sorted([*status.split("\n"), "?? go"])
    assert pair.session.stat.files == 2
    assert pair.session.stat.added == 1, "the agent's work alone"


async def test_the_persons_edits_reach_the_agent_at_the_turns_boundaries_only(pair: Pairing) -> None:
    file = await paired(pair)
    await pair.prompt("[[wait-file go]]")
    await pair.until(lambda: pair.session.is_turn_running and pair.session.turns[-1].before)
    pair.editor.insert(file, "line 3", "mine ")
    assert not pair.view.can_share
    with pytest.raises(InputRefused):
        await pair.on_session("segue/link/share")
    assert (pair.worktree / "a.txt").read_text() == LINES
    (pair.worktree / "go").touch()
    await pair.turns_ended(2)
    assert "mine line 3" in (pair.worktree / "a.txt").read_text()
    pair.editor.insert(file, "line 4", "later ")
    assert pair.view.can_share
    await pair.on_session("segue/link/share")
    assert "later line 4" in (pair.worktree / "a.txt").read_text()
    assert pair.session.stat.added == 0, "what the person typed is none of the agent's work"


async def test_accept_reject_and_undo(pair: Pairing) -> None:
    file = await paired(pair)
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two\n").replace("line 8\n", "eight\n"))
    await pair.until(lambda: len(pair.hunks) == 2)
    first, second = pair.hunks
    view = await pair.decide("accept", first)
    assert [hunk.new_text for file in view.files for hunk in file.hunks] == ["eight\n"]
    with pytest.raises(StaleDecision):
        await pair.decide("reject", first)
    await pair.decide("reject", second, reason="No: keep the digit")
    assert pair.editor.text(file) == LINES.replace("line 2\n", "two\n")
    assert (pair.worktree / "a.txt").read_text() == LINES.replace("line 2\n", "two\n"), "between turns at once"
    assert pair.session.stat.added == 0, "accepted is the person's"
    await pair.on_session("segue/hunk/undo")
    assert pair.editor.text(file) == LINES.replace("line 2\n", "two\n").replace("line 8\n", "eight\n")
    await pair.on_session("segue/hunk/undo")
    assert [hunk.new_text for hunk in pair.hunks] == ["two\n", "eight\n"]
    await pair.decide("reject", *pair.hunks)
    assert pair.editor.text(file) == LINES
    assert (pair.worktree / "a.txt").read_text() == LINES
    await pair.on_session("segue/comment/send")
    await pair.until(lambda: len(pair.session.turns) == 2)
    assert "No: keep the digit" in pair.session.turns[-1].prompt
    await pair.turns_ended(2)
    (told,) = pair.view.comments
    assert told.state == "answered" and told.is_rejection and "You said" in (told.answer or "")


async def test_decisions_are_undone_behind_a_restart_too(pair: Pairing) -> None:
    """Met in use: an undo was lost with the daemon."""
    file = await paired(pair)
    theirs = LINES.replace("line 2\n", "two\n").replace("line 8\n", "eight\n")
    pair.agent_writes("a.txt", theirs)
    pair.agent_writes("src/b.txt", b"\0\1")
    await pair.until(lambda: len(pair.hunks) == 3)
    first, second, third = pair.hunks
    await pair.decide("accept", first)
    await pair.decide("reject", second, third)
    assert (pair.worktree / "src/b.txt").read_text() == LINES
    await pair.restart()
    await pair.on_session("segue/hunk/undo")
    assert pair.editor.text(file) == theirs
    assert (pair.project / "src/b.txt").read_bytes() == b"\0\1"
    await pair.restart()
    await pair.on_session("segue/hunk/undo")
    assert [hunk.new_text for hunk in pair.hunks if hunk.path == "a.txt"] == ["two\n", "eight\n"]
    with pytest.raises(InputRefused):
        await pair.on_session("segue/hunk/undo")


async def test_a_decision_on_what_changed_since_is_refused(pair: Pairing) -> None:
    """D37."""
    await paired(pair)
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two\n"))
    await pair.until(lambda: pair.hunks)
    (seen,) = pair.hunks
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two and a half\n"))
    await pair.until(lambda: pair.hunks[0].new_text == "two and a half\n")
    with pytest.raises(StaleDecision):
        await pair.decide("accept", seen)
    assert pair.hunks[0].id == seen.id


async def test_typing_and_writing_at_the_same_time_loses_nothing(pair: Pairing) -> None:
    file = await paired(pair)
    pair.editor.latency_s = 0.02

    async def types() -> None:
        for number in range(60):
            pair.editor.insert(file, "line 2", f"k{number} ")
            await asyncio.sleep(0.01)

    async def writes() -> None:
        for number in range(12):
            text = (pair.worktree / "a.txt").read_text()
            pair.agent_writes("a.txt", text + f"agent {number}\n")
            await asyncio.sleep(0.05)

    await asyncio.gather(types(), writes())
    await pair.until(lambda: "agent 11\n" in pair.editor.text(file))
    text = pair.editor.text(file)
    assert [f"k{number} " in text for number in range(60)] == [True] * 60
    assert text.count("agent ") == 12
    assert pair.editor.refused, "and the editor refused some edits on the way"
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "a.txt").read_text() == text


async def test_an_overlap_is_a_proposal_and_both_ways_out_work(pair: Pairing) -> None:
    file = await paired(pair)
    pair.editor.type(file, *_range(pair, file, "line 2"), "my own words")
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "something else entirely\n").replace("line 9", "nine"))
    await pair.until(lambda: pair.proposals)
    assert pair.editor.text(file) == LINES.replace("line 2", "my own words").replace("line 9", "nine")
    (proposal,) = pair.proposals
    assert (proposal.mine, proposal.theirs) == ("my own words\n", "something else entirely\n")
    await pair.resolve(proposal, "theirs")
    assert "something else entirely\n" in pair.editor.text(file)
    assert not pair.proposals
    pair.editor.type(file, *_range(pair, file, "line 5"), "five by me")
    text = (pair.worktree / "a.txt").read_text()
    pair.agent_writes("a.txt", text.replace("line 5", "another thing"))
    await pair.until(lambda: pair.proposals)
    await pair.resolve(pair.proposals[0], "mine")
    assert "five by me\n" in (pair.worktree / "a.txt").read_text()


async def test_deleting_a_file_that_is_open_is_a_proposal(pair: Pairing) -> None:
    """Rule 12."""
    file = await paired(pair)
    (pair.worktree / "a.txt").unlink()
    await pair.until(lambda: pair.proposals)
    assert pair.editor.text(file) == LINES and file.exists()
    assert pair.proposals[0].kind == "delete"
    await pair.resolve(pair.proposals[0], "mine")
    assert (pair.worktree / "a.txt").read_text() == LINES


async def test_a_revert_is_no_rejection(pair: Pairing) -> None:
    """Rule 8: nothing flows until the person says what he meant."""
    file = await paired(pair)
    pair.agent_writes("a.txt", LINES.replace("line 2", "two"))
    await pair.until(lambda: pair.hunks)
    pair.editor.revert(file)
    assert pair.view.files[0].is_suspended
    assert "two" in (pair.worktree / "a.txt").read_text()
    await pair.resolve(pair.proposals[0], "theirs")
    await pair.until(lambda: pair.hunks)
    assert "two\n" in pair.editor.text(file)
    pair.editor.close(file)
    await pair.until(lambda: pair.view.files and pair.view.files[0].is_suspended)
    await pair.resolve(pair.proposals[0], "mine")
    assert (pair.worktree / "a.txt").read_text() == LINES


async def test_a_stash_is_no_rejection_either(pair: Pairing) -> None:
    """Rule 8, for a file that is not open; while git works nothing flows (rule 9)."""
    other = pair.project / "src/b.txt"
    other.write_text(LINES.replace("line 9", "my nine"))
    await paired(pair)
    pair.agent_writes("src/b.txt", LINES.replace("line 2", "two").replace("line 9", "my nine"))
    await pair.until(lambda: "two" in other.read_text())
    git(pair.project, "stash", "--quiet")
    await pair.until(lambda: pair.view.files and pair.view.files[0].is_suspended)
    assert other.read_text() == LINES
    assert "two" in (pair.worktree / "src/b.txt").read_text()
    (pair.project / ".git/index.lock").touch()
    await pair.until(pair.link.is_held)
    pair.agent_writes("a.txt", "rewritten\n")
    await pair.resolve(pair.proposals[0], "mine")
    assert not pair.hunks
    (pair.project / ".git/index.lock").unlink()
    await pair.until(lambda: [hunk.path for hunk in pair.hunks] == ["a.txt"])


async def test_a_flood_of_writes_is_batched_while_he_types_and_no_decision_waits_for_it(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 13; a write that comes alone goes at once (L1)."""
    monkeypatch.setattr(edit_timing, "BURST_S", 60.0)  # however slowly this machine writes
    monkeypatch.setattr(edit_timing, "TYPING_S", 60.0)
    file = await paired(pair)
    for number in range(30):
        pair.editor.insert(file, "line 5", "k")
        pair.agent_writes("a.txt", LINES.replace("line 2\n", f"{number} two\n"))
        await asyncio.sleep(0.03)
    await pair.until(lambda: "29 two\n" in pair.editor.text(file))
    taken_s = pair.editor.applied[-1] - pair.editor.applied[0]
    assert len(pair.editor.applied) - pair.editor.refused <= taken_s / edit_timing.BATCH_S + 2
    pair.editor.saves_after_s = 1.9
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "held back\n"))
    await pair.on_session("segue/link/share")
    assert "held back\n" in pair.editor.text(file), "a boundary waits for nothing"
    assert "k" * 30 in (pair.worktree / "a.txt").read_text()


async def test_an_undo_in_the_editor_rejects(pair: Pairing) -> None:
    file = await paired(pair)
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two\n"))
    await pair.until(lambda: pair.hunks)
    pair.editor.type(file, *_range(pair, file, "two\n"), "line 2\n")
    assert not pair.hunks
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "a.txt").read_text() == LINES


async def test_unlinking_leaves_the_persons_own_and_linking_brings_the_rest_back(pair: Pairing) -> None:
    file = await paired(pair)
    theirs = LINES.replace("line 2\n", "two\n").replace("line 8\n", "eight\n")
    pair.agent_writes("a.txt", theirs)
    pair.agent_writes("src/b.txt", "all new\n")
    await pair.until(lambda: len(pair.hunks) == 3)
    pair.editor.insert(file, "line 5", "mine ")
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == LINES.replace("line 5", "mine line 5")
    assert (pair.project / "src/b.txt").read_text() == LINES
    assert (pair.worktree / "a.txt").read_text() == theirs
    assert pair.session.linked_to == "" and pair.session.mode == "background"
    assert pair.session.stat.added == 3
    pair.editor.insert(file, "line 6", "too ")
    await pair.on_session("segue/link/start")
    mine = theirs.replace("line 5", "mine line 5").replace("line 6", "too line 6")
    await pair.until(lambda: pair.editor.text(file) == mine)
    assert (pair.project / "src/b.txt").read_text() == "all new\n"
    assert len(pair.hunks) == 3
    await pair.on_session("segue/link/stop", keepHunks=True)
    assert pair.editor.text(file) == mine
    assert pair.session.stat.added == 0


async def test_a_background_session_is_linked_by_a_three_way_merge(pair: Pairing) -> None:
    file = pair.project / "a.txt"
    await pair.new("[[append a.txt from the agent\\n]][[write other.txt x\\n]]")
    await pair.turns_ended(1)
    pair.editor.open(file)
    pair.editor.insert(file, "line 1", "mine ")
    await pair.on_session("segue/link/start")
    assert pair.editor.text(file) == "mine " + LINES + "from the agent\n"
    assert (pair.project / "other.txt").read_text() == "x\n"
    assert [hunk.path for hunk in pair.hunks] == ["a.txt", "other.txt"]
    await pair.on_session("segue/session/finish")
    assert pair.editor.text(file) == "mine " + LINES
    assert not (pair.project / "other.txt").exists()
    assert pair.session.archive is not None


async def test_a_restart_finds_its_bases_again(pair: Pairing) -> None:
    """Rule 14: both sides changed while no daemon ran."""
    file = await paired(pair)
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two\n"))
    pair.agent_writes("src/b.txt", LINES.replace("line 2\n", "two\n"))
    await pair.until(lambda: len(pair.hunks) == 2)
    pair.editor.insert(file, "line 5", "mine ")
    await pair.restart()
    pair.editor.insert(file, "line 7", "seven ")
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two\n").replace("line 9", "nine"))
    pair.client.close()
    await pair.restart()
    expected = LINES.replace("line 2", "two").replace("line 5", "mine line 5").replace("line 7", "seven line 7")
    await pair.until(lambda: pair.editor.text(file) == expected.replace("line 9", "nine"))
    await pair.until(lambda: sorted(hunk.new_text for hunk in pair.hunks) == ["nine\n", "two\n", "two\n"])
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == LINES.replace("line 5", "mine line 5").replace("line 7", "seven line 7")


async def test_a_lost_journal_leaves_the_link_and_whose_is_what(pair: Pairing) -> None:
    """D33: the accepted ref and the link's own record say it."""
    file = pair.project / "a.txt"
    (pair.project / "src/b.txt").write_text(LINES + "unfinished\n")
    pair.editor.open(file)
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two\n"))
    await pair.until(lambda: pair.hunks)
    pair.editor.insert(file, "line 5", "mine ")
    await pair.on_session("segue/link/share")
    accepted, checkout = pair.session.accepted, pair.session.linked_to
    await pair.restart(lambda: (pair.root / "d/journal.sqlite3").write_bytes(b"no database at all\n" * 1000))
    assert (pair.session.accepted, pair.session.since, pair.session.linked_to) == (accepted, accepted, checkout)
    assert [hunk.new_text for hunk in pair.hunks] == ["two\n"]
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two\n").replace("line 5", "mine line 5") + "ten\n")
    await pair.until(lambda: pair.editor.text(file).endswith("line 9\nten\n"))
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == LINES.replace("line 5", "mine line 5")
    assert pair.session.stat.added == 2, "the agent's work alone"


async def test_another_branch_in_the_checkout_unlinks(pair: Pairing) -> None:
    """Rule 9."""
    await paired(pair)
    git(pair.project, "switch", "--quiet", "-c", "other")
    await pair.until(lambda: not pair.session.linked_to)


async def test_a_second_session_takes_the_checkout_over(pair: Pairing) -> None:
    await paired(pair)
    pair.agent_writes("src/b.txt", "first\n")
    await pair.until(lambda: pair.hunks)
    first = pair.session_id
    await pair.new("Hello", "inline")
    assert not pair.engine.parts.ledger.find(first).linked_to
    assert (pair.project / "src/b.txt").read_text() == LINES
    await pair.turns_ended(1)


async def test_no_merge_while_linked_and_nothing_unfinished_in_it_afterwards(pair: Pairing) -> None:
    for name, value in (("name", "Ann Example"), ("email", "ann@example.invalid")):
        git(pair.project, "config", f"user.{name}", value)
    file = pair.project / "a.txt"
    (pair.project / "src/b.txt").write_text(LINES + "unfinished\n")
    pair.editor.open(file)
    await pair.new("[[write made.txt by the agent\\n]]", "inline")
    await pair.turns_ended(1)
    with pytest.raises(InputRefused):
        await pair.on_session("segue/merge/plan")
    await pair.on_session("segue/link/stop")
    plan = (await pair.on_session("segue/merge/plan")).plan
    assert not plan.obstacles and not plan.conflicts
    words = {"baseRef": plan.base_ref, "baseCommit": plan.base_commit, "result": plan.result}
    await pair.on_session("segue/merge/apply", strategy="merge", **words)
    assert git(pair.project, "show", "--format=", "--name-only", "HEAD") == "made.txt"
    assert git(pair.project, "log", "--format=%s", "main", "--", "src/b.txt") == "Begin"


def _range(pair: Pairing, file: Path, text: str) -> tuple[int, int]:
    at = pair.editor.text(file).index(text)
    return at, at + len(text)
