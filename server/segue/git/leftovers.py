"""What an agent left half done in its worktree: an unfinished rebase, conflict markers, another branch checked out.

Knows git's state files and the sentences about them; changes nothing. Each can be confirmed: then the files are merged
as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segue.domain.ids import visible
from segue.git.merge_obstacles import Obstacle, shown
from segue.git.names import HEADS, split, text
from segue.git.refs import branch_commit, objects
from segue.git.run import Place, attempt, git
from segue.git.trees import changed_paths
from segue.git.worktrees import Worktree

PATHS_AT_ONCE = 500
"""Paths on one command line."""
_MARKERS = ("-e", "^<<<<<<< ", "--or", "-e", "^>>>>>>> ")
_STATES = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "BISECT_LOG": "bisect",
}


def operation(admin_dir: Path) -> str | None:
    """What was begun in a worktree and is not finished, by git's name for it."""
    rebase = admin_dir / "rebase-apply"
    if rebase.exists():
        return "am" if (rebase / "applying").exists() else "rebase"
    # A rebase has a CHERRY_PICK_HEAD of its own while it stands at a conflict.
    names = ("rebase-merge", *(name for name in _STATES if name != "rebase-merge"))
    found = next((_STATES[name] for name in names if (admin_dir / name).exists()), None)
    return found or _sequence(admin_dir / "sequencer" / "todo")


def _sequence(todo: Path) -> str | None:
    """Several commits to pick or revert, stopped between two of them."""
    if not todo.is_file():
        return None
    return "revert" if todo.read_bytes().lstrip().startswith(b"revert") else "cherry-pick"


def about_worktree(worktree: Worktree) -> list[Obstacle]:
    """What of a session's worktree is not as a finished task leaves it."""
    unresolved = {
        text(entry.partition(b"\t")[2]) for entry in split(git(worktree.place, "ls-files", "-z", "--unmerged"))
    }
    begun = operation(worktree.admin_dir)
    if begun is not None:
        return [_unfinished(worktree, begun, sorted(unresolved))]
    found = [_unresolved(worktree, sorted(unresolved))] if unresolved else []
    return [*found, *_about_head(worktree)]


def about_markers(place: Place, base: str, tree: str) -> list[Obstacle]:
    """Files that a merge would bring conflict markers into."""
    paths = [path for path, letter in changed_paths(place, base, tree).items() if letter != "D"]
    marked = sorted(_marked(place, tree, paths))
    marked = sorted(set(marked) - _marked(place, base, marked))
    if not marked:
        return []
    return [
        Obstacle(
            "conflict_markers",
            f"There are conflict markers in {shown([visible(path) for path in marked])}.",
            "Ask the agent to resolve them, or merge the files as they are.",
            {"files": [visible(path) for path in marked]},
            can_confirm=True,
        )
    ]


def _marked(place: Place, tree: str, paths: Sequence[str]) -> set[str]:
    literal, found = place.using(GIT_LITERAL_PATHSPECS="1"), set()
    words = ("grep", "-l", "-I", "-z", "--full-name", "--all-match", *_MARKERS, tree, "--")
    for start in range(0, len(paths), PATHS_AT_ONCE):
        result = attempt(literal, *words, *paths[start : start + PATHS_AT_ONCE])
        if result.status != 1:
            found |= {text(name).removeprefix(f"{tree}:") for name in split(result.require())}
    return found


def _unfinished(worktree: Worktree, begun: str, unresolved: list[str]) -> Obstacle:
    files = [visible(path) for path in unresolved]
    conflicts = f", with conflicts in {shown(files)}" if files else ""
    end = "git bisect reset" if begun == "bisect" else f"git {begun} --continue or --abort"
    return Obstacle(
        "unfinished_operation",
        f"The agent left an unfinished {begun} in its worktree{conflicts}.",
        f"Ask the agent to finish it ({end}), or merge the files as they are.",
        {"operation": begun, "files": files, "worktree": str(worktree.path)},
        can_confirm=True,
    )


def _unresolved(worktree: Worktree, unresolved: list[str]) -> Obstacle:
    files = [visible(path) for path in unresolved]
    return Obstacle(
        "unresolved_files",
        f"The agent left conflicts that are not resolved, in {shown(files)}.",
        "Ask the agent to resolve them, or merge the files as they are.",
        {"files": files, "worktree": str(worktree.path)},
        can_confirm=True,
    )


def _about_head(worktree: Worktree) -> list[Obstacle]:
    symbolic = attempt(worktree.place, "symbolic-ref", "--quiet", "HEAD")
    branch = text(symbolic.stdout).rstrip("\n") if symbolic.status == 0 else None
    if branch == worktree.branch_ref:
        return []
    what = f"The agent checked out “{visible(branch.removeprefix(HEADS))}”" if branch else "The agent detached HEAD"
    own = worktree.branch_ref.removeprefix(HEADS)
    return [
        Obstacle(
            "other_branch" if branch else "detached_head",
            f"{what} in its worktree, so it is not on the session's branch.{_left_out(worktree)}",
            f"Ask the agent to go back (git switch {own}), or merge what is checked out there.",
            {"branch": branch, "worktree": str(worktree.path)},
            can_confirm=True,
        )
    ]


def _left_out(worktree: Worktree) -> str:
    """Commits of the session's branch that are not in what is checked out."""
    place = objects(worktree.common_dir)
    tip = branch_commit(place, worktree.branch_ref)
    counted = attempt(worktree.place, "rev-list", "--count", tip, "^HEAD", "--") if tip is not None else None
    count = int(counted.stdout) if counted is not None and counted.status == 0 else 0
    if not count:
        return ""
    return f" {count} commit{'s' if count > 1 else ''} of that branch would not be merged."
