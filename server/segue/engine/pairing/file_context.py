"""What a linked file needs of the link that it belongs to. Knows names only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from segue.engine.pairing.disk_effects import Sides
from segue.engine.pairing.held_changes import Holding
from segue.engine.pairing.text_budget import Room
from segue.engine.pairing.transitions import Next
from segue.engine.pairing.windows import Windows

if TYPE_CHECKING:
    from segue.engine.pairing.linked_file import LinkedFile


class Surroundings(Sides, Protocol):
    """What the files of a link have in common."""

    @property
    def windows(self) -> Windows: ...
    async def read_base(self, path: str) -> tuple[bytes, str] | None:
        """What both sides agreed on last, where no state says so: bytes and mode."""
        ...

    def is_held(self) -> bool:
        """Whether nothing may flow now, because git works in the checkout."""
        ...

    @property
    def room(self) -> Room:
        """What may be kept in memory of texts; what does not fit is taken as a whole file."""
        ...

    @property
    def holding(self) -> Holding:
        """Which of the agent's changes are held back until the user takes them."""
        ...

    def moved(self, file: LinkedFile) -> None:
        """Its state is another one."""
        ...

    def decided(self, file: LinkedFile, step: Next) -> None:
        """The person decided on hunks by typing."""
        ...
