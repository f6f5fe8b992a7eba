"""Sessions as they are now, their journal, feeds, settings, background work. Knows no git and no agent."""
