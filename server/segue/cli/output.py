"""What the terminal shows. Knows streams, columns, colours and inert text; knows nothing of sessions or the wire."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TextIO

from segue.domain import phrases
from segue.domain.errors import InputRefused, SegueError
from segue.domain.ids import visible

_PAINT = re.compile(r"\x1b\[[0-9;:]*m")
NARROW = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u22ff\u2500-\u25fc✓✗]*")
"""Latin letters, arrows and the signs that Segue itself uses: one column each. Only other text costs the import."""


class Colour(StrEnum):
    """Parameters of the terminal's SGR sequence."""

    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    BLUE = "34"
    CYAN = "36"


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of one column, inert by the time it is printed, in a colour where colours are shown."""

    text: str
    colour: Colour | None = None


class Output:
    """One command's standard output. Text from outside goes through `inert` or `visible` before it is written."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout or io.TextIOWrapper(io.BytesIO())
        reconfigure = getattr(self._stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", newline="\n")
        self.is_terminal = self._stream.isatty()
        self.has_colours = self.is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.columns = shutil.get_terminal_size().columns if self.is_terminal else None
        """Width of the terminal; None where output goes elsewhere and nothing is shortened."""

    def line(self, text: str = "", colour: Colour | None = None) -> None:
        """Write one line at once, so that whoever reads along sees it."""
        self.write(self.paint(text, colour) + "\n")

    def write(self, text: str) -> None:
        """Write text as it is. Raises BrokenPipeError where nobody reads, SegueError where it cannot be written."""
        self._written(lambda: self._stream.write(text))

    def raw(self, data: bytes) -> None:
        """Write bytes unchanged; raises like `write`."""
        self._written(lambda: self._stream.buffer.write(data))

    def _written(self, write: Callable[[], object]) -> None:
        try:
            write()
            self._stream.flush()
        except OSError as failed:
            # The interpreter flushes once more at exit and would complain there.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            if isinstance(failed, BrokenPipeError):
                raise
            raise SegueError("output_failed", f"The output cannot be written: {failed.strerror}.") from failed

    def json(self, value: Any) -> None:
        """Write one JSON document on a line of its own; pure ASCII, whatever the stream's encoding."""
        self.write(json.dumps(value, separators=(",", ":")) + "\n")

    def paint(self, text: str, colour: Colour | None) -> str:
        """`text` in a colour, where colours are shown."""
        return f"\x1b[{colour}m{text}\x1b[0m" if colour is not None and self.has_colours and text else text

    def table(self, rows: Sequence[Sequence[Cell]], indent: str = "") -> None:
        """Write rows with aligned columns; the last one is cut at the terminal's edge, every cell is one line."""
        widths = [max(_width(visible(cell.text)) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            self.line(indent + self._row(row, widths, len(indent)).rstrip())

    def _row(self, row: Sequence[Cell], widths: Sequence[int], used: int) -> str:
        parts = []
        for cell, width in zip(row[:-1], widths[:-1], strict=True):
            text = visible(cell.text)
            parts.append(self.paint(text, cell.colour) + " " * (width - _width(text)))
            used += width + 2
        last = visible(row[-1].text)
        if self.columns is not None:
            last = cut(last, self.columns - used)
        return "  ".join([*parts, self.paint(last, row[-1].colour)])


def told(phrase: dict[str, Any]) -> str:
    """A text of the server's, in English and on one line."""
    values = [visible(value) if isinstance(value, str) else told(value) for value in phrase["values"]]
    return phrases.english(phrase["text"], values)


def inert(text: str) -> str:
    """Text of several lines with everything escaped that a terminal would obey; colours are taken out.

    Line ends and tabs stay.
    """
    lines = _PAINT.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(visible(part) for part in line.split("\t")) for line in lines)


def cut(text: str, columns: int) -> str:
    """`text` in at most `columns` columns, with `…` where something is missing."""
    if _width(text) <= columns:
        return text
    kept = max(0, columns - 1)
    return (text[:kept] if NARROW.fullmatch(text) else _clip(text, kept)).rstrip() + "…"


def age(then_ms: int, now_ms: int) -> str:
    """How long ago something was, in one unit."""
    seconds = max(0, now_ms - then_ms) // 1000
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def confirm(question: str, refusal: str) -> bool:
    """Ask a person on the terminal; only a written-out yes counts.

    Raises InputRefused, with `refusal` as its action, where nobody can be asked.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputRefused("not_confirmed", "Nothing was done: nobody is there to confirm it.", action=refusal)
    return ask(f"{question} [y/N] ").lower() in {"y", "yes"}


def ask(question: str) -> str:
    """One line from the person at the terminal, without blanks around it; empty at the end of input."""
    try:
        return input(question).strip()
    except EOFError:
        return ""


def sentences(*parts: str) -> str:
    """Sentences in one line, leaving out the empty ones."""
    return " ".join(part for part in parts if part)


def bullets(lines: Iterable[str], sign: str = "-") -> list[str]:
    """Lines as a list."""
    return [f"  {sign} {line}" for line in lines]


def _width(text: str) -> int:
    """Columns that a terminal needs for it."""
    if NARROW.fullmatch(text):
        return len(text)
    from wcwidth import width

    return width(text, control_codes="ignore")


def _clip(text: str, columns: int) -> str:
    from wcwidth import clip

    return clip(text, 0, columns)
