"""A minimal ACP agent that says `rate` chunks a second for `seconds`, or with `--raw` just such lines."""

from __future__ import annotations

import json
import sys
import time

TEXT = "twelve words or so that an agent says in one go, one after another "


def chunk(session: str) -> str:
    update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": TEXT}}
    return json.dumps(
        {"jsonrpc": "2.0", "method": "session/update", "params": {"sessionId": session, "update": update}}
    )


def talk(session: str, rate: float, seconds: float) -> None:
    """Evenly spaced lines."""
    line, start = chunk(session) + "\n", time.monotonic()
    for number in range(1, int(rate * seconds) + 1):
        sys.stdout.write(line)
        sys.stdout.flush()
        time.sleep(max(0.0, start + number / rate - time.monotonic()))


def answer(number: int, result: object) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": number, "result": result}) + "\n")
    sys.stdout.flush()


def main() -> None:
    if sys.argv[1:2] == ["--raw"]:
        talk("s", float(sys.argv[2]), float(sys.argv[3]))
        return
    for line in sys.stdin:
        message = json.loads(line)
        match message.get("method"):
            case "initialize":
                answer(message["id"], {"protocolVersion": 1, "agentCapabilities": {}})
            case "session/new":
                answer(message["id"], {"sessionId": "s"})
            case "session/prompt":
                rate, seconds = message["params"]["prompt"][0]["text"].split()
                talk("s", float(rate), float(seconds))
                answer(message["id"], {"stopReason": "end_turn"})


if __name__ == "__main__":
    main()
