"""Turns of a scriptable agent under a real daemon: how they run, end, are stopped and go on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from segue.domain.errors import SegueError
from segue.system import processes
from support.daemon import Installation
from support.panel import Panel
from support.patience import quiet_s, scaled
from support.repositories import git


def test_a_turn_ends_ready_with_what_it_changed(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[write new.txt one\\ntwo\\n]] [[say done]]")
    row = panel.ended(session)
    assert (row["bucket"], row["stopReason"], row["isUnread"]) == ("ready", "end_turn", True)
    assert row["stat"] == {"files": 1, "added": 2, "removed": 0}
    assert row["activity"] == "done"
    turn = panel.call("session/show", session)["turns"][0]
    assert git(project, "rev-parse", f"refs/segue/{session}/turns/1/before") == turn["before"]
    assert git(project, "show", f"refs/segue/{session}/turns/1/after:new.txt") == "one\ntwo"


def test_sessions_run_side_by_side_without_touching_the_checkout(panel: Panel, project: Path, tmp_path: Path) -> None:
    (project / "hello.txt").write_text("mine, not committed\n")
    (project / "loose.txt").write_text("untracked\n")
    git(project, "add", "hello.txt")
    index = (project / ".git/index").read_bytes()
    before = (git(project, "status", "--porcelain=v2", "--branch"), git(project, "stash", "list"))
    gate = tmp_path / "gate"
    sessions = [panel.new(project, f"[[write hello.txt s{n}\\n]] [[wait-file {gate}]]") for n in range(3)]
    for session in sessions:
        panel.wait(session, lambda row: row["state"] == "running")
    assert len({panel.sessions[session]["worktree"] for session in sessions}) == 3
    gate.touch()
    for number, session in enumerate(sessions):
        row = panel.ended(session)
        assert (Path(row["worktree"]) / "hello.txt").read_text() == f"s{number}\n"
    assert (project / ".git/index").read_bytes() == index
    assert (git(project, "status", "--porcelain=v2", "--branch"), git(project, "stash", "list")) == before


def test_a_prompt_during_a_turn_waits_for_its_end(panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    session = panel.new(project, f"[[wait-file {gate}]] [[say first]]")
    panel.wait(session, lambda row: row["state"] == "running")
    assert panel.prompt(session, "[[say second]]")["isQueued"]
    assert len(panel.wait(session, lambda row: row["queue"])["queue"]) == 1
    gate.touch()
    assert panel.ended(session, turns=2)["activity"] == "second"


def test_a_queued_prompt_is_taken_back_once(panel: Panel, project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    session = panel.new(project, f"[[wait-file {gate}]] [[say first]]")
    panel.wait(session, lambda row: row["state"] == "running")
    prompt_id = panel.prompt(session, "[[say second]]")["promptId"]
    assert panel.call("prompt/drop", session, promptId=prompt_id)["session"].get("queue", []) == []
    with pytest.raises(SegueError) as refused:
        panel.call("prompt/drop", session, promptId=prompt_id)
    assert refused.value.reason == "prompt_not_queued"
    gate.touch()
    assert panel.ended(session)["activity"] == "first"
    turns = panel.call("session/turns", session)["turns"]
    assert [(turn["number"], turn["stopReason"]) for turn in turns] == [(1, "end_turn")]
    assert {"before", "after", "startedMs", "endedMs"} <= set(turns[0])


def test_the_transcript_of_a_follower_is_the_servers(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[think hm]] [[chunks 60]] [[tool Read]] [[plan a|b]] [[say bye]]")
    panel.open(session)
    panel.ended(session)
    shown = panel.call("session/show", session)["items"]
    panel.until(lambda: {"seen": True} if len(panel.items(session)) == len(shown) else None)
    assert panel.items(session) == shown
    kinds = [item["kind"] for item in shown]
    assert kinds[0] == "prompt" and {"thought", "message", "tool_call", "plan"} <= set(kinds)


@pytest.mark.parametrize("script", ["[[hang]]", "[[ignore-cancel]]", "[[ignore-term]] [[ignore-cancel]]"])
def test_stop_ends_a_turn_within_five_seconds(panel: Panel, project: Path, script: str) -> None:
    """D6: also an agent that ignores the cancel, and one that ignores TERM."""
    session = panel.new(project, f"[[write kept.txt yes\\n]] [[say working]] {script}")
    panel.wait(session, lambda row: row["activity"] == "working")
    started = time.monotonic()
    stopped = panel.call("session/stop", session)["session"]
    assert quiet_s(started) < 5.0
    assert (stopped["state"], stopped["stopReason"]) == ("idle", "cancelled")
    assert (Path(stopped["worktree"]) / "kept.txt").exists()
    panel.prompt(session, "[[say again]]")
    assert panel.ended(session, turns=2)["activity"] == "again"


def test_what_an_agent_leaves_running_after_a_cancel_is_ended_with_it(panel: Panel, project: Path) -> None:
    """D6: goose answers a cancel and lets its command go on; its definition says so."""
    session = panel.new(project, "[[child pid]] [[say working]] [[hang]]", agent="leaving")
    row = panel.wait(session, lambda row: row["activity"] == "working")
    command = processes.identity(int((Path(row["worktree"]) / "pid").read_text()))
    panel.call("session/stop", session)
    assert processes.wait_gone(command, scaled())
    panel.prompt(session, "[[say again]]")
    row = panel.ended(session, turns=2)
    assert (row["activity"], row["stopReason"]) == ("again", "end_turn")


@pytest.mark.parametrize("script", ["[[hang]]", "[[ignore-cancel]]", "[[permission really]]"])
def test_interrupt_and_say_comes_before_what_is_queued(panel: Panel, project: Path, script: str) -> None:
    """D6: also for an agent that ignores the cancel, and for one that waits for an answer."""
    session = panel.new(project, f"[[write kept.txt yes\\n]] [[say working]] {script}")
    panel.open(session)
    panel.until(lambda: {"ok": 1} if any(i.get("text") == "working" for i in panel.items(session)) else None)
    panel.prompt(session, "[[say queued]]")
    answer = panel.call("session/prompt", session, text="[[say now]]", isNow=True)
    assert not answer["isQueued"]
    assert panel.ended(session, turns=3)["activity"] == "queued"
    turns = panel.call("session/turns", session)["turns"]
    assert [turn["prompt"] for turn in turns[1:]] == ["[[say now]]", "[[say queued]]"]
    assert [turn["stopReason"] for turn in turns] == ["cancelled", "end_turn", "end_turn"]


def test_interrupt_and_say_may_come_before_the_agent_has_started(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[say first]] [[hang]]")
    panel.wait(session, lambda row: row["turns"] == 1)
    panel.call("session/prompt", session, text="[[say now]]", isNow=True)
    assert panel.ended(session, turns=2)["activity"] == "now"
    assert panel.call("session/turns", session)["turns"][0]["stopReason"] == "cancelled"


def test_interrupt_and_say_is_an_ordinary_prompt_where_nothing_runs(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[say first]]")
    panel.ended(session)
    panel.call("session/prompt", session, text="[[say now]]", isNow=True)
    assert panel.ended(session, turns=2)["activity"] == "now"


@pytest.mark.parametrize(
    ("script", "said"),
    [("[[crash 137]]", "SIGKILL"), ("[[exit 3]]", "exit 3"), ("[[exit 0]]", "exit 0"), ("[[close-stdout]]", "output")],
)
def test_an_agent_that_ends_in_mid_turn_interrupts_it(panel: Panel, project: Path, script: str, said: str) -> None:
    """D5: the transcript and the worktree are kept, and a new prompt goes on with a new process."""
    session = panel.new(project, f"[[write kept.txt yes\\n]] [[say so far]] [[open-tool Build]] {script}")
    row = panel.ended(session)
    assert (row["bucket"], row["stopReason"]) == ("needs_you", "_interrupted")
    items = panel.call("session/show", session)["items"]
    assert any(said in item.get("text", "") for item in items if item["kind"] == "notice"), items
    assert any(item.get("text") == "so far" for item in items)
    assert [item["status"] for item in items if item["kind"] == "tool_call"] == ["cancelled"]
    assert row["stat"]["files"] == 1
    panel.prompt(session, "[[say again]]")
    assert panel.ended(session, turns=2)["activity"] == "again"


@pytest.mark.parametrize(
    ("agent", "said"),
    [("not-acp", "does not speak ACP"), ("old", "version"), ("locked", "log"), ("dies", "exit 3")],
)
def test_an_agent_that_cannot_be_used_fails_the_turn_with_a_reason(
    panel: Panel, project: Path, agent: str, said: str
) -> None:
    """D1, D8: the prompt stays in the transcript, and the worktree stays."""
    session = panel.new(project, "hello", agent=agent)
    row = panel.ended(session)
    assert (row["bucket"], row["stopReason"]) == ("needs_you", "_failed")
    assert said.lower() in row["activity"].lower(), row["activity"]
    assert Path(row["worktree"]).is_dir()


def test_other_sessions_do_not_notice_one_that_floods(panel: Panel, project: Path) -> None:
    """D10: a hundred thousand updates of one agent, and another one's turn meanwhile."""
    flooding = panel.new(project, "[[flood 100000]] [[tool Rest]] [[say over]]")
    other = panel.new(project, "[[write a.txt a\\n]] [[say quick]]")
    assert panel.ended(other)["activity"] == "quick"
    assert panel.ended(flooding)["activity"] == "over"


