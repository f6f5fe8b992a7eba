"""What a permission request says to people, for every client: its facts, and what each kind of answer does.

Knows what an agent asks, never its labels: an agent may have chosen them to mislead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segue.domain.facts import OptionKind
from segue.domain.ids import visible, visible_lines
from segue.domain.permissions import PermissionRequested
from segue.domain.phrases import Phrase, phrase

EFFECTS: Mapping[OptionKind, Phrase] = {
    OptionKind.ALLOW_ONCE: phrase("Allow once"),
    OptionKind.ALLOW_ALWAYS: phrase("Allow always"),
    OptionKind.REJECT_ONCE: phrase("Deny once"),
    OptionKind.REJECT_ALWAYS: phrase("Deny always"),
    OptionKind.UNKNOWN: phrase("Unknown kind of answer"),
}
"""What an answer of each kind does."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is decided on, whole."""

    name: Phrase
    values: tuple[str, ...]


def facts(request: PermissionRequested) -> tuple[Fact, ...]:
    """What exactly is asked for, besides the title: the command, where it runs, which files it touches.

    What would be invisible is escaped; only a command has lines.
    """
    command = visible_lines(request.command)
    found = (
        Fact(phrase("Command"), (command,) if command else ()),
        Fact(phrase("In the directory"), (visible(request.directory),) if request.directory else ()),
        Fact(phrase("Files"), tuple(map(visible, request.paths))),
    )
    return tuple(fact for fact in found if fact.values)
