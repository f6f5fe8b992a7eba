"""The connection over a real runner and a real process."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from agents.acp import FAKE, Agent, agent, builtin, connected
from segue.agents.connection import Options
from segue.domain.errors import AgentFailed, InputRefused, StaleDecision
from segue.domain.events import AgentNoted, MessageReceived, OptionKind, PlanReported, StopReason, UsageReported
from support.patience import scaled


def is_alive(pid: str) -> bool:
    return Path("/proc", pid).exists()


FIRST_ANSWER = 4
"""Number of the line behind `initialize`, `session/new` and the first prompt."""


async def test_a_turn_is_told_in_order(tmp_path: Path) -> None:
    async with agent(tmp_path) as fake:
        end = await fake.turn(
            "[[think hm]] [[say a]] [[chunks 3]] [[tool ls]] [[plan x|y]] [[usage 5 10 0.5]] [[say z]]"
        )
        assert end.stop_reason is StopReason.END_TURN
        assert fake.text == "a0 1 2 z"
        assert [(call.title, call.status) for call in fake.tool_calls][-1][1] == "completed"
        assert [entry.content for entry in fake.heard.of(PlanReported)[0].entries] == ["x", "y"]
        assert fake.heard.of(UsageReported) == [UsageReported(5, 10, 0.5, "USD")]


async def test_messages_of_different_turns_have_different_ids(tmp_path: Path) -> None:
    async with agent(tmp_path) as fake:
        await fake.turn("[[say a]]")
        await fake.turn("[[say b]]")
        assert len({message.message_id for message in fake.heard.of(MessageReceived)}) == 2


@pytest.mark.parametrize("reason", ["max_tokens", "max_turn_requests", "refusal"])
async def test_stop_reasons_are_the_agents_own(tmp_path: Path, reason: str) -> None:
    async with agent(tmp_path) as fake:
        assert (await fake.turn(f"[[stop {reason}]]")).stop_reason == reason


async def test_an_error_response_fails_the_turn_and_not_the_agent(tmp_path: Path) -> None:
    async with agent(tmp_path) as fake:
        end = await fake.turn("[[fail no model today]]")
        assert (end.stop_reason, end.message) == (StopReason.FAILED, "no model today")
        assert (await fake.turn("[[say back]]")).stop_reason is StopReason.END_TURN


async def test_noise_is_ignored_and_kept_as_diagnostics(tmp_path: Path) -> None:
    """D1"""
    async with agent(tmp_path, (*FAKE, "--banner")) as fake:
        await fake.turn("[[noise 150]] [[say a]] [[noise 150]] [[say b]]")
        assert fake.text == "ab"
        assert "fake@1.0.0 start" in fake.connection.diagnostics[0]


async def test_two_hundred_bad_lines_mean_that_it_does_not_speak_acp(tmp_path: Path) -> None:
    """D1"""
    async with agent(tmp_path) as fake:
        await fake.turn("[[stderr-text what is wrong]] [[say x]]")
        await fake.prompt("[[noise 300]] [[hang]]")
        gone = await fake.gone()
        assert gone.reason == "agent_not_acp"
        assert "does not speak ACP" in gone.message and "what is wrong" in gone.message


async def test_a_program_that_talks_to_people_is_not_an_agent(tmp_path: Path) -> None:
    """D1"""
    async with connected(tmp_path, (*FAKE, "--not-acp")) as fake:
        with pytest.raises(AgentFailed) as failed:
            await fake.connection.initialize()
        assert failed.value.reason == "agent_not_acp"


@pytest.mark.parametrize("size", [65 * 1024, 1024 * 1024, 10 * 1024 * 1024])
async def test_long_lines_arrive(tmp_path: Path, size: int) -> None:
    """D2"""
    async with agent(tmp_path) as fake:
        await fake.turn(f"[[line {size}]] [[new-message]] [[say after]]")
        assert len(fake.text) > min(size, 1024 * 1024) - 1000
        assert fake.text.endswith("after")


async def test_a_message_past_the_limit_fails_that_session_only(tmp_path: Path) -> None:
    """D2"""
    async with agent(tmp_path, options=Options(line_limit=100_000)) as one, agent(tmp_path) as other:
        await one.prompt("[[say kept]] [[line 100001]] [[say never]]")
        gone = await one.gone()
        assert gone.reason == "message_too_large" and "too large" in gone.message
        assert one.text == "kept"
        assert (await other.turn("[[say fine]]")).stop_reason is StopReason.END_TURN


async def test_torn_frames_are_whole_messages(tmp_path: Path) -> None:
    async with agent(tmp_path) as fake:
        await fake.turn("[[torn]] [[say Grüße, 世界]] [[tool ls]]")
        assert fake.text == "Grüße, 世界"


async def test_strays_do_not_disturb(tmp_path: Path) -> None:
    """D3"""
    async with agent(tmp_path) as fake:
        await fake.turn("[[unknown-response]] [[other-session]] [[say a]] [[double-response]]")
        await fake.turn("[[say b]]")
        assert fake.text == "ab"
        assert len(fake.heard.ends) == 2


async def test_a_duplicate_request_id_never_shares_an_approval(tmp_path: Path) -> None:
    """D4"""
    async with agent(tmp_path) as fake:
        await fake.prompt("[[dup-id]]")
        await fake.heard.until(lambda: fake.heard.record.next_line == FIRST_ANSWER + 1)
        (request,) = fake.permissions
        await fake.connection.answer(request.request_id, "allow")
        await fake.end()
        assert fake.text == "first=allow_once second=-32600"
        assert len(fake.permissions) == 1


@pytest.mark.parametrize(
    ("directive", "reason", "words"),
    [
        ("exit 0", "agent_exited", "exit 0"),
        ("exit 3", "agent_exited", "exit 3"),
        ("crash 137", "agent_exited", "exit 137 (SIGKILL)"),
        ("crash 139", "agent_exited", "exit 139 (SIGSEGV)"),
        ("close-stdout", "agent_closed_stdout", "closed its output"),
    ],
)
async def test_an_agent_that_dies_in_mid_turn_says_how(tmp_path: Path, directive: str, reason: str, words: str) -> None:
    """D5"""
    async with agent(tmp_path) as fake:
        await fake.prompt(f"[[say so far]] [[stderr-text last words]] [[permission x]] [[{directive}]]")
        (request,) = await fake.asked()
        await fake.connection.answer(request.request_id, "allow")
        gone = await fake.gone()
        assert gone.reason == reason
        assert words in gone.message and "last words" in gone.message
        assert fake.text.startswith("so far")
        assert not fake.connection.is_prompting
        with pytest.raises(AgentFailed):
            await fake.prompt("[[say more]]")


async def test_permissions_of_an_agent_that_died_are_settled(tmp_path: Path) -> None:
    """D5, D42"""
    async with agent(tmp_path) as fake:
        await fake.prompt("[[permission x]]")
        (request,) = await fake.asked()
        await fake.link.stop(0)
        await fake.gone()
        assert fake.connection.waiting == () and fake.heard.record.waiting == {}
        with pytest.raises(StaleDecision):
            await fake.connection.answer(request.request_id, "allow")


async def test_an_orderly_end_between_turns_is_no_failure(tmp_path: Path) -> None:
    async with agent(tmp_path, (sys.executable, "-I", "-c", OBEDIENT)) as quiet:
        await quiet.prompt("bye")
        assert (await quiet.gone()).message == ""
        assert [end.stop_reason for end in quiet.heard.ends] == [StopReason.END_TURN]


OBEDIENT = """
import json, sys
answers = {"initialize": {"protocolVersion": 1}, "session/new": {"sessionId": "s"}}
for line in sys.stdin:
    message = json.loads(line)
    result = answers.get(message["method"], {"stopReason": "end_turn"})
    print(json.dumps({"id": message["id"], "result": result}), flush=True)
    if message["method"] == "session/prompt":
        break
