"""What is kept of a link's files: how much text, and in which there is something to do (D39). Changes no file."""

from __future__ import annotations

from segue.engine.pairing import file_marks, transitions
from segue.engine.pairing.link_record import FileState

ROOM = 96 * 1024 * 1024
"""Characters of all texts and changes that are kept; what comes above it is taken as whole files, whose bytes stay on
the disk."""
COPIES = 4
"""How often a text is there while it is worked on: as it was, as it is, and for either side."""
READ_AT_ONCE = 100
"""Files whose bases are in memory at the same time."""


def is_around(path: str, other: str) -> bool:
    """Whether two paths are the same, or one lies in the other: both cannot be files."""
    return path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/")


class Room:
    """Of one link. With ten thousand files nobody looks at each of them at every step."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        """Paths where something is undecided, or may be out of the ordinary."""
        self.unshared: set[str] = set()
        """Paths of what the agent has not got."""
        self._blocked: dict[str, str] = {}
        """What cannot be on the person's side, and what is there instead."""
        self._disputed: set[str] = set()
        """Paths of files, other than these, that the two sides have as a whole in different ways."""
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
        if file_marks.is_open(state, "") or state.is_in_buffer:
            self.open.add(state.path)
        if transitions.has_unshared(state):
            self.unshared.add(state.path)
        if state.blocked:
            self._blocked[state.path] = state.blocked
        elif state.whole.is_disputed or transitions.is_disputed_as_a_whole(state):
            self._disputed.add(state.path)
        if text is not None:
            chains = (text.hunks, text.unshared, text.disputed)
            size = len(text.own) + len(text.base) + sum(len(edit.text) for chain in chains for edit in chain)
            self._sizes[state.path] = 2 * size  # what is worked out of them is kept, too
            self._taken += 2 * size

    def forget(self, path: str) -> None:
        self._taken -= self._sizes.pop(path, 0)
        self.open.discard(path)
        self.unshared.discard(path)
        self._blocked.pop(path, None)
        self._disputed.discard(path)

    def blocked_by(self, state: FileState | None) -> list[str]:
        """Paths that may be free now, because the person's side has no file of this state's path."""
        if state is None or state.whole.mine is not None:
            return []
        gone = state.path
        return [path for path, way in self._blocked.items() if path != gone and is_around(way, gone)]

    def is_decided_with(self, path: str) -> bool:
        """Whether a decision on a file above or below this one settles it, too."""
        return path in self._blocked and any(is_around(path, found) for found in self._disputed)

    def decided_with(self, path: str) -> list[str]:
        """Paths that a decision on this one settles, too."""
        return [found for found in self._blocked if found != path and is_around(path, found)]

    def is_disputed_around(self, path: str) -> bool:
        """Whether what stands above or below a path waits for a decision."""
        return any(is_around(path, found) for found in (*self._disputed, *self._blocked) if found != path)
