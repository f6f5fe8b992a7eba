"""Runs a piece of a test as an ordinary user, since nothing is forbidden to root. Knows pipes; no Segue.

The user's number stays the same: so the checkout, Python and all folders may be closed to every other user.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

from support.permissions import become_ordinary_user

T = TypeVar("T")


def as_ordinary_user(work: Callable[[], T]) -> T:
    """What `work` returns, done in a child to which permissions apply, and to its commands; raises what it raises.

    What it returns has to be picklable.
    """
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
        become_ordinary_user()
        answer = True, work()
    except BaseException as failed:
        answer = False, AssertionError(f"{type(failed).__name__}: {failed}")
    with os.fdopen(writing, "wb") as out:
        out.write(pickle.dumps(answer))
    os._exit(0)
