"""Claude and Gemini behind a real daemon: denied, stopped, killed, and switched between background and editor in
mid-turn. The scripted model stands for theirs; no key, nothing leaves the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from faults import drill
from real_agents import programs
from segue.agents import runners
from segue.agents.catalog import load_catalog
from segue.agents.contract import stage
from segue.agents.contract.held_command import Lasting
from segue.agents.contract.script import TEXT
from segue.agents.contract.scripted_model import ScriptedModel
from segue.system import processes
from segue.system.processes import Identity
from support.daemon import Installation, installation
from support.panel import Json, Panel
from support.patience import quiet_s, scaled
from support.repositories import git, repository

AGENTS = ("claude", "gemini")
LIMIT_S = 60.0
Commands = Callable[[str], Lasting]
TICKS = "".join(f"tick {number} " for number in range(20))


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as made:
        yield made


@pytest.fixture(scope="module")
def segue(model: ScriptedModel) -> Iterator[Installation]:
    """A person who has both agents, and the scripted model for their models."""
    with installation() as made:
        words = {"model": model.url, "home": str(made.home)}
        scratch = made.home / "tmp"  # a killed agent leaves files there
        scratch.mkdir()
        variables = {**made.environment, "PATH": programs.path(*AGENTS), "TMPDIR": str(scratch)}
        for name in AGENTS:
            definition = load_catalog(made.places.data).find(name)
            stage.furnish(definition, words)
            variables |= stage.redirected(definition, words)
        yield replace(made, environment=variables)


@pytest.fixture
def panel(segue: Installation) -> Iterator[Panel]:
    with segue.client() as client:
        yield Panel(client)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return repository(tmp_path / "project", {"hello.txt": "hello\n"})


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[Commands]:
    """Commands that last until they are let go."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(Lasting(tmp_path, name))


def answer(panel: Panel, session: str, kind: str = "allow_once") -> None:
    """Answer what the agent asks next."""
    (asked,) = panel.bucket(session, "needs_you")["permissions"]
    option = next(option["optionId"] for option in asked["options"] if option["kind"] == kind)
    panel.call("permission/answer", session, requestId=asked["requestId"], optionId=option)
    panel.wait(session, lambda row: asked["requestId"] not in [each["requestId"] for each in row["permissions"]])


def said(panel: Panel, session: str) -> str:
    """What the agent said, as its transcript has it."""
    items = panel.call("session/show", session)["items"]
    return "".join(item["text"] for item in items if item["kind"] == "message")


def heard(panel: Panel, session: str, words: str) -> None:
    """Wait until the agent of an opened session has said that."""
    panel.until(lambda: next((item for item in panel.items(session) if words in item.get("text", "")), None))


def agent_process(segue: Installation, session: str) -> Identity:
    """The process of a session's agent, of which there was never another one."""
    (directory,) = segue.places.runners.glob(f"{session}-*")
    status = runners.read_status(directory)
    assert status is not None
    return status.agent


@pytest.mark.parametrize("agent", AGENTS)
def test_what_is_denied_is_not_done_and_what_it_took_is_told(panel: Panel, project: Path, agent: str) -> None:
    """D42; issue 7, item 8."""
    session = panel.new(project, "[[run=touch made.txt && rm -f other;say=Then not.]]", agent=agent)
    (asked,) = panel.bucket(session, "needs_you")["permissions"]
    assert "touch made.txt && rm -f other" in asked["title" if agent == "gemini" else "command"]
    answer(panel, session, "reject_once")
    row = panel.ended(session)
    assert not (Path(row["worktree"]) / "made.txt").exists()
    panel.prompt(session, "[[say=And now?]]")
    row = panel.ended(session, 2)
    assert row["stopReason"] == "end_turn"
    assert row["tokens"]["input"] and row["tokens"]["output"]
    assert agent != "claude" or row["cost"]["currency"] == "USD"


