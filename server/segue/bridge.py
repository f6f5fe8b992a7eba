"""Moves bytes between an editor on stdin and stdout and the daemon. Knows no protocol and keeps nothing.

Standard library only. It ends when either side ends; the editor's client then starts another.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from threading import Event, Thread

from segue.connect import connect
from segue.domain.errors import DaemonUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

PIECE = 256 * 1024
"""Bytes moved at once."""
LAST_WORDS_S = 5.0
"""How long the daemon may take to hang up after the editor did."""


def main() -> int:
    """Run until the editor or the daemon hangs up; the exit status is 1 where no daemon could be reached."""
    try:
        daemon = connect()
    except DaemonUnavailable as failed:
        sys.stderr.write(f"segue: {failed}\n")
        return 1
    except OSError as failed:
        sys.stderr.write(f"segue: The daemon cannot be reached: {failed.strerror}. Try again.\n")
        return 1
    Thread(target=_carry_in, args=(daemon,), name="editor to daemon", daemon=True).start()
    with suppress(KeyboardInterrupt):
        _carry_out(daemon)
    # The other thread may be reading stdin still: an ordinary exit would wait for the stream's lock.
    os._exit(0)


def _carry_in(daemon: socket.socket) -> None:
    with suppress(OSError):
        while piece := os.read(0, PIECE):
            daemon.sendall(piece)
    with suppress(OSError):
        daemon.shutdown(1)  # SHUT_WR: it says what it still has to and hangs up, which ends the other direction
    Event().wait(LAST_WORDS_S)
    os._exit(0)


def _carry_out(daemon: socket.socket) -> None:
    try:
        while piece := daemon.recv(PIECE):
            left = memoryview(piece)
            while left:
                left = left[os.write(1, left) :]
    except OSError:  # the editor no longer reads, or the daemon was killed
        return


if __name__ == "__main__":
    sys.exit(main())
