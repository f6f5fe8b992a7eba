"""G6, G7, G9: what many talking agents cost, and what a client feels meanwhile.

The agents are real processes under real runners. The raw pipe is one process that reads the same lines from as many
pipes and does nothing with them; its share per event is the unit of G6.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from machine import client, own_machine, own_places, repository
from measure import Goal, Outcome, percentile, say
from segue import connect
from segue.cli.client import Client

AGENTS = 40
RATE = 100
"""Events per second of each agent."""
SECONDS = 6.0
TALKER = Path(__file__).parent / "talker.py"
TICKS = os.sysconf("SC_CLK_TCK")

CPU = Goal("G6", f"CPU per event, {AGENTS} agents × {RATE}/s", 4.5, "daemon", "raw pipe")
LATENCY = Goal("G7", "p99 of segue/status under that load", 6, "under load", "idle")
STALL = Goal("G9", "slowest segue/status while a client stalls for 3 s", 20, "gap", "of 1 ms")


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def raw_pipe_cost() -> float:
    """CPU seconds per line of reading the same traffic from pipes, in an event loop that does nothing else."""
    talkers = [
        subprocess.Popen([sys.executable, str(TALKER), "--raw", str(RATE), str(SECONDS)], stdout=subprocess.PIPE)
        for _ in range(AGENTS)
    ]
    used = asyncio.run(_read_pipes(talkers))
    for talker in talkers:
        talker.communicate()
    return used


async def _read_pipes(talkers: list[subprocess.Popen[bytes]]) -> float:
    loop, lines, open_pipes = asyncio.get_running_loop(), 0, AGENTS
    all_closed = asyncio.Event()

    def read(handle: int) -> None:
        nonlocal lines, open_pipes
        data = os.read(handle, 65536)
        lines += data.count(b"\n")
        if not data:
            loop.remove_reader(handle)
            open_pipes -= 1
            if not open_pipes:
                all_closed.set()

    before = time.process_time()
    for talker in talkers:
        assert talker.stdout is not None
        loop.add_reader(talker.stdout.fileno(), read, talker.stdout.fileno())
    await all_closed.wait()
    return (time.process_time() - before) / lines


def measure() -> list[Outcome]:
    """All three figures from one daemon, in windows of their own."""
    with own_machine() as root:
        made = repository(root / "repository", 20)
        define_talker(root / "data")
        with client() as first:
            pid = first.request("segue/status", {})["pid"]
            idle = latencies(first, 2.0)
            say(f"G6-G9: starting {AGENTS} agents")
            start_agents(first, made)
            before = cpu_seconds(pid)
            select.select([], [], [], SECONDS)
            used = cpu_seconds(pid) - before
            busy = latencies(first, SECONDS)
            stalled = stall(first)
            for session in first.request("segue/session/list", {})["sessions"]:
                first.request("segue/session/stop", {"sessionId": session["id"]})
        raw = raw_pipe_cost()
    per_event = used / (AGENTS * RATE * SECONDS)
    p99 = percentile(busy, 99), percentile(idle, 99)
    return [
        Outcome(CPU, per_event * 1000, raw * 1000, per_event / raw),
        Outcome(LATENCY, p99[0] * 1000, p99[1] * 1000, p99[0] / p99[1]),
        Outcome(STALL, max(stalled) * 1000, 1.0, max(stalled) * 1000),
    ]


def define_talker(data: Path) -> None:
    """An agent definition as a user would write it; all that there are work at once."""
    agents = data / "agents"
    for folder in (data, agents):
        folder.mkdir(mode=0o700)
    (data / "settings.toml").write_text("[sessions]\nmax_running = 0\n")
    command = [sys.executable, "-I", str(TALKER)]
    (agents / "talker.toml").write_text(f'name = "talker"\ntitle = "Talker"\ncommand = {command!r}\n')


def start_agents(first: Client, made: Path) -> None:
    """Sessions that all talk from now on, and one client that follows them like a panel does."""
    for _ in range(AGENTS):
        words = {"repository": str(made), "agent": "talker", "prompt": f"{RATE} 60"}
        first.request("segue/session/new", words)
    while first.request("segue/status", {})["running"] < AGENTS:
        select.select([], [], [], 0.1)
    first.request("segue/subscribe", {"resource": "sessions"})


def latencies(asked: Client, seconds: float) -> list[float]:
    """How long each of many small requests takes, one after another."""
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        asked.request("segue/status", {})
        taken.append(time.perf_counter() - start)
        select.select([], [], [], 0.002)
    return taken


def stall(asked: Client) -> list[float]:
    """Latencies of one client while another follows everything and reads nothing."""
    peer = connect.connect(own_places())
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with Client.over(peer, name="stalled") as stalled:
        for session in asked.request("segue/session/list", {})["sessions"]:
            stalled.request("segue/subscribe", {"resource": f"session/{session['id']}"})
        stalled.request("segue/subscribe", {"resource": "sessions"})
        return latencies(asked, 3.0)
