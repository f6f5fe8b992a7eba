"""Hears one client's documents for a link. Knows who holds the link; does nothing with what it hears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segue.engine.buffers import Change, Document
from segue.engine.clients import Client

if TYPE_CHECKING:
    from segue.engine.link.file import LinkedFile
    from segue.engine.link.link import Link


class Ears:
    """A `buffers.Listener`; only the holder's documents count."""

    def __init__(self, link: Link, client: Client) -> None:
        self._link = link
        self._client = client

    def opened(self, document: Document) -> None:
        if self._link.holder is None:
            self._link.hand_to(self._client)
        elif self._link.holder is self._client:
            self._link.opened(document)

    def changed(self, change: Change) -> None:
        file = self._of_holder(change.document)
        if file is not None and file.state is not None:
            file.changed(change)
        elif self._link.holder is self._client:
            self._link.typed_elsewhere()

    def saved(self, document: Document) -> None:
        file = self._of_holder(document)
        if file is not None:
            file.saved()

    def closed(self, document: Document) -> None:
        if self._link.holder is self._client:
            file = self._link.file_of(document)
            if file is not None:
                file.closed()
            self._link.closed(file)

    def _of_holder(self, document: Document) -> LinkedFile | None:
        return self._link.file_of(document) if self._link.holder is self._client else None
