"""What a link needs of git: which files differ, what they read in a tree, which are ignored. Knows no buffers.

Nothing here changes the user's checkout or index.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import RepositoryUnusable
from segue.domain.ids import visible
from segue.git.archive import capture_checkout
from segue.git.checkouts import Checkout
from segue.git.index_contents import has_skipped
from segue.git.names import data, joined, split, text
from segue.git.refs import SEGUE, commit_tree, drop_refs, objects, parents_of, resolve, set_ref
from segue.git.repository import locate
from segue.git.run import CHECKOUT_TIMEOUT_S, Place, attempt, git
from segue.git.trees import private_index, write_tree
from segue.git.worktrees import Worktree

IGNORED, NOT_IGNORED = 0, 1
PATHS_AT_ONCE = 500
"""Paths on one command line."""


HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a tree shall have at a path; `data` None removes it."""

    path: str
    mode: str
    data: bytes | None


def checkout_at(root: Path) -> Checkout:
    """The user's checkout with this root; raises RepositoryUnusable."""
    found = locate(root)
    if found.root != root:
        raise RepositoryUnusable("checkout_moved", f"The checkout {root} is gone.", action="Link it from elsewhere.")
    return Checkout(found.root, found.git_dir, found.common_dir, found.head.branch, found.head.commit)


def head_of(checkout: Checkout) -> str:
    """What is checked out, so that a switch is noticed: a ref, or a commit where that is detached."""
    symbolic = attempt(checkout.place, "symbolic-ref", "--quiet", "HEAD")
    if symbolic.status == 0:
        return text(symbolic.stdout).strip()
    return resolve(checkout.place, "HEAD") or ""


def short(ref: str) -> str:
    """A branch as people say it."""
    return ref.removeprefix(HEADS)


def check_out(checkout: Checkout, ref: str) -> None:
    """Check out a branch, in the person's name; git refuses where that would overwrite anything."""
    done = attempt(checkout.place, "switch", "--quiet", "--no-guess", short(ref), timeout_s=CHECKOUT_TIMEOUT_S)
    if done.status != 0:
        raise RepositoryUnusable(
            "branch_not_checked_out",
            f"git did not check {visible(short(ref))} out; nothing was changed.",
            action="Check it out yourself to see why, then bring the session into the editor.",
            details={"stderr": text(done.stderr)},
        )


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
    if old == new:
        return ()
    fields = split(git(objects(common_dir), "diff-tree", "-r", "-z", "--raw", "--no-renames", old, new))
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return tuple(text(path) for raw, path in pairs if b"160000" not in raw.split(b" ")[:2])


def left_out(checkout: Checkout) -> frozenset[str]:
    """Files that the index has and a sparse checkout leaves out of the folder."""
    if not has_skipped(checkout.index):
        return frozenset()
    flagged = (entry[2:] for entry in split(git(checkout.place, "ls-files", "-t", "-z")) if entry.startswith(b"S "))
    return frozenset(text(path) for path in flagged if not os.path.lexists(checkout.path / text(path)))


def with_files_of(common_dir: Path, tree: str, other: str, paths: Sequence[str]) -> str:
    """A tree that has at some paths what another one has there."""
    found = read_many(common_dir, other, paths)
    return with_files(
        common_dir, tree, [Replaced(path, e[1], e[0]) if e else Replaced(path, "", None) for path, e in found.items()]
    )


@dataclass(frozen=True, slots=True)
class Status:
    """Paths of a checkout that are not as they were committed; one may be in two of them."""

    staged: tuple[str, ...]
    unstaged: tuple[str, ...]
    untracked: tuple[str, ...]


def status(checkout: Checkout) -> Status:
    """As `git status` has it, without renames and submodules; conflicts count as unstaged."""
    words = ("--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all")
    with private_index(checkout.place, checkout.index) as private:
        entries = [(entry[:2].decode(), text(entry[3:])) for entry in split(git(private, "status", *words))]
    conflicts = {path for marks, path in entries if "U" in marks or marks in {"AA", "DD"}}
    return Status(
        tuple(path for marks, path in entries if marks[0] not in " ?!" and path not in conflicts),
        tuple(path for marks, path in entries if path in conflicts or marks[1] not in " ?!"),
        tuple(path for marks, path in entries if marks == "??"),
    )


