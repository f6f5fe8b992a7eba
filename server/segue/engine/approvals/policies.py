"""The rules that hold now, and what they say of a request. Knows the policy file, what was remembered, and paths.

The user's own rules stand in `policy.toml`, answers of "always" in `remembered.json`, both in the data directory: no
repository can change either (S2). Where one cannot be read nothing is allowed without asking.
"""

from __future__ import annotations

import json
import logging
import os
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from segue.agents.fields import LEAVES_MODE
from segue.domain import events
from segue.domain.errors import InputRefused, NotFound, StoreFailed
from segue.domain.events import OptionKind
from segue.domain.ids import visible
from segue.domain.policy.rules import Effect, Rule, Subject, Verdict, decide, problem_of, suggestions
from segue.domain.session import Session
from segue.places import Places

log = logging.getLogger(__name__)

LONGEST_MINUTES = 366 * 24 * 60
PATHS_LIMIT = 200
"""Paths of one request that are looked at; one with more is never allowed without asking."""
SHOWN_LIMIT = 500
"""Characters of what was refused that are told."""
POLICY = "policy"
"""Who decided, where a rule did."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds now."""

    written: tuple[Rule, ...] = ()
    remembered: tuple[Rule, ...] = ()
    problem: str = ""
    """Why a file could not be read; then no allow holds."""
    deny_after_minutes: float | None = None
    """How long a request waits for a person before it is denied; None is for ever."""

    @property
    def all(self) -> tuple[Rule, ...]:
        every = (*self.written, *self.remembered)
        return tuple(rule for rule in every if rule.effect is not Effect.ALLOW) if self.problem else every


class _Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...] = ()
    deny_after_minutes: float | None = None

    @property
    def problem(self) -> str | None:
        """What keeps it from being followed as a whole."""
        minutes = self.deny_after_minutes
        if minutes is not None and not 0 < minutes <= LONGEST_MINUTES:
            return f"`deny_after_minutes` is a number above 0, of at most {LONGEST_MINUTES}."
        for number, rule in enumerate(self.rule, 1):
            if (problem := problem_of(rule)) is not None:
                return f"Rule {number}: {problem}"
        return None


class Policies:
    """One per daemon. Files are read again whenever they changed."""

    def __init__(self, places: Places) -> None:
        self._file = places.policy
        self._remembered = places.remembered
        self._seen: tuple[object, object] = (None, None)
        self._rules = Rules()

    @property
    def file(self) -> Path:
        """Where the user writes rules."""
        return self._file

    def rules(self) -> Rules:
        """What holds now; two `stat` calls where nothing changed."""
        seen = (_state(self._file), _state(self._remembered))
        if seen != self._seen:
            self._rules, self._seen = _read(self._file, self._remembered), seen
            if self._rules.problem:
                log.warning("nothing is allowed without asking: %s", self._rules.problem)
        return self._rules

    def verdict(self, subject: Subject) -> Verdict:
        return decide(self.rules().all, subject)

    def judge(self, session: Session, request: events.PermissionRequested) -> tuple[events.AnyEvent, ...]:
        """The request with what "always" could remember of it, and the decision where a rule made it."""
        subject = subject_of(session, request)
        minutes = self.rules().deny_after_minutes
        due_ms = int(time.time() * 1000 + minutes * 60_000) if minutes is not None else 0
        request = replace(request, remember=suggestions(subject), expires_ms=due_ms)
        verdict = self.verdict(subject)
        if verdict.rule is None:
            return (request,)
        option = option_for(request, verdict.effect)
        is_plan = bool(request.plan) or (request.kind == LEAVES_MODE and session.planning is not None)  # may come later
        if verdict.effect is Effect.ASK or is_plan or (verdict.effect is Effect.ALLOW and option is None):
            return (request,)
        rule = f"{verdict.effect} {verdict.rule.about} ({verdict.rule.where})"
        return (request, events.PermissionDecided(request.request_id, option, POLICY, rule=rule))

    def refusal(self, session: Session, request: events.PermissionRequested) -> str:
        """Why a rule forbids what an agent has Segue do without asking; empty where none does."""
        verdict = self.verdict(subject_of(session, request))
        if verdict.rule is None or verdict.effect is not Effect.DENY:
            return ""
        about = visible(request.command or ", ".join(request.paths))[:SHOWN_LIMIT]
        return f"The user's rules forbid “{about}”: deny {verdict.rule.about} ({verdict.rule.where})."

    def remember(self, rule: Rule) -> None:
        """Keep a rule for good; blocking. Raises StoreFailed, InputRefused("bad_policy")."""
        known = self._known()
        if rule not in known:
            self._write((*known, rule))

    def revoke(self, rule_id: str) -> Rule:
        """Forget a remembered rule; blocking. Raises NotFound, StoreFailed, InputRefused("bad_policy")."""
        known = self._known()
        rule = next((rule for rule in known if rule.id == rule_id), None)
        if rule is None:
            message = f"Nothing is remembered under {visible(rule_id)[:40]!r}."
            action = f"Rules that you wrote yourself stand in {self._file}: remove them there."
            raise NotFound("no_rule", message, action=action)
        self._write(tuple(other for other in known if other is not rule))
        return rule

    def _known(self) -> tuple[Rule, ...]:
        rules = self.rules()
        if rules.problem:
            message = f"The rules cannot be changed. {rules.problem}"
            raise InputRefused("bad_policy", message, action="Correct that file first; nothing was changed.")
        return rules.remembered

    def _write(self, rules: tuple[Rule, ...]) -> None:
        beside = self._remembered.with_suffix(".new")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(_Read(rules)), indent=2) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._remembered)
        except OSError as failed:
            message = f"The rule could not be written to {self._remembered}: {failed.strerror}."
            raise StoreFailed(
                "policy_unwritable", message, action="Make room or fix the folder; nothing changed."
            ) from failed


