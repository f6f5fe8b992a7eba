"""The rows that requests answer with: each request says the same about a session."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from segue.domain import verbs
from segue.domain.errors import InputRefused, SegueError, StoreFailed
from segue.domain.ids import session_id_from
from segue.domain.verbs import Verb
from segue.engine.api.rows import newest_row
from segue.protocol import methods
from support.pairing import Pairing, pairing
from support.pictures import png
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


async def rests(daemon: Pairing) -> None:
    """Return once nothing more of a turn's end is to come."""
    turns = daemon.engine.parts.turns
    await daemon.until(lambda: not turns.is_running(daemon.session.id) and daemon.session.stat.files > 0)


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Pairing]:
    """A session that had a turn and changed a file."""
    async with pairing(repository(tmp_path / "project", {"a.txt": "a\n"})) as made:
        try:
            await made.new("[[write b.txt b\\n]]")
            await made.turns_ended(1)
            await rests(made)
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
    Verb.UNLINK: ("segue/link/stop", {}),
    Verb.ANSWER: ("segue/permission/answer", {"requestId": "r", "optionId": "yes"}),
    Verb.BACK: ("segue/undo/apply", {}),
    Verb.PIN: ("segue/session/pin", {}),
    Verb.UNPIN: ("segue/session/unpin", {}),
}
PIXEL = b64encode(png(1, 1)).decode()
MERGED = {"baseRef": "refs/heads/main", "baseCommit": "0" * 40, "result": "0" * 40}
PLAN = {"key": "p"}
OTHERS: dict[str, tuple[Verb, dict[str, Any]]] = {
    "segue/image/add": (Verb.PROMPT, {"data": PIXEL}),
    "segue/comment/send": (Verb.PROMPT, {}),
    "segue/session/stop": (Verb.STOP, {}),
    "segue/queue/move": (Verb.QUEUE, {"to": "first"}),
    "segue/queue/start": (Verb.QUEUE, {}),
    "segue/merge/apply": (Verb.MERGE, MERGED),
    "segue/question/answer": (Verb.ANSWER, {"requestId": "r", "action": "cancel"}),
    "segue/plan/decide": (Verb.ANSWER, {**PLAN, "decision": "approved"}),
    "segue/plan/comment": (Verb.ANSWER, {**PLAN, "first": 1, "last": 1, "text": "no"}),
    "segue/plan/uncomment": (Verb.ANSWER, {**PLAN, "commentId": "c"}),
    "segue/session/archive": (Verb.DISCARD, {}),
    "segue/link/start": (Verb.LINK, {}),
    "segue/link/share": (Verb.UNLINK, {}),
    "segue/hunk/decide": (Verb.UNLINK, {"decisions": [], "decision": "accept"}),
    "segue/hunk/undo": (Verb.UNLINK, {}),
    "segue/proposal/resolve": (Verb.UNLINK, {"proposalId": "p", "revision": "r", "take": "mine"}),
    "segue/comment/add": (Verb.UNLINK, {"path": "a.txt", "startLine": 0, "endLine": 0, "text": "no"}),
    "segue/session/finish": (Verb.UNLINK, {}),
}
"""More requests that act on a session, with a verb that each stands for."""
LOOK_OR_TIDY: dict[str, dict[str, Any]] = {
    "segue/session/show": {},
    "segue/session/turns": {},
    "segue/session/seen": {},
    "segue/image/show": {"hash": "h"},
    "segue/changeset/show": {},
    "segue/changeset/diff": {"base": "0" * 40, "result": "0" * 40},
    "segue/link/show": {},
    "segue/undo/list": {},
    "segue/undo/export": {"number": 1, "folder": "/nowhere"},
    "segue/prompt/drop": {"promptId": "p"},
}
"""Requests on a session that no verb stands for."""

ON_SESSIONS = dict(REQUESTS.values()) | {method: params for method, (_, params) in OTHERS.items()} | LOOK_OR_TIDY


def test_each_request_on_a_session_has_a_verb_or_needs_none() -> None:
    named = {request.name for request in methods.REQUESTS if "session_id" in request.params.model_fields}
    assert named == ON_SESSIONS.keys()


async def refused(daemon: Pairing) -> set[Verb]:
    """The verbs that a row must not offer; each is refused by its request, for the same reason."""
    session, found = daemon.session, set[Verb]()
    for verb, (method, params) in REQUESTS.items():
        why = verbs.refusal(verb, session)
        if why is not None:
            with pytest.raises(InputRefused) as met:
                await daemon.on_session(method, **params)
            assert met.value.reason == why.reason, verb
            found.add(verb)
    # What *show* answers with is what the journal holds durably, which may be a moment older.
    row = newest_row(daemon.engine.parts.ledger, daemon.session)
    assert not found & set(row.allowed)
    await without_effect(daemon, set(row.allowed))
    for verb in {Verb.MERGE, Verb.LINK} & set(row.allowed):
        await daemon.on_session(REQUESTS[verb][0])
    return found


