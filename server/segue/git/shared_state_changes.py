"""What changed around an agent while it worked. Knows whose change it was where git's logs tell; changes nothing.

Others change the same things meanwhile: the user commits, stashes and switches, and Segue merges. What a log of theirs
shows is left out; the rest is told as something that changed, not as something that the agent did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from segue.domain.ids import visible
from segue.git.names import HEADS, OWN_BRANCHES, text
from segue.git.refs import objects
from segue.git.run import attempt
from segue.git.shared_state import REMOTES, File, Surroundings, admin_dirs

CLOCK_S = 2
"""By how much times in logs may be off."""
LOG_LIMIT = 64 * 1024
"""Bytes at the end of a log that are read."""
SHOWN = 8
"""Changes that are told one by one."""
_KINDS = {HEADS: "branch", "refs/tags/": "tag", REMOTES: "remote branch", "refs/notes/": "notes"}
_EDITORS_OWN = b"vscode-merge-base"
"""What VS Code writes into a repository's configuration by itself."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What changed, before and after: nothing else is in either."""

    before: Surroundings
    after: Surroundings
    sentences: tuple[str, ...]

    @property
    def told(self) -> str:
        more = len(self.sentences) - SHOWN
        return "; ".join(self.sentences[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of a reflog."""

    new: str
    at_s: int
    message: str


@dataclass(frozen=True, slots=True)
class _Checkout:
    """What the log of a checkout of the user's shows since a turn began."""

    branches: frozenset[str]
    """Those that were checked out there."""
    commits: frozenset[str]

    @classmethod
    def read(cls, folder: Path, sides: tuple[Surroundings, Surroundings], began_s: int) -> _Checkout:
        entries = [entry for entry in _log(folder / "logs" / "HEAD") if entry.at_s >= began_s - CLOCK_S]
        heads = {side.heads.get(str(folder), "").removeprefix("ref: ") for side in sides}
        visited = {entry.message.rpartition(" to ")[2] for entry in entries if entry.message.startswith("checkout: ")}
        branches = heads | {f"{HEADS}{name}" for name in visited}
        return cls(frozenset(branches), frozenset(entry.new for entry in entries))


def compare(common_dir: Path, before: Surroundings, after: Surroundings, began_s: int) -> Disturbance | None:
    """What changed since a turn began and no log shows to be another's; None where that is nothing."""
    others = [_Checkout.read(folder, (before, after), began_s) for folder in admin_dirs(common_dir)]
    moved = _differing(before.refs, after.refs)
    is_fetched = any(ref.startswith(REMOTES) and new is not None for ref, (_, new) in moved.items())

    def is_told(ref: str, sides: tuple[str | None, str | None]) -> bool:
        old, new = sides
        if ref.startswith(REMOTES):
            return new is None  # a fetch or a push moves these
        if old is None and ref.startswith("refs/tags/") and is_fetched:
            return False
        return not (ref.startswith(HEADS) and new is not None and _is_others(common_dir, ref, new, others))

    refs = {ref: sides for ref, sides in moved.items() if is_told(ref, sides)}
    heads = {
        folder: sides
        for folder, sides in _differing(before.heads, after.heads).items()
        if None not in sides and not _is_moved_there(Path(folder), sides)
    }
    files = {path: sides for path, sides in _differing(before.files, after.files).items() if _is_changed(sides)}
    lost = tuple(entry for entry in before.stash if entry not in after.stash)
    gained = tuple(e for e in after.stash if e not in before.stash and _is_of_session(e[1]))
    sentences = (
        *_about_refs(refs),
        *(f"the stash entry “{visible(message)}” is gone" for _, message in lost),
        *(f"the stash entry “{visible(message)}” is new" for _, message in gained),
        *_about_heads(heads),
        *_about_files(common_dir, files),
    )
    if not sentences:
        return None
    sides = [
        Surroundings(_side(refs, side), (lost, gained)[side], _side(heads, side), _side(files, side)) for side in (0, 1)
    ]
    return Disturbance(sides[0], sides[1], tuple(sentences))


def _differing(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, tuple[Value | None, Value | None]]:
    names = sorted({*before, *after})
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _side(found: Mapping[str, tuple[Value | None, Value | None]], side: int) -> dict[str, Value]:
    return {name: value for name, sides in found.items() if (value := sides[side]) is not None}


def _log(file: Path) -> Iterator[_Entry]:
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - LOG_LIMIT))
            lines = opened.read().splitlines()
    except OSError:
        return
    for line in lines:
        facts, _, message = line.partition(b"\t")
        words = facts.split(b" ")
        if len(words) > 3 and words[-2].isdigit():
            yield _Entry(words[1].decode("ascii", "replace"), int(words[-2]), text(message))


