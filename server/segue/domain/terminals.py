"""What is shown of an agent's terminal. Knows its command, the output that was told, and its end; knows no process."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from segue.domain.ids import visible

SHOWN_LIMIT = 50_000
"""Characters of output that are shown; of more, the last ones are."""
KEPT = 40_000
"""What stays when there is more, so that not every new line drops one."""


class TerminalLog(msgspec.Struct, frozen=True):
    """One terminal. Its text is what a terminal would print: control sequences stay, and are shown inert."""

    command: str
    text: str = ""
    missing: int = 0
    """Characters that came before `text`."""
    status: str = ""
    """How it ended, such as `exit 1`; empty while it runs."""
    is_cut: bool = False
    whole: str = ""
    """Path of a file with all of its output, or with what came after the first `dropped_commits` bytes."""
    dropped: int = 0

    def printed(self, text: str, skipped: int) -> TerminalLog:
        """With more output, before which `skipped` characters are left out."""
        if skipped:
            text = f"\n… ({skipped:,} characters left out)\n{text}"
        both = self.text + text
        if len(both) <= SHOWN_LIMIT:
            return replace(self, text=both, is_cut=self.is_cut or skipped > 0)
        return replace(self, text=both[-KEPT:], missing=self.missing + len(both) - KEPT, is_cut=True)

    def ended(self, status: str, whole: str, dropped: int) -> TerminalLog:
        """With its end, and the file that has its output."""
        return replace(self, status=status, whole=whole, dropped=dropped)

    def shown(self) -> str:
        """As people see it: the command, with nothing hidden in it, its output, its end."""
        head = "$ " + "\n".join(map(visible, self.command.split("\n"))) + "\n"
        if self.missing:
            head += f"… ({self.missing:,} characters before)\n"
        if not self.status:
            return head + self.text
        end = "" if not self.text or self.text.endswith("\n") else "\n"
        return f"{head}{self.text}{end}[{self.status}]{self._where()}"

    def _where(self) -> str:
        """Where the output is that is not shown."""
        if not self.is_cut:
            return ""
        if not self.whole:
            return "\n(The output that is left out was not kept.)"
        less = f" but its first {self.dropped:,} bytes" if self.dropped else ""
        return f"\n(All of its output{less}: {visible(self.whole)})"


def incomplete(data: bytes) -> int:
    """Bytes at the end of `data` that begin a UTF-8 character whose rest is not there."""
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if back < length else 0
        if byte < 0x80:
            return 0
    return 0


def last(data: bytes, limit: int) -> bytes:
    """The last `limit` bytes of `data` at most, beginning with a whole UTF-8 character."""
    start = max(len(data) - limit, 0)
    for _ in range(3):
        if 0 < start < len(data) and data[start] & 0xC0 == 0x80:
            start += 1
    return data[start:]
