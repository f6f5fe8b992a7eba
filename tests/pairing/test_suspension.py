"""Texts that were reached without typing: a file goes on when the agent's changes are back; what stays is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.engine.pairing import disk, suspension, transitions
from segue.engine.pairing.transitions import Shown
from support.editor import Editor
from support.pairing import LINES, Pairing, paired
from support.repositories import git

AGENTS = LINES.replace("line 2\n", "line 2\nAGENT\n")


def reload(editor: Editor, file: Path) -> None:
    """The editor reads a file again that something else wrote."""
    editor.revert(file)


async def with_hunks(pair: Pairing) -> tuple[Path, Path]:
    """An open file that was saved with the agent's change, and a closed one that has one."""
    file, other = await paired(pair), pair.project / "src/b.txt"
    pair.agent_writes("a.txt", AGENTS)
    pair.agent_writes("src/b.txt", AGENTS)
    await pair.until(lambda: len(pair.hunks) == 2 and "AGENT" in other.read_text())
    pair.editor.insert(file, "line 7", "USER ")
    pair.editor.save(file)
    return file, other


async def test_after_stash_and_pop_the_agents_changes_are_its_own_again(pair: Pairing) -> None:
    file, other = await with_hunks(pair)
    git(pair.project, "stash", "--quiet")
    reload(pair.editor, file)
    await pair.until(lambda: [each.is_suspended for each in pair.view.files] == [True, True])
    assert not pair.hunks
    git(pair.project, "stash", "pop", "--quiet")
    reload(pair.editor, file)
    await pair.until(lambda: len(pair.hunks) == 2)
    assert not pair.proposals
    await pair.on_session("segue/link/stop")
    assert other.read_text() == LINES
    assert pair.editor.text(file) == LINES.replace("line 7", "USER line 7")


async def test_what_both_changed_waits_in_an_open_file_while_a_stash_has_the_users_part(pair: Pairing) -> None:
    """The agent's version came into the buffer between push and pop: after pop, saving it lost the user's text."""
    file = await paired(pair)
    pair.editor.insert(file, "line 4", "USER ")
    pair.editor.save(file)
    pair.agent_writes("a.txt", LINES.replace("line 4", "AGENT"))
    await pair.until(lambda: [found.kind for found in pair.proposals] == ["overlap"])
    git(pair.project, "stash", "--quiet")
    reload(pair.editor, file)
    await pair.on_session("segue/link/share")
    assert pair.view.files[0].is_suspended
    assert pair.editor.text(file) == LINES
    git(pair.project, "stash", "pop", "--quiet")
    reload(pair.editor, file)
    await pair.until(lambda: [found.kind for found in pair.proposals] == ["overlap"])
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == file.read_text() == LINES.replace("line 4", "USER line 4")


async def test_a_closed_file_that_the_user_changed_and_committed_stays_decidable(pair: Pairing) -> None:
    """It was taken for a text that git had brought, and the agent's change in it could not be decided on."""
    file, other = await with_hunks(pair)
    pair.editor.close(file)
    other.write_text(other.read_text().replace("line 7", "USER line 7"))
    git(pair.project, "commit", "--quiet", "--all", "--message=Mine, with the agent's change")
    await pair.link.files["src/b.txt"].came_from_git(lambda _: (other.read_bytes(), "100644"))
    await pair.on_session("segue/link/share")
    assert [(hunk.path, hunk.new_text) for hunk in pair.hunks] == [("a.txt", "AGENT\n"), ("src/b.txt", "AGENT\n")]
    assert "USER" in (pair.worktree / "src/b.txt").read_text()


async def test_what_a_stash_took_along_waits_through_a_restart(pair: Pairing) -> None:
    file, _ = await with_hunks(pair)
    git(pair.project, "stash", "--quiet")
    reload(pair.editor, file)
    await pair.until(lambda: [each.is_suspended for each in pair.view.files] == [True, True])
    await pair.restart()
    git(pair.project, "stash", "pop", "--quiet")
    reload(pair.editor, file)
    await pair.until(lambda: len(pair.hunks) == 2 and not pair.proposals)


