"""Tables of published values, and the values of a printed trial beside them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: File and options of `stancelab analyse` -> the trials it prints.
Analyse = Callable[..., list[dict[str, Any]]]


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a table of published values."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def values(trial: dict[str, Any]) -> dict[str, float]:
    """Metric id -> value, of one trial."""
    return {id: entry["value"] for id, entry in trial["metrics"].items() if entry["value"] is not None}
