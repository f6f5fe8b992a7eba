"""What the scriptable fake agent asks of its client: files. Knows ACP v1's messages; knows nothing of Segue.

The directives are described in `fake_agent.py`; `fake_session.py` has the others.
"""

from __future__ import annotations

import json
from typing import ClassVar


class ClientRequests:
    """Directives that say what the client answered; needs `wire`, `id`, `cwd`, `say` and `answers` of a session."""

    capabilities: ClassVar[dict] = {}
    """What the client announced."""

    def do_capabilities(self, _: str) -> None:
        self.say(json.dumps(self.capabilities))

    def call(self, method: str, params: dict) -> dict:
        """Ask the client and wait for its answer."""
        self.wire.request(self.wire.new_id(), method, {"sessionId": self.id, **params})
        return self.answers(1)[0]

    def do_read_file(self, text: str) -> None:
        path, *lines = text.split(" ")
        params = dict(zip(("line", "limit"), map(int, lines), strict=False))
        answer = self.call("fs/read_text_file", {"path": str(self.cwd / path), **params})
        self.say(told(answer, "content"))

    def do_write_file(self, text: str) -> None:
        path, _, content = text.partition(" ")
        answer = self.call("fs/write_text_file", {"path": str(self.cwd / path), "content": content})
        self.say(told(answer, ""))

    def do_write_files(self, text: str) -> None:
        path, count = text.split(" ")
        for number in range(int(count)):
            params = {"sessionId": self.id, "path": str(self.cwd / path), "content": f"{number}"}
            self.wire.request(self.wire.new_id(), "fs/write_text_file", params)
        errors = sum("error" in answer for answer in self.answers(int(count)))
        self.say(f"{count} answers, {errors} errors")


def told(answer: dict, field: str) -> str:
    """A field of the result, `done`, or the error code and its message."""
    if "error" in answer:
        return f"{answer['error']['code']} {answer['error']['message']}"
    return str(answer["result"][field]) if field else "done"
