"""Waits until a load stands still, and measures it: for calibrations and checks. Blocks in, a stretch out; no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition.clock import cell_rates_hz
from analysis.recording import SampleBlock, SetFlag

Float = NDArray[np.float64]

PRESENT_N = 5.0  # less is drift, not a load
EMPTY_N = 20.0  # a plate that is asked to be empty may have drifted by less
MOVED_N = 3.0  # a cell that changes by more was touched: noise is a tenth of a newton
REFERENCE_S = 0.25
LIVE_S = 0.5
PATIENCE_S = 20.0  # what never stands still is measured all the same: to say how restless it is


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is waited for.

    Parameters
    ----------
    loaded : bool
        A load, else an empty plate.
    settle_s, measure_s : float
        Stillness before, and length of, what is measured. [s]
    moved_n : float
        Change of a cell by which the load counts as moved. [N]
    """

    loaded: bool
    settle_s: float = 3.0
    measure_s: float = 5.0
    moved_n: float = MOVED_N


@dataclass(frozen=True, slots=True)
class Stretch:
    """Counts while nothing moved: mean, SD, slope of each cell, SD of their sum. [counts], [counts/s]

    ``saturated``: cells whose converter reached its end; ``rate_hz (4,)``: measured from each cell's own times.
    """

    counts: Float
    sd_counts: Float
    sum_sd_counts: float
    slope_counts_s: Float
    rate_hz: Float
    saturated: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Live:
    """What to show while waiting. ``load_n``, ``sd_n`` of the last half second [N]; ``done``: part of the time, 0 to 1.

    ``awaits_move``: the load that stands there was judged already; ``present``: there is a load.
    """

    load_n: float
    sd_n: float
    done: float
    awaits_move: bool
    present: bool


