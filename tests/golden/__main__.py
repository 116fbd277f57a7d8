"""Writes the golden workspace: ``python tests/golden DIRECTORY``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from golden.workspace import open_stock

if len(sys.argv) != 2 or Path(sys.argv[1]).exists():
    sys.exit("usage: python tests/golden DIRECTORY, which is not there yet")
open_stock(Path(sys.argv[1])).close()
