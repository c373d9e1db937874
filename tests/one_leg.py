"""Plain recordings of one-leg stances, to order: a CoP that swings on a small circle over a chosen place."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import DATASHEET, Calibration, Zero
from analysis.geometry import PlateGeometry, Side
from analysis.recording import ImportedRecording, MlAxis, PlateIdentity, RawRecording, SignalKind, Timing

Float = NDArray[np.float64]

WEIGHT_N = 700.0
RATE_HZ = 100.0
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


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
    time_s, values = signals(sum(seconds for seconds, _ in places))
    values[:, 0] += place_mm(time_s, places)
    return ImportedRecording(time_s, values, SignalKind.COP_FZ, ml_axis, declared_side=declared)


def place_mm(time_s: Float, places: list[tuple[float, float]]) -> Float:
    """ML position of the place stood on at each time (n,), a quarter second from one to the next. [mm]"""
    edges = np.cumsum([0.0] + [seconds for seconds, _ in places])
    corners_s = np.ravel([(start + 0.125, end - 0.125) for start, end in pairwise(edges)])
    return np.asarray(np.interp(time_s, corners_s, np.repeat([at_mm for _, at_mm in places], 2)), dtype=np.float64)


def in_turn(seconds: float, *sides: Side) -> list[tuple[float, float]]:
    """Places for stances of `seconds` on each side, 120 mm from the middle, with both feet down for 6 s around each."""
    places = [(6.0, 0.0)]
    for side in sides:
        places += [(seconds, 120.0 if side is Side.RIGHT else -120.0), (6.0, 0.0)]
    return places


def of_four_cells(recording: ImportedRecording) -> tuple[RawRecording, Calibration, Zero]:
    """The same CoP and load as counts of a plate with cells at the corners of a 440 mm square, 1 mN a count."""
    gain, corners_mm = 1e-3, np.array([[-220, 220], [220, 220], [220, -220], [-220, -220]])
    x_mm, y_mm, fz_n = recording.values.T
    cells_n = fz_n[:, None] / 4 * (1 + (np.column_stack([x_mm, y_mm]) @ corners_mm.T) / 220**2)
    plate = PlateIdentity("SIM-1", "reference-a", "1", 1, RATE_HZ, 8_388_607, Timing.SIMULTANEOUS)
    times_s = np.repeat(recording.time_s[:, None], 4, axis=1)
    counts = np.rint(cells_n / gain).astype(np.int32)
    raw = RawRecording(plate, MADE_AT, times_s, counts, np.zeros(len(counts), dtype=np.uint8))
    matrix = gain * np.vstack([np.ones(4), corners_mm.T])
    calibration = Calibration("c1", "SIM-1", matrix, np.full(4, gain), 1.0, 2.0, 2000.0, DATASHEET, MADE_AT, "test")
    return raw, calibration, Zero(np.zeros(4), np.zeros(4), MADE_AT)


def noisy_cells(noise_n: float, declared: Side | None = None) -> ImportedRecording:
    """Four cells with normal noise of this SD each: an empty plate for 4 s, then 30 s on one leg."""
    _, values = signals(30.0)
    corners_mm = ((-220.0, 220.0), (220.0, 220.0), (220.0, -220.0), (-220.0, -220.0))
    cells = [values[:, 2] / 4 * (1 + (values[:, 0] * x + values[:, 1] * y) / 220**2) for x, y in corners_mm]
    forces = np.vstack([np.zeros((round(4 * RATE_HZ), 4)), np.column_stack(cells)])
    forces += noise_n * np.random.default_rng(2).standard_normal(forces.shape)
    geometry = PlateGeometry("four corners", corners_mm)
    time_s = np.arange(len(forces)) / RATE_HZ
    return ImportedRecording(time_s, forces, SignalKind.CELLS_N, MlAxis.PLUS_RIGHT, geometry, declared)
