"""The folder in its worktree that a session's agent works in. Knows paths; follows no link that an agent made."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from segue.domain.errors import AgentFailed
from segue.domain.ids import visible
from segue.domain.session import Session

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def agent_directory(session: Session) -> Path:
    """Its worktree, and in that the folder that was opened."""
    return Path(session.worktree) / session.subfolder


def make_again(session: Session) -> str:
    """Make the folder where it was removed; returns what to tell, "" where nothing had to be done.

    Raises AgentFailed("folder_blocked") where something else is at its path.
    """
    if not session.subfolder or agent_directory(session).is_dir() or not Path(session.worktree).is_dir():
        return ""
    shown = visible(session.subfolder)
    folder = os.open(session.worktree, _FOLDER)
    try:
        for name in Path(session.subfolder).parts:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
    except OSError as failed:
        raise AgentFailed(
            "folder_blocked",
            f"This session works in {shown}, which was removed and cannot be made again: {failed.strerror}.",
            action=f"See what is at {visible(str(agent_directory(session)))} and move it away, or roll the files back "
            f"to an earlier turn: segue rollback {session.id}",
        ) from failed
    finally:
        os.close(folder)
    return f"The folder {shown}, in which this session works, was removed. Segue made it again, empty."
