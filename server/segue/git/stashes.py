"""What the stash of a repository has of some files. Knows git's entries; changes nothing. Blocking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from segue.git.checkouts import Checkout
from segue.git.pairing import read_many
from segue.git.refs import objects, parents_of, resolve
from segue.git.shared_state import STASH, stash_entries

NEWEST = 5
"""How many entries are looked at."""
UNTRACKED = 2
"""Which parent of an entry has the files that were untracked."""
AUTOSTASHES = ("rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH")
"""Files that name what git puts back when it is done."""
Found = Iterator[tuple[str, str, tuple[bytes, str] | None]]
"""Each file that an entry has: how to call the entry, the path, bytes and mode; None where it deletes the file."""


def read_stashes(common_dir: Path, paths: Sequence[str]) -> Found:
    """Files of these paths in the newest entries."""
    newest = resolve(objects(common_dir), STASH)
    for number, (entry, _) in enumerate(islice(stash_entries(common_dir, newest), NEWEST)):
        yield from _files(common_dir, f"stash@{{{number}}}", entry, paths)


def read_autostash(checkout: Checkout, paths: Sequence[str]) -> Found:
    """Files of these paths in what an unfinished rebase or merge put aside."""
    for name in AUTOSTASHES:
        file = checkout.git_dir / name
        entry = resolve(objects(checkout.common_dir), file.read_text().strip()) if file.is_file() else None
        if entry is not None:
            yield from _files(checkout.common_dir, "The autostash of your rebase or merge", entry, paths)


def _files(common_dir: Path, name: str, entry: str, paths: Sequence[str]) -> Found:
    head, *others = parents_of(objects(common_dir), entry)
    before = read_many(common_dir, head, paths)
    for tree in (entry, *others[UNTRACKED - 1 :]):
        for path, file in read_many(common_dir, tree, paths).items():
            if file is not None or (tree == entry and before[path] is not None):
                yield name, path, file
