"""What comes after a turn, whatever its last steps meet."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from segue.agents.connection import AgentConnection
from segue.domain.errors import AgentFailed, StoreFailed
from segue.domain.events import AnyEvent, Recorded, StopReason, TurnEnded
from segue.domain.ids import SessionId
from segue.store import writer
from segue.store.journal import Journal
from support.pairing import Pairing, pairing
from support.repositories import repository


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    async with pairing(repository(tmp_path / "project", {"a.txt": "a\n"})) as made:
        yield made


async def with_a_queued_prompt(pair: Pairing, gate: Path) -> None:
    """A turn that ends once `gate` is there; another prompt waits behind it."""
    await pair.new(f"[[say holds]] [[wait-file {gate}]]")
    await pair.until(lambda: pair.session.activity == "holds")
    await pair.prompt("[[write b.txt b\\n]]")


def assert_both_turns_ended(pair: Pairing) -> None:
    assert [turn.stop_reason for turn in pair.session.turns] == [StopReason.END_TURN] * 2
    assert (pair.worktree / "b.txt").read_text() == "b\n"


@contextmanager
def refusing_ends_of_turns(journal: Path) -> Iterator[None]:
    """The database takes everything but what ends a turn."""
    trigger = (
        "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN instr(CAST(NEW.body AS TEXT), '\"turn_ended\"') "
        "BEGIN SELECT RAISE(ABORT, 'not now'); END"
    )
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute(trigger)
        yield
        connection.execute("DROP TRIGGER refuse")


async def test_a_queued_prompt_runs_once_the_journal_takes_the_turns_end(
    pair: Pairing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited for the next prompt of the user, because the failure ended everything that comes after a turn."""
    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    await with_a_queued_prompt(pair, tmp_path / "gate")
    journal = pair.engine.parts.journal
    with refusing_ends_of_turns(pair.engine.parts.places.journal):
        (tmp_path / "gate").touch()
        await pair.until(lambda: journal.problem is not None)
        with pytest.raises(StoreFailed):
            await pair.prompt("[[say more]]")
    await pair.turns_ended(2)
    assert journal.problem is None
    assert_both_turns_ended(pair)


async def test_a_queued_prompt_runs_where_the_journal_had_no_room_for_the_turns_end(
    pair: Pairing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, refused = Journal.append, list[str]()

    def full_once(
        journal: Journal, session_id: SessionId, events: tuple[AnyEvent, ...], *, record: bytes | None = None
    ) -> tuple[Recorded, ...]:
        if not refused and any(isinstance(event, TurnEnded) for event in events):
            refused.append("journal_backlog_full")
            raise StoreFailed(refused[0], "The journal has waited too long for its disk.")
        return append(journal, session_id, events, record=record)

    monkeypatch.setattr(Journal, "append", full_once)
    await with_a_queued_prompt(pair, tmp_path / "gate")
    (tmp_path / "gate").touch()
    await pair.turns_ended(2)
    assert refused
    assert_both_turns_ended(pair)


@pytest.mark.parametrize("failed", [AgentFailed("runner_gone", "The runner is gone."), ValueError("a mistake")])
async def test_a_queued_prompt_runs_where_the_runner_could_not_be_told(
    pair: Pairing, tmp_path: Path, failed: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumed, refused = AgentConnection.consumed, list[Exception]()

    async def fail_once(connection: AgentConnection, offset: int | None = None) -> None:
        if not refused and pair.session.turns and not pair.session.is_turn_running:
            refused.append(failed)
            raise failed
        await consumed(connection, offset)

    monkeypatch.setattr(AgentConnection, "consumed", fail_once)
    await with_a_queued_prompt(pair, tmp_path / "gate")
    (tmp_path / "gate").touch()
    await pair.turns_ended(2)
    assert refused
    assert_both_turns_ended(pair)
