"""A session's work comes to its base branch, and back."""
