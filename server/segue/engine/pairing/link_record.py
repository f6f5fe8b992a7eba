"""What is kept of a link on the disk, so that a restart finds its bases again. Knows files; knows no sessions' states.

One file for each linked path and one for the link itself, for the user alone, each written whole and then renamed.
Bytes that are no text are kept under the name of their content.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from enum import Enum
from hashlib import sha256
from pathlib import Path

import msgspec

from segue.domain.pairing.comments import CommentState
from segue.domain.pairing.contribution import Contribution
from segue.domain.pairing.edits import Edit
from segue.domain.pairing.text_format import LineEnd, Shape
from segue.domain.pairing.whole_files import Entry, Side, Whole

log = logging.getLogger(__name__)


class StoredComment(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    path: str
    start_line: int
    end_line: int
    text: str
    state: CommentState = CommentState.DRAFT
    hunk_id: str = ""
    is_rejection: bool = False
    answer: str = ""
    turn: int = 0
    """The turn that it went with."""


class Leaving(Enum):
    """How a link ends, and how far that has come."""

    KEEP = "keep"
    """What nobody decided on is accepted, and stays where it is."""
    LEAVE = "leave"
    """The person's own part is about to be measured; nothing has left yet."""
    LEFT = "left"
    """It is measured: what the agent did leaves the checkout."""


class StoredEnding(msgspec.Struct, frozen=True):
    """That a link ends: a restart goes on with it."""

    how: Leaving
    reason: str


