"""A small ACP agent that asks a model by OpenAI's chat API, like a real one. Knows the standard library only.

Run it as `python -I model_agent.py [fault …]`; it writes and runs only what it was allowed to, keeps conversations in
its home and loads them again. Faults: `eager` (acts before the answer), `wilful` (acts whatever the answer), `deaf`
(goes on when it is cancelled), `leaving` (leaves its command running then), `forgetful` (loads an empty conversation),
`mute` (never asks its model), `signed-out` (wants its user to sign in), `crashing` (dies of its first command),
`no-load` (says that it cannot load).
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

FAULTS = set(sys.argv[1:])
OPTIONS = [
    {"optionId": "yes", "name": "Yes", "kind": "allow_once"},
    {"optionId": "no", "name": "No", "kind": "reject_once"},
]


def tool(name: str, *arguments: str) -> dict:
    properties = {argument: {"type": "string"} for argument in arguments}
    return {"type": "function", "function": {"name": name, "parameters": {"properties": properties}}}


TOOLS = [tool("write", "path", "content"), tool("bash", "command")]


class Agent:
    def __init__(self) -> None:
        self.lines: queue.Queue[dict] = queue.Queue()
        self.numbers = itertools.count(1000)
        self.cancelled = threading.Event()
        self.messages: list[dict] = []
        self.session = "s1"

    def read(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if message.get("method") == "session/cancel":
                self.cancelled.set()
            self.lines.put(message)
        os._exit(0)

    def send(self, **message: object) -> None:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()

    def run(self) -> None:
        threading.Thread(target=self.read, daemon=True).start()
        while True:
            message = self.lines.get()
            method = getattr(self, "on_" + message.get("method", "").replace("/", "_"), None)
            if method is not None and "id" in message:
                self.send(id=message["id"], **method(message["params"]))

    def on_initialize(self, _: dict) -> dict:
        can_load = "no-load" not in FAULTS
        about = {"agentInfo": {"name": "model-agent", "version": "1"}, "agentCapabilities": {"loadSession": can_load}}
        return {"result": {"protocolVersion": 1, **about}}

    def on_session_new(self, _: dict) -> dict:
        if "signed-out" in FAULTS:
            return {"error": {"code": -32000, "message": "Authentication required"}}
        return {"result": {"sessionId": self.session}}

    def on_session_load(self, _: dict) -> dict:
        kept = Path.home() / self.session
        self.messages = json.loads(kept.read_text()) if "forgetful" not in FAULTS else []
        return {"result": {}}

    def on_session_prompt(self, params: dict) -> dict:
        self.cancelled.clear()
        self.keep(role="user", content=params["prompt"][0]["text"])
        while True:
            answer = self.ask_model()
            self.keep(**answer)
            if not answer.get("tool_calls"):
                chunk = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": answer["content"]}}
                self.send(method="session/update", params={"sessionId": self.session, "update": chunk})
                return {"result": {"stopReason": "end_turn", "usage": {"inputTokens": 5, "outputTokens": 6}}}
            (call,) = answer["tool_calls"]
            function = call["function"]
            self.keep(role="tool", tool_call_id=call["id"], content="")
            self.use(call["id"], function["name"], json.loads(function["arguments"]))
            if self.cancelled.is_set() and "deaf" not in FAULTS:
                return {"result": {"stopReason": "cancelled"}}

    def keep(self, **message: object) -> None:
        self.messages.append(message)
        (Path.home() / self.session).write_text(json.dumps(self.messages))

    def ask_model(self) -> dict:
        if "mute" in FAULTS:
            return {"role": "assistant", "content": "I am a model of my own."}
        body = json.dumps({"model": "m", "messages": self.messages, "tools": TOOLS}).encode()
        address = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
        request = urllib.request.Request(address, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)["choices"][0]["message"]

    def use(self, call: str, name: str, arguments: dict) -> None:
        if "eager" in FAULTS:
            self.perform(name, arguments)
        number = next(self.numbers)
        asked = {"toolCallId": call, "title": name, "kind": "execute", "rawInput": arguments}
        params = {"sessionId": self.session, "toolCall": asked, "options": OPTIONS}
        self.send(id=number, method="session/request_permission", params=params)
        while (answer := self.lines.get()).get("id") != number:
            pass
        is_allowed = answer["result"]["outcome"].get("optionId") == "yes"
        if "eager" not in FAULTS and (is_allowed or "wilful" in FAULTS):
            self.perform(name, arguments)

    def perform(self, name: str, arguments: dict) -> None:
        if name == "write":
            Path(arguments["path"]).write_text(arguments["content"])
            return
        if "crashing" in FAULTS:
            os._exit(3)
        command = subprocess.Popen(["/bin/sh", "-c", arguments["command"]], stdin=subprocess.DEVNULL)
        ended = threading.Thread(target=command.wait)
        ended.start()
        while ended.is_alive() and not (self.cancelled.is_set() and "deaf" not in FAULTS):
            ended.join(0.02)
        if "leaving" not in FAULTS and ended.is_alive():
            command.kill()


Agent().run()
