"""Images of sessions as clients add and ask for them. Knows which agent takes some; knows no turn."""

from __future__ import annotations

import asyncio
import shutil

from segue.agents.images import Images
from segue.domain.facts import Image
from segue.domain.ids import SessionId
from segue.domain.images import not_taken, require_room
from segue.domain.session import Session
from segue.engine.clients import Client
from segue.engine.ledger import Ledger
from segue.engine.render import image_view
from segue.engine.table import Table
from segue.places import Places
from segue.protocol import images as i
from segue.protocol import methods as m


class SessionImages:
    def __init__(self, ledger: Ledger, places: Places) -> None:
        self._ledger = ledger
        self._places = places

    def offer(self, table: Table) -> None:
        table.on(m.ADD_IMAGE, self._add)
        table.on(m.SHOW_IMAGE, self._show)

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

    async def _add(self, client: Client, params: i.AddImageParams) -> i.AddImageResult:
        session = self._ledger.find(params.session_id)
        if session.takes_images is False:
            raise not_taken(session.agent)
        kept = Images(self._places.images(session.id))
        return i.AddImageResult(image=image_view(await asyncio.to_thread(kept.keep_encoded, params.data)))

    async def _show(self, client: Client, params: i.ShowImageParams) -> i.ShowImageResult:
        kept = Images(self._places.images(self._ledger.find(params.session_id).id))
        image = kept.find(params.hash)
        data = await asyncio.to_thread(kept.read, image)
        return i.ShowImageResult(image=image_view(image), data=data, path=str(kept.path(image)))
