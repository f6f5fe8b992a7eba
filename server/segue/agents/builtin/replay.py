"""The replay agent: plays a recorded agent's output back. Knows ACP v1 and recordings; runs nothing.

    python -I -m segue.agents.builtin.replay [--pace-ms N] [recording]

A recording is the raw spool of an agent's stdout. It is named as argument or by `[[replay=/path]]` in a prompt. Every
prompt plays one recorded turn, each line as it was, with this session's id; at a recorded request the agent waits for
the answer. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import select
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from segue.agents.builtin.stdio import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Message,
    Refused,
    Stdio,
    initialized,
    prompt_text,
    working_directory,
)

NAMED = re.compile(r"\[\[replay=(.+?)\]\]")
SIZE_LIMIT = 256 * 1024 * 1024


def recorded_turns(lines: Iterable[bytes]) -> list[list[Message]]:
    """The turns of a recording, each ending with its answer; what set the recorded session up is left out."""
    turns: list[list[Message]] = []
    turn: list[Message] = []
    for line in lines:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(message, dict):
            continue
        result = message.get("result")
        if isinstance(message.get("method"), str):
            turn.append(message)
        elif "error" in message or (isinstance(result, dict) and "stopReason" in result):
            turns.append([*turn, message])
            turn = []
        else:
            turn = []
    return [*turns, turn] if turn else turns


class ReplayAgent:
    def __init__(self, path: str, pace_ms: int) -> None:
        self.stdio = Stdio()
        self.path = path
        self.pace_s = pace_ms / 1000
        self.turns: dict[str, deque[list[Message]]] = {}
        """What is still to be played, by recording."""
        self.playing: deque[Message] = deque()
        self.prompt: tuple[str, object] | None = None
        """The session and the request id of the prompt that plays."""
        self.is_waiting = False
        self._sessions = 0

    def serve(self) -> None:
        """Serve until stdin ends."""
        while True:
            if self.prompt is not None and not self.is_waiting:
                self._play()
                if not select.select([0], [], [], self.pace_s)[0]:
                    continue
            messages = self.stdio.receive()
            if messages is None:
                return
            for message in messages:
                self._take(message)

    def _take(self, message: Message) -> None:
        method = message.get("method")
        if method is None:
            self.stdio.take_response(message)
        elif method == "session/cancel" and self.prompt is not None:
            self._end({"result": {"stopReason": "cancelled"}})
        elif "id" in message:
            try:
                result = self._answer(message)
            except Refused as refused:
                self.stdio.refuse(message["id"], refused)
            else:
                if result is not None:
                    self.stdio.respond(message["id"], result)

    def _answer(self, message: Message) -> Message | None:
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        match message["method"]:
            case "initialize":
                return initialized("segue-replay", "1")
            case "session/new":
                working_directory(params)
                self._sessions += 1
                return {"sessionId": f"replay-{os.getpid()}-{self._sessions}"}
            case "session/load":
                working_directory(params)
                return {}
            case "session/prompt":
                self._start(str(params.get("sessionId")), message["id"], prompt_text(params))
                return None
            case method:
                raise Refused(METHOD_NOT_FOUND, f"Method not found: {str(method)[:100]}")

    def _start(self, session_id: str, request_id: object, text: str) -> None:
        if self.prompt is not None:
            raise Refused(INVALID_PARAMS, "A recording still plays.")
        named = NAMED.search(text)
        path = named[1] if named else self.path
        if not path:
            raise Refused(INVALID_PARAMS, "Name a recording: [[replay=/path/to/a/recording]].")
        if path not in self.turns:
            self.turns[path] = deque(_read(path))
        self.path = path
        self.prompt = session_id, request_id
        if self.turns[path]:
            self.playing = deque(self.turns[path].popleft())
        else:
            self.stdio.say(session_id, "The recording has ended.")

    def _play(self) -> None:
        """Play one message of the turn, or end it."""
        assert self.prompt is not None
        if not self.playing:
            self._end({"result": {"stopReason": "end_turn"}})
            return
        message = self.playing.popleft()
        if "method" not in message:
            self._end(message)
            return
        params = message.get("params")
        if isinstance(params, dict) and "sessionId" in params:
            params = {**params, "sessionId": self.prompt[0]}
        if "id" in message:
            self.is_waiting = True
            self.stdio.request(message["method"], params or {}, self._go_on)
        else:
            self.stdio.write({"method": message["method"], "params": params})

    def _go_on(self, _: Message) -> None:
        self.is_waiting = False

    def _end(self, answer: Message) -> None:
        assert self.prompt is not None
        kept: Message = {name: answer[name] for name in ("result", "error") if name in answer}
        self.stdio.write({"id": self.prompt[1], **kept})
        self.prompt, self.playing, self.is_waiting = None, deque(), False


def _read(path: str) -> list[list[Message]]:
    try:
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_size > SIZE_LIMIT:
                raise Refused(INTERNAL_ERROR, f"The recording {path} is too large.")
            turns = recorded_turns(file)
    except OSError as failed:
        raise Refused(INTERNAL_ERROR, f"The recording {path} cannot be read: {failed.strerror}.") from failed
    if not turns:
        raise Refused(INTERNAL_ERROR, f"{path} is no recording of an agent: it holds no ACP message.")
    return turns


def main() -> None:
    arguments = sys.argv[1:]
    pace_ms = 0
    if arguments[:1] == ["--pace-ms"]:
        pace_ms, arguments = int(arguments[1]), arguments[2:]
    ReplayAgent(arguments[0] if arguments else "", pace_ms).serve()


if __name__ == "__main__":
    main()
