"""Loads on a plate as blocks of counts, without a plate: what settles, rocks, drifts or saturates, to order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.calibration_grid import Drawing
from analysis.geometry import PlateGeometry
from analysis.recording import SampleBlock

Float = NDArray[np.float64]

RATE_HZ = 80.0
BLOCK_SETS = 20  # a quarter of a second
HALF_MM = 220.0
CELLS_MM = ((-HALF_MM, HALF_MM), (HALF_MM, HALF_MM), (HALF_MM, -HALF_MM), (-HALF_MM, -HALF_MM))
#: 2000 counts to a newton, cells of 1961 N: 1 % of the range of all four is 78 N.
DRAWING = Drawing(PlateGeometry("square", CELLS_MM), 1 / 2000, 1961.0)
EMPTY_COUNTS = np.array([10_000.0, -20_000.0, 5_000.0, 0.0])


def shared(x_mm: float, y_mm: float, load_n: float) -> Float:
    """Forces of four equal springs under a stiff square top. (4,) [N]"""
    return np.array([load_n * (1 + x_mm * cx / HALF_MM**2 + y_mm * cy / HALF_MM**2) / 4 for cx, cy in CELLS_MM])


class Bench:
    """Makes blocks one after the other: a load stays until another one is given.

    Parameters
    ----------
    gain : ndarray (4,)
        Reading over force of each cell.
    noise_n : float
    """

    def __init__(self, gain: Float | None = None, noise_n: float = 0.05) -> None:
        self._gain = np.ones(4) if gain is None else gain
        self._rng = np.random.default_rng(3)
        self._made, self._noise_n = 0, noise_n
        self.zero_n = np.zeros(4)
        self.cells_n = np.zeros(4)
        self.rocking_n = 0.0

    def put(self, x_mm: float, y_mm: float, load_n: float) -> None:
        """Let a load stand here, and nothing else."""
        self.cells_n = shared(x_mm, y_mm, load_n)

    def blocks(self, seconds: float) -> Iterator[SampleBlock]:
        """What the plate sends in so much time."""
        for _ in range(round(seconds * RATE_HZ / BLOCK_SETS)):
            at = np.arange(self._made, self._made + BLOCK_SETS)
            rock = self.rocking_n * np.sin(2 * np.pi * 2.0 * at / RATE_HZ)[:, None] * np.array([1, -1, 1, -1])
            noise = self._rng.normal(0, self._noise_n, (BLOCK_SETS, 4))
            reading_n = (self.cells_n + rock) * self._gain + self.zero_n + noise
            counts = np.round(EMPTY_COUNTS + reading_n / DRAWING.newton_per_count)
            yield SampleBlock(
                first_index=self._made,
                device_us=np.repeat((at * 1e6 / RATE_HZ).astype(np.uint64)[:, None], 4, axis=1),
                counts=np.clip(counts, -0x800000, 0x7FFFFF).astype(np.int32),
                flags=np.zeros(BLOCK_SETS, np.uint8),
            )
            self._made += BLOCK_SETS
