"""What a client of the terminal costs its daemon."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.patience import scaled

PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from segue.engine.api.engine import Engine
from segue.lsp.conversation import Conversation
from segue.places import Places

class Connection:
    params = {"capabilities": {}, "initializationOptions": {"segue": %s}}

    def __init__(self):
        self.answered = asyncio.Event()

    def send(self, body):
        self.answered.set()

    def release(self, why):
        pass

async def main(root):
    places = Places(root / "d", root / "r")
    places.prepare()
    engine = await Engine.open(places, "0")
    connection = Connection()
    conversation = Conversation(connection, engine)
    conversation.receive(json.dumps({"jsonrpc": "2.0", "method": "initialized", "params": {}}).encode())
    request = {"jsonrpc": "2.0", "id": 1, "method": "segue/subscribe", "params": {"resource": "sessions"}}
    conversation.receive(json.dumps(request).encode())
    await connection.answered.wait()
    conversation.close()
    await engine.close()
    print(*sys.modules)

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_terminal_does_not_load_the_language_server(tmp_path: Path) -> None:
    """Met by measuring: each daemon loaded it for its first client, whoever that was."""
    terminal = {"client": "cli", "protocol": 1, "showsPermissions": True}
    argv = [sys.executable, "-I", "-c", PROGRAM % repr(terminal), str(tmp_path)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=scaled())
    loaded = set(done.stdout.split())
    assert "segue.lsp.conversation" in loaded
    assert not {"pygls", "lsprotocol"} & loaded
