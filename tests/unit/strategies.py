"""Generates what can happen to a session. Knows the order in which a sound engine journals; judges nothing."""

from __future__ import annotations

import enum
import types
import typing
from dataclasses import dataclass, field

import msgspec
from hypothesis import strategies as st

from segue.domain.events import (
    AgentEnded,
    AgentNoted,
    AgentSessionOpened,
    AgentStarted,
    AnyEvent,
    CheckpointTaken,
    CommandsReported,
    ConfigChosen,
    ConfigRefused,
    ConfigReported,
    Event,
    MergeAbandoned,
    MergeCompleted,
    MergeIntended,
    MergeUndone,
    MessageReceived,
    ModeReported,
    OptionKind,
    PermissionDecided,
    PermissionOption,
    PermissionRequested,
    PlanReported,
    PromptAnswered,
    PromptDropped,
    PromptQueued,
    QuestionAnswered,
    QuestionAsked,
    Recorded,
    Role,
    SessionArchived,
    SessionCreated,
    SessionFailed,
    SessionPinned,
    SessionRenamed,
    SessionRestored,
    SessionSeen,
    SessionUnpinned,
    Stat,
    StatMeasured,
    StopReason,
    StopRequested,
    TerminalEnded,
    TerminalPrinted,
    TerminalStarted,
    ToolCallReported,
    ToolContent,
    TurnEnded,
    TurnStarted,
    UsageReported,
    WorktreeReady,
)
from segue.domain.fold import fold
from segue.domain.ids import session_id_from
from segue.domain.questions import Action
from segue.domain.session import Session

SESSION = session_id_from(b"\x01\x02\x03\x04\x05\x06\x07\x08")
NASTY = [
    "",
    " ",
    "a",
    "two words",
    "line\nbreak",
    "tab\there",
    "\x1b[31mred",
    "\u202eevil",
    "👨‍👩‍👧",
    "\x00",
    "\u2028",
    "ß" * 700,
]
SURROGATES = ["/tmp/caf\udce9", "\udcff"]
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=12))
PATHS = st.one_of(TEXTS, st.sampled_from(SURROGATES))
NUMBERS = st.integers(0, 4)


def created() -> SessionCreated:
    return SessionCreated(
        title="Fix it",
        agent="fake",
        repository="/repository",
        common_dir="/repository/.git",
        base_ref="refs/heads/main",
        base_commit="b" * 40,
        branch="refs/heads/segue/x/work",
        worktree="/worktrees/x",
    )


def recorded(events: typing.Iterable[AnyEvent], first: int = 1, step: int = 1) -> list[Recorded]:
    """Events with the places that a journal would give them."""
    return [Recorded(first + i * step, SESSION, 1_700_000_000_000 + i, event) for i, event in enumerate(events)]


def folded(events: list[Recorded]) -> Session:
    """The session that events make."""
    session = None
    for event in events:
        session = fold(session, event)
    assert session is not None
    return session


