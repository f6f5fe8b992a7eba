"""Files that are opened through a symbolic link, and links that somebody works through."""

from __future__ import annotations

from pathlib import Path

from support.pairing import LINES, Pairing
from support.repositories import git

AGENTS = LINES.replace("line 2\n", "line 2\nAGENT\n")


async def begun(pair: Pairing, target: str = "a.txt") -> tuple[Path, Path]:
    """`link.txt` leads to a file, which is open through it with unsaved text."""
    link = pair.project / "link.txt"
    link.symlink_to(target)
    git(pair.project, "add", "-A")
    git(pair.project, "commit", "--quiet", "-m", "link")
    file = (pair.project / target).resolve()
    pair.editor.links[link] = file
    pair.editor.open(file)
    return link, file


async def test_unsaved_text_and_changes_go_through_a_link(pair: Pairing) -> None:
    _, file = await begun(pair)
    pair.editor.insert(file, "line 7", "USER ")
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    assert "USER line 7" in (pair.worktree / "a.txt").read_text()
    pair.agent_writes("a.txt", (pair.worktree / "a.txt").read_text().replace("line 2\n", "line 2\nAGENT\n"))
    await pair.until(lambda: "AGENT" in pair.editor.text(file))
    assert file.read_text() == LINES, "nothing is written below unsaved text"
    assert [hunk.path for hunk in pair.hunks] == ["a.txt"]


async def test_a_link_that_somebody_works_through_is_not_replaced(pair: Pairing) -> None:
    link, _ = await begun(pair)
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    (pair.worktree / "link.txt").unlink()
    pair.agent_writes("link.txt", AGENTS)
    await pair.until(lambda: pair.proposals)
    assert link.is_symlink()
    assert pair.proposals[0].path == "link.txt"
    await pair.resolve(pair.proposals[0], "theirs")
    assert not link.is_symlink()
    assert link.read_text() == AGENTS


async def test_a_link_that_leads_out_is_named(pair: Pairing, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text(LINES)
    _, file = await begun(pair, str(tmp_path / "outside.txt"))
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    pair.editor.insert(file, "line 7", "USER ")
    assert any("link.txt" in notice and "outside of this checkout" in notice for notice in pair.view.notices)
    assert file.read_text() == LINES
