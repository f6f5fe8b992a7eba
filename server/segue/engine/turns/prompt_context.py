"""What goes along with a prompt that was written at a place in a file. Knows texts; opens nothing.

The agent gets words, not attachments: a path in its own worktree, lines, and what the editor says about them. For an
agent that runs shell commands the same stands in comments.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from segue.domain.events import Place
from segue.domain.ids import visible
from segue.domain.selections import Selection

TEXT_LIMIT = 20_000
"""Characters of a selection that go along; the agent has the file."""
DIAGNOSTICS_LIMIT = 20


def with_selection(prompt: str, selection: Selection | None, root: Path, *, is_script: bool) -> str:
    """The prompt with its place in front; behind it for a script, whose first line counts.

    A file outside of `root`, the checkout, is nothing to an agent.
    """
    path = None if selection is None else _relative(selection.uri, root)
    if selection is None or path is None:
        return prompt
    last = max(selection.start_line + 1, selection.end_line)
    lines = f"line {last}" if last == selection.start_line + 1 else f"lines {selection.start_line + 1}-{last}"
    told = [f"In {visible(path.as_posix())}, {lines}"]
    told += [f"The editor says: {visible(said)}" for said in selection.diagnostics[:DIAGNOSTICS_LIMIT]]
    if is_script:
        return "\n".join([prompt, *(f"# {line}" for line in told)])
    text = selection.text[:TEXT_LIMIT]
    fence = "`" * max(3, _longest_run(text) + 1)
    told[0] += ":" if text else ""
    quoted = [fence, text.rstrip("\n"), fence] if text else []
    return "\n".join([told[0], *quoted, *told[1:], "", prompt])


def place_of(selection: Selection | None, words: str) -> Place | None:
    """Where a prompt was written, to be shown there again."""
    if selection is None:
        return None
    return Place(selection.uri, selection.start_line, selection.end_line, words)


def _relative(uri: str, root: Path) -> Path | None:
    path = Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path)))
    for place in (path, Path(os.path.realpath(path))):
        if place.is_relative_to(root):
            return place.relative_to(root)
    return None


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