def read_staged(checkout: Checkout, paths: Sequence[str]) -> dict[str, tuple[bytes, str] | None]:
    """Bytes and modes of files as the checkout's index has them; None where it has none, or a conflict."""
    place = checkout.place.using(GIT_LITERAL_PATHSPECS="1")
    entries: list[tuple[str, str, str]] = []
    for start in range(0, len(paths), PATHS_AT_ONCE):
        listed = split(git(place, "ls-files", "--stage", "-z", "--", *paths[start : start + PATHS_AT_ONCE]))
        for entry in listed:
            facts, _, path = entry.partition(b"\t")
            mode, oid, stage = facts.decode().split(" ")
            if stage == "0":
                entries.append((text(path), mode, oid))
    return {**dict.fromkeys(paths), **_read_blobs(place, entries)}


def read_in_tree(common_dir: Path, tree: str, path: str) -> tuple[bytes, str] | None:
    """A file's bytes and mode in a tree; None where it has none there."""
    return read_many(common_dir, tree, [path])[path]


def read_many(common_dir: Path, tree: str, paths: Sequence[str]) -> dict[str, tuple[bytes, str] | None]:
    """The same for several files at once."""
    place = objects(common_dir).using(GIT_LITERAL_PATHSPECS="1")
    found: dict[str, tuple[bytes, str] | None] = dict.fromkeys(paths)
    entries: list[tuple[str, str, str]] = []
    for start in range(0, len(paths), PATHS_AT_ONCE):
        listed = split(git(place, "ls-tree", "-z", "--full-tree", tree, "--", *paths[start : start + PATHS_AT_ONCE]))
        for entry in listed:
            facts, _, path = entry.partition(b"\t")
            mode, kind, oid = facts.decode().split(" ")
            if kind == "blob":
                entries.append((text(path), mode, oid))
    return {**found, **_read_blobs(place, entries)}


def _read_blobs(place: Place, entries: Sequence[tuple[str, str, str]]) -> dict[str, tuple[bytes, str] | None]:
    """Bytes and modes by path, of paths with their modes and objects."""
    found: dict[str, tuple[bytes, str] | None] = {}
    wanted = "".join(f"{oid}\n" for _, _, oid in entries).encode()
    output = git(place, "cat-file", "--batch", stdin=wanted) if entries else b""
    at = 0
    for name, mode, _ in entries:
        line = output.index(b"\n", at)
        size = int(output[at:line].rpartition(b" ")[2])
        found[name] = (output[line + 1 : line + 1 + size], mode)
        at = line + size + 2
    return found


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
        return tree
    with private_index(objects(common_dir)) as private:
        git(private, "read-tree", tree)
        oids = _written(private, [file.data for file in files if file.data is not None])
        entries: list[bytes] = []
        for file in files:
            facts = f"0 {'0' * len(tree)}" if file.data is None else f"{file.mode} {oids.pop(0)}"
            entries.append(f"{facts}\t".encode() + data(file.path) + b"\0")
        git(private, "update-index", "-z", "--index-info", stdin=b"".join(entries))
        return git(private, "write-tree").decode().strip()


def _written(private: Place, contents: list[bytes]) -> list[str]:
    """Bytes as objects of the repository, in one command."""
    folder = Path(private.variables["GIT_INDEX_FILE"]).parent
    names = []
    for number, content in enumerate(contents):
        names.append(str(folder / f"{number}.blob"))
        Path(names[-1]).write_bytes(content)
    if not names:
        return []
    words = ("-w", "--no-filters", "--stdin-paths")
    return git(private, "hash-object", *words, stdin="".join(f"{name}\n" for name in names).encode()).decode().split()


def keep_tree(common_dir: Path, tree: str, ref: str, message: str) -> str:
    """A commit of a tree under a ref of Segue's own."""
    place = objects(common_dir)
    commit = commit_tree(place, tree, (), message)
    set_ref(place, ref, commit, message=message)
    return commit


def capture_with_buffers(checkout: Checkout, unsaved: Mapping[str, tuple[bytes, str]], ref: str) -> str:
    """A checkout as the person sees it: HEAD, staged, unstaged, untracked and unsaved; a commit as `archive` makes."""
    place, saved = objects(checkout.common_dir).using(**SEGUE.variables()), f"{ref}-saved"
    drop_refs(place, saved)  # a kill may have left one
    taken = capture_checkout(checkout, saved, "What pairing began with")
    tree = with_files(checkout.common_dir, taken.tree, [Replaced(path, m, d) for path, (d, m) in unsaved.items()])
    commit = commit_tree(place, tree, parents_of(place, taken.commit), "What pairing began with")
    set_ref(place, ref, commit, message="segue: pair")
    drop_refs(place, saved)
    return commit
