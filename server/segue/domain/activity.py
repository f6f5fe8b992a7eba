"""What the row of a session says: one line, inert, bounded. Knows texts and what agents report; knows no session."""

from __future__ import annotations

import re
from typing import assert_never

from segue.domain import events as e
from segue.domain.ids import visible

ACTIVITY_LIMIT = 160
"""Characters of the one-line summary."""
_FENCE = re.compile(r"`{1,2}|~{1,2}|(?:`{3,}|~{3,})[^`]*")
"""A line of Markdown that begins or ends a block of code, and any beginning of one."""


def activity_of(
    before: str, event: e.ToolCallReported | e.TerminalStarted | e.TerminalPrinted | e.TerminalEnded
) -> str:
    """The line behind a report, where it says something; else as it was."""
    match event:
        case e.ToolCallReported(_, title) if title:
            return one_line(title)
        case e.ToolCallReported(content=content):
            if not content or content[-1].type == "terminal":  # there it is an id
                return before
            return _last_line(before, content[-1].text)
        case e.TerminalStarted(_, command):
            return one_line(command)
        case e.TerminalPrinted(_, text):
            return _last_line(before, text)
        case e.TerminalEnded():
            return before
        case _:
            assert_never(event)


def one_line(text: str) -> str:
    """Text as a row shows it: one line, inert, bounded."""
    line = " ".join(visible(" ".join(text[: ACTIVITY_LIMIT * 4].split())).split())
    return line if len(line) <= ACTIVITY_LIMIT else line[: ACTIVITY_LIMIT - 1] + "…"


def _last_line(activity: str, text: str) -> str:
    tail = text[-ACTIVITY_LIMIT * 2 :].rstrip()
    head, found, last = tail.rpartition("\n")
    return (line_said(last) or newest_said(head) if found else line_said(tail)) or activity


def line_said(line: str) -> str:
    """A line as a row shows it; empty where it only begins or ends a block of code."""
    return "" if _FENCE.fullmatch(line.lstrip()[: ACTIVITY_LIMIT * 4].rstrip()) else one_line(line)


def newest_said(text: str) -> str:
    return next((said for line in reversed(text.split("\n")) if (said := line_said(line))), "")
