"""What the scriptable fake agent does in a session. Knows ACP v1's messages; knows nothing of Segue or of the wire.

The directives are described in `fake_agent.py`: `[[some-name text]]` calls `do_some_name(text)`. Hundreds of
these agents start in one run of the tests, so modules that take long to load are imported where they are used.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

from fake_client import OPTIONS, ClientRequests, outcome

DIRECTIVE = re.compile(r"\[\[([a-z-]+)(?: (.*?))?\]\]", re.DOTALL)
NOISE = (b"> fake@1.0.0 start\n", b"\n", b"\xef\xbb\xbf\n", b"\r\n", b"[info] ready {not json\r\n")


class Cancelled(Exception):
    """The client cancelled the turn."""


class Failed(Exception):
    """The turn ends with an error response."""


class Session(ClientRequests):
    """One session and the prompt that runs in it."""

    def __init__(self, wire, session_id: str, cwd: str, offer) -> None:
        self.offer = offer
        self.wire = wire
        self.id = session_id
        self.cwd = Path(cwd)
        self.stop_reason = "end_turn"
        self.tools = 0
        self.messages = 0
        self.earlier: list[str] = []
        self.blocks: list[dict] = []
        self.message_id: str | None = None

    def run(self, text: str) -> str:
        """Play the prompt; returns the stop reason."""
        self.stop_reason = "end_turn"
        self.usage, self.models = {}, []
        position = 0
        if not DIRECTIVE.search(text):
            self.say(f"You said: {text}")
            return self.stop_reason
        for match in DIRECTIVE.finditer(text):
            between = text[position : match.start()].strip()
            position = match.end()
            if between:
                self.say(between)
            name = match[1].replace("-", "_")
            act = getattr(self, f"do_{name}", None)
            if act is None:
                self.say(f"unknown directive {match[1]}")
                continue
            act((match[2] or "").replace("\\n", "\n").replace("\\t", "\t"))
        if rest := text[position:].strip():
            self.say(rest)
        return self.stop_reason

    def update(self, update: dict) -> None:
        self.wire.send({"method": "session/update", "params": {"sessionId": self.id, "update": update}})

    def say(self, text: str, kind: str = "agent_message_chunk") -> None:
        update = {"sessionUpdate": kind, "content": {"type": "text", "text": text}}
        if self.message_id is not None:
            update["messageId"] = self.message_id
        self.update(update)

    def wait(self, is_done) -> None:
        while not is_done():
            if self.wire.cancelled.wait(0.003):
                raise Cancelled

    def ask(self, request_id: int | str, title: str, tool: dict | None = None) -> None:
        self.tools += 1
        tool_call = {"toolCallId": f"ask-{self.tools}", "title": title, "kind": "execute", **(tool or {})}
        params = {"sessionId": self.id, "toolCall": tool_call, "options": OPTIONS}
        self.wire.request(request_id, "session/request_permission", params)

    def answers(self, count: int) -> list[dict]:
        """The next `count` responses; a cancelled turn still takes them, so that the outcome can be seen."""
        return [self.wire.answers.get() for _ in range(count)]

    do_say = say

    def do_think(self, text: str) -> None:
        self.say(text, "agent_thought_chunk")

    def do_blocks(self, _: str) -> None:
        import base64

        sizes = [f"{b['mimeType']} {len(base64.b64decode(b['data']))}" for b in self.blocks if b["type"] == "image"]
        self.say(f"{len(sizes)} images: {', '.join(sizes)}")

    def do_image(self, words: str) -> None:
        self.update({"sessionUpdate": "agent_message_chunk", "content": self.picture(words)})

    def picture(self, words: str) -> dict:
        mime_type, data = words.split(" ", 1)
        if data.startswith("@"):
            data = (self.cwd / data[1:]).read_text()
        return {"type": "image", "mimeType": mime_type, "data": data}

    def do_tool_image(self, words: str) -> None:
        tool_id = self.do_open_tool("Screenshot")
        content = [{"type": "content", "content": self.picture(words)}]
        update = {"sessionUpdate": "tool_call_update", "toolCallId": tool_id}
        self.update({**update, "status": "completed", "content": content})

    def do_new_message(self, _: str) -> None:
        self.messages += 1
        self.message_id = f"message-{self.messages}"

    def do_chunks(self, count: str) -> None:
        for number in range(int(count)):
            self.say(f"{number} ")

    def do_count(self, count: str) -> None:
        for number in range(1, int(count) + 1):
            self.say(f"{number} ")
            if self.wire.cancelled.wait(0.002):
                raise Cancelled

    def do_flood(self, count: str) -> None:
        params = {
            "sessionId": self.id,
            "update": {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "x"}},
        }
        line = json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": params}).encode() + b"\n"
        left = int(count)
        while left > 0:
            self.wire.raw(line * min(left, 500))
            left -= 500

    def do_tool(self, title: str) -> None:
        tool_id = self.do_open_tool(title)
        content = [{"type": "content", "content": {"type": "text", "text": f"output of {title or 'a tool'}"}}]
        update = {"sessionUpdate": "tool_call_update", "toolCallId": tool_id}
        self.update({**update, "status": "in_progress", "content": content})
        self.update({**update, "status": "completed"})

    def do_open_tool(self, title: str) -> str:
        self.tools += 1
        tool_id = f"tool-{self.tools}"
        call = {"toolCallId": tool_id, "title": title or "A tool", "kind": "execute", "status": "pending"}
        self.update({"sessionUpdate": "tool_call", **call, "rawInput": {"command": "true"}})
        return tool_id

    def do_plan(self, text: str) -> None:
        entries = [{"content": entry, "status": "pending", "priority": "medium"} for entry in text.split("|")]
        self.update({"sessionUpdate": "plan", "entries": entries})

    def do_usage(self, text: str) -> None:
        used, size, cost = text.split()
        update = {"used": int(used), "size": int(size), "cost": {"amount": float(cost), "currency": "USD"}}
        self.update({"sessionUpdate": "usage_update", **update})

    def do_tokens(self, text: str) -> None:
        names = ("inputTokens", "outputTokens", "cachedReadTokens", "thoughtTokens", "cachedWriteTokens")
        counts = [int(word) for word in text.split()]
        self.usage = {"totalTokens": sum(counts), **dict(zip(names, counts, strict=False))}

    def do_models(self, text: str) -> None:
        self.models = text.split()

    def do_unknown_update(self, _: str) -> None:
        self.update({"sessionUpdate": "telepathy", "thought": {"depth": 3}})

    def do_other_session(self, _: str) -> None:
        update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "not yours"}}
        self.wire.send({"method": "session/update", "params": {"sessionId": "nobody", "update": update}})

    def do_write(self, text: str) -> None:
        path, _, content = text.partition(" ")
        target = self.cwd / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8", newline="")

    def do_append(self, text: str) -> None:
        path, _, content = text.partition(" ")
        with (self.cwd / path).open("a", encoding="utf-8", newline="") as file:
            file.write(content)

    def do_delete(self, path: str) -> None:
        (self.cwd / path).unlink()

    def do_edit(self, text: str) -> None:
        path, _, content = text.partition(" ")
        target = self.cwd / path
        old = target.read_text(encoding="utf-8") if target.exists() else None
        self.do_write(text)
        self.tools += 1
        diff = {"type": "diff", "path": str(target), "oldText": old, "newText": content}
        self.update(
            {
                "sessionUpdate": "tool_call",
                "toolCallId": f"tool-{self.tools}",
                "title": f"Edit {path}",
                "kind": "edit",
                "status": "completed",
                "content": [diff],
                "locations": [{"path": str(target), "line": 1}],
            }
        )

    def do_run(self, command: str) -> None:
        import subprocess

        done = subprocess.run(command, shell=True, cwd=self.cwd, capture_output=True, text=True, check=False)
        self.do_tool(command)
        self.say(done.stdout + done.stderr)

    def do_permission(self, title: str) -> None:
        self.ask(self.wire.new_id(), title or "May I?", {"rawInput": {"command": f"echo {title}"}})
        self.say(outcome(self.answers(1)[0]))
        self.check_cancelled()

    def do_may_run(self, command: str) -> None:
        self.ask(self.wire.new_id(), command, {"rawInput": {"command": command}})
        self.say(outcome(self.answers(1)[0]))
        self.check_cancelled()

    def do_may_edit(self, path: str) -> None:
        self.ask(self.wire.new_id(), f"Edit {path}", {"kind": "edit", "locations": [{"path": path}]})
        self.say(outcome(self.answers(1)[0]))
        self.check_cancelled()

    def do_ready(self, plan: str) -> None:
        """A plan, as Claude asks for leaving its mode for planning with it."""
        call = {"toolCallId": f"ask-{self.tools + 1}", "title": "Approve Plan", "kind": "switch_mode"}
        self.update({"sessionUpdate": "tool_call", **call, "status": "pending", "rawInput": {}})
        self.update({"sessionUpdate": "tool_call_update", **call, "rawInput": {"plan": plan}})
        self.ask(self.wire.new_id(), "Approve Plan", {"kind": "switch_mode"})
        decided = outcome(self.answers(1)[0])
        self.check_cancelled()
        if decided.startswith("allow"):
            self.do_mode("ask")
        self.say(decided)

    def do_ready_late(self, plan: str) -> None:
        """The same with the request before its plan."""
        call = {"toolCallId": f"ask-{self.tools + 1}", "title": "Approve Plan", "kind": "switch_mode"}
        self.ask(self.wire.new_id(), "Approve Plan", {"kind": "switch_mode"})
        self.update({"sessionUpdate": "tool_call_update", **call, "rawInput": {"plan": plan}})
        self.say(outcome(self.answers(1)[0]))
        self.check_cancelled()

    def do_permissions(self, count: str) -> None:
        for number in range(int(count)):
            self.ask(self.wire.new_id(), f"Question {number}")
        kinds = [outcome(answer) for answer in self.answers(int(count))]
        allowed = sum(kind.startswith("allow") for kind in kinds)
        rejected = sum(kind.startswith("reject") for kind in kinds)
        self.say(f"{allowed} allowed, {rejected} rejected, {len(kinds) - allowed - rejected} cancelled")
        self.check_cancelled()

    def do_dup_id(self, _: str) -> None:
        request_id = self.wire.new_id()
        self.ask(request_id, "First")
        self.ask(request_id, "Second")
        answers = self.answers(2)
        errors = [answer for answer in answers if "error" in answer]
        others = [answer for answer in answers if "error" not in answer]
        self.say(f"first={outcome((others or errors)[0])} second={outcome((errors or others)[-1])}")
        self.check_cancelled()

    def do_unknown_request(self, method: str) -> None:
        self.wire.request(self.wire.new_id(), method or "_fake/unknown", {"sessionId": self.id})
        self.say(outcome(self.answers(1)[0]))

    def check_cancelled(self) -> None:
        if self.wire.cancelled.is_set():
            raise Cancelled

    def do_hang(self, _: str) -> None:
        self.wait(lambda: False)

    def do_ignore_cancel(self, _: str) -> None:
        while True:
            time.sleep(60)

    def do_ignore_term(self, _: str) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def do_wait_file(self, path: str) -> None:
        self.wait((self.cwd / path).exists)

    def do_touch(self, path: str) -> None:
        (self.cwd / path).touch()

    def do_stop(self, reason: str) -> None:
        self.stop_reason = reason

    def do_fail(self, message: str) -> None:
        raise Failed(message)

    def do_crash(self, status: str) -> None:
        number = int(status or 137)
        if number > 128:
            os.kill(os.getpid(), number - 128)
            time.sleep(60)
        os._exit(number)

    def do_exit(self, status: str) -> None:
        os._exit(int(status or 0))

    def do_close_stdout(self, _: str) -> None:
        os.close(1)
        time.sleep(600)

    def do_double_response(self, _: str) -> None:
        self.stop_reason = "double"

    def do_torn(self, _: str) -> None:
        self.wire.torn = True

    def do_line(self, size: str) -> None:
        empty = {
            "jsonrpc": "2.0",
            "method": "session/update",
            "params": {
                "sessionId": self.id,
                "update": {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": ""}},
            },
        }
        head, tail = json.dumps(empty).encode().rsplit(b'""', 1)
        self.wire.raw(head + b'"' + b"y" * (int(size) - len(head) - len(tail) - 2) + b'"' + tail + b"\n")

    def do_noise(self, count: str) -> None:
        if not count:
            self.wire.raw(b"".join(NOISE))
            return
        self.wire.raw(b"".join(NOISE[number % len(NOISE)] for number in range(int(count))))

    def do_stderr(self, size: str) -> None:
        left = int(size)
        while left > 0:
            left -= os.write(2, b"e" * min(left, 65536))

    def do_stderr_text(self, text: str) -> None:
        os.write(2, text.encode() + b"\n")

    def do_raw(self, text: str) -> None:
        self.wire.raw(text.encode() + b"\n")

    def do_raw_file(self, path: str) -> None:
        self.wire.raw((self.cwd / path).read_bytes())

    def do_unknown_response(self, _: str) -> None:
        self.wire.send({"id": 987654321, "result": {"stopReason": "end_turn"}})

    def do_options(self, _: str) -> None:
        self.say(str(self.offer))

    def do_mode(self, mode: str) -> None:
        self.offer.current["mode"] = mode
        if self.offer.style == "config":
            self.update({"sessionUpdate": "config_option_update", "configOptions": self.offer.options()})
        else:
            self.update({"sessionUpdate": "current_mode_update", "currentModeId": mode})

    def do_commands(self, names: str) -> None:
        commands = [{"name": name, "description": f"Does {name}"} for name in names.split("|")]
        self.update({"sessionUpdate": "available_commands_update", "availableCommands": commands})

    def do_earlier(self, _: str) -> None:
        self.say(f"{len(self.earlier)} earlier: {' '.join(self.earlier)}")

    def do_cwd(self, _: str) -> None:
        self.say(str(self.cwd))

    def do_pid(self, _: str) -> None:
        self.say(str(os.getpid()))

    def do_env(self, name: str) -> None:
        self.say(os.environ.get(name, f"{name} is not set"))

    def do_child(self, path: str) -> None:
        import subprocess

        child = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
        (self.cwd / path).write_text(str(child.pid))

    def do_detached_child(self, path: str) -> None:
        script = f"(setsid sleep 600 </dev/null >/dev/null 2>&1 & echo $! > {path}.new; mv {path}.new {path})"
        import subprocess

        subprocess.run(["/bin/sh", "-c", script], cwd=self.cwd, check=True)
