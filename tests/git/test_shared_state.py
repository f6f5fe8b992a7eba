"""What changes around an agent while it works is found, told once in neutral words, and can be put back.

Met with the stash: it is shared by all worktrees, so an agent's `git stash pop` took the user's unfinished work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segue.domain.ids import SessionId
from segue.git import merges, shared_state, shared_state_changes, shared_state_restore
from segue.git.shared_state_changes import Disturbance
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, executable

from .conftest import SESSION, make_worktree, merge

KEPT = f"refs/segue/{SESSION}/around"


class Around:
    """A session's surroundings, as recorded before its turn."""

    def __init__(self, repo: GitRepo, worktree: Worktree) -> None:
        self.repo, self.agent, self.common_dir = repo, GitRepo(worktree.path), worktree.common_dir
        self.began_s = int(time.time())
        self.found = shared_state.look(self.common_dir)
        self.commit = shared_state.keep(self.common_dir, self.found, KEPT)

    def compared(self) -> Disturbance | None:
        before = shared_state.load(self.common_dir, self.commit)
        assert before == self.found
        return shared_state_changes.compare(self.common_dir, before, shared_state.look(self.common_dir), self.began_s)

    def told(self) -> str:
        found = self.compared()
        return found.told if found is not None else ""

    def put_back(self) -> list[str]:
        found = self.compared()
        assert found is not None
        return shared_state_restore.put_back(self.common_dir, found.before, found.after)


@pytest.fixture
def around(repo: GitRepo, worktree: Worktree) -> Around:
    repo.git("branch", "feature")
    repo.git("tag", "--annotate", "--message", "v1", "v1")
    repo.git("notes", "add", "--message", "a note")
    repo.git("remote", "add", "origin", "https://example.invalid/r.git")
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    executable(repo.path / ".git/hooks/pre-commit", "true")
    repo.write(".git/info/exclude", "*.tmp\n")
    for number in (1, 2, 3):
        repo.write("a.txt", f"stashed {number}\n")
        repo.git("stash", "push", "--quiet", "--message", f"number {number}")
    return Around(repo, worktree)


def hostile(agent: GitRepo) -> None:
    """The commit is lost to git, too: no log and no housekeeping has it."""
    agent.git("branch", "--force", "--delete", "--force", "feature", check=False)
    agent.git("stash", "clear")
    agent.git("reflog", "expire", "--expire=now", "--all")
    agent.git("gc", "--quiet", "--prune=now")


def exclude(agent: GitRepo) -> None:
    folder = Path(agent.git("rev-parse", "--path-format=absolute", "--git-common-dir"))
    (folder / "info/exclude").write_text("*\n")
    (folder / "info/attributes").write_text("* -text\n")


def hook(agent: GitRepo) -> None:
    folder = Path(agent.git("rev-parse", "--path-format=absolute", "--git-common-dir"))
    executable(folder / "hooks/post-commit", "false")
    (folder / "hooks/pre-commit").chmod(0o644)


DEEDS: dict[str, tuple[Callable[[GitRepo], object], str]] = {
    "stash pop": (lambda agent: agent.git("stash", "pop"), "the stash entry “On main: number 3” is gone"),
    "stash drop": (
        lambda agent: agent.git("stash", "drop", "stash@{1}"),
        "the stash entry “On main: number 2” is gone",
    ),
    "stash clear": (lambda agent: agent.git("stash", "clear"), "number 1"),
    "branch moved": (
        lambda agent: agent.git("branch", "--force", "feature", agent.git("commit-tree", "-m", "x", "HEAD^{tree}")),
        "the branch “feature” moved from ",
    ),
    "branch gone": (lambda agent: agent.git("branch", "-D", "feature"), "the branch “feature” ("),
    "branch new": (lambda agent: agent.git("branch", "other"), "the branch “other” is new"),
    "checked out branch": (
        lambda agent: agent.git("update-ref", "refs/heads/main", agent.git("commit-tree", "-m", "x", "HEAD^{tree}")),
        "the branch “main” moved from ",
    ),
    "tag gone": (lambda agent: agent.git("tag", "--delete", "v1"), "the tag “v1” ("),
    "tag moved": (lambda agent: agent.git("tag", "--force", "v1", "HEAD"), "the tag “v1” moved from "),
    "tag new": (lambda agent: agent.git("tag", "v2"), "the tag “v2” is new"),
    "notes": (lambda agent: agent.git("notes", "remove"), "the notes “commits” moved from "),
    "config": (lambda agent: agent.git("config", "user.name", "B"), "(user.name)"),
    "remote": (lambda agent: agent.git("remote", "remove", "origin"), "remote.origin.url"),
    "global config": (
        lambda agent: agent.git("config", "--global", "user.name", "B"),
        ".gitconfig changed (user.name)",
    ),
    "hooks": (hook, "the hook “post-commit” is new; the hook “pre-commit” changed"),
    "info": (exclude, "info/exclude changed"),
    "all at once": (hostile, "number 3"),
}


