"""What random tests draw from: the same in each `make test`, new in `make faults`; `SEGUE_SEED` repeats one run."""

from __future__ import annotations

import os
import random

IS_LONG = os.environ.get("SEGUE_FAULTS") == "long"
SEED = int(os.environ.get("SEGUE_SEED", "0")) or (random.SystemRandom().randrange(1, 1 << 32) if IS_LONG else 101)
