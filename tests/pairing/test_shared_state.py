"""What an agent changes outside its worktree is told once, in the transcript and the undo log, and can be put back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from segue.domain.undo import ActionKind
from support.pairing import Pairing, pairing
from support.repositories import git, repository


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    project = repository(tmp_path / "project", {"a.txt": "a\n"})
    for name, value in (("name", "Ann Example"), ("email", "ann@example.invalid")):
        git(project, "config", f"user.{name}", value)
    (project / "wip.txt").write_text("my unfinished work\n")
    git(project, "add", "-A")
    git(project, "stash", "push", "-q", "-m", "mine")
    async with pairing(project) as made:
        yield made


async def told(pair: Pairing) -> list[str]:
    await pair.engine.parts.ledger.flushed()
    items = (await pair.on_session("segue/session/show")).items
    return [item.text for item in items if item.text and "outside" in item.text]


async def test_a_stash_that_the_agent_popped_is_told_once_and_put_back(pair: Pairing) -> None:
    await pair.new("[[run git stash; git stash pop]]")
    await pair.turns_ended(1)
    assert git(pair.project, "stash", "list") == ""
    (sentence,) = await told(pair)
    assert "the stash entry “On main: mine” is gone" in sentence
    assert f"segue undo {pair.session_id} 1" in sentence
    await pair.prompt("Hello")
    await pair.turns_ended(2)
    assert len(await told(pair)) == 1
    action = pair.session.next_undo
    assert action is not None and action.kind is ActionKind.AROUND
    await pair.on_session("segue/undo/apply")
    assert git(pair.project, "stash", "list").endswith("On main: mine")
    assert pair.session.next_undo is None
    git(pair.project, "stash", "pop", "-q")
    assert (pair.project / "wip.txt").read_text() == "my unfinished work\n"


async def test_what_changed_before_a_restart_is_told_after_it(pair: Pairing) -> None:
    go = pair.root / "go"
    await pair.new(f"[[run git branch -f elsewhere; git config user.name B]] [[wait-file {go}]]")
    await pair.until(lambda: git(pair.project, "config", "user.name") == "B")
    await pair.restart()
    go.touch()
    await pair.turns_ended(1)
    (sentence,) = await told(pair)
    assert "the branch “elsewhere” is new" in sentence and "(user.name)" in sentence
    await pair.on_session("segue/undo/apply")
    assert git(pair.project, "config", "user.name") == "Ann Example"
    assert git(pair.project, "branch", "--list", "elsewhere") == ""


async def test_commits_of_the_user_in_mid_turn_are_not_told(pair: Pairing) -> None:
    go = pair.root / "go"
    await pair.new(f"[[say here]] [[wait-file {go}]]")
    await pair.until(lambda: pair.session.activity == "here")
    (pair.project / "a.txt").write_text("mine\n")
    git(pair.project, "commit", "-qam", "mine")
    go.touch()
    await pair.turns_ended(1)
    assert await told(pair) == []
    assert pair.session.actions == ()


async def test_two_sessions_at_once_tell_it_once(pair: Pairing) -> None:
    go = pair.root / "go"
    await pair.new(f"[[say here]] [[wait-file {go}]]")
    first = pair.session_id
    await pair.until(lambda: pair.session.activity == "here")
    await pair.new("[[run git tag v9]]")
    await pair.turns_ended(1)
    assert len(await told(pair)) == 1
    go.touch()
    pair.session_id = first
    await pair.turns_ended(1)
    assert await told(pair) == []


async def test_a_filter_that_the_agent_configures_does_not_run_for_segue_and_is_told(pair: Pairing) -> None:
    """Neither at the end of its turn, nor after a restart, nor for a second session, a merge or an archive."""
    marker = pair.root / "marker"
    configure = f"git config filter.evil.clean 'touch {marker}; cat'; echo '* filter=evil' > .gitattributes"
    await pair.new(f"[[run {configure}]] [[write b.txt theirs\\n]]")
    await pair.turns_ended(1)
    first = pair.session_id
    notes = [text for text in await said(pair) if "Segue's own git commands do not run them" in text]
    assert len(notes) == 1 and "filter.evil.clean" in notes[0] and "segue.trusted" in notes[0]
    await pair.restart()
    await pair.prompt("[[write b.txt more\\n]]")
    await pair.turns_ended(2)
    await pair.new("[[write c.txt theirs\\n]] [[write .gitattributes * filter=evil\\n]]")
    await pair.turns_ended(1)
    await pair.on_session("segue/session/archive")
    await pair.on_session("segue/session/restore")
    pair.session_id = first
    plan = (await pair.on_session("segue/merge/plan")).plan
    shown = {"base_ref": plan.base_ref, "base_commit": plan.base_commit, "result": plan.result}
    await pair.on_session("segue/merge/apply", **shown)
    assert (pair.project / "b.txt").read_text() == "more\n"
    await pair.on_session("segue/session/archive")
    assert not marker.exists()
    assert len([text for text in await said(pair) if "do not run them" in text]) == 1


async def said(pair: Pairing) -> list[str]:
    await pair.engine.parts.ledger.flushed()
    return [item.text for item in (await pair.on_session("segue/session/show")).items if item.text]
