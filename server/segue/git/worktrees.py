"""Worktrees of sessions. Knows where they lie, what belongs to them and how they go; knows nothing of merges.

A worktree is trusted only as far as its pointers go where Segue set them: an agent can write most of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import GitFailed, InputRefused, SegueError, WorktreeUnusable
from segue.domain.ids import SessionId, session_branch, visible
from segue.git.deletion import delete
from segue.git.filters import filter_failure, share_filter_state
from segue.git.git_config import read_file
from segue.git.names import data, joined, text
from segue.git.refs import SEGUE, branch_commit, create_ref, listed, objects, parents_of, resolve, tree_of, try_change
from segue.git.repository import Located
from segue.git.run import CHECKOUT_TIMEOUT_S, Place, attempt, git, pinned
from segue.git.trees import changed_paths, write_tree

HARMLESS_SETTINGS = {"core.sparsecheckout", "core.sparsecheckoutcone", "index.sparse"}
"""What git itself may write into a worktree's own configuration."""
_ALL_BRANCHES = "refs/heads/segue"
"""Where the branches of sessions are, and no branch may be itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A worktree that is to be made."""

    repository: Located
    session_id: SessionId
    commit: str
    path: Path


@dataclass(frozen=True, slots=True)
class Worktree:
    """A session's own folder, with the entry in the repository that it belongs to."""

    session_id: SessionId
    path: Path
    admin_dir: Path
    common_dir: Path

    @property
    def branch_ref(self) -> str:
        return session_branch(self.session_id)

    @property
    def index(self) -> Path:
        return self.admin_dir / "index"

    @property
    def place(self) -> Place:
        return pinned(self.admin_dir, self.common_dir, self.path).using(**SEGUE.variables())


def create(repository: Located, session_id: SessionId, base_commit: str, path: Path) -> Worktree:
    """Make a worktree at `path` with a branch of its own at `base_commit`, locked against pruning.

    On any failure everything that was made is gone again. Raises InputRefused, WorktreeUnusable or GitFailed; the
    user's checkout, index and configuration are never touched.
    """
    return _make(Wanted(repository, session_id, base_commit, _real(path)), _check_out)


def restore(repository: Located, session_id: SessionId, snapshot: str, path: Path) -> Worktree:
    """Make an archived session's worktree again: every file and the index as in the snapshot, on its own branch.

    A branch that is gone starts again from the commit that the snapshot was taken on. Any commit can be restored.
    """
    place = objects(repository.common_dir)
    head, staged = snapshot_parts(place, snapshot)
    start = branch_commit(place, session_branch(session_id)) or head

    def fill(worktree: Worktree) -> None:
        git(worktree.place, "read-tree", "--reset", "-u", tree_of(place, snapshot), timeout_s=CHECKOUT_TIMEOUT_S)
        _fill_outside_of_cone(worktree, head, snapshot)
        git(worktree.place, "read-tree", "--reset", tree_of(place, staged or start))
        attempt(worktree.place, "update-index", "-q", "--refresh")

    return _make(Wanted(repository, session_id, start, _real(path)), fill)


def make_unfilled(repository: Located, session_id: SessionId, snapshot: str, path: Path) -> Worktree:
    """A worktree on the session's branch without any file, for a folder that has them already."""
    place = objects(repository.common_dir)
    start = branch_commit(place, session_branch(session_id)) or snapshot_parts(place, snapshot)[0]
    return _make(Wanted(repository, session_id, start, _real(path)), lambda _: None)


def open_worktree(session_id: SessionId, path: Path, common_dir: Path) -> Worktree:
    """A session's existing worktree, with every pointer checked.

    Raises WorktreeUnusable: `worktree_missing` when the folder or its entry is gone, `worktree_tampered` when a file
    that says where it belongs was changed; `details["file"]` names it.
    """
    path, common_dir = _real(path), common_dir.resolve()
    admin_dir = admin_dir_of(common_dir, path)
    if not path.is_dir() or admin_dir is None:
        what = f"The session's folder {visible(str(path))} is gone."
        if path.is_dir():
            what = f"The repository at {visible(str(common_dir))} was moved or replaced, or lost its entry for {path}."
        raise WorktreeUnusable(
            "worktree_missing",
            what,
            action="Its checkpoints are safe: archive the session, then restore it.",
            details={"path": str(path), "is_folder_there": path.is_dir()},
        )
    worktree = Worktree(session_id, path, admin_dir, common_dir)
    verify(worktree)
    share_filter_state(admin_dir, common_dir)
    return worktree


