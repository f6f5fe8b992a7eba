"""Merge, undo, discard and restore through the daemon (D29, D40)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from segue.cli.output import told
from segue.domain.errors import SegueError
from support.panel import Panel
from support.repositories import git


def ready(panel: Panel, project: Path, script: str = "[[write new.txt yes\\n]]") -> str:
    session = panel.new(project, script, title="Write a file")
    panel.ended(session)
    return session


def merge(panel: Panel, session: str, **words: Any) -> dict[str, Any]:
    plan = panel.call("merge/plan", session)["plan"]
    shown = {"baseRef": plan["baseRef"], "baseCommit": plan["baseCommit"], "result": plan["result"]}
    return panel.call("merge/apply", session, **{**shown, **words})


@pytest.mark.parametrize(("strategy", "parents"), [("merge", 2), ("squash", 1)])
def test_a_merge_brings_the_work_with_its_trailers(panel: Panel, project: Path, strategy: str, parents: int) -> None:
    session = ready(panel, project)
    before = git(project, "rev-parse", "main")
    done = merge(panel, session, strategy=strategy, message="Write a file\n\nBecause.")
    assert git(project, "rev-parse", "main") == done["merge"]["commit"]
    assert len(git(project, "show", "-s", "--format=%P", "main").split()) == parents
    message = git(project, "show", "-s", "--format=%B", "main")
    assert message.startswith("Write a file\n\nBecause.\n\n")
    assert git(project, "show", "-s", "--format=%(trailers:key=Segue-Session,valueonly)", "main").strip() == session
    assert git(project, "show", "-s", "--format=%(trailers:key=Segue-Agent,valueonly)", "main").strip() == "fake"
    assert (project / "new.txt").read_text() == "yes\n"
    assert git(project, "status", "--porcelain") == ""
    assert panel.bucket(session, "done")["stat"]["files"] == 0
    panel.call("merge/undo", session)
    assert git(project, "rev-parse", "main") == before
    assert not (project / "new.txt").exists()
    assert panel.bucket(session, "ready")["stat"]["files"] == 1


def test_the_plan_of_a_merge_names_what_runs_on_the_users_machine(panel: Panel, project: Path) -> None:
    session = ready(panel, project, "[[write .envrc true\\n]] [[write Makefile all:\\n]] [[write new.txt yes\\n]]")
    plan = panel.call("merge/plan", session)["plan"]
    assert [(each["path"], each["kind"]) for each in plan["runs"]] == [(".envrc", "automatic"), ("Makefile", "build")]
    assert all(each["why"] for each in plan["runs"])
    commit, automatic, build = map(told, plan["sentences"])
    assert commit == "A merge commit brings 3 files (+3) to main."
    assert automatic.startswith("Runs without being started: .envrc (")
    assert build.startswith("Runs when you build, test, install or push: Makefile (")


def test_a_merge_leaves_uncommitted_work_alone(panel: Panel, project: Path) -> None:
    session = ready(panel, project)
    (project / "hello.txt").write_text("mine\n")
    (project / "loose.txt").write_text("mine too\n")
    git(project, "add", "loose.txt")
    merge(panel, session)
    assert git(project, "status", "--porcelain") == " M hello.txt\nA  loose.txt"
    assert (project / "new.txt").exists()


def test_a_merge_that_would_touch_uncommitted_work_is_refused_with_its_name(panel: Panel, project: Path) -> None:
    session = ready(panel, project, "[[write hello.txt theirs\\n]]")
    (project / "hello.txt").write_text("mine\n")
    plan = panel.call("merge/plan", session)["plan"]
    assert [obstacle["reason"] for obstacle in plan["obstacles"]] == ["checkout_dirty"]
    before = git(project, "rev-parse", "main")
    with pytest.raises(SegueError, match=r"hello\.txt"):
        merge(panel, session)
    assert (project / "hello.txt").read_text() == "mine\n"
    assert git(project, "rev-parse", "main") == before


def test_conflicts_are_known_before_the_merge(panel: Panel, project: Path) -> None:
    session = ready(panel, project, "[[write hello.txt theirs\\n]]")
    (project / "hello.txt").write_text("ours\n")
    git(project, "commit", "-qam", "Ours")
    plan = panel.call("merge/plan", session)["plan"]
    assert [conflict["path"] for conflict in plan["conflicts"]] == ["hello.txt"]
    [obstacle] = plan["obstacles"]
    assert (obstacle["reason"], obstacle["canConfirm"]) == ("conflicts", False)
    assert "hello.txt" in obstacle["message"]
    assert [told(sentence) for sentence in plan["sentences"]][1:] == ["main gained 1 commit meanwhile."]
    with pytest.raises(SegueError) as refused:
        merge(panel, session)
    assert refused.value.reason == "conflicts"
    assert git(project, "log", "-1", "--format=%s", "main") == "Ours"


def test_what_changed_since_the_plan_is_refused(panel: Panel, project: Path) -> None:
    session = ready(panel, project)
    plan = panel.call("merge/plan", session)["plan"]
    shown = {"baseRef": plan["baseRef"], "baseCommit": plan["baseCommit"], "result": plan["result"]}
    (Path(panel.sessions[session]["worktree"]) / "by-hand.txt").write_text("later\n")
    with pytest.raises(SegueError) as refused:
        panel.call("merge/apply", session, **shown)
    assert refused.value.reason == "result_changed"
    git(project, "commit", "-q", "--allow-empty", "-m", "Meanwhile")
    with pytest.raises(SegueError) as refused:
        panel.call("merge/apply", session, **shown)
    assert refused.value.reason == "base_moved"


def test_a_running_session_is_not_merged(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[say busy]] [[hang]]")
    panel.wait(session, lambda row: row["activity"] == "busy")
    with pytest.raises(SegueError) as refused:
        panel.call("merge/plan", session)
    assert refused.value.reason == "turn_running"
    panel.call("session/stop", session)


def test_work_after_a_merge_is_measured_and_merged_on_its_own(panel: Panel, project: Path) -> None:
    session = ready(panel, project)
    merge(panel, session, strategy="squash")
    panel.prompt(session, "[[write second.txt a\\nb\\n]]")
    row = panel.ended(session, turns=2)
    assert row["stat"] == {"files": 1, "added": 2, "removed": 0}
    merge(panel, session, strategy="squash")
    assert git(project, "show", "--format=", "--name-only", "main") == "second.txt"


def test_discard_keeps_every_byte_and_restore_brings_it_back(panel: Panel, project: Path) -> None:
    """D29: untracked, staged and precious ignored files are in the snapshot."""
    (project / ".gitignore").write_text(".env\nbuild/\n")
    git(project, "add", ".gitignore")
    git(project, "commit", "-qm", "Ignore")
    session = ready(panel, project, "[[write .env KEY=1\\n]] [[write loose.txt loose\\n]] [[append hello.txt more\\n]]")
    worktree = Path(panel.sessions[session]["worktree"])
    archived = panel.call("session/archive", session)["session"]
    assert (archived["isArchived"], archived["bucket"]) == (True, "done")
    assert not worktree.exists()
    assert not archived["isAgentAlive"]
    with pytest.raises(SegueError) as refused:
        panel.prompt(session, "go on")
    assert refused.value.reason == "session_archived"
    restored = panel.call("session/restore", session)["session"]
    assert (restored["isArchived"], restored["bucket"]) == (False, "ready")
    assert [(worktree / name).read_text() for name in (".env", "loose.txt", "hello.txt")] == [
        "KEY=1\n",
        "loose\n",
        "hello\nmore\n",
    ]
    assert panel.call("session/archive", session)["session"]["isArchived"]


def test_a_discard_stops_a_running_turn_first(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[write half.txt half\\n]] [[say busy]] [[hang]]")
    panel.wait(session, lambda row: row["activity"] == "busy")
    panel.call("session/archive", session)
    panel.call("session/restore", session)
    assert (Path(panel.sessions[session]["worktree"]) / "half.txt").read_text() == "half\n"


def test_a_review_shows_both_sides_as_documents(panel: Panel, project: Path) -> None:
    session = ready(panel, project, "[[write hello.txt theirs\\n]] [[write new.txt yes\\n]] [[delete src/app.py]]")
    shown = panel.call("changeset/show", session)["changeset"]
    by_path = {file["path"]: file for file in shown["files"]}
    assert {path: file["status"] for path, file in by_path.items()} == {
        "hello.txt": "modified",
        "new.txt": "added",
        "src/app.py": "deleted",
    }
    hello = by_path["hello.txt"]
    texts = [
        panel.client.request("workspace/textDocumentContent", {"uri": hello[side]})["text"]
        for side in ("baseUri", "resultUri")
    ]
    assert texts == ["hello\n", "theirs\n"]
    assert "baseUri" not in by_path["new.txt"] and "resultUri" not in by_path["src/app.py"]
    assert panel.call("changeset/show", session, turn=1)["changeset"]["files"] == shown["files"]
