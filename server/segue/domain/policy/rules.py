"""Rules and what they say of a request: deny before ask before allow. Knows data only.

An allow needs a request that is fully understood (D44): a simple command inside the worktree, or a tool whose every
path is there. A deny or an ask holds as soon as it may be meant.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

import msgspec

from segue.domain.facts import Mode
from segue.domain.policy.command_lines import mentions, names, simple


class Effect(StrEnum):
    DENY = "deny"
    """Refused without asking."""
    ASK = "ask"
    """A person is asked, whatever is allowed elsewhere."""
    ALLOW = "allow"
    """Done without asking."""


class Source(StrEnum):
    FILE = "file"
    """The user wrote it into the policy file."""
    REMEMBERED = "remembered"
    """A person answered a request with "always"."""


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of what rules are made of."""


class Rule(Value, frozen=True):
    """One rule. It is about a command or about a kind of tool; what is left empty holds for all."""

    effect: Effect
    command: str = ""
    """A simple command line; ` *` at its end stands for any arguments, or none."""
    tool: str = ""
    """ACP's tool kind: `edit`, `read`, `delete`, `move`, `search`, `execute`, `fetch` …; `*` for every kind."""
    paths: tuple[str, ...] = ()
    """Globs of paths relative to the root of the repository; `**` crosses folders. Of a tool only."""
    agent: str = ""
    mode: Mode | None = None
    repository: str = ""
    """Root of the user's checkout."""

    @property
    def id(self) -> str:
        """Stable over restarts: from content."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]

    @property
    def about(self) -> str:
        """What it is about, in a few words that name it exactly."""
        if self.command:
            return f"the command “{self.command}”"
        tool = "every tool" if self.tool == "*" else f"the tool “{self.tool}”"
        return f"{tool} on {', '.join(self.paths)}" if self.paths else tool

    @property
    def where(self) -> str:
        """For whom it holds."""
        parts = [self.agent and f"agent {self.agent}", self.mode and f"{self.mode} sessions", self.repository]
        return ", ".join(part for part in parts if part) or "everywhere"


class Subject(Value, frozen=True):
    """What an agent asks for, as rules see it."""

    agent: str
    mode: Mode
    repository: str
    tool: str = ""
    """The tool call's kind; empty where it is not known."""
    command: str = ""
    paths: tuple[str, ...] = ()
    """Relative to the worktree, with /; those outside of it keep their absolute form."""
    is_inside: bool = False
    """Whether the directory and every path lie in the session's worktree once links are followed."""


class Verdict(Value, frozen=True):
    effect: Effect
    rule: Rule | None = None
    """Of the rule that decided; None where no rule did, and so a person is asked."""


def decide(rules: tuple[Rule, ...], subject: Subject) -> Verdict:
    """Deny before ask before allow; with no rule that fits, a person is asked."""
    fitting = [rule for rule in rules if _is_for(rule, subject) and _fits(rule, subject)]
    for effect in (Effect.DENY, Effect.ASK, Effect.ALLOW):
        for rule in fitting:
            if rule.effect is effect:
                return Verdict(effect, rule)
    return Verdict(Effect.ASK)


def suggestions(subject: Subject) -> tuple[Rule, ...]:
    """What "always" could remember of this request, narrowest first; empty where nothing can be remembered exactly."""
    scope = {"agent": subject.agent, "mode": subject.mode, "repository": subject.repository}
    if not subject.is_inside:
        return ()
    if subject.command:
        words = simple(subject.command)
        if words is None:
            return ()
        exact = Rule(Effect.ALLOW, command=subject.command, **scope)  # type: ignore[arg-type]
        head = _head(words)
        prefix = Rule(Effect.ALLOW, command=f"{' '.join(head)} *", **scope)  # type: ignore[arg-type]
        is_open = len(head) < len(words) and words[0] not in _ONLY_EXACT and simple(" ".join(head)) == head
        return (exact, prefix) if is_open else (exact,)
    if not subject.tool or not subject.paths or subject.tool == "execute":
        return ()
    named = Rule(Effect.ALLOW, tool=subject.tool, paths=tuple(_literal(path) for path in subject.paths), **scope)  # type: ignore[arg-type]
    return (named, Rule(Effect.ALLOW, tool=subject.tool, paths=("**",), **scope))  # type: ignore[arg-type]


