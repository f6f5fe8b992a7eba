"""`make faults`: the long form of the fault drills, one after the other. Knows which they are; injects nothing itself.

Each prints its figures and a seed; `SEGUE_SEED=… make faults DRILLS="kills"` repeats one.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import parts
import places

KILLS_OF_RUNNERS = "200"


def main() -> int:
    """Run the drills that were named, or all; the exit status is 1 where one failed."""
    drills = parts.drills()
    drills["runners"] = places.ROOT / "tests" / "agents" / "test_runner_kills.py"
    drills["starters"] = places.ROOT / "tests" / "daemon" / "test_socket_life.py"
    parser = argparse.ArgumentParser(description="The long form of the fault drills.")
    parser.add_argument("drills", nargs="*", help=f"some of: {', '.join(drills)}; all by default")
    parser.add_argument(
        "--short", action="store_true", help="as long as they are in `make test`, and side by side like there"
    )
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.drills if name not in drills]:
        parser.error(f"no such drill: {', '.join(unknown)}")
    seed = os.environ.get("SEGUE_SEED") or str(random.SystemRandom().randrange(1, 1 << 32))
    wanted = {name: path for name, path in drills.items() if not chosen.drills or name in chosen.drills}
    print(f"SEGUE_SEED={seed}", flush=True)
    begun = time.monotonic()
    with ThreadPoolExecutor(parts.lane_count() if chosen.short else 1) as lanes:
        passed = dict(
            zip(wanted, lanes.map(lambda name: _passes(name, wanted[name], seed, chosen), wanted), strict=True)
        )
    failed = [name for name, is_good in passed.items() if not is_good]
    print(
        f"{time.monotonic() - begun:.0f} s; "
        f"{len(wanted) - len(failed)} of {len(wanted)} drills passed" + "".join(f"; {name} failed" for name in failed)
    )
    return 1 if failed else 0


def _passes(name: str, path: Path, seed: str, chosen: argparse.Namespace) -> bool:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sgf-") as folder:
        extra = {} if chosen.short else {"SEGUE_FAULTS": "long", "SEGUE_KILLS": KILLS_OF_RUNNERS}
        environment = places.environment(SEGUE_SEED=seed, HOME=folder, TMPDIR=folder, **extra)
        command: list[str | Path] = [places.PYTHON, "-m", "pytest", path, "-q", "-s", "--color=no"]
        command += ["-p", "no:cacheprovider"]
        done = subprocess.run(command, cwd=places.ROOT, env=environment, check=False)
    print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - begun:.0f} s", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
