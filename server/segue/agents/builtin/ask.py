"""What `segue-ask` runs: puts a question to the person behind a command. Knows one socket; standard library only.

Exit status 0: allowed. 1: rejected or cancelled. 2: it could not be asked.
"""

from __future__ import annotations

import os
import socket
import sys


def main() -> int:
    question = " ".join(sys.argv[1:]).strip()
    address = os.environ.get("SEGUE_ASK")
    if not question or not address:
        sys.stderr.write('usage: segue-ask "Question?" (only within a command that Segue runs)\n')
        return 2
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(address)
            connection.sendall(question.encode(errors="replace"))
            connection.shutdown(socket.SHUT_WR)
            return 0 if connection.recv(16) == b"allow" else 1
    except OSError as failed:
        sys.stderr.write(f"segue-ask: {failed}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
