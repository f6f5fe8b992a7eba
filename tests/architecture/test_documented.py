"""docs/architecture.md names the test of every invariant, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

from support import source

ARCHITECTURE = source.ROOT / "docs" / "architecture.md"
REFERENCE = re.compile(r"`((?:tests|extension)/[^`:]+)::([^`]+)`")


def test_every_invariant_names_its_test() -> None:
    rows = _rows_under("invariants")
    assert rows, "docs/architecture.md has a table under a heading with the word Invariants"
    assert not [row for row in rows if not REFERENCE.search(row)]


def test_every_named_test_exists() -> None:
    named = REFERENCE.findall(ARCHITECTURE.read_text("utf-8"))
    assert named
    assert not [f"{file}::{name}" for file, name in named if not _has_test(source.ROOT / file, name)]


def _rows_under(word: str) -> list[str]:
    """Rows of the tables in the section whose heading holds `word`, without head and rule."""
    rows: list[str] = []
    is_inside, previous = False, ""
    for line in ARCHITECTURE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            is_inside = word in line.lower()
        elif is_inside and re.fullmatch(r"\|[\s:|-]+\|", line):
            rows.remove(previous)
        elif is_inside and line.startswith("|"):
            rows.append(line)
        previous = line
    return rows


def _has_test(path: Path, name: str) -> bool:
    if not path.is_file():
        return False
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return re.search(rf"^\s*(?:async )?def {re.escape(name)}\b", text, re.MULTILINE) is not None
    return name in text
