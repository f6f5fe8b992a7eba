"""A daemon goes and another one takes the agent over: nothing is lost, nothing happens twice (D30)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agents.acp import FAKE, Agent, Heard, runner_places
from segue.agents.connection import AgentConnection, Options
from segue.agents.connection_record import ConnectionRecord, Resume
from segue.agents.connection_setup import Start
from segue.agents.runner_client import AgentSpec, RunnerClient
from segue.domain.events import MessageReceived


class Daemons:
    """One agent, and one daemon after the other that is connected to it."""

    def __init__(self, directory: Path, socket: Path, cwd: Path) -> None:
        self.directory, self.socket, self.cwd = directory, socket, cwd
        self.newest: Agent | None = None

    async def first(self, options: Options = Options()) -> Agent:  # noqa: B008 - frozen
        spec = AgentSpec(FAKE, self.cwd, {"PATH": os.environ["PATH"]})
        found = self._connect(await RunnerClient.start(spec, self.directory, self.socket), None, options)
        await found.connection.initialize()
        found.session_id = await found.connection.open_session(self.cwd)
        return found

    async def next(self, record: ConnectionRecord, options: Options = Options()) -> Agent:  # noqa: B008 - frozen
        """Another daemon, which knows what was journaled."""
        assert self.newest is not None
        await self.newest.connection.detach()
        session_id = self.newest.session_id
        link = await RunnerClient.attach(self.directory, self.socket, record.offset)
        found = self._connect(link, Resume(record, session_id), options)
        found.session_id = session_id
        return found

    def _connect(self, link: RunnerClient, resume: Resume | None, options: Options) -> Agent:
        heard = Heard()
        connection = AgentConnection(link, heard.take, Start(1, self.cwd), resume=resume, options=options)
        self.newest = Agent(connection, link, heard)
        return self.newest


@asynccontextmanager
async def daemons(cwd: Path) -> AsyncIterator[Daemons]:
    async with runner_places() as (directory, socket):
        found = Daemons(directory, socket, cwd)
        try:
            yield found
        finally:
            assert found.newest is not None
            assert await found.newest.connection.close(1.0) == ()


async def test_a_turn_goes_on_under_the_next_daemon(tmp_path: Path) -> None:
    async with daemons(tmp_path) as table:
        old = await table.first()
        await old.prompt("[[say one ]] [[wait-file go]] [[say two]]")
        await old.heard.until(lambda: old.text)
        new = await table.next(old.heard.record)
        assert new.connection.is_prompting and new.connection.is_ready
        (tmp_path / "go").touch()
        await new.end()
        assert (old.text, new.text) == ("one ", "two")
        messages = [agent.heard.of(MessageReceived)[0] for agent in (old, new)]
        assert len({message.message_id for message in messages}) == 1, "it is still the same message"


async def test_what_was_said_meanwhile_is_heard_once(tmp_path: Path) -> None:
    async with daemons(tmp_path) as table:
        old = await table.first()
        await old.prompt("[[wait-file go]] [[say while away]] [[touch done]] [[hang]]")
        record = old.heard.record
        await old.connection.detach()
        (tmp_path / "go").touch()
        new = await table.next(record)
        await new.heard.until(lambda: new.text)
        assert new.text == "while away"


async def test_output_that_was_not_journaled_is_heard_again_with_the_same_ids(tmp_path: Path) -> None:
    async with daemons(tmp_path) as table:
        old = await table.first()
        record = old.heard.record
        await old.turn("[[say a]] [[tool ls]] [[say b]]")
        new = await table.next(record)
        await new.heard.until(lambda: new.text == "ab")
        assert {m.message_id for m in new.heard.of(MessageReceived)} == {
            m.message_id for m in old.heard.of(MessageReceived)
        }


async def test_a_permission_waits_for_the_next_daemon(tmp_path: Path) -> None:
    """D42"""
    async with daemons(tmp_path) as table:
        old = await table.first()
        await old.prompt("[[permission x]]")
        (request,) = await old.asked()
        new = await table.next(old.heard.record)
        assert new.connection.waiting == (request.request_id,)
        await new.connection.answer(request.request_id, "allow")
        await new.end()
        assert new.text == "allow_once"
        assert new.permissions == [], "it was told already"


async def test_a_prompt_that_was_journaled_but_not_sent_is_sent(tmp_path: Path) -> None:
    is_stuck = False

    async def durable() -> None:
        await asyncio.Event().wait() if is_stuck else None

    async with daemons(tmp_path) as table:
        old = await table.first(Options(durable=durable))
        is_stuck = True
        prompting = asyncio.create_task(old.prompt("[[say once]]"))
        await old.heard.until(lambda: old.heard.record.prompt_id)
        new = await table.next(old.heard.record)
        await new.end()
        assert new.text == "once"
        prompting.cancel()


async def test_a_prompt_that_was_sent_is_not_sent_again(tmp_path: Path) -> None:
    async with daemons(tmp_path) as table:
        old = await table.first()
        records: list[ConnectionRecord] = []
        take = old.heard.take
        old.connection._listener = lambda batch: (records.append(batch.record), take(batch))[1]
        await old.turn("[[append log x]] [[say once]]")
        assert records[0].unsent
        new = await table.next(records[0])
        await new.end()
        assert new.text == "once"
        await new.turn("[[say more]]")
        assert (tmp_path / "log").read_text() == "x"


async def test_an_agent_that_died_meanwhile_says_how(tmp_path: Path) -> None:
    """D5"""
    async with daemons(tmp_path) as table:
        old = await table.first()
        await old.prompt("[[wait-file go]] [[say last]] [[crash 137]]")
        record = old.heard.record
        await old.connection.detach()
        (tmp_path / "go").touch()
        new = await table.next(record)
        gone = await new.gone()
        assert new.text == "last"
        assert "exit 137 (SIGKILL)" in gone.message
        assert new.heard.record.prompt_id == record.prompt_id, "so a third daemon knows that the turn was cut off"
