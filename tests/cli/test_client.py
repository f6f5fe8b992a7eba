"""The blocking client, against a peer that plays the daemon over a real socket pair."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from segue.cli import client as cli_client
from segue.domain.errors import DaemonUnavailable, InputRefused, SegueError
from segue.protocol.errors import INVALID_PARAMS
from segue.protocol.wire import PROTOCOL_VERSION
from support.patience import scaled

WELCOME = {"capabilities": {}, "serverInfo": {"name": "segue"}}


class Peer:
    """The other end: reads and writes framed messages."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._file = connection.makefile("rb")

    def read(self) -> Any:
        length = 0
        while (line := self._file.readline()) not in {b"\r\n", b""}:
            length = int(line.split(b":")[1])
        return json.loads(self._file.read(length))

    def write(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._socket.sendall(b"Content-Length: %d\r\nContent-Type: x\r\n\r\n%s" % (len(body), body))

    def raw(self, data: bytes) -> None:
        self._socket.sendall(data)

    def welcome(self) -> Any:
        """Answer `initialize`; returns its params."""
        request = self.read()
        self.write(id=request["id"], result=WELCOME)
        assert self.read()["method"] == "initialized"
        return request["params"]


@contextmanager
def talking(play: Callable[[Peer], None]) -> Iterator[socket.socket]:
    """A socket whose other end is played by `play` on a thread, and closed after it."""
    mine, theirs = socket.socketpair()

    def run() -> None:
        peer = Peer(theirs)
        with theirs, peer._file:
            play(peer)

    thread = threading.Thread(target=run, name="daemon's part")
    thread.start()
    try:
        with mine:
            yield mine
    finally:
        thread.join(scaled(10))
        assert not thread.is_alive()


def test_it_introduces_itself_with_protocol_and_environment() -> None:
    said: list[Any] = []
    with (
        talking(lambda peer: said.append(peer.welcome())) as connection,
        cli_client.Client.over(connection, name="test", environment={"A": "b"}) as client,
    ):
        assert client.server == WELCOME
    info = said[0]["initializationOptions"]["segue"]
    assert info["protocol"] == PROTOCOL_VERSION == cli_client.PROTOCOL_VERSION
    assert info["environment"] == {"A": "b"}
    assert info["showsPermissions"], "or questions would come as message requests"


def test_it_answers_requests_and_keeps_notifications_while_it_waits() -> None:
    answers: list[Any] = []

    def play(peer: Peer) -> None:
        peer.welcome()
        request = peer.read()
        peer.write(id="theirs", method="client/registerCapability", params={})
        answers.append(peer.read())
        peer.write(method="segue/items", params={"seq": 1})
        peer.write(method="other", params={})
        peer.write(id=request["id"], result={"ok": True})
        peer.write(method="segue/items", params={"seq": 2})

    with talking(play) as connection, cli_client.Client.over(connection) as client:
        assert client.request("segue/status") == {"ok": True}
        assert [params["seq"] for params in client.notifications("segue/items")] == [1, 2]
    assert answers == [{"jsonrpc": "2.0", "id": "theirs", "result": None}]


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        ({"code": INVALID_PARAMS, "data": {"reason": "bad", "message": "M.", "action": "A."}}, InputRefused, "bad"),
        ({"code": -32803, "data": {"reason": "gone", "message": "M."}}, SegueError, "gone"),
        ({"code": -32803, "data": {"reason": "incompatible_version"}}, DaemonUnavailable, "incompatible_version"),
        ({"code": -32603, "message": "Segue made a mistake."}, SegueError, "unexpected"),
        ({"code": 1, "data": "nonsense"}, SegueError, "unexpected"),
    ],
)
def test_an_error_arrives_as_the_daemon_described_it(error: Any, kind: type[SegueError], reason: str) -> None:
    def play(peer: Peer) -> None:
        peer.welcome()
        peer.write(id=peer.read()["id"], error=error)

    with talking(play) as connection, cli_client.Client.over(connection) as client:
        with pytest.raises(kind) as caught:
            client.request("x")
        assert caught.value.reason == reason


def test_an_end_of_the_daemon_is_a_clear_error() -> None:
    def play(peer: Peer) -> None:
        peer.welcome()
        peer.read()
        peer.raw(b"Content-Length: 100\r\n\r\n{")

    with (
        talking(play) as connection,
        cli_client.Client.over(connection) as client,
        pytest.raises(cli_client.ConnectionEnded),
    ):
        client.request("x")


def test_what_does_not_speak_lsp_is_refused() -> None:
    def play(peer: Peer) -> None:
        peer.read()
        peer.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with talking(play) as connection, pytest.raises(DaemonUnavailable) as caught:
        cli_client.Client.over(connection)
    assert caught.value.reason == "bad_framing"


def test_a_silent_daemon_is_given_up() -> None:
    done = threading.Event()

    def play(peer: Peer) -> None:
        peer.welcome()
        peer.read()
        done.wait(scaled(10))

    with talking(play) as connection, cli_client.Client.over(connection) as client:
        with pytest.raises(DaemonUnavailable) as caught:
            client.request("x", limit_s=0.05)
        done.set()
    assert caught.value.reason == "no_answer"


def test_variables_that_are_no_text_stay_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_TEST_ODD", "\udcff")
    monkeypatch.setenv("SEGUE_TEST_PLAIN", "é")
    kept = cli_client.own_environment()
    assert "SEGUE_TEST_ODD" not in kept
    assert kept["SEGUE_TEST_PLAIN"] == "é"
