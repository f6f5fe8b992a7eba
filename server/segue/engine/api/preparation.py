"""What is done before a request is handled: the window's PATH, the repository's place. Knows no handler.

What this raises refuses the request before anything is created.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segue.domain.ids import SessionId
from segue.engine.agents.agent_processes import Agents
from segue.engine.api.clients import Client
from segue.engine.state.ledger import Ledger
from segue.engine.workspace.relocation import Relocation, moved
from segue.git import relocation, run
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
            methods.CHANGESET_DIFF,
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


class Preparation:
    """See the module."""

    def __init__(self, ledger: Ledger, agents: Agents, relocation: Relocation) -> None:
        self._ledger = ledger
        self._agents = agents
        self._relocation = relocation

    async def before(self, client: Client, method: str, params: Wire) -> None:
        """Raises RepositoryUnusable("repository_moved"), or WorktreeUnusable where a turn begins without its folder.

        Before all else raises InputRefused("bad_session_id") or NotFound("no_session"): such a request can never
        succeed, whatever else stands in its way just now. Does not wait where all is as it was.
        """
        named = getattr(params, "session_id", None)
        session = self._ledger.find(named) if isinstance(named, str) else None
        search_for_request(self._agents, client, params)
        if session is None or method not in FOLLOWED | TAKE_OUT:
            return
        if method in TAKE_OUT and session.linked_to:
            relocation.require_checkout(session.linked_to)
        is_found = await self._relocation.follow(session, _folders(client), begins_a_turn=method in BEGIN)
        if not is_found and method in NEEDED:
            raise moved(session)


def search_for_request(agents: Agents, client: Client, params: Wire) -> None:
    """Use the PATH of a request: the session that it names, else of the client."""
    named = getattr(params, "session_id", None)
    if isinstance(named, str):
        agents.environments.search_for(SessionId(named))
    else:
        path = client.info.environment.get("PATH", "")
        run.search(lambda: path or agents.environments.path(None))


def _folders(client: Client) -> Iterator[Path]:
    """Where the client works: a terminal's current directory, the folders of an editor's documents."""
    current = client.info.environment.get("PWD", "")
    if current.startswith("/"):
        yield Path(current)
    documents = () if client.buffers is None else client.buffers.documents()
    yield from dict.fromkeys(document.path.parent for document in documents)
