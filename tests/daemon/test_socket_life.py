"""How a daemon starts, is found, stays and ends, with real processes and a stand-in for the engine."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest

from daemon.wire_tools import LIMIT_S, STAND_IN, Ended, Home, Wire, ended, framed, home, read_message
from faults import drill
from segue import connect, endpoint, places
from segue.daemon_server import IDLE_EXIT_S, idle_exit_s
from segue.domain.errors import DaemonUnavailable
from support.patience import scaled

INITIALIZE = framed({"id": 1, "method": "initialize", "params": {"capabilities": {}}})
STATUS = framed({"id": 2, "method": "segue/status", "params": {}})
MANY = drill.length(10, 50)
"""Starters at once; fifty in `make faults DRILLS=starters`."""


@pytest.fixture
def place() -> Iterator[Home]:
    with home() as made:
        yield made


def pid_behind(bridge: Any) -> int:
    """Speak through a bridge; returns the pid of the daemon that answers."""
    bridge.stdin.write(INITIALIZE + STATUS)
    bridge.stdin.flush()
    assert "result" in read_message(bridge.stdout)
    return int(read_message(bridge.stdout)["result"]["pid"])


def test_many_windows_at_once_start_one_daemon(place: Home) -> None:
    """D34."""
    bridges = [place.bridge() for _ in range(MANY)]
    pids = {pid_behind(bridge) for bridge in bridges}
    assert pids == {place.entry().pid}
    assert place.daemons() == [*pids]
    print(f"starters: {MANY} windows at once, one daemon")


def test_of_many_daemons_one_stays_and_the_others_say_success(place: Home) -> None:
    """D34."""
    processes = [place.start(*STAND_IN) for _ in range(MANY)]
    handles = {os.pidfd_open(process.pid): process for process in processes}
    while len(handles) > 1:
        gone, _, _ = select.select([*handles], [], [], scaled(LIMIT_S))
        assert gone
        for handle in gone:
            assert handles.pop(handle).wait() == 0
            os.close(handle)
    [(handle, owner)] = handles.items()
    os.close(handle)
    assert place.entry().pid == owner.pid
    with place.client() as wire:
        assert wire.ask("segue/status")["result"]["pid"] == owner.pid


def test_a_slow_disk_is_not_taken_for_one_that_cannot_be_written(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Met on a busy machine: the lock's time limit went off while its file was opened, and the start was refused."""
    place.places.prepare()
    open_at_once = os.open

    def open_slowly(*words: Any, **named: Any) -> int:
        select.select([], [], [], 0.05)
        return open_at_once(*words, **named)

    monkeypatch.setattr(connect.os, "open", open_slowly)
    handle = endpoint.claim(place.places)
    assert handle is not None
    os.close(handle)


def test_stale_files_never_block_a_start_and_nobody_is_signalled(place: Home) -> None:
    """D34: the pid in the entry file belongs to somebody else by now."""
    stranger = place.start("cat")
    place.places.prepare()
    Path(place.places.entry).write_bytes(connect.Entry(stranger.pid, 1, "0", "old", place.places.socket).to_bytes())
    Path(place.places.socket).touch()
    Path(place.places.lock).write_text(str(stranger.pid))
    Path(place.places.starting).touch()
    Path(f"{place.places.entry}.new").write_text("torn")
    assert pid_behind(place.bridge()) == place.entry().pid != stranger.pid
    assert stranger.poll() is None


@pytest.mark.parametrize("text", [b"", b"\n\n\n\n\n", b"x\n1\n1\n1\n/tmp/x\n", b"\xff" * 99, b"1\n1\n1\nt\n\0\n"])
def test_a_torn_entry_counts_as_none(place: Home, text: bytes) -> None:
    place.places.prepare()
    Path(place.places.entry).write_bytes(text)
    assert connect.attach(place.places) is None


def test_an_entry_that_others_could_write_is_refused(place: Home) -> None:
    """S7."""
    place.places.prepare()
    Path(place.places.entry).touch()
    Path(place.places.entry).chmod(0o666)
    with pytest.raises(DaemonUnavailable, match="could have written") as refused:
        connect.attach(place.places)
    assert refused.value.reason == "entry_foreign"


def test_a_killed_daemon_ends_its_bridges_and_the_next_one_starts_anew(place: Home) -> None:
    """D30."""
    bridge = place.bridge()
    first = pid_behind(bridge)
    assert ended(first, SIGKILL)
    assert bridge.wait(scaled(LIMIT_S)) == 0
    assert Path(place.places.entry).exists(), "it left its files"
    assert pid_behind(place.bridge()) not in {first, 0}


