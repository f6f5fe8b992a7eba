"""Bytes of a file as text, and back without a byte changed. Knows encodings and line ends; knows no files.

Both sides of a link keep the line ends and the byte order mark of their own file; texts are compared without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TEXT_LIMIT = 4 * 1024 * 1024
"""Bytes above which a file is taken as a whole."""
BOM = b"\xef\xbb\xbf"


class LineEnd(StrEnum):
    LF = "lf"
    """Every line ends with `\\n`; also where there is none."""
    CRLF = "crlf"
    """Every line ends with `\\r\\n`."""
    AS_IS = "as_is"
    """Mixed, or with a lone `\\r`: kept as it is, and not shown through a buffer, which would make it uniform."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text does not say about its file."""

    line_end: LineEnd = LineEnd.LF
    has_bom: bool = False


PLAIN = Shape()
"""`\\n`, no mark."""


def decode(data: bytes) -> tuple[str, Shape] | None:
    """The text of a file; None where it is binary, not UTF-8 or too large: such a file is taken as a whole."""
    if len(data) > TEXT_LIMIT or b"\0" in data:
        return None
    has_bom = data.startswith(BOM)
    try:
        text = data[3:].decode() if has_bom else data.decode()
    except UnicodeDecodeError:
        return None
    line_end = line_end_of(text)
    return (text.replace("\r\n", "\n") if line_end is LineEnd.CRLF else text), Shape(line_end, has_bom)


def settled(text: str, shape: Shape, known: Shape) -> Shape:
    """What counts as the shape of a text: one without a line end has those of the file that it came from."""
    if "\n" not in text:
        return Shape(known.line_end, shape.has_bom)
    return Shape(LineEnd.LF, shape.has_bom) if shape.line_end is LineEnd.AS_IS else shape


def encode(text: str, shape: Shape) -> bytes:
    """The bytes of a file of that shape."""
    if shape.line_end is LineEnd.CRLF:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    data = text.encode("utf-8", "surrogatepass")
    return BOM + data if shape.has_bom else data


def evened(text: str) -> str:
    """A text as an editor shows it: each line ends with `\\n`, whatever it ends with in the file."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def line_end_of(text: str) -> LineEnd:
    """How the lines of a text end."""
    returns = text.count("\r")
    if not returns:
        return LineEnd.LF
    both = text.count("\r\n")
    return LineEnd.CRLF if both == returns == text.count("\n") else LineEnd.AS_IS