async def without_effect(daemon: Pairing, allowed: set[Verb]) -> None:
    """What a row does not offer changes nothing. *Say* sends a prompt, as long as the row offers that."""
    known = {method: (verb, params) for verb, (method, params) in REQUESTS.items()} | OTHERS
    before = daemon.session.seq
    for method, (verb, params) in known.items():
        if verb not in allowed and not (verb is Verb.SAY and Verb.PROMPT in allowed):
            with suppress(SegueError):
                await daemon.on_session(method, **params)
            assert daemon.session.seq == before, method
    images = daemon.engine.parts.places.images(daemon.session.id)
    assert Verb.PROMPT in allowed or not images.exists()


async def test_a_row_offers_nothing_that_its_request_refuses(idle: Pairing, tmp_path: Path) -> None:
    always = {Verb.UNDO, Verb.RESUME, Verb.RESTORE, Verb.DELETE, Verb.UNLINK}
    assert await refused(idle) == always
    await idle.on_session("segue/link/start")
    assert await refused(idle) == (always - {Verb.UNLINK}) | {Verb.MERGE}
    await idle.on_session("segue/link/stop")
    gate = tmp_path / "gate"
    await idle.prompt(f"[[say holds]] [[wait-file {gate}]]")
    await idle.until(lambda: idle.session.activity == "holds")
    assert await refused(idle) == always | {Verb.MERGE, Verb.ROLLBACK, Verb.BACK}
    gate.touch()
    await idle.turns_ended(2)
    await rests(idle)
    await idle.on_session("segue/session/archive")
    actions = {Verb.MERGE, Verb.PROMPT, Verb.SAY, Verb.CONFIGURE, Verb.ROLLBACK, Verb.LINK, Verb.ANSWER}
    assert await refused(idle) == actions | {Verb.UNDO, Verb.RESUME, Verb.UNLINK}
    await idle.on_session("segue/session/delete")
    gone = {Verb.RESTORE, Verb.PIN, Verb.UNPIN}
    assert await refused(idle) == actions | gone | {Verb.UNDO, Verb.RESUME, Verb.UNLINK}


async def test_a_merge_of_an_archived_session_is_not_undone(idle: Pairing) -> None:
    """`segue undo-merge` moved the base branch although no row offered it."""
    git(idle.project, "config", "user.name", "Person")
    git(idle.project, "config", "user.email", "person@example.invalid")
    plan = (await idle.on_session("segue/merge/plan")).plan
    shown = {"baseRef": plan.base_ref, "baseCommit": plan.base_commit, "result": plan.result}
    await idle.on_session("segue/merge/apply", **shown)
    merged = git(idle.project, "rev-parse", "HEAD")
    await idle.on_session("segue/session/archive")
    with pytest.raises(InputRefused) as met:
        await idle.on_session("segue/merge/undo")
    assert met.value.reason == "session_archived"
    assert "Restore it first" in met.value.action
    assert git(idle.project, "rev-parse", "HEAD") == merged
    await idle.on_session("segue/session/restore")
    await idle.on_session("segue/merge/undo")
    assert git(idle.project, "rev-parse", "HEAD") == plan.base_commit


async def test_what_waited_for_another_action_asks_again_whether_it_is_allowed(idle: Pairing) -> None:
    """Both were allowed when they were asked for; one of them is not any more when its time comes."""
    archived, rolled_back = await asyncio.gather(
        idle.on_session("segue/session/archive"),
        idle.on_session("segue/session/rollback", turn=1, side="before"),
        return_exceptions=True,
    )
    assert archived.session.is_archived
    assert isinstance(rolled_back, InputRefused) and rolled_back.reason == "session_archived"
    both = await asyncio.gather(*[idle.on_session("segue/session/restore") for _ in range(2)], return_exceptions=True)
    assert [each.reason for each in both if isinstance(each, InputRefused)] == ["not_archived"]
    twice = await asyncio.gather(*[idle.on_session("segue/session/archive") for _ in range(2)])
    assert all(each.session.is_archived for each in twice)
    assert idle.session.archives == 2


async def test_a_session_that_begins_in_the_editor_can_leave_it_before_its_worktree_is_made(idle: Pairing) -> None:
    """The row offers it from the first moment; it was refused until the first turn began."""
    await idle.new("[[write c.txt c\\n]]", "inline")
    row = (await idle.on_session("segue/session/show")).session
    assert Verb.UNLINK in row.allowed
    await idle.on_session("segue/link/stop")
    await idle.turns_ended(1)
    assert not idle.session.linked_to
    assert (idle.worktree / "c.txt").read_text() == "c\n"
    assert not (idle.project / "c.txt").exists()


async def test_what_can_never_succeed_is_said_before_a_journal_that_cannot_be_written(idle: Pairing) -> None:
    """Whoever makes room on the disk first must not find out afterwards that they named no session."""
    await idle.on_session("segue/session/archive")
    await idle.engine.parts.ledger.flushed()
    idle.engine.parts.journal.problem = StoreFailed("disk_full", "The disk is full.")
    for session_id, reason in (("no id", "bad_session_id"), (session_id_from(bytes(8)), "no_session")):
        for method, params in ON_SESSIONS.items():
            with pytest.raises(SegueError) as met:
                await idle.call(method, sessionId=session_id, **params)
            assert met.value.reason == reason, method
    assert Verb.MERGE in await refused(idle)
    for method in ("segue/session/restore", "segue/session/delete"):
        with pytest.raises(StoreFailed):
            await idle.on_session(method)
    idle.engine.parts.journal.problem = None
    await idle.on_session("segue/session/restore")
