"""How much text the files of a link keep in memory (D39). Knows lengths; knows no texts."""

from __future__ import annotations

from segue.engine.link.record import FileState

ROOM = 96 * 1024 * 1024
"""Characters of all texts and changes that are kept; what comes above it is taken as whole files, whose bytes stay on
the disk."""
COPIES = 4
"""How often a text is there while it is worked on: as it was, as it is, and for either side."""


class Room:
    """Of one link."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._taken = 0

    def has(self, size: int) -> bool:
        return self._taken + COPIES * size <= ROOM

    def put(self, state: FileState | None) -> None:
        """It is kept from now on, in the place of the one of the same path."""
        if state is None:
            return
        self.forget(state.path)
        text = state.text
        if text is not None:
            chains = (text.hunks, text.unshared, text.disputed)
            size = len(text.own) + len(text.base) + sum(len(edit.text) for chain in chains for edit in chain)
            self._sizes[state.path] = 2 * size  # what is worked out of them is kept, too
            self._taken += 2 * size

    def forget(self, path: str) -> None:
        self._taken -= self._sizes.pop(path, 0)