@pytest.mark.parametrize("deed", list(DEEDS))
def test_what_the_agent_moves_is_told_and_put_back(around: Around, deed: str) -> None:
    do, sentence = DEEDS[deed]
    assert around.told() == ""
    do(around.agent)
    assert sentence in around.told()
    assert around.put_back() == []
    now = shared_state.look(around.common_dir)
    assert (now.refs, now.heads, now.files) == (around.found.refs, around.found.heads, around.found.files)
    assert sorted(now.stash) == sorted(around.found.stash)
    assert around.repo.git("stash", "show", "--patch", "stash@{0}") if now.stash else True


def test_the_stash_comes_back_in_its_order(around: Around) -> None:
    around.agent.git("stash", "clear")
    around.put_back()
    assert [line.partition(": ")[2] for line in around.repo.git("stash", "list").splitlines()] == [
        f"On main: number {number}" for number in (3, 2, 1)
    ]


def test_another_checkout_is_told_and_switched_back(around: Around) -> None:
    around.agent.git("-C", str(around.repo.path), "switch", "--quiet", "feature")
    assert "went from “main” to “feature”" in around.told()
    assert around.put_back() == []
    assert around.repo.git("branch", "--show-current") == "main"


def test_included_configuration_is_watched(repo: GitRepo, worktree: Worktree, home: Path) -> None:
    (home / "work.inc").write_text("[user]\n\temail = work@example.invalid\n")
    repo.git("config", "include.path", str(home / "work.inc"))
    around = Around(repo, worktree)
    around.agent.git("config", "--file", str(home / "work.inc"), "user.email", "other@example.invalid")
    assert "work.inc changed (user.email)" in around.told()
    around.put_back()
    assert around.repo.git("config", "user.email") == "work@example.invalid"


def test_what_the_user_does_meanwhile_is_not_told(around: Around) -> None:
    """Their commits, their stash, their branch, a fetch: git's own logs say so."""
    repo = around.repo
    repo.commit("mine", b_txt="mine\n")
    repo.git("commit", "--quiet", "--amend", "--message", "mine, amended")
    repo.write("a.txt", "stashed meanwhile\n")
    repo.git("stash", "push", "--quiet")
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    repo.git("tag", "fetched")
    assert around.told() == ""
    repo.git("switch", "--quiet", "--create", "mine")
    repo.commit("on my branch", b_txt="more\n")
    assert "mine" not in around.told().replace("to “mine”", "")


def test_another_sessions_merge_is_not_told(around: Around, tmp_path: Path) -> None:
    other = make_worktree(around.repo, tmp_path, SessionId("cdfghjkm"))
    GitRepo(other.path).write("a.txt", "other\n")
    merged = merge(around.repo, other)
    assert around.told() == ""
    merges.undo(merged)
    assert around.told() == ""


def test_what_vs_code_writes_by_itself_is_not_told(around: Around) -> None:
    around.repo.git("config", "branch.feature.vscode-merge-base", "origin/main")
    assert around.told() == ""


def test_what_changed_again_since_stays(around: Around) -> None:
    around.agent.git("branch", "--delete", "--force", "feature")
    around.agent.git("tag", "--delete", "v1")
    found = around.compared()
    assert found is not None
    made_anew = around.repo.commit("anew", b_txt="anew\n")
    around.repo.git("branch", "feature")
    assert shared_state_restore.put_back(around.common_dir, found.before, found.after) == ["refs/heads/feature"]
    assert around.repo.rev("feature") == made_anew
    assert around.repo.rev("v1") == around.found.refs["refs/tags/v1"]


def test_a_branch_that_is_checked_out_is_not_deleted(around: Around) -> None:
    around.agent.git("switch", "--quiet", "--create", "other")
    assert around.put_back() == ["refs/heads/other"]
