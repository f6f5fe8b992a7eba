"""The agent's process: how it starts and how it ends. Knows one child, its pipes and whatever it leaves behind; knows
nothing of what flows through the pipes. Standard library only: the runner imports it.
"""

# pathlib would cost each runner 1 MB
# ruff: noqa: PTH102, PTH106

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from segue.system import processes
from segue.system.processes import Identity

FORCE_S = 1.5
"""How long KILL is tried before what remains is reported."""
ORPHAN_GRACE_S = 0.3
"""From TERM to KILL for what an agent left behind when it ended."""
GRACE_LIMIT_S = 3.0


class StartFailed(Exception):
    """The agent could not be started: at which stage (`cwd` or `exec`), and the system's error number."""

    def __init__(self, stage: str, number: int) -> None:
        super().__init__(stage, number)
        self.stage, self.number = stage, number


class Child:
    """A process in a session of its own, its pipes (not blocking), and how it ended."""

    def __init__(self, argv: list[str], cwd: str, environment: dict[str, str], streams: str) -> None:
        """`streams` is `apart`, or `joined`: then its stderr is its stdout."""
        processes.adopt_orphans()
        theirs_in, self.stdin = os.pipe()
        self.stdout, theirs_out = os.pipe()
        self.stderr, theirs_err = os.pipe()
        report, theirs_report = os.pipe()
        runner = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            stage = "cwd"
            try:
                os.setsid()
                processes.end_with_parent(runner)
                for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
                    signal.signal(number, signal.SIG_DFL)
                os.chdir(cwd)
                errors = theirs_out if streams == "joined" else theirs_err
                for standard, descriptor in enumerate((theirs_in, theirs_out, errors)):
                    os.dup2(descriptor, standard)
                stage = "exec"
                os.execvpe(argv[0], argv, environment)
            except (OSError, ValueError, IndexError) as failed:
                os.write(theirs_report, f"{stage} {getattr(failed, 'errno', None) or 0}".encode())
            finally:
                os._exit(127)
        for descriptor in (theirs_in, theirs_out, theirs_err, theirs_report):
            os.close(descriptor)
        stage, _, error = os.read(report, 100).decode().partition(" ")
        os.close(report)
        if stage:
            os.waitpid(self.pid, 0)
            raise StartFailed(stage, int(error))
        self.identity: Identity = processes.identity(self.pid)
        self.exit: dict[str, int] | None = None
        """`{"code": n}` or `{"signal": n}` once it ended."""
        for descriptor in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(descriptor, False)
        self._scratch = environment.get("TMPDIR", "")
        self._has_made_scratch = False

    def see_to_scratch(self) -> None:
        """Make the agent's folder for temporary files again where it went with the shell that it came from."""
        if self._scratch.startswith("/") and not os.path.lexists(self._scratch):
            with suppress(OSError):
                os.mkdir(self._scratch, 0o700)
                self._has_made_scratch = True

    def tidy(self) -> None:
        """Remove what `see_to_scratch` made, if it is empty."""
        if self._has_made_scratch:
            with suppress(OSError):
                os.rmdir(self._scratch)

    def reap(self) -> bool:
        """Take the exits of the agent and of the orphans it left; False when no child is left at all."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == self.pid and self.exit is None:
                    code = os.waitstatus_to_exitcode(status)
                    self.exit = {"code": code} if code >= 0 else {"signal": -code}
                elif pid == 0:
                    return True
        return False

    def signal_group(self, number: int) -> None:
        """Only while the agent is an unreaped child: its number cannot have passed to anybody else."""
        if self.exit is None:
            with suppress(OSError):
                os.killpg(self.pid, number)


class Ending:
    """The end of a child and of all that descends from it: TERM, a grace, KILL, and a list of what remains."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._kill_at = time.monotonic() + GRACE_LIMIT_S
        self._are_orphans_warned = False
        child.signal_group(signal.SIGTERM)

    def hurry(self, grace_s: float) -> None:
        self._kill_at = min(self._kill_at, time.monotonic() + grace_s)

    def advance(self) -> list[Identity] | None:
        """Do what is due. None: not over yet. Else what could not be ended, mostly nothing."""
        if not self._child.reap():
            return []
        now = time.monotonic()
        if self._child.exit is not None and not self._are_orphans_warned:
            self._are_orphans_warned = True
            self._kill_at = min(self._kill_at, now + ORPHAN_GRACE_S)
            for process in processes.descendants():
                processes.kill(process, signal.SIGTERM)
        if now >= self._kill_at:
            self._child.signal_group(signal.SIGKILL)
            for process in processes.descendants():
                processes.kill(process)
        return processes.descendants() if now >= self._kill_at + FORCE_S else None