def test_a_worktree_deleted_by_hand_is_said_and_comes_back_from_the_archive(panel: Panel, project: Path) -> None:
    """D26: the last checkpoint brings everything back."""
    session = panel.new(project, "[[write made.txt yes\\n]]")
    worktree = Path(panel.ended(session)["worktree"])
    git(project, "worktree", "list")
    for path in sorted(worktree.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    worktree.rmdir()
    with pytest.raises(SegueError) as refused:
        panel.prompt(session, "[[say hello]]")
    assert refused.value.reason == "worktree_missing" and "Its checkpoints are safe" in str(refused.value)
    panel.call("session/archive", session)
    panel.call("session/restore", session)
    assert (worktree / "made.txt").read_text() == "yes\n"
    panel.prompt(session, "[[say back]]")
    assert panel.ended(session, turns=2)["activity"] == "back"


def test_prompts_that_cannot_be_sent_are_refused(panel: Panel, project: Path) -> None:
    for prompt, reason in [("", "prompt_empty"), ("  \n ", "prompt_empty"), ("x" * (1 << 20 | 1), "prompt_too_large")]:
        with pytest.raises(SegueError) as refused:
            panel.new(project, prompt)
        assert refused.value.reason == reason
    session = panel.new(project, "# " + "x" * ((1 << 20) - 2))
    panel.ended(session)


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_a_daemon_that_ends_leaves_the_turn_running(
    segue: Installation, project: Path, tmp_path: Path, end: str
) -> None:
    """D30: the agent goes on, the next daemon reads on, and the turn ends as if nothing had happened."""
    gate = tmp_path / "gate"
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, f"[[chunks 5]] [[wait-file {gate}]] [[chunks 5]] [[write end.txt yes\\n]]")
        panel.open(session)
        panel.until(lambda: {"ok": 1} if "4" in "".join(i.get("text", "") for i in panel.items(session)[1:]) else None)
        pid = client.request("segue/status")["pid"]
        if end == "killed":
            os.kill(pid, signal.SIGKILL)
        else:
            client.request("segue/daemon/stop")
        list(client.notifications("none"))
    gate.touch()
    with segue.client() as client:
        panel = Panel(client)
        assert client.request("segue/status")["pid"] != pid
        row = panel.ended(session)
        assert row["stopReason"] == "end_turn" and row["stat"]["files"] == 1
        text = "".join(i.get("text", "") for i in panel.call("session/show", session)["items"][1:])
        assert text.split() == ["0", "1", "2", "3", "4", "0", "1", "2", "3", "4"]


