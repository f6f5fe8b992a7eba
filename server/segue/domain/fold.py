"""The one function that changes a session. Knows every event; knows no I/O and no clock."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from segue.domain import config, costs, events, live_line, plan_changes, plans, undo
from segue.domain.facts import Mode
from segue.domain.images import ImageReceived
from segue.domain.live_line import one_line
from segue.domain.offers import OfferEvent
from segue.domain.pairing_events import PairingEvent
from segue.domain.queue_positions import WaitEvent
from segue.domain.session import DECLINED, Archive, Checkpoint, Failure, Merge, Session, State, Turn

FOLD_VERSION = 3
"""Raised whenever `fold` makes another session of the same events: snapshots of an older one are folded anew."""
SIDES = frozenset({"before", "after"})


def fold(session: Session | None, recorded: events.Recorded) -> Session:
    """The session after one more event. The first event of a session is its SessionCreated.

    Raises ValueError where that does not hold; such a journal is damaged.
    """
    event = recorded.event
    if session is None and isinstance(event, events.SessionCreated):
        return _created(recorded, event)
    if session is None:
        raise ValueError(f"session {recorded.session_id} has no beginning (seq {recorded.seq})")
    if recorded.seq <= session.seq:
        return session
    changed = _apply(session, event, recorded.at_ms)
    is_as_before = (
        changed.options is session.options
        and changed.choices is session.choices
        and changed.commands is session.commands
    )
    offered_seq = session.offered_seq if is_as_before else recorded.seq
    return replace(changed, seq=recorded.seq, updated_ms=recorded.at_ms, offered_seq=offered_seq)


def _created(recorded: events.Recorded, event: events.SessionCreated) -> Session:
    return Session(
        id=recorded.session_id,
        title=event.title,
        agent=event.agent,
        repository=event.repository,
        common_dir=event.common_dir,
        base_ref=event.base_ref,
        base_commit=event.base_commit,
        since=event.base_commit,
        branch=event.branch,
        worktree=event.worktree,
        mode=event.mode,
        subfolder=event.subfolder,
        created_ms=recorded.at_ms,
        updated_ms=recorded.at_ms,
        seq=recorded.seq,
        activity="Preparing the worktree",
    )


def _apply(session: Session, event: events.AnyEvent, at_ms: int) -> Session:
    if isinstance(event, plans.PlanEvent):
        return plan_changes.planned(session, event)
    match event:
        case events.SessionCreated() | events.AgentNoted() | ImageReceived():
            return session
        case events.WorktreeReady():
            state = State.IDLE if session.state is State.CREATING else session.state
            return replace(session, has_worktree=True, state=state, activity="")
        case events.SessionFailed(reason, message, action):
            failure = Failure(reason, message, action)
            return replace(_settled(session), state=State.FAILED, failure=failure, activity=one_line(message))
        case events.SessionRenamed(title):
            return replace(session, title=title)
        case events.PromptQueued():
            return _prompt_queued(session, event)
        case events.PromptDropped() | events.PlaceTaken() | events.StartWanted():
            return _waiting(session, event)
        case events.SignInRequired():
            return _sign_in_required(session, event)
        case events.SignedIn():
            return replace(session, needs_sign_in=False)
        case events.TurnStarted():
            return _turn_started(session, event, at_ms)
        case events.CheckpointTaken():
            return _checkpoint_taken(session, event)
        case events.AgentStarted(generation, takes_images=takes):
            return replace(session, generation=generation, is_agent_alive=True, takes_images=takes)
        case events.AgentSessionOpened() | events.HandedOver():
            return _talked_to(session, event)
        case events.AgentEnded(generation):
            return replace(session, is_agent_alive=session.is_agent_alive and generation != session.generation)
        case events.MessageReceived(role):
            return session if role is events.Role.USER else live_line.spoken(session, event)
        case events.ToolCallReported() | events.TerminalStarted() | events.TerminalPrinted() | events.TerminalEnded():
            return replace(session, activity=live_line.after(session.activity, event))
        case events.PlanReported(entries):
            return replace(session, plan=entries)
        case events.PermissionRequested() | events.QuestionAsked():
            return _requested(session, event)
        case events.PermissionDecided() | events.QuestionAnswered():
            return _decided(session, event)
        case events.UsageReported():
            return _used(session, event)
        case (
            events.ConfigReported()
            | events.ModeReported()
            | events.ConfigChosen()
            | events.ConfigRefused()
            | events.CommandsReported()
        ):
            return plan_changes.left_mode(_offered(session, event))
        case events.StatMeasured(stat):
            return replace(session, stat=stat)
        case events.StopRequested():
            return replace(session, is_stopping=True) if session.is_turn_running else session
        case events.PromptAnswered():
            return replace(session, answer=event) if session.is_turn_running else session
        case events.TurnEnded():
            return _turn_ended(session, event, at_ms)
        case events.SessionSeen():
            return replace(session, is_unread=False)
        case events.SessionPinned() | events.SessionUnpinned():
            return replace(session, is_pinned=isinstance(event, events.SessionPinned))
        case events.MergeIntended(number):
            return replace(session, merges=number, pending_merge=number)
        case events.MergeCompleted():
            return _merged(session, event)
        case events.MergeAbandoned():
            return replace(session, pending_merge=None)
        case events.MergeUndoIntended(number):
            return replace(session, pending_undo=number)
        case events.MergeUndoAbandoned():
            return replace(session, pending_undo=None)
        case events.MergeUndone():
            since = session.merged.since_before if session.merged else session.since
            return replace(session, pending_undo=None, merged=None, since=since, activity="Merge undone")
        case events.SessionArchived():
            return _archived(session, event)
        case events.SessionRestored():
            return _restored(session)
        case events.RepositoryMoved(repository, common_dir):
            return replace(session, repository=repository, common_dir=common_dir)
        case events.SnapshotTaken():
            return _snapshot_taken(session, event, at_ms)
        case events.RolledBack() | events.SurroundingsPutBack():
            return _rolled_back(session, event)
        case events.RollbackAbandoned(_, message):
            return replace(session, pending_rollback=None, activity=one_line(message))
        case events.SnapshotsExpired(numbers):
            gone = set(numbers)
            log = tuple(replace(a, is_expired=True) if a.number in gone else a for a in session.actions)
            return replace(session, actions=log)
        case events.SessionDeleted() | events.SessionUndeleted():
            return replace(session, is_deleted=isinstance(event, events.SessionDeleted))
        case events.SessionLinked() | events.SessionUnlinked() | events.HunksDecided() | events.AcceptedAdvanced():
            return _linked(session, event)
        case _ as unreachable:
            assert_never(unreachable)


def _linked(session: Session, event: PairingEvent) -> Session:
    match event:
        case events.SessionLinked(checkout):
            return replace(session, mode=Mode.INLINE, linked_to=checkout)
        case events.SessionUnlinked():
            return replace(session, mode=Mode.BACKGROUND, linked_to="")
        case events.AcceptedAdvanced(commit):
            return replace(session, accepted=commit, since=commit)
        case events.HunksDecided():
            return session


def _offered(session: Session, event: OfferEvent) -> Session:
    match event:
        case events.ConfigReported(options, in_turn):
            changed = replace(session, options=config.merged(session.options, options))
            return _followed(changed) if in_turn else changed
        case events.ModeReported(mode_id, in_turn):
            changed = replace(session, options=config.with_mode(session.options, mode_id))
            return _followed(changed) if in_turn else changed
        case events.ConfigChosen(option_id) | events.ConfigRefused(option_id):
            others = tuple(choice for choice in session.choices if choice.option_id != option_id)
            return replace(session, choices=(*others, event) if isinstance(event, events.ConfigChosen) else others)
        case events.CommandsReported(commands):
            return replace(session, commands=commands)
        case _ as unreachable:
            assert_never(unreachable)


def _followed(session: Session) -> Session:
    """What the agent changed by itself is what its choices are from now on."""
    current = {option.option_id: option.current for option in session.options}
    choices = tuple(replace(c, value=current.get(c.option_id, c.value)) for c in session.choices)
    return replace(session, choices=choices)


def _used(session: Session, event: events.UsageReported) -> Session:
    """Costs are told as a total: what it grew by in mid-turn is that turn's."""
    used = replace(
        session,
        context_used=session.context_used if event.context_used is None else event.context_used,
        context_size=session.context_size if event.context_size is None else event.context_size,
    )
    if event.cost is None:
        return used
    reported = events.Cost(event.cost, event.currency or (session.spent.currency if session.spent else ""))
    more = costs.added(session.cost_counter, reported)
    spent = reported if more is None else costs.plus(session.spent, more)
    used = replace(used, spent=spent, cost_counter=reported)
    if session.turn is None or not session.is_turn_running:
        return used
    return _with_turn(used, session.turn.number, cost=costs.plus(session.turn.cost, more))


