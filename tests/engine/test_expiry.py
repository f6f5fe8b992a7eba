"""Snapshots go when their time is over, and never because a clock leapt (D29, D35)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.conftest import define_agent
from engine.test_merges import ready
from segue.agents.images import Images
from segue.engine.state.ledger import Ledger
from segue.engine.workspace.expiry import DAY_MS, LEAP_DAYS, Expiry
from segue.engine.workspace.snapshots import Snapshots
from segue.engine.workspace.worktrees import Worktrees
from segue.store.journal import Journal
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel
from support.pictures import png
from support.repositories import git


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        define_agent(made, "fake")
        yield made


async def expire(segue: Installation, *, days: int, idle_days: int = 1) -> int:
    """What a daemon does that starts `days` from now, the journal's newest event being `idle_days` old by then."""
    journal = Journal.open(segue.places.journal)
    ledger = Ledger(journal)
    await ledger.load()
    snapshots = Snapshots(segue.places, Worktrees(ledger, segue.places))
    now_ms = time.time_ns() // 1_000_000 + days * DAY_MS
    try:
        return await Expiry(ledger, segue.places, snapshots).run(now_ms, now_ms - idle_days * DAY_MS)
    finally:
        await journal.close()


def refs(project: Path, session: str) -> set[str]:
    found = git(
        project, "for-each-ref", "--format=%(refname)", f"refs/segue/{session}/undo", f"refs/segue/{session}/archive"
    )
    return {ref.removeprefix(f"refs/segue/{session}/") for ref in found.splitlines()}


async def test_old_snapshots_go_and_the_newest_of_a_session_stays(segue: Installation, project: Path) -> None:
    with segue.client() as client:
        panel = Panel(client)
        session = ready(panel, project)
        for turn_side in ("before", "after", "before"):
            panel.call("session/rollback", session, turn=1, side=turn_side)
    segue.run("daemon", "stop")
    all_three = {"undo/1/worktree", "undo/2/worktree", "undo/3/worktree"}
    assert await expire(segue, days=29) == 0
    assert await expire(segue, days=365, idle_days=LEAP_DAYS + 1) == 0
    assert await expire(segue, days=-365, idle_days=-1) == 0
    segue.places.settings.write_text("[snapshots]\nkeep_days = 'ever'\n")
    assert await expire(segue, days=365) == 0
    segue.places.settings.unlink()
    assert refs(project, session) == all_three

    assert await expire(segue, days=31) == 2
    assert await expire(segue, days=3000) == 0
    assert refs(project, session) == {"undo/3/worktree"}
    with segue.client() as client:
        panel = Panel(client)
        actions = panel.call("undo/list", session)["actions"]
        assert [(action["number"], action["isExpired"], action["canUndo"]) for action in actions] == [
            (3, False, True),
            (2, True, False),
            (1, True, False),
        ]
        mine = client.request("segue/disk", {})["disk"]["repositories"][0]
        assert (mine["snapshots"], mine["expired"]) == (1, 2)


async def test_what_an_archived_session_needs_stays_and_a_deleted_one_goes(segue: Installation, project: Path) -> None:
    with segue.client() as client:
        panel = Panel(client)
        kept, deleted = ready(panel, project), ready(panel, project)
        for session in (kept, deleted):
            panel.call("session/rollback", session, turn=1)
            panel.call("session/archive", session)
        panel.call("session/delete", deleted)
    for session in (kept, deleted):
        Images(segue.places.images(session)).keep(png(2, 2))
    segue.run("daemon", "stop")
    assert await expire(segue, days=31) == 4
    assert segue.places.images(kept).exists() and not segue.places.images(deleted).exists()
    assert refs(project, kept) == {"archive/1"}
    assert git(project, "for-each-ref", f"refs/segue/{deleted}") == ""
    with segue.client() as client:
        panel = Panel(client)
        panel.call("session/restore", kept)
        assert not any(action["canUndo"] for action in panel.call("undo/list", deleted)["actions"])
