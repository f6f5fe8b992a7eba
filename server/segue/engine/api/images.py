"""Images of sessions as clients add and ask for them. Knows which agent takes some; knows no turn."""

from __future__ import annotations

import asyncio
import shutil

from segue.agents.images import Images
from segue.domain.facts import Image
from segue.domain.ids import SessionId
from segue.domain.images import not_taken, require_room
from segue.domain.session import Session
from segue.engine.api.clients import Client
from segue.engine.api.registry import Table
from segue.engine.api.views import image_view
from segue.engine.state.ledger import Ledger
from segue.places import Places
from segue.protocol import images, methods


class SessionImages:
    def __init__(self, ledger: Ledger, places: Places) -> None:
        self._ledger = ledger
        self._places = places

    def offer(self, table: Table) -> None:
        table.on(methods.ADD_IMAGE, self._add)
        table.on(methods.SHOW_IMAGE, self._show)

    async def keep(self, session_id: SessionId, encoded: list[str]) -> tuple[Image, ...]:
        """Images of a session that is about to begin, in base64; raises InputRefused, and leaves nothing then."""
        kept = Images(self._places.images(session_id))
        try:
            return require_room(tuple([await asyncio.to_thread(kept.keep_encoded, each) for each in encoded]))
        except BaseException:
            shutil.rmtree(self._places.images(session_id), ignore_errors=True)
            raise

    def named(self, session: Session, hashes: list[str]) -> tuple[Image, ...]:
        """Images for a prompt; raises NotFound, InputRefused where there are too many or the agent takes none."""
        if hashes and session.takes_images is False:
            raise not_taken(session.agent)
        kept = Images(self._places.images(session.id))
        return require_room(tuple(kept.find(each) for each in dict.fromkeys(hashes)))

    async def _add(self, client: Client, params: images.AddImageParams) -> images.AddImageResult:
        session = self._ledger.find(params.session_id)
        if session.takes_images is False:
            raise not_taken(session.agent)
        kept = Images(self._places.images(session.id))
        return images.AddImageResult(image=image_view(await asyncio.to_thread(kept.keep_encoded, params.data)))

    async def _show(self, client: Client, params: images.ShowImageParams) -> images.ShowImageResult:
        kept = Images(self._places.images(self._ledger.find(params.session_id).id))
        image = kept.find(params.hash)
        data = await asyncio.to_thread(kept.read, image)
        return images.ShowImageResult(image=image_view(image), data=data, path=str(kept.path(image)))
