"""A session that goes into the editor and out of it, for kills in the middle. Knows what everybody wrote, and what an
engine that was killed anywhere shall come back to.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.domain.errors import InputRefused
from support.editor import Editor
from support.gitrepo import GitRepo
from support.killed_process import Job, KeptEditor, Points, put_back, reopen, write
from support.pairing import Pairing, lines
from support.repositories import git, repository

LINES = lines(20)
FILES = dict.fromkeys(("dirty.txt", "clean.txt", "closed.txt", "sub/gone.txt", "staged.txt"), LINES)


@dataclass
class Scene:
    """The folders of one scenario, and how they were at its beginning."""

    root: Path
    project: Path
    copies: Path
    session_id: str = ""
    own: dict[str, Any] = field(default_factory=dict)
    """What stands in the checkout and the buffers while the session is in the background."""
    linked: dict[str, Any] = field(default_factory=dict)
    """The same while it is in the editor."""
    work: tuple[Any, ...] = ()
    """What the session contributes, and the files of its worktree."""

    @property
    def buffers(self) -> Path:
        return self.root / "buffers.json"

    def keep(self, name: str) -> None:
        """Remember everything as it is now."""
        for place in (self.root, self.project):
            shutil.copytree(place, self.copies / name / place.name, symlinks=True)

    def put_back(self, name: str) -> None:
        for place in (self.root, self.project):
            put_back(self.copies / name / place.name, place)

    def job(self, work: str) -> Job:
        return Job(str(self.root), str(self.project), self.session_id, str(self.buffers), work)

    def everything(self, editor: Editor) -> dict[str, Any]:
        """Checkout, index, untracked files, stash, and the texts of buffers."""
        found = GitRepo(self.project).everything_of_the_user()
        texts = {str(path): document.text for path, document in editor.open_documents.items()}
        return {**{name: value for name, value in found.items() if name != "index"}, "buffers": texts}


@asynccontextmanager
async def opened(scene: Scene, editor: Editor) -> AsyncIterator[Pairing]:
    """An engine as a daemon opens it that finds what another one left; the window comes back afterwards."""
    pair = await Pairing.open(scene.root, scene.project, editor)
    pair.session_id = scene.session_id
    if scene.buffers.exists():
        reopen(editor, scene.buffers)
    try:
        yield pair
    finally:
        await pair.engine.close()


async def begin(scene: Scene) -> None:
    """Keeps the copies `background` and `linked`, and what belongs to them."""
    project = repository(scene.project, FILES)
    (project / "staged.txt").write_text("staged\n")
    git(project, "add", "staged.txt")
    (project / "untracked.txt").write_text("of the person\n")
    async with opened(scene, Editor()) as pair:
        await pair.new("Hello")
        await pair.turns_ended(1)
        scene.session_id = pair.session_id
        for name in ("dirty.txt", "clean.txt", "closed.txt"):
            pair.agent_writes(name, LINES.replace("line 15\n", "line 15\nof the agent\n"))
        pair.agent_writes("made/new.txt", "made by the agent\n")
        (pair.worktree / "sub/gone.txt").unlink()
        for name in ("dirty.txt", "clean.txt"):
            pair.editor.open(project / name)
        pair.editor.insert(project / "dirty.txt", "line 3\n", "unsaved ")
        scene.own = scene.everything(pair.editor)
        write(pair.editor, scene.buffers)
    scene.keep("background")
    async with opened(scene, Editor()) as pair:
        await pair.on_session("segue/link/start")
        await pair.on_session("segue/link/share")
        scene.linked = scene.everything(pair.editor)
        assert "of the agent" in pair.editor.text(project / "dirty.txt")
        write(pair.editor, scene.buffers)
    scene.keep("linked")
    async with opened(scene, Editor()) as pair:
        await pair.until(lambda: not pair.link.is_held())
        await pair.on_session("segue/link/stop")
        assert scene.everything(pair.editor) == scene.own
        scene.work = contribution(pair)


def contribution(pair: Pairing) -> tuple[Any, ...]:
    """What the session's work is measured as, and what its worktree reads."""
    stat, worktree = pair.session.stat, pair.worktree
    names = [path for path in worktree.rglob("*") if path.is_file() and path.name != ".git"]
    texts = sorted((str(path.relative_to(worktree)), path.read_text()) for path in names)
    return stat.files, stat.added, stat.removed, texts


async def _work(job: Job, points: Points, method: str, **words: Any) -> None:
    editor = KeptEditor()
    pair = await Pairing.open(Path(job.root), Path(job.project), editor)
    pair.session_id = job.session_id
    reopen(editor, Path(job.buffers))
    if pair.session.linked_to:
        await pair.until(lambda: not pair.link.is_held())
    editor.keep_in(Path(job.buffers), points.meet)
    loop = asyncio.get_running_loop()

    def go() -> None:
        """As when the window's process ends: its texts are where the next one finds them."""
        for path in list(editor.open_documents):
            editor.close(path)
        pair.client.close()

    points.on_gone = lambda: loop.call_soon_threadsafe(go)
    points.is_armed = True
    with suppress(InputRefused):  # its window went
        await pair.on_session(method, **words)
    points.meet("the end")
    points.is_armed = False
    await pair.engine.close()


WORKS = {
    "start": lambda job, points: _work(job, points, "segue/link/start"),
    "stop": lambda job, points: _work(job, points, "segue/link/stop"),
    "keep": lambda job, points: _work(job, points, "segue/link/stop", keepHunks=True),
}
