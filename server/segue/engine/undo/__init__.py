"""Everything that takes something back: rollbacks, the undo log, what changed around an agent."""
