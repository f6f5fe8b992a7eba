"""The built-in replay agent plays a recording as a real process."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.acp import agent, builtin
from segue.domain.events import StopReason

RECORDING = Path(__file__).with_name("recording.jsonl")
REPLAY = builtin("replay")


async def test_a_recording_plays_turn_by_turn_and_waits_for_answers(tmp_path: Path) -> None:
    async with agent(tmp_path, REPLAY) as replay:
        await replay.prompt(f"[[replay={RECORDING}]]")
        (request,) = await replay.asked()
        assert (request.title, request.command) == ("Delete build", "rm -r build")
        assert replay.text == "I will look. "
        await replay.connection.answer(request.request_id, "reject")
        assert (await replay.end()).stop_reason is StopReason.END_TURN
        assert replay.tool_calls[-1].status == "completed"
        end = await replay.turn("next")
        assert (end.stop_reason, end.message) == (StopReason.FAILED, "The model is gone.")
        await replay.turn("next")
        assert replay.text == "I will look. Done.Again? The recording has ended."


async def test_a_recording_named_on_the_command_line(tmp_path: Path) -> None:
    async with agent(tmp_path, (*REPLAY, "--pace-ms", "1", str(RECORDING))) as replay:
        await replay.prompt("go")
        await replay.asked()
        await replay.connection.cancel(replay.session_id)
        assert (await replay.end()).stop_reason is StopReason.CANCELLED


async def test_a_spool_of_another_agent_can_be_played(tmp_path: Path) -> None:
    async with agent(tmp_path, builtin("command")) as command:
        await command.turn("echo recorded")
        said = command.text
        spool = b"".join(path.read_bytes() for path in sorted((command.link.directory / "spool").iterdir()))
    (tmp_path / "spool").write_bytes(spool)
    async with agent(tmp_path, REPLAY) as replay:
        await replay.turn(f"[[replay={tmp_path / 'spool'}]]")
        assert replay.text == said
        assert replay.tool_calls[-1].status == "completed"


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("hello", "Name a recording"),
        ("[[replay=/no/such/file]]", "cannot be read: No such file or directory"),
        ("[[replay=/dev/null]]", "is no recording"),
    ],
)
async def test_what_cannot_be_played_says_why(tmp_path: Path, prompt: str, words: str) -> None:
    async with agent(tmp_path, REPLAY) as replay:
        end = await replay.turn(prompt)
        assert end.stop_reason is StopReason.FAILED and words in end.message
