"""Git has a copy of what nobody decided on, in the stash or the index: it is named, and no decision is made by it."""

from __future__ import annotations

import subprocess

import pytest

from support.pairing import LINES, Pairing, paired
from support.repositories import git

AGENTS = LINES.replace("line 2\n", "line 2\nAGENT\n")
NEW = [b"new\n", b"\0new"]


async def notices(pair: Pairing) -> list[str]:
    shown = await pair.on_session("segue/session/show")
    return [item.text for item in shown.items if item.kind == "notice"]


async def with_new_file(pair: Pairing, data: bytes) -> None:
    await paired(pair)
    pair.agent_writes("new.txt", data)
    await pair.until(lambda: (pair.project / "new.txt").exists() and len(pair.hunks) == 1)
    git(pair.project, "stash", "--quiet", "--include-untracked")


@pytest.mark.parametrize("data", NEW)
async def test_a_new_file_that_a_stash_took_along_stays_the_agents(pair: Pairing, data: bytes) -> None:
    """It was deleted in the worktree with the next turn, and after pop it was the user's for good."""
    await with_new_file(pair, data)
    await pair.prompt("Hello")
    await pair.turns_ended(2)
    assert (pair.worktree / "new.txt").read_bytes() == data
    assert [found.kind for found in pair.proposals] == ["suspended"]
    assert pair.session.stat.files == 1
    await pair.restart()
    git(pair.project, "stash", "pop", "--quiet")
    await pair.until(lambda: len(pair.hunks) == 1 and not pair.proposals)
    await pair.on_session("segue/link/stop")
    assert not (pair.project / "new.txt").exists()
    assert (pair.worktree / "new.txt").read_bytes() == data
    assert not any("stash@{0}" in text for text in await notices(pair)), "nothing has it any more"


@pytest.mark.parametrize("data", NEW)
@pytest.mark.parametrize("take", ["mine", "theirs"])
async def test_such_a_file_can_be_decided_on_without_the_stash(pair: Pairing, data: bytes, take: str) -> None:
    await with_new_file(pair, data)
    await pair.on_session("segue/link/share")
    await pair.resolve(pair.proposals[0], take)
    await pair.on_session("segue/link/share")
    assert not pair.proposals
    assert len(pair.hunks) == (take == "theirs")
    assert (pair.project / "new.txt").exists() == (pair.worktree / "new.txt").exists() == (take == "theirs")


async def test_a_new_file_that_the_user_deletes_is_rejected(pair: Pairing) -> None:
    await paired(pair)
    pair.agent_writes("new.txt", "new\n")
    await pair.until((pair.project / "new.txt").exists)
    (pair.project / "a.txt").write_text("mine\n")
    git(pair.project, "stash", "--quiet")
    git(pair.project, "clean", "-fd", "--quiet")
    await pair.on_session("segue/link/share")
    assert not (pair.worktree / "new.txt").exists()
    assert not pair.proposals


@pytest.mark.parametrize("way", ["segue/link/stop", "segue/session/archive"])
async def test_a_link_that_ends_names_the_stash_with_undecided_changes(pair: Pairing, way: str) -> None:
    """After pop they were in the user's files, without a word."""
    await with_new_file(pair, b"new\n")
    git(pair.project, "stash", "pop", "--quiet")
    pair.agent_writes("src/b.txt", AGENTS)
    await pair.until(lambda: len(pair.hunks) == 2 and "AGENT" in (pair.project / "src/b.txt").read_text())
    (pair.worktree / "a.txt").unlink()
    pair.editor.close(pair.project / "a.txt")
    await pair.until(lambda: not (pair.project / "a.txt").exists())
    git(pair.project, "stash", "--quiet", "--include-untracked")
    await pair.until(lambda: [found.kind for found in pair.proposals] == ["suspended"] * 3)
    await pair.on_session(way)
    (said,) = [text for text in await notices(pair) if "stash@{0}" in text]
    assert said.startswith("stash@{0} contains undecided changes of the agent: a.txt, new.txt, src/b.txt.")


@pytest.mark.parametrize("is_committed", [True, False])
async def test_a_link_that_ends_names_undecided_changes_that_are_staged(pair: Pairing, is_committed: bool) -> None:
    """Git stages them itself where it cannot apply all of a stash."""
    await paired(pair)
    pair.agent_writes("src/b.txt", AGENTS)
    await pair.until(lambda: pair.hunks and "AGENT" in (pair.project / "src/b.txt").read_text())
    git(pair.project, "add", "src/b.txt")
    if is_committed:
        git(pair.project, "commit", "--quiet", "--message=Mine, as I chose")
    await pair.on_session("segue/link/stop")
    assert (pair.project / "src/b.txt").read_text() == LINES
    assert any("still staged: src/b.txt." in text for text in await notices(pair)) != is_committed


async def test_a_link_that_ends_in_the_middle_of_a_rebase_names_its_autostash(pair: Pairing) -> None:
    """When the rebase is done, git puts the agent's undecided changes into the user's file."""
    git(pair.project, "checkout", "--quiet", "-b", "other")
    for branch in ("other", "main"):
        git(pair.project, "checkout", "--quiet", branch)
        (pair.project / "a.txt").write_text(f"{branch}\n")
        git(pair.project, "commit", "--quiet", "--all", "--message=More")
    await paired(pair)
    pair.agent_writes("src/b.txt", AGENTS)
    await pair.until(lambda: pair.hunks and "AGENT" in (pair.project / "src/b.txt").read_text())
    with pytest.raises(subprocess.CalledProcessError):
        git(pair.project, "rebase", "--quiet", "--autostash", "other")
    await pair.on_session("segue/link/stop")
    assert (pair.project / "src/b.txt").read_text() == LINES
    assert any("autostash" in text and "src/b.txt" in text for text in await notices(pair))
