"""Keeps the user's unfinished changes on top when the files of his checkout move between commits. Knows files, index.

Planned as data first: what each such file, and its entry in the index, reads before and after. A record of that under a
ref leads back exactly, after a kill and for an undo.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segue.domain.errors import GitFailed, MergeRefused
from segue.domain.pairing.text_format import decode, encode, evened
from segue.domain.pairing.uncommitted_lines import together
from segue.domain.paths import shortened
from segue.git.checkouts import Checkout, dirty, in_the_way, move_files
from segue.git.conversions import checked_out
from segue.git.file_modes import EXECUTABLE, with_mode
from segue.git.git_config import without_programs
from segue.git.names import data, split, text
from segue.git.pairing import Replaced, read_many, read_staged, with_files
from segue.git.refs import commit_tree, objects, set_ref, tree_of
from segue.git.run import attempt, git
from segue.git.trees import changed_paths, private_index

Entry = tuple[bytes, str] | None
"""Bytes and mode of a file; None where there is none."""


@dataclass(frozen=True, slots=True)
class Move:
    """Between which commits, or trees, the files of a checkout go."""

    old: str
    first: str
    """With the lines of the user's that a commit of their own has; `old` or `new` where there is none."""
    new: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A file with unfinished changes of the user's, before and after."""

    path: str
    file: tuple[Entry, Entry]
    staged: tuple[Entry, Entry]


def unsaved(checkout: Checkout, move: Move, texts: Mapping[Path, str]) -> tuple[str, ...]:
    """Files that a move would change below texts of the user's that are not in them."""
    changed = changed_paths(checkout.place, move.old, move.new)
    open_paths = [path for path in sorted(changed) if checkout.path / path in texts]
    return tuple(path for path in open_paths if _plain(checkout.path / path) != _lines(texts[checkout.path / path]))


def _plain(file: Path) -> str | None:
    found = decode(file.read_bytes()) if file.is_file() else None
    return _lines(found[0]) if found is not None else None


def _lines(content: str) -> str:
    return evened(content.removeprefix("\ufeff"))


class _Apart(Exception):
    """The two changes do not fit into one file."""


def forth(checkout: Checkout, move: Move) -> tuple[tuple[Carried, ...], tuple[str, ...]]:
    """What goes along with a merge, and what stands in its way."""

    def after(trees: tuple[Entry, Entry, Entry], file: Entry, staged: Entry) -> tuple[Entry, Entry]:
        old, first, new = trees
        return _both(first, file, new), _both(first, _over(old, staged, first), new)

    return _planned(checkout, move, after, changed_paths(checkout.place, move.old, move.first))


def back(checkout: Checkout, move: Move, recorded: Sequence[Carried]) -> tuple[tuple[Carried, ...], tuple[str, ...]]:
    """The same for taking a merge back: what its first commit has stays in the files. `move` begins at the merge."""
    known = {each.path: each for each in recorded}

    def after(trees: tuple[Entry, Entry, Entry], file: Entry, staged: Entry) -> tuple[Entry, Entry]:
        new, first, old = trees
        return _both(new, file, first), _over(first, _both(new, staged, first), old)

    carried, blocked = _planned(checkout, move, after, changed_paths(checkout.place, move.first, move.new))
    exact = (_exactly(each, known.get(each.path)) for each in carried)
    return tuple(exact), blocked


def _exactly(planned: Carried, made: Carried | None) -> Carried:
    """Where nothing was touched since, as it was before."""
    if made is None:
        return planned
    sides = [
        (now, was[0] if now == was[1] else then)
        for (now, then), was in ((planned.file, made.file), (planned.staged, made.staged))
    ]
    return replace(planned, file=sides[0], staged=sides[1])


