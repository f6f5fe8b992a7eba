"""What crosses the wire of sessions: made, listed, prompted, reviewed. Knows shapes only."""

from __future__ import annotations

from pydantic import Field

from segue.domain.events import Mode
from segue.protocol import pairing, views
from segue.protocol.wire import Wire


class SessionParams(Wire):
    session_id: str


class SessionResult(Wire):
    session: views.SessionView


class NewSessionParams(Wire):
    repository: str
    """Any folder in the repository."""
    agent: str
    prompt: str
    base: str | None = None
    """Branch name or full ref; None means what is checked out."""
    title: str | None = None
    mode: Mode = Mode.BACKGROUND
    selection: pairing.SelectionView | None = None
    """What the prompt is about."""
    is_planned: bool = False
    """The agent only plans until a person approves; see `segue/plan/decide`."""
    options: dict[str, str] = Field(default_factory=dict)
    """Values by option id, as `AgentView.options` has them; the agent gets them before its first prompt."""
    images: list[str] = Field(default_factory=list)
    """For the prompt, each in base64."""


class ListSessionsParams(Wire):
    repository: str | None = None
    """Only sessions of the repository that holds this folder."""
    include_archived: bool = False


class ListSessionsResult(Wire):
    seq: int
    sessions: list[views.SessionView]
    """In their order."""
    buckets: list[views.BucketView]
    """All of them, in their order."""


class ShowSessionResult(Wire):
    seq: int
    session: views.SessionView
    turns: list[views.TurnView]
    items: list[views.ItemView]
    offer: views.OfferView


class PromptParams(Wire):
    session_id: str
    text: str
    selection: pairing.SelectionView | None = None
    """What it is about."""
    is_now: bool = False
    """Cancel the turn that runs and send this before all that is queued; what is queued stays."""
    images: list[str] = Field(default_factory=list)
    """Hashes of what `segue/image/add` took."""


class PromptResult(Wire):
    prompt_id: str
    is_queued: bool
    """True where it waits: for the end of a turn that runs, or of other sessions."""


class DropPromptParams(Wire):
    session_id: str
    prompt_id: str


class ConfigureParams(Wire):
    session_id: str
    option_id: str
    value: str
    """A value, or the name of one."""


class ConfigureResult(Wire):
    offer: views.OfferView


class TurnsResult(Wire):
    turns: list[views.TurnView]


class ChangesetParams(Wire):
    session_id: str
    turn: int | None = None
    """One turn's changes; None means all since the base."""


class ChangesetResult(Wire):
    changeset: views.ChangesetView


class ChangesetDiffParams(Wire):
    session_id: str
    base: str
    """Of the changeset that was shown."""
    result: str
    """Of the same."""
    offset: int = Field(default=0, ge=0)
    """Bytes that the client already has."""


class ChangesetDiffResult(Wire):
    data: str
    """In base64, the bytes from the offset on, at most 1 MiB of them."""
    size: int
    """Bytes of the whole diff."""
