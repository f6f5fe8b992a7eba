"""The steps of the contract that an agent has to keep to be of use in Segue. Knows one agent on its stage and the model
that plays the script; what a step found is a sentence, or why it did not go.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from segue.agents import runners
from segue.agents.connection_record import AgentFacts, PromptEnded
from segue.agents.contract.driver import Agent
from segue.agents.contract.held_command import Lasting
from segue.agents.contract.script import CHOICES, TEXT
from segue.agents.contract.scripted_model import ScriptedModel
from segue.agents.contract.stage import Stage
from segue.domain.events import (
    OptionKind,
    PermissionRequested,
    QuestionAnswered,
    QuestionAsked,
    StopReason,
    UsageReported,
)
from segue.domain.questions import Action, FieldKind, given
from segue.system import processes

LIMIT_S = 60.0
"""For what an agent does in one step."""
CANCEL_S = 5.0
"""How long an agent may take to end a cancelled turn (D6)."""
GREETING = "Hello from the script."
MADE = "made by a command"
ALLOWING = (OptionKind.ALLOW_ONCE, OptionKind.ALLOW_ALWAYS)
DENYING = (OptionKind.REJECT_ONCE, OptionKind.REJECT_ALWAYS)


class Broken(Exception):
    """A step did not go as it must; one sentence."""


class LeftOut(Exception):
    """A step could not be run; one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Played:
    """One turn."""

    end: PromptEnded
    text: str
    asked: tuple[PermissionRequested, ...]
    early: tuple[str, ...]
    """Titles of what was done before it was answered for."""


@dataclass
class Bench:
    """What the steps share. One agent and one session as long as all goes well."""

    stage: Stage
    model: ScriptedModel
    agents: list[Agent] = field(default_factory=list)
    """All that were started, the newest last."""
    facts: AgentFacts = field(default_factory=AgentFacts)
    asked: dict[str, tuple[PermissionRequested, ...]] = field(default_factory=dict)
    """What the agent asked permission for, by verb."""
    early: list[str] = field(default_factory=list)
    opened_at: float = 0.0
    numbers: Iterator[int] = field(default_factory=count)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> Agent:
        """The agent without a session."""
        agent, self.facts = await self._stack.enter_async_context(self.stage.started(LIMIT_S))
        self.agents.append(agent)
        return agent

    async def ready(self) -> Agent:
        """The agent with an open session: the one that runs, or a new one."""
        if self.agents and self.agents[-1].connection.gone is None and self.agents[-1].session_id:
            return self.agents[-1]
        await self.close()
        agent = await self.start()
        agent.session_id = await agent.connection.open_session(self.stage.work)
        self.opened_at = time.time()
        return agent

    async def close(self) -> None:
        """End the agent with everything it started."""
        await self._stack.aclose()

    def require(self, verb: str) -> None:
        """Raises LeftOut where the agent gives its model no tool for a verb."""
        if not any(conversation.offers(verb) for conversation in self.model.asked):
            raise LeftOut("It gives its model no tool for that which the script knows.")


async def play(bench: Bench, script: str, kinds: tuple[OptionKind, ...], effect: Path | None = None) -> Played:
    """Have a script played; every request for permission is answered with the first option of those kinds.

    Raises LeftOut where the agent asked another model.
    """
    agent = await bench.ready()
    said, first, known = len(agent.text), len(agent.permissions), len(bench.model.asked)
    early: list[str] = []
    await agent.prompt(f"[[{script}]]")
    for number in count(first):
        await _asked_or_ended(agent, number)
        if not agent.connection.is_prompting:
            break
        request = agent.permissions[number]
        early += [request.title] if _text(effect) is not None else []
        await agent.connection.answer(request.request_id, _option(request, kinds))
    end = await agent.end()
    if len(bench.model.asked) == known and end.stop_reason is not StopReason.CANCELLED:
        raise LeftOut(f"It did not ask the scripted model; see `[trial]` in docs/agents.md. {end.message}".rstrip())
    return Played(end, agent.text[said:], tuple(agent.permissions[first:]), tuple(early))


async def _asked_or_ended(agent: Agent, number: int) -> None:
    await agent.until(lambda: not agent.connection.is_prompting or len(agent.permissions) > number)


def _text(file: Path | None) -> str | None:
    """What a file says; None where it is not there."""
    return file.read_text() if file is not None and file.exists() else None


def _option(request: PermissionRequested, kinds: tuple[OptionKind, ...]) -> str | None:
    for kind in kinds:
        for option in request.options:
            if option.kind is kind:
                return option.option_id
    return None


