"""The file in which git keeps most refs, when it is damaged: every git command stops at it. Knows its lines; no git."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from segue.domain.ids import visible

_LINE = re.compile(rb"#.*|\^[0-9a-f]{40,64}|[0-9a-f]{40,64} .+")
_STOPPED = re.compile(r"(?:unexpected|unterminated) line in (.*packed-refs): ")


def damaged_line(file: Path) -> int:
    """The first line at which git stops; 0 where there is none."""
    with suppress(OSError):
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            if not _LINE.fullmatch(line):
                return number
    return 0


def stopped_at(stderr: str) -> Path | None:
    """The file, where a git command says that it stopped at that."""
    found = _STOPPED.search(stderr)
    return Path(found[1]) if found is not None else None


def sentences(file: Path) -> tuple[str, str]:
    """What is told of a damaged file, and what helps."""
    line = damaged_line(file)
    which = f"Line {line} of {visible(str(file))}" if line else f"The end of {visible(str(file))}"
    return (
        f"{which} is damaged, so no git command works in this repository.",
        "Nothing was lost. Keep a copy of that file and delete the line; `git reflog` may tell the commit that it "
        "named.",
    )
