"""Unified diffs of two texts. Knows lines and names; knows nothing of files, sessions or terminals."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

CONTEXT = 3
NO_LINE_END = "\\ No newline at end of file"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a file; `path` is None where it does not exist there."""

    path: str | None
    text: str


def differences(old: Side, new: Side) -> Iterator[str]:
    """Lines of the unified diff, without line ends; nothing where the texts are equal."""
    old_lines, new_lines = _lines(old.text), _lines(new.text)
    # difflib is slow on long equal stretches; what both begin and end with is cut off down to the context.
    skipped = _common(old_lines, new_lines)
    rest_old, rest_new = old_lines[skipped:], new_lines[skipped:]
    tail = _common(rest_old[::-1], rest_new[::-1])
    groups = difflib.SequenceMatcher(None, rest_old[: len(rest_old) - tail], rest_new[: len(rest_new) - tail])
    is_first = True
    for group in groups.get_grouped_opcodes(CONTEXT):
        if is_first:
            yield f"--- {_name('a', old.path)}"
            yield f"+++ {_name('b', new.path)}"
            is_first = False
        yield _heading(group, skipped)
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from _marked(" ", rest_old[i1:i2])
                continue
            yield from _marked("-", rest_old[i1:i2])
            yield from _marked("+", rest_new[j1:j2])


def _heading(group: list[tuple[str, int, int, int, int]], skipped: int) -> str:
    first, last = group[0], group[-1]
    return f"@@ -{_range(first[1], last[2], skipped)} +{_range(first[3], last[4], skipped)} @@"


def _range(start: int, stop: int, skipped: int) -> str:
    length = stop - start
    first = start + skipped + (1 if length else 0)
    return str(first) if length == 1 else f"{first},{length}"


def _marked(mark: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line.removesuffix("\n")
        if not line.endswith("\n"):
            yield NO_LINE_END


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one, as for git."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def _common(one: list[str], other: list[str]) -> int:
    """How many lines both begin with, less the context that the diff shows of them."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return max(0, count - CONTEXT)


def _name(side: str, path: str | None) -> str:
    """The path as git writes it: quoted where it holds what would break the line."""
    if path is None:
        return "/dev/null"
    raw = f"{side}/{path}".encode("utf-8", "surrogateescape")
    if all(0x20 <= byte != 0x7F and byte not in b'"\\' for byte in raw) and _is_text(raw):
        return f"{side}/{path}" + ("\t" if " " in path else "")
    return '"' + "".join(_quoted(byte) for byte in raw) + '"'


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _quoted(byte: int) -> str:
    known = {0x22: '\\"', 0x5C: "\\\\", 0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
    if byte in known:
        return known[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
