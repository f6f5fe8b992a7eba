"""The verbs merge and undo-merge. Knows the order plan, confirm, apply; what a merge may do is the engine's."""

from __future__ import annotations

from segue.cli import texts
from segue.cli.call import Call
from segue.cli.client import Json
from segue.cli.output import Colour, Output, confirm, inert, sentences, told
from segue.domain.errors import MergeRefused
from segue.domain.ids import visible


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
        return 1 if plan["obstacles"] else 0
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
    for sentence in plan["sentences"]:
        out.line(told(sentence))
    if "firstMessage" in plan:
        out.line(f"  First, in your name: {visible(first_message or plan['firstMessage'])}")
    for line in inert(message or plan["message"]).rstrip("\n").split("\n"):
        out.line(f"  | {line}", Colour.DIM)
    for obstacle in plan["obstacles"]:
        out.line(f"  ✗ {visible(sentences(obstacle['message'], obstacle['action']))}", Colour.RED)
    for conflict in plan["conflicts"]:
        out.line(f"  ✗ conflict: {visible(sentences(conflict['path'], conflict['message']))}", Colour.RED)


def _refuse_obstacles(plan: Json) -> None:
    if plan["obstacles"]:
        first, *others = plan["obstacles"]
        if first["reason"] == "needs_unfinished":
            raise MergeRefused(
                first["reason"],
                sentences(first["message"], f"They are {'; '.join(told(need['place']) for need in plan['needs'])}."),
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
