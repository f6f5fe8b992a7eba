"""Where the real agents of the tests are; `tools/setup.py` installs them there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("SEGUE_CACHE") or ROOT / ".cache")


def path(*agents: str) -> str:
    """A PATH on which those agents are found, with the Node that they need."""
    folders = [CACHE / "agents" / name / "node_modules" / ".bin" for name in agents]
    missing = [folder.parents[1].name for folder in folders if not folder.is_dir()]
    assert not missing, f"Pinned agents are not installed: {missing}. Run `make setup`."
    return os.pathsep.join(map(str, (*folders, Path(sys.executable).parent, "/usr/bin", "/bin")))
