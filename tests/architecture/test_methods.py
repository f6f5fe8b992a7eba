"""Every method of the table is handled, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from segue.cli import client
from segue.engine.api.engine import Engine
from segue.lsp import answers, handshake
from segue.places import Places
from segue.protocol import errors
from segue.protocol.methods import REQUESTS, SUBSCRIBE, UNSUBSCRIBE
from segue.protocol.wire import PROTOCOL_VERSION


async def test_every_method_has_a_handler(tmp_path: Path) -> None:
    places = Places(tmp_path / "data", Path("/tmp/segue-unused"))
    places.data.mkdir(mode=0o700)
    engine = await Engine.open(places, "0")
    try:
        assert engine.methods == {request.name for request in REQUESTS}
    finally:
        await engine.close()


def test_names_are_unique_and_spelled_alike() -> None:
    names = [request.name for request in REQUESTS]
    assert len(set(names)) == len(names)
    assert not [name for name in names if not name.startswith("segue/") or name != name.lower()]


def test_error_codes_are_the_same_on_both_sides_of_the_cold_start() -> None:
    """The daemon's first answers and the terminal import no pydantic, so they write the numbers down again."""
    for name in ("INVALID_PARAMS", "INTERNAL_ERROR", "REQUEST_FAILED"):
        assert getattr(answers, name) == getattr(errors, name)
    assert client.INVALID_PARAMS == errors.INVALID_PARAMS
    assert handshake.PROTOCOL == client.PROTOCOL_VERSION == PROTOCOL_VERSION


def test_every_request_is_a_command_but_for_subscriptions() -> None:
    verbs = [request for request in REQUESTS if request not in (SUBSCRIBE, UNSUBSCRIBE)]
    assert set(handshake.COMMANDS) == {request.name.replace("/", ".") for request in verbs} | {"segue.pair"}
