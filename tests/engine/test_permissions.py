"""Permission requests: seen by everybody, answered once, never lost (D42)."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.domain.errors import SegueError
from support.daemon import Installation, kill
from support.panel import Panel


def asked(panel: Panel, project: Path) -> tuple[str, str]:
    """A session that waits with a question; its id and the request's."""
    session = panel.new(project, "[[permission Delete the logs?]]")
    row = panel.bucket(session, "needs_you")
    assert row["state"] == "requires_action" and row["activity"] == "Delete the logs?"
    return session, row["permissions"][0]["requestId"]


@pytest.mark.parametrize("kind", ["allow_once", "reject_once"])
def test_an_answer_reaches_the_agent_and_is_kept(panel: Panel, project: Path, kind: str) -> None:
    session, request = asked(panel, project)
    options = panel.sessions[session]["permissions"][0]["options"]
    option = next(option["optionId"] for option in options if option["kind"] == kind)
    panel.call("permission/answer", session, requestId=request, optionId=option)
    assert panel.ended(session)["activity"] == kind
    card = next(item for item in panel.call("session/show", session)["items"] if item["kind"] == "permission")
    assert (card["permission"]["chosen"], card["permission"]["decidedBy"]) == (option, "user")


def test_only_the_first_of_two_windows_decides(segue: Installation, panel: Panel, project: Path) -> None:
    session, request = asked(panel, project)
    allow, reject = (option["optionId"] for option in panel.sessions[session]["permissions"][0]["options"][:2])
    with segue.client(name="second window") as client:
        second = Panel(client)
        second.bucket(session, "needs_you")
        panel.call("permission/answer", session, requestId=request, optionId=allow)
        with pytest.raises(SegueError) as late:
            second.call("permission/answer", session, requestId=request, optionId=reject)
    assert late.value.reason == "already_decided"
    assert "allow" in panel.ended(session)["activity"]


def test_an_option_that_was_not_offered_is_refused(panel: Panel, project: Path) -> None:
    session, request = asked(panel, project)
    with pytest.raises(SegueError) as refused:
        panel.call("permission/answer", session, requestId=request, optionId="allow everything")
    assert refused.value.reason == "unknown_option"
    assert panel.call("session/show", session)["session"]["state"] == "requires_action"
    panel.call("session/stop", session)


def test_stop_denies_what_waits(panel: Panel, project: Path) -> None:
    session, request = asked(panel, project)
    stopped = panel.call("session/stop", session)["session"]
    assert (stopped["permissions"], stopped["stopReason"]) == ([], "cancelled")
    with pytest.raises(SegueError) as late:
        panel.call("permission/answer", session, requestId=request, optionId="allow")
    assert late.value.reason == "already_decided"


def test_a_request_outlives_a_killed_daemon(segue: Installation, project: Path) -> None:
    """S5: it waits still, and its answer reaches the agent that asked before."""
    with segue.client() as client:
        session, request = asked(Panel(client), project)
        kill(client)
    with segue.client() as client:
        panel = Panel(client)
        row = panel.bucket(session, "needs_you")
        assert row["permissions"][0]["requestId"] == request
        option = row["permissions"][0]["options"][0]["optionId"]
        panel.call("permission/answer", session, requestId=request, optionId=option)
        assert panel.ended(session)["stopReason"] == "end_turn"
