"""Why nothing flows into a file just now, or its unsaved text does not. Knows what windows show; changes nothing."""

from __future__ import annotations

from pathlib import Path

from segue.domain.errors import InputRefused
from segue.domain.ids import visible
from segue.engine.pairing import editor_changes
from segue.engine.pairing.buffers import Document
from segue.engine.pairing.line_ends import is_mixed, words_of
from segue.engine.pairing.link_record import FileState
from segue.engine.pairing.windows import Windows

CONTESTED = "It has different unsaved text in two editors. It goes on when one of them saves, reverts or closes it."
AWAY = "Its text was in a window that is gone; it goes on when the file is open again."
MIXED_BUFFER = "Its unsaved text has mixed line ends. It goes on when all lines end in one way, or when you save it."
MIXED = "The agent gets your unsaved text when you save: the file has mixed line ends, which editors do not keep."
NO_TEXT = "The agent gets your unsaved text when you save: the file is larger than 4 MB, or is not UTF-8 text."


def obstacle(windows: Windows, place: Path, state: FileState) -> str:
    """Empty where nothing stands in the way."""
    document = windows.document(place)
    if windows.is_contested(place):
        return CONTESTED
    if document is not None and state.text is not None and words_of(document.text, state) is None:
        return "" if is_mixed(state.text.mine) else MIXED_BUFFER
    return AWAY if is_away(windows, place, state) else ""


def unsaved_stays(document: Document | None, state: FileState) -> str:
    """Why the unsaved text of a buffer is not shared; empty where it is, or where there is none."""
    if document is None or document.is_dirty is not True or editor_changes.shows(document, state):
        return ""
    return NO_TEXT if state.text is None else MIXED


def not_saved(path: str) -> InputRefused:
    """A decision that would have to write below unsaved text."""
    return InputRefused(
        "not_saved",
        f"{visible(path)} has unsaved text. This decision has to write the file itself, so nothing was decided.",
        action="Save the file or close it, then decide again.",
    )


def is_away(windows: Windows, place: Path, state: FileState) -> bool:
    """Whether its text is in a window that is gone for now, and will come back with it."""
    is_in_buffer = state.is_in_buffer or (state.next is not None and state.next.is_in_buffer)
    return (is_in_buffer and windows.document(place) is None) or windows.is_away(place)
