"""What clients ask about images of sessions. Knows the wire; where they are kept is `sessions`'."""

from __future__ import annotations

from segue.engine.api.clients import Client
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.views import image_view
from segue.protocol import images, methods


class ImageRequests:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._ledger = parts.ledger
        self._images = parts.images

    def offer(self, table: Table) -> None:
        table.on(methods.ADD_IMAGE, self._add)
        table.on(methods.SHOW_IMAGE, self._show)

    async def _add(self, client: Client, params: images.AddImageParams) -> images.AddImageResult:
        session = self._ledger.find(params.session_id)
        return images.AddImageResult(image=image_view(await self._images.add(session, params.data)))

    async def _show(self, client: Client, params: images.ShowImageParams) -> images.ShowImageResult:
        session = self._ledger.find(params.session_id)
        image, data, path = await self._images.read(session, params.hash)
        return images.ShowImageResult(image=image_view(image), data=data, path=str(path))
