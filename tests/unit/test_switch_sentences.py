"""What a switch moves and leaves alone is said in whole sentences, the same for every client."""

from __future__ import annotations

from segue.domain import events
from segue.engine.pairing.switch_previews import Direction, Moving, OtherBase, Own, Preview, Replaced
from segue.engine.pairing.switch_sentences import sentences
from unit.strategies import created, folded, recorded

SESSION = folded(recorded([created(), events.WorktreeReady()]))
RUNNING = folded(recorded([created(), events.WorktreeReady(), events.TurnStarted(1, "p1", "do it")]))


def said(preview: Preview) -> list[str]:
    return [str(sentence) for sentence in sentences(preview)]


def test_a_switch_to_the_background_says_what_leaves_and_what_stays() -> None:
    moves = Moving(hunks=4, files=3, proposals=1, held=2, unshared=2, comments=2, suspended=("a.txt",))
    assert said(Preview(RUNNING, Direction.BACKGROUND, moves, Own(staged=2, unsaved=1))) == [
        "4 unreviewed changes in 3 files leave your files; the session keeps them.",
        "1 proposal waits in the session; your lines stay.",
        "2 files are held back until you take them: they run on your machine without being started.",
        "a.txt was rewritten outside the editor and still has changes of the agent. "
        "They are removed or kept, as you choose. Check this file.",
        "Your edits in 2 files have not reached the agent; only you have them.",
        "2 comments that you did not send stay with the session until you bring it back.",
        "Your own work stays: 2 staged, 1 unsaved.",
        "The agent's turn continues in the background.",
    ]


def test_a_switch_into_the_editor_says_what_comes_who_leaves_and_where_it_is_based() -> None:
    other = Replaced(SESSION, Moving(hunks=1, files=1))
    preview = Preview(
        RUNNING,
        Direction.EDITOR,
        Moving(hunks=1, files=1, proposals=2),
        Own(),
        other,
        OtherBase("main", "elsewhere", can_check_out=False),
    )
    assert said(preview) == [
        "1 change in 1 file comes into your files, for you to accept or reject.",
        "In 2 places you and the agent changed the same lines; yours stay until you decide.",
        "“Fix it” is in your editor now; it continues in the background.",
        "1 unreviewed change in 1 file leaves your files; the session keeps it.",
        "The session is based on main; elsewhere is checked out.",
    ]


def test_a_switch_that_moves_nothing_says_so() -> None:
    detached = OtherBase("main", None, can_check_out=False)
    assert said(Preview(SESSION, Direction.EDITOR, Moving(), Own(), base=detached)) == [
        "None of your files changes now.",
        "The session is based on main; no branch is checked out.",
    ]
    assert said(Preview(SESSION, Direction.BACKGROUND, Moving(), Own())) == []
