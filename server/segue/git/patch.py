"""The difference of two commits as `git apply` takes it. Knows git's options for exact bytes; knows no session."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import IO

from segue.domain.errors import InputRefused, NotFound
from segue.domain.ids import visible
from segue.git.diff import OID, PLAIN
from segue.git.refs import objects, resolve
from segue.git.run import Place, stream
from segue.git.trees import no_room, scratch_folder

# The settings that change what `git diff` prints do not reach `diff-tree`. Ids are whole, because the length of short
# ones depends on the number of objects: the same commits always give the same bytes.
_EXACT = ("diff-tree", "-r", "-p", "--binary", "--full-index", "-M", *PLAIN, "--end-of-options")


def patch_file(common_dir: Path, old: str, new: str, limit: int) -> IO[bytes]:
    """A temporary file without a name that holds what turns the files of one commit into those of the other.

    Raises NotFound where a commit is not there, InputRefused above `limit` bytes, GitFailed.
    """
    place = objects(common_dir)
    for commit in (old, new):
        if not OID.fullmatch(commit) or resolve(place, commit) is None:
            message = f"The repository has no commit {visible(commit)[:64]}."
            raise NotFound("no_commit", message, action="Ask for the changes again.")
    try:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile(dir=scratch_folder()))
            _write(place, (*_EXACT, old, new), file, limit)
            stack.pop_all()
            return file
    except OSError as failed:
        raise no_room(failed) from failed


def _write(place: Place, args: tuple[str, ...], file: IO[bytes], limit: int) -> None:
    def take(block: bytes) -> bool:
        if file.tell() + len(block) > limit:
            raise _too_large(limit)
        file.write(block)
        return True

    stream(place, args, take).require()
    file.flush()


def _too_large(limit: int) -> InputRefused:
    return InputRefused(
        "diff_too_large",
        f"The diff is larger than {limit // 2**20} MiB.",
        action="See the files with `segue diff --stat`, or one turn with --turn; the session's worktree has all of it.",
    )
