"""G1: a session's worktree beside bare `git worktree add`. G11: `initialize` beside `python -c pass`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from machine import git, own_machine, own_places, python, repository, stop_daemon
from measure import Goal, Outcome, paired, say, timed
from segue.cli.client import Client
from segue.domain.ids import archive_ref, session_id_from
from segue.git import archive, worktrees
from segue.git import repository as repositories

INITIALIZE = Goal("G11", "initialize, second window", 5, "bridge", "python -c pass")
COLD = Goal("G11", "initialize, first window", 10, "bridge and daemon", "python -c pass")


def worktree_start(files: int) -> Outcome:
    """G1 on a repository with that many files; no pool of warm worktrees is built yet."""
    goal = Goal("G1", f"session start, {files:,} files", 0.02, "segue", "git worktree add")
    with own_machine() as root:
        say(f"G1: making a repository of {files:,} files")
        made = repository(root / "repository", files)
        facts = repositories.inspect(made)
        head = facts.head.commit
        number = 0

        def ours() -> float:
            nonlocal number
            number += 1
            session_id = session_id_from(number.to_bytes(8, "big"))
            path = root / "ours" / session_id / "repository"
            taken = timed(lambda: worktrees.create(facts, session_id, head, path))
            made_here = worktrees.open_worktree(session_id, path, facts.common_dir)
            archive.capture(made_here, archive_ref(session_id, 1), "Bench")
            worktrees.remove(made_here)
            return taken

        def theirs() -> float:
            path = root / f"theirs{number}"
            taken = timed(lambda: git(made, "worktree", "add", "-q", "-b", f"theirs{number}", str(path)))
            shutil.rmtree(path)
            git(made, "worktree", "prune")
            return taken

        return paired(goal, ours, theirs)


def warm_start() -> Outcome:
    """A second window: bridge to a running daemon, until `initialize` is answered."""
    with own_machine(), Client.connected(own_places(), name="first") as first:
        first.request("segue/status", {})
        return paired(INITIALIZE, initialize_through_bridge, lambda: timed(lambda: python("-c", "pass")), 9)


def cold_start() -> Outcome:
    """The first window: no daemon runs."""

    def ours() -> float:
        stop_daemon()
        return initialize_through_bridge()

    with own_machine():
        return paired(COLD, ours, lambda: timed(lambda: python("-c", "pass")), 5)


def initialize_through_bridge() -> float:
    """Seconds from starting `segue lsp` to the answer of `initialize`."""
    body = (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{},'
        b'"initializationOptions":{"segue":{"client":"bench","protocol":1,"showsPermissions":true}}}}'
    )
    segue = str(Path(sys.executable).parent / "segue")
    start = time.perf_counter()
    with subprocess.Popen([segue, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bridge:
        assert bridge.stdin is not None and bridge.stdout is not None
        bridge.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        bridge.stdin.flush()
        header = bridge.stdout.readline()
        taken = time.perf_counter() - start
        assert header.startswith(b"Content-Length"), header
        bridge.stdin.close()
        bridge.stdout.read()
    return taken
