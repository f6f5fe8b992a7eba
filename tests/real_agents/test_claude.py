"""The real Claude agent on the scripted model: no key, nothing leaves the machine. It keeps the ACP layer honest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agents.acp import Agent, connected
from real_agents import programs
from segue.agents.catalog import Available, load_catalog
from segue.agents.connection import Options
from segue.agents.contract.script import TEXT
from segue.agents.contract.scripted_model import ScriptedModel
from segue.domain.errors import AgentFailed
from segue.domain.events import (
    CommandsReported,
    ConfigReported,
    ModeReported,
    OptionKind,
    QuestionAnswered,
    QuestionAsked,
    StopReason,
    UsageReported,
)
from segue.domain.plans import plan_value
from segue.domain.questions import Action, FieldKind, given
from support.patience import scaled


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with ScriptedModel() as made:
        yield made.url


@asynccontextmanager
async def claude(tmp_path: Path, model: str) -> AsyncIterator[Agent]:
    """Claude in an empty directory, at home in another one."""
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    home.mkdir()
    catalog = load_catalog(tmp_path)
    definition = catalog.find("claude")
    window = {
        "PATH": programs.path("claude"),
        "HOME": str(home),
        "TMPDIR": str(home),
        "CLAUDE_CODE_TMPDIR": str(home),
        "ANTHROPIC_BASE_URL": model,
        "ANTHROPIC_API_KEY": "dummy",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_AUTOUPDATER": "1",
        "IS_SANDBOX": "1",
        "NO_PROXY": "127.0.0.1",
    }
    available = catalog.availability(definition, window)
    assert isinstance(available, Available), "The pinned Claude agent is not installed: run `make setup`."
    options = Options(start_timeout_s=scaled(definition.start_timeout_s), login=definition.login)
    async with connected(work, available.argv, catalog.environment_for(definition, window), options) as found:
        facts = await found.connection.initialize()
        assert facts.name and facts.can_load
        found.session_id = await found.connection.open_session(work)
        yield found


async def test_claude_says_hello_and_what_it_cost(tmp_path: Path, model: str) -> None:
    async with claude(tmp_path, model) as agent:
        end = await agent.turn("[[say=Hello from Claude.]]")
        assert (end.stop_reason, agent.text) == (StopReason.END_TURN, "Hello from Claude.")
        assert end.tokens is not None and end.tokens.input and end.tokens.output
        assert len(end.models) == 1
        used = agent.heard.of(UsageReported)
        assert any(usage.context_used and usage.context_size for usage in used)
        assert any(usage.cost and usage.currency == "USD" for usage in used)


@pytest.mark.parametrize(("kind", "is_written"), [(OptionKind.ALLOW_ONCE, True), (OptionKind.REJECT_ONCE, False)])
async def test_claude_edits_only_what_a_person_allows(
    tmp_path: Path, model: str, kind: OptionKind, is_written: bool
) -> None:
    """D42"""
    async with claude(tmp_path, model) as agent:
        file = tmp_path / "work" / "new.txt"
        await agent.prompt(f"[[edit={file};say=That was it.]]")
        (request,) = await agent.asked()
        assert not file.exists()
        assert str(file) in request.paths
        (option,) = (option for option in request.options if option.kind is kind)
        await agent.connection.answer(request.request_id, option.option_id)
        assert (await agent.end()).stop_reason in {StopReason.END_TURN, StopReason.CANCELLED}
        assert file.exists() is is_written
        assert not is_written or file.read_text() == TEXT
        assert agent.tool_calls[-1].status == ("completed" if is_written else "failed")


async def test_claude_shows_the_command_that_it_asks_for(tmp_path: Path, model: str) -> None:
    """D43"""
    async with claude(tmp_path, model) as agent:
        await agent.prompt("[[run=touch made.txt && rm -f other;say=Done.]]")
        (request,) = await agent.asked()
        assert request.command == "touch made.txt && rm -f other"
        (option,) = (option for option in request.options if option.kind is OptionKind.ALLOW_ONCE)
        await agent.connection.answer(request.request_id, option.option_id)
        await agent.end()
        assert (tmp_path / "work" / "made.txt").exists()


async def test_claudes_question_is_a_form_and_it_goes_on_with_the_answer(tmp_path: Path, model: str) -> None:
    """AskUserQuestion: one choice, and words of one's own; nothing is required."""
    async with claude(tmp_path, model) as agent:
        await agent.prompt("[[ask=Which stack?;say=Then so.]]")
        await agent.heard.until(lambda: agent.heard.of(QuestionAsked))
        (asked,) = agent.heard.of(QuestionAsked)
        choice, custom = asked.fields
        assert asked.message == "Which stack?"
        assert [(each.value, each.description) for each in choice.choices] == [
            ("Python", "3.11 or newer"),
            ("TypeScript", "Node 24"),
        ]
        assert (choice.kind, custom.kind) == (FieldKind.CHOICE, FieldKind.TEXT)
        assert not choice.is_required and not custom.is_required
        values = given(asked.fields, {choice.name: ["TypeScript"]})
        await agent.connection.answer_question(QuestionAnswered(asked.request_id, Action.ACCEPT, "user", values))
        assert (await agent.end()).stop_reason is StopReason.END_TURN
        assert agent.text.endswith("Then so.")
        (call,) = [call for call in agent.tool_calls if call.status == "completed"]
        assert call.tool_call_id == asked.tool_call_id
        assert "TypeScript" in "".join(piece.text for piece in call.content or ())


