"""A session as it stands. Knows state; changes only through `fold`.

States follow ACP v2's draft. Mode, archive, unread, queue, agent connection and merges are facts beside it, never
states of their own.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from segue.domain import config, costs
from segue.domain.buckets import Bucket
from segue.domain.events import (
    Command,
    ConfigChosen,
    ConfigOption,
    Cost,
    Mode,
    PermissionRequested,
    PlanEntry,
    PromptAnswered,
    PromptQueued,
    QuestionAsked,
    Stat,
    StopReason,
    Tokens,
)
from segue.domain.facts import Image
from segue.domain.ids import SessionId
from segue.domain.plans import PlanComment
from segue.domain.undo import RESTORES_FILES, Action, ActionKind, Log


class State(StrEnum):
    CREATING = "creating"
    """The worktree is being made."""
    IDLE = "idle"
    """Ready for a prompt. Background updates may still arrive."""
    RUNNING = "running"
    """A turn runs."""
    REQUIRES_ACTION = "requires_action"
    """A turn runs and waits for a person."""
    FAILED = "failed"
    """It cannot go on by itself; `failure` says why. A new prompt tries again where there is a worktree."""


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of the parts of a session."""


DECLINED = "You declined."
"""The message of a turn whose agent failed because the user refused what it asked for."""


class Failure(Value, frozen=True):
    reason: str
    message: str
    action: str = ""


class Checkpoint(Value, frozen=True):
    commit: str
    tree: str


class Turn(Value, frozen=True):
    number: int
    prompt: str
    started_ms: int
    images: tuple[Image, ...] = ()
    before: Checkpoint | None = None
    after: Checkpoint | None = None
    around: str = ""
    """Commit that records what the repository shared with the worktree before it."""
    ended_ms: int | None = None
    stop_reason: StopReason | None = None
    """None while it runs."""
    message: str = ""
    is_declined: bool = False
    """The user's newest answer to a permission request of this turn was a refusal."""
    tokens: Tokens | None = None
    cost: Cost | None = None
    """What the agent told while it ran, or an estimate."""

    @property
    def changed_nothing(self) -> bool:
        """The files after the turn are those before it."""
        return self.before is not None and self.after is not None and self.before.tree == self.after.tree


class Merge(Value, frozen=True):
    number: int
    commit: str
    base_ref: str
    base_before: str
    since_before: str
    """What `Session.since` was, for an undo."""
    left: int = 0
    """Changes that stay with the session, since they need uncommitted work of the user's."""


class Archive(Value, frozen=True):
    snapshot: str
    snapshot_ref: str
    folder_kept: str = ""
    """What stays of the folder, and why."""
    is_whole: bool = False
    """The folder stays as it was, with work that no snapshot has."""


class Planning(Value, frozen=True):
    """Turns only plan until a person approves. Empty fields: the agent has no mode for that, or is not in it yet."""

    option_id: str = ""
    value: str = ""
    back: str = ""
    """The mode that an approval brings back."""


class Proposal(Value, frozen=True):
    """A plan that waits for a person."""

    key: str
    """Names it for good: the request's id, or `turn-<n>`."""
    text: str
    turn: int
    request_id: str = ""
    """The request that the agent waits with; empty where its turn is over."""
    comments: tuple[PlanComment, ...] = ()
    changed: int = 0
    """Files that its turn changed although it only planned."""


