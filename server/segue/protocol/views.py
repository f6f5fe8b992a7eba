"""What clients are shown. Knows shapes only: ids, texts, numbers; every rule behind them is the domain's.

Times are milliseconds since 1970, line numbers count from 1, refs are full names, ids of commits and blobs are hex.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from segue.domain.buckets import Bucket, Tone
from segue.domain.events import Mode, StopReason
from segue.domain.session import State
from segue.domain.transcript import ItemKind
from segue.domain.undo import ActionKind
from segue.domain.verbs import Verb
from segue.protocol.images import ImageView
from segue.protocol.permissions import PermissionView
from segue.protocol.phrases import PhraseView
from segue.protocol.plans import PlanCommentView, PlanProposalView
from segue.protocol.questions import QuestionView
from segue.protocol.usage import CostView, TokensView
from segue.protocol.wire import Wire


class StatView(Wire):
    """What changed: files, and lines in text files."""

    files: int = 0
    added: int = 0
    removed: int = 0


class QueuedPromptView(Wire):
    prompt_id: str
    text: str
    images: list[ImageView] = Field(default_factory=list)


class FailureView(Wire):
    """What happened, and what to do."""

    reason: str
    message: str
    action: str = ""


class ConfigValueView(Wire):
    """One value that an option can have."""

    value: str
    """To be sent back as it is."""
    name: str
    description: str | None = None
    group: str | None = None
    """Heading that it stands under."""


class ConfigOptionView(Wire):
    """Something that can be chosen of an agent: its mode, its model, or whatever else it offers."""

    option_id: str
    name: str
    category: str | None = None
    """`mode`, `model`, `model_config`, `thought_level`, or the agent's own word."""
    description: str | None = None
    type: str
    """`select`, `boolean` (values `true` and `false`), or a word of the agent's for something that is only shown."""
    current: str
    """What is chosen, also where the agent gets it only before its next prompt."""
    values: list[ConfigValueView] = Field(default_factory=list)


class CommandView(Wire):
    """A slash command of the agent."""

    name: str
    """Without the slash."""
    description: str | None = None
    hint: str | None = None
    """What to write behind it."""


class OfferView(Wire):
    """What an agent offers in a session, all of it."""

    options: list[ConfigOptionView] = Field(default_factory=list)
    commands: list[CommandView] = Field(default_factory=list)


class TurnView(Wire):
    """One turn with its checkpoints."""

    number: int
    prompt: str
    started_ms: int
    ended_ms: int | None = None
    stop_reason: StopReason | None = None
    message: str | None = None
    before: str | None = None
    """Commit of the checkpoint before it."""
    after: str | None = None
    tokens: TokensView | None = None
    """None where the agent did not count."""
    cost: CostView | None = None
    """None where it is unknown."""


class MergeView(Wire):
    """A merge that was made."""

    number: int
    commit: str
    base_ref: str
    base_before: str
    left_out: int = 0
    """Changes of the agent that stay with the session, since they need uncommitted work of the user's."""


class UndoView(Wire):
    """What can be taken back next."""

    number: int
    kind: ActionKind
    title: str
    """What was done, as a short phrase."""


class BucketView(Wire):
    """A group of rows."""

    id: Bucket
    name: PhraseView
    filters: list[str]
    """What a user may type to see only these rows."""
    is_folded: bool
    """Its rows are hidden until the user opens it."""


class SessionView(Wire):
    """A row of the panel. Clients render it; what it means and what can be done with it is decided by the server."""

    id: str
    seq: int
    title: str
    agent: str
    bucket: Bucket
    order: list[int]
    """Rows are sorted by these numbers, compared one after the other; rows of one bucket stand together."""
    status: PhraseView
    """What its state is, in a few words."""
    sign: str
    """The same as one character, for terminals."""
    tone: Tone
    """The same as a colour."""
    urgency: int = 0
    """Among those that need the user: 0 asks something, 1 failed or was cut off; then the newest comes first."""
    state: State
    mode: Mode
    repository: str
    worktree: str
    branch: str
    base_ref: str | None = None
    base_commit: str
    created_ms: int
    updated_ms: int
    activity: str = ""
    """One line: what it does, what it asks, or how it ended."""
    stat: StatView = StatView()
    turns: int = 0
    turn_started_ms: int | None = None
    stop_reason: StopReason | None = None
    permissions: list[PermissionView] = Field(default_factory=list)
    """Undecided ones, oldest first."""
    questions: list[QuestionView] = Field(default_factory=list)
    """Those without an answer, oldest first."""
    is_planning: bool = False
    """Its turns only plan until a person approves a plan."""
    proposal: PlanProposalView | None = None
    takes_images: bool | None = None
    """None until its agent has said so."""
    queue: list[QueuedPromptView] = Field(default_factory=list)
    place: int | None = None
    """In the line of sessions that wait for others to end, from 1."""
    allowed: list[Verb] = Field(default_factory=list)
    """What can be done with it now, in the order in which menus show it."""
    reasons: dict[str, str] = Field(default_factory=dict)
    """Why a verb that a user may expect is not allowed now: one sentence each, by the verb's name."""
    model: str | None = None
    """Name of the agent's model, where it tells."""
    failure: FailureView | None = None
    is_unread: bool = False
    is_pinned: bool = False
    """A person wants it first in its bucket, in every window."""
    is_agent_alive: bool = False
    is_stopping: bool = False
    can_resume: bool = False
    """Its turn was interrupted, and its agent can be asked to go on."""
    needs_sign_in: bool = False
    """Its agent wants its user to sign in; the prompt waits in the queue for that."""
    is_archived: bool = False
    folder_kept: str | None = None
    """What stays of an archived session's folder, and why."""
    linked_to: str | None = None
    """The checkout whose buffers and files it shares."""
    merged: MergeView | None = None
    undo: UndoView | None = None
    """What *Undo* would take back."""
    redo: UndoView | None = None
    context_used: int | None = None
    """Tokens that stand in the model's context window."""
    context_size: int | None = None
    """How many go into it."""
    tokens: TokensView | None = None
    """Of all turns, as far as they were counted."""
    cost: CostView | None = None
    """Of the whole session; None where it is unknown."""


