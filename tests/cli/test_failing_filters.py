"""Sessions in a repository whose filters fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.repositories import git


@pytest.fixture
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        yield made


def test_a_session_whose_files_a_filter_refuses_is_archived_and_restored(segue: Installation, project: Path) -> None:
    """It had no way out: recording, merging and archiving all failed."""
    (project / ".gitattributes").write_text("*.big filter=big\n")
    git(project, "add", ".gitattributes")
    git(project, "commit", "--quiet", "--message=Filter")
    git(project, "config", "filter.big.required", "true")
    git(project, "config", "filter.big.clean", "false")
    made = segue.run("new", "--wait", "--json", "echo 1 > a.big && echo 2 > b.txt", cwd=project).json["session"]
    folder = Path(made["worktree"])
    archived = segue.run("archive", made["id"], "-y", cwd=project)
    assert archived.code == 0, archived
    assert "The filter “big” of this repository failed." in archived.out
    assert "stays as it is. Restoring the session takes it up again." in archived.out
    assert (folder / "a.big").read_text() == "1\n"
    git(project, "config", "filter.big.clean", "cat")
    assert segue.run("restore", made["id"], cwd=project).code == 0
    assert (folder / "a.big").read_text() == "1\n"
