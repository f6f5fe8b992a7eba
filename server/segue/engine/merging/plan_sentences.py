"""What a merge would do, in words for every client. Knows plans; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from segue.domain.facts import Stat
from segue.domain.ids import visible
from segue.domain.phrases import Phrase, counted, phrase
from segue.domain.runnable_files import Kind, Runs
from segue.git.merges import MergePlan, Strategy
from segue.git.pairing import short
from segue.git.uncommitted_lines import Need

NAMED = 10
"""Files of one kind that a sentence names."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a merge brings to the branch."""

    stat: Stat
    runs: Sequence[tuple[str, Runs]]
    """Paths that run something on the user's machine, with why."""
    notes: Sequence[str]


def sentences(plan: MergePlan, brought: Brought) -> list[Phrase]:
    """The plan as a user reads it before they agree."""
    base = short(plan.base_ref)
    said = [_commit(plan, _amount(brought.stat), base)]
    said += [_needed(plan, need) for need in plan.work.needs]
    if plan.carried:
        said.append(phrase("Your uncommitted changes stay in {0}.", ", ".join(map(visible, plan.carried))))
    automatic = [each for each in brought.runs if each[1].kind is Kind.AUTOMATIC]
    if automatic:
        said.append(phrase("Runs without being started: {0}.", _named(automatic)))
    if len(automatic) < len(brought.runs):
        others = [each for each in brought.runs if each not in automatic]
        said.append(phrase("Runs when you build, test, install or push: {0}.", _named(others)))
    if plan.behind:
        said.append(counted(plan.behind, "{1} gained 1 commit meanwhile.", "{1} gained {0} commits meanwhile.", base))
    return [*said, *(phrase("{0}", note) for note in brought.notes)]


def place(need: Need) -> Phrase:
    """Where uncommitted work of the user's is that the agent's work needs."""
    ranges = [str(first) if first == last else f"{first}–{last}" for first, last in need.lines]
    if not ranges:
        return phrase("{0}", need.path)
    if need.lines[0][0] == need.lines[-1][1]:
        return phrase("{0}, line {1}", need.path, ranges[0])
    return phrase("{0}, lines {1}", need.path, ", ".join(ranges))


def _commit(plan: MergePlan, amount: Phrase, base: str) -> Phrase:
    if plan.strategy is Strategy.SQUASH:
        return phrase("One commit brings {0} to {1}.", amount, base)
    return phrase("A merge commit brings {0} to {1}.", amount, base)


def _amount(stat: Stat) -> Phrase:
    files = counted(stat.files, "1 file", "{0} files")
    lines = [f"+{stat.added}"] * (stat.added > 0) + [f"−{stat.removed}"] * (stat.removed > 0)
    return phrase("{0} ({1})", files, " ".join(lines)) if lines else files


def _needed(plan: MergePlan, need: Need) -> Phrase:
    """A place in the user's uncommitted work, and what becomes of it and of the agent's work there."""
    if plan.work.first is not None:
        return phrase("Your uncommitted {0} is committed first, in your name.", place(need))
    if plan.work.is_asked:
        return phrase("Needs your uncommitted {0}.", place(need))
    return counted(
        need.left,
        "Needs your uncommitted {1}: 1 change stays with the session for later.",
        "Needs your uncommitted {1}: {0} changes stay with the session for later.",
        place(need),
    )


def _named(runs: Iterable[tuple[str, Runs]]) -> Phrase:
    names = list(_names(runs))
    shown = ", ".join(names[:NAMED])
    return phrase("{0} and {1} more", shown, len(names) - NAMED) if len(names) > NAMED else phrase("{0}", shown)


def _names(runs: Iterable[tuple[str, Runs]]) -> Iterator[str]:
    for path, what in runs:
        yield f"{visible(path)} ({what.reason})"
