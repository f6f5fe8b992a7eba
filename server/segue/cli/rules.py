"""The verb rules. Knows which request each option is; decides nothing."""

from __future__ import annotations

from segue.cli.call import Call, folder
from segue.cli.client import Json
from segue.domain.ids import visible


def rules(call: Call) -> int:
    """Print the rules in force, what they make of a command, or forget one."""
    if call.options.revoke:
        return _print(call, call.client.request("segue/policy/revoke", {"ruleId": call.options.revoke}), _revoked)
    if call.options.command is not None:
        mode = "inline" if call.options.inline else "background"
        place = folder(call.options.repository)
        asked = {"agent": call.options.agent, "mode": mode, "repository": place, "command": call.options.command}
        return _print(call, call.client.request("segue/policy/try", asked), _tried)
    return _print(call, call.client.request("segue/policy/list", {}), _listed)


def _print(call: Call, result: Json, lines: object) -> int:
    if call.options.json:
        call.out.json(result)
        return 0
    assert callable(lines)
    for line in lines(result):
        call.out.line(line)
    return 0


def _listed(result: Json) -> list[str]:
    lines = [_line(rule) for rule in result["rules"]]
    if not lines:
        lines = ["No rules: agents ask for everything that they ask for."]
    if result.get("denyAfterMinutes") is not None:
        lines.append(f"What nobody answers within {result['denyAfterMinutes']:g} minutes is denied.")
    if result.get("problem"):
        lines.append(f"Nothing is allowed without asking until this is corrected: {visible(result['problem'])}")
    return [*lines, f"Your own rules: {visible(result['file'])}"]


def _tried(result: Json) -> list[str]:
    why = f" by {_line(result['rule'])}" if "rule" in result else ", since no rule fits"
    lines = [f"{result['effect']}{why}"]
    if not result["isSimple"]:
        lines.append(
            "It is not a simple command (one program, fixed arguments), so no rule can allow it without asking."
        )
    return lines


def _revoked(result: Json) -> list[str]:
    return [f"Forgotten: {_line(result['rule'])}"]


def _line(rule: Json) -> str:
    kept = f"remembered {rule['id']}" if rule["source"] == "remembered" else "yours"
    return visible(f"{rule['effect']} {rule['about']} — {rule['where']} ({kept})")
