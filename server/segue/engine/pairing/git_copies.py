"""Where git has a copy of the agent's undecided changes: in the index, or in the stash. Knows states; changes nothing.

A link that ends takes those changes out of the files. A copy of git's stays, and brings them back as the user's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segue.domain.errors import SegueError
from segue.domain.events import AgentNoted
from segue.domain.ids import named
from segue.engine.pairing import disk, suspension
from segue.engine.pairing.link_record import FileState
from segue.git import pairing
from segue.git.checkouts import Checkout
from segue.git.stashes import read_autostash, read_stashes


@dataclass(frozen=True, slots=True)
class Copies:
    """Paths of files of which git has the agent's undecided changes."""

    staged: Sequence[str] = ()
    stashed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By the stash entry that has them."""


def copies_of(states: Sequence[FileState], root: Path) -> Copies:
    """Of these files of a checkout; blocking. None where git cannot tell."""
    known = {state.path: state for state in states if suspension.has_undecided(state)}
    if not known:
        return Copies()
    try:
        checkout = pairing.checkout_at(root)
        return Copies(_staged(checkout, known), _stashed(checkout, known))
    except SegueError:
        return Copies()


def _staged(checkout: Checkout, known: Mapping[str, FileState]) -> list[str]:
    """Without what was committed: that is not taken out of the index."""
    found = pairing.read_staged(checkout, sorted(known))
    staged = [path for path, file in found.items() if _has(known[path], file)]
    if not staged:
        return []
    committed = pairing.read_many(checkout.common_dir, pairing.commit_of(checkout), staged)
    return [path for path in staged if not _has(known[path], committed[path])]


def _stashed(checkout: Checkout, known: Mapping[str, FileState]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    paths = sorted(known)
    for entry, path, file in (*read_autostash(checkout, paths), *read_stashes(checkout.common_dir, paths)):
        if _has(known[path], file) or (file is None and suspension.is_deletion(known[path])):
            found[entry] = [*found.get(entry, ()), path]
    return found


def is_stashed(state: FileState, common_dir: Path) -> bool:
    """Whether a stash has an undecided file of the agent's; blocking."""
    try:
        found = read_stashes(common_dir, [state.path])
        return any(_has(state, file) for _, _, file in found)
    except SegueError:
        return False


def notes(copies: Copies) -> list[AgentNoted]:
    """The notices for the user when the link ends."""
    said = [
        f"{entry} contains undecided changes of the agent: {named(sorted(paths))}. "
        "Applying it puts them into your files."
        for entry, paths in copies.stashed.items()
    ]
    if copies.staged:
        said.append(
            f"Undecided changes of the agent are still staged: {named(copies.staged)}. Your next commit would include "
            "them. To unstage them: git restore --staged."
        )
    return [AgentNoted("git_has_copies", text) for text in said]


def _has(state: FileState, file: tuple[bytes, str] | None) -> bool:
    return file is not None and suspension.is_in(state, disk.content_of(*file))
