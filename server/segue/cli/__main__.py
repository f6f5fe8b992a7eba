"""`python -I -m segue.cli`: what the script `segue` runs."""

import sys

from segue.cli import main

sys.exit(main())
