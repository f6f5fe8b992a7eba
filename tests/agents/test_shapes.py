"""What goes over the wire is ACP as its SDK's models define it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import acp
from acp import schema

from agents.acp import agent, builtin
from segue.agents.initialize import PROTOCOL_VERSION
from segue.domain.events import ConfigOption, SetBy

REQUESTS = {
    "initialize": schema.InitializeRequest,
    "session/new": schema.NewSessionRequest,
    "session/load": schema.LoadSessionRequest,
    "session/prompt": schema.PromptRequest,
    "session/set_mode": schema.SetSessionModeRequest,
}
ANSWERS = {
    "initialize": schema.InitializeResponse,
    "session/new": schema.NewSessionResponse,
    "session/prompt": schema.PromptResponse,
}
MODE = ConfigOption("mode", "Mode", category="mode", set_by=SetBy.MODE)
CHOICE, SWITCH = ConfigOption("effort", "Effort"), ConfigOption("dry", "Dry run", type="boolean")
ECHO = """
import json, sys
answers = {"initialize": {"protocolVersion": 1, "agentCapabilities": {"loadSession": True}},
           "session/new": {"sessionId": "s"}, "session/load": {}, "session/set_mode": {},
           "session/set_config_option": {"configOptions": []}, "session/prompt": {"stopReason": "end_turn"}}
with open("log", "a") as log:
    for line in sys.stdin:
        log.write(line)
        log.flush()
        message = json.loads(line)
        if "id" in message:
            print(json.dumps({"id": message["id"], "result": answers[message["method"]]}), flush=True)
"""


def test_the_protocol_version_is_the_sdks() -> None:
    assert PROTOCOL_VERSION == acp.PROTOCOL_VERSION


async def test_our_requests_are_acp(tmp_path: Path) -> None:
    async with agent(tmp_path, (sys.executable, "-I", "-c", ECHO)) as echo:
        await echo.turn("hello")
        for option in (MODE, CHOICE, SWITCH):
            assert await echo.connection.configure(option, "true") == "true"
        await echo.connection.load_session("earlier", tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    opened, chosen = lines[:3], lines[4:6]
    assert [line["method"] for line in (*opened, lines[3], lines[6])] == [
        "initialize",
        "session/new",
        "session/prompt",
        "session/set_mode",
        "session/load",
    ]
    for line in (*opened, lines[3], lines[6]):
        assert line["jsonrpc"] == "2.0"
        REQUESTS[line["method"]].model_validate(line["params"], extra="forbid")
    kinds = (schema.SetSessionConfigOptionSelectRequest, schema.SetSessionConfigOptionBooleanRequest)
    for line, kind in zip(chosen, kinds, strict=True):
        assert line["method"] == "session/set_config_option"
        kind.model_validate(line["params"], extra="forbid")


async def test_the_command_agents_messages_are_acp(tmp_path: Path) -> None:
    async with agent(tmp_path, builtin("command")) as command:
        await command.prompt("segue-ask really && echo yes")
        (request,) = await command.asked()
        await command.connection.answer(request.request_id, "allow")
        await command.end()
        spool = b"".join(path.read_bytes() for path in sorted((command.link.directory / "spool").iterdir()))
    answers = iter(ANSWERS.values())
    kinds = set()
    for line in spool.splitlines():
        message = json.loads(line)
        match message.get("method"):
            case "session/update":
                update = schema.SessionNotification.model_validate(message["params"], extra="forbid").update
                kinds.add(update.session_update)
            case "session/request_permission":
                schema.RequestPermissionRequest.model_validate(message["params"], extra="forbid")
            case None:
                next(answers).model_validate(message["result"])
    assert kinds == {"tool_call", "tool_call_update", "agent_message_chunk"}
