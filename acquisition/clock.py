"""Device time: 32-bit microseconds made continuous, rates measured. Never arrival time, never the nominal rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.recording import N_CELLS, ClockScale, SampleBlock, SetFlag

Int = NDArray[np.int64]
Float = NDArray[np.float64]

US_BITS, SEQUENCE_BITS = 32, 16
LARGEST_AGE_US = 65535 * 4  # what a plate says of a conversion that is as old as that, or older
TIMEOUT_STEP_US = 200_000  # a plate whose cells are all silent sends a set every 250 ms
KEPT_EXCHANGES = 600
STRETCHES, LEAST_QUICK, SHORTEST_S = 12, 8, 2.0


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
        raw = values.tolist()
        last = raw[0] if self._last is None else self._last
        half = self._modulus // 2
        if raw[-1] - raw[0] < half and raw == sorted(raw):  # no wrap within: the usual block
            first = last + (raw[0] - last + half) % self._modulus - half
            continuous = values + (first - raw[0])
        else:
            steps = np.diff(values, prepend=last % self._modulus)
            continuous = last + np.cumsum((steps + half) % self._modulus - half)
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
    repeats its old time, so that each cell has its own rate however the sets come. The age of a cell that stopped is
    held at a quarter of a second, and a plate none of whose cells converts still sends sets: neither is a conversion.
    """
    if not blocks:
        return (0.0,) * N_CELLS
    device_us = np.concatenate([block.device_us for block in blocks]).astype(np.int64)
    flags = np.concatenate([block.flags for block in blocks])
    steps_us = np.diff(device_us, axis=0)
    real = (steps_us > 0) & (device_us.max(axis=1, keepdims=True) - device_us < LARGEST_AGE_US)[1:]
    real &= ~((flags & SetFlag.TIMEOUT != 0)[1:, None] & (steps_us >= TIMEOUT_STEP_US))
    return tuple(
        float(1e6 / np.median(steps_us[real[:, cell], cell])) if real[:, cell].any() else 0.0 for cell in range(N_CELLS)
    )


@dataclass(frozen=True, slots=True)
class ClockMapping:
    """The computer's monotonic clock = ``scale`` x the plate's + ``offset_s``.

    ``scale`` [s/s] is what one second of the plate's clock lasts, ``scale_sd`` its uncertainty; ``exchanges`` how many
    PINGs it rests on.
    """

    scale: float
    scale_sd: float
    offset_s: float
    exchanges: int

    @property
    def clock(self) -> ClockScale:
        """What is kept of it with a recording."""
        return ClockScale(self.scale, self.scale_sd)


def _quickest(trip_s: Float, device_us: Int) -> Int:
    """Which exchange was the quickest of each stretch of time; stretches without one are left out."""
    stretch = np.minimum((device_us - device_us.min()) * STRETCHES // np.ptp(device_us), STRETCHES - 1)
    order = np.lexsort((trip_s, stretch))
    return order[np.unique(stretch[order], return_index=True)[1]]


def host_mapping(sent_s: Float, got_s: Float, device_us: Int) -> ClockMapping | None:
    """From PINGs of low round trip; None where they span less than 2 s or a third of the time has none.

    Of each twelfth of the time only the quickest exchange counts: the rest waited in some buffer. The uncertainty is
    that of a line through points that scatter like these, and never below half a round trip at either end.

    Parameters
    ----------
    sent_s, got_s : ndarray (n,)
        Host clock when the request left and its reply was read. [s]
    device_us : ndarray (n,)
        Device clock at the reply, unwrapped. [us]
    """
    if len(device_us) < LEAST_QUICK or np.ptp(device_us) < SHORTEST_S * 1e6:
        return None
    trip_s = got_s - sent_s
    quick = _quickest(trip_s, device_us)
    if len(quick) < LEAST_QUICK:
        return None
    host_s, device_s = (sent_s + trip_s / 2)[quick], device_us[quick] * 1e-6
    at_s, from_s = device_s - device_s.mean(), host_s - host_s.mean()
    scale = float((at_s @ from_s) / (at_s @ at_s))
    scatter_s = float(np.sqrt(np.sum((from_s - scale * at_s) ** 2) / (len(at_s) - 2)))
    line_sd = scatter_s / float(np.sqrt(at_s @ at_s))
    ends_sd = float(np.median(trip_s[quick])) / 2 / float(np.ptp(device_s))
    offset_s = float(host_s.mean() - scale * device_s.mean())
    return ClockMapping(scale, max(line_sd, ends_sd), offset_s, len(host_s))


class HostClock:
    """The plate's clock against this computer's, kept from PINGs of the last ten minutes or so."""

    def __init__(self) -> None:
        self._unwrapper = Unwrapper(US_BITS)
        self._exchanges: deque[tuple[float, float, int]] = deque(maxlen=KEPT_EXCHANGES)
        self._mapped: tuple[tuple[float, float, int], ClockMapping | None] | None = None  # after which exchange, what

    def __len__(self) -> int:
        return len(self._exchanges)

    def add(self, sent_s: float, got_s: float, device_us: int) -> None:
        """One exchange: host clock when asked and when answered [s], the plate's in its answer, 32 bits [us]."""
        unwrapped = self._unwrapper.unwrap(np.array([device_us], dtype=np.int64))
        self._exchanges.append((sent_s, got_s, int(unwrapped[0])))

    def mapping(self) -> ClockMapping | None:
        """As far as it is known by now."""
        exchanges = tuple(self._exchanges)
        if self._mapped is not None and exchanges and self._mapped[0] is exchanges[-1]:
            return self._mapped[1]
        sent_s, got_s, device_us = (
            (np.array(column) for column in zip(*exchanges, strict=True))
            if exchanges
            else (np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
        )
        found = host_mapping(sent_s, got_s, device_us)
        self._mapped = (exchanges[-1], found) if exchanges else None
        return found
