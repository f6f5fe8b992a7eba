"""The rows that requests answer with: each request says the same about a session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.pairing import Pairing, pairing
from support.repositories import git, repository


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Pairing]:
    """Only one session may run, and one does. The session of the test had a turn; its next two prompts are queued."""
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    git(project, "config", "user.name", "Person")
    git(project, "config", "user.email", "person@example.invalid")
    gate = tmp_path / "gate"
    async with pairing(project) as made:
        try:
            await made.new(f"[[say holds]] [[wait-file {gate}]]")
            await made.until(lambda: made.session.activity == "holds")
            await made.new("[[write b.txt b\\n]]")
            await made.turns_ended(1)
            made.engine.parts.places.settings.write_text("[sessions]\nmax_running = 1\n")
            for _ in range(2):
                await made.prompt("[[say more]]")
            yield made
        finally:
            gate.touch()


async def test_every_row_of_a_queued_session_has_its_position(daemon: Pairing) -> None:
    plan = (await daemon.on_session("segue/merge/plan")).plan
    shown = {"baseRef": plan.base_ref, "baseCommit": plan.base_commit, "result": plan.result}
    queued = daemon.session.queue[1].prompt_id
    answers = {
        "show": await daemon.on_session("segue/session/show"),
        "seen": await daemon.on_session("segue/session/seen"),
        "pin": await daemon.on_session("segue/session/pin"),
        "unpin": await daemon.on_session("segue/session/unpin"),
        "move": await daemon.on_session("segue/queue/move", to="first"),
        "drop": await daemon.on_session("segue/prompt/drop", promptId=queued),
        "merge": await daemon.on_session("segue/merge/apply", strategy="squash", **shown),
        "undo merge": await daemon.on_session("segue/merge/undo"),
        "roll back": await daemon.on_session("segue/session/rollback", turn=1, side="before"),
        "undo": await daemon.on_session("segue/undo/apply"),
    }
    listed = (await daemon.call("segue/session/list")).sessions
    rows = {name: answer.session for name, answer in answers.items()}
    rows["list"] = next(row for row in listed if row.id == daemon.session_id)
    assert {name: row.place for name, row in rows.items()} == dict.fromkeys(rows, 1)