def _prompt_queued(session: Session, event: events.PromptQueued) -> Session:
    """A prompt is also what tries a failed session again."""
    queue = (event, *session.queue) if event.is_first else (*session.queue, event)
    is_waiting = session.needs_sign_in and session.is_turn_running  # a prompt behind the end of that turn tries again
    queued = replace(session, queue=queue, needs_sign_in=is_waiting)
    if session.state is not State.FAILED:
        return queued
    return replace(queued, state=State.IDLE if session.has_worktree else State.CREATING, failure=None)


def _sign_in_required(session: Session, event: events.SignInRequired) -> Session:
    again = events.PromptQueued(event.prompt_id, event.text, images=event.images)
    return replace(session, queue=(again, *session.queue), needs_sign_in=True)


def _waiting(session: Session, event: events.PromptDropped | WaitEvent) -> Session:
    if isinstance(event, events.PlaceTaken):
        return replace(session, rank=event.rank)
    if isinstance(event, events.StartWanted):
        return replace(session, starts_now=True)
    left = tuple(p for p in session.queue if p.prompt_id != event.prompt_id)
    dropped = replace(session, queue=left, needs_sign_in=session.needs_sign_in and bool(left))
    return dropped if left else replace(dropped, rank=None, starts_now=False)


def _turn_started(session: Session, event: events.TurnStarted, at_ms: int) -> Session:
    turn = Turn(number=event.turn, prompt=event.text, started_ms=at_ms, images=event.images)
    return replace(
        session,
        turns=(*session.turns, turn),
        queue=tuple(p for p in session.queue if p.prompt_id != event.prompt_id),
        rank=None,
        starts_now=False,
        state=State.REQUIRES_ACTION if session.asks else State.RUNNING,
        is_stopping=False,
        answer=None,
        failure=None,
        merged=None,
        proposal=None,
        activity="Starting",
        is_unread=False,
    )


