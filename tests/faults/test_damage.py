"""A database that was damaged, cut off or deleted, through the daemon's real start."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import drill
from segue.cli.client import Client
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel
from support.repositories import git, repository

POINTS = drill.length(5, 200)
HEADER_AND_PAGES = 16384


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        drill.define_agent(made.root / "d")
        yield made


def damage(journal: Path, chance: random.Random) -> str:
    """One kind of damage to the database, at random."""
    kind = chance.choice(("flips", "cut", "zeros", "deleted", "empty"))
    data = bytearray(journal.read_bytes())
    if kind == "flips":
        for _ in range(chance.choice((1, 20, 400))):
            data[chance.randrange(min(len(data), HEADER_AND_PAGES))] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del data[chance.randrange(len(data)) :]
    elif kind == "zeros":
        begin = chance.randrange(len(data))
        data[begin : begin + 8192] = bytes(len(data[begin : begin + 8192]))
    if kind == "deleted":
        for path in journal.parent.glob("journal.sqlite3*"):
            if "corrupt" not in path.name:
                path.unlink()
    else:
        journal.write_bytes(b"" if kind == "empty" else data)
    return kind


def test_whatever_happens_to_the_database_every_session_is_found_again(segue: Installation, tmp_path: Path) -> None:
    """D33, issue 4.2: kept aside, said, and each session is there with its worktree, its turns and its work."""
    chance = drill.chance("damage")
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    kinds: Counter[str] = Counter()
    slowest = 0.0
    with segue.client() as client:
        panel = Panel(client)
        sessions = [panel.new(project, f"[[write {name}.txt yes\\n]]", title=f"Make {name}") for name in "xyz"]
        worktrees = {session_id: Path(panel.ended(session_id)["worktree"]) for session_id in sessions}
        panel.call("session/archive", sessions[2])
        drill.stop_daemon(segue, client)
    for _ in range(POINTS):
        kinds[damage(segue.places.journal, chance)] += 1
        begun = time.monotonic()
        with segue.client() as client:
            rows = {
                row["id"]: row for row in client.request("segue/session/list", {"includeArchived": True})["sessions"]
            }
            slowest = max(slowest, time.monotonic() - begun)
            assert rows.keys() == set(sessions), kinds
            assert {row["title"] for row in rows.values()} == {"Make x", "Make y", "Make z"}
            assert rows[sessions[2]]["isArchived"]
            _works(client, sessions, worktrees)
            drill.stop_daemon(segue, client)
    kept = {path.name for path in segue.places.journal.parent.glob("journal.sqlite3.corrupt-*")}
    print(f"damage: {dict(kinds)}, {len(kept)} files kept aside; every session found again within {slowest:.2f} s")


def _works(client: Client, sessions: list[str], worktrees: dict[str, Path]) -> None:
    panel = Panel(client)
    for session_id in sessions[:2]:
        assert worktrees[session_id].is_dir()
        before = panel.sessions[session_id]["turns"]
        panel.prompt(session_id, "[[say still here]]")
        row = panel.ended(session_id, before + 1)
        assert (row["stopReason"], row["stat"]["files"]) == ("end_turn", 1)
    panel.call("session/restore", sessions[2])
    assert (worktrees[sessions[2]] / "z.txt").read_text() == "yes\n"
    panel.call("session/archive", sessions[2])


def test_archived_sessions_are_found_again_where_no_worktree_is_left(segue: Installation, tmp_path: Path) -> None:
    """D33. Met by reading: a repository was known by its worktrees only, and an archived session has none."""
    projects = [repository(tmp_path / name, {"a.txt": "a\n"}) for name in ("one", "two words")]
    sessions = []
    with segue.client() as client:
        panel = Panel(client)
        for project in projects:
            sessions.append(panel.new(project, "[[write kept.txt yes\\n]]", title="Keep it"))
            panel.ended(sessions[-1])
            panel.call("session/archive", sessions[-1])
        drill.stop_daemon(segue, client)
    segue.places.journal.write_bytes(b"no database at all\n" * 1000)
    projects[0].rename(tmp_path / "moved")  # where a repository is gone, the others are found all the same
    with segue.client() as client:
        rows = client.request("segue/session/list", {"includeArchived": True})["sessions"]
        assert [(row["id"], row["title"], row["isArchived"]) for row in rows] == [(sessions[1], "Keep it", True)]
        worktree = Path(Panel(client).call("session/restore", sessions[1])["session"]["worktree"])
        assert (worktree / "kept.txt").read_text() == "yes\n"
    assert not segue.places.salvaging.exists()


def test_a_journal_that_is_damaged_is_said_in_the_status(segue: Installation, tmp_path: Path) -> None:
    """D33: met by a file that another program had overwritten."""
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    with segue.client() as client:
        session_id = Panel(client).new(project, "[[write a.txt b\\n]]")
        Panel(client).ended(session_id)
        drill.stop_daemon(segue, client)
    segue.places.journal.write_bytes(b"no database at all\n" * 1000)
    with segue.client() as client:
        notices = client.request("segue/status")["notices"]
        assert "kept as journal.sqlite3.corrupt-" in notices[0]
        items = client.request("segue/session/show", {"sessionId": session_id})["items"]
        assert any("found again" in item["text"] for item in items)
    with sqlite3.connect(segue.places.journal) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert git(project, "status", "--porcelain") == ""
