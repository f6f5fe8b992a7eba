"""The static answer and what pygls makes of a client, without a socket."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest
from lsprotocol import types

from segue.domain.errors import NotFound
from segue.domain.questions import FieldKind
from segue.lsp import forms, handshake
from segue.lsp.language_server import Standard, converter
from segue.lsp.message_requests import question, titles
from segue.protocol.permissions import FactView, OptionView, PermissionView
from segue.protocol.phrases import PhraseView
from segue.protocol.questions import FieldView, QuestionView
from segue.protocol.views import SessionView
from segue.protocol.wire import PROTOCOL_VERSION
from support.patience import scaled


async def command(params: dict[str, Any]) -> dict[str, Any]:
    raise NotFound("gone", "It is gone.")


async def document(uri: str) -> str:
    raise ValueError("secret words")


class Sent(list[dict[str, Any]]):
    """What the client was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.grew = asyncio.Event()

    def take(self, body: bytes) -> None:
        self.append(json.loads(body))
        self.grew.set()

    async def reach(self, count: int) -> None:
        """Wait for so many messages."""
        async with asyncio.timeout(scaled()):
            while len(self) < count:
                self.grew.clear()
                await self.grew.wait()


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def standard(sent: Sent) -> Standard:
    made = Standard(sent.take, lambda _: None)
    made.offer(dict.fromkeys(handshake.COMMANDS, command), document)
    return made


def test_the_static_answer_is_what_pygls_would_say_and_our_additions(standard: Standard) -> None:
    """G11: the answer is sent before pygls is there to work it out."""
    standard.begin({"capabilities": {"general": {"positionEncodings": ["utf-8", "utf-32"]}}})
    computed = converter().unstructure(
        types.InitializeResult(standard.server_capabilities, standard.protocol.server_info)
    )
    said = copy.deepcopy(handshake.ANSWER)
    assert said["capabilities"].pop("experimental") == {"segue": {"protocol": PROTOCOL_VERSION}}
    assert said["capabilities"]["workspace"].pop("textDocumentContent") == {"schemes": ["segue"]}
    assert said["capabilities"]["textDocumentSync"].pop("save"), "documents are read without pygls"
    assert not computed["capabilities"]["textDocumentSync"].pop("save")
    assert said == computed
    structured = converter().structure(handshake.ANSWER, types.InitializeResult)
    assert structured.capabilities.workspace is not None, "a client can read it"


@pytest.mark.parametrize("params", [{}, {"capabilities": {"workspace": 7}}, {"workspaceFolders": 7, "rootUri": []}])
def test_a_strange_initialize_still_gives_a_workspace(standard: Standard, params: dict[str, Any]) -> None:
    standard.begin(params)
    assert standard.workspace.folders == {}


async def test_errors_are_told_in_our_words(standard: Standard, sent: Sent) -> None:
    standard.begin({"capabilities": {}})
    asked = [
        ("workspace/executeCommand", {"command": "segue.status"}, -32803, "gone"),
        ("workspace/executeCommand", {"command": "segue.status", "arguments": [1]}, -32602, "bad_params"),
        ("workspace/executeCommand", {"command": "segue.status", "arguments": [{}, {}]}, -32602, "bad_params"),
        ("workspace/executeCommand", {"command": "rm"}, -32602, "bad_params"),
        ("workspace/executeCommand", {"arguments": 1}, -32602, "bad_params"),
        ("workspace/textDocumentContent", {"uri": "segue:/x"}, -32603, "internal_error"),
    ]
    for number, (method, params, _, _) in enumerate(asked):
        standard.take({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    await sent.reach(len(asked))
    by_id = {message["id"]: message["error"] for message in sent}
    for number, (_, _, code, reason) in enumerate(asked):
        assert (by_id[number]["code"], by_id[number]["data"]["reason"]) == (code, reason)
    assert "secret" not in json.dumps(sent)


def test_exit_ends_no_process(standard: Standard, sent: Sent) -> None:
    standard.begin({"capabilities": {}})
    standard.take({"jsonrpc": "2.0", "method": "exit"})
    assert not sent


def permission(*names: str, **more: Any) -> PermissionView:
    effect = PhraseView(text="Allow once")
    words: dict[str, Any] = {"kind": "allow_once", "effect": effect}
    options = [OptionView(option_id=str(n), name=name, **words) for n, name in enumerate(names)]
    return PermissionView(request_id="r", title="Run\u202e it", options=options, **more)


def fact(name: str, *values: str) -> FactView:
    return FactView(name=PhraseView(text=name), values=list(values))


def test_every_option_can_be_told_from_the_others() -> None:
    """D42: decided by id and kind, never by label."""
    shown = titles(permission("Allow", "Allow", "Allow", "", "Allow\u200b"))
    assert list(shown.values()) == ["0", "1", "2", "3", "4"]
    assert list(shown)[:2] == ["Allow once (“Allow”)", "Allow once (“Allow”) 2"]
    assert not [name for name in shown if "\u200b" in name]


def test_a_question_hides_nothing() -> None:
    """D43."""
    session = SessionView.model_construct(title="Fix")
    facts = [fact("Command", "rm -r x\u202e" + "y" * 5000), fact("Files", "a\nb", "c")]
    text = question(session, permission("Yes", facts=facts))
    assert text.split("\n") == [
        "Fix: Run\\u202e it",
        "Command: rm -r x\\u202e" + "y" * 5000,
        "Files: a\\nb, c",
    ]


def test_what_no_message_can_ask_says_where_to_answer_it() -> None:
    """A form with more than one choice can only be skipped here, and an address is shown whole."""
    session = SessionView.model_construct(id="s", title="Fix")
    fields = [FieldView(name="n", kind=FieldKind.TEXT, title="Name", is_required=True)]
    form = QuestionView(request_id="r", message="Which?", fields=fields)
    assert list(forms.answers(session, form)) == ["Skip"]
    assert forms.text(session, form).split("\n")[1:] == [
        "It asks for: Name",
        "Answer it in a terminal: segue answer s",
    ]
    address = QuestionView(request_id="r", message="Log in", url="https://a.example/?x=1")
    assert [answer.action for answer in forms.answers(session, address).values()] == ["accept", "decline"]
    assert forms.text(session, address).endswith("https://a.example/?x=1")
