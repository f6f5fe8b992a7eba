"""A model of the user's repository against random product operations: the user's side is exactly what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import drill
from faults.oracle import Oracle, users_repository
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.gitrepo import GitRepo
from support.panel import Panel

STEPS = drill.length(200, 10_000)


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        drill.define_agent(made.root / "d")
        yield made


@pytest.fixture
def user(tmp_path: Path, segue: Installation, monkeypatch: pytest.MonkeyPatch) -> GitRepo:
    monkeypatch.setenv("HOME", str(segue.home))
    return users_repository(tmp_path / "project")


def test_the_users_side_is_always_what_the_model_says(segue: Installation, user: GitRepo) -> None:
    """S9, S10, D29, D40, issue 4: what products do, merges and ways back too, between the user's own work."""
    chance = drill.chance("oracle")
    with segue.client() as client:
        oracle = Oracle(Panel(client), user, chance)
        for _ in range(STEPS):
            oracle.step()
    print(f"oracle: {STEPS} steps: {dict(oracle.done)}; refused: {dict(oracle.refusals)}")
    for act in ("new", "prompt", "merge", "archive", "delete"):
        assert oracle.done[act] > 0
    assert user.git("fsck", "--no-progress", "--no-dangling", "--connectivity-only") == ""