def _checkpoint_taken(session: Session, event: events.CheckpointTaken) -> Session:
    if event.side not in SIDES:
        return session
    facts: dict[str, object] = {event.side: Checkpoint(event.commit, event.tree)}
    return _with_turn(session, event.turn, **facts, **({"around": event.around} if event.around else {}))


def _turn_ended(session: Session, event: events.TurnEnded, at_ms: int) -> Session:
    if session.turn is None or session.turn.number != event.turn or not session.is_turn_running:
        return session
    facts: dict[str, object] = {"ended_ms": at_ms, "stop_reason": event.stop_reason, "message": event.message}
    if session.answer is not None:
        facts |= {"tokens": session.answer.tokens, "cost": session.turn.cost or session.answer.estimate}
    ended = _with_turn(_settled(session), event.turn, **facts)
    activity = one_line(event.message) or session.activity
    if event.stop_reason is events.StopReason.CANCELLED:
        activity = "Stopped"
    state = State.FAILED if session.state is State.FAILED else State.IDLE
    is_unread = event.stop_reason is not events.StopReason.CANCELLED
    if event.message == DECLINED and session.turn.changed_nothing:
        activity, is_unread = "You declined; nothing changed", False
    return plan_changes.ended(replace(ended, state=state, activity=activity, is_unread=is_unread), event.stop_reason)


def _merged(session: Session, event: events.MergeCompleted) -> Session:
    left = f"; {event.left} change{'s' if event.left > 1 else ''} left for later" if event.left else ""
    return replace(
        session,
        pending_merge=None,
        merged=Merge(event.number, event.commit, event.base_ref, event.base_before, session.since, event.left),
        since=event.result or session.since,
        is_unread=False,
        activity=f"Merged into {event.base_ref.removeprefix('refs/heads/')}{left}",
    )


def _archived(session: Session, event: events.SessionArchived) -> Session:
    archive = Archive(event.snapshot, event.snapshot_ref, event.folder_kept, event.is_whole)
    archives = session.archives + (session.archive is None)
    return replace(_settled(session), archive=archive, archives=archives, has_worktree=False, is_unread=False)


