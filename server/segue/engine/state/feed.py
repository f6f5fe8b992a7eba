"""What a client has not seen yet. Knows cursors and published state; knows no transport.

Nothing is queued for anybody: each follower has a cursor, and what is new is worked out from the state when it asks. So
a slow client costs nothing, and whatever changed several times in between is sent once.
"""

from __future__ import annotations

from bisect import bisect_right

from segue.domain.events import Recorded, TurnEnded
from segue.domain.transcript import Append, Item, Transcript, Upsert


class TranscriptFeed:
    """A transcript that can say what changed after any `seq`."""

    def __init__(self) -> None:
        self._transcript = Transcript()
        self._items: dict[str, Item] = {}
        """In order of their last change."""
        self._places: dict[str, int] = {}
        """Where each item stands in the transcript."""
        self._lengths: dict[str, list[tuple[int, int]]] = {}
        """Per growing text: (seq, length behind it), so that only what was added is sent."""
        self.seq = 0

    @property
    def items(self) -> tuple[Item, ...]:
        """In transcript order."""
        return self._transcript.items

    def apply(self, recorded: Recorded) -> None:
        """Take one more published event; one that was taken before is ignored."""
        if recorded.seq <= self.seq:
            return
        self.seq = recorded.seq
        for change in self._transcript.apply(recorded):
            item_id = change.item_id if isinstance(change, Append) else change.item.id
            self._places.setdefault(item_id, len(self._places))
            self._items.pop(item_id, None)
            self._items[item_id] = item = self._transcript.item(item_id)
            marks = self._lengths.setdefault(item_id, [])
            if isinstance(change, Upsert):  # more than its text may be another one: nobody before this knows it
                marks.clear()
            marks.append((recorded.seq, len(item.text)))
        if isinstance(recorded.event, TurnEnded):
            self._lengths.clear()

    def since(self, seq: int) -> tuple[list[Item], list[Append]]:
        """Items to replace or add in transcript order, and texts to append, for somebody who has all up to `seq`."""
        upserts: list[Item] = []
        appends: list[Append] = []
        for item in reversed(self._items.values()):
            if item.seq <= seq:
                break
            known = self._known_length(item, seq)
            if known is None:
                upserts.append(item)
            elif known < len(item.text):
                appends.append(Append(item.id, item.text[known:], item.seq))
        upserts.sort(key=lambda item: self._places[item.id])
        appends.reverse()
        return upserts, appends

    def _known_length(self, item: Item, seq: int) -> int | None:
        lengths = self._lengths.get(item.id, [])
        position = bisect_right(lengths, seq, key=lambda mark: mark[0])
        return lengths[position - 1][1] if position else None
