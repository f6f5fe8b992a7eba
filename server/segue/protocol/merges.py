"""What crosses the wire of a merge: its plan, the lines that it needs, what is done. Knows views; knows no rules."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from segue.protocol.pairing import RunsKind
from segue.protocol.phrases import PhraseView
from segue.protocol.views import ConflictView, FailureView, MergeView, NoteView, SessionView, StatView
from segue.protocol.wire import Wire

UnfinishedChoice = Literal["ask", "leave", "commit"]
"""Of work that needs the user's uncommitted lines: say which, keep it for later, or commit those lines first."""


class LineRangeView(Wire):
    """From 1, both ends included."""

    first: int
    last: int


class NeedView(Wire):
    """Uncommitted work of the user's in one file that the agent's work stands on."""

    path: str
    place: PhraseView
    """The file and the lines, in words."""
    lines: list[LineRangeView]
    """In the user's file; empty where it is the file as a whole."""
    changes: int
    """Changes of the agent that are left out without it."""


class ObstacleView(FailureView):
    """What rules a merge out."""

    can_confirm: bool = False
    """Only until a person confirms it; its reason then goes into `confirmed`."""


class RunsView(Wire):
    """A file of a merge that runs something on the user's machine."""

    path: str
    kind: RunsKind
    why: str


class MergePlanView(Wire):
    """What a merge would do, said before it is done."""

    session_id: str
    strategy: Literal["merge", "squash"]
    base_ref: str
    base_commit: str
    result: str
    sentences: list[PhraseView]
    """All of it in words, but for messages and obstacles."""
    stat: StatView
    behind: int
    """Commits that the base gained since the session began."""
    message: str
    """Suggested commit message without trailers."""
    conflicts: list[ConflictView] = Field(default_factory=list)
    obstacles: list[ObstacleView] = Field(default_factory=list)
    """What rules it out now, conflicts included; empty when it can be applied."""
    notes: list[NoteView] = Field(default_factory=list)
    needs: list[NeedView] = Field(default_factory=list)
    """Where the agent's work stands on lines that the user has not committed."""
    choices: list[UnfinishedChoice] = Field(default_factory=list)
    """What can be done about `needs`; without a choice among them the plan has an obstacle."""
    first_message: str | None = None
    """Suggested message of the commit in the user's name, where there is one before the merge."""
    carried: list[str] = Field(default_factory=list)
    """Files in which the user's uncommitted changes stay, with the merge below them."""
    runs: list[RunsView] = Field(default_factory=list)
    """What the merge brings that runs on the user's machine: first what does so without being started."""


class MergePlanParams(Wire):
    session_id: str
    strategy: Literal["merge", "squash"] = "merge"
    base: str | None = None
    """Another branch than the session's base."""
    unfinished: UnfinishedChoice = "ask"
    confirmed: list[str] = Field(default_factory=list)
    """Reasons of obstacles that a person confirmed."""


class MergePlanResult(Wire):
    plan: MergePlanView


class MergeParams(Wire):
    session_id: str
    strategy: Literal["merge", "squash"] = "merge"
    base_ref: str
    base_commit: str
    """As the plan said; a base that moved since is refused."""
    result: str
    """As the plan said; a result that changed since is refused."""
    message: str | None = None
    """Without trailers, which are added."""
    unfinished: UnfinishedChoice = "ask"
    """As the plan was made."""
    confirmed: list[str] = Field(default_factory=list)
    """As the plan was made."""
    first_message: str | None = None
    """Of the commit in the user's name, where the plan has one."""


class MergeResult(Wire):
    merge: MergeView
    session: SessionView
