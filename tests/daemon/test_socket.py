"""What a connection is answered, over the real socket of a daemon with a stand-in for the engine."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.wire_tools import Ended, Home, Wire, framed, home
from segue.protocol.methods import REQUESTS, STOP_DAEMON
from segue.protocol.wire import PROTOCOL_VERSION
from segue.version import VERSION


@pytest.fixture(scope="module")
def served() -> Iterator[Home]:
    with home() as made:
        made.stand_in(SECRET_OF_A_WINDOW="1")
        yield made


@pytest.fixture
def client(served: Home) -> Iterator[Wire]:
    with served.client() as wire:
        yield wire


def error(response: dict[str, Any]) -> tuple[int, str]:
    return response["error"]["code"], response["error"].get("data", {}).get("reason", "")


@pytest.mark.parametrize("line", [b"SEGUE/1 wrong\n", b"\n", b"GET / HTTP/1.1\r\n", b"x" * 300])
def test_without_the_token_the_daemon_hangs_up_and_says_nothing(served: Home, line: bytes) -> None:
    """S7, D48."""
    with Wire(served.entry().endpoint) as wire:
        wire.write(line)
        assert wire.is_ended()
        assert not wire.received


def test_files_are_for_the_user_alone(served: Home) -> None:
    """S7, D48."""
    for path in served.root.joinpath("d"), served.root.joinpath("r"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        for inner in path.rglob("*"):
            expected = 0o700 if inner.is_dir() else 0o600
            assert stat.S_IMODE(inner.stat().st_mode) == expected, inner


def test_the_entry_file_names_the_process(served: Home) -> None:
    entry = served.entry()
    assert entry.pid == served.started[0].pid
    assert entry.started == int(Path(f"/proc/{entry.pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    assert (entry.version, entry.endpoint) == (VERSION, served.places.socket)


def test_initialize_says_who_serves(served: Home) -> None:
    with served.wire() as wire:
        result = wire.begin()["result"]
    assert result["serverInfo"] == {"name": "segue", "version": VERSION}
    assert result["capabilities"]["experimental"] == {"segue": {"protocol": PROTOCOL_VERSION}}


def test_a_client_of_the_first_protocol_is_served(served: Home) -> None:
    """All that it reads is still sent."""
    with served.wire() as wire:
        assert "result" in wire.begin(protocol=1)


@pytest.mark.parametrize("protocol", [0, PROTOCOL_VERSION + 1])
def test_another_protocol_is_refused_with_the_way_out(served: Home, protocol: int) -> None:
    """D36."""
    with served.wire() as wire:
        response = wire.begin(protocol=protocol)
        assert error(response) == (-32803, "incompatible_version")
        assert "segue daemon stop" in response["error"]["message"]
        assert "result" in wire.begin(), "the connection can still be used"


@pytest.mark.parametrize(
    "info", [[], {"environment": []}, {"environment": {"A": 1}}, {"protocol": "1"}, {"version": None}]
)
def test_initialize_options_of_the_wrong_shape_are_refused(served: Home, info: object) -> None:
    with served.wire() as wire:
        response = wire.ask("initialize", {"capabilities": {}, "initializationOptions": {"segue": info}})
        assert error(response) == (-32602, "bad_params")


def test_any_editor_can_connect(served: Home) -> None:
    with served.wire() as wire:
        assert "result" in wire.ask("initialize", {"capabilities": {}, "clientInfo": {"name": "Neovim"}})
        assert "result" in wire.ask("segue/status")


def test_nothing_is_answered_before_initialize(served: Home) -> None:
    with served.wire() as wire:
        assert error(wire.ask("segue/status")) == (-32002, "")
        wire.send(method="initialized", params={})
        assert "result" in wire.begin()
        assert error(wire.begin()) == (-32600, ""), "once is enough"


def test_messages_may_arrive_in_any_pieces(served: Home) -> None:
    entry = served.entry()
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}).encode()
    status = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "segue/status"}).encode()
    text = b"".join(b"Content-Length: %d\r\nContent-Type: x\r\n\r\n%b" % (len(part), part) for part in (body, status))
    with Wire(entry.endpoint) as wire:
        for byte in f"SEGUE/1 {entry.token}\n".encode() + text:
            wire.write(bytes([byte]))
        assert "result" in wire.answer(1)
        assert "result" in wire.answer(2)
    with Wire(entry.endpoint) as wire:
        wire.write(f"SEGUE/1 {entry.token}\n".encode() + text)
        assert "result" in wire.answer(1)
        assert "result" in wire.answer(2)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"\xff", -32700),
        (b'{"id": NaN}', -32700),
        (b'{"params":' + b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b"1", -32600),
        (b'{"id": 1.5, "method": "segue/status"}', -32600),
        (b'{"id": 1, "method": 1}', -32600),
    ],
)
def test_what_is_no_message_is_refused_and_the_connection_goes_on(client: Wire, body: bytes, code: int) -> None:
    """D9."""
    client.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    assert error(client.answer(None)) == (code, "")
    assert "result" in client.ask("segue/status")


@pytest.mark.parametrize("header", [b"hello\r\n\r\n", b"Content-Length: -1\r\n\r\n", b"X: 1\r\n\r\n", b"x" * 5000])
def test_where_the_framing_is_lost_the_connection_ends(client: Wire, header: bytes) -> None:
    client.write(header)
    assert error(client.answer(None)) == (-32700, "")
    assert client.is_ended()


def test_a_message_over_64_mib_is_refused_unread(client: Wire) -> None:
    size = 64 * 1024 * 1024 + 1
    client.write(b"Content-Length: %d\r\n\r\n" % size)
    piece = b" " * (1 << 20)
    for _ in range(64):
        client.write(piece)
    client.write(b" ")
    assert error(client.answer(None)) == (-32600, "")
    assert "result" in client.ask("segue/status")


def test_an_unknown_method_is_refused(client: Wire) -> None:
    for method in ("segue/nothing", "textDocument/hover", "\x1b[2J\u202e", "$/what"):
        assert error(client.ask(method)) == (-32601, "")
    client.send(method="segue/nothing")
    client.send(method="$/what", params=1)
    assert "result" in client.ask("segue/status")


@pytest.mark.parametrize(
    ("session", "code", "reason"),
    [("decided", -32803, "decided"), ("mistake", -32603, "internal_error")],
)
def test_errors_cross_the_wire_once(served: Home, client: Wire, session: str, code: int, reason: str) -> None:
    for response in (
        client.ask("segue/session/show", {"sessionId": session}),
        client.ask(
            "workspace/executeCommand", {"command": "segue.session.show", "arguments": [{"sessionId": session}]}
        ),
    ):
        assert error(response) == (code, reason)
        assert set(response["error"]["data"]) == {"reason", "message", "action", "details"}
        assert "secret" not in json.dumps(response)
        assert "Traceback" not in json.dumps(response)


def test_parameters_of_the_wrong_shape_are_named(client: Wire) -> None:
    """D9."""
    for params in ({}, {"sessionId": 1}, [], {"sessionId": "\ud800"}):
        response = client.ask("segue/session/show", params)
        assert error(response) == (-32602, "bad_params")
    assert "sessionId" in client.ask("segue/session/show", {})["error"]["message"]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.name)
def test_every_request_survives_nonsense(client: Wire, request_: Any) -> None:
    """D9."""
    if request_ is STOP_DAEMON:
        return  # it needs nothing, and does what it says
    nonsense: list[Any] = [
        None,
        [],
        1,
        "x",
        {"sessionId": {}, "resource": 1},
        {"a" * 5000: [[[]]]},
        {"sessionId": "\0"},
    ]
    for params in nonsense:
        response = client.ask(request_.name, params)
        assert "result" in response or error(response)[0] in {-32602, -32803}
    assert "result" in client.ask("segue/status", None)


def test_file_names_that_are_no_text_arrive(client: Wire) -> None:
    """D25."""
    assert client.ask("segue/session/show", {"sessionId": "odd"})["result"]["resource"] == "odd\udcff"


def test_a_request_can_be_cancelled(client: Wire) -> None:
    for method, params in (
        ("segue/session/show", {"sessionId": "slow"}),
        ("workspace/executeCommand", {"command": "segue.session.show", "arguments": [{"sessionId": "slow"}]}),
    ):
        client.send(id="a", method=method, params=params)
        assert "result" in client.ask("segue/status"), "others go on meanwhile"
        client.send(method="$/cancelRequest", params={"id": "a"})
        assert error(client.answer("a")) == (-32800, "")
    client.send(method="$/cancelRequest", params={"id": "never"})
    client.send(method="$/cancelRequest", params=[])
    assert "result" in client.ask("segue/status")


def test_an_id_in_use_is_refused(client: Wire) -> None:
    client.send(id=77, method="segue/session/show", params={"sessionId": "slow"})
    client.send(id=77, method="segue/status", params={})
    assert error(client.answer(77)) == (-32600, "")
    client.send(method="$/cancelRequest", params={"id": 77})
    assert error(client.answer(77)) == (-32800, "")


def test_exit_ends_one_connection_only(served: Home, client: Wire) -> None:
    with served.client() as other:
        assert other.ask("shutdown")["result"] is None
        assert error(other.ask("segue/status")) == (-32600, "")
        other.send(method="exit")
        assert other.is_ended()
    with served.wire() as early:
        early.send(method="exit")
        assert early.is_ended()
    assert "result" in client.ask("segue/status")


def test_two_clients_hear_the_same_news(served: Home, client: Wire) -> None:
    with served.client() as other:
        for wire in (client, other):
            answer = wire.ask("segue/subscribe", {"resource": "sessions"})
            assert answer["result"]["isSnapshot"] is True
            assert not wire.notifications, "nothing comes before the snapshot that it continues"
        client.ask("segue/session/seen", {"sessionId": "news"})
        for wire in (client, other):
            message = wire.notifications.pop() if wire.notifications else wire.receive()
            assert message["method"] == "segue/items"
            assert [row["title"] for row in message["params"]["sessions"]] == ["news"]


def test_a_client_that_stops_reading_hurts_nobody(served: Home, client: Wire) -> None:
    """G9: its items wait with the engine, its answers are kept up to a limit, then it is gone."""
    with served.client() as stalled:
        stalled.ask("segue/subscribe", {"resource": "sessions"})
        big = {"sessionId": str(4 * 1024 * 1024)}
        for number in range(1000, 1004):
            stalled.send(id=number, method="segue/session/show", params=big)
        for number in range(20):
            assert "result" in client.ask("segue/session/seen", {"sessionId": f"row {number}"})
        for number in range(1000, 1004):
            assert "result" in stalled.answer(number)
        assert "result" in stalled.ask("segue/status"), "it reads again and is served again"
        titles = [m["params"]["sessions"][0]["title"] for m in stalled.notifications if "params" in m]
        while titles[-1:] != ["row 19"]:
            titles.append(stalled.receive()["params"]["sessions"][0]["title"])
        assert len(titles) < 20, "it gets the state, not every step"


def test_a_client_that_never_reads_is_cut_off(served: Home, client: Wire) -> None:
    """G9."""
    with served.client() as stalled:
        request = {"method": "segue/session/show", "params": {"sessionId": str(30 * 1024 * 1024)}}
        stalled.write(framed({"id": 1000, **request}) + framed({"id": 1001, **request}))
        assert "result" in client.ask("segue/status")
        with pytest.raises(Ended):
            for _ in range(3):
                stalled.receive()


def test_the_first_windows_environment_is_forgotten(client: Wire) -> None:
    names = client.ask("segue/agent/list")["result"]["resource"].split("\n")
    assert "SECRET_OF_A_WINDOW" not in names
    assert "HOME" in names
    assert not [name for name in names if name.startswith("PYTHON")]


def test_the_log_has_the_cause_on_one_line(served: Home, client: Wire) -> None:
    """D9, D48."""
    client.ask("segue/session/show", {"sessionId": "mistake"})
    lines = [line for line in Path(served.places.log).read_text().splitlines() if "secret words" in line]
    assert lines
    assert "KeyError" in lines[0]
    assert stat.S_IMODE(Path(served.places.log).stat().st_mode) == 0o600
