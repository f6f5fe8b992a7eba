"""The daemon is killed at each point of linking and unlinking: what the next one finds is before or after it (D30)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from faults import drill
from support.chance import IS_LONG
from support.editor import Editor
from support.gitrepo import GitRepo
from support.killed_process import Nursery, Point
from support.pairing import Pairing
from support.switches import Scene, begin, contribution, opened

SCRATCH = ("private_index", "_written")
"""In the names of points that write what nobody else reads."""
SOME = 6
Blow = Literal["kill_at", "gone_at"]
BLOWS: dict[Blow, str] = {"kill_at": "kills", "gone_at": "windows that go"}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery("support.switches") as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    root = Path(tempfile.mkdtemp(prefix="sg-"))
    yield Scene(root, tmp_path / "project", tmp_path / "copies")
    shutil.rmtree(root)


@pytest.mark.parametrize(("work", "beginning"), [("start", "background"), ("stop", "linked"), ("keep", "linked")])
async def test_a_kill_at_any_point_of_the_switch_leaves_what_was_before_or_after(
    nursery: Nursery, scene: Scene, work: str, beginning: str
) -> None:
    """Issue 6.7: journal, record, refs, files, buffers; each point with `SEGUE_FAULTS=long`, else some."""
    await _at_each_point(nursery, scene, (work, beginning), "kill_at")


@pytest.mark.parametrize(("work", "beginning"), [("start", "background"), ("stop", "linked")])
async def test_a_window_that_goes_at_any_point_of_the_switch_finds_what_was_before_or_after(
    nursery: Nursery, scene: Scene, work: str, beginning: str
) -> None:
    """Issue 6.7, 5: its bridge is killed or it is reloaded; its unsaved texts come back with it."""
    await _at_each_point(nursery, scene, (work, beginning), "gone_at")


async def _at_each_point(nursery: Nursery, scene: Scene, what: tuple[str, str], blow: Blow) -> None:
    """Strike at every chosen point of some work, each time from its beginning."""
    work, beginning = what
    await begin(scene)
    scene.put_back(beginning)
    points = nursery.run(scene.job(work))
    assert points is not None
    for point in _chosen(points, f"{BLOWS[blow]} in {work}"):
        scene.put_back(beginning)
        nursery.run(replace(scene.job(work), **{blow: point}))
        try:
            await _is_before_or_after(scene, work)
        except BaseException as failed:
            raise AssertionError(f"{BLOWS[blow]} in {work} before {point[0]} ({point[1]}): {failed}") from failed


def _chosen(points: list[Point], name: str) -> list[Point]:
    """All, or some of those that write what somebody else reads."""
    if IS_LONG:
        return points
    some = [point for point in points if not any(word in point[0] for word in SCRATCH)]
    return drill.chance(name).sample(some, min(SOME, len(some)))


async def _is_before_or_after(scene: Scene, work: str) -> None:
    editor = Editor()
    async with opened(scene, editor) as pair:
        before, after = {"stop": (scene.linked, scene.own), "start": (scene.own, scene.linked)}.get(
            work, (scene.linked, scene.linked)
        )

        def wanted() -> dict[str, Any]:
            return after if bool(pair.session.linked_to) == (work == "start") else before

        def at_odds() -> dict[str, Any]:
            found, want = _texts(pair, editor), {**wanted()["files"], **wanted()["buffers"]}
            return {name: found.get(name) for name in {*found, *want} if found.get(name) != want.get(name)}

        try:
            await pair.until(lambda: not at_odds())
        except AssertionError as late:
            raise AssertionError(f"linked to {pair.session.linked_to!r}; at odds are {at_odds()}") from late
        assert scene.everything(editor) == wanted()
        if work != "keep":
            await _goes_there_and_back(scene, pair, editor)


async def _goes_there_and_back(scene: Scene, pair: Pairing, editor: Editor) -> None:
    """Nothing of it was doubled or forgotten: the session can be linked, and leaves nothing behind."""
    if not pair.session.linked_to:
        await pair.on_session("segue/link/start")
    linked = {**scene.linked["files"], **scene.linked["buffers"]}
    await pair.until(lambda: _texts(pair, editor) == linked)
    await pair.on_session("segue/link/share")
    await pair.on_session("segue/link/stop")
    assert scene.everything(editor) == scene.own
    assert contribution(pair) == scene.work
    assert not list((scene.root / "d" / "links").iterdir())


def _texts(pair: Pairing, editor: Editor) -> dict[str, Any]:
    """Of files and buffers; of files while they change, whatever can be read."""
    found: dict[str, Any] = {}
    with suppress(OSError):
        found = {**GitRepo(pair.project).on_disk()}
    return {**found, **{str(path): document.text for path, document in editor.open_documents.items()}}
