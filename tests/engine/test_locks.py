"""Lock files that a killed git command left: what a person sees of them, and that work goes on (D26)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.test_merges import merge, ready
from segue.domain.errors import SegueError
from support.panel import Panel
from support.repositories import git


def lock(project: Path, ref: str) -> Path:
    """What git leaves behind that is killed while it writes a ref."""
    file = project / ".git" / f"{ref}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file


def test_a_turn_whose_checkpoint_met_a_lock_says_so_and_the_next_one_is_recorded(panel: Panel, project: Path) -> None:
    session = ready(panel, project)
    stale = lock(project, f"refs/segue/{session}/turns/2/after")
    panel.prompt(session, "[[write more.txt yes\\n]]")
    assert panel.ended(session, 2)["stopReason"] == "end_turn"
    panel.open(session)
    assert any(str(stale) in item["text"] for item in panel.items(session))
    panel.prompt(session, "[[write again.txt yes\\n]]")
    panel.ended(session, 3)
    files = git(project, "ls-tree", "-r", "--name-only", f"refs/segue/{session}/turns/3/after").split()
    assert {"more.txt", "again.txt"} <= set(files)
    assert stale.exists()


def test_a_merge_that_meets_a_lock_names_it_and_works_without_it(panel: Panel, project: Path) -> None:
    session = ready(panel, project)
    stale = lock(project, f"refs/segue/{session}/merges/1/result")
    with pytest.raises(SegueError) as refused:
        merge(panel, session)
    assert refused.value.reason == "git_locked"
    assert str(stale) in refused.value.message and refused.value.action
    stale.unlink()
    merge(panel, session)
    assert (project / "new.txt").exists()
