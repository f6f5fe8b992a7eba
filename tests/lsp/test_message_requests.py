"""Permission requests in an editor that knows nothing but LSP, with a stand-in for the engine (D42)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.wire_tools import STAND_IN, Home, Wire, home
from lsp.editor import editor
from segue.protocol.wire import PROTOCOL_VERSION

COMMAND = (*STAND_IN, "bridge")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Home]:
    with home() as made:
        (tmp_path / "repository" / "sub").mkdir(parents=True)
        made.stand_in(SEGUE_TEST_REPOSITORY=str(tmp_path / "repository"))
        yield made


@pytest.fixture
def other(place: Home) -> Iterator[Wire]:
    """Another client, which makes the session ask and answers elsewhere."""
    with place.client() as wire:
        yield wire


def ask(wire: Wire, request_id: str) -> None:
    assert "result" in wire.ask("segue/session/prompt", {"sessionId": "s", "text": request_id})


def answer(wire: Wire, request_id: str, option_id: str) -> dict[str, Any]:
    params = {"sessionId": "s", "requestId": request_id, "optionId": option_id}
    return wire.ask("segue/permission/answer", params)


def answered(wire: Wire) -> str:
    return str(wire.ask("segue/status")["result"]["endpoint"])


@pytest.mark.parametrize("folder", ["repository", "repository/sub", "."])
async def test_a_request_is_asked_and_answered_by_name(place: Home, other: Wire, tmp_path: Path, folder: str) -> None:
    async with editor(place.environment, tmp_path / folder, command=COMMAND) as window:
        ask(other, "first")
        shown = await window.question()
        assert [action.title for action in shown.actions or []] == [
            "Allow once (“Allow”)",
            "Allow always (“Allow”)",
            "Deny once (“Reject\\u202e”)",
        ]
        assert "rm -r\\u202e x" in shown.message
        window.answers.put_nowait("Deny once (“Reject\\u202e”)")
        ask(other, "second")
        await window.question()
        assert answered(other) == "first=no"


async def test_one_that_waits_already_is_asked_when_the_window_opens(place: Home, other: Wire, tmp_path: Path) -> None:
    ask(other, "first")
    async with editor(place.environment, tmp_path, command=COMMAND) as window:
        await window.question()
    async with editor(place.environment, tmp_path, command=COMMAND) as window:
        await window.question()
        window.answers.put_nowait("Allow once (“Allow”)")
        ask(other, "second")
        await window.question()
    assert answered(other) == "first=yes", "a closed window decides nothing"


async def test_a_session_asks_one_thing_at_a_time(place: Home, other: Wire, tmp_path: Path) -> None:
    """D10."""
    async with editor(place.environment, tmp_path, command=COMMAND) as window:
        ask(other, "first")
        ask(other, "second")
        await window.question()
        await window.run("segue.status")
        assert window.questions.empty()
        window.answers.put_nowait("Allow once (“Allow”)")
        await window.question()
        window.answers.put_nowait(None)
        ask(other, "third")
        await window.question()
        assert answered(other) == "first=yes", "dismissing decides nothing"


async def test_what_was_decided_elsewhere_is_withdrawn_and_a_late_answer_ignored(
    place: Home, other: Wire, tmp_path: Path
) -> None:
    async with editor(place.environment, tmp_path, command=COMMAND) as window:
        ask(other, "first")
        await window.question()
        assert answer(other, "first", "no")["result"]["optionId"] == "no"
        ask(other, "second")
        await window.question()
        window.answers.put_nowait("Allow once (“Allow”)")  # whichever message it was pressed on
        window.answers.put_nowait("Allow once (“Allow”)")
        ask(other, "third")
        await window.question()
        assert answered(other) == "first=no,second=yes"
        assert answer(other, "first", "yes")["error"]["data"]["reason"] == "decided"


@pytest.mark.parametrize(
    ("folder", "options"),
    [("elsewhere", None), ("repository", {"segue": {"protocol": PROTOCOL_VERSION, "showsPermissions": True}})],
)
async def test_other_repositories_and_clients_that_show_them_are_not_asked(
    place: Home, other: Wire, tmp_path: Path, folder: str, options: object
) -> None:
    (tmp_path / "elsewhere").mkdir()
    async with (
        editor(place.environment, tmp_path / folder, command=COMMAND, options=options) as window,
        editor(place.environment, tmp_path, command=COMMAND) as witness,
    ):
        ask(other, "first")
        await witness.question()
        await window.run("segue.status")
        assert window.questions.empty()


@pytest.mark.parametrize(("press", "said"), [("Python", "acceptpy"), ("Skip", "acceptts"), ("Skip 2", "decline")])
async def test_a_choice_is_asked_and_can_be_skipped(
    place: Home, other: Wire, tmp_path: Path, press: str, said: str
) -> None:
    async with editor(place.environment, tmp_path, command=COMMAND) as window:
        ask(other, "which?")
        shown = await window.question()
        assert [action.title for action in shown.actions or []] == ["Python", "Skip", "Skip 2"]
        assert shown.message == "row: Asked\nWhich\\u202e one?"
        window.answers.put_nowait(press)
        ask(other, "next")
        await window.question()
        assert answered(other) == f"which?={said}"
