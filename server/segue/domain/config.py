"""What can be chosen of an agent. Knows options, values and choices; knows no event and no agent."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from segue.domain.facts import ConfigOption, SetBy

MODE, MODEL = "mode", "model"
"""Categories."""

Options = tuple[ConfigOption, ...]


def find(options: Iterable[ConfigOption], option_id: str) -> ConfigOption | None:
    return next((option for option in options if option.option_id == option_id), None)


def of_category(options: Iterable[ConfigOption], category: str) -> ConfigOption | None:
    """The first option of a category."""
    return next((option for option in options if option.category == category), None)


def meant(option: ConfigOption, said: str) -> str | None:
    """The value that a person's word means: a value as it is, or the name of exactly one; None for anything else."""
    if any(known.value == said for known in option.values):
        return said
    named = [known.value for known in option.values if known.name.casefold() == said.casefold()]
    return named[0] if len(named) == 1 else None


def value_name(option: ConfigOption, value: str) -> str:
    """How a value is called; itself where the agent gave it no name."""
    return next((known.name for known in option.values if known.value == value), value)


def with_current(options: Options, option_id: str, value: str) -> Options:
    return tuple(replace(option, current=value) if option.option_id == option_id else option for option in options)


def with_mode(options: Options, mode_id: str) -> Options:
    """An agent that names a mode which it never offered is believed where modes are all it has."""
    option = of_category(options, MODE)
    if option is None or (option.set_by is SetBy.OPTION and all(mode_id != known.value for known in option.values)):
        return options
    return with_current(options, option.option_id, mode_id)


def merged(known: Options, reported: Options) -> Options:
    """All options are reported at once, except that modes and models of ACP v1 come once, when a session opens."""
    taken = {option.category for option in reported} | {option.option_id for option in reported}
    kept = (option for option in known if option.set_by is not SetBy.OPTION and option.category not in taken)
    return (*kept, *reported)