def must(is_so: object, otherwise: str) -> None:
    """Raises Broken."""
    if not is_so:
        raise Broken(otherwise)


def ended_well(end: PromptEnded) -> None:
    """Raises Broken."""
    told = f"The turn ended as {end.stop_reason.strip('_')}. {end.message}"
    must(end.stop_reason is StopReason.END_TURN, told.rstrip())


# Steps


async def start(bench: Bench) -> str:
    if not bench.stage.definition.facts.reads_prose:
        raise LeftOut("It has no model that could play a script.")
    begun = time.monotonic()
    await bench.ready()
    about = f"{bench.facts.name or bench.stage.definition.name} {bench.facts.version}".rstrip()
    return f"{about}, a session after {time.monotonic() - begun:.1f} s"


async def hello(bench: Bench) -> str:
    played = await play(bench, f"say={GREETING}", ALLOWING)
    ended_well(played.end)
    must(GREETING in played.text, f"It was told to say {GREETING!r} and said {played.text[:80]!r}.")
    return "it said what the model had it say"


async def edit(bench: Bench) -> str:
    file = bench.stage.work / "edit.txt"
    return await _worked(bench, "edit", f"edit={file}", file, TEXT)


async def command(bench: Bench) -> str:
    file = bench.stage.work / "command.txt"
    return await _worked(bench, "run", f"run=printf '{MADE}' > {file}", file, MADE)


async def _worked(bench: Bench, verb: str, step: str, file: Path, wanted: str) -> str:
    bench.require(verb)
    played = await play(bench, f"{step};say=Done.", ALLOWING, file)
    ended_well(played.end)
    text = _text(file)
    must(text is not None, f"{file.name} was not written.")
    must(text == wanted, f"{file.name} has another text than the one that was given.")
    bench.asked[verb] = played.asked
    bench.early += played.early
    return "it asked first" if played.asked else "without asking"


async def allowed(bench: Bench) -> str:
    asks = [verb for verb, requests in bench.asked.items() if requests]
    claimed = {"edit": "edit", "run": "execute"}
    missing = [verb for verb in bench.asked if claimed[verb] in bench.stage.definition.facts.asks and verb not in asks]
    must(not missing, f"Its definition says that it asks for {' and '.join(missing)}; it did not.")
    must(not bench.early, f"It acted before it was answered: {', '.join(bench.early)}.")
    if not asks:
        raise LeftOut("It asks for neither edits nor commands in its usual mode.")
    return f"for {' and '.join(asks)}; nothing was done before the answer"


async def denied(bench: Bench) -> str:
    asks = [verb for verb, requests in bench.asked.items() if requests]
    if not asks:
        raise LeftOut("It asks for neither edits nor commands in its usual mode.")
    for verb in asks:
        file = bench.stage.work / f"denied-{verb}.txt"
        step = f"edit={file}" if verb == "edit" else f"run=printf no > {file}"
        played = await play(bench, f"{step};say=Then not.", DENYING, file)
        must(played.asked, f"It did not ask for {verb} a second time.")
        must(_text(file) is None, f"It did what was denied: {file.name}.")
    return f"for {' and '.join(asks)}; nothing was done"


async def question(bench: Bench) -> str:
    bench.require("ask")
    agent = await bench.ready()
    await agent.prompt("[[ask=Which one?;say=Then so.]]")
    await agent.until(lambda: agent.connection.waiting or not agent.connection.is_prompting)
    questions = agent.heard.of(QuestionAsked)
    if not questions:
        how = "as a request for permission" if agent.connection.waiting else "nobody"
        await agent.connection.cancel(agent.session_id)
        await agent.end()
        raise LeftOut(f"It asks {how}, not by a question of its own (ACP's elicitation).")
    asked = questions[-1]
    choice = next((each for each in asked.fields if each.kind is FieldKind.CHOICE), None)
    must(choice is not None and [each.value for each in choice.choices] == list(CHOICES), "It offers other choices.")
    assert choice is not None
    wanted = list(CHOICES)[-1]
    values = given(asked.fields, {choice.name: [wanted]})
    await agent.connection.answer_question(QuestionAnswered(asked.request_id, Action.ACCEPT, "contract", values))
    ended_well(await agent.end())
    return "as a form, and it went on with the answer"


