"""The method table: every `segue/*` request and notification with its types. Knows names and shapes; handles nothing.

Concepts run parallel to Microsoft's Agent Host Protocol: a snapshot, then ordered changes by `seq`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import Field

from segue.protocol import images, pairing, plans, views
from segue.protocol.agents import AgentParams, AgentProgress, AgentProgressParams, AgentRunParams, AgentView
from segue.protocol.merges import MergeParams, MergePlanParams, MergePlanResult, MergeResult
from segue.protocol.permissions import AnswerParams, AnswerResult
from segue.protocol.policy import (
    ListRulesResult,
    RevokeRuleParams,
    RevokeRuleResult,
    TryRulesParams,
    TryRulesResult,
)
from segue.protocol.questions import AnswerQuestionParams, AnswerQuestionResult
from segue.protocol.queue import MoveQueuedParams
from segue.protocol.sessions import (
    ChangesetDiffParams,
    ChangesetDiffResult,
    ChangesetParams,
    ChangesetResult,
    ConfigureParams,
    ConfigureResult,
    DropPromptParams,
    ListSessionsParams,
    ListSessionsResult,
    NewSessionParams,
    PromptParams,
    PromptResult,
    SessionParams,
    SessionResult,
    ShowSessionResult,
    TurnsResult,
)
from segue.protocol.status import DoctorParams, DoctorResult, StatusResult, StopDaemonParams
from segue.protocol.subscriptions import ItemsParams, ReloadedParams, SaveParams, SubscribeParams, UnsubscribeParams
from segue.protocol.undo import (
    DeleteResult,
    DiskView,
    ExportSnapshotParams,
    ExportSnapshotResult,
    ListUndoParams,
    ListUndoResult,
    RollBackParams,
    RollBackResult,
    UndoParams,
    UndoResult,
)
from segue.protocol.wire import PROTOCOL_VERSION, Wire

P = TypeVar("P", bound=Wire)
R = TypeVar("R", bound=Wire)


@dataclass(frozen=True, slots=True)
class Request(Generic[P, R]):
    """A request from client to server."""

    name: str
    params: type[P]
    result: type[R]
    doc: str


@dataclass(frozen=True, slots=True)
class Notification(Generic[P]):
    """A notification; to the client, unless its text says from."""

    name: str
    params: type[P]
    doc: str


class Nothing(Wire):
    """An empty object."""


class ClientInfo(Wire):
    """`initializationOptions.segue` of `initialize`: who connects, and with which environment sessions start."""

    client: str = "unknown"
    version: str = ""
    protocol: int = PROTOCOL_VERSION
    environment: dict[str, str] = Field(default_factory=dict)
    """Variables of the client's window; the server keeps what its allow-list names."""
    agent_servers: dict[str, dict[str, Any]] | None = None
    """Agents of the editor's own settings, `{name: {command, args, env}}`; never of a workspace's (D45)."""
    shows_permissions: bool = False
    """The client shows permission requests itself; otherwise they come as `window/showMessageRequest`."""
    shows_hunks: bool = False
    """The client shows hunks and proposals itself; otherwise they come as diagnostics."""
    commands: list[str] = Field(default_factory=list)
    """Commands of the client that lenses and code actions may name: `segue.discuss`, `segue.pair`."""


class DiskResult(Wire):
    disk: DiskView


class ListAgentsResult(Wire):
    agents: list[AgentView]


class InspectRepositoryParams(Wire):
    path: str


class InspectRepositoryResult(Wire):
    repository: views.RepositoryView


