"""A selection in an editor that a prompt is about. Knows its shape; opens nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Lines of a file, counted from 0; where nothing is selected, the line of the cursor."""

    uri: str
    start_line: int
    end_line: int
    """The line behind the last one."""
    text: str = ""
    diagnostics: tuple[str, ...] = ()
    """What the editor says about these lines."""