def verify(worktree: Worktree) -> None:
    """Check that the worktree's pointers are as Segue set them; raises WorktreeUnusable("worktree_tampered")."""
    expected = {
        worktree.path / ".git": f"gitdir: {worktree.admin_dir}",
        worktree.admin_dir / "gitdir": str(worktree.path / ".git"),
        worktree.admin_dir / "commondir": "../..",
    }
    for file, content in expected.items():
        if file.is_symlink() or not file.is_file() or file.read_bytes().rstrip(b"\n") != data(content):
            raise _tampered(file)
    if worktree.path.is_symlink() or worktree.admin_dir.is_symlink():
        raise _tampered(worktree.path)
    own = worktree.admin_dir / "config.worktree"
    if own.is_symlink() or own.exists():
        place = objects(worktree.common_dir)
        allowed = set(read_file(place, worktree.common_dir / "config.worktree"))
        if any(entry[0] not in HARMLESS_SETTINGS and entry not in allowed for entry in read_file(place, own)):
            raise _tampered(own)


def remove(worktree: Worktree) -> tuple[str, ...]:
    """Remove the folder and its entry; the branch stays. May be repeated after a crash in the middle.

    Returns the paths that are still there, since they could not be read or not be deleted. Refuses, with
    WorktreeUnusable("not_archived"), while the folder holds anything else that the session's newest archive does not.
    """
    stays: list[Path] = []
    if worktree.path.is_dir():
        _require_archived(worktree)
        # The pointer goes last, so that a removal that was cut short can still be opened and repeated.
        for entry in worktree.path.iterdir():
            if entry.name != ".git":
                stays += delete(entry)
        stays += delete(worktree.path / ".git") if stays else delete(worktree.path)
        with suppress(OSError):
            worktree.path.parent.rmdir()
    if not os.path.lexists(worktree.path / ".git"):
        _forget(worktree.admin_dir)
    return tuple(sorted(str(path.relative_to(worktree.path)) for path in stays))


def forget_missing(common_dir: Path, path: Path) -> None:
    """Drop the entry of a worktree whose folder is gone, which git keeps because it is locked."""
    path = _real(path)
    admin_dir = admin_dir_of(common_dir, path)
    if admin_dir is not None and not os.path.lexists(path):
        _forget(admin_dir)


def delete_branch(common_dir: Path, session_id: SessionId, expected: str) -> None:
    """Delete a session's branch if it still stands at `expected`; raises WorktreeUnusable("branch_moved")."""
    ref = session_branch(session_id)
    if try_change(objects(common_dir), "segue: delete", [f"delete {ref} {expected}"]).status != 0:
        raise WorktreeUnusable(
            "branch_moved", f"The branch {ref} moved and was not deleted.", action="Archive the session again."
        )
    drop_branch_folders(common_dir, session_id)


def make_branch(common_dir: Path, session_id: SessionId, commit: str) -> None:
    """Make a session's deleted branch again at `commit`; one that is there stays. Raises WorktreeUnusable."""
    place = objects(common_dir)
    if branch_commit(place, session_branch(session_id)) is None:
        _make_branch(place, common_dir, session_id, commit, listed(place, _ALL_BRANCHES))


def roll_back(common_dir: Path, session_id: SessionId, base_commit: str, path: Path) -> None:
    """Undo a `create` that was cut short: for use before any agent has seen the folder."""
    _delete_folder(common_dir, _real(path))
    try_change(objects(common_dir), "segue: roll back", [f"delete {session_branch(session_id)} {base_commit}"])
    if branch_commit(objects(common_dir), session_branch(session_id)) is None:
        drop_branch_folders(common_dir, session_id)


