"""The daemon's life: connections, the engine behind them, and when to end. Knows nothing of what is said or done.

The engine and everything heavy is loaded on a thread while the first clients have their answer already (G11).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import select
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from segue.domain.errors import DaemonUnavailable, SegueError
from segue.endpoint import Claim, Door
from segue.lsp.handshake import Opening
from segue.lsp.refusal import Refusal
from segue.lsp.transport import Connection, Receiver
from segue.places import Places
from segue.system.load import patience
from segue.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from segue.engine.api.engine import Engine

log = logging.getLogger(__name__)

IDLE_EXIT_S = 600.0
"""Without clients and work for this long it ends; SEGUE_IDLE_EXIT_S changes that, `inf` keeps it."""
LOOK_S = 5.0
"""How often it looks whether it is idle, and whether it can still be found."""
RETRY_S = 2.0
"""Shortest time between two attempts to open the engine."""
ENGINE_CLOSES_S = 15.0
LAST_WORDS_S = 1.0
"""How long clients may take to read what they are owed at the end."""


class FirstClient(NamedTuple):
    """The one who was greeted before there was a loop."""

    peer: socket.socket
    opening: Opening


class Home(NamedTuple):
    """Where this daemon lives, that it is the one there, and how it is found."""

    places: Places
    claim: Claim
    door: Door


class Parts(NamedTuple):
    """What takes long to import."""

    open_engine: Callable[[Places, str], Awaitable[Engine]]
    converse: Callable[[Connection, Engine], Receiver]


def load() -> Parts:
    """Import the engine and what every client needs."""
    with _importing():
        from segue.engine.api.engine import Engine
        from segue.lsp.conversation import Conversation
    return Parts(Engine.open, Conversation)


def load_language_server() -> None:
    """Import what editors need besides: pygls and all types of LSP, which take as long as everything else."""
    with _importing():
        from segue.lsp.language_server import converter
        from segue.lsp.message_requests import Asking  # noqa: F401

        converter()


_one_at_a_time = threading.Lock()
"""Two threads that import the same modules may see one of them half made."""


@contextmanager
def _importing() -> Iterator[None]:
    with _one_at_a_time:
        gc.disable()
        try:
            yield
        finally:
            gc.enable()
            gc.freeze()  # what was imported stays: no collection has to walk it (G9)


def serve(home: Home, first: FirstClient | None) -> int:
    """Serve until it is idle, told to stop, signalled or superseded; returns the exit status. The log has to run."""
    serving = Serving(home, load)
    status = asyncio.run(serving.run(first))
    if serving.is_superseded:
        logging.shutdown()
        os._exit(status)  # an orderly exit would close the journal, and SQLite would remove the newer one's files
    return status


class Serving:
    """The owner of the connections and of the engine."""

    def __init__(self, home: Home, load: Callable[[], Parts]) -> None:
        self._places, self._claim, self._door = home
        self.is_superseded = False
        """The data directory was removed or is another daemon's by now: nothing more may be written there."""
        self._load = load
        self._parts: Parts | None = None
        self._engine: Engine | None = None
        self._failure: SegueError | None = None
        self._opening_engine: asyncio.Task[None]
        self._language_server: asyncio.Task[None] | None = None
        self._editors: set[Connection] = set()
        """Editors that wait for the language server."""
        self._last_attempt = 0.0
        self._connections: set[Connection] = set()
        self._stop = asyncio.Event()
        self._all_gone = asyncio.Event()
        self._servers: list[asyncio.Server] = []

    async def run(self, first: FirstClient | None) -> int:
        """Serve to the end."""
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._loop.add_signal_handler(number, self._stop.set)
        if first is not None:
            await self._loop.connect_accepted_socket(lambda: Connection(self, first.opening), first.peer)
        await self._listen()
        log.info("Segue %s serves as process %d", VERSION, os.getpid())
        self._try_to_open()
        await self._watch()
        log.info("ending")
        await self._end()
        return 0

    def joined(self, connection: Connection) -> None:
        """It counts as a client from its first byte on."""
        self._connections.add(connection)
        self._all_gone.clear()

    def opened(self, connection: Connection) -> None:
        """Serve it now, or as soon as the engine is open and, for an editor, the language server is loaded."""
        is_understood = not connection.is_editor or self._speaks_to_editors()
        if self._failure is not None:
            connection.serve(Refusal(connection, self._failure, self._retry))
        elif self._engine is not None and self._parts is not None:
            if is_understood:
                connection.serve(self._parts.converse(connection, self._engine))
            else:
                self._editors.add(connection)

    def _speaks_to_editors(self) -> bool:
        """Whether the language server is loaded, which begins with the first editor: no terminal needs it."""
        if self._language_server is None:
            self._language_server = self._loop.create_task(self._learn(), name="load the language server")
        return self._language_server.done()

    async def _learn(self) -> None:
        try:
            await asyncio.to_thread(load_language_server)
        except Exception as cause:
            self._failure = self._not_opened(cause)
        self._loop.call_soon(self._serve_editors)

    def _serve_editors(self) -> None:
        waiting, self._editors = self._editors, set()
        for connection in waiting:
            self.opened(connection)

    def departed(self, connection: Connection) -> None:
        """It is gone."""
        self._connections.discard(connection)
        self._editors.discard(connection)
        if not self._connections:
            self._all_gone.set()
            if self._failure is not None:  # it can serve nothing: the next start looks at the world anew
                self._stop.set()

    async def _listen(self) -> None:
        server = await self._loop.create_unix_server(self._connection, sock=self._door.listener)
        self._servers.append(server)

    def _connection(self) -> Connection:
        self._look_around()
        return Connection(self, Opening(self._door.token, self._known_failure))

    def _look_around(self) -> None:
        """End where the data directory went: whoever comes now has to start a daemon in the one that is there."""
        if not self.is_superseded and not self._claim.is_held():
            self.is_superseded = True
            log.error("the data directory was removed or replaced, so this daemon ends: %s", self._places.data)
            self._stop.set()

    def _known_failure(self) -> SegueError | None:
        """Why `initialize` has to fail; None too where it is worth another attempt."""
        if self.is_superseded:
            return self._last_words()
        return None if self._retry() else self._failure

    def _retry(self) -> bool:
        """Open the engine again where that failed a while ago: a full disk may have room by now (D31)."""
        is_due = self._loop.time() - self._last_attempt >= RETRY_S
        if self._failure is None or not is_due or not self._opening_engine.done():
            return False
        self._try_to_open()
        return True

    def _try_to_open(self) -> None:
        self._last_attempt = self._loop.time()
        self._failure = None
        self._opening_engine = self._loop.create_task(self._open_engine(), name="open the engine")

    async def _open_engine(self) -> None:
        try:
            if self._parts is None:
                self._parts = await asyncio.to_thread(self._load)
            engine = await self._parts.open_engine(self._places, VERSION)
        except SegueError as failed:
            self._failure = failed
        except Exception as cause:
            self._failure = self._not_opened(cause)
        else:
            engine.stop_observers.append(self._stop.set)
            self._engine = engine
        if self._failure is not None:
            log.error("nothing can be served: %s", self._failure)
        for connection in self._connections:
            if connection.is_open:
                self.opened(connection)

    def _not_opened(self, cause: Exception) -> SegueError:
        log.error("the engine could not be opened", exc_info=cause)
        message = f"The Segue daemon could not start its engine ({type(cause).__name__})."
        return SegueError("engine_not_opened", message, action=f"See {self._places.log}.")

    async def _watch(self) -> None:
        """Until it is time to end."""
        limit_s = idle_exit_s(os.environ.get("SEGUE_IDLE_EXIT_S"))
        idle_since = self._loop.time()
        while not self._stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(LOOK_S, max(limit_s / 20, 0.01))):
                    await self._stop.wait()
            self._look_around()
            if self.is_superseded:
                return
            if self._is_needed():
                idle_since = self._loop.time()
            elif self._failure is not None or self._loop.time() - idle_since >= limit_s:
                if self._leave():
                    return
                await self._reopen()
            if not self._stop.is_set() and not self._door.is_standing():
                await self._reopen()

    def _is_needed(self) -> bool:
        is_busy = self._engine is not None and self._engine.is_busy
        return bool(self._connections) or is_busy or not self._opening_engine.done()

    def _leave(self) -> bool:
        """Be found no more; False where somebody had come just before."""
        self._door.withdraw()
        return not select.select([self._door.listener], [], [], 0)[0]

    async def _reopen(self) -> None:
        """Be found again, at a new door; the old one may have clients in front of it still."""
        try:
            self._places.prepare_again()
            self._door = Door(self._places)
        except DaemonUnavailable as failed:
            log.error("no longer to be found: %s", failed)
            return
        await self._listen()
        log.warning("listening anew")

    async def _end(self) -> None:
        """Take nobody in, let the engine go, say what is owed, hang up."""
        if not self.is_superseded:  # else what stands there is the newer daemon's
            self._door.withdraw()
        for server in self._servers:
            server.close()
        ending = self._last_words()
        self._editors.clear()
        for connection in self._connections:
            connection.serve(Refusal(connection, ending, lambda: None))
        self._opening_engine.cancel()
        await asyncio.wait([self._opening_engine])
        if self._engine is not None:
            try:
                async with patience(ENGINE_CLOSES_S):
                    await (self._engine.abandon() if self.is_superseded else self._engine.close())
            except Exception:
                log.exception("the engine did not close as it should")
        for connection in list(self._connections):
            connection.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S if self._connections else 0):
                await self._all_gone.wait()
        for connection in list(self._connections):
            connection.abort()

    def _last_words(self) -> SegueError:
        if not self.is_superseded:
            return DaemonUnavailable("daemon_ending", "The Segue daemon is ending.", action="Try again in a moment.")
        return DaemonUnavailable(
            "data_directory_gone",
            f"Segue's data directory was removed or replaced while Segue ran: {self._places.data}. "
            "The sessions that were in it ended with their agents.",
            action="Try again: Segue starts anew with the directory that is there now.",
        )


def idle_exit_s(setting: str | None) -> float:
    """Seconds that the setting means; what is no number counts as not set."""
    try:
        seconds = float(setting or "")
    except ValueError:
        return IDLE_EXIT_S
    return seconds if seconds >= 0 else IDLE_EXIT_S