def test_a_turns_tokens_are_kept_and_unknown_where_nobody_counted(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[tokens 1200 34 800 7 5]]")
    panel.ended(session)
    panel.prompt(session, "hello")
    row = panel.ended(session, turns=2)
    counted, unknown = panel.call("session/turns", session)["turns"]
    assert counted["tokens"] == {"input": 1200, "output": 34, "cached": 800, "thought": 7, "cachedWrite": 5}
    assert "tokens" not in unknown and "cost" not in unknown
    assert row["tokens"] == counted["tokens"]
    assert "cost" not in row


@pytest.mark.parametrize(
    ("prompt", "cost"),
    [
        ("[[tokens 1000000 100000]] [[models gpt-5.4-2026-03-05]]", (4.0, True)),
        ("[[tokens 1000000 100000]] [[models mine]]", (1.1, True)),
        ("[[tokens 1000000 100000]] [[models gpt-5.4]] [[usage 5 10 0.25]]", (0.25, False)),
        ("[[tokens 1000000 100000]] [[models gpt-5.4 mine]]", None),
        ("[[tokens 1000000 100000]] [[models unheard-of]]", None),
        ("[[models gpt-5.4]]", None),
    ],
)
def test_a_cost_is_estimated_by_the_list_of_prices_where_the_agent_tells_none(
    segue: Installation, panel: Panel, project: Path, prompt: str, cost: tuple[float, bool] | None
) -> None:
    """The user's own prices are read when an agent starts."""
    own = segue.places.data / "prices.toml"
    own.write_text('currency = "USD"\n[models]\nmine = { input = 1, output = 1 }\n')
    session = panel.new(project, prompt)
    row = panel.ended(session)
    (turn,) = panel.call("session/turns", session)["turns"]
    assert turn.get("cost") == row.get("cost")
    assert cost is None or (row["cost"]["amount"], row["cost"]["isEstimate"]) == cost
    assert (cost is None) == ("cost" not in row)


def test_a_turn_costs_what_the_total_grew_by_in_it(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[usage 5 10 0.25]] [[usage 6 10 0.5]]")
    panel.ended(session)
    panel.prompt(session, "[[usage 8 10 0.75]]")
    row = panel.ended(session, turns=2)
    costs = [turn["cost"] for turn in panel.call("session/turns", session)["turns"]]
    assert [(cost["amount"], cost["currency"], cost["isEstimate"]) for cost in costs] == [
        (0.5, "USD", False),
        (0.25, "USD", False),
    ]
    assert (row["cost"]["amount"], row["contextUsed"], row["contextSize"]) == (0.75, 8, 10)