"""


async def test_a_hanging_turn_is_cancelled(tmp_path: Path) -> None:
    """D6"""
    async with agent(tmp_path) as fake:
        await fake.prompt("[[say a]] [[hang]]")
        await fake.heard.until(lambda: fake.text)
        await fake.connection.cancel(fake.session_id)
        assert (await fake.end()).stop_reason is StopReason.CANCELLED


async def test_an_agent_that_ignores_cancel_and_term_is_ended_with_its_children(tmp_path: Path) -> None:
    """D6, S11"""
    async with agent(tmp_path) as fake:
        await fake.prompt("[[ignore-term]] [[child pid]] [[say a]] [[ignore-cancel]]")
        await fake.heard.until(lambda: fake.text)
        await fake.connection.cancel(fake.session_id)
        async with asyncio.timeout(scaled()):
            assert await fake.connection.close(0.2) == ()
        assert not is_alive((tmp_path / "pid").read_text())
        assert fake.heard.gone is not None and fake.heard.gone.reason == "closed"


async def test_a_flood_on_stderr_is_drained_and_bounded(tmp_path: Path) -> None:
    """D7"""
    async with agent(tmp_path) as fake:
        await fake.turn("[[stderr 20000000]] [[say done]]")
        assert fake.text == "done"


@pytest.mark.parametrize(("version", "reason"), [("0", "agent_too_old"), ("99", "agent_too_new")])
async def test_another_protocol_version_is_refused_in_words(tmp_path: Path, version: str, reason: str) -> None:
    """D8"""
    async with connected(tmp_path, (*FAKE, "--protocol-version", version)) as fake:
        with pytest.raises(AgentFailed) as failed:
            await fake.connection.initialize()
        assert failed.value.reason == reason and version in failed.value.message and failed.value.action


async def test_what_this_version_does_not_know_is_noted_or_refused(tmp_path: Path) -> None:
    """D8"""
    async with agent(tmp_path) as fake:
        await fake.turn("[[unknown-update]] [[unknown-update]] [[unknown-request fs/read_text_file]]")
        assert fake.text == "-32601"
        assert [note.kind for note in fake.heard.of(AgentNoted)] == ["telepathy"]


async def test_missing_capabilities_are_taken_as_absent(tmp_path: Path) -> None:
    """D8"""
    async with connected(tmp_path, (sys.executable, "-I", "-c", OBEDIENT)) as bare:
        facts = await bare.connection.initialize()
        assert (facts.name, facts.version, facts.can_load) == ("", "", False)


async def test_malformed_bytes_leave_the_session_alone(tmp_path: Path) -> None:
    """D9"""
    nested = b"[" * 100_000
    raw = b'{"jsonrpc":"2.0","id":1,"method":"x","params":' + nested + b"\n"
    raw += b'{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":NaN}}\n\0\0\n{"method":\n'
    (tmp_path / "raw").write_bytes(raw)
    async with agent(tmp_path) as fake:
        await fake.turn("[[raw-file raw]] [[say fine]]")
        assert fake.text == "fine"


async def test_a_flood_of_updates_is_taken_in_bounded_batches(tmp_path: Path) -> None:
    """D10: everything arrives, in few events, and the loop stays free meanwhile."""
    async with agent(tmp_path) as fake:
        gaps: list[float] = []

        async def watch() -> None:
            loop = asyncio.get_running_loop()
            while True:
                before = loop.time()
                await asyncio.sleep(0.001)
                gaps.append(loop.time() - before)

        watching = asyncio.create_task(watch())
        await fake.turn("[[flood 100000]]")
        watching.cancel()
        assert len(fake.text) == 100_000
        assert len(fake.heard.of(MessageReceived)) < 2000
        assert sorted(gaps)[len(gaps) * 99 // 100] < 0.1


async def test_beyond_64_waiting_requests_the_rest_is_denied(tmp_path: Path) -> None:
    """D10, D42"""
    async with agent(tmp_path) as fake:
        await fake.prompt("[[permissions 1000]]")
        await fake.heard.until(lambda: fake.heard.record.next_line == FIRST_ANSWER + 936)
        for request in fake.permissions:
            await fake.connection.answer(request.request_id, "allow")
        await fake.end()
        assert fake.text == "64 allowed, 936 rejected, 0 cancelled"
        assert len(fake.permissions) == 64
        assert [note.kind for note in fake.heard.of(AgentNoted)] == ["permissions"]


async def test_a_permission_is_answered_once(tmp_path: Path) -> None:
    """D42"""
    async with agent(tmp_path) as fake:
        await fake.prompt("[[permission tidy up]]")
        (request,) = await fake.asked()
        assert (request.title, request.command, request.directory) == ("tidy up", "echo tidy up", str(tmp_path))
        assert [option.kind for option in request.options] == [
            OptionKind.ALLOW_ONCE,
            OptionKind.ALLOW_ALWAYS,
            OptionKind.REJECT_ONCE,
        ]
        with pytest.raises(InputRefused):
            await fake.connection.answer(request.request_id, "Allow")
        await fake.connection.answer(request.request_id, "reject")
        with pytest.raises(StaleDecision):
            await fake.connection.answer(request.request_id, "allow")
        await fake.end()
        assert fake.text == "reject_once"


async def test_a_cancel_cancels_what_waits(tmp_path: Path) -> None:
    """D42"""
    async with agent(tmp_path) as fake:
        await fake.prompt("[[permissions 3]]")
        await fake.asked(3)
        await fake.connection.cancel(fake.session_id)
        assert (await fake.end()).stop_reason is StopReason.CANCELLED
        assert fake.text == "0 allowed, 0 rejected, 3 cancelled"


async def test_one_turn_at_a_time(tmp_path: Path) -> None:
    async with agent(tmp_path) as fake:
        await fake.prompt("[[hang]]")
        with pytest.raises(InputRefused):
            await fake.prompt("[[say x]]")


async def test_a_prompt_of_a_mebibyte_arrives(tmp_path: Path) -> None:
    async with agent(tmp_path) as fake:
        await fake.turn("ü" * (512 * 1024))
        assert fake.text.startswith("You said: üü")


async def test_history_is_swallowed_when_a_session_is_loaded(tmp_path: Path) -> None:
    async with connected(tmp_path) as fake:
        assert (await fake.connection.initialize()).can_load
        await fake.connection.load_session("earlier", tmp_path)
        fake.session_id = "earlier"
        assert fake.heard.events == []
        await fake.turn("[[say new]]")
        assert fake.text == "new"


async def test_an_agent_that_cannot_load_says_so(tmp_path: Path) -> None:
    async with connected(tmp_path, (*FAKE, "--no-load")) as fake:
        assert not (await fake.connection.initialize()).can_load
        with pytest.raises(AgentFailed) as failed:
            await fake.connection.load_session("earlier", tmp_path)
        assert failed.value.reason == "agent_refused"
        assert await fake.connection.open_session(tmp_path)


async def test_an_agent_that_wants_a_login_says_what_to_do(tmp_path: Path) -> None:
    async with connected(tmp_path, (*FAKE, "--auth"), options=Options(login="Run `fake login`.")) as fake:
        await fake.connection.initialize()
        with pytest.raises(AgentFailed) as failed:
            await fake.connection.open_session(tmp_path)
        assert (failed.value.reason, failed.value.action) == ("authentication_required", "Run `fake login`.")


async def test_an_agent_that_cannot_start_says_why(tmp_path: Path) -> None:
    """D5"""
    async with connected(tmp_path, (*FAKE, "--exit-at-start", "7")) as fake:
        with pytest.raises(AgentFailed) as failed:
            await fake.connection.initialize()
        assert failed.value.reason == "agent_exited"
        assert "exit 7" in failed.value.message and "cannot start" in failed.value.message


async def test_an_agent_that_never_answers_times_out(tmp_path: Path) -> None:
    async with connected(tmp_path, (*FAKE, "--hang-initialize"), options=Options(start_timeout_s=0.2)) as fake:
        with pytest.raises(AgentFailed) as failed:
            await fake.connection.initialize()
        assert failed.value.reason == "timed_out"


async def test_a_program_that_answers_nothing_and_ends_is_no_agent(tmp_path: Path) -> None:
    async with connected(tmp_path, ("/bin/true",)) as nothing:
        with pytest.raises(AgentFailed) as failed:
            await nothing.connection.initialize()
        assert failed.value.reason == "agent_exited"


@pytest.mark.parametrize("command", [FAKE, builtin("command"), builtin("replay")])
async def test_every_agent_of_ours_says_who_it_is(tmp_path: Path, command: tuple[str, ...]) -> None:
    async with connected(tmp_path, command) as found:
        facts = await found.connection.initialize()
        assert facts.name and facts.version and facts.can_load


async def say(fake: Agent, text: str) -> str:
    before = len(fake.text)
    await fake.turn(text)
    return fake.text[before:]


async def test_the_agent_gets_its_directory_and_environment_only(tmp_path: Path) -> None:
    async with agent(tmp_path, environment={"ONE": "1"}) as fake:
        assert await say(fake, "[[cwd]]") == str(tmp_path)
        assert await say(fake, "[[env ONE]]") == "1"
        assert await say(fake, "[[env HOME]]") == "HOME is not set"
