"""Rules on what agents may do without a person. Knows commands, paths and rules; knows no session and no file."""