async def cancel(bench: Bench) -> str:
    bench.require("run")
    agent = await bench.ready()
    async with _in_mid_command(bench) as (lasting, turn):
        begun = time.monotonic()
        await agent.connection.cancel(agent.session_id)
        async with asyncio.timeout(CANCEL_S):
            played = await turn
        took = time.monotonic() - begun
        must(played.end.stop_reason is StopReason.CANCELLED, "The turn did not end as cancelled.")
        is_over = await asyncio.to_thread(lasting.wait_over, CANCEL_S)
        leaves = bench.stage.definition.facts.leaves_processes_on_cancel
        must(is_over or leaves, "It left its command running, which its definition does not say.")
    again = await play(bench, "say=Back again.", ALLOWING)
    must("Back again." in again.text, "It did not go on with the next prompt.")
    return f"after {took:.1f} s; its command {'ended' if is_over else 'ran on'}, and it took the next prompt"


async def resume(bench: Bench) -> str:
    agent = await bench.ready()
    if not bench.facts.can_load:
        raise LeftOut("It says that it cannot load a conversation; Segue tells it in words what was said before.")
    await play(bench, f"say={GREETING}", ALLOWING)
    async with _in_mid_command(bench) as (lasting, turn):
        status = runners.read_status(agent.link.directory)
        assert status is not None
        processes.kill(status.agent)
        await asyncio.wait([turn])
        await bench.close()
        must(await asyncio.to_thread(lasting.wait_over, CANCEL_S), "Its command outlived it.")
    session_id, known = agent.session_id, len(bench.model.asked)
    if bench.stage.definition.facts.loads_from_next_minute:
        next_minute = (bench.opened_at // 60 + 1) * 60
        await asyncio.sleep(next_minute - time.time())
    agent = await bench.start()
    await agent.connection.load_session(session_id, bench.stage.work)
    agent.session_id = session_id
    must("Here again." in (await play(bench, "say=Here again.", ALLOWING)).text, "It did not take the next prompt.")
    remembered = [said.text for conversation in bench.model.asked[known:] for said in conversation.said]
    must(any(GREETING in text for text in remembered), "It loaded the session and knew nothing of what was said.")
    return "killed in mid-command, started anew, and it knew what was said before"


async def usage(bench: Bench) -> str:
    tokens = [end.tokens for agent in bench.agents for end in agent.heard.ends if end.tokens is not None]
    reports = [report for agent in bench.agents for report in agent.heard.of(UsageReported)]
    costs = [report for report in reports if report.cost is not None]
    context = next((report for report in reversed(reports) if report.context_used and report.context_size), None)
    told = [f"{tokens[-1].input} tokens in and {tokens[-1].output} out"] if tokens else []
    told += [f"{context.context_used} of {context.context_size} of its context"] if context else []
    told += [f"{costs[-1].cost:.4f} {costs[-1].currency}"] if costs else []
    if not told:
        raise LeftOut("It tells neither tokens nor cost; Segue shows them as unknown.")
    wanted = bench.stage.definition.facts.cost
    if wanted and not any(report.currency == wanted for report in costs):
        told.append(f"no cost in {wanted}, which its definition names; the scripted model may have no price")
    return ", ".join(told)


async def ending(bench: Bench) -> str:
    await bench.close()
    left = [process for leftovers in bench.stage.leftovers for process in leftovers]
    must(not left, f"These could not be ended: {', '.join(f'{each.pid} ({each.command})' for each in left)}.")
    return f"it was started {len(bench.agents)} times, nothing is left"


Step = Callable[[Bench], Awaitable[str]]
STEPS: Mapping[str, Step] = {
    "start": start,
    "hello": hello,
    "edit": edit,
    "command": command,
    "permission allowed": allowed,
    "permission denied": denied,
    "question": question,
    "cancel in mid-command": cancel,
    "resume after kill -9": resume,
    "usage": usage,
    "end": ending,
}


@asynccontextmanager
async def _in_mid_command(bench: Bench) -> AsyncIterator[tuple[Lasting, asyncio.Task[Played]]]:
    """A turn in the middle of a command that does not end by itself; the command has to be over behind it."""
    with Lasting(bench.stage.root, f"command-{next(bench.numbers)}") as lasting:
        turn = asyncio.create_task(
            play(bench, f"run={lasting.command};say=Done.", ALLOWING), name="turn in mid-command"
        )
        begun = asyncio.create_task(_begun(lasting), name="begin of the command")
        try:
            await asyncio.wait((turn, begun), timeout=LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
            must(begun.done() and begun.result(), "The command was not run.")
            yield lasting, turn
        finally:
            turn.cancel()
            begun.cancel()
            await asyncio.gather(turn, begun, return_exceptions=True)


async def _begun(lasting: Lasting) -> bool:
    loop, is_there = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(lasting, is_there.set)
    try:
        await is_there.wait()
        return lasting.has_begun()
    finally:
        loop.remove_reader(lasting)
