"""What can be typed. Knows verbs and their options; knows nothing of what they do."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from segue.version import VERSION

DESCRIPTION = "Delegate work to coding agents, watch it, review it, merge it."
EPILOG = """\
Session ids may be shortened as long as they stay unique. `-` as a prompt reads standard input.

exit codes: 0 done; 1 refused or failed, the error stream says why; 2 wrong usage; 3 no daemon can be reached;
            4 with --wait: the session waits for your answer. 130 interrupted.
"""


def parser() -> argparse.ArgumentParser:
    """The parser of every verb; `run` in its result names the function as `module:function`."""
    top = argparse.ArgumentParser(
        prog="segue",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"segue {VERSION}")
    verbs = _Verbs(top)
    _sessions(verbs)
    _answering(verbs)
    _pairing(verbs)
    _review(verbs)
    _back(verbs)
    _rules(verbs)
    _daemon(verbs)
    return top


class _Verb(argparse.ArgumentParser):
    """Takes options between its positionals too, as in `prompt ID --wait TEXT`, which argparse does only when asked."""

    _is_asked = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        if self._is_asked or "--" in (args or ()):  # which is lost on the intermixed way
            return super().parse_known_args(args, namespace)
        self._is_asked = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_asked = False


class _Verbs:
    """Adds verbs to a parser, all in the same manner."""

    def __init__(self, top: argparse.ArgumentParser) -> None:
        self._group = top.add_subparsers(title="verbs", metavar="VERB", dest="verb", parser_class=_Verb)

    def __call__(self, name: str, run: str, doc: str) -> argparse.ArgumentParser:
        """A verb with `--json`."""
        verb = self.plain(name, run, doc)
        verb.add_argument("--json", action="store_true", help="print the protocol's objects as JSON")
        return verb

    def plain(self, name: str, run: str, doc: str) -> argparse.ArgumentParser:
        verb = self._group.add_parser(name, help=doc, description=doc, allow_abbrev=False)
        verb.set_defaults(run=run, json=False)
        return verb


def _sessions(verbs: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    new = verbs("new", "segue.cli.new:new", "Delegate a task to an agent, in a worktree of its own.")
    default = os.environ.get("SEGUE_AGENT") or "command"
    new.add_argument("--agent", default=default, help="who does it (see `segue agents`); default: %(default)s")
    new.add_argument("--base", metavar="BRANCH", help="branch to start from; default: what is checked out")
    new.add_argument("--title", help="what the session is called; default: the prompt's first line")
    new.add_argument(
        "-C", "--repository", default=".", metavar="DIR", help="a folder in the repository; default: this one"
    )
    new.add_argument("--file", metavar="FILE", help="read the prompt from a file")
    new.add_argument(
        "--set", action="append", default=[], metavar="OPTION=VALUE", help="model=…, mode=…; may be said several times"
    )
    new.add_argument(
        "--plan", action="store_true", help="plan first: nothing is done before you approve (`segue plan`)"
    )
    _images(new)
    new.add_argument("--wait", action="store_true", help="show the work until the turn ended or needs you")
    new.add_argument("prompt", nargs="?", metavar="PROMPT", help="the task; for the agent `command`, a shell command")

    show_all = verbs("list", "segue.cli.sessions:list_", "List sessions by what they need.")
    show_all.add_argument("--archived", action="store_true", help="archived ones too")
    show_all.add_argument(
        "-C", "--repository", metavar="DIR", help="only those of the repository that holds this folder"
    )

    _one(verbs, "show", "segue.cli.sessions:show", "Show one session with its transcript.")
    prompt = _one(verbs, "prompt", "segue.cli.new:prompt", "Send a follow-up prompt, or queue it behind the turn.")
    _prompt(prompt)
    say = _one(verbs, "say", "segue.cli.new:prompt", "The same as `prompt`; with --now it interrupts.")
    _prompt(say)
    resume = _one(verbs, "resume", "segue.cli.new:resume", "Have an agent go on where its turn was interrupted.")
    resume.add_argument("--wait", action="store_true", help="show the work until the turn ended or needs you")
    drop = _one(verbs, "drop", "segue.cli.queue:drop", "Drop a prompt that waits; without PROMPT, list what waits.")
    drop.add_argument("prompt", nargs="?", metavar="PROMPT", help="its number in the list, or its id")
    queue = verbs("queue", "segue.cli.queue:queue", "List queued sessions; move one, or start it now.")
    queue.add_argument("session", nargs="?", metavar="ID", help="a session that waits")
    moves = ("first", "up", "down", "last", "now")
    queue.add_argument("to", nargs="?", choices=moves, help="its new place; `now` begins it past the limit")
    _one(verbs, "turns", "segue.cli.queue:turns", "List the turns of a session: when, how they ended, checkpoints.")
    choose = _one(verbs, "set", "segue.cli.set:set_", "Choose a model, a mode …; without OPTION, list them.")
    choose.add_argument("option", nargs="?", metavar="OPTION", help="what to choose, as in the list")
    choose.add_argument("value", nargs="?", metavar="VALUE", help="the value or its name; without it, list the values")

    _one(verbs, "stop", "segue.cli.sessions:stop", "Stop the turn and drop what is queued.")
    archive = _one(
        verbs, "archive", "segue.cli.sessions:archive", "Put a session away; `restore` brings everything back."
    )
    _yes(archive)
    _one(verbs, "restore", "segue.cli.sessions:restore", "Bring an archived session back.")
    delete = _one(verbs, "delete", "segue.cli.undo:delete", "Delete an archived session; `undo` brings it back.")
    _yes(delete)
    _one(verbs, "pin", "segue.cli.sessions:pin", "Show a session first in its bucket, in every window.")
    _one(verbs, "unpin", "segue.cli.sessions:unpin", "No longer show it first.")
    watch = verbs("watch", "segue.cli.watch:watch", "Follow all sessions, or the transcript of one, until Ctrl-C.")
    watch.add_argument("session", nargs="?", metavar="ID", help="a session")


def _answering(verbs: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    answer = _one(verbs, "answer", "segue.cli.answer:answer", "Answer what an agent asks; without OPTION, show it.")
    answer.add_argument("option", nargs="?", metavar="OPTION", help="number or id of the answer; there is no default")
    answer.add_argument(
        "--always", type=int, metavar="N", help="allow the like from now on: which of what the request can remember"
    )
    answer.add_argument("--reason", metavar="TEXT", help="with a refusal: what the agent is told behind its turn")
    answer.add_argument("--background", action="store_true", help="allow, and unlink it first, where it is linked")
    answer.add_argument("--request", metavar="REQUEST", help="which question, where several wait")
    answer.add_argument("--field", action="append", metavar="NAME=VALUE", help="answer a form; repeat for more")
    how = answer.add_mutually_exclusive_group()
    how.add_argument("--submit", action="store_true", help="send a form with its defaults; or: the address was opened")
    how.add_argument("--skip", action="store_true", help="let the agent go on without an answer")
    how.add_argument("--cancel", action="store_true", help="give up what the answer was wanted for")
    _plan(_one(verbs, "plan", "segue.cli.plan:plan", "Show the plan that waits, comment on it, or decide on it."))


def _plan(verb: argparse.ArgumentParser) -> None:
    what = verb.add_mutually_exclusive_group()
    what.add_argument("--approve", action="store_true", help="have it carried out; comments go along")
    what.add_argument(
        "--revise", nargs="?", const="", metavar="TEXT", help="have another one made, with the comments and TEXT"
    )
    what.add_argument("--reject", action="store_true", help="nothing is done; the session still only plans")
    verb.add_argument(
        "--comment",
        nargs=2,
        action="append",
        default=[],
        metavar=("LINES", "TEXT"),
        help="say something of 3, or of 3-5",
    )
    verb.add_argument("--background", action="store_true", help="with --approve: unlink it first, where it is linked")


def _pairing(verbs: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    pair = verbs("pair", "segue.cli.pair:pair", "Pair with an agent in this checkout; you decide each change.")
    default = os.environ.get("SEGUE_AGENT") or "command"
    pair.add_argument("--agent", default=default, help="who does it (see `segue agents`); default: %(default)s")
    pair.add_argument("--title", help="what the session is called; default: the prompt's first line")
    pair.add_argument(
        "-C", "--repository", default=".", metavar="DIR", help="a folder in the repository; default: this one"
    )
    pair.add_argument("--file", metavar="FILE", help="read the prompt from a file")
    pair.add_argument("--wait", action="store_true", help="show the work until the turn ended or needs you")
    _yes(pair)
    pair.add_argument("prompt", nargs="?", metavar="PROMPT", help="the task; for the agent `command`, a shell command")
    switch = _one(
        verbs,
        "switch",
        "segue.cli.pair:switch",
        "Move a session into the editor, or to the background.",
    )
    switch.add_argument(
        "--check-out", action="store_true", help="into the editor: check the session's base branch out first"
    )
    switch.add_argument(
        "--keep-hunks", action="store_true", help="to the background: leave undecided changes in the checkout"
    )
    _yes(switch)
    _one(verbs, "share", "segue.cli.pair:share", "Give the agent your changes now, between its turns.")
    _one(verbs, "hunks", "segue.cli.pair:hunks", "List the changes of a linked session without a decision.")
    accept = _one(verbs, "accept", "segue.cli.pair:accept", "Accept changes of a linked session: they become yours.")
    reject = _one(verbs, "reject", "segue.cli.pair:reject", "Take changes of a linked session back.")
    for verb in (accept, reject):
        verb.add_argument("hunks", nargs="*", metavar="HUNK", help="ids, or paths for all in a file; see `segue hunks`")
        verb.add_argument("--all", action="store_true", help="every undecided change")
    reject.add_argument("--reason", metavar="TEXT", help="why, for the agent; sent with your review comments")
    resolve = _one(verbs, "resolve", "segue.cli.pair:resolve", "Decide where you and the agent changed the same.")
    resolve.add_argument("proposal", metavar="PROPOSAL", help="an id of `segue hunks`")
    resolve.add_argument("take", choices=("theirs", "mine"), help="whose text shall stand")
    comment = _one(verbs, "comment", "segue.cli.pair:comment", "Collect a review comment for the agent.")
    comment.add_argument("place", metavar="PATH:LINE", help="what it is about")
    comment.add_argument("text", metavar="TEXT", help="what you have to say")
    _one(verbs, "send", "segue.cli.pair:send", "Send the collected comments and reasons to the agent.")
    finish = _one(verbs, "finish", "segue.cli.pair:finish", "End pairing: accepted changes stay uncommitted here.")
    _yes(finish)


def _review(verbs: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    diff = _one(verbs, "diff", "segue.cli.diff:diff", "Show what a session changed, as a diff for `git apply`.")
    diff.add_argument("--turn", type=int, metavar="N", help="only what this turn changed")
    diff.add_argument("--stat", action="store_true", help="only files and numbers of lines")
    merge = _one(verbs, "merge", "segue.cli.merge:merge", "Merge a session into its base branch, planned first.")
    merge.add_argument("--squash", action="store_true", help="one commit on top of the base instead of a merge commit")
    merge.add_argument("--base", metavar="BRANCH", help="another branch than the session's base")
    merge.add_argument("--message", metavar="TEXT", help="commit message; trailers are added")
    merge.add_argument(
        "--unfinished",
        choices=("ask", "leave", "commit"),
        default="ask",
        help="work that needs lines you have not committed: leave it for later, or commit those lines first",
    )
    merge.add_argument("--first-message", metavar="TEXT", help="message of that commit of yours")
    merge.add_argument(
        "--anyway", action="store_true", help="merge the files as they are where the agent left something half done"
    )
    merge.add_argument("--plan", action="store_true", help="only say what would happen")
    _yes(merge)
    undo = _one(verbs, "undo-merge", "segue.cli.merge:undo", "Put the base back to where it was before the merge.")
    _yes(undo)


def _back(verbs: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    rollback = _one(verbs, "rollback", "segue.cli.undo:rollback", "Bring the files of a session back to before a turn.")
    rollback.add_argument("turn", type=int, metavar="TURN", help="the turn's number; see `segue show --json`")
    rollback.add_argument("--after", action="store_true", help="to how they were after that turn")
    rollback.add_argument("--tell", action="store_true", help="tell the agent, with a prompt of its own")
    _yes(rollback)
    undo = verbs("undo", "segue.cli.undo:undo", "Undo the last destructive action; a number picks another one.")
    undo.add_argument("session", nargs="?", metavar="ID", help="a session; default: whatever was done last")
    undo.add_argument("number", nargs="?", type=int, metavar="NUMBER", help="an entry of `segue undo --list`")
    undo.add_argument("--list", action="store_true", help="only list what was done and what can be undone")
    undo.add_argument("--to", metavar="DIR", help="write the snapshot's files into a new folder, change nothing else")
    undo.add_argument("--tell", action="store_true", help="tell the agent, where files came back under it")
    _yes(undo)


def _rules(verbs: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    rules = verbs("rules", "segue.cli.rules:rules", "Show, try or revoke rules on what agents may do without asking.")
    rules.add_argument("--revoke", metavar="RULE", help="forget a rule that an answer made")
    rules.add_argument("--try", dest="command", metavar="COMMAND", help="say what the rules make of a command")
    rules.add_argument("--agent", default="claude", help="with --try: whose command; default: %(default)s")
    rules.add_argument(
        "--inline", action="store_true", help="with --try: of a session that is linked, not in background"
    )
    rules.add_argument("-C", "--repository", default=".", metavar="DIR", help="with --try: where; default: this folder")


def _daemon(verbs: _Verbs) -> None:
    _agents(verbs)
    verbs("status", "segue.cli.doctor:status", "Show the state of the daemon; starts none.")
    doctor = verbs("doctor", "segue.cli.doctor:doctor", "Check what Segue needs on this machine, or in a repository.")
    doctor.add_argument("path", nargs="?", metavar="DIR", help="a folder whose repository is looked at too")
    verbs.plain("lsp", "segue.cli.doctor:lsp", "Speak LSP on standard input and output, for editors.")
    daemon = verbs("daemon", "segue.cli.doctor:daemon", "Run the daemon here, stop it, or retire an older one.")
    daemon.add_argument("action", choices=("run", "stop", "retire"))
    uninstall = verbs("uninstall", "segue.cli.uninstall:uninstall", "List all that Segue keeps here, then remove it.")
    uninstall.add_argument("-y", "--yes", action="count", default=0, help="do not ask; twice: not about unmerged work")
    uninstall.add_argument("--even-unmerged", action="store_true", help="remove work too that was merged nowhere")


def _prompt(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--now", action="store_true", help="cancel the turn that runs; what is queued stays behind this")
    verb.add_argument("--file", metavar="FILE", help="read the prompt from a file")
    _images(verb)
    verb.add_argument("--wait", action="store_true", help="show the work until the turn ended or needs you")
    verb.add_argument("text", nargs="?", metavar="TEXT", help="the prompt")


def _images(verb: argparse.ArgumentParser) -> None:
    about = "send an image along: PNG, JPEG, GIF or WebP; may be said several times"
    verb.add_argument("--image", action="append", default=[], metavar="FILE", help=about)


def _agents(verbs: _Verbs) -> None:
    agents = verbs("agents", "segue.cli.agents:agents", "List the agents; install, remove, check or sign in with one.")
    actions = ("list", "install", "uninstall", "check", "sign-in")
    agents.add_argument("action", nargs="?", choices=actions, default="list", help="what to do; default: %(default)s")
    agents.add_argument("name", nargs="?", metavar="NAME", help="an agent")
    agents.add_argument(
        "--contract", action="store_true", help="with check: have it do all that Segue needs, with a scripted model"
    )
    agents.add_argument("--method", metavar="ID", help="how to sign in, where an agent offers several ways")
    _yes(agents)


def _one(
    verbs: Callable[[str, str, str], argparse.ArgumentParser], name: str, run: str, doc: str
) -> argparse.ArgumentParser:
    verb = verbs(name, run, doc)
    verb.add_argument("session", metavar="ID", help="the session, or an unambiguous beginning of its id")
    return verb


def _yes(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("-y", "--yes", action="store_true", help="do not ask")
