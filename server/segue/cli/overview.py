"""What `segue` alone prints: the verbs by what people want to do, and examples. Knows words; knows no options."""

from __future__ import annotations

import argparse

from segue.cli.output import Colour, Output

GROUPS: dict[str, tuple[str, ...]] = {
    "Start": ("new", "pair", "prompt", "say", "resume"),
    "Follow": ("list", "show", "watch", "turns", "queue", "drop", "pin", "unpin"),
    "Answer": ("answer", "plan", "set", "rules"),
    "Pair in the editor": ("switch", "share", "hunks", "accept", "reject", "resolve", "comment", "send", "finish"),
    "Review and merge": ("diff", "merge", "undo-merge"),
    "Stop, archive, undo": ("stop", "archive", "restore", "delete", "undo", "rollback"),
    "Set up": ("agents", "doctor", "status", "daemon", "lsp", "uninstall"),
}
"""Every verb, in the order in which it is listed; a test compares them with what can be typed."""
EXAMPLES = (
    ("segue new --agent claude 'Fix the flaky test'", "delegate a task to an agent in the background"),
    ("segue list", "see what each session does, and what needs you"),
    ("segue merge ID", "merge a session into its base branch, after showing the plan"),
)


def show(out: Output, parser: argparse.ArgumentParser) -> None:
    """Print the groups; `parser` has one sentence for each verb."""
    about = sentences(parser)
    out.line(f"{parser.description}\n")
    for title, verbs in GROUPS.items():
        out.line(title, Colour.BOLD)
        for verb in verbs:
            out.line(f"  {verb:<11} {about[verb]}")
        out.line()
    out.line("Examples", Colour.BOLD)
    for command, what in EXAMPLES:
        out.line(f"  {command}\n      {what}")
    out.line("\n`segue VERB --help` explains one verb; `segue --help` lists exit codes as well.")


def sentences(parser: argparse.ArgumentParser) -> dict[str, str]:
    """What each verb does, by its name."""
    verbs = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {choice.dest: choice.help or "" for choice in verbs._choices_actions}
