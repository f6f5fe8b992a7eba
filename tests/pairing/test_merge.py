"""From pairing on unfinished work, over the background, to a merge: none of it is merged unless the person says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from segue.domain.buckets import Bucket
from segue.domain.errors import MergeRefused
from support.pairing import Pairing, lines, pairing
from support.repositories import git, repository

LINES = lines(20)


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    project = repository(tmp_path / "project", {"a.txt": LINES, "b.txt": LINES})
    for name, value in (("name", "Ann Example"), ("email", "ann@example.invalid")):
        git(project, "config", f"user.{name}", value)
    async with pairing(project) as made:
        yield made


async def sent_away(pair: Pairing) -> Path:
    """`a.txt` has a saved and an unsaved line of the person's; the agent wrote beside the latter, and far from both."""
    file = pair.project / "a.txt"
    file.write_text(LINES.replace("line 2\n", "saved of mine\n"))
    pair.editor.open(file)
    pair.editor.type(file, *_range(pair, file, "line 8"), "typed")
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    theirs = (pair.worktree / "a.txt").read_text()
    pair.agent_writes("a.txt", theirs.replace("line 9\n", "agent nine\n").replace("line 15\n", "agent fifteen\n"))
    await pair.until(lambda: len(pair.hunks) == 2)
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == LINES.replace("line 2\n", "saved of mine\n").replace("line 8", "typed")
    return file


async def planned(pair: Pairing, unfinished: str = "ask") -> Any:
    return (await pair.on_session("segue/merge/plan", unfinished=unfinished)).plan


async def merge(pair: Pairing, unfinished: str, **words: str) -> Any:
    plan = await planned(pair, unfinished)
    shown = {"baseRef": plan.base_ref, "baseCommit": plan.base_commit, "result": plan.result}
    return await pair.on_session("segue/merge/apply", unfinished=unfinished, **shown, **words)


def committed(pair: Pairing, name: str) -> str:
    return git(pair.project, "show", name) + "\n"


async def test_what_needs_unfinished_lines_is_left_for_later(pair: Pairing) -> None:
    """Issue 6, item 5: Segue names the line and asks; what is left out stays with the session."""
    file = await sent_away(pair)
    plan = await planned(pair)
    assert [obstacle.reason for obstacle in plan.obstacles] == ["needs_unfinished"]
    (need,) = plan.needs
    assert (need.path, [(lines.first, lines.last) for lines in need.lines], need.changes) == ("a.txt", [(8, 8)], 1)
    assert plan.choices == ["leave", "commit"]
    with pytest.raises(MergeRefused):
        await merge(pair, "ask")
    assert [obstacle.reason for obstacle in (await planned(pair, "leave")).obstacles] == ["unsaved_text"]
    pair.editor.save(file)
    merged = await merge(pair, "leave")
    assert merged.merge.left_out == 1
    assert committed(pair, "main:a.txt") == LINES.replace("line 15\n", "agent fifteen\n")
    mine = LINES.replace("line 2\n", "saved of mine\n").replace("line 8", "typed").replace("line 15", "agent fifteen")
    assert file.read_text() == mine
    assert (pair.session.stat.added, pair.session.bucket) == (1, Bucket.READY)
    pair.editor.revert(file)
    await pair.on_session("segue/link/start")
    await pair.until(lambda: pair.editor.text(file) == mine.replace("line 9\n", "agent nine\n"))
    assert [hunk.new_text for hunk in pair.hunks] == ["agent nine\n"]


async def test_needed_lines_are_committed_first_in_the_persons_name(pair: Pairing) -> None:
    """Issue 6, item 5: exactly those, with his message; one undo takes back both commits."""
    file = await sent_away(pair)
    pair.editor.save(file)
    before, base = file.read_text(), git(pair.project, "rev-parse", "main")
    await merge(pair, "commit", message="The task", firstMessage="Mine first")
    log = git(pair.project, "log", "--format=%an: %s", f"{base}..main").split("\n")
    assert log == ["Ann Example: The task", "Ann Example: Mine first"]
    assert committed(pair, "main^:a.txt") == LINES.replace("line 8", "typed")
    assert committed(pair, "main:a.txt") == LINES.replace("line 8\nline 9", "typed\nagent nine").replace(
        "line 15", "agent fifteen"
    )
    assert git(pair.project, "diff", "--stat", "HEAD").endswith("1 insertion(+), 1 deletion(-)"), "the saved line"
    assert "saved of mine" in file.read_text()
    assert pair.session.bucket is Bucket.DONE
    await pair.on_session("segue/merge/undo")
    assert (file.read_text(), git(pair.project, "rev-parse", "main")) == (before, base)
    assert git(pair.project, "diff", "--cached", "--stat") == ""


def _range(pair: Pairing, file: Path, text: str) -> tuple[int, int]:
    at = pair.editor.text(file).index(text)
    return at, at + len(text)
