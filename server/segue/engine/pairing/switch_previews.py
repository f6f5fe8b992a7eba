"""What a switch will move, said before it happens. Knows both directions; changes nothing.

Into the editor it is worked out by the very steps that a link takes, on the files as they are now.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from segue.domain.session import Session
from segue.domain.verbs import Verb, require
from segue.engine.pairing import base_checkout, comments, disk, file_marks, suspension, transitions
from segue.engine.pairing.buffers import Window
from segue.engine.pairing.disk import Content
from segue.engine.pairing.held_changes import Holding, held_back
from segue.engine.pairing.link import Link
from segue.engine.pairing.link_record import FileState
from segue.engine.pairing.links import Links
from segue.engine.pairing.transitions import Shown
from segue.engine.state.ledger import Ledger
from segue.engine.workspace.worktrees import Worktrees
from segue.git import pairing
from segue.git.checkouts import Checkout
from segue.git.refs import objects, tree_of
from segue.git.worktrees import Worktree


class Direction(Enum):
    """Where a session goes."""

    EDITOR = "editor"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Own:
    """Files of the person that are not committed as they are; one may count in several places."""

    staged: int = 0
    unstaged: int = 0
    untracked: int = 0
    unsaved: int = 0
    """Open, and their text stands in no file."""


@dataclass(frozen=True, slots=True)
class Moving:
    """What leaves the checkout, or comes into it."""

    hunks: int = 0
    """Changes that nobody decided on."""
    files: int = 0
    """Files that they are in."""
    proposals: int = 0
    """Where the person and the agent changed the same."""
    held: int = 0
    """Files that are held back until the person takes them: they run something, or an executable bit is new."""
    unshared: int = 0
    """Files with edits of the person that the agent has not got."""
    comments: int = 0
    """Collected, and not sent."""
    suspended: tuple[str, ...] = ()
    """Files whose text was replaced, with changes of the agent left in it."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A session that is linked to the checkout now, and goes to the background when another one comes."""

    session: Session
    moves: Moving


@dataclass(frozen=True, slots=True)
class OtherBase:
    """What a session is based on, where something else is checked out."""

    branch: str
    checked_out: str | None
    """The branch that is checked out; None where none is."""
    can_check_out: bool
    """The base branch can be checked out first: nothing is uncommitted or unsaved."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a switch of a session moves, and what it leaves alone."""

    session: Session
    to: Direction
    moves: Moving
    own: Own
    replaced: Replaced | None = None
    base: OtherBase | None = None


@dataclass(frozen=True, slots=True)
class _Here:
    """A checkout as the person sees it."""

    checkout: Checkout
    texts: Mapping[str, str]
    """Of open documents, by path."""
    states: Mapping[str, FileState] = field(default_factory=dict)
    """Of files that the session which is linked now has its changes in."""

    def mine(self, path: str) -> Content | None:
        """A file without the changes of the session that is linked now; None where it cannot be read."""
        state = self.states.get(path)
        if state is not None:
            return Content(state.whole.own, b"", state.text.own if state.text else None)
        on_disk = disk.readable(self.checkout.path, path)
        if on_disk is None:
            return None
        return disk.in_buffer(on_disk, self.texts[path]) if path in self.texts else on_disk


class Previews:
    """See the module."""

    def __init__(self, ledger: Ledger, links: Links, worktrees: Worktrees) -> None:
        self._ledger = ledger
        self._links = links
        self._worktrees = worktrees

    async def preview(self, client: Window, session_id: str) -> Preview:
        """Of the switch that is open to a session: into the editor, or to the background where it is linked."""
        session = self._ledger.find(session_id)
        if session.linked_to:
            return await self._to_background(session)
        require(Verb.LINK, session)
        return await self._to_editor(session, client)

    async def _to_background(self, session: Session) -> Preview:
        link = self._links.find(session)
        checkout = await asyncio.to_thread(pairing.checkout_at, link.checkout)
        documents = link.windows.documents()
        texts = {str(document.path.relative_to(link.checkout)): document.text for document in documents}
        here = _Here(checkout, texts, _changed(link))
        own = await asyncio.to_thread(_own, here)
        return Preview(session, Direction.BACKGROUND, _leaving(link), own)

    async def _to_editor(self, session: Session, client: Window) -> Preview:
        checkout = await asyncio.to_thread(pairing.checkout_at, Path(session.repository))
        other = self._links.at(session.repository)
        link = self._links.get(other.id) if other is not None else None
        found = self._links.documents(checkout.path, client)
        texts = {path: document.text for path, document in found.items()}
        here = _Here(checkout, texts, _changed(link) if link is not None else {})
        worktree = await asyncio.to_thread(self._worktrees.open, session)
        own = await asyncio.to_thread(_own, here)
        moves = await asyncio.to_thread(_arriving, session, worktree, here)
        leaving = _leaving(link) if link is not None else Moving()
        replaced = Replaced(other, leaving) if other is not None else None
        return Preview(session, Direction.EDITOR, moves, own, replaced, _other_base(session, checkout, own))


