"""What one client has open, as it says itself. Knows LSP's document messages; knows nothing of links or sessions.

Messages are read by msgspec, not by pygls: they come with every key. Only scheme `file` counts. A text is put together
when somebody asks for it, so that documents which take part in nothing cost next to nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from segue.domain.pairing.edits import Edit, apply_at_once
from segue.domain.pairing.text_format import evened
from segue.engine.pairing.buffers import Applied, Change, Closed, Document, Listener, Origin, Stale
from segue.lsp.line_index import Lines, Position
from segue.lsp.uris import entry_of, path_of, place_of
from segue.protocol.methods import RELOADED
from segue.protocol.subscriptions import SaveParams, VersionedDocumentId

log = logging.getLogger(__name__)

ECHO_LIMIT_S = 5.0
"""How long a client may take to tell of an edit that it says it has applied."""
SETTINGS = "workspace/didChangeConfiguration"
METHODS = frozenset(
    (
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didSave",
        "textDocument/didClose",
        RELOADED.name,
        SETTINGS,
    )
)
"""What `Documents.take` takes."""

Ask = Callable[[dict[str, Any]], Awaitable[bool]]
"""Sends `workspace/applyEdit` with these params; returns whether it was applied."""


class _Place(msgspec.Struct):
    line: int
    character: int

    @property
    def position(self) -> Position:
        return Position(self.line, self.character)


class _Range(msgspec.Struct):
    start: _Place
    end: _Place


class _Item(msgspec.Struct):
    uri: str
    version: int | None = None
    text: str = ""


class _ContentChange(msgspec.Struct):
    text: str
    range: _Range | None = None


class _Message(msgspec.Struct, rename="camel"):
    """The params of each of the messages."""

    text_document: _Item
    content_changes: list[_ContentChange] = []


class _Files(msgspec.Struct, rename="camel"):
    """VS Code's settings of that name."""

    auto_save: str = "off"
    auto_save_delay: float = 1000.0
    """Milliseconds."""


class _Sections(msgspec.Struct):
    files: _Files | None = None


class _Settings(msgspec.Struct):
    """The params of `SETTINGS`; editors that have no such settings send others."""

    settings: _Sections | None = None


@dataclass(slots=True)
class _Expected:
    """An edit of ours that is on its way."""

    before: str
    edits: tuple[Edit, ...]
    is_met: asyncio.Future[bool]
    """True by its echo, False where something else came first."""
    come: int = 0
    """How many of the edits the client has told of: some tell of each in a message of its own."""

    def takes(self, text: str) -> bool:
        """Whether the next step of the echo reads so; line ends do not count, since editors write their own."""
        done, plain = self.come + 1, evened(text)
        for told in (self.edits[-done:], self.edits[:done], self.edits):
            if plain == evened(apply_at_once(self.before, told)):
                self.come = len(told)
                return True
        return False

    @property
    def is_complete(self) -> bool:
        return self.come == len(self.edits)


@dataclass(slots=True)
class _Open:
    """An open document."""

    uri: str
    path: Path
    entry: Path
    """Where its name stands: a link, where that is not its path."""
    version: int
    lines: Lines
    is_dirty: bool | None = None
    is_suspect: bool = False
    """The client says that its next change may be a reload from the disk."""
    expected: _Expected | None = None
    held: list[Edit] = field(default_factory=list)
    """Of an echo that has not come completely."""
    newest: Document | None = None
    """As told last."""

    def document(self) -> Document:
        if self.newest is None or (self.newest.version, self.newest.is_dirty) != (self.version, self.is_dirty):
            self.newest = Document(self.uri, self.path, self.lines.text, self.version, self.is_dirty)
        return self.newest

    def settle(self, is_met: bool) -> None:  # the answer of a future
        if self.expected is not None and not self.expected.is_met.done():
            self.expected.is_met.set_result(is_met)
        self.expected = None


@dataclass(slots=True, eq=False)
class _Listening:
    root: Path
    listener: Listener

    def holds(self, path: Path) -> bool:
        return path.is_relative_to(self.root)


