"""What an agent offers, in ACP's older and newer words, becomes one shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.acp import FAKE, agent
from agents.fake_options import COMMANDS, Offer
from agents.talk import Conversation, chunk
from segue.agents.offers import config_reported
from segue.domain import events
from segue.domain.errors import AgentFailed
from segue.domain.events import ConfigOption, ConfigReported, ConfigValue, SetBy


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def options(message: dict[str, Any]) -> tuple[ConfigOption, ...]:
    report = config_reported(message)
    assert report is not None
    return report.options


def test_modes_and_models_are_options_like_any_other() -> None:
    mode, model = options(Offer("legacy").opened())
    assert (mode.option_id, mode.category, mode.current, mode.set_by) == ("mode", "mode", "ask", SetBy.MODE)
    assert mode.values[0] == ConfigValue("ask", "Ask first", "About Ask first")
    assert (model.option_id, model.category, model.current, model.set_by) == ("model", "model", "small", SetBy.MODEL)


def test_config_options_come_with_groups_switches_and_what_nobody_knows() -> None:
    mode, model, effort, dry, odd = options(Offer("config").opened())
    assert (mode.category, mode.description, effort.category) == ("mode", "How far it goes", "thought_level")
    assert {value.group for value in model.values} == {"Sizes"}
    assert (dry.type, dry.current, [value.value for value in dry.values]) == ("boolean", "false", ["true", "false"])
    assert (odd.type, odd.category, odd.current, odd.values) == ("slider", "_odd", "7", ())


def test_config_options_are_believed_before_modes_and_models() -> None:
    both = options(Offer("legacy").opened() | Offer("config").opened())
    assert [option.option_id for option in both] == ["mode", "model", "effort", "dry", "odd"]
    assert {option.set_by for option in both} == {SetBy.OPTION}
    lacking = {"configOptions": [Offer("config").options()[2]], **Offer("legacy").opened()}
    assert [option.option_id for option in options(lacking)] == ["effort", "mode", "model"]


@pytest.mark.parametrize(
    "message",
    [{}, {"modes": []}, {"modes": {"availableModes": "x"}}, {"models": {"availableModels": [{"name": "no id"}]}}],
)
def test_what_offers_nothing_is_no_report(message: dict[str, Any]) -> None:
    assert config_reported(message) is None


@pytest.mark.parametrize("broken", [None, 3, [], {"id": ""}, {"id": 5}, {"id": "x" * 2000}])
def test_an_option_without_an_id_is_left_out(broken: object) -> None:
    """D8"""
    assert options({"configOptions": [broken, {"id": "x", "options": 3, "currentValue": 4}]}) == (
        ConfigOption("x", "x", type="unknown"),
    )


def test_updates_do_not_part_a_message_and_say_when_the_agent_worked(talk: Conversation) -> None:
    mode = {"sessionUpdate": "current_mode_update", "currentModeId": "plan"}
    first, reported, commands, third = talk.update(
        chunk("a"), mode, {"sessionUpdate": "available_commands_update", "availableCommands": COMMANDS}, chunk("b")
    )
    assert reported == events.ModeReported("plan", in_turn=True)
    assert commands == events.CommandsReported(
        (
            events.Command("review", "Look over the changes", "what to look at"),
            events.Command("compact", "Forget what is not needed"),
        )
    )
    assert first.message_id == third.message_id
    talk.take({"id": talk.inbox.prompt_id, "result": {"stopReason": "end_turn"}})
    changed = {"sessionUpdate": "config_option_update", "configOptions": []}
    assert talk.update(mode, changed) == (events.ModeReported("plan"), ConfigReported(()))


@pytest.mark.parametrize("kind", ["available_commands_update", "current_mode_update", "config_option_update"])
def test_updates_without_content_are_ignored(talk: Conversation, kind: str) -> None:
    assert talk.update({"sessionUpdate": kind}) == ()


@pytest.mark.parametrize("style", ["config", "legacy"])
async def test_an_option_is_set_in_mid_turn_too(tmp_path: Path, style: str) -> None:
    async with agent(tmp_path, (*FAKE, "--offer", style)) as fake:
        (reported,) = fake.heard.of(ConfigReported)
        model = reported.options[1]
        assert await fake.connection.configure(model, "large") == "large"
        await fake.prompt("[[say so far]] [[wait-file go]] [[options]]")
        await fake.heard.until(lambda: fake.text == "so far")
        assert await fake.connection.configure(reported.options[0], "auto") == "auto"
        (tmp_path / "go").touch()
        await fake.end()
        assert "mode=auto model=large" in fake.text


@pytest.mark.parametrize("style", ["config", "legacy"])
async def test_a_refusal_says_what_was_refused(tmp_path: Path, style: str) -> None:
    async with agent(tmp_path, (*FAKE, "--offer", style)) as fake:
        (reported,) = fake.heard.of(ConfigReported)
        with pytest.raises(AgentFailed) as refused:
            await fake.connection.configure(reported.options[1], "forbidden")
        assert refused.value.reason == "option_refused"
        assert refused.value.message == "The agent refused Not for you for Model: That cannot be chosen"


async def test_what_is_offered_is_heard_while_a_conversation_is_loaded(tmp_path: Path) -> None:
    async with agent(tmp_path, (*FAKE, "--offer", "config")) as fake:
        await fake.connection.load_session("earlier", tmp_path)
        assert len(fake.heard.of(ConfigReported)) == 2
        assert fake.text == ""
