"""Rules on what agents may do, and time limits of requests. Knows no agent process."""
