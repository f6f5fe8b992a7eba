"""What git runs in a checkout without being asked: its hooks, and the programs that its configuration names.

Knows folders and texts; decides nothing, runs nothing. Blocking.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from segue.domain.errors import SegueError
from segue.domain.runnable_files import NOTHING_HOOKED, Hooked, is_automatic
from segue.git.configured_programs import Configured, hooks_folder, links_in, read_configured, words_in
from segue.git.file_memory import look_of
from segue.git.run import Place


class Hooks:
    """Of one checkout; read again when the configuration or a folder of hooks is another one."""

    def __init__(self, place: Place, root: Path, common_dir: Path) -> None:
        self._place = place
        self._root = root
        self._common_dir = common_dir
        self._reading = threading.Lock()
        self._files: tuple[Path, ...] = ()
        self._look: tuple[object, ...] | None = None
        self._hooked = NOTHING_HOOKED

    def now(self) -> Hooked:
        """What is hooked at this moment; as it was last where git cannot tell."""
        with self._reading:
            if self._look is None or look_of(self._files) != self._look:
                try:
                    self._read()
                except SegueError:
                    self._look = None
            return self._hooked

    def _read(self) -> None:
        configured = read_configured(self._place)
        folder = hooks_folder(self._place, self._common_dir, configured)
        programs = _programs(folder)
        files = (*configured.files, folder, folder.parent, *programs)
        self._look, self._files = look_of(files), files
        self._hooked = self._found(configured, folder, programs)

    def _found(self, configured: Configured, folder: Path, programs: tuple[Path, ...]) -> Hooked:
        commands = (setting.value for setting in configured.commands)
        includes = (setting.value for setting in configured.settings if setting.key.startswith("include"))
        # A hook may itself be a link into the checkout.
        places = [below for place in (folder, *programs) for below in self._below(place)]
        words = "\n".join([*map(words_in, programs), *commands, *includes])
        return Hooked(tuple(dict.fromkeys(places)), words, self._links())

    def _links(self) -> dict[str, str]:
        links = (link for link in links_in(self._place) if is_automatic(link))
        return {below: link for link in links for below in self._below(self._root / link)[1:]}

    def _below(self, place: Path) -> list[str]:
        """A path below the checkout as it is written, and as it is without links; not of what git keeps for itself."""
        real_root = self._root.resolve()
        found = []
        for path, root in ((Path(os.path.normpath(place)), self._root), (place.resolve(), real_root)):
            if path != root and path.is_relative_to(root) and not path.is_relative_to(self._common_dir.resolve()):
                found.append(str(path.relative_to(root)))
        return found


def _programs(folder: Path) -> tuple[Path, ...]:
    """The hooks in a folder; of one that a hook manager made (`.husky/_`) also those beside it."""
    folders = (folder, folder.parent) if folder.name == "_" else (folder,)
    found = []
    for each in folders:
        try:
            found += [file for file in sorted(each.iterdir()) if file.is_file() and file.suffix != ".sample"]
        except OSError:
            continue
    return tuple(found)
