"""What a session's transcript shows. Knows events and the items they become; knows nothing of clients or rendering."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from segue.domain import events, plans
from segue.domain.facts import Image
from segue.domain.ids import visible
from segue.domain.images import ImageReceived, placeholder
from segue.domain.plan_changes import AGENT_ENDED, outcome
from segue.domain.questions import Action
from segue.domain.terminals import TerminalLog

TEXT_LIMIT = 1024 * 1024
"""Characters of one message that are kept; the raw text stays in the spool."""
CUT = (
    f"\n\n… (This message is cut here, after {TEXT_LIMIT:,} characters. The agent's newest 16 MiB of output "
    "are kept as they came in the folder `runners` of Segue's data directory, which `segue status` names.)"
)


class ItemKind(StrEnum):
    PROMPT = "prompt"
    MESSAGE = "message"
    IMAGE = "image"
    """Of the agent; `text` says it in words."""
    THOUGHT = "thought"
    TOOL_CALL = "tool_call"
    PLAN = "plan"
    PROPOSAL = "proposal"
    """A plan in Markdown that a person decides on; `status` is empty while it waits."""
    PERMISSION = "permission"
    QUESTION = "question"
    HANDOVER = "handover"
    """What Segue told a new agent about the conversation before."""
    NOTICE = "notice"
    """A line of Segue's own: a turn that ended, an error, a merge."""


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of a transcript. Which fields are filled follows from `kind`."""

    id: str
    """Unique within the session, stable across restarts."""
    kind: ItemKind
    turn: int
    seq: int
    """Of the last event that changed it."""
    at_ms: int
    text: str = ""
    title: str = ""
    tool_kind: str = ""
    status: str = ""
    content: tuple[events.ToolContent, ...] = ()
    locations: tuple[events.Location, ...] = ()
    input: str = ""
    entries: tuple[events.PlanEntry, ...] = ()
    request: events.PermissionRequested | None = None
    decision: events.PermissionDecided | None = None
    question: events.QuestionAsked | None = None
    answer: events.QuestionAnswered | None = None
    plan_key: str = ""
    comments: tuple[plans.PlanComment, ...] = ()
    changed: int = 0
    """Of a plan: files that its turn changed."""
    place: events.Place | None = None
    images: tuple[Image, ...] = ()


class Upsert(msgspec.Struct, frozen=True):
    item: Item


class Append(msgspec.Struct, frozen=True):
    """`text` was added at the end of the item's text."""

    item_id: str
    text: str
    seq: int


Change: TypeAlias = Upsert | Append

NOTICES = {
    events.StopReason.MAX_TOKENS: "The model ran out of room.",
    events.StopReason.MAX_TURN_REQUESTS: "The agent made as many requests as it may in one turn.",
    events.StopReason.REFUSAL: "The agent refused to go on.",
    events.StopReason.CANCELLED: "Stopped.",
    events.StopReason.INTERRUPTED: "The agent ended in mid-turn.",
    events.StopReason.FAILED: "The turn failed.",
}


UNLINKED = {
    "finished": "Pairing is finished; what was accepted stands in the checkout.",
    "other_session": "Unlinked, because another session was linked to the checkout.",
    "branch_switched": "Unlinked, because the checkout has another branch now.",
}
_DECISIONS = {
    "adopted": "became yours by editing",
    "undone": "taken back by an undo",
    "restored": "decided on again",
}


def _archived(event: events.SessionArchived) -> str:
    if event.is_whole:
        return f"Archived from the last checkpoint. {event.folder_kept}"
    return event.folder_kept or f"Archived; everything is in {event.snapshot_ref}."


def _decided(event: events.HunksDecided) -> str:
    changes = "1 change" if event.count == 1 else f"{event.count} changes"
    told = f"{changes} in {visible(event.path)}: {_DECISIONS.get(event.decision, event.decision)}"
    return f"{told}. {event.reason}" if event.reason else f"{told}."


_CUT_OFF = events.StopReason.INTERRUPTED
"""The plan of a turn that ended so can still be decided on."""


