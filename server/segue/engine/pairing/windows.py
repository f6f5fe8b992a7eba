"""Whose buffers take part in a link: those of every window, and one of a file that several have open. Knows clients and
their documents; knows no flows.

What is unsaved counts. Where two windows have different unsaved texts of a file, nothing flows until one is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from segue.domain.pairing.edits import Edit
from segue.engine.pairing import disk
from segue.engine.pairing.buffer_offsets import plain
from segue.engine.pairing.buffers import Applied, Change, Closed, Document, Stale, Window


class Hearing(Protocol):
    """What is done with what the windows tell; only documents that count are told of."""

    def opened(self, document: Document) -> None: ...
    def changed(self, change: Change) -> None: ...
    def saved(self, document: Document) -> None: ...
    def closed(self, document: Document) -> None: ...
    def taken_over(self, document: Document, change: Change | None) -> None:
        """From now on this document counts, which another window has; by a change of it, or as it is."""
        ...

    def shared(self, path: Path) -> None:
        """Another window has a file open, too; or whether their texts are at odds is another matter now."""
        ...


class Windows:
    """Of one checkout. Everything here happens on the event loop."""

    def __init__(self, root: Path, hearing: Hearing) -> None:
        self._root = root
        self._hearing = hearing
        self._ears: dict[Window, Callable[[], None]] = {}
        self._counting: dict[Path, Window] = {}
        self._contested: set[Path] = set()
        self._read: dict[tuple[Window, Path], tuple[int, bool]] = {}
        """Versions of documents that were compared with their files, and whether they differed."""
        self._closing: dict[tuple[Window, Path], Document] = {}
        """Documents that were closed just now, maybe with their window."""
        self._away: set[Path] = set()
        """Files of windows that are gone whose texts stand in no file."""

    # As one window.

    @property
    def has_documents(self) -> bool:
        return bool(self._counting)

    def documents(self) -> list[Document]:
        """Those that count."""
        return [found for path in self._counting if (found := self.document(path)) is not None]

    def document(self, path: Path) -> Document | None:
        """The one that counts at a path."""
        client = self._counting.get(path)
        return _at(client, path) if client is not None else None

    async def apply(self, path: Path, version: int, edits: Sequence[Edit], label: str) -> Applied | Stale | Closed:
        client = self._counting.get(path)
        if client is None or client.buffers is None:
            return Closed()
        return await client.buffers.apply(path, version, edits, label)

    def ask_to_save(self, document: Document) -> None:
        """Of the window that counts."""
        client = self._counting.get(document.path)
        if client is not None and client.buffers is not None:
            client.buffers.ask_to_save(document)

    def saves_after_s(self, path: Path) -> float | None:
        """The pause behind which the window that counts saves by itself, if it does."""
        client = self._counting.get(path)
        return client.buffers.saves_after_s if client is not None and client.buffers is not None else None

    def is_contested(self, path: Path) -> bool:
        """Whether several windows, or one by several names, have different unsaved texts of it."""
        at_odds = (client.buffers is not None and client.buffers.is_at_odds(path) for client in self._ears)
        return path in self._contested or any(at_odds)

    def is_open_link(self, path: Path) -> bool:
        """Whether a link is what some window has opened a file through."""
        return any(link == path for link, _ in self._through_links())

    def leading_out(self) -> list[Path]:
        """Links through which windows have files open that lie outside."""
        return sorted({link for link, found in self._through_links() if not found.path.is_relative_to(self._root)})

    def _through_links(self) -> list[tuple[Path, Document]]:
        windows = (client.buffers for client in self._ears if client.buffers is not None)
        return [found for window in windows for found in window.through_links(self._root)]

    def is_away(self, path: Path) -> bool:
        """Whether its text is in a window that is gone, and will come back with it."""
        return path in self._away and path not in self._counting

    def is_elsewhere(self, client: Window, path: Path) -> bool:
        """Whether a client has a file open that reads differently in the window that counts."""
        counts, own = self.document(path), _at(client, path)
        return counts is not None and own is not None and plain(own.text) != plain(counts.text)

    # Windows come and go.

    def listen_to(self, client: Window) -> None:
        """A client that edits documents."""
        if client.buffers is not None and client not in self._ears:
            self._ears[client] = client.buffers.listen(self._root, _Ears(self, client))
            for document in below(self._root, client):
                self.opened(client, document)

    def forget(self, client: Window) -> None:
        """It is gone, and may come back: a text of it that no file has is not replaced by another window's."""
        end = self._ears.pop(client, None)
        if end is not None:
            end()
        for path in [path for path, counts in self._counting.items() if counts is client]:
            del self._counting[path]
            document = self._closing.get((client, path)) or _at(client, path)
            if document is not None and self._is_unsaved(client, document):
                self._away.add(path)
            self._judge(path)
        self._read = {key: read for key, read in self._read.items() if key[0] is not client}

    def close(self) -> None:
        for end in self._ears.values():
            end()
        self._ears = {}

    # What they tell.

    def opened(self, client: Window, document: Document) -> None:
        if not document.path.is_relative_to(self._root):  # through a link that lies here
            self._hearing.shared(self._root)
            return
        if self._counting.setdefault(document.path, client) is client:
            self._away.discard(document.path)
            self._hearing.opened(document)
        else:
            self._hearing.shared(document.path)
        self._judge(document.path)

    def changed(self, client: Window, change: Change) -> None:
        path = change.document.path
        if self._counting.get(path) is client:
            self._hearing.changed(change)
        elif path not in self._counting:
            self._count(change.document, client, change)
        self._judge(path, change)

    def saved(self, client: Window, document: Document) -> None:
        if self._counting.get(document.path) is client:
            self._hearing.saved(document)
        self._read = {key: read for key, read in self._read.items() if key[1] != document.path}
        self._judge(document.path)

    def closed(self, client: Window, document: Document) -> None:
        """By itself, or with its whole window, which is only known in a moment."""
        self._closing[client, document.path] = document
        asyncio.get_running_loop().call_soon(self._closed, client, document)

    def _closed(self, client: Window, document: Document) -> None:
        path = document.path
        self._closing.pop((client, path), None)
        if client not in self._ears or _at(client, path) is not None:
            return
        if self._counting.get(path) is client:
            del self._counting[path]
            other = next(iter(self._open_at(path).items()), None)
            if other is None:
                self._hearing.closed(document)
            else:
                self._count(other[1], other[0], None)
        self._judge(path)

    def _count(self, document: Document, client: Window, change: Change | None) -> None:
        self._counting[document.path] = client
        self._away.discard(document.path)
        self._hearing.taken_over(document, change)

    def _judge(self, path: Path, change: Change | None = None) -> None:
        """Which document counts, and whether others are against it."""
        if len(self._ears) < 2 and path not in self._contested:
            return
        here = self._open_at(path)
        counting = self._counting.get(path)
        is_contested = False
        if counting is not None and counting in here and len(here) > 1:
            texts = {client: plain(document.text) for client, document in here.items()}
            others = [client for client in here if texts[client] != texts[counting]]
            rivals = [client for client in others if self._is_unsaved(client, here[client])]
            if rivals and not self._is_unsaved(counting, here[counting]):
                counting = rivals[0]
                found = here[counting]
                self._count(found, counting, change if change is not None and change.document == found else None)
            is_contested = any(texts[client] != texts[counting] for client in rivals)
        if is_contested != (path in self._contested):
            (self._contested.add if is_contested else self._contested.discard)(path)
            self._hearing.shared(path)

    def _open_at(self, path: Path) -> dict[Window, Document]:
        return {client: found for client in self._ears if (found := _at(client, path)) is not None}

    def _is_unsaved(self, client: Window, document: Document) -> bool:
        """Whether its text is not what the file has; asked only where windows are gone, or several have it open."""
        if document.is_dirty is False:
            return False
        known = self._read.get((client, document.path))
        if known is None or known[0] != document.version:
            on_disk = disk.readable(self._root, str(document.path.relative_to(self._root)))
            known = document.version, on_disk is None or not disk.shows(on_disk, document.text)
            self._read[client, document.path] = known
        return known[1]


