"""A session's life outside of its turns."""