def _make(wanted: Wanted, fill: Callable[[Worktree], None]) -> Worktree:
    _refuse_place(wanted.repository, wanted.path)
    common_dir, session_id = wanted.repository.common_dir, wanted.session_id
    place = objects(common_dir)
    forget_missing(common_dir, wanted.path)
    taken, branch = listed(place, _ALL_BRANCHES), session_branch(session_id)
    is_branch_ours = branch not in taken or resolve(place, taken[branch]) is None
    if not is_branch_ours:
        _refuse_checked_out(place, branch)
    else:
        _make_branch(place, common_dir, session_id, wanted.commit, taken)
    try:
        worktree = _add(place, common_dir, wanted)
        fill(worktree)
        verify(worktree)
    except (SegueError, OSError) as failed:
        if is_branch_ours:
            roll_back(common_dir, session_id, wanted.commit, wanted.path)
        else:
            _delete_folder(common_dir, wanted.path)
        if isinstance(failed, GitFailed) and failed.reason in {"git_failed", "disk_full"}:
            told = filter_failure(place, str(failed.details["stderr"]))
            raise told or _not_made(wanted.path, failed) from failed
        raise
    return worktree


def _not_made(path: Path, failed: GitFailed) -> GitFailed:
    return GitFailed(
        "worktree_failed",
        f"The folder {visible(str(path))} could not be made. {failed.message}",
        action="Everything is as it was. See whether that disk is full or read-only, then try again.",
        details=failed.details,
    )


def _add(place: Place, common_dir: Path, wanted: Wanted) -> Worktree:
    wanted.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = ("--lock", "--reason", f"in use by Segue session {wanted.session_id}")
    words = ("--quiet", "--detach", "--no-checkout", *lock)
    git(place, "worktree", "add", *words, str(wanted.path), wanted.commit, timeout_s=CHECKOUT_TIMEOUT_S)
    admin_dir = admin_dir_of(common_dir, wanted.path)
    if admin_dir is None:
        raise GitFailed("worktree_failed", f"git made no entry for {visible(str(wanted.path))}.")
    worktree = Worktree(wanted.session_id, wanted.path, admin_dir, common_dir)
    share_filter_state(admin_dir, common_dir)
    git(worktree.place, "symbolic-ref", "-m", "segue: start", "HEAD", worktree.branch_ref)
    return worktree


def _check_out(worktree: Worktree) -> None:
    """Write the files, as `git worktree add` would; filters find their keys by now."""
    git(worktree.place, "read-tree", "--reset", "-u", "HEAD", timeout_s=CHECKOUT_TIMEOUT_S)
    attempt(worktree.place, "update-index", "-q", "--refresh")


def _delete_folder(common_dir: Path, path: Path) -> None:
    admin_dir = admin_dir_of(common_dir, path)
    if path.is_dir():
        delete(path)
    if admin_dir is not None:
        _forget(admin_dir)
    for empty in (path.parent, common_dir / "worktrees"):
        with suppress(OSError):
            empty.rmdir()


def _refuse_place(repository: Located, path: Path) -> None:
    if os.path.lexists(path):
        raise WorktreeUnusable(
            "worktree_exists", f"There is something at {visible(str(path))} already.", action="Nothing was changed."
        )
    for forbidden in (repository.root, repository.common_dir):
        if path.is_relative_to(forbidden.resolve()):
            raise InputRefused(
                "worktree_inside",
                f"The folder {visible(str(path))} lies inside the repository; worktrees have to lie outside.",
                action="Choose another data directory.",
            )


def _refuse_checked_out(place: Place, branch: str) -> None:
    where = git(place, "for-each-ref", "--format=%(worktreepath)", branch).rstrip(b"\n")
    if where:
        raise WorktreeUnusable(
            "branch_checked_out",
            f"The session's branch is checked out in {visible(text(where))}.",
            action="Switch that folder to another branch, then try again.",
        )


