"""What a person decides on a plan: approve, revise with comments, reject. Knows requests, modes and prompts.

A plan waits as a request of the agent in mid-turn, or behind the end of a turn; a decision fits both.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass

from segue.domain import config, plans
from segue.domain.errors import AgentFailed, InputRefused, SegueError, StaleDecision
from segue.domain.events import AnyEvent, ConfigChosen, ConfigRefused, OptionKind, PermissionDecided
from segue.domain.ids import SessionId
from segue.domain.plans import Decision, PlanComment
from segue.domain.session import Planning, Proposal, Session
from segue.domain.verbs import Verb, require
from segue.engine.agents import configuration
from segue.engine.agents.agent_processes import Agents
from segue.engine.pairing.link_record import Leaving
from segue.engine.pairing.links import Links
from segue.engine.state.background import Background
from segue.engine.state.ledger import Ledger
from segue.engine.turns import plan_mode
from segue.engine.turns.turns import Turns
from segue.engine.workspace.worktrees import Worktrees

log = logging.getLogger(__name__)

TEXT_LIMIT = 16 * 1024
"""Characters of a comment."""
COMMENTS_LIMIT = 200
LEAVE_WAIT_S = 5.0
"""How long an agent gets to leave its mode for planning by itself once its plan is approved."""
_YES = (OptionKind.ALLOW_ONCE, OptionKind.ALLOW_ALWAYS)


@dataclass(frozen=True, slots=True)
class Work:
    """What goes on once something is decided."""

    turns: Turns
    links: Links
    worktrees: Worktrees
    background: Background


@dataclass(frozen=True, slots=True)
class PlanId:
    """Names a plan; one that was decided on, or replaced, is refused."""

    session_id: SessionId
    key: str


class Plans:
    """See the module."""

    def __init__(self, ledger: Ledger, agents: Agents, work: Work) -> None:
        self._ledger = ledger
        self._agents = agents
        self._work = work
        agents.plan_observers.append(self._asked)

    async def decide(self, plan: PlanId, decision: Decision, text: str, leaving: Leaving | None) -> Session:
        """Journal the decision, then let the agent go on with it.

        `text` is told to the agent besides the comments; with an approval, `leaving` says how a link ends first.

        Raises StaleDecision where another plan waits or none, InputRefused where nothing is said to be revised.
        """
        session, proposal = self._waiting(plan)
        self._ledger.require_writable()
        said = text.strip()
        if decision is Decision.REVISED and not (said or proposal.comments):
            raise InputRefused(
                "nothing_said", "Nothing was said.", action="Comment on the plan, or say what to change."
            )
        if decision is Decision.APPROVED and leaving is not None and session.linked_to:
            await self._work.links.stop(session, "user", leaving)
            session, proposal = self._waiting(plan)
        await self._take(session, proposal, decision, said)
        return self._ledger.get(session.id)

    async def comment(self, plan: PlanId, first: int, last: int, text: str) -> Session:
        """Collect a comment on lines of the plan that waits."""
        session, proposal = self._waiting(plan)
        self._ledger.require_writable()
        lines, text = len(proposal.text.splitlines()), text.strip()
        if not (1 <= first <= last <= lines):
            raise InputRefused("no_such_line", f"The plan has {lines} lines.", action="Name lines that it has.")
        if not text or len(text) > TEXT_LIMIT or len(proposal.comments) >= COMMENTS_LIMIT:
            limits = f"A comment has 1 to {TEXT_LIMIT:,} characters, a plan at most {COMMENTS_LIMIT} comments."
            raise InputRefused("comment_refused", limits)
        comment = PlanComment(secrets.token_hex(4), first, last, text)
        return await self._ledger.acknowledge(session.id, plans.PlanCommented(proposal.key, comment))

    async def drop(self, plan: PlanId, comment_id: str) -> Session:
        session, proposal = self._waiting(plan)
        return await self._ledger.acknowledge(session.id, plans.PlanCommentDropped(proposal.key, comment_id))

    def _waiting(self, plan: PlanId) -> tuple[Session, Proposal]:
        session = self._ledger.get(plan.session_id)
        require(Verb.ANSWER, session)
        if session.proposal is None or session.proposal.key != plan.key:
            raise StaleDecision(
                "already_decided",
                "That plan waits no more: it was decided on, or another prompt came after it.",
                action="Nothing was sent; look at the session for what stands.",
            )
        return session, session.proposal

    async def _take(self, session: Session, proposal: Proposal, decision: Decision, said: str) -> None:
        remarks = plans.remarks(proposal.text, proposal.comments, said)
        option = None if remarks or decision is not Decision.APPROVED else _yes(session, proposal)
        events: list[AnyEvent] = [plans.PlanDecided(proposal.key, decision, said=said)]
        mode = session.planning or Planning()
        if decision is Decision.APPROVED and mode.back:
            events.append(ConfigChosen(mode.option_id, mode.back))
        answer = PermissionDecided(proposal.request_id, option, "user") if option is not None else None
        # Recorded at once, so that a decision from a second window finds it made.
        session = self._ledger.record(session.id, *events, *([answer] if answer else []))
        if answer is not None:
            self._work.background.start(f"leave planning {session.id}", self._leave(session.id, mode))
            await self._agents.tell_decision(session.id, answer)
        elif decision is Decision.REJECTED:
            await self._ledger.durable(session)
            await self._work.turns.interrupt(session.id)
        elif decision is Decision.REVISED:
            await self._work.turns.say_now(session.id, plans.revision(proposal.text, proposal.comments, said))
        else:
            await self._work.turns.say_now(session.id, plans.go_ahead(proposal.text, proposal.comments, said))

    async def _leave(self, session_id: SessionId, mode: Planning) -> None:
        """Behind an approved request: the agent leaves planning by itself, and gets the mode that the person had."""
        changed = asyncio.Event()
        self._ledger.wakers.add(changed.set)
        try:
            async with asyncio.timeout(LEAVE_WAIT_S):
                while self._mode(session_id, mode) == mode.value:
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            log.info("session %s: its agent did not say that it left planning", session_id)
        finally:
            self._ledger.wakers.discard(changed.set)
        live = self._agents.live(session_id)
        if not mode.back or self._mode(session_id, mode) == mode.back or live is None:
            return
        try:
            wanted = ConfigChosen(mode.option_id, mode.back)
            await configuration.configure(self._ledger, session_id, live.connection, wanted)
        except (AgentFailed, InputRefused) as failed:
            self._ledger.record(session_id, ConfigRefused(mode.option_id, mode.back, failed.message))

    def _mode(self, session_id: SessionId, mode: Planning) -> str:
        """As the agent reported it."""
        option = config.find(self._ledger.get(session_id).options, mode.option_id)
        return option.current if option is not None else ""

    def _asked(self, session_id: SessionId, key: str) -> None:
        self._work.background.start(f"check plan {session_id} {key}", self._check(session_id, key))

    async def _check(self, session_id: SessionId, key: str) -> None:
        """Say what a turn changed that was only to plan."""
        session = self._ledger.get(session_id)
        try:
            ref = f"refs/segue/{session_id}/plan"
            taken = await self._work.worktrees.capture(session, ref, "The worktree when a plan was made")
            changed = await plan_mode.changed_files(session, taken.commit)
        except SegueError as failed:
            log.info("session %s: what its planning changed is not known: %s", session_id, failed)
            return
        if changed:
            self._ledger.record(session_id, plans.PlanChecked(key, changed))


def _yes(session: Session, proposal: Proposal) -> str | None:
    """The option that approves a plan which its agent waits with, by kind; None where there is none."""
    asked = (request for request in session.permissions if request.request_id == proposal.request_id)
    options = tuple(option for request in asked for option in request.options)
    found = (option.option_id for kind in _YES for option in options if option.kind is kind)
    return next(found, None)
