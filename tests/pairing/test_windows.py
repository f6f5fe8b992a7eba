"""Two windows on one checkout: both take part in a link, and what only one of them has is not lost (issue 6.6)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from segue.engine.api import link_views
from segue.engine.pairing import flow_obstacles, suspension
from segue.engine.pairing.disk_effects import Effects
from segue.protocol.subscriptions import SubscribeParams
from support.pairing import LINES, Other, Pairing, pairing
from support.repositories import repository


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    project = repository(tmp_path / "project", {"a.txt": LINES, "b.txt": LINES})
    async with pairing(project) as made:
        yield made


async def linked(pair: Pairing) -> tuple[Path, Path, Other]:
    """`a.txt` is open here, `b.txt` in another window, and unsaved there; this one begins to pair."""
    here, there = pair.project / "a.txt", pair.project / "b.txt"
    pair.editor.open(here)
    other = pair.other_window()
    other.editor.open(there)
    other.editor.insert(there, "line 2", "unsaved ")
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    return here, there, other


def of_agent(text: str) -> str:
    return text.replace("line 8\n", "line 8\nof the agent\n")


def in_the_middle(patch: pytest.MonkeyPatch, work: str, do: Callable[[], object], *, writes: bool = False) -> None:
    """Do something once, before anybody sees what `work` on `a.txt` came to; `writes`: just before a write."""
    real, loop, met = getattr(Effects, work), asyncio.get_running_loop(), threading.Event()

    def work_and_do(effects: Effects, *words: Any) -> Any:
        found = real(effects, *words)
        if effects._path == "a.txt" and not met.is_set() and (not writes or words[0].next is not None):
            met.set()
            loop.call_soon_threadsafe(do)
        return found

    patch.setattr(Effects, work, work_and_do)


@pytest.mark.parametrize("work", ["up", "save"])
async def test_a_window_that_goes_in_the_middle_of_a_change_finds_its_file_as_it_was(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    """What was made for a buffer went into the file, and the buffer kept the old text for good."""
    here = pair.project / "a.txt"
    pair.editor.open(here)
    await pair.new("[[append a.txt of the agent\\n]]")
    await pair.turns_ended(1)
    in_the_middle(monkeypatch, work, pair.client.close)
    await pair.on_session("segue/link/start")
    assert here.read_text() == pair.editor.text(here) == LINES
    pair.editor.listening.clear()
    pair.connect()
    await pair.until(lambda: pair.editor.text(here) == LINES + "of the agent\n")
    assert (here.read_text(), len(pair.hunks)) == (LINES, 1)


@pytest.mark.parametrize("work", ["up", "save"])
async def test_a_file_that_is_opened_before_a_change_is_written_gets_it_as_an_edit(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    here = pair.project / "a.txt"
    await pair.new("[[append a.txt of the agent\\n]]")
    await pair.turns_ended(1)
    in_the_middle(monkeypatch, work, lambda: pair.editor.open(here), writes=work == "save")
    await pair.on_session("segue/link/start")
    await pair.until(lambda: pair.editor.text(here) == LINES + "of the agent\n")
    assert (here.read_text(), len(pair.hunks)) == (LINES, 1)


async def test_git_that_begins_in_the_middle_of_a_change_holds_it(
    pair: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _, _ = await linked(pair)
    pair.editor.close(here)
    git_is_at_work = pair.project / ".git/index.lock"
    real = Effects.up

    def up(effects: Effects, *words: Any) -> Any:
        git_is_at_work.touch()
        asyncio.run_coroutine_threadsafe(pair.until(lambda: pair.link.is_git_busy), loop).result()
        return real(effects, *words)

    loop = asyncio.get_running_loop()
    with monkeypatch.context() as patch:
        patch.setattr(Effects, "up", up)
        pair.agent_writes("a.txt", of_agent(LINES))
        await pair.until(lambda: pair.link.is_git_busy)
        await pair.link.settled(["a.txt"])
    assert here.read_text() == LINES
    git_is_at_work.unlink()
    await pair.until(lambda: here.read_text() == of_agent(LINES))


async def test_a_window_that_comes_back_before_it_has_read_its_file_again_goes_on_when_it_has(pair: Pairing) -> None:
    """Its clean file was written while it was gone: nobody rejected anything by that."""
    here, _, _ = await linked(pair)
    pair.client.close()
    pair.agent_writes("a.txt", of_agent(LINES))
    await pair.until(lambda: here.read_text() == of_agent(LINES))
    pair.editor.listening.clear()
    pair.connect()
    await pair.until(lambda: [file.is_suspended for file in pair.view.files] == [True])
    pair.editor.revert(here)
    await pair.until(lambda: [file.is_suspended for file in pair.view.files] == [False])
    assert (len(pair.hunks), pair.proposals) == (1, [])
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(here) == LINES


async def test_the_buffers_of_both_windows_take_part(pair: Pairing) -> None:
    here, there, other = await linked(pair)
    assert "unsaved line 2" in (pair.worktree / "b.txt").read_text()
    pair.agent_writes("a.txt", of_agent(LINES))
    pair.agent_writes("b.txt", of_agent(LINES.replace("line 2", "unsaved line 2")))
    await pair.until(lambda: "of the agent" in pair.editor.text(here) and "of the agent" in other.editor.text(there))
    assert (here.read_text(), there.read_text()) == (LINES, LINES), "no file is written under a buffer"
    other.editor.insert(there, "line 3", "more ")
    await pair.on_session("segue/link/share")
    assert "more line 3" in (pair.worktree / "b.txt").read_text()
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(here) == LINES
    assert other.editor.text(there) == LINES.replace("line 2", "unsaved line 2").replace("line 3", "more line 3")


async def test_both_windows_see_link_changes_and_unlink_at_once(pair: Pairing) -> None:
    _, _, other = await linked(pair)
    resource = f"link/{pair.session_id}"
    for client in (pair.client, other.client):
        assert (await client.subscribe(SubscribeParams(resource=resource))).link is not None
        await client.subscribe(SubscribeParams(resource="sessions"))
    pair.agent_writes("a.txt", of_agent(LINES))
    await pair.until(lambda: pair.hunks)
    news = [client.collect() for client in (pair.client, other.client)]
    shown = [found.link for items in news for found in items if found.resource == resource]
    assert len(shown) == 2
    assert [hunk.new_text for link in shown if link for file in link.files for hunk in file.hunks] == [
        "of the agent\n",
        "of the agent\n",
    ]
    await pair.on_session("segue/link/stop")
    for client in (pair.client, other.client):
        items = {found.resource: found for found in client.collect()}
        assert items[resource].removed == [pair.session_id]
        assert [row.linked_to for row in items["sessions"].sessions] == [None]


async def test_a_window_that_goes_does_not_end_the_others_link(pair: Pairing) -> None:
    """What it had unsaved waits for it; all the rest flows."""
    here, there, other = await linked(pair)
    other.go()
    pair.agent_writes("a.txt", of_agent(LINES))
    pair.agent_writes("b.txt", of_agent(LINES.replace("line 2", "unsaved line 2")))
    await pair.until(lambda: "of the agent" in pair.editor.text(here))
    await pair.until(
        lambda: [file.message for file in pair.view.files if file.path == "b.txt"] == [flow_obstacles.AWAY]
    )
    assert there.read_text() == LINES
    other.come_back()
    await pair.until(lambda: "of the agent" in other.editor.text(there))
    assert "unsaved line 2" in other.editor.text(there)
    assert not pair.proposals


async def test_different_unsaved_texts_of_a_file_are_said_and_nothing_of_them_is_lost(pair: Pairing) -> None:
    here, _, other = await linked(pair)
    other.editor.open(here)
    pair.editor.insert(here, "line 2", "in one window ")
    other.editor.insert(here, "line 3", "in the other ")
    pair.agent_writes("a.txt", of_agent(LINES))
    await pair.until(lambda: [file.message for file in pair.view.files] == [flow_obstacles.CONTESTED])
    await pair.on_session("segue/link/share")
    texts = [editor.text(here) for editor in (pair.editor, other.editor)]
    assert texts == [LINES.replace("line 2", "in one window line 2"), LINES.replace("line 3", "in the other line 3")]
    assert (pair.worktree / "a.txt").read_text() == of_agent(LINES)
    other.editor.revert(here)
    await pair.until(lambda: pair.editor.text(here) == of_agent(texts[0]))
    assert other.editor.text(here) == LINES, "its own text until it is opened anew"


async def test_whichever_window_has_a_file_unsaved_counts(pair: Pairing) -> None:
    here, _, other = await linked(pair)
    other.editor.open(here)
    other.editor.insert(here, "line 3", "in the other ")
    pair.agent_writes("a.txt", of_agent(LINES))
    await pair.until(lambda: "of the agent" in other.editor.text(here))
    assert pair.editor.text(here) == here.read_text() == LINES
    (file,) = pair.view.files
    assert len(file.hunks) == 1
    (shown,) = pair.engine.links.view_for(pair.client, pair.session_id).files
    assert (shown.hunks, shown.message) == ([], link_views.IN_OTHER_WINDOW)


async def test_a_text_of_another_window_that_lacks_the_agents_changes_rejects_nothing(pair: Pairing) -> None:
    """Link rule 8: a window closes without saving, and another one has the file as it is on the disk."""
    here, _, other = await linked(pair)
    other.editor.open(here)
    pair.agent_writes("a.txt", of_agent(LINES))
    await pair.until(lambda: "of the agent" in pair.editor.text(here))
    pair.editor.close(here)
    await pair.until(lambda: [file.is_suspended for file in pair.view.files] == [True])
    assert pair.proposals[0].message.startswith(suspension.OTHER_WINDOW)
    await pair.resolve(pair.proposals[0], "theirs")
    await pair.until(lambda: other.editor.text(here) == of_agent(LINES))
    assert len(pair.hunks) == 1


async def test_what_one_window_saved_with_the_agents_changes_is_named_where_another_has_it_unsaved(
    pair: Pairing,
) -> None:
    """Both have unsaved text, the first one saves, then the link ends: the agent's line stayed without a word."""
    here, _, other = await linked(pair)
    other.editor.open(here)
    pair.agent_writes("a.txt", of_agent(LINES))
    await pair.until(lambda: "of the agent" in pair.editor.text(here))
    pair.editor.insert(here, "line 2", "mine ")
    other.editor.insert(here, "line 5", "second ")
    pair.editor.save(here)
    await pair.until(lambda: any(file.is_suspended for file in pair.view.files))
    await pair.on_session("segue/link/stop")
    assert other.editor.text(here) == LINES.replace("line 5", "second line 5")
    assert here.read_text() == of_agent(LINES).replace("line 2", "mine line 2"), "saving is the user's to do"
    notes = [item.text for item in (await pair.engine.parts.ledger.transcript(pair.session.id)).items]
    (note,) = [text for text in notes if "on the disk they stay until you save" in text]
    assert note.startswith("You saved a.txt")


async def test_conversations_are_found_again_at_their_places(pair: Pairing) -> None:
    """Issue 5: after a reload, and in the other window; `words` are the person's alone."""
    place = {"uri": (pair.project / "a.txt").as_uri(), "startLine": 2, "endLine": 4}
    await pair.new("Hello")
    params = {"text": "shorter", "selection": {**place, "text": "line 3\nline 4\n"}}
    await pair.on_session("segue/session/prompt", **params)
    await pair.turns_ended(2)
    await pair.restart()
    shown = await pair.on_session("segue/session/show")
    first, second = [item for item in shown.items if item.kind == "prompt"]
    assert first.place is None
    assert second.place.model_dump(by_alias=True) == {**place, "words": "shorter"}
    assert "line 4" in second.text
