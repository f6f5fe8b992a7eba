"""The switch: a session goes to the background and back in mid-turn, and what moves is said first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from segue.domain.errors import InputRefused, StoreFailed
from segue.domain.session import State
from segue.domain.transcript import ItemKind
from support.pairing import LINES, Pairing, pairing
from support.repositories import git, repository


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
    assert (preview.unshared, preview.is_turn_running) == (1, False)
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
    leaves = preview.unlinks
    assert (leaves.session_id, leaves.title, leaves.hunks, leaves.files) == (first, title, 1, 1)
    pair.session_id = first
    await pair.on_session("segue/link/stop")
    git(pair.project, "checkout", "-q", "-b", "elsewhere")
    pair.session_id = second
    preview = await previewed(pair)
    assert (preview.unlinks, preview.base_branch, preview.checked_out) == (None, "main", "elsewhere")
    assert preview.can_check_out
    git(pair.project, "checkout", "-q", "--detach")
    assert ((await previewed(pair)).base_branch, (await previewed(pair)).checked_out) == ("main", None)


async def test_the_base_branch_is_checked_out_first_where_the_checkout_is_clean(pair: Pairing) -> None:
    """Item 6: the editor shows the branch's files before anything is merged into them."""
    file = pair.project / "a.txt"
    await pair.new("[[append a.txt of the agent\\n]]")
    await pair.turns_ended(1)
    git(pair.project, "checkout", "-q", "-b", "elsewhere")
    file.write_text("elsewhere\n")
    with pytest.raises(InputRefused) as refused:
        await pair.on_session("segue/link/start", onto="base")
    assert refused.value.reason == "checkout_not_clean"
    assert not (await previewed(pair)).can_check_out
    git(pair.project, "commit", "-q", "-a", "-m", "Elsewhere")
    pair.editor.open(file)
    linking = asyncio.create_task(pair.on_session("segue/link/start", onto="base"))
    await pair.until(lambda: git(pair.project, "branch", "--show-current") == "main")
    assert pair.editor.text(file) == "elsewhere\n"
    pair.editor.revert(file)
    await linking
    assert git(pair.project, "branch", "--show-current") == "main"
    assert pair.editor.text(file) == f"{LINES}of the agent\n"
    assert len(pair.hunks) == 1 and not pair.proposals


async def test_onto_another_branch_it_comes_as_a_three_way_merge(pair: Pairing) -> None:
    """Item 6: what is checked out stays checked out."""
    await pair.new("[[append a.txt of the agent\\n]]")
    await pair.turns_ended(1)
    git(pair.project, "checkout", "-q", "-b", "elsewhere")
    (pair.project / "a.txt").write_text(f"first\n{LINES}")
    git(pair.project, "commit", "-q", "-a", "-m", "Elsewhere")
    await pair.on_session("segue/link/start")
    assert (pair.project / "a.txt").read_text() == f"first\n{LINES}of the agent\n"
    assert git(pair.project, "branch", "--show-current") == "elsewhere"
    assert len(pair.hunks) == 1


async def test_comments_that_were_not_sent_stay_with_the_session(pair: Pairing) -> None:
    """Issue 5: over restarts, into the background and back, where they can be sent from, too."""
    await pair.new("[[append a.txt of the agent\\n]]", "inline")
    await pair.turns_ended(1)
    comment = {"path": "a.txt", "startLine": 2, "endLine": 3, "text": "why not sorted?"}
    await pair.on_session("segue/comment/add", **comment)
    assert (await previewed(pair)).comments == 1
    await pair.on_session("segue/link/stop")
    await pair.restart()
    await pair.on_session("segue/link/start")
    assert [(found.text, found.state) for found in pair.view.comments] == [("why not sorted?", "draft")]
    await pair.on_session("segue/comment/add", **{**comment, "text": "and this?"})
    await pair.on_session("segue/link/stop")
    await pair.on_session("segue/comment/send")
    await pair.turns_ended(2)
    feed = await pair.engine.parts.ledger.transcript(pair.session.id)
    (sent,) = [item.text for item in feed.items if item.kind is ItemKind.PROMPT and item.turn == 2]
    assert "a.txt, line 3:\nwhy not sorted?" in sent and "and this?" in sent
    with pytest.raises(InputRefused):
        await pair.on_session("segue/comment/send")
    await pair.on_session("segue/link/start")
    assert pair.view.comments == []


@pytest.mark.parametrize("delay_s", [0, 0.01])
@pytest.mark.parametrize("requests", [("link/start", "session/archive"), ("session/archive", "link/start")])
async def test_a_session_that_is_archived_while_it_is_linked_is_not_left_in_the_editor(
    pair: Pairing, requests: tuple[str, str], delay_s: float
) -> None:
    """It was archived and linked at once: the checkout had its changes, and the worktree was gone."""
    await pair.new("[[append a.txt of the agent\\n]]")
    await pair.turns_ended(1)

    async def request(name: str, after_s: float) -> object:
        await asyncio.sleep(after_s)
        return await pair.on_session(f"segue/{name}")

    first, second = requests
    done = await asyncio.gather(request(first, 0), request(second, delay_s), return_exceptions=True)
    refused = [each for each in done if isinstance(each, BaseException)]
    assert all(isinstance(each, InputRefused) and each.reason == "session_archived" for each in refused), refused
    assert pair.session.archive is not None
    assert not pair.session.linked_to
    assert (pair.project / "a.txt").read_text() == LINES
    await pair.on_session("segue/session/restore")
    await pair.on_session("segue/link/start")
    assert pair.session.linked_to


async def test_comments_that_could_not_be_sent_are_drafts_still(pair: Pairing) -> None:
    """They counted as sent although the prompt with them was refused."""
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    comment = {"path": "a.txt", "startLine": 2, "endLine": 3, "text": "why not sorted?"}
    await pair.on_session("segue/comment/add", **comment)
    await pair.engine.parts.ledger.flushed()
    pair.engine.parts.journal.problem = StoreFailed("disk_full", "The disk is full.")
    with pytest.raises(StoreFailed):
        await pair.on_session("segue/comment/send")
    pair.engine.parts.journal.problem = None
    assert [(found.text, found.state) for found in pair.view.comments] == [("why not sorted?", "draft")]
    await pair.on_session("segue/comment/send")
    await pair.turns_ended(2)
    assert "why not sorted?" in pair.session.turns[1].prompt


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
    agent = pair.engine.parts.agents.live(pair.session.id)
    assert (await previewed(pair)).is_turn_running
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
    assert agent is not None and pair.engine.parts.agents.live(pair.session.id) is agent
    feed = await pair.engine.parts.ledger.transcript(pair.session.id)
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
