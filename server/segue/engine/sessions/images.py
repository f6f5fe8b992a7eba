"""Images of sessions. Knows which agent takes some, and where they are kept; knows no turn."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from segue.agents.images import Images
from segue.domain.facts import Image
from segue.domain.ids import SessionId
from segue.domain.images import not_taken, require_room
from segue.domain.session import Session
from segue.domain.verbs import Verb, require
from segue.places import Places


class SessionImages:
    """See the module."""

    def __init__(self, places: Places) -> None:
        self._places = places

    async def keep(self, session_id: SessionId, encoded: Sequence[str]) -> tuple[Image, ...]:
        """Images of a session that is about to begin, in base64; raises InputRefused, and leaves nothing then."""
        kept = self._of(session_id)
        try:
            return require_room(tuple([await asyncio.to_thread(kept.keep_encoded, each) for each in encoded]))
        except BaseException:
            shutil.rmtree(self._places.images(session_id), ignore_errors=True)
            raise

    async def add(self, session: Session, encoded: str) -> Image:
        """One for a later prompt, in base64; raises InputRefused."""
        require(Verb.PROMPT, session)
        if session.takes_images is False:
            raise not_taken(session.agent)
        return await asyncio.to_thread(self._of(session.id).keep_encoded, encoded)

    def named(self, session: Session, hashes: Sequence[str]) -> tuple[Image, ...]:
        """Images for a prompt; raises NotFound, InputRefused where there are too many or the agent takes none."""
        if hashes and session.takes_images is False:
            raise not_taken(session.agent)
        kept = self._of(session.id)
        return require_room(tuple(kept.find(each) for each in dict.fromkeys(hashes)))

    async def read(self, session: Session, named: str) -> tuple[Image, str, Path]:
        """An image by its hash, in base64, and where it lies; raises NotFound."""
        kept = self._of(session.id)
        image = kept.find(named)
        return image, await asyncio.to_thread(kept.read, image), kept.path(image)

    def _of(self, session_id: SessionId) -> Images:
        return Images(self._places.images(session_id))
