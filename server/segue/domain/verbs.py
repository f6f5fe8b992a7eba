"""What can be done with a session now, and for the rest why not. Knows one session's state; does nothing.

There are two kinds of reasons. `refusal` is what the engine refuses; the engine itself asks for it, so each rule exists
once. `offer` also leaves out what the engine would do without an effect. So nothing that is offered is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from segue.domain.errors import InputRefused
from segue.domain.session import Session, State


class Verb(StrEnum):
    """What a user can do with a session. Clients show them in this order."""

    ANSWER = "answer"
    """Answer its permission request, question or plan."""
    SIGNIN = "signin"
    """Sign in with its agent."""
    OPEN = "open"
    REVIEW = "review"
    """Look at the files that it changed."""
    MERGE = "merge"
    UNDO = "undo"
    """Undo its last merge."""
    RESUME = "resume"
    """Let its agent continue an interrupted turn."""
    PROMPT = "prompt"
    """Send a prompt; it waits for the end of a running turn."""
    SAY = "say"
    """Interrupt the turn and send a prompt."""
    CONFIGURE = "configure"
    """Choose its agent's mode, model and other options."""
    STOP = "stop"
    """Stop its turn and drop its queued prompts."""
    QUEUE = "queue"
    """Change its position in the queue, or start it now."""
    ROLLBACK = "rollback"
    """Bring back the files of an earlier turn."""
    BACK = "back"
    """Undo or redo its last action."""
    DISCARD = "discard"
    """Archive it."""
    RESTORE = "restore"
    """Bring it back from the archive."""
    DELETE = "delete"
    COPY = "copy"
    """Copy the path of its worktree."""
    LINK = "link"
    """Bring it into the editor."""
    UNLINK = "unlink"
    """Send it to the background."""
    BACKGROUND = "background"
    """Allow what it asks for, and send it to the background."""
    PIN = "pin"
    UNPIN = "unpin"


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be done with a session now."""

    allowed: tuple[Verb, ...]
    reasons: Mapping[str, str]
    """Why a verb is not allowed, in one sentence, by its name. A verb that nobody would expect has none."""


def refusal(verb: Verb, session: Session) -> InputRefused | None:
    """Why the engine refuses it now; None where it does not."""
    found = (check(session) for check in _REFUSED.get(verb, ()))
    return next((refused for refused in found if refused is not None), None)


def require(verb: Verb, session: Session) -> None:
    """Raises InputRefused where there is a `refusal`."""
    refused = refusal(verb, session)
    if refused is not None:
        raise refused


def offer(session: Session, place: int | None) -> Offer:
    """What clients offer to do; `place` is the session's position in the queue, None where it is not queued."""
    allowed: list[Verb] = []
    reasons: dict[str, str] = {}
    for verb in Verb:
        if verb in _SELF_EVIDENT:
            if _SELF_EVIDENT[verb](session, place):
                allowed.append(verb)
            continue
        why = _why_not(verb, session)
        if why is None:
            allowed.append(verb)
        else:
            reasons[verb.value] = why
    return Offer(tuple(allowed), reasons)


def still_running(session: Session) -> InputRefused:
    if session.asks:
        return InputRefused(
            "turn_running", f"“{session.title}” waits for your answer.", action="Answer it, or stop its turn."
        )
    return InputRefused(
        "turn_running", f"“{session.title}” is still running.", action="Wait for the end of its turn, or stop it."
    )


def _why_not(verb: Verb, session: Session) -> str | None:
    refused = refusal(verb, session)
    if refused is not None:
        return refused.message
    found = (check(session) for check in _WITHOUT_EFFECT.get(verb, ()))
    return next((f"“{session.title}” {why}." for why in found if why), None)


def _archived(session: Session) -> InputRefused | None:
    if session.archive is None:
        return None
    return InputRefused("session_archived", f"“{session.title}” is archived.", action="Restore it first.")


def _not_linked(session: Session) -> InputRefused | None:
    if session.linked_to:
        return None
    action = "Bring it into the editor first."
    return InputRefused("not_linked", f"“{session.title}” is not in your editor.", action=action)


def _not_archived(session: Session) -> InputRefused | None:
    if session.archive is not None:
        return None
    return InputRefused("not_archived", f"“{session.title}” is not archived.")


def _not_deletable(session: Session) -> InputRefused | None:
    if session.archive is not None:
        return None
    action = f"Archive it first: segue archive {session.id}"
    return InputRefused("not_archived", f"“{session.title}” is not archived.", action=action)


def _deleted(session: Session) -> InputRefused | None:
    if not session.is_deleted:
        return None
    action = f"Undo that first: segue undo {session.id}"
    return InputRefused("session_deleted", f"“{session.title}” was deleted.", action=action)