NEW_SESSION = Request("segue/session/new", NewSessionParams, SessionResult, "Delegate a task: worktree, branch, turn.")
LIST_SESSIONS = Request("segue/session/list", ListSessionsParams, ListSessionsResult, "All sessions as rows.")
SHOW_SESSION = Request("segue/session/show", SessionParams, ShowSessionResult, "One session with its transcript.")
PROMPT = Request("segue/session/prompt", PromptParams, PromptResult, "Send a prompt: now, or behind the turn.")
RESUME = Request(
    "segue/session/resume", SessionParams, PromptResult, "Ask the agent to go on where its turn was interrupted."
)
ADD_IMAGE = Request("segue/image/add", images.AddImageParams, images.AddImageResult, "Keep an image for a prompt.")
SHOW_IMAGE = Request(
    "segue/image/show", images.ShowImageParams, images.ShowImageResult, "An image of a prompt or an answer."
)
DROP_PROMPT = Request("segue/prompt/drop", DropPromptParams, SessionResult, "Take a queued prompt back.")
MOVE_QUEUED = Request(
    "segue/queue/move", MoveQueuedParams, SessionResult, "Give a session another place among those that wait."
)
START_NOW = Request("segue/queue/start", SessionParams, SessionResult, "Begin its turn, however many sessions work.")
CONFIGURE = Request(
    "segue/session/configure", ConfigureParams, ConfigureResult, "Choose a model, a mode or what else the agent offers."
)
TURNS = Request("segue/session/turns", SessionParams, TurnsResult, "The turns of a session with their checkpoints.")
ANSWER = Request("segue/permission/answer", AnswerParams, AnswerResult, "Answer a permission request, once.")
LIST_RULES = Request("segue/policy/list", Nothing, ListRulesResult, "The rules on what agents may do without asking.")
REVOKE_RULE = Request("segue/policy/revoke", RevokeRuleParams, RevokeRuleResult, "Forget a rule that was remembered.")
TRY_RULES = Request(
    "segue/policy/try", TryRulesParams, TryRulesResult, "What the rules say of a request; does nothing."
)
ANSWER_QUESTION = Request(
    "segue/question/answer", AnswerQuestionParams, AnswerQuestionResult, "Answer a question of an agent, once."
)
DECIDE_PLAN = Request(
    "segue/plan/decide", plans.DecidePlanParams, SessionResult, "Approve, revise or reject a plan, once."
)
COMMENT_PLAN = Request(
    "segue/plan/comment", plans.CommentPlanParams, SessionResult, "Collect a comment on a plan's lines."
)
DROP_PLAN_COMMENT = Request("segue/plan/uncomment", plans.DropPlanCommentParams, SessionResult, "Take a comment back.")
STOP = Request("segue/session/stop", SessionParams, SessionResult, "Stop the turn and drop what is queued.")
SEEN = Request("segue/session/seen", SessionParams, SessionResult, "A person looked at the result.")
PIN = Request("segue/session/pin", SessionParams, SessionResult, "Show it first in its bucket.")
UNPIN = Request("segue/session/unpin", SessionParams, SessionResult, "No longer show it first.")
ARCHIVE = Request("segue/session/archive", SessionParams, SessionResult, "Discard: snapshot everything, then remove.")
RESTORE = Request("segue/session/restore", SessionParams, SessionResult, "Bring an archived session back.")
PLAN_MERGE = Request("segue/merge/plan", MergePlanParams, MergePlanResult, "What a merge would do.")
MERGE = Request("segue/merge/apply", MergeParams, MergeResult, "Merge as planned, completely or not at all.")
UNDO_MERGE = Request("segue/merge/undo", SessionParams, SessionResult, "Put the base back to before the merge.")
CHANGESET = Request("segue/changeset/show", ChangesetParams, ChangesetResult, "The files a session or turn changed.")
CHANGESET_DIFF = Request(
    "segue/changeset/diff", ChangesetDiffParams, ChangesetDiffResult, "A piece of its diff, exactly as git prints it."
)
ROLL_BACK = Request("segue/session/rollback", RollBackParams, RollBackResult, "Bring the files of a checkpoint back.")
DELETE_SESSION = Request(
    "segue/session/delete", SessionParams, DeleteResult, "Delete an archived session; undo brings it back."
)
LIST_UNDO = Request("segue/undo/list", ListUndoParams, ListUndoResult, "What was done, and whether it can be undone.")
UNDO = Request("segue/undo/apply", UndoParams, UndoResult, "Take an action back; snapshots what stands there first.")
EXPORT_SNAPSHOT = Request(
    "segue/undo/export", ExportSnapshotParams, ExportSnapshotResult, "Write a snapshot's files into a new folder."
)
DISK = Request("segue/disk", Nothing, DiskResult, "What Segue takes on the disk; looks at every file.")
LIST_AGENTS = Request("segue/agent/list", Nothing, ListAgentsResult, "Agent definitions and what is installed.")
AGENT_RUN = Request("segue/agent/run", AgentRunParams, AgentProgress, "Install, remove or check an agent, or sign in.")
AGENT_PROGRESS = Request("segue/agent/progress", AgentProgressParams, AgentProgress, "How far that has come; may wait.")
AGENT_CANCEL = Request("segue/agent/cancel", AgentParams, Nothing, "Stop what is done with an agent; nothing stays.")
AGENT_RESUME = Request("segue/agent/resume", AgentParams, Nothing, "A person signed in; what waited goes on.")
INSPECT_REPOSITORY = Request(
    "segue/repository/inspect", InspectRepositoryParams, InspectRepositoryResult, "Branches, and what to know first."
)
SUBSCRIBE = Request("segue/subscribe", SubscribeParams, ItemsParams, "Follow a resource; answers with what is new.")
UNSUBSCRIBE = Request("segue/unsubscribe", UnsubscribeParams, Nothing, "No longer follow a resource.")
STATUS = Request("segue/status", Nothing, StatusResult, "How the daemon is.")
DOCTOR = Request("segue/doctor", DoctorParams, DoctorResult, "Check what Segue needs.")
STOP_DAEMON = Request("segue/daemon/stop", StopDaemonParams, Nothing, "End the daemon; agents go on.")

