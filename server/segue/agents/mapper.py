"""ACP's session updates into events. Knows both vocabularies; knows no bytes, no request ids and no turn.

Pieces of one message within a batch become one event, and so do consecutive updates of one tool call.
"""

from __future__ import annotations

from collections.abc import Callable

from segue.agents import fields, usage
from segue.agents.connection_record import OpenMessage
from segue.agents.images import Images
from segue.agents.jsonrpc import Message
from segue.agents.outputs import Outputs
from segue.domain.events import (
    AgentNoted,
    AnyEvent,
    MessageReceived,
    PermissionRequested,
    PlanReported,
    Role,
    ToolCallReported,
    UsageReported,
)
from segue.domain.facts import Image
from segue.domain.ids import visible
from segue.domain.images import ImageReceived
from segue.domain.transcript import TEXT_LIMIT

ROLES = {"agent_message_chunk": Role.AGENT, "agent_thought_chunk": Role.THOUGHT, "user_message_chunk": Role.USER}
QUIET = frozenset({"session_info_update"})
"""Known, not shown yet; they stay in the spool."""
NOTES_LIMIT = 20
"""Kinds of unknown updates that are noted in one turn."""


class Unfit(Exception):
    """An update without the parts it cannot do without; the message is for diagnostics."""


class UpdateMapper:
    """Collects the events of a batch; `drain` takes them."""

    def __init__(
        self,
        generation: int,
        message: OpenMessage | None,
        images: Images | None = None,
        outputs: Outputs | None = None,
    ) -> None:
        """`images` and `outputs` keep what the agent shows; without them it is only named."""
        self.message = message
        """What the next chunk of the same kind continues."""
        self._images = images
        self._outputs = outputs
        self._generation = generation
        self._events: list[AnyEvent] = []
        self._parts: list[str] = []
        self._noted: set[str] = set()
        self._plans: dict[str, str] = {}
        """What tool calls that leave a mode carried so far in this turn."""
        self._handlers: dict[str, Callable[[Message], AnyEvent | None]] = {
            "tool_call": self._tool_call,
            "tool_call_update": self._tool_call_update,
            "plan": self._plan,
        }

    def take(self, update: Message, offset: int) -> None:
        """Take one update, whose line begins at `offset`; raises Unfit."""
        kind = update.get("sessionUpdate")
        if not isinstance(kind, str):
            raise Unfit("an update without a kind")
        role = ROLES.get(kind)
        if role is not None:
            self._chunk(role, update, offset)
        elif kind in self._handlers:
            event = self._handlers[kind](update)
            self.close_message()
            if event is not None:
                self._events.append(event)
        elif kind == "usage_update":
            self._usage(update)
        elif kind not in QUIET:
            self.note(kind, f"The agent sent an update that this version of Segue does not know: {visible(kind)[:80]}.")

    def add(self, event: AnyEvent) -> None:
        """Put an event behind what was said so far; a later chunk begins a new message."""
        self.close_message()
        self._events.append(event)

    def aside(self, event: AnyEvent) -> None:
        """Put an event between the pieces of what is said; a later chunk goes on with the message."""
        self._flush()
        self._events.append(event)

    def note(self, kind: str, text: str) -> None:
        """Say something about the agent, once per kind and turn."""
        if kind not in self._noted and len(self._noted) < NOTES_LIMIT:
            self._noted.add(kind)
            self.aside(AgentNoted(fields.label(kind) or "", text))

    def begin_turn(self) -> None:
        self.close_message()
        self._noted.clear()
        self._plans.clear()

    def close_message(self) -> None:
        self._flush()
        self.message = None

    def drain(self) -> tuple[AnyEvent, ...]:
        """The events since the last call; the open message stays open."""
        self._flush()
        events, self._events = tuple(self._events), []
        return events

    def _flush(self) -> None:
        if self._parts and self.message is not None:
            text = "".join(self._parts)[: TEXT_LIMIT + 1]  # so that what is cut says so
            self._events.append(MessageReceived(self.message.role, self.message.message_id, text))
            self._parts = []

    def _chunk(self, role: Role, update: Message, offset: int) -> None:
        content = update.get("content")
        text = content.get("text") if isinstance(content, dict) and content.get("type") == "text" else None
        if not isinstance(text, str):
            shown = fields.block_image(content, self._images)
            if isinstance(shown, Image):
                if role is not Role.USER:
                    self.add(ImageReceived(role, shown))
                return
            text = shown or fields.block_text(content)
            if text is None:
                raise Unfit("a message chunk without content")
        given = update.get("messageId")
        message = self.message
        if given is None:
            if message is None or message.role is not role or message.is_named:
                self.close_message()
                self.message = OpenMessage(role, f"{self._generation}-{offset}")
        else:
            message_id = f"{self._generation}-{fields.identifier(given) or offset}"
            if message is None or message.role is not role or message.message_id != message_id:
                self.close_message()
                self.message = OpenMessage(role, message_id, is_named=True)
        if text:
            self._parts.append(text)

    def _tool_call(self, update: Message) -> ToolCallReported:
        tool_call_id = fields.identifier(update.get("toolCallId"))
        if tool_call_id is None:
            raise Unfit("a tool call without an id")
        event = tool_call(tool_call_id, update, self._images, self._outputs)
        if event.kind == fields.LEAVES_MODE or tool_call_id in self._plans:
            self._plans[tool_call_id] = fields.plan_text(update) or self._plans.get(tool_call_id, "")
        return event

    def plan_of(self, tool_call_id: str) -> str:
        """The plan of a tool call that leaves a mode: it may come before what asks for permission with it."""
        return self._plans.get(tool_call_id, "")

    def expect_plan(self, tool_call_id: str) -> None:
        """Take the plan of a tool call that the agent asked to leave a mode with."""
        self._plans.setdefault(tool_call_id, "")

    def leaves_mode(self, request: PermissionRequested) -> bool:
        """Whether a request is about a tool call that leaves a mode, by its own word or by the call's."""
        return request.kind == fields.LEAVES_MODE or request.tool_call_id in self._plans

    def _tool_call_update(self, update: Message) -> ToolCallReported | None:
        """None where it says nothing, or went into the event before."""
        event = self._tool_call(update)
        if event == ToolCallReported(event.tool_call_id):
            return None
        last = self._events[-1] if self._events and not self._parts else None
        if not isinstance(last, ToolCallReported) or last.tool_call_id != event.tool_call_id:
            return event
        self._events[-1] = ToolCallReported(
            event.tool_call_id,
            title=last.title if event.title is None else event.title,
            kind=last.kind if event.kind is None else event.kind,
            status=last.status if event.status is None else event.status,
            content=last.content if event.content is None else event.content,
            locations=last.locations if event.locations is None else event.locations,
            input=last.input if event.input is None else event.input,
        )
        return None

    def _plan(self, update: Message) -> PlanReported:
        entries = fields.plan_entries(update.get("entries"))
        if entries is None:
            raise Unfit("a plan without entries")
        return PlanReported(entries)

    def _usage(self, update: Message) -> None:
        cost = update.get("cost")
        cost = cost if isinstance(cost, dict) else {}
        known = usage.amount(cost.get("amount"))
        self.aside(
            UsageReported(
                context_used=fields.number(update.get("used")),
                context_size=fields.number(update.get("size")),
                cost=known,
                currency="" if known is None else fields.label(cost.get("currency")) or "",
            )
        )


def tool_call(
    tool_call_id: str, call: Message, images: Images | None = None, outputs: Outputs | None = None
) -> ToolCallReported:
    """A tool call, or what changed of it, as an event."""

    def keep(name: str, text: str) -> str:
        return outputs.keep(f"tool/{tool_call_id}/{name}", text) if outputs is not None else ""

    return ToolCallReported(
        tool_call_id,
        title=fields.text(call.get("title"), fields.TITLE_LIMIT),
        kind=fields.label(call.get("kind")),
        status=fields.label(call.get("status")),
        content=fields.tool_content(call.get("content"), images, keep),
        locations=fields.locations(call.get("locations")),
        input=fields.raw_input(call.get("rawInput")),
    )