def _running(session: Session) -> InputRefused | None:
    return still_running(session) if session.is_turn_running else None


def _linked(session: Session) -> InputRefused | None:
    if not session.linked_to:
        return None
    return InputRefused(
        "session_linked",
        f"“{session.title}” is linked to your checkout, which has its changes already.",
        action="Send it to the background first, or accept what you want and commit that yourself.",
    )


def _without_worktree(session: Session) -> InputRefused | None:
    if session.has_worktree:
        return None
    return InputRefused(
        "no_worktree", f"“{session.title}” has no worktree yet.", action="Wait until its first turn has begun."
    )


def _not_merged(session: Session) -> InputRefused | None:
    if session.merged is not None:
        return None
    return InputRefused("not_merged", f"“{session.title}” has no merge that could be undone.")


def _not_resumable(session: Session) -> InputRefused | None:
    if session.can_resume:
        return None
    return InputRefused(
        "nothing_to_resume",
        f"“{session.title}” was not interrupted, or its agent runs commands, which cannot be continued half-way.",
        action="Send a prompt instead.",
    )


_REFUSED: Mapping[Verb, Sequence[Callable[[Session], InputRefused | None]]] = {
    Verb.ANSWER: (_archived,),
    Verb.MERGE: (_archived, _running, _linked, _without_worktree),
    Verb.UNDO: (_archived, _running, _not_merged),
    Verb.RESUME: (_not_resumable,),
    Verb.PROMPT: (_archived,),
    Verb.SAY: (_archived,),
    Verb.CONFIGURE: (_archived,),
    Verb.ROLLBACK: (_archived, _without_worktree, _running),
    Verb.BACK: (_running,),
    Verb.RESTORE: (_not_archived, _deleted),
    Verb.DELETE: (_not_deletable,),
    Verb.LINK: (_archived, _without_worktree),
    Verb.UNLINK: (_not_linked,),
    Verb.PIN: (_deleted,),
    Verb.UNPIN: (_deleted,),
}


def _is_archived(session: Session) -> str:
    return "is archived" if session.archive is not None else ""


def _has_no_changes(session: Session) -> str:
    return "" if session.stat.files else "has no changed files"


def _is_merged(session: Session) -> str:
    """As a whole: changes that need uncommitted work of the user's may have been left for later."""
    return "is merged already" if session.merged is not None and not session.merged.left else ""


def _is_not_running(session: Session) -> str:
    return "" if session.is_turn_running else "is not running"


def _is_stopping(session: Session) -> str:
    return "is being stopped already" if session.is_stopping else ""


def _has_nothing_to_stop(session: Session) -> str:
    """Queued prompts are dropped also where no turn runs."""
    if session.queue:
        return ""
    return _is_stopping(session) or ("" if session.state is State.CREATING else _is_not_running(session))


def _has_no_turn(session: Session) -> str:
    return "" if session.turns else "has had no turn yet"


def _has_no_undo(session: Session) -> str:
    is_there = session.next_undo is not None or session.next_redo is not None
    return "" if is_there else "has nothing that could be undone"


def _is_linked(session: Session) -> str:
    return "is in your editor already" if session.linked_to else ""


_WITHOUT_EFFECT: Mapping[Verb, Sequence[Callable[[Session], str]]] = {
    Verb.REVIEW: (_has_no_changes,),
    Verb.MERGE: (_is_merged, _has_no_changes),
    Verb.SAY: (_is_not_running, _is_stopping),
    Verb.STOP: (_has_nothing_to_stop,),
    Verb.ROLLBACK: (_has_no_turn,),
    Verb.BACK: (_has_no_undo,),
    Verb.DISCARD: (_is_archived,),
    Verb.LINK: (_is_linked,),
}
"""What each verb would find in vain, as the rest of a sentence about the session; empty where it would not."""

_SELF_EVIDENT: Mapping[Verb, Callable[[Session, int | None], bool]] = {
    Verb.ANSWER: lambda session, _: session.archive is None and (bool(session.asks) or session.proposal is not None),
    Verb.SIGNIN: lambda session, _: session.archive is None and session.needs_sign_in,
    Verb.OPEN: lambda session, _: True,
    Verb.QUEUE: lambda _, place: place is not None,
    Verb.COPY: lambda session, _: session.archive is None,
    Verb.BACKGROUND: lambda session, _: (
        bool(session.linked_to) and (bool(session.permissions) or session.proposal is not None)
    ),
    Verb.PIN: lambda session, _: not (session.is_pinned or session.is_deleted),
    Verb.UNPIN: lambda session, _: session.is_pinned and not session.is_deleted,
}
"""Verbs whose absence a user understands from the row, and when they are allowed."""
