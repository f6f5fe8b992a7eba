"""Agent processes of sessions and how they are configured. Knows no turn."""
