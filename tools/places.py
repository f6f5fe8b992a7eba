"""Where the tools find and keep things. Knows paths and the environment of children; installs and starts nothing."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""
VENV = ROOT / ".venv"
CACHE = Path(os.environ.get("SEGUE_CACHE") or ROOT / ".cache").resolve()
"""What is large and made again on demand. Checkouts on one machine may share it through `SEGUE_CACHE`."""
LOGS = ROOT / ".cache" / "logs"
ARTIFACTS = ROOT / "artifacts"

PYTHON = VENV / "bin" / "python"
NODE = VENV / "bin" / "node"
NPM = VENV / "bin" / "npm"
SEGUE = VENV / "bin" / "segue"

EXTENSION = ROOT / "extension"
VSIX = EXTENSION / "dist" / "segue.vsix"
JOURNEYS = ROOT / "tests" / "journeys"

EDITOR_LOCKS = ROOT / "tools" / "editor-host"
EDITOR_HOST = CACHE / "editor-host"
EDITOR_ENTRY = EDITOR_HOST / "node_modules" / "code-server" / "out" / "node" / "entry.js"

AGENT_LOCKS = ROOT / "server" / "segue" / "agents" / "builtin" / "locks"
AGENTS = CACHE / "agents"
"""The real agents of the tests, each in a folder of its own name; they are installed as Segue would for a person."""


def environment(**extra: str) -> dict[str, str]:
    """The caller's environment with the venv's Python, Node and npm first on PATH, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VSCODE_", "ELECTRON_"))}
    kept["PATH"] = f"{VENV / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    kept["SEGUE_CACHE"] = str(CACHE)
    kept.update(extra)
    return kept