class _Ears:
    """Hears one client: a `buffers.Listener`."""

    def __init__(self, windows: Windows, client: Window) -> None:
        self._windows = windows
        self._client = client

    def opened(self, document: Document) -> None:
        self._windows.opened(self._client, document)

    def changed(self, change: Change) -> None:
        self._windows.changed(self._client, change)

    def saved(self, document: Document) -> None:
        self._windows.saved(self._client, document)

    def closed(self, document: Document) -> None:
        self._windows.closed(self._client, document)


def below(root: Path, client: Window) -> list[Document]:
    """What a client has open below a folder; nothing where it edits nothing."""
    documents = client.buffers.documents() if client.buffers is not None else []
    return [document for document in documents if document.path.is_relative_to(root)]


def seen(root: Path, clients: Iterable[Window]) -> dict[str, Document]:
    """What is open below a folder, by path: one document of each, unsaved ones first, then in the order of clients."""
    found: dict[str, Document] = {}
    for document in (document for client in clients for document in below(root, client)):
        path = str(document.path.relative_to(root))
        if path not in found or (found[path].is_dirty is False and document.is_dirty is not False):
            found[path] = document
    return found


def _at(client: Window, path: Path) -> Document | None:
    return client.buffers.document(path) if client.buffers is not None else None


def unsaved_texts(clients: Iterable[Window]) -> dict[Path, str]:
    """Texts of windows that may not be in their files."""
    windows = (client.buffers for client in clients if client.buffers is not None)
    documents = (document for window in windows for document in window.documents())
    return {document.path: document.text for document in documents if document.is_dirty is not False}
