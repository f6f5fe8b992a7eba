"""The error tree. Knows what went wrong in Segue's words; knows nothing of wires, exit codes or how it is shown.

    SegueError
    ├─ InputRefused          what was asked for cannot be done as it stands (bad id, bad name, wrong state)
    ├─ NotFound              the named session, agent, file or turn does not exist
    ├─ RepositoryUnusable    the repository's shape or settings rule the work out, said before anything is created
    ├─ GitFailed             a git command failed in a way nobody planned for
    ├─ WorktreeUnusable      a session's own worktree is missing, busy or damaged
    ├─ MergeRefused          the merge would touch what it must not, or cannot be made
    ├─ StaleDecision         it was decided already, or it changed since it was looked at
    ├─ AgentFailed           the agent could not be started, does not speak ACP, or died
    ├─ StoreFailed           the journal cannot be read or written
    └─ DaemonUnavailable     no daemon can be reached, or it refuses this client

Callers compare `reason`, never a message. A person is shown `message` (what happened), then `action` (what to do).
"""

from __future__ import annotations

from collections.abc import Mapping


class SegueError(Exception):
    """An error that a person can act on.

    `reason` is a stable snake_case word; `message` and `action` are whole sentences; `details` holds JSON values.
    """

    def __init__(
        self, reason: str, message: str, *, action: str = "", details: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.action = action
        self.details: dict[str, object] = dict(details or {})

    def __str__(self) -> str:
        return f"{self.message} {self.action}".rstrip()


class InputRefused(SegueError):
    """What was asked for cannot be done as it stands; nothing was changed."""


class NotFound(SegueError):
    """The named thing does not exist (any more)."""


class RepositoryUnusable(SegueError):
    """The repository rules the work out; said before anything is created."""


class GitFailed(SegueError):
    """A git command failed unexpectedly; `details` has its argv, exit status and stderr."""


class WorktreeUnusable(SegueError):
    """A session's own worktree is missing, busy or damaged."""


class MergeRefused(SegueError):
    """The merge would touch what it must not, or cannot be made; everything is as it was."""


class StaleDecision(SegueError):
    """It was decided already, or what it was decided about changed since."""


class AgentFailed(SegueError):
    """The agent could not be started, does not speak ACP, or died."""


class StoreFailed(SegueError):
    """The journal cannot be read or written."""


class DaemonUnavailable(SegueError):
    """No daemon can be reached, or it refuses this client."""
