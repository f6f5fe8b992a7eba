"""What of a link is shown, however much there is of it (D39). Knows limits and what was shown last; decides nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from segue.domain.ids import visible
from segue.domain.pairing.text_format import decode
from segue.domain.pairing.whole_files import Side
from segue.domain.session import Session
from segue.engine.api import link_views
from segue.engine.pairing import file_marks
from segue.engine.pairing.link import Link
from segue.engine.pairing.link_record import FileState
from segue.protocol import pairing

WINDOW_AWAY = (
    "The window whose buffers took part is gone. Nothing flows until it is back; linking again goes on without it."
)
ENDING = "It goes to the background; what the agent changed leaves your files as soon as their window is back."
GIT_BUSY = "Git is at work in the checkout, or in the middle of a merge or a rebase. Nothing flows until it is done."
FILES_LIMIT = 500
"""Files of a link that are shown at once; more follow as they are decided on."""
CHARACTERS_LIMIT = 2 * 1024 * 1024
"""Characters of all that is shown; the rest stands there with its name and what happened, without its lines."""
PAUSE_S = 0.5
"""Between two looks at a link with more files than are shown."""
TOO_LONG = "Its lines are not shown beside so many others. Review it as a file."

_Seen = tuple[FileState, str, pairing.LinkFileView | None]


@dataclass(slots=True)
class Shown:
    """What was shown last, so that nothing is worked out twice."""

    version: int
    is_running: bool
    view: pairing.LinkView
    files: dict[str, _Seen] = field(default_factory=dict)
    seen: dict[tuple[frozenset[str], Path, frozenset[tuple[str, str]]], pairing.LinkView] = field(default_factory=dict)
    """The same by what stands in other windows, by the client's name of the checkout, and of what it has linked."""
    is_all: bool = True
    at: float = field(default_factory=time.monotonic)
    is_due: bool = False
    """Somebody waits for the next look."""

    @property
    def rests_s(self) -> float:
        """How long it stays good enough to be shown, although something changed."""
        return 0.0 if self.is_all else max(0.0, self.at + PAUSE_S - time.monotonic())


def look(link: Link, session: Session, known: dict[str, _Seen]) -> Shown:
    """A link as it is now; what is `known` and the same is taken from there."""
    files = _files(link, known)
    found = [shown for _, _, shown in files.values() if shown is not None]
    open_files = max(len(link.room.open) if len(files) == FILES_LIMIT else 0, len(files))
    unshared = link.has_typed or bool(link.room.unshared)
    view = pairing.LinkView(
        session_id=session.id,
        checkout=str(link.checkout),
        files=_bounded(found),
        comments=[link_views.comment_view(link.checkout, comment) for comment in link.stored.comments],
        notices=_notices(link, open_files),
        can_share=unshared and not session.is_turn_running,
    )
    return Shown(link.version, session.is_turn_running, view, files, is_all=open_files <= FILES_LIMIT)


def _files(link: Link, known: dict[str, _Seen]) -> dict[str, _Seen]:
    opened = {str(document.path.relative_to(link.checkout)) for document in link.windows.documents()}
    found: dict[str, _Seen] = {}
    for path in sorted(link.room.open | opened):
        file = link.files.get(path)
        state = file.state if file is not None else None
        if (
            file is None
            or state is None
            or not file_marks.is_open(state, file.message)
            or link.room.is_decided_with(path)
        ):
            continue
        old = known.get(file.path)
        if old is not None and old[0] is state and old[1] == file.message:
            found[file.path] = old
        else:
            view = link_views.file_view(link.checkout, state, file.message)
            found[file.path] = (state, file.message, _with_texts(link, state, view))
        if len(found) == FILES_LIMIT:
            break
    return found


def _with_texts(link: Link, state: FileState, view: pairing.LinkFileView | None) -> pairing.LinkFileView | None:
    """A file that is held back as a whole, with what is in it: nobody should take it unseen."""
    if view is None or not state.held:
        return view
    whole, text = state.whole, state.text
    base, mine = (text.base, text.mine) if text is not None else (_text(link, whole.base), _text(link, whole.mine))
    texts = {"base": base, "mine": mine, "theirs": _text(link, whole.theirs)}
    proposals = [found.model_copy(update=texts) if found.kind == "held" else found for found in view.proposals]
    return view.model_copy(update={"proposals": proposals})


def _text(link: Link, side: Side) -> str:
    """Empty where there is no file, or one that is no text, or too much to be shown."""
    try:
        found = decode(link.record.content(side.content)) if side is not None else None
    except OSError:
        return ""
    text = found[0] if found is not None else ""
    return text if len(text) <= file_marks.CHARACTERS_LIMIT else ""


def _bounded(files: list[pairing.LinkFileView]) -> list[pairing.LinkFileView]:
    bounded = []
    left = CHARACTERS_LIMIT
    for file in files:
        hunks = sum(len(hunk.old_text) + len(hunk.new_text) for hunk in file.hunks)
        left -= hunks + sum(len(each.base) + len(each.mine) + len(each.theirs) for each in file.proposals)
        bounded.append(file if left >= 0 else _without_lines(file))
    return bounded


def _without_lines(file: pairing.LinkFileView) -> pairing.LinkFileView:
    hunks = [
        hunk.model_copy(update={"old_text": "", "new_text": "", "message": hunk.message or TOO_LONG})
        for hunk in file.hunks
    ]
    return file.model_copy(update={"hunks": hunks, "message": file.message or TOO_LONG})


def _notices(link: Link, files: int) -> list[str]:
    found = [*link.troubles.sentences, *([link.outside.notice] if link.outside.notice else [])]
    for place in link.windows.leading_out():
        name = visible(str(place.relative_to(link.checkout)))
        found.append(f"{name} is a link to a file outside of this checkout. What you type there is not shared.")
    if link.is_ending:
        found.append(ENDING)
    elif link.is_window_away:
        found.append(WINDOW_AWAY)
    if link.is_git_busy:
        found.append(GIT_BUSY)
    if files > FILES_LIMIT:
        found.append(f"{files:,} files are open to decisions; {FILES_LIMIT:,} are shown, more follow as you decide.")
    return found
