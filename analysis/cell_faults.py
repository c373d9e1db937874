"""What a single cell can do wrong, seen in counts: one rule each, the same for the live view and for the filed trial.

Each rule looks at a stretch of sets and says from when to when it held. `CellWatch` keeps the newest half second for
the live view; `recorded_faults` goes over a whole recording.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration, Zero
from analysis.columns import any_of, largest
from analysis.preprocess import runs
from analysis.recording import N_CELLS, Counts, RawRecording, SampleBlock, SetFlag

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.intp]

FROZEN_S = 0.5  # a converter's last bits always move: the same code for so long is none
NOT_CONVERTED_S = 0.25  # after which the plate itself says that a cell does not convert
SATURATED_PART = 0.98  # of the converter's range
#: Noise of one cell of the reference plate at 80 sets a second, electronics of usual boards. [N]
CELL_NOISE_N = 0.06
NOISE_TIMES = 10.0
NOISE_S = 0.5
FEWEST = 5  # samples that tell noise
#: SD over median departure of normal numbers, and SD of second differences over that of the samples.
NORMAL_MAD, SECOND_DIFFERENCE = 1.4826, math.sqrt(6.0)
BEYOND_S = 0.1  # a glitch is shorter
OFFSET_PART = 0.25  # of a cell's rated load: an empty plate does not weigh so much
NEGATIVE_CELL_N, NEGATIVE_SUM_N, NEGATIVE_S = -50.0, -20.0, 0.1
LOOK_S = 0.05  # the live view looks so often
KEPT_S = 0.7  # what the live view looks back on
SLACK_S = 1e-3


class CellProblem(StrEnum):
    """What is wrong, the gravest first: a saturated cell is also frozen, an open input may also read negative."""

    TEST_PATTERN = "test_pattern"
    SATURATED = "saturated"
    DISCONNECTED = "disconnected"
    FROZEN = "frozen"
    NEGATIVE = "negative"


#: After these a plate's numbers are no load of anybody.
FAILURES = frozenset({CellProblem.SATURATED, CellProblem.DISCONNECTED, CellProblem.FROZEN})


@dataclass(frozen=True, slots=True)
class CellFault:
    """One fault. ``cell`` None: all together. ``value`` broke ``limit``; times [s].

    TEST_PATTERN: sets that are no measurements. SATURATED: part of the converter's range [%]. DISCONNECTED: noise or
    reading [N]. FROZEN: time without change [s]. NEGATIVE: load [N].
    """

    problem: CellProblem
    cell: int | None
    start_s: float
    end_s: float
    value: float
    limit: float

    @property
    def cut_s(self) -> float:
        """The last moment at which the cell was well for sure: noise is told from half a second of samples. [s]"""
        return self.start_s - (NOISE_S if self.problem is CellProblem.DISCONNECTED else 0.0)


@dataclass(frozen=True, slots=True)
class CellTrace:
    """Sets in order: newest time of each [s], counts (n, 4), flags (n,), and their loads above zero (n, 4) [N]."""

    time_s: Float
    counts: Counts
    flags: NDArray[np.uint8]
    own_time_s: Float
    load_n: Float | None
    calibration: Calibration
    full_scale_counts: int

    @property
    def rated_n(self) -> float:
        """Rated load of one cell. [N]"""
        return self.calibration.max_load_n / N_CELLS


def recorded_faults(
    raw: RawRecording, calibration: Calibration, newest_s: Float, load_n: Float
) -> tuple[CellFault, ...]:
    """Every fault of every cell in a recording; newest time of each set (n,) [s], loads above zero (n, 4) [N]."""
    trace = CellTrace(
        time_s=newest_s,
        counts=raw.counts,
        flags=raw.flags,
        own_time_s=raw.time_s,
        load_n=load_n,
        calibration=calibration,
        full_scale_counts=raw.plate.full_scale_counts,
    )
    return cell_faults(trace)


def cell_faults(trace: CellTrace) -> tuple[CellFault, ...]:
    """Every fault of every cell, the gravest first and each in time order."""
    if len(trace.time_s) < 2:
        return ()
    return (*_pattern(trace), *_saturated(trace), *_disconnected(trace), *_frozen(trace), *_negative(trace))


def _spans(trace: CellTrace, there: Bool, least_s: float) -> Iterator[tuple[int, int]]:
    """First and last sample of each stretch that lasts long enough."""
    for start, end in runs(there):
        if trace.time_s[end - 1] - trace.time_s[start] >= least_s - SLACK_S:
            yield start, end - 1


def _pattern(trace: CellTrace) -> Iterator[CellFault]:
    """Sets that the plate says are no measurements."""
    if not trace.flags.any():
        return
    for start, end in runs(np.asarray(trace.flags & SetFlag.TEST_PATTERN != 0, dtype=np.bool_)):
        yield _fault(trace, CellProblem.TEST_PATTERN, None, (start, end - 1), end - start, 0.0)


def _saturated(trace: CellTrace) -> Iterator[CellFault]:
    """A code at the end of the converter's range, or a set that the plate says is."""
    furthest = max(int(trace.counts.max()), -int(trace.counts.min()))
    told = trace.flags & SetFlag.SATURATED != 0
    if furthest < SATURATED_PART * trace.full_scale_counts and not told.any():
        return
    part = np.abs(trace.counts.astype(np.float64)) / trace.full_scale_counts
    over = part >= SATURATED_PART
    flagged = told & ~any_of(over)
    for cell in range(N_CELLS):
        for start, end in _spans(trace, np.asarray(over[:, cell], dtype=np.bool_), 0.0):
            value = 100 * float(part[start : end + 1, cell].max())
            yield _fault(trace, CellProblem.SATURATED, cell, (start, end), value, 100 * SATURATED_PART)
    for start, end in _spans(trace, np.asarray(flagged, dtype=np.bool_), 0.0):
        yield _fault(trace, CellProblem.SATURATED, None, (start, end), 100.0, 100 * SATURATED_PART)