def test_the_daemon_is_no_child_of_the_window(place: Home) -> None:
    """Some editors kill their language server with all its descendants."""
    bridge = place.bridge()
    pid = pid_behind(bridge)
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    parent, session = int(fields[1]), int(fields[3])
    assert parent not in {bridge.pid, os.getpid()}
    assert session == pid
    bridge.kill()
    bridge.wait()
    with place.client() as wire:
        assert wire.ask("segue/status")["result"]["pid"] == pid


def test_a_bridge_ends_with_its_editor(place: Home) -> None:
    bridge = place.bridge()
    pid = pid_behind(bridge)
    bridge.stdin.close()
    assert bridge.wait(scaled(LIMIT_S)) == 0
    assert place.daemons() == [pid]


def test_exit_ends_the_bridge(place: Home) -> None:
    bridge = place.bridge()
    pid_behind(bridge)
    bridge.stdin.write(framed({"id": 3, "method": "shutdown"}) + framed({"method": "exit"}))
    bridge.stdin.flush()
    assert read_message(bridge.stdout)["result"] is None
    assert bridge.wait(scaled(LIMIT_S)) == 0
    with pytest.raises(Ended):
        read_message(bridge.stdout)


def test_it_ends_when_it_was_idle_long_enough(place: Home) -> None:
    process = place.stand_in(SEGUE_IDLE_EXIT_S="0.2")
    with place.client() as wire:
        assert not select.select([wire.socket], [], [], 0.5)[0], "not while a client is connected"
    assert process.wait(scaled(LIMIT_S)) == 0
    assert not Path(place.places.entry).exists()
    assert not Path(place.places.socket).exists()


def test_it_stays_while_something_runs(place: Home) -> None:
    process = place.stand_in(SEGUE_IDLE_EXIT_S="0.05", SEGUE_TEST_BUSY="1")
    handle = os.pidfd_open(process.pid)
    try:
        assert not select.select([handle], [], [], 0.5)[0]
    finally:
        os.close(handle)


@pytest.mark.parametrize(
    ("setting", "seconds"), [(None, IDLE_EXIT_S), ("x", IDLE_EXIT_S), ("-1", IDLE_EXIT_S), ("3", 3)]
)
def test_the_idle_time_is_a_setting(setting: str | None, seconds: float) -> None:
    assert idle_exit_s(setting) == seconds
    assert idle_exit_s("inf") > 1e9


def test_sigterm_closes_everything(place: Home) -> None:
    process = place.stand_in()
    with place.client() as wire:
        wire.send(id=9, method="segue/session/show", params={"sessionId": "slow"})
        process.send_signal(SIGTERM)
        assert wire.is_ended()
    assert process.wait(scaled(LIMIT_S)) == 0
    assert not Path(place.places.entry).exists()
    assert not Path(place.places.socket).exists()


def test_stop_is_answered_then_done(place: Home) -> None:
    process = place.stand_in()
    with place.wire() as wire, place.client() as other:
        assert "result" in wire.ask("initialize", {"capabilities": {}}), "a client of any version can stop it"
        assert "result" in wire.ask("segue/daemon/stop")
        assert wire.is_ended()
        assert other.is_ended()
    assert process.wait(scaled(LIMIT_S)) == 0


def test_an_engine_that_does_not_open_is_said_and_tried_again(place: Home) -> None:
    """D31: no crash loop, and it recovers by itself."""
    obstacle = place.root / "obstacle"
    obstacle.touch()
    process = place.stand_in(SEGUE_TEST_BROKEN=str(obstacle))
    with place.wire() as wire:
        response = wire.begin()
        if "result" in response:  # answered before it was known
            response = wire.ask("segue/status")
        assert response["error"]["code"] == -32803
        assert response["error"]["data"] == {
            "reason": "disk_full",
            "message": "The journal cannot be written.",
            "action": "Make room.",
            "details": {},
        }
    assert process.wait(scaled(LIMIT_S)) == 0, "one that can serve nothing does not stay"
    obstacle.unlink()
    assert pid_behind(place.bridge())


def test_a_broken_installation_is_said(place: Home) -> None:
    place.stand_in(SEGUE_TEST_NOT_INSTALLED="1")
    with place.wire() as wire:
        response = wire.begin()
        if "result" in response:
            response = wire.ask("segue/status")
        assert response["error"]["data"]["reason"] == "engine_not_opened"
        assert "secret" not in str(response)


def test_it_is_found_again_after_a_cleaner_of_tmp(place: Home) -> None:
    process = place.stand_in(SEGUE_IDLE_EXIT_S="1")
    with place.client():
        Path(place.places.socket).unlink()
        assert pid_behind(place.bridge()) == process.pid


def test_a_removed_directory_for_sockets_is_made_again(place: Home) -> None:
    process = place.stand_in(SEGUE_IDLE_EXIT_S="1")
    with place.client():
        shutil.rmtree(place.root / "r")
        assert pid_behind(place.bridge()) == process.pid


