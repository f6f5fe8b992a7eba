"""A client's open documents as the engine sees them. Knows texts, versions and edits; knows no LSP.

`lsp/documents.py` implements `Buffers`, and a client is a `Window`; tests bring some of their own. Everything here
happens on the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from segue.domain.pairing.edits import Edit


class Origin(Enum):
    """How a document's new text came about."""

    TYPED = "typed"
    """By a person or on his behalf in the editor: keys, paste, undo, a formatter, a rename."""
    ECHO = "echo"
    """By an `apply` of ours: at the next version the text is exactly what that edit makes."""
    REPLACED = "replaced"
    """Reached without typing: a revert, a reload from the disk, a checkout. Nobody decided anything by it."""


@dataclass(frozen=True, slots=True)
class Document:
    """An open document of scheme `file`, as of one version."""

    uri: str
    path: Path
    """Where it really lies, also where the client opened it through a link."""
    text: str
    """As the client sent it, with its own line endings."""
    version: int
    is_dirty: bool | None
    """Whether it differs from what was last opened or saved; None where the client's protocol does not tell."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a document, told in order and without gaps."""

    document: Document
    """After the step."""
    edits: tuple[Edit, ...]
    """Sequential, from the text before; a whole-text change is one edit."""
    origin: Origin


@dataclass(frozen=True, slots=True)
class Applied:
    """The edit stands in the editor, and its echo has come and been told."""

    document: Document
    """As of that echo or newer."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The editor refused: the document moved on. Nothing was changed."""

    document: Document
    """The newest that is known; where its version is still the one asked for, a newer one is on its way."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The document is not open (any more). Nothing was changed."""


class Listener(Protocol):
    """Is told of a root's documents, in the order in which the client said so. Returns at once and never raises."""

    def opened(self, document: Document) -> None: ...

    def changed(self, change: Change) -> None: ...

    def saved(self, document: Document) -> None: ...

    def closed(self, document: Document) -> None: ...


class Buffers(Protocol):
    """One client's open documents."""

    @property
    def saves_after_s(self) -> float | None:
        """The pause in typing behind which the editor saves by itself; None where it does not, or does not say so."""
        ...

    def documents(self) -> list[Document]:
        """All that are open, as of their newest version."""
        ...

    def document(self, path: Path) -> Document | None:
        """The one that is open at `path`."""
        ...

    def named(self, root: Path) -> Path:
        """A folder as the client names it, which may lead through links; only an open document tells that."""
        ...

    def through_links(self, root: Path) -> list[tuple[Path, Document]]:
        """Links below a folder through which the client has files open, which may lie elsewhere."""
        ...

    def is_at_odds(self, path: Path) -> bool:
        """Whether the client has different unsaved texts of one file, opened by several names."""
        ...

    async def apply(self, path: Path, version: int, edits: Sequence[Edit], label: str) -> Applied | Stale | Closed:
        """Ask the editor for simultaneous edits of exactly that version; never saves.

        `label` is what the editor's undo list may call it.
        """
        ...

    def ask_to_save(self, document: Document) -> None:
        """Ask the editor to save one that was saved until an edit of ours, where it still has that version."""
        ...

    def listen(self, root: Path, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of documents below `root` from now on; returns what ends it."""
        ...


class Window(Protocol):
    """A client as pairing sees it: one that may have documents open."""

    @property
    def name(self) -> str:
        """What it calls itself, as the journal has it."""
        ...

    @property
    def buffers(self) -> Buffers | None:
        """What it has open; None for a client that edits nothing."""
        ...
