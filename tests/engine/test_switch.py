"""The switch: a session goes to the background and back in mid-turn, and what moves is said first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from segue.domain.errors import InputRefused
from segue.domain.session import State
from segue.domain.transcript import ItemKind
from support.pairing import Pairing, pairing
from support.repositories import git, repository

LINES = "".join(f"line {number}\n" for number in range(1, 10))


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    project = repository(tmp_path / "project", {"a.txt": LINES, "src/b.txt": LINES, "src/c.txt": LINES})
    async with pairing(project) as made:
        yield made


async def previewed(pair: Pairing) -> Any:
    return (await pair.on_session("segue/link/preview")).preview


async def test_what_leaves_and_what_stays_is_counted(pair: Pairing) -> None:
    """Item 1: agent's hunks leave; staged, unstaged, untracked and unsaved work of the person stays."""
    file = pair.project / "a.txt"
    pair.editor.open(file)
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    pair.agent_writes("a.txt", LINES.replace("line 2\n", "two\n").replace("line 8\n", "eight\n"))
    pair.agent_writes("src/b.txt", LINES + "more\n")
    pair.agent_writes("new.txt", "of the agent\n")
    await pair.until(lambda: len(pair.hunks) == 4)
    nothing_of_mine = await previewed(pair)
    assert (nothing_of_mine.staged, nothing_of_mine.unstaged) == (0, 0)
    assert (nothing_of_mine.untracked, nothing_of_mine.unsaved) == (0, 0)
    (pair.project / "src/c.txt").write_text("staged\n")
    git(pair.project, "add", "src/c.txt")
    (pair.project / "untracked.txt").write_text("mine\n")
    pair.editor.insert(file, "line 5", "typed ")
    preview = await previewed(pair)
    assert preview.to == "background"
    assert (preview.hunks, preview.files) == (4, 3)
    assert (preview.staged, preview.unstaged, preview.untracked, preview.unsaved) == (1, 0, 1, 1)
    assert preview.sentences == [
        "4 unreviewed hunks in 3 files leave your buffers; the session keeps them.",
        "Edits of yours in 1 file have not reached the agent; they stay with you alone.",
        "Your own 1 staged, 1 untracked and 1 unsaved file stay.",
    ]
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == LINES.replace("line 5", "typed line 5")
    status = git(pair.project, "status", "--porcelain").split("\n")
    assert sorted(status) == ["?? untracked.txt", "M  src/c.txt"]


async def test_what_comes_is_what_was_said(pair: Pairing) -> None:
    """Item 1, into the editor: worked out on unsaved text, too, and nothing is changed by asking."""
    file = pair.project / "a.txt"
    pair.editor.open(file)
    await pair.new("[[append src/b.txt more\\n]][[append src/c.txt more\\n]][[append a.txt of the agent\\n]]")
    await pair.turns_ended(1)
    pair.editor.type(file, len(LINES), len(LINES), "of mine\n")
    preview = await previewed(pair)
    assert (preview.to, preview.hunks, preview.files, preview.proposals, preview.unsaved) == ("editor", 2, 2, 1, 1)
    assert preview.sentences == [
        "2 hunks in 2 files come into your files, for you to decide on.",
        "In 1 place you and the agent changed the same; yours stays until you decide.",
        "Your own 1 unsaved file stays.",
    ]
    assert git(pair.project, "status", "--porcelain") == ""
    await pair.on_session("segue/link/start")
    assert (len(pair.hunks), len(pair.proposals)) == (2, 1)


