"""What was chosen of an agent, and what it reports: which of them stands."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from segue.domain import config, events
from segue.domain.session import Session
from unit.strategies import created, folded, recorded

VALUES = (events.ConfigValue("a", "Alpha"), events.ConfigValue("b", "Beta"), events.ConfigValue("c", "beta"))
MODE = events.ConfigOption("mode", "Mode", "a", VALUES, "mode", set_by=events.SetBy.MODE)
MODEL = events.ConfigOption("model", "Model", "a", VALUES, "model")
EFFORT = events.ConfigOption("effort", "Effort", "a", VALUES, "thought_level")


def after(*events: events.AnyEvent) -> Session:
    return folded(recorded([created(), *events]))


def currents(session: Session) -> dict[str, str]:
    return {option.option_id: option.current for option in session.offered}


@pytest.mark.parametrize(("said", "meant"), [("b", "b"), ("ALPHA", "a"), ("beta", None), ("", None)])
def test_a_value_is_meant_by_itself_or_by_a_name_that_is_its_alone(said: str, meant: str | None) -> None:
    assert config.meant(MODE, said) == meant


def test_what_is_chosen_counts_as_current_and_names_the_model() -> None:
    session = after(events.ConfigReported((MODE, MODEL)), events.ConfigChosen("model", "b"))
    assert (currents(session), session.model) == ({"mode": "a", "model": "b"}, "Beta")
    assert session.options == (MODE, MODEL), "the agent did not say so yet"


def test_a_choice_stands_when_the_agent_starts_anew() -> None:
    session = after(events.ConfigReported((MODEL,)), events.ConfigChosen("model", "b"), events.ConfigReported((MODEL,)))
    assert currents(session) == {"model": "b"}


def test_what_the_agent_does_in_its_turn_replaces_the_choice() -> None:
    """As when it leaves its plan mode: after a restart it is not put back into it."""
    chosen = (events.ConfigReported((MODE, MODEL)), events.ConfigChosen("mode", "b"))
    assert currents(after(*chosen, events.ModeReported("c", in_turn=True)))["mode"] == "c"
    reported = events.ConfigReported((replace(MODEL, current="c"),), in_turn=True)
    session = after(events.ConfigReported((MODEL,)), events.ConfigChosen("model", "b"), reported)
    assert session.choices == (events.ConfigChosen("model", "c"),)


def test_a_refused_choice_is_forgotten() -> None:
    session = after(
        events.ConfigReported((MODEL,)), events.ConfigChosen("model", "b"), events.ConfigRefused("model", "b", "No.")
    )
    assert (session.choices, currents(session)) == ((), {"model": "a"})


def test_old_modes_stay_beside_new_options_until_one_of_them_is_for_modes() -> None:
    assert config.merged((MODE, MODEL), (EFFORT,)) == (MODE, EFFORT)
    own = replace(MODE, option_id="own", set_by=events.SetBy.OPTION)
    assert config.merged((MODE, MODEL), (own,)) == (own,)


def test_an_unknown_mode_is_believed_only_where_modes_are_all_there_is() -> None:
    assert config.with_mode((MODE,), "new")[0].current == "new"
    own = replace(MODE, set_by=events.SetBy.OPTION)
    assert config.with_mode((own,), "new") == (own,)
    assert config.with_mode((MODEL,), "new") == (MODEL,)


def test_followers_learn_of_an_offer_by_its_place_in_the_journal() -> None:
    session = after(events.ConfigReported((MODEL,)), events.SessionRenamed("x"))
    assert session.offered_seq == 2
    assert after(events.SessionRenamed("x")).offered_seq == 0


def test_a_prompt_that_goes_first_goes_before_what_waits() -> None:
    session = after(events.PromptQueued("1", "one"), events.PromptQueued("2", "two", is_first=True))
    assert [prompt.prompt_id for prompt in session.queue] == ["2", "1"]
