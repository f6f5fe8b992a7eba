"""The folders of a checkout as the person has them, while files come and go in them. Knows bits; opens no folder.

A folder that was made for a file of the agent goes with it. One of the person's own stays, also where it is empty;
where the agent deleted the last file of it, it comes back with that file, and with the permissions that it had.
"""

from __future__ import annotations

import os
import threading

from msgspec.structs import replace

from segue.engine.pairing.link_record import LinkRecord

_CHANGING = threading.Lock()


class PersonsFolders:
    """For one file: `is_own` where the person has, or had, a file there. A `disk.Folders`."""

    def __init__(self, record: LinkRecord, *, is_own: bool) -> None:
        self._record = record
        self._is_own = is_own

    def made(self, folder: str) -> int | None:
        name = _name(folder)
        with _CHANGING:
            known = self._record.folders()
            bits = known.gone.get(name)
            if self._is_own:
                gone = {path: found for path, found in known.gone.items() if path != name}
                changed = replace(known, gone=gone, made=known.made - {name})
            else:
                changed = replace(known, made=known.made | {name})
            if changed != known:
                self._record.save_folders(changed)
        return bits

    def may_go(self, folder: str, bits: int) -> bool:
        name = _name(folder)
        with _CHANGING:
            known = self._record.folders()
            if not self._is_own and name not in known.made:
                return False
            gone = {**known.gone, name: bits} if self._is_own and name not in known.made else known.gone
            self._record.save_folders(replace(known, made=known.made - {name}, gone=gone))
        return True


def _name(folder: str) -> str:
    return os.fsencode(folder).hex()
