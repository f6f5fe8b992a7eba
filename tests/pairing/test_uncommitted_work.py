"""What a session's work is: row, review, archive and merge plan say the same, and nothing of the user's is in it.

Met after linking, sharing and unlinking without a new turn: the review showed the user's unfinished lines as deleted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from support.pairing import Pairing, lines, pairing
from support.repositories import git, repository

LINES = lines(6)


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    project = repository(tmp_path / "project", {"a.txt": LINES, "b.txt": LINES, ".gitignore": ".env\n"})
    for name, value in (("name", "Ann Example"), ("email", "ann@example.invalid")):
        git(project, "config", f"user.{name}", value)
    async with pairing(project) as made:
        await made.new("[[append a.txt agent\\n]] [[write .env SECRET=1\\n]]")
        await made.turns_ended(1)
        yield made


async def review(pair: Pairing) -> list[tuple[str, str, int | None, int | None]]:
    found = (await pair.on_session("segue/changeset/show")).changeset
    assert (found.stat.files, found.stat.added, found.stat.removed) == _numbers(pair.session.stat)
    return [(file.path, file.status, file.added, file.removed) for file in found.files]


def _numbers(stat: Any) -> tuple[int, int, int]:
    return stat.files, stat.added, stat.removed


AGENTS = [("a.txt", "modified", 1, 0)]


async def test_unfinished_work_that_was_shared_is_in_no_count(pair: Pairing) -> None:
    (pair.project / "b.txt").write_text(LINES + "my secret unfinished line\n")
    (pair.project / "note.txt").write_text("mine, untracked\n")
    assert await review(pair) == AGENTS
    await pair.on_session("segue/link/start")
    assert await review(pair) == AGENTS
    await pair.on_session("segue/link/share")
    assert await review(pair) == AGENTS
    await pair.on_session("segue/link/stop")
    assert await review(pair) == AGENTS
    plan = (await pair.on_session("segue/merge/plan")).plan
    assert _numbers(plan.stat) == (1, 1, 0)
    await pair.restart()
    assert await review(pair) == AGENTS


async def test_work_that_a_turn_did_not_record_is_counted(pair: Pairing) -> None:
    pair.agent_writes("b.txt", LINES + "by a command that went on\n")
    assert await review(pair) == [*AGENTS, ("b.txt", "modified", 1, 0)]
    assert _numbers((await pair.on_session("segue/merge/plan")).plan.stat) == (2, 2, 0)


async def test_after_a_rollback_nothing_is_left_to_review(pair: Pairing) -> None:
    await pair.on_session("segue/session/rollback", turn=1, side="before")
    assert await review(pair) == []


async def test_ignored_files_that_an_archive_keeps_are_no_work(pair: Pairing) -> None:
    await pair.on_session("segue/session/archive")
    assert await review(pair) == AGENTS
    await pair.on_session("segue/session/restore")
    assert (pair.worktree / ".env").read_text() == "SECRET=1\n"
    assert await review(pair) == AGENTS


async def test_a_plan_counts_what_the_branch_gets(pair: Pairing) -> None:
    git(pair.project, "reset", "--hard", "-q", "HEAD")
    (pair.project / "a.txt").write_text(LINES + "agent\n")
    git(pair.project, "commit", "-qam", "The user did the same")
    pair.agent_writes("new.txt", "more\n")
    assert _numbers((await pair.on_session("segue/merge/plan")).plan.stat) == (1, 1, 0)


async def test_a_commit_that_was_dropped_from_the_base_is_named_and_stays_out(pair: Pairing) -> None:
    (pair.project / "oops.txt").write_text("hunter2\n")
    git(pair.project, "add", "oops.txt")
    git(pair.project, "commit", "-qm", "oops: with a password")
    dropped = git(pair.project, "rev-parse", "--short=10", "HEAD")
    await pair.new("[[append b.txt agent\\n]]")
    await pair.turns_ended(1)
    git(pair.project, "reset", "-q", "--hard", "HEAD~1")
    plan = (await pair.on_session("segue/merge/plan")).plan
    assert (plan.strategy, _numbers(plan.stat)) == ("squash", (1, 1, 0))
    assert [note.reason for note in plan.notes] == ["dropped_commits"]
    assert f"{dropped} “oops: with a password”" in plan.notes[0].message
    shown = {"baseRef": plan.base_ref, "baseCommit": plan.base_commit, "result": plan.result}
    await pair.on_session("segue/merge/apply", **shown)
    assert not (pair.project / "oops.txt").exists()
    assert git(pair.project, "show", "--format=", "--name-only", "main") == "b.txt"


async def test_a_commit_that_the_agent_merged_in_and_the_user_dropped_stays_out(pair: Pairing) -> None:
    (pair.project / "oops.txt").write_text("hunter2\n")
    git(pair.project, "add", "oops.txt")
    git(pair.project, "commit", "-qm", "oops: with a password")
    merge = "git add -A; git -c user.name=B -c user.email=b@x.invalid commit -qm own; "
    merge += "git -c user.name=B -c user.email=b@x.invalid merge -q --no-edit main"
    await pair.prompt(f"[[run {merge}]]")
    await pair.turns_ended(2)
    assert (pair.worktree / "oops.txt").exists()
    git(pair.project, "reset", "-q", "--hard", "HEAD~1")
    plan = (await pair.on_session("segue/merge/plan")).plan
    assert [note.reason for note in plan.notes] == ["dropped_commits"]
    shown = {"baseRef": plan.base_ref, "baseCommit": plan.base_commit, "result": plan.result}
    await pair.on_session("segue/merge/apply", **shown)
    assert not (pair.project / "oops.txt").exists()
    assert (pair.project / "a.txt").read_text() == LINES + "agent\n"
