"""What a link needs of git: which files differ, what they read in a tree, which are ignored. Knows no buffers.

Nothing here changes the user's checkout or index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import RepositoryUnusable
from segue.git.archive import capture_checkout
from segue.git.checkouts import Checkout
from segue.git.names import data, joined, split, text
from segue.git.refs import SEGUE, commit_tree, objects, parents_of, resolve, set_ref, tree_of
from segue.git.repository import inspect
from segue.git.run import Place, attempt, git
from segue.git.trees import private_index, write_tree
from segue.git.worktrees import Worktree

IGNORED, NOT_IGNORED = 0, 1


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a tree shall have at a path; `data` None removes it."""

    path: str
    mode: str
    data: bytes | None


def checkout_at(root: Path) -> Checkout:
    """The user's checkout with this root; raises RepositoryUnusable."""
    found = inspect(root)
    if found.root != root:
        raise RepositoryUnusable("checkout_moved", f"The checkout {root} is gone.", action="Link it from elsewhere.")
    return Checkout(found.root, found.git_dir, found.common_dir, found.head.branch, found.head.commit)


def head_of(checkout: Checkout) -> str:
    """What is checked out, so that a switch is noticed: a ref, or a commit where that is detached."""
    symbolic = attempt(checkout.place, "symbolic-ref", "--quiet", "HEAD")
    if symbolic.status == 0:
        return text(symbolic.stdout).strip()
    return resolve(checkout.place, "HEAD") or ""


def commit_of(checkout: Checkout) -> str:
    """The commit that is checked out; raises RepositoryUnusable where there is none."""
    commit = resolve(checkout.place, "HEAD")
    if commit is None:
        raise RepositoryUnusable("no_commits", "The checkout has no commit any more.", action="Make one.")
    return commit


def is_busy(checkout: Checkout) -> bool:
    """Whether git is at work in the checkout, or waits in the middle of a merge or a rebase."""
    return checkout.unfinished is not None or (checkout.git_dir / "index.lock").exists()


def tree_of_checkout(checkout: Checkout) -> str:
    """All that is not ignored there, as a tree."""
    return write_tree(checkout.place, checkout.index).tree


def tree_of_worktree(worktree: Worktree) -> str:
    return write_tree(worktree.place, worktree.index).tree


def differing(common_dir: Path, old: str, new: str) -> tuple[str, ...]:
    """Paths of files that two trees do not have alike; gitlinks are left alone."""
    place = objects(common_dir)
    if tree_of(place, old) == tree_of(place, new):
        return ()
    fields = split(git(place, "diff-tree", "-r", "-z", "--raw", "--no-renames", old, new))
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return tuple(text(path) for raw, path in pairs if b"160000" not in raw.split(b" ")[:2])


def read_in_tree(common_dir: Path, tree: str, path: str) -> tuple[bytes, str] | None:
    """A file's bytes and mode in a tree; None where it has none there."""
    place = objects(common_dir)
    literal = place.using(GIT_LITERAL_PATHSPECS="1")
    listed = split(git(literal, "ls-tree", "-z", "--full-tree", tree, "--", path))
    if not listed:
        return None
    mode, kind, oid = listed[0].partition(b"\t")[0].split(b" ")
    return (git(place, "cat-file", "blob", oid.decode()), mode.decode()) if kind == b"blob" else None


def tracked(place: Place) -> set[str]:
    """Paths that an index knows."""
    return {text(path) for path in split(git(place, "ls-files", "-z"))}


def ignored(place: Place, paths: Sequence[str]) -> set[str]:
    """Those of these paths that an ignore rule leaves out."""
    if not paths:
        return set()
    found = attempt(place, "check-ignore", "-z", "--stdin", stdin=joined(list(paths)))
    return {text(path) for path in split(found.stdout)} if found.status in (IGNORED, NOT_IGNORED) else set()


def with_files(common_dir: Path, tree: str, files: Iterable[Replaced]) -> str:
    """A tree that differs from another one in some files."""
    files = list(files)
    if not files:
        return tree_of(objects(common_dir), tree)
    with private_index(objects(common_dir), Path()) as private:
        git(private, "read-tree", tree)
        entries: list[bytes] = []
        for file in files:
            if file.data is None:
                oid, mode = "0" * len(tree), "0"
            else:
                oid, mode = git(private, "hash-object", "-w", "--stdin", stdin=file.data).decode().strip(), file.mode
            entries.append(f"{mode} {oid}\t".encode() + data(file.path) + b"\0")
        git(private, "update-index", "-z", "--index-info", stdin=b"".join(entries))
        return git(private, "write-tree").decode().strip()


def keep_tree(common_dir: Path, tree: str, ref: str, message: str) -> str:
    """A commit of a tree under a ref of Segue's own."""
    place = objects(common_dir)
    commit = commit_tree(place, tree, (), message)
    set_ref(place, ref, commit, message=message)
    return commit


def capture_with_buffers(checkout: Checkout, unsaved: Mapping[str, tuple[bytes, str]], ref: str) -> str:
    """A checkout as the person sees it: HEAD, staged, unstaged, untracked and unsaved; a commit as `archive` makes."""
    taken = capture_checkout(checkout, f"{ref}-saved", "What pairing began with")
    place = objects(checkout.common_dir).using(**SEGUE.variables())
    tree = with_files(checkout.common_dir, taken.tree, [Replaced(path, m, d) for path, (d, m) in unsaved.items()])
    commit = commit_tree(place, tree, parents_of(place, taken.commit), "What pairing began with")
    set_ref(place, ref, commit, message="segue: pair")
    git(place, "update-ref", "-d", f"{ref}-saved")
    return commit
