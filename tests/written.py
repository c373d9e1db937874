"""Recordings written as files with our own header, as a laboratory would write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from one_leg import Float, place_mm, signals

COP_HEADER = "time_s,cop_ml_mm,cop_ap_mm,fz_n"
CELLS_HEADER = "time_s,cell0_n,cell1_n,cell2_n,cell3_n"


def rows(*columns: Float) -> list[str]:
    """Lines of a table, six decimals."""
    return [",".join(f"{value:.6f}" for value in row) for row in np.column_stack(columns)]


def write(path: Path, header: str, lines: list[str]) -> Path:
    """Write a header and lines."""
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def write_stance(path: Path, *, size: float = 1.0, seconds: float = 30.0) -> Path:
    """A one-leg stance whose 5 mm circle is `size` times as large."""
    time_s, values = signals(seconds)
    return write(path, COP_HEADER, rows(time_s, size * values[:, 0], size * values[:, 1], values[:, 2]))


def write_places(path: Path, places: list[tuple[float, float]], *, left_size: float = 1.0) -> Path:
    """Stances on places in turn; the circles of left ones are `left_size` times as large."""
    time_s, values = signals(sum(seconds for seconds, _ in places))
    at_mm = place_mm(time_s, places)
    size = np.where(at_mm < 0, left_size, 1.0)
    return write(path, COP_HEADER, rows(time_s, at_mm + size * values[:, 0], size * values[:, 1], values[:, 2]))
