"""Worktrees, snapshots, expiry and where repositories are. Knows git; knows no agent and no turn."""