def option_for(request: events.PermissionRequested, effect: Effect) -> str | None:
    """The option for a decision that no person made: by kind, once only; None where there is none."""
    kind = OptionKind.ALLOW_ONCE if effect is Effect.ALLOW else OptionKind.REJECT_ONCE
    return next((option.option_id for option in request.options if option.kind is kind), None)


def subject_of(session: Session, request: events.PermissionRequested) -> Subject:
    """What rules see of a request; looks at the disk, to follow links."""
    root = Path(session.worktree)
    directory = Path(request.directory or root / session.subfolder)
    places = [directory / path for path in request.paths[:PATHS_LIMIT]]
    real_root = os.path.realpath(root)
    is_known = len(request.paths) <= PATHS_LIMIT
    inside = [_inside(real_root, place) for place in (directory, *places)]
    return Subject(
        agent=session.agent,
        mode=session.mode,
        repository=session.repository,
        tool=request.kind,
        command=request.command,
        paths=tuple(found or str(place) for found, place in zip(inside[1:], places, strict=True)),
        is_inside=is_known and None not in inside,
    )


def _inside(root: str, place: Path) -> str | None:
    """Where a path leads to, relative to the worktree; None outside of it, and for what is git's own."""
    try:
        real = os.path.realpath(place)
    except (OSError, ValueError):
        return None
    if real == root:
        return "."
    if not real.startswith(root + os.sep):
        return None
    relative = real[len(root) + 1 :].replace(os.sep, "/")
    return None if ".git" in relative.lower().split("/") else relative


def _state(file: Path) -> object:
    """Changes with the file's content; None where there is none."""
    try:
        found = file.stat()
    except OSError as failed:
        return failed.errno
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _read(file: Path, remembered: Path) -> Rules:
    written, why = _rules_in(file, tomllib.loads)
    kept, why_not = _rules_in(remembered, json.loads)
    return Rules(written.rule, kept.rule, why or why_not, written.deny_after_minutes)


def _rules_in(file: Path, parse: Callable[[str], object]) -> tuple[_Read, str]:
    """What of a file can be followed, and what is wrong with it."""
    try:
        read = msgspec.convert(parse(file.read_text("utf-8")), _Read)
    except FileNotFoundError:
        return _Read(), ""
    except (OSError, ValueError, RecursionError) as failed:
        return _Read(), f"{visible(str(file))} cannot be read: {visible(str(failed))[:300]}"
    problem = read.problem
    if problem is None:
        return read, ""
    sound = tuple(rule for rule in read.rule if problem_of(rule) is None)
    return _Read(sound), f"{visible(str(file))}: {visible(problem)}"
