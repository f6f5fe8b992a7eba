"""What an editor's edit really changes, where a tool made it. Knows texts; knows no files and no sides."""

from __future__ import annotations

from segue.domain.pairing.difference import changed_layout, changed_lines
from segue.domain.pairing.edits import Edit, apply_in_order, shifted

Edits = tuple[Edit, ...]


def layout(old: str, edits: Edits) -> Edits | None:
    """Edits as a formatter makes them: several at once, or of many lines, and every word stays where it was.

    They are sequential; those that are returned are simultaneous. None where somebody typed, or words changed.
    """
    if len(edits) == 1 and not _spans_lines(old, edits[0]):
        return None
    return changed_layout(old, apply_in_order(old, edits))


def by_lines(old: str, edit: Edit) -> Edits:
    """What an edit of many lines really changes, the last place first; tools replace whole documents."""
    if not _spans_lines(old, edit):
        return (edit,)
    return shifted(changed_lines(old[edit.start : edit.end], edit.text), edit.start)[::-1]


def _spans_lines(old: str, edit: Edit) -> bool:
    return old.count("\n", edit.start, edit.end) > 1 and "\n" in edit.text
