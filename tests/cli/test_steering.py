"""Choosing and steering in the terminal, with an agent that offers something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.conftest import define_agent
from support.daemon import Installation, installation
from support.daemon_nursery import fork_daemon
from support.panel import Panel
from support.pictures import png


@pytest.fixture(scope="module")
def segue() -> Iterator[Installation]:
    with installation(fork_daemon) as made:
        define_agent(made, "sees", "--images")
        define_agent(made, "choosy", "--offer", "config")
        yield made


def new(segue: Installation, project: Path, prompt: str, *options: str) -> str:
    done = segue.run("new", "--json", "--agent", "choosy", *options, prompt, cwd=project)
    assert done.code == 0, done
    session_id: str = done.json["session"]["id"]
    return session_id


def test_options_are_listed_and_chosen(segue: Installation, project: Path) -> None:
    session = new(segue, project, "[[options]]", "--wait", "--set", "model=large")
    listed = segue.run("set", session).out.splitlines()
    assert [line.split()[:2] for line in listed[:2]] == [["mode", "Ask"], ["model", "Large"]]
    values = segue.run("set", session, "model").out
    assert "●  large" in values and "[Sizes]" in values
    chosen = segue.run("set", session, "mode", "plan only")
    assert (chosen.code, chosen.out.split()[:3]) == (0, ["mode", "Plan", "only"])
    assert "mode=plan model=large" in segue.run("prompt", session, "[[options]]", "--wait").out
    assert segue.run("set", session, "dry", "--json").json["options"][0]["current"] == "false"
    assert "(the agent says no values)" in segue.run("set", session, "odd").out


def test_images_go_along_from_files(segue: Installation, project: Path, tmp_path: Path) -> None:
    first, second, text = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.png"
    first.write_bytes(png(2, 2))
    second.write_bytes(png(3, 3))
    text.write_text("no image")
    done = segue.run("new", "--json", "--agent", "sees", "--image", first, "--image", second, "[[blocks]]", cwd=project)
    session = done.json["session"]["id"]
    assert "1 images: " in segue.run("say", session, "--image", second, "--wait", "[[blocks]]").out
    assert "2 images: " in segue.run("show", session).out
    assert segue.run("say", session, "--image", text, "x", "--json").error["reason"] == "image_refused"
    missing = tmp_path / "none.png"
    assert segue.run("say", session, "--image", missing, "x", "--json").error["reason"] == "image_unreadable"


def test_a_plan_is_made_first_commented_on_and_approved(segue: Installation, project: Path) -> None:
    done = segue.run("new", "--agent", "choosy", "--plan", "--wait", "[[say # Plan\\n1. Rename it]]", cwd=project)
    assert (done.code, "Plan to approve" in done.out) == (4, True)
    (session,) = (row for row in segue.run("list", "--json").json["sessions"] if "proposal" in row)
    told = segue.run("plan", session["id"], "--comment", "2", "To core.").out
    assert "   2  1. Rename it\n      └ To core." in told
    assert segue.run("plan", session["id"], "--comment", "3", "None such", "--json").error["reason"] == "no_such_line"
    assert segue.run("plan", session["id"], "--approve").code == 0
    segue.run("prompt", session["id"], "[[say over]]", "--wait")
    assert "Line 2:" in segue.run("show", session["id"]).out
    assert segue.run("plan", session["id"], "--json").error["reason"] == "no_plan"


def test_what_cannot_be_chosen_is_refused_with_what_can(segue: Installation, project: Path) -> None:
    session = new(segue, project, "hello", "--wait")
    refused = segue.run("set", session, "model", "forbidden", "--json")
    assert (refused.code, refused.error["reason"]) == (1, "option_refused")
    assert "small, large, forbidden" in segue.run("set", session, "model", "huge").err
    assert "mode, model, effort" in segue.run("set", session, "colour").err
    assert segue.run("new", "--set", "model", "x", cwd=project).code == 1


def test_commands_are_shown(segue: Installation, project: Path) -> None:
    session = new(segue, project, "hello", "--wait")
    shown = segue.run("show", session).out
    assert "/review what to look at" in shown and "Forget what is not needed" in shown


def test_what_waits_is_dropped_and_turns_are_listed(segue: Installation, project: Path) -> None:
    session = new(segue, project, "[[hang]]")
    for text in ("one", "two"):
        assert segue.run("prompt", session, text).out.startswith("Queued: it is sent when its turn comes.")
    listed = segue.run("drop", session).out
    assert [line.split()[-1] for line in listed.splitlines()[:2]] == ["one", "two"]
    assert segue.run("drop", session, "1").code == 0
    assert [prompt["text"] for prompt in segue.run("drop", session, "--json").json["queue"]] == ["two"]
    assert segue.run("drop", session, "9", "--json").error["reason"] == "prompt_not_queued"
    said = segue.run("say", session, "--now", "--wait", "[[say at once]]")
    assert "at once" in said.out
    turns = segue.run("turns", session)
    assert [line.split()[0] for line in turns.out.splitlines()][:2] == ["1", "2"]
    assert "cancelled" in turns.out and "[[say at once]]" in turns.out
    reasons = [turn.get("stopReason") for turn in segue.run("turns", session, "--json").json["turns"]]
    assert reasons[:2] == ["cancelled", "end_turn"]


def test_the_line_is_shown_and_ordered(segue: Installation, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    segue.places.settings.write_text("[sessions]\nmax_running = 1\n")
    try:
        assert segue.run("queue").out.startswith("0 at work, at most 1 at a time; 0 waiting.")
        first = new(segue, project, f"[[wait-file {gate}]]")
        waiting = [new(segue, project, "[[say hi]]", "--title", title) for title in ("one", "two")]
        with segue.client() as client:
            panel = Panel(client)
            for place, session in enumerate(waiting, 1):
                panel.wait(session, lambda row, place=place: row.get("place") == place)
        listed = segue.run("queue", waiting[1], "first").out.splitlines()
        assert listed[0] == "1 at work, at most 1 at a time; 2 waiting."
        assert [line.split()[0::2][:2] for line in listed[1:3]] == [["1", waiting[1]], ["2", waiting[0]]]
        started = segue.run("queue", waiting[0], "now", "--json")
        assert (started.code, started.json["session"]["id"]) == (0, waiting[0])
        assert [each["id"] for each in segue.run("queue", "--json").json["sessions"]] == [waiting[1]]
        assert segue.run("queue", waiting[0]).code == 1
        assert segue.run("queue", first, "up", "--json").error["reason"] == "not_waiting"
        gate.touch()
        for session in (first, *waiting):
            assert segue.run("prompt", session, "[[say over]]", "--wait").code == 0
    finally:
        segue.places.settings.unlink()