PREVIEW_LINK = Request(
    "segue/link/preview",
    SessionParams,
    pairing.LinkPreviewResult,
    "What linking, or unlinking, would move. Changes nothing.",
)
START_LINK = Request("segue/link/start", pairing.StartLinkParams, pairing.LinkResult, "Link a session to the checkout.")
STOP_LINK = Request(
    "segue/link/stop", pairing.StopLinkParams, SessionResult, "Unlink: the session goes on in background."
)
SHARE_LINK = Request("segue/link/share", SessionParams, pairing.LinkResult, "Give the agent the person's edits now.")
SHOW_LINK = Request("segue/link/show", SessionParams, pairing.LinkResult, "Hunks, proposals and comments.")
DECIDE_HUNKS = Request("segue/hunk/decide", pairing.DecideParams, pairing.LinkResult, "Accept or reject hunks.")
UNDO_DECISION = Request("segue/hunk/undo", SessionParams, pairing.LinkResult, "Take the last decision back.")
RESOLVE_PROPOSAL = Request("segue/proposal/resolve", pairing.ResolveParams, pairing.LinkResult, "Decide on a proposal.")
ADD_COMMENT = Request("segue/comment/add", pairing.AddCommentParams, pairing.LinkResult, "Collect a review comment.")
SEND_COMMENTS = Request(
    "segue/comment/send",
    SessionParams,
    SessionResult,
    "Send what was collected as one prompt, in the background too.",
)
FINISH = Request("segue/session/finish", SessionParams, SessionResult, "End pairing; accepted hunks stay.")

ITEMS = Notification("segue/items", ItemsParams, "Changes of a resource that the client follows.")
RELOADED = Notification(
    "segue/document/reloaded",
    ReloadedParams,
    "From the client: the next `didChange` of this document may be a reload from the disk, which nobody typed.",
)
SAVE = Notification(
    "segue/document/save",
    SaveParams,
    "To the client: Segue took the agent's text out of a document that was saved. Save it if nothing came since.",
)

REQUESTS: tuple[Request[Wire, Wire], ...] = tuple(
    found for found in vars().copy().values() if isinstance(found, Request)
)
"""All of the above, in their order."""
REQUESTS_BY_NAME: dict[str, Request[Wire, Wire]] = {request.name: request for request in REQUESTS}
NOTIFICATIONS: tuple[Notification[Wire], ...] = (ITEMS, RELOADED, SAVE)  # type: ignore[assignment]
