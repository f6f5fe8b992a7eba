"""Images go to agents that take them and come from agents; their bytes stand beside the journal."""

from __future__ import annotations

import base64
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from segue.agents.images import Images
from segue.domain.errors import SegueError
from segue.domain.images import BYTES_LIMIT
from support.daemon import Installation
from support.panel import Panel
from support.pictures import header, png

RED, BLUE = png(4, 4), png(5, 5, (0, 0, 200))
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def items(panel: Panel, session: str, kind: str) -> list[Any]:
    return [item for item in panel.call("session/show", session)["items"] if item["kind"] == kind]


def put(panel: Panel, session: str, **texts: str) -> None:
    """Files for the agent, each whole from the moment that it is there; it waits for the last one."""
    worktree = Path(panel.wait(session, lambda row: row["state"] == "running")["worktree"])
    for name, text in texts.items():
        (worktree / f"{name}.new").write_text(text)
        (worktree / f"{name}.new").rename(worktree / name)


def said(panel: Panel, session: str) -> str:
    return "".join(item["text"] for item in items(panel, session, "message"))


def test_a_prompt_takes_its_images_along(segue: Installation, panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[blocks]]", agent="sees", images=[b64(RED), b64(BLUE)])
    assert panel.ended(session)["takesImages"] is True
    assert said(panel, session) == f"2 images: image/png {len(RED)}, image/png {len(BLUE)}"
    (prompt,) = items(panel, session, "prompt")
    assert [(image["mimeType"], image["size"]) for image in prompt["images"]] == [
        ("image/png", len(RED)),
        ("image/png", len(BLUE)),
    ]
    shown = panel.call("image/show", session, hash=prompt["images"][1]["hash"])
    assert base64.b64decode(shown["data"]) == BLUE == Path(shown["path"]).read_bytes()
    assert b64(BLUE).encode() not in b"".join(file.read_bytes() for file in segue.places.data.glob("journal.sqlite3*"))


def test_an_image_that_is_gone_fails_its_prompt_and_nothing_else(
    segue: Installation, panel: Panel, project: Path
) -> None:
    session = panel.new(project, "Hello", agent="sees", images=[b64(RED)])
    panel.ended(session)
    (prompt,) = items(panel, session, "prompt")
    panel.call("session/prompt", session, text="[[wait-file go]]")
    named = prompt["images"][0]["hash"]
    panel.call("session/prompt", session, text="[[blocks]]", images=[named])
    Path(panel.call("image/show", session, hash=named)["path"]).unlink()
    put(panel, session, go="")
    assert "There is no such image in this session any more." in str(panel.ended(session, turns=3)["activity"])
    panel.prompt(session, f'[[say "data":"segue-image:{named}"]]')
    panel.ended(session, turns=4)
    assert said(panel, session).endswith(f'"data":"segue-image:{named}"')


def test_an_agent_that_takes_none_is_named_first(panel: Panel, project: Path) -> None:
    """Before its first prompt nobody knows; then the turn says it, later the prompt is refused."""
    session = panel.new(project, "[[blocks]]", images=[b64(RED)])
    row = panel.ended(session)
    assert row["stopReason"] == "_failed" and row["takesImages"] is False
    assert row["activity"].startswith("fake does not take images.")
    with pytest.raises(SegueError, match="fake does not take images"):
        panel.call("image/add", session, data=b64(RED))


@pytest.mark.parametrize(
    "data", [b64(SVG), b64(RED)[:-3], "", b64(b"\xff" * (BYTES_LIMIT + 1)), b64(header(60_000, 60_000))]
)
def test_what_is_no_image_is_refused_and_leaves_nothing(
    segue: Installation, panel: Panel, project: Path, data: str
) -> None:
    before = {path.name for path in segue.places.images("x").parent.glob("*")}
    with pytest.raises(SegueError) as refused:
        panel.new(project, "Look", agent="sees", images=[b64(RED), data])
    assert refused.value.reason == "image_refused"
    assert {path.name for path in segue.places.images("x").parent.glob("*")} == before


