"""Installs what a `make` target needs: `python3 tools/setup.py --for demo`. See installation.py.

Only says that this Python is too old, where it is; so this file alone must run on any.
"""

import sys

if sys.hexversion < 0x030B00F0:
    found = sys.version.split()[0]
    sys.exit("Segue needs Python 3.11 or newer; this is " + found + ". Name one: make PYTHON=python3.12 ...")

import installation

if __name__ == "__main__":
    sys.exit(installation.main())
