"""What crosses the wire of a link: hunks, proposals, comments, and the verbs on them. Knows shapes; handles nothing.

Lines count from 0 here, as LSP does, and an end is exclusive; they are those of the buffer as it reads now.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from segue.domain.pairing.comments import CommentState
from segue.protocol.phrases import PhraseView
from segue.protocol.wire import Wire


class HunkView(Wire):
    """A change of the agent that nobody has decided on."""

    id: str
    revision: str
    """A decision names it; another one means that something changed since."""
    path: str
    uri: str
    start_line: int
    end_line: int
    """Equal to `start_line` where lines were only deleted."""
    old_text: str
    """Whole lines, as they read if it is rejected."""
    new_text: str
    """Whole lines, as they read now."""
    turn: int | None = None
    is_whole_file: bool = False
    """A change that has no lines: binary, mode, line ends, symlink, created, deleted, renamed."""
    renamed_from: str | None = None
    """The path that the file had, and goes or comes back with; what changed in it are hunks of their own."""
    message: str | None = None
    """What it is, where lines do not say it."""


class ProposalView(Wire):
    """A change of the agent that does not fit: the buffer keeps the person's text until he decides."""

    id: str
    revision: str
    path: str
    uri: str
    start_line: int
    end_line: int
    kind: str
    """`overlap`, `suspended`, `delete`, `rename`, `modify`, `whole_file`; `held`: it runs without being started."""
    base: str
    """Whole lines that both sides once agreed on."""
    mine: str
    theirs: str
    message: str


class CommentView(Wire):
    """A review comment, or the reason of a rejection."""

    id: str
    path: str
    uri: str
    start_line: int
    end_line: int
    text: str
    state: CommentState
    hunk_id: str | None = None
    is_rejection: bool = False
    answer: str | None = None
    """What the agent said to it."""


class LinkFileView(Wire):
    """One file of a link in which something is undecided or out of the ordinary."""

    path: str
    uri: str
    hunks: list[HunkView] = Field(default_factory=list)
    proposals: list[ProposalView] = Field(default_factory=list)
    is_suspended: bool = False
    """Its text came from somewhere else than typing; nothing flows until a person says so."""
    message: str | None = None
    """Why it is out of the ordinary."""
    runs: str | None = None
    """When its changes run on the user's machine: they are accepted file by file, never with others."""


class LinkView(Wire):
    """A session that is linked to a checkout."""

    session_id: str
    checkout: str
    files: list[LinkFileView] = Field(default_factory=list)
    comments: list[CommentView] = Field(default_factory=list)
    notices: list[str] = Field(default_factory=list)
    """What a person should know."""
    can_share: bool = False
    """There are edits of the person that the agent has not got, and no turn runs."""


RunsKind = Literal["automatic", "build"]
"""Without anything that the user does on the file, or when the user builds, tests, installs or pushes."""


class HeldView(Wire):
    """A file that was left out of a decision on several: it runs something on the user's machine."""

    path: str
    uri: str
    hunks: int
    """Changes that are in the checkout; 0 where the file, or its executable bit, is held back."""
    kind: RunsKind
    why: str


class LinkResult(Wire):
    link: LinkView
    held: list[HeldView] = Field(default_factory=list)
    """What of the decision that was asked for waits for one of its own."""


Direction = Literal["editor", "background"]


class LeavingView(Wire):
    """A session that is linked to the checkout now, and goes to the background when another one comes."""

    session_id: str
    title: str
    hunks: int = 0
    files: int = 0
    proposals: int = 0
    held: int = 0
    unshared: int = 0
    comments: int = 0
    suspended: list[str] = Field(default_factory=list)


class LinkPreview(Wire):
    """What a switch of a session moves, and what it leaves alone, as it stands now."""

    session_id: str
    to: Direction
    sentences: list[PhraseView]
    """All of it in words."""
    checkout: str
    hunks: int = 0
    """Changes that nobody decided on; they leave the checkout, or come into it."""
    files: int = 0
    """Files that those are in."""
    proposals: int = 0
    """Where the person and the agent changed the same."""
    held: int = 0
    """Files that are held back until the user accepts them."""
    unshared: int = 0
    """Files with edits of the person that the agent has not got."""
    comments: int = 0
    """Collected and not sent; they stay with the session."""
    suspended: list[str] = Field(default_factory=list)
    """Files whose text was replaced by a revert, checkout, stash or tool: changes of the agent are left in it."""
    staged: int = 0
    """Files of the person that stay as they are, from here on."""
    unstaged: int = 0
    untracked: int = 0
    unsaved: int = 0
    is_turn_running: bool = False
    """The agent works just now, and goes on across the switch."""
    unlinks: LeavingView | None = None
    base_branch: str | None = None
    """What the session is based on, where something else is checked out."""
    checked_out: str | None = None
    """The branch that is checked out; None where none is."""
    worktree: str = ""
    """The session's own folder, which can be opened as it is."""
    can_check_out: bool = False
    """The base branch can be checked out first: nothing of the person's would have to move."""


class LinkPreviewResult(Wire):
    preview: LinkPreview


class StartLinkParams(Wire):
    session_id: str
    onto: Literal["present", "base"] = "present"
    """What the session comes onto: what is checked out, or its base branch, which is checked out first."""


class StopLinkParams(Wire):
    session_id: str
    keep_hunks: bool = False
    """Undecided hunks stay in the checkout as the agent wrote them; otherwise they go.

    Those of files that run something on the person's machine go in any case: accept them first.
    """


class Decided(Wire):
    hunk_id: str
    revision: str


class DecideParams(Wire):
    session_id: str
    decisions: list[Decided]
    decision: Literal["accept", "reject"]
    reason: str | None = None
    """Of a rejection, for the agent; collected like a comment."""
    is_all: bool = False
    """It is *Accept All*: what runs on the user's machine is left out and named, also where it is the only file."""


class ResolveParams(Wire):
    session_id: str
    proposal_id: str
    revision: str
    take: Literal["theirs", "mine", "text"]
    text: str | None = None
    """With `text`: what the lines shall read."""


class AddCommentParams(Wire):
    session_id: str
    path: str
    start_line: int
    end_line: int
    text: str
    hunk_id: str | None = None


class SelectionView(Wire):
    """What pairing was started on."""

    uri: str
    start_line: int
    end_line: int
    text: str = ""
    diagnostics: list[str] = Field(default_factory=list)
