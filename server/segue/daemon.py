"""The daemon's first steps: one per user and data directory, found through its door before anything heavy is imported.
Knows the order of a start; what happens then is `daemon_server`'s.
"""

# ruff: noqa: PTH100, PTH120 - pathlib is late here too, see places.py

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Sequence

if __name__ == "__main__":  # started by path and isolated: its own package is found behind the standard library
    _before = next((at for at, entry in enumerate(sys.path) if entry.endswith("-packages")), len(sys.path))
    sys.path.insert(_before, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from segue import places as locations
from segue.connect import OTHER, READY, hold_start, own_environment
from segue.domain.errors import DaemonUnavailable
from segue.endpoint import Claim, Door, claim
from segue.lsp.handshake import Opening

Options = dict[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Be the daemon until it ends; the exit status is 0 too where another one runs already, 1 where none can.

    `--detach` leaves the terminal. `--ready-fd N` is told `ready`, or in three lines why not. `--starting-fd N` is the
    start lock, held by whoever starts this process.
    """
    options = _options(sys.argv[1:] if arguments is None else arguments)
    if "--detach" in options:
        _detach()
    os.chdir("/")
    tell = _teller(options)
    try:
        places = locations.find()
        places.prepare()
        starting = int(options["--starting-fd"]) if "--starting-fd" in options else hold_start(places)
        lock = claim(places)
        if lock is None:
            tell(OTHER)
            return 0
        held, door = Claim(places, lock), Door(places)
    except DaemonUnavailable as failed:
        tell(f"{failed.reason}\n{failed.message}\n{failed.action}")
        return 1
    tell(READY)
    fcntl.flock(starting, fcntl.LOCK_UN)  # closing would not do: whoever started us shares the open file
    os.close(starting)
    _forget_window(places)
    opening = Opening(door.token)
    peer = door.greet_first(opening) if "--detach" in options else None

    from segue import logs

    logs.start(places.log)
    if "--detach" in options:
        logs.take_stderr()
    from segue.daemon_server import FirstClient, Home, serve

    return serve(Home(places, held, door), FirstClient(peer, opening) if peer is not None else None)


def _detach() -> None:
    """Go on as a child of init, without a terminal: some editors kill their language server with all its children."""
    if os.fork():
        os._exit(0)
    os.setsid()


def _forget_window(places: locations.Places) -> None:
    """Keep nothing of the environment of whoever started us: sessions bring their own window's."""
    kept = own_environment(os.environ) | {"TMPDIR": places.scratch}
    os.environ.clear()
    os.environ.update(kept)


def _options(arguments: Sequence[str]) -> Options:
    """Flags with their values; by hand, because `argparse` takes as long as all the rest until the door is open."""
    options: Options = {}
    left = iter(arguments)
    for flag in left:
        options[flag] = next(left, "") if flag.endswith("-fd") else ""
    return options


def _teller(options: Options) -> Callable[[str], None]:
    """Where the one word goes that says how the start went: to who waits on a pipe, else to a person."""
    if "--ready-fd" not in options:
        return _tell_person
    handle = int(options["--ready-fd"])

    def tell(word: str) -> None:
        try:
            os.write(handle, os.fsencode(word))
        except BrokenPipeError:  # it no longer waits
            pass
        finally:
            os.close(handle)

    return tell


def _tell_person(word: str) -> None:
    if word == OTHER:
        sys.stderr.write("segue: A daemon runs already; this one is not needed.\n")
    elif word != READY:
        sys.stderr.write(f"segue: {' '.join(word.partition(chr(10))[2].split())}\n")


if __name__ == "__main__":
    sys.exit(main())
