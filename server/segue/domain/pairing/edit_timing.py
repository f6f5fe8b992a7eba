"""When an agent's writes go into a buffer in which somebody types (rule 13). Knows moments; knows no text and no clock.

Two wishes pull here: edits shall come rarely while a person types, and a write shall be seen within 100 ms (L1). So a
write that comes alone goes at once, and writes that follow each other closely are a burst, which is shown every 250 ms.
Agents whose single edits a person could follow are never held up, and floods cost four edits a second. Where the
editor saves by itself after a pause, each edit would begin that pause anew: as long as something typed waits to be
saved, edits leave it room. Where nobody types, nothing waits.

Moments are seconds of one monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPING_S = 1.0
"""How long a person counts as typing behind a key."""
BURST_S = 0.15
"""Writes closer than this are a burst."""
BATCH_S = 0.25
"""Between the edits of a burst."""
ROOM_S = 0.25
"""What an editor gets beyond the pause after which it saves by itself."""
PAUSE_LIMIT_S = 2.0
"""The longest such pause that edits leave room for; whoever saves more rarely does not wait for it."""

_NEVER = float("-inf")


@dataclass(slots=True)
class Pace:
    """Of one buffer."""

    _typed: float = _NEVER
    _saved: float = _NEVER
    _edited: float = _NEVER
    _wrote: float = _NEVER
    _gap: float = float("inf")
    """Between the two newest writes."""

    def typed(self, now: float) -> None:
        """The person did."""
        self._typed = now

    def saved(self, now: float) -> None:
        """The buffer was."""
        self._saved = now

    def edited(self, now: float) -> None:
        """An edit of the agent's went into the buffer."""
        self._edited = now

    def wrote(self, now: float) -> None:
        """The agent's file changed."""
        self._gap, self._wrote = now - self._wrote, now

    def due(self, now: float, pause_s: float | None) -> float:
        """When the next edit may go; `pause_s` is the one after which the editor saves, None where it does not."""
        if pause_s is not None and pause_s <= PAUSE_LIMIT_S and self._typed > self._saved:
            return self._edited + pause_s + ROOM_S
        if now - self._typed < TYPING_S and self._gap < BURST_S:
            return self._edited + BATCH_S
        return now
