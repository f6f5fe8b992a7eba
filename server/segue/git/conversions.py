"""Files that git takes for changed although nobody changed them. Knows attributes and filters; knows no worktree.

A blob that is not as git would store it now (CRLF under `text`, `ident`, a filter, another encoding) counts as changed
as soon as git looks into its file. What such a file would be checked out as tells whether it is as it was.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from segue.git.names import data, joined, split, text
from segue.git.run import CHECKOUT_TIMEOUT_S, Place, attempt, git, read_limited

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_SHA1_DIGITS = 40
_FILES = ("100644", "100755")
_CONVERTING = ("filter", "working-tree-encoding", "ident")
"""Attributes whose conversion cannot be left out of what is stored."""


@dataclass(frozen=True, slots=True)
class _Changed:
    """A file that differs from HEAD as git would store it."""

    path: str
    mode: str
    old: str
    new: str
    is_new: bool


def as_checked_out(private: Place) -> None:
    """Stage files of a private index as HEAD has them where the disk has just what a checkout of that writes.

    Of a file that really was changed the line ends are kept as they are, where HEAD has such as git would not store.
    """
    changed, gone = _changed(private)
    raw = _raw(private, [each for each in changed if _is_readable(private.directory / each.path)])
    kept = [each for each in changed if each.is_new and raw.get(each.path) in gone]
    converted = [each for each in changed if not each.is_new and raw.get(each.path, each.new) != each.new]
    converted = _without_pointers(private, converted)
    entries = {each.path: (each.mode, raw[each.path]) for each in kept}
    if converted:
        written = checked_out(private, "HEAD", [each.path for each in converted])
        for each in converted:
            now = (private.directory / each.path).read_bytes()
            if now == written.get(each.path):
                entries[each.path] = (each.mode, each.old)
            elif _keeps_line_ends(private, each, now, written.get(each.path)):
                entries[each.path] = (each.mode, raw[each.path])
    if entries:
        _write_raw(private, [path for path, (_, oid) in entries.items() if oid == raw.get(path)])
        lines = [f"{mode} {oid}\t".encode() + data(path) + b"\0" for path, (mode, oid) in entries.items()]
        git(private, "update-index", "-z", "--index-info", stdin=b"".join(lines))


def _changed(private: Place) -> tuple[list[_Changed], set[str]]:
    """Files that were changed or added, and the contents of those that are gone."""
    found = attempt(
        private, "diff-index", "--cached", "-z", "--raw", "--no-renames", "--ignore-submodules", "HEAD", "--"
    )
    fields = split(found.stdout) if found.status == 0 else []
    changed, gone = [], set()
    for facts, path in zip(fields[::2], fields[1::2], strict=True):
        old_mode, new_mode, old, new, letter = facts[1:].decode().split(" ")
        if letter == "D":
            gone.add(old)
        elif new_mode in _FILES and (letter == "A" or old_mode in _FILES):
            changed.append(_Changed(text(path), new_mode, old, new, letter == "A"))
    # Without one of these a new file has nothing to be taken for.
    return [each for each in changed if gone or not each.is_new], gone


def _is_readable(file: Path) -> bool:
    return file.is_file() and os.access(file, os.R_OK)


def _raw(private: Place, changed: Sequence[_Changed]) -> dict[str, str]:
    """The ids of files just as they lie on the disk, by git's own rule: asking git costs a process."""
    found = {}
    for each in changed:
        if "\n" not in each.path:
            with suppress(OSError):  # it went meanwhile
                found[each.path] = _id_of(private.directory / each.path, len(each.new))
    return found


def _id_of(file: Path, digits: int) -> str:
    new_hash = hashlib.sha1 if digits == _SHA1_DIGITS else hashlib.sha256
    with file.open("rb") as source:
        begun = new_hash(b"blob %d\0" % os.fstat(source.fileno()).st_size)
        return hashlib.file_digest(source, begun.copy).hexdigest()


def _without_pointers(private: Place, converted: Sequence[_Changed]) -> list[_Changed]:
    """Leave out files of Git LFS that are stored as such: to check one out may mean to fetch it."""
    if not converted:
        return []
    stdin = joined([each.path for each in converted])
    found = split(git(private, "check-attr", "-z", "--stdin", "filter", stdin=stdin))
    large = {text(path) for path, value in zip(found[::3], found[2::3], strict=True) if value == b"lfs"}

    def is_pointer(each: _Changed) -> bool:
        start = read_limited(private, "cat-file", "blob", each.old, limit=len(LFS_POINTER))
        return start.stdout == LFS_POINTER

    return [each for each in converted if each.path not in large or not is_pointer(each)]


def _write_raw(private: Place, paths: Sequence[str]) -> None:
    if paths:
        stdin = b"".join(data(path) + b"\n" for path in paths)
        git(private, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=stdin)


def checked_out(private: Place, tree: str, paths: list[str]) -> dict[str, bytes]:
    """What a checkout of a tree writes into these files."""
    beside = Path(private.variables["GIT_INDEX_FILE"]).parent
    with tempfile.TemporaryDirectory(prefix="checkout-", dir=beside) as folder:
        index = Path(folder) / "index"
        place = private.using(GIT_INDEX_FILE=str(index)).configured({"core.sparseCheckout": "false"})
        git(place, "read-tree", tree)
        root = Path(folder) / "files"
        words = ("--force", "--quiet", f"--prefix={root}/", "-z", "--stdin")
        attempt(place, "checkout-index", *words, stdin=joined(paths), timeout_s=CHECKOUT_TIMEOUT_S)
        return {path: (root / path).read_bytes() for path in paths if (root / path).is_file()}


def _keeps_line_ends(private: Place, changed: _Changed, now: bytes, written: bytes | None) -> bool:
    """Whether storing a changed file byte for byte is what its older version was stored as."""
    old = git(private, "cat-file", "blob", changed.old)
    if b"\r\n" not in old or b"\r\n" not in now:
        return False
    found = split(git(private, "check-attr", "-z", "--stdin", *_CONVERTING, stdin=joined([changed.path])))
    is_plain = all(value in (b"unspecified", b"unset") for value in found[2::3])
    return is_plain and (written == old or now.count(b"\n") == now.count(b"\r\n"))
