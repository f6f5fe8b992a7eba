"""Which tests have begun and not ended. Knows the lines that progress.py and progress.mjs write."""

from __future__ import annotations

from pathlib import Path

BEGINS, ENDS = "begins ", "ends "


def unfinished(progress: Path) -> list[str]:
    """Names of the tests that run, in the order in which they began."""
    running: dict[str, None] = {}
    try:
        lines = progress.read_text(errors="replace").splitlines()
    except OSError:
        return []
    for line in lines:
        if line.startswith(BEGINS):
            running[line.removeprefix(BEGINS)] = None
        elif line.startswith(ENDS):
            running.pop(line.removeprefix(ENDS), None)
    return list(running)


def stacks(progress: Path) -> str:
    """What was added about the threads of a test that hangs."""
    try:
        text = progress.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(line for line in text.splitlines() if not line.startswith((BEGINS, ENDS)))
