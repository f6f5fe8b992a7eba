"""An agent's files through its client: over a real runner, and what stands in the record."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from agents.acp import agent
from agents.talk import Conversation
from agents.test_resume import daemons
from segue.agents.broker import Desk, FileBroker
from segue.agents.connection import Options
from segue.agents.connection_record import Asked
from segue.agents.files import Files
from segue.agents.replies import Answered, Denied


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "session" / "project"
    made.mkdir(parents=True)
    return made


def options(root: Path, missing: str | None = None) -> Options:
    return Options(desk=Desk(FileBroker(Files(root, root.parent), missing=missing)))


async def test_an_agent_reads_and_writes_through_its_client(root: Path) -> None:
    (root / "f").write_text("one\ntwo\nthree\n")
    async with agent(root, options=options(root)) as fake:
        await fake.turn("[[read-file f 2 1]] [[write-file sub/new hello]] [[read-file sub/new]]")
        assert fake.text == "two\ndonehello"
        assert (root / "sub" / "new").read_text() == "hello"


async def test_a_write_shows_as_activity_unless_the_agent_shows_it(root: Path) -> None:
    async with agent(root, options=options(root)) as fake:
        await fake.turn("[[write-file shown x]] [[edit told y]] [[write-file told z]]")
        assert [(call.title, call.kind, call.status) for call in fake.tool_calls] == [
            ("Write shown", "edit", "completed"),
            ("Edit told", "edit", "completed"),
        ]


async def test_requests_that_do_not_wait_are_done_in_their_order(root: Path) -> None:
    async with agent(root, options=options(root)) as fake:
        await fake.turn("[[write-files f 500]]")
        assert fake.text == "500 answers, 0 errors"
        assert (root / "f").read_text() == "499"


async def test_a_missing_file_is_an_error_or_empty_as_the_agent_needs_it(root: Path) -> None:
    async with agent(root, options=options(root)) as fake, agent(root, options=options(root, "")) as gemini:
        await fake.turn("[[read-file no/such]]")
        assert fake.text.startswith("-32002 ") and "does not exist" in fake.text
        await gemini.turn("[[read-file no/such]] [[read-file ../outside]]")
        assert gemini.text.startswith("-32602 "), "nothing, then what is outside is refused"


async def test_what_is_outside_is_refused_and_the_turn_goes_on(root: Path) -> None:
    """D11, S3"""
    async with agent(root, options=options(root)) as fake:
        end = await fake.turn("[[read-file /etc/passwd]] [[write-file ../x y]] [[write-file .git/hooks/pre-commit y]]")
        assert fake.text.count("-32602") == 3 and "(outside)" in fake.text and "(git)" in fake.text
        assert end.stop_reason == "end_turn" and not (root.parent / "x").exists()


async def test_nothing_is_offered_without_a_broker(root: Path) -> None:
    """D8"""
    async with agent(root) as fake:
        await fake.turn("[[read-file f]]")
        assert fake.text.startswith("-32601 ")
    async with agent(root, options=options(root)) as fake:
        await fake.turn("[[capabilities]]")
        assert json.loads(fake.text)["fs"] == {"readTextFile": True, "writeTextFile": True}


@pytest.mark.parametrize(
    "params",
    [
        {"path": 5},
        {},
        {"path": "/x", "line": -1},
        {"path": "/x", "limit": "5"},
        {"path": "/x", "line": True},
        {"path": "/x", "line": 1.5},
    ],
)
async def test_parameters_that_make_no_sense_are_refused(root: Path, params: dict[str, object]) -> None:
    """D9"""
    with pytest.raises(Denied) as denied:
        await FileBroker(Files(root, root.parent)).answer("1-1", Asked(1, "fs/read_text_file", params))
    assert denied.value.code == -32602


def test_a_request_stands_in_the_record_until_it_is_answered(root: Path) -> None:
    """D4, D30: a later daemon finds it there."""
    talk = Conversation(options=Options(desk=Desk(FileBroker(Files(root, root.parent)))))
    request = {"id": "x", "method": "fs/read_text_file", "params": {"sessionId": "s", "path": "/a"}}
    talk.take(request, request)
    assert talk.refused == [("x", -32600)], "the same id again is refused, the first stays"
    assert talk.inbox.record(9).asked == {"3-0": Asked("x", "fs/read_text_file", {"sessionId": "s", "path": "/a"})}
    talk.inbox.reply("3-0", {"content": "text"}, ())
    talk.inbox.reply("3-0", {"content": "again"}, ())
    assert talk.answers == [{"id": "x", "result": {"content": "text"}}]
    assert talk.inbox.record(9).asked == {}
    talk.take({**request, "id": 7, "params": {"sessionId": "other"}})
    assert talk.refused == [(7, -32602)]


class Stuck:
    """A broker that never gets anywhere."""

    def __init__(self, inner: FileBroker) -> None:
        self.capabilities, self.methods = inner.capabilities, inner.methods
        self.is_asked = asyncio.Event()

    async def answer(self, request_id: str, asked: Asked) -> Answered:
        self.is_asked.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_the_agents_end_is_no_trouble_for_what_is_being_worked_on(root: Path) -> None:
    stuck = Stuck(FileBroker(Files(root, root.parent)))
    async with agent(root, options=Options(desk=Desk(stuck))) as fake:
        await fake.prompt("[[read-file f]]")
        await stuck.is_asked.wait()
        await fake.connection.close(0.1)
        assert fake.heard.record.asked == {}


async def test_what_one_daemon_read_and_did_not_answer_is_answered_by_the_next(root: Path) -> None:
    """D30"""
    stuck = Stuck(FileBroker(Files(root, root.parent)))
    async with daemons(root) as table:
        old = await table.first(Options(desk=Desk(stuck)))
        await old.prompt("[[write-file f hello]] [[read-file f]]")
        await stuck.is_asked.wait()
        new = await table.next(old.heard.record, options(root))
        await new.end()
        assert new.text == "donehello"
