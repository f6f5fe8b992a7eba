"""Pairing in a sparse checkout: what it leaves out is not deleted, and what the agent does there is not lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.domain.errors import InputRefused
from support.pairing import LINES, Pairing, paired
from support.repositories import git


def sparse(pair: Pairing) -> dict[str, object]:
    """All that makes the user's checkout sparse."""
    return {
        "flags": git(pair.project, "ls-files", "-t"),
        "patterns": (pair.project / ".git" / "info" / "sparse-checkout").read_bytes(),
        "files": sorted(path.name for path in pair.project.rglob("*.txt")),
    }


async def started(pair: Pairing) -> dict[str, object]:
    (pair.project / "out").mkdir()
    for name in ("changed", "deleted", "same"):
        (pair.project / "out" / f"{name}.txt").write_text(f"{name}\n")
    git(pair.project, "config", "user.name", "Ann Example")
    git(pair.project, "config", "user.email", "ann@example.invalid")
    git(pair.project, "add", ".")
    git(pair.project, "commit", "--quiet", "--message=More")
    git(pair.project, "sparse-checkout", "set", "src")
    before = sparse(pair)
    await paired(pair)
    git(pair.worktree, "sparse-checkout", "disable")
    (pair.worktree / "out" / "changed.txt").write_text("agent\n")
    (pair.worktree / "out" / "deleted.txt").unlink()
    pair.agent_writes("a.txt", LINES.replace("line 2", "two"))
    await pair.until(lambda: [hunk.path for hunk in pair.hunks] == ["a.txt"])
    return before


async def test_what_the_agent_changes_outside_is_named_and_merged_from_the_background(pair: Pairing) -> None:
    """It was shown nowhere, and finishing put it away without a word."""
    before = await started(pair)
    await pair.call("segue/link/share", sessionId=pair.session_id)
    assert [notice for notice in pair.view.notices if "out/changed.txt, out/deleted.txt" in notice]
    assert not any("same.txt" in notice for notice in pair.view.notices)
    assert (pair.worktree / "out" / "same.txt").read_text() == "same\n", "what is left out is not deleted"
    await pair.decide("accept", *pair.hunks)
    with pytest.raises(InputRefused) as refused:
        await pair.on_session("segue/session/finish")
    assert refused.value.reason == "changes_outside" and "out/changed.txt" in refused.value.message
    assert pair.session.linked_to
    assert sparse(pair) == before

    await pair.on_session("segue/link/stop")
    plan = (await pair.on_session("segue/merge/plan")).plan
    shown = {"baseRef": plan.base_ref, "baseCommit": plan.base_commit, "result": plan.result}
    await pair.on_session("segue/merge/apply", **shown)
    assert git(pair.project, "show", "HEAD:out/changed.txt") == "agent"
    assert git(pair.project, "ls-tree", "--name-only", "HEAD", "out/").split() == ["out/changed.txt", "out/same.txt"]
    assert not (pair.project / "out").exists()


async def test_what_is_outside_is_named_as_soon_as_it_is_written_and_when_linked_again(pair: Pairing) -> None:
    """It was named at the next boundary only, and after a switch there and back not at all."""
    await started(pair)
    await pair.until(lambda: any("out/changed.txt" in notice for notice in pair.view.notices))
    await pair.on_session("segue/link/stop")
    await pair.on_session("segue/link/start")
    await pair.until(lambda: any("out/changed.txt" in notice for notice in pair.view.notices))


async def test_what_comes_into_the_checkout_later_flows(pair: Pairing) -> None:
    await started(pair)
    git(pair.project, "sparse-checkout", "add", "out")
    await pair.call("segue/link/share", sessionId=pair.session_id)
    await pair.until(
        lambda: sorted(hunk.path for hunk in pair.hunks) == ["a.txt", "out/changed.txt", "out/deleted.txt"]
    )
    assert not pair.view.notices
    assert (Path(pair.project) / "out" / "changed.txt").read_text() == "agent\n"
