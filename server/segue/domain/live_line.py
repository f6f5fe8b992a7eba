"""The one line that a session's row shows of what its agent does and says. Knows no other field of a session."""

from __future__ import annotations

import re
from typing import assert_never

from msgspec.structs import replace

from segue.domain import events
from segue.domain.ids import visible
from segue.domain.session import Session

ACTIVITY_LIMIT = 160
"""Characters of the one-line summary."""
_FENCE = re.compile(r"`{1,2}|~{1,2}|(?:`{3,}|~{3,})[^`]*")
"""A line of Markdown that begins or ends a block of code, and any beginning of one."""


def one_line(text: str) -> str:
    """Text as a row shows it: one line, inert, bounded."""
    line = " ".join(visible(" ".join(text[: ACTIVITY_LIMIT * 4].split())).split())
    return line if len(line) <= ACTIVITY_LIMIT else line[: ACTIVITY_LIMIT - 1] + "…"


def after(
    before: str, event: events.ToolCallReported | events.TerminalStarted | events.TerminalPrinted | events.TerminalEnded
) -> str:
    """The line once `event` has come."""
    match event:
        case events.ToolCallReported(_, title) if title:
            return one_line(title)
        case events.ToolCallReported(content=content):
            if not content or content[-1].type == "terminal":  # there it is an id
                return before
            return _last_line(before, content[-1].text)
        case events.TerminalStarted(_, command):
            return one_line(command)
        case events.TerminalPrinted(_, text):
            return _last_line(before, text)
        case events.TerminalEnded():
            return before
        case _:
            assert_never(event)


def spoken(session: Session, event: events.MessageReceived) -> Session:
    """The row shows the newest line of a message, however the message was cut into pieces."""
    begun = session.line if session.line_of == event.message_id else ""
    if len(begun) >= ACTIVITY_LIMIT * 4 and "\n" not in event.text:
        return session
    finished, _, rest = (begun + event.text).rpartition("\n")
    line = rest.lstrip()[: ACTIVITY_LIMIT * 4]
    activity = _said(line) or _newest_said(finished) or session.activity
    return replace(session, line=line, line_of=event.message_id, activity=activity)


def _newest_said(text: str) -> str:
    return next((said for line in reversed(text.split("\n")) if (said := _said(line))), "")


def _said(line: str) -> str:
    """A line as a row shows it; empty where it only begins or ends a block of code."""
    return "" if _FENCE.fullmatch(line.lstrip()[: ACTIVITY_LIMIT * 4].rstrip()) else one_line(line)


def _last_line(activity: str, text: str) -> str:
    tail = text[-ACTIVITY_LIMIT * 2 :].rstrip()
    head, found, last = tail.rpartition("\n")
    return (_said(last) or _newest_said(head) if found else _said(tail)) or activity
