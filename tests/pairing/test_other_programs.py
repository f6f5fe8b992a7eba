"""Who else touches a linked file: git in the checkout (link rule 9), and an agent that asks its client for it (D18)."""

from __future__ import annotations

import subprocess

import pytest

from segue.domain.transcript import ItemKind
from support.pairing import LINES, Pairing, paired
from support.repositories import git


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
async def test_what_git_has_begun_in_the_checkout_holds_everything_until_it_is_over(
    pair: Pairing, operation: str
) -> None:
    """Rule 9: in the middle of it nothing flows, and it is said; behind it, pairing goes on where it was."""
    git(pair.project, "switch", "--quiet", "-c", "side")
    (pair.project / "src/b.txt").write_text("theirs\n")
    git(pair.project, "commit", "--quiet", "--all", "--message=Theirs")
    git(pair.project, "switch", "--quiet", "main")
    (pair.project / "src/b.txt").write_text("ours\n")
    git(pair.project, "commit", "--quiet", "--all", "--message=Ours")
    file = await paired(pair)
    with pytest.raises(subprocess.CalledProcessError):
        git(pair.project, operation, "side")
    await pair.until(pair.link.is_held)
    pair.agent_writes("a.txt", LINES.replace("line 2", "two"))
    await pair.until(lambda: any("Git is at work" in notice for notice in pair.view.notices))
    await pair.link.settled()
    assert pair.editor.text(file) == LINES and not pair.hunks
    git(pair.project, operation, "--abort")
    await pair.until(lambda: [hunk.new_text for hunk in pair.hunks] == ["two\n"])
    assert pair.session.linked_to and (pair.worktree / "src/b.txt").read_text() == "ours\n"


async def test_what_git_brings_into_the_checkout_is_the_persons(pair: Pairing) -> None:
    """Rule 9: a commit and a fast-forward on the same branch; the agent has them from the next boundary on."""
    git(pair.project, "switch", "--quiet", "-c", "side")
    (pair.project / "src/b.txt").write_text(LINES + "pulled\n")
    git(pair.project, "commit", "--quiet", "--all", "--message=Pulled")
    git(pair.project, "switch", "--quiet", "main")
    await paired(pair)
    pair.agent_writes("a.txt", LINES.replace("line 2", "two"))
    await pair.until(lambda: pair.hunks)
    git(pair.project, "merge", "--quiet", "--ff-only", "side")
    await pair.prompt("Go on")
    await pair.turns_ended(2)
    assert (pair.worktree / "src/b.txt").read_text() == LINES + "pulled\n"
    assert pair.session.linked_to and [hunk.path for hunk in pair.hunks] == ["a.txt"]
    assert pair.session.stat.files == 1, "what was pulled is none of the agent's work"


async def test_an_agent_that_asks_for_a_file_gets_unsaved_text_as_of_the_last_boundary(pair: Pairing) -> None:
    """D18: its files do not change under it in mid-turn, however it reads them; what it writes overwrites nothing.

    ACP lets a client answer with what is in the buffer at that moment. Then an agent would read a text that its own
    tools do not find on the disk, and its next write would be merged from a base that it never had.
    """
    file = await paired(pair)
    pair.editor.insert(file, "line 3", "unsaved ")
    await pair.prompt("[[read-file a.txt]]")
    await pair.turns_ended(2)
    assert "unsaved line 3" in await _said(pair)
    assert file.read_text() == LINES
    await pair.prompt("[[wait-file go]][[read-file a.txt]][[write-file a.txt all new]]")
    await pair.until(lambda: pair.session.is_turn_running and pair.session.turns[-1].before)
    pair.editor.insert(file, "line 5", "meanwhile ")
    (pair.worktree / "go").touch()
    await pair.until(lambda: pair.proposals)
    await pair.turns_ended(3)
    assert "meanwhile" not in await _said(pair)
    assert "meanwhile line 5" in pair.editor.text(file)
    assert (pair.worktree / "a.txt").read_text() == "all new"


async def _said(pair: Pairing) -> str:
    items = (await pair.engine.parts.ledger.transcript(pair.session.id)).items
    return "".join(item.text for item in items if item.kind is ItemKind.MESSAGE)
