"""Prompts become turns: order, scheduler, idle agents, plan mode, answers. Knows no merge and no client."""