async def test_a_second_session_and_another_branch_are_named_first(pair: Pairing) -> None:
    """Item 6."""
    await pair.new("[[append a.txt second\\n]]")
    await pair.turns_ended(1)
    second = pair.session_id
    await pair.new("[[append src/b.txt first\\n]]", "inline")
    await pair.turns_ended(1)
    first, title = pair.session_id, pair.session.title
    await pair.until(lambda: len(pair.hunks) == 1)
    pair.session_id = second
    preview = await previewed(pair)
    assert preview.unlinks == first
    assert f"“{title}” is in the editor now; it goes on in the background." in preview.sentences
    assert "1 unreviewed hunk in 1 file leaves your buffers; the session keeps it." in preview.sentences
    pair.session_id = first
    await pair.on_session("segue/link/stop")
    git(pair.project, "checkout", "-q", "-b", "elsewhere")
    pair.session_id = second
    preview = await previewed(pair)
    assert (preview.unlinks, preview.base_branch) == (None, "main")
    assert "The session is based on main; elsewhere is checked out." in preview.sentences


async def test_a_turn_goes_on_across_the_switch(pair: Pairing) -> None:
    """Item 2: same process, same directory, one turn, no word lost; to the background and back in mid-turn."""
    file = pair.project / "a.txt"
    pair.editor.open(file)
    await pair.new(
        "before [[wait-file one]][[append a.txt in the background\\n]]between [[wait-file two]]"
        "[[append src/b.txt back again\\n]]behind",
        "inline",
    )
    await pair.until(lambda: pair.session.line.startswith("before") or pair.session.activity.startswith("before"))
    agent = pair.engine._agents.live(pair.session.id)
    assert (await previewed(pair)).sentences[-1] == "The agent's turn goes on in the background."
    await pair.on_session("segue/link/stop")
    pair.editor.insert(file, "line 3", "typed ")
    (pair.worktree / "one").touch()
    await pair.until(lambda: "in the background" in (pair.worktree / "a.txt").read_text())
    assert pair.session.state is State.RUNNING
    assert pair.editor.text(file) == LINES.replace("line 3", "typed line 3"), "nothing comes from the background"
    await pair.on_session("segue/link/start")
    await pair.until(lambda: pair.editor.text(file).endswith("in the background\n"))
    assert pair.session.state is State.RUNNING
    (pair.worktree / "two").touch()
    await pair.turns_ended(1)
    await pair.until(lambda: (pair.project / "src/b.txt").read_text().endswith("back again\n"))
    assert len(pair.session.turns) == 1
    assert agent is not None and pair.engine._agents.live(pair.session.id) is agent
    feed = await pair.engine._ledger.transcript(pair.session.id)
    said = "".join(item.text for item in feed.items if item.kind is ItemKind.MESSAGE)
    assert [word for word in ("before", "between", "behind") if said.count(word) == 1] == [
        "before",
        "between",
        "behind",
    ]
    assert "typed line 3" in pair.editor.text(file)


async def test_the_rest_runs_in_the_background_with_an_answer_or_a_plan(pair: Pairing) -> None:
    """Item 8: one action allows and unlinks, before anything of what is allowed comes into the checkout."""
    await pair.new("[[permission May I?]] [[write a.txt later\\n]]", "inline")
    await pair.until(lambda: bool(pair.session.permissions))
    request = pair.session.permissions[0].request_id
    with pytest.raises(InputRefused, match="Only what is allowed"):
        await pair.on_session("segue/permission/answer", request_id=request, option_id="reject", is_background=True)
    assert pair.session.linked_to
    await pair.on_session("segue/permission/answer", request_id=request, option_id="allow", is_background=True)
    await pair.turns_ended(1)
    assert (pair.session.linked_to, pair.session.stat.files) == ("", 1)
    assert (pair.project / "a.txt").read_text() == LINES

    await pair.on_session("segue/link/start")
    await pair.on_session("segue/session/prompt", text="[[ready # Plan]] [[write src/b.txt planned\\n]]")
    await pair.until(lambda: pair.session.proposal is not None)
    key = pair.session.proposal.key if pair.session.proposal else ""
    await pair.on_session("segue/plan/decide", key=key, decision="approved", is_background=True)
    await pair.turns_ended(2)
    assert (pair.session.linked_to, pair.session.stat.files) == ("", 2)
    assert (pair.project / "src/b.txt").read_text() == LINES
