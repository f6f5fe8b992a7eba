"""Plans of merges as clients are shown them. Knows both vocabularies; decides nothing."""

from __future__ import annotations

from pathlib import Path

from segue.domain.ids import visible
from segue.domain.session import Session
from segue.engine.api.views import phrase_view, stat_view
from segue.engine.merging.merges import Planned, difference, suggested_first_message, suggested_message
from segue.engine.merging.plan_sentences import Brought, place, sentences
from segue.engine.workspace.worktrees import not_recorded
from segue.git import diff, merge_programs
from segue.git.merge_obstacles import Obstacle
from segue.git.repository import RepositoryNote
from segue.git.uncommitted_lines import Need
from segue.protocol import views
from segue.protocol.merges import (
    LineRangeView,
    MergePlanView,
    NeedView,
    ObstacleView,
    RunsView,
)


def plan_view(session: Session, planned: Planned) -> MergePlanView:
    """What a merge would do, as clients are shown it; blocking."""
    plan = planned.plan
    sides = difference(session, planned)
    stat = diff.stat(Path(session.common_dir), *sides)
    runs, notes = merge_programs.runs_between(plan.repository, *sides), _notes(planned)
    brought = Brought(stat, runs, [note.message for note in notes])
    return MergePlanView(
        session_id=session.id,
        sentences=[phrase_view(said) for said in sentences(plan, brought)],
        strategy=plan.strategy.value,
        base_ref=plan.base_ref,
        base_commit=planned.shown.base_commit,
        result=planned.shown.result,
        stat=stat_view(stat),
        behind=plan.behind,
        message=suggested_message(session),
        conflicts=[views.ConflictView(path=visible(found.path), message=found.message) for found in plan.conflicts],
        obstacles=[_obstacle_view(obstacle) for obstacle in plan.obstacles],
        notes=[views.NoteView(reason=note.reason, message=note.message) for note in notes],
        needs=[_need_view(need) for need in plan.work.needs],
        choices=[choice.value for choice in plan.work.choices],
        first_message=suggested_first_message(plan) if plan.work.first is not None else None,
        carried=[visible(path) for path in plan.carried],
        runs=[RunsView(path=visible(path), kind=what.kind.value, why=what.reason) for path, what in runs],
    )


def _obstacle_view(obstacle: Obstacle) -> ObstacleView:
    facts = {"reason": obstacle.reason, "message": obstacle.message, "action": obstacle.action}
    return ObstacleView(**facts, can_confirm=obstacle.can_confirm)


def _notes(planned: Planned) -> list[RepositoryNote]:
    unread = not_recorded(planned.result)
    return [*planned.plan.notes, *([RepositoryNote("not_recorded", unread)] if unread else [])]


def _need_view(need: Need) -> NeedView:
    lines = [LineRangeView(first=first, last=last) for first, last in need.lines]
    return NeedView(path=visible(need.path), place=phrase_view(place(need)), lines=lines, changes=need.left)
