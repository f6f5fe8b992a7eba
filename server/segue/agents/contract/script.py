"""What the scripted model says next. Knows conversations and tools, whatever the wire; decides from the request alone.

A prompt carries its script, `[[edit=/abs/file;run=echo hi;ask=Which?;slow=20;say=done]]`: step n is played once n tool
results follow it. edit writes TEXT into a file, run runs a command, plan asks for
leaving the mode for planning with a plan, ask asks a person to choose one of CHOICES, slow
says n pieces with pauses, say says. A step for which the agent offers no tool is left out, so one script fits every
agent. A request without a script, or without tools (titles, probes), is answered with "ok".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

Json = dict[str, Any]

TEXT = "hello from the scripted model\n"
CHOICES = {"Python": "3.11 or newer", "TypeScript": "Node 24"}
"""What a person may choose from, and how it is described."""
LATER = "ToolSearch"
"""Where an agent tells of its other tools only when asked."""
END = "All steps are done."
SCRIPT = re.compile(r"\[\[((?:edit|run|plan|ask|slow|say)=.*?)\]\]", re.DOTALL)

TOOLS = {
    "edit": (
        *("Write", "write_file", "write", "create", "WriteFile", "write_to_file", "editor"),
        *("str_replace_based_edit_tool", "save-file", "apply_patch", "edit", "file_editor", "write_text_file"),
        "exec_command",
    ),
    "run": (
        *("Bash", "bash", "run_shell_command", "Shell", "shell_command", "exec_command", "shell"),
        *("execute_command", "run_commands", "launch-process", "terminal", "execute"),
    ),
    "plan": ("ExitPlanMode", "exit_plan_mode", "ToolSearch"),
    "ask": (
        *("AskUserQuestion", "question", "ask_user_question", "ask_user", "request_user_input"),
        *("ask_followup_question", "ask_question"),
    ),
}
"""By which tools agents let their model do that, those to be preferred first."""


class Speaker(StrEnum):
    PERSON = "person"
    MODEL = "model"
    TOOL = "tool"
    """A result; what it says does not matter."""


class Said(NamedTuple):
    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a request tells, oldest first."""

    said: tuple[Said, ...]
    tools: Mapping[str, Json]
    """JSON schema of the arguments, by name."""

    def offers(self, verb: str) -> bool:
        """Whether the agent has a tool for a step."""
        return verb not in TOOLS or any(name in self.tools for name in TOOLS[verb])


@dataclass(frozen=True, slots=True)
class ToolUse:
    name: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class Words:
    """Said in pieces; more than one are said with pauses."""

    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(self.pieces)


Reply = ToolUse | Words


def next_reply(conversation: Conversation) -> Reply:
    """The step that is due."""
    script, results = "", 0
    for speaker, text in conversation.said:
        if speaker is Speaker.TOOL:
            results += 1
        elif speaker is Speaker.PERSON and (found := SCRIPT.findall(text)):
            script, results = found[-1], 0
    if not script or not conversation.tools:
        return Words(("ok",))
    steps = [step for step in map(_step, script.split(";")) if conversation.offers(step[0])]
    verb, argument = steps[results] if results < len(steps) else ("say", END)
    if verb == "slow":
        return Words(tuple(f"tick {number} " for number in range(int(argument))))
    return Words((argument,)) if verb == "say" else _tool_use(conversation.tools, verb, argument)


def _step(step: str) -> tuple[str, str]:
    verb, _, argument = step.partition("=")
    return verb, argument


def _tool_use(tools: Mapping[str, Json], verb: str, argument: str) -> ToolUse:
    name = next(name for name in TOOLS[verb] if name in tools)
    if name == LATER:  # a model knows this tool by name, and may use it
        return ToolUse(TOOLS[verb][0], _plan(argument))
    if verb == "edit" and name in TOOLS["run"]:
        verb, argument = "run", f"apply_patch <<'EOF'\n{_patch(argument)}EOF"
    arguments = {"edit": _edit, "run": _run, "plan": _plan, "ask": _ask}[verb](argument)
    return ToolUse(name, _fitted(arguments, tools[name]))


def _edit(path: str) -> Json:
    places = dict.fromkeys(("file_path", "path", "filePath", "absolutePath"), path)
    texts = dict.fromkeys(("content", "file_text", "new_text", "file_content", "newString"), TEXT)
    patches = dict.fromkeys(("input", "patch", "patchText"), _patch(path))
    return {**places, **texts, **patches, "oldString": "", "command": "create"}


def _patch(path: str) -> str:
    return f"*** Begin Patch\n*** Add File: {path}\n+{TEXT}*** End Patch\n"


def _run(command: str) -> Json:
    flags: Json = {"is_background": False, "wait": True, "requires_approval": True}
    flags |= {"sandbox_permissions": "require_escalated", "justification": "It is part of the script."}
    return {"command": command, "cmd": command, "commands": [command], "description": "run it", **flags}


def _plan(plan: str) -> Json:
    return {"plan": plan}


def _ask(question: str) -> Json:
    options = [{"label": label, "description": described} for label, described in CHOICES.items()]
    asked = {"question": question, "header": "Stack", "options": options}
    several = [{**asked, "id": "stack", "type": "choice", "multiSelect": False}]
    return {"question": question, "options": list(CHOICES), "choices": list(CHOICES), "questions": several}


def _fitted(value: Any, schema: Any) -> Any:
    """Only what the schema declares: several agents refuse a field that they do not know."""
    if not isinstance(schema, dict):
        return value
    properties = schema.get("properties")
    if isinstance(value, dict) and isinstance(properties, dict):
        return {name: _fitted(each, properties[name]) for name, each in value.items() if name in properties}
    kind = str(schema.get("type", "")).lower()
    if isinstance(value, list):
        return [_fitted(each, schema.get("items")) for each in value]
    return ["bash", "-lc", value] if isinstance(value, str) and kind == "array" else value


def texts(blocks: object) -> Iterable[str]:
    """The texts of a message's content, in any of the wires' shapes."""
    if isinstance(blocks, str):
        yield blocks
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, dict) and isinstance(block.get("text"), str):
            yield block["text"]
