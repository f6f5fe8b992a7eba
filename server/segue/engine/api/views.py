"""Turns what the domain knows into what clients are shown. Knows both vocabularies; decides nothing."""

from __future__ import annotations

from segue.domain.errors import SegueError
from segue.domain.events import (
    ConfigOption,
    Cost,
    PermissionDecided,
    PermissionRequested,
    Place,
    Stat,
    Tokens,
)
from segue.domain.facts import Image
from segue.domain.ids import visible, visible_lines
from segue.domain.permission_texts import EFFECTS, facts
from segue.domain.permissions import in_order
from segue.domain.phrases import Phrase
from segue.domain.plans import PlanComment
from segue.domain.policy.rules import Rule, Source
from segue.domain.questions import FormField, QuestionAnswered, QuestionAsked
from segue.domain.session import Failure, Session, Turn
from segue.domain.transcript import Append, Item, ItemKind
from segue.domain.undo import Action, ActionKind
from segue.protocol import plans, questions, views
from segue.protocol.images import ImageView
from segue.protocol.permissions import FactView, OptionView, PermissionView
from segue.protocol.phrases import PhraseView
from segue.protocol.policy import RuleView
from segue.protocol.usage import CostView, TokensView


def phrase_view(phrase: Phrase) -> PhraseView:
    """A text with what would be invisible in its values escaped."""
    values = [phrase_view(value) if isinstance(value, Phrase) else visible(value) for value in phrase.values]
    return PhraseView(text=phrase.text, values=values)


def stat_view(stat: Stat) -> views.StatView:
    return views.StatView(files=stat.files, added=stat.added, removed=stat.removed)


def permission_view(request: PermissionRequested, decision: PermissionDecided | None = None) -> PermissionView:
    """Everything the person decides on, with what would be invisible escaped (D43); nothing is shortened."""
    options = [
        OptionView(
            option_id=option.option_id,
            name=visible(option.name),
            kind=option.kind,
            effect=phrase_view(EFFECTS[option.kind]),
        )
        for option in in_order(request.options)
    ]
    return PermissionView(
        request_id=request.request_id,
        title=visible(request.title),
        options=options,
        tool_call_id=request.tool_call_id or None,
        command=visible_lines(request.command) or None,
        directory=visible(request.directory) or None,
        paths=[visible(path) for path in request.paths],
        facts=[FactView(name=phrase_view(fact.name), values=list(fact.values)) for fact in facts(request)],
        plan=request.plan or None,
        chosen=decision.option_id if decision else None,
        decided_by=decision.by if decision else None,
        remember=[] if decision else [rule_view(rule, Source.REMEMBERED) for rule in request.remember],
        rule=visible(decision.rule) or None if decision else None,
        remembered=visible(decision.remembered) or None if decision else None,
        reason=visible_lines(decision.reason) or None if decision else None,
        expires_ms=None if decision else request.expires_ms or None,
    )


def rule_view(rule: Rule, source: Source) -> RuleView:
    """A rule in words that name it exactly."""
    return RuleView(id=rule.id, effect=rule.effect, source=source, about=visible(rule.about), where=visible(rule.where))


def question_view(asked: QuestionAsked, answer: QuestionAnswered | None = None) -> questions.QuestionView:
    """A question in full, with what would be invisible escaped; values that are sent back stay as they are."""
    return questions.QuestionView(
        request_id=asked.request_id,
        message=visible_lines(asked.message),
        fields=[_field_view(field) for field in asked.fields],
        url=asked.url or None,
        tool_call_id=asked.tool_call_id or None,
        action=answer.action if answer else None,
        values=[questions.GivenView(name=given.name, values=list(given.values)) for given in answer.values]
        if answer
        else [],
        decided_by=answer.by if answer else None,
    )


def _field_view(field: FormField) -> questions.FieldView:
    choices = [
        questions.ChoiceView(
            value=choice.value,
            title=visible(choice.title or choice.value),
            description=visible_lines(choice.description) or None,
        )
        for choice in field.choices
    ]
    return questions.FieldView(
        name=field.name,
        kind=field.kind,
        title=visible(field.title or field.name),
        description=visible_lines(field.description) or None,
        is_required=field.is_required,
        choices=choices,
        defaults=list(field.defaults),
        minimum=field.minimum,
        maximum=field.maximum,
        format=field.format or None,
    )


def comment_view(comment: PlanComment) -> plans.PlanCommentView:
    return plans.PlanCommentView(
        comment_id=comment.comment_id, first=comment.first, last=comment.last, text=comment.text
    )


ACTIONS = {
    ActionKind.ARCHIVE: "Discarded",
    ActionKind.DELETE: "Deleted",
    ActionKind.MERGE: "Merged",
    ActionKind.UNDO_MERGE: "Undid the merge",
    ActionKind.UNDO: "Undid a rollback",
}