def test_where_the_directory_for_sockets_cannot_be_made_again_the_usual_one_is_taken(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Met with XDG_RUNTIME_DIR, whose parent goes with the last login."""
    (place.root / "u").mkdir()
    monkeypatch.setattr(places, "_usual_runtime", lambda: str(place.root / "u"))
    moving = places.Places(place.root / "d", place.root / "r")
    moving.prepare()
    shutil.rmtree(place.root / "r")
    (place.root / "r").touch()
    moving.prepare_again()
    assert Path(moving.socket).parent == place.root / "u"


def test_a_daemon_whose_data_directory_was_made_anew_leaves_it_to_the_next_one(place: Home) -> None:
    """Two daemons took the socket from each other for ever."""
    older = place.stand_in(SEGUE_IDLE_EXIT_S="1", SEGUE_TEST_BUSY="1")
    with place.client() as wire:
        shutil.rmtree(place.root / "d")
        newer = pid_behind(place.bridge())
        assert newer != older.pid
        assert older.wait(LIMIT_S) == 0
        assert wire.is_ended()
    assert place.daemons() == [newer]
    assert place.entry().pid == newer
    assert pid_behind(place.bridge()) == newer


def test_a_daemon_whose_data_directory_is_gone_ends_and_says_so(place: Home) -> None:
    older = place.stand_in(SEGUE_IDLE_EXIT_S="1")
    with place.client() as wire, place.client() as other:
        wire.send(id=8, method="segue/session/show", params={"sessionId": "slow"})
        command = {"command": "segue.session.show", "arguments": [{"sessionId": "slow"}]}
        wire.send(id=9, method="workspace/executeCommand", params=command)
        assert "result" in wire.ask("segue/status"), "both run"
        (place.root / "d").rename(place.root / "elsewhere")
        with Wire(place.places.socket):  # whoever knocks makes it look at once
            assert older.wait(LIMIT_S) == 0
        assert other.is_ended()
        for number in (8, 9):
            assert wire.answer(number)["error"]["data"]["reason"] == "data_directory_gone"
        assert wire.is_ended()


def test_a_lock_file_that_was_removed_alone_is_made_again(place: Home) -> None:
    process = place.stand_in(SEGUE_IDLE_EXIT_S="1")
    with place.client() as wire:
        Path(place.places.lock).unlink()
        with place.client():
            assert wire.ask("segue/status")["result"]["pid"] == process.pid
        with pytest.raises(BlockingIOError):
            connect.lock_file(place.places.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert process.poll() is None


def test_a_daemon_that_neither_listens_nor_ends_is_named(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "OWNER_ENDS_S", 1)
    place.places.prepare()
    held = connect.lock_file(place.places.lock, fcntl.LOCK_EX)
    try:
        with pytest.raises(DaemonUnavailable, match="does not end either") as refused:
            endpoint.claim(place.places)
        assert refused.value.reason == "daemon_hangs"
    finally:
        os.close(held)


@pytest.mark.parametrize("umask", ["000", "777"])
def test_modes_do_not_depend_on_the_umask(place: Home, umask: str) -> None:
    """D48."""
    bridge = place.bridge("sh", "-c", f'umask {umask}; exec "$@"', "sh", *STAND_IN, "bridge")
    assert pid_behind(bridge)
    for folder in (place.root / "d", place.root / "r"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_where_no_daemon_can_be_started_the_bridge_says_why(place: Home) -> None:
    """D32."""
    (place.root / "d").write_text("a file")
    bridge = place.bridge()
    _, said = bridge.communicate(INITIALIZE, scaled(LIMIT_S))
    assert bridge.returncode == 1
    assert said.decode().count("\n") == 1
    assert "cannot be used" in said.decode()
    assert "SEGUE_DATA_DIR" in said.decode()


def test_a_daemon_that_dies_at_its_start_is_reported_with_its_log(place: Home) -> None:
    code = "from segue import bridge, connect; connect.COMMAND = ['-c', 'raise SystemExit(\"broken\")']; bridge.main()"
    bridge = place.bridge(sys.executable, "-c", code)
    _, said = bridge.communicate(INITIALIZE, scaled(LIMIT_S))
    assert "could not be started" in said.decode()
    assert place.places.start_log in said.decode()
    assert Path(place.places.start_log).read_text() == "broken\n"


def test_a_folder_named_segue_is_never_imported(place: Home) -> None:
    """S4: editors start language servers in the folder that is open."""
    trap = place.root / "segue"
    trap.mkdir()
    for name in ("__init__", "daemon", "bridge", "cli"):
        (trap / f"{name}.py").write_text("open('caught', 'w')\n")
    bridge = place.bridge(str(Path(sys.executable).with_name("segue")), "lsp")
    assert pid_behind(bridge)
    assert not (place.root / "caught").exists()
