"""The verbs merge and undo-merge. Knows the order plan, confirm, apply; what a merge may do is the engine's."""

from __future__ import annotations

from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Colour, Output, bullets, confirm, inert, sentences
from segue.domain.errors import MergeRefused
from segue.domain.ids import visible

SHOWN_RUNS = 20
"""Files of one kind that a plan names."""


def merge(call: Call) -> int:
    """Plan, show the plan, ask, and merge exactly what was planned."""
    options, session_id = call.options, call.session_id()
    strategy = "squash" if options.squash else "merge"
    how = {"sessionId": session_id, "strategy": strategy, "unfinished": options.unfinished}
    plan = call.request("segue/merge/plan", base=options.base, **how)["plan"]
    asked = [obstacle["reason"] for obstacle in plan["obstacles"] if obstacle["canConfirm"]]
    if options.anyway and asked:
        how["confirmed"] = asked
        plan = call.request("segue/merge/plan", base=options.base, **how)["plan"]
    if options.plan:
        if options.json:
            call.out.json({"plan": plan})
        else:
            show_plan(call.out, plan, options.message, options.first_message)
        return 1 if plan["obstacles"] or plan["conflicts"] else 0
    if not options.json and not plan["obstacles"]:
        show_plan(call.out, plan, options.message, options.first_message)
    _refuse_obstacles(plan)
    target = texts.branch(plan["baseRef"])
    if not options.yes and not confirm(f"Merge into {visible(target)}?", f"Say `segue merge {session_id} --yes`."):
        return 1
    result = call.request(
        "segue/merge/apply",
        **how,
        baseRef=plan["baseRef"],
        baseCommit=plan["baseCommit"],
        result=plan["result"],
        message=options.message,
        firstMessage=options.first_message,
    )
    if options.json:
        call.out.json(result)
    else:
        call.out.line(f"Merged into {visible(target)} as {result['merge']['commit'][:10]}.", Colour.GREEN)
        call.out.line(f"Way back: segue undo-merge {session_id}")
    return 0


def undo(call: Call) -> int:
    """Put the base back after asking."""
    session_id = call.session_id()
    if not call.options.yes:
        question = f"Undo the merge of {session_id}? Its branch keeps the work."
        if not confirm(question, f"Say `segue undo-merge {session_id} --yes`."):
            return 1
    result = call.request("segue/merge/undo", sessionId=session_id)
    if call.options.json:
        call.out.json(result)
    else:
        call.out.table([texts.row(result["session"])])
    return 0


def show_plan(out: Output, plan: Json, message: str | None, first_message: str | None) -> None:
    """What would happen, and what stands in the way."""
    how = "as one commit" if plan["strategy"] == "squash" else "with a merge commit"
    changed = texts.stat(plan["stat"]) or "no changes"
    out.line(f"{changed} into {visible(texts.branch(plan['baseRef']))}, {how}")
    if plan["behind"]:
        out.line(f"  {visible(texts.branch(plan['baseRef']))} gained {plan['behind']} commits since; they stay.")
    if "firstMessage" in plan:
        out.line(f"  First, in your name: {visible(first_message or plan['firstMessage'])}")
    for line in inert(message or plan["message"]).rstrip("\n").split("\n"):
        out.line(f"  | {line}", Colour.DIM)
    for line in bullets([visible(note["message"]) for note in plan["notes"]]):
        out.line(line)
    _show_needs(out, plan)
    if plan["carried"]:
        out.line(f"  Your uncommitted changes stay in {visible(', '.join(plan['carried']))}.")
    _show_runs(out, plan)
    for obstacle in plan["obstacles"]:
        out.line(f"  ✗ {visible(sentences(obstacle['message'], obstacle['action']))}", Colour.RED)
    for conflict in plan["conflicts"]:
        out.line(f"  ✗ conflict: {visible(sentences(conflict['path'], conflict['message']))}", Colour.RED)


def _show_runs(out: Output, plan: Json) -> None:
    """Files that run on the user's machine once they are merged, the most urgent kind first."""
    titles = {"automatic": "Runs without being started", "build": "Runs when you build, test, install or push"}
    for kind, title in titles.items():
        found = [f"{visible(each['path'])} ({each['why']})" for each in plan["runs"] if each["kind"] == kind]
        if found:
            rest = f" and {len(found) - SHOWN_RUNS} more" if len(found) > SHOWN_RUNS else ""
            out.line(f"  ! {title}: {', '.join(found[:SHOWN_RUNS])}{rest}.", Colour.YELLOW)


def _show_needs(out: Output, plan: Json) -> None:
    """Each place that the agent's work needs, and what becomes of it."""
    is_left = plan["needs"] and "firstMessage" not in plan and not plan["obstacles"]
    for need in plan["needs"]:
        kept = f": {_stays(need['changes'])} with the session for later" if is_left else ""
        out.line(f"  Needs your uncommitted {visible(where(need))}{kept}")


def _stays(changes: int) -> str:
    return "1 change stays" if changes == 1 else f"{changes} changes stay"


def where(need: Json) -> str:
    """A place in a file of the user's, in words."""
    ranges = [
        str(lines["first"]) if lines["first"] == lines["last"] else f"{lines['first']}–{lines['last']}"
        for lines in need["lines"]
    ]
    return f"{need['path']}, line {', '.join(ranges)}" if ranges else need["path"]


def _refuse_obstacles(plan: Json) -> None:
    if plan["obstacles"]:
        first, *others = plan["obstacles"]
        if first["reason"] == "needs_unfinished":
            raise MergeRefused(
                first["reason"],
                sentences(first["message"], f"They are {'; '.join(where(need) for need in plan['needs'])}."),
                action=f"{first['action']} Say --unfinished {' or --unfinished '.join(plan['choices'])}.",
                details={"plan": plan},
            )
        if first["canConfirm"]:
            action = sentences(first["action"], f"To merge them so: segue merge {plan['sessionId']} --anyway")
            messages = sentences(*(obstacle["message"] for obstacle in plan["obstacles"]))
            raise MergeRefused(first["reason"], messages, action=action, details={"plan": plan})
        more = f"{len(others)} more in `segue merge {plan['sessionId']} --plan`." if others else ""
        action = sentences(first["action"], more)
        raise MergeRefused(first["reason"], first["message"], action=action, details={"plan": plan})
    if plan["conflicts"]:
        count = len(plan["conflicts"])
        message = f"{count} file{'s' if count > 1 else ''} would conflict; nothing was changed."
        base = texts.branch(plan["baseRef"])
        action = f"Bring {base} into the session, by a prompt or by hand in its worktree, then merge again."
        raise MergeRefused("conflicts", message, action=action, details={"plan": plan})
