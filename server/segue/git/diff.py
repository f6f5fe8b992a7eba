"""What differs between two commits, or between a commit and a folder. Knows git's raw output; knows no session.

Paths are text that keeps every byte (`surrogateescape`); `display` has what cannot be shown written as escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from segue.domain.errors import NotFound
from segue.domain.events import Stat
from segue.domain.ids import visible
from segue.git.conversions import LFS_POINTER
from segue.git.names import data, joined, text
from segue.git.refs import objects
from segue.git.run import Place, attempt, git, read_limited
from segue.git.trees import nested_repositories, private_index
from segue.git.worktrees import Worktree, verify

_POINTER_BYTES, _POINTER_LINES = 1024, 12
OID = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
"""The id of an object, written out."""
PLAIN = ("--no-ext-diff", "--no-textconv", "--no-color")
"""No program and no colour of the repository's configuration."""
_NO_MODE = "000000"


class Status(StrEnum):
    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    TYPE_CHANGED = "type_changed"


class Kind(StrEnum):
    TEXT = "text"
    BINARY = "binary"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"
    """Only the pointer is known here, never what lies behind it."""
    LFS = "lfs"
    """The pointer of a Git LFS file."""


_STATUS = {
    "A": Status.ADDED,
    "M": Status.MODIFIED,
    "D": Status.DELETED,
    "R": Status.RENAMED,
    "C": Status.ADDED,
    "T": Status.TYPE_CHANGED,
}


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file. Ids and modes (git's octal digits) are None on the side where there is no file."""

    path: str
    old_path: str | None
    status: Status
    old_oid: str | None
    new_oid: str | None
    old_mode: str | None
    new_mode: str | None
    added: int | None = None
    """Lines; None for what is binary."""
    removed: int | None = None
    kind: Kind = Kind.TEXT

    @property
    def display(self) -> str:
        return visible(self.path)

    @property
    def raw_path(self) -> bytes:
        return data(self.path)

    @property
    def is_binary(self) -> bool:
        return self.added is None


def changes(common_dir: Path, old: str, new: str) -> tuple[FileChange, ...]:
    """The files that differ between two commits or trees, in git's order, renames found; raises GitFailed."""
    place = objects(common_dir)
    output = git(place, "diff-tree", "-r", "-z", "--raw", "--numstat", "-M", *PLAIN, "--end-of-options", old, new)
    fields = iter(output.split(b"\0")[:-1])
    found: dict[bytes, FileChange] = {}
    for head in fields:
        if head.startswith(b":"):
            path, change = _raw(head, fields)
            found[path] = change
        else:
            path, added, removed = _counts(head, fields)
            is_text = found[path].kind is Kind.TEXT
            kind = Kind.BINARY if added is None and is_text else found[path].kind
            found[path] = replace(found[path], added=added, removed=removed, kind=kind)
    return _with_pointers(place, tuple(found.values()))


def stat(common_dir: Path, old: str, new: str) -> Stat:
    """How much differs between two commits or trees."""
    return _sum(
        git(objects(common_dir), "diff-tree", "-r", "-z", "--numstat", "-M", *PLAIN, "--end-of-options", old, new)
    )


def live_stat(worktree: Worktree, base_commit: str) -> Stat:
    """How much a worktree's files, untracked ones included, differ from a commit, without recording anything."""
    verify(worktree)
    intend = ("add", "--intent-to-add", "--sparse")
    with private_index(worktree.place, worktree.index) as private:
        added = attempt(private, *intend, "--", ".")
        if added.status != 0:
            specs = [".", *(f":(top,exclude,literal){path}" for path in nested_repositories(private))]
            words = ("--pathspec-from-file=-", "--pathspec-file-nul")
            git(private, *intend, *words, stdin=joined(specs))
        options = ("-z", "--numstat", "-M", "--ignore-submodules=all", *PLAIN)
        return _sum(git(private, "diff", *options, base_commit, "--"))


def read_blob(common_dir: Path, oid: str, limit: int) -> bytes:
    """At most the first `limit` bytes of a file's content; raises NotFound."""
    found = None
    if OID.fullmatch(oid):
        found = read_limited(objects(common_dir), "cat-file", "blob", oid, limit=limit)
    if found is None or found.status != 0:
        raise NotFound(
            "no_blob", f"The repository has no file content {visible(oid)[:64]}.", action="Open the review again."
        )
    return found.stdout


def _raw(head: bytes, fields: Iterator[bytes]) -> tuple[bytes, FileChange]:
    old_mode, new_mode, old_oid, new_oid, letter = head[1:].decode().split(" ")
    path = next(fields)
    old_path = None
    if letter[0] in "RC":
        old_path, path = path, next(fields)
    links = {"120000": Kind.SYMLINK, "160000": Kind.SUBMODULE}
    kind = links.get(new_mode if new_mode != _NO_MODE else old_mode, Kind.TEXT)
    return path, FileChange(
        path=text(path),
        old_path=text(old_path) if old_path is not None else None,
        status=_STATUS.get(letter[0], Status.MODIFIED),
        old_oid=None if old_mode == _NO_MODE else old_oid,
        new_oid=None if new_mode == _NO_MODE else new_oid,
        old_mode=None if old_mode == _NO_MODE else old_mode,
        new_mode=None if new_mode == _NO_MODE else new_mode,
        kind=kind,
    )


def _counts(head: bytes, fields: Iterator[bytes]) -> tuple[bytes, int | None, int | None]:
    added, removed, path = head.split(b"\t", 2)
    if not path:
        next(fields)
        path = next(fields)
    return path, None if added == b"-" else int(added), None if removed == b"-" else int(removed)


def _sum(numstat: bytes) -> Stat:
    fields = iter(numstat.split(b"\0")[:-1])
    rows = [_counts(head, fields) for head in fields]
    return Stat(len(rows), sum(row[1] or 0 for row in rows), sum(row[2] or 0 for row in rows))


def _with_pointers(place: Place, found: tuple[FileChange, ...]) -> tuple[FileChange, ...]:
    """Mark LFS pointers: small texts that say so in their first line."""
    oids = [
        change.new_oid or change.old_oid or ""
        for change in found
        if change.kind is Kind.TEXT and max(change.added or 0, change.removed or 0) <= _POINTER_LINES
    ]
    pointers = _pointers(place, oids) if oids else frozenset()
    return tuple(
        replace(change, kind=Kind.LFS) if (change.new_oid or change.old_oid) in pointers else change for change in found
    )


def _pointers(place: Place, oids: list[str]) -> frozenset[str]:
    stdin = "".join(f"{oid}\n" for oid in oids).encode()
    sizes = git(place, "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=stdin).decode().splitlines()
    small = [oid for oid, _, size in (line.partition(" ") for line in sizes) if int(size) <= _POINTER_BYTES]
    if not small:
        return frozenset()
    output = git(place, "cat-file", "--batch=%(objectname)", stdin="".join(f"{oid}\n" for oid in small).encode())
    return frozenset(oid for oid in small if oid.encode() + b"\n" + LFS_POINTER in output)


__all__ = ["OID", "PLAIN", "FileChange", "Kind", "Stat", "Status", "changes", "live_stat", "read_blob", "stat"]