@pytest.mark.parametrize("agent", AGENTS)
def test_stopped_in_mid_command_and_killed_in_the_next(
    segue: Installation, model: ScriptedModel, panel: Panel, project: Path, lasting: Commands, agent: str
) -> None:
    """D6, D21; a kill -9 of the agent costs neither its conversation nor leaves its command."""
    first, second = lasting("first"), lasting("second")
    session = panel.new(project, f"Remember the blue door. [[run={first.command};say=Never said.]]", agent=agent)
    answer(panel, session)
    assert first.wait_begun(scaled(LIMIT_S))
    begun = time.monotonic()
    panel.call("session/stop", session)
    assert panel.ended(session)["stopReason"] == "cancelled"
    assert quiet_s(begun) < 5
    assert first.wait_over(scaled(LIMIT_S))

    panel.prompt(session, f"[[run={second.command};say=Never said.]]")
    answer(panel, session)
    assert second.wait_begun(scaled(LIMIT_S))
    processes.kill(agent_process(segue, session))
    panel.wait(session, lambda row: row.get("stopReason") == "_interrupted" and row["turns"] == 2)
    assert second.wait_over(scaled(LIMIT_S))

    known = len(model.asked)
    panel.prompt(session, "[[say=Here again.]]")
    assert panel.ended(session, 3)["stopReason"] == "end_turn"
    assert said(panel, session).endswith("Here again.")
    remembered = [each.text for conversation in model.asked[known:] for each in conversation.said]
    assert any("the blue door" in text for text in remembered)


def test_a_killed_daemon_costs_no_word(segue: Installation, project: Path) -> None:
    """D30: both agents talk on meanwhile."""
    with segue.client() as client:
        panel = Panel(client)
        sessions = [panel.new(project, "[[slow=20]]", agent=agent) for agent in AGENTS]
        for session in sessions:
            panel.open(session)
        for session in sessions:
            heard(panel, session, "tick 2")
        drill.kill_daemon(segue, client)
    with segue.client() as client:
        panel = Panel(client)
        for session in sessions:
            assert panel.ended(session)["stopReason"] == "end_turn"
            assert said(panel, session).replace(TICKS, "*").strip(" .") == "*"


@pytest.mark.parametrize("agent", AGENTS)
def test_it_works_on_across_the_switch(
    segue: Installation, panel: Panel, project: Path, lasting: Commands, agent: str
) -> None:
    """Issue 6, item 2: linked and unlinked in mid-turn, in a command and while it talks; same process and directory."""
    session = panel.new(project, "[[say=Ready.]]", agent=agent)
    worktree = Path(panel.ended(session)["worktree"])
    process = agent_process(segue, session)
    one, two = lasting("one"), lasting("two")
    steps = [f"edit={worktree}/a.txt", f"run={one.command}", f"edit={worktree}/b.txt", f"run={two.command}", "slow=20"]
    panel.prompt(session, f"[[{';'.join(steps)}]]")
    answer(panel, session)
    answer(panel, session)
    assert one.wait_begun(scaled(LIMIT_S))
    panel.call("link/start", session)
    assert (project / "a.txt").read_text() == TEXT
    one.let_go()
    answer(panel, session)
    answer(panel, session)
    assert two.wait_begun(scaled(LIMIT_S))
    panel.until(lambda: hunks(panel, session, 2))
    assert (project / "b.txt").read_text() == TEXT
    panel.call("link/stop", session)
    assert git(project, "status", "--porcelain") == ""
    panel.open(session)
    two.let_go()
    heard(panel, session, "tick 2")
    panel.call("link/start", session)
    assert git(project, "status", "--porcelain").split("\n") == ["?? a.txt", "?? b.txt"]
    panel.call("link/stop", session)
    row = panel.wait(session, lambda row: row["turns"] == 2 and row["state"] == "idle")
    assert row["stopReason"] == "end_turn"
    assert said(panel, session) == f"Ready.{TICKS}"
    assert agent_process(segue, session) == process
    assert Path("/proc", str(process[0]), "cwd").readlink() == worktree


def hunks(panel: Panel, session: str, files: int) -> Json | None:
    """The link, once that many files have something to decide on."""
    link: Json = panel.call("link/show", session)["link"]
    return link if len(link["files"]) == files else None
