"""Writes the lock files of the agents that Segue installs by npm: `tools/agent_locks.py [NAME …]`, all without a name.

Run it when a definition names another release, and read the difference. A lock names every package with its hash and no
registry, so that whoever installs it may use their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import places

BUILTIN = places.ROOT / "server" / "segue" / "agents" / "builtin"
DROPPED = ("resolved", "funding", "deprecated")
"""Addresses, and what may change without the package."""
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")


def packages() -> dict[str, dict[str, Any]]:
    """What is installed by npm, by the name of its agent."""
    read = (tomllib.loads(path.read_text("utf-8")) for path in sorted(BUILTIN.glob("*.toml")))
    return {each["name"]: each["package"] for each in read if each.get("package", {}).get("manager") == "npm"}


def lock(package: dict[str, Any]) -> dict[str, Any]:
    """All that the release needs, on every system; raises CalledProcessError."""
    manifest = {"name": "segue-agent", "private": True, "dependencies": {package["name"]: package["version"]}}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "package.json").write_text(json.dumps(manifest), "utf-8")
        command = [str(places.NPM), "install", "--package-lock-only", *QUIET, "--prefix", folder]
        subprocess.run(command, cwd=folder, env=places.environment(), check=True)
        made: dict[str, Any] = json.loads(Path(folder, "package-lock.json").read_text("utf-8"))
    for entry in made["packages"].values():
        for told in DROPPED:
            entry.pop(told, None)
    return made


def missing(made: dict[str, Any]) -> set[str]:
    """What a lock needs and lacks: npm leaves out what a registry does not serve, and refuses such a lock later."""
    entries = made["packages"]
    held = {path.rpartition("node_modules/")[2] for path in entries}
    kinds = ("dependencies", "optionalDependencies")
    return {needed for entry in entries.values() for kind in kinds for needed in entry.get(kind, {})} - held


def main() -> int:
    known = packages()
    for name in sys.argv[1:] or known:
        made = lock(known[name])
        if lacking := missing(made):
            print(f"{name} has no lock: this registry does not serve {', '.join(sorted(lacking))}")
            continue
        file = BUILTIN / "locks" / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"wrote {file.relative_to(places.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