def value_of(kind: object, texts: st.SearchStrategy[str] = TEXTS) -> st.SearchStrategy[typing.Any]:
    """Any value of a field's type; small numbers and few texts, so that ids meet again."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of([value_of(argument, texts) for argument in arguments])
    if origin is tuple:
        return st.lists(value_of(arguments[0], texts), max_size=3).map(tuple)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        names = [name for name in kind.__struct_fields__ if name in hints]
        return st.builds(kind, **{name: value_of(hints[name], texts) for name in names})
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    return {
        type(None): st.none(),
        bool: st.booleans(),
        int: NUMBERS,
        float: st.floats(0, 100),
        str: texts,
    }[kind]  # type: ignore[index]


EVENT_KINDS: tuple[type[Event], ...] = typing.get_args(AnyEvent)


def any_event(texts: st.SearchStrategy[str] = TEXTS) -> st.SearchStrategy[AnyEvent]:
    """One event of any kind with any values."""
    return st.one_of([value_of(kind, texts) for kind in EVENT_KINDS])


def arbitrary_sequences() -> st.SearchStrategy[list[Recorded]]:
    """A beginning, then anything at all."""
    texts = st.one_of(st.sampled_from(["before", "after", "x", "y"]), TEXTS)
    return st.lists(any_event(texts), max_size=12).map(lambda events: recorded([created(), *events]))


@dataclass
class _Model:
    """As much of a session as decides what may happen next."""

    has_worktree: bool = False
    is_failed: bool = False
    is_archived: bool = False
    turns: int = 0
    is_running: bool = False
    ids: int = 0
    generation: int = 0
    is_alive: bool = False
    merges: int = 0
    pending_merge: bool = False
    is_merged: bool = False
    queue: list[str] = field(default_factory=list)
    permissions: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)

    def fresh(self, kind: str) -> str:
        self.ids += 1
        return f"{kind}{self.ids}"


@st.composite
def valid_sequences(draw: st.DrawFn, max_size: int = 40) -> list[Recorded]:
    """What a sound engine would journal for one session, cut off anywhere; sequence numbers have gaps."""
    model, events = _Model(), [typing.cast(AnyEvent, created())]
    for _ in range(draw(st.integers(0, max_size))):
        action = draw(st.sampled_from(_possible(model)))
        events.extend(action(model, draw))
    return recorded(events, first=draw(st.integers(1, 5)), step=draw(st.integers(1, 3)))


_Action = typing.Callable[[_Model, st.DrawFn], list[AnyEvent]]


def _possible(model: _Model) -> list[_Action]:
    if model.is_archived:
        return [_rename, _restore]
    always = [_rename, _queue, _measure, _see, _offer]
    if not model.has_worktree:
        return [*always, _ready, _ready, _fail]
    if model.is_running:
        talk: list[_Action] = [_say, _say, _call_tool, _update_tool, _terminal, _plan, _ask, _ask_form, _use, _note]
        said = [*([_decide] * 3 if model.permissions else []), *([_answer] * 3 if model.questions else [])]
        return [*always, *talk, *said, _checkpoint, _stop, _die, _end]
    idle: list[_Action] = [_start, _start, _start_agent, _die, _late, _archive]
    return [*always, *idle, *([_merge_done, _merge_abandon] if model.pending_merge else [_merge]), _undo]


def _rename(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [SessionRenamed(draw(TEXTS))]


def _queue(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    if model.queue and draw(st.integers(0, 3)) == 0:
        return [PromptDropped(model.queue.pop())]
    model.queue.append(model.fresh("p"))
    return [PromptQueued(model.queue[-1], draw(TEXTS))]


_OFFERS = (ConfigReported, ModeReported, ConfigChosen, ConfigRefused, CommandsReported)


def _offer(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [draw(value_of(draw(st.sampled_from(_OFFERS))))]


def _measure(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [StatMeasured(draw(value_of(Stat)))]


def _see(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [draw(st.sampled_from([SessionSeen(), SessionPinned(), SessionUnpinned()]))]


def _ready(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.has_worktree = True
    return [WorktreeReady()]


def _fail(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [SessionFailed("worktree_failed", draw(TEXTS), draw(TEXTS))]


def _start(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    begin: list[AnyEvent] = []
    if not model.queue:
        begin = _queue(model, draw)
    model.turns, model.is_running = model.turns + 1, True
    begin.append(TurnStarted(model.turns, model.queue.pop(0), draw(TEXTS)))
    return begin


def _start_agent(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.generation, model.is_alive = model.generation + 1, True
    return [AgentStarted(model.generation, "fake", "1"), AgentSessionOpened(f"s{model.generation}", can_load=True)]


def _die(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.is_alive = False
    return [AgentEnded(draw(st.integers(max(0, model.generation - 1), model.generation)), draw(TEXTS))]


def _say(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [MessageReceived(draw(value_of(Role)), draw(st.sampled_from(["m1", "m2"])), draw(TEXTS))]


def _late(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    """Background updates may still arrive behind a turn."""
    return draw(st.sampled_from([_say, _ask, _plan, _note, _terminal]))(model, draw)


def _call_tool(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.tools.append(model.fresh("t"))
    return [ToolCallReported(model.tools[-1], draw(TEXTS), "edit", draw(st.sampled_from([None, "", "pending"])))]


def _update_tool(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    if not model.tools:
        return []
    return [ToolCallReported(draw(st.sampled_from(model.tools)), *[draw(value_of(kind)) for kind in _TOOL_FIELDS])]


_TOOL_FIELDS = (str | None, str | None, str | None, tuple[ToolContent, ...] | None)


def _terminal(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    """Something about one of two terminals, which tool calls may show, before or behind its start."""
    name = draw(st.sampled_from(["term-1", "term-2"]))
    calls = st.sampled_from(model.tools or ["t0"])
    told: list[AnyEvent] = [
        TerminalStarted(name, draw(TEXTS)),
        TerminalPrinted(name, draw(TEXTS), draw(st.integers(0, 2))),
        TerminalEnded(name, "exit 1"),
        ToolCallReported(draw(calls), content=(ToolContent("terminal", name), ToolContent("text", draw(TEXTS)))),
    ]
    return [draw(st.sampled_from(told))]


def _plan(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [draw(value_of(PlanReported))]


def _ask(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.permissions.append(model.fresh("r"))
    options = (PermissionOption("yes", "Yes", OptionKind.ALLOW_ONCE),)
    return [PermissionRequested(model.permissions[-1], draw(TEXTS), options)]


def _decide(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    chosen = model.permissions.pop(draw(st.integers(0, len(model.permissions) - 1)))
    return [PermissionDecided(chosen, draw(st.sampled_from(["yes", None])), "user")]


def _ask_form(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.questions.append(model.fresh("q"))
    return [QuestionAsked(model.questions[-1], draw(TEXTS))]


def _answer(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    answered = model.questions.pop(draw(st.integers(0, len(model.questions) - 1)))
    return [QuestionAnswered(answered, draw(st.sampled_from(Action)), "user")]


def _use(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [draw(value_of(UsageReported))]


def _note(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [AgentNoted("note", draw(TEXTS))]


def _checkpoint(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [CheckpointTaken(model.turns, draw(st.sampled_from(["before", "after"])), "c" * 40, "d" * 40)]


def _stop(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [StopRequested()]


def _end(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.is_running = False
    model.permissions.clear()
    model.questions.clear()
    model.tools.clear()
    reason = draw(value_of(StopReason))
    answered = [typing.cast(AnyEvent, PromptAnswered(reason, ""))] if draw(st.booleans()) else []
    return [*answered, TurnEnded(model.turns, reason, draw(TEXTS))]


def _merge(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.merges, model.pending_merge = model.merges + 1, True
    return [MergeIntended(model.merges, "squash", "refs/heads/main", "b" * 40, "e" * 40)]


def _merge_done(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.pending_merge = False
    return [MergeCompleted(model.merges, "e" * 40, "refs/heads/main", "b" * 40)]


def _merge_abandon(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.pending_merge = False
    return [MergeAbandoned(model.merges, draw(TEXTS))]


def _undo(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    return [MergeUndone(model.merges)]


def _archive(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.is_archived, model.has_worktree = True, False
    model.permissions.clear()
    model.questions.clear()
    return [SessionArchived("f" * 40, "refs/segue/x/archive/1")]


def _restore(model: _Model, draw: st.DrawFn) -> list[AnyEvent]:
    model.is_archived, model.has_worktree = False, True
    return [SessionRestored()]