class Settling:
    """One wait.

    Parameters
    ----------
    wanted : Wanted
    newton_per_count : float
    full_scale_counts : int
    zero : ndarray (4,) or None
        Counts of the empty plate; None: not known, then nothing counts as a load.
    judged : ndarray (4,) or None
        Counts that were judged already: what stands there has to differ from them to be measured.
    """

    def __init__(
        self,
        wanted: Wanted,
        newton_per_count: float,
        full_scale_counts: int,
        zero: Float | None = None,
        judged: Float | None = None,
    ) -> None:
        self._wanted, self._gain, self._full_scale = wanted, newton_per_count, full_scale_counts
        self._zero, self._judged = zero, judged
        self._origin = zero
        self._blocks: deque[SampleBlock] = deque()
        self._since_s: float | None = None
        self._waiting_s: float | None = None
        self._reference: Float | None = None
        self._present: bool | None = None

    def again(self, judged: Float | None = None) -> None:
        """Measure anew: what stands there, or only what differs from these counts."""
        self._since_s, self._reference, self._judged = None, None, judged
        self._waiting_s = None

    def add(self, block: SampleBlock) -> Stretch | None:
        """Take the next sets; a stretch once one is complete, or after 20 s without one, and then after `again`."""
        if not len(block):
            return None
        self._blocks.append(block)
        if self._origin is None:
            self._origin = block.counts[0].astype(np.float64)
        now_s = _end_s(block)
        self._forget(now_s - self._wanted.settle_s - self._wanted.measure_s - 1.0)
        self._watch(block.counts, now_s)
        if self._judged is not None or self._present is not self._wanted.loaded:
            self._waiting_s = None
            return None
        if self._waiting_s is None:
            self._waiting_s = now_s
        needed_s = self._wanted.settle_s + self._wanted.measure_s
        still = self._since_s is not None and now_s - self._since_s >= needed_s
        return self._stretch(now_s) if still or now_s - self._waiting_s >= max(PATIENCE_S, 2 * needed_s) else None

    def live(self) -> Live:
        """What to show now."""
        if not self._blocks:
            return Live(0.0, 0.0, 0.0, self._judged is not None, present=False)
        now_s = _end_s(self._blocks[-1])
        _, counts, _ = self._since(now_s - LIVE_S)
        cells_n = self._cells_n(counts)
        needed_s = self._wanted.settle_s + self._wanted.measure_s
        counting = self._judged is None and self._since_s is not None and self._present is self._wanted.loaded
        done = min(1.0, (now_s - (self._since_s or now_s)) / needed_s) if counting else 0.0
        sd_n = float(max(cells_n.std(axis=0).max(), cells_n.sum(axis=1).std()))
        return Live(float(cells_n.sum(axis=1).mean()), sd_n, done, self._judged is not None, bool(self._present))

    def _watch(self, counts: NDArray[np.int32], now_s: float) -> None:
        """Whether there is a load, and since when nothing moved."""
        cells_n = self._cells_n(np.asarray(counts, dtype=np.float64))
        limit_n = PRESENT_N if self._wanted.loaded else EMPTY_N
        present = self._zero is not None and abs(float(cells_n.sum(axis=1)[-1])) > limit_n
        if self._judged is not None and self._differs(cells_n[-1], self._cells_n(self._judged)):
            self._judged = None
        if present is not self._present or self._differs(cells_n, self._reference):
            self._since_s = None
        self._present = present
        if self._since_s is None:
            self._since_s, self._reference = now_s, None
        elif self._reference is None and now_s - self._since_s >= REFERENCE_S:
            self._reference = self._cells_n(self._since(self._since_s)[1]).mean(axis=0)

    def _differs(self, cells_n: Float, reference_n: Float | None) -> bool:
        return reference_n is not None and bool((np.abs(cells_n - reference_n) > self._wanted.moved_n).any())

    def _cells_n(self, counts: Float) -> Float:
        origin = self._origin if self._origin is not None else np.zeros(4)
        return np.asarray((counts - origin) * self._gain, dtype=np.float64)

    def _blocks_since(self, start_s: float) -> list[SampleBlock]:
        return [block for block in self._blocks if _end_s(block) >= start_s]

    def _since(self, start_s: float) -> tuple[Float, Float, NDArray[np.uint8]]:
        """Times (n, 4) [s], counts (n, 4) and flags (n,) of the sets from a moment on."""
        blocks = self._blocks_since(start_s)
        times_s = np.concatenate([block.device_us for block in blocks]) * 1e-6
        late = times_s.max(axis=1) >= start_s
        counts = np.concatenate([block.counts for block in blocks]).astype(np.float64)
        return times_s[late], counts[late], np.concatenate([block.flags for block in blocks])[late]

    def _forget(self, before_s: float) -> None:
        while _end_s(self._blocks[0]) < before_s:
            self._blocks.popleft()

    def _stretch(self, now_s: float) -> Stretch:
        times_s, counts, flags = self._since(now_s - self._wanted.measure_s)
        at_end = (np.abs(counts) >= self._full_scale - 1).any(axis=0)
        if not at_end.any() and (flags & SetFlag.SATURATED).any():
            at_end = np.abs(counts).max(axis=0) == np.abs(counts).max()  # the plate says so: the furthest one it is
        away_s = times_s[:, 0] - times_s[:, 0].mean()
        slope = away_s @ (counts - counts.mean(axis=0)) / max(float(away_s @ away_s), 1e-12)
        return Stretch(
            counts=counts.mean(axis=0),
            sd_counts=counts.std(axis=0, ddof=1),
            sum_sd_counts=float(counts.sum(axis=1).std(ddof=1)),
            slope_counts_s=slope,
            rate_hz=np.array(cell_rates_hz(self._blocks_since(now_s - self._wanted.measure_s))),
            saturated=tuple(int(cell) for cell in np.flatnonzero(at_end)),
        )


def _end_s(block: SampleBlock) -> float:
    return float(block.device_us[-1].max()) * 1e-6
