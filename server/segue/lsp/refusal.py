"""What clients hear while nothing can be served: the same clear error for every request. Knows the reason only."""

from __future__ import annotations

import json
from collections.abc import Callable

from segue.domain.errors import SegueError
from segue.lsp import answers
from segue.lsp.transport import Connection


class Refusal:
    """A receiver that refuses; each request may be the moment to try again."""

    def __init__(self, connection: Connection, failure: SegueError, on_request: Callable[[], object]) -> None:
        self._connection = connection
        self._failure = failure
        self._on_request = on_request

    def receive(self, body: bytes | None) -> None:
        """Refuse a request; let the rest pass."""
        try:
            message = json.loads(body or b"")
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict) or "method" not in message:
            return
        message_id = message.get("id")
        if message["method"] == "exit":
            self._connection.close()
        elif message["method"] == "shutdown":
            self._connection.send(answers.result_body(message_id, None))
        elif isinstance(message_id, int | str) and not isinstance(message_id, bool):
            self.refuse(message_id)
            self._on_request()

    def refuse(self, message_id: int | str) -> None:
        """What ran when nothing could be served any more ends with the same error."""
        self._connection.send(answers.failure_body(message_id, self._failure))

    def congested(self) -> None:
        """Nothing is sent unasked."""

    def drained(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing runs."""