async def test_a_tool_that_changes_another_line_on_the_disk_suspends_nothing(pair: Pairing) -> None:
    file, other = await with_hunks(pair)
    for each in (file, other):
        each.write_text(each.read_text().replace("line 9", "nine"))
    reload(pair.editor, file)
    await pair.on_session("segue/link/share")
    assert [(hunk.path, hunk.new_text) for hunk in pair.hunks] == [("a.txt", "AGENT\n"), ("src/b.txt", "AGENT\n")]
    assert "nine" in (pair.worktree / "a.txt").read_text()
    await pair.on_session("segue/link/stop")
    assert other.read_text() == LINES.replace("line 9", "nine")
    assert "AGENT" not in pair.editor.text(file)


async def test_the_text_of_the_first_window_goes_on_when_the_second_is_closed(pair: Pairing) -> None:
    file = await paired(pair)
    other = pair.other_window()
    other.editor.open(file)
    pair.agent_writes("a.txt", AGENTS)
    await pair.until(lambda: "AGENT" in pair.editor.text(file))
    other.editor.insert(file, "line 5", "SECOND ")
    pair.editor.save(file)
    await pair.until(lambda: [each.is_suspended for each in pair.view.files] == [True])
    other.editor.close(file)
    await pair.until(lambda: len(pair.hunks) == 1 and not pair.proposals)
    await pair.on_session("segue/link/stop")
    assert pair.editor.text(file) == LINES


MANY = LINES.replace("line 2\n", "line 2\nAGENT\n").replace("line 8\n", "line 8\nMORE\n")


@pytest.mark.parametrize("keeps", [True, False])
async def test_unlinking_names_suspended_files_and_leaves_what_was_chosen(pair: Pairing, keeps: bool) -> None:
    """A tool took away one of the agent's changes; the other stands in the text still."""
    file = await paired(pair)
    pair.agent_writes("a.txt", MANY)
    await pair.until(lambda: len(pair.hunks) == 2)
    pair.editor.save(file)
    file.write_text(AGENTS)
    reload(pair.editor, file)
    assert pair.view.files[0].is_suspended
    preview = (await pair.on_session("segue/link/preview")).preview
    assert (preview.suspended, preview.hunks) == (["a.txt"], 1)
    await pair.on_session("segue/link/stop", keepHunks=keeps)
    assert pair.editor.text(file) == (AGENTS if keeps else LINES)
    shown = await pair.on_session("segue/session/show")
    said = [item.text for item in shown.items if item.kind == "notice"]
    assert any("a.txt" in text and ("stay" in text) == keeps for text in said), said


async def accepted_unsaved(pair: Pairing) -> Path:
    """The agent's change was accepted, the user typed on, and nothing is saved."""
    file = await paired(pair)
    pair.agent_writes("a.txt", AGENTS)
    await pair.until(lambda: pair.hunks)
    await pair.decide("accept", *pair.hunks)
    pair.editor.insert(file, "line 7", "USER ")
    return file


UNSAVED = AGENTS.replace("line 7", "USER line 7")


def dies(pair: Pairing) -> None:
    """The editor is killed: no text of it comes back."""
    pair.client.close()
    pair.editor = Editor()


def comes_back(pair: Pairing, file: Path) -> None:
    pair.connect()
    pair.editor.open(file)


@pytest.mark.parametrize("restarts", [True, False])
async def test_accepted_text_that_was_not_saved_outlives_the_editor(pair: Pairing, restarts: bool) -> None:
    file = await accepted_unsaved(pair)
    if restarts:
        pair.editor = Editor()
        await pair.restart()
        pair.editor.open(file)
    else:
        dies(pair)
        comes_back(pair, file)
    await pair.until(lambda: pair.proposals)
    assert pair.proposals[0].message.startswith(suspension.LOST)
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "a.txt").read_text() == AGENTS, "the agent loses nothing"
    pair.editor.insert(file, "line 9", "LATER ")
    await pair.resolve(pair.proposals[0], "theirs")
    await pair.until(lambda: not pair.proposals)
    assert pair.editor.text(file) == UNSAVED.replace("line 9", "LATER line 9")
    assert not pair.hunks, "it stays accepted"
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "a.txt").read_text() == pair.editor.text(file)


async def test_text_that_was_lost_with_the_editor_may_stay_away(pair: Pairing) -> None:
    file = await accepted_unsaved(pair)
    dies(pair)
    comes_back(pair, file)
    await pair.until(lambda: pair.proposals)
    await pair.resolve(pair.proposals[0], "mine")
    assert (pair.worktree / "a.txt").read_text() == pair.editor.text(file) == LINES


