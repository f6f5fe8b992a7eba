"""Entry point of `segue`. Knows exit codes and how errors are shown; knows nothing of what a verb does.

Importing it must stay cheap (standard library, names, errors): verbs are imported when they run.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence

from segue.cli import overview
from segue.cli.arguments import parser
from segue.cli.call import Call
from segue.cli.output import Output, inert
from segue.domain.errors import DaemonUnavailable, SegueError

FAILED, NO_DAEMON, INTERRUPTED, READER_GONE = 1, 3, 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code says how it went: see `segue --help`."""
    verbs = parser()
    options = verbs.parse_args(arguments)
    if options.verb is None:
        overview.show(Output(), verbs)
        return 0
    try:
        module, _, function = options.run.partition(":")
        run: Callable[[Call], int] = getattr(importlib.import_module(module), function)
        with Call(options, Output()) as call:
            return run(call)
    except SegueError as error:
        _complain(error, as_json=options.json)
        return NO_DAEMON if isinstance(error, DaemonUnavailable) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return READER_GONE
    except Exception as mistake:
        if os.environ.get("SEGUE_DEBUG"):
            raise
        message = f"Segue made a mistake ({type(mistake).__name__}: {mistake})."
        action = "Nothing more was sent. SEGUE_DEBUG=1 shows where; please report it."
        _complain(SegueError("internal_error", message, action=action), as_json=options.json)
        return FAILED


def _complain(error: SegueError, *, as_json: bool) -> None:
    """Say what happened and what to do, on the error stream."""
    if as_json:
        shown = {"reason": error.reason, "message": error.message, "action": error.action, "details": error.details}
        Output(sys.stderr).json(shown)
        return
    out = Output(sys.stderr)
    out.line(f"{out.paint('segue:', None)} {inert(error.message)}")
    if error.action:
        out.line(f"       {inert(error.action)}")
