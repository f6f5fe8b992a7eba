"""Repositories that rule the work out: one sentence with a way out, and nothing created (D27)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segue.domain.errors import SegueError
from support.daemon import Installation
from support.panel import Panel
from support.repositories import git, repository


def plain_folder(path: Path) -> None:
    path.mkdir()


def no_commits(path: Path) -> None:
    path.mkdir()
    git(path, "init", "-q")


def bare(path: Path) -> None:
    path.mkdir()
    git(path, "init", "-q", "--bare")


def missing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize(
    ("make", "reason"),
    [(plain_folder, "not_a_repository"), (no_commits, "no_commits"), (bare, "bare"), (missing, "path_missing")],
)
def test_what_cannot_be_worked_on_is_refused_before_anything_is_made(
    segue: Installation, panel: Panel, tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    make(tmp_path / "it")
    with pytest.raises(SegueError) as refused:
        panel.new(tmp_path / "it", "hello")
    assert refused.value.reason == reason and refused.value.action
    assert not list(segue.places.worktrees.iterdir())


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        ("gone", "base_branch_gone"),
        ("--output=x", "bad_branch_name"),
        ("a..b", "bad_branch_name"),
        ("a\nb", "bad_branch_name"),
        ("main@{1}", "bad_branch_name"),
    ],
)
def test_bases_that_are_none_are_refused(panel: Panel, project: Path, base: str, reason: str) -> None:
    """D24: nothing reaches git as an option."""
    with pytest.raises(SegueError) as refused:
        panel.new(project, "hello", base=base)
    assert refused.value.reason == reason
    assert not (project / "x").exists()


@pytest.mark.parametrize("title", ["-rf", "../../up", "a\nb", "💥 é \u202e", "x" * 300])
def test_titles_are_harmless(panel: Panel, project: Path, title: str) -> None:
    """D24: a title is for people; names on disk come from the id."""
    session = panel.new(project, "[[write a.txt a\\n]]", title=title)
    row = panel.ended(session)
    assert row["stopReason"] == "end_turn"
    assert len(row["title"]) <= 80 and "\n" not in row["title"] and "\u202e" not in row["title"]


def test_a_subfolder_of_a_monorepo_is_where_the_agent_starts(panel: Panel, project: Path) -> None:
    session = panel.new(project / "src", "[[write here.txt yes\\n]]")
    row = panel.ended(session)
    assert (Path(row["worktree"]) / "src/here.txt").exists()


def test_a_detached_head_works_and_needs_a_branch_to_merge(panel: Panel, project: Path) -> None:
    git(project, "checkout", "-q", "--detach")
    session = panel.new(project, "[[write a.txt a\\n]]")
    panel.ended(session)
    with pytest.raises(SegueError) as refused:
        panel.call("merge/plan", session)
    assert refused.value.reason == "no_base_branch"
    assert panel.call("merge/plan", session, base="main")["plan"]["obstacles"] == []


def test_unknown_and_missing_agents_are_refused(panel: Panel, project: Path) -> None:
    for agent, reason in [("nobody", "agent_unknown"), ("claude", "agent_not_found")]:
        with pytest.raises(SegueError) as refused:
            panel.new(project, "hello", agent=agent)
        assert refused.value.reason == reason and refused.value.action


def test_a_checkout_that_is_itself_a_worktree_can_be_worked_on(panel: Panel, tmp_path: Path) -> None:
    main = repository(tmp_path / "main", {"a.txt": "a\n"})
    git(main, "worktree", "add", "-q", str(tmp_path / "side"), "-b", "side")
    session = panel.new(tmp_path / "side", "[[write b.txt b\\n]]")
    assert panel.ended(session)["baseRef"] == "refs/heads/side"
