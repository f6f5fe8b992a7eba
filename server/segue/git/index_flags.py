"""The flags that a user set in an index: assume-unchanged, skip-worktree, intent-to-add. Knows how they come back.

git drops them from an entry that it writes anew, as a merge does; nothing else of the user's says that they were there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from segue.git.names import joined, text
from segue.git.pairing import Replaced, read_in_tree, with_files
from segue.git.refs import commit_tree, objects, set_ref
from segue.git.run import Place, attempt, git

_BITS = {"assume-unchanged": 0x8000, "skip-worktree": 0x40000000, "intent-to-add": 0x20000000}
_ENTRY = re.compile(rb"([^\0]+)\0(?:  [^\n]*\n)*?  size: \d+\tflags: ([0-9a-f]+)\n")
_FILE = "flags.json"

Flags = Mapping[str, tuple[str, ...]]
"""The flags of paths that have any."""


def read(place: Place, paths: Iterable[str]) -> Flags:
    """The flags of these files in an index."""
    wanted = set(paths)
    if not wanted:
        return {}
    found = attempt(place, "ls-files", "--debug", "-z")
    entries = ((text(name), int(bits, 16)) for name, bits in _ENTRY.findall(found.stdout))
    flags = {name: tuple(flag for flag, bit in _BITS.items() if bits & bit) for name, bits in entries if name in wanted}
    return {name: each for name, each in flags.items() if each}


def put_back(place: Place, wanted: Flags) -> None:
    """Give entries that are there the flags that they had; what cannot be set is left."""
    now = read(place, wanted)
    for flag in ("assume-unchanged", "skip-worktree"):
        paths = [path for path, flags in wanted.items() if flag in flags and flag not in now.get(path, ())]
        # git stops at the first path that it does not know.
        known = {text(name) for name in git(place, "ls-files", "-z").split(b"\0")} if paths else set()
        there = [path for path in paths if path in known]
        if there:
            attempt(place, "update-index", f"--{flag}", "-z", "--stdin", stdin=joined(there))
    for path, flags in wanted.items():
        if "intent-to-add" in flags and "intent-to-add" not in now.get(path, ()):
            _intend(place, path)


def _intend(place: Place, path: str) -> None:
    """Only over an entry that is empty, as such a one reads, or where there is none."""
    literal = place.using(GIT_LITERAL_PATHSPECS="1")
    staged = git(literal, "ls-files", "--stage", "-z", "--", path).split(b" ")
    empty = git(place, "hash-object", "--stdin").strip()
    is_in_head = attempt(literal, "ls-tree", "HEAD", "--", path).stdout != b""
    if is_in_head or (len(staged) > 1 and staged[1] != empty) or not (place.directory / path).is_file():
        return
    attempt(place, "update-index", "--force-remove", "-z", "--stdin", stdin=joined([path]))
    attempt(literal, "add", "--intent-to-add", "--force", "--", path)


def record(common_dir: Path, flags: Flags, ref: str) -> None:
    """Keep them under a ref."""
    place = objects(common_dir)
    empty = git(place, "hash-object", "-w", "-t", "tree", "--stdin").decode().strip()
    content = json.dumps({path: list(each) for path, each in flags.items()}).encode()
    tree = with_files(common_dir, empty, [Replaced(_FILE, "100644", content)])
    set_ref(place, ref, commit_tree(place, tree, (), "Flags of the user's index"), message="segue: merge")


def recorded(common_dir: Path, commit: str | None) -> Flags:
    """What `record` kept; nothing without a commit."""
    found = read_in_tree(common_dir, commit, _FILE) if commit else None
    return {path: tuple(each) for path, each in json.loads(found[0]).items()} if found is not None else {}