def action_title(action: Action) -> str:
    if action.kind is ActionKind.AROUND:
        return (
            f"Put back action {action.undoes}"
            if action.undoes
            else f"Changed outside the worktree in turn {action.turn}"
        )
    if action.kind is ActionKind.ROLLBACK:
        return f"Rolled back to {action.side} turn {action.turn}"
    return ACTIONS[action.kind]


def failure_view(failed: Failure | SegueError) -> views.FailureView:
    return views.FailureView(reason=failed.reason, message=failed.message, action=failed.action)


def undo_view(action: Action | None) -> views.UndoView | None:
    return views.UndoView(number=action.number, kind=action.kind, title=action_title(action)) if action else None


def action_view(session: Session, action: Action, expires_ms: int | None) -> views.ActionView:
    """An entry of the undo log."""
    return views.ActionView(
        session_id=session.id,
        session_title=session.title,
        number=action.number,
        kind=action.kind,
        title=action_title(action),
        at_ms=action.at_ms,
        expires_ms=expires_ms,
        can_undo=session.can_undo(action),
        is_undone=action.is_undone,
        is_expired=action.is_expired,
        snapshots=[
            views.SnapshotView(what=kept.what, ref=kept.ref, commit=kept.commit, path=kept.path or None)
            for kept in action.kept
            if not action.is_expired
        ],
    )


def option_view(option: ConfigOption) -> views.ConfigOptionView:
    return views.ConfigOptionView(
        option_id=option.option_id,
        name=visible(option.name),
        category=option.category or None,
        description=visible_lines(option.description) or None,
        type=option.type,
        current=option.current,
        values=[
            views.ConfigValueView(
                value=known.value,
                name=visible(known.name),
                description=visible_lines(known.description) or None,
                group=visible(known.group) or None,
            )
            for known in option.values
        ],
    )


def offer_view(session: Session) -> views.OfferView:
    """What can be chosen and which commands there are."""
    commands = [
        views.CommandView(
            name=command.name,
            description=visible_lines(command.description) or None,
            hint=visible(command.hint) or None,
        )
        for command in session.commands
    ]
    return views.OfferView(options=[option_view(option) for option in session.offered], commands=commands)


def tokens_view(tokens: Tokens | None) -> TokensView | None:
    if tokens is None:
        return None
    return TokensView(
        input=tokens.input,
        output=tokens.output,
        cached=tokens.cached,
        thought=tokens.thought,
        cached_write=tokens.cached_write,
    )


def cost_view(cost: Cost | None) -> CostView | None:
    if cost is None:
        return None
    currency = visible(cost.currency) or None
    return CostView(amount=cost.amount, currency=currency, is_estimate=cost.is_estimate)


def turn_view(turn: Turn) -> views.TurnView:
    return views.TurnView(
        number=turn.number,
        prompt=turn.prompt,
        started_ms=turn.started_ms,
        ended_ms=turn.ended_ms,
        stop_reason=turn.stop_reason,
        message=turn.message or None,
        before=turn.before.commit if turn.before else None,
        after=turn.after.commit if turn.after else None,
        tokens=tokens_view(turn.tokens),
        cost=cost_view(turn.cost),
    )


def image_view(image: Image) -> ImageView:
    return ImageView(hash=image.hash, mime_type=image.mime_type, size=image.size)


def item_view(item: Item) -> views.ItemView:
    """An entry of a transcript; texts stay as the agent wrote them, and clients show them inert."""
    content = [
        views.ToolContentView(
            type=part.type,
            text=part.text,
            path=part.path or None,
            old_text=part.old_text,
            image=image_view(part.image) if part.image else None,
        )
        for part in item.content
    ]
    return views.ItemView(
        id=item.id,
        kind=item.kind,
        turn=item.turn,
        seq=item.seq,
        at_ms=item.at_ms,
        text=item.text or None,
        title=item.title or None,
        tool_kind=item.tool_kind or None,
        status=item.status or None,
        content=content or None,
        locations=[views.LocationView(path=place.path, line=place.line) for place in item.locations] or None,
        input=item.input or None,
        entries=[
            views.PlanEntryView(content=entry.content, status=entry.status, priority=entry.priority)
            for entry in item.entries
        ]
        or None,
        permission=permission_view(item.request, item.decision)
        if item.request and item.kind is ItemKind.PERMISSION
        else None,
        question=question_view(item.question, item.answer) if item.question else None,
        plan_key=item.plan_key or None,
        comments=[comment_view(comment) for comment in item.comments] or None,
        changed=item.changed or None,
        place=_place_view(item.place) if item.place else None,
        images=[image_view(image) for image in item.images] or None,
    )


def _place_view(place: Place) -> views.PlaceView:
    return views.PlaceView(uri=place.uri, start_line=place.start_line, end_line=place.end_line, words=place.words)


def append_view(append: Append) -> views.AppendView:
    return views.AppendView(item_id=append.item_id, seq=append.seq, text=append.text)