def _other_base(session: Session, checkout: Checkout, own: Own) -> OtherBase | None:
    base = base_checkout.base_branch(session, checkout)
    if base is None:
        return None
    checked_out = pairing.short(checkout.branch) if checkout.branch is not None else None
    is_clean = not (own.staged or own.unstaged or own.unsaved)
    return OtherBase(pairing.short(base), checked_out, is_clean and base_checkout.can_check_out(base, checkout))


def _leaving(link: Link) -> Moving:
    states = [file.state for file in link.files.values() if file.state is not None]
    remains = {state.path: len(text.hunks) for state in states if (text := suspension.left(state)) is not None}
    hunks = [count for state in states if (count := len(file_marks.hunk_marks(state)) or remains.get(state.path, 0))]
    return Moving(
        hunks=sum(hunks),
        files=len(hunks),
        proposals=sum(_disputes(state) for state in states),
        held=sum(held_back(state) is not None for state in states),
        unshared=sum(transitions.has_unshared(state) for state in states),
        comments=len(comments.drafts(link.stored.comments)),
        suspended=tuple(sorted(remains)),
    )


def _changed(link: Link) -> dict[str, FileState]:
    """Files that do not read as the person alone has them."""
    states = (file.state for file in link.files.values())
    return {state.path: state for state in states if state is not None and file_marks.hunk_marks(state)}


def _arriving(session: Session, worktree: Worktree, here: _Here) -> Moving:
    common_dir = here.checkout.common_dir
    base = tree_of(objects(common_dir), session.since)
    paths = pairing.differing(common_dir, base, pairing.tree_of_worktree(worktree))
    bases = pairing.read_many(common_dir, base, paths)
    hunks, files, proposals, held = 0, 0, 0, 0
    holding = Holding.of(here.checkout)
    gone: set[str] = set()
    for path in sorted(paths, key=lambda path: _comes(worktree, path)):
        found, mine, theirs = bases[path], here.mine(path), disk.readable(worktree.path, path)
        if mine is None or theirs is None:  # it is left as it is, and named when it is linked
            continue
        state = transitions.begin(path, disk.content_of(*found) if found is not None else disk.ABSENT, mine)
        is_blocked = theirs.entry is not None and _is_blocked(here.checkout.path, path, gone)
        shown = Shown.IN_BUFFER if path in here.texts else Shown.BLOCKED if is_blocked else Shown.ON_DISK
        after = holding.up(state, theirs, shown).state
        if after.whole.mine is None:
            gone.add(path)
        count = len(file_marks.hunk_marks(after))
        hunks, files = hunks + count, files + (count > 0)
        proposals, held = proposals + _disputes(after), held + (held_back(after) is not None)
    return Moving(hunks, files, proposals, held)


def _disputes(state: FileState) -> int:
    """Places where both changed the same, not counting that a file is held back as a whole."""
    is_held = held_back(state) is not None
    return sum(mark.number >= 0 or not is_held for mark in file_marks.dispute_marks(state))


def _comes(worktree: Worktree, path: str) -> bool:
    """What goes makes room for what comes."""
    return os.path.lexists(worktree.path / path)


def _is_blocked(root: Path, path: str, gone: set[str]) -> bool:
    """Whether something of the person's stays where a file of the agent would come, or above it."""
    way = disk.in_the_way(root, path)
    if not way or way in gone:
        return False
    inside = (root / path).rglob("*") if way == path else iter(())
    left = [file for file in inside if str(file.relative_to(root)) not in gone and not _holds_files(file)]
    return way != path or bool(left) or not gone


def _holds_files(file: Path) -> bool:
    return file.is_dir() and not file.is_symlink()


def _own(here: _Here) -> Own:
    status = pairing.status(here.checkout)
    untracked = [path for path in status.untracked if _is_own(here, path)]
    doubtful = [path for path in status.unstaged if path in here.states]
    staged = pairing.read_staged(here.checkout, doubtful)
    alike = [path for path in doubtful if _reads(here.states[path], staged[path])]
    return Own(
        staged=len(status.staged),
        unstaged=len(status.unstaged) - len(alike),
        untracked=len(untracked),
        unsaved=sum(_is_unsaved(here, path, raw) for path, raw in here.texts.items()),
    )


def _is_own(here: _Here, path: str) -> bool:
    state = here.states.get(path)
    return state is None or state.whole.own is not None


def _reads(state: FileState, found: tuple[bytes, str] | None) -> bool:
    """Whether the person's own part of a file is what was staged or committed of it."""
    content = disk.content_of(*found) if found is not None else disk.ABSENT
    if state.text is None:
        return state.whole.own == disk.opaque(content)
    return state.whole.own == content.entry and state.text.own == (content.text or "")


def _is_unsaved(here: _Here, path: str, raw: str) -> bool:
    on_disk = disk.readable(here.checkout.path, path) or disk.ABSENT
    state = here.states.get(path)
    is_own = state is not None and state.text is not None and on_disk.text == state.text.own
    return not (is_own or disk.shows(on_disk, raw))
