"""An editor's open documents in memory, for tests of the engine. Knows `Buffers`; knows no LSP and no daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from segue.domain.pairing.edits import Edit, apply_at_once
from segue.engine.pairing.buffers import Applied, Change, Closed, Document, Listener, Origin, Stale


@dataclass
class Editor:
    """What one window has open. Edits of the engine are applied after `latency_s`, and refused if somebody typed."""

    latency_s: float = 0.0
    saves_after_s: float | None = None
    open_documents: dict[Path, Document] = field(default_factory=dict)
    listening: list[tuple[Path, Listener]] = field(default_factory=list)
    refused: int = 0
    applied: list[float] = field(default_factory=list)
    """Loop times at which edits were asked for."""
    links: dict[Path, Path] = field(default_factory=dict)
    """Through which documents are open, with their paths."""
    ends: dict[Path, str] = field(default_factory=dict)
    """How all lines of a document end."""
    undo: list[tuple[Path, str]] = field(default_factory=list)

    def documents(self) -> list[Document]:
        return list(self.open_documents.values())

    def document(self, path: Path) -> Document | None:
        return self.open_documents.get(path)

    async def apply(self, path: Path, version: int, edits: Sequence[Edit], label: str) -> Applied | Stale | Closed:
        self.applied.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.latency_s)
        document = self.open_documents.get(path)
        if document is None:
            return Closed()
        if document.version != version:
            self.refused += 1
            return Stale(document)
        text = self._ended(path, apply_at_once(document.text, edits))
        in_order = tuple(reversed(edits))
        return Applied(self._change(document, text, in_order, Origin.ECHO))

    def named(self, root: Path) -> Path:
        return root

    def through_links(self, root: Path) -> list[tuple[Path, Document]]:
        return [(link, self.open_documents[path]) for link, path in self.links.items() if link.is_relative_to(root)]

    def is_at_odds(self, path: Path) -> bool:
        return False

    def listen(self, root: Path, listener: Listener) -> Callable[[], None]:
        entry = (root, listener)
        self.listening.append(entry)
        return lambda: self.listening.remove(entry)

    # What a person does.

    def open(self, path: Path) -> None:
        """As VS Code does: all lines end like most of them."""
        text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
        returns = text.count("\r\n")
        self.ends[path] = "\r\n" if 2 * returns > text.count("\n") else "\n"
        self.open_text(path, self._ended(path, text), None)

    def open_text(self, path: Path, text: str, is_dirty: bool | None) -> None:
        document = Document(path.as_uri(), path, text, 1, is_dirty)
        self.open_documents[path] = document
        for listener in self._heard_by(path):
            listener.opened(document)

    def text(self, path: Path) -> str:
        return self.open_documents[path].text

    def type(self, path: Path, start: int, end: int, text: str) -> None:
        document = self.open_documents[path]
        self.undo.append((path, document.text))
        edit = Edit(start, end, text)
        self._change(document, apply_at_once(document.text, [edit]), (edit,), Origin.TYPED)

    def insert(self, path: Path, before: str, text: str) -> None:
        """Type `text` in front of the first occurrence of something."""
        at = self.text(path).index(before)
        self.type(path, at, at, text)

    def save(self, path: Path) -> None:
        document = self.open_documents[path] = replace(self.open_documents[path], is_dirty=False)
        path.write_bytes(document.text.encode())
        for listener in self._heard_by(path):
            listener.saved(document)

    def ask_to_save(self, document: Document) -> None:
        found = self.open_documents.get(document.path)
        if found is not None and found.version == document.version:
            self.save(document.path)

    def revert(self, path: Path) -> None:
        document = self.open_documents[path]
        text = path.read_bytes().decode()
        whole = (Edit(0, len(document.text), text),)
        self._change(document, text, whole, Origin.REPLACED)
        self.open_documents[path] = replace(self.open_documents[path], is_dirty=False)

    def close(self, path: Path) -> None:
        document = self.open_documents.pop(path)
        for listener in self._heard_by(path):
            listener.closed(document)

    def _change(self, document: Document, text: str, edits: tuple[Edit, ...], origin: Origin) -> Document:
        changed = replace(document, text=text, version=document.version + 1, is_dirty=True)
        self.open_documents[document.path] = changed
        for listener in self._heard_by(document.path):
            listener.changed(Change(changed, edits, origin))
        return changed

    def _heard_by(self, path: Path) -> list[Listener]:
        return [listener for root, listener in self.listening if path.is_relative_to(root)]

    def _ended(self, path: Path, text: str) -> str:
        end = self.ends.get(path)
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        return text if end is None else plain.replace("\n", end)