def unchanged(checkout: Checkout, move: Move, in_way: Sequence[str]) -> tuple[tuple[Carried, ...], tuple[str, ...]]:
    """What of this only git takes for changed, by its line ends or encoding, and the rest, which stands in the way.

    Such a file is just what a checkout of the old commit writes, and becomes what a checkout of the new one does.
    """
    changed = changed_paths(checkout.place, move.old, move.new)
    paths = [path for path in in_way if changed.get(path) in {"M", "D"}]
    if not paths:
        return (), tuple(in_way)
    before, after = (read_many(checkout.common_dir, tree, paths) for tree in (move.old, move.new))
    staged = read_staged(checkout, paths)
    with private_index(without_programs(checkout.place)) as private:
        written, wanted = (checked_out(private, tree, paths) for tree in (move.old, move.new))
    carried = []
    for path in paths:
        old, new, now = before[path], after[path], _on_disk_or_none(checkout.path / path)
        is_as_written = old is not None and staged[path] == old and now == (written.get(path), old[1])
        if is_as_written and (new is None or path in wanted):
            then = None if new is None else (wanted[path], new[1])
            carried.append(Carried(path, (now, then), (staged[path], new)))
    own = {each.path for each in carried}
    return tuple(carried), tuple(path for path in in_way if path not in own)


_After = Callable[[tuple[Entry, Entry, Entry], Entry, Entry], tuple[Entry, Entry]]


def _planned(
    checkout: Checkout, move: Move, after: _After, of_user: Iterable[str]
) -> tuple[tuple[Carried, ...], tuple[str, ...]]:
    """Files with unfinished changes, and those `of_user`, whose lines the commit in his name has."""
    changed = changed_paths(checkout.place, move.old, move.new)
    in_way = in_the_way(checkout, move.old, move.new)
    paths = sorted({path for path in in_way if path in changed} | set(of_user))
    trees = [read_many(checkout.common_dir, tree, paths) for tree in (move.old, move.first, move.new)]
    staged = read_staged(checkout, paths)
    carried: list[Carried] = []
    blocked = [path for path in in_way if path not in changed]
    for path in paths:
        try:
            file = _on_disk(checkout.path / path)
            now, then = after((trees[0][path], trees[1][path], trees[2][path]), file, staged[path])
            carried.append(Carried(path, (file, now), (staged[path], then)))
        except _Apart:
            blocked.append(path)
    return tuple(carried), tuple(sorted(blocked))


def _on_disk(file: Path) -> Entry:
    try:
        found = file.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise _Apart
    return file.read_bytes(), "100755" if found.st_mode & EXECUTABLE else "100644"


def _both(base: Entry, ours: Entry, theirs: Entry) -> Entry:
    """Both sides' changes of a file."""
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    if base is None or ours is None or theirs is None:
        raise _Apart
    mode = theirs[1] if ours[1] == base[1] else ours[1]
    decoded = [decode(entry[0]) for entry in (base, ours, theirs)]
    found = [each for each in decoded if each is not None]
    if len(found) < len(decoded) or len({shape for _, shape in found}) > 1:
        raise _Apart
    merged = together(found[0][0], found[1][0], found[2][0])
    if merged is None:
        raise _Apart
    return encode(merged, found[0][1]), mode


def _over(base: Entry, ours: Entry, theirs: Entry) -> Entry:
    """The same, where `theirs` goes before what does not fit."""
    try:
        return _both(base, ours, theirs)
    except _Apart:
        return theirs


def go(checkout: Checkout, move: Move, carried: Sequence[Carried]) -> None:
    """Bring index and files along, completely or not at all; raises MergeRefused or GitFailed."""
    move_files(checkout, move.old, held(checkout, (move.old, move.new), carried))
    try:
        _put(checkout, carried)
    except BaseException:
        restore(checkout, move, carried)
        raise


def restore(checkout: Checkout, move: Move, carried: Sequence[Carried]) -> None:
    """Take a move back."""
    restore_carried(checkout, carried)
    move_files(checkout, held(checkout, (move.old, move.new), carried), move.old)


def restore_carried(checkout: Checkout, carried: Sequence[Carried]) -> None:
    """What still reads as a move left it reads as before; may be repeated."""
    staged = read_staged(checkout, [each.path for each in carried])
    for each in carried:
        file = checkout.path / each.path
        beside(file).unlink(missing_ok=True)
        if _on_disk_or_none(file) == each.file[1] != each.file[0]:
            _write(file, each.file[0])
    moved = [each for each in carried if staged[each.path] == each.staged[1] != each.staged[0]]
    _stage(checkout, {each.path: each.staged[0] for each in moved})


def held(checkout: Checkout, change: tuple[str, str], carried: Sequence[Carried]) -> str:
    """The tree that git brings along: with what is carried as it was."""
    paths = [each.path for each in carried]
    if not paths:
        return tree_of(objects(checkout.common_dir), change[1])
    old = read_many(checkout.common_dir, change[0], paths)
    return with_files(checkout.common_dir, change[1], [_replaced(path, old[path]) for path in paths])


