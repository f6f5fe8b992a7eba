"""What an earlier daemon left, and what a lost journal leaves."""