def _make_branch(place: Place, common_dir: Path, session_id: SessionId, commit: str, taken: Collection[str]) -> None:
    in_the_way = {_ALL_BRANCHES, f"{_ALL_BRANCHES}/{session_id}"}.intersection(taken)
    if in_the_way:
        name = in_the_way.pop().removeprefix("refs/heads/")
        raise WorktreeUnusable(
            "branch_in_the_way",
            f"The branch “{name}” stands where the branches of sessions have to go.",
            action=f"Rename it: git branch -m {name} another-name",
        )
    if (common_dir / "refs" / "heads").is_dir():
        for folder in _branch_folders(common_dir, session_id):
            folder.mkdir(parents=True, exist_ok=True)
            # Without it, `git pack-refs` on the host removes the folder that a sandboxed agent may write.
            (folder / ".keep").touch()
    try:
        create_ref(place, session_branch(session_id), commit, "segue: start")
    except GitFailed:
        drop_branch_folders(common_dir, session_id)
        raise


def _branch_folders(common_dir: Path, session_id: SessionId) -> tuple[Path, Path]:
    branch = Path(session_branch(session_id)).parent
    return common_dir / branch, common_dir / "logs" / branch


def drop_branch_folders(common_dir: Path, session_id: SessionId) -> None:
    """Remove the folders that kept a branch's place, as far as nothing is in them."""
    for folder in _branch_folders(common_dir, session_id):
        (folder / ".keep").unlink(missing_ok=True)
        for empty in (folder, folder.parent):
            with suppress(OSError):
                empty.rmdir()


def snapshot_parts(place: Place, snapshot: str) -> tuple[str, str | None]:
    """The commit that a snapshot was taken on and the one that holds its index; see `archive`."""
    commit = resolve(place, snapshot)
    if commit is None:
        raise WorktreeUnusable(
            "snapshot_missing", "The snapshot of this session is gone from the repository.", action="Start a new one."
        )
    author = git(place, "show", "--no-patch", "--no-show-signature", "--format=%ae", commit).decode().strip()
    if author != SEGUE.email:
        return commit, None
    parents = parents_of(place, commit)
    return (parents[0], parents[1] if len(parents) > 1 else None) if parents else (commit, None)


def _fill_outside_of_cone(worktree: Worktree, head: str, snapshot: str) -> None:
    """Write what the session made in places that a sparse checkout leaves out."""
    changed = changed_paths(worktree.place, head, snapshot)
    missing = [path for path, letter in changed.items() if letter != "D" and not os.path.lexists(worktree.path / path)]
    if missing:
        words = ("--force", "--quiet", "--ignore-skip-worktree-bits", "-z", "--stdin")
        git(worktree.place, "checkout-index", *words, stdin=joined(missing))


def _require_archived(worktree: Worktree) -> None:
    place = worktree.place
    archives = listed(place, f"refs/segue/{worktree.session_id}/archive/")
    newest = max(archives, key=lambda ref: int(ref.rpartition("/")[2]), default=None)
    if newest is not None:
        tree = write_tree(place, worktree.index, lambda: archives[newest]).tree
        # What is missing was removed by an earlier attempt; what differs is work that no ref holds.
        words = ("-r", "--name-only", "-z", "--no-renames", "--diff-filter=d")
        if not git(place, "diff-tree", *words, archives[newest], tree):
            return
    raise WorktreeUnusable(
        "not_archived",
        f"The session's folder {visible(str(worktree.path))} holds work that no snapshot has yet.",
        action="Nothing was removed; archive the session again.",
    )


def admin_dir_of(common_dir: Path, path: Path) -> Path | None:
    """The repository's entry for a worktree; found from the repository's side, which says what belongs to it."""
    wanted = data(str(path / ".git"))
    for pointer in sorted((common_dir / "worktrees").glob("*/gitdir")):
        with suppress(OSError):
            if pointer.read_bytes().rstrip(b"\n") == wanted:
                return pointer.parent
    return None


def _forget(admin_dir: Path) -> None:
    delete(admin_dir)
    with suppress(OSError):
        admin_dir.parent.rmdir()


def _real(path: Path) -> Path:
    """The path as git records it: only its last part may be what it seems."""
    return path.parent.resolve() / path.name


def _tampered(file: Path) -> WorktreeUnusable:
    return WorktreeUnusable(
        "worktree_tampered",
        f"{visible(str(file))} was changed by something other than Segue, so git is not run there.",
        action="The checkpoints made so far are safe; archive the session or look at that file first.",
        details={"file": str(file)},
    )
