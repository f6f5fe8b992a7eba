"""A runner with a real agent process and a real socket: bytes, lines, floods, ends and who may enter."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from agents.runner_tools import Place, is_alive, memory, opened, read, read_all
from segue.agents import runners
from segue.agents.runner_client import WINDOW, Ack, RunnerClient
from segue.agents.runners import AgentExit, Limits
from segue.domain.errors import AgentFailed
from segue.runner.frames import FRAME
from segue.system import processes
from support.patience import quiet_s

MIB = 1 << 20
PAUSE = "import signal; signal.pause()"


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with opened() as place:
        yield place


async def test_output_and_lines_pass_unchanged(place: Place) -> None:
    """Bytes are not looked at: no line end, no UTF-8, no JSON is needed."""
    link = await place.start("cat")
    line = bytes(range(256)) + b"\n"
    assert await link.send(1, line) is Ack.RECORDED
    assert await read(link, 257) == line


async def test_a_repeated_line_is_dropped_and_acknowledged_as_such(place: Place) -> None:
    link = await place.start("cat")
    assert await link.send(1, b"one\n") is Ack.RECORDED
    await link.detach()
    again = await place.attach(0)
    assert await again.send(1, b"one\n") is Ack.REPEATED
    assert await again.send(2, b"two\n") is Ack.RECORDED
    assert await read(again, 8) == b"one\ntwo\n"
    assert runners.line_record(place.directory).written == {1, 2}


async def test_lines_of_ten_mebibytes_pass_both_ways_and_the_runner_stays_small(place: Place) -> None:
    """D2; issue 4: a runner takes at most 20 MB."""
    link = await place.start("cat")
    line = os.urandom(5 * MIB).hex().encode() + b"\n"
    reading = asyncio.create_task(read(link, len(line)), name="read")
    await link.send(1, line)
    assert hashlib.sha256(await reading).digest() == hashlib.sha256(line).digest()
    peak = memory(place.status.runner[0])["VmHWM"]
    assert peak <= 20 * 1024, peak


async def test_an_agent_that_does_not_read_holds_up_neither_its_output_nor_a_stop(place: Place) -> None:
    """D6: lines wait within bounds, everything else goes on."""
    link = await place.python(f"print('x' * {3 * MIB}, flush=True); {PAUSE}")
    sending = [asyncio.create_task(link.send(n, b"y" * 600_000 + b"\n"), name=f"send {n}") for n in (1, 2, 3)]
    assert len(await read(link, 3 * MIB + 1)) == 3 * MIB + 1
    assert await sending[0] is Ack.RECORDED
    assert not sending[1].done()
    assert await link.stop() == ()
    with pytest.raises(AgentFailed):
        await sending[2]
    await asyncio.gather(*sending, return_exceptions=True)
    assert 1 in runners.line_record(place.directory).undelivered


async def test_an_agent_floods_no_further_than_its_client_takes(place: Place) -> None:
    """D10: a slow client makes the agent wait; nothing is lost."""
    link = await place.python(f"import os\nwhile True: os.write(1, b'z' * {MIB})", limits=Limits(lag=MIB))
    async with aclosing(link.chunks()) as chunks:
        for _ in range(200):
            chunk = await anext(chunks)
            spooled = sum(file.stat().st_size for file in (place.directory / "spool").iterdir())
            assert spooled <= chunk.offset + len(chunk.data) + WINDOW + 2 * MIB


async def test_without_a_client_output_goes_to_disk_until_the_limit_then_the_agent_waits(place: Place) -> None:
    """D31: nothing is lost, and the agent goes on once a client has said what it consumed."""
    limits = Limits(chunk=MIB // 4, keep=MIB // 2, unread=2 * MIB)
    code = f"import sys\nfor n in range({8 * MIB // 16}): sys.stdout.write('%015d\\n' % n)"
    link = await place.python(code, limits=limits)
    await link.detach()
    link, taken = await place.attach(0), bytearray()
    async for chunk in link.chunks():
        taken += chunk.data
        if len(taken) > MIB:
            await link.consumed(len(taken))
    assert taken == b"".join(b"%015d\n" % number for number in range(8 * MIB // 16))
    assert (await link.wait()).code == 0
    kept = sorted((place.directory / "spool").iterdir())
    assert all(file.stat().st_size <= MIB // 4 + 65536 for file in kept)
    assert sum(file.stat().st_size for file in kept) < 4 * MIB
    with pytest.raises(AgentFailed) as failed:
        await place.attach(0)
    assert failed.value.reason == "output_gone"


async def test_a_full_disk_makes_the_agent_wait_and_is_over_when_there_is_room(place: Place) -> None:
    """D31: here a limit on the runner's files stands for the disk; it is lifted while the agent waits."""
    link = await place.python(f"input(); import os\nfor _ in range(8): os.write(1, b'd' * {MIB // 4})")
    runner = place.status.runner[0]
    resource.prlimit(runner, resource.RLIMIT_FSIZE, (MIB // 2, resource.RLIM_INFINITY))
    await link.send(1, b"go\n")
    assert await read(link, MIB // 2) == b"d" * (MIB // 2)
    while not link.problem:
        await asyncio.to_thread(runners.read_status, place.directory)
    resource.prlimit(runner, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert await read(link, 3 * MIB // 2) == b"d" * (3 * MIB // 2)
    assert link.problem == ""


async def test_a_stderr_flood_is_drained_and_only_its_end_is_kept(place: Place) -> None:
    """D7: 64 MiB without a line end, nobody reads, no deadlock, at most 1 MiB kept."""
    code = f"import os\nfor _ in range(64): os.write(2, b'e' * {MIB})\nos.write(2, b'last words'); os.write(1, b'done')"
    link = await place.python(code)
    assert await read_all(link) == b"done"
    await link.wait()
    assert sum(file.stat().st_size for file in place.directory.glob("stderr*")) <= MIB
    assert link.stderr_tail(12) == "eelast words"


@pytest.mark.parametrize(
    ("command", "description"),
    [
        ("exit 0", "exit 0"),
        ("exit 3", "exit 3"),
        ("kill -9 $$", "exit 137 (SIGKILL)"),
        ("kill $$", "exit 143 (SIGTERM)"),
    ],
)
async def test_the_exit_comes_after_the_last_byte_as_code_or_signal(
    place: Place, command: str, description: str
) -> None:
    """D5."""
    link = await place.start("/bin/sh", "-c", f"echo last; {command}")
    assert await read_all(link) == b"last\n"
    assert (await link.wait()).description == description
    assert await link.stop() == ()
    assert place.status.exit == link.exit


async def test_a_child_that_holds_stdout_does_not_hide_the_agents_exit(place: Place) -> None:
    """D5: the pipe stays open, the agent is gone; stopping ends the child as well."""
    link = await place.start("/bin/sh", "-c", "sleep 300 & echo $!")
    child = processes.identity(int(await read_all(link)))
    assert (await link.wait()).code == 0
    assert is_alive(child)
    assert await link.stop() == ()
    assert not is_alive(child)


async def test_stdout_closed_by_a_living_agent_is_told(place: Place) -> None:
    """D5: no more can be heard from it, but it has not ended."""
    link = await place.python(f"import os; os.write(1, b'bye'); os.close(1); {PAUSE}")
    assert await read_all(link) == b"bye"
    assert link.output_closed
    assert link.exit is None
    assert is_alive(place.status.agent)


async def test_a_line_for_an_agent_that_closed_its_stdin_or_ended_is_refused(place: Place) -> None:
    link = await place.python(f"import os; os.close(0); os.write(1, b'closed'); {PAUSE}")
    assert await read(link, 6) == b"closed"
    await link.send(1, b"into the void\n")
    with pytest.raises(AgentFailed) as failed:
        await link.send(2, b"refused\n")
    assert failed.value.reason == "agent_closed_stdin"
    assert link.undelivered == {1}
    assert runners.line_record(place.directory) == runners.LineRecord(frozenset(), frozenset({1}), ())


async def test_a_stop_ends_double_forked_children_in_sessions_of_their_own(place: Place) -> None:
    """D21, S11: they no longer are the agent's children nor in its group, and ignore TERM."""
    code = (
        "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if not os.fork():\n os.setsid()\n if os.fork(): os._exit(0)\n"
        f" os.write(1, b'%d\\n' % os.getpid())\n os.closerange(0, 3)\n {PAUSE}\nos.wait(); {PAUSE}"
    )
    link = await place.python(code)
    hidden = processes.identity(int(await read(link, 2)))
    status, started = place.status, time.monotonic()
    assert await link.stop(0.2) == ()
    assert quiet_s(started) < 5
    assert link.exit == AgentExit(signal=signal.SIGKILL)
    assert not any(map(is_alive, (hidden, status.agent, status.runner)))


async def test_an_agent_may_say_goodbye_within_the_grace_of_a_stop(place: Place) -> None:
    """D6: TERM first; what it writes then is kept, and can still be read."""
    code = (
        "import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'bye\\n'), os._exit(7)))\n"
        "os.write(1, b'ready\\n')\nsignal.pause()"
    )
    link = await place.python(code)
    assert await read(link, 6) == b"ready\n"
    assert await link.stop() == ()
    assert await read_all(link) == b"bye\n"
    assert link.exit == AgentExit(code=7)


async def test_a_runner_that_hangs_is_killed_with_all_its_agent_started(place: Place) -> None:
    """D6, S11: nothing of a session outlives its stop, whatever state its runner is in."""
    link = await place.start("/bin/sh", "-c", "setsid sleep 300 & echo $!; trap '' TERM; wait; sleep 300")
    child, status = processes.identity(int(await read(link, 2))), place.status
    os.kill(status.runner[0], signal.SIGSTOP)
    started = time.monotonic()
    assert await link.stop(0.1) == ()
    assert quiet_s(started) < 5
    assert not any(map(is_alive, (child, status.agent, status.runner)))
    assert (await link.wait()).description == "ended with its runner"


async def test_a_status_of_an_earlier_boot_fits_no_living_process(place: Place) -> None:
    """D34: pids and start times begin anew with each boot, so what they name now is somebody else."""
    link = await place.start("cat")
    status = place.directory / "status.json"
    true = status.read_text()
    status.write_text(true.replace(processes.boot(), "an-earlier-boot"))
    assert not runners.is_running(place.directory)
    assert place.status.runner[1] == 0
    processes.kill(place.status.runner)
    processes.kill(place.status.agent)
    status.write_text(true)
    await link.send(1, b"alive\n")
    assert await read(link, 6) == b"alive\n"


async def test_a_terminated_runner_stops_its_agent(place: Place) -> None:
    link = await place.start("sleep", "300")
    os.kill(place.status.runner[0], signal.SIGHUP)
    os.kill(place.status.runner[0], signal.SIGTERM)
    assert (await link.wait()).description == "exit 143 (SIGTERM)"
    assert await read_all(link) == b""


async def test_a_runner_whose_agent_ended_leaves_when_nobody_comes_and_its_files_tell_the_rest(place: Place) -> None:
    link = await place.python("input(); print('the end')", limits=Limits(linger_s=0))
    status = place.status
    await link.send(1, b"\n")
    await link.detach()
    assert await asyncio.to_thread(processes.wait_gone, status.runner, 10)
    rest = RunnerClient.remains(place.directory, 4)
    assert await read_all(rest) == b"end\n"
    assert await rest.wait() == AgentExit(code=0)
    assert not place.socket_path.exists()


async def test_a_new_client_replaces_the_old_one(place: Place) -> None:
    """The daemon restarted; its predecessor must not go on."""
    old = await place.start("cat")
    await old.send(1, b"one\n")
    assert await read(old, 4) == b"one\n"
    new = await place.attach(4)
    with pytest.raises(AgentFailed) as failed:
        await read(old, 1)
    assert failed.value.reason == "link_replaced"
    with pytest.raises(AgentFailed):
        await old.stop()
    await new.send(2, b"two\n")
    assert await read(new, 4) == b"two\n"


async def test_noise_and_idle_connections_do_not_disturb_the_client(place: Place) -> None:
    """S7: whoever does not attach properly is dropped, at the latest when too many wait."""
    link = await place.start("cat")
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(12)]
    for number, stranger in enumerate(crowd):
        stranger.connect(str(place.socket_path))
        with_line = FRAME.pack(b"L", 5, 1) + b"evil\n"
        stranger.sendall((b"GET / HTTP/1.1\r\n\r\n", with_line, b"")[number % 3])
    await link.send(1, b"one\n")
    assert await read(link, 4) == b"one\n"
    for stranger in crowd:
        stranger.close()


async def test_the_agent_cannot_enter_its_own_runners_socket(place: Place) -> None:
    """S4, S5: it would read as the daemon, and answer its own permission requests."""
    code = (
        "import socket, sys\npeer = socket.socket(socket.AF_UNIX); peer.connect(sys.argv[1])\n"
        "try: peer.sendall(bytes.fromhex(sys.argv[2])); print(peer.recv(100), flush=True)\n"
        "except ConnectionError: print(b'', flush=True)"
    )
    link = await place.python(code, str(place.socket_path), FRAME.pack(b"A", 0, 0).hex())
    assert await read_all(link) == b"b''\n"


async def test_only_this_user_may_enter_and_nothing_secret_is_in_files_or_arguments(place: Place) -> None:
    """S7, D48: whatever the umask is."""
    mask = os.umask(0)
    try:
        link = await place.start("/bin/sh", "-c", "umask; cat", SECRET="hunter-2")
    finally:
        os.umask(mask)
    assert await read(link, 5) == b"0000\n"
    modes = {path: path.stat().st_mode & 0o777 for path in place.directory.rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert place.directory.stat().st_mode & 0o777 == 0o700
    assert place.socket_path.stat().st_mode & 0o777 == 0o600
    assert not any(b"hunter-2" in path.read_bytes() for path in modes if path.is_file())
    process = Path(f"/proc/{place.status.runner[0]}")
    assert b"hunter-2" not in (process / "cmdline").read_bytes() + (process / "environ").read_bytes()


async def test_the_agent_gets_the_given_environment_and_no_foreign_descriptor(place: Place) -> None:
    """The daemon's own environment and files stay with it."""
    with tempfile.TemporaryFile() as file:
        os.set_inheritable(file.fileno(), True)
        code = "import os; print(sorted(os.environ), sorted(map(int, os.listdir('/proc/self/fd')))[:-1], os.getcwd())"
        link = await place.start(sys.executable, "-I", "-S", "-c", code, LANG="C.UTF-8")
        assert await read_all(link) == f"['LANG', 'PATH', 'SEGUE_RUN'] [0, 1, 2] {place.root}\n".encode()


async def test_a_bare_runner_takes_at_most_twenty_megabytes(place: Place) -> None:
    """Issue 4: measured at about half of that."""
    await place.start("cat")
    resident = memory(place.status.runner[0])["VmRSS"]
    print("resident kB:", resident)
    assert resident <= 20 * 1024
