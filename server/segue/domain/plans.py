"""Plans that a person approves before anything is done: what can happen to one, and what the agent is told of it.

Knows facts in past tense and the words of prompts; knows no session and no agent.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

from segue.domain.event import Event
from segue.domain.facts import ConfigOption, Fact

TEXT_LIMIT = 128 * 1024
"""Characters of a plan."""
QUOTE_LINES = 6
"""Lines of the plan that a comment quotes."""
PLAN = "plan"
"""What modes for planning are called by those who offer them, as an id."""

ONLY_PLAN = (
    "Only make a plan for now: read whatever you need, but change no file and run nothing that changes anything. "
    "End with the whole plan in Markdown. I shall comment on it or approve it before anything is done."
)
STAY = "Revise the plan with what I say below and answer with the whole new plan. Do not carry it out yet."
GO_AHEAD = "The plan is approved. Carry it out now."


class Decision(StrEnum):
    """What became of a plan."""

    APPROVED = "approved"
    """The agent carries it out."""
    REVISED = "revised"
    """The agent makes another one, with what was said."""
    REJECTED = "rejected"
    """Nothing is done; the session still only plans."""


class PlanComment(Fact, frozen=True):
    """What a person says of some lines of a plan. Lines count from 1, the last one included."""

    comment_id: str
    first: int
    last: int
    text: str


class PlanningBegun(Event, frozen=True, tag="planning_begun"):
    """Its turns only plan until a person approves a plan."""


class PlanModeEntered(Event, frozen=True, tag="plan_mode_entered"):
    """The agent has a mode for that, and is in it."""

    option_id: str
    value: str
    back: str
    """The mode before, which an approval brings back."""


class PlanProposed(Event, frozen=True, tag="plan_proposed"):
    """A turn that only planned has ended, and this is the plan."""

    turn: int
    text: str
    changed: int = 0
    """Files that changed in the turn although it only planned."""


class PlanChecked(Event, frozen=True, tag="plan_checked"):
    """How many files the turn of a plan changed that waits in mid-turn."""

    key: str
    changed: int


class PlanCommented(Event, frozen=True, tag="plan_commented"):
    """A comment was collected; it is sent with the decision."""

    key: str
    comment: PlanComment


class PlanCommentDropped(Event, frozen=True, tag="plan_comment_dropped"):
    key: str
    comment_id: str


class PlanDecided(Event, frozen=True, tag="plan_decided"):
    key: str
    decision: Decision
    by: str = "user"
    said: str = ""
    """What was said with it, besides the comments."""


PlanEvent: TypeAlias = (
    PlanningBegun | PlanModeEntered | PlanProposed | PlanChecked | PlanCommented | PlanCommentDropped | PlanDecided
)


def key_of_turn(turn: int) -> str:
    """The key of a plan that a turn ended with; one that is asked for in mid-turn has its request's id."""
    return f"turn-{turn}"


def plan_value(option: ConfigOption, told: str) -> str | None:
    """The mode for planning: the one that the agent's definition names, else the one whose id says so."""
    offered = [known.value for known in option.values]
    if told in offered:
        return told
    return next((value for value in offered if _last_word(value) == PLAN), None)


def _last_word(value: str) -> str:
    for mark in "#/:":
        value = value.rpartition(mark)[2]
    return value.casefold()


def revision(plan: str, comments: Iterable[PlanComment], said: str) -> str:
    """The one prompt that sends all comments."""
    return "\n\n".join([STAY, *_remarks(plan, comments, said)])


def go_ahead(plan: str, comments: Iterable[PlanComment], said: str) -> str:
    """The prompt that has an approved plan carried out, where the agent does not wait with it."""
    return "\n\n".join([GO_AHEAD, *_remarks(plan, comments, said)])


def remarks(plan: str, comments: Iterable[PlanComment], said: str) -> str:
    """Comments and what else was said, without more words; empty where nothing was."""
    return "\n\n".join(_remarks(plan, comments, said))


def _remarks(plan: str, comments: Iterable[PlanComment], said: str) -> list[str]:
    lines = plan.splitlines()
    quoted = [_quoted(lines, comment) for comment in sorted(comments, key=lambda comment: comment.first)]
    return [*quoted, *([said.strip()] if said.strip() else [])]


def _quoted(lines: list[str], comment: PlanComment) -> str:
    place = f"Line {comment.first}" if comment.first == comment.last else f"Lines {comment.first}-{comment.last}"
    told = lines[comment.first - 1 : comment.last]
    shown = [*told[:QUOTE_LINES], "…"] if len(told) > QUOTE_LINES else told
    return "\n".join([f"{place}:", *(f"> {line}" for line in shown), comment.text])
