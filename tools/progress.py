"""Runs pytest and writes down each test as it begins and ends: `python progress.py FILE ARGUMENT…`.

So the caller can tell whether pytest makes progress, and which test does not. On SIGUSR2 the stacks of all threads are
added to the file.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from pathlib import Path
from typing import TextIO

import pytest


class Progress:
    """The plugin that writes."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._file.write(f"begins {nodeid}\n")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._file.write(f"ends {nodeid}\n")


def main() -> int:
    path, *arguments = sys.argv[1:]
    sys.path[0] = str(Path.cwd())  # as for `python -m pytest`: this folder is none of the tests' business
    with Path(path).open("a", buffering=1) as file:
        faulthandler.register(signal.SIGUSR2, file, all_threads=True)
        return pytest.main(arguments, plugins=[Progress(file)])


if __name__ == "__main__":
    sys.exit(main())