def _is_others(common_dir: Path, ref: str, new: str, others: list[_Checkout]) -> bool:
    """Whether the user moved a branch in a checkout of theirs, or Segue did."""
    newest = list(_log(common_dir / "logs" / ref))[-1:]
    if newest and newest[0].new == new and newest[0].message.startswith("segue: "):
        return True
    return any(ref in checkout.branches and new in checkout.commits for checkout in others)


def _is_moved_there(folder: Path, sides: tuple[str | None, str | None]) -> bool:
    """Whether a detached HEAD went on, or a rebase is under way: both are done in the checkout itself."""
    is_rebasing = (folder / "rebase-merge").exists() or (folder / "rebase-apply").exists()
    return is_rebasing or not any(side is not None and side.startswith("ref: ") for side in sides)


def _is_of_session(message: str) -> bool:
    """Whether a stash entry was made in a session's worktree."""
    own = OWN_BRANCHES.removeprefix(HEADS)
    return message.startswith((f"WIP on {own}", f"On {own}"))


def _is_changed(sides: tuple[File | None, File | None]) -> bool:
    old, new = sides
    if old is None or new is None or old.mode != new.mode:
        return True
    return _without_editors_own(old) != _without_editors_own(new)


def _without_editors_own(file: File) -> bytes:
    lines = [line for line in file.data.splitlines(keepends=True) if _EDITORS_OWN not in line]
    return b"".join(line for line in lines if not line.startswith(b'[branch "'))


def _about_refs(refs: Mapping[str, tuple[str | None, str | None]]) -> Iterator[str]:
    for ref, (old, new) in refs.items():
        prefix = next((prefix for prefix in _KINDS if ref.startswith(prefix)), "")
        name = f"the {_KINDS.get(prefix, 'ref')} “{visible(ref.removeprefix(prefix))}”"
        if old is None:
            yield f"{name} is new"
        elif new is None:
            yield f"{name} ({old[:10]}) is gone"
        else:
            yield f"{name} moved from {old[:10]} to {new[:10]}"


def _about_heads(heads: Mapping[str, tuple[str | None, str | None]]) -> Iterator[str]:
    for folder, (old, new) in heads.items():
        path = Path(folder)
        name = path.parent if path.name == ".git" else path
        yield f"the checkout {visible(str(name))} went from {_named(old)} to {_named(new)}"


def _named(head: str | None) -> str:
    found = head or ""
    return f"“{visible(found.removeprefix('ref: ').removeprefix(HEADS))}”" if found.startswith("ref: ") else found[:10]


def _about_files(common_dir: Path, files: Mapping[str, tuple[File | None, File | None]]) -> Iterator[str]:
    for path, (old, new) in files.items():
        change = "is new" if old is None else "is gone" if new is None else "changed"
        if Path(path).parent.name == "hooks":
            yield f"the hook “{visible(Path(path).name)}” {change}"
            continue
        keys = sorted({key for key, _ in _settings(common_dir, old) ^ _settings(common_dir, new)})
        about = f" ({', '.join(visible(key) for key in keys[:SHOWN])})" if keys else ""
        yield f"{visible(path)} {change}{about}"


def _settings(common_dir: Path, file: File | None) -> set[tuple[str, str]]:
    """Keys and values of a configuration file; nothing where it is none."""
    if file is None:
        return set()
    found = attempt(objects(common_dir), "config", "--file", "-", "--no-includes", "--null", "--list", stdin=file.data)
    entries = (entry.partition(b"\n") for entry in found.stdout.split(b"\0") if entry) if found.status == 0 else ()
    return {(text(key), text(value)) for key, _, value in entries}
