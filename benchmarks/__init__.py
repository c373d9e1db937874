"""What the program costs on this machine, what it proves, and the storms it must survive: `python -m benchmarks`."""

import sys
from pathlib import Path

# The storms file the tests' rows, and run the tests' PostgreSQL server.
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
