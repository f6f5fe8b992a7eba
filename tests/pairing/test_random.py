"""Anything that a person, an agent and an editor may do, in any order: nothing is lost and both sides come together."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.pairing import Pairing, lines, pairing
from support.repositories import repository

LINES = lines(20)
FILES = ("open.txt", "closed.txt", "sub/other.txt")


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    async with pairing(repository(tmp_path / "project", dict.fromkeys(FILES, LINES))) as made:
        yield made


class Play:
    """Moves at random; each names its own text, so that it can be looked for."""

    def __init__(self, pair: Pairing, seed: int) -> None:
        self.pair = pair
        self.dice = random.Random(seed)
        self.count = 0
        self.typed: list[str] = []
        self.written: list[str] = []
        pair.editor.latency_s = 0.005

    @property
    def open(self) -> Path:
        return self.pair.project / "open.txt"

    def word(self, who: str) -> str:
        self.count += 1
        return f"<{who}{self.count}>"

    async def types(self) -> None:
        text = self.pair.editor.text(self.open)
        at = text.index(f"line {self.dice.randint(1, 9)}\n")
        self.typed.append(self.word("p"))
        self.pair.editor.type(self.open, at, at, self.typed[-1])

    async def edits_a_closed_file(self) -> None:
        file = self.pair.project / "sub/other.txt"
        self.typed.append(self.word("p"))
        file.write_text(file.read_text().replace("line 2\n", f"line 2\n{self.typed[-1]}\n"))

    async def writes(self) -> None:
        name = self.dice.choice(FILES)
        text = (self.pair.worktree / name).read_text()
        self.written.append(self.word("a"))
        at = f"line {self.dice.randint(10, 20)}\n"
        self.pair.agent_writes(name, text.replace(at, f"{at}{self.written[-1]}\n"))

    async def saves(self) -> None:
        self.pair.editor.save(self.open)

    async def closes_and_opens(self) -> None:
        self.pair.editor.save(self.open)
        self.pair.editor.close(self.open)
        self.pair.editor.open(self.open)

    async def shares(self) -> None:
        await self.pair.on_session("segue/link/share")

    async def background_and_back(self) -> None:
        await self.pair.on_session("segue/link/stop")
        for name in FILES:
            text = self.pair.editor.text(self.open) if name == "open.txt" else (self.pair.project / name).read_text()
            assert not [word for word in self.written if word in text], "his text alone"
        await self.pair.on_session("segue/link/start")

    async def restarts(self) -> None:
        await self.pair.restart()

    async def settles(self) -> None:
        await self.pair.until(lambda: all(word in self.mine() for word in self.written))

    def mine(self) -> str:
        others = (self.pair.project / name for name in FILES[1:])
        return "".join([self.pair.editor.text(self.open), *(file.read_text() for file in others)])


MOVES = (
    ["types"] * 6
    + ["writes"] * 6
    + ["edits_a_closed_file", "saves", "closes_and_opens", "shares", "background_and_back", "restarts", "settles"]
)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_both_sides_come_together(pair: Pairing, seed: int) -> None:
    """Round trips of the mode, saves, closed buffers and restarts among it."""
    pair.editor.open(pair.project / "open.txt")
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    play = Play(pair, seed)
    for _ in range(25):
        await getattr(play, play.dice.choice(MOVES))()
    await play.settles()
    await play.shares()
    assert not pair.proposals
    for name in FILES:
        mine = pair.editor.text(play.open) if name == "open.txt" else (pair.project / name).read_text()
        assert (pair.worktree / name).read_text() == mine
    mine = play.mine()
    assert [mine.count(word) for word in play.typed + play.written] == [1] * (len(play.typed) + len(play.written))
    await pair.decide("reject", *pair.hunks)
    alone = play.mine()
    assert [alone.count(word) for word in play.typed] == [1] * len(play.typed)
    assert len(alone) == len(LINES) * 3 + sum(map(len, play.typed)) + alone.count(">\n")
    assert pair.session.stat.added == 0
