"""Rules decide where they are clear, a person everywhere else; every decision says who made it (D42–D44)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.domain.errors import SegueError
from support.daemon import Installation, kill
from support.panel import Json, Panel


@pytest.fixture
def policy(segue: Installation) -> Iterator[Path]:
    """The user's own file of rules; gone afterwards, with what was remembered."""
    file = segue.root / "d" / "policy.toml"
    yield file
    for path in (file, file.with_name("remembered.json")):
        path.unlink(missing_ok=True)


def card(panel: Panel, session: str) -> Json:
    items = panel.call("session/show", session)["items"]
    found: Json = [item["permission"] for item in items if item["kind"] == "permission"][-1]
    return found


def waiting(panel: Panel, session: str) -> Json:
    request: Json = panel.bucket(session, "needs_you")["permissions"][0]
    return request


def option(request: Json, kind: str) -> str:
    return str(next(option["optionId"] for option in request["options"] if option["kind"] == kind))


def test_a_rule_decides_at_once_and_says_so(panel: Panel, project: Path, policy: Path) -> None:
    policy.write_text('[[rule]]\neffect = "allow"\ncommand = "npm test"\n[[rule]]\neffect = "deny"\ncommand = "rm *"\n')
    session = panel.new(project, "[[may-run npm test]] [[may-run ls; rm -rf /]] [[say done]]")
    assert panel.ended(session)["activity"].endswith("done")
    cards = [
        item["permission"] for item in panel.call("session/show", session)["items"] if item["kind"] == "permission"
    ]
    assert [(shown["decidedBy"], shown["chosen"]) for shown in cards] == [
        ("policy", option(cards[0], "allow_once")),
        ("policy", option(cards[1], "reject_once")),
    ]
    assert cards[0]["rule"] == "allow the command “npm test” (everywhere)"
    assert cards[1]["rule"] == "deny the command “rm *” (everywhere)"


def test_what_was_remembered_holds_for_the_like_and_can_be_revoked(panel: Panel, project: Path, policy: Path) -> None:
    session = panel.new(project, "[[may-run npm run build --watch]]")
    request = waiting(panel, session)
    exact, script = request["remember"]
    assert (
        exact["about"] == "the command “npm run build --watch”" and script["about"] == "the command “npm run build *”"
    )
    assert script["where"] == f"agent fake, background sessions, {project}"
    answer = {"requestId": request["requestId"], "optionId": option(request, "allow_once"), "remember": script["id"]}
    assert "npm run build *" in panel.call("permission/answer", session, **answer)["remembered"]
    panel.ended(session)
    assert "npm run build *" in card(panel, session)["remembered"]

    second = panel.new(project, "[[may-run npm run build]] [[say went on]]")
    assert panel.ended(second)["activity"].endswith("went on")
    assert card(panel, second)["decidedBy"] == "policy"

    (rule,) = panel.client.request("segue/policy/list")["rules"]
    assert rule["source"] == "remembered"
    panel.client.request("segue/policy/revoke", {"ruleId": rule["id"]})
    assert panel.client.request("segue/policy/list")["rules"] == []
    third = panel.new(project, "[[may-run npm run build]]")
    waiting(panel, third)
    panel.call("session/stop", third)


def test_only_what_the_request_offers_can_be_remembered(panel: Panel, project: Path, policy: Path) -> None:
    session = panel.new(project, "[[may-run npm test]]")
    request = waiting(panel, session)
    words = {"requestId": request["requestId"], "optionId": option(request, "allow_once")}
    for wrong in (
        {"remember": "0123"},
        {"remember": request["remember"][0]["id"], "optionId": option(request, "reject_once")},
    ):
        with pytest.raises(SegueError) as refused:
            panel.call("permission/answer", session, **{**words, **wrong})
        assert refused.value.reason == "unknown_rule"
    assert panel.client.request("segue/policy/list")["rules"] == []
    panel.call("session/stop", session)


def test_edits_are_allowed_inside_the_worktree_only_wherever_links_lead(
    panel: Panel, project: Path, policy: Path, tmp_path: Path
) -> None:
    """D44, S3."""
    policy.write_text('[[rule]]\neffect = "allow"\ntool = "edit"\npaths = ["**"]\n')
    inside = panel.new(project, "[[may-edit src/app.py]] [[say inside]]")
    assert panel.ended(inside)["activity"].endswith("inside")
    for outside in (f"{tmp_path}/x", "../x", ".git/config", "way-out/x"):
        session = panel.new(project, f"[[run ln -sfn {tmp_path} way-out]] [[may-edit {outside}]]")
        assert waiting(panel, session)["remember"] == []
        panel.call("session/stop", session)


def test_a_refusal_with_a_reason_tells_the_agent(panel: Panel, project: Path) -> None:
    session = panel.new(project, "[[may-run npm test]]")
    request = waiting(panel, session)
    words = {"requestId": request["requestId"], "optionId": option(request, "reject_once"), "reason": "use make test"}
    panel.call("permission/answer", session, **words)
    row = panel.wait(session, lambda row: bool(row["turns"] == 2 and row["bucket"] == "ready"))
    assert "use make test" in row["activity"]
    assert card(panel, session)["reason"] == "use make test"


def test_with_a_broken_file_of_rules_nothing_is_allowed(panel: Panel, project: Path, policy: Path) -> None:
    policy.with_name("remembered.json").write_text(json.dumps({"rule": [{"effect": "allow", "command": "npm test"}]}))
    for broken in (
        "[[rule",
        '[[rule]]\neffect = "maybe"\ncommand = "x"\n',
        '[[rule]]\neffect = "allow"\ncommand = "a | b"\n',
        "deny_after_minutes = 0\n",
    ):
        policy.write_text(broken)
        assert "policy.toml" in panel.client.request("segue/policy/list")["problem"]
        session = panel.new(project, "[[may-run npm test]]")
        request = waiting(panel, session)
        words = {"requestId": request["requestId"], "optionId": option(request, "allow_once")}
        with pytest.raises(SegueError) as refused:
            panel.call("permission/answer", session, **words, remember=request["remember"][0]["id"])
        assert refused.value.reason == "bad_policy"
        panel.call("session/stop", session)


