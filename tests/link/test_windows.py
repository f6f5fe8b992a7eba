"""Two windows on one checkout: both take part in a link, and what only one of them has is not lost (issue 6.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from segue.engine.link import obstacles, suspension, views
from segue.protocol import methods as m
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
        assert (await client.subscribe(m.SubscribeParams(resource=resource))).link is not None
        await client.subscribe(m.SubscribeParams(resource="sessions"))
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
    await pair.until(lambda: [file.message for file in pair.view.files if file.path == "b.txt"] == [obstacles.AWAY])
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
    await pair.until(lambda: [file.message for file in pair.view.files] == [obstacles.CONTESTED])
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
    (shown,) = pair.engine._link_reviews.view_for(pair.client, pair.session_id).files
    assert (shown.hunks, shown.message) == ([], views.IN_OTHER_WINDOW)


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
    notes = [item.text for item in (await pair.engine._ledger.transcript(pair.session.id)).items]
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
