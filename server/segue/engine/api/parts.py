"""The parts of the engine, put together once, from the lowest floor up. Knows who needs whom; does nothing.

Whatever runs in the daemon calls them as they are: no client and no wire is needed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from segue.agents.agent_servers import config_file
from segue.agents.catalog import load_catalog
from segue.engine.agents.agent_processes import Agents
from segue.engine.approvals.policies import Policies
from segue.engine.merging.merges import Merges
from segue.engine.pairing.links import Links
from segue.engine.plans.plan_decisions import Plans, Work
from segue.engine.sessions.archives import Archives
from segue.engine.sessions.creation import Beginning, Creation
from segue.engine.sessions.images import SessionImages
from segue.engine.state.background import Background
from segue.engine.state.ledger import Ledger
from segue.engine.state.settings import Current
from segue.engine.turns.idle_agents import Idling
from segue.engine.turns.scheduler import Slots
from segue.engine.turns.turns import Around, Turns
from segue.engine.undo.rollbacks import Rollbacks, Undo
from segue.engine.undo.shared_state import Watch
from segue.engine.workspace.expiry import Expiry
from segue.engine.workspace.relocation import Relocation
from segue.engine.workspace.snapshots import Snapshots
from segue.engine.workspace.worktrees import Worktrees
from segue.places import Places
from segue.store.journal import Journal


@dataclass(frozen=True, slots=True)
class Parts:
    """See the module."""

    places: Places
    journal: Journal
    background: Background
    ledger: Ledger
    settings: Current
    policies: Policies
    relocation: Relocation
    worktrees: Worktrees
    snapshots: Snapshots
    expiry: Expiry
    agents: Agents
    links: Links
    slots: Slots
    turns: Turns
    idling: Idling
    merges: Merges
    plans: Plans
    creation: Creation
    images: SessionImages
    archives: Archives
    rollbacks: Rollbacks
    undo: Undo


def compose(places: Places, journal: Journal) -> Parts:
    """All parts, before anything was loaded."""
    background, ledger, settings = Background(), Ledger(journal), Current(places.settings)
    policies = Policies(places)
    worktrees = Worktrees(ledger, places)
    snapshots = Snapshots(places, worktrees)
    agents = Agents(ledger, places, load_catalog(places.data, config_file(os.environ)), background, policies)
    links = Links(ledger, worktrees, places, background)
    slots = Slots(ledger, settings)
    turns = Turns(ledger, agents, worktrees, background, Around(slots, links, Watch()))
    images = SessionImages(places)
    merges = Merges(ledger, turns, worktrees, snapshots, links.unsaved)
    archives = Archives(ledger, agents, turns, snapshots, worktrees)
    rollbacks = Rollbacks(ledger, turns, worktrees, snapshots)
    return Parts(
        places=places,
        journal=journal,
        background=background,
        ledger=ledger,
        settings=settings,
        policies=policies,
        relocation=Relocation(ledger),
        worktrees=worktrees,
        snapshots=snapshots,
        expiry=Expiry(ledger, places, snapshots),
        agents=agents,
        links=links,
        slots=slots,
        turns=turns,
        idling=Idling(ledger, agents, turns, background),
        merges=merges,
        plans=Plans(ledger, agents, Work(turns, links, worktrees, background)),
        creation=Creation(ledger, agents, places, Beginning(images, links, turns)),
        images=images,
        archives=archives,
        rollbacks=rollbacks,
        undo=Undo(ledger, rollbacks, archives, merges, turns),
    )