@dataclass(slots=True)
class Documents:
    """`engine.pairing.buffers.Buffers` over one connection."""

    ask: Ask
    tell: Callable[[SaveParams], None] = lambda _: None
    """Sends `segue/document/save`."""
    saves_after_s: float | None = None
    """See `Buffers`."""
    _open: dict[str, _Open] = field(default_factory=dict)
    _listening: list[_Listening] = field(default_factory=list)

    def take(self, method: str, params: bytes) -> None:
        """One of `METHODS`; what cannot be read or makes no sense is logged and changes nothing."""
        try:
            if method == SETTINGS:
                self.saves_after_s = _pause(msgspec.json.decode(params, type=_Settings))
                return
            message = _decode(params)
        except (ValueError, RecursionError):
            log.warning("a %s has the wrong shape", method)
            return
        if method == "textDocument/didOpen":
            self._take_open(message.text_document)
            return
        known = self._open.get(message.text_document.uri)
        if known is None:
            return
        if method == "textDocument/didChange":
            self._take_change(known, message)
        elif method == "textDocument/didSave":
            self._take_save(known)
        elif method == "textDocument/didClose":
            self._forget(known)
        elif method == RELOADED.name:
            known.is_suspect = True

    def close(self) -> None:
        """The connection is gone."""
        for known in list(self._open.values()):
            self._forget(known)
        self._listening.clear()

    def documents(self) -> list[Document]:
        """All that are open."""
        return [known.document() for known in self._open.values()]

    def document(self, path: Path) -> Document | None:
        """The one at `path`."""
        known = self._find(path)
        return None if known is None else known.document()

    def named(self, root: Path) -> Path:
        """See `Buffers`."""
        for known in self._open.values():
            named = path_of(known.uri)
            if named is not None and named != known.entry and known.entry.is_relative_to(root):
                inside = known.entry.relative_to(root).parts
                if named.parts[-len(inside) :] == inside:
                    return named.parents[len(inside) - 1]
        return root

    def through_links(self, root: Path) -> list[tuple[Path, Document]]:
        """See `Buffers`."""
        linked = (known for known in self._open.values() if known.entry != known.path)
        return [(known.entry, known.document()) for known in linked if known.entry.is_relative_to(root)]

    def is_at_odds(self, path: Path) -> bool:
        """See `Buffers`."""
        changed = [known for known in self._open.values() if known.path == path and known.is_dirty]
        return len({evened(known.lines.text) for known in changed}) > 1

    def listen(self, root: Path, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of documents below `root`; returns what ends it."""
        listening = _Listening(root, listener)
        self._listening.append(listening)

        def end() -> None:
            if listening in self._listening:
                self._listening.remove(listening)

        return end

    async def apply(self, path: Path, version: int, edits: Sequence[Edit], label: str) -> Applied | Stale | Closed:
        """Ask for simultaneous edits of exactly that version, and wait for their echo."""
        known = self._find(path)
        if known is None:
            return Closed()
        document = known.document()
        if version != known.version or known.expected is not None:
            return Stale(document)
        if apply_at_once(document.text, edits) == document.text:
            return Applied(document)
        met = asyncio.get_running_loop().create_future()
        known.expected = expected = _Expected(document.text, tuple(edits), met)
        try:
            is_met = await self.ask(_edit_params(known, edits, label)) and await asyncio.wait_for(met, ECHO_LIMIT_S)
        except TimeoutError:
            is_met = False
        finally:
            if known.expected is expected:
                known.expected = None
                self._tell(known, [], Origin.TYPED)
        if self._open.get(known.uri) is not known:
            return Closed()
        return Applied(known.document()) if is_met else Stale(known.document())

    def ask_to_save(self, document: Document) -> None:
        """Where the client knows the word; another one shows it as changed."""
        identity = VersionedDocumentId(uri=document.uri, version=document.version)
        self.tell(SaveParams(text_document=identity))

    def _find(self, path: Path) -> _Open | None:
        """The document of a file that counts: one with unsaved text, where a window has it open by several names."""
        found = [known for known in self._open.values() if known.path == path]
        return next((known for known in found if known.is_dirty), found[0] if found else None)

    def _take_open(self, item: _Item) -> None:
        path, entry = place_of(item.uri), entry_of(item.uri)
        if path is None or entry is None:
            return
        if item.uri in self._open:
            self._forget(self._open[item.uri])
        known = self._open[item.uri] = _Open(item.uri, path, entry, item.version or 0, Lines(item.text))
        self._tell_opened(known)

    def _tell_opened(self, known: _Open) -> None:
        for listening in list(self._listening):
            is_below = listening.holds(known.path) or listening.holds(known.entry)
            if is_below and self._find(known.path) is known:
                listening.listener.opened(known.document())

    def _follow(self, known: _Open) -> None:
        """A link may lead elsewhere by now, or be a file."""
        path = place_of(known.uri)
        if path is not None and path != known.path:
            self._forget(known)
            known.path, known.newest = path, None
            self._open[known.uri] = known
            self._tell_opened(known)

    def _take_change(self, known: _Open, message: _Message) -> None:
        if known.entry != known.path:
            self._follow(known)
        is_suspect, known.is_suspect = known.is_suspect, False
        known.version = message.text_document.version or known.version + 1
        known.is_dirty = True
        edits: list[Edit] = []
        for change in message.content_changes:
            is_suspect = is_suspect or change.range is None
            edits.append(_put(known.lines, change))
            if known.expected is None or not known.expected.takes(known.lines.text):
                continue
            known.held += edits
            edits = []
            if known.expected.is_complete:
                known.settle(is_met=True)
                self._tell(known, [], Origin.ECHO)
        if not edits:
            return
        known.settle(is_met=False)
        if is_suspect and _reads(known.path, known.lines.text):
            known.is_dirty = False
            self._tell(known, edits, Origin.REPLACED)
        else:
            self._tell(known, edits, Origin.TYPED)

    def _tell(self, known: _Open, edits: list[Edit], origin: Origin) -> None:
        edits, known.held = [*known.held, *edits], []
        if not edits:
            return
        known.newest = None  # several steps may have one version
        counting = self._find(known.path)
        if counting is not known and counting is not None:  # unsaved by another name, too
            self._tell_opened(counting)
            return
        for listener in self._listeners(known):
            listener.changed(Change(known.document(), tuple(edits), origin))

    def _take_save(self, known: _Open) -> None:
        was_counting = self._find(known.path) is known
        known.is_dirty = False
        self._follow(known)
        for listener in self._listeners(known) if was_counting else ():
            listener.saved(known.document())

    def _forget(self, known: _Open) -> None:
        was_counting = self._find(known.path) is known
        del self._open[known.uri]
        known.settle(is_met=False)
        other = self._find(known.path)
        if other is not None and was_counting:
            self._tell_opened(other)
        for listener in self._listeners(known) if other is None else ():
            listener.closed(known.document())

    def _listeners(self, known: _Open) -> list[Listener]:
        return [listening.listener for listening in self._listening if listening.holds(known.path)]


def _pause(said: _Settings) -> float | None:
    files = said.settings.files if said.settings is not None else None
    return files.auto_save_delay / 1000 if files is not None and files.auto_save == "afterDelay" else None


def _put(lines: Lines, change: _ContentChange) -> Edit:
    if change.range is None:
        return lines.replace_all(change.text)
    return lines.replace(change.range.start.position, change.range.end.position, change.text)


def _edit_params(known: _Open, edits: Sequence[Edit], label: str) -> dict[str, Any]:
    positions = known.lines.positions(offset for edit in edits for offset in (edit.start, edit.end))
    pairs = zip(positions[::2], positions[1::2], edits, strict=True)
    changes = [
        {"range": {"start": start._asdict(), "end": end._asdict()}, "newText": edit.text} for start, end, edit in pairs
    ]
    versioned = {"textDocument": {"uri": known.uri, "version": known.version}, "edits": changes}
    return {"label": label, "edit": {"documentChanges": [versioned]}}


def _reads(path: Path, text: str) -> bool:
    """Whether the file has this text."""
    try:
        if path.stat().st_size > 4 * len(text) + 3 * text.count("\n") + 3:
            return False
        return evened(path.read_bytes().decode("utf-8-sig")) == evened(text.removeprefix("\ufeff"))
    except (OSError, ValueError):
        return False


def _decode(params: bytes) -> _Message:
    try:
        return msgspec.json.decode(params, type=_Message)
    except msgspec.ValidationError:
        raise
    except ValueError:
        # JavaScript's lone surrogates, which msgspec refuses.
        return msgspec.convert(json.loads(params), _Message)
