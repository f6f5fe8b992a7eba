"""What pairing was started on, in words that go in front of a prompt. Knows text; knows no editor."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from segue.protocol.linking import SelectionView

TEXT_LIMIT = 8_000
"""Characters of the selected text that go along; the agent can read the file."""


def with_selection(prompt: str, selection: SelectionView | None, root: Path) -> str:
    """The prompt with its context."""
    if selection is None:
        return prompt
    file = Path(unquote(urlsplit(selection.uri).path))
    name = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
    first, last = selection.start_line + 1, max(selection.start_line + 1, selection.end_line)
    lines = f"line {first}" if first == last else f"lines {first} to {last}"
    parts = [f"This is about {name}, {lines}."]
    if selection.text.strip():
        parts.append(f"```\n{selection.text[:TEXT_LIMIT].rstrip()}\n```")
    parts += [f"Problem there: {found}" for found in selection.diagnostics]
    return "\n\n".join([*parts, prompt])
