"""The runner: keeps one agent alive while daemons come and go. Knows bytes, offsets, numbered lines and one process;
knows nothing of ACP or sessions. Standard library only, no asyncio, nothing imported late: an upgrade may remove it.

`python -I -S runner.py <directory>` reads a JSON line from stdin, {argv, cwd, env, streams, socket, mark, limits},
leaves its parent, starts the agent and answers one: {agent: [pid, start time], runner: …} or {failed: stage, errno: n}.
Then it serves one client at a time on its socket until it is stopped. The frames are described in `runner/frames.py`,
the files in `runner/spool.py`.
"""

# pathlib would cost each runner 1 MB
# ruff: noqa: PTH100, PTH108, PTH120

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Any

if __name__ == "__main__":  # started by path and isolated, so its package has to be found
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from segue.runner.child import Child, Ending, StartFailed
from segue.runner.frames import BACKLOG, VERSION, BadFrame, Peer, listen, listen_again
from segue.runner.numbered_lines import Answer, Line, Stdin
from segue.runner.poll import READABLE, WRITABLE, Watch, catch_signals
from segue.runner.spool import READ, Spool, Tail, write_status
from segue.runner.start_report import answer
from segue.system import processes

LIMITS = {"chunk": 4 << 20, "keep": 16 << 20, "unread": 1 << 30, "lag": 4 << 20, "linger_s": 600, "grace_s": 2}
"""See `Spool`; `lag`: bytes by which an attached client may be behind before the agent has to wait; `linger_s`:
how long a runner outlives its agent when nobody comes; `grace_s`: from TERM to KILL when the runner gets a TERM."""
SEND = 256 << 10
DRAIN_LIMIT = 4 << 20
"""What is still read after the agent's end while other processes hold its pipes open."""
FLUSH_S = 2
TICK_MS, RETRY_MS = 20, 1000


