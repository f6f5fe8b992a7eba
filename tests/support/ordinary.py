"""Runs a piece of a test as an ordinary user, since nothing is forbidden to root. Knows users and pipes; no Segue."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
NOBODY = 65534


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter and write in: those of pytest are for the one that runs the tests."""
    root = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp"))  # others may not enter the folder of a test run
    root.chmod(0o777)
    try:
        yield root
    finally:
        for folder, _, _ in os.walk(root):
            Path(folder).chmod(0o700)  # before it is listed: os.walk goes from the top down
        shutil.rmtree(root)


def as_ordinary_user(work: Callable[[], T]) -> T:
    """What `work` returns, done in a child that is not root; raises what it raises. Both have to be picklable."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _report(writing, work)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    assert said, "the child ended without an answer"
    is_done, result = pickle.loads(said)
    if not is_done:
        raise result
    return result  # type: ignore[no-any-return]


def _report(writing: int, work: Callable[[], object]) -> None:
    answer: tuple[bool, object]
    try:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        answer = True, work()
    except BaseException as failed:
        answer = False, AssertionError(f"{type(failed).__name__}: {failed}")
    with os.fdopen(writing, "wb") as out:
        out.write(pickle.dumps(answer))
    os._exit(0)
