"""What a link tells whoever keeps all links. Knows names only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from segue.domain.ids import SessionId
from segue.engine.pairing.transitions import Next

if TYPE_CHECKING:
    from segue.engine.pairing.linked_file import LinkedFile


class LinkObserver(Protocol):
    """Called on the event loop; each method must be quick."""

    def link_changed(self) -> None:
        """Something that is shown of a link changed."""
        ...

    def hunks_decided(self, session_id: SessionId, file: LinkedFile, step: Next) -> None:
        """The user decided on hunks by typing."""
        ...

    def branch_switched(self, session_id: SessionId) -> None:
        """The checkout has another branch."""
        ...

    def window_returned(self, session_id: SessionId) -> None:
        """The window of a link that ends is back."""
        ...
