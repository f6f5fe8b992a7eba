"""One connected client: who it is, what it follows, and what it has not been sent yet. Knows no transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from segue.domain.errors import InputRefused
from segue.domain.ids import SessionId, parse_session_id, visible
from segue.engine.api.rows import Rows, bucket_views
from segue.engine.api.views import append_view, item_view, offer_view
from segue.engine.pairing.buffers import Buffers
from segue.engine.state.feed import TranscriptFeed
from segue.engine.state.ledger import Ledger
from segue.protocol.methods import ClientInfo, Nothing
from segue.protocol.pairing import LinkView
from segue.protocol.subscriptions import ItemsParams, SubscribeParams, UnsubscribeParams

SESSIONS = "sessions"
TRANSCRIPT = "session/"
LINK = "link/"


@dataclass(frozen=True, slots=True)
class Following:
    """Where what a client follows comes from."""

    ledger: Ledger
    link: Callable[[Client, str], LinkView | None]
    """The link of a session as it is shown to a client."""


class Client:
    """A connection as the engine sees it. `wake` is called when something it may follow was published."""

    def __init__(
        self,
        following: Following,
        info: ClientInfo,
        wake: Callable[[], None],
        on_close: Callable[[Client], None],
        buffers: Buffers | None,
    ) -> None:
        self.info = info
        self.buffers = buffers
        """What it has open; None for a client that edits nothing."""
        self._ledger = following.ledger
        self._link = following.link
        self._wake = wake
        self._on_close = on_close
        self._links_shown: dict[str, LinkView | None] = {}
        self._places_shown: Mapping[SessionId, int] = {}
        self._cursors: dict[str, int] = {}
        self._feeds: dict[str, TranscriptFeed] = {}
        self._ledger.wakers.add(wake)

    @property
    def name(self) -> str:
        """What it calls itself, as the journal has it."""
        return self.info.client

    def close(self) -> None:
        """It is gone; nothing is kept for it."""
        self._ledger.wakers.discard(self._wake)
        self._cursors.clear()
        self._feeds.clear()
        self._links_shown.clear()
        self._on_close(self)

    async def subscribe(self, params: SubscribeParams) -> ItemsParams:
        """Follow a resource from `after_seq`, or from a snapshot; raises InputRefused or NotFound."""
        resource = params.resource
        if resource.startswith(TRANSCRIPT):
            session = self._ledger.find(resource.removeprefix(TRANSCRIPT))
            self._feeds[resource] = await self._ledger.transcript(session.id)
        elif resource.startswith(LINK):
            self._ledger.find(resource.removeprefix(LINK))
            self._links_shown.pop(resource, None)
        elif resource != SESSIONS:
            raise InputRefused("unknown_resource", f"There is no resource {visible(resource)[:60]!r} to follow.")
        after = params.after_seq
        # A cursor from the future belongs to a journal that was lost: start anew.
        is_snapshot = after is None or after > self._ledger.seq
        self._cursors[resource] = 0 if is_snapshot or after is None else after
        if resource == SESSIONS:
            self._places_shown = {}
        buckets = bucket_views() if resource == SESSIONS else []
        return self._collect(resource).model_copy(update={"is_snapshot": is_snapshot, "buckets": buckets})

    def unsubscribe(self, params: UnsubscribeParams) -> Nothing:
        self._cursors.pop(params.resource, None)
        self._feeds.pop(params.resource, None)
        self._links_shown.pop(params.resource, None)
        return Nothing()

    def collect(self) -> list[ItemsParams]:
        """What is new since the last call for everything it follows; empty resources are left out."""
        collected = [self._collect(resource) for resource in self._cursors]
        return [items for items in collected if _has_news(items)]

    def _collect_link(self, resource: str) -> ItemsParams:
        """The whole link each time: it is small, and whatever changed in between is told once."""
        session_id = resource.removeprefix(LINK)
        link = self._link(self, session_id)
        is_known = resource in self._links_shown
        if is_known and self._links_shown[resource] is link:
            return ItemsParams(resource=resource, seq=self._ledger.seq)
        self._links_shown[resource] = link
        removed = [session_id] if link is None and is_known else []
        return ItemsParams(resource=resource, seq=self._ledger.seq, link=link, removed=removed)

    def _collect_sessions(self, cursor: int) -> ItemsParams:
        """What changed behind the cursor, and whoever moved on in the line because others left it."""
        changed = {session.id: session for session in self._ledger.published_since(cursor)}
        rows = Rows.published(self._ledger)
        for session_id, place in rows.places.items():
            published = self._ledger.published(session_id)
            if published is not None and self._places_shown.get(session_id) != place:
                changed.setdefault(session_id, published)
        self._places_shown = rows.places
        return ItemsParams(
            resource=SESSIONS,
            seq=self._ledger.seq,
            sessions=[rows.row(each) for each in changed.values() if not each.is_deleted],
            removed=[each.id for each in changed.values() if each.is_deleted],
        )

    def _collect(self, resource: str) -> ItemsParams:
        cursor, seq = self._cursors[resource], self._ledger.seq
        self._cursors[resource] = seq
        if resource == SESSIONS:
            return self._collect_sessions(cursor)
        if resource.startswith(LINK):
            return self._collect_link(resource)
        session = self._ledger.published(parse_session_id(resource.removeprefix(TRANSCRIPT)))
        has_offer = session is not None and session.offered_seq > cursor
        upserts, appends = self._feeds[resource].since(cursor)
        return ItemsParams(
            resource=resource,
            seq=seq,
            items=[item_view(item) for item in upserts],
            appends=[append_view(append) for append in appends],
            offer=offer_view(session) if session is not None and has_offer else None,
        )


def _has_news(items: ItemsParams) -> bool:
    return bool(items.sessions or items.items or items.appends or items.removed or items.offer or items.link)