class Session(Value, frozen=True):
    id: SessionId
    title: str
    agent: str
    repository: str
    common_dir: str
    base_ref: str | None
    base_commit: str
    branch: str
    worktree: str
    mode: Mode
    created_ms: int
    updated_ms: int
    seq: int
    """Of the last event that changed it."""
    subfolder: str = ""
    state: State = State.CREATING
    has_worktree: bool = False
    failure: Failure | None = None
    turns: tuple[Turn, ...] = ()
    queue: tuple[PromptQueued, ...] = ()
    rank: int | None = None
    """Its place among those that wait for others to end, see `waiting`; None where it does not wait."""
    starts_now: bool = False
    """A person wants its next prompt sent past the limit."""
    permissions: tuple[PermissionRequested, ...] = ()
    """Undecided ones, oldest first."""
    questions: tuple[QuestionAsked, ...] = ()
    """Those without an answer, oldest first."""
    activity: str = ""
    """One line on what it does, the question it waits with, or how its last turn ended."""
    line: str = ""
    """What the agent wrote of its newest line, for `activity`; `line_of` is its message."""
    line_of: str = ""
    plan: tuple[PlanEntry, ...] = ()
    planning: Planning | None = None
    proposal: Proposal | None = None
    since: str = ""
    """Commit that the session's changes are measured from: the base, or what was merged last."""
    stat: Stat = Stat()
    answer: PromptAnswered | None = None
    """The agent's answer while the turn is being closed."""
    is_unread: bool = False
    is_pinned: bool = False
    is_stopping: bool = False
    needs_sign_in: bool = False
    """The agent wants its user to sign in; what is queued waits for that."""
    agent_session_id: str | None = None
    can_load: bool = False
    takes_images: bool | None = None
    """None until its agent has said so."""
    reads_prose: bool = True
    """The agent's prompts are words, not commands."""
    needs_handover: bool = False
    """The next prompt goes with a summary of what was said before."""
    generation: int = 0
    """Of the newest runner; 0 before the first."""
    is_agent_alive: bool = False
    context_used: int | None = None
    context_size: int | None = None
    spent: Cost | None = None
    """What the agent told that everything cost, over all of its processes."""
    cost_counter: Cost | None = None
    """The total as the agent reported it last."""
    options: tuple[ConfigOption, ...] = ()
    """As the agent last reported them."""
    choices: tuple[ConfigChosen, ...] = ()
    """What a person chose, in that order; the agent gets what differs before its next prompt."""
    commands: tuple[Command, ...] = ()
    offered_seq: int = 0
    """Of the last event that changed options, choices or commands."""
    merges: int = 0
    """How many merges were begun: the number of the next one less one."""
    pending_undo: int | None = None
    """Number of the merge that is being undone."""
    pending_merge: int | None = None
    merged: Merge | None = None
    """The merge that brought everything so far to the base; None again once new work begins."""
    archives: int = 0
    archive: Archive | None = None
    actions: Log = ()
    """What was done to it that a person may want back, oldest first."""
    pending_rollback: int | None = None
    linked_to: str = ""
    """The checkout that follows its worktree; empty while it is on its own."""
    accepted: str = ""
    """Commit of the person's own part in its worktree; empty while there is none."""
    is_deleted: bool = False

    @property
    def turn(self) -> Turn | None:
        """The newest turn."""
        return self.turns[-1] if self.turns else None

    @property
    def asks(self) -> tuple[PermissionRequested | QuestionAsked, ...]:
        """What waits for a person: permissions, then questions."""
        return (*self.permissions, *self.questions)

    @property
    def offered(self) -> tuple[ConfigOption, ...]:
        """The options, with what is chosen as their current values."""
        options = self.options
        for choice in self.choices:
            options = config.with_current(options, choice.option_id, choice.value)
        return options

    @property
    def model(self) -> str:
        """Name of the model, where the agent tells it."""
        option = config.of_category(self.offered, config.MODEL)
        return config.value_name(option, option.current) if option is not None else ""

    @property
    def cost(self) -> Cost | None:
        """What it cost so far: as the agent told, or the sum of its turns' estimates; None where it is unknown."""
        return self.spent or costs.total_cost(turn.cost for turn in self.turns)

    @property
    def tokens(self) -> Tokens | None:
        """What all turns took, as far as it was counted."""
        return costs.total_tokens(turn.tokens for turn in self.turns)

    @property
    def is_turn_running(self) -> bool:
        return self.turn is not None and self.turn.stop_reason is None

    @property
    def can_resume(self) -> bool:
        """Whether the agent can be asked to go on where its turn was cut off."""
        is_cut_off = self.turn is not None and self.turn.stop_reason is StopReason.INTERRUPTED
        return is_cut_off and self.reads_prose and self.archive is None and not self.queue

    @property
    def bucket(self) -> Bucket:  # the one place that decides where a row stands
        if self.archive is not None:
            return Bucket.DONE
        if self.asks or self.state in {State.FAILED, State.REQUIRES_ACTION}:
            return Bucket.NEEDS_YOU
        if self.state in {State.RUNNING, State.CREATING}:
            return Bucket.WORKING
        if self.needs_sign_in:
            return Bucket.NEEDS_YOU
        if self.queue:
            return Bucket.QUEUED
        if self.proposal is not None:
            return Bucket.NEEDS_YOU
        is_cut_off = self.turn is not None and self.turn.stop_reason in {StopReason.INTERRUPTED, StopReason.FAILED}
        if is_cut_off and self.merged is None:
            return Bucket.NEEDS_YOU
        if self.merged is not None and not self.merged.left:
            return Bucket.DONE
        if self.is_unread or self.stat.files:
            return Bucket.READY
        return Bucket.IDLE

    @property
    def is_asking(self) -> bool:
        """Whether an answer of the user's is what it waits for."""
        return bool(self.asks) or self.proposal is not None

    @property
    def urgency(self) -> int:
        """Orders those that need the user, in every client: 0 asks something, 1 failed or was cut off."""
        return 0 if self.is_asking or self.needs_sign_in else 1

    def can_undo(self, action: Action) -> bool:
        """Whether an entry of the undo log can be taken back as things stand."""
        if action.is_expired or action.is_undone or (self.is_deleted and action.kind is not ActionKind.DELETE):
            return False
        match action.kind:
            case ActionKind.DELETE:
                newest = [entry.number for entry in self.actions if entry.kind is ActionKind.DELETE][-1]
                return self.is_deleted and action.number == newest
            case ActionKind.ARCHIVE:
                kept = action.snapshot("worktree")
                return self.archive is not None and kept is not None and kept.ref == self.archive.snapshot_ref
            case ActionKind.MERGE:
                return self.archive is None and self.merged is not None and self.merged.number == action.merge
            case ActionKind.UNDO_MERGE:
                return False
            case ActionKind.AROUND:
                return not action.undoes
            case _:
                return self.archive is None and self.has_worktree and action.snapshot("worktree") is not None

    @property
    def next_undo(self) -> Action | None:
        """What *Undo* takes back: the newest action that can be; a redo is asked for by its number."""
        undoable = (entry for entry in reversed(self.actions) if entry.kind is not ActionKind.UNDO)
        return next((entry for entry in undoable if self.can_undo(entry)), None)

    @property
    def next_redo(self) -> Action | None:
        """The newest undo, where nothing was rolled back since."""
        files = [entry for entry in self.actions if entry.kind in RESTORES_FILES]
        newest = files[-1] if files else None
        return newest if newest and newest.kind is ActionKind.UNDO and self.can_undo(newest) else None
