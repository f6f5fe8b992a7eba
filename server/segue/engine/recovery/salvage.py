"""Takes sessions up again whose journal is lost. Knows what git can tell of one, as events; runs no git itself."""

from __future__ import annotations

import asyncio
import logging

from segue.domain.events import (
    AcceptedAdvanced,
    AgentNoted,
    AnyEvent,
    CheckpointTaken,
    MergeAbandoned,
    MergeIntended,
    SessionArchived,
    SessionCreated,
    SessionLinked,
    SessionRestored,
    StopReason,
    TurnEnded,
    TurnStarted,
    WorktreeReady,
)
from segue.domain.ids import SessionId, session_branch
from segue.engine.pairing.link_record import LinkRecord
from segue.engine.state.ledger import Ledger
from segue.engine.workspace import known_repositories
from segue.engine.workspace.worktrees import measure
from segue.git import salvage
from segue.git.salvage import Found
from segue.places import Places

log = logging.getLogger(__name__)

LOST = "This was lost with the journal."
NOTE = "The journal was lost. This session was found again from its worktree and its refs; its transcript is gone."


async def salvage_sessions(places: Places, ledger: Ledger) -> int:
    """Journal every session that has a worktree and no beginning (D33); returns how many there were.

    Archived ones are looked for in all repositories where the journal is new, until that was done once.
    """
    known = {session.id: session.common_dir for session in ledger.all_newest()}
    is_lost = not known or places.salvaging.exists()
    everywhere = known_repositories.recall(places) if is_lost else []
    if everywhere:
        places.salvaging.touch(0o600)
    found = await asyncio.to_thread(lambda: list(salvage.find(places.worktrees, known, everywhere)))
    for one in found:
        linked = await asyncio.to_thread(LinkRecord(places.links / one.session_id).load)
        events = _events(one, linked.checkout if linked is not None else None)
        session = await ledger.acknowledge(one.session_id, *events)
        newest = next((turn.after or turn.before for turn in reversed(one.turns) if turn.after or turn.before), None)
        if newest is not None:
            await ledger.acknowledge(session.id, await measure(session, newest[0]))
        log.warning("session %s was found again without its journal", one.session_id)
    places.salvaging.unlink(missing_ok=True)
    known_repositories.remember(places, (session.common_dir for session in ledger.all_newest()))
    return len(found)


def _events(found: Found, checkout: str | None) -> list[AnyEvent]:
    """`checkout` is the one that it is linked to: its bases are in the link's own record."""
    repository = found.repository
    created = SessionCreated(
        title=found.label.title,
        agent=found.label.agent,
        repository=str(repository.root),
        common_dir=str(repository.common_dir),
        base_ref=found.label.base_ref,
        base_commit=found.base_commit,
        branch=session_branch(SessionId(found.session_id)),
        worktree=str(found.path),
    )
    events: list[AnyEvent] = [created, WorktreeReady(), AgentNoted("found_again", NOTE)]
    if found.accepted is not None:
        events.append(AcceptedAdvanced(found.accepted))
    for turn in found.turns:
        events.append(TurnStarted(turn.number, f"found-{turn.number}", LOST))
        for side, checkpoint in (("before", turn.before), ("after", turn.after)):
            if checkpoint is not None:
                events.append(CheckpointTaken(turn.number, side, *checkpoint))
        reason = StopReason.END_TURN if turn.after else StopReason.INTERRUPTED
        events.append(TurnEnded(turn.number, reason))
    if found.merges:
        # Their numbers name refs, which are never used twice.
        intent = MergeIntended(found.merges, "merge", found.label.base_ref or "", found.base_commit, "")
        events += [intent, MergeAbandoned(found.merges, "What was merged before is not known any more.")]
    for ref, commit in found.archives:
        events += [SessionArchived(commit, ref), SessionRestored()]
    if found.is_archived:
        return events[:-1]
    return [*events, SessionLinked(checkout)] if checkout is not None else events
