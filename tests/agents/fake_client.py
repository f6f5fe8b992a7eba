"""What the scriptable fake agent asks of its client, and what came of it. Knows ACP v1's messages, nothing of Segue.

The directives are described in `fake_agent.py`; `fake_session.py` has the others.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

TITLED = [
    {"const": "py", "title": "Python", "description": "3.11 or newer"},
    {"const": "ts", "title": "TypeScript"},
]
FORM = {
    "language": {"type": "string", "title": "Which language?", "oneOf": TITLED},
    "extras": {"type": "array", "title": "Extras", "items": {"anyOf": TITLED}, "maxItems": 1},
    "name": {"type": "string", "description": "Of the package", "minLength": 2},
    "count": {"type": "integer", "minimum": 1, "maximum": 5, "default": 3},
    "dry": {"type": "boolean", "title": "Only try it", "default": True},
}
OPTIONS = [
    {"optionId": "allow", "name": "Allow", "kind": "allow_once"},
    {"optionId": "always", "name": "Always allow", "kind": "allow_always"},
    {"optionId": "reject", "name": "Reject", "kind": "reject_once"},
]
KINDS = {option["optionId"]: option["kind"] for option in OPTIONS}


class ClientRequests:
    """Directives that say what the client answered; needs the rest of `Session`."""

    capabilities: ClassVar[dict] = {}
    """What the client announced."""

    terminal = ""
    """The newest one's id."""

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

    def create(self, command: str, args: list[str], **more: object) -> str:
        """Open a terminal and show it in a tool call of its own; its id, or "" where that was refused."""
        answer = self.call("terminal/create", {"command": command, "args": args, **more})
        if "error" in answer:
            self.say(told(answer, ""))
            return ""
        self.terminal = answer["result"]["terminalId"]
        self.tools += 1
        call = {"toolCallId": f"tool-{self.tools}", "title": command, "kind": "execute", "status": "in_progress"}
        shown = [{"type": "terminal", "terminalId": self.terminal}]
        self.update({"sessionUpdate": "tool_call", **call, "content": shown})
        return self.terminal

    def do_terminal(self, script: str) -> None:
        self.create("/bin/sh", ["-c", script])

    def do_terminal_with(self, text: str) -> None:
        params = json.loads(text)
        self.create(params.pop("command"), params.pop("args", []), **params)

    def do_ask(self, message: str) -> None:
        schema = {"type": "object", "properties": FORM, "required": ["language", "name"]}
        self.elicit({"mode": "form", "message": message, "requestedSchema": schema})

    def do_ask_one(self, message: str) -> None:
        fields = {"question_0": FORM["language"], "question_0_custom": {"type": "string", "title": "Other"}}
        self.elicit({"mode": "form", "message": message, "requestedSchema": {"type": "object", "properties": fields}})

    def do_ask_with(self, text: str) -> None:
        self.elicit(json.loads(text))

    def do_visit(self, url: str) -> None:
        self.elicit({"mode": "url", "message": "Log in there", "elicitationId": "visit-1", "url": url})

    def do_die_asking(self, message: str) -> None:
        schema = {"type": "object", "properties": FORM}
        params = {"sessionId": self.id, "mode": "form", "message": message, "requestedSchema": schema}
        self.wire.request(self.wire.new_id(), "elicitation/create", params)
        os._exit(3)

    def elicit(self, params: dict) -> None:
        answer = self.call("elicitation/create", params)
        self.say(json.dumps(answer.get("result", answer.get("error")), sort_keys=True, ensure_ascii=False))
        self.check_cancelled()

    def do_output(self, terminal: str) -> None:
        self.report("output", terminal)

    def do_wait_exit(self, terminal: str) -> None:
        self.report("wait_for_exit", terminal)

    def do_kill(self, terminal: str) -> None:
        self.report("kill", terminal)

    def do_release(self, terminal: str) -> None:
        self.report("release", terminal)

    def report(self, verb: str, terminal: str) -> None:
        """Say the answer in a line of its own."""
        answer = self.call(f"terminal/{verb}", {"terminalId": terminal or self.terminal})
        said = told(answer, "") if "error" in answer else json.dumps(answer["result"], ensure_ascii=False)
        self.say(said + "\n")


def told(answer: dict, field: str) -> str:
    """A field of the result, `done`, or the error code and its message."""
    if "error" in answer:
        return f"{answer['error']['code']} {answer['error']['message']}"
    return str(answer["result"][field]) if field else "done"


def outcome(answer: dict) -> str:
    """The kind of the chosen option, `cancelled`, or the error code."""
    if "error" in answer:
        return str(answer["error"]["code"])
    result = answer["result"]["outcome"]
    return KINDS[result["optionId"]] if result["outcome"] == "selected" else str(result["outcome"])
