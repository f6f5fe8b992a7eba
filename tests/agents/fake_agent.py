"""A scriptable ACP agent for tests. Knows ACP v1 and the standard library; knows nothing of Segue.

Run it as `python -I fake_agent.py [flags]`. Every prompt is a script of directives, done in order; text between them
is said as a message. A prompt without any directive is answered with "You said: …". Each `text` may use `\\n`, `\\t`.

Output      [[say text]] [[think text]] [[chunks n]] ("0 ", "1 ", … one chunk each) [[flood n]] (n chunks "x", fast)
            [[count n]] ("1 ", "2 ", … with 2 ms between)
            [[tool title]] (pending, in_progress, completed) [[open-tool title]] (never ends) [[plan a|b|c]]
            [[blocks]] (says what images the prompt had) [[image type base64]] [[tool-image type base64]] (shows one;
            `@path` in place of base64: what the file has)
            [[usage used size cost]] [[tokens in out cached thought written]] [[models a b]]
            [[unknown-update]] [[other-session]] (an update for a session nobody has)
            [[new-message]] (the next chunk carries a new messageId; without it chunks carry none)
Files       [[write path text]] (on disk, in the session's cwd) [[edit path text]] (the same, reported with a diff)
            [[append path text]] [[delete path]] [[run command]] (a shell's, in the cwd; says its output)
Questions   [[permission title]] waits and says `allow_once`, `reject_once` … or `cancelled`; [[may-run command]] and
            [[may-edit path]] ask for exactly that and say the same; [[permissions n]] asks n
            at once and says "a allowed, r rejected, c cancelled"; [[dup-id]] asks twice with one id and says both
            outcomes ("first=… second=…", an error is its code); [[unknown-request method]] says the error code it gets
            [[ask message]] (a form, see fake_client.py), [[ask-one message]] (one choice), [[ask-with json]] (its
            parameters), [[visit url]] (an address): say the answer as JSON; [[die-asking message]]
Client      [[read-file path line limit]] (says its text, or the error; line and limit may be left out)
            [[write-file path text]] (says done, or the error) [[write-files path n]] (n at once, says the errors)
            [[capabilities]] (says what the client announced)
            [[terminal script]] (runs it by /bin/sh, shown in a tool call) [[terminal-with json]] (the parameters)
            [[output id]] [[wait-exit id]] [[kill id]] [[release id]] (say the answer; without id the newest terminal)
Waiting     [[hang]] (until cancelled) [[ignore-cancel]] (until killed) [[ignore-term]] (SIGTERM has no effect from now)
            [[wait-file path]] (until it exists; [[touch path]] makes one)
Ends        [[stop reason]] [[fail message]] (error response) [[crash n]] (n > 128: by signal n-128) [[exit n]]
            [[close-stdout]] (and lives on) [[double-response]]
Bytes       [[torn]] (from now on in pieces of 1-7 bytes) [[line n]] (one update of n bytes) [[noise n]] (n lines that
            are no JSON, default 5 of the usual kinds) [[stderr n]] (n bytes) [[stderr-text text]] [[raw text]]
            [[raw-file path]] (its bytes) [[unknown-response]] (a response to an id nobody sent)
Choosing    [[options]] (says what stands) [[mode id]] (changes its own mode, and tells) [[commands a|b]] (has others)
Looking     [[earlier]] (says how many pieces of text stood before this one in its prompt, and what they are)
            [[cwd]] [[pid]] [[env NAME]] (say it) [[child path]] (starts `sleep 600`, pid into path)
            [[detached-child path]] (the same in a session of its own, double-forked)

Flags       --no-load  --bad-load (says it can, and fails)  --protocol-version N  --auth (session/new fails with -32000)
            --banner (noise before the first message)
            --offer config|legacy (commands, and options in newer or older words; `forbidden` is refused)
            --images (takes images in prompts)
            --hang-initialize  --exit-at-start N  --not-acp (rubbish for ever)  --name NAME
            --sign-in FILE (like --auth until FILE is there; `authenticate` makes it)
A prompt that is cancelled ends with `cancelled`, also while it waits for a permission.
`session/load` replays two history messages ("old question", "old answer") before its answer.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `python -I` leaves it out

from fake_options import COMMANDS, Offer
from fake_session import NOISE, Cancelled, Failed, Session


class Wire:
    """Lines out, lines in; cancellation and responses are taken out of the stream by the reading thread."""

    def __init__(self) -> None:
        self.requests: queue.Queue[dict | None] = queue.Queue()
        self.answers: queue.Queue[dict] = queue.Queue()
        self.cancelled = threading.Event()
        self.torn = False
        self.choose = lambda message: None
        self._lock = threading.Lock()
        self._next_id = 0

    def read(self) -> None:
        for line in sys.stdin.buffer:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if "method" not in message:
                self.answers.put(message)
            elif message["method"] == "session/cancel":
                self.cancelled.set()
            elif message["method"].startswith("session/set_"):
                self.choose(message)  # in mid-turn too
            else:
                if message["method"] == "session/prompt":
                    self.cancelled.clear()  # here and not where it starts: a cancel may follow at once
                self.requests.put(message)
        self.requests.put(None)

    def raw(self, data: bytes) -> None:
        with self._lock:
            if not self.torn:
                write_all(data)
                return
            position, size = 0, 1
            while position < len(data):
                write_all(data[position : position + size])
                position, size = position + size, size % 7 + 1

    def send(self, message: dict) -> None:
        self.raw(json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode() + b"\n")

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def request(self, request_id: int | str, method: str, params: dict) -> None:
        self.send({"id": request_id, "method": method, "params": params})


def write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


class Agent:
    """Answers the client's requests one after another."""

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.wire = Wire()
        self.sessions: dict[str, Session] = {}
        self.offer = Offer(self.flag("--offer", ""))
        self.wire.choose = self.choose

    def flag(self, name: str, default: str) -> str:
        return self.arguments[self.arguments.index(name) + 1] if name in self.arguments else default

    def serve(self) -> None:
        if "--exit-at-start" in self.arguments:
            os.write(2, b"fake: cannot start\n")
            os._exit(int(self.flag("--exit-at-start", "1")))
        while "--not-acp" in self.arguments:
            self.wire.raw(b"Welcome! What would you like to do?\n")
        if "--banner" in self.arguments:
            self.wire.raw(b"".join(NOISE))
        threading.Thread(target=self.wire.read, daemon=True).start()
        while (message := self.wire.requests.get()) is not None:
            self.handle(message)

    def handle(self, message: dict) -> None:
        method, params = message["method"], message.get("params") or {}
        if "id" not in message:
            return
        request_id = message["id"]
        if method == "initialize":
            Session.capabilities = params.get("clientCapabilities") or {}
            if "--hang-initialize" in self.arguments:
                time.sleep(600)
            self.wire.send({"id": request_id, "result": self.initialized()})
        elif method == "session/new":
            self.open(request_id, f"fake-{os.getpid()}-{len(self.sessions)}", params["cwd"])
        elif method == "authenticate":
            Path(self.flag("--sign-in", "")).touch()
            self.wire.send({"id": request_id, "result": {}})
        elif method == "session/load" and "--no-load" not in self.arguments:
            self.load(request_id, params)
        elif method == "session/prompt":
            self.prompt(request_id, params)
        else:
            self.error(request_id, -32601, f"Method not found: {method}")

    def initialized(self) -> dict:
        return {
            "protocolVersion": int(self.flag("--protocol-version", "1")),
            "agentCapabilities": {
                "loadSession": "--no-load" not in self.arguments,
                "promptCapabilities": {"image": "--images" in self.arguments},
            },
            "agentInfo": {"name": self.flag("--name", "fake"), "version": "1.0.0"},
            "authMethods": [
                {"id": "own", "name": "Sign in with Fake"},
                {"id": "shell", "name": "In a terminal", "type": "terminal", "args": ["login"], "env": {"A": "b"}},
            ]
            if "--sign-in" in self.arguments
            else [],
        }

    def error(self, request_id: int, code: int, message: str) -> None:
        self.wire.send({"id": request_id, "error": {"code": code, "message": message}})

    def choose(self, message: dict) -> None:
        result = self.offer.set(message["method"], message["params"])
        if result is None:
            self.error(message["id"], -32602, "That cannot be chosen")
        else:
            self.wire.send({"id": message["id"], "result": result})

    def open(self, request_id: int, session_id: str, cwd: str) -> None:
        signed_in = self.flag("--sign-in", "")
        if "--auth" in self.arguments or (signed_in and not Path(signed_in).exists()):
            self.error(request_id, -32000, "Authentication required")
            return
        session = self.sessions[session_id] = Session(self.wire, session_id, cwd, self.offer)
        self.wire.send({"id": request_id, "result": {"sessionId": session_id, **self.offer.opened()}})
        if self.offer.style:
            session.update({"sessionUpdate": "available_commands_update", "availableCommands": COMMANDS})

    def load(self, request_id: int, params: dict) -> None:
        if "--bad-load" in self.arguments:
            self.error(request_id, -32603, "Its file is gone")
            return
        session = self.sessions[params["sessionId"]] = Session(
            self.wire, params["sessionId"], params["cwd"], self.offer
        )
        session.say("old question", "user_message_chunk")
        session.say("old answer")
        self.wire.send({"id": request_id, "result": self.offer.opened()})

    def prompt(self, request_id: int, params: dict) -> None:
        session = self.sessions.get(params["sessionId"])
        if session is None:
            self.error(request_id, -32002, "Unknown session")
            return
        session.blocks = params["prompt"]
        *session.earlier, text = [block["text"] for block in params["prompt"] if block["type"] == "text"]
        try:
            reason = session.run(text)
        except Cancelled:
            reason = "cancelled"
        except Failed as failed:
            self.error(request_id, -32603, str(failed))
            return
        times = 2 if reason == "double" else 1
        for _ in range(times):
            result = {"stopReason": "end_turn" if times == 2 else reason}
            usage = {"usage": session.usage} if session.usage else {}
            if session.models:
                usage["_meta"] = {"quota": {"model_usage": [{"model": model} for model in session.models]}}
            self.wire.send({"id": request_id, "result": {**result, **usage}})


if __name__ == "__main__":
    Agent(sys.argv[1:]).serve()