def _replaced(path: str, entry: Entry) -> Replaced:
    return Replaced(path, "", None) if entry is None else Replaced(path, entry[1], entry[0])


def _on_disk_or_none(file: Path) -> Entry:
    try:
        return _on_disk(file)
    except _Apart:
        return None


def _put(checkout: Checkout, carried: Sequence[Carried]) -> None:
    _stage(checkout, {each.path: each.staged[1] for each in carried if each.staged[0] != each.staged[1]})
    for each in carried:
        if each.file[0] == each.file[1]:
            continue
        if _on_disk_or_none(checkout.path / each.path) != each.file[0]:
            raise dirty(checkout, (each.path,))
        _write(checkout.path / each.path, each.file[1])


def _write(file: Path, entry: Entry) -> None:
    """Whole or not at all; raises GitFailed where the disk refuses."""
    new = beside(file)
    try:
        if entry is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(entry[0])
        bits = stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o644
        new.chmod(with_mode(bits, entry[1]))
        new.replace(file)
    except OSError as failed:
        new.unlink(missing_ok=True)
        raise GitFailed(
            "checkout_not_written",
            f"{file} cannot be written: {failed.strerror}.",
            action="Everything is as it was. Make room or fix the folder, then try again.",
            details={"path": os.fspath(file)},
        ) from failed


def beside(file: Path) -> Path:
    """Where a file is written before it takes its place."""
    return file.with_name(f".{shortened(file.name)}.segue-new")


def _stage(checkout: Checkout, entries: Mapping[str, Entry]) -> None:
    if not entries:
        return
    place = checkout.place
    zero = "0" * len(git(place, "rev-parse", "HEAD").strip())
    lines = []
    for path, entry in entries.items():
        facts = f"0 {zero}" if entry is None else f"{entry[1]} {_blob(checkout, entry[0])}"
        lines.append(f"{facts}\t".encode() + data(path) + b"\0")
    written = attempt(place, "update-index", "-z", "--index-info", stdin=b"".join(lines))
    if written.status != 0:
        raise MergeRefused(
            "index_locked",
            f"The index of {checkout.path} could not be written.",
            action="Everything is as it was. Wait for the git command that works there, then try again.",
            details={"lock": str(checkout.git_dir / "index.lock")},
        )


def _blob(checkout: Checkout, content: bytes) -> str:
    return git(checkout.place, "hash-object", "-w", "--no-filters", "--stdin", stdin=content).decode().strip()


_SIDES = ("before/file", "after/file", "before/staged", "after/staged")


_ROOT = "checkout"


def record(checkout: Checkout, carried: Sequence[Carried], ref: str) -> None:
    """Keep what `go` is about to do under a ref."""
    place = objects(checkout.common_dir)
    empty = git(place, "hash-object", "-w", "-t", "tree", "--stdin", stdin=b"").decode().strip()
    entries = [
        _replaced(f"{side}/{each.path}", entry)
        for each in carried
        for side, entry in zip(_SIDES, (*each.file, *each.staged), strict=True)
        if entry is not None
    ]
    root = Replaced(_ROOT, "100644", os.fsencode(checkout.path))
    tree = with_files(checkout.common_dir, empty, [root, *entries])
    set_ref(place, ref, commit_tree(place, tree, (), "What was carried along"), message="segue: merge")


def recorded(checkout: Checkout, commit: str) -> tuple[Carried, ...]:
    """What `record` kept; nothing where that was of another checkout."""
    place = objects(checkout.common_dir)
    tree = tree_of(place, commit)
    names = [text(name) for name in split(git(place, "ls-tree", "-r", "-z", "--name-only", "--full-tree", tree))]
    entries = read_many(checkout.common_dir, tree, names)
    root = entries.pop(_ROOT, None)
    if root is None or root[0] != os.fsencode(checkout.path):
        return ()
    paths = sorted({name.split("/", 2)[2] for name in entries})
    sides = [[entries.get(f"{side}/{path}") for side in _SIDES] for path in paths]
    return tuple(Carried(path, (a, b), (c, d)) for path, (a, b, c, d) in zip(paths, sides, strict=True))
