"""What a merge does where an agent's work needs lines that the user has not committed. Knows trees and his files.

Only for work that was done on the user's own, `since` being the tree of both. Where git finds a conflict between that
work and the branch, the files are looked at anew, line by line; what is no text, and what came or went, as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path

from segue.domain.pairing import uncommitted_lines as texts
from segue.domain.pairing.edits import Edit
from segue.domain.pairing.text_format import decode, encode
from segue.git.merge_tree import Conflict, MergedTree
from segue.git.pairing import Replaced, read_many, with_files
from segue.git.refs import objects, tree_of

Entry = tuple[bytes, str] | None
"""Bytes and mode of a file; None where there is none."""
_KINDS = ("contents", "modify/delete", "add/add", "binary")


class Unfinished(StrEnum):
    """What to do with work that needs the user's unfinished lines."""

    ASK = "ask"
    """Say which lines, and change nothing."""
    LEAVE = "leave"
    """That work stays with the session, for later."""
    COMMIT = "commit"
    """Those lines become a commit of their own, in the user's name, before the merge."""


class Standing(Enum):
    """How the user has needed lines now."""

    HELD = "held"
    """As the agent got them, and uncommitted."""
    GONE = "gone"
    """Changed or taken back since."""
    FOREIGN = "foreign"
    """The branch has something else there by now: a conflict as any other."""


@dataclass(frozen=True, slots=True)
class Need:
    """Unfinished work of the user's in one file that the agent's stands on."""

    path: str
    lines: tuple[tuple[int, int], ...]
    """First and last of each range, from 1, as the user's file has them; empty where it is the whole file."""
    left: int
    """Changes of the agent that stay out without it."""
    is_held: bool


@dataclass(frozen=True, slots=True)
class Sides:
    """The trees, or commits, that a merge is made of."""

    common_dir: Path
    since: str
    """The user's work that the agent began with."""
    branch: str
    result: str
    began: str
    """What was committed when the session began."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How the merge can be made all the same."""

    needs: tuple[Need, ...]
    files: Mapping[str, _File]

    @property
    def choices(self) -> tuple[Unfinished, ...]:
        is_there = all(need.is_held for need in self.needs)
        return (Unfinished.LEAVE, Unfinished.COMMIT) if is_there else (Unfinished.LEAVE,)


@dataclass(frozen=True, slots=True)
class _File:
    """A conflicting file in each of the trees that come of it."""

    need: Need | None
    """None where line by line there is no conflict."""
    standing: Standing
    first: Entry
    merged: Entry
    without: Entry
    since: Entry


