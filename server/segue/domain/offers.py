"""The events about what an agent offers: options, what is chosen of them, commands. Knows facts in past tense."""

from __future__ import annotations

from typing import TypeAlias

from segue.domain.event import Event
from segue.domain.facts import Command, ConfigOption


class ConfigReported(Event, frozen=True, tag="config_reported"):
    """What the agent lets a person choose, and how it stands."""

    options: tuple[ConfigOption, ...]
    in_turn: bool = False
    """Said while it worked on a prompt: its own doing, which replaces what a person chose before."""


class ModeReported(Event, frozen=True, tag="mode_reported"):
    """The agent's option for modes has another value."""

    mode_id: str
    in_turn: bool = False


class ConfigChosen(Event, frozen=True, tag="config_chosen"):
    """A person chose; the agent has it, or gets it before its next prompt, also after it was started anew."""

    option_id: str
    value: str


class ConfigRefused(Event, frozen=True, tag="config_refused"):
    """The agent did not take what was chosen; the choice is forgotten."""

    option_id: str
    value: str
    message: str


class CommandsReported(Event, frozen=True, tag="commands_reported"):
    """The agent's slash commands, all of them."""

    commands: tuple[Command, ...]


OfferEvent: TypeAlias = ConfigReported | ModeReported | ConfigChosen | ConfigRefused | CommandsReported
