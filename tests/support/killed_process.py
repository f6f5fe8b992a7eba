"""Kills an engine at one named point of its work, as SIGKILL kills a daemon. Knows audit events and SQL statements.

Run as a program it is a nursery: it has everything imported, and forks a child for each line of JSON on its standard
input (`Job`). Points are named by what is about to happen and where in Segue: `os.rename record.py:_write`. A child
that reaches none of those ends in good order. What is in the editor's buffers stands in `Job.buffers` all the time.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from segue.domain.pairing.edits import Edit
from segue.engine.pairing.buffers import Applied, Closed, Document, Origin, Stale
from support.editor import Editor
from support.patience import scaled

WRITES = frozenset(
    ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod", "os.truncate", "shutil.rmtree")
)
REFS = frozenset(("update-ref",))
"""Commands of git that are points; all the others make objects, which nobody sees."""

Point = tuple[str, int]
"""A name, and which of its occurrences, from 1."""


@dataclass
class Job:
    """What a child does: `work` names an entry of the scenario's `WORKS`."""

    root: str
    project: str
    session_id: str
    buffers: str
    work: str
    kill_at: Point | None = None
    gone_at: Point | None = None
    """Where its window goes; the engine lives on."""


class KeptEditor(Editor):
    """An editor whose buffers outlive the engine that talks to it."""

    def keep_in(self, file: Path, met: Callable[[str], None]) -> None:
        self.file, self.met = file, met

    async def apply(self, path: Path, version: int, edits: Sequence[Edit], label: str) -> Applied | Stale | Closed:
        self.met("an edit of a buffer")
        applied = await super().apply(path, version, edits, label)
        self.met("the answer to an edit of a buffer")
        return applied

    def _change(self, document: Document, text: str, edits: tuple[Edit, ...], origin: Origin) -> Document:
        changed = super()._change(document, text, edits, origin)
        write(self, self.file)
        return changed


def write(editor: Editor, file: Path) -> None:
    """The texts of all buffers."""
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps({str(path): each.text for path, each in editor.open_documents.items()}))
    beside.replace(file)


def reopen(editor: Editor, file: Path) -> None:
    """Open what another editor had, in one whose server was started anew."""
    for path, text in json.loads(file.read_text()).items():
        editor.open_text(Path(path), text, None)


class Points:
    """Counts points from `arm` on, and kills this process at one of them."""

    def __init__(self, job: Job) -> None:
        buffers = Path(job.buffers)
        self.is_armed = False
        self.met: list[Point] = []
        self.on_gone: Callable[[], object] = lambda: None
        self._kill_at, self._gone_at = job.kill_at, job.gone_at
        self._others = {str(buffers), str(buffers.with_suffix(".new")), os.devnull}
        self._counts: Counter[str] = Counter()
        sys.addaudithook(self._hear)
        connect = sqlite3.connect

        def heard(*words: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*words, **options)
            connection.set_trace_callback(self._hear_statement)
            return connection

        sqlite3.connect = heard

    def meet(self, name: str) -> None:
        if not self.is_armed:
            return
        self._counts[name] += 1
        self.met.append((name, self._counts[name]))
        if self._kill_at == (name, self._counts[name]):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._gone_at == (name, self._counts[name]):
            self.on_gone()

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_armed:
            return
        if event == "open":
            path, _, flags = arguments
            is_for_writing = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
            if is_for_writing and isinstance(path, str) and path not in self._others:
                self.meet(f"open {_where(sys._getframe())}")
        elif event in WRITES and not self._others & set(map(str, arguments)):
            self.meet(f"{event} {_where(sys._getframe())}")
        elif event == "subprocess.Popen" and REFS & {str(word) for word in arguments[1]}:
            self.meet(f"git update-ref {_where(sys._getframe())}")

    def _hear_statement(self, statement: str) -> None:
        verb = statement.split(maxsplit=1)[0].upper()
        if verb in {"BEGIN", "COMMIT"}:
            self.meet(f"{verb} of the journal")


def _where(frame: FrameType | None) -> str:
    """The innermost two functions of Segue that led here."""
    found: list[str] = []
    while frame is not None and len(found) < 2:
        if "/segue/" in frame.f_code.co_filename and "/git/run" not in frame.f_code.co_filename:
            found.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(found)


class Nursery:
    """The program from outside; use it as a context."""

    def __init__(self, scenario: str) -> None:
        words = [
            sys.executable,
            "-c",
            f"from support import killed_process as k; import {scenario} as s; k.serve(s.WORKS)",
        ]
        paths = os.pathsep.join([str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": paths}
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, job: Job) -> list[Point] | None:
        """None where the child was killed; else the points that it met."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["status"] in {"killed", "done"}, answer
        return None if answer["status"] == "killed" else [(name, number) for name, number in answer["points"]]

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(scaled(30))


def serve(works: dict[str, Callable[[Job, Points], Any]]) -> None:
    """The program itself."""
    for line in sys.stdin:
        job = Job(**json.loads(line))
        job.kill_at, job.gone_at = (at and (at[0], at[1]) for at in (job.kill_at, job.gone_at))
        said = Path(job.buffers).with_name("points.json")
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                points = Points(job)
                asyncio.run(works[job.work](job, points))
                said.write_text(json.dumps(points.met))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        _, code = os.waitpid(pid, 0)
        is_killed = os.WIFSIGNALED(code) and os.WTERMSIG(code) == signal.SIGKILL
        status = "killed" if is_killed else "done" if code == 0 else f"failed with {code}"
        points = json.loads(said.read_text()) if status == "done" else []
        print(json.dumps({"status": status, "points": points}), flush=True)


def put_back(copy: Path, place: Path) -> None:
    """A folder as it was when it was copied."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(copy, place, symlinks=True)
