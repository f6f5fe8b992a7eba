"""Segue's version. Knows one word, so that whoever needs it at a cold start imports nothing else."""

VERSION = "0.1.0"