async def test_claude_stops_when_it_is_cancelled_and_goes_on_when_it_is_prompted(tmp_path: Path, model: str) -> None:
    """D6"""
    async with claude(tmp_path, model) as agent:
        await agent.prompt("[[slow=600]]")
        await agent.heard.until(lambda: "tick" in agent.text)
        await agent.connection.cancel(agent.session_id)
        assert (await agent.end()).stop_reason is StopReason.CANCELLED
        assert (await agent.turn("[[say=Back again.]]")).stop_reason is StopReason.END_TURN
        assert agent.text.endswith("Back again.")


async def test_claude_offers_models_and_commands_and_edits_by_itself_in_the_mode_for_that(
    tmp_path: Path, model: str
) -> None:
    async with claude(tmp_path, model) as agent:
        (opened, *_) = agent.heard.of(ConfigReported)
        offered = {option.category: option for option in opened.options}
        assert {"mode", "model", "thought_level"} <= offered.keys()
        assert offered["model"].values
        await agent.heard.until(lambda: agent.heard.of(CommandsReported))
        (commands, *_) = agent.heard.of(CommandsReported)
        assert all(command.description for command in commands.commands)
        assert await agent.connection.configure(offered["mode"], "acceptEdits") == "acceptEdits"
        file = tmp_path / "work" / "new.txt"
        await agent.turn(f"[[edit={file};say=That was it.]]")
        assert (agent.permissions, file.read_text()) == ([], TEXT)
        with pytest.raises(AgentFailed) as refused:
            await agent.connection.configure(offered["mode"], "no such mode")
        assert refused.value.reason == "option_refused"


@pytest.mark.parametrize("kind", [OptionKind.ALLOW_ONCE, OptionKind.REJECT_ONCE])
async def test_claude_asks_for_leaving_its_plan_mode_with_the_plan(
    tmp_path: Path, model: str, kind: OptionKind
) -> None:
    async with claude(tmp_path, model) as agent:
        (opened, *_) = agent.heard.of(ConfigReported)
        modes = next(option for option in opened.options if option.category == "mode")
        value = plan_value(modes, load_catalog(tmp_path).find("claude").facts.plan_mode)
        assert value == "plan" and await agent.connection.configure(modes, value) == "plan"
        file = tmp_path / "work" / "new.txt"
        await agent.prompt(f"[[plan=# Rename\n\n1. First;edit={file};say=Done.]]")
        # Claude may send the plan after the request: then Segue repeats the request with its plan.
        await agent.heard.until(lambda: any(request.plan for request in agent.permissions))
        request = agent.permissions[-1]
        assert request.plan == "# Rename\n\n1. First"
        (option,) = (option for option in request.options if option.kind is kind)
        await agent.connection.answer(request.request_id, option.option_id)
        if kind is OptionKind.ALLOW_ONCE:
            await agent.heard.until(lambda: any(m.mode_id == "default" for m in agent.heard.of(ModeReported)))
            await agent.heard.until(lambda: agent.permissions[-1].request_id != request.request_id)
            await agent.connection.cancel(agent.session_id)
        await agent.end()
        assert not file.exists()
