"""The folders in which a repository is checked out. Knows what of the user's stands in the way of a change of files.

A user's changes are never overwritten: what a merge would touch has to be exactly as it was committed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from segue.domain.errors import MergeRefused
from segue.domain.ids import visible
from segue.git import file_modes
from segue.git.filters import filter_failure
from segue.git.git_config import without_programs
from segue.git.names import split, text
from segue.git.partial_checkouts import put_back
from segue.git.run import CHECKOUT_TIMEOUT_S, Place, attempt, git, pinned, steady
from segue.git.trees import changed_paths, private_index, unhide
from segue.git.worktrees import admin_dir_of

LOCK_WAIT_S = 2.0
_UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "sequencer")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A worktree of the user's (or of anybody), with the branch it is on."""

    path: Path
    git_dir: Path
    common_dir: Path
    branch: str | None
    commit: str | None

    @property
    def place(self) -> Place:
        return pinned(self.git_dir, self.common_dir, self.path)

    @property
    def index(self) -> Path:
        return self.git_dir / "index"

    @property
    def unfinished(self) -> str | None:
        """The operation that was begun here and waits for the user."""
        return next((name for name in _UNFINISHED if (self.git_dir / name).exists()), None)

    @property
    def rebased_branch(self) -> str | None:
        """The branch that a rebase will put back when it ends."""
        for folder in ("rebase-merge", "rebase-apply"):
            name = self.git_dir / folder / "head-name"
            if name.is_file():
                return text(name.read_bytes()).strip()
        return None


def checkouts(place: Place, common_dir: Path, main_root: Path | None = None) -> tuple[Checkout, ...]:
    """Every worktree whose folder exists; `main_root` corrects git for submodules and separate git directories."""
    output = steady(place, "worktree", "list", "--porcelain", "-z")
    main = main_root or _main_root(place, common_dir)
    found = []
    for number, block in enumerate(output.split(b"\0\0")[:-1]):
        entry = dict(_attribute(line) for line in block.split(b"\0"))
        if "bare" in entry:
            continue
        listed = Path(entry["worktree"])
        path = main or listed if number == 0 else listed
        git_dir = common_dir if number == 0 else admin_dir_of(common_dir, path)
        if path.is_dir() and git_dir is not None:
            found.append(Checkout(path, git_dir, common_dir, entry.get("branch"), entry.get("HEAD")))
    return tuple(found)


def in_the_way(checkout: Checkout, old: str, new: str) -> tuple[str, ...]:
    """What the user has at the paths that differ between two commits: staged, unstaged or untracked, ignored too."""
    changed = changed_paths(checkout.place, old, new)
    with private_index(without_programs(checkout.place), checkout.index) as private:
        unhide(private)
        attempt(private, "update-index", "-q", "--refresh")
        words = ("-z", "--name-only", "--ignore-submodules=dirty")
        unstaged = split(git(private, "diff-files", *words))
        staged = split(git(private, "diff-index", "--cached", *words, old))
        unresolved = split(git(private, "ls-files", "-z", "--unmerged"))
        tracked = {text(path) for path in split(git(private, "ls-files", "-z"))}
    touched = {text(path) for path in (*unstaged, *staged)} & changed.keys()
    for path, letter in changed.items():
        if letter == "A" and path not in touched:
            touched.update(_untracked_at(checkout.path, path, tracked, changed))
    # Leftovers of a failed `stash pop`: git refuses to go on with these, wherever they are.
    touched.update(text(entry.partition(b"\t")[2]) for entry in unresolved)
    return tuple(sorted(touched))


def move_files(checkout: Checkout, old: str, new: str) -> None:
    """Bring index and files from one commit to another, leaving everything else of the user's exactly as it is.

    Completely or not at all; raises MergeRefused("checkout_dirty" | "index_locked").
    """
    deadline = time.monotonic() + LOCK_WAIT_S
    bits = file_modes.of_files(checkout.path, changed_paths(checkout.place, old, new))
    refused = 0
    while True:
        attempt(checkout.place, "update-index", "-q", "--refresh", timeout_s=CHECKOUT_TIMEOUT_S)
        moved = attempt(checkout.place, "read-tree", "-m", "-u", old, new, timeout_s=CHECKOUT_TIMEOUT_S)
        if moved.status == 0:
            file_modes.give_back(checkout.path, bits)
            return
        if (checkout.git_dir / "index.lock").exists():
            if time.monotonic() > deadline:
                raise _locked(checkout)
            time.sleep(0.05)
        elif refused:
            break
        else:
            # The lock may have gone between the attempt and the look at it.
            refused += 1
    put_back(checkout.place, checkout.path, old, new)
    blocked = in_the_way(checkout, old, new)
    if blocked:
        raise dirty(checkout, blocked)
    stderr = moved.stderr.decode("utf-8", "replace")
    told = filter_failure(checkout.place, stderr)
    if told is not None:
        raise MergeRefused(told.reason, told.message, action=told.action, details=told.details)
    raise MergeRefused(
        "checkout_failed",
        f"The files in {visible(str(checkout.path))} could not be brought up to date.",
        action="Everything is as it was. See whether the disk is full or read-only, then try again.",
        details={"status": moved.status, "stderr": stderr},
    )


def _main_root(place: Place, common_dir: Path) -> Path | None:
    """The main worktree where the repository says so itself, as those of submodules do."""
    configured = attempt(place, "config", "--null", "--get", "core.worktree")
    return (common_dir / text(configured.stdout[:-1])).resolve() if configured.status == 0 else None


def dirty(checkout: Checkout, paths: tuple[str, ...]) -> MergeRefused:
    """The refusal that names the user's files that stand in the way."""
    shown = ", ".join(visible(path) for path in paths[:5])
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return MergeRefused(
        "checkout_dirty",
        f"The merge would touch files that you have changes in, in {visible(str(checkout.path))}: {shown}{more}.",
        action="Nothing was changed. Commit, stash or move these files away, then merge again.",
        details={"checkout": str(checkout.path), "files": [visible(path) for path in paths]},
    )


def _untracked_at(root: Path, path: str, tracked: set[str], changed: dict[str, str]) -> Iterator[str]:
    for above in PurePosixPath(path).parents[:-1]:
        file = root / above
        if os.path.lexists(file) and (file.is_symlink() or not file.is_dir()) and changed.get(str(above)) != "D":
            yield str(above)
            return
    file = root / path
    if file.is_dir() and not file.is_symlink():
        for folder, _, names in os.walk(file):
            for name in names:
                inside = str((Path(folder) / name).relative_to(root))
                if inside not in tracked:
                    yield inside
    elif os.path.lexists(file):
        yield path


def _attribute(line: bytes) -> tuple[str, str]:
    name, _, value = line.partition(b" ")
    return text(name), text(value)


def _locked(checkout: Checkout) -> MergeRefused:
    lock = checkout.git_dir / "index.lock"
    return MergeRefused(
        "index_locked",
        f"Another git command is at work in {visible(str(checkout.path))}.",
        action=f"Nothing was changed. Wait for it; if none runs, delete {visible(str(lock))}, then merge again.",
        details={"lock": str(lock)},
    )
