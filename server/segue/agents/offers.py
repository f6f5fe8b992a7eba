"""What an agent offers, out of ACP v1: modes, models, config options and slash commands become one shape.

Knows ACP's names and bounds; knows no request ids and no session.
"""

from __future__ import annotations

from segue.agents import fields
from segue.agents.jsonrpc import Message
from segue.domain import config
from segue.domain.events import (
    Command,
    CommandsReported,
    ConfigOption,
    ConfigReported,
    ConfigValue,
    ModeReported,
    SetBy,
)

UPDATES = frozenset({"available_commands_update", "current_mode_update", "config_option_update"})
OPTIONS_LIMIT = 100
VALUES_LIMIT = 500
COMMANDS_LIMIT = 500
TEXT_LIMIT = 1000
VALUE_LIMIT = 1000
"""Characters of a value; a longer one could not be given back as it is, and is left out."""

Report = ConfigReported | ModeReported | CommandsReported


def reported(update: Message) -> Report | None:
    """One of the UPDATES as an event; None where it does not say what it should."""
    match update.get("sessionUpdate"):
        case "available_commands_update" if isinstance(update.get("availableCommands"), list):
            return CommandsReported(_commands(update["availableCommands"]))
        case "current_mode_update" if isinstance(update.get("currentModeId"), str):
            return ModeReported(update["currentModeId"][:VALUE_LIMIT])
        case "config_option_update":
            return config_reported(update)
        case _:
            return None


def config_reported(message: Message) -> ConfigReported | None:
    """The options in an update or in an answer to `session/new`, `session/load` or `session/set_config_option`.

    None where it has none. Modes and models count only where no config option says the same.
    """
    known = tuple(filter(None, map(_option, fields.messages(message.get("configOptions"))[:OPTIONS_LIMIT])))
    modes, models = message.get("modes"), message.get("models")
    if isinstance(modes, dict) and config.of_category(known, config.MODE) is None:
        known += _mode_option(modes)
    if isinstance(models, dict) and config.of_category(known, config.MODEL) is None:
        known += _model_option(models)
    return ConfigReported(known) if known or isinstance(message.get("configOptions"), list) else None


def set_request(session_id: str, option: ConfigOption, value: str) -> tuple[str, Message]:
    """Method and parameters that give an option another value."""
    match option.set_by:
        case SetBy.MODE:
            return "session/set_mode", {"sessionId": session_id, "modeId": value}
        case SetBy.MODEL:
            return "session/set_model", {"sessionId": session_id, "modelId": value}
        case SetBy.OPTION:
            params: Message = {"sessionId": session_id, "configId": option.option_id, "value": value}
            if option.type == "boolean":
                params |= {"type": "boolean", "value": value == "true"}
            return "session/set_config_option", params


def _option(said: Message) -> ConfigOption | None:
    option_id = _key(said.get("id"))
    if option_id is None:
        return None
    kind, current = fields.label(said.get("type")) or "unknown", said.get("currentValue")
    values: tuple[ConfigValue, ...] = ()
    if kind == "select":
        values = _values(said.get("options"))
    elif kind == "boolean" and isinstance(current, bool):
        current = "true" if current else "false"
        values = (ConfigValue("true", "On"), ConfigValue("false", "Off"))
    return ConfigOption(
        option_id,
        name=_text(said.get("name")) or option_id,
        current=current[:VALUE_LIMIT] if isinstance(current, str) else "",
        values=values,
        category=fields.label(said.get("category")) or "",
        description=_text(said.get("description")),
        type=kind,
    )


def _values(options: object, group: str = "") -> tuple[ConfigValue, ...]:
    """Values, or groups of them, in the agent's order."""
    values: list[ConfigValue] = []
    for said in fields.messages(options)[:VALUES_LIMIT]:
        if isinstance(said.get("options"), list):
            values += _values(said["options"], _text(said.get("name")) or _text(said.get("group")))
        elif (value := _key(said.get("value"))) is not None:
            values.append(_value(value, said, group))
    return tuple(values[:VALUES_LIMIT])


def _value(value: str, said: Message, group: str = "") -> ConfigValue:
    return ConfigValue(value, _text(said.get("name")) or value, _text(said.get("description")), group)


def _mode_option(state: Message) -> tuple[ConfigOption, ...]:
    modes = fields.messages(state.get("availableModes"))[:VALUES_LIMIT]
    values = tuple(_value(key, mode) for mode in modes if (key := _key(mode.get("id"))) is not None)
    return _own(ConfigOption("mode", "Mode", _key(state.get("currentModeId")) or "", values, "mode", set_by=SetBy.MODE))


def _model_option(state: Message) -> tuple[ConfigOption, ...]:
    models = fields.messages(state.get("availableModels"))[:VALUES_LIMIT]
    values = tuple(_value(key, model) for model in models if (key := _key(model.get("modelId"))) is not None)
    current = _key(state.get("currentModelId")) or ""
    return _own(ConfigOption("model", "Model", current, values, "model", set_by=SetBy.MODEL))


def _own(option: ConfigOption) -> tuple[ConfigOption, ...]:
    return (option,) if option.values else ()


def _commands(said: list[object]) -> tuple[Command, ...]:
    commands = []
    for command in fields.messages(said)[:COMMANDS_LIMIT]:
        name = _key(command.get("name"))
        if name is not None and not any(character.isspace() for character in name):
            given = command.get("input")
            hint = _text(given.get("hint")) if isinstance(given, dict) else ""
            commands.append(Command(name, _text(command.get("description")), hint))
    return tuple(commands)


def _key(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= VALUE_LIMIT else None


def _text(value: object) -> str:
    return fields.text(value, TEXT_LIMIT) or ""
