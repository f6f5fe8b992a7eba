"""The person's part of a linked session: the commit from which its work is measured. Knows trees, refs and events."""

from __future__ import annotations

import asyncio
from pathlib import Path

from segue.domain.events import AcceptedAdvanced
from segue.domain.ids import SessionId
from segue.domain.session import Session
from segue.engine.state.ledger import Ledger
from segue.git import pairing
from segue.git.refs import objects, tree_of


def accepted_ref(session_id: SessionId) -> str:
    """The ref of the user's own part of a session."""
    return f"refs/segue/{session_id}/accepted"


async def record_accepted(ledger: Ledger, session: Session, tree: str) -> None:
    """Have the session's work measured from this tree; raises GitFailed and StoreFailed."""
    common_dir = Path(session.common_dir)
    known = await asyncio.to_thread(tree_of, objects(common_dir), session.since)
    if tree != known:
        message = f"What “{session.title}” has of the user's"
        commit = await asyncio.to_thread(pairing.keep_tree, common_dir, tree, accepted_ref(session.id), message)
        await ledger.acknowledge(session.id, AcceptedAdvanced(commit))