def _restored(session: Session) -> Session:
    """What had failed before is no news any more: the row does not say it again."""
    has_failed = session.failure is not None or (session.turn and session.turn.stop_reason is events.StopReason.FAILED)
    activity = "Restored" if has_failed else session.activity
    return replace(session, archive=None, has_worktree=True, state=State.IDLE, failure=None, activity=activity)


def _snapshot_taken(session: Session, event: events.SnapshotTaken, at_ms: int) -> Session:
    is_pending = event.kind in undo.RESTORES_FILES
    session = replace(session, pending_rollback=event.number if is_pending else session.pending_rollback)
    known = undo.find(session.actions, event.number)
    if known is None:
        facts = (event.turn, event.side, event.undoes, event.merge)
        action = undo.Action(event.number, event.kind, at_ms, event.kept, *facts)
        return replace(session, actions=(*session.actions, action))
    more = replace(known, kept=(*known.kept, *event.kept))
    return replace(session, actions=tuple(more if action is known else action for action in session.actions))


def _rolled_back(session: Session, event: events.RolledBack | events.SurroundingsPutBack) -> Session:
    """After a rollback, what stands there now is no longer what was merged."""
    log = undo.toggled(session.actions, event.undoes) if event.undoes else session.actions
    if isinstance(event, events.SurroundingsPutBack):
        return replace(session, actions=log)
    activity = f"Rolled back to {event.side} turn {event.turn}" if event.turn else "The rollback was undone"
    return replace(session, pending_rollback=None, actions=log, merged=None, activity=one_line(activity))


def _requested(session: Session, event: events.PermissionRequested | events.QuestionAsked) -> Session:
    """Outside a turn it waits all the same, but makes no turn of it."""
    without = _without(session, event.request_id)
    if isinstance(event, events.QuestionAsked):
        asking = replace(without, questions=(*without.questions, event))
    else:
        asking = replace(without, permissions=(*without.permissions, event))
    state = State.REQUIRES_ACTION if session.state is State.RUNNING else session.state
    asking = replace(asking, state=state, activity=_asks(asking))
    return asking if isinstance(event, events.QuestionAsked) else plan_changes.requested(asking, event)


def _decided(session: Session, event: events.PermissionDecided | events.QuestionAnswered) -> Session:
    left = _without(session, event.request_id)
    if isinstance(event, events.PermissionDecided) and event.by == "user" and session.turn is not None:
        left = _with_turn(left, session.turn.number, is_declined=_is_refusal(session, event))
    if left.asks:
        left = replace(left, activity=_asks(left))
    elif session.state is State.REQUIRES_ACTION:
        left = replace(left, state=State.RUNNING)
    return left if isinstance(event, events.QuestionAnswered) else plan_changes.answered(session, left, event)


def _is_refusal(session: Session, decision: events.PermissionDecided) -> bool:
    asked = next((asked for asked in session.permissions if asked.request_id == decision.request_id), None)
    options = asked.options if asked is not None else ()
    refusals = (
        option for option in options if option.kind in {events.OptionKind.REJECT_ONCE, events.OptionKind.REJECT_ALWAYS}
    )
    return decision.option_id in {option.option_id for option in refusals}


def _without(session: Session, request_id: str) -> Session:
    permissions = tuple(asked for asked in session.permissions if asked.request_id != request_id)
    questions = tuple(asked for asked in session.questions if asked.request_id != request_id)
    return replace(session, permissions=permissions, questions=questions)


def _asks(session: Session) -> str:
    """What the row of a session that waits for a person says."""
    asked = session.asks[0]
    if isinstance(asked, events.PermissionRequested) and asked.plan:
        return plan_changes.TO_APPROVE
    return one_line(asked.message if isinstance(asked, events.QuestionAsked) else asked.title)


def _settled(session: Session) -> Session:
    """Nothing stays open behind the end of a turn."""
    return replace(session, permissions=(), questions=(), is_stopping=False, answer=None)


def _with_turn(session: Session, number: int, **changes: object) -> Session:
    turns = tuple(replace(turn, **changes) if turn.number == number else turn for turn in session.turns)
    return replace(session, turns=turns)


def _talked_to(session: Session, event: events.AgentSessionOpened | events.HandedOver) -> Session:
    if isinstance(event, events.HandedOver):
        return replace(session, needs_handover=False)
    return replace(
        session,
        agent_session_id=event.agent_session_id,
        can_load=event.can_load,
        reads_prose=event.reads_prose,
        needs_handover=event.needs_handover,
    )
