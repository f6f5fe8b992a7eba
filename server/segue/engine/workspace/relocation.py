"""Follows a repository whose folder was moved or renamed. Knows sessions and clients; runs no git itself.

Only requests that need the repository look for it. A request from the new folder is enough for Segue to find it there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

from segue.domain import events
from segue.domain.errors import NotFound
from segue.domain.session import Session
from segue.engine.api.clients import Client
from segue.engine.state.ledger import Ledger
from segue.git import relocation
from segue.git.relocation import Home
from segue.git.repository import common_dir_of
from segue.git.worktrees import open_worktree
from segue.protocol import methods
from segue.protocol.wire import Wire

NEEDED = frozenset(
    request.name
    for request in (
        *(
            methods.PROMPT,
            methods.RESUME,
            methods.RESTORE,
            methods.CHANGESET,
            methods.PLAN_MERGE,
            methods.MERGE,
            methods.UNDO_MERGE,
            methods.ROLL_BACK,
        ),
        *(
            methods.PREVIEW_LINK,
            methods.START_LINK,
            methods.SHARE_LINK,
            methods.RESOLVE_PROPOSAL,
            methods.SEND_COMMENTS,
            methods.FINISH,
        ),
    )
)
"""Refused, before anything is created, where the repository is not found."""
BEGIN = frozenset({methods.PROMPT.name, methods.RESUME.name})
"""Begin a turn, which cannot work without the session's own folder."""
TAKE_OUT = frozenset({methods.STOP_LINK.name, methods.FINISH.name})
"""Take the agent's undecided changes out of a checkout, which has to be there."""
FOLLOWED = NEEDED | {methods.ARCHIVE.name}
"""Archiving works without the repository, too: it says what stays."""


class Relocation:
    """Where the repositories of sessions are."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def before(self, client: Client, method: str, params: Wire) -> None:
        """Find the repository of the session that a request names; raises RepositoryUnusable("repository_moved").

        A prompt also needs the session's own folder: raises WorktreeUnusable.

        Does not wait where all is as it was, so that requests keep their order.
        """
        named = getattr(params, "session_id", None)
        if method not in FOLLOWED | TAKE_OUT or not isinstance(named, str):
            return
        try:
            session = self._ledger.find(named)
        except NotFound:
            return  # the handler says so
        home = _home(session)
        if method in TAKE_OUT and session.linked_to:
            relocation.require_checkout(session.linked_to)
        if session.has_worktree and session.archive is None and relocation.is_plainly_there(home):
            return
        if not session.has_worktree and session.archive is None and home.common_dir.is_dir():
            return  # it is being made
        if await self._find(session, home, _folders(client)):
            if method in BEGIN and session.has_worktree and session.archive is None:
                home = _home(self._ledger.get(session.id))
                await asyncio.to_thread(open_worktree, home.session_id, home.worktree, home.common_dir)
            return
        if method in NEEDED:
            raise relocation.moved(home, session.linked_to)

    async def of_repository(self, sessions: tuple[Session, ...], folder: Path) -> tuple[Session, ...]:
        """Those of the repository that holds a folder; raises RepositoryUnusable where there is none."""
        common_dir = str(await asyncio.to_thread(common_dir_of, folder))
        for session in sessions:
            if session.common_dir != common_dir and (session.has_worktree or session.archive is not None):
                await self._find(session, _home(session), [folder])
        newest = (self._ledger.get(session.id) for session in sessions)
        return tuple(session for session in newest if session.common_dir == common_dir)

    async def _find(self, session: Session, home: Home, folders: Iterable[Path]) -> bool:
        """Whether it is where the journal says, or was found at its new place and journaled."""
        if relocation.is_plainly_there(home):
            return True
        # What is linked has its record, its buffers and its checkout at the old path.
        found = None if session.linked_to else await asyncio.to_thread(relocation.find, home, folders)
        if found is None:
            return await asyncio.to_thread(relocation.is_there, home)
        await asyncio.to_thread(relocation.lead_back, home, found)
        event = events.RepositoryMoved(str(found.repository), str(found.common_dir))
        await self._ledger.acknowledge(session.id, event)
        return True


def _home(session: Session) -> Home:
    return Home(
        session.id,
        Path(session.repository),
        Path(session.common_dir),
        Path(session.worktree),
        session.base_commit,
    )


def _folders(client: Client) -> Iterator[Path]:
    """Where the client works: a terminal's current directory, the folders of an editor's documents."""
    current = client.info.environment.get("PWD", "")
    if current.startswith("/"):
        yield Path(current)
    documents = () if client.buffers is None else client.buffers.documents()
    yield from dict.fromkeys(document.path.parent for document in documents)