class ToolContentView(Wire):
    type: str
    text: str = ""
    path: str | None = None
    old_text: str | None = None
    image: ImageView | None = None


class LocationView(Wire):
    path: str
    line: int | None = None


class PlanEntryView(Wire):
    content: str
    status: str
    priority: str


class PlaceView(Wire):
    """Where in a file a prompt was written; lines count from 0, and the end is exclusive."""

    uri: str
    start_line: int
    end_line: int
    words: str
    """What was written there, without what went along to the agent."""


class ItemView(Wire):
    """An entry of a transcript; which fields are there follows from `kind`."""

    id: str
    kind: ItemKind
    turn: int
    seq: int
    at_ms: int
    text: str | None = None
    title: str | None = None
    tool_kind: str | None = None
    status: str | None = None
    content: list[ToolContentView] | None = None
    locations: list[LocationView] | None = None
    input: str | None = None
    entries: list[PlanEntryView] | None = None
    permission: PermissionView | None = None
    question: QuestionView | None = None
    plan_key: str | None = None
    """Of a plan, as `PlanProposalView.key` has it."""
    comments: list[PlanCommentView] | None = None
    changed: int | None = None
    """Of a plan: files that its turn changed."""
    place: PlaceView | None = None
    images: list[ImageView] | None = None


class AppendView(Wire):
    """`text` was added at the end of an item's text."""

    item_id: str
    seq: int
    text: str


class BranchView(Wire):
    name: str
    ref: str
    commit: str
    checked_out_at: str | None = None


class NoteView(Wire):
    """Something worth knowing about a repository before work starts."""

    reason: str
    message: str


class RepositoryView(Wire):
    """A repository as far as delegating needs to know it."""

    root: str
    subfolder: str = ""
    head_ref: str | None = None
    head_commit: str
    branches: list[BranchView]
    default_branch: str | None = None
    """Full ref name to offer first."""
    notes: list[NoteView] = Field(default_factory=list)


class FileChangeView(Wire):
    """One changed file. In `path` undecodable bytes are replaced, in `display` they are escaped; the URIs are exact."""

    path: str
    display: str
    status: Literal["added", "modified", "deleted", "renamed", "type_changed"]
    kind: str
    """`text`, `binary`, `symlink`, `submodule` or `lfs`."""
    old_path: str | None = None
    added: int | None = None
    removed: int | None = None
    base_uri: str | None = None
    """Virtual document of the old side; None where there is none."""
    result_uri: str | None = None


class ChangesetView(Wire):
    """The difference between two checkpoints."""

    session_id: str
    base: str
    result: str
    stat: StatView
    files: list[FileChangeView]
    is_truncated: bool = False


class ConflictView(Wire):
    path: str
    message: str = ""


class SnapshotView(Wire):
    what: str
    """`worktree`, `checkout` (the user's) or `branch`."""
    ref: str
    commit: str
    path: str | None = None
    """The folder that it was taken of."""


class ActionView(Wire):
    """One entry of the undo log: something that could have destroyed work, and what leads back."""

    session_id: str
    session_title: str
    number: int
    kind: ActionKind
    title: str
    at_ms: int
    expires_ms: int | None = None
    """When its snapshots may go; None while something needs them, or where they are gone."""
    can_undo: bool
    is_undone: bool = False
    is_expired: bool = False
    snapshots: list[SnapshotView] = Field(default_factory=list)


class CheckView(Wire):
    """One line of `segue doctor`."""

    name: str
    status: Literal["ok", "warning", "failed"]
    message: str
    action: str = ""
