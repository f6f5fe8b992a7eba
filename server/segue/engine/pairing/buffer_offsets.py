"""Between a buffer's own offsets and those of texts with plain line ends. Knows line ends; knows nobody's documents."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from segue.domain.pairing.edits import Edit
from segue.domain.pairing.text_format import LineEnd, evened, line_end_of


def plain(raw: str) -> str | None:
    """A buffer's text with `\\n` as line end; None where its line ends are mixed."""
    match line_end_of(raw):
        case LineEnd.LF:
            return raw
        case LineEnd.CRLF:
            return raw.replace("\r\n", "\n")
        case LineEnd.AS_IS:
            return None


def name_of(text: str) -> str:
    """A short name for a text, the same whatever its line ends."""
    return sha256(evened(text).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def to_buffer(raw: str, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Simultaneous edits of the plain text, as edits of the buffer's."""
    if "\r" not in raw:
        return tuple(edits)
    text = raw.replace("\r\n", "\n")
    return tuple(
        Edit(
            edit.start + text.count("\n", 0, edit.start),
            edit.end + text.count("\n", 0, edit.end),
            edit.text.replace("\n", "\r\n"),
        )
        for edit in edits
    )


def from_buffer(raw: str, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Sequential edits of the buffer's text, as edits of the plain one; exact where none cuts a line end in two."""
    if "\r" not in raw:
        return tuple(Edit(edit.start, edit.end, edit.text.replace("\r\n", "\n")) for edit in edits)
    found = []
    for edit in edits:
        start = edit.start - raw.count("\r\n", 0, edit.start)
        end = edit.end - raw.count("\r\n", 0, edit.end)
        found.append(Edit(start, end, edit.text.replace("\r\n", "\n")))
        raw = raw[: edit.start] + edit.text + raw[edit.end :]
    return tuple(found)