def _fault(
    trace: CellTrace, problem: CellProblem, cell: int | None, span: tuple[int, int], value: float, limit: float
) -> CellFault:
    start_s, end_s = float(trace.time_s[span[0]]), float(trace.time_s[span[1]])
    return CellFault(problem, cell, start_s, end_s, value, limit)


def _disconnected(trace: CellTrace) -> Iterator[CellFault]:
    """An open input: a reading beyond the cell's rated load, or ten times the noise of the others.

    Noise from second differences, so that a body's sway and a step weigh little; against the median of the others, as
    whatever shakes the plate shakes every cell.
    """
    gain = trace.calibration.cell_newton_per_count
    raw_n = trace.counts * gain
    size_n = np.abs(raw_n)
    for cell in range(N_CELLS) if size_n.max() > trace.rated_n else ():
        for span in _spans(trace, np.asarray(size_n[:, cell] > trace.rated_n, dtype=np.bool_), BEYOND_S):
            largest_n = float(size_n[span[0] : span[1] + 1, cell].max())
            yield _fault(trace, CellProblem.DISCONNECTED, cell, span, largest_n, trace.rated_n)
    for start, end in _noisy_pieces(trace.time_s, raw_n):
        noise_n = noise_of(raw_n[start:end])
        for cell in np.flatnonzero(noise_n > NOISE_TIMES * CELL_NOISE_N).tolist():
            limit_n = NOISE_TIMES * max(CELL_NOISE_N, float(np.median(np.delete(noise_n, cell))))
            if noise_n[cell] > limit_n:
                yield _fault(trace, CellProblem.DISCONNECTED, cell, (start, end - 1), float(noise_n[cell]), limit_n)


def _noisy_pieces(time_s: Float, raw_n: Float) -> Iterator[tuple[int, int]]:
    """Pieces in which a cell's noise may exceed the least limit there is: half of its second differences must.

    A recording of a sound plate has none, and no median has to be found to say so.
    """
    least_n = (1 - 1e-9) * NOISE_TIMES * CELL_NOISE_N * SECOND_DIFFERENCE / NORMAL_MAD
    large, cell = np.nonzero(np.abs(np.diff(raw_n, n=2, axis=0)) > least_n)
    start, end = _pieces(time_s, NOISE_S)
    first, last = np.searchsorted(large, [start, end - 2])
    for at in np.flatnonzero(2 * (last - first) >= end - 2 - start).tolist():
        in_cells = np.bincount(cell[first[at] : last[at]], minlength=N_CELLS)
        if 2 * in_cells.max() >= end[at] - 2 - start[at]:
            yield int(start[at]), int(end[at])


def noise_of(cells_n: Float) -> Float:
    """Noise of each cell from second differences of its samples (n, 4), robust against a few of them. (4,) [N]

    White noise of SD s has second differences of SD sqrt(6) s.
    """
    if len(cells_n) < FEWEST:
        return np.zeros(N_CELLS)
    second = np.abs(np.diff(cells_n, n=2, axis=0))
    return np.asarray(NORMAL_MAD * np.median(second, axis=0) / SECOND_DIFFERENCE, dtype=np.float64)


def _pieces(time_s: Float, length_s: float) -> tuple[Int, Int]:
    """Starts and ends of stretches of this length, the last one up to the end; none where sets are missing. (k,)"""
    end_s = np.arange(time_s[-1], time_s[0] + length_s - 2 * SLACK_S, -length_s)[::-1]
    start, end = np.searchsorted(time_s, [end_s - length_s - SLACK_S, end_s + SLACK_S])
    enough = end - start >= FEWEST
    return start[enough], end[enough]


