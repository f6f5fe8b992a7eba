"""How the texts of one file count their line ends. Knows states and contents; reads and writes nothing.

The text of a CRLF file is *plain*: every line ends with `\\n`, and the file's shape says the rest. Next to a text with
mixed line ends that would make every line differ. So there all texts of the file are *raw*: each `\\r` stays in the
text, and every shape is LF.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from segue.domain.pairing.contribution import Contribution, Edits
from segue.domain.pairing.difference import changed_lines
from segue.domain.pairing.edits import Edit, apply_at_once
from segue.domain.pairing.text_format import LineEnd, Shape, line_end_of
from segue.domain.pairing.whole_files import TEXT, Entry, Side, Whole
from segue.engine.pairing.buffer_offsets import plain, to_buffer
from segue.engine.pairing.disk import Content
from segue.engine.pairing.link_record import FileState


def is_mixed(text: str) -> bool:
    """Whether no editor can hold its line ends as they are."""
    return line_end_of(text) is LineEnd.AS_IS


def is_raw(state: FileState) -> bool:
    """Whether its texts keep their `\\r`."""
    text = state.text
    if text is None:
        return False
    edits = (edit.text for edits in (text.hunks, text.unshared, text.disputed) for edit in edits)
    return any("\r" in words for words in (text.own, text.base, *edits))


def words_of(raw: str, state: FileState) -> str | None:
    """A buffer's text as a state counts it; None where its line ends are mixed."""
    return plain(raw) if not is_raw(state) or is_mixed(raw) else raw


def met(state: FileState, content: Content) -> tuple[FileState, Content]:
    """A file and a content of it, so that their texts can be compared."""
    if state.text is None or content.text is None:
        return state, content
    if is_raw(state):
        return state, as_raw(content)
    return (raw_state(state), content) if "\r" in content.text else (state, content)


def met_contents(one: Content, other: Content) -> tuple[Content, Content]:
    """Two contents of a file, so that their texts can be compared."""
    is_one_raw = any("\r" in (content.text or "") for content in (one, other))
    return (as_raw(one), as_raw(other)) if is_one_raw else (one, other)


def as_raw(content: Content) -> Content:
    entry = content.entry
    if entry is None or content.text is None or entry.shape.line_end is not LineEnd.CRLF:
        return content
    return Content(_with_end(entry, LineEnd.LF), content.data, _returned(content.text))


def raw_state(state: FileState) -> FileState:
    """The same with raw texts."""
    whole, text = state.whole, state.text
    if text is None or not any(side is not None and side.shape.line_end is LineEnd.CRLF for side in _sides(whole)):
        return state
    own, mine, base, theirs = (
        _returned(words) if _end(side) is LineEnd.CRLF else words
        for side, words in zip(_sides(whole), _texts(text), strict=True)
    )
    texts = Contribution(
        own,
        _carried(text.hunks, (text.own, own, mine), _to_raw),
        base,
        _carried(text.unshared, (text.base, base, mine), _to_raw),
        _carried(text.disputed, (text.base, base, theirs), _to_raw),
    )
    return replace(state, text=texts, whole=Whole(*(_ended(side, LineEnd.LF) for side in _sides(whole))))


def plain_state(state: FileState) -> FileState:
    """The same with plain texts, as soon as none of them has mixed line ends any more."""
    whole, text = state.whole, state.text
    if text is None or not is_raw(state) or any(map(is_mixed, _texts(text))):
        return state
    own, mine, base, theirs = (words.replace("\r\n", "\n") for words in _texts(text))
    texts = Contribution(
        own,
        _carried(text.hunks, (text.own, own, mine), _to_plain),
        base,
        _carried(text.unshared, (text.base, base, mine), _to_plain),
        _carried(text.disputed, (text.base, base, theirs), _to_plain),
    )
    ended = (_ended(side, line_end_of(words)) for side, words in zip(_sides(whole), _texts(text), strict=True))
    return replace(state, text=texts, whole=Whole(*ended))


_Move = Callable[[str, str, Edits], Edits]


def _carried(edits: Edits, texts: tuple[str, str, str], move: _Move) -> Edits:
    """Edits of the first text as those of the second, by position where that leads to the third."""
    old, new, changed = texts
    moved = move(old, new, edits) if old != new else edits
    return moved if apply_at_once(new, moved) == changed else changed_lines(new, changed)


def _to_raw(_: str, raw: str, edits: Edits) -> Edits:
    return to_buffer(raw, edits)


def _to_plain(raw: str, _: str, edits: Edits) -> Edits:
    def place(at: int) -> int:
        return at - raw.count("\r\n", 0, at)

    return tuple(Edit(place(edit.start), place(edit.end), edit.text.replace("\r\n", "\n")) for edit in edits)


def _sides(whole: Whole) -> tuple[Side, Side, Side, Side]:
    return whole.own, whole.mine, whole.base, whole.theirs


def _texts(text: Contribution) -> tuple[str, str, str, str]:
    return text.own, text.mine, text.base, text.theirs


def _end(side: Side) -> LineEnd:
    return side.shape.line_end if side is not None else LineEnd.LF


def _ended(side: Side, end: LineEnd) -> Side:
    return side if side is None or side.content != TEXT else _with_end(side, end)


def _with_end(entry: Entry, end: LineEnd) -> Entry:
    return Entry(entry.mode, entry.content, Shape(end, entry.shape.has_bom))


def _returned(text: str) -> str:
    return text.replace("\n", "\r\n")
