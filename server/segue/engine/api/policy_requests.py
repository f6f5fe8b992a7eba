"""What clients ask about rules. Knows the wire and the rules in force; decides nothing by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from segue.domain.ids import visible
from segue.domain.policy.command_lines import simple
from segue.domain.policy.rules import Rule, Source, Subject
from segue.engine.api.clients import Client
from segue.engine.api.registry import Table
from segue.engine.api.views import rule_view
from segue.engine.approvals.policies import Policies
from segue.git import repository
from segue.protocol import methods, policy


class PolicyRequests:
    """See the module."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    def offer(self, table: Table) -> None:
        table.on(methods.LIST_RULES, self._list)
        table.on(methods.REVOKE_RULE, self._revoke)
        table.on(methods.TRY_RULES, self._try)

    async def _list(self, client: Client, params: methods.Nothing) -> policy.ListRulesResult:
        rules = self._policies.rules()
        written = [rule_view(rule, Source.FILE) for rule in rules.written]
        remembered = [rule_view(rule, Source.REMEMBERED) for rule in rules.remembered]
        file = visible(str(self._policies.file))
        return policy.ListRulesResult(
            rules=written + remembered,
            file=file,
            deny_after_minutes=rules.deny_after_minutes,
            problem=rules.problem or None,
        )

    async def _revoke(self, client: Client, params: policy.RevokeRuleParams) -> policy.RevokeRuleResult:
        rule = await asyncio.to_thread(self._policies.revoke, params.rule_id)
        return policy.RevokeRuleResult(rule=rule_view(rule, Source.REMEMBERED))

    async def _try(self, client: Client, params: policy.TryRulesParams) -> policy.TryRulesResult:
        facts = await asyncio.to_thread(repository.inspect, Path(params.repository))
        command = params.command or ""
        tool = params.tool or ("execute" if command else "")
        root = str(facts.root)
        subject = Subject(params.agent, params.mode, root, tool, command, tuple(params.paths), is_inside=True)
        rule = self._policies.verdict(subject)
        return policy.TryRulesResult(
            effect=rule.effect,
            rule=rule_view(rule.rule, self._source(rule.rule)) if rule.rule else None,
            is_simple=simple(command) is not None,
        )

    def _source(self, rule: Rule) -> Source:
        return Source.REMEMBERED if rule in self._policies.rules().remembered else Source.FILE
