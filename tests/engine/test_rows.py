"""The rows that requests answer with: each request says the same about a session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from segue.domain import verbs
from segue.domain.errors import InputRefused
from segue.domain.verbs import Verb
from support.pairing import Pairing, pairing
from support.repositories import git, repository


async def stop_all(made: Pairing) -> None:
    """No turn is left running, which would keep its agent alive behind the test."""
    for session in made.engine.parts.ledger.all_newest():
        await made.engine.parts.turns.stop(session.id)


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
            await stop_all(made)


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Pairing]:
    """A session that had a turn and changed a file."""
    async with pairing(repository(tmp_path / "project", {"a.txt": "a\n"})) as made:
        try:
            await made.new("[[write b.txt b\\n]]")
            await made.turns_ended(1)
            yield made
        finally:
            await stop_all(made)


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


REQUESTS: dict[Verb, tuple[str, dict[str, Any]]] = {
    Verb.MERGE: ("segue/merge/plan", {}),
    Verb.UNDO: ("segue/merge/undo", {}),
    Verb.RESUME: ("segue/session/resume", {}),
    Verb.PROMPT: ("segue/session/prompt", {"text": "[[say more]]"}),
    Verb.SAY: ("segue/session/prompt", {"text": "[[say more]]", "isNow": True}),
    Verb.CONFIGURE: ("segue/session/configure", {"optionId": "mode", "value": "plan"}),
    Verb.ROLLBACK: ("segue/session/rollback", {"turn": 1, "side": "before"}),
    Verb.RESTORE: ("segue/session/restore", {}),
    Verb.DELETE: ("segue/session/delete", {}),
    Verb.LINK: ("segue/link/preview", {}),
}


async def refused(daemon: Pairing) -> set[Verb]:
    """The verbs that a row must not offer; each is refused by its request, for the same reason."""
    session, found = daemon.session, set()
    for verb, (method, params) in REQUESTS.items():
        why = verbs.refusal(verb, session)
        if why is not None:
            with pytest.raises(InputRefused) as met:
                await daemon.on_session(method, **params)
            assert met.value.reason == why.reason, verb
            found.add(verb)
    row = (await daemon.on_session("segue/session/show")).session
    assert not found & set(row.allowed)
    for verb in {Verb.MERGE, Verb.LINK} & set(row.allowed):
        await daemon.on_session(REQUESTS[verb][0])
    return found


async def test_a_row_offers_nothing_that_its_request_refuses(idle: Pairing, tmp_path: Path) -> None:
    always = {Verb.UNDO, Verb.RESUME, Verb.RESTORE, Verb.DELETE}
    assert await refused(idle) == always
    await idle.on_session("segue/link/start")
    assert await refused(idle) == always | {Verb.MERGE}
    await idle.on_session("segue/link/stop")
    gate = tmp_path / "gate"
    await idle.prompt(f"[[say holds]] [[wait-file {gate}]]")
    await idle.until(lambda: idle.session.activity == "holds")
    assert await refused(idle) == always | {Verb.MERGE, Verb.ROLLBACK}
    gate.touch()
    await idle.turns_ended(2)
    await idle.on_session("segue/session/archive")
    actions = {Verb.MERGE, Verb.PROMPT, Verb.SAY, Verb.CONFIGURE, Verb.ROLLBACK, Verb.LINK}
    assert await refused(idle) == actions | {Verb.UNDO, Verb.RESUME}