class StoredLink(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link, apart from its files."""

    checkout: str
    base: str
    """Tree: what both sides agree on wherever no file says otherwise."""
    head: str
    """What the checkout had checked out: a ref, or a commit where that was detached."""
    comments: tuple[StoredComment, ...] = ()
    has_window: bool = False
    """Documents of a window took part: while it is away, nobody knows what its buffers read."""
    ending: StoredEnding | None = None


class StoredFolders(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of a checkout; paths as hexadecimal digits."""

    made: frozenset[str] = frozenset()
    """Made for files of the agent: they go with those."""
    gone: dict[str, int] = {}
    """The person's, which went with the last file that the agent deleted, and their permission bits."""


class FileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file of a link. `text` holds where both sides have a text; see `Contribution` and `Whole`."""

    path: str
    whole: Whole
    text: Contribution | None = None
    suspended: str = ""
    """Why nothing flows; empty while it does."""
    is_in_buffer: bool = False
    """`mine` was read from a buffer with changes that its file does not have."""
    saved: str = ""
    """What the file had when they began, by its name (`texts.name_of`)."""
    renamed_from: str = ""
    """Of a file that came: the one that it was before. `text.own` is that one's then."""
    renamed_to: str = ""
    """Of a file that went: what it became. It is decided on there."""
    held: str = ""
    """Why the agent's change is held back until the user takes it; empty where it is not."""
    bits: int | None = None
    """All permission bits of the person's own file, which git's mode does not have; None where that is not known."""
    blocked: str = ""
    """What the person has where the agent has this file: a folder of the same path, or a file above it."""
    next: FileState | None = None
    """What it becomes by a write that is under way; a restart sees from the texts whether that happened."""
    before: FileState | None = None
    """While it is suspended: what it was until then."""


class _Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    path: str
    sides: tuple[tuple[str, str] | None, ...]
    shapes: tuple[tuple[str, bool], ...]
    """Of the four sides; of two (`mine`, `theirs`) where an earlier version wrote them."""
    texts: tuple[str, str] | None = None
    hunks: tuple[tuple[int, int, str], ...] = ()
    unshared: tuple[tuple[int, int, str], ...] = ()
    disputed: tuple[tuple[int, int, str], ...] = ()
    suspended: str = ""
    is_in_buffer: bool = False
    renamed: tuple[str, str] = ("", "")
    held: str = ""
    bits: int | None = None
    blocked: str = ""
    next: _Stored | None = None
    saved: str = ""
    before: _Stored | None = None


class LinkRecord:
    """The folder of one link. Everything here blocks; for worker threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._decisions = folder / "decisions"
        self._writing = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._folders: StoredFolders | None = None

    def begin(self) -> tuple[StoredComment, ...]:
        """A folder without an earlier link's history, which is of no use to this one; returns what was not sent."""
        self.clear()
        for folder in (self._folder, self._folder / "files", self._folder / "contents"):
            folder.mkdir(mode=0o700, exist_ok=True, parents=True)
        return self.drafts()

    def clear(self) -> None:
        """The link has ended; comments that were collected for it and not sent stay with the session.

        What cannot be removed goes with the next start.
        """
        try:
            self._clear()
        except OSError as failed:
            log.warning("the record %s stays: %s", self._folder, failed)

    def _clear(self) -> None:
        drafts = self.drafts()
        self._folders = None
        if drafts:
            self._write(self._drafts, msgspec.json.encode(drafts))
        for found in self._folder.iterdir() if self._folder.exists() else ():
            if found.is_dir():
                shutil.rmtree(found, ignore_errors=True)
            elif not drafts or found != self._drafts:
                found.unlink(missing_ok=True)
        if not drafts:
            shutil.rmtree(self._folder, ignore_errors=True)

    def drafts(self) -> tuple[StoredComment, ...]:
        """What was collected and not sent, in this link or an earlier one."""
        found: dict[str, StoredComment] = {}
        with suppress(OSError, msgspec.MsgspecError):
            kept = msgspec.json.decode(self._drafts.read_bytes(), type=tuple[StoredComment, ...])
            found = {comment.id: comment for comment in kept}
        stored = self.load()
        for comment in stored.comments if stored is not None else ():
            found.pop(comment.id, None)
            if comment.state is CommentState.DRAFT:
                found[comment.id] = comment
        return tuple(found.values())

    def drop_drafts(self) -> None:
        """They are somewhere else now."""
        self._drafts.unlink(missing_ok=True)

    @property
    def _drafts(self) -> Path:
        return self._folder / "drafts.json"

    def save(self, link: StoredLink) -> None:
        with self._writing:
            self._write(self._folder / "link.json", msgspec.json.encode(link))

    def load(self) -> StoredLink | None:
        """None where there is none that can be read."""
        try:
            return msgspec.json.decode((self._folder / "link.json").read_bytes(), type=StoredLink)
        except (OSError, msgspec.MsgspecError):
            return None

    def save_file(self, state: FileState, number: int) -> None:
        """Of two saves of a file, the one with the higher number stays, in whatever order they come to be written."""
        data = msgspec.json.encode(_stored(state))
        with self._writing:
            if number > self._numbers.get(state.path, 0):
                self._numbers[state.path] = number
                self._write(self._file(state.path), data)

    def drop_file(self, path: str) -> None:
        self._file(path).unlink(missing_ok=True)

    def load_files(self) -> list[FileState]:
        """All that can be read; one that cannot is looked at anew, as if it had not been linked before."""
        found = []
        for file in sorted((self._folder / "files").glob("*.json")):
            try:
                found.append(_loaded(msgspec.json.decode(file.read_bytes(), type=_Stored)))
            except (OSError, msgspec.MsgspecError, ValueError, TypeError):
                file.unlink(missing_ok=True)
        return found

    def keep_decision(self, number: int, steps: Sequence[tuple[FileState, FileState]]) -> int:
        """Keep what a decision did; returns its size in bytes. Raises OSError."""
        data = msgspec.json.encode([(_stored(before), _stored(after)) for before, after in steps])
        self._decisions.mkdir(mode=0o700, exist_ok=True)
        self._write(self._decisions / f"{number}.json", data)
        return len(data)

    def decisions(self) -> dict[int, int]:
        """Numbers and sizes of what is kept, the oldest first."""
        found = {int(file.stem): file.stat().st_size for file in self._decisions.glob("*.json")}
        return dict(sorted(found.items()))

    def decision(self, number: int) -> list[tuple[FileState, FileState]] | None:
        """What `keep_decision` kept; None where it cannot be read."""
        try:
            data = (self._decisions / f"{number}.json").read_bytes()
            pairs = msgspec.json.decode(data, type=list[tuple[_Stored, _Stored]])
            return [(_loaded(before), _loaded(after)) for before, after in pairs]
        except (OSError, msgspec.MsgspecError, ValueError, TypeError):
            return None

    def drop_decision(self, number: int) -> None:
        (self._decisions / f"{number}.json").unlink(missing_ok=True)

    def keep(self, data: bytes) -> str:
        """Keep bytes under the name of their content."""
        name = sha256(data).hexdigest()
        target = self._folder / "contents" / name
        with self._writing:  # several files may read alike
            if not target.exists():
                self._write(target, data)
        return name

    def folders(self) -> StoredFolders:
        """What is kept of folders of the checkout."""
        with self._writing:
            if self._folders is None:
                try:
                    self._folders = msgspec.json.decode(
                        (self._folder / "folders.json").read_bytes(), type=StoredFolders
                    )
                except (OSError, msgspec.MsgspecError):
                    self._folders = StoredFolders()
            return self._folders

    def save_folders(self, folders: StoredFolders) -> None:
        with self._writing:
            self._folders = folders
            self._write(self._folder / "folders.json", msgspec.json.encode(folders))

    def content(self, name: str) -> bytes:
        """Kept bytes; raises OSError."""
        return (self._folder / "contents" / name).read_bytes()

    def _file(self, path: str) -> Path:
        return self._folder / "files" / f"{sha256(os.fsencode(path)).hexdigest()[:32]}.json"

    def _write(self, target: Path, data: bytes) -> None:
        beside = target.with_name(f"{target.name}.new")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        beside.replace(target)


def drop_others(folder: Path, linked: Collection[str], known: Collection[str]) -> None:
    """Remove what is left of links that have ended, and of sessions that nobody knows; blocking."""
    for found in folder.iterdir() if folder.exists() else ():
        if found.name not in known:
            shutil.rmtree(found, ignore_errors=True)
        elif found.name not in linked:
            LinkRecord(found).clear()


def _stored(state: FileState) -> _Stored:
    text, whole = state.text, state.whole
    return _Stored(
        path=os.fsencode(state.path).hex(),
        sides=tuple(_pair(side) for side in (whole.own, whole.mine, whole.base, whole.theirs)),
        shapes=tuple(_shape(side) for side in (whole.own, whole.mine, whole.base, whole.theirs)),
        texts=(_plain(text.own), _plain(text.base)) if text else None,
        hunks=_triples(text.hunks) if text else (),
        unshared=_triples(text.unshared) if text else (),
        disputed=_triples(text.disputed) if text else (),
        suspended=state.suspended,
        is_in_buffer=state.is_in_buffer,
        renamed=(os.fsencode(state.renamed_from).hex(), os.fsencode(state.renamed_to).hex()),
        held=state.held,
        bits=state.bits,
        blocked=os.fsencode(state.blocked).hex(),
        next=_stored(state.next) if state.next else None,
        saved=state.saved,
        before=_stored(state.before) if state.before else None,
    )


def _loaded(stored: _Stored) -> FileState:
    shapes = [Shape(LineEnd(line_end), has_bom) for line_end, has_bom in stored.shapes]
    if len(shapes) == 2:
        shapes = [shapes[0], shapes[0], shapes[1], shapes[1]]
    sides: list[Side] = [
        Entry(*side, shape) if side is not None else None for side, shape in zip(stored.sides, shapes, strict=True)
    ]
    text = None
    if stored.texts is not None:
        own, base = stored.texts
        chains = (_edits(chain) for chain in (stored.hunks, stored.unshared, stored.disputed))
        hunks, unshared, disputed = chains
        text = Contribution(own, hunks, base, unshared, disputed)
    path = os.fsdecode(bytes.fromhex(stored.path))
    following = _loaded(stored.next) if stored.next else None
    old, new, blocked = (os.fsdecode(bytes.fromhex(name)) for name in (*stored.renamed, stored.blocked))
    return FileState(
        path,
        Whole(*sides),
        text,
        stored.suspended,
        stored.is_in_buffer,
        stored.saved,
        old,
        new,
        stored.held,
        stored.bits,
        blocked,
        following,
        _loaded(stored.before) if stored.before else None,
    )


def _pair(side: Side) -> tuple[str, str] | None:
    return None if side is None else (side.mode, side.content)


def _shape(side: Side) -> tuple[str, bool]:
    shape = side.shape if side is not None else Shape()
    return shape.line_end.value, shape.has_bom


def _triples(edits: tuple[Edit, ...]) -> tuple[tuple[int, int, str], ...]:
    return tuple((edit.start, edit.end, _plain(edit.text)) for edit in edits)


def _plain(text: str) -> str:
    """JSON has no lone surrogates; an editor may send one while somebody types half a character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _edits(triples: tuple[tuple[int, int, str], ...]) -> tuple[Edit, ...]:
    return tuple(Edit(*triple) for triple in triples)
