"""Four cells and their converters, each on its own clock. Newtons in, counts out; no body, no bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from analysis.geometry import PlateGeometry
from hardware.plates import PlateModel
from hardware.simulator.faults import FaultyConverter, PlantedFault, with_faults
from hardware.simulator.motion import BODY_HZ

Float = NDArray[np.float64]

N_CELLS = 4
LARGEST_COUNT, SMALLEST_COUNT = 0x7FFFFF, -0x800000
GAIN_SPREAD, OFFSET_SPREAD_COUNTS, CLOCK_SPREAD = 0.015, 40_000, 0.001
NOISE_N = 0.06
AVERAGED = 4  # the converter's sinc4 filter: four running means in a row, each as long as one conversion


@dataclass(frozen=True, slots=True)
class Plant:
    """How one simulated plate was built. Its number decides everything, as a serial number does.

    ``newton_per_count (4,)`` true gains, ``offset_counts (4,)``, ``period_s (4,)`` and ``first_s (4,)`` of conversions.
    """

    number: int
    newton_per_count: Float
    offset_counts: Float
    period_s: Float
    first_s: Float


def build_plant(number: int, model: PlateModel, rate_hz: float) -> Plant:
    """The plate of this number: gains within a few percent of the model's, clocks within 0.1 % of each other."""
    rng = np.random.default_rng([0x5374616E, number])
    gain = model.newton_per_count * (1 + np.clip(rng.normal(0, GAIN_SPREAD, N_CELLS), -0.03, 0.03))
    offset = np.round(rng.uniform(-OFFSET_SPREAD_COUNTS, OFFSET_SPREAD_COUNTS, N_CELLS))
    period_s = (1 + rng.uniform(-CLOCK_SPREAD, CLOCK_SPREAD, N_CELLS)) / rate_hz
    return Plant(number, gain, offset, period_s, rng.uniform(0, 1, N_CELLS) * period_s)


def cell_forces(xy_mm: Float, fz_n: Float, geometry: PlateGeometry) -> Float:
    """Forces of the cells under a stiff top on four equal springs, for a CoP and a vertical force. (n, 4) [N].

    The smallest forces that carry the load: F = A' (A A')^-1 (Fz, Fz x, Fz y) with the plate's load matrix A.
    """
    load = np.column_stack([fz_n, fz_n * xy_mm[:, 0], fz_n * xy_mm[:, 1]])
    return np.asarray(load @ _spread(geometry).T, dtype=np.float64)


@cache
def _spread(geometry: PlateGeometry) -> Float:
    return np.asarray(np.linalg.pinv(geometry.load_matrix()), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Conversions:
    """Conversions in time order: ``time_s (m,)`` [s], ``cell (m,)``, ``counts (m,)``, ``saturated (m,)``."""

    time_s: Float
    cell: NDArray[np.int64]
    counts: NDArray[np.int64]
    saturated: NDArray[np.bool_]


def converter_filter(rate_hz: float) -> Float:
    """Weights of the converter's averaging on the 1 kHz grid of the body: a sinc4. Delays by half its length."""
    mean = np.full(max(1, round(BODY_HZ / rate_hz)), 1.0)
    mean /= len(mean)
    weights = np.array([1.0])
    for _ in range(AVERAGED):
        weights = np.convolve(weights, mean)
    return weights


class Electronics:
    """Cells and converters of one plate, fed with forces at 1 kHz.

    Parameters
    ----------
    plant : Plant
    rate_hz : float
        Conversions a second of each cell, near enough: every cell has its own clock. [Hz]
    seed : int
        Of the noise.
    faults : tuple of PlantedFault
        What is broken. May be replaced at any time.
    """

    def __init__(self, plant: Plant, rate_hz: float, seed: int, faults: tuple[PlantedFault, ...] = ()) -> None:
        self.plant = plant
        self.faults = faults
        self._weights = converter_filter(rate_hz)
        # [1, 0]: the recursive form of the filter gives the same bits however the forces are cut
        self._state = np.zeros((max(len(self._weights), 2) - 1, N_CELLS))
        self._noises = np.random.default_rng([0x6E6F6973, seed]).spawn(N_CELLS)
        open_inputs = np.random.default_rng([0x6F70656E, seed]).spawn(N_CELLS)
        self._faulty = [FaultyConverter(cell, LARGEST_COUNT, rng) for cell, rng in enumerate(open_inputs)]
        self._converted = np.zeros(N_CELLS, dtype=np.int64)
        self._made = 0
        self._last = np.zeros((1, N_CELLS))

    def convert(self, cells_n: Float) -> Conversions:
        """Conversions that end within the next samples of force (n, 4) [N]."""
        faults, time_s = self.faults, np.arange(self._made, self._made + len(cells_n)) / BODY_HZ
        cells_n = with_faults(faults, time_s, cells_n)
        smooth, self._state = lfilter(self._weights, [1.0, 0.0], cells_n, axis=0, zi=self._state)
        trace = np.vstack([self._last, smooth])
        first = self._made - 1
        self._made += len(cells_n)
        self._last = trace[-1:]
        grid_s = np.arange(first, self._made) / BODY_HZ
        parts = [self._convert_cell(cell, grid_s, trace[:, cell], faults) for cell in range(N_CELLS)]
        time_s = np.concatenate([part[0] for part in parts])
        cell = np.repeat(np.arange(N_CELLS), [len(part[0]) for part in parts])
        value = np.concatenate([part[1] for part in parts])
        order = np.argsort(time_s, kind="stable")
        counts = np.clip(value, SMALLEST_COUNT, LARGEST_COUNT).astype(np.int64)
        saturated = (value > LARGEST_COUNT) | (value < SMALLEST_COUNT)
        return Conversions(time_s[order], cell[order], counts[order], saturated[order])

    def _convert_cell(
        self, cell: int, grid_s: Float, force_n: Float, faults: tuple[PlantedFault, ...]
    ) -> tuple[Float, Float]:
        plant = self.plant
        first_s, period_s = float(plant.first_s[cell]), float(plant.period_s[cell])
        start = int(self._converted[cell])
        end = max(start, int(np.floor((grid_s[-1] - first_s) / period_s)) + 1)
        self._converted[cell] = end
        time_s = np.asarray(first_s + np.arange(start, end) * period_s, dtype=np.float64)
        noisy_n = np.interp(time_s, grid_s, force_n) + NOISE_N * self._noises[cell].standard_normal(end - start)
        counts = np.round(noisy_n / plant.newton_per_count[cell] + plant.offset_counts[cell])
        return time_s, self._faulty[cell](faults, time_s, np.asarray(counts, dtype=np.float64))
