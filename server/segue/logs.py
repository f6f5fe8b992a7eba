"""The daemon's log: one line for each record, bounded, for the user alone. Knows files and lines; knows no content."""

from __future__ import annotations

import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_BYTES = 10 * 1024 * 1024
OLDER_FILES = 4
"""With the current one, 50 MiB."""
LINE_LIMIT = 32 * 1024
"""Characters of one record, its traceback included."""


class OneLine(logging.Formatter):
    """Line ends and other control characters become escapes: whatever is logged cannot pose as another record (D9)."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if len(text) > LINE_LIMIT:
            text = f"{text[:LINE_LIMIT]} … {len(text) - LINE_LIMIT} more"
        return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


class OwnFile(RotatingFileHandler):
    """For this user alone whatever the umask, which stays the user's own: agents and git write files too."""

    def _open(self) -> io.TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.fchmod(handle, 0o600)
        return os.fdopen(handle, "a", encoding=self.encoding, errors=self.errors)


def start(path: Path) -> None:
    """Send every record of this process, warnings and stray prints to `path`; a full disk loses lines, nothing else."""
    logging.raiseExceptions = False
    handler = OwnFile(
        path, maxBytes=FILE_BYTES, backupCount=OLDER_FILES, encoding="utf-8", errors="backslashreplace", delay=True
    )
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    # It would log whole messages, and with them environments and prompts (D48); what fails there is logged by us.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)


class Stray(io.TextIOBase):
    """Stands for stderr once the log runs, so that nothing grows without bounds."""

    def write(self, text: str) -> int:
        if text.strip():
            logging.getLogger("stderr").warning("%s", text.rstrip())
        return len(text)


def take_stderr() -> None:
    """Log what is printed; the interpreter's own last words still go to the start log."""
    sys.stdout = sys.stderr = Stray()