def test_a_rule_that_fits_is_told_for_a_command(panel: Panel, project: Path, policy: Path) -> None:
    policy.write_text('[[rule]]\neffect = "ask"\ncommand = "git push *"\nmode = "background"\n')
    words = {"agent": "claude", "repository": str(project)}
    asked = panel.client.request("segue/policy/try", {**words, "command": "git push --force"})
    assert (asked["effect"], asked["isSimple"], asked["rule"]["source"]) == ("ask", True, "file")
    assert "rule" not in panel.client.request("segue/policy/try", {**words, "command": "git push", "mode": "inline"})


def test_a_decision_of_a_rule_reaches_the_agent_through_a_killed_daemon(
    segue: Installation, project: Path, policy: Path
) -> None:
    """D30: it is journaled before it is sent; the next daemon sends what may not have left."""
    policy.write_text('[[rule]]\neffect = "allow"\ncommand = "npm test"\n')
    asks = " ".join(["[[may-run npm test]]"] * 40)
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, f"{asks} [[say all forty]]")
        panel.open(session)
        panel.until(lambda: [item for item in panel.items(session) if item["kind"] == "permission"][4:] or None)
        kill(client)
    with segue.client() as client:
        panel = Panel(client)
        assert panel.ended(session)["activity"].endswith("all forty")
        kinds = [
            item["permission"]["decidedBy"]
            for item in panel.call("session/show", session)["items"]
            if item["kind"] == "permission"
        ]
        assert kinds == ["policy"] * 40


def test_what_nobody_answers_is_denied_at_the_time_limit(panel: Panel, project: Path, policy: Path) -> None:
    """S5, D42: by kind, once; and it can be seen before when that is."""
    policy.write_text("deny_after_minutes = 0.05\n")
    assert panel.client.request("segue/policy/list")["denyAfterMinutes"] == 0.05
    session = panel.new(project, "[[may-run npm test]] [[say went on]]")
    request = waiting(panel, session)
    assert 0 < request["expiresMs"] - panel.sessions[session]["createdMs"] < 60_000
    assert panel.ended(session)["activity"].endswith("went on")
    shown = card(panel, session)
    assert (shown["decidedBy"], shown["chosen"]) == ("policy", option(request, "reject_once"))
    assert shown["rule"] == "nobody answered in time"
    with pytest.raises(SegueError) as late:
        panel.call("permission/answer", session, requestId=request["requestId"], optionId=option(request, "allow_once"))
    assert late.value.reason == "already_decided"


def test_an_answer_before_the_time_limit_counts(panel: Panel, project: Path, policy: Path) -> None:
    policy.write_text("deny_after_minutes = 10\n")
    session = panel.new(project, "[[may-run npm test]] [[permission and then?]]")
    request = waiting(panel, session)
    policy.unlink()
    words = {"requestId": request["requestId"], "optionId": option(request, "allow_once")}
    panel.call("permission/answer", session, **words)
    panel.wait(session, lambda row: [each["title"] for each in row["permissions"]] == ["and then?"])
    assert "expiresMs" not in panel.sessions[session]["permissions"][0], "the limit is no more"
    first = next(i for i in panel.call("session/show", session)["items"] if i["kind"] == "permission")["permission"]
    assert (first["decidedBy"], first["chosen"]) == ("user", option(request, "allow_once"))
    panel.call("session/stop", session)


def test_the_time_limit_holds_through_a_killed_daemon(segue: Installation, project: Path, policy: Path) -> None:
    policy.write_text("deny_after_minutes = 0.05\n")
    with segue.client() as client:
        panel = Panel(client)
        session = panel.new(project, "[[may-run npm test]] [[say went on]]")
        waiting(panel, session)
        kill(client)
    with segue.client() as client:
        panel = Panel(client)
        assert panel.ended(session)["activity"].endswith("went on")
        assert card(panel, session)["rule"] == "nobody answered in time"


def test_what_is_denied_is_refused_also_where_segue_would_do_it(panel: Panel, project: Path, policy: Path) -> None:
    """An agent's commands and files that go through Segue, whether or not it asked before (D44)."""
    policy.write_text(
        '[[rule]]\neffect = "deny"\ncommand = "rm *"\n'
        '[[rule]]\neffect = "deny"\ntool = "edit"\npaths = ["src/**"]\n'
        '[[rule]]\neffect = "deny"\ntool = "read"\npaths = ["*.txt"]\n'
    )
    session = panel.new(
        project,
        "[[terminal touch x; rm -rf src]] [[write-file src/app.py gone]] [[read-file hello.txt]] "
        "[[terminal echo fine]] [[wait-exit]] [[write-file new.md fine]] [[read-file new.md]]",
    )
    row = panel.ended(session)
    worktree = Path(row["worktree"])
    assert (worktree / "src/app.py").read_text() == "print('hi')\n"
    assert (worktree / "new.md").read_text() == "fine" and not (worktree / "x").exists()
    items = panel.call("session/show", session)["items"]
    notes = [item["text"] for item in items if "rules forbid" in item.get("text", "") and item["kind"] == "notice"]
    assert [note.partition(": deny ")[2] for note in notes] == [
        "the command “rm *” (everywhere).",
        "the tool “edit” on src/** (everywhere).",
        "the tool “read” on *.txt (everywhere).",
    ]
