"""Turns what clients send into what the engine's parts take. Knows both vocabularies; decides nothing."""

from __future__ import annotations

from segue.domain.selections import Selection
from segue.protocol.pairing import SelectionView


def selection(view: SelectionView | None) -> Selection | None:
    """What a prompt is about; None for one that was not written at a place in a file."""
    if view is None:
        return None
    return Selection(view.uri, view.start_line, view.end_line, view.text, tuple(view.diagnostics))
