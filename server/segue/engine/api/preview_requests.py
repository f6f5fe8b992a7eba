"""Previews of switches as clients are shown them. Knows the wire; what moves is `switch_previews`'."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from segue.engine.api.clients import Client
from segue.engine.api.link_views import shown_path
from segue.engine.api.parts import Parts
from segue.engine.api.registry import Table
from segue.engine.api.views import phrase_view
from segue.engine.pairing.switch_previews import Moving, Preview, Previews, Replaced
from segue.engine.pairing.switch_sentences import sentences
from segue.protocol import methods
from segue.protocol.pairing import LeavingView, LinkPreview, LinkPreviewResult
from segue.protocol.sessions import SessionParams


class PreviewRequests:
    """See the module."""

    def __init__(self, parts: Parts) -> None:
        self._previews = Previews(parts.ledger, parts.links, parts.worktrees)

    def offer(self, table: Table) -> None:
        table.on(methods.PREVIEW_LINK, self._preview)

    async def _preview(self, client: Client, params: SessionParams) -> LinkPreviewResult:
        return LinkPreviewResult(preview=_preview_view(await self._previews.preview(client, params.session_id)))


def _preview_view(preview: Preview) -> LinkPreview:
    session, base = preview.session, preview.base
    return LinkPreview(
        session_id=session.id,
        to=preview.to.value,
        sentences=[phrase_view(said) for said in sentences(preview)],
        checkout=session.repository,
        worktree=session.worktree,
        is_turn_running=session.is_turn_running,
        unlinks=_leaving_view(preview.replaced) if preview.replaced is not None else None,
        base_branch=base.branch if base is not None else None,
        checked_out=base.checked_out if base is not None else None,
        can_check_out=base is not None and base.can_check_out,
        **_counts(preview.moves),
        **asdict(preview.own),
    )


def _leaving_view(replaced: Replaced) -> LeavingView:
    return LeavingView(session_id=replaced.session.id, title=replaced.session.title, **_counts(replaced.moves))


def _counts(moves: Moving) -> dict[str, Any]:
    return asdict(moves) | {"suspended": [*map(shown_path, moves.suspended)]}
