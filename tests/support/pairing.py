"""An engine in this process with an editor and one session, for tests of the link. Knows the engine's handlers."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.domain.session import Session
from segue.engine.api.clients import Client
from segue.engine.api.engine import Engine
from segue.engine.pairing.link import Link
from segue.places import Places
from segue.protocol import methods
from segue.protocol.pairing import HunkView, LinkResult, LinkView, ProposalView
from support.editor import Editor
from support.patience import scaled

FAKE_AGENT = Path(__file__).parent.parent / "agents" / "fake_agent.py"


def lines(count: int) -> str:
    """`line 1`, `line 2` …"""
    return "".join(f"line {number}\n" for number in range(1, count + 1))


LINES = lines(9)
WAIT_S = float(os.environ.get("PAIRING_WAIT_S", "60"))


@dataclass
class Pairing:
    """A person in `editor`, an agent in `worktree`, and Segue between them."""

    root: Path
    project: Path
    engine: Engine
    client: Client
    editor: Editor
    news: asyncio.Event
    """Set whenever the engine has something to tell."""
    session_id: str = ""

    @property
    def session(self) -> Session:
        return self.engine.parts.ledger.find(self.session_id)

    @property
    def worktree(self) -> Path:
        return Path(self.session.worktree)

    @property
    def link(self) -> Link:
        return self.engine.parts.links.find(self.session)

    @property
    def view(self) -> LinkView:
        found = self.engine.links.view(self.session_id)
        assert found is not None
        return found

    @property
    def hunks(self) -> list[HunkView]:
        return [hunk for file in self.view.files for hunk in file.hunks]

    @property
    def proposals(self) -> list[ProposalView]:
        return [proposal for file in self.view.files for proposal in file.proposals]

    async def new(self, prompt: str, mode: str = "background") -> None:
        params = {"repository": str(self.project), "agent": "fake", "prompt": prompt, "mode": mode}
        result = await self.call("segue/session/new", **params)
        self.session_id = result.session.id

    async def prompt(self, text: str) -> None:
        await self.call("segue/session/prompt", sessionId=self.session_id, text=text)

    async def turns_ended(self, turns: int) -> None:
        await self.until(
            lambda: len(self.session.turns) >= turns and not self.session.is_turn_running and not self.session.queue
        )

    async def call(self, method: str, **params: Any) -> Any:
        request = methods.REQUESTS_BY_NAME[method]
        return await self.engine.call(request, self.client, request.params.model_validate(params))

    async def on_session(self, method: str, **params: Any) -> Any:
        return await self.call(method, sessionId=self.session_id, **params)

    async def decide(self, decision: str, *hunks: HunkView, reason: str | None = None) -> LinkView:
        decisions = [{"hunkId": hunk.id, "revision": hunk.revision} for hunk in hunks]
        result = await self.on_session("segue/hunk/decide", decisions=decisions, decision=decision, reason=reason)
        return result.link  # type: ignore[no-any-return]

    async def accept_all(self) -> LinkResult:
        """*Accept All*, as editor and terminal say it."""
        decisions = [{"hunkId": hunk.id, "revision": hunk.revision} for hunk in self.hunks]
        done: LinkResult
        done = await self.on_session("segue/hunk/decide", decisions=decisions, decision="accept", isAll=True)
        return done

    async def resolve(self, proposal: ProposalView, take: str, text: str | None = None) -> None:
        await self.on_session(
            "segue/proposal/resolve", proposalId=proposal.id, revision=proposal.revision, take=take, text=text
        )

    def agent_writes(self, path: str, text: str | bytes) -> None:
        """As a tool of the agent would."""
        file = self.worktree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)

    async def until(self, is_reached: Callable[[], object]) -> None:
        """Wait for a condition; an AssertionError names it by its source line."""
        try:
            async with asyncio.timeout(scaled(WAIT_S)):
                while not is_reached():
                    self.news.clear()
                    with suppress(TimeoutError):  # files change without a word
                        await asyncio.wait_for(self.news.wait(), 0.05)
        except TimeoutError:
            raise AssertionError(f"not reached in {WAIT_S} s: {self.state()}") from None

    def state(self) -> str:
        files = {path: file.state for path, file in self.link.files.items()} if self.session.linked_to else {}
        return f"{self.session.state} {self.session.activity} {self.session.linked_to} {files}"

    @classmethod
    async def open(cls, root: Path, project: Path, editor: Editor) -> Pairing:
        """An engine over what lies in `root`, with the scriptable agent, and a window."""
        found = places(root)
        found.prepare()
        command = [sys.executable, "-I", str(FAKE_AGENT)]
        (found.agents / "fake.toml").write_text(f'name = "fake"\ncommand = {command!r}\nstart_timeout_s = 300\n')
        engine = await Engine.open(found, "0")
        news = asyncio.Event()
        client = engine.connect(client_info(), news.set, buffers=editor)
        return cls(root, project, engine, client, editor, news)

    async def restart(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """The daemon ends and another one starts; the editor's window lives on and connects again."""
        self.client.close()
        self.editor.listening.clear()
        await self.engine.close()
        meanwhile()
        self.engine = await Engine.open(places(self.root), "0")
        self.connect()

    def other_window(self) -> Other:
        """Another window of the same person."""
        editor = Editor()
        return Other(self, self.engine.connect(client_info(), self.news.set, buffers=editor), editor)

    def connect(self) -> None:
        self.client = self.engine.connect(client_info(), self.news.set, buffers=self.editor)


@dataclass
class Other:
    """A second window on the checkout."""

    pair: Pairing
    client: Client
    editor: Editor

    def go(self) -> None:
        """It is reloaded, or its bridge dies: its texts are its own until it is back."""
        self.client.close()

    def come_back(self) -> None:
        self.editor.listening.clear()
        self.client = self.pair.engine.connect(client_info(), self.pair.news.set, buffers=self.editor)


def places(root: Path) -> Places:
    return Places(root / "d", root / "r")


def client_info() -> methods.ClientInfo:
    return methods.ClientInfo(client="test", environment=dict(os.environ))


@asynccontextmanager
async def pairing(project: Path) -> AsyncIterator[Pairing]:
    """An engine with the scriptable agent, over a repository."""
    root = Path(tempfile.mkdtemp(prefix="sg-"))
    try:
        made = await Pairing.open(root, project, Editor())
        try:
            yield made
        finally:
            await made.engine.close()
    finally:
        shutil.rmtree(root, ignore_errors=True)


async def paired(pair: Pairing, prompt: str = "Hello") -> Path:
    """A session that starts linked, with `a.txt` open; its first turn has ended."""
    file = pair.project / "a.txt"
    pair.editor.open(file)
    await pair.new(prompt, "inline")
    await pair.turns_ended(1)
    return file