def _frozen(trace: CellTrace) -> Iterator[CellFault]:
    """The same code for half a second while another cell's moves; or sets without a new conversion of a cell."""
    still = np.zeros(trace.counts.shape, dtype=np.bool_)
    still[1:] = trace.counts[1:] == trace.counts[:-1]
    for cell in range(N_CELLS):
        for start, end in runs(still[:, cell]):
            length_s = float(trace.time_s[end - 1] - trace.time_s[start - 1])
            if length_s < NOT_CONVERTED_S - SLACK_S:
                continue
            silent = np.diff(trace.own_time_s[start - 1 : end, cell]) == 0
            told = bool((silent & (trace.flags[start:end] & SetFlag.TIMEOUT != 0)).any())
            others_move = not np.delete(still[start:end], cell, axis=1).all()
            if told or (length_s >= FROZEN_S - SLACK_S and others_move):
                yield _fault(trace, CellProblem.FROZEN, cell, (start - 1, end - 1), length_s, FROZEN_S)


def _negative(trace: CellTrace) -> Iterator[CellFault]:
    """Less than nothing on the plate or on one cell, for a tenth of a second."""
    load_n = trace.load_n
    if load_n is None:
        return
    sum_n = load_n @ (trace.calibration.matrix[0] / trace.calibration.cell_newton_per_count)
    if sum_n.min() >= NEGATIVE_SUM_N and load_n.min() >= NEGATIVE_CELL_N:
        return
    for span in _spans(trace, np.asarray(sum_n < NEGATIVE_SUM_N, dtype=np.bool_), NEGATIVE_S):
        least_n = float(sum_n[span[0] : span[1] + 1].min())
        yield _fault(trace, CellProblem.NEGATIVE, None, span, least_n, NEGATIVE_SUM_N)
    for cell in range(N_CELLS):
        for span in _spans(trace, np.asarray(load_n[:, cell] < NEGATIVE_CELL_N, dtype=np.bool_), NEGATIVE_S):
            least_n = float(load_n[span[0] : span[1] + 1, cell].min())
            yield _fault(trace, CellProblem.NEGATIVE, cell, span, least_n, NEGATIVE_CELL_N)


def zero_fault(zero: Zero, calibration: Calibration) -> CellFault | None:
    """What an empty plate's mean tells of a cell: a reading that neither a plate nor a person on it explains.

    Returns
    -------
    CellFault or None
        DISCONNECTED, at time 0.
    """
    empty_n = zero.counts * calibration.cell_newton_per_count
    apart_n = [abs(float(empty_n[cell] - np.median(np.delete(empty_n, cell)))) for cell in range(N_CELLS)]
    limit_n = OFFSET_PART * calibration.max_load_n / N_CELLS
    cell = int(np.argmax(apart_n))
    if apart_n[cell] <= limit_n:
        return None
    return CellFault(CellProblem.DISCONNECTED, cell, 0.0, 0.0, apart_n[cell], limit_n)


class CellWatch:
    """The newest half second of a stream, and what is wrong in it now.

    Parameters
    ----------
    calibration : Calibration
    full_scale_counts : int

    Attributes
    ----------
    fault : CellFault or None
        The gravest fault that holds at the newest set.
    """

    def __init__(self, calibration: Calibration, full_scale_counts: int) -> None:
        self._calibration, self._full_scale_counts = calibration, full_scale_counts
        self._blocks: deque[SampleBlock] = deque()
        self._looked_s = -np.inf
        self.fault: CellFault | None = None

    def begin(self) -> None:
        """Forget: a new stream."""
        self._blocks.clear()
        self._looked_s, self.fault = -np.inf, None

    def feed(self, block: SampleBlock, zero: Zero | None) -> bool:
        """Take the next sets; ``zero`` where there is one to count loads from. Whether they were looked at by now."""
        self._blocks.append(block)
        now_s = self._time_s(-1, -1)
        if now_s - self._looked_s < LOOK_S:
            return False
        while len(self._blocks) > 1 and self._time_s(1, 0) < now_s - KEPT_S:
            self._blocks.popleft()
        self._looked_s = now_s
        found = cell_faults(self._trace(zero))
        self.fault = next((fault for fault in found if fault.end_s >= now_s - SLACK_S), None)
        return True

    def resting_n(self, zero: Zero, restless_n: float) -> float | None:
        """Mean load on the plate since the zero while no cell moves more than `restless_n` (SD); None else. [N]"""
        load_n = self._trace(zero).load_n
        if load_n is None or len(load_n) < 3 or float(load_n.std(axis=0).max()) > restless_n:
            return None
        gain = self._calibration.cell_newton_per_count
        return float(load_n.mean(axis=0) @ (self._calibration.matrix[0] / gain))

    def _time_s(self, block: int, row: int) -> float:
        return float(self._blocks[block].device_us[row].max()) * 1e-6

    def _trace(self, zero: Zero | None) -> CellTrace:
        counts = np.concatenate([block.counts for block in self._blocks])
        own_time_s = np.concatenate([block.device_us for block in self._blocks]).astype(np.float64) * 1e-6
        gain = self._calibration.cell_newton_per_count
        return CellTrace(
            time_s=largest(own_time_s),
            counts=counts,
            flags=np.concatenate([block.flags for block in self._blocks]),
            own_time_s=own_time_s,
            load_n=None if zero is None else (counts - zero.counts) * gain,
            calibration=self._calibration,
            full_scale_counts=self._full_scale_counts,
        )