class Transcript:
    """The items of one session in order, built event by event; `apply` says what changed."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._turn = 0
        self._plans: dict[str, str] = {}
        """Items by the keys of their plans, oldest first."""
        self._terminals: dict[str, TerminalLog] = {}
        self._embedding: dict[str, tuple[events.ToolContent, ...]] = {}
        """Content of the tool calls that show a terminal, with its id in place of its output."""

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(self._items.values())

    def item(self, item_id: str) -> Item:
        return self._items[item_id]

    def apply(self, recorded: events.Recorded) -> tuple[Change, ...]:
        """Take one more event; returns what changed for somebody who shows the transcript."""
        match recorded.event:
            case events.TurnStarted(turn, prompt_id, text, place, images):
                self._turn = turn
                item_id = f"prompt/{prompt_id}"
                prompt = self._put(recorded, item_id, ItemKind.PROMPT, text=text, place=place, images=images)
                return (*self._plan_over(recorded, "superseded"), prompt)
            case events.MessageReceived(role, message_id, text):
                return self._message(recorded, role, message_id, text)
            case ImageReceived(_, image):
                words = placeholder(image.mime_type, image.size)
                return (self._put(recorded, f"image/{recorded.seq}", ItemKind.IMAGE, text=words, images=(image,)),)
            case events.ToolCallReported():
                return (self._tool_call(recorded, recorded.event),)
            case events.TerminalStarted(terminal_id, command):
                return self._terminal(recorded, terminal_id, TerminalLog(command))
            case events.TerminalPrinted(terminal_id, text, skipped) if terminal_id in self._terminals:
                return self._terminal(recorded, terminal_id, self._terminals[terminal_id].printed(text, skipped))
            case events.TerminalEnded(terminal_id, status, whole, dropped) if terminal_id in self._terminals:
                return self._terminal(recorded, terminal_id, self._terminals[terminal_id].ended(status, whole, dropped))
            case events.HandedOver(text):
                return (self._put(recorded, f"handover/{self._turn}", ItemKind.HANDOVER, text=text),)
            case events.PlanReported(entries):
                return (self._put(recorded, f"plan/{self._turn}", ItemKind.PLAN, entries=entries),)
            case events.PermissionRequested(request_id, plan=plan) as request if plan:
                asked = f"permission/{request_id}"  # there where the plan came after its request
                self._plans[request_id] = asked if asked in self._items else f"proposal/{request_id}"
                fields = {"kind": ItemKind.PROPOSAL, "plan_key": request_id, "text": plan, "request": request}
                return (self._put(recorded, self._plans[request_id], ItemKind.PROPOSAL, **fields),)
            case events.PermissionRequested(request_id, title) as request:
                item_id = f"permission/{request_id}"
                return (self._put(recorded, item_id, ItemKind.PERMISSION, title=title, request=request, decision=None),)
            case events.PermissionDecided(request_id) as decision:
                item_id = self._plans.get(request_id, f"permission/{request_id}")
                return self._decide(recorded, item_id, decision)
            case plans.PlanProposed() as proposed:
                return (self._proposed(recorded, proposed),)
            case (
                plans.PlanChecked() | plans.PlanCommented() | plans.PlanCommentDropped() | plans.PlanDecided() as event
            ):
                return self._plan_changed(recorded, event)
            case events.QuestionAsked(request_id, message) as asked:
                item_id = f"question/{request_id}"
                return (self._put(recorded, item_id, ItemKind.QUESTION, title=message, question=asked, answer=None),)
            case events.QuestionAnswered(request_id) as answer:
                return self._answer(recorded, f"question/{request_id}", answer)
            case events.TurnEnded(_, stop_reason, message):
                return self._turn_ended(recorded, stop_reason, message)
            case events.SessionFailed(_, message, action):
                return (*self._settle(recorded), self._notice(recorded, f"{message} {action}".rstrip()))
            case events.AgentEnded(_, message) if message:
                return (self._notice(recorded, message),)
            case events.ConfigRefused(_, _, message):
                return (self._notice(recorded, message),)
            case events.AgentNoted(_, text):
                return (self._notice(recorded, text),)
            case events.MergeCompleted(_, commit, base_ref):
                branch = base_ref.removeprefix("refs/heads/")
                return (self._notice(recorded, f"Merged into {branch} as {commit[:10]}."),)
            case events.MergeAbandoned(_, message) | events.MergeUndoAbandoned(_, message):
                return (self._notice(recorded, message),)
            case events.MergeUndone():
                return (self._notice(recorded, "The merge was undone."),)
            case events.SessionArchived() as archived:
                return (*self._settle(recorded), self._notice(recorded, _archived(archived)))
            case events.SessionRestored():
                return (self._notice(recorded, "Restored."),)
            case events.RepositoryMoved(place):
                return (self._notice(recorded, f"The repository was found at its new place, {visible(place)}."),)
            case events.RolledBack(_, turn, side, _):
                done = f"The files were rolled back to how they were {side} turn {turn}."
                return (self._notice(recorded, done if turn else "The files are as they were before the rollback."),)
            case events.RollbackAbandoned(_, message):
                return (self._notice(recorded, message),)
            case events.SessionLinked(checkout):
                return (self._notice(recorded, f"Linked to {visible(checkout)}: its work shows there for review."),)
            case events.SessionUnlinked(reason):
                return (self._notice(recorded, UNLINKED.get(reason, "Unlinked: it works in the background.")),)
            case events.HunksDecided() as decided:
                return (self._notice(recorded, _decided(decided)),)
            case _:
                return ()

    def _put(self, recorded: events.Recorded, item_id: str, new: ItemKind, **fields: object) -> Upsert:
        old = self._items.get(item_id)
        if old is None:
            item = Item(item_id, new, self._turn, recorded.seq, recorded.at_ms)
        else:
            item = replace(old, seq=recorded.seq)
        self._items[item_id] = item = replace(item, **fields)
        return Upsert(item)

    def _notice(self, recorded: events.Recorded, text: str) -> Upsert:
        return self._put(recorded, f"notice/{recorded.seq}", ItemKind.NOTICE, text=text)

    def _message(self, recorded: events.Recorded, role: events.Role, message_id: str, text: str) -> tuple[Change, ...]:
        if role is events.Role.USER:
            return ()
        kind = ItemKind.THOUGHT if role is events.Role.THOUGHT else ItemKind.MESSAGE
        item_id = f"{kind}/{self._turn}/{message_id}"
        old = self._items.get(item_id)
        if old is None:
            return (self._put(recorded, item_id, kind, text=_cut(text, TEXT_LIMIT)),)
        text = _cut(text, TEXT_LIMIT - len(old.text)) if len(old.text) <= TEXT_LIMIT else ""
        if not text:
            return ()
        self._items[item_id] = replace(old, text=old.text + text, seq=recorded.seq)
        return (Append(item_id, text, recorded.seq),)

    def _tool_call(self, recorded: events.Recorded, event: events.ToolCallReported) -> Upsert:
        reported = {
            "title": event.title,
            "tool_kind": event.kind,
            "status": event.status,
            "content": event.content,
            "locations": event.locations,
            "input": event.input,
        }
        fields = {name: value for name, value in reported.items() if value is not None}
        item_id = f"tool/{self._turn}/{event.tool_call_id}"
        if event.content is not None:
            self._embedding.pop(item_id, None)
            if any(piece.type == "terminal" for piece in event.content):
                self._embedding[item_id] = event.content
                fields["content"] = self._with_output(event.content)
        return self._put(recorded, item_id, ItemKind.TOOL_CALL, **fields)

    def _terminal(self, recorded: events.Recorded, terminal_id: str, log: TerminalLog) -> tuple[Change, ...]:
        """A terminal changed, and so do the tool calls that show it."""
        self._terminals[terminal_id] = log
        return tuple(
            self._put(recorded, item_id, ItemKind.TOOL_CALL, content=self._with_output(content))
            for item_id, content in self._embedding.items()
            if any(piece.type == "terminal" and piece.text == terminal_id for piece in content)
        )

    def _with_output(self, content: tuple[events.ToolContent, ...]) -> tuple[events.ToolContent, ...]:
        logs = [self._terminals.get(piece.text) if piece.type == "terminal" else None for piece in content]
        return tuple(
            replace(piece, text=log.shown()) if log else piece for piece, log in zip(content, logs, strict=True)
        )

    def _decide(
        self, recorded: events.Recorded, item_id: str, decision: events.PermissionDecided
    ) -> tuple[Change, ...]:
        item = self._items.get(item_id)
        if item is None or item.decision is not None:
            return ()
        if item.kind is not ItemKind.PROPOSAL or item.status or item.request is None:
            return (self._put(recorded, item_id, item.kind, decision=decision),)
        status = "" if decision.by == AGENT_ENDED else "withdrawn"
        if decision.option_id is not None:
            status = outcome(item.request, decision)
        return (self._put(recorded, item_id, item.kind, decision=decision, status=status),)

    def _plan_over(self, recorded: events.Recorded, status: str) -> tuple[Change, ...]:
        """Nobody decides any more on the newest plan, where it waits still."""
        item = self._items[next(reversed(self._plans.values()))] if self._plans else None
        if item is None or item.status:
            return ()
        return (self._put(recorded, item.id, item.kind, status=status),)

    def _proposed(self, recorded: events.Recorded, proposed: plans.PlanProposed) -> Upsert:
        """What the agent said is the plan: its message is shown as that, and not twice."""
        key = plans.key_of_turn(proposed.turn)
        said = (item for item in reversed(self.items) if item.kind is ItemKind.MESSAGE and item.turn == proposed.turn)
        same = (item.id for item in said if item.text.strip().startswith(proposed.text))
        self._plans[key] = next(same, f"proposal/{key}")
        fields = {"plan_key": key, "text": proposed.text, "changed": proposed.changed}
        return self._put(recorded, self._plans[key], ItemKind.PROPOSAL, kind=ItemKind.PROPOSAL, **fields)

    def _plan_changed(
        self,
        recorded: events.Recorded,
        event: plans.PlanChecked | plans.PlanCommented | plans.PlanCommentDropped | plans.PlanDecided,
    ) -> tuple[Change, ...]:
        item = self._items.get(self._plans.get(event.key, ""))
        if item is None or item.status:
            return ()
        match event:
            case plans.PlanChecked(_, changed):
                return (self._put(recorded, item.id, item.kind, changed=changed),)
            case plans.PlanCommented(_, comment):
                return (self._put(recorded, item.id, item.kind, comments=(*item.comments, comment)),)
            case plans.PlanCommentDropped(_, comment_id):
                left = tuple(comment for comment in item.comments if comment.comment_id != comment_id)
                return (self._put(recorded, item.id, item.kind, comments=left),)
            case plans.PlanDecided(_, decision):
                return (self._put(recorded, item.id, item.kind, status=decision),)

    def _answer(self, recorded: events.Recorded, item_id: str, answer: events.QuestionAnswered) -> tuple[Change, ...]:
        if item_id not in self._items or self._items[item_id].answer is not None:
            return ()
        return (self._put(recorded, item_id, ItemKind.QUESTION, answer=answer),)

    def _turn_ended(
        self, recorded: events.Recorded, stop_reason: events.StopReason, message: str
    ) -> tuple[Change, ...]:
        """Every end of turn settles open tool calls, permissions and questions."""
        changes: list[Change] = []
        for item in self.items:
            if item.kind is ItemKind.TOOL_CALL and item.status in {"", "pending", "in_progress"}:
                changes.append(self._put(recorded, item.id, item.kind, status="cancelled"))
        changes.extend(self._settle(recorded, stop_reason))
        notice = message or NOTICES.get(stop_reason, "")
        if notice:
            changes.append(self._notice(recorded, notice))
        return tuple(changes)

    def _settle(self, recorded: events.Recorded, stop_reason: events.StopReason | None = None) -> tuple[Change, ...]:
        """Nobody waits for what is open still."""
        changes: list[Change] = []
        for item in self.items:
            if item.request is not None and (item.kind is ItemKind.PERMISSION or stop_reason is not _CUT_OFF):
                decision = events.PermissionDecided(item.request.request_id, None, "turn_ended")
                changes.extend(self._decide(recorded, item.id, decision))
            elif item.question is not None:
                answer = events.QuestionAnswered(item.question.request_id, Action.CANCEL, "turn_ended")
                changes.extend(self._answer(recorded, item.id, answer))
        return tuple(changes)


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters; of more, the first ones and a sentence that says so."""
    return text if len(text) <= limit else text[:limit] + CUT
