"""What a part of the daemon does by itself: it begins a session and merges it, and no client and no wire takes part."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from segue.domain.errors import InputRefused
from segue.domain.events import Mode
from segue.engine.merging.merges import SessionMerge
from segue.engine.sessions.creation import NewSession
from segue.git.merges import Strategy
from support.pairing import Pairing, pairing
from support.repositories import git, repository


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Pairing]:
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    git(project, "config", "user.name", "Person")
    git(project, "config", "user.email", "person@example.invalid")
    async with pairing(project) as made:
        made.client.close()
        yield made


async def test_a_session_is_begun_and_merged(daemon: Pairing) -> None:
    parts = daemon.engine.parts
    wanted = NewSession(daemon.project, "fake", "[[write b.txt b\\n]]", dict(os.environ))
    daemon.session_id = (await parts.creation.create(wanted)).id
    await daemon.turns_ended(1)
    merge = SessionMerge(daemon.session_id, strategy=Strategy.SQUASH)
    _, planned = await parts.merges.plan(merge)
    merged = await parts.merges.apply(merge, planned.shown)
    assert merged.merged is not None and git(daemon.project, "show", "main:b.txt") == "b"


async def test_it_does_not_begin_in_the_editor_without_a_window(daemon: Pairing) -> None:
    wanted = NewSession(daemon.project, "fake", "Hello", dict(os.environ), mode=Mode.INLINE)
    with pytest.raises(InputRefused) as refused:
        await daemon.engine.parts.creation.create(wanted)
    assert refused.value.reason == "no_window"
    assert daemon.engine.parts.ledger.all_newest() == ()