@pytest.mark.parametrize("is_back", [True, False])
async def test_unlinking_keeps_accepted_text_that_no_file_has(pair: Pairing, is_back: bool) -> None:
    """It is the session's work again, with a merge that brings it; the user's unsaved words are kept by git."""
    file = await accepted_unsaved(pair)
    await pair.on_session("segue/link/share")
    assert pair.session.stat.files == 0
    dies(pair)
    pair.connect()
    pair.editor.open(file if is_back else pair.project / "src/b.txt")
    if is_back:
        await pair.until(lambda: pair.proposals)
    await pair.on_session("segue/link/stop")
    assert file.read_text() == LINES
    assert pair.session.stat.added == 2, "AGENT, and the line with USER"
    kept = git(pair.project, "for-each-ref", "--format=%(refname)", f"refs/segue/{pair.session_id}/unsaved")
    assert git(pair.project, "show", f"{kept.strip()}:a.txt") + "\n" == UNSAVED
    shown = await pair.on_session("segue/session/show")
    assert any("a.txt" in item.text and kept.strip() in item.text for item in shown.items if item.kind == "notice")


TEXT = disk.content_of(b"one\ntwo\n", "100644")


@pytest.mark.parametrize("looks", [1, 2])
@pytest.mark.parametrize("theirs", [disk.ABSENT, disk.content_of(b"\0x", "100644"), disk.content_of(b"x", "120000")])
def test_a_whole_change_that_comes_back_with_a_stash_is_undecided_again(theirs: disk.Content, looks: int) -> None:
    """The agent deleted a file; after stash and pop the user's own was gone for good, without a word."""
    begun = transitions.begin("a.txt", TEXT, TEXT)
    changed = transitions.up(begun, theirs, Shown.ON_DISK).state
    state = changed
    for _ in range(looks):
        state = transitions.caught_up(state, TEXT).state
        assert state.suspended
    for _ in range(looks):
        state = transitions.caught_up(state, theirs).state
        assert not state.suspended and state.whole == changed.whole
    own = transitions.own_alone(state).state.whole.mine
    assert own is not None and (state.text is None or own == begun.whole.mine)


@pytest.mark.parametrize("theirs", [TEXT, disk.content_of(b"\0x", "100644")])
def test_a_new_file_that_comes_back_with_a_stash_is_undecided_again(theirs: disk.Content) -> None:
    """`git stash -u` took the agent's new file away; after pop and switch it stayed, without a word."""
    begun = transitions.begin("new.txt", disk.ABSENT, disk.ABSENT)
    changed = transitions.up(begun, theirs, Shown.ON_DISK).state
    state = changed
    for _ in range(2):
        state = transitions.caught_up(state, disk.ABSENT).state
    assert state.whole.mine is None
    for _ in range(2):
        state = transitions.caught_up(state, theirs).state
    assert state == changed
    assert transitions.own_alone(state).state.whole.mine is None


BYTES = tuple(disk.content_of(b"\0" + name, "100644") for name in (b"base", b"user", b"agent"))
LINE = tuple(disk.content_of(b"one\n" + name + b"\n", "100644") for name in (b"two", b"user", b"agent"))


@pytest.mark.parametrize("looks", [1, 2])
@pytest.mark.parametrize(("base", "mine", "theirs"), [BYTES, LINE])
def test_what_both_changed_does_not_flow_while_a_stash_has_the_users_part(
    base: disk.Content, mine: disk.Content, theirs: disk.Content, looks: int
) -> None:
    """The agent's version came into the checkout between push and pop, and git refused to pop."""
    begun = transitions.up(transitions.begin("a", base, base), base, Shown.ON_DISK).state
    disputed = transitions.up(transitions.caught_up(begun, mine).state, theirs, Shown.ON_DISK).state
    state = disputed
    for _ in range(looks):
        state = transitions.caught_up(state, base).state
        assert state.suspended and transitions.is_mine(state, base)
    dropped, (again, _) = suspension.dropped(state), suspension.restored(state)
    assert transitions.is_mine(transitions.up(dropped, theirs, Shown.ON_DISK).state, base)
    assert transitions.is_mine(transitions.up(again, theirs, Shown.ON_DISK).state, theirs)
    for _ in range(looks):
        state = transitions.caught_up(state, mine).state
    assert state == disputed