def problem_of(rule: Rule) -> str | None:
    """What is wrong with a rule that somebody wrote; None where it can be followed exactly."""
    if bool(rule.command) == bool(rule.tool):
        return "A rule is about either a `command` or a `tool`."
    if rule.paths and rule.command:
        return "`paths` go with a `tool`; a command's files cannot be told from it."
    if rule.command and rule.effect is Effect.ALLOW and simple(_pattern(rule.command)[0]) is None:
        return (
            f"“{rule.command}” is not a simple command (one program with fixed arguments that runs no other), "
            "so it cannot be allowed without asking."
        )
    return None


def _is_for(rule: Rule, subject: Subject) -> bool:
    return (
        rule.agent in {"", subject.agent}
        and rule.mode in {None, subject.mode}
        and rule.repository in {"", subject.repository}
    )


def _fits(rule: Rule, subject: Subject) -> bool:
    if rule.effect is Effect.ALLOW:
        return subject.is_inside and _surely_fits(rule, subject)
    return _may_fit(rule, subject)


def _surely_fits(rule: Rule, subject: Subject) -> bool:
    if rule.command:
        words = simple(subject.command)
        return words is not None and _is_command(rule, words)
    if subject.command or rule.tool not in {"*", subject.tool} or subject.tool == "execute":
        return False
    return bool(subject.paths) and all(_is_path(rule, path) for path in subject.paths)


def _may_fit(rule: Rule, subject: Subject) -> bool:
    """Whether it could be what the rule means: a command that cannot be read is searched for the rule's words."""
    if rule.command:
        if not subject.command:
            return False
        words = simple(subject.command)
        if words is not None and _is_command(rule, words):
            return True
        return words is None and _is_mentioned(mentions(_pattern(rule.command)[0]), mentions(subject.command))
    if rule.tool not in {"*", subject.tool}:
        return False
    return not rule.paths or not subject.paths or any(_is_path(rule, path) for path in subject.paths)


def _is_command(rule: Rule, words: tuple[str, ...]) -> bool:
    line, is_open = _pattern(rule.command)
    wanted = simple(line) or tuple(line.split())
    return words[: len(wanted)] == wanted if is_open else words == wanted


def _is_mentioned(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether the wanted words appear in order, whatever stands between them; programs also by their full path."""
    left = list(wanted)
    for word in words:
        if left and left[0] in {word, word.rpartition("/")[2]}:
            left.pop(0)
    return not left


def _pattern(command: str) -> tuple[str, bool]:
    """The fixed part of a rule's command, and whether any arguments may follow."""
    return (command[:-2].rstrip(), True) if command.endswith(" *") else (command, False)


def _is_path(rule: Rule, path: str) -> bool:
    return not rule.paths or any(_glob(pattern).fullmatch(path) for pattern in rule.paths)


def _glob(pattern: str) -> re.Pattern[str]:
    """A path glob in which `*` and `?` stay within a folder and `**` does not."""
    pieces = re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.", pattern, re.DOTALL)
    return re.compile("".join(_WILD.get(piece) or _one(piece) for piece in pieces), re.DOTALL)


def _one(piece: str) -> str:
    if len(piece) == 1:
        return re.escape(piece)
    is_not, inner = piece[1] in "!^", piece[1:-1].lstrip("!^") or piece[1:-1]
    body = re.sub(r"([\\\[\]^&~|])", r"\\\1", inner)
    return f"[^/{body}]" if is_not else f"[{body}]"


def _literal(path: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", path)


_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_ONLY_EXACT = names("rm rmdir mv cp dd ln chmod chown kill pkill killall curl wget scp tee truncate shred mkfs mount")
"""Programs for which "any arguments" is never offered."""
_SUBCOMMANDS = names("git npm pnpm yarn bun cargo go make uv pip poetry docker kubectl dotnet mvn gradle")


def _head(words: tuple[str, ...]) -> tuple[str, ...]:
    """The program, with its subcommand where it has one, and the script of an `npm run`."""
    if words[0] not in _SUBCOMMANDS or len(words) < 2 or words[1].startswith("-"):
        return words[:1]
    return words[:3] if words[1] == "run" and len(words) > 2 else words[:2]
