"""Device time: 32-bit microseconds made continuous, rates measured. Never arrival time, never the nominal rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.recording import N_CELLS, SampleBlock

Int = NDArray[np.int64]

US_BITS, SEQUENCE_BITS = 32, 16


class Unwrapper:
    """Makes a counter of few bits continuous: each value is the nearest one to the value before it.

    Parameters
    ----------
    bits : int
        32 for microseconds (a wrap every 71.6 min), 16 for the sequence of sets.
    """

    def __init__(self, bits: int) -> None:
        self._modulus = 1 << bits
        self._last: int | None = None

    def set(self, value: int) -> None:
        """Go on from a continuous value that is known."""
        self._last = value

    def unwrap(self, values: Int) -> Int:
        """Continuous values for consecutive raw ones; the first one ever stays as it is."""
        if not len(values):
            return values
        first = int(values[0]) if self._last is None else self._last
        steps = np.diff(np.r_[first % self._modulus, values])
        half = self._modulus // 2
        steps = (steps + half) % self._modulus - half
        continuous = first + np.cumsum(steps)
        self._last = int(continuous[-1])
        return np.asarray(continuous, dtype=np.int64)


def measured_rate_hz(index: Int, time_us: NDArray[np.uint64]) -> float:
    """Sets a second by the device's clock, sets that were lost counted in. [Hz]."""
    if len(index) < 2 or time_us[-1] <= time_us[0]:
        return 0.0
    return float((index[-1] - index[0]) / ((time_us[-1] - time_us[0]) * 1e-6))


def cell_rates_hz(blocks: Sequence[SampleBlock]) -> tuple[float, ...]:
    """Conversions a second of each cell by the device's clock, 0.0 where a cell converted less than twice. (4,) [Hz].

    From the usual interval between conversions, so that lost sets do not slow a cell. A cell that is not new in a set
    repeats its old time, so that each cell has its own rate however the sets come.
    """
    if not blocks:
        return (0.0,) * N_CELLS
    device_us = np.concatenate([block.device_us for block in blocks]).astype(np.int64)
    return tuple(_rate_of(device_us[:, cell]) for cell in range(N_CELLS))


def _rate_of(converted_us: Int) -> float:
    intervals_us = np.diff(converted_us)
    intervals_us = intervals_us[intervals_us > 0]
    return float(1e6 / np.median(intervals_us)) if len(intervals_us) else 0.0


def host_mapping(sent_s: NDArray[np.float64], got_s: NDArray[np.float64], device_us: Int) -> tuple[float, float]:
    """Host time = slope x device seconds + offset, from PINGs of low round trip. (slope, offset) [s/s], [s].

    Only the quickest quarter of the exchanges counts: the rest waited in some buffer. The slope is held within
    6000 ppm, more than a ceramic resonator can be off.

    Parameters
    ----------
    sent_s, got_s : ndarray (n,)
        Host clock when the request left and its reply was read. [s]
    device_us : ndarray (n,)
        Device clock at the reply, unwrapped. [us]
    """
    trip_s = got_s - sent_s
    quick = trip_s <= np.quantile(trip_s, 0.25)
    host_s, device_s = (sent_s + trip_s / 2)[quick], device_us[quick] * 1e-6
    slope = 1.0
    if len(host_s) >= 2 and np.ptp(device_s) > 1.0:
        slope = float(np.clip(np.polyfit(device_s, host_s, 1)[0], 1 - 6e-3, 1 + 6e-3))
    return slope, float(np.mean(host_s - slope * device_s))
