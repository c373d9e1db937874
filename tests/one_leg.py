"""Plain recordings of one-leg stances, to order: a CoP that swings on a small circle over a chosen place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import Side
from analysis.recording import ImportedRecording, MlAxis, SignalKind

Float = NDArray[np.float64]

WEIGHT_N = 700.0
RATE_HZ = 100.0


def signals(seconds: float, rate_hz: float = RATE_HZ) -> tuple[Float, Float]:
    """Times (n,) [s] and CoP ML, AP [mm] with Fz [N] (n, 3): 5 mm circles, one in 2 s, under 700 N."""
    time_s = np.arange(round(seconds * rate_hz) + 1) / rate_hz
    turn = 2 * np.pi * 0.5 * time_s
    return time_s, np.column_stack([5 * np.cos(turn), 5 * np.sin(turn), np.full_like(time_s, WEIGHT_N)])


def one_leg(
    seconds: float = 30.0,
    side: Side | None = Side.LEFT,
    *,
    values: Float | None = None,
    rate_hz: float = RATE_HZ,
    ml_axis: MlAxis = MlAxis.UNKNOWN,
) -> ImportedRecording:
    """A recording that lies within one stance, as other systems export it; ``values`` in place of the circle."""
    time_s, circle = signals(seconds, rate_hz)
    chosen = circle if values is None else values
    return ImportedRecording(time_s[: len(chosen)], chosen, SignalKind.COP_FZ, ml_axis, declared_side=side)


def place_after_place(
    places: list[tuple[float, float]], *, ml_axis: MlAxis = MlAxis.PLUS_RIGHT, declared: Side | None = None
) -> ImportedRecording:
    """Stand on one place after the other: (seconds, ML position [mm]) each, a quarter second from one to the next."""
    seconds = sum(lasts_s for lasts_s, _ in places)
    time_s, values = signals(seconds)
    edges = np.cumsum([0.0] + [lasts_s for lasts_s, _ in places])
    corners_s, corners_mm = [], []
    for (_, at_mm), start_s, end_s in zip(places, edges, edges[1:], strict=False):
        corners_s += [start_s + 0.125, end_s - 0.125]
        corners_mm += [at_mm, at_mm]
    values[:, 0] += np.interp(time_s, corners_s, corners_mm)
    return ImportedRecording(time_s, values, SignalKind.COP_FZ, ml_axis, declared_side=declared)