class Runner:
    """One agent, at most one client, and the loop between them."""

    def __init__(self, directory: str, spec: dict[str, Any]) -> None:
        self.directory, self.mark = directory, spec["mark"]
        self.limits = LIMITS | spec["limits"]
        self.spool = Spool(f"{directory}/spool", self.limits)
        self.tail = Tail(f"{directory}/stderr")
        self.client: Peer | None = None
        self.guests: deque[Peer] = deque()
        self.idle_since = 0.0
        self.ending: Ending | None = None
        self.leftovers: list[dict[str, object]] = []
        self.is_agent_gone = self.is_unsaved = self.is_done = False
        self.watch = Watch()
        self.listener = listen(spec["socket"])
        self.signals = catch_signals()
        self.child = Child(spec["argv"], spec["cwd"], spec["env"], spec["streams"])
        self.stdin = Stdin(self.child.stdin, directory)
        self.watch.add(self.child.stdin, 0, self.write_lines)
        self.watch.add(self.child.stdout, READABLE, self.read_output)
        self.watch.add(self.child.stderr, READABLE, self.read_errors)
        self.watch.add(self.listener.fileno(), READABLE, self.accept)
        self.watch.add(self.signals, READABLE, self.heed_signals)
        if spec["streams"] == "joined":  # a command for which nobody types
            self.close_input()
        self.save()

    def run(self) -> None:
        while not self.is_done:
            self.watch.turn(self.pause_ms())
            if self.ending or self.child.exit is not None or self.spool.problem or self.is_unsaved:
                self.tick()

    def pause_ms(self) -> int:
        if self.ending:
            return TICK_MS
        if self.spool.problem or self.is_unsaved:
            return RETRY_MS
        return 1000 * self.limits["linger_s"] if self.is_agent_gone and not self.client else -1

    def tick(self) -> None:
        if self.is_unsaved:
            self.save()
        if self.spool.problem and self.spool.flush():
            self.tell_trouble()
        if self.ending and (left := self.ending.advance()) is not None:
            self.finish(left)
        if self.child.exit is not None:
            self.see_agent_off()
            is_forgotten = not self.client and time.monotonic() - self.idle_since >= self.limits["linger_s"]
            if is_forgotten and not self.ending:
                self.begin_ending(0)

    # From the agent

    def read_output(self, events: int) -> None:
        with suppress(BlockingIOError):
            if data := os.read(self.child.stdout, READ):
                self.keep(data)
            else:
                self.close_output()

    def keep(self, data: bytes) -> None:
        """Spool first, then forward, so that no client has what a later one could not get."""
        offset, client = self.spool.end, self.client
        if not self.spool.append(data):
            self.tell_trouble()
        elif client and client.sent == offset and not client.outbox and self.spool.end <= client.granted:
            client.sent = self.spool.end
            client.send(b"O", offset, data)
            if client.outbox:
                self.watch_client(client)
        elif client:
            self.watch_client(client)
            self.watch_output()
        if self.spool.is_full():
            self.watch_output()

    def watch_output(self) -> None:
        """Read on from the agent, or let it wait: its spool is full, or its attached client is too far behind."""
        if self.child.stdout >= 0:
            behind = self.spool.end - self.client.sent if self.client and not self.ending else 0
            must_wait = self.spool.is_full() or behind >= self.limits["lag"]
            self.watch.want(self.child.stdout, 0 if must_wait else READABLE)

    def close_output(self) -> None:
        self.watch.forget(self.child.stdout)
        os.close(self.child.stdout)
        self.child.stdout = -1
        self.save()
        self.announce()

    def read_errors(self, events: int) -> None:
        with suppress(BlockingIOError):
            for _ in range(DRAIN_LIMIT // READ):
                if self.child.stderr < 0:
                    return
                if data := os.read(self.child.stderr, READ):
                    self.tail.append(data)
                else:
                    self.watch.forget(self.child.stderr)
                    os.close(self.child.stderr)
                    self.child.stderr = -1

    def see_agent_off(self) -> None:
        """Read what the ended agent left in its pipes; others that hold them open are not waited for."""
        if not self.is_agent_gone:
            self.is_agent_gone = True
            self.idle_since = time.monotonic()
            self.read_errors(0)
            self.close_input()
        budget = DRAIN_LIMIT
        while self.child.stdout >= 0 and self.spool.flush():
            try:
                data = os.read(self.child.stdout, READ)
            except BlockingIOError:
                data = b""
            budget -= len(data)
            if data and budget > 0:
                self.keep(data)
            else:
                self.close_output()
        self.announce()

    def heed_signals(self, events: int) -> None:
        with suppress(BlockingIOError):
            if signal.SIGTERM in os.read(self.signals, 4096):
                self.begin_ending(self.limits["grace_s"])
        self.child.reap()

    # To the agent

    def write_lines(self, events: int) -> None:
        self.tell_all(self.stdin.write())
        if self.stdin.descriptor >= 0:
            self.watch.want(self.stdin.descriptor, WRITABLE if self.stdin.waiting else 0)
        elif self.child.stdin >= 0:
            self.close_input()

    def close_input(self) -> None:
        if self.child.stdin >= 0:
            self.watch.forget(self.child.stdin)
            self.child.stdin = -1
        self.tell_all(self.stdin.close())

    # The client

    def accept(self, events: int) -> None:
        with suppress(OSError):
            connection = self.listener.accept()[0]
            if not processes.is_own_peer(connection):
                connection.close()
                return
            connection.settimeout(0)
            peer = Peer(connection, self.directory)
            self.guests.append(peer)
            self.watch.add(peer.descriptor, READABLE, lambda events: self.serve(peer, events))
            if len(self.guests) > BACKLOG:
                self.drop(self.guests[0])

    def serve(self, peer: Peer, events: int) -> None:
        try:
            if events & ~WRITABLE:
                self.receive(peer, peer.connection.recv(READ))
            if peer is self.client:
                self.pump(peer)
        except BlockingIOError:
            pass
        except (OSError, BadFrame):
            self.drop(peer)

    def receive(self, peer: Peer, data: bytes) -> None:
        if not data:
            raise BadFrame
        lines: list[Line] = []
        try:
            for kind, argument, line in peer.frames(data):
                if line:
                    lines.append(line)
                else:
                    self.obey(peer, kind, argument)
        finally:
            if lines:
                self.child.see_to_scratch()
                self.tell_all(self.stdin.take(lines))
                self.write_lines(0)

    def obey(self, peer: Peer, kind: bytes, argument: int) -> None:
        if kind == b"A" and peer is not self.client:
            self.attach(peer, argument)
        elif peer is not self.client:
            raise BadFrame
        elif kind == b"G":
            peer.granted = argument
        elif kind == b"C":
            self.spool.consume(argument)
            self.watch_output()
        elif kind == b"S":
            self.begin_ending(argument / 1000)
        else:
            raise BadFrame

    def attach(self, peer: Peer, offset: int) -> None:
        if not self.spool.starts[0] <= offset <= self.spool.end:
            peer.send(b"F", offset, b"offset_gone")
            raise BadFrame
        if self.client:
            self.client.send(b"B", 0)
            self.drop(self.client)
        self.guests.remove(peer)
        self.client = peer
        peer.sent = peer.granted = offset
        peer.told = "A"
        pending = [(line.number, line.length) for line in self.stdin.waiting]
        peer.send(b"A", offset, json.dumps(self.status() | {"pending": pending}).encode())

    def drop(self, peer: Peer) -> None:
        self.watch.forget(peer.descriptor)
        peer.close()
        if peer is self.client:
            self.client = None
            self.idle_since = time.monotonic()
            self.watch_output()
            self.stay_reachable()
        else:
            self.guests.remove(peer)

    def stay_reachable(self) -> None:
        """Nobody is attached now: whoever comes next has to find the socket, which cleaners of /tmp take away."""
        listener = listen_again(self.listener)
        if listener:
            self.watch.forget(self.listener.fileno())
            self.listener.close()
            self.listener = listener
            self.watch.add(listener.fileno(), READABLE, self.accept)

    def pump(self, client: Peer) -> None:
        """Send what waits, then output from disk as far as the client's credit and its socket go."""
        client.flush()
        while not client.outbox and (size := min(SEND, self.sendable(client))) > 0:
            data = self.spool.read(client.sent, size)
            if not data:
                raise BadFrame
            client.send(b"O", client.sent, data)
            client.sent += len(data)
        self.announce()
        self.watch_client(client)
        self.watch_output()

    def sendable(self, client: Peer) -> int:
        return min(self.spool.end, client.granted) - client.sent

    def watch_client(self, client: Peer) -> None:
        has_more = client.outbox or self.sendable(client) > 0
        self.watch.want(client.descriptor, READABLE | WRITABLE if has_more else READABLE)

    def tell_all(self, answers: list[Answer]) -> None:
        if client := self.client:
            for kind, number, reason in answers:
                client.send(kind, number, reason)
            self.watch_client(client)

    def tell_trouble(self) -> None:
        self.save()
        self.tell_all([(b"N", 0, self.spool.problem.encode())])
        self.watch_output()

    def announce(self) -> None:
        """Once the client was sent all output there will ever be: say so, and how the agent ended."""
        client = self.client
        if client and self.child.stdout < 0 and client.sent == self.spool.end:
            if "E" not in client.told:
                client.told += "E"
                self.tell_all([(b"E", self.spool.end, b"")])
            if self.is_agent_gone and "X" not in client.told:
                client.told += "X"
                self.tell_all([(b"X", 0, json.dumps(self.child.exit).encode())])

    # The end

    def begin_ending(self, grace_s: float) -> None:
        if not self.ending:
            self.close_input()
            self.ending = Ending(self.child)
        self.ending.hurry(grace_s)
        self.watch_output()

    def finish(self, left: list[processes.Identity]) -> None:
        if self.child.exit is not None:
            self.see_agent_off()
        self.child.tidy()
        self.leftovers = [{"pid": p[0], "started": p[1], "command": processes.command_name(p[0])} for p in left]
        self.is_done = True
        self.save()
        if client := self.client:
            client.send(b"S", 0, json.dumps(self.status()).encode())
            with suppress(OSError):
                client.connection.settimeout(FLUSH_S)
                client.connection.sendall(client.outbox)

    def status(self) -> dict[str, object]:
        return {
            "version": VERSION,
            "boot": processes.boot(),
            "runner": processes.identity(os.getpid()),
            "agent": self.child.identity,
            "mark": self.mark,
            "socket": self.listener.getsockname(),
            "stdout": {"end": self.spool.end, "closed": self.child.stdout < 0},
            "exit": self.child.exit,
            "problem": self.spool.problem,
            "leftovers": self.leftovers,
        }

    def save(self) -> None:
        try:
            write_status(self.directory, self.status())
            self.is_unsaved = False
        except OSError:
            self.is_unsaved = True


def serve(directory: str, spec: dict[str, Any]) -> None:
    runner = Runner(directory, spec)
    answer({"agent": runner.child.identity, "runner": processes.identity(os.getpid())})
    spec.clear()
    try:
        runner.run()
    finally:
        with suppress(OSError):
            os.unlink(runner.listener.getsockname())
        if not runner.is_done:
            for process in processes.descendants():
                processes.kill(process)


def main() -> None:
    directory = sys.argv[1]
    spec = json.loads(sys.stdin.buffer.readline())
    if os.fork():
        os._exit(0)
    try:
        log = os.open(f"{directory}/runner.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        os.close(log)
        serve(directory, spec)
    except StartFailed as failed:
        os.unlink(spec["socket"])
        answer({"failed": failed.stage, "errno": failed.number})
    except OSError as failed:
        answer({"failed": "runner", "errno": failed.errno, "path": failed.filename})


if __name__ == "__main__":
    main()
