"""Why nothing flows into a file just now. Knows what windows show of it; changes nothing."""

from __future__ import annotations

from pathlib import Path

from segue.domain.errors import InputRefused
from segue.domain.ids import visible
from segue.engine.buffers import Document
from segue.engine.link import steps
from segue.engine.link.record import FileState
from segue.engine.link.texts import plain
from segue.engine.link.windows import Windows

MIXED = "Its lines end in different ways, which its buffer does not show as they are. Close it to go on."
CONTESTED = "It has different unsaved text in two windows. It goes on when one of them saves, reverts or closes it."
AWAY = "Its text was in a window that is gone; it goes on when the file is open again."


def obstacle(windows: Windows, place: Path, state: FileState) -> str:
    """Empty where nothing stands in the way."""
    document = windows.document(place)
    if windows.is_contested(place):
        return CONTESTED
    if document is not None and state.text is not None and not shows(document, state):
        return MIXED
    return AWAY if is_away(windows, place, state) else ""


def not_saved(path: str) -> InputRefused:
    """A decision on line ends that would have to write below unsaved text."""
    return InputRefused(
        "not_saved",
        f"{visible(path)} has text that is not saved. Its line ends can only change where it is saved or closed.",
        action="Save it, or close it, then decide again.",
    )


def is_away(windows: Windows, place: Path, state: FileState) -> bool:
    """Whether its text is in a window that is gone for now, and will come back with it."""
    is_in_buffer = state.is_in_buffer or (state.next is not None and state.next.is_in_buffer)
    return (is_in_buffer and windows.document(place) is None) or windows.is_away(place)


def shows(document: Document, state: FileState) -> bool:
    """Whether a buffer shows a file's text as it is."""
    return steps.shows_in_buffer(state) and plain(document.text) is not None
