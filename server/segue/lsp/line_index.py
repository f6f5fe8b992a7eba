"""A text by its lines, as LSP addresses it: line and UTF-16 column. Knows no document and no message.

Offsets count code points, as Python does. A line ends behind `\\n`, `\\r\\n` or a lone `\\r`. An edit costs what it
touches; only `text` and `offset` look at everything before or behind it, at memory speed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from segue.domain.pairing.edits import Edit

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Position(NamedTuple):
    line: int
    """From 0."""
    character: int
    """UTF-16 code units from the line's start."""


class Lines:
    """A text that changes."""

    def __init__(self, text: str) -> None:
        self._lines = _split(text)

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._lines)

    def replace(self, start: Position, end: Position, text: str) -> Edit:
        """Put `text` where the range is; returns the same as offsets of what was there before.

        Positions behind a line's or the text's end mean that end, as the specification has it; an end before its
        start means the start.
        """
        start_line, start_column = self._column(start)
        end_line, end_column = max(self._column(end), (start_line, start_column))
        start_offset = self._offset(start_line) + start_column
        end_offset = start_offset - start_column + end_column + sum(map(len, self._lines[start_line:end_line]))
        # A line more on each side: a `\r` and a `\n` that come to stand together are one end.
        first, behind = max(0, start_line - 1), end_line + 2
        head = "".join(self._lines[first:start_line]) + self._line(start_line)[:start_column]
        tail = self._line(end_line)[end_column:] + "".join(self._lines[end_line + 1 : behind])
        self._lines[first:behind] = _split(head + text + tail)
        return Edit(start_offset, end_offset, text)

    def replace_all(self, text: str) -> Edit:
        """Put `text` in place of everything."""
        edit = Edit(0, sum(map(len, self._lines)), text)
        self._lines = _split(text)
        return edit

    def positions(self, offsets: Iterable[int]) -> list[Position]:
        """Where offsets stand; those behind the end mean the end."""
        starts = [0, *accumulate(map(len, self._lines))]
        found = []
        for offset in offsets:
            line = max(0, bisect_right(starts, min(offset, starts[-1])) - 1)
            if line == len(self._lines) and line and not self._lines[-1].endswith(("\n", "\r")):
                line -= 1
            column = min(offset, starts[-1]) - starts[line]
            found.append(Position(line, units(self._line(line)[:column])))
        return found

    def _line(self, number: int) -> str:
        return self._lines[number] if number < len(self._lines) else ""

    def _offset(self, line: int) -> int:
        return sum(map(len, self._lines[:line]))

    def _column(self, position: Position) -> tuple[int, int]:
        """Line and code points, within the text."""
        last = len(self._lines)
        if last and not self._lines[-1].endswith(("\n", "\r")):
            last -= 1
        if position.line > last:
            return last, len(self._line(last))
        content = self._line(position.line).rstrip("\r\n")
        return position.line, column(content, position.character)


def units(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def column(line: str, character: int) -> int:
    """Code points before `character` UTF-16 units of a line; within a pair, those before the pair."""
    if line.isascii() or character <= 0:
        return max(0, min(character, len(line)))
    before = line.encode("utf-16-le", "surrogatepass")[: 2 * character].decode("utf-16-le", "surrogatepass")
    is_cut = before != line[: len(before)]
    return len(before) - is_cut


def _split(text: str) -> list[str]:
    if "\r" not in text:
        lines = text.split("\n")
        last = lines.pop()
        return [line + "\n" for line in lines] + ([last] if last else [])
    return _LINE.findall(text)
