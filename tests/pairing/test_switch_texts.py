"""Whose text is whose behind a switch: unlinking leaves the person's own, linking is a three-way merge."""

from __future__ import annotations

import random
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from support.pairing import Pairing, lines, pairing
from support.repositories import repository

LINES = lines(20)
NAMES = [f"{number}.txt" for number in range(24)]
AGENT = "of the agent\n"


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    async with pairing(repository(tmp_path / "project", dict.fromkeys([*NAMES, "a.txt"], LINES))) as made:
        yield made


async def paired(pair: Pairing) -> Path:
    """`a.txt` is open, with a typed line and one of the agent's."""
    file = pair.project / "a.txt"
    pair.editor.open(file)
    await pair.new("[[append a.txt of the agent\\n]]", "inline")
    await pair.turns_ended(1)
    await pair.until(lambda: pair.editor.text(file).endswith(AGENT))
    pair.editor.insert(file, "line 5", "typed ")
    return file


async def test_agent_text_that_an_undo_brings_back_is_the_persons(pair: Pairing) -> None:
    """Issue 6, item 3: he undoes what unlinking did; from then on that text stays, linked again or not."""
    file = await paired(pair)
    own = LINES.replace("line 5", "typed line 5")
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == own
    pair.editor.type(file, len(own), len(own), AGENT)
    await pair.on_session("segue/link/start")
    await pair.until(lambda: file.name in pair.link.files)
    assert not pair.hunks and not pair.proposals
    assert pair.editor.text(file) == own + AGENT, "not twice"
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == own + AGENT
    await pair.on_session("segue/link/start")
    await pair.on_session("segue/link/share")
    assert pair.session.stat.added == 0, "nothing of it is the agent's any more"


async def test_a_redo_of_what_was_undone_while_linked_is_the_persons(pair: Pairing) -> None:
    file = await paired(pair)
    text = pair.editor.text(file)
    pair.editor.type(file, len(text) - len(AGENT), len(text), "")
    assert not pair.hunks, "an undo rejects"
    pair.editor.type(file, len(text) - len(AGENT), len(text) - len(AGENT), AGENT)
    assert not pair.hunks
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == text


async def test_a_file_that_was_saved_with_both_texts_is_saved_with_his_alone(pair: Pairing) -> None:
    """Issue 6, item 3: on the disk, too, all is his own; what he typed since is not saved for him, and that is said."""
    file = await paired(pair)
    own = LINES.replace("line 5", "typed line 5")
    pair.editor.save(file)
    assert file.read_text() == own + AGENT
    await pair.on_session("segue/link/stop")
    assert (pair.editor.text(file), file.read_text()) == (own, own)
    assert pair.editor.open_documents[file].is_dirty is False
    await pair.on_session("segue/link/start")
    await pair.until(lambda: pair.editor.text(file) == own + AGENT)
    pair.editor.save(file)
    pair.editor.insert(file, "line 7", "more ")
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == own.replace("line 7", "more line 7")
    assert file.read_text() == own + AGENT, "nothing is saved unasked"
    feed = await pair.engine.parts.ledger.transcript(pair.session.id)
    assert any("You saved a.txt with the agent's changes" in item.text for item in feed.items)


async def test_linking_is_a_three_way_merge_and_conflicts_are_data_until_they_are_solved(pair: Pairing) -> None:
    """Issue 6, item 3: what git merges reads as git merges it; elsewhere his lines stay, with a proposal."""
    dice = random.Random(6)
    await pair.new("Hello")
    await pair.turns_ended(1)
    mine, theirs = ({name: _stirred(mark, dice) for name in NAMES} for mark in ("mine", "agent"))
    for name in NAMES:
        (pair.project / name).write_text(mine[name])
        pair.agent_writes(name, theirs[name])
    for name in NAMES[::3]:
        pair.editor.open(pair.project / name)
    merged = {name: _as_git_merges(pair.root, mine[name], theirs[name]) for name in NAMES}
    clean = [name for name in NAMES if merged[name] is not None]
    assert 4 < len(clean) < len(NAMES), "both kinds are among them"
    for _ in range(2):
        await pair.on_session("segue/link/start")
        await pair.until(lambda: all(_seen(pair, name) == merged[name] for name in clean))
        disputed = {proposal.path for proposal in pair.proposals}
        assert disputed and not disputed & set(clean)
        for name in disputed:
            kept = [line for line in _seen(pair, name).splitlines() if "mine" in line]
            assert kept == [line for line in mine[name].splitlines() if "mine" in line]
        await pair.on_session("segue/link/stop")
        assert {name: _seen(pair, name) for name in NAMES} == mine
        assert {name: (pair.worktree / name).read_text() for name in NAMES} == theirs


def _seen(pair: Pairing, name: str) -> str:
    file = pair.project / name
    return pair.editor.text(file) if file in pair.editor.open_documents else file.read_text()


def _stirred(mark: str, dice: random.Random) -> str:
    lines = LINES.splitlines()
    for count in range(2):
        at = dice.randrange(len(lines))
        lines[at] = f"{mark} {count} {dice.random()}"
    return "".join(f"{line}\n" for line in lines)


def _as_git_merges(folder: Path, mine: str, theirs: str) -> str | None:
    """None where git finds a conflict."""
    for name, text in (("mine", mine), ("base", LINES), ("theirs", theirs)):
        (folder / name).write_text(text)
    words = ["git", "merge-file", "-p", "mine", "base", "theirs"]
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False)
    return done.stdout.decode() if done.returncode == 0 else None