def ways(sides: Sides, conflicts: Sequence[Conflict], mine: Callable[[str], bytes | None]) -> Ways | None:
    """The ways round conflicts that are nothing but missing unfinished work; None where one of them is more.

    `mine` says what the user has in a file now, saved or not; None where there is none.
    """
    if not conflicts or not all(found.kind.startswith(_KINDS) for found in conflicts):
        return None
    paths = [found.path for found in conflicts]
    trees = (sides.since, sides.branch, sides.result, sides.began)
    entries = [read_many(sides.common_dir, tree, paths) for tree in trees]
    files = {path: _parted(path, [found[path] for found in entries], mine(path)) for path in paths}
    if any(file.standing is Standing.FOREIGN for file in files.values()):
        return None
    return Ways(tuple(file.need for file in files.values() if file.need is not None), files)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Trees of a merge without what the conflicts were about, or with it in a commit of its own."""

    tree: str
    first: str | None
    """Of the commit before it."""
    since: str | None
    """From here, what was left out is still to be merged; None where nothing was."""


def resolve(sides: Sides, merged: MergedTree, found: Ways, choice: Unfinished) -> Resolved:
    """Write the trees of one of the ways, LEAVE or COMMIT."""
    common_dir, files = sides.common_dir, found.files
    if choice is Unfinished.COMMIT:
        tree = with_files(common_dir, merged.tree, _entries(files, lambda file: file.merged))
        branch = tree_of(objects(common_dir), sides.branch)
        return Resolved(tree, with_files(common_dir, branch, _entries(files, lambda file: file.first)), None)
    tree = with_files(common_dir, merged.tree, _entries(files, lambda file: file.without))
    result = tree_of(objects(common_dir), sides.result)
    return Resolved(tree, None, with_files(common_dir, result, _entries(files, lambda file: file.since)))


def _entries(files: Mapping[str, _File], which: Callable[[_File], Entry]) -> list[Replaced]:
    chosen = ((path, which(file)) for path, file in files.items())
    return [Replaced(path, entry[1], entry[0]) if entry else Replaced(path, "", None) for path, entry in chosen]


def _parted(path: str, entries: Sequence[Entry], mine: bytes | None) -> _File:
    since, branch, result, began = entries
    decoded = [decode(entry[0]) if entry is not None else None for entry in (since, branch, result)]
    mode, found = _mode(entries), [each for each in decoded if each is not None]
    shapes = {shape for _, shape in found}
    if mode is None or len(found) < len(decoded) or len(shapes) > 1:
        return _as_a_whole(path, entries, mine)
    (accepted, base, theirs), (shape,) = (text for text, _ in found), shapes
    own, before = _text(mine), _text(began[0] if began is not None else None)
    parted = texts.part(accepted, base, theirs)
    standing = _worst([_standing(accepted, base, edit, own, before) for edit in parted.needed])
    where = tuple(texts.lines_at(accepted, edit, accepted if own is None else own) for edit in parted.needed)
    need = Need(path, where, parted.left, standing is Standing.HELD) if where else None
    assert branch is not None
    return _File(
        need,
        standing,
        first=(encode(parted.first, shape), branch[1]),
        merged=(encode(parted.merged, shape), mode),
        without=(encode(parted.without, shape), mode),
        since=(encode(parted.since, shape), mode),
    )


def _text(content: bytes | None) -> str | None:
    found = decode(content) if content is not None else None
    return found[0] if found is not None else None


def _mode(entries: Sequence[Entry]) -> str | None:
    """The mode that a file has after the merge, where that is no question."""
    since, branch, result, _ = entries
    if since is None or branch is None or result is None:
        return None
    if branch[1] in (since[1], result[1]):
        return result[1]
    return branch[1] if result[1] == since[1] else None


def _standing(accepted: str, branch: str, needed: Edit, own: str | None, before: str | None) -> Standing:
    if own is not None and texts.stands(accepted, needed, own):
        return Standing.HELD
    is_as_before = before is not None and texts.is_as_before(before, branch, accepted, needed)
    return Standing.GONE if is_as_before else Standing.FOREIGN


def _worst(standings: Sequence[Standing]) -> Standing:
    return next((each for each in (Standing.FOREIGN, Standing.GONE) if each in standings), Standing.HELD)


def _as_a_whole(path: str, entries: Sequence[Entry], mine: bytes | None) -> _File:
    since, branch, result, began = entries
    if (mine is None) == (since is None) and since != branch:
        standing = Standing.HELD
    else:
        standing = Standing.GONE if branch == began else Standing.FOREIGN
    need = Need(path, (), 1, standing is Standing.HELD)
    return _File(need, standing, first=since, merged=result, without=branch, since=since)


@dataclass(frozen=True, slots=True)
class Work:
    """What a session's work makes of the branch."""

    merged: MergedTree
    needs: tuple[Need, ...] = ()
    """Unfinished work of the user's that it stands on."""
    choices: tuple[Unfinished, ...] = ()
    """What can be done about that."""
    first: str | None = None
    """Tree of a commit in the user's name that goes before."""
    rest: str | None = None
    """Tree from which what was left out is still to be merged."""
    is_asked: bool = False
    """Whether the user has to choose first; `merged` is of no use then."""