def test_only_images_of_the_session_are_shown(panel: Panel, project: Path) -> None:
    session = panel.new(project, "Hello", agent="sees", images=[b64(RED)])
    panel.ended(session)
    for name in ("0" * 64, "../" * 3 + "settings", ""):
        with pytest.raises(SegueError) as refused:
            panel.call("image/show", session, hash=name)
        assert refused.value.reason == "no_image"


def test_a_queued_prompt_keeps_its_image_over_a_killed_daemon(segue: Installation, project: Path) -> None:
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, "[[wait-file go]]", agent="sees")
        row = panel.wait(session, lambda row: row.get("takesImages") is True and row["state"] == "running")
        image = panel.call("image/add", session, data=b64(RED))["image"]
        panel.call("session/prompt", session, text="[[blocks]]", images=[image["hash"]])
        queued = panel.wait(session, lambda row: bool(row["queue"]))["queue"]
        assert queued[0]["images"] == [image]
        os.kill(client.request("segue/status")["pid"], signal.SIGKILL)
    Images(segue.places.images("nobody")).keep(RED)  # of a session that never came to be
    (Path(row["worktree"]) / "go").touch()
    with segue.client() as client:
        panel = Panel(client)
        panel.ended(session, turns=2)
        assert f"1 images: image/png {len(RED)}" in said(panel, session)
    assert not segue.places.images("nobody").exists() and segue.places.images(session).exists()


def test_what_an_agent_shows_is_kept_by_its_content(segue: Installation, panel: Panel, project: Path) -> None:
    """Its name for the type does not count, and no bytes stand in the journal."""
    script = "[[wait-file b]] [[say Look:]] [[image image/svg+xml @a]] [[say There.]] [[tool-image image/png @b]]"
    session = panel.new(project, script)
    put(panel, session, a=b64(RED), b=b64(BLUE))
    panel.ended(session)
    shown = [item for item in panel.call("session/show", session)["items"] if item["kind"] in {"message", "image"}]
    assert [item["kind"] for item in shown] == ["message", "image", "message"]
    (image,) = shown[1]["images"]
    assert (image["mimeType"], shown[1]["text"]) == ("image/png", "[image image/png, 1 KiB]")
    (call,) = items(panel, session, "tool_call")
    (piece,) = call["content"]
    assert piece["type"] == "image" and piece["image"]["size"] == len(BLUE)
    assert base64.b64decode(panel.call("image/show", session, hash=piece["image"]["hash"])["data"]) == BLUE
    journal = b"".join(file.read_bytes() for file in segue.places.data.glob("journal.sqlite3*"))
    assert piece["image"]["hash"].encode() in journal
    assert b64(BLUE).encode() not in journal


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (f"image/svg+xml {b64(SVG)}", "image/svg+xml, 1 KiB: not shown, only PNG"),
        (f"image/png {b64(RED)[:-3]}", "image/png, 1 KiB: not shown, it is damaged"),
        (f"image/png {b64(header(60_000, 60_000))}", "not shown, it has 60,000 × 60,000 points"),
        ("image/png ", "image/png, 1 KiB: not shown, it has no content"),
    ],
)
def test_what_is_not_shown_is_said_with_its_size(panel: Panel, project: Path, words: str, told: str) -> None:
    session = panel.new(project, f"[[image {words}]] [[tool-image {words}]]")
    panel.ended(session)
    assert told in said(panel, session) and not items(panel, session, "image")
    (call,) = items(panel, session, "tool_call")
    assert call["content"][0]["type"] == "text" and told in call["content"][0]["text"]


def test_an_image_that_is_too_large_is_told_and_not_kept(segue: Installation, panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[wait-file huge]] [[image image/png @huge]]")
    put(panel, session, huge="A" * 8 * 1024 * 1024)
    panel.ended(session)
    assert "[image image/png, 6.0 MiB: not shown, 6.0 MiB is too much]" in said(panel, session)
    assert not segue.places.images(session).exists()
